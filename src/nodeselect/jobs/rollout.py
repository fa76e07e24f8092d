"""The order in which a rollout reaches nodes: a plan of waves.

Expanso documents ``max_parallel`` as a percentage of all nodes in each wave. What it leaves open is
decided here, and listed by :func:`rollout_assumptions`.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nodeselect.jobs.models.job import RolloutSpec

__all__ = ["Wave", "plan_waves", "rollout_assumptions"]


class Wave(NamedTuple):
    """Nodes that are updated at the same time.

    :param number: from 1; the one wave of an immediate rollout is 0, like the ``rollout_wave`` of
        an execution.
    :param canary: whether its nodes are canaries, which are observed before the rollout goes on.
    :param ids: the ids of its nodes, at least one.
    """

    number: int
    canary: bool
    ids: tuple[str, ...]


def plan_waves(ids: Sequence[str], rollout: "RolloutSpec") -> tuple[Wave, ...]:
    """Divide the nodes of a job into the waves of a rollout.

    Each id is in one wave, in the order of ``ids``; without ids there are no waves.

    :param ids: the ids of the nodes that match and are connected.
    """
    if not ids:
        return ()
    if rollout.strategy == "immediate":
        return (Wave(0, False, tuple(ids)),)
    canaries = _canary_size(len(ids), rollout) if rollout.strategy == "canary" else 0
    size = _percentage(len(ids), rollout.max_parallel)
    starts = [*([0] if canaries else []), *range(canaries, len(ids), size)]
    return tuple(
        Wave(number, canary=end <= canaries, ids=tuple(ids[start:end]))
        for number, (start, end) in enumerate(pairwise([*starts, len(ids)]), 1)
    )


def rollout_assumptions(rollout: "RolloutSpec") -> tuple[str, ...]:
    """Return what a plan assumes that the documentation of Expanso leaves open."""
    if rollout.strategy == "immediate":
        return (
            "all nodes that match and are connected now are one wave, with the number 0",
            "nodes are in the order of the input",
            "a rollout without a strategy is immediate",
        )
    assumptions = (
        "nodes are in the order of the input",
        "percentages are of the nodes that match and are connected now, rounded up",
        "a wave has at least one node, whatever the percentage",
    )
    if rollout.strategy == "rolling":
        return assumptions
    canaries = "canary_count nodes, or canary_percent; without either, one node"
    return (
        *assumptions,
        f"the canaries are the first wave: {canaries}",
        "max_parallel is a percentage of all nodes, including the canaries",
    )


def _canary_size(nodes: int, rollout: "RolloutSpec") -> int:
    """Return the number of nodes in the first wave of a canary rollout."""
    if rollout.canary_count is not None:
        return min(max(rollout.canary_count, 1), nodes)
    return min(_percentage(nodes, rollout.canary_percent or 0), nodes)


def _percentage(nodes: int, percent: int) -> int:
    """Return a percentage of nodes, rounded up, at least one."""
    return max(-(-nodes * percent // 100), 1)
