"""What it costs to make an inventory, and to change it.

Sizes of the fleet are chosen by ``--fleet``. Nodes are made outside of the time. Nothing is
compacted unless it is said.
"""

import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.inventories import (
    LARGEST,
    changed_again,
    changed_nodes,
    fleet_nodes,
    inventory_of,
    node_id,
    with_changes,
)
from nodeselect import Inventory, Node

# Single writes that are timed, each by itself.
_WRITES = 5_000

# Upserts in one go, so that a fleet of a million is compacted twice among them.
_SUSTAINED = 300_000


@pytest.fixture(scope="module")
def inventory(n: int) -> Inventory:
    """Return the fleet; every test begins with a compaction."""
    return inventory_of(n)


def test_build(benchmark: BenchmarkFixture, n: int) -> None:
    """Make an inventory of nodes that are in memory."""
    benchmark.group = f"{n:,} nodes, made"
    fleet = list(fleet_nodes(n))
    assert len(benchmark.pedantic(Inventory, args=(fleet,), rounds=3, warmup_rounds=1)) == n


def test_read(benchmark: BenchmarkFixture, fleet_file: Callable[[int], Path], n: int) -> None:
    """Read an inventory from lines of JSON."""
    benchmark.group = f"{n:,} nodes, made"
    path = fleet_file(n)
    assert len(benchmark.pedantic(Inventory.read, args=(path,), rounds=3, warmup_rounds=1)) == n


def test_upsert_changed(benchmark: BenchmarkFixture, inventory: Inventory, n: int) -> None:
    """Put in a node that has another value of one label."""
    benchmark.group = f"{n:,} nodes, one write"
    _each(benchmark, inventory, inventory.upsert, changed_nodes(inventory, n, _WRITES))


def test_upsert_again(benchmark: BenchmarkFixture, inventory: Inventory, n: int) -> None:
    """The same where the node was changed since the last compaction already."""
    benchmark.group = f"{n:,} nodes, one write"
    inventory.compact()
    nodes = changed_nodes(inventory, n, min(n, _WRITES))
    for node in nodes:
        inventory.upsert(node)
    again = changed_again(nodes)
    benchmark.pedantic(inventory.upsert, setup=_arguments(iter(again)), rounds=len(again))


def test_upsert_equal(benchmark: BenchmarkFixture, inventory: Inventory, n: int) -> None:
    """Put in a node that is there already, equal in all parts."""
    benchmark.group = f"{n:,} nodes, one write"
    equal = [inventory[node_id(number * 7_919 % n)] for number in range(_WRITES)]
    _each(benchmark, inventory, inventory.upsert, equal)


def test_upsert_new(benchmark: BenchmarkFixture, inventory: Inventory, n: int) -> None:
    """Put in a node that was not there."""
    benchmark.group = f"{n:,} nodes, one write"
    labels = inventory[node_id(0)].labels
    new = [Node(f"new-{number}", labels) for number in range(_WRITES)]
    _each(benchmark, inventory, inventory.upsert, new)
    for node in new:
        inventory.remove(node.id)


def test_remove(benchmark: BenchmarkFixture, inventory: Inventory, n: int) -> None:
    """Take a node out."""
    benchmark.group = f"{n:,} nodes, one write"
    number = min(_WRITES, n)
    nodes = [inventory[node_id(at * 7_919 % n)] for at in range(number)]
    _each(benchmark, inventory, inventory.remove, [node.id for node in nodes])
    inventory.apply(nodes)


def test_apply(benchmark: BenchmarkFixture, inventory: Inventory, n: int) -> None:
    """Make 1,000 changes as one."""
    benchmark.group = f"{n:,} nodes, several"
    changes = changed_nodes(inventory, n, 20_000)
    batches = [changes[at : at + 1_000] for at in range(0, len(changes), 1_000)]
    _each(benchmark, inventory, inventory.apply, batches)


def test_snapshot(benchmark: BenchmarkFixture, inventory: Inventory, n: int) -> None:
    """Take a snapshot."""
    benchmark.group = f"{n:,} nodes, several"
    inventory.compact()
    assert len(benchmark(inventory.snapshot)) == n


def test_snapshot_after_write(benchmark: BenchmarkFixture, inventory: Inventory, n: int) -> None:
    """Take a snapshot and change one node, over and over, all snapshots kept."""
    benchmark.group = f"{n:,} nodes, several"
    inventory.compact()
    changes = iter(changed_nodes(inventory, n, _WRITES))
    kept: list[object] = []

    def both(node: Node) -> None:
        kept.append(inventory.snapshot())
        inventory.upsert(node)

    benchmark.pedantic(both, setup=_arguments(changes), rounds=_WRITES)


@pytest.mark.parametrize("share", [0.01, LARGEST])
def test_compact(benchmark: BenchmarkFixture, inventory: Inventory, n: int, share: float) -> None:
    """Index a share of changes with the rest."""
    benchmark.group = f"{n:,} nodes, compaction"
    inventory.compact()
    benchmark.pedantic(
        inventory.compact, setup=lambda: with_changes(inventory, n, share) and None, rounds=3
    )


def test_sustained(benchmark: BenchmarkFixture, n: int) -> None:
    """Change node after node, with the compactions that are due by themselves."""
    benchmark.group = f"{n:,} nodes, {_SUSTAINED:,} upserts"
    inventory = inventory_of(n, compact_at=LARGEST)
    changes = cycle(changed_nodes(inventory, n, _SUSTAINED))

    def upserts() -> None:
        upsert = inventory.upsert
        for _ in range(_SUSTAINED):
            upsert(next(changes))

    begin = time.perf_counter()
    benchmark.pedantic(upserts, rounds=1)
    per_second = _SUSTAINED / (time.perf_counter() - begin)
    benchmark.extra_info["upserts_per_second"] = round(per_second)
    print(f"\n{n:,} nodes: {per_second:,.0f} upserts a second, compactions included")


def _each(
    benchmark: BenchmarkFixture,
    inventory: Inventory,
    write: Callable[..., object],
    arguments: list[Node] | list[str] | list[list[Node]],
) -> None:
    """Time one write for each argument, after a compaction."""
    inventory.compact()
    benchmark.pedantic(write, setup=_arguments(iter(arguments)), rounds=len(arguments))


def _arguments(several: Iterator[object]) -> Callable[[], tuple[tuple[object], dict[str, object]]]:
    return lambda: ((next(several),), {})
