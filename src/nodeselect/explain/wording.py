"""The sentences of an explanation: headline, notes, and what to change in the selector."""

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from nodeselect.explain.advice import hint_subject, unnamed_missing_ids
from nodeselect.explain.countable import rank_counts
from nodeselect.explain.explanation import (
    Advice,
    Correction,
    Explanation,
    before_text,
    is_absence,
)
from nodeselect.text import join_limited, pluralize, printable, quoted, quoted_id, truncate

# A longer requirement is truncated in a sentence. The longest name of a node (253) is not.
_MAX_LENGTH = 300

# How many groups of nodes a headline names.
_MAX_GROUPS = 3

# Hints that say no more than the correction if the requirement fails on nodes, as the table shows.
_OBVIOUS = ("other-value", "other-key", "other-resource")


# The phrases of advice that names nothing.
_FIXED_PHRASES = {
    "everything": "the selector is empty: it matches EVERY node",
    "no-nodes": "there are no nodes",
    "nothing": "this selector can never match any node",
}

_MAX_VALUES = 3
_MAX_STATES = 5


def short(text: str) -> str:
    """Return the text of a requirement, escaped, and truncated if it is too long for a sentence."""
    return truncate(printable(text[: _MAX_LENGTH + 1]), _MAX_LENGTH)


def headline(
    matched: int,
    total: int,
    connected: int | None,
    left_out: int = 0,
    undecided: Sequence[str] = (),
) -> str:
    """Return a line such as ``43 of 210 nodes match, 37 of them connected or ready``, if known.

    :param undecided: rules by which fewer may match.
    """
    text = f"{matched:,} of {pluralize(total, 'node matches', 'nodes match')}"
    if left_out:
        text = f"{text}; {left_out_text(left_out)}"
    elif connected is not None:
        text = f"{text}, {connected:,} of them connected or ready"
    return text + (before_text(undecided) if matched else "")


def left_out_text(nodes: int) -> str:
    """Return how many nodes were left out because of their states."""
    return f"{pluralize(nodes, 'node in another state is', 'nodes in other states are')} left out"


def selectors_headline(
    node_id: str | None, total: int, matched: int, groups: Sequence[tuple[Sequence[str], int]]
) -> str:
    """Return a line with how many of several selectors match one node, and why the others do not.

    :param node_id: the id of the node; None if it is unknown.
    :param groups: pairs: texts of requirements that the node fails, and the number of selectors of
        which it fails exactly these; the largest number first.
    """

    def because(failed: Sequence[str]) -> str:
        return f"{'only ' if len(failed) == 1 else ''}because of {_join(failed)}"

    node = "this node" if node_id is None else printable(node_id)
    text = f"{matched:,} of {pluralize(total, 'selector matches', 'selectors match')} {node}"
    rest = total - matched
    if not rest:
        return text
    text += f"; {pluralize(rest, 'does not', 'do not')}"
    if len(groups) == 1:
        return f"{text}, {because(groups[0][0])}"
    first = groups[:_MAX_GROUPS]
    causes = [f"{count:,} {because(failed)}" for failed, count in first]
    if others := rest - sum(count for _, count in first):
        causes.append(f"{others:,} for other reasons")
    return f"{text}: {'; '.join(causes)}"


def failing_text(failed: Sequence[str], requirements: int, nodes: int, limit: int = 3) -> str:
    """Return a phrase with the requirements that a group of nodes fails: ``fail both a=b and c``.

    :param failed: the texts of these requirements, of which up to ``limit`` are named.
    :param requirements: how many requirements the selector has.
    """
    exactly = {1: "only ", 2: "both "}.get(len(failed), "") if requirements > 1 else ""
    return f"{'fails' if nodes == 1 else 'fail'} {exactly}{_join(failed, limit)}"


def unsatisfied_text(requirements: Sequence[str]) -> str:
    """Return a sentence that says that no node satisfies any one of these requirements."""
    if len(requirements) == 1:
        return f"no node satisfies {short(requirements[0])}"
    return f"requirements that no node satisfies: {_join(requirements)}"


def key_with_prefix(key: str, counts: Mapping[str, int]) -> str | None:
    """Return the key whose name behind a prefix is ``key``, such as that of a zone; None if none.

    Of several, it is one that Kubernetes has not renamed, and that most nodes have.
    """
    from nodeselect.similarity import WordCounts, closest_key  # compiles patterns

    code, close = closest_key(key, WordCounts(counts)) or ("", None)
    return close if code == "other-prefix" else None


def similar_keys_text(key: str, counts: Mapping[str, int]) -> str:
    """Return what to append to a message that no node has ``key``: the keys probably meant."""
    from nodeselect.similarity import WordCounts, closest_key  # compiles patterns

    similar = [each for each in counts if each.rpartition("/")[2] == key]
    if not similar and (close := closest_key(key, WordCounts(counts))):
        similar = [close[1]]
    texts = [f"{nodes_have(counts[each])} {quoted(each)}" for each in similar]
    return f"; {join_limited(texts, noun='such key')}" if texts else ""


def notes(explanation: Explanation) -> tuple[str, ...]:
    """Return further sentences: states, notes, missing ids, hints; without what is recommended."""
    sentences, results = [], explanation.requirements
    kinds = {each.kind for each in explanation.advice}
    told = {each.change[0] for each in explanation.advice if each.kind == "note"}
    if explanation.connected is not None and explanation.connected < explanation.matched:
        counts = format_state_counts(explanation.states)
        sentences.append(f"states of the matching nodes: {counts}")
    sentences += dict.fromkeys(_requirement_notes(explanation, told))
    sentences += id_notes(explanation)
    for hint in explanation.hints:
        is_obvious = hint.code in _OBVIOUS and results[hint.requirement].failing
        is_applied = "correction" in kinds and is_obvious and hint.replacement
        if not is_applied and hint_subject(hint) not in told:
            sentences.append(hint.message)
    return tuple(sentences)


def id_notes(explanation: Explanation) -> Iterator[str]:
    """Yield sentences about ids without nodes and about nodes left out, unless recommended."""
    kinds = {each.kind for each in explanation.advice}
    if (missing := unnamed_missing_ids(explanation)) and "missing-ids" not in kinds:
        yield _missing_ids_text(missing)
    if explanation.excluded_ids and "excluded-ids" not in kinds:
        yield _excluded_ids_text(explanation.excluded_ids)


def _missing_ids_text(missing: Sequence[str]) -> str:
    return f"no node has the id {join_limited(list(map(quoted_id, missing)), 3, 'or', 'id')}"


def _excluded_ids_text(nodes: Sequence[tuple[str, str | None]]) -> str:
    texts = [f"{quoted_id(node_id)} ({_state(state)})" for node_id, state in nodes]
    return f"excluded by state: {join_limited(texts)}"


def not_considered_text(conditions: Sequence[str]) -> str:
    """Return a line with the conditions that an answer does not consider."""
    return f"not considered: {join_limited(conditions, len(conditions))}"


def format_state_counts(states: Mapping[str | None, int]) -> str:
    """Return the counts of the most frequent states, such as ``37 connected, 6 lost``."""
    counts = [
        f"{nodes:,} {'without a state' if state is None else _state(state)}"
        for state, nodes in rank_counts(states).items()
    ]
    return ", ".join(counts[:_MAX_STATES]) + (", …" if len(counts) > _MAX_STATES else "")


def _no_requested_state(states: Mapping[str | None, int]) -> str:
    """Return a sentence: ``--state`` leaves out all nodes; ``states`` counts these by state."""
    if not any(states):
        return "no node has a state"
    counts = format_state_counts(states)
    return f"no node is in a requested state; the states of the nodes: {counts}"


def other_states_text(states: Mapping[str | None, int]) -> str:
    """Return a sentence: ``--state`` leaves out matching nodes, in these ``states``."""
    text = pluralize(sum(states.values()), "node matches", "nodes match")
    return f"{text} the selector but not --state: {format_state_counts(states)}"


def format_value_counts(values: Sequence[tuple[str, int]]) -> str:
    """Return the first few values with their counts: ``'eu' (12 nodes), 'us' (3 nodes)``."""
    words = [
        f"{quoted(value, 30)} ({pluralize(nodes, 'node')})" for value, nodes in values[:_MAX_VALUES]
    ]
    return ", ".join(words) + (", …" if len(values) > _MAX_VALUES else "")


def nodes_have(nodes: int) -> str:
    """Return a number of nodes with the verb: ``1 node has``, ``2 nodes have``."""
    return pluralize(nodes, "node has", "nodes have")


def _requirement_notes(explanation: Explanation, told: Container[object]) -> Iterator[str]:
    hinted = {hint.requirement for hint in explanation.hints if hint.code != "contradiction"}
    for position, result in enumerate(explanation.requirements):
        if result.note and position not in hinted and result.condition not in told:
            yield result.note
        absent = result.absent or 0
        if 0 < absent < explanation.total and not is_absence(result.condition):
            match, they = ("matches", "it does") if absent == 1 else ("match", "they do")
            nodes = pluralize(absent, "node")
            yield f"{nodes} {match} {short(result.text)} only because {they} not have the label"


def _state(state: str | None) -> str:
    return "no state" if state is None else short(state) or "''"


def advice_text(advice: Sequence[Advice], where: str = "") -> str:
    """Return the line that says this, after ``where``; empty if there is no advice."""
    return f"{where if advice else ''}{'; or '.join(_phrase(*each) for each in advice)}"


def _phrase(kind: str, change: tuple[Any, ...], nodes: int) -> str:
    match kind:
        case "correction":
            return _correction_text(*change)
        case "contradiction":
            return f"remove one of {_join(change)}: they contradict each other"
        case "excluded-ids":
            return _excluded_ids_text(change)
        case "given":
            text, note = change
            fail = pluralize(nodes, "node fails", "nodes fail")
            return f"{fail} only {short(text)}{f': {note}' if note else ''}"
        case "given-contradiction":
            text, notes, own = change
            return "; ".join([text, *notes, *(f"change or remove {short(each)}" for each in own)])
        case "given-unsatisfied":
            texts, notes = change
            return "; ".join([unsatisfied_text(texts), *notes])
        case "missing-ids":
            return _missing_ids_text(change)
        case "no-state":
            return _no_requested_state(dict(change))
        case "note":
            _, note = change
            return str(note)
        case "other-states":
            return other_states_text(dict(change))
        case "remove":
            return f"without {_join(change)}, {_would_match(nodes)}"
        case "remove-unsatisfied":
            effect = f"without it, {_would_match(nodes)}"
            return f"{unsatisfied_text(change)}; change or remove it: {effect}"
        case "given-several" | "several":
            text = "no change of one requirement helps"
            if kind == "several":
                text = "to match any node, change more than one requirement"
            return f"{text}: every node fails at least {nodes}" if nodes else text
        case "unconnected":
            return f"no matching node is connected: {format_state_counts(dict(change))}"
        case "unsatisfied":
            return unsatisfied_text(change)
        case "unsatisfied-first":
            them = "it" if len(change) == 1 else "them"
            return f"{unsatisfied_text(change)}; change or remove {them} first"
        case "unsatisfied-resources":
            return f"{unsatisfied_text(change)}; change them first"
    return _FIXED_PHRASES[kind]


def _correction_text(
    correction: Correction,
    is_sure: bool,
    ids: Container[str],
    contradictory: Sequence[Sequence[str]],
) -> str:
    new = [
        f"the id {each} (--id, or match_ids in a job)" if each in ids else each
        for each in map(short, correction.replacements)
    ]
    instead = f"{join_limited(new)} instead of {_join(correction.replaced)}"
    text = f"{'' if is_sure else 'perhaps '}write {instead}"
    for texts in contradictory:
        text = f"{_join(texts)} contradict each other; {text}"
    if not correction.would_match:
        return f"{text}: no node would match any more"
    return f"{text}: {_would_match(correction.would_match)}"


def _would_match(nodes: int) -> str:
    return f"{pluralize(nodes, 'node')} would match"


def _join(texts: Sequence[str], limit: int = 3) -> str:
    return join_limited(list(map(short, texts)), limit)
