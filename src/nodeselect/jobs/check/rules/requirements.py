"""Rules of what the requirements of a valid selector mean together."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from nodeselect.documents import Scalar, Value
from nodeselect.jobs.check.rule import Check, define
from nodeselect.selectors import Requirement, Selector, conflict, redundant
from nodeselect.text import join_limited, quoted, truncate

__all__ = ["LocatedRequirement", "check_ids", "check_requirements"]

_CONTRADICTION = define(
    "contradiction",
    "selector",
    "requirements that no node can satisfy together",
    "All requirements must hold, those of labels and of expressions. To accept any of several"
    " values, use 'in'; to accept either of two selectors, use two jobs.",
    before='name: demo\nselector: {match_expressions: ["region=eu,region=us"]}\n',
    after='name: demo\nselector: {match_expressions: ["region in (eu,us)"]}\n',
)
_REDUNDANT = define(
    "redundant-requirement",
    "selector",
    "a requirement or an id that changes nothing",
    severity="warning",
    before="name: demo\nselector:\n  match_labels: {region: eu}\n  match_expressions: [region]\n",
    after="name: demo\nselector:\n  match_labels: {region: eu}\n",
)
_ABSENT_KEY = define(
    "absent-key",
    "selector",
    "'!=' or 'notin' also matches nodes without the label",
    "If this is not intended, require the label as well.",
    severity="warning",
    before='name: demo\nselector: {match_expressions: ["tier!=free"]}\n',
    after='name: demo\nselector: {match_expressions: ["tier,tier!=free"]}\n',
)
_UNDOCUMENTED_OPERATOR = define(
    "undocumented-operator",
    "selector",
    "'>' or '<', which Expanso does not document",
    "Kubernetes and Bacalhau have them. The server may reject them.",
    severity="warning",
    before='name: demo\nselector: {match_expressions: ["gpus>1"]}\n',
    after='name: demo\nselector: {match_expressions: ["gpus in (2,4,8)"]}\n',
)


class LocatedRequirement(NamedTuple):
    """A requirement and where it is written."""

    requirement: Requirement
    value: Value
    path: str


def check_requirements(selector: Selector, located: list[LocatedRequirement]) -> Check[None]:
    """Check the requirements of a selector against each other. Exact, not heuristic.

    :param located: all of them, in the order of the file.
    """
    by_key: dict[str, list[LocatedRequirement]] = {}
    for item in located:
        by_key.setdefault(item.requirement.key, []).append(item)
    if not selector.is_satisfiable:
        yield from _contradiction(conflict(selector) or (), located)
    elif len(by_key) < len(located):
        yield from _check_redundancy(selector, located)
    for items in by_key.values():
        if all(item.requirement.operator.is_exclusion for item in items):
            for item in items:
                yield from _absent_key(item)
        comparisons = [item for item in items if item.requirement.operator.is_comparison]
        for item in {item.path: item for item in comparisons}.values():  # once for "x>3,x<5"
            message = "'>' and '<' are not documented by Expanso; the server may reject them"
            hint = f"list the values: {item.requirement.key} in (...)"
            yield _UNDOCUMENTED_OPERATOR.at(item.value, item.path, message, hint)


def check_ids(ids: Iterable[tuple[Scalar, str]]) -> Check[None]:
    """Check that no id is repeated.

    :param ids: each with its path.
    """
    seen: set[str] = set()
    for value, path in ids:
        if value.text in seen:
            message = f"the id {quoted(value.text)} is repeated"
            yield _REDUNDANT.at(value, path, message, "remove it")
        seen.add(value.text)


def _contradiction(
    conflicting: tuple[Requirement, ...], located: list[LocatedRequirement]
) -> Check[None]:
    last = next(item for item in reversed(located) if item.requirement in conflicting)
    others = [each for each in conflicting if each != last.requirement]
    message = f"no node can match: {_shown(last.requirement)} is never true"
    hint = "remove it"
    if others:
        message = f"no node can match: {_shown(last.requirement)} contradicts {_listed(others)}"
        hint = "remove one of them"
    values = ",".join(sorted({value for each in conflicting for value in each.values}))
    if others and all(each.operator.is_inclusion for each in conflicting) and len(values) < 200:
        hint = f"to accept any of the values, write: {last.requirement.key} in ({values})"
    yield _CONTRADICTION.at(last.value, last.path, message, hint)


def _check_redundancy(selector: Selector, located: list[LocatedRequirement]) -> Check[None]:
    extra = Counter(redundant(selector))
    if not extra:
        return
    count = Counter(item.requirement for item in located)
    seen: set[Requirement] = set()
    for item in located:
        requirement = item.requirement
        reason = None
        if requirement in seen:
            reason = "is repeated"
        elif extra[requirement] == count[requirement]:
            others = (
                each.requirement for each in located if each.requirement.key == requirement.key
            )
            needed = [each for each in dict.fromkeys(others) if extra[each] < count[each]]
            reason = f"follows from {_listed(needed)}"
        if reason:
            message = f"{_shown(requirement)} {reason}"
            yield _REDUNDANT.at(item.value, item.path, message, "remove it")
        seen.add(requirement)


def _absent_key(item: LocatedRequirement) -> Check[None]:
    key = item.requirement.key
    message = f"{_shown(item.requirement)} also matches nodes without the label {quoted(key)}"
    yield _ABSENT_KEY.at(item.value, item.path, message, f"to require the label, add: {key}")


def _listed(requirements: list[Requirement]) -> str:
    return join_limited([_shown(requirement) for requirement in requirements])


def _shown(requirement: Requirement) -> str:
    return truncate(str(requirement), 80)
