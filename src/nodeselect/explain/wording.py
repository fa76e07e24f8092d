"""The sentences of an explanation: its headline and notes, and phrases for nodes and states."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from nodeselect.explain.countable import FailureCounts, rank_counts
from nodeselect.explain.explanation import Explanation
from nodeselect.selectors import Selector
from nodeselect.text import join_limited, pluralize, printable, quoted, truncate

NOTHING = "<id in ()>"
"""The text of a list of ids without any id, which no node has."""

# Up to this many ids are named in the text of a requirement; of more, only the number.
_MAX_IDS = 3

# A longer requirement is truncated in a sentence; those written by hand are shorter.
_MAX_LENGTH = 200

# How many groups of nodes a headline names.
_MAX_GROUPS = 3

_MAX_VALUES = 3
_MAX_STATES = 5


def requirement_text(requirement: Selector) -> str:
    """Return the text of a selector that has one requirement, or only ids: ``<id in (n-1)>``."""
    ids = requirement.ids
    if ids is None:
        return str(requirement.requirements[0])
    if len(ids) > _MAX_IDS:
        return f"<one of {len(ids):,} ids>"
    return f"<id in ({','.join(ids)})>"


def short(text: str) -> str:
    """Return the text of a requirement for a sentence: escaped, and truncated if it is long."""
    if len(text) <= _MAX_LENGTH and text.isascii() and text.isprintable():
        return text
    return truncate(printable(text[: _MAX_LENGTH + 1]), _MAX_LENGTH)


def headline(matched: int, total: int, connected: int | None) -> str:
    """Return a line such as ``43 of 210 nodes match, 37 of them connected or ready``.

    :param connected: how many of the matching nodes are connected; None if no state is known.
    """
    text = f"{matched:,} of {total:,} {'node matches' if total == 1 else 'nodes match'}"
    return text if connected is None else f"{text}, {connected:,} of them connected or ready"


def count_headline(selector: Selector, counts: FailureCounts, connected: int | None) -> str:
    """Return a line with how many nodes match, and how many fail which requirements.

    :param connected: how many of the matching nodes are connected; None if no state is known.
    """
    text = headline(counts.matched, counts.total, connected)
    rest = counts.total - counts.matched
    if counts.matched and rest:
        text += f"; {pluralize(rest, 'does not match', 'do not match')}"
    texts = [requirement_text(part) for part in selector.split()]
    groups = []
    for failed, nodes in islice(counts.groups.items(), _MAX_GROUPS):
        subject = f"{nodes:,}"
        if nodes == counts.total - counts.matched:
            subject = "it" if nodes == 1 else "all"
        groups.append(f"{subject} {failing_text([texts[at] for at in failed], len(texts), nodes)}")
        rest -= nodes
    if rest:
        groups.append(pluralize(rest, "fails another combination", "fail other combinations"))
    return f"{text}: {'; '.join(groups)}" if groups else text


def failing_text(failed: Sequence[str], requirements: int, nodes: int, limit: int = 3) -> str:
    """Return which requirements a group of nodes fails, such as ``fail both a=b and c``.

    :param failed: the texts of the requirements that the nodes fail; they satisfy all others.
    :param requirements: how many requirements the selector has.
    :param nodes: how many nodes are in the group.
    :param limit: how many requirements are named.
    """
    exactly = {1: "only ", 2: "both "}.get(len(failed), "") if requirements > 1 else ""
    names = join_limited([short(text) for text in failed], limit)
    return f"{'fails' if nodes == 1 else 'fail'} {exactly}{names}"


def unsatisfied_text(requirements: Sequence[str]) -> str:
    """Return a sentence with requirements, each of which no node satisfies."""
    if len(requirements) == 1:
        return f"no node satisfies {short(requirements[0])}"
    names = join_limited(list(map(short, requirements)), 3)
    return f"requirements that no node satisfies: {names}"


def notes(explanation: Explanation) -> tuple[str, ...]:
    """Return sentences about states, requirements, missing ids and hints, for below the numbers."""
    sentences = []
    if explanation.connected is not None and explanation.connected < explanation.matched:
        counts = format_state_counts(explanation.states)
        sentences.append(f"states of the matching nodes: {counts}")
    sentences += dict.fromkeys(_requirement_notes(explanation))
    if missing := missing_ids_text(explanation):
        sentences.append(missing)
    if explanation.excluded_ids:
        sentences.append(excluded_by_state(explanation.excluded_ids))
    sentences += [f"{hint.message} [{hint.code}]" for hint in explanation.hints]
    return tuple(sentences)


def missing_ids_text(explanation: Explanation) -> str | None:
    """Return a sentence with the requested ids that no node has, except for those with a hint."""
    names = {name for hint in explanation.hints for name in hint.replaced}
    missing = [quoted(node_id) for node_id in explanation.missing_ids if node_id not in names]
    return f"no node has the id {join_limited(missing, 3, 'or', 'id')}" if missing else None


def excluded_by_state(nodes: Sequence[tuple[str, str | None]]) -> str:
    """Return a sentence with nodes that are left out because of their state.

    :param nodes: the ids and states of these nodes.
    """
    words = [f"{quoted(node_id)} ({_state(state)})" for node_id, state in nodes]
    return f"excluded by state: {join_limited(words)}"


def format_state_counts(states: Mapping[str | None, int]) -> str:
    """Return the counts of the most frequent states, such as ``37 connected, 6 lost``."""
    counts = [
        f"{nodes:,} {'without a state' if state is None else _state(state)}"
        for state, nodes in rank_counts(states).items()
    ]
    return ", ".join(counts[:_MAX_STATES]) + (", …" if len(counts) > _MAX_STATES else "")


def no_requested_state(states: Mapping[str | None, int]) -> str:
    """Return a sentence for nodes of which none is in one of the states of ``--state``."""
    counts = format_state_counts(states)
    return f"no node is in a requested state; the states of the nodes: {counts}"


def format_value_counts(values: Sequence[tuple[str, int]]) -> str:
    """Return the first few values with their counts, such as ``'eu' (12), 'us' (3)``."""
    words = [
        f"{quoted(value, 30)} ({pluralize(nodes, 'node')})" for value, nodes in values[:_MAX_VALUES]
    ]
    return ", ".join(words) + (", …" if len(values) > _MAX_VALUES else "")


def nodes_have(nodes: int) -> str:
    """Return the beginning of a sentence, such as ``2 nodes have``."""
    return pluralize(nodes, "node has", "nodes have")


def _requirement_notes(explanation: Explanation) -> Iterator[str]:
    hinted = {hint.requirement for hint in explanation.hints if hint.code != "contradiction"}
    for position, result in enumerate(explanation.requirements):
        if result.note and position not in hinted:
            yield result.note
        if 0 < (result.absent or 0) < explanation.total and not result.text.startswith("!"):
            assert result.absent is not None
            match, they = ("matches", "it does") if result.absent == 1 else ("match", "they do")
            nodes = pluralize(result.absent, "node")
            yield f"{nodes} {match} {short(result.text)} only because {they} not have the label"


def _state(state: str | None) -> str:
    return "no state" if state is None else short(state) or "''"
