"""The sentences of an explanation: headline, notes, and what to change in the selector."""

from collections.abc import Iterator, Mapping, Sequence

from nodeselect.explain.countable import rank_counts
from nodeselect.explain.explanation import NOTHING, Explanation, Hint
from nodeselect.placement.requirements import SCHEDULABLE
from nodeselect.text import join_limited, pluralize, printable, quoted, quoted_id, truncate

# A longer requirement is truncated in a sentence. The longest name of a node (253) is not.
_MAX_LENGTH = 300

# How many groups of nodes a headline names.
_MAX_GROUPS = 3

# Hints that say no more than the correction if the requirement fails on nodes, as the table shows.
_OBVIOUS = ("other-value", "other-key", "other-resource")

# Hints that say with which change beside the labels how many nodes would match.
_REMEDIES = ("untolerated-taint", "reserved-taint", "scarce-resource")
_MAX_REMEDIES = 3
_RESERVED = 4
_OR = "; or "

_MAX_VALUES = 3
_MAX_STATES = 5


def short(text: str) -> str:
    """Return the text of a requirement, escaped, and truncated if it is too long for a sentence."""
    return truncate(printable(text[: _MAX_LENGTH + 1]), _MAX_LENGTH)


def headline(matched: int, total: int, connected: int | None, left_out: int = 0) -> str:
    """Return a line such as ``43 of 210 nodes match, 37 of them connected or ready``, if known."""
    text = f"{matched:,} of {pluralize(total, 'node matches', 'nodes match')}"
    if left_out:
        return f"{text}; {left_out_text(left_out)}"
    return text if connected is None else f"{text}, {connected:,} of them connected or ready"


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
    """Return further sentences: states, notes, missing ids, hints; without the recommendation."""
    sentences, results = [], explanation.requirements
    if explanation.connected is not None and explanation.connected < explanation.matched:
        counts = format_state_counts(explanation.states)
        sentences.append(f"states of the matching nodes: {counts}")
    sentences += dict.fromkeys(_requirement_notes(explanation))
    if missing := missing_ids_text(explanation):
        sentences.append(missing)
    if explanation.excluded_ids:
        sentences.append(excluded_by_state(explanation.excluded_ids))
    is_corrected = explanation.recommendation == _correction(explanation)
    shown = {explanation.recommendation}
    if explanation.recommendation == _OR.join(remedies := _remedies(explanation)):
        shown.update(remedies)
    for hint in explanation.hints:
        is_obvious = hint.code in _OBVIOUS and results[hint.requirement].failing
        if not (is_corrected and is_obvious and hint.replacement):
            sentences.append(hint.message)
    return tuple(text for text in sentences if text not in shown)


def missing_ids_text(explanation: Explanation) -> str | None:
    """Return a sentence with the selector's ids that no node has and no hint mentions, or None."""
    names = {name for hint in explanation.hints for name in hint.replaced}
    missing = [quoted_id(node_id) for node_id in explanation.missing_ids if node_id not in names]
    return f"no node has the id {join_limited(missing, 3, 'or', 'id')}" if missing else None


def excluded_by_state(nodes: Sequence[tuple[str, str | None]]) -> str:
    """Return a sentence with the ids and states of nodes left out because of their states."""
    words = [f"{quoted_id(node_id)} ({_state(state)})" for node_id, state in nodes]
    return f"excluded by state: {join_limited(words)}"


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


def no_requested_state(states: Mapping[str | None, int]) -> str:
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


def recommend(explanation: Explanation) -> str:
    """Return one line about what to change; empty if nodes match and no mistake is probable."""
    total, results = explanation.total, explanation.requirements
    if not total:
        return "there are no nodes"
    if correction := _correction(explanation):
        return correction
    if explanation.matched and explanation.connected == 0:
        return f"no matching node is connected: {format_state_counts(explanation.states)}"
    if not results:
        return "the selector is empty: it matches EVERY node"
    if explanation.matched:
        return missing_ids_text(explanation) or _prefix_text(explanation) or ""
    for hint in explanation.hints:
        if hint.code == "contradiction":
            return _contradiction(explanation, hint)
    if results[0].text == NOTHING:
        return "this selector can never match any node"
    if results[0].failing == total:
        if explanation.excluded_ids:
            return excluded_by_state(explanation.excluded_ids)
        if ids := missing_ids_text(explanation) or _prefix_text(explanation):
            return ids
    if stated := [hint for hint in explanation.hints if hint.code == "label-for-state"]:
        return stated[0].message
    if remedies := _remedies(explanation):
        return _OR.join(remedies)
    if len(results) == 1:
        return results[0].note or unsatisfied_text([results[0].text])
    if unsatisfied := [at for at, result in enumerate(results) if result.failing == total]:
        text = unsatisfied_text([results[at].text for at in unsatisfied])
        kinds = {results[at].kind for at in unsatisfied}
        if "given" in kinds:
            notes = [results[at].note for at in unsatisfied if results[at].kind == "given"]
            texts = [*([text] if len(unsatisfied) > 1 else []), *filter(None, notes)]
            return "; ".join(texts) or text
        if len(unsatisfied) > 1:
            return f"{text}; change {'' if 'resource' in kinds else 'or remove '}them first"
        if kinds == {"resource"}:
            return _scarcity(explanation, unsatisfied[0])
        return f"{text}; change or remove it first"
    text = "to match any node, change more than one requirement"
    if any(result.kind == "given" for result in results):
        text = "no change of one requirement helps"
    if explanation.other_reasons:
        return text
    fewest = min(len(reason.failed) for reason in explanation.reasons)
    return f"{text}: every node fails at least {fewest}"


def _contradiction(explanation: Explanation, hint: Hint) -> str:
    """Return what to remove; what another object requires stays."""
    given = {each.text: each.note for each in explanation.requirements if each.kind == "given"}
    own = [text for text in hint.replaced if text not in given]
    if len(own) == len(hint.replaced):
        return f"remove one of {_join(own)}: they contradict each other"
    notes = filter(None, (given.get(text) for text in hint.replaced))
    advice = [f"change or remove {_join(own)}"] if len(own) == 1 else []
    return "; ".join([hint.message, *notes, *advice])


def _correction(explanation: Explanation) -> str | None:
    """Return the text of the correction; None if there is none, or if it does not help."""
    if explanation.correction is None:
        return None
    replacements, replaced, would_match = explanation.correction
    changed = [
        explanation.requirements[hint.requirement]
        for hint in explanation.hints
        if hint.replacement is not None
    ]
    is_same = would_match == explanation.matched and all(result.failing for result in changed)
    if is_same or not (would_match or explanation.matched):  # then the hints are notes
        return None
    ids = {hint.replacement for hint in explanation.hints if hint.code == "label-for-id"}
    new = [
        f"the id {each} (--id, or match_ids in a job)" if each in ids else each
        for each in map(short, replacements)
    ]
    is_sure = all(hint.code != "rare-value" for hint in explanation.hints)
    text = f"{'' if is_sure else 'perhaps '}write {join_limited(new)} instead of {_join(replaced)}"
    for hint in explanation.hints if len(replacements) > 1 else ():
        if hint.code == "contradiction" and hint.replacement in replacements:
            text = f"{_join(hint.replaced)} contradict each other; {text}"
    if not would_match:
        return f"{text}: no node would match any more"
    return f"{text}: {pluralize(would_match, 'node')} would match"


def _remedies(explanation: Explanation) -> list[str]:
    """Return the changes of one requirement with which most nodes would match, if none does.

    First come tolerations and amounts, then cordons, which leave the labels; then the removal of a
    positive requirement, beside a toleration of nodes that are for other pods, and of a negative
    one. A request, or what another object requires, is never removed: it is explained.
    """
    changes: list[tuple[tuple[int, int, bool], str]] = []
    hinted = set()
    for hint in explanation.hints:
        if hint.code in _REMEDIES:
            hinted.add(hint.requirement)
            changes.append(((remedy_rank(hint), -(hint.would_match or 0), False), hint.message))
    for position, result in enumerate(explanation.requirements):
        is_changed = result.kind != "taint" and len(explanation.requirements) > 1
        if is_changed and result.failing_only_this and position not in hinted:
            rank, is_request = 2 if result.absent is None else 3, result.kind != "labels"
            text = (_scarcity if is_request else _removal)(explanation, position)
            changes.append(((rank, -result.failing_only_this, is_request), text))
    best = min((rank for rank, _ in changes), default=None)
    texts = [text for rank, text in changes if rank == best][:_MAX_REMEDIES]
    if best is not None and best[0] == 2 and not best[2]:  # the label may be that of these nodes
        texts += [text for rank, text in changes if rank[0] == _RESERVED][:1]
    return texts[:_MAX_REMEDIES]


def remedy_rank(hint: Hint) -> int:
    """Return the place of a remedy among others: 0 comes first."""
    if hint.code == "reserved-taint":
        return _RESERVED if hint.would_match else _RESERVED + 1
    return 1 if hint.replaced == (SCHEDULABLE,) else 0


def _scarcity(explanation: Explanation, position: int) -> str:
    """Return what nodes have instead of a resource; why a requirement cannot be removed."""
    result = explanation.requirements[position]
    if result.kind == "given":
        fail = pluralize(result.failing_only_this, "node fails", "nodes fail")
        return f"{fail} only {short(result.text)}{f': {result.note}' if result.note else ''}"
    messages = (hint.message for hint in explanation.hints if hint.requirement == position)
    return next(messages, result.note) or unsatisfied_text([result.text])


def _removal(explanation: Explanation, position: int) -> str:
    result = explanation.requirements[position]
    is_replaced = any(result.text in hint.replaced for hint in explanation.hints)
    match = f"{pluralize(result.failing_only_this, 'node')} would match"
    if result.failing == explanation.total and not is_replaced:
        effect = f"without it, {match}"
        return f"no node satisfies {short(result.text)}; change or remove it: {effect}"
    return f"without {short(result.text)}, {match}"


def _prefix_text(explanation: Explanation) -> str | None:
    messages = (hint.message for hint in explanation.hints if hint.code == "id-prefix")
    return next(messages, None)


def _join(texts: Sequence[str], limit: int = 3) -> str:
    return join_limited(list(map(short, texts)), limit)
