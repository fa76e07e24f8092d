"""Find labels that are probably misspelt or missing, by comparing the labels of all nodes.

A key or value is reported if another one is much more frequent and is either similar to it, or an
abbreviation of it, or abbreviated by it. A label is reported as missing if few nodes lack it, and
all others with their instance type have it.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from nodeselect.errors import SelectorError
from nodeselect.explain.countable import LabelCounter
from nodeselect.renamed_keys import NEW_KEYS
from nodeselect.selectors import Operator, Requirement, Selector
from nodeselect.similarity import WordCounts, fold, is_distinctive, is_number
from nodeselect.text import join_limited, pluralize, quoted, quoted_id

# A word is a misspelling of a similar one only if this many times as many nodes have that one.
RATIO = 5

# Words of three letters are compared only if there are at most this many keys, or values of a key.
_FEW_WORDS = 16

# More keys, or values of one key, than this are not compared with each other.
_MAX_WORDS = 10_000

_MAX_EXAMPLES = 3

# A node lacks a label only if this many times as many nodes of its kind have the label; or this
# many, if it is one that Kubernetes gives to each node.
_MOST, _MOST_OF_EACH_NODE = 100, 20
_CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
_OF_EACH_NODE = {"kubernetes.io/hostname", *NEW_KEYS.values()} - {_CONTROL_PLANE}

# A node that lacks more labels than this, or has one of these, is of another kind than the others.
_MAX_MISSING = 3
_OTHER_KIND = (_CONTROL_PLANE, "node-role.kubernetes.io/master")

# The nodes with one value of this label should have the same keys. More values are not compared.
_TYPE = "node.kubernetes.io/instance-type"
_MAX_TYPES = 100

# More labels than this are not checked for the nodes that lack them.
_MAX_CANDIDATES = 100


class LabelFinding(NamedTuple):
    """A label key, or a value of one, that is probably misspelt; or a key that few nodes lack.

    :param code: ``misspelt-key``, ``misspelt-value`` or ``missing-key``.
    :param key: the label key.
    :param value: the misspelt value; None if the key is misspelt or missing.
    :param nodes: how many nodes have it, or lack the key.
    :param expected: the key or the value that was probably meant; the key that is missing.
    :param usual_nodes: how many nodes have that; of a missing key, how many with the same instance
        type, if nodes have one.
    :param examples: the ids of the first few of ``nodes``.
    :param selector: the text of a selector that matches ``nodes``; None if there is none.
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
    :param findings: the probable mistakes: keys, then values by key, then missing keys, each in
        alphabetical order.
    :param unchecked: the keys whose values were not compared, because they have too many values.
    :param keys_checked: whether the keys were compared; False if there are more than 10,000. Then
        only the values of the 10,000 most frequent keys were compared.
    """

    nodes: int
    findings: tuple[LabelFinding, ...]
    unchecked: tuple[str, ...]
    keys_checked: bool


def audit(nodes: LabelCounter) -> Audit:
    """Find the labels of nodes that are probably misspelt, and those that few nodes lack.

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
    found = [each._replace(examples=tuple(examples[each.key, each.value])) for each in findings]
    total = nodes.failures(()).counts.total
    if are_keys_checked:  # a node with a misspelling of a key does not have the key
        missing = (each for each, _ in _missing_keys(nodes, total, keys))
        found += (each for each in missing if each.key not in meant.values())
    return Audit(total, tuple(found), tuple(sorted(unchecked)), are_keys_checked)


def missing_text(nodes: LabelCounter, key: str) -> str | None:
    """Return which few nodes lack the label ``key``, which all others have; None if none do."""
    having, total = nodes.count_with_key(key), nodes.failures(()).counts.total
    if not 0 < (total - having) * _MOST_OF_EACH_NODE <= having:  # saves time
        return None
    texts = []
    for found, kind in _missing_keys(nodes, total, nodes.key_counts(_MAX_WORDS) or {}):
        if found.key == key:
            others = "all others" if kind is None else f"all others with {kind}"
            names = [quoted_id(node_id) for node_id in found.examples]
            if more := found.nodes - len(names):
                names.append(f"{more:,} more")
            lack = pluralize(found.nodes, "node lacks", "nodes lack")
            text = join_limited(names, len(names))
            texts.append(f"{lack} the label {quoted(key)}, which {others} have: {text}")
    return "; ".join(texts) or None


def _missing_keys(
    nodes: LabelCounter, total: int, keys: Mapping[str, int]
) -> Iterator[tuple[LabelFinding, Requirement | None]]:
    """Yield the keys that few nodes lack, and the label of the nodes that were compared.

    They are those with one instance type; or all nodes, with None, if none has a type.

    :param keys: how many nodes have each key.
    """
    types = (nodes.value_counts(_TYPE, _MAX_TYPES) or {}) if _TYPE in keys else {}
    by_type = nodes.key_counts_by_value(_TYPE, types, keys) if types else {}
    found: list[tuple[Selector, LabelFinding, Requirement | None]] = []
    for key in sorted(keys.keys() - NEW_KEYS.keys() - {*_OTHER_KIND}):
        kinds: list[tuple[str | None, int]] = [*types.items()]
        if not types or key == _TYPE:
            kinds = [(None, total)]
        most = _MOST_OF_EACH_NODE if key in _OF_EACH_NODE else _MOST
        for name, size in kinds:
            having = keys[key] if name is None else by_type[name].get(key, 0)
            if 0 < (size - having) * most <= having:
                with suppress(SelectorError):  # a selector cannot contain any label
                    kind = None if name is None else Requirement(_TYPE, Operator.EQUALS, (name,))
                    lacks = Requirement(key, Operator.DOES_NOT_EXIST)
                    selector = Selector.from_requirements([lacks, *([kind] if kind else [])])
                    numbers = size - having, key, having
                    finding = LabelFinding("missing-key", key, None, *numbers, (), str(selector))
                    found.append((selector, finding, kind))
    if not 0 < len(found) <= _MAX_CANDIDATES:
        return
    kinds_of_nodes = [Selector.of(match_expressions=[key]) for key in _OTHER_KIND]
    failures = nodes.failures([*(selector for selector, _, _ in found), *kinds_of_nodes])
    for at, (_, finding, kind) in enumerate(found):
        ids, count = list[str](), 0
        for failed, size in failures.counts.groups.items():
            lacking = {*range(len(found) + len(_OTHER_KIND))} - {*failed}
            if at in lacking and len(lacking) <= _MAX_MISSING and max(lacking) < len(found):
                ids += failures.example_ids(failed, _MAX_EXAMPLES)
                count += size
        if count == finding.nodes:  # none is of another kind
            yield finding._replace(examples=tuple(ids[:_MAX_EXAMPLES])), kind


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
