"""From a selector and labels to yes or no: one node, and a hundred thousand."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from tests.naive import matches

from benchmarks.fleet import FIVE, nodes
from nodeselect import Inventory, Node, Selector

YES = {
    "region": "us-east", "zone": "us-eastb", "tier": "premium", "environment": "dev",
    "instance-type": "g5.xlarge", "os": "linux", "arch": "amd64", "rack": "rack-0815",
    "team": "team-07", "gpu": "true",
}  # fmt: skip
CASES = {
    "yes": YES,
    "no-first": {key: value for key, value in YES.items() if key != "gpu"} | {"version": "2.1.0"},
    "no-last": {key: value for key, value in YES.items() if key != "zone"} | {"debug": "true"},
}
"""Ten labels each: all tests pass; the first compiled test fails; the last one fails."""

SELECTOR = Selector.parse(FIVE)


def by_hand(labels: Mapping[str, str]) -> bool:
    """Return what ``FIVE`` says, as one would write it for this one question."""
    return (
        "gpu" in labels
        and labels.get("region") == "us-east"
        and labels.get("tier") in {"premium", "standard"}
        and labels.get("environment") != "prod"
        and "debug" not in labels
    )


def naive(labels: Mapping[str, str]) -> bool:
    """Go through the requirements one by one, asking each what its operator is."""
    return matches(SELECTOR.requirements, SELECTOR.ids, labels)


def empty_call(labels: Mapping[str, str]) -> bool:
    """Answer at once: what a call costs before it does anything."""
    return True


WAYS: dict[str, Callable[[Mapping[str, str]], bool]] = {
    "empty-call": empty_call,
    "by-hand": by_hand,
    "predicate": SELECTOR.predicate,
    "matches": SELECTOR.matches,
    "naive": naive,
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("way", WAYS)
def test_one_node(benchmark: BenchmarkFixture, case: str, way: str) -> None:
    """Test one map of ten labels for five requirements."""
    benchmark.group = f"one node, {case}"
    assert benchmark(WAYS[way], CASES[case]) is (case == "yes" or way == "empty-call")


@pytest.mark.benchmark(group="one node, labels of a Node")
@pytest.mark.parametrize("way", ["by-hand", "predicate", "matches"])
def test_one_node_read_only(benchmark: BenchmarkFixture, way: str) -> None:
    """The same through the read-only view that a ``Node`` has of its labels."""
    labels = MappingProxyType(YES)
    assert benchmark(WAYS[way], labels) is True


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    """Return 100,000 nodes."""
    return Inventory(Node(node_id, labels) for node_id, labels in nodes(100_000))


@pytest.mark.benchmark(group="100,000 nodes")
def test_inventory_match(benchmark: BenchmarkFixture, inventory: Inventory) -> None:
    """Ask an inventory: one test a node."""
    found = benchmark(inventory.match, SELECTOR)
    assert len(found) == sum(by_hand(node.labels) for node in inventory)


@pytest.mark.benchmark(group="100,000 nodes")
def test_inventory_match_everything(benchmark: BenchmarkFixture, inventory: Inventory) -> None:
    """Match every node, so that the answer is as long as the inventory."""
    assert len(benchmark(inventory.match, Selector.everything())) == 100_000


@pytest.mark.benchmark(group="100,000 nodes")
def test_comprehension_by_hand(benchmark: BenchmarkFixture) -> None:
    """What one would write without a library: a list comprehension over plain maps."""
    plain = [labels for _, labels in nodes(100_000)]
    benchmark(lambda: [labels for labels in plain if by_hand(labels)])
