"""What a selector costs over an inventory: every kind of question, and the worst ones.

Sizes of the fleet are chosen by ``--fleet``. Unless something else is said, a selector was asked
before, so that its plan is kept.
"""

from collections.abc import Callable, Iterator
from itertools import cycle

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.inventories import inventory_of, node_id, with_changes, worked_out
from benchmarks.questions import (
    SELECTORS,
    five_never_seen,
    ids_never_seen,
    lists_of_racks,
    some_ids,
)
from nodeselect import Inventory, Selector

_MOST_ROUNDS = 200

Asking = Callable[[Selector], object]


@pytest.fixture(scope="session")
def inventory(n: int) -> Inventory:
    """Return the fleet, as it is after a compaction."""
    return inventory_of(n)


@pytest.fixture(scope="session")
def changed(n: int) -> Inventory:
    """Return the fleet with as many changes as there can be before a compaction."""
    return with_changes(inventory_of(n), n)


@pytest.fixture(scope="session")
def with_states(n: int) -> Inventory:
    """Return the fleet with states."""
    return inventory_of(n, with_states=True)


@pytest.fixture(scope="session")
def with_hostnames(n: int) -> Inventory:
    """Return the fleet where each node has a label that no other one has."""
    return inventory_of(n, unique_hostname=True)


@pytest.mark.parametrize("name", SELECTORS)
def test_set(benchmark: BenchmarkFixture, inventory: Inventory, n: int, name: str) -> None:
    """Work the set out."""
    benchmark.group = f"{n:,} nodes, set"
    _ask(benchmark, inventory, SELECTORS[name])


@pytest.mark.parametrize("states", [None, {"connected"}])
@pytest.mark.parametrize("name", ["five", "one rack", "negation alone", "everything"])
def test_states(
    benchmark: BenchmarkFixture, with_states: Inventory, n: int, name: str, states: set[str] | None
) -> None:
    """Work out the set of all nodes, and of the connected ones."""
    benchmark.group = f"{n:,} nodes with states, {name}"
    selector = SELECTORS[name]
    benchmark(lambda: worked_out(with_states.match(selector, states=states)))


@pytest.mark.parametrize("name", ["five", "one rack", "negation alone", "everything"])
def test_count(benchmark: BenchmarkFixture, inventory: Inventory, n: int, name: str) -> None:
    """Ask for the number of nodes only."""
    benchmark.group = f"{n:,} nodes, count"
    selector = SELECTORS[name]
    assert benchmark(lambda: len(inventory.match(selector))) <= n


@pytest.mark.parametrize("name", ["five", "one rack", "team and version", "region and tier"])
def test_ids(benchmark: BenchmarkFixture, inventory: Inventory, n: int, name: str) -> None:
    """Work the set out and give the ids in inventory order."""
    benchmark.group = f"{n:,} nodes, ids"
    selector = SELECTORS[name]
    ids = benchmark(lambda: inventory.match(selector).ids())
    assert ids == sorted(ids)


@pytest.mark.parametrize("name", ["five"])
def test_ids_of_nodes(benchmark: BenchmarkFixture, inventory: Inventory, n: int, name: str) -> None:
    """Build each node for its id, beside what ``ids()`` takes."""
    benchmark.group = f"{n:,} nodes, ids"
    selector = SELECTORS[name]
    ids = benchmark(lambda: [node.id for node in inventory.match(selector)])
    assert ids == inventory.match(selector).ids()


@pytest.mark.parametrize("name", ["five", "one rack", "negation alone", "everything"])
def test_first(benchmark: BenchmarkFixture, inventory: Inventory, n: int, name: str) -> None:
    """Work the set out and give its first ten nodes, in inventory order."""
    benchmark.group = f"{n:,} nodes, first ten nodes"
    selector = SELECTORS[name]
    assert len(benchmark(lambda: inventory.match(selector).first(10))) <= 10


@pytest.mark.parametrize("name", ["five", "negation alone"])
@pytest.mark.parametrize("key", ["zone", "rack"])
def test_facet(
    benchmark: BenchmarkFixture, inventory: Inventory, n: int, name: str, key: str
) -> None:
    """Count an answer by one of its keys: 60 zones, 2,000 racks."""
    benchmark.group = f"{n:,} nodes, facet"
    answer = worked_out(inventory.match(SELECTORS[name]))
    assert sum(benchmark(answer.value_counts, key).values()) == len(answer)


@pytest.mark.parametrize("name", ["five", "negation alone"])
def test_sample(benchmark: BenchmarkFixture, inventory: Inventory, n: int, name: str) -> None:
    """Draw ten nodes of an answer."""
    benchmark.group = f"{n:,} nodes, sample of ten"
    answer = worked_out(inventory.match(SELECTORS[name]))
    assert len(benchmark(answer.sample, 10, 1)) <= 10


@pytest.mark.parametrize("number", [100, 1_000])
def test_racks_first_time(
    benchmark: BenchmarkFixture, inventory: Inventory, n: int, number: int
) -> None:
    """Match a long list of racks for the first time; their union is computed."""
    benchmark.group = f"{n:,} nodes, long lists"
    _ask_each(benchmark, inventory, lists_of_racks(number), _MOST_ROUNDS)


@pytest.mark.parametrize("number", [100, 1_000])
def test_racks_again(
    benchmark: BenchmarkFixture, inventory: Inventory, n: int, number: int
) -> None:
    """Ask for a long list of racks again; the union is kept with the plan."""
    benchmark.group = f"{n:,} nodes, long lists"
    _ask(benchmark, inventory, next(lists_of_racks(number)))


@pytest.mark.parametrize("number", [3, 16, 17, 1_000])
def test_ids_first_time(
    benchmark: BenchmarkFixture, inventory: Inventory, n: int, number: int
) -> None:
    """Match ids and labels for the first time."""
    benchmark.group = f"{n:,} nodes, ids and labels"
    rounds = min(_MOST_ROUNDS, max(1, n // number))
    _ask_each(benchmark, inventory, ids_never_seen(number, n), rounds)


@pytest.mark.parametrize("number", [3, 1_000])
def test_ids_again(benchmark: BenchmarkFixture, inventory: Inventory, n: int, number: int) -> None:
    """Ask for nodes by id and label again."""
    benchmark.group = f"{n:,} nodes, ids and labels"
    _ask(benchmark, inventory, some_ids(number, n))


def test_never_seen(benchmark: BenchmarkFixture, inventory: Inventory, n: int) -> None:
    """Match five requirements for the first time: plan them, and compute the set."""
    benchmark.group = f"{n:,} nodes, five requirements never seen"
    _ask_each(benchmark, inventory, five_never_seen("set"), 5 * _MOST_ROUNDS)


@pytest.mark.parametrize(
    "name", ["five", "one rack", "negation alone", "everything", "team and version"]
)
def test_changed_set(benchmark: BenchmarkFixture, changed: Inventory, n: int, name: str) -> None:
    """Compute the set with the most uncompacted changes."""
    benchmark.group = f"{n:,} nodes, most changes"
    _ask(benchmark, changed, SELECTORS[name])


def test_changed_ids(benchmark: BenchmarkFixture, changed: Inventory, n: int) -> None:
    """Return the ids with the most uncompacted changes."""
    benchmark.group = f"{n:,} nodes, most changes"
    selector = SELECTORS["five"]
    assert benchmark(lambda: changed.match(selector).ids())


@pytest.mark.parametrize("number", [100, 1_000])
def test_changed_racks(
    benchmark: BenchmarkFixture, changed: Inventory, n: int, number: int
) -> None:
    """Match a long list for the first time with the most uncompacted changes."""
    benchmark.group = f"{n:,} nodes, most changes"
    _ask_each(benchmark, changed, lists_of_racks(number), _MOST_ROUNDS)


def test_changed_first(benchmark: BenchmarkFixture, changed: Inventory, n: int) -> None:
    """Return the first ten nodes of a broad answer with the most uncompacted changes."""
    benchmark.group = f"{n:,} nodes, most changes"
    selector = SELECTORS["negation alone"]
    assert len(benchmark(lambda: changed.match(selector).first(10))) == 10


@pytest.mark.parametrize("text", ["five", "one rack", "hostname=ip-0000123.example.net"])
def test_hostnames_set(
    benchmark: BenchmarkFixture, with_hostnames: Inventory, n: int, text: str
) -> None:
    """Work the set out where a key has as many values as there are nodes."""
    benchmark.group = f"{n:,} nodes, unique hostnames"
    selector = SELECTORS[text] if text in SELECTORS else Selector.parse(text)
    _ask(benchmark, with_hostnames, selector)


def test_hostnames_list(benchmark: BenchmarkFixture, with_hostnames: Inventory, n: int) -> None:
    """Match 500 hostnames for the first time."""
    benchmark.group = f"{n:,} nodes, unique hostnames"
    _ask_each(benchmark, with_hostnames, _lists_of_hostnames(n), 20)


@pytest.mark.parametrize("what", ["in the answer", "in the inventory", "by its id"])
def test_one_node(benchmark: BenchmarkFixture, inventory: Inventory, n: int, what: str) -> None:
    """Look for one node after the other."""
    benchmark.group = f"{n:,} nodes, one node"
    answer = worked_out(inventory.match(SELECTORS["negation alone"]))
    look: dict[str, Callable[[str], object]] = {
        "in the answer": answer.__contains__,
        "in the inventory": inventory.__contains__,
        "by its id": inventory.__getitem__,
    }
    ids = cycle([node_id(number * 7_919 % n) for number in range(10_000)])
    ask = look[what]
    benchmark(lambda: ask(next(ids)))


def _ask(benchmark: BenchmarkFixture, inventory: Inventory, selector: Selector) -> None:
    match = inventory.match
    benchmark(lambda: None in match(selector))  # no id, so that only the set is worked out


def _ask_each(
    benchmark: BenchmarkFixture, inventory: Inventory, selectors: Iterator[Selector], rounds: int
) -> None:
    match = inventory.match
    _each(benchmark, lambda selector: None in match(selector), selectors, rounds)


def _each(
    benchmark: BenchmarkFixture, ask: Asking, selectors: Iterator[Selector], rounds: int
) -> None:
    """Match each selector once; creating, parsing and hashing it is not timed."""

    def another() -> tuple[tuple[Selector], dict[str, object]]:
        selector = next(selectors)
        hash(selector)
        return (selector,), {}

    benchmark.pedantic(ask, setup=another, rounds=rounds)


def _lists_of_hostnames(n: int) -> Iterator[Selector]:
    for first in range(n):
        names = [f"ip-{(first + 997 * at) % n:07d}.example.net" for at in range(500)]
        yield Selector.parse(f"hostname in ({','.join(dict.fromkeys(names))})")
