"""The nodes of a segment by rank, read one by one.

A *segment* is many nodes that never change. The *rank* of a node is its position in the inventory
order of a segment, from 0. Labels are dictionary encoded: each pair of key and value has a number.
One array has the label numbers of all nodes, and another has their start for each node:

    ids        [ "n-1"    , "n-2" , …
    offsets    [ 0        , 2     , 3 …        where the labels of each node begin
    label_ids  [ 0, 1     , 0     , …          1 → keys[1], values[1] → "gpu", "true"

So a label takes one to four bytes. A ``Node`` object is built only when the node is read.
"""

from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias, TypeVar

from nodeselect.node import Facts, Node, Taint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Ranks: TypeAlias = "array[int] | NDArray[np.integer[Any]]"
"""Ranks as an array of any integers."""

_S = TypeVar("_S", bound=str | None, covariant=True)


class Strings(Protocol[_S]):
    """A sequence with a string or None for each node, by rank, such as a numpy array of objects."""

    def __len__(self) -> int: ...

    def __getitem__(self, rank: int, /) -> _S: ...

    def take(self, ranks: Any, /) -> "NDArray[np.object_] | list[Any]":
        """Return the strings at the positions ``ranks``."""


def to_list(strings: "NDArray[np.object_] | list[Any]") -> list[Any]:
    """Convert the result of :meth:`Strings.take`, an array or a list, to a list."""
    return strings if isinstance(strings, list) else strings.tolist()


KNOWN: Final = ""
"""A resource that no node can have: it has the amount 1 if the resources of a node are known."""


class AmountColumn(NamedTuple):
    """The amount of a resource on each node: ``codes``, by rank, are indexes in ``amounts``."""

    amounts: "memoryview[int]"
    codes: "memoryview[int]"

    @property
    def largest(self) -> int:
        return self.amounts[-1] if len(self.amounts) else 0


class FactColumns(NamedTuple):
    """The facts about the nodes of a segment: their taints and resources.

    :param taint_sets: the different sets of taints; first None, for nodes whose taints are unknown.
    :param taints: for each node, by rank, the index of its taints in ``taint_sets``.
    :param amounts: by the name of the resource, sorted; a node without it has 0. ``KNOWN`` is among
        these, if the resources of any node are known.
    """

    taint_sets: list[tuple[Taint, ...] | None]
    taints: "memoryview[int]"
    amounts: Mapping[str, AmountColumn]

    def facts(self, rank: int) -> Facts | None:
        """Return the facts about the node at ``rank``; None if none is known."""
        taints = self.taint_sets[self.taints[rank]]
        amounts = {
            name: amount
            for name, (amounts, codes) in self.amounts.items()
            if (amount := amounts[codes[rank]])
        }
        resources = amounts if amounts.pop(KNOWN, 0) else None
        return None if taints is None and resources is None else Facts(taints, resources)


class NodeRows:
    """The nodes of a segment in columns, by rank. Immutable.

    :ivar ids: the id of each node.
    :ivar names: the name of each node; None if no node has one.
    :ivar state_names: the different states; None is among them if a node has no state.
    :ivar keys: the key of each label, by its number.
    :ivar values: the value of each label, by its number.
    :ivar fact_columns: the facts about the nodes; None if none is known.
    """

    ids: Strings[str]
    names: Strings[str | None] | None
    state_names: list[str | None]
    keys: Sequence[str]
    values: Sequence[str]
    fact_columns: FactColumns | None

    # For each node, the position of its state in ``state_names``, and where its labels begin in the
    # numbers of all labels. Reading one number takes a third of the time in a memoryview.
    state_at: "memoryview[int]"
    offset_at: "memoryview[int]"
    label_id_at: "memoryview[int]"

    def __len__(self) -> int:
        return len(self.ids)

    def load(self) -> None:
        """Read all columns not read yet; raise if they are in a damaged file."""
        _ = self.ids, self.names, self.state_names, self.keys, self.values
        _ = self.state_at, self.offset_at, self.label_id_at, self.fact_columns

    def labels(self, rank: int) -> dict[str, str]:
        """Return the labels of the node at ``rank``, in their original order."""
        offsets, keys, values = self.offset_at, self.keys, self.values
        label_ids = self.label_id_at[offsets[rank] : offsets[rank + 1]].tolist()
        return {keys[label_id]: values[label_id] for label_id in label_ids}

    def facts(self, rank: int) -> Facts | None:
        columns = self.fact_columns
        return None if columns is None else columns.facts(rank)

    def node(self, rank: int) -> Node:
        """Build the node at ``rank``. Cost: about 3 µs for ten labels."""
        try:
            name = None if self.names is None else self.names[rank]
            state = self.state_names[self.state_at[rank]]
            facts = self.facts(rank)
            return Node._trusted(self.ids[rank], self.labels(rank), name, state, facts)
        except IndexError:
            raise self.damaged() from None

    def equals(self, rank: int, node: Node) -> bool:
        """Return whether ``node`` equals the node at ``rank``, except perhaps for its id."""
        try:
            return (
                self.labels(rank) == node.labels
                and self.state_names[self.state_at[rank]] == node.state
                and (None if self.names is None else self.names[rank]) == node.name
                and self.facts(rank) == node._facts
            )
        except IndexError:
            raise self.damaged() from None

    def damaged(self) -> Exception:
        """Return the error for a number out of range, which only a damaged file can have."""
        return AssertionError("the arrays of a table have no such numbers")
