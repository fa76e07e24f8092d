"""Parse a selector text into requirements.

A valid text is read by a regular expression that is generated from ``grammar/selector.lark``. Lark
is loaded with the first text that the expression does not match, and decides (``lark_parser.py``).
A test proves that both accept the same texts.
"""

import re

from nodeselect.limits import LIMITS
from nodeselect.selectors._pattern import REQUIREMENT
from nodeselect.selectors.charset import WHITE_SPACE, parse_int64
from nodeselect.selectors.operator import OPERATORS, Operator
from nodeselect.selectors.requirement import Requirement

# What matches nowhere else is matched as a whole, with empty groups.
_find_requirements = re.compile(f"({REQUIREMENT})|(?s:.+)").findall

_Parts = tuple[str, str, str, str, str, str, str]
"""The groups: all of it; key, comparison, value, membership, values; or the key after ``!``."""

# Most requirements are part of many selectors. Long lists are not kept: 4,096 of 1,024 values would
# take some 400 MB. The keys are texts, because the garbage collector would look at tuples.
_known: dict[str, Requirement] = {}
_MAX_KNOWN = 4_096
_MAX_KNOWN_TEXT = 256


def parse_requirements(text: str) -> list[Requirement]:
    """Parse the text of a selector; return its requirements in their order.

    Cost: linear in the text, some microseconds; for the first invalid text some 30 ms.

    :raises SelectorError: if the text is invalid.
    """
    requirements = parse_by_pattern(text)
    if requirements is None:
        from nodeselect.selectors.lark_parser import parse_by_lark  # loads Lark

        return parse_by_lark(text)
    return requirements


def parse_by_pattern(text: str) -> list[Requirement] | None:
    """Parse a text by a regular expression; return None if it is invalid."""
    requirements = []
    for parts in _find_requirements(f",{text}"):
        requirement = _known.get(parts[0]) or _read(parts)
        if requirement is None:
            return None if text.strip(WHITE_SPACE) else []
        requirements.append(requirement)
    return requirements


def _read(parts: _Parts) -> Requirement | None:
    """Build the requirement of the groups of a match; return None if they are invalid."""
    text, key, comparison, value, membership, values, absent_key = parts
    if comparison:
        operator = OPERATORS[comparison]
        if operator.is_comparison and parse_int64(value) is None:
            return None
        requirement = Requirement._trusted(key, operator, (value,), comparison)
    elif membership:
        distinct = sorted({each.strip(WHITE_SPACE) for each in values.split(",")})
        if len(distinct) > LIMITS.values_in_set:
            return None
        requirement = Requirement._trusted(key, OPERATORS[membership], tuple(distinct), membership)
    elif key:
        requirement = Requirement._trusted(key, Operator.EXISTS, (), "")
    elif absent_key:
        requirement = Requirement._trusted(absent_key, Operator.DOES_NOT_EXIST, (), "!")
    else:
        return None
    if len(text) <= _MAX_KNOWN_TEXT:
        if len(_known) >= _MAX_KNOWN:
            _known.clear()
        _known[text] = requirement
    return requirement
