"""Find probable mistakes in a selector, and suggest what to write instead.

A requirement is doubtful if no node or every node satisfies it; a value, if no node or few nodes
have it; an id, if no node has it. There is a hint only if something similar exists (see
``similarity.py``), or if Kubernetes renamed the label.
"""

import json
import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial, reduce
from itertools import islice
from operator import and_
from typing import NamedTuple

from nodeselect.errors import SelectorError
from nodeselect.explain.advice import remedy_rank
from nodeselect.explain.audit import RATIO, usual_values
from nodeselect.explain.countable import Countable, Failures, count_without
from nodeselect.explain.explanation import (
    Correction,
    Hint,
    label_requirement,
    named_ids,
)
from nodeselect.explain.wording import nodes_have, short
from nodeselect.node import count_in_states
from nodeselect.placement import Placement
from nodeselect.placement.requirements import AtLeast, Condition, Tolerates
from nodeselect.quantity import parse_quantity, quantity_text
from nodeselect.renamed_keys import NEW_KEYS
from nodeselect.selectors import AnyOf, Operator, Requirement, Selector, conflict
from nodeselect.selectors.selector import are_satisfiable
from nodeselect.similarity import WordCounts, closest_key, is_distinctive, is_number
from nodeselect.text import join_limited, pluralize, printable, quoted, quoted_id

_MAX_HINTS = 3

# How many values of one requirement are looked up.
_MAX_VALUES = 8

# How many doubtful requirements of one selector are looked up.
_MAX_REQUIREMENTS = 16

# More keys, or values of one key, than this are not searched: they are ids rather than words.
_MAX_WORDS = 10_000

# A value that more nodes have, and more than one in a hundred, is not misspelt.
_FEW = 100

# A value that few nodes have is not compared with more values than this, which must be counted.
_FEW_WORDS = 100

# For how many keys the values are cached.
_MAX_CACHED_KEYS = 16

# For how many keys with values the usual values are cached.
_MAX_CACHED_VALUES = 1_000

# Of more nodes than this, no id that begins with an unknown one is searched: that reads all ids.
_MAX_SEARCHED_IDS = 10_000

# The new name of each renamed key, and the old one.
_OTHER_KEYS = NEW_KEYS | {new: old for old, new in NEW_KEYS.items()}

# What constraints of Docker Swarm write before the key of a label.
_SWARM_PREFIX = "node.labels."

# The keys that a state of nodes has in other tools.
_STATE_KEYS = frozenset({"state", "status"})

# If no node has the resource of a request, but one that differs at most so, it was meant.
_ENOUGH = 3

# An amount that is at least this part of a request nearly suffices.
_NEARLY = 0.75

# Taints of nodes that are not for ordinary pods.
_RESERVED = re.compile(
    r"\ACriticalAddonsOnly\Z|\Anode-role\.kubernetes\.io/(?:control-?plane|etcd|master)\Z"
    r"|\Anode\.kubernetes\.io/os\Z|spot|preempt|capacity-?type\Z|scalesetpriority\Z|lifecycle\Z"
    r"|/gke-provisioning\Z|/[gt]pu\Z|\b(?:furiosa|habana|rebellions)\.ai/"
    r"|\b(?:amazon|amd|intel|nvidia|qualcomm|xilinx)\.com/",
    re.IGNORECASE,
)

# Taints of nodes that are broken, starting or leaving.
_OUT_OF_ORDER = re.compile(
    r"\Anode\.kubernetes\.io/(?!os\Z)|ClusterAutoscaler\Z|\Akarpenter\.sh/(?:disrupt|unregistered)"
    r"|\b(?:not-?ready|uninitialized)\Z",
    re.IGNORECASE,
)

# Words that YAML does not read as text.
_YAML_WORDS = frozenset({"false", "no", "null", "off", "on", "true", "yes"})


class Vocabulary:
    """A cache of the label keys and values of nodes, which must be the same in each call."""

    def __init__(self) -> None:
        self._keys: WordCounts | None = None
        self._values: dict[str, WordCounts] = {}
        self._usual: dict[tuple[str, tuple[str, ...]], Mapping[str, str]] = {}
        self._missing: dict[str, str | None] = {}

    def keys(self, nodes: Countable) -> WordCounts:
        """Return all label keys with their counts; empty if there are too many to search."""
        if self._keys is None:  # two threads may both count them, with the same result
            self._keys = WordCounts(nodes.key_counts(_MAX_WORDS) or {})
        return self._keys

    def values(self, nodes: Countable, key: str) -> WordCounts | None:
        """Return all values of a key with their counts; None if there are too many to search."""
        values = self._values.get(key)
        if values is None:
            counts = nodes.value_counts(key, _MAX_WORDS)
            if counts is None:
                return None
            values = WordCounts(counts)
            if len(self._values) >= _MAX_CACHED_KEYS:
                self._values = {}
            self._values[key] = values
        return values

    def usual_values(
        self, nodes: Countable, key: str, values: tuple[str, ...]
    ) -> Mapping[str, str]:
        """Map each rare one of ``values`` to the frequent value that was probably meant."""
        usual = self._usual.get((key, values))
        if usual is None:
            usual = usual_values(values, nodes.value_counts(key, _FEW_WORDS) or {})
            if len(self._usual) >= _MAX_CACHED_VALUES:
                self._usual = {}
            self._usual[key, values] = usual
        return usual

    def missing_label(self, nodes: Countable, key: str) -> str | None:
        """Return the result of :meth:`Countable.missing_label`."""
        if key not in self._missing:
            if len(self._missing) >= _MAX_CACHED_VALUES:
                self._missing = {}
            self._missing[key] = nodes.missing_label(key)
        return self._missing[key]


class _Suggestion(NamedTuple):
    """A hint; its replacement as a condition, if any; the positions (from 0) of what to replace."""

    hint: Hint
    replacement: Condition | None
    positions: tuple[int, ...]


def find_hints(
    nodes: Countable,
    vocabulary: Vocabulary,
    parts: Sequence[Condition],
    failures: Failures,
    missing_ids: Sequence[str],
    asked: Selector | AnyOf | Placement,
    given: Mapping[int, str],
) -> tuple[tuple[Hint, ...], Correction | None]:
    """Return at most three hints, and all their replacements as one correction (None if none).

    :param missing_ids: the ids in ``parts`` that no node has.
    :param asked: what has these ``parts``.
    :param given: the positions of what other objects require, which cannot be replaced.
    """
    if not failures.counts.total:
        return (), None
    finder = _HintFinder(nodes, vocabulary, failures, asked)
    found = (
        each if given.keys().isdisjoint(each.positions) else _unchanged(each)
        for each in finder.suggest(parts, missing_ids)
        if given.keys().isdisjoint(each.positions) or each.hint.code == "contradiction"
    )
    suggestions = list(islice(found, _MAX_HINTS))
    correction = _correct(failures, suggestions)
    if not failures.counts.matched and correction is not None and not correction.would_match:
        suggestions = [*suggestions[:1], *finder.tolerated(parts, suggestions), *suggestions[1:]]
        suggestions = suggestions[:_MAX_HINTS]
    return tuple(suggestion.hint for suggestion in suggestions), correction


def _unchanged(suggestion: _Suggestion) -> _Suggestion:
    hint = suggestion.hint._replace(replacement=None, would_match=None)
    return suggestion._replace(hint=hint, replacement=None)


def _toleration(
    position: int, part: Tolerates, nodes: int, is_reserved: bool, may_be_added: bool
) -> _Suggestion:
    """Suggest the toleration with which this number of ``nodes`` would match."""
    if _OUT_OF_ORDER.search(part.key) and not part.is_about_cordon:
        fail = pluralize(nodes, "node fails", "nodes fail")
        state = "a node with this taint is broken, starting or leaving"
        message = f"{fail} only {printable(str(part))}: {state}"
        hint = Hint("reserved-taint", position, message, None, (str(part),), None)
        return _Suggestion(hint, None, (position,))
    key = part.key
    if key in _YAML_WORDS or not re.fullmatch(r"[\w.-]+/[\w.-]+|[a-z][a-z-]+", key, re.ASCII):
        key = json.dumps(key, ensure_ascii=False)
    text = f"{{key: {key}, operator: Exists, effect: {part.effect}}}"
    change = f"with the toleration {printable(text)}"
    if part.is_about_cordon:
        change = "if it were not cordoned" if nodes == 1 else "if they were not cordoned"
    message = f"{pluralize(nodes, 'node')} would match {change}"
    code = "untolerated-taint"
    if is_reserved:
        code = "reserved-taint"
        message = f"{message}, but this taint is to keep such a pod away"
    if may_be_added:
        option = "if your API server adds it, give --extended-resource-toleration instead"
        message = f"{message}; {option}"
    hint = Hint(code, position, message, None, (str(part),), nodes)
    return _Suggestion(hint, None, (position,))


def scarcity_text(failures: Failures, position: int, part: AtLeast, has_usage: bool) -> str:
    """Return how much of a resource is on the nodes that fail only ``part``, at ``position``."""
    most = _most_that_match(failures, position, part, 1)
    amount = f"{quantity_text(part.resource, most)} of {printable(part.resource)}"
    fail = pluralize(failures.counts.failing_only_this[position], "node fails", "nodes fail")
    is_left = "is free" if has_usage else "is allocatable"
    return f"{fail} only {part}: at most {amount} {is_left} on one of them"


def _most_that_match(failures: Failures, position: int, part: AtLeast, least: int) -> int:
    """Return the largest amount with which a node would match; below ``least`` if none would."""
    amounts = range(least, part.amount)

    def is_too_much(amount: int) -> bool:
        return not failures.count_if_replaced([position], [AtLeast(part.resource, amount)])

    return least - 1 + bisect_left(amounts, True, key=is_too_much)


def _is_doubtful(part: Condition, failing: int, total: int) -> bool:
    """Return whether to look for a mistake in a condition that ``failing`` of all nodes fail.

    Yes, if it has ids or several selectors. In a requirement on a label, yes if all nodes or none
    fail it, if it has several values, or one that few nodes have, or if Kubernetes renamed its
    label.
    """
    requirement = label_requirement(part)
    if requirement is None:
        return isinstance(part, AnyOf) or bool(named_ids([part]))
    operator = requirement.operator
    if len(requirement.values) > 1 or failing == total or requirement.key in _OTHER_KEYS:
        return True
    if not requirement.values or operator.is_comparison:
        return not failing and operator.matches_absent
    having = failing if operator.matches_absent else total - failing
    return _is_rare(having, total)


def _is_rare(nodes: int, total: int) -> bool:
    return RATIO * nodes <= total and nodes <= max(_FEW, total // 100)


def _correct(failures: Failures, suggestions: Sequence[_Suggestion]) -> Correction | None:
    """Return one correction with all replacements, the first for each requirement; or None."""
    hints: list[Hint] = []
    selectors: list[Condition] = []
    replaced: set[int] = set()
    for hint, replacement, positions in suggestions:
        if replacement is not None and replaced.isdisjoint(positions):
            hints.append(hint)
            selectors.append(replacement)
            replaced.update(positions)
    if not hints:
        return None
    would_match = hints[0].would_match
    if len(hints) > 1 or would_match is None:
        would_match = failures.count_if_replaced(replaced, selectors)
        best = max(hints, key=lambda hint: hint.would_match or 0)
        if not would_match and best.would_match:  # better alone
            hints, would_match = [best], best.would_match
    return Correction(
        tuple(dict.fromkeys(hint.replacement for hint in hints if hint.replacement is not None)),
        tuple(text for hint in hints for text in hint.replaced),
        would_match,
    )


class _HintFinder:
    """Suggests replacements for requirements, from the keys, values and ids that nodes have."""

    def __init__(
        self,
        nodes: Countable,
        vocabulary: Vocabulary,
        failures: Failures,
        asked: Selector | AnyOf | Placement,
    ) -> None:
        self._nodes = nodes
        self._vocabulary = vocabulary
        self._failures = failures
        self._asked = asked

    def suggest(
        self, parts: Sequence[Condition], missing_ids: Sequence[str]
    ) -> Iterator[_Suggestion]:
        """Yield the suggestion for a contradiction, if any, then those for single conditions."""
        requirements = list(map(label_requirement, parts))
        if contradiction := self._contradiction(requirements):
            yield contradiction
        counts = self._failures.counts
        lists = list(self._split_lists(requirements))
        yield from lists
        explained = {position for each in lists for position in each.positions}
        doubtful = (
            (position, part)
            for position, part in enumerate(parts)
            if position not in explained
            and _is_doubtful(part, counts.failing[position], counts.total)
        )
        for position, part in islice(doubtful, _MAX_REQUIREMENTS):
            requirement = requirements[position]
            if isinstance(part, AnyOf):
                yield from self._alternatives(position, part, missing_ids)
            elif suggestion := (
                self._unknown_ids(named_ids([part]), missing_ids)
                if requirement is None
                else self._requirement(position, requirement)
                or self._swarm_field(position, requirement)
            ):
                yield suggestion
        for position, part in enumerate(parts):
            if isinstance(part, AtLeast) and counts.failing[position]:
                yield from self._other_resource(position, part)
        if not counts.matched:
            remedies = self._remedies(parts)
            yield from sorted(remedies, key=lambda each: remedy_rank(each[0], parts[each[2][0]]))

    def _remedies(self, parts: Sequence[Condition]) -> Iterator[_Suggestion]:
        """Yield what would make nodes match that fail only one taint or one resource."""
        asked = self._asked
        possible = asked.possible_tolerations if isinstance(asked, Placement) else ()
        added = {(each.key, each.effect) for each in possible}
        is_reserved = self._reserved(parts)
        for position, part in enumerate(parts):
            nodes = 0
            if isinstance(part, Tolerates | AtLeast):
                nodes = count_without(self._failures, parts, position)
            if isinstance(part, Tolerates) and part.key and nodes:
                may_be_added = (part.key, part.effect) in added
                yield _toleration(position, part, nodes, is_reserved(part.key), may_be_added)
            elif isinstance(part, AtLeast) and nodes and (near := self._near(position, part)):
                yield near

    def _reserved(self, parts: Sequence[Condition]) -> Callable[[str], bool]:
        """Return whether the taint with a key keeps a pod away that requests these resources.

        It does not if the key is that of a resource that the pod requests, or has its prefix.
        """
        requested = {part.resource for part in parts if isinstance(part, AtLeast)}
        prefixes = {each.rpartition("/")[0] for each in requested} - {""}
        resources = {*self._nodes.resources()}

        def is_reserved(key: str) -> bool:
            if key in requested or key.rpartition("/")[0] in prefixes:
                return False
            return key in resources or _RESERVED.search(key) is not None

        return is_reserved

    def tolerated(
        self, parts: Sequence[Condition], suggestions: Sequence[_Suggestion]
    ) -> Iterator[_Suggestion]:
        """Yield the toleration with which nodes would match after the first replacement, if any."""
        hint, replacement, positions = suggestions[0]
        if not isinstance(replacement, Selector) or hint.replacement is None or hint.would_match:
            return
        count = self._failures.count_if_replaced
        others = [at for at, part in enumerate(parts) if isinstance(part, Tolerates | AtLeast)]
        found = [
            (count([*positions, at], [replacement]), -at, part)
            for at, part in enumerate(parts)
            if isinstance(part, Tolerates)
            and part.key
            and not _OUT_OF_ORDER.search(part.key)
            and not count([*positions, *others], [replacement, part])
        ]
        nodes, at, part = max(found, default=(0, 0, None))
        if part is None or not nodes:
            return
        suggestion = _toleration(-at, part, nodes, self._reserved(parts)(part.key), False)
        new, old = short(hint.replacement), join_limited(list(map(short, hint.replaced)))
        text = f"write {new} instead of {old}: {suggestion.hint.message}"
        hint = suggestion.hint._replace(code="untolerated-taint", message=text)  # first: a typo
        yield suggestion._replace(hint=hint)

    def _near(self, position: int, part: AtLeast) -> _Suggestion | None:
        """Suggest the largest amount on the nodes that lack only this, if it nearly suffices."""
        least = max(1, math.ceil(_NEARLY * part.amount))
        if part.resource not in self._nodes.resources():
            return None
        most = _most_that_match(self._failures, position, part, least)
        if most < least:
            return None
        would_match = self._failures.count_if_replaced([position], [AtLeast(part.resource, most)])
        text = scarcity_text(self._failures, position, part, self._nodes.has_usage)
        message = f"{text}; with that, {pluralize(would_match, 'node')} would match"
        hint = Hint("scarce-resource", position, message, None, (str(part),), would_match)
        return _Suggestion(hint, None, (position,))

    def _other_resource(self, position: int, part: AtLeast) -> Iterator[_Suggestion]:
        """Suggest a resource that nodes have for one that none has, or name a similar label."""
        resource, names = part.resource, self._nodes.resources()
        if not names or resource in names:
            return
        problem, replacement = f"no node has any {printable(resource)}", None
        code, close = closest_key(resource, WordCounts(dict.fromkeys(names, _ENOUGH))) or ("", "")
        prefix, _, name = resource.rpartition("/")
        if close:
            message = f"{problem}; nodes have {quoted(close)}"
            if not (prefix and code == "other-prefix"):  # a device of another vendor is another one
                amount = parse_quantity(close, quantity_text(resource, part.amount))
                replacement = AtLeast(close, amount)
        else:
            keys = self._vocabulary.keys(self._nodes).counts
            similar = [key for key in keys if name in re.split("[-_./]", key.rpartition("/")[2])]
            if not prefix or not similar:
                return
            key = min(similar, key=lambda key: (-keys[key], key))
            message = f"{problem}; {nodes_have(keys[key])} the label {quoted(key)}"
        yield self._suggestion("other-resource", (position,), message, (str(part),), replacement)

    def _alternatives(
        self, position: int, part: AnyOf, missing_ids: Sequence[str]
    ) -> Iterator[_Suggestion]:
        """Yield the suggestions for each selector of ``part``, as if it were alone.

        What several of them have in common is replaced in all.
        """
        seen = set[tuple[object, ...]]()
        for selector in part.selectors[:_MAX_REQUIREMENTS]:
            conditions = selector.split()
            failures = self._nodes.failures(conditions)
            finder = _HintFinder(self._nodes, self._vocabulary, failures, self._asked)
            missing = [node_id for node_id in missing_ids if node_id in (selector.ids or ())]
            for hint, replacement, positions in finder.suggest(conditions, missing):
                key = hint.code, hint.replaced, hint.replacement
                if key in seen or hint.code == "label-for-id":  # nothing has ids beside selectors
                    continue
                seen.add(key)
                alternatives = None
                if isinstance(replacement, Selector):
                    old = [conditions[at] for at in positions]
                    alternatives = AnyOf(
                        _replaced(each, old, replacement) for each in part.selectors
                    )
                    would_match = self._failures.count_if_replaced([position], [alternatives])
                    hint = hint._replace(would_match=would_match)
                yield _Suggestion(hint._replace(requirement=position), alternatives, (position,))

    def _contradiction(self, requirements: Sequence[Requirement | None]) -> _Suggestion | None:
        """Report a contradiction if there is one; for ``k=a,k=b``, suggest ``k in (a,b)``."""
        known = [each for each in requirements if each is not None]
        if are_satisfiable(known):
            return None
        contradictory = conflict(Selector.from_requirements(known)) or ()
        replacement = None
        if all(requirement.operator is Operator.EQUALS for requirement in contradictory):
            key = contradictory[0].key
            values = self._corrected(key, [requirement.values[0] for requirement in contradictory])
            replacement = _selector(key, Operator.IN, values)
        positions = tuple(
            position for position, each in enumerate(requirements) if each in contradictory
        )
        texts = tuple(map(str, contradictory))
        both = join_limited(list(map(short, texts)))
        message = f"{both} contradict each other: no node can satisfy them together"
        return self._suggestion("contradiction", positions, message, texts, replacement)

    def _split_lists(self, requirements: Sequence[Requirement | None]) -> Iterator[_Suggestion]:
        """Suggest ``k in (a,b)`` for ``k=a,b`` if no node has the label ``b``, but some ``k=b``."""
        counts = self._failures.counts
        lone = {
            position: each.key
            for position, each in enumerate(requirements)
            if each is not None
            and each.operator is Operator.EXISTS
            and counts.failing[position] == counts.total
        }
        for position, each in enumerate(requirements if lone else ()):
            if each is None or not each.values or each.operator.is_comparison:
                continue
            key, has_value = each.key, partial(self._nodes.count_with_value, each.key)
            words = {at: word for at, word in lone.items() if has_value(word)}
            if not words:
                continue
            labels = join_limited(list(map(quoted, words.values())), conjunction="or")
            existing = self._counted(key, {word: f"{key}={word}" for word in words.values()})
            operator = Operator.NOT_IN if each.operator.is_exclusion else Operator.IN
            values = self._corrected(key, (*each.values, *words.values()))
            positions = (*words, position)
            replaced = tuple(str(requirements[at]) for at in sorted(positions))
            replacement = _selector(key, operator, values)
            message = f"no node has the label {labels}; {existing}"
            yield self._suggestion("other-key", positions, message, replaced, replacement)

    def _unknown_ids(self, ids: Sequence[str], missing: Sequence[str]) -> _Suggestion | None:
        """Suggest the ids of the nodes that have the missing ids as names, or else a similar id."""
        nodes = self._nodes.find_names(missing)
        if not nodes:
            if not missing:
                return None
            return self._other_case(ids, missing[0]) or self._id_prefix(ids, missing[0])
        id_of_name = {name: node_id for name, (node_id, _) in nodes.items()}
        names = join_limited(list(map(quoted_id, nodes)), conjunction="or")
        named = [
            quoted_id(node_id) + (f" (and of {count - 1:,} more)" if count > 1 else "")
            for node_id, count in nodes.values()
        ]
        is_name = "it is the name" if len(nodes) == 1 else "they are the names"
        message = f"no node has the id {names}; {is_name} of {join_limited(named)}"
        selector = _id_selector(ids, id_of_name)
        text = ",".join(id_of_name.values())
        return self._suggestion("name-for-id", (0,), message, tuple(nodes), selector, text)

    def _other_case(self, ids: Sequence[str], wrong: str) -> _Suggestion | None:
        """Suggest the missing id ``wrong`` in lower or upper case; None if no node has that id."""
        others = [each for each in (wrong.lower(), wrong.upper()) if each != wrong]
        missing = self._nodes.missing_ids(others)
        for node_id in others:
            if node_id not in missing and node_id not in ids:
                difference = f"{quoted_id(node_id)} differs only in case"
                message = f"no node has the id {quoted_id(wrong)}; {difference}"
                selector = _id_selector(ids, {wrong: node_id})
                return self._suggestion("other-id", (0,), message, (wrong,), selector, node_id)
        return None

    def _id_prefix(self, ids: Sequence[str], prefix: str) -> _Suggestion | None:
        """Report that the missing id ``prefix`` is the beginning of node ids; None if it is not."""
        if self._failures.counts.total > _MAX_SEARCHED_IDS:
            return None
        found = self._nodes.find_id_prefix(prefix)
        if found is None:
            return None
        node_id, count = found
        several = f"{count:,} ids, such as " if count > 1 else ""
        beginning = f"it is the beginning of {several}{quoted_id(node_id)}"
        message = f"no node has the id {quoted_id(prefix)}; {beginning}"
        selector = _id_selector(ids, {prefix: node_id}) if count == 1 else None
        return self._suggestion("id-prefix", (0,), message, (prefix,), selector, node_id)

    def _requirement(self, position: int, requirement: Requirement) -> _Suggestion | None:
        """Suggest what to write instead of a doubtful requirement; None if nothing is similar."""
        counts = self._failures.counts
        is_satisfied = counts.failing[position] < counts.total
        is_divided = is_satisfied and counts.failing[position] > 0
        if renamed := self._renamed_key(position, requirement):
            return renamed
        if is_divided and len(requirement.values) == 1:
            return self._usual_value(position, requirement)
        is_inclusion = requirement.operator.is_inclusion
        has_key = is_satisfied and is_inclusion
        has_key = has_key or self._nodes.count_with_key(requirement.key) > 0
        if not has_key:
            close = self._other_key(position, requirement)
        elif is_satisfied or is_inclusion:
            close = self._other_value(position, requirement)
            if close is None and is_divided:
                close = self._usual_value(position, requirement)
        else:
            return None
        if is_satisfied or (close is not None and (has_key or self._would_match_alone(close))):
            return close
        return (
            self._label_for_state(position, requirement)
            or self._value_of_other_key(position, requirement)
            or self._label_for_id(position, requirement)
            or close
        )

    def _would_match_alone(self, suggestion: _Suggestion) -> bool:
        if suggestion.replacement is None:
            return True
        everywhere = range(len(self._failures.counts.failing))
        return self._failures.count_if_replaced(everywhere, [suggestion.replacement]) > 0

    def _renamed_key(self, position: int, requirement: Requirement) -> _Suggestion | None:
        """Suggest the other key of a label that has two names if more nodes have that.

        The names are those that Kubernetes had and has, or those of Docker Swarm and of its nodes.
        The old name is suggested only if no node has the new one.
        """
        key = _OTHER_KEYS.get(requirement.key) or requirement.key.removeprefix(_SWARM_PREFIX)
        if key == requirement.key:
            return None
        has_key, has_other = map(self._nodes.count_with_key, (requirement.key, key))
        if has_key >= has_other or (has_key and key in NEW_KEYS):
            return None
        problem = f"only {nodes_have(has_key)} the label {quoted(requirement.key)}"
        if not has_key:
            problem = _no_node_has(requirement.key)
        name = "which is its name here"
        if requirement.key in _OTHER_KEYS:
            name = f"its {'new' if requirement.key in NEW_KEYS else 'old'} name in Kubernetes"
        message = f"{problem}; {nodes_have(has_other)} {quoted(key)}, {name}"
        return self._changed("renamed-key", position, message, requirement, key)

    def _swarm_field(self, position: int, requirement: Requirement) -> _Suggestion | None:
        """Report a field of Docker Swarm that is not a label."""
        from nodeselect.selectors.other_syntax import SWARM_FIELDS  # for few

        key = requirement.key
        if key not in SWARM_FIELDS or self._nodes.count_with_key(key):
            return None
        message = f"{_no_node_has(key)}; this field of Docker Swarm is not a label here"
        return self._suggestion("renamed-key", (position,), message, (str(requirement),), None)

    def _other_key(self, position: int, requirement: Requirement) -> _Suggestion | None:
        """Suggest a similar key that nodes have, for a requirement whose key no node has."""
        keys = self._vocabulary.keys(self._nodes)
        close = closest_key(requirement.key, keys)
        if close is None:
            return None
        code, key = close
        message = f"{_no_node_has(requirement.key)}; {nodes_have(keys.counts[key])} {quoted(key)}"
        return self._changed(code, position, message, requirement, key)

    def _other_value(self, position: int, requirement: Requirement) -> _Suggestion | None:
        """Suggest existing values instead of similar values that no node has; None without any."""
        key, values = requirement.key, requirement.values
        corrections = self._value_corrections(key, values)
        if not corrections:
            return None
        existing = self._counted(key, {value: quoted(value) for value in corrections.values()})
        effect = ""
        is_negative = requirement.operator.matches_absent
        if is_negative and not any(self._nodes.count_with_value(key, value) for value in values):
            effect = ", so it excludes nothing"
        message = f"{_no_node_has(key, list(corrections))}{effect}; {existing}"
        return self._changed("other-value", position, message, requirement, key)

    def _counted(self, key: str, texts: Mapping[str, str]) -> str:
        """Return how many nodes have each value, shown as ``texts``: ``2 nodes have 'eu'``."""
        counts = [
            f"{nodes_have(self._nodes.count_with_value(key, value))} {text}"
            for value, text in texts.items()
        ]
        return join_limited(counts, _MAX_VALUES)

    def _usual_value(self, position: int, requirement: Requirement) -> _Suggestion | None:
        """Suggest frequent values instead of similar values that few nodes have; None without."""
        key, values = requirement.key, requirement.values
        if requirement.operator.is_comparison:
            return None
        total = self._failures.counts.total
        having = {each: self._nodes.count_with_value(key, each) for each in values[:_MAX_VALUES]}
        few = tuple(value for value, nodes in having.items() if nodes and _is_rare(nodes, total))
        found = self._vocabulary.usual_values(self._nodes, key, few) if few else {}
        usual = {value: word for value, word in found.items() if word not in values}
        if not usual:
            return None
        rare = self._counted(
            key, {value: f"{printable(key)}={printable(value)}" for value in usual}
        )
        frequent = self._counted(key, {word: quoted(word) for word in usual.values()})
        message = f"only {rare}; {frequent}"
        new_values = tuple(sorted({usual.get(value, value) for value in values}))
        replacement = _selector(key, requirement.operator, new_values)
        replaced = (str(requirement),)
        suggestion = self._suggestion("rare-value", (position,), message, replaced, replacement)
        would_match = suggestion.hint.would_match or 0
        if requirement.operator.is_inclusion and would_match < self._failures.counts.matched:
            return None
        return suggestion

    def _value_of_other_key(self, position: int, requirement: Requirement) -> _Suggestion | None:
        """Suggest the other key with which most nodes have these values; None if no node does."""
        if not requirement.operator.is_inclusion:
            return None
        counts = self._vocabulary.keys(self._nodes).counts
        keys = [each for each in counts if NEW_KEYS.get(each) not in counts]
        by_value = {
            value: self._nodes.keys_with_value(value, keys)
            for value in requirement.values[:_MAX_VALUES]
            if is_distinctive(value)
        }
        totals: Counter[str] = Counter()
        for found in by_value.values():
            totals.update(found)
        if not totals:
            return None
        key = min(totals, key=lambda name: (-totals[name], name))
        has_key = self._nodes.count_with_key(requirement.key)
        problem = _no_node_has(requirement.key, requirement.values if has_key else ())
        existing = [quoted(value) for value, found in by_value.items() if found.get(key)]
        values = join_limited(existing, conjunction="or")
        message = f"{problem}; {nodes_have(totals[key])} {values} as the value of {quoted(key)}"
        return self._changed("other-key", position, message, requirement, key)

    def _label_for_id(self, position: int, requirement: Requirement) -> _Suggestion | None:
        """Suggest an id instead of a label, if the value, or ``key`` alone, is an id or a name."""
        values = requirement.values[:_MAX_VALUES]
        if requirement.operator is Operator.EXISTS:
            values = (requirement.key,)
        elif not requirement.operator.is_inclusion:
            return None
        missing = self._nodes.missing_ids(values)
        ids = [value for value in values if value not in missing]
        what = "is the id of a node" if len(ids) == 1 else "are ids of nodes"
        words = join_limited(list(map(quoted_id, ids)))
        if not ids:
            for name, (node_id, _) in self._nodes.find_names(values).items():
                ids, words = [node_id], quoted_id(name)
                what = f"is the name of the node with the id {quoted_id(node_id)}"
                break
        selector = _id_selector(ids, dict(zip(ids, ids, strict=True)))
        if not ids or selector is None:
            return None
        has_key = self._nodes.count_with_key(requirement.key)
        problem = _no_node_has(requirement.key, values if has_key else ())
        message = f"{problem}; {words} {what}"
        replaced = (str(requirement),)
        if isinstance(self._asked, Placement):  # a manifest can name no ids
            selector = None
        text = ",".join(ids)
        return self._suggestion("label-for-id", (position,), message, replaced, selector, text)

    def _label_for_state(self, position: int, requirement: Requirement) -> _Suggestion | None:
        """Report that a value is no label, but a state of nodes; None if it is not."""
        if requirement.key not in _STATE_KEYS or not requirement.operator.is_inclusion:
            return None
        states = self._nodes.failures([]).state_counts()
        found = [each for each in requirement.values if count_in_states(states, [each.lower()])]
        if not found:
            return None
        instead = f"to select nodes by state, write --state {printable(','.join(found))} instead"
        message = f"{_no_node_has(requirement.key)}; {instead}"
        text = str(requirement)
        return self._suggestion("label-for-state", (position,), message, (text,), None)

    def _changed(
        self, code: str, position: int, message: str, requirement: Requirement, key: str
    ) -> _Suggestion:
        """Suggest ``requirement`` with ``key``, and similar existing values for unknown values."""
        values = requirement.values
        if not requirement.operator.is_comparison:
            values = self._corrected(key, values)
        replacement = _selector(key, requirement.operator, values)
        return self._suggestion(code, (position,), message, (str(requirement),), replacement)

    def _suggestion(
        self,
        code: str,
        positions: tuple[int, ...],
        message: str,
        replaced: tuple[str, ...],
        replacement: Selector | AtLeast | None,
        text: str = "",
    ) -> _Suggestion:
        hint = Hint(code, positions[0], message, None, replaced, None)
        if replacement is not None:
            would_match = self._failures.count_if_replaced(positions, [replacement])
            hint = hint._replace(replacement=text or str(replacement), would_match=would_match)
        return _Suggestion(hint, replacement, positions)

    def _corrected(self, key: str, values: Sequence[str]) -> tuple[str, ...]:
        corrections = self._value_corrections(key, values)
        return tuple(sorted({corrections.get(value, value) for value in values}))

    def _value_corrections(self, key: str, values: Sequence[str]) -> dict[str, str]:
        """Map each of the first ``values`` that no node has to a similar one that nodes have."""
        unknown = [
            value for value in values[:_MAX_VALUES] if not self._nodes.count_with_value(key, value)
        ]
        words = self._vocabulary.values(self._nodes, key) if unknown else None
        if words is None:
            return {}
        close = {value: words.suggest(value) or _with_domain(value, words) for value in unknown}
        return {value: word for value, word in close.items() if word and word not in values}


def _no_node_has(key: str, values: Sequence[str] = ()) -> str:
    """Return ``no node has k=a or k=b`` for these values; without values, name the label."""
    if not values:
        return f"no node has the label {quoted(key)}"
    texts = [f"{printable(key)}={printable(value)}" for value in values]
    return f"no node has {join_limited(texts, _MAX_VALUES, 'or')}"


def _with_domain(value: str, words: WordCounts) -> str | None:
    """Return the only word that begins with a host name and a dot; None if there is no such one."""
    if is_number(value):
        return None
    longer = list(islice((word for word in words.counts if word.startswith(f"{value}.")), 2))
    return longer[0] if len(longer) == 1 else None


def _id_selector(ids: Sequence[str], new_ids: Mapping[str, str]) -> Selector | None:
    """Return the selector of ``ids`` after replacements; None if a selector cannot contain an id.

    Also return None if a new id contains a comma: hints separate ids by commas.
    """
    if any("," in node_id for node_id in new_ids.values()):
        return None
    try:
        return Selector.from_requirements([], [new_ids.get(each, each) for each in ids])
    except SelectorError:  # the nodes of an engine may have any id
        return None


def _replaced(selector: Selector, old: Sequence[Condition], new: Selector) -> Selector:
    """Return a selector with ``new`` in place of the conditions ``old``, if it has all of them."""
    conditions = selector.split()
    if not all(each in conditions for each in old):
        return selector
    return reduce(and_, (each for each in conditions if each not in old), new)


def _selector(key: str, operator: Operator, values: tuple[str, ...]) -> Selector | None:
    """Return the selector of one requirement; None if it has an invalid key or value."""
    try:
        return Selector.from_requirements([Requirement(key, operator, values)])
    except SelectorError:
        return None
