"""Laws of placements, tolerations, and of what runs on the nodes."""

from collections import Counter
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from nodeselect import Node, Placement, Selector, Taint, Toleration, Usage
from nodeselect.quantity import parse_exact, parse_quantity, quantity_text, round_up
from tests.property.placements import (
    NODES,
    PLACEMENTS,
    PODS,
    REQUESTS,
    TAINTS,
    TOLERATIONS,
    USAGES,
    used,
)
from tests.property.strategies import IDS, selectors

AMOUNTS = st.integers(0, 2**63 - 1)
RESOURCES = st.sampled_from(("cpu", "memory"))


@given(RESOURCES, AMOUNTS, AMOUNTS)
def test_exact_quantities(resource: str, one: int, two: int) -> None:
    """An exact quantity is rounded to its amount, and so is the sum of two."""
    exact = [parse_exact(quantity_text(resource, amount)) for amount in (one, two)]
    assert [round_up(resource, each) for each in exact] == [one, two]
    if one + two < 2**63:
        assert round_up(resource, sum(exact)) == one + two


@given(RESOURCES, st.lists(st.from_regex(r"\A[0-9]{1,9}(\.[0-9]{1,12})?[num]?\Z"), min_size=1))
def test_sums_are_rounded_once(resource: str, texts: list[str]) -> None:
    """The rounded sum is at most the sum of the rounded, and less than a unit a quantity below."""
    rounded = sum(parse_quantity(resource, text) for text in texts)
    assert rounded - len(texts) < round_up(resource, sum(map(parse_exact, texts))) <= rounded


@given(TAINTS)
def test_everything_and_itself_tolerate_a_taint(taint: Taint) -> None:
    """A taint is tolerated by Exists alone, and by the toleration with its own fields."""
    assert Toleration(operator="Exists").tolerates(taint)
    assert Toleration(taint.key, "Equal", taint.value, taint.effect).tolerates(taint)
    assert Toleration(taint.key, "Exists").tolerates(taint)


@given(TOLERATIONS, TAINTS)
def test_an_empty_field_tolerates_more(toleration: Toleration, taint: Taint) -> None:
    """Without an effect, or with any value, a toleration covers at least the same taints."""
    if toleration.tolerates(taint):
        key, operator, value, effect = toleration
        assert Toleration(key, operator, value).tolerates(taint)
        assert Toleration(key, "Exists", "", effect).tolerates(taint)


@given(PLACEMENTS, NODES, USAGES)
def test_a_node_matches_if_all_parts_are_met(
    placement: Placement, node: Node, usage: Usage
) -> None:
    """A node matches if it matches the selector and meets each requirement."""
    requirements = placement.requirements(node.taints or ())
    assert placement.matches(node, usage) == (
        placement.selector.matches(node.labels, node.id)
        and all(requirement.is_met(node, usage) for requirement in requirements)
    )


@given(PLACEMENTS, NODES, st.lists(TAINTS))
def test_taints_of_other_nodes_do_not_matter(
    placement: Placement, node: Node, taints: list[Taint]
) -> None:
    """A node meets the requirements on taints that it does not have."""
    own = set(placement.requirements(node.taints or ()))
    others = [each for each in placement.requirements(taints) if each not in own]
    assert all(each.is_met(node) for each in others)


@given(PLACEMENTS, NODES, USAGES, TOLERATIONS, selectors(), REQUESTS)
def test_what_widens_and_narrows(
    placement: Placement,
    node: Node,
    usage: Usage,
    toleration: Toleration,
    selector: Selector,
    requests: Mapping[str, int],
) -> None:
    """Tolerations and what is unknown only widen; selectors, requests and usage only narrow."""
    before = placement.matches(node, usage)
    own = placement.selector, placement.tolerations, placement.requests
    twice = Placement(own[0], own[1] * 2, own[2], not_considered=placement.not_considered)
    assert twice == placement
    wider = Placement(own[0], (*own[1], toleration), own[2])
    assert wider.matches(node, usage) >= before
    matches = selector.matches(node.labels, node.id)
    assert (placement & selector).matches(node, usage) == (before and matches)
    assert placement.matches(node) >= before
    larger = {
        name: max(requests.get(name, 0), own[2].get(name, 0)) for name in {*requests, *own[2]}
    }
    assert Placement(own[0], own[1], larger).matches(node, usage) <= before
    assert placement.matches(node.replace(taints=None, resources=None)) >= before


@given(PODS, PODS, st.randoms())
def test_what_is_added_and_removed_is_as_before(
    pods: list[tuple[str, Mapping[str, int]]],
    others: list[tuple[str, Mapping[str, int]]],
    random: object,
) -> None:
    """If all pods are removed that were added, in any order, the usage is as before."""
    usage = used(pods)
    before = {node_id: dict(usage.of(node_id)) for node_id in IDS}
    for node_id, requests in others:
        usage.add(node_id, requests)
    random.shuffle(others)  # type: ignore[attr-defined]
    for node_id, requests in others:
        usage.remove(node_id, requests)
    assert {node_id: dict(usage.of(node_id)) for node_id in IDS} == before


class UsageMachine(RuleBasedStateMachine):
    """A usage does what a Counter for each node does."""

    @initialize(pods=PODS)
    def build(self, pods: list[tuple[str, Mapping[str, int]]]) -> None:
        self.usage = Usage()
        self.counts: dict[str, Counter[str]] = {node_id: Counter() for node_id in IDS}
        self.changed: list[str] = []
        for node_id, requests in pods:
            self.add(node_id, requests)

    @rule(node_id=st.sampled_from(IDS), requests=REQUESTS)
    def add(self, node_id: str, requests: Mapping[str, int]) -> None:
        self.usage.add(node_id, requests)
        self.counts[node_id].update(requests)
        self.changed.append(node_id)

    @rule(node_id=st.sampled_from(IDS), requests=REQUESTS)
    def remove(self, node_id: str, requests: Mapping[str, int]) -> None:
        is_there = all(self.counts[node_id][name] >= requests[name] for name in requests)
        try:
            self.usage.remove(node_id, requests)
        except ValueError:
            assert not is_there
        else:
            assert is_there
            self.counts[node_id].subtract(requests)
            self.changed.append(node_id)

    @rule(version=st.integers(0, 100))
    def changes(self, version: int) -> None:
        version = min(version, self.usage.version)
        assert self.usage.changed_since(version) == set(self.changed[version:])

    @invariant()
    def agrees(self) -> None:
        assert self.usage.version == len(self.changed)
        for node_id, counts in self.counts.items():
            assert self.usage.of(node_id) == +counts


TestUsage = UsageMachine.TestCase
