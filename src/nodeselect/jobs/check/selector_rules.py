"""What a job's selector says beyond its words: too much, too little, twice, nothing."""

from collections.abc import Iterable

from nodeselect.documents import Object
from nodeselect.jobs.check.fields import field
from nodeselect.jobs.check.problems import Problems
from nodeselect.jobs.check.redundancy import check_overlap
from nodeselect.jobs.check.selector_fields import Placed, SelectorFields
from nodeselect.jobs.check.unknown_fields import is_selector_elsewhere
from nodeselect.limits import LIMITS
from nodeselect.text import printable, quoted, truncate

__all__ = ["check_absent_keys", "check_empty", "check_misplaced", "check_selector"]


def check_selector(problems: Problems, selector: SelectorFields) -> None:
    """Check the requirements of a selector, key by key, and its ids."""
    for placed in _by_key(selector):
        if len(selector.placed) <= LIMITS.requirements:  # more are no selector, which is told
            check_overlap(problems, placed)
        ordered = {each.path: each for each in placed if each.requirement.operator.is_comparison}
        for each in ordered.values():  # once for "x>3,x<5"
            _undocumented(problems, each)
    seen: set[str] = set()
    for text, value, path in selector.ids:
        if text in seen:
            problems.add_at(
                "redundant-requirement", f"the id {quoted(text)} stands here again", value, path,
                "take it away",
            )  # fmt: skip
        seen.add(text)


def check_absent_keys(problems: Problems, selector: SelectorFields) -> None:
    """Tell where a selector also takes nodes without a label, since nothing in it asks for it."""
    for placed in _by_key(selector):
        if all(each.requirement.operator.is_exclusion for each in placed):
            for each in placed:
                _absent_key(problems, each)


def _by_key(selector: SelectorFields) -> Iterable[list[Placed]]:
    by_key: dict[str, list[Placed]] = {}
    for each in selector.placed:
        by_key.setdefault(each.requirement.key, []).append(each)
    return by_key.values()


def _absent_key(problems: Problems, each: Placed) -> None:
    key = each.requirement.key
    problems.add_at(
        "absent-key",
        f"{truncate(str(each.requirement), 80)} also takes nodes that have no label {quoted(key)}",
        each.value,
        each.path,
        f"to want the label as well, add: {key}",
    )


def _undocumented(problems: Problems, each: Placed) -> None:
    problems.add_at(
        "undocumented-operator",
        "'>' and '<' are not in the reference of Expanso; the server may refuse them",
        each.value,
        each.path,
        f"write the values out: {each.requirement.key} in (...)",
    )


def check_empty(
    problems: Problems, spec: Object, path: str, *, is_understood: bool, severity: str
) -> None:
    """Tell that a job takes every node.

    :param is_understood: whether that is what its selector says; else it has parts that are wrong,
        of which nothing is told.
    """
    key = spec.entries["selector"][0] if "selector" in spec.entries else None
    message = "there is no selector"
    if key is not None:
        message = "the selector is empty" if is_understood else "the selector is not understood"
    problems.add(
        "empty-selector",
        f"{message}: the job {'takes' if is_understood else 'may take'} EVERY node",
        spec.position if key is None else key.position,
        f"{path}selector",
        length=1 if key is None else len("selector"),
        hint="write a selector, such as: selector: {match_labels: {region: eu}}",
        severity=severity,
    )


def check_misplaced(problems: Problems, spec: Object, path: str, *, everywhere: bool) -> None:
    """Tell of a selector inside ``config``, which chooses no nodes.

    :param everywhere: whether there is no other, which makes it an error wherever it is in there.
    """
    config = field(spec, "config")
    mappings = [(config, f"{path}config")] if isinstance(config, Object) else []
    message = "a selector inside 'config' chooses no nodes"
    while mappings:
        mapping, place = mappings.pop()
        for name, (key, value) in mapping.entries.items():
            below = f"{place}.{printable(name[:60])}"
            if is_selector_elsewhere(name):
                problems.add(
                    "misplaced-selector",
                    f"{message}; the job would run on every node" if everywhere else message,
                    key.position,
                    below,
                    length=len(name) if key.verbatim else 1,
                    hint="move it out of 'config', to the level of 'name'"
                    if everywhere
                    else "take it away, or move it to the level of 'name'",
                    severity="error" if everywhere else "warning",
                )
            elif everywhere and isinstance(value, Object):
                mappings.append((value, below))
