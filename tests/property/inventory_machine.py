"""A live inventory against a plain dict of nodes and the model of the language.

The model of an inventory, and of an answer, is a dict of ids: the node, and its *place* among all
nodes that were ever added. Both must give the same answers, now and at any later time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from nodeselect import AnyOf, Inventory, InventoryError, Node, NodeSet, Selector, Snapshot
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.inventory.delta import Delta
from tests.inventory.facts import indexed_facts, naive_facts
from tests.inventory.small import SMALL, tuned
from tests.naive import matches_any
from tests.property.strategies import KEYS, LABEL_VALUES, any_ofs, facts, fleets, selectors

Model = dict[str, tuple[int, Node]]

IDS = [f"n-{number}" for number in range(24)]
UNKNOWN = "n-unknown"
COMPACT_AT = (None, 0.01, 0.5, 3.0)


fleet_selectors = selectors([*IDS, UNKNOWN], 3) | any_ofs([*IDS, UNKNOWN], 3)
ids = st.sampled_from(IDS)
nodes = st.builds(
    lambda *fields, known: Node(*fields, **known),
    ids,
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from(LABEL_VALUES), max_size=3),
    st.none() | st.sampled_from(("", "web")),
    st.none() | st.sampled_from(("ready", "")),
    known=st.just({}) | facts(),
)
changes = st.lists(nodes | ids, max_size=8)


class Interrupted(BaseException):
    """Raised between two steps of a write, as by Ctrl-C."""


@contextmanager
def interrupted_write(at: int, *, late: bool) -> Iterator[None]:
    """Interrupt a write at the node with this number, before or after the node is added."""
    add, left = Delta.add, [at]

    def interrupted(changes: Delta, node: Node, rank: int) -> None:
        left[0] -= 1
        if left[0] < 0 and not late:
            raise Interrupted
        add(changes, node, rank)
        if left[0] < 0:
            raise Interrupted

    with patch.object(Delta, "add", interrupted):
        yield


class SourceError(Exception):
    """Raised by an iterable of changes."""


def ordered(model: Model) -> list[Node]:
    """Return the nodes of a model in the order of their places."""
    return [node for _, node in sorted(model.values(), key=lambda pair: pair[0])]


class InventoryMachine(RuleBasedStateMachine):
    """Changes an inventory and its model, and compares their answers."""

    tuning: ClassVar[Tuning] = SMALL

    snapshots: Bundle[Any] = Bundle("snapshots")
    answers: Bundle[Any] = Bundle("answers")

    def __init__(self) -> None:
        super().__init__()
        self.inventory = Inventory()
        self.model: Model = {}
        self.place = 0
        self.generation = 0
        # The generation at which the inventory was last equal to a file.
        self.saved: int | None = None
        self.folder = TemporaryDirectory()
        self.file = Path(self.folder.name, "fleet.nsx")

    def teardown(self) -> None:
        self.folder.cleanup()

    @initialize(
        fleet=fleets(nodes, max_size=8) | fleets(nodes, 12, 24),
        compact_at=st.sampled_from(COMPACT_AT),
    )
    def begin(self, fleet: list[Node], compact_at: float | None) -> None:
        """Begin with some nodes."""
        self._begin(fleet, compact_at)

    def _begin(self, fleet: list[Node], compact_at: float | None) -> None:
        self.inventory = tuned(self.tuning)(fleet, compact_at=compact_at)
        self.model = {node.id: (place, node) for place, node in enumerate(fleet)}
        self.place = len(fleet)
        self.generation = 0
        self.saved = None
        self.compact_at = compact_at

    def _change(self, some: list[Any]) -> None:
        """Change the model; raise what an inventory raises."""
        model, place, changed = dict(self.model), self.place, False
        for change in some:
            if isinstance(change, str):
                del model[change]
                changed = True
                continue
            old = model.get(change.id)
            if old is not None and old[1] == change:
                continue
            model[change.id] = (place if old is None else old[0], change)
            place += old is None
            changed = True
        self.model, self.place = model, place
        self.generation += changed

    @rule(node=nodes)
    def upsert(self, node: Node) -> None:
        """Upsert a node that is new, changed or equal."""
        self.inventory.upsert(node)
        self._change([node])

    @rule(node_id=ids, again=st.booleans())
    def upsert_the_same(self, node_id: str, again: bool) -> None:
        """Upsert an equal node, perhaps with its labels in another order."""
        if node_id in self.model:
            node = self.model[node_id][1]
            if again:
                items = reversed(list(node.labels.items()))
                node = node.replace(labels=dict(items))
            self.inventory.upsert(node)
            self._change([node])

    @rule(node_id=ids)
    def remove(self, node_id: str) -> None:
        """Remove a node, known or unknown."""
        if node_id in self.model:
            self.inventory.remove(node_id)
            self._change([node_id])
        else:
            self._fails(KeyError, lambda: self.inventory.remove(node_id))

    @rule(some=changes)
    def apply(self, some: list[Any]) -> None:
        """Make several changes; an unknown id is an error in the middle."""
        there = set(self.model)
        for change in some:
            if isinstance(change, Node):
                there.add(change.id)
            elif change in there:
                there.remove(change)
            else:
                self._fails(KeyError, lambda: self.inventory.apply(some))
                return
        self.inventory.apply(iter(some))
        self._change(some)

    @rule(some=changes, wrong=st.sampled_from((None, 5, ("n-1",), b"n-1")), at=st.integers(0, 8))
    def apply_a_wrong_type(self, some: list[Any], wrong: Any, at: int) -> None:
        """Make changes one of which is neither a node nor an id."""
        mixed = [*some[:at], wrong, *some[at:]]
        self._fails(TypeError, lambda: self.inventory.apply(mixed))

    @rule(some=changes)
    def apply_a_source_that_raises(self, some: list[Any]) -> None:
        """Make the changes of an iterable that raises."""

        def raising() -> Iterator[Any]:
            yield from some
            raise SourceError

        self._fails(SourceError, lambda: self.inventory.apply(raising()))

    @rule(some=st.lists(nodes, min_size=1, max_size=8), at=st.integers(0, 7), late=st.booleans())
    def interrupt(self, some: list[Node], at: int, late: bool) -> None:
        """Interrupt a write before or after one of its steps, including those of a compaction."""
        before = self.model, self.place, self.generation
        with interrupted_write(at, late=late):
            try:
                self.inventory.apply(some)
            except Interrupted:
                assert self.inventory.generation == before[2]
                return
        self._change(some)

    @rule()
    def compact(self) -> None:
        """Compact; readers see no difference."""
        self.inventory.compact()

    @rule()
    def reload(self) -> None:
        """Build a new inventory of the same nodes."""
        fleet = list(self.inventory)
        assert fleet == ordered(self.model)
        self._begin(fleet, self.compact_at)

    @rule()
    def save(self) -> None:
        """Save the nodes; the generation rises above that of a file of another inventory."""
        replaced = Inventory.open(self.file).generation if self.file.exists() else -1
        self.inventory.save(self.file)
        if self.inventory.generation != self.generation:
            assert self.generation < self.inventory.generation in (replaced, replaced + 1)
        self.saved = self.generation = self.inventory.generation

    @rule(copy=st.booleans(), verify=st.booleans())
    def open(self, copy: bool, verify: bool) -> None:
        """Save the nodes, and go on with an inventory that is opened from the file."""
        self.save()
        self.inventory = tuned(self.tuning).open(
            self.file, copy=copy, verify=verify, compact_at=self.compact_at
        )

    @rule(kept=snapshots, discard_changes=st.booleans())
    def refresh(self, kept: tuple[Snapshot, Model, int], discard_changes: bool) -> None:
        """Move to the nodes of a snapshot that is saved; unsaved changes are lost only if asked."""
        snapshot, model, generation = kept
        snapshot.save(self.file)
        if self.generation != self.saved and not discard_changes:
            self._fails(InventoryError, lambda: self.inventory.refresh(self.file))
            return
        self.inventory.refresh(self.file, discard_changes=discard_changes)
        self.model, self.generation = dict(model), generation
        self.place = 1 + max((place for place, _ in model.values()), default=-1)
        self.saved = generation

    @rule(target=snapshots)
    def snapshot(self) -> Any:
        return self.inventory.snapshot(), dict(self.model), self.generation

    @rule(kept=snapshots, selector=fleet_selectors, target=answers)
    def match_a_snapshot(
        self, kept: tuple[Snapshot, Model, int], selector: Selector | AnyOf
    ) -> Any:
        """Match on a snapshot, whatever has happened since."""
        snapshot, model, generation = kept
        assert snapshot.generation == generation
        self._check_reading(snapshot, model)
        return self._asked(snapshot, model, selector), snapshot._view

    @rule(selector=fleet_selectors, target=answers)
    def match(self, selector: Selector | AnyOf) -> Any:
        return self._asked(self.inventory, self.model, selector), self.inventory._view

    @rule(selector=fleet_selectors)
    def length_alone(self, selector: Selector | AnyOf) -> None:
        """Compute only the length of an answer."""
        assert len(self.inventory.match(selector)) == len(matching(self.model, selector))

    @rule(answer=answers, number=st.integers(0, 30), key=st.sampled_from(KEYS))
    def read_an_answer(
        self, answer: tuple[tuple[NodeSet, Model], object], number: int, key: str
    ) -> None:
        """Read everything from an earlier answer."""
        (found, model), _ = answer
        check_answer(found, model, number, key)

    @rule(
        one=answers,
        other=answers,
        operation=st.sampled_from("&|-"),
        target=answers,
    )
    def combine(
        self,
        one: tuple[tuple[NodeSet, Model], object],
        other: tuple[tuple[NodeSet, Model], object],
        operation: str,
    ) -> Any:
        """Combine two answers, of one snapshot or of two."""
        (left, left_model), snapshot = one
        (right, right_model), other_snapshot = other
        combined = OPERATIONS[operation]
        if snapshot is not other_snapshot:
            self._fails(ValueError, lambda: combined(left, right))
            self._fails(ValueError, lambda: left == right)
            return one
        model = combined_models(operation, left_model, right_model)
        answer = combined(left, right)
        check_answer(answer, model, 3, "x")
        assert (left == right) == (left_model == right_model)
        return (answer, model), snapshot

    @invariant()
    def agree(self) -> None:
        """The inventory has the nodes of the model, in its order."""
        assert self.inventory.generation == self.generation
        assert len(self.inventory) == len(self.model)

    @rule()
    def look(self) -> None:
        self._check_reading(self.inventory, self.model)

    def _check_reading(self, reading: Inventory | Snapshot, model: Model) -> None:
        assert list(reading) == ordered(model)
        assert len(reading) == len(model)
        assert indexed_facts(reading) == naive_facts(list(reading))
        for node_id in (*IDS, UNKNOWN):
            assert (node_id in reading) == (node_id in model)
            if node_id in model:
                node = model[node_id][1]
                assert reading[node_id] == node
                assert list(reading[node_id].labels.items()) == list(node.labels.items())
                assert node in reading

    def _asked(
        self, reading: Inventory | Snapshot, model: Model, selector: Selector | AnyOf
    ) -> tuple[NodeSet, Model]:
        answer = reading.match(selector)
        some = matching(model, selector)
        assert answer.ids() == [node.id for node in ordered(some)]
        return answer, some

    def _fails(self, kind: type[Exception], ask: Callable[[], object]) -> None:
        """Check that a call raises, and changes nothing."""
        try:
            ask()
        except kind:
            self._check_reading(self.inventory, self.model)
            return
        raise AssertionError(f"no {kind.__name__}")


class FewNodesMachine(InventoryMachine):
    """The same with the thresholds of real inventories: no segment, and few nodes tested singly."""

    tuning: ClassVar[Tuning] = DEFAULT


OPERATIONS: dict[str, Callable[[NodeSet, NodeSet], NodeSet]] = {
    "&": lambda one, other: one & other,
    "|": lambda one, other: one | other,
    "-": lambda one, other: one - other,
}


def combined_models(operation: str, left: Model, right: Model) -> Model:
    """Combine two models of one snapshot."""
    if operation == "|":
        return {**right, **left}
    return {
        node_id: pair for node_id, pair in left.items() if (node_id in right) == (operation == "&")
    }


def matching(model: Model, selector: Selector | AnyOf) -> Model:
    """Return the nodes that the model of the language matches."""
    return {
        node_id: (place, node)
        for node_id, (place, node) in model.items()
        if matches_any(selector, node.labels, node_id)
    }


def check_answer(found: NodeSet, model: Model, number: int, key: str) -> None:
    """Check everything that an answer returns."""
    wanted = ordered(model)
    assert len(found) == len(wanted)
    assert found.ids() == [node.id for node in wanted]
    assert list(found) == wanted
    assert found.first(number) == wanted[:number]
    for node_id in (*IDS, UNKNOWN):
        assert (node_id in found) == (node_id in model)
    drawn = found.sample(number, seed=number)
    assert len(drawn) == min(number, len(wanted))
    assert [node for node in wanted if node in drawn] == drawn
    counts: dict[str, int] = {}
    for node in wanted:
        if key in node.labels:
            counts[node.labels[key]] = counts.get(node.labels[key], 0) + 1
    expected = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    assert list(found.value_counts(key).items()) == expected
