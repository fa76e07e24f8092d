"""Whether any node at all could match: exact, key by key.

Requirements on different keys never contradict each other, so a selector can match unless the
requirements on one key leave that key nothing: not to be absent, and no value either.
"""

from collections.abc import Iterable

from nodeselect.labels.operators import Operator
from nodeselect.labels.requirement import Requirement
from nodeselect.labels.rules import parse_int64

__all__ = ["satisfiable"]


def satisfiable(requirements: Iterable[Requirement]) -> bool:
    """Say whether some map of labels satisfies all of ``requirements``."""
    by_key: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        by_key.setdefault(requirement.key, []).append(requirement)
    return all(_can_be_absent(some) or _can_be_present(some) for some in by_key.values())


def _can_be_absent(requirements: list[Requirement]) -> bool:
    return all(requirement.operator.takes_absent for requirement in requirements)


def _can_be_present(requirements: list[Requirement]) -> bool:
    """Say whether some value passes all requirements on one key."""
    named: set[str] | None = None  # the values that "=" and "in" leave; None: any
    refused: set[str] = set()
    lowest, highest = -(2**63), 2**63 - 1
    compared = False
    for requirement in requirements:
        match requirement.operator:
            case Operator.DOES_NOT_EXIST:
                return False
            case Operator.EQUALS | Operator.IN:
                values = set(requirement.values)
                named = values if named is None else named & values
            case Operator.NOT_EQUALS | Operator.NOT_IN:
                refused |= set(requirement.values)
            case Operator.GREATER_THAN:
                compared, lowest = True, max(lowest, _integer(requirement) + 1)
            case Operator.LESS_THAN:
                compared, highest = True, min(highest, _integer(requirement) - 1)
            case Operator.EXISTS:
                pass
    if named is None:
        # Values are endless, and so are the spellings of one integer (7, 07, 007): what "!=" and
        # "notin" refuse never uses them up.
        return lowest <= highest
    if not compared:
        return bool(named - refused)
    numbers = (parse_int64(value) for value in named - refused)
    return any(number is not None and lowest <= number <= highest for number in numbers)


def _integer(requirement: Requirement) -> int:
    number = parse_int64(requirement.values[0])
    assert number is not None, "the constructor has read it"
    return number
