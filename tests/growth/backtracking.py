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
import re._compiler as compiler  # type: ignore[import-not-found]
import re._constants as op  # type: ignore[import-not-found]
import re._parser as sre  # type: ignore[import-not-found]
from collections import Counter
from collections.abc import Iterator
from copy import copy
from functools import cache
from itertools import product
from typing import Any, TypeAlias

# A repetition is written out up to this many times.
_MAX_COPIES = 4

# Characters that an expression may treat differently.
_CHARACTERS = [*map(chr, range(256)), *"μſ٣中\u2003\u2028\u200b\ud800\ufeff\uffff"]

# What follows a text, in place of a letter.
_END = ""

# What reads one letter.
_ONE_LETTER = (op.ANY, op.LITERAL, op.NOT_LITERAL, op.IN)

Node: TypeAlias = int
Letters: TypeAlias = frozenset[str]
Guard: TypeAlias = re.Pattern[Any]
"""A condition on the letters before and after a place."""

# What looks at more than one character restricts nothing.
_MAYBE: Guard = re.compile("")


@cache
def pumped_word(pattern: "re.Pattern[Any]", method: str) -> str | None:
    """Return a word whose repetition makes the pattern take more than linear time, or None.

    :param method: how the pattern is used: ``search``, ``match``, ``fullmatch``, or another method
        of patterns, which searches again after a match.
    """
    return _Automaton(pattern, method).pumped_word()


class _Automaton:
    """The places of an expression, and which follow each other.

    A *reader* is a node that reads one letter. Other nodes only lead to nodes, each perhaps on a
    condition. What is not certain to be met, and so is not certain to lead on, has ``_MAYBE``.
    """

    def __init__(self, pattern: "re.Pattern[Any]", method: str) -> None:
        self._alphabet = _CHARACTERS if isinstance(pattern.pattern, str) else _CHARACTERS[:256]
        self._readers: dict[Node, Letters] = {}
        self._next: list[list[tuple[Guard | None, Node]]] = []
        self._accept = self._node()
        tree = sre.parse(pattern.pattern, pattern.flags)
        self._state = copy(tree.state)
        entry = self._sequence(tree, self._accept)
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
        if kind in _ONE_LETTER:
            one = self._compiled(kind, what)
            letters = frozenset(letter for letter in self._alphabet if one.match(letter))
            return self._link(self._reader(letters), after)
        if kind is op.SUBPATTERN:
            _, added, removed, tree = what
            flags, self._state.flags = self._state.flags, (self._state.flags | added) & ~removed
            node = self._sequence(tree, after)
            self._state.flags = flags
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
        assert kind in (op.AT, op.ASSERT, op.ASSERT_NOT), f"{kind} is not known"
        if kind is op.AT or _is_one_letter(what[1]):
            return self._link(self._node(), after, self._compiled(kind, what))
        node = self._link(self._node(), after, _MAYBE)
        direction, tree = what
        if direction > 0:
            self._link(node, self._sequence(tree, self._node()))  # it leads nowhere
        return node

    def _repetition(self, low: int, high: Any, tree: Any, after: Node, *, gives_back: bool) -> Node:
        is_guarded = not gives_back and _is_one_letter(tree)
        guard = self._compiled(op.ASSERT_NOT, (1, tree)) if is_guarded else None
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

    def _compiled(self, kind: Any, what: Any) -> Guard:
        """Compile one item by itself, with the flags of its place."""
        pattern: Guard = compiler.compile(sre.SubPattern(copy(self._state), [(kind, what)]))
        return pattern

    def _merge_letters(self) -> None:
        """Keep one of the letters that no place tells apart."""
        sets = {*self._readers.values()}
        guards = {guard for links in self._next for guard, _ in links if guard}
        kept: dict[object, str] = {}
        for letter in self._alphabet:
            places = frozenset(letters for letters in sets if letter in letters)
            sides = [(guard, at) for guard in guards for at in (0, 1) if guard.match(letter, at)]
            kept.setdefault((places, frozenset(sides)), letter)
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
            rest = [each for each in allowed if not guard or guard.match(before + each, 1)]
            still_sure = is_sure and guard is not _MAYBE
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


def _is_one_letter(tree: Any) -> bool:
    """Return whether an expression reads one letter, and does nothing else."""
    [(kind, what), *others] = tree
    if kind is op.SUBPATTERN and not others:
        return _is_one_letter(what[3])
    return kind in _ONE_LETTER and not others
