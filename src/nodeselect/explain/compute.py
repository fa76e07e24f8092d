"""The dry run of a selector: a few operations on sets for each requirement.

Each requirement is asked as a selector of its own, so it is planned, kept and answered as any
other. What the sets say together is worked out by intersecting and subtracting them; no node is
looked at but the few that are shown.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from nodeselect.explain.explanation import (
    Explanation,
    NearMiss,
    NodeExplanation,
    Reason,
    RequirementResult,
)
from nodeselect.explain.failure_groups import MOST_GROUPS, Failures
from nodeselect.explain.hints import find_hints
from nodeselect.explain.recommendation import NOTHING
from nodeselect.explain.requirement_notes import common_values, note_of
from nodeselect.frozen import FrozenMapping
from nodeselect.index.postings import Postings
from nodeselect.inventory import statistics as counting
from nodeselect.inventory.store import Store
from nodeselect.inventory.view import View
from nodeselect.node import CONNECTED
from nodeselect.render.explanation import headline_of
from nodeselect.selectors import Operator, Selector

__all__ = ["counted_headline", "explain", "explain_node"]

_SHOWN = 10
"""Groups of equal reasons, the largest, of which some nodes are named."""

_NEAREST = 5

_NAMED = 3
"""Ids that are named; of more it is said how many."""


def explain(view: View, selector: Selector, examples: int) -> Explanation:
    """Count why nodes match ``selector``, and why not the others.

    :param examples: how many nodes are named of each reason; 0 names none, nor the nearest.
    """
    everything = view.live()
    parts = selector.split()
    passing = [view.evaluate(part) for part in parts]
    failures = Failures(everything, passing)
    states = counting.states(view.store, failures.among(everything, ()))
    outcomes = _outcomes(view, everything, parts, passing, failures)
    missing_ids = tuple(each for each in selector.ids or () if view.find(each) is None)
    hints, correction = find_hints(view, everything, selector, passing, outcomes, missing_ids)
    return Explanation(
        selector=str(selector),
        total=len(everything),
        matched=failures.matched,
        states=FrozenMapping(states),
        connected=sum(count for state, count in states.items() if state in CONNECTED),
        requirements=outcomes,
        reasons=_reasons(view, failures, examples),
        other_reasons=failures.lumped,
        nearest=_near(view, failures) if examples else (),
        hints=hints,
        missing_ids=missing_ids,
        correction=correction,
    )


def explain_node(view: View, selector: Selector, node_id: str) -> NodeExplanation:
    """Say of one node which requirements of ``selector`` it satisfies.

    :raises KeyError: when there is no such node.
    """
    ordinal = view.find(node_id)
    if ordinal is None:
        raise KeyError(node_id)
    labels = view.store.node(ordinal).labels
    rows = []
    for part in selector.split():
        value = node_id if part.ids is not None else labels.get(part.requirements[0].key)
        rows.append((_text(part), value, part.matches(labels, node_id)))
    return NodeExplanation(node_id, all(passes for _, _, passes in rows), tuple(rows))


def counted_headline(
    selector: Selector, failures: Mapping[int, int], connected: int | None
) -> str | None:
    """Give the headline that :func:`explain` would give of nodes that were counted as they passed.

    None where there are too many groups of equal reasons.

    :param failures: how many nodes fail which of the selector's parts, the first of these by the
        lowest bit.
    :param connected: how many of those that match are; None where no state is known.
    """
    if len(failures) > MOST_GROUPS:
        return None
    texts = [_text(part) for part in selector.split()]
    groups = [
        (-nodes, tuple(place for place in range(len(texts)) if failed >> place & 1))
        for failed, nodes in failures.items()
        if failed
    ]
    reasons = [(-nodes, [texts[at] for at in failed]) for nodes, failed in sorted(groups)[:3]]
    return headline_of(failures.get(0, 0), sum(failures.values()), connected, reasons)


def _text(part: Selector) -> str:
    if part.ids is None:
        return str(part.requirements[0])
    if not part.ids:
        return NOTHING
    if len(part.ids) > _NAMED:
        return f"<one of {len(part.ids):,} ids>"
    return f"<id in ({','.join(part.ids)})>"


def _reasons(view: View, failures: Failures, examples: int) -> tuple[Reason, ...]:
    store = view.store
    ranked = sorted(failures.groups.items(), key=lambda group: (-group[1], group[0]))
    reasons = [Reason(failed, nodes, ()) for failed, nodes in ranked]
    for at, (failed, nodes) in enumerate(ranked[:_SHOWN] if examples else ()):
        some = store.candidates_for_first(nodes, partial(failures.among, failed=failed), examples)
        reasons[at] = Reason(failed, nodes, tuple(store.ids(some, examples)))
    return tuple(reasons)


def _near(view: View, failures: Failures) -> tuple[NearMiss, ...]:
    store = view.store
    some = store.candidates_for_first(*failures.nearest(), _NEAREST)
    return tuple(
        NearMiss(store.id(ordinal), failures.failed(ordinal))
        for ordinal in store.in_order(some, _NEAREST)
    )


def _outcomes(
    view: View,
    everything: Postings,
    parts: Sequence[Selector],
    passing: Sequence[Postings],
    failures: Failures,
) -> tuple[RequirementResult, ...]:
    only = failures.only()
    outcomes = []
    for place, (part, passed) in enumerate(zip(parts, passing, strict=True)):
        outcomes.append(
            RequirementResult(
                text=_text(part),
                failing=len(everything) - len(passed),
                remaining=failures.left[place],
                failing_only_this=only[place],
                absent=_absent(view.store, everything, part, passed),
                note=note_of(view, everything, part, passed),
                values=common_values(view, part.requirements[0].key)
                if len(parts) == 1 and part.requirements and part.requirements[0].values
                else (),
            )
        )
    return tuple(outcomes)


def _absent(store: Store, everything: Postings, part: Selector, passed: Postings) -> int | None:
    if not part.requirements or not part.requirements[0].operator.matches_absent:
        return None
    if part.requirements[0].operator is Operator.DOES_NOT_EXIST:
        return len(passed)
    return len(everything) - counting.carriers(store, everything, part.requirements[0].key)
