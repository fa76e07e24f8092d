"""Why a selector takes the nodes that it takes, and why not the others: numbers, and their text."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from nodeselect.explain.recommendation import advice_of, blocker_of, trouble_of
from nodeselect.explain.wording import none_in_state
from nodeselect.frozen import FrozenMapping
from nodeselect.render.explanation import Line, headline_of, lines_of, lines_of_node, told
from nodeselect.text import printable

__all__ = [
    "Correction",
    "Explanation",
    "Hint",
    "NearMiss",
    "NodeExplanation",
    "Reason",
    "RequirementResult",
]


class RequirementResult(NamedTuple):
    """What one requirement does to the nodes.

    :param text: the requirement as a selector says it; ids stand in angle brackets, many as their
        number.
    :param failing: nodes that do not satisfy it, whatever the others say.
    :param remaining: nodes that satisfy it and all before it, in the order in which they were
        written.
    :param failing_only_this: nodes that fail nothing else: so many more would match without it.
    :param absent: of ``!=``, ``notin`` and ``!key``: nodes that satisfy it because they lack the
        label; None of the others.
    :param note: what is to be known of a requirement that takes no node, or leaves none out.
    :param values: of a requirement that stands alone: the most frequent values of its label, with
        the number of nodes that have each; none where there are too many values to tell.
    """

    text: str
    failing: int
    remaining: int
    failing_only_this: int
    absent: int | None
    note: str | None
    values: tuple[tuple[str, int], ...] = ()

    @property
    def matches_absent(self) -> bool:
        """Whether a node without the label satisfies it: ``!=``, ``notin`` and ``!key``."""
        return self.absent is not None

    def as_dict(self) -> dict[str, Any]:
        """Give all of it as what JSON can hold."""
        values = [{"value": value, "nodes": nodes} for value, nodes in self.values]
        return {**self._asdict(), "values": values}


class Reason(NamedTuple):
    """The nodes that fail the same requirements.

    :param failed: the places of these requirements among the requirements.
    :param nodes: how many they are.
    :param ids: the first few of them, in inventory order; none for the smallest groups of many.
    """

    failed: tuple[int, ...]
    nodes: int
    ids: tuple[str, ...]


class NearMiss(NamedTuple):
    """A node that does not match, and fails as few requirements as any.

    :param id: its id.
    :param failed: the places of these requirements among the requirements.
    """

    id: str
    failed: tuple[int, ...]


class Hint(NamedTuple):
    """What was probably meant by a requirement that no node satisfies.

    :param code: for programs, and stable: ``docs/explain.md`` has them all.
    :param requirement: the position of the requirement among all, from 0.
    :param message: what there is instead.
    :param replacement: what to write, several ids separated by commas; None if that is not known
        or cannot be written so.
    :param replaced: what ``replacement`` replaces: texts of requirements, or ids.
    :param would_match: how many nodes would match with ``replacement``; None if there is none.
    """

    code: str
    requirement: int
    message: str
    replacement: str | None
    replaced: tuple[str, ...]
    would_match: int | None

    @property
    def replacements(self) -> tuple[str, ...]:
        """What to write, each of several ids by itself."""
        if self.replacement is None:
            return ()
        return (
            tuple(self.replacement.split(","))
            if self.code == "name-for-id"
            else (self.replacement,)
        )


class Correction(NamedTuple):
    """What several hints say to write, all at once.

    :param replacements: requirements, or ids, that are to be written.
    :param replaced: what they replace: texts of requirements, or ids.
    :param would_match: how many nodes would match then.
    """

    replacements: tuple[str, ...]
    replaced: tuple[str, ...]
    would_match: int


class NodeExplanation(NamedTuple):
    """Why one node matches, or why not.

    :param id: the id of the node.
    :param matches: whether the selector takes it.
    :param requirements: each requirement in the order in which they were written, ids first: its
        text, the node's value (None where it has none), and whether the node satisfies it.
    """

    id: str
    matches: bool
    requirements: tuple[tuple[str, str | None, bool], ...]

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

    :param selector: its canonical text.
    :param total: nodes that there are.
    :param matched: nodes that match.
    :param states: nodes that match, by state; None is the state of those that have none.
    :param connected: nodes that match and are connected.
    :param requirements: what each requirement does, in the order in which they were written; ids
        come first.
    :param reasons: the nodes that do not match, by what they fail; the largest group first, though
        not surely the largest of all where there are ``other_reasons``.
    :param other_reasons: nodes in groups that were too many to be told apart; 0 but for hundreds of
        groups.
    :param nearest: the first few of the nodes that fail the fewest requirements.
    :param hints: what was probably meant; at most three.
    :param missing_ids: the ids asked for that no node has.
    :param correction: all that the hints say to write; None where that is not more than one thing.
    :param excluded_ids: the ids asked for of nodes that were left out for their state, each with
        that state.
    :param excluded_states: nodes that were left out for their state, by state, where that left
        none.
    """

    selector: str
    total: int
    matched: int
    states: Mapping[str | None, int]
    connected: int
    requirements: tuple[RequirementResult, ...]
    reasons: tuple[Reason, ...]
    other_reasons: int
    nearest: tuple[NearMiss, ...]
    hints: tuple[Hint, ...]
    missing_ids: tuple[str, ...]
    correction: Correction | None = None
    excluded_ids: tuple[tuple[str, str | None], ...] = ()
    excluded_states: Mapping[str | None, int] = FrozenMapping({})

    def with_excluded_by_state(self, left_out: Mapping[str, str | None]) -> "Explanation":
        """Give the same of nodes of which others were left out: those are not missing.

        :param left_out: the ids of the nodes that were left out, and their states.
        """
        return self._replace(
            missing_ids=tuple(each for each in self.missing_ids if each not in left_out),
            excluded_ids=tuple(
                (each, left_out[each]) for each in self.missing_ids if each in left_out
            ),
            excluded_states=FrozenMapping({} if self.total else Counter(left_out.values())),
        )

    def as_dict(self) -> dict[str, Any]:
        """Give all of it as what JSON can hold, as ``docs/explain.schema.json`` describes it."""
        return {
            "version": 1,
            "selector": self.selector,
            "total": self.total,
            "matched": self.matched,
            "connected": None if self.matched and not self.has_states else self.connected,
            "states": [{"state": state, "nodes": n} for state, n in self.states.items()],
            "requirements": [outcome.as_dict() for outcome in self.requirements],
            "reasons": [
                {"failed": list(reason.failed), "nodes": reason.nodes, "ids": list(reason.ids)}
                for reason in self.reasons
            ],
            "other_reasons": self.other_reasons,
            "nearest": [{"id": miss.id, "failed": list(miss.failed)} for miss in self.nearest],
            "hints": [{**hint._asdict(), "replaced": list(hint.replaced)} for hint in self.hints],
            "missing_ids": list(self.missing_ids),
            "excluded_ids": [{"id": each, "state": state} for each, state in self.excluded_ids],
            "correction": None
            if self.correction is None
            else {
                "replacements": list(self.correction.replacements),
                "replaced": list(self.correction.replaced),
                "would_match": self.correction.would_match,
            },
            "headline": self.headline,
            "recommendation": self.recommendation,
        }

    def __str__(self) -> str:
        """Give the text of :meth:`text` for a hundred columns."""
        return self.text()

    def __repr__(self) -> str:
        return f"<Explanation: {self.headline}>"

    @property
    def headline(self) -> str:
        """How many match and what the others fail, in one line whose numbers add up."""
        texts = [outcome.text for outcome in self.requirements]
        return headline_of(
            self.matched,
            self.total,
            self.connected if self.has_states else None,
            [(each.nodes, [texts[at] for at in each.failed]) for each in self.reasons[:3]],
        )

    @property
    def has_states(self) -> bool:
        """Whether any node that matches has a state; where none has, none is told as connected."""
        return self.matched > self.states.get(None, 0)

    @property
    def recommendation(self) -> str:
        """What to change to take more nodes, or the right ones, in one line."""
        left_out = self.excluded_states
        return none_in_state(left_out) if left_out else advice_of(self)

    @property
    def main_blocker(self) -> int | None:
        """The place of the requirement to look at first; None where every node matches.

        The first one that no node satisfies; else the one without which the most nodes more would
        match or, where none is in the way alone, that the most nodes fail.
        """
        return blocker_of(self)

    @property
    def main_problem(self) -> str:
        """What to look at first, in a few words: a slip by which nodes are taken, else what
        :attr:`main_blocker` does."""
        left_out = self.excluded_states
        return f"none: {none_in_state(left_out)}" if left_out else trouble_of(self)

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
