"""Read what another process appends to the change log of its inventory."""

import os
from collections.abc import Iterator
from typing import NoReturn

from nodeselect.durable.journal import Journal, LogPosition, Record
from nodeselect.durable.log_file import UNSET, LogReader
from nodeselect.errors import InventoryError
from nodeselect.files.inputs import cannot_read
from nodeselect.problem import Place
from nodeselect.text import printable


class Follower(Journal):
    """Reads the new writes in the change log of another process.

    :param path: the log, as an absolute path.
    :ivar was_emptied: whether the last call of ``follow`` found that the log had been emptied.
    """

    has_writes = True

    def __init__(self, path: str) -> None:
        self._path = path
        self.was_emptied = False
        self._reader: LogReader | None = None

    @property
    def path(self) -> str:
        """The log, as an absolute path."""
        return self._path

    def settle(self) -> NoReturn:
        """Raise: an inventory that follows a log cannot be written to."""
        raise InventoryError(
            "read-only",
            "the inventory follows a log, and cannot be changed by other writes",
            place=Place(file=self._path),
            hint="write in the process that has the log open",
        )

    def records(self, generation: int, nodes: int, chain: int | None) -> Iterator[Record]:
        """Yield the writes in the log that are new, also if it was emptied in the meantime."""
        known: int | None = nodes
        while True:
            reader = self._reader
            if reader is None:
                reader = LogReader(self._path, is_followed=True)
                if reader.base.generation == UNSET:
                    reader.close()
                    return
                reader.check_base(generation, known, chain)
                self._reader = reader
            try:
                status = os.stat(self._path)  # noqa: PTH116 - pathlib is slower
            except OSError as error:
                raise cannot_read(printable(self._path), error) from None
            # What was written before the log was emptied is in the file that was read until now.
            is_current = os.path.samestat(status, os.fstat(reader.fileno()))
            if is_current and status.st_size < reader.position.offset:
                raise reader.damaged(reader.position, "what was read before is cut off")
            if not is_current or status.st_size > reader.position.offset:
                for record in reader.records():
                    if record.end.generation > generation:
                        self._check(record.start, generation, chain)
                        yield record
                        generation, known, chain = record.end.generation, None, record.end.chain
            if is_current:
                self._check(reader.position, generation, chain)
                return
            self.was_emptied = True
            self._reader = None
            reader.close()

    def _check(self, position: LogPosition, generation: int, chain: int | None) -> None:
        """Raise if a place in the log is not the one after the last write of the inventory.

        :param generation: that of the inventory.
        :param chain: the checksum in the log of its last write; None if that is not known.
        """
        if position.generation != generation or chain not in (None, position.chain):
            raise InventoryError(
                "other-log",
                f"the log does not continue these nodes, which are of generation {generation:,}",
                place=Place(file=self._path),
                hint="its writer began again with older nodes, or with others: call refresh with"
                " the file that the writer opened",
            )

    def restarted(self) -> "Follower":
        """Return a follower that reads the log from its beginning."""
        return Follower(self._path)
