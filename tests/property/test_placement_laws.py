"""Laws of placements: every way to answer gives the verdicts of the filters of kube-scheduler.

The nodes and pods are random, and some nodes do not say what taints or resources they have. The
fleets have changed since they were indexed.
"""

import itertools
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, Node, Placement, StandingSelectors, Usage
from nodeselect.explain import Explanation, NodeExplanation
from nodeselect.index.tuning import DEFAULT
from nodeselect.inventory.snapshot import BaseInventory
from tests.inventory.small import SMALL, tuned
from tests.kube_scheduler import (
    CORDON,
    LABELS,
    allocatable,
    failed_filters,
    pod_requests,
    taints,
    tolerations,
)
from tests.property.kubernetes_strategies import IDS, PodTemplate, nodes, pod_templates
from tests.property.placements import NODES, PLACEMENTS, USAGES
from tests.property.strategies import inventories

Objects = dict[str, dict[str, Any]]
Used = dict[str, Counter[str]]


@st.composite
def fleets(draw: st.DrawFn) -> tuple[Inventory, Objects]:
    """Draw an inventory that has changed since it was made, and its Node objects in order."""
    objects: Objects = {}
    inventory = tuned(draw(st.sampled_from((DEFAULT, SMALL))))(compact_at=None)
    for _ in range(draw(st.integers(1, 3))):
        for node in draw(st.lists(nodes, max_size=8)):
            objects[node["metadata"]["name"]] = node
            inventory.upsert(Node.from_kubernetes(node))
        for node_id in draw(st.lists(st.sampled_from(IDS), max_size=2)):
            if objects.pop(node_id, None) is not None:
                inventory.remove(node_id)
        if draw(st.booleans()):
            inventory.compact()
    return inventory, objects


@st.composite
def usages(draw: st.DrawFn) -> tuple[Usage | None, Used]:
    """Draw what runs on some nodes, known or not: as a usage, and as sums of what pods request."""
    running = draw(st.none() | st.lists(st.tuples(st.sampled_from(IDS), pod_templates())))
    if running is None:
        return None, {}
    listed = draw(st.integers(0, len(running)))
    usage = Usage({"spec": {**pod.spec, "nodeName": node_id}} for node_id, pod in running[:listed])
    for node_id, pod in running[listed:]:
        usage.add(node_id, pod.placement.requests)
    used: Used = {}
    for node_id, pod in running:
        used.setdefault(node_id, Counter()).update(pod_requests(pod.spec))
    return usage, used


def failures(pod: PodTemplate, objects: Objects, used: Used) -> dict[str, set[str]]:
    """Return for each node what a pod does not fit, by the model of kube-scheduler."""
    return {
        node_id: failed_filters(pod.spec, pod.kind, node, used.get(node_id, {}))
        for node_id, node in objects.items()
    }


def row_name(text: str) -> str:
    """Return what the model calls a requirement of an explanation that is not on labels."""
    if text == "schedulable":
        return f"{CORDON['key']}:{CORDON['effect']}"
    return text.removeprefix("tolerates ").partition(" >= ")[0]


def check_answers(
    inventory: BaseInventory, pod: PodTemplate, objects: Objects, usage: Usage | None, used: Used
) -> None:
    """Check everything that an inventory says of a pod."""
    failed = failures(pod, objects, used)
    matching = [node_id for node_id, names in failed.items() if not names]
    assert inventory.match(pod.placement, usage=usage).ids() == matching
    assert len(inventory.match(pod.placement, usage=usage)) == len(matching)
    if not used:
        assert len(inventory.match(pod.placement)) == len(matching)
    check_explanation(inventory.explain(pod.placement, usage=usage), pod, objects, failed)
    counts = inventory.failure_counts(pod.placement, usage=usage)
    assert (counts.total, counts.matched) == (len(objects), len(matching))
    for node_id, names in failed.items():
        node = inventory[node_id]
        assert pod.placement.matches(node, usage) is (not names)
        for explained in (node_id, node):
            check_node(inventory.explain_node(pod.placement, explained, usage=usage), pod, names)


def check_node(explained: NodeExplanation, pod: PodTemplate, names: set[str]) -> None:
    """Check why one node does not match."""
    assert explained.matches is (not names)
    assert all(passes for *_, passes in explained.requirements) is (not names)
    shared = len(pod.placement.selector.split())
    on_labels, others = explained.requirements[:shared], explained.requirements[shared:]
    assert all(passes for *_, passes in on_labels) is (LABELS not in names)
    assert {row_name(text) for text, _, passes in others if not passes} == names - {LABELS}


def check_explanation(
    explanation: Explanation, pod: PodTemplate, objects: Objects, failed: dict[str, set[str]]
) -> None:
    """Check that every number is what a look at every node gives, and that all add up."""
    parts = pod.placement.selector.split()
    rows = explanation.requirements
    names = [row_name(row.text) for row in rows[len(parts) :]]
    wanted = set().union(*failed.values()) - {LABELS}
    assert wanted <= set(names) <= wanted | pod_requests(pod.spec).keys()
    assert len(names) == len(set(names))

    places: dict[str, tuple[int, ...]] = {}
    for node_id, node in objects.items():
        labels = node["metadata"]["labels"]
        on_labels = [at for at, part in enumerate(parts) if not part.matches(labels, node_id)]
        assert bool(on_labels) is (LABELS in failed[node_id])
        others = [at for at, name in enumerate(names, len(parts)) if name in failed[node_id]]
        places[node_id] = (*on_labels, *others)
    for at, row in enumerate(rows):
        assert row.failing == sum(at in each for each in places.values())
        assert row.failing_only_this == sum(each == (at,) for each in places.values())
        assert row.remaining == sum(all(n > at for n in each) for each in places.values())
    assert explanation.total == len(objects)
    assert explanation.matched == sum(not each for each in places.values())
    groups = Counter(filter(None, places.values()))
    assert {reason.failed: reason.nodes for reason in explanation.reasons} == groups
    assert explanation.matched + sum(groups.values()) == explanation.total
    for reason in explanation.reasons:
        ids = [node_id for node_id, each in places.items() if each == reason.failed]
        assert list(reason.ids) == ids[:3]
    fewest = min(map(len, groups), default=0)
    near = [node_id for node_id, each in places.items() if each and len(each) == fewest]
    assert [miss.id for miss in explanation.nearest] == near[:5]


@given(fleets(), pod_templates(), usages())
def test_an_inventory(
    fleet: tuple[Inventory, Objects], pod: PodTemplate, running: tuple[Usage | None, Used]
) -> None:
    """Sets, explanations, counts and the answers for one node are those of kube-scheduler."""
    inventory, objects = fleet
    check_answers(inventory, pod, objects, *running)


@given(fleets(), st.lists(pod_templates(), min_size=1, max_size=3), usages(), st.booleans())
def test_a_saved_inventory(
    fleet: tuple[Inventory, Objects],
    pods: list[PodTemplate],
    running: tuple[Usage | None, Used],
    copy: bool,
) -> None:
    """So are those of a saved file, which has the same nodes."""
    inventory, objects = fleet
    with TemporaryDirectory() as folder:
        path = Path(folder, "fleet.nsx")
        inventory.save(path)
        opened = Inventory.open(path, copy=copy, verify=True)
        assert list(opened) == list(inventory)
        for pod in pods:
            check_answers(opened, pod, objects, *running)


@given(fleets(), pod_templates(), st.lists(nodes, max_size=6), usages())
def test_a_snapshot(
    fleet: tuple[Inventory, Objects],
    pod: PodTemplate,
    later: list[dict[str, Any]],
    running: tuple[Usage | None, Used],
) -> None:
    """A snapshot answers for its moment, even if nodes have other taints and resources now."""
    inventory, objects = fleet
    snapshot, answer = inventory.snapshot(), inventory.match(pod.placement, usage=running[0])
    inventory.apply(map(Node.from_kubernetes, later))
    check_answers(snapshot, pod, objects, *running)
    failed = failures(pod, objects, running[1])
    assert answer.ids() == [node_id for node_id, names in failed.items() if not names]
    now = dict(objects)
    now.update((node["metadata"]["name"], node) for node in later)
    check_answers(inventory, pod, now, *running)


@given(inventories(NODES, (DEFAULT, SMALL)), st.lists(PLACEMENTS, min_size=1, max_size=3), USAGES)
def test_all_ways_agree(inventory: Inventory, placements: list[Placement], usage: Usage) -> None:
    """An inventory, a saved one and the explanations agree with a look at each node."""
    with TemporaryDirectory() as folder:
        inventory.save(Path(folder, "fleet.nsx"))
        opened = Inventory.open(Path(folder, "fleet.nsx"))
        for placement, used, fleet in itertools.product(
            placements, (None, usage), (inventory, opened)
        ):
            answers = {node.id: placement.matches(node, used) for node in inventory}
            matching = [node_id for node_id, matches in answers.items() if matches]
            assert fleet.match(placement, usage=used).ids() == matching
            assert fleet.failure_counts(placement, usage=used).matched == len(matching)
            explanation = fleet.explain(placement, usage=used)
            assert explanation.matched == len(matching)
            assert explanation.matched + sum(reason.nodes for reason in explanation.reasons) == len(
                inventory
            )
            for node in fleet:
                explained = fleet.explain_node(placement, node, usage=used)
                assert explained.matches is answers[node.id]


@given(nodes)
def test_facts_of_a_node(node: dict[str, Any]) -> None:
    """A node has the taints and the resources of its object, or says that they are unknown."""
    read = Node.from_kubernetes(node)
    expected = taints(node)
    if expected is None:
        assert read.taints is None
    else:
        keys = ("key", "effect", "value")
        assert {tuple(each) for each in read.taints or ()} == {
            tuple(each.get(key, "") for key in keys) for each in expected
        }
        assert read.taints is not None
    has = allocatable(node)
    assert read.resources == (has and {name: n for name, n in has.items() if n})
    assert (read.resources is None) is (has is None)


@given(fleets(), pod_templates(), usages())
def test_what_is_not_known(
    fleet: tuple[Inventory, Objects], pod: PodTemplate, running: tuple[Usage | None, Used]
) -> None:
    """How many taints or resources are unknown is said if it matters; and if all pods are."""
    inventory, objects = fleet
    tolerates_all = any(
        each.get("key", "") == each.get("effect", "") == "" for each in tolerations(pod.spec, "Pod")
    )
    unknown = {
        "taints": 0 if tolerates_all else sum(taints(node) is None for node in objects.values()),
        "resources": sum(allocatable(node) is None for node in objects.values()),
    }
    answer = inventory.match(pod.placement, usage=running[0])
    explanation = inventory.explain(pod.placement, usage=running[0])
    assert answer.not_considered == explanation.not_considered
    said = [f"unknown {name} of {number} of" for name, number in unknown.items() if number]
    if running[1] and not running[1].keys() & objects.keys():
        said.append("what runs on the nodes: ")
    known = pod.placement.not_considered
    assert answer.not_considered[: len(known)] == known
    assert len(answer.not_considered) == len(known) + len(said)
    assert all(map(str.startswith, answer.not_considered[len(known) :], said))


@given(fleets(), pod_templates())
def test_the_selector_of_a_placement(fleet: tuple[Inventory, Objects], pod: PodTemplate) -> None:
    """Standing selectors answer for its labels alone; they refuse the whole placement."""
    inventory, objects = fleet
    condition = pod.placement.selector
    standing = StandingSelectors({"pod": condition})
    on_labels = [
        node_id
        for node_id, node in objects.items()
        if LABELS not in failed_filters(pod.spec, pod.kind, node, {})
    ]
    assert inventory.match(condition).ids() == on_labels
    for node in inventory:
        assert bool(standing.matching(node)) is (node.id in on_labels)
        assert condition.matches(node.labels, node.id) is (node.id in on_labels)
    with pytest.raises(TypeError):
        StandingSelectors({"pod": pod.placement})  # type: ignore[arg-type]
