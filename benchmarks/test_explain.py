"""Explanations: the five requirements over fleets of doubling sizes, mistakes, one node."""

from functools import cache

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.fleet import FIVE, nodes
from nodeselect import Inventory, Node, Selector
from nodeselect.render.explanation import explanation_lines
from nodeselect.render.screen import Screen

MISTAKES = {
    "a value": FIVE.replace("us-east", "us-esat"),
    "a key": FIVE.replace("region", "regoin"),
    "a value of another key": "zone=us-east,gpu",
    "a value of a list": FIVE.replace("premium", "premuim"),
    "nothing close": "color=red,gpu",
}


@cache
def fleet(n: int, unique_hostname: bool = False) -> Inventory:
    """Return an inventory of ``n`` nodes."""
    made = nodes(n, unique_hostname=unique_hostname)
    return Inventory(Node(node_id, labels) for node_id, labels in made)


def test_five(benchmark: BenchmarkFixture, n: int) -> None:
    """Explain five requirements."""
    benchmark.group = "explain, five requirements"
    explanation = benchmark(fleet(n).explain, Selector.parse(FIVE))
    assert explanation.total == n


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes(benchmark: BenchmarkFixture, mistake: str) -> None:
    """Explain a selector with a mistake, over a million nodes."""
    benchmark.group = "explain, mistakes"
    explanation = benchmark(fleet(1_000_000).explain, Selector.parse(MISTAKES[mistake]))
    assert bool(explanation.hints) is (mistake != "nothing close")


@pytest.mark.parametrize("keys", [("region", "tier"), ("gpu", "debug")], ids=" and ".join)
def test_sorted(benchmark: BenchmarkFixture, keys: tuple[str, ...]) -> None:
    """Explain five requirements over a million nodes that came in sorted by some labels."""
    benchmark.group = "explain, five requirements"
    made = [Node(node_id, labels) for node_id, labels in nodes(1_000_000)]
    made.sort(key=lambda node: [node.labels.get(key, "") for key in keys])
    explanation = benchmark(Inventory(made).explain, Selector.parse(FIVE))
    assert explanation.total == 1_000_000


def test_after_changes(benchmark: BenchmarkFixture) -> None:
    """Explain five requirements over a million nodes of which a thousand have changed since."""
    benchmark.group = "explain, five requirements"
    inventory = Inventory(
        (Node(node_id, labels) for node_id, labels in nodes(1_000_000)), compact_at=None
    )
    inventory.apply(Node(f"node-{at:07d}", {"region": "us-east"}) for at in range(0, 10**6, 1_000))
    explanation = benchmark(inventory.explain, Selector.parse(FIVE))
    assert explanation.total == 1_000_000


def test_a_value_among_a_million(benchmark: BenchmarkFixture) -> None:
    """Explain a value that is not there, of a key that has a million."""
    benchmark.group = "explain, mistakes"
    inventory = fleet(1_000_000, unique_hostname=True)
    explanation = benchmark(
        inventory.explain, Selector.parse("hostname=ip-0000007.example.com,gpu")
    )
    assert explanation.matched == 0


def test_a_name_for_an_id(benchmark: BenchmarkFixture) -> None:
    """Explain an id that is none, which is looked for among a million names."""
    benchmark.group = "explain, mistakes"
    explanation = benchmark(fleet(1_000_000).explain, Selector.of(match_ids=["nobody"]))
    assert explanation.missing_ids == ("nobody",)


@pytest.mark.parametrize("requirements", [16, 64, 256])
def test_many_requirements(benchmark: BenchmarkFixture, requirements: int) -> None:
    """Explain many requirements, which part a million nodes into thousands of groups."""
    benchmark.group = "explain, many requirements"
    text = ",".join(f"rack!=rack-{number * 7:04d}" for number in range(requirements))
    explanation = benchmark(fleet(1_000_000).explain, Selector.parse(text))
    assert len(explanation.requirements) == requirements


def test_text(benchmark: BenchmarkFixture) -> None:
    """Write the text of an explanation."""
    benchmark.group = "explain, text"
    explanation = fleet(1_000_000).explain(Selector.parse(FIVE))
    benchmark(lambda: "\n".join(explanation_lines("text", "", explanation, Screen(100))))


def test_one_node(benchmark: BenchmarkFixture) -> None:
    """Explain one node of a million."""
    benchmark.group = "explain, one node"
    explanation = benchmark(fleet(1_000_000).explain_node, Selector.parse(FIVE), "node-0500000")
    assert len(explanation.requirements) == 5
