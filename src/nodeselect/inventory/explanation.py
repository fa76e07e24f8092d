"""Why a selector takes the nodes that it takes, and why not the others: numbers, and their text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nodeselect.inventory.telling import Line, lines_of, lines_of_node, named, short, told
from nodeselect.printable import printable

__all__ = ["NOTHING", "Explanation", "Hint", "NearMiss", "NodeExplanation", "Outcome", "Reason"]

NOTHING = "<nothing>"
"""The text of what a selector that takes nothing asks for; no requirement reads like this."""


_INSTEAD = 200
"""Characters shown of what to write instead; a hint has all of it."""


class Outcome(NamedTuple):
    """What one requirement does to the nodes."""

    text: str
    """The requirement as a selector says it; ids stand in angle brackets, many as their number."""
    fails: int
    """Nodes that do not satisfy it, whatever the others say."""
    left: int
    """Nodes that satisfy it and all before it, in the order in which they were written."""
    only: int
    """Nodes that fail nothing else: so many more would match without it."""
    absent: int | None
    """Of ``!=``, ``notin`` and ``!key``: nodes that satisfy it because they lack the label; None
    of the others."""
    note: str | None
    """What is to be known of a requirement that takes no node, or leaves none out."""


class Reason(NamedTuple):
    """The nodes that fail the same requirements."""

    failed: tuple[int, ...]
    """The places of these requirements among the outcomes."""
    nodes: int
    """How many they are."""
    ids: tuple[str, ...]
    """The first few of them, in inventory order; none for the smallest groups of many."""


class NearMiss(NamedTuple):
    """A node that does not match, and fails as few requirements as any."""

    id: str
    failed: tuple[int, ...]
    """The places of these requirements among the outcomes."""


class Hint(NamedTuple):
    """What was probably meant by a requirement that no node satisfies."""

    code: str
    """For programs, and stable: ``docs/explain.md`` has them all."""
    outcome: int
    """The place of the requirement among the outcomes."""
    message: str
    """What there is instead."""
    instead: str | None
    """What to write; None where that is not known, or cannot be said in a selector."""
    wrong: tuple[str, ...]
    """What ``instead`` replaces: texts of requirements, or an id."""
    matches: int | None
    """How many nodes would match with ``instead``; None where there is none."""


class NodeExplanation(NamedTuple):
    """Why one node matches, or why not."""

    id: str
    matches: bool
    requirements: tuple[tuple[str, str | None, bool], ...]
    """Each requirement in the order in which they were written, ids first: its text, the node's
    value (None where it has none), and whether the node satisfies it."""

    def as_dict(self) -> dict[str, Any]:
        """Give all of it as what JSON can hold."""
        return {
            "version": 1,
            "id": self.id,
            "matches": self.matches,
            "requirements": [
                {"text": text, "value": value, "passes": passes}
                for text, value, passes in self.requirements
            ],
        }

    def __str__(self) -> str:
        """Give the text of :meth:`text` for a hundred columns."""
        return self.text()

    @property
    def headline(self) -> str:
        """Whether the node matches, in one line."""
        failed = sum(not passes for _, _, passes in self.requirements)
        if self.matches:
            return f"{printable(self.id)} matches"
        of = f"{len(self.requirements)} requirement{'s' * (len(self.requirements) != 1)}"
        return f"{printable(self.id)} does not match: it fails {failed} of {of}"

    def text(self, columns: int = 100, *, ascii_only: bool = False) -> str:
        """Give all of it for people, in lines of at most ``columns`` where that is possible."""
        return "\n".join(line.text for line in self.lines(columns, ascii_only=ascii_only))

    def lines(self, columns: int = 100, *, ascii_only: bool = False) -> Iterator[Line]:
        """Give the lines of :meth:`text`, each with what it is."""
        return lines_of_node(self, columns, ascii_only=ascii_only)


class Explanation(NamedTuple):
    """The dry run of one selector over the nodes of one moment.

    The numbers add up: ``matched``, the counts of all reasons and ``other_reasons`` together are
    ``total``.
    """

    selector: str
    total: int
    """Nodes that there are."""
    matched: int
    """Nodes that match."""
    states: Mapping[str | None, int]
    """Nodes that match, by state; None is the state of those that have none."""
    connected: int
    """Nodes that match and are connected."""
    outcomes: tuple[Outcome, ...]
    """What each requirement does, in the order in which they were written; ids come first."""
    reasons: tuple[Reason, ...]
    """The nodes that do not match, by what they fail; the largest group first."""
    other_reasons: int
    """Nodes in groups that were too many to be told apart; 0 but for hundreds of groups."""
    near: tuple[NearMiss, ...]
    """The first few of the nodes that fail the fewest requirements."""
    hints: tuple[Hint, ...]
    """What was probably meant; at most three."""
    missing_ids: tuple[str, ...]
    """The ids asked for that no node has."""

    def as_dict(self) -> dict[str, Any]:
        """Give all of it as what JSON can hold, as ``docs/explain.schema.json`` describes it."""
        return {
            "version": 1,
            "selector": self.selector,
            "total": self.total,
            "matched": self.matched,
            "connected": self.connected,
            "states": [{"state": state, "nodes": n} for state, n in self.states.items()],
            "requirements": [outcome._asdict() for outcome in self.outcomes],
            "reasons": [
                {"failed": list(reason.failed), "nodes": reason.nodes, "ids": list(reason.ids)}
                for reason in self.reasons
            ],
            "other_reasons": self.other_reasons,
            "near": [{"id": miss.id, "failed": list(miss.failed)} for miss in self.near],
            "hints": [{**hint._asdict(), "wrong": list(hint.wrong)} for hint in self.hints],
            "missing_ids": list(self.missing_ids),
            "headline": self.headline,
            "advice": self.advice,
        }

    def __str__(self) -> str:
        """Give the text of :meth:`text` for a hundred columns."""
        return self.text()

    @property
    def headline(self) -> str:
        """How many match and what the others fail, in one line whose numbers add up."""
        match = "node matches" if self.total == 1 else "nodes match"
        text = f"{self.matched:,} of {self.total:,} {match}"
        if self.matched > self.states.get(None, 0):
            text += f", {self.connected:,} of them connected"
        fail = self.total - self.matched
        if not fail:
            return text
        parts = [f"{reason.nodes:,} {named(self, reason.failed)}" for reason in self.reasons[:3]]
        rest = fail - sum(reason.nodes for reason in self.reasons[:3])
        if len(parts) == 1 and not rest:  # all fail the same
            return (
                f"{text}; {fail:,} {'fails' if fail == 1 else 'fail'} {parts[0].split(' ', 1)[1]}"
            )
        if rest:
            parts.append(f"{rest:,} for other reasons")
        return f"{text}; {fail:,} {'fails' if fail == 1 else 'fail'}: {'; '.join(parts)}"

    @property
    def advice(self) -> str:
        """What to change to take more nodes, in one line."""
        if self.matched == self.total:
            return "every node matches" if self.total else "there are no nodes"
        for hint in self.hints:
            if hint.instead is not None and not self.matched:
                text = f"write {short(hint.instead, _INSTEAD)} instead of {_all(hint.wrong)}"
                return f"{text}: {_more(hint.matches)}" if hint.matches else text
        for hint in self.hints:
            if hint.code == "contradiction":
                return f"take away one of {_all(hint.wrong)}: they contradict each other"
        if self.outcomes[0].text == NOTHING:
            return "the selector takes nothing, whatever there is"
        best = max(self.outcomes, key=lambda outcome: outcome.only)
        if best.only:
            return f"without {short(best.text)}: {_more(best.only, 'more ' * bool(self.matched))}"
        dead = [short(outcome.text) for outcome in self.outcomes if outcome.fails == self.total]
        if dead:
            return f"no node satisfies {' or '.join(dead[:3])}: change that first"
        if not self.near:
            return "no single change takes more nodes"
        fewest = len(self.near[0].failed)
        return f"the nearest nodes fail {fewest} requirements: no single change takes more nodes"

    @property
    def blocker(self) -> int | None:
        """The place of the requirement to look at first; None where every node matches.

        The first one that no node satisfies; else the one without which the most nodes more would
        match or, where none is in the way alone, that the most nodes fail.
        """
        if self.matched == self.total:
            return None
        places = range(len(self.outcomes))
        dead = [place for place in places if self.outcomes[place].fails == self.total]
        if dead:
            return dead[0]
        numbers = [(outcome.only, outcome.fails) for outcome in self.outcomes]
        return max(places, key=numbers.__getitem__)

    @property
    def trouble(self) -> str:
        """What :attr:`blocker` does, in a few words."""
        if self.blocker is None:
            return "none: every node matches" if self.total else "none: there are no nodes"
        outcome = self.outcomes[self.blocker]
        name = short(outcome.text)
        for hint in self.hints:
            if hint.outcome == self.blocker and hint.instead is not None and not self.matched:
                return f"{name}: write {short(hint.instead, _INSTEAD)}"
        if outcome.only and self.matched:
            nodes = "node" if outcome.only == 1 else "nodes"
            return f"{name}: {outcome.only:,} more {nodes} without it"
        if self.blocker == 0 and self.missing_ids and outcome.fails == self.total:
            return f"{name}: no node has such an id"
        if outcome.note:
            return f"{name}: {outcome.note}"
        return f"{name}: {outcome.fails:,} {'fails' if outcome.fails == 1 else 'fail'} it"

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known beside the numbers, a sentence each."""
        return tuple(told(self))

    def text(self, columns: int = 100, *, ascii_only: bool = False) -> str:
        """Give all of it for people, in lines of at most ``columns``.

        :param columns: how wide the screen is; less than 40 is taken for 40.
        :param ascii_only: draw bars of ``#``, and write what ASCII has not as its escape.
        """
        return "\n".join(line.text for line in self.lines(columns, ascii_only=ascii_only))

    def lines(self, columns: int = 100, *, ascii_only: bool = False) -> Iterator[Line]:
        """Give the lines of :meth:`text`, each with what it is."""
        return lines_of(self, columns, ascii_only=ascii_only)


def _all(texts: Sequence[str]) -> str:
    return " and ".join(map(short, texts[:3])) + (" and the others" if len(texts) > 3 else "")


def _more(nodes: int, more: str = "") -> str:
    return f"{nodes:,} {more}{'node' if nodes == 1 else 'nodes'} would match"
