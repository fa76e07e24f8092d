"""What a placement requires beside labels: a tolerated taint, enough of a resource.

If the taints or the resources of a node are unknown, the requirement is met. An inventory counts
these nodes.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import reduce
from operator import and_
from typing import NamedTuple, Protocol, TypeAlias

from nodeselect.node import CORDON, Node, Taint
from nodeselect.placement.pod_rules import PodRule
from nodeselect.placement.toleration import Toleration, Tolerations
from nodeselect.quantity import quantity_text
from nodeselect.selectors import AnyOf, Selector

# The text of the requirement that a node is not cordoned.
SCHEDULABLE = "schedulable"


class Uses(Protocol):
    """What is requested on each node: a usage or a snapshot of one."""

    def of(self, node_id: str) -> Mapping[str, int]: ...


class Tolerates(NamedTuple):
    """The ``tolerations`` of a pod cover those taints of a node that have a key and an effect.

    If ``key`` is empty, they cover all taints of the node.
    """

    key: str
    effect: str
    tolerations: Tolerations

    def is_met(self, node: Node, usage: Uses | None = None) -> bool:
        """Return whether they cover these taints of a node."""
        return self.allows(node.taints or ())

    def allows(self, taints: Iterable[Taint]) -> bool:
        """Return whether they cover those of ``taints`` that have the key and the effect."""
        return not any(
            self.tolerations.exclude(taint)
            for taint in taints
            if not self.key or (taint.key == self.key and taint.effect == self.effect)
        )

    def found(self, node: Node, usage: Uses | None = None) -> str:
        """Return the taints of a node that have the key and the effect; ``unknown`` if unknown."""
        if node.taints is None:
            return "unknown"
        return ", ".join(str(each) for each in node.taints if each[:2] == (self.key, self.effect))

    def __str__(self) -> str:
        if not self.key:
            return "tolerates every taint"
        return SCHEDULABLE if self.is_about_cordon else f"tolerates {self.key}:{self.effect}"

    @property
    def is_about_cordon(self) -> bool:
        """Whether the taint is that of a cordoned node."""
        return (self.key, self.effect) == CORDON[:2]


class AtLeast(NamedTuple):
    """A node has enough of a resource: ``amount``, which is above 0 and in the resource's unit."""

    resource: str
    amount: int

    @property
    def is_minor(self) -> bool:
        """Whether it is what every pod requires: that a node may have one pod more."""
        return self == ("pods", 1)

    def is_met(self, node: Node, usage: Uses | None = None) -> bool:
        """Return whether enough is allocatable, and not requested by other pods on the node."""
        return free_amount(node, self.resource, usage) >= self.amount or node.resources is None

    def found(self, node: Node, usage: Uses | None = None) -> str:
        """Return how much is free on a node, such as ``1 of 4``; ``unknown`` if unknown."""
        if node.resources is None:
            return "unknown"
        amount = node.resources.get(self.resource, 0)
        free = free_amount(node, self.resource, usage)
        text = quantity_text(self.resource, max(0, free))
        in_use = amount and free != amount
        return f"{text} of {quantity_text(self.resource, amount)}" if in_use else text

    def __str__(self) -> str:
        return f"{self.resource} >= {quantity_text(self.resource, self.amount)}"


def free_amount(node: Node, resource: str, usage: Uses | None) -> int:
    """Return how much of a resource a node has, less what runs there; unknown resources are 0."""
    used = 0 if usage is None else usage.of(node.id).get(resource, 0)
    return (node.resources or {}).get(resource, 0) - used


Requirable: TypeAlias = Selector | AnyOf | Tolerates | AtLeast
"""A condition that a node meets or not, whatever other nodes there are."""

Condition: TypeAlias = Requirable | PodRule
"""One of the conditions into which a selector or a placement is split; all of them must hold."""


def if_replaced(
    conditions: Sequence[Condition], positions: Collection[int], replacements: Sequence[Condition]
) -> list[Condition]:
    """Return the conditions of a placement that has ``replacements`` for those at ``positions``.

    What a pod requires of labels and taints also decides which nodes count for its topology spread;
    and of its rules about other pods, some depend on all of a kind.
    """
    removed = [conditions[position] for position in positions]
    kept = [each for at, each in enumerate(conditions) if at not in positions]
    rule = next((each for each in conditions if isinstance(each, PodRule)), None)
    if rule is None:
        return [*replacements, *kept]
    left_out = {each[:2] for each in removed if isinstance(each, PodRule)}
    rules, tolerations = rule.rules.without(left_out), rule.tolerations
    own = rules.eligible.split()
    if any(each in own for each in removed):
        new = [each for each in replacements if isinstance(each, Selector | AnyOf)]
        eligible = [*(each for each in own if each not in removed), *new]
        rules = rules.replace(eligible=reduce(and_, eligible, Selector.everything()))
    taints = [each for each in removed if isinstance(each, Tolerates)]
    if taints:
        added = (Toleration(each.key, "Exists", effect=each.effect) for each in taints)
        tolerations = Tolerations((*tolerations.distinct, *added))
    others = [each for each in kept if not isinstance(each, PodRule)]
    return [*replacements, *others, *rules.conditions(tolerations)]
