"""Explain a selector over any nodes that can be counted.

Every number comes from the counts of the nodes that fail exactly the same requirements. No single
node is looked at, except for those that are shown.
"""

from collections import Counter
from collections.abc import Mapping

from nodeselect.explain.countable import Countable, Failures
from nodeselect.explain.explanation import (
    Explanation,
    NodeExplanation,
    Reason,
    RequirementResult,
)
from nodeselect.explain.hints import find_hints
from nodeselect.explain.recommendation import recommend
from nodeselect.explain.requirement_notes import common_values, requirement_note
from nodeselect.explain.vocabulary import Vocabulary
from nodeselect.explain.wording import headline, requirement_text
from nodeselect.frozen import FrozenMapping
from nodeselect.node import CONNECTED
from nodeselect.selectors import Operator, Selector

__all__ = ["exclude_by_state", "explain", "explain_node"]

# The largest groups, for which ids are shown.
_MAX_GROUPS_WITH_IDS = 10

_MAX_NEAREST = 5


def explain(
    nodes: Countable, selector: Selector, examples: int = 3, vocabulary: Vocabulary | None = None
) -> Explanation:
    """Return why nodes match ``selector``, and why the others do not.

    :param examples: ids to show of each group of nodes; 0 for none, and no nearest nodes.
    :param vocabulary: keys and values cached by an earlier call for the same nodes.
    """
    vocabulary = Vocabulary() if vocabulary is None else vocabulary
    parts = selector.split()
    failures = nodes.failures(parts)
    counts = failures.counts
    states = failures.state_counts()
    connected = sum(count for state, count in states.items() if state in CONNECTED)
    missing_ids = tuple(nodes.missing_ids(selector.ids)) if selector.ids else ()
    hints, correction = find_hints(nodes, vocabulary, selector, failures, missing_ids)
    results = _results(nodes, vocabulary, parts, failures)
    reasons = _reasons(failures, examples)
    explanation = Explanation(
        selector=str(selector),
        headline=headline(
            counts.matched,
            counts.total,
            connected if counts.matched > states.get(None, 0) else None,
            [(each.nodes, [results[at].text for at in each.failed]) for each in reasons[:3]],
        ),
        recommendation="",
        total=counts.total,
        matched=counts.matched,
        states=FrozenMapping(states),
        connected=connected,
        requirements=results,
        reasons=reasons,
        other_reasons=counts.ungrouped,
        nearest=tuple(failures.nearest(_MAX_NEAREST)) if examples else (),
        hints=hints,
        missing_ids=missing_ids,
        correction=correction,
    )
    return explanation._replace(recommendation=recommend(explanation))


def explain_node(selector: Selector, node_id: str, labels: Mapping[str, str]) -> NodeExplanation:
    """Return which requirements of ``selector`` one node satisfies."""
    rows = []
    for part in selector.split():
        value = node_id if part.ids is not None else labels.get(part.requirements[0].key)
        rows.append((requirement_text(part), value, part.matches(labels, node_id)))
    return NodeExplanation(node_id, all(passes for _, _, passes in rows), tuple(rows))


def exclude_by_state(explanation: Explanation, excluded: Mapping[str, str | None]) -> Explanation:
    """Return an explanation in which nodes count as excluded by their state, not as missing.

    :param excluded: ids and states of the nodes that were excluded before it was computed.
    """
    if not excluded:
        return explanation
    missing = explanation.missing_ids
    explanation = explanation._replace(
        missing_ids=tuple(node_id for node_id in missing if node_id not in excluded),
        excluded_ids=tuple(
            (node_id, excluded[node_id]) for node_id in missing if node_id in excluded
        ),
        excluded_states=FrozenMapping({} if explanation.total else Counter(excluded.values())),
    )
    return explanation._replace(recommendation=recommend(explanation))


def _results(
    nodes: Countable, vocabulary: Vocabulary, parts: tuple[Selector, ...], failures: Failures
) -> tuple[RequirementResult, ...]:
    counts = failures.counts
    total = counts.total
    results = []
    for position, part in enumerate(parts):
        failing = counts.failing[position]
        absent, note = None, None
        values: tuple[tuple[str, int], ...] = ()
        if part.requirements:
            (requirement,) = part.requirements
            key, operator = requirement.key, requirement.operator
            if operator is Operator.DOES_NOT_EXIST:
                absent = total - failing
            elif operator.matches_absent:
                absent = total - nodes.count_with_key(key)
            if failing == total or not failing:
                note = requirement_note(nodes, vocabulary, requirement, failing, total)
            if len(parts) == 1 and requirement.values:
                values = common_values(nodes, vocabulary, key)
        results.append(
            RequirementResult(
                requirement_text(part),
                failing,
                counts.remaining[position],
                counts.failing_only_this[position],
                absent,
                note,
                values,
            )
        )
    return tuple(results)


def _reasons(failures: Failures, examples: int) -> tuple[Reason, ...]:
    ranked = sorted(failures.counts.groups.items(), key=lambda group: (-group[1], group[0]))
    reasons = [Reason(failed, nodes, ()) for failed, nodes in ranked]
    for rank, (failed, nodes) in enumerate(ranked[:_MAX_GROUPS_WITH_IDS] if examples else ()):
        reasons[rank] = Reason(failed, nodes, tuple(failures.example_ids(failed, examples)))
    return tuple(reasons)
