"""The machine of an inventory with a change log: crashes, restarts and readers in between."""

from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from nodeselect import ChangeLog, Inventory, InventoryError, Node, Snapshot
from tests.inventory.small import tuned
from tests.property.inventory_machine import (
    Interrupted,
    InventoryMachine,
    Model,
    interrupted_write,
    nodes,
    ordered,
)


class LogMachine(InventoryMachine):
    """Also compares what the next process has, and what readers have, with the model then."""

    log: ChangeLog | None = None

    def teardown(self) -> None:
        if self.log:
            self.log.close()
        super().teardown()

    def _begin(self, fleet: list[Node], compact_at: float | None) -> None:
        super()._begin(fleet, compact_at)
        if self.log:
            self.log.close()
        self.path = Path(self.folder.name, "fleet.log")
        self.path.unlink(missing_ok=True)
        self.file.unlink(missing_ok=True)
        self.fleet, self.is_saved = fleet, False
        self.log = ChangeLog(self.path, sync="never")
        self.inventory = self._opened(self.log)
        self.header = self.log.size
        self.reader = self._opened()
        # The model at each generation, and where the log ends then, if it still has the write.
        self.history: dict[int, tuple[Model, int]] = {}
        self.ends: dict[int, int] = {}
        self.remember()

    def _opened(self, log: ChangeLog | None = None) -> Inventory:
        if self.is_saved:
            return tuned(self.tuning).open(self.file, log=log, compact_at=self.compact_at)
        return tuned(self.tuning)(self.fleet, log=log, compact_at=self.compact_at)

    @invariant()
    def remember(self) -> None:
        """Remember the state after each write."""
        if self.log:
            self.history[self.generation] = self.model, self.place
            self.ends.setdefault(self.generation, self.log.size)
            assert self.log.size == self.ends[self.generation] <= self.path.stat().st_size

    @rule(some=st.lists(nodes, min_size=1, max_size=8), at=st.integers(0, 7), late=st.booleans())
    def interrupt(self, some: list[Node], at: int, late: bool) -> None:
        """Interrupt a write after it was logged: it is made before the next one."""
        with interrupted_write(at, late=late):
            try:
                self.inventory.apply(some)
            except Interrupted:
                assert self.inventory.generation == self.generation
        self.inventory.apply([])
        self._change(some)

    @rule()
    def save(self) -> None:
        """Save the nodes: the log is empty."""
        self.inventory.save(self.file)
        self.is_saved = True
        assert self.log
        assert self.log.size == self.header == self.path.stat().st_size
        self.ends = {self.generation: self.log.size}

    @rule(copy=st.booleans(), verify=st.booleans())
    def open(self, copy: bool, verify: bool) -> None:
        """Save the nodes without emptying the log, and begin again."""
        self.inventory.snapshot().save(self.file)
        self.is_saved = True
        assert len(Inventory.open(self.file, copy=copy, verify=verify)) == len(self.model)
        self._restart()

    @rule(kept=st.none(), discard_changes=st.just(True))
    def refresh(self, kept: Any, discard_changes: bool) -> None:
        """An inventory with a log cannot be refreshed; its reader can."""
        assert kept is None
        if self.is_saved:
            self._fails(ValueError, lambda: self.inventory.refresh(self.file))
            before = self.reader.generation
            self.reader.refresh(self.file, discard_changes=discard_changes)
            assert self.reader.generation >= before
            self._check_reader()

    @rule()
    def restart(self) -> None:
        self._restart()

    def _restart(self) -> None:
        assert self.log
        self.log._file.close()
        self.log = ChangeLog(self.path, sync="never")
        self.inventory = self._opened(self.log)

    @rule(data=st.data())
    def lose_power(self, data: st.DataObject) -> None:
        """Cut off the log anywhere, and begin again; but what a saved file has is on the disk."""
        saved = Inventory.open(self.file).generation if self.is_saved else 0
        least = self.ends.get(saved, self.header)
        cut = data.draw(st.integers(least, self.ends[self.generation]))
        with self.path.open("r+b") as file:
            file.truncate(cut)
        self.ends = {generation: end for generation, end in self.ends.items() if end <= cut}
        self.generation = max(self.ends)
        self.model, self.place = self.history[self.generation]
        self._restart()
        if self.reader.generation > self.generation:  # it would notice; see the other tests
            self.reader = self._opened()

    @rule()
    def follow(self) -> None:
        """Make the new writes in a reader, whatever happened to the log."""
        try:
            self.reader.follow(self.path)
        except InventoryError as error:
            if error.code != "log-emptied" or self.reader._file.path is not None:
                raise
            self.reader.refresh(self.file, discard_changes=True)
            self.reader.follow(self.path)
        assert list(self.reader) == ordered(self.model)
        assert self.reader.generation == self.generation

    @rule()
    def begin_to_follow(self) -> None:
        self.reader = self._opened()

    def _check_reader(self) -> None:
        model, _ = self.history[self.reader.generation]
        assert list(self.reader) == ordered(model)

    def _check_reading(self, reading: Inventory | Snapshot, model: Model) -> None:
        super()._check_reading(reading, model)
        self._check_reader()
