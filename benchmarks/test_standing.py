"""Which of many selectors match one node: what a query costs, and what a write costs.

The number of selectors is chosen by ``--fleet``. Each round asks another of the first thousand
nodes of the fleet, after one that is not counted: racks differ from node to node, other labels have
few values.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, cycle

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.inventories import fleet_nodes
from benchmarks.selectors import selectors
from nodeselect import Node, Selector, StandingSelectors

_ROUNDS = 1_000

# Calling every predicate takes seconds for more.
_MOST_PREDICATES = 100_000

Names = StandingSelectors[str]


@pytest.fixture(scope="module")
def standing(n: int) -> Names:
    """Return the selectors of ``n`` jobs."""
    return StandingSelectors(_named(n))


@pytest.fixture(scope="module")
def fleet() -> list[Node]:
    """Return the first nodes of the fleet."""
    return list(fleet_nodes(_ROUNDS))


def test_build(benchmark: BenchmarkFixture, n: int) -> None:
    """Build standing selectors of selectors that are in memory."""
    benchmark.group = f"{n:,} selectors, built"
    named = _named(n)
    assert len(benchmark.pedantic(StandingSelectors, args=(named,), rounds=3)) == n


def test_set(benchmark: BenchmarkFixture, standing: Names, fleet: list[Node], n: int) -> None:
    """Find the selectors that match a node."""
    benchmark.group = f"{n:,} selectors, one node"
    _each(benchmark, standing.matching, ((node,) for node in cycle(fleet)))


def test_names(benchmark: BenchmarkFixture, standing: Names, fleet: list[Node], n: int) -> None:
    """Find them, and list their names."""
    benchmark.group = f"{n:,} selectors, one node"
    _each(
        benchmark, lambda node: standing.matching(node).names(), ((node,) for node in cycle(fleet))
    )
    sizes = [len(standing.matching(node)) for node in fleet]
    benchmark.extra_info["names"] = round(sum(sizes) / len(sizes))


def test_predicates(benchmark: BenchmarkFixture, fleet: list[Node], n: int) -> None:
    """Call the predicate of every selector, for comparison."""
    if n > _MOST_PREDICATES:
        pytest.skip("takes seconds")
    benchmark.group = f"{n:,} selectors, one node"
    predicates = [(name, selector.predicate) for name, selector in _named(n).items()]

    def ask(node: Node) -> list[str]:
        labels, node_id = node.labels, node.id
        return [name for name, matches in predicates if matches(labels, node_id)]

    _each(benchmark, ask, ((node,) for node in cycle(fleet)), rounds=20)


@pytest.mark.parametrize("key", ["version", "rack", "tier"])
def test_changes(
    benchmark: BenchmarkFixture, standing: Names, fleet: list[Node], n: int, key: str
) -> None:
    """Find what the change of one label gains and loses."""
    benchmark.group = f"{n:,} selectors, a node changes"
    values = [node.labels[key] for node in fleet]
    pairs = [
        (node, Node(node.id, {**node.labels, key: value}))
        for node, value in zip(fleet, values[1:] + values[:1], strict=True)
        if node.labels[key] != value
    ]
    _each(benchmark, standing.changes, cycle(pairs))


def test_heartbeat(benchmark: BenchmarkFixture, standing: Names, fleet: list[Node], n: int) -> None:
    """The same for a node whose labels do not change."""
    benchmark.group = f"{n:,} selectors, a node changes"
    _each(benchmark, standing.changes, ((node, node) for node in cycle(fleet)))


def test_put(benchmark: BenchmarkFixture, standing: Names, n: int) -> None:
    """Put in a selector under a new name."""
    benchmark.group = f"{n:,} selectors, one write"
    _each(benchmark, standing.upsert, zip(map("new-{}".format, count()), _others(3)))  # noqa: B905


def test_replace(benchmark: BenchmarkFixture, standing: Names, n: int) -> None:
    """Put in a selector under a name that has one."""
    benchmark.group = f"{n:,} selectors, one write"
    names = list(standing)
    _each(benchmark, standing.upsert, zip(cycle(names), _others(4)))


def test_replace_all(benchmark: BenchmarkFixture, standing: Names, n: int) -> None:
    """Replace all selectors twice, including the compactions that become necessary."""
    benchmark.group = f"{n:,} selectors, all replaced twice"
    names, others = list(standing), _others(5)
    writes = [(name, next(others)) for name in names * 2]

    def replace() -> None:
        for name, selector in writes:
            standing.upsert(name, selector)

    benchmark.pedantic(replace, rounds=1)


def test_remove(benchmark: BenchmarkFixture, standing: Names, n: int) -> None:
    """Remove a selector."""
    benchmark.group = f"{n:,} selectors, one write"
    names = [name for name in standing if name.startswith("new")]
    _each(benchmark, standing.remove, ((name,) for name in names), len(names) - 1)


def test_set_after_put(
    benchmark: BenchmarkFixture, standing: Names, fleet: list[Node], n: int
) -> None:
    """Find the selectors that match a node, each time right after a write."""
    benchmark.group = f"{n:,} selectors, one node"
    others, nodes = _others(6), cycle(fleet)

    def arguments() -> tuple[tuple[Node], dict[str, object]]:
        standing.upsert("again", next(others))
        return (next(nodes),), {}

    benchmark.pedantic(standing.matching, setup=arguments, rounds=_ROUNDS)


def test_explain(benchmark: BenchmarkFixture, standing: Names, fleet: list[Node], n: int) -> None:
    """Explain why the others do not match."""
    benchmark.group = f"{n:,} selectors, explained"
    _each(benchmark, standing.explain, ((node,) for node in cycle(fleet)), rounds=3)


@pytest.mark.parametrize("bounds", [1, 1_000])
def test_bounds(benchmark: BenchmarkFixture, bounds: int) -> None:
    """Compare an integer with one bound, or with a thousand, which 100,000 selectors have."""
    benchmark.group = "100,000 selectors, slots > N"
    standing = StandingSelectors(
        (number, Selector.parse(f"slots>{number % bounds}")) for number in range(100_000)
    )
    nodes = (({"slots": str(slots % (2 * bounds))},) for slots in count())
    _each(benchmark, standing.matching, nodes)


def _named(n: int) -> dict[str, Selector]:
    return {f"job-{number}": selector for number, selector in enumerate(selectors(n))}


def _others(seed: int) -> Iterator[Selector]:
    """Return selectors that are made, and hashed, outside of the time."""
    return filter(hash, selectors(1 << 32, seed))


def _each(
    benchmark: BenchmarkFixture,
    call: Callable[..., object],
    arguments: Iterator[tuple[object, ...]],
    rounds: int = _ROUNDS,
) -> None:
    """Time one call for each of the arguments, after one that is not counted."""
    call(*next(arguments))
    benchmark.pedantic(call, setup=partial(_next, arguments), rounds=rounds)


def _next(
    arguments: Iterator[tuple[object, ...]],
) -> tuple[tuple[object, ...], dict[str, object]]:
    return next(arguments), {}
