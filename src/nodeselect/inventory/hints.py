"""What was probably meant by a requirement that no node satisfies.

A hint is said only where something is close, and always the same one; a wrong one would send people
the wrong way. So a number is never taken for a slip of another number, and a name only for one with
the same first letter.
"""

from collections.abc import Iterable, Mapping, Sequence

from nodeselect.inventory import counting
from nodeselect.inventory.explanation import Hint, Outcome
from nodeselect.inventory.moment import Moment
from nodeselect.inventory.postings import Postings
from nodeselect.labels import Operator, Requirement, Selector
from nodeselect.labels.rules import parse_int64
from nodeselect.printable import printable, quoted

__all__ = ["find_hints", "is_close", "note_of"]

_MOST = 3

_LOOKED_AT = 2_000
"""Names that are compared letter by letter with a word; more are not looked at."""


def note_of(moment: Moment, everything: Postings, part: Selector) -> str:
    """Say why no node satisfies one requirement: a fact, not a guess."""
    if part.ids is not None:
        return "no node has such an id"
    (requirement,) = part.requirements
    key, operator = requirement.key, requirement.operator
    values = counting.facet(moment.store, everything, key)
    if not values:
        return "no node has this label"
    if operator is Operator.DOES_NOT_EXIST:
        return "every node has this label"
    if operator in (Operator.NOT_EQUALS, Operator.NOT_IN):
        return "every node has this label with such a value"
    if operator in (Operator.GREATER_THAN, Operator.LESS_THAN):
        numbers = [number for value in values if (number := parse_int64(value)) is not None]
        if not numbers:
            return "no value of this label is a whole number"
        return f"the numbers of this label go from {min(numbers)} to {max(numbers)}"
    only = "this value" if len(requirement.values) == 1 else "any of these values"
    nodes = sum(values.values())
    return f"no node has {only} ({nodes:,} {'node has' if nodes == 1 else 'nodes have'} the label)"


def find_hints(
    moment: Moment,
    everything: Postings,
    selector: Selector,
    parts: Sequence[Selector],
    outcomes: Sequence[Outcome],
) -> tuple[Hint, ...]:
    """Look for what was meant, first requirements first; at most three hints."""
    hints: list[Hint] = []
    if not everything:
        return ()
    if not selector.is_satisfiable and selector.ids != ():
        hints.append(_contradiction(selector, parts))
    fleet = _Fleet(moment, everything)
    for place, (part, outcome) in enumerate(zip(parts, outcomes, strict=True)):
        if len(hints) == _MOST:
            break
        found = None
        if part.ids is not None:
            found = fleet.name_for_id(place, [i for i in part.ids if moment.find(i) is None])
        elif outcome.fails == len(everything):
            found = fleet.hint(place, part.requirements[0])
        if found is not None:
            hints.append(found)
    return tuple(hints)


def _contradiction(selector: Selector, parts: Sequence[Selector]) -> Hint:
    from nodeselect.labels import conflict  # the algebra: loaded with the first contradiction

    against = conflict(selector) or ()
    texts = [str(requirement) for requirement in against]
    place = next(at for at, part in enumerate(parts) if part.requirements[:1] == against[:1])
    message = f"{' and '.join(map(printable, texts))} contradict each other: no node can ever match"
    values = {requirement.values[0] for requirement in against if requirement.values}
    equal = all(requirement.operator is Operator.EQUALS for requirement in against)
    instead = f"{against[0].key} in ({','.join(sorted(values))})" if equal else None
    return Hint("contradiction", place, message, instead)


class _Fleet:
    """The keys and values that there are."""

    def __init__(self, moment: Moment, everything: Postings) -> None:
        self._store = moment.store
        self._everything = everything
        self._keys: Mapping[str, int] = {}

    def hint(self, place: int, requirement: Requirement) -> Hint | None:
        """Say what is close to a requirement that no node satisfies, if anything is."""
        key, operator = requirement.key, requirement.operator
        if operator not in _WANTING:
            return None
        self._keys = self._keys or counting.keys(self._store, self._everything)
        known = self._keys.get(key)
        if known is None:
            other = _close_key(key, self._keys)
            if other is not None:
                code, name = other
                instead = str(Requirement.read(name, operator, requirement.values))
                nodes = _nodes(self._keys[name])
                message = f"no node has the label {quoted(key)}; {nodes} {quoted(name)}"
                return Hint(code, place, message, instead)
        elif operator in (Operator.EQUALS, Operator.IN):
            values = counting.facet(self._store, self._everything, key)
            for wanted in requirement.values:
                if (value := _close(wanted, values)) is not None:
                    rest = [each for each in requirement.values if each != wanted]
                    replaced = tuple(sorted({*rest, value}))
                    instead = str(Requirement.read(key, operator, replaced))
                    message = f"no node has {key}={printable(wanted)}; {_nodes(values[value])}"
                    return Hint("other-value", place, f"{message} {quoted(value)}", instead)
        return self._under_other_key(place, requirement)

    def _under_other_key(self, place: int, requirement: Requirement) -> Hint | None:
        """Look for the value as one of another key."""
        for value in requirement.values if requirement.operator in _NAMING else ():
            if len(value) < 2 or value in ("true", "false", "yes", "no", "none"):
                continue
            counts = counting.keys_of(self._store, self._everything, value)
            if counts:
                key = max(sorted(counts), key=lambda each: counts[each])
                message = f"{_nodes(counts[key])} {quoted(value)} as the value of {quoted(key)}"
                instead = str(Requirement.read(key, Operator.EQUALS, (value,)))
                return Hint("other-key", place, message, instead)
        return None

    def name_for_id(self, place: int, missing: Sequence[str]) -> Hint | None:
        """Find out whether an id that no node has is a node's name."""
        if not missing:
            return None
        for name, node_id in counting.ids_of_names(self._store, self._everything, missing):
            message = (
                f"{quoted(name)} is the name of a node, not an id; its id is {quoted(node_id)}"
            )
            return Hint("name-for-id", place, message, node_id)
        return None


_NAMING = (Operator.EQUALS, Operator.IN)
_WANTING = (*_NAMING, Operator.EXISTS, Operator.GREATER_THAN, Operator.LESS_THAN)


def _nodes(count: int) -> str:
    return f"{count:,} {'node has' if count == 1 else 'nodes have'}"


def _close_key(key: str, known: Mapping[str, int]) -> tuple[str, str] | None:
    """Give the code of the hint and the key that was probably meant."""
    name = key.rpartition("/")[2]
    by_name = sorted(each for each in known if each.rpartition("/")[2] == name)
    if by_name:  # the most carried, of equals the first
        return "other-prefix", max(by_name, key=lambda each: known[each])
    close = _close(key, known)
    return None if close is None else ("other-spelling", close)


def _close(word: str, known: Mapping[str, int]) -> str | None:
    """Give what is close to ``word``: the same letters first, then a slip, then the most nodes."""
    plain = _plain(word)
    same = [each for each in known if _plain(each) == plain]
    near = same or _near(word, known)
    return min(near, key=lambda each: (-known[each], each), default=None)


def _near(word: str, known: Iterable[str]) -> list[str]:
    some = [each for each in known if abs(len(each) - len(word)) <= 2 and each[:1] == word[:1]]
    return [each for each in sorted(some)[:_LOOKED_AT] if is_close(word, each)]


def _plain(word: str) -> str:
    """Give a word without case and without what parts its words."""
    return "".join(character for character in word.casefold() if character not in "-_. ")


def is_close(one: str, other: str) -> bool:
    """Say whether one word is probably a slip of the other.

    One letter too many, too few, wrong, or two exchanged; two such slips in words of eight letters
    and more. Never in a digit, and never in words of fewer than four letters.
    """
    if min(len(one), len(other)) < 4 or _digits(one) != _digits(other):
        return False
    most = 2 if min(len(one), len(other)) >= 8 else 1
    return _slips(one, other, most) <= most


def _digits(word: str) -> str:
    return "".join(character for character in word if character.isdigit())


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
