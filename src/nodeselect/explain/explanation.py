"""The values of an explanation: why nodes match a selector, and why the others do not.

They hold numbers and sentences only, and import no index, inventory or layout: any engine that can
count nodes can return them.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from nodeselect.text import pluralize, printable

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

    :param text: the requirement as written; ids are in angle brackets, many as their number.
    :param failing: nodes that fail it, whether or not they fail others.
    :param remaining: nodes that satisfy it and all requirements before it.
    :param failing_only_this: nodes that fail no other: as many more would match without it.
    :param absent: for ``!=``, ``notin`` and ``!key``, the nodes that satisfy it because they do
        not have the label; None for the others.
    :param note: why no node satisfies it, or why it excludes no node; None otherwise.
    """

    text: str
    failing: int
    remaining: int
    failing_only_this: int
    absent: int | None
    note: str | None


class Reason(NamedTuple):
    """The nodes that fail exactly the same requirements.

    :param failed: positions of these requirements, from 0.
    :param nodes: the number of nodes.
    :param ids: the first few of them, in inventory order; only the largest groups have any.
    """

    failed: tuple[int, ...]
    nodes: int
    ids: tuple[str, ...]


class NearMiss(NamedTuple):
    """A node that does not match, and fails as few requirements as any.

    :param id: its id.
    :param failed: positions of these requirements, from 0.
    """

    id: str
    failed: tuple[int, ...]


class Hint(NamedTuple):
    """A probable mistake in the selector.

    :param code: stable, for programs; ``docs/explain.md`` lists all codes.
    :param requirement: position of the requirement, from 0.
    :param message: what is wrong, and what the nodes have.
    :param replacement: what to write, several ids separated by commas; None if nothing can be
        written, or it is not known what.
    :param replaced: what ``replacement`` replaces: requirements, or ids.
    :param would_match: nodes that would match with ``replacement``; None if there is none.
    """

    code: str
    requirement: int
    message: str
    replacement: str | None
    replaced: tuple[str, ...]
    would_match: int | None


class Correction(NamedTuple):
    """The replacements of all hints, made at once.

    :param replacements: what to write: requirements, or ids separated by commas.
    :param replaced: what they replace: requirements, or ids.
    :param would_match: nodes that would match then.
    """

    replacements: tuple[str, ...]
    replaced: tuple[str, ...]
    would_match: int


class NodeExplanation(NamedTuple):
    """Why one node matches, or why not.

    :param id: the id of the node.
    :param matches: whether the node matches the selector.
    :param requirements: each requirement as written, ids first: its text, the node's value (None
        if it has none), and whether the node satisfies it.
    """

    id: str
    matches: bool
    requirements: tuple[tuple[str, str | None, bool], ...]

    @property
    def headline(self) -> str:
        """Whether the node matches, in one line."""
        if self.matches:
            return f"{printable(self.id)} matches"
        failed = sum(not passes for _, _, passes in self.requirements)
        total = pluralize(len(self.requirements), "requirement")
        return f"{printable(self.id)} does not match: it fails {failed:,} of {total}"

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "version": 1,
            **self._asdict(),
            "requirements": [
                {"text": text, "value": value, "passes": passes}
                for text, value, passes in self.requirements
            ],
        }


class Explanation(NamedTuple):
    """The dry run of a selector: how many nodes match, and what the others fail.

    The numbers add up: ``matched``, the nodes of all reasons and ``other_reasons`` are ``total``.

    :param selector: its canonical text.
    :param headline: how many nodes match and what the others fail, in one line.
    :param recommendation: what to change to match more nodes, or the right ones, in one line.
    :param total: all nodes.
    :param matched: nodes that match.
    :param states: nodes that match, by state, the most frequent first; None is the state of nodes
        without one.
    :param connected: nodes that match and are connected.
    :param requirements: what each requirement does, in the order written; ids come first.
    :param reasons: the nodes that do not match, by the requirements they fail; the largest group
        first. With ``other_reasons``, larger groups may be among those.
    :param other_reasons: nodes in groups too small to be listed; more than 0 only if there are
        hundreds of groups.
    :param nearest: the first few of the nodes that fail the fewest requirements; with
        ``other_reasons`` there may be none.
    :param hints: probable mistakes, at most three.
    :param missing_ids: requested ids that no node has.
    :param correction: all replacements of the hints at once; None if there is none.
    :param excluded_ids: requested ids of nodes excluded by their state, with that state.
    """

    selector: str
    headline: str
    recommendation: str
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
    correction: Correction | None
    excluded_ids: tuple[tuple[str, str | None], ...] = ()

    @property
    def has_states(self) -> bool:
        """Whether any node that matches has a state; otherwise ``connected`` means nothing."""
        return self.matched > self.states.get(None, 0)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it; ``docs/explain.schema.json`` describes the fields."""
        connected = None if self.matched and not self.has_states else self.connected
        return {
            "version": 1,
            **self._asdict(),
            "connected": connected,
            "states": [{"state": state, "nodes": n} for state, n in self.states.items()],
            "requirements": [result._asdict() for result in self.requirements],
            "reasons": [reason._asdict() for reason in self.reasons],
            "nearest": [miss._asdict() for miss in self.nearest],
            "hints": [hint._asdict() for hint in self.hints],
            "excluded_ids": [{"id": id_, "state": state} for id_, state in self.excluded_ids],
            "correction": self.correction and self.correction._asdict(),
        }

    def __str__(self) -> str:
        """Return the headline and the recommendation, a line each."""
        return f"{self.headline}\n{self.recommendation}"

    def __repr__(self) -> str:
        return f"<Explanation: {self.headline}>"
