"""A model of the language: slow, short, and written from its definition alone.

Every engine is compared with it. It knows the names of the operators and the key of
excluded ids, nothing else of nodeselect.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from nodeselect.selectors import AnyOf, Operator, Selector
from nodeselect.selectors.requirement import ID_KEY


class Condition(Protocol):
    """The attributes of a requirement that the model reads."""

    @property
    def key(self) -> str: ...
    @property
    def operator(self) -> Operator: ...
    @property
    def values(self) -> Collection[str]: ...


def matches(
    requirements: Iterable[Condition],
    ids: Collection[str] | None,
    labels: Mapping[str, str],
    node_id: str | None = None,
) -> bool:
    """Return whether a node matches: it has one of the ids, and every requirement holds."""
    return (ids is None or node_id in ids) and all(
        node_id is not None and node_id not in condition.values
        if condition.key == ID_KEY
        else holds(condition, labels)
        for condition in requirements
    )


def matches_any(
    selector: Selector | AnyOf, labels: Mapping[str, str], node_id: str | None = None
) -> bool:
    """Return whether a node matches a selector, or at least one of those of an ``AnyOf``."""
    alternatives = selector.selectors if isinstance(selector, AnyOf) else (selector,)
    return any(matches(each.requirements, each.ids, labels, node_id) for each in alternatives)


def holds(condition: Condition, labels: Mapping[str, str]) -> bool:
    """Return whether a requirement holds for labels: each case is a row of the truth table."""
    present = condition.key in labels
    value = labels.get(condition.key, "")
    match condition.operator:
        case Operator.EXISTS:
            return present
        case Operator.DOES_NOT_EXIST:
            return not present
        case Operator.EQUALS | Operator.IN:
            return present and value in condition.values
        case Operator.NOT_EQUALS | Operator.NOT_IN:
            return not present or value not in condition.values
    [bound] = [go_integer(text) for text in condition.values]
    number = go_integer(value)
    if not present or number is None or bound is None:
        return False
    return number > bound if condition.operator is Operator.GREATER_THAN else number < bound


def go_integer(text: str) -> int | None:
    """Parse as Go's ``ParseInt(text, 10, 64)`` does; return None where that is an error."""
    negative = text.startswith("-")
    digits = text[1:] if text.startswith(("+", "-")) else text
    if not digits or any(character not in "0123456789" for character in digits):
        return None
    number = 0
    for character in digits:
        number = number * 10 + "0123456789".index(character)
    if negative:
        number = -number
    return number if -9223372036854775808 <= number <= 9223372036854775807 else None
