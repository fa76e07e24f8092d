"""What was probably meant by a requirement that no node satisfies, or that leaves none out.

A hint is said only where something is close, and always the same one; a wrong one would send people
the wrong way. So a number is never taken for a slip of another number, and a name only for one with
the same first letter.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import and_

from nodeselect.errors import SelectorError
from nodeselect.inventory import counting
from nodeselect.inventory.explanation import Correction, Hint, Outcome
from nodeselect.inventory.moment import Moment
from nodeselect.inventory.notes import have_of
from nodeselect.inventory.postings import Postings
from nodeselect.inventory.telling import short
from nodeselect.labels import Operator, Requirement, Selector
from nodeselect.labels.rules import parse_int64
from nodeselect.labels.selector import made_of
from nodeselect.printable import printable, quoted

__all__ = ["close_key", "find_hints", "is_close"]

_MOST = 3

_MANY = 10_000
"""Names up to which one is looked for that is close; a key with more values tells nodes apart."""

_LOOKED_AT = 2_000
"""Names that are compared letter by letter with a word; more are not looked at."""

_WORDS = 8
"""Values of one requirement that are looked for; more are not."""

_PLAIN_WORDS = ("true", "false", "yes", "no", "none")
"""Values that stand under any key, as numbers do, and say nothing of the one that was meant."""

_NAMING = (Operator.EQUALS, Operator.IN)


def find_hints(
    moment: Moment,
    everything: Postings,
    selector: Selector,
    passing: Sequence[Postings],
    outcomes: Sequence[Outcome],
) -> tuple[tuple[Hint, ...], Correction | None]:
    """Look for what was meant, first requirements first; at most three hints, and all of them at
    once where that is more than one.

    :param passing: for each of the selector's parts, the nodes that satisfy it.
    """
    if not everything:
        return (), None
    found: list[_Found] = []
    parts = selector.parts
    if not selector.is_satisfiable and (against := _conflict(selector)):
        found.append(_contradiction(parts, against))
    fleet = _Fleet(moment, everything)
    for place, (part, passed) in enumerate(zip(parts, passing, strict=True)):
        if len(found) == _MOST:
            break
        if part.ids:
            missing = [node_id for node_id in part.ids if moment.find(node_id) is None]
            guess = fleet.names_for_ids(place, part.ids, missing)
        elif not part.requirements:
            continue
        elif not passed:
            guess = fleet.hint(place, outcomes[place].text, part.requirements[0])
        elif len(passed) == len(everything) and part.requirements[0].operator.takes_absent:
            guess = fleet.hint_of_guard(place, outcomes[place].text, part.requirements[0])
        else:
            continue
        if guess is not None:
            found.append((*guess, (place,)))
    hints = []
    for hint, instead, places in found:
        if instead is not None:
            hint = hint._replace(matches=_matches(moment, passing, [instead], places))
        hints.append(hint)
    return tuple(hints), _correction(moment, passing, found)


def _matches(
    moment: Moment, passing: Sequence[Postings], instead: Sequence[Selector], places: Sequence[int]
) -> int:
    """Count the nodes that would match with others instead of the requirements at some places."""
    kept = [passed for place, passed in enumerate(passing) if place not in places]
    return len(reduce(and_, [*map(moment.match, instead), *kept]))


def _correction(
    moment: Moment, passing: Sequence[Postings], found: "Sequence[_Found]"
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
        tuple(hint.instead for hint in hints if hint.instead is not None),
        tuple(wrong for hint in hints for wrong in hint.wrong),
        _matches(moment, passing, selectors, touched),
    )


_Guess = tuple[Hint, Selector | None]
"""A hint, and a selector of what to write instead."""

_Found = tuple[Hint, Selector | None, tuple[int, ...]]
"""The same, and the places of the requirements that it replaces."""


def _conflict(selector: Selector) -> tuple[Requirement, ...] | None:
    from nodeselect.labels import conflict  # the algebra: loaded with the first contradiction

    return conflict(selector)


def _contradiction(parts: Sequence[Selector], against: tuple[Requirement, ...]) -> _Found:
    wrong = list(against)
    instead = None
    if all(requirement.operator is Operator.EQUALS for requirement in against):
        said = [each for part in parts for each in part.requirements]
        wrong = [
            each for each in said if each.key == against[0].key and each.operator is Operator.EQUALS
        ]
        values = tuple(sorted({each.values[0] for each in wrong}))
        instead = Requirement.read(against[0].key, Operator.IN, values)
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


class _Fleet:
    """The keys and values that there are."""

    def __init__(self, moment: Moment, everything: Postings) -> None:
        self._moment = moment
        self._store = moment.store
        self._everything = everything
        self._keys: Mapping[str, int] | None = None

    def hint(self, place: int, text: str, requirement: Requirement) -> _Guess | None:
        """Say what is close to a requirement that no node satisfies, if anything is."""
        if requirement.operator.takes_absent:
            return None  # every node has the label: nothing is misspelled
        if not counting.carriers(self._store, self._everything, requirement.key):
            other = self.other_key(place, text, requirement)
        elif requirement.operator in _NAMING:
            other = self._other_value(place, text, requirement)
        else:
            return None
        if other is not None and self._takes_any(other[1]):
            return other
        return self._under_other_key(place, text, requirement) or other

    def hint_of_guard(self, place: int, text: str, requirement: Requirement) -> _Guess | None:
        """Say what is close to a requirement that leaves no node out, if anything is."""
        if not counting.carriers(self._store, self._everything, requirement.key):
            return self.other_key(place, text, requirement)
        return self._other_value(place, text, requirement)

    def _takes_any(self, instead: Selector | None) -> bool:
        return instead is None or bool(self._moment.match(instead))

    def other_key(self, place: int, text: str, requirement: Requirement) -> _Guess | None:
        """Look for a key that is close to one that no node has."""
        key, keys = requirement.key, self._known_keys
        other = None if key in keys else close_key(key, keys)
        if other is None:
            return None
        code, name = other
        message = f"no node has the label {quoted(key)}; {have_of(keys[name])} {quoted(name)}"
        return _guess(
            code, place, message, text, _checked(name, requirement.operator, requirement.values)
        )

    @property
    def _known_keys(self) -> Mapping[str, int]:
        """The keys, and how many nodes carry each; none where there are very many."""
        if self._keys is None:
            self._keys = counting.few_keys(self._store, self._everything, _MANY) or {}
        return self._keys

    def _other_value(self, place: int, text: str, requirement: Requirement) -> _Guess | None:
        key = requirement.key
        values = counting.few_values(self._store, self._everything, key, _MANY)
        if values is None:
            return None
        plain: dict[str, list[str]] = {}
        for value in values:
            plain.setdefault(_plain(value), []).append(value)
        slips = {
            wanted: meant
            for wanted in requirement.values[:_WORDS]
            if (meant := _close(wanted, values, plain)) is not None
        }
        if not slips:
            return None
        wrong = [f"{printable(key)}={printable(wanted)}" for wanted in slips]
        none_out = ", so it leaves none out" if requirement.operator.takes_absent else ""
        there = [
            f"{have_of(values[each])} {quoted(each)}" for each in dict.fromkeys(slips.values())
        ]
        message = f"no node has {_some(wrong, 'or')}{none_out}; {_some(there, 'and')}"
        replaced = tuple(sorted({slips.get(each, each) for each in requirement.values}))
        instead = _checked(key, requirement.operator, replaced)
        return _guess("other-value", place, message, text, instead)

    def _under_other_key(self, place: int, text: str, requirement: Requirement) -> _Guess | None:
        """Look for the value as one of another key."""
        for value in requirement.values[:_WORDS] if requirement.operator in _NAMING else ():
            if len(value) < 2 or value in _PLAIN_WORDS or parse_int64(value) is not None:
                continue
            counts = counting.keys_of(self._store, self._everything, value, self._known_keys)
            if counts:
                key = max(sorted(counts), key=lambda each: counts[each])
                message = f"{have_of(counts[key])} {quoted(value)} as the value of {quoted(key)}"
                instead = _checked(key, Operator.EQUALS, (value,))
                return _guess("other-key", place, message, text, instead)
        return None

    def names_for_ids(
        self, place: int, ids: Sequence[str], missing: Sequence[str]
    ) -> _Guess | None:
        """Find out which ids that no node has are names of nodes."""
        known: dict[str, str] = {}
        told: list[str] = []
        for name in missing:
            if nodes := self._store.named(name, self._everything):
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
        chosen = made_of([], [known.get(each, each) for each in ids])
        instead = ",".join(known.values())
        return Hint("name-for-id", place, message, instead, tuple(known), None), chosen


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
    return None if requirement is None else made_of([requirement], None)


def _some(texts: Sequence[str], joint: str) -> str:
    """Tell the first three, and how many more there are."""
    told = [*texts[:3], *([f"{len(texts) - 3} more"] if len(texts) > 3 else [])]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} {joint} {told[-1]}"


def close_key(key: str, known: Mapping[str, int]) -> tuple[str, str] | None:
    """Give the code of the hint and the key that was probably meant, if one is close.

    :param known: the keys that there are, with the nodes that carry each.
    """
    name = key.rpartition("/")[2]
    by_name = [each for each in known if each.rpartition("/")[2] == name]
    if by_name:  # the most carried, of equals the first
        return "other-prefix", min(by_name, key=lambda each: (-known[each], each))
    plain: dict[str, list[str]] = {}
    for each in known:
        plain.setdefault(_plain(each), []).append(each)
    close = _close(key, known, plain)
    return None if close is None else ("other-spelling", close)


def _close(word: str, known: Mapping[str, int], plain: Mapping[str, list[str]]) -> str | None:
    """Give what is close to ``word``: the same letters first, then a slip, then the most nodes.

    :param plain: what is known, by its letters.
    """
    near = plain.get(_plain(word)) or _near(word, known)
    return min(near, key=lambda each: (-known[each], each), default=None)


def _near(word: str, known: Iterable[str]) -> list[str]:
    some = [each for each in known if abs(len(each) - len(word)) <= 2 and each[:1] == word[:1]]
    return [each for each in sorted(some)[:_LOOKED_AT] if is_close(word, each)]


def _plain(word: str) -> str:
    """Give a word without case and without what parts its words, though not its numbers."""
    return _PARTING.sub(_parted, word.casefold())


_PARTING = re.compile(r"((?<=[0-9])[-_. ]+(?=[0-9]))|[-_. ]+")


def _parted(found: re.Match[str]) -> str:
    return "\0" if found[1] else ""


def is_close(one: str, other: str) -> bool:
    """Say whether one word is probably a slip of the other.

    One letter too many, too few, wrong, or two exchanged; two such slips in words of eight letters
    and more. Never in a digit, and never in words of fewer than four letters.
    """
    if min(len(one), len(other)) < 4 or _numbers(one) != _numbers(other):
        return False
    most = 2 if min(len(one), len(other)) >= 8 else 1
    return _slips(one, other, most) <= most


def _numbers(word: str) -> list[str]:
    return re.findall(r"\d+", word)


def _slips(one: str, other: str, most: int) -> int:
    """Count the letters to put in, take out, replace or exchange; stop counting above ``most``."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        row = [at]
        for to, another in enumerate(other, 1):
            best = min(last[to] + 1, row[-1] + 1, last[to - 1] + (letter != another))
            exchanged = at > 1 and to > 1 and one[at - 2] == another and other[to - 2] == letter
            row.append(min(best, before[to - 2] + 1) if exchanged else best)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return last[-1]
