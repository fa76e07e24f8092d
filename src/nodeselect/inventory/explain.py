"""The dry run of a selector: a few operations on sets for each requirement.

Each requirement is asked as a selector of its own, so it is planned, kept and answered as any
other. What the sets say together is worked out by intersecting and subtracting them; no node is
looked at but the few that are shown.
"""

from collections.abc import Mapping, Sequence

from nodeselect.inventory import counting, postings
from nodeselect.inventory.advice import NOTHING
from nodeselect.inventory.explanation import (
    Explanation,
    NearMiss,
    NodeExplanation,
    Outcome,
    Reason,
)
from nodeselect.inventory.hints import find_hints
from nodeselect.inventory.moment import Moment
from nodeselect.inventory.notes import common_values, note_of
from nodeselect.inventory.postings import Postings
from nodeselect.inventory.telling import headline_of
from nodeselect.labels import Requirement, Selector
from nodeselect.node import CONNECTED

__all__ = ["counted_headline", "explain", "explain_node"]

_MOST_GROUPS = 256
"""Groups of equal reasons that are told apart; many requirements on many nodes have more."""

_SAMPLED = 10
"""Groups that ids are shown of."""

_SAMPLE = 3

_NEAREST = 5

_NAMED = 3
"""Ids that are named; of more it is said how many."""


def explain(moment: Moment, selector: Selector) -> Explanation:
    """Count why nodes match ``selector`` at ``moment``, and why not the others."""
    everything = moment.everything()
    total = len(everything)
    parts = selector.parts
    passing = [moment.match(part) for part in parts]
    groups, lumped = _groups(everything, passing)
    matched = groups.pop((), postings.of(()))
    states = counting.states(moment.store, matched)
    reasons = _reasons(moment, groups)
    # Where groups were given up, the nearest nodes may be among them.
    nearest = _fewest(everything - matched, passing) if lumped else _of_fewest(groups)
    if lumped:
        only = _only(everything, passing)
    else:
        only = [len(groups.get((place,), ())) for place in range(len(parts))]
    outcomes = _outcomes(moment, everything, parts, passing, only)
    hints, correction = find_hints(moment, everything, selector, passing, outcomes)
    return Explanation(
        selector=str(selector),
        total=total,
        matched=len(matched),
        states=states,
        connected=sum(count for state, count in states.items() if state in CONNECTED),
        outcomes=outcomes,
        reasons=reasons,
        other_reasons=lumped,
        near=_near(moment, nearest, passing),
        hints=hints,
        missing_ids=tuple(i for i in selector.ids or () if moment.find(i) is None),
        correction=correction,
    )


def explain_node(moment: Moment, selector: Selector, node_id: str) -> NodeExplanation:
    """Say of one node which requirements of ``selector`` it satisfies.

    :raises KeyError: when there is no such node.
    """
    ordinal = moment.find(node_id)
    if ordinal is None:
        raise KeyError(node_id)
    labels = moment.store.node(ordinal).labels
    rows = []
    for part in selector.parts:
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
    if len(failures) > _MOST_GROUPS:
        return None
    texts = [_text(part) for part in selector.parts]
    groups = [
        (-nodes, tuple(place for place in range(len(texts)) if failed >> place & 1))
        for failed, nodes in failures.items()
        if failed
    ]
    reasons = [(-nodes, [texts[at] for at in failed]) for nodes, failed in sorted(groups)[:3]]
    return headline_of(failures.get(0, 0), sum(failures.values()), connected, reasons)


def _text(part: Selector) -> str:
    if part.ids is None:
        return str(part)
    if not part.ids:
        return NOTHING
    if len(part.ids) > _NAMED:
        return f"<one of {len(part.ids):,} ids>"
    return f"<id in ({','.join(part.ids)})>"


def _groups(
    everything: Postings, passing: Sequence[Postings]
) -> tuple[dict[tuple[int, ...], Postings], int]:
    """Part the nodes by the places of what they fail; give also how many are in no group.

    Where there come to be too many groups, the smallest are given up. The nodes that match are
    never given up.
    """
    groups: dict[tuple[int, ...], Postings] = {(): everything}
    lumped = 0
    for place, passed in enumerate(passing):
        parted: dict[tuple[int, ...], Postings] = {}
        for failed, nodes in groups.items():
            if both := nodes & passed:
                parted[failed] = both
            if only := nodes - passed:
                parted[(*failed, place)] = only
        if len(parted) > _MOST_GROUPS:
            ranked = sorted(parted, key=lambda failed: (bool(failed), -len(parted[failed]), failed))
            lumped += sum(len(parted[failed]) for failed in ranked[_MOST_GROUPS:])
            parted = {failed: parted[failed] for failed in ranked[:_MOST_GROUPS]}
        groups = parted
    return groups, lumped


def _reasons(moment: Moment, groups: dict[tuple[int, ...], Postings]) -> tuple[Reason, ...]:
    ranked = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return tuple(
        Reason(failed, len(nodes), _ids(moment, nodes, _SAMPLE) if at < _SAMPLED else ())
        for at, (failed, nodes) in enumerate(ranked)
    )


def _of_fewest(groups: dict[tuple[int, ...], Postings]) -> Postings:
    """Give the nodes of the groups that fail the fewest requirements."""
    fewest = min(map(len, groups), default=0)
    return postings.union([nodes for failed, nodes in groups.items() if len(failed) == fewest])


def _fewest(failing: Postings, passing: Sequence[Postings]) -> Postings:
    """Give those of ``failing`` that fail the fewest requirements, whatever these are.

    What each node fails is counted in binary digits, all nodes at once: a digit is the set of
    nodes whose number has it. Cost: about three operations on sets for each requirement.
    """
    digits: list[Postings] = []
    for passed in passing:
        carried = failing - passed
        for at, digit in enumerate(digits):
            digits[at], carried = digit ^ carried, digit & carried
            if not carried:
                break
        if carried:
            digits.append(carried)
    nearest = failing
    for digit in reversed(digits):
        nearest = nearest - digit or nearest
    return nearest


def _near(moment: Moment, nearest: Postings, passing: Sequence[Postings]) -> tuple[NearMiss, ...]:
    store = moment.store
    return tuple(
        NearMiss(
            store.id(ordinal),
            tuple(place for place, passed in enumerate(passing) if ordinal not in passed),
        )
        for ordinal in store.first(nearest, _NEAREST)
    )


def _only(everything: Postings, passing: Sequence[Postings]) -> list[int]:
    """Count, for each requirement, the nodes that fail it and nothing else."""
    behind = [everything]  # behind[-1 - i]: what satisfies the last i requirements
    for passed in reversed(passing):
        behind.append(behind[-1] & passed)
    before, only = everything, []
    for place, passed in enumerate(passing):
        without = before & behind[-2 - place]
        only.append(len(without) - postings.intersection(without, passed))
        before = before & passed
    return only


def _outcomes(
    moment: Moment,
    everything: Postings,
    parts: Sequence[Selector],
    passing: Sequence[Postings],
    only: Sequence[int],
) -> tuple[Outcome, ...]:
    total = len(everything)
    before, outcomes = everything, []
    for part, passed, alone in zip(parts, passing, only, strict=True):
        before = before & passed
        fails = total - len(passed)
        outcomes.append(
            Outcome(
                text=_text(part),
                fails=fails,
                left=len(before),
                only=alone,
                absent=_absent(moment, part.requirements, everything),
                note=note_of(moment, everything, part, passed),
                values=common_values(moment, everything, part.requirements[0])
                if len(parts) == 1 and part.requirements and part.requirements[0].values
                else (),
            )
        )
    return tuple(outcomes)


def _absent(
    moment: Moment, requirements: tuple[Requirement, ...], everything: Postings
) -> int | None:
    if not requirements or not requirements[0].operator.takes_absent:
        return None
    return len(everything) - counting.carriers(moment, everything, requirements[0].key)


def _ids(moment: Moment, nodes: Postings, n: int) -> tuple[str, ...]:
    store = moment.store
    return tuple(store.id(ordinal) for ordinal in store.first(nodes, n))
