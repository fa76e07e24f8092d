"""Probable mistakes: requirements that no node satisfies or that exclude none, values of a list
that no node has, names in the place of ids.

There is a hint only if something similar exists (``similarity.py``), and always the same one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from nodeselect.errors import SelectorError
from nodeselect.explain.countable import Countable, Failures
from nodeselect.explain.explanation import Correction, Hint
from nodeselect.explain.similarity import WordCounts, closest_key, is_number
from nodeselect.explain.vocabulary import Vocabulary
from nodeselect.explain.wording import nodes_have, short
from nodeselect.selectors import Operator, Requirement, Selector, conflict
from nodeselect.text import join_limited, printable, quoted

__all__ = ["find_hints"]

_MAX_HINTS = 3

# Values of one requirement that are looked up.
_MAX_VALUES = 8

# Requirements of one selector that are looked up.
_MAX_REQUIREMENTS = 16

# Values that occur under any key, as numbers do, and so do not hint at one.
_COMMON_WORDS = ("true", "false", "yes", "no", "on", "off", "none", "null", "unknown")


class _Suggestion(NamedTuple):
    """A hint, what to write as a selector, and the positions of what that replaces."""

    hint: Hint
    replacement: Selector | None
    positions: tuple[int, ...]


def find_hints(
    nodes: Countable,
    vocabulary: Vocabulary,
    selector: Selector,
    failures: Failures,
    missing_ids: Sequence[str],
) -> tuple[tuple[Hint, ...], Correction | None]:
    """Return the first three hints, and all their replacements at once if there are several.

    :param failures: the nodes grouped by the requirements of ``selector`` they fail.
    :param missing_ids: the ids of the selector that no node has.
    """
    counts = failures.counts
    if not counts.total:
        return (), None
    suggestions: list[_Suggestion] = []
    parts = selector.split()
    finder = _HintFinder(nodes, vocabulary, failures)
    if not selector.is_satisfiable and (contradiction := finder.contradiction(selector)):
        suggestions.append(contradiction)
    doubtful = (
        position
        for position, part in enumerate(parts)
        if part.ids
        or (part.requirements and _is_doubtful(part, counts.failing[position], counts.total))
    )
    for position in islice(doubtful, _MAX_REQUIREMENTS):
        if len(suggestions) == _MAX_HINTS:
            break
        part = parts[position]
        if part.ids:
            suggestion = finder.names_as_ids(position, part.ids, missing_ids)
        else:
            suggestion = finder.requirement(position, part.requirements[0])
        if suggestion is not None:
            suggestions.append(suggestion)
    if not suggestions:
        return (), None
    hints = tuple(
        hint
        if replacement is None
        else hint._replace(would_match=failures.count_if_replaced(positions, [replacement]))
        for hint, replacement, positions in suggestions
    )
    return hints, _correction(failures, suggestions)


def _is_doubtful(part: Selector, failing: int, total: int) -> bool:
    """Return whether no node satisfies a requirement, it excludes none, or it has a list."""
    (requirement,) = part.requirements
    if len(requirement.values) > 1 or failing == total:
        return True
    return not failing and requirement.operator.matches_absent


def _correction(failures: Failures, suggestions: Sequence[_Suggestion]) -> Correction | None:
    """Combine replacements; of two that replace the same requirement, use the first."""
    chosen: list[_Suggestion] = []
    replaced: set[int] = set()
    for suggestion in suggestions:
        if suggestion.replacement is not None and replaced.isdisjoint(suggestion.positions):
            chosen.append(suggestion)
            replaced.update(suggestion.positions)
    if len(chosen) < 2:
        return None
    selectors = [each.replacement for each in chosen if each.replacement is not None]
    return Correction(
        tuple(dict.fromkeys(text for each in chosen for text in each.hint.replacements)),
        tuple(text for each in chosen for text in each.hint.replaced),
        failures.count_if_replaced(replaced, selectors),
    )


class _HintFinder:
    """Compares requirements with the keys and values that nodes have."""

    def __init__(self, nodes: Countable, vocabulary: Vocabulary, failures: Failures) -> None:
        self._nodes = nodes
        self._vocabulary = vocabulary
        self._failures = failures

    def contradiction(self, selector: Selector) -> _Suggestion | None:
        """Report requirements that exclude each other; of equalities, suggest one list."""
        contradictory = conflict(selector)
        if not contradictory:
            return None
        parts = selector.split()
        replacement = None
        if all(requirement.operator is Operator.EQUALS for requirement in contradictory):
            key = contradictory[0].key
            contradictory = tuple(
                each
                for part in parts
                for each in part.requirements
                if each.key == key and each.operator is Operator.EQUALS
            )
            values = tuple(sorted({each.values[0] for each in contradictory}))
            replacement = _requirement(key, Operator.IN, self._corrected(key, values))
        positions = tuple(
            position
            for position, part in enumerate(parts)
            if part.requirements and part.requirements[0] in contradictory
        )
        texts = tuple(map(str, contradictory))
        both = " and ".join(map(short, texts[:3]))
        message = f"{both} contradict each other: no node can ever match"
        return _suggestion("contradiction", positions, message, texts, replacement)

    def requirement(self, position: int, requirement: Requirement) -> _Suggestion | None:
        """Suggest what is close to a doubtful requirement, if anything is."""
        counts = self._failures.counts
        is_satisfied = counts.failing[position] < counts.total
        if not self._nodes.count_with_key(requirement.key):
            other = self._other_key(position, requirement)
            if is_satisfied or (other is not None and self._would_match_alone(other)):
                return other
            return self._value_of_other_key(position, requirement) or other
        if is_satisfied or requirement.operator.is_inclusion:
            other = self._other_value(position, requirement)
            if other is not None or is_satisfied:
                return other
            return self._value_of_other_key(position, requirement)
        return None

    def _would_match_alone(self, suggestion: _Suggestion) -> bool:
        if suggestion.replacement is None:
            return True
        everywhere = range(len(self._failures.counts.failing))
        return self._failures.count_if_replaced(everywhere, [suggestion.replacement]) > 0

    def names_as_ids(
        self, position: int, ids: Sequence[str], missing: Sequence[str]
    ) -> _Suggestion | None:
        """Report ids that no node has but that are names of nodes."""
        id_of_name: dict[str, str] = {}
        id_words: list[str] = []
        for name in missing:
            if node := self._nodes.find_name(name):
                id_of_name[name], count = node
                others = f" (the first of {count:,} with this name)" if count > 1 else ""
                id_words.append(f"{quoted(id_of_name[name])}{others}")
        if not id_of_name:
            return None
        names = join_limited(list(map(quoted, id_of_name)))
        if len(id_of_name) == 1:
            message = f"{names} is the name of a node, not an id; its id is {id_words[0]}"
        else:
            message = f"{names} are names of nodes, not ids; their ids are {join_limited(id_words)}"
        replaced = tuple(id_of_name)
        if any("," in node_id for node_id in id_of_name.values()):
            hint = Hint("name-for-id", position, message, None, replaced, None)
            return _Suggestion(hint, None, (position,))
        text = ",".join(id_of_name.values())
        hint = Hint("name-for-id", position, message, text, replaced, None)
        selector = Selector.from_requirements([], [id_of_name.get(each, each) for each in ids])
        return _Suggestion(hint, selector, (position,))

    def _other_key(self, position: int, requirement: Requirement) -> _Suggestion | None:
        """Suggest a key that is close to one that no node has."""
        key, values = requirement.key, requirement.values
        keys = self._vocabulary.keys(self._nodes)
        close = closest_key(key, keys)
        if close is None:
            return None
        code, name = close
        message = (
            f"no node has the label {quoted(key)}; {nodes_have(keys.counts[name])} {quoted(name)}"
        )
        if not requirement.operator.is_comparison:
            values = self._corrected(name, values)
        replacement = _requirement(name, requirement.operator, values)
        return _suggestion(code, (position,), message, (str(requirement),), replacement)

    def _other_value(self, position: int, requirement: Requirement) -> _Suggestion | None:
        """Suggest values that are close to those that no node has."""
        key, values = requirement.key, requirement.values
        corrections = self._value_corrections(key, values)
        if not corrections:
            return None
        counts = {value: self._nodes.count_with_value(key, value) for value in corrections.values()}
        existing = [f"{nodes_have(count)} {quoted(value)}" for value, count in counts.items()]
        effect = ""
        is_negative = requirement.operator.matches_absent
        if is_negative and not any(self._nodes.count_with_value(key, value) for value in values):
            effect = ", so it excludes nothing"
        message = f"{_no_node_has(key, list(corrections))}{effect}; {join_limited(existing)}"
        replacement = _requirement(key, requirement.operator, _replaced(values, corrections))
        return _suggestion("other-value", (position,), message, (str(requirement),), replacement)

    def _value_of_other_key(self, position: int, requirement: Requirement) -> _Suggestion | None:
        """Suggest the key under which the most nodes have any of the values."""
        if not requirement.operator.is_inclusion:
            return None
        keys = self._vocabulary.keys(self._nodes).counts
        by_value = {
            value: self._nodes.keys_with_value(value, keys)
            for value in requirement.values[:_MAX_VALUES]
            if len(value) > 1 and value.casefold() not in _COMMON_WORDS and not is_number(value)
        }
        totals: Counter[str] = Counter()
        for counts in by_value.values():
            totals.update(counts)
        if not totals:
            return None
        key = min(totals, key=lambda each: (-totals[each], each))
        if self._nodes.count_with_key(requirement.key):
            problem = _no_node_has(requirement.key, requirement.values)
        else:
            problem = f"no node has the label {quoted(requirement.key)}"
        existing = [quoted(value) for value, counts in by_value.items() if counts.get(key)]
        values = join_limited(existing, conjunction="or")
        message = f"{problem}; {nodes_have(totals[key])} {values} as the value of {quoted(key)}"
        corrected = self._corrected(key, requirement.values)
        replacement = _requirement(key, requirement.operator, corrected)
        return _suggestion("other-key", (position,), message, (str(requirement),), replacement)

    def _corrected(self, key: str, values: tuple[str, ...]) -> tuple[str, ...]:
        corrections = self._value_corrections(key, values)
        return _replaced(values, corrections) if corrections else values

    def _value_corrections(self, key: str, values: Sequence[str]) -> dict[str, str]:
        """Return, for the first few values that no node has, those that are close."""
        unknown = [
            value for value in values[:_MAX_VALUES] if not self._nodes.count_with_value(key, value)
        ]
        words = self._vocabulary.values(self._nodes, key) if unknown else None
        return {} if words is None else _close_words(unknown, words, values)


def _close_words(
    unknown: Sequence[str], words: WordCounts, listed: Sequence[str]
) -> dict[str, str]:
    """Return the word closest to each unknown one, unless it is listed itself."""
    close = {text: words.closest(text) for text in unknown}
    return {text: word for text, word in close.items() if word is not None and word not in listed}


def _replaced(values: Sequence[str], corrections: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted({corrections.get(value, value) for value in values}))


def _no_node_has(key: str, values: Sequence[str]) -> str:
    texts = [f"{printable(key)}={printable(value)}" for value in values]
    return f"no node has {join_limited(texts, conjunction='or')}"


def _suggestion(
    code: str,
    positions: tuple[int, ...],
    message: str,
    replaced: tuple[str, ...],
    replacement: Requirement | None,
) -> _Suggestion:
    text = None if replacement is None else str(replacement)
    hint = Hint(code, positions[0], message, text, replaced, None)
    return _Suggestion(
        hint, Selector.from_requirements([replacement]) if replacement else None, positions
    )


def _requirement(key: str, operator: Operator, values: tuple[str, ...]) -> Requirement | None:
    """Build a requirement of labels that nodes have; None if no selector can express it."""
    try:
        return Requirement(key, operator, values)
    except SelectorError:
        return None
