"""Find labels that are probably misspelt, by comparing the labels of all nodes.

A key or value is reported if another one is much more frequent and is either similar to it, or an
abbreviation of it, or abbreviated by it.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from nodeselect.errors import SelectorError
from nodeselect.explain.countable import LabelCounter
from nodeselect.selectors import Operator, Requirement, Selector
from nodeselect.similarity import WordCounts, fold, is_distinctive, is_number

# A word is a misspelling of a similar one only if this many times as many nodes have that one.
RATIO = 5

# Words of three letters are compared only if there are at most this many keys, or values of a key.
_FEW_WORDS = 16

# More keys, or values of one key, than this are not compared with each other.
_MAX_WORDS = 10_000

_MAX_EXAMPLES = 3


class LabelFinding(NamedTuple):
    """A label key, or a value of one, that is probably misspelt.

    :param code: ``misspelt-key`` or ``misspelt-value``.
    :param key: the label key.
    :param value: the misspelt value; None if the key is misspelt.
    :param nodes: how many nodes have it.
    :param expected: the key or the value that was probably meant.
    :param usual_nodes: how many nodes have that.
    :param examples: the ids of the first few of them.
    :param selector: the text of a selector that matches them; None if there is none.
    """

    code: str
    key: str
    value: str | None
    nodes: int
    expected: str
    usual_nodes: int
    examples: tuple[str, ...]
    selector: str | None


class Audit(NamedTuple):
    """What is probably wrong with the labels of some nodes.

    :param nodes: how many nodes there are.
    :param findings: the probable mistakes: keys, then values by key, each in alphabetical order.
    :param unchecked: the keys whose values were not compared, because they have too many values.
    :param keys_checked: whether the keys were compared; False if there are more than 10,000. Then
        only the values of the 10,000 most frequent keys were compared.
    """

    nodes: int
    findings: tuple[LabelFinding, ...]
    unchecked: tuple[str, ...]
    keys_checked: bool


def audit(nodes: LabelCounter) -> Audit:
    """Find the labels of nodes that are probably misspelt.

    The order of the nodes makes no difference. If a key has more values than half the number of its
    nodes, its values are taken for ids and not compared. Cost: about a microsecond for each value
    of a key; each rare value is also compared with at most 500 frequent values that begin with the
    same letter.
    """
    keys: dict[str, int] = {}
    ids, unchecked = set(), []
    misspelt: dict[str, list[LabelFinding]] = {}
    counted = iter(nodes.label_counts(_MAX_WORDS + 1, _MAX_WORDS))
    for key, count, counts in islice(counted, _MAX_WORDS):
        keys[key] = count
        if counts is None:
            unchecked.append(key)
        elif _are_ids(counts):
            ids.add(key)
        else:
            misspelt[key] = _findings(key, counts, _find_misspelt(counts))
    are_keys_checked = next(counted, None) is None
    meant = _misspelt_keys(nodes, keys, ids) if are_keys_checked else {}
    findings = _findings(None, keys, meant)
    findings += (each for key in sorted(misspelt) if key not in meant for each in misspelt[key])
    examples = nodes.example_ids([(each.key, each.value) for each in findings], _MAX_EXAMPLES)
    found = (each._replace(examples=tuple(examples[each.key, each.value])) for each in findings)
    total = nodes.failures(()).counts.total
    return Audit(total, tuple(found), tuple(sorted(unchecked)), are_keys_checked)


def usual_values(values: Iterable[str], counts: Mapping[str, int]) -> dict[str, str]:
    """Map each of ``values`` that is probably misspelt to the value that was probably meant."""
    rare = [value for value in values if _may_be_misspelt(value, counts)]
    meant = {} if not rare or _are_ids(counts) else _find_misspelt(counts)
    return {value: meant[value] for value in rare if value in meant}


def _may_be_misspelt(value: str, counts: Mapping[str, int]) -> bool:
    """Return whether another value is much more frequent and begins with the same letter."""
    if value not in counts:
        return False
    least, start = RATIO * counts[value], value[:1].casefold()
    return any(nodes >= least and word[:1].casefold() == start for word, nodes in counts.items())


def _are_ids(counts: Mapping[str, int]) -> bool:
    """Return whether a key has more values than half the number of its nodes: they are ids."""
    return len(counts) * 2 > sum(counts.values())


def _findings(
    key: str | None, counts: Mapping[str, int], meant: Mapping[str, str]
) -> list[LabelFinding]:
    """Return the findings, without examples, that values of ``key`` are misspelt; if None, keys.

    :param counts: how many nodes have each value, or key; ``meant``: what was probably meant by
        each misspelt one.
    """
    findings = []
    for text, expected in sorted(meant.items()):
        label, value = (text, None) if key is None else (key, text)
        code = "misspelt-key" if value is None else "misspelt-value"
        operator, values = (Operator.EXISTS, ()) if value is None else (Operator.EQUALS, (value,))
        selector = None
        with suppress(SelectorError):
            selector = str(Selector.from_requirements([Requirement(label, operator, values)]))
        numbers = counts[text], expected, counts[expected]
        findings.append(LabelFinding(code, label, value, *numbers, (), selector))
    return findings


def _misspelt_keys(nodes: LabelCounter, keys: Mapping[str, int], ids: set[str]) -> dict[str, str]:
    """Map each key that is probably misspelt to the key that was probably meant.

    The two keys are similar, or differ only in the prefix, and few nodes have both.

    :param keys: how many nodes have each key.
    :param ids: the keys whose values are ids.
    """

    similar = _find_misspelt(keys)
    by_name: dict[str, str] = {}  # the most frequent key with this name
    for key in sorted(keys, key=lambda key: (-keys[key], key)):
        by_name.setdefault(_name(key), key)
    usual = {key: by_name[_name(key)] for key in keys if by_name[_name(key)] not in ids}
    usual = {key: other for key, other in usual.items() if keys[other] >= RATIO * keys[key]}
    both = nodes.count_with_keys(sorted({*similar.items(), *usual.items()}))
    similar, usual = (
        {key: other for key, other in pairs.items() if 2 * both[key, other] < keys[key]}
        for pairs in (similar, usual)
    )
    meant = {}
    for key in sorted(keys):
        if key in similar:
            meant[key] = similar[key]
        elif key in usual:
            own = nodes.value_counts(key, _MAX_WORDS)
            known = nodes.value_counts(usual[key], _MAX_WORDS) or {}
            if own is not None and all(each in known and is_distinctive(each) for each in own):
                meant[key] = usual[key]
    return _resolve(meant)


def _name(key: str) -> str:
    """Return the part of a key after the ``/``; the whole key if it has no prefix."""
    return key.rpartition("/")[2]


def _find_misspelt(counts: Mapping[str, int]) -> dict[str, str]:
    """Map each text that is probably misspelt to the text that was probably meant."""
    ranked = sorted(counts, key=lambda text: (counts[text], text), reverse=True)
    spellings: dict[str, str] = {}
    meant = {}
    for text in ranked:
        usual = text if is_number(text) else spellings.setdefault(fold(text) or text, text)
        if usual != text:
            meant[text] = usual
    for _ in range(2):  # what abbreviates one word may also abbreviate misspellings of it
        left = {text: counts[text] for text in ranked if text not in meant}
        words = WordCounts({text: nodes for text, nodes in left.items() if nodes >= RATIO})
        similar = words.suggest if len(left) <= _FEW_WORDS else words.closest
        most = max(left.values(), default=0)
        found = {}
        for text, nodes in left.items():
            close = similar(text) if nodes * RATIO <= most else None
            if close is not None and counts[close] >= RATIO * nodes:
                found[text] = close
        meant |= found
        if not found:
            break
    return _resolve(meant)


def _resolve(meant: Mapping[str, str]) -> dict[str, str]:
    """Follow chains: if a is mapped to b and b to c, return a mapping of both a and b to c."""
    resolved = {}
    for text, expected in meant.items():
        while expected in meant:
            expected = meant[expected]
        resolved[text] = expected
    return resolved
