"""In which order a rollout comes to its nodes: a plan of waves.

Expanso documents ``max_parallel`` as a percentage of all nodes for each wave. What it leaves open
is chosen here, and said by :func:`rollout_assumptions`.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nodeselect.jobs.models.job import RolloutSpec

__all__ = ["Wave", "plan_waves", "rollout_assumptions"]


class Wave(NamedTuple):
    """Nodes that get a new version at the same time.

    :param number: from 1; 0 is the one wave of an immediate rollout, as an execution's
        ``rollout_wave``.
    :param canary: whether the rollout waits after it, to see how these nodes do.
    :param ids: its nodes; never none.
    """

    number: int
    canary: bool
    ids: tuple[str, ...]


def plan_waves(ids: Sequence[str], rollout: "RolloutSpec") -> tuple[Wave, ...]:
    """Part the nodes of a job into the waves in which a rollout comes to them.

    Every id is in one wave, in the order in which they are given; no ids are no waves.

    :param ids: the nodes that match and are connected.
    :raises ValueError: when the strategy is not known.
    """
    if rollout.strategy not in ("immediate", "rolling", "canary"):
        raise ValueError(f"no plan is known for the strategy {rollout.strategy!r}")
    if not ids:
        return ()
    if rollout.strategy == "immediate":
        return (Wave(0, False, tuple(ids)),)
    first = _canaries(len(ids), rollout) if rollout.strategy == "canary" else 0
    size = _share(len(ids), rollout.max_parallel)
    starts = [*([0] if first else []), *range(first, len(ids), size)]
    return tuple(
        Wave(number, canary=end <= first, ids=tuple(ids[start:end]))
        for number, (start, end) in enumerate(pairwise([*starts, len(ids)]), 1)
    )


def rollout_assumptions(rollout: "RolloutSpec") -> tuple[str, ...]:
    """Say by which rules the waves are made that the documentation of Expanso leaves open."""
    if rollout.strategy == "immediate":
        return (
            "all nodes that match and are connected now are one wave, with the number 0",
            "nodes come in the order of the input",
            "a rollout without a strategy is immediate",
        )
    said = (
        "nodes come in the order of the input",
        "percentages are of the nodes that match and are connected now, rounded up",
        "a wave has at least one node, whatever the percentage",
    )
    if rollout.strategy == "rolling":
        return said
    canaries = "canary_count nodes, or canary_percent; without either, one node"
    return (
        *said,
        f"the canaries are the first wave: {canaries}",
        "max_parallel is a percentage of all nodes, canaries included",
    )


def _canaries(nodes: int, rollout: "RolloutSpec") -> int:
    """Give the number of nodes of the first wave of a canary rollout."""
    if rollout.canary_count is not None:
        return min(max(rollout.canary_count, 1), nodes)
    return min(_share(nodes, rollout.canary_percent or 0), nodes)


def _share(nodes: int, percent: int) -> int:
    """Give a percentage of nodes, rounded up, and at least one."""
    return max(-(-nodes * percent // 100), 1)
