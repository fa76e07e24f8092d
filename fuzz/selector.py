"""One selector text, or two that are compared, separated by a NUL."""

import re
from collections.abc import Iterator
from zlib import crc32

from tests.hints import check_selector_hint
from tests.naive import go_integer, matches

from nodeselect.errors import NodeselectError, SelectorError
from nodeselect.selectors import (
    Selector,
    conflict,
    disjoint,
    equivalent,
    implies,
    redundant,
)
from nodeselect.text import UNPRINTABLE

_CODE = re.compile("[a-z0-9]+(-[a-z0-9]+)*")

# Values that a requirement may not expect.
_OTHER_VALUES = (None, "", "a", "7", "-1", "9223372036854775808", "GPU-0: x")

_MAPS = 2


def check(data: bytes) -> None:
    """Check that each text is refused with an error, or is a selector that keeps all laws."""
    seed = crc32(data)
    texts = data.decode("utf-8", "surrogateescape").split("\0", 1)
    selectors = [selector for text in texts if (selector := _parse(text, seed)) is not None]
    for selector in selectors:
        check_verdicts(selector, seed)
    if len(selectors) == 2:
        _check_algebra(selectors[0], selectors[1], seed)


def check_error(error: NodeselectError) -> None:
    """Check that the text of an error is safe to print."""
    assert not UNPRINTABLE.search(str(error).replace("\n", "")), ascii(str(error))


def check_verdicts(selector: Selector, seed: int) -> None:
    """Compare what a selector matches with the model, on labels that are close to it."""
    for labels in _label_maps([selector], seed):
        verdict = matches(selector.requirements, selector.ids, labels)
        assert selector.matches(labels) is verdict
        assert not verdict or selector.is_satisfiable


def _parse(text: str, seed: int) -> Selector | None:
    try:
        selector = Selector.parse(text)
    except SelectorError as error:
        _check_refusal(error, text, seed)
        return None
    canonical = str(selector)
    again = Selector.parse(canonical)
    assert again == selector
    assert hash(again) == hash(selector)
    assert str(again) == canonical
    return selector


def _check_refusal(error: SelectorError, text: str, seed: int) -> None:
    start, end = error.span
    assert error.source == text
    assert 0 <= start <= end <= len(text)
    assert _CODE.fullmatch(error.code)
    assert not UNPRINTABLE.search(f"{error.message}{error.hint}"), ascii(error.message)
    if seed % 4 == 0:  # the excerpt takes as long as all else
        check_error(error)
    check_selector_hint(error)


def _check_algebra(a: Selector, b: Selector, seed: int) -> None:
    a_implies_b, are_disjoint, are_equivalent = implies(a, b), disjoint(a, b), equivalent(a, b)
    assert are_equivalent is (a_implies_b and implies(b, a))
    rest = list(a.requirements)
    for requirement in redundant(a):
        rest.remove(requirement)
    without = Selector.from_requirements(rest)
    assert (conflict(a) is None) is a.is_satisfiable
    for labels in _label_maps([a, b], seed):
        of_a, of_b = a.matches(labels), b.matches(labels)
        assert not (a_implies_b and of_a and not of_b)
        assert not (are_disjoint and of_a and of_b)
        assert without.matches(labels) is of_a


def _label_maps(selectors: list[Selector], seed: int) -> Iterator[dict[str, str]]:
    """Yield some maps of labels whose values the selectors name, or nearly; the same for a seed."""
    choices: dict[str, list[str | None]] = {}
    for selector in selectors:
        for requirement in selector.requirements:
            values = choices.setdefault(requirement.key, list(_OTHER_VALUES))
            values += requirement.values[:3]
            if requirement.operator.is_comparison:
                number = go_integer(requirement.values[0]) or 0
                values += (str(number - 1), f"+0{number + 1}")
    for _ in range(_MAPS):
        labels = {}
        for key, values in choices.items():
            seed = (seed * 0x5851F42D4C957F2D + 0x14057B7EF767814F) & 0xFFFFFFFFFFFFFFFF
            value = values[(seed >> 33) % len(values)]
            if value is not None:
                labels[key] = value
        yield labels
