"""The journal of an inventory: where its writes are kept, or come from, besides its memory.

Each inventory owns one of three: a :class:`Journal`, which keeps nothing; a change log, to which it
appends its writes; or a follower, which reads the change log of another process.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nodeselect.errors import InventoryError
from nodeselect.node import Node
from nodeselect.problem import Place


class LogPosition(NamedTuple):
    """A place between two records of a log; each record is a write.

    :param generation: the generation of the inventory after the record before this place.
    :param offset: where that record ends, in bytes.
    :param chain: the checksum of that record, from which the checksum of the next one is computed.
    """

    generation: int
    offset: int
    chain: int


class Record(NamedTuple):
    """One write in a log.

    :param nodes: how many nodes there were before it.
    :param changes: nodes that were added or replaced, and ids of nodes that were removed.
    :param start: the place in the log before the record.
    :param end: the place after it.
    """

    nodes: int
    changes: list[Node | str]
    start: LogPosition
    end: LogPosition


class Journal:
    """The journal of an inventory whose writes are only in memory; the base of the other two.

    The inventory calls its methods while no other thread writes.

    :ivar is_open: whether the inventory appends its writes to it.
    :ivar has_writes: whether the journal has all writes of the inventory, so that none is lost if
        the nodes are opened again.
    :ivar is_behind: whether writes of the journal are not made yet, since :meth:`records`, or a
        write, has failed.
    """

    is_open = False
    has_writes = False
    is_behind = False

    def __init__(self, path: str = "") -> None:
        self._path = path

    @property
    def path(self) -> str:
        """The file of the journal, as an absolute path; empty if it has none."""
        return self._path

    def records(self, generation: int, nodes: int, chain: int | None) -> Iterator[Record]:
        """Yield the writes that the inventory has not made yet.

        The caller must make each write before it requests the next one.

        :param generation: that of the inventory: yield the writes with a higher one.
        :param nodes: how many nodes the inventory has.
        :param chain: the checksum in the log of its last write; None if that is not known.
        :raises InventoryError: if the log cannot be read, is damaged or of other nodes, or was
            emptied so that some of the writes are not in it.
        """
        return iter(())

    def settle(self) -> LogPosition | None:
        """Return the place after the last write of the inventory; None if no writes are kept.

        If the last :meth:`append` was interrupted, it finds out whether the write is there.

        :raises InventoryError: if the inventory cannot be written to.
        """
        return None

    def append(self, generation: int, nodes: int, changes: Sequence[Node | str]) -> int:
        """Append a write to an open journal; return its checksum there.

        If this raises, the journal is as before. If it is interrupted, by a signal for example,
        call :meth:`settle`.

        :param generation: that of the inventory after the write.
        :param nodes: how many nodes there are before the write.
        :raises InventoryError: with the code ``cannot-write``.
        """
        raise NotImplementedError

    def mark(self) -> LogPosition:
        """Wait until all of an open journal is on the disk; return its end."""
        raise NotImplementedError

    def empty(self, mark: LogPosition, nodes: int) -> None:
        """Drop all writes before ``mark``, a place that :meth:`mark` returned.

        :param nodes: how many nodes the inventory had there.
        :raises InventoryError: with the code ``cannot-write``; then nothing changes.
        """
        raise NotImplementedError

    def restarted(self) -> "Journal":
        """Return the journal for nodes that were opened again: itself, or one that reads anew."""
        return self


def other_nodes(path: str, generation: int, expected: int, nodes: int) -> InventoryError:
    """Return the error for a log that belongs to other nodes.

    :param expected: how many nodes the log expects at this generation.
    :param nodes: how many there are.
    """
    return InventoryError(
        "other-log",
        f"the log was written for {expected:,} nodes at generation {generation:,}, and here are"
        f" {nodes:,}" + (", but different ones" if nodes == expected else ""),
        place=Place(file=path),
        hint="it is the log of other nodes: use another file",
    )
