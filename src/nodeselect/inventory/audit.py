"""Find labels that are probably mistakes, by comparing the labels of all nodes.

What many nodes share is taken to be right. A label is a finding if it is rare beside one that is
written alike, if it is the only one of its kind, or if a few nodes lack it. There is no finding if
the nodes differ from the others in more than that: they are another kind of node.

>>> from nodeselect import Inventory, Node
>>> nodes = [Node(f"n-{number}", {"region": "eu-west"}) for number in range(9)]
>>> audit = audit_labels(Inventory([*nodes, Node("n-9", {"region": "eu_west"})]))
>>> [(finding.code, finding.values, finding.expected) for finding in audit.findings]
[('misspelt-value', ('eu_west',), 'eu-west')]
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from nodeselect.errors import SelectorError
from nodeselect.explain.similarity import is_number
from nodeselect.index import postings
from nodeselect.index.postings import Postings
from nodeselect.inventory.misspelling import (
    FEW_VALUES,
    RATIO,
    find_misspelt,
    find_variants,
    intended,
    is_common,
)
from nodeselect.inventory.snapshot import BaseInventory
from nodeselect.inventory.statistics import ViewStatistics
from nodeselect.inventory.store import View
from nodeselect.node import Node
from nodeselect.selectors import Operator, Requirement, Selector
from nodeselect.selectors.charset import parse_int64

# More keys, or values of one key, than this are not compared with each other.
_MAX_WORDS = 10_000

# A value of one node is rare only if this many nodes have the key, and each other value.
_MIN_NODES = 20
_MIN_NODES_WITH_VALUE = 4

# A key is missing only if the nodes that lack it are at most one of this many.
_MISSING_SHARE = 20

# A label distinguishes nodes from the others if this share of its own nodes is among them.
_OWN_SHARE = 0.9

_MAX_EXAMPLES = 3

# An amount of bytes, a rate or a share. A single small letter, as in 2a, is not a unit.
_WITH_UNIT = re.compile(
    r"[-+]?\d[\d.,_]*[ ]?"
    r"([KMGTP]i?|[KMGTPkmgt]i?[Bb]|[KMGkmg]?(?:[Hh]z|bps|bit/s)|%)"
)

_DIGITS = re.compile(r"\d+")


class Finding(NamedTuple):
    """A label that is probably a mistake.

    :param code: ``misspelt-key``, ``misspelt-value``, ``rare-value``, ``missing-key`` or ``unit``.
    :param keys: the label key; for ``missing-key``, all keys that these nodes lack.
    :param values: the values of the key that are the mistake; none if it is the key itself.
    :param nodes: how many nodes have the mistake.
    :param expected: the key, or the value, that was probably meant; None if it is not known.
    :param usual_nodes: how many nodes do not have the mistake: for a misspelt key or value, those
        with the expected one; for ``rare-value``, those with another value of the key; for
        ``missing-key``, those with the keys; for ``unit``, those with a number that has no unit, or
        the usual one.
    :param examples: the ids of the first nodes that have the mistake.
    :param selector: the text of a selector that matches the nodes with the mistake; None if the key
        or a value is not valid in a selector.
    """

    code: str
    keys: tuple[str, ...]
    values: tuple[str, ...]
    nodes: int
    expected: str | None
    usual_nodes: int
    examples: tuple[str, ...]
    selector: str | None


class Audit(NamedTuple):
    """What is probably wrong with the labels of a fleet.

    :param nodes: how many nodes there are.
    :param findings: the probable mistakes: misspelt keys, misspelt values, rare values, missing
        keys, units; of each kind, by key and value.
    :param unchecked: the keys that have too many values to compare them.
    :param keys_checked: whether keys were compared; they are not if there are too many.
    """

    nodes: int
    findings: tuple[Finding, ...]
    unchecked: tuple[str, ...]
    keys_checked: bool


def audit_labels(inventory: BaseInventory) -> Audit:
    """Find what is probably wrong with the labels of the nodes.

    The order of the nodes makes no difference. A key that has more than half as many values as
    nodes is taken for an id: its values are not compared. Cost: about a microsecond for each value
    of a key; each rare value is also compared with at most 500 frequent ones that begin with the
    same letter.
    """
    return _Auditor(inventory._view).audit()


class _Auditor:
    def __init__(self, view: View) -> None:
        self._store = view.store
        self._everything = view.live()
        statistics = ViewStatistics(view)
        self._keys = dict(statistics.key_counts(sys.maxsize) or {})
        self._values: dict[str, Mapping[str, int]] = {}
        self._unchecked: list[str] = []
        self._ids: set[str] = set()
        for key, nodes in sorted(self._keys.items()):
            values = statistics.value_counts(key, _MAX_WORDS)
            if values is None:
                self._unchecked.append(key)
            else:
                self._values[key] = values
                if len(values) * 2 > nodes:
                    self._ids.add(key)
        # For each misspelt key, the key that was probably meant; likewise for values of a key.
        self._meant: dict[str, str] = {}
        self._meant_values: dict[str, dict[str, str]] = {}

    def audit(self) -> Audit:
        """Return all findings."""
        keys_checked = len(self._keys) <= _MAX_WORDS
        if keys_checked:
            self._meant = self._misspelt_keys()
        for key, values in self._values.items():
            if key not in self._meant and key not in self._ids:
                meant = find_variants(values) | find_misspelt(values)
                self._meant_values[key] = dict(sorted(meant.items()))
        findings = (
            *self._key_findings(),
            *self._value_findings(),
            *self._rare_values(),
            *self._missing_keys(),
            *self._units(),
        )
        return Audit(len(self._everything), findings, tuple(self._unchecked), keys_checked)

    def _misspelt_keys(self) -> dict[str, str]:
        similar = find_misspelt(self._keys)
        by_name: dict[str, str] = {}  # the most frequent key with this name
        for key in sorted(self._keys, key=lambda key: (-self._keys[key], key)):
            by_name.setdefault(_name(key), key)
        meant = {}
        for key in sorted(self._keys):
            close = similar.get(key)
            if close is not None and not self._meet(key, close):
                meant[key] = close
            elif self._has_other_prefix(key, by_name[_name(key)]):
                meant[key] = by_name[_name(key)]
        return meant

    def _has_other_prefix(self, key: str, other: str) -> bool:
        """Return whether a rare key is probably the frequent key ``other`` with another prefix.

        It is if all its values are also values of ``other``, and few of its nodes have both keys.
        """
        if self._keys[other] < RATIO * self._keys[key] or other in self._ids:
            return False
        if self._meet(key, other):
            return False
        values, known = self._values.get(key), self._values.get(other, {})
        return values is not None and all(
            value in known and len(value) > 1 and not is_common(value) for value in values
        )

    def _meet(self, key: str, other: str) -> bool:
        """Return whether half of the nodes with ``key`` also have the key ``other``.

        Then ``key`` is not a misspelling of ``other``: nodes have both on purpose.
        """
        nodes = self._with_key(key)
        return 2 * postings.intersection_size(nodes, self._with_key(other)) >= len(nodes)

    def _key_findings(self) -> Iterator[Finding]:
        for key, meant in self._meant.items():
            expected = intended(self._meant, meant)
            yield self._finding(
                "misspelt-key", (key,), (), self._with_key(key), expected, self._keys[expected]
            )

    def _value_findings(self) -> Iterator[Finding]:
        for key, meant in self._meant_values.items():
            for value in meant:
                expected, nodes = intended(meant, value), self._with_value(key, value)
                count = self._values[key][expected]
                yield self._finding("misspelt-value", (key,), (value,), nodes, expected, count)

    def _rare_values(self) -> Iterator[Finding]:
        """Find values that only one node has, of keys that have few values."""
        for key, meant in self._meant_values.items():
            if self._keys[key] < _MIN_NODES:
                continue
            counts = {
                value: nodes for value, nodes in self._values[key].items() if value not in meant
            }
            rare = sorted(value for value, nodes in counts.items() if nodes == 1)
            frequent = [nodes for nodes in counts.values() if nodes > 1]
            if not frequent or len(rare) > 2 or len(counts) > FEW_VALUES:
                continue
            if min(frequent) < _MIN_NODES_WITH_VALUE:
                continue
            shapes = Counter(_DIGITS.sub("0", value) for value in counts)
            for value in rare:
                nodes = self._with_value(key, value)
                if is_number(value) or shapes[_DIGITS.sub("0", value)] > 1:
                    continue  # it is one of a series, such as versions
                if not self._is_of_its_own_kind(self._store.node(nodes.min()), key):
                    others = self._keys[key] - 1
                    yield self._finding("rare-value", (key,), (value,), nodes, None, others)

    def _missing_keys(self) -> Iterator[Finding]:
        """Find keys that nearly all nodes have but a few lack.

        All keys that the same nodes lack are one finding.
        """
        total = len(self._everything)
        lacking: dict[bytes, tuple[Postings, list[str]]] = {}
        misspelt: dict[str, list[str]] = {}
        for key, meant in self._meant.items():
            misspelt.setdefault(intended(self._meant, meant), []).append(key)
        for key, nodes in sorted(self._keys.items()):
            if 0 < (total - nodes) * _MISSING_SHARE <= total:
                absent = self._everything - self._with_key(key)
                for other in misspelt.get(key, ()):
                    absent -= self._with_key(other)
                lacking.setdefault(postings.encode(absent), (absent, []))[1].append(key)
        findings = []
        for nodes_found, keys in lacking.values():
            if unexplained := self._of_no_kind(nodes_found):
                present = min(map(self._keys.__getitem__, keys))
                findings.append(
                    self._finding("missing-key", tuple(keys), (), unexplained, None, present)
                )
        return iter(sorted(findings, key=lambda finding: finding.keys))

    def _of_no_kind(self, nodes: Postings) -> Postings:
        """Return ``nodes`` without those that are of a kind of their own.

        These have at least two labels that hardly any other nodes have.
        """
        once = twice = postings.from_ordinals(())
        for own in self._labels_of(nodes):
            twice = twice | (once & own)
            once = once | own
        return nodes - twice

    def _labels_of(self, nodes: Postings) -> Iterator[Postings]:
        """Yield, for each label that hardly any node outside ``nodes`` has, all nodes with it."""
        limit = len(nodes) / _OWN_SHARE
        for key in self._keys.keys() - self._meant.keys():
            if self._keys[key] <= limit:
                candidates = [self._with_key(key)]
            else:
                values = self._values_of_kinds(key).items()
                candidates = [self._with_value(key, value) for value, n in values if n <= limit]
            for found in candidates:
                if postings.intersection_size(nodes, found) >= _OWN_SHARE * len(found):
                    yield found

    def _is_of_its_own_kind(self, node: Node, key: str) -> bool:
        """Return whether a node has a label that no other node has, with another key than ``key``.

        For example, a control node may have a value of ``role`` of its own.
        """
        return any(
            (self._keys[other] == 1 or self._values_of_kinds(other).get(value) == 1)
            for other, value in node.labels.items()
            if other != key and other not in self._meant
        )

    def _values_of_kinds(self, key: str) -> Mapping[str, int]:
        """Return the values of a key that are not misspelt, and how many nodes have each.

        Return none if there are so many that they do not distinguish kinds of nodes.
        """
        values = self._values.get(key, {})
        if len(values) > FEW_VALUES:
            return {}
        meant = self._meant_values.get(key, {})
        return {value: nodes for value, nodes in values.items() if value not in meant}

    def _units(self) -> Iterator[Finding]:
        """Find numbers with units, which ``>`` and ``<`` do not match; the rarest unit first.

        If all have units, and nearly all the same one, only the other units are mistakes.
        """
        for key, values in self._values.items():
            units = {text: match[1] for text in values if (match := _WITH_UNIT.fullmatch(text))}
            counts = Counter[str]()
            for text, unit in units.items():
                counts[unit] += values[text]
            others = sum(nodes for text, nodes in values.items() if parse_int64(text) is not None)
            usual, most = max(counts.items(), key=lambda item: item[1], default=("", 0))
            if not others and most >= RATIO * max(1, counts.total() - most):
                others = most
                units = {text: unit for text, unit in units.items() if unit != usual}
            if units:
                found = postings.union([self._with_value(key, text) for text in units])
                texts = sorted(units, key=lambda text: (counts[units[text]], -values[text], text))
                yield self._finding("unit", (key,), tuple(texts), found, None, others)

    def _finding(
        self,
        code: str,
        keys: tuple[str, ...],
        values: tuple[str, ...],
        nodes: Postings,
        expected: str | None,
        usual_nodes: int,
    ) -> Finding:
        examples = tuple(self._store.ids(nodes, _MAX_EXAMPLES))
        operator = Operator.EXISTS
        if values:
            operator = Operator.IN if len(values) > 1 else Operator.EQUALS
        elif code == "missing-key":
            operator = Operator.DOES_NOT_EXIST
        selector = _selector_text(keys, operator, values)
        return Finding(code, keys, values, len(nodes), expected, usual_nodes, examples, selector)

    def _with_key(self, key: str) -> Postings:
        return self._everything & self._store.with_key(key)

    def _with_value(self, key: str, value: str) -> Postings:
        return self._store.with_value(key, value, self._everything)


def _name(key: str) -> str:
    """Return a key without its prefix."""
    return key.rpartition("/")[2]


def _selector_text(
    keys: tuple[str, ...], operator: Operator, values: tuple[str, ...]
) -> str | None:
    try:
        requirements = [Requirement(key, operator, values) for key in keys]
        return str(Selector.from_requirements(requirements))
    except SelectorError:
        return None
