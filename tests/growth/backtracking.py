"""Whether a regular expression can take more than linear time.

Python tries the ways to match a text one after the other. Their number grows with the text if the
expression has two places *p* and *q*, and there is a word that leads from p to p, from p to q, and
from q to q: in ``a*a*b``, the word ``a`` does (Weber and Seidl, 1991). :func:`pumped_word` looks
for such a word. So that none is missed, it follows more ways than Python tries:

- A search begins anew at every character: it has one more place, a loop over all characters.
- What looks ahead is a way by itself, since it is tried as well. It restricts nothing, unless it
  looks at a single character.
- A repetition that gives nothing back is like any other, unless it repeats a single character.
- A repetition of more than four times has no end.

Once a match is certain, Python tries no other way; such places are left out.
"""

import re
import re._constants as op  # type: ignore[import-not-found]
import re._parser as sre  # type: ignore[import-not-found]
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import product
from typing import Any, TypeAlias

# A repetition is written out up to this many times.
_MAX_COPIES = 4

# Characters that an expression may treat differently.
_CHARACTERS = [*map(chr, range(256)), *"μſ٣中\u2003\u2028\u200b\ud800\ufeff\uffff"]

# What precedes and what follows a text, in place of a letter.
_START, _END = "start", "end"

Node: TypeAlias = int
Letters: TypeAlias = frozenset[str]
Guard: TypeAlias = Callable[[str, str], bool]
"""A condition on the letters before and after a place."""


@cache
def pumped_word(pattern: "re.Pattern[Any]", method: str) -> str | None:
    """Return a word whose repetition makes the pattern take more than linear time, or None.

    :param method: how the pattern is used: ``search``, ``match``, ``fullmatch``, or another method
        of patterns, which searches again after a match.
    """
    return _Automaton(pattern, method).pumped_word()


def _is_word(letter: str) -> bool:
    return letter not in (_START, _END) and (letter.isalnum() or letter == "_")


_POSITIONS: dict[Any, Guard] = {
    op.AT_BEGINNING: lambda before, _: before == _START,
    op.AT_BEGINNING_STRING: lambda before, _: before == _START,
    op.AT_END: lambda _, after: after in (_END, "\n"),
    op.AT_END_STRING: lambda _, after: after == _END,
    op.AT_BOUNDARY: lambda before, after: _is_word(before) != _is_word(after),
}

_CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}


class _Automaton:
    """The places of an expression, and which follow each other.

    A *reader* is a node that reads one letter. Other nodes only lead to nodes, each perhaps on a
    condition. What is not certain to be met, and so is not certain to lead on, has ``_maybe``.
    """

    def __init__(self, pattern: "re.Pattern[Any]", method: str) -> None:
        self._flags = pattern.flags
        is_text = isinstance(pattern.pattern, str)
        self._alphabet = _CHARACTERS if is_text else _CHARACTERS[:256]
        self._is_ascii = not is_text or bool(pattern.flags & re.ASCII)
        self._readers: dict[Node, Letters] = {}
        self._next: list[list[tuple[Guard | None, Node]]] = []
        self._accept = self._node()
        entry = self._sequence(sre.parse(pattern.pattern, pattern.flags), self._accept)
        self._restart = self._link(self._reader(frozenset(self._alphabet)), entry)
        if method not in ("match", "fullmatch"):
            self._link(self._restart, self._restart)
        self._is_repeated = method not in ("search", "match", "fullmatch")
        self._merge_letters()
        # For each reader and the letter that it has read: the next readers and their letters, once
        # for each way; and those of them that are certain to follow.
        self._followers: dict[tuple[Node, str], Counter[tuple[Node, str]]] = {}
        self._certain: set[tuple[Node, str]] = set()
        for node, letters in self._readers.items():
            for letter in letters:
                ways = [*self._ways(node, letter, [*self._alphabet, _END], (), is_sure=True)]
                self._followers[node, letter] = Counter((to, read) for to, read, _ in ways)
                sure = {(to, read) for to, read, is_sure in ways if is_sure}
                # Either a match may end here, or any rest of a text matches.
                targets = dict.fromkeys(
                    self._alphabet, node if method == "fullmatch" else self._accept
                )
                targets[_END] = self._accept
                if sure >= {(to, read) for read, to in targets.items()}:
                    self._certain.add((node, letter))
        self._reachable = {node: self._reached_from(node) for node in self._readers}
        self._known_steps: dict[tuple[Node, str, Node, bool], dict[str, list[Node]]] = {}

    def pumped_word(self) -> str | None:
        """Return the word, see :func:`pumped_word`."""
        cyclic = [node for node, reached in self._reachable.items() if node in reached]
        pairs = ((p, q) for p in cyclic for q in cyclic if q in self._reachable[p])
        words = (
            self._word(p, q, letter)
            for p, q in pairs
            for letter in sorted(self._readers[p] & self._readers[q])
        )
        return next((word for word in words if word is not None), None)

    # Construction: what is added leads to ``after``; its first node is returned.

    def _node(self) -> Node:
        self._next.append([])
        return len(self._next) - 1

    def _reader(self, letters: Letters) -> Node:
        node = self._node()
        self._readers[node] = letters
        return node

    def _link(self, node: Node, after: Node, guard: Guard | None = None) -> Node:
        self._next[node].append((guard, after))
        return node

    def _sequence(self, tree: Any, after: Node) -> Node:
        for kind, what in reversed(list(tree)):
            after = self._item(kind, what, after)
        return after

    def _item(self, kind: Any, what: Any, after: Node) -> Node:
        if (letters := self._set(kind, what)) is not None:
            return self._link(self._reader(letters), after)
        if kind is op.SUBPATTERN:
            _, added, removed, tree = what
            flags, self._flags = self._flags, (self._flags | added) & ~removed
            node = self._sequence(tree, after)
            self._flags = flags
            return node
        if kind is op.BRANCH:
            node = self._node()
            for tree in what[1]:
                self._link(node, self._sequence(tree, after))
            return node
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            low, high, tree = what
            gives_back = kind is not op.POSSESSIVE_REPEAT
            return self._repetition(low, high, tree, after, gives_back=gives_back)
        if kind is op.AT:
            return self._link(self._node(), after, _POSITIONS[what])
        assert kind in (op.ASSERT, op.ASSERT_NOT), f"{kind} is not known"
        direction, tree = what
        return self._look_around(direction, tree, after, is_required=kind is op.ASSERT)

    def _repetition(self, low: int, high: Any, tree: Any, after: Node, *, gives_back: bool) -> Node:
        letters, guard = self._only_set(tree), None
        if not gives_back and letters is not None:
            guard = partial(_is_next_in, letters, False)
        node = self._link(self._node(), after, guard)
        if high == op.MAXREPEAT or high > _MAX_COPIES:
            self._link(node, self._sequence(tree, node))
            high = low
        for _ in range(high - low):
            node = self._link(self._node(), self._sequence(tree, node))
            self._link(node, after, guard)
        for _ in range(min(low, _MAX_COPIES)):
            node = self._sequence(tree, node)
        return node

    def _look_around(self, direction: int, tree: Any, after: Node, *, is_required: bool) -> Node:
        letters = self._only_set(tree)
        if letters is not None:
            is_in = _is_next_in if direction > 0 else _is_previous_in
            return self._link(self._node(), after, partial(is_in, letters, is_required))
        node = self._link(self._node(), after, _maybe)
        if direction > 0:
            self._link(node, self._sequence(tree, self._node()))  # it leads nowhere
        return node

    # Sets of letters.

    def _only_set(self, tree: Any) -> Letters | None:
        """Return the letters of an expression that is one set; None if it is not."""
        [(kind, what), *others] = tree
        if others:
            return None
        return self._only_set(what[3]) if kind is op.SUBPATTERN else self._set(kind, what)

    def _set(self, kind: Any, what: Any) -> Letters | None:
        if kind is op.ANY:
            return frozenset(self._alphabet) - ({"\n"} if not self._flags & re.DOTALL else set())
        if kind is op.LITERAL:
            kind, what = op.IN, [(op.LITERAL, what)]
        elif kind is op.NOT_LITERAL:
            kind, what = op.IN, [(op.NEGATE, None), (op.LITERAL, what)]
        if kind is not op.IN:
            return None
        return frozenset(letter for letter in self._alphabet if self._contains(what, letter))

    def _contains(self, items: Any, letter: str) -> bool:
        cases = {letter}
        if self._flags & re.IGNORECASE:
            cases |= {each for each in (letter.lower(), letter.upper()) if len(each) == 1}
        is_negated = items[0][0] is op.NEGATE
        return is_negated != any(
            self._is_in(kind, what, case) for kind, what in items[is_negated:] for case in cases
        )

    def _is_in(self, kind: Any, what: Any, letter: str) -> bool:
        if kind is op.LITERAL:
            return bool(ord(letter) == what)
        if kind is op.RANGE:
            return bool(what[0] <= ord(letter) <= what[1])
        flags = re.ASCII if self._is_ascii else re.UNICODE
        return re.match(_CATEGORIES[what], letter, flags) is not None

    def _merge_letters(self) -> None:
        """Keep one of the letters that no place tells apart."""
        sets = {*self._readers.values()}
        kept: dict[object, str] = {}
        for letter in self._alphabet:
            places = frozenset(letters for letters in sets if letter in letters)
            kept.setdefault((places, _is_word(letter), letter == "\n"), letter)
        self._alphabet = [*kept.values()]
        alphabet = frozenset(self._alphabet)
        self._readers = {node: letters & alphabet for node, letters in self._readers.items()}

    # Ways.

    def _ways(
        self, node: Node, before: str, allowed: list[str], path: tuple[Node, ...], *, is_sure: bool
    ) -> Iterator[tuple[Node, str, bool]]:
        """Yield each way from a node to the next reader, the letter read, and whether it is sure.

        :param before: the letter that was read last.
        :param allowed: the letters that may be read.
        :param path: the nodes on the way so far.
        """
        for guard, to in self._next[node]:
            rest = [each for each in allowed if guard is None or guard(before, each)]
            still_sure = is_sure and guard is not _maybe
            if to in self._readers:
                yield from ((to, each, still_sure) for each in rest if each in self._readers[to])
            elif to == self._accept:
                yield from ((to, each, still_sure) for each in rest)
            elif path.count(to) < 2:  # once more around a loop that has read nothing
                yield from self._ways(to, before, rest, (*path, to), is_sure=still_sure)

    def _reached_from(self, node: Node) -> set[Node]:
        reached: set[Node] = set()
        queue = [node]
        while queue:
            last = queue.pop()
            following = {
                to for read in self._readers[last] for to, _ in self._followers[last, read]
            }
            following -= {*reached, self._accept}
            reached |= following
            queue += following
        return reached

    def _word(self, p: Node, q: Node, letter: str) -> str | None:
        """Return a word that leads from p to p, from p to q and from q to q, after ``letter``.

        If p is q, the word leads from p to p in two ways.
        """
        # A search that is repeated begins anew after a match, so it may pass a place of certainty.
        may_pass = self._is_repeated and p == self._restart
        first = (p, p, q, letter, p != q)
        words = {first: ""}
        queue = [first]
        for state in queue:
            x, y, z, before, is_split = state
            xs, zs = self._steps(x, before, p), self._steps(z, before, q)
            for read, ys in self._steps(y, before, q, may_pass=may_pass).items():
                for x2, y2, z2 in product(xs.get(read, ()), ys, zs.get(read, ())):
                    several = is_split or x2 != y2 or self._followers[y, before][y2, read] > 1
                    following = (x2, y2, z2, read, several)
                    if following not in words:
                        words[following] = words[state] + read
                        queue.append(following)
            if (found := words.get((p, q, q, letter, True))) is not None:
                return found
        return None

    def _steps(
        self, node: Node, before: str, target: Node, *, may_pass: bool = False
    ) -> dict[str, list[Node]]:
        """Return for each letter the readers of it that follow ``node`` and lead to ``target``."""
        key = node, before, target, may_pass
        steps = self._known_steps.get(key)
        if steps is None:
            steps = self._known_steps[key] = {}
            for to, read in self._followers[node, before]:
                leads = to != self._accept and (to == target or target in self._reachable[to])
                if leads and (may_pass or (to, read) not in self._certain):
                    steps.setdefault(read, []).append(to)
        return steps


def _is_next_in(letters: Letters, is_required: bool, before: str, after: str) -> bool:
    return (after in letters) == is_required


def _is_previous_in(letters: Letters, is_required: bool, before: str, after: str) -> bool:
    return (before in letters) == is_required


def _maybe(before: str, after: str) -> bool:
    """Return True: what looks at more than one character restricts nothing."""
    return True
