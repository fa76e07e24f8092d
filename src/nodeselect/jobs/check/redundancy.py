"""Requirements that contradict each other, or say again what others say."""

from collections.abc import Iterable

from nodeselect.jobs.check.problems import Problems
from nodeselect.jobs.check.selector_fields import Placed
from nodeselect.limits import LIMITS
from nodeselect.selectors import Requirement, Selector
from nodeselect.selectors.algebra import conflict, redundant
from nodeselect.text import truncate

__all__ = ["check_overlap"]


def check_overlap(problems: Problems, placed: list[Placed]) -> None:
    """Check the requirements on one key against each other. Exact, not heuristic.

    Those that hold more values than a selector may are not looked at; that is told elsewhere.
    """
    if sum(len(each.requirement.values) for each in placed) > LIMITS.values:
        return
    requirements = [each.requirement for each in placed]
    clash = conflict(_selector(requirements)) if len(placed) > 1 else _alone(requirements[0])
    if clash is not None:
        _contradiction(problems, placed, clash)
        return
    _redundant(problems, placed)


def _selector(requirements: Iterable[Requirement]) -> Selector:
    return Selector.from_requirements(requirements)


def _alone(requirement: Requirement) -> tuple[Requirement, ...] | None:
    """Only a comparison is impossible by itself: ``x>9223372036854775807``."""
    return conflict(_selector([requirement])) if requirement.operator.is_comparison else None


def _contradiction(
    problems: Problems, placed: list[Placed], clash: tuple[Requirement, ...]
) -> None:
    last = next(each for each in reversed(placed) if each.requirement in clash)
    others = [each for each in clash if each != last.requirement]
    message = f"no node can match: {_shown(last.requirement)} is never true"
    hint = "take it away"
    if others:
        message = f"no node can match: {_shown(last.requirement)} contradicts {_listed(others)}"
        hint = f"take {'one' if len(clash) == 2 else 'some'} of them away"
    values = ",".join(sorted({value for each in clash for value in each.values}))
    if others and all(each.operator.is_inclusion for each in clash) and len(values) < 200:
        hint = f"all must hold; for any of the values write: {last.requirement.key} in ({values})"
    problems.add_at("contradiction", message, last.value, last.path, hint)


def _redundant(problems: Problems, placed: list[Placed]) -> None:
    seen: set[Requirement] = set()
    single = []
    for each in placed:
        if each.requirement in seen:
            _extra(problems, each, "is said again")
        else:
            single.append(each)
        seen.add(each.requirement)
    if len(single) < 2:
        return
    extra = redundant(_selector(each.requirement for each in single))
    rest = [each.requirement for each in single if each.requirement not in extra]
    for each in single:
        if each.requirement in extra:
            _extra(problems, each, f"follows from {_listed(rest)}")


def _extra(problems: Problems, each: Placed, why: str) -> None:
    message = f"{_shown(each.requirement)} {why}"
    problems.add_at("redundant-requirement", message, each.value, each.path, "take it away")


def _listed(requirements: list[Requirement]) -> str:
    some = [_shown(each) for each in requirements[:3]]
    return " and ".join([*some, "others"] if len(requirements) > 3 else some)


def _shown(requirement: Requirement) -> str:
    return truncate(str(requirement), 80)
