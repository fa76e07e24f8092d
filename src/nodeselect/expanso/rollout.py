"""Plan a rollout: the waves (groups of nodes, one after the other) in which nodes get a job.

Expanso documents that each wave has ``max_parallel`` percent of all nodes. The assumptions about
what Expanso does not document are in :func:`rollout_assumptions`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

from nodeselect.expanso.models import RolloutSpec
from nodeselect.text import quoted_id


class RolloutNode(Protocol):
    """The attributes of a node that a plan needs; :class:`nodeselect.Node` has them."""

    @property
    def id(self) -> str: ...
    @property
    def state(self) -> str | None: ...
    @property
    def connected(self) -> bool: ...


class Wave(NamedTuple):
    """Nodes that are updated at the same time.

    :param number: the number of the wave, from 1; 0 for the only wave of an immediate rollout.
    :param canary: whether the nodes are observed before the next wave begins.
    :param ids: the ids of the nodes, at least one, in the order in which the nodes were given.
    """

    number: int
    canary: bool
    ids: tuple[str, ...]


class RolloutPlan(NamedTuple):
    """Which nodes get a job in which wave of its rollout.

    :param matched: how many nodes were given to :func:`plan_rollout`.
    :param connected: how many of them are connected; only these are in a wave. None if no node has
        a state; then all are in a wave.
    :param stateless: how many have no state.
    :param waves: the waves in order; empty if no node is connected.
    :param assumptions: sentences about what the plan assumes.
    """

    matched: int
    connected: int | None
    stateless: int
    waves: tuple[Wave, ...]
    assumptions: tuple[str, ...]


def plan_rollout(nodes: Iterable[RolloutNode], rollout: RolloutSpec) -> RolloutPlan:
    """Divide the connected nodes into the waves of a rollout.

    The waves keep the order of ``nodes``. If no node has a state, all nodes are in the plan.

    :param nodes: the nodes that match, such as ``inventory.match(selector)``; not only their ids.
    :raises ValueError: if two nodes have the same id.
    """
    if not isinstance(rollout, RolloutSpec):
        raise TypeError(f"expected a RolloutSpec, not {type(rollout).__name__}")
    matched = _check_nodes(nodes)
    stateless = sum(node.state is None for node in matched)
    has_states = stateless < len(matched)
    planned = [node for node in matched if node.connected] if has_states else matched
    return RolloutPlan(
        matched=len(matched),
        connected=len(planned) if has_states else None,
        stateless=stateless,
        waves=_waves([node.id for node in planned], rollout),
        assumptions=rollout_assumptions(rollout),
    )


def rollout_assumptions(rollout: RolloutSpec) -> tuple[str, ...]:
    """Return sentences about what a plan assumes because Expanso does not document it."""
    order = "nodes are in the order of the input"
    if rollout.strategy == "immediate":
        return (
            "all nodes that match and are connected now are one wave, with the number 0",
            order,
            "a rollout without a strategy is immediate",
        )
    assumptions = (
        order,
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


def _check_nodes(nodes: Iterable[RolloutNode]) -> list[RolloutNode]:
    """Return the nodes as a list; raise if one is not a node, or if two have the same id."""
    checked = list(nodes)
    for node in checked:
        if not hasattr(node, "connected"):
            kind = type(node).__name__
            raise TypeError(f"expected nodes, such as those of an answer, not {kind}")
    for node_id, count in Counter(node.id for node in checked).items():
        if count > 1:
            raise ValueError(f"two nodes have the id {quoted_id(node_id)}")
    return checked


def _waves(ids: Sequence[str], rollout: RolloutSpec) -> tuple[Wave, ...]:
    if not ids:
        return ()
    if rollout.strategy == "immediate":
        return (Wave(0, False, tuple(ids)),)
    canaries = 0
    if rollout.strategy == "canary":
        wanted = rollout.canary_count
        if wanted is None:
            wanted = _percentage(len(ids), rollout.canary_percent or 0)
        canaries = min(max(wanted, 1), len(ids))
    size = _percentage(len(ids), rollout.max_parallel)
    starts = [*([0] if canaries else []), *range(canaries, len(ids), size)]
    return tuple(
        Wave(number, end <= canaries, tuple(ids[start:end]))
        for number, (start, end) in enumerate(pairwise([*starts, len(ids)]), 1)
    )


def _percentage(nodes: int, percent: int) -> int:
    """Return ``percent`` percent of ``nodes``, a number of nodes, rounded up; at least 1."""
    return max(-(-nodes * percent // 100), 1)
