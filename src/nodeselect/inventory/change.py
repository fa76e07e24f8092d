"""What a write did to one node."""

from typing import Literal, NamedTuple

from nodeselect.node import Node

ChangeKind = Literal["added", "changed", "unchanged", "removed"]


class NodeChange(NamedTuple):
    """What a write did to one node.

    :param old: the node before the write; None if it was not there.
    :param new: the node after the write; None if it is not there any more.
    :param generation: the generation of the inventory after the write.
    """

    old: Node | None
    new: Node | None
    generation: int

    @property
    def id(self) -> str:
        """The id of the node."""
        node = self.new or self.old
        assert node is not None, "a change has a node before or after it"
        return node.id

    @property
    def kind(self) -> ChangeKind:
        """Whether the node was added, changed or removed, or is unchanged."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        return "unchanged" if self.old == self.new else "changed"
