"""The values of an explanation: why nodes match a selector, and why the others do not.

They hold only numbers and sentences, so this module imports no index, inventory or layout: any
engine that can count nodes can return them. The explanation of one node is computed here: it needs
nothing but the node.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from nodeselect.selectors import Selector
from nodeselect.text import pluralize, printable

NOTHING = "<id in ()>"
"""The text of a list of ids without any id, which no node has."""

# Up to this many ids are named in the text of a requirement; of more, only the number.
_MAX_IDS = 3


class RequirementResult(NamedTuple):
    """How many nodes one requirement excludes.

    :param text: the requirement as written. Ids are in angle brackets: ``<id in (n-1,n-2)>``, or
        ``<one of 9 ids>`` if there are many.
    :param failing: how many nodes fail it, whether or not they fail other requirements too.
    :param remaining: how many nodes satisfy it and all requirements before it.
    :param failing_only_this: how many nodes fail only this: without it, they would match too.
    :param absent: for ``!=``, ``notin`` and ``!key``, how many nodes satisfy it because they do not
        have the label; None for other operators.
    :param note: a sentence: why no node satisfies it, or why it excludes no node; otherwise None.
    """

    text: str
    failing: int
    remaining: int
    failing_only_this: int
    absent: int | None
    note: str | None


class Reason(NamedTuple):
    """A group of nodes that fail exactly the same requirements.

    :param failed: the positions of these requirements, from 0.
    :param nodes: how many nodes are in the group.
    :param ids: the first few of their ids, in inventory order; only the largest groups have any.
    """

    failed: tuple[int, ...]
    nodes: int
    ids: tuple[str, ...]


class NearMiss(NamedTuple):
    """One of the nodes that do not match but fail the fewest requirements.

    :param id: the id of the node.
    :param failed: the positions of the requirements that it fails, from 0.
    """

    id: str
    failed: tuple[int, ...]


class Hint(NamedTuple):
    """A probable mistake in the selector.

    :param code: stable, for programs; ``docs/suggestions.md`` lists all codes.
    :param requirement: the position of the requirement that is wrong, from 0.
    :param message: what is wrong, and what the nodes have instead.
    :param replacement: the requirement to write, or the ids, separated by commas; None if there is
        no suggestion.
    :param replaced: the requirements or ids to replace.
    :param would_match: how many nodes would match then; None without a ``replacement``.
    """

    code: str
    requirement: int
    message: str
    replacement: str | None
    replaced: tuple[str, ...]
    would_match: int | None


class Correction(NamedTuple):
    """All replacements that the hints propose, made together.

    :param replacements: the new requirements, or ids; several ids are separated by commas.
    :param replaced: the requirements or ids that they replace.
    :param would_match: how many nodes would match after all replacements.
    """

    replacements: tuple[str, ...]
    replaced: tuple[str, ...]
    would_match: int


class NodeExplanation(NamedTuple):
    """Why one node matches, or why not.

    :param id: the id of the node.
    :param matches: whether the node matches the selector.
    :param requirements: for each requirement, those of ids first: its text, the node's value (None
        if the node does not have the label), and whether the node satisfies it.
    """

    id: str
    matches: bool
    requirements: tuple[tuple[str, str | None, bool], ...]

    @property
    def failed(self) -> tuple[tuple[str, str | None], ...]:
        """The requirements that the node fails: the text of each, and the node's value."""
        return tuple((text, value) for text, value, passes in self.requirements if not passes)

    @property
    def headline(self) -> str:
        """Whether the node matches, in one line."""
        if self.matches:
            return f"{printable(self.id)} matches"
        total = pluralize(len(self.requirements), "requirement")
        return f"{printable(self.id)} does not match: it fails {len(self.failed):,} of {total}"

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return {
            "version": 1,
            **self._asdict(),
            "requirements": [
                {"text": text, "value": value, "passes": passes}
                for text, value, passes in self.requirements
            ],
        }


def requirement_text(requirement: Selector) -> str:
    """Return the text of a selector that has one requirement, or only ids: ``<id in (n-1)>``."""
    ids = requirement.ids
    if ids is None:
        return str(requirement.requirements[0])
    if len(ids) > _MAX_IDS:
        return f"<one of {len(ids):,} ids>"
    return f"<id in ({','.join(ids)})>"


def explain_node(selector: Selector, node_id: str, labels: Mapping[str, str]) -> NodeExplanation:
    """Return which requirements of ``selector`` a node satisfies, and which it fails."""
    rows = []
    for part in selector.split():
        value = node_id if part.ids is not None else labels.get(part.requirements[0].key)
        rows.append((requirement_text(part), value, part.matches(labels, node_id)))
    return NodeExplanation(node_id, all(passes for _, _, passes in rows), tuple(rows))


class Explanation(NamedTuple):
    """The dry run of a selector: how many nodes match, and what the others fail.

    ``total`` is the sum of ``matched``, of the nodes of all ``reasons``, and of ``other_reasons``.

    :param selector: the canonical text of the selector.
    :param headline: how many nodes match and what the others fail, in one line.
    :param recommendation: what to change so that nodes match, or the right ones, in one line; empty
        if nodes match and nothing is doubtful.
    :param total: how many nodes there are.
    :param matched: how many nodes match.
    :param states: how many of the nodes that match are in each state, the most frequent first;
        under None, those that have no state.
    :param connected: how many of the nodes that match are connected; None if they have no state.
    :param requirements: the requirements as written, those of ids first, and what each excludes.
    :param reasons: the groups of nodes that fail the same requirements, the largest first. If
        ``other_reasons`` is not 0, a group that is not listed may be larger than the last ones.
    :param other_reasons: how many nodes are in groups that are not listed; 0 unless there are
        hundreds of groups.
    :param nearest: of the nodes that fail the fewest requirements, the first few; perhaps empty if
        ``other_reasons`` is not 0.
    :param hints: probable mistakes, at most three.
    :param missing_ids: the ids in the selector that no node has.
    :param correction: the replacements of all hints together; None if no hint has one.
    :param excluded_ids: the ids in the selector whose nodes were left out by state, and the states.
    """

    selector: str
    headline: str
    recommendation: str
    total: int
    matched: int
    states: Mapping[str | None, int]
    connected: int | None
    requirements: tuple[RequirementResult, ...]
    reasons: tuple[Reason, ...]
    other_reasons: int
    nearest: tuple[NearMiss, ...]
    hints: tuple[Hint, ...]
    missing_ids: tuple[str, ...]
    correction: Correction | None
    excluded_ids: tuple[tuple[str, str | None], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values, described by ``docs/explain.schema.json``."""
        return {
            "version": 1,
            **self._asdict(),
            "states": [{"state": state, "nodes": n} for state, n in self.states.items()],
            "requirements": [result._asdict() for result in self.requirements],
            "reasons": [reason._asdict() for reason in self.reasons],
            "nearest": [miss._asdict() for miss in self.nearest],
            "hints": [hint._asdict() for hint in self.hints],
            "excluded_ids": [{"id": id_, "state": state} for id_, state in self.excluded_ids],
            "correction": self.correction and self.correction._asdict(),
        }

    def __str__(self) -> str:
        """Return the headline and, in a second line, the recommendation if there is one."""
        return f"{self.headline}\n{self.recommendation}".rstrip("\n")

    def __repr__(self) -> str:
        return f"<Explanation: {self.headline}>"
