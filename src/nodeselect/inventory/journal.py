"""Where the writes of an inventory are kept: nowhere, in its change log, or in one it follows."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nodeselect.errors import InventoryError
from nodeselect.inventory.store import View
from nodeselect.node import Node
from nodeselect.problem import Place

if TYPE_CHECKING:  # inventories without a log do not load it
    from nodeselect.durable.change_log import ChangeLog
    from nodeselect.durable.log_file import LogPosition, Record


class Journal:
    """Keeps no writes. An inventory calls it while no other thread writes.

    :ivar pending: the changes that were appended, until readers see them.
    """

    is_kept = False
    """Whether all writes are in a log."""

    followed: str | None = None
    """The path of the log that is followed, if one is."""

    path = ""
    pending: Sequence[Node | str] = ()

    @property
    def is_open(self) -> bool:
        """Whether writes can be appended to a log."""
        return False

    @property
    def is_behind(self) -> bool:
        """Whether the inventory lacks writes that are in the log, because reading has failed."""
        return False

    def records(self, view: View) -> "Iterator[Record]":
        """Yield the writes that are in the log but not in the inventory."""
        return iter(())

    def was_emptied(self) -> bool:
        """Return whether the followed log was emptied since the last call."""
        return False

    def settle(self) -> "LogPosition | None":
        """Return the place after the last complete write in the log; None without a log.

        :raises InventoryError: if nothing can be appended because the log is closed or followed.
        """
        return None

    def append(self, view: View, changes: Sequence[Node | str]) -> int | None:
        """Append a write to ``view``; return the checksum of its record, or None without a log."""
        return None

    def raise_to(self, generation: int, view: View) -> int | None:
        """Append that the generation rises, and nothing else; return as :meth:`append` does."""
        return None

    def mark(self) -> "LogPosition | None":
        """Wait until the log is on the disk; return the place after its last write."""
        return None

    def empty(self, mark: "LogPosition", nodes: int) -> None:
        """Drop the writes before ``mark``, where there were this number of ``nodes``."""


class OwnLog(Journal):
    """Appends each write to a change log, which may have been closed since."""

    is_kept = True

    def __init__(self, log: "ChangeLog") -> None:
        self._log = log
        self.path = log.path
        self.pending = ()

    @property
    def is_open(self) -> bool:
        return self._log.is_open

    def records(self, view: View) -> "Iterator[Record]":
        return self._log.records(view.generation, len(view), view.chain)

    def settle(self) -> "LogPosition":
        return self._log.settle()

    def append(self, view: View, changes: Sequence[Node | str]) -> int:
        if view.store.segment is not None:  # what is damaged must not be found later
            view.store.segment.load_nodes()
        self.pending = changes
        return self._log.append(view.generation + 1, len(view), changes)

    def raise_to(self, generation: int, view: View) -> int:
        self.pending = ()
        return self._log.append(generation, len(view), ())

    def mark(self) -> "LogPosition":
        return self._log.mark()

    def empty(self, mark: "LogPosition", nodes: int) -> None:
        try:
            self._log.empty(mark, nodes)
        except InventoryError as error:
            text = f"the nodes are saved, but the log cannot be emptied: {error.message}"
            raise InventoryError(error.code, text, place=error.place, hint=error.fix) from None


class FollowedLog(Journal):
    """Has the writes of another process, which are the only ones."""

    is_kept = True

    def __init__(self, path: str) -> None:
        from nodeselect.durable.change_log import Follower

        self.followed = self.path = path
        self._follower = Follower(path)

    @property
    def is_behind(self) -> bool:
        return self._follower.is_behind

    def records(self, view: View) -> "Iterator[Record]":
        return self._follower.records(view.generation, len(view), view.chain)

    def was_emptied(self) -> bool:
        was_emptied, self._follower.was_emptied = self._follower.was_emptied, False
        return was_emptied

    def settle(self) -> "LogPosition":
        raise InventoryError(
            "read-only",
            "the inventory follows a log, and cannot be changed by other writes",
            place=Place(file=self.path),
            hint="write in the process that has the log open",
        )
