"""What a placement requires beside labels: a tolerated taint, enough of a resource.

If the taints or the resources of a node are unknown, the requirement is met. An inventory counts
these nodes.
"""

from typing import NamedTuple

from nodeselect.node import CORDON, Node, Taint
from nodeselect.placement.toleration import Toleration, excludes
from nodeselect.placement.usage import Usage
from nodeselect.quantity import quantity_text


class Tolerates(NamedTuple):
    """The ``tolerations`` of a pod cover those taints of a node that have a key and an effect."""

    key: str
    effect: str
    tolerations: tuple[Toleration, ...]

    def is_met(self, node: Node, usage: Usage | None = None) -> bool:
        """Return whether they cover these taints of a node."""
        return not any(
            excludes(taint, self.tolerations)
            for taint in node.taints or ()
            if taint.key == self.key and taint.effect == self.effect
        )

    def __str__(self) -> str:
        taint = Taint(self.key, self.effect)
        return "schedulable" if taint == CORDON else f"tolerates {taint}"


class AtLeast(NamedTuple):
    """A node has enough of a resource: ``amount``, which is above 0 and in the resource's unit."""

    resource: str
    amount: int

    def is_met(self, node: Node, usage: Usage | None = None) -> bool:
        """Return whether enough is allocatable, and not requested by other pods on the node."""
        if node.resources is None:
            return True
        used = 0 if usage is None else usage.of(node.id).get(self.resource, 0)
        return node.resources.get(self.resource, 0) - used >= self.amount

    def __str__(self) -> str:
        return f"{self.resource} >= {quantity_text(self.resource, self.amount)}"
