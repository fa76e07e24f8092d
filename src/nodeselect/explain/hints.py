"""What was probably meant by a requirement that no node satisfies, or that leaves none out, or by
values of a list that no node has.

A hint is said only where something is close (``closeness.py``), and always the same one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import islice
from operator import and_

from nodeselect.errors import SelectorError
from nodeselect.explain.explanation import Correction, Hint, RequirementResult
from nodeselect.explain.requirement_notes import have_of
from nodeselect.explain.similarity import Known, close_key, is_number
from nodeselect.index.postings import Postings
from nodeselect.inventory import statistics as counting
from nodeselect.inventory.view import View
from nodeselect.render.explanation import short
from nodeselect.selectors import Operator, Requirement, Selector
from nodeselect.text import printable, quoted

__all__ = ["find_hints"]

_MOST = 3

_WORDS = 8
"""Values of one requirement that are looked for; more are not."""

_SOUGHT = 16
"""Requirements of one selector for which something close is looked for; for more it is not."""

_PLAIN_WORDS = ("true", "false", "yes", "no", "on", "off", "none", "null", "unknown")
"""Values that stand under any key, as numbers do, and say nothing of the one that was meant."""


def find_hints(
    view: View,
    everything: Postings,
    selector: Selector,
    passing: Sequence[Postings],
    outcomes: Sequence[RequirementResult],
    missing_ids: Sequence[str],
) -> tuple[tuple[Hint, ...], Correction | None]:
    """Look for what was meant, first requirements first; at most three hints, and all of them at
    once where that is more than one.

    :param passing: for each of the selector's parts, the nodes that satisfy it.
    :param missing_ids: the ids asked for that no node has.
    """
    if not everything:
        return (), None
    found: list[_Found] = []
    parts = selector.split()
    fleet = _Fleet(view, everything)
    if not selector.is_satisfiable and (against := _conflict(selector)):
        found.append(fleet.contradiction(parts, against))
    doubtful = (
        place
        for place, (part, passed) in enumerate(zip(parts, passing, strict=True))
        if part.ids
        or (part.requirements and _is_doubtful(part.requirements[0], passed, everything))
    )
    for place in islice(doubtful, _SOUGHT):
        if len(found) == _MOST:
            break
        part, text = parts[place], outcomes[place].text
        if part.ids:
            guess = fleet.names_for_ids(place, part.ids, missing_ids)
        else:
            guess = fleet.hint(place, text, part.requirements[0], takes_any=bool(passing[place]))
        if guess is not None:
            found.append((*guess, (place,)))
    hints = []
    for hint, instead, places in found:
        if instead is not None:
            hint = hint._replace(would_match=_matches(view, passing, [instead], places))
        hints.append(hint)
    return tuple(hints), _correction(view, passing, found)


def _is_doubtful(requirement: Requirement, passed: Postings, everything: Postings) -> bool:
    """Say whether a requirement takes no node, is a guard that leaves none out, or has a list."""
    if len(requirement.values) > 1 or not passed:
        return True
    return len(passed) == len(everything) and requirement.operator.matches_absent


def _matches(
    view: View, passing: Sequence[Postings], instead: Sequence[Selector], places: Sequence[int]
) -> int:
    """Count the nodes that would match with others instead of the requirements at some places."""
    kept = [passed for place, passed in enumerate(passing) if place not in places]
    return len(reduce(and_, [*map(view.evaluate, instead), *kept]))


def _correction(
    view: View, passing: Sequence[Postings], found: "Sequence[_Found]"
) -> Correction | None:
    """Put together what hints say to write; of two that touch one requirement, the first."""
    hints: list[Hint] = []
    selectors: list[Selector] = []
    touched: list[int] = []
    for hint, instead, places in found:
        if instead is not None and not set(places) & set(touched):
            hints.append(hint)
            selectors.append(instead)
            touched += places
    if len(hints) < 2:
        return None
    return Correction(
        tuple(dict.fromkeys(text for hint in hints for text in hint.replacements)),
        tuple(wrong for hint in hints for wrong in hint.replaced),
        _matches(view, passing, selectors, touched),
    )


_Guess = tuple[Hint, Selector | None]
"""A hint, and a selector of what to write instead."""

_Found = tuple[Hint, Selector | None, tuple[int, ...]]
"""The same, and the places of the requirements that it replaces."""


def _conflict(selector: Selector) -> tuple[Requirement, ...] | None:
    from nodeselect.selectors import conflict  # the algebra: loaded with the first contradiction

    return conflict(selector)


class _Fleet:
    """The keys and values that there are."""

    def __init__(self, view: View, everything: Postings) -> None:
        self._view = view
        self._store = view.store
        self._everything = everything
        self._known = view.vocabulary

    def contradiction(self, parts: Sequence[Selector], against: tuple[Requirement, ...]) -> _Found:
        """Say that requirements exclude each other and, of values of one key, what takes any."""
        wrong = list(against)
        instead = None
        if all(requirement.operator is Operator.EQUALS for requirement in against):
            said = [each for part in parts for each in part.requirements]
            wrong = [
                each
                for each in said
                if each.key == against[0].key and each.operator is Operator.EQUALS
            ]
            values = tuple(sorted({each.values[0] for each in wrong}))
            instead = _checked(against[0].key, Operator.IN, self._corrected(against[0].key, values))
        places = tuple(
            place
            for place, part in enumerate(parts)
            if part.requirements and part.requirements[0] in wrong
        )
        texts = [str(each) for each in wrong]
        both = " and ".join(map(short, texts[:3]))
        message = f"{both} contradict each other: no node can ever match"
        hint = Hint("contradiction", places[0], message, _said(instead), tuple(texts), None)
        return hint, _selector(instead), places

    def hint(
        self, place: int, text: str, requirement: Requirement, *, takes_any: bool
    ) -> _Guess | None:
        """Say what is close to a requirement that is doubtful, if anything is.

        :param takes_any: whether any node satisfies it.
        """
        if not self._carriers(requirement.key):
            other = self._other_key(place, text, requirement)
            if takes_any or (other is not None and self._takes_any(other[1])):
                return other
            return self._under_other_key(place, text, requirement) or other
        if takes_any:
            return self._other_value(place, text, requirement)
        if not requirement.operator.is_inclusion:
            return None  # a guard that leaves out every node, or a number
        # The same letters come first, then the very value under another key, then a slip.
        other = self._other_value(place, text, requirement)
        known = self._known.values(requirement.key)
        if known is not None and any(map(known.same_letters, requirement.values[:_WORDS])):
            return other
        return self._under_other_key(place, text, requirement) or other

    def _takes_any(self, instead: Selector | None) -> bool:
        return instead is None or bool(self._view.evaluate(instead))

    def names_for_ids(
        self, place: int, ids: Sequence[str], missing: Sequence[str]
    ) -> _Guess | None:
        """Find out which ids that no node has are names of nodes."""
        known: dict[str, str] = {}
        told: list[str] = []
        for name in missing:
            if nodes := self._store.with_name(name, self._everything):
                known[name] = self._store.id(self._store.first(nodes, 1)[0])
                first = f" (the first of {len(nodes):,} with this name)" if len(nodes) > 1 else ""
                told.append(f"{quoted(known[name])}{first}")
        if not known:
            return None
        names = _some(list(map(quoted, known)), "and")
        if len(known) == 1:
            message = f"{names} is the name of a node, not an id; its id is {told[0]}"
        else:
            message = f"{names} are names of nodes, not ids; their ids are {_some(told, 'and')}"
        chosen = Selector.from_requirements([], [known.get(each, each) for each in ids])
        commas = any("," in node_id for node_id in known.values())
        instead = None if commas else ",".join(known.values())
        hint = Hint("name-for-id", place, message, instead, tuple(known), None)
        return hint, None if commas else chosen

    def _other_key(self, place: int, text: str, requirement: Requirement) -> _Guess | None:
        """Look for a key that is close to one that no node has."""
        key, keys = requirement.key, self._known.keys
        other = None if key in keys.counts else close_key(key, keys)
        if other is None:
            return None
        code, name = other
        have = have_of(keys.counts[name])
        message = f"no node has the label {quoted(key)}; {have} {quoted(name)}"
        values = requirement.values
        if not requirement.operator.is_comparison:
            values = self._corrected(name, values)
        return _guess(code, place, message, text, _checked(name, requirement.operator, values))

    def _other_value(self, place: int, text: str, requirement: Requirement) -> _Guess | None:
        """Look for values that are close to those that no node has."""
        key, values = requirement.key, requirement.values
        if all(self._holders(key, value) for value in values[:_WORDS]):
            return None
        known = self._known.values(key)
        slips = {} if known is None else _slips(values, known)
        if known is None or not slips:
            return None
        none_out = ""
        if requirement.operator.matches_absent and not any(map(known.counts.get, values)):
            none_out = ", so it leaves none out"
        there = [
            f"{have_of(known.counts[each])} {quoted(each)}"
            for each in dict.fromkeys(slips.values())
        ]
        message = f"{_none_has(key, list(slips))}{none_out}; {_some(there, 'and')}"
        instead = _checked(key, requirement.operator, _replaced(values, slips))
        return _guess("other-value", place, message, text, instead)

    def _under_other_key(self, place: int, text: str, requirement: Requirement) -> _Guess | None:
        """Look for the values as those of another key: that under which most nodes have any."""
        if not requirement.operator.is_inclusion:
            return None
        under = {
            value: Counter(self._known.keys_of(value))
            for value in requirement.values[:_WORDS]
            if len(value) > 1 and value.casefold() not in _PLAIN_WORDS and not is_number(value)
        }
        nodes = sum(under.values(), Counter[str]())
        if not nodes:
            return None
        key = max(sorted(nodes), key=lambda each: nodes[each])
        there = [quoted(value) for value, keys in under.items() if keys[key]]
        if self._carriers(requirement.key):
            problem = _none_has(requirement.key, requirement.values)
        else:
            problem = f"no node has the label {quoted(requirement.key)}"
        have = f"{have_of(nodes[key])} {_some(there, 'or')} as the value of {quoted(key)}"
        values = self._corrected(key, requirement.values)
        instead = _checked(key, requirement.operator, values)
        return _guess("other-key", place, f"{problem}; {have}", text, instead)

    def _corrected(self, key: str, values: tuple[str, ...]) -> tuple[str, ...]:
        """Give values, with what is close under ``key`` for those that no node has there."""
        if all(self._holders(key, value) for value in values[:_WORDS]):
            return values
        known = self._known.values(key)
        return values if known is None else _replaced(values, _slips(values, known))

    def _carriers(self, key: str) -> int:
        return counting.carriers(self._store, self._everything, key)

    def _holders(self, key: str, value: str) -> int:
        return counting.holders(self._store, self._everything, key, value)


def _slips(words: Sequence[str], known: Known) -> dict[str, str]:
    """Give, for those of the first few words that are not known, what is close and not said too."""
    return {
        word: meant
        for word in words[:_WORDS]
        if word not in known.counts
        and (meant := known.closest(word)) is not None
        and meant not in words
    }


def _replaced(words: Sequence[str], slips: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted({slips.get(word, word) for word in words}))


def _none_has(key: str, values: Sequence[str]) -> str:
    texts = [f"{printable(key)}={printable(value)}" for value in values]
    return f"no node has {_some(texts, 'or')}"


def _guess(code: str, place: int, message: str, text: str, instead: Requirement | None) -> _Guess:
    return Hint(code, place, message, _said(instead), (text,), None), _selector(instead)


def _checked(key: str, operator: Operator, values: tuple[str, ...]) -> Requirement | None:
    """Make a requirement of what nodes carry; None where no selector can say it."""
    try:
        return Requirement(key, operator, values)
    except SelectorError:
        return None


def _said(requirement: Requirement | None) -> str | None:
    return None if requirement is None else str(requirement)


def _selector(requirement: Requirement | None) -> Selector | None:
    return None if requirement is None else Selector.from_requirements([requirement])


def _some(texts: Sequence[str], joint: str) -> str:
    """Tell the first three, and how many more there are."""
    told = [*texts[:3], *([f"{len(texts) - 3} more"] if len(texts) > 3 else [])]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} {joint} {told[-1]}"
