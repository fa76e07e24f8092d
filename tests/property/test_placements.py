"""A live inventory and what runs on it: every way to answer has the verdicts of kube-scheduler.

Nodes gain and lose labels, taints and resources, pods come and go, and snapshots are asked much
later. Of some nodes the taints or resources are unknown. The model of an inventory is a dict of
Node objects in the order in which they were added.
"""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from nodeselect import Inventory, Node, NodeSet, Snapshot, StandingSelectors, Usage
from nodeselect.explain import Explanation, NodeExplanation
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.inventory import usage_index
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
from tests.property import kubernetes_strategies as kubernetes
from tests.property.kubernetes_strategies import IDS, PodTemplate, nodes, pod_templates
from tests.thoroughness import machine_settings

Objects = dict[str, dict[str, Any]]
Used = dict[str, Counter[str]]

ids = st.sampled_from(IDS)
COMPACT_AT = (None, 0.01, 0.5)


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
    answer = inventory.match(pod.placement, usage=usage)
    assert answer.ids() == matching
    assert len(inventory.match(pod.placement, usage=usage)) == len(matching)
    if not used:
        assert len(inventory.match(pod.placement)) == len(matching)
    explanation = inventory.explain(pod.placement, usage=usage)
    check_explanation(explanation, pod, objects, failed)
    assert answer.not_considered == explanation.not_considered
    check_unknown(answer.not_considered, pod, objects, usage)
    check_selector(inventory, pod, failed)
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


def check_unknown(
    not_considered: tuple[str, ...], pod: PodTemplate, objects: Objects, usage: Usage | None
) -> None:
    """Check that the number of nodes with unknown taints or resources is said if it matters."""
    tolerates_all = any(
        each.get("key", "") == each.get("effect", "") == "" for each in tolerations(pod.spec, "Pod")
    )
    unknown = {
        "taints": 0 if tolerates_all else sum(taints(node) is None for node in objects.values()),
        "resources": sum(allocatable(node) is None for node in objects.values()),
    }
    said = list(pod.placement.not_considered)
    said += [f"unknown {name} of {number} of" for name, number in unknown.items() if number]
    changed = set() if usage is None else usage.changed_since(0)
    in_use = {node_id for node_id in changed if usage is not None and usage.of(node_id)}
    if in_use and not in_use & objects.keys():
        said.append("what runs on the nodes: no pod runs on any of them")
    assert len(not_considered) == len(said)
    assert all(map(str.startswith, not_considered, said))


def check_selector(inventory: BaseInventory, pod: PodTemplate, failed: dict[str, set[str]]) -> None:
    """Check that standing selectors, too, answer for the labels of a placement alone."""
    condition = pod.placement.selector
    standing = StandingSelectors({"pod": condition})
    on_labels = [node_id for node_id, names in failed.items() if LABELS not in names]
    assert inventory.match(condition).ids() == on_labels
    for node in inventory:
        assert bool(standing.matching(node)) is (node.id in on_labels)
        assert condition.matches(node.labels, node.id) is (node.id in on_labels)


class PlacementMachine(RuleBasedStateMachine):
    """Changes an inventory and its usage, and compares all answers with the model."""

    tuning: ClassVar[Tuning] = SMALL

    pods: Bundle[PodTemplate] = Bundle("pods")
    snapshots: Bundle[tuple[Snapshot, Objects]] = Bundle("snapshots")
    answers: Bundle[tuple[NodeSet, list[str]]] = Bundle("answers")

    def __init__(self) -> None:
        super().__init__()
        self.inventory = Inventory()
        self.objects: Objects = {}
        self.usage = Usage()
        self.running: list[tuple[str, PodTemplate]] = []
        self.folder = TemporaryDirectory()
        # Few nodes are read without numpy, unless something else has loaded it.
        readers: dict[str, Any] = {} if self.tuning is SMALL else {"bulk_reader": lambda _: None}
        self.patched = patch.multiple(usage_index, _MAX_SETS=3, _FEW=2, **readers)
        self.patched.start()

    def teardown(self) -> None:
        """Remove the saved file."""
        self.patched.stop()
        self.folder.cleanup()

    @initialize(
        fleet=st.lists(nodes, max_size=12),
        compact_at=st.sampled_from(COMPACT_AT),
        pods=st.lists(pod_templates(), max_size=3),
        target=pods,
    )
    def begin(
        self, fleet: list[dict[str, Any]], compact_at: float | None, pods: list[PodTemplate]
    ) -> Any:
        """Begin with some nodes, and with pods that are asked for again and again."""
        self.objects = {node["metadata"]["name"]: node for node in fleet}
        self.compact_at = compact_at
        self.inventory = tuned(self.tuning)(
            map(Node.from_kubernetes, self.objects.values()), compact_at=compact_at
        )
        return multiple(*kubernetes.PLAIN_PODS, *pods)

    @rule(node=nodes)
    def upsert(self, node: dict[str, Any]) -> None:
        """Add or replace a node."""
        self.objects[node["metadata"]["name"]] = node
        self.inventory.upsert(Node.from_kubernetes(node))

    @rule(node_id=ids)
    def remove(self, node_id: str) -> None:
        """Remove a node; what runs on it remains in the usage."""
        if self.objects.pop(node_id, None) is not None:
            self.inventory.remove(node_id)

    def _change(self, node_id: str, part: str, field: str, value: Any) -> None:
        if node_id in self.objects:
            node = self.objects[node_id]
            self.upsert({**node, part: {**(node.get(part) or {}), field: value}})

    @rule(node_id=ids, changed=kubernetes.labels)
    def label(self, node_id: str, changed: dict[str, str]) -> None:
        """Give a node other labels."""
        self._change(node_id, "metadata", "labels", changed)

    @rule(node_id=ids, changed=kubernetes.taints)
    def taint(self, node_id: str, changed: list[dict[str, str]]) -> None:
        """Give a node other taints, or none."""
        self._change(node_id, "spec", "taints", changed)

    @rule(node_id=ids, cordoned=st.booleans())
    def cordon(self, node_id: str, cordoned: bool) -> None:
        """Cordon or uncordon a node."""
        self._change(node_id, "spec", "unschedulable", cordoned)

    @rule(node_id=ids, changed=kubernetes.allocatable)
    def resize(self, node_id: str, changed: dict[str, str]) -> None:
        """Give a node more or less of its resources."""
        self._change(node_id, "status", "allocatable", changed)

    @rule(node_id=ids, part=st.sampled_from(("spec", "status")))
    def forget(self, node_id: str, part: str) -> None:
        """Make the taints or the resources of a node unknown."""
        if node_id in self.objects:
            kept = {name: value for name, value in self.objects[node_id].items() if name != part}
            self.upsert(kept)

    @rule()
    def compact(self) -> None:
        """Compact; no answer is another one."""
        self.inventory.compact()

    @rule(copy=st.booleans())
    def open(self, copy: bool) -> None:
        """Save the nodes, and go on with the saved file."""
        path = Path(self.folder.name, "fleet.nsx")
        self.inventory.save(path)
        self.inventory = tuned(self.tuning).open(
            path, copy=copy, verify=True, compact_at=self.compact_at
        )
        assert list(self.inventory) == list(map(Node.from_kubernetes, self.objects.values()))

    @rule(pod=pod_templates(), target=pods)
    def another_pod(self, pod: PodTemplate) -> PodTemplate:
        """Ask for another pod from now on."""
        return pod

    @rule(node_id=ids, pod=pods)
    def run(self, node_id: str, pod: PodTemplate) -> None:
        """Run a pod on a node, known or not, and whether or not it has room."""
        self.usage.add(node_id, pod.placement.requests)
        self.running.append((node_id, pod))

    @rule(at=st.integers(0, 20))
    def end(self, at: int) -> None:
        """End a pod."""
        if at < len(self.running):
            node_id, pod = self.running.pop(at)
            self.usage.remove(node_id, pod.placement.requests)

    @rule(
        node_id=ids,
        pod=st.sampled_from(kubernetes.PLAIN_PODS),
        cpu=st.sampled_from(kubernetes.AMOUNTS["cpu"]),
        compacted=st.booleans(),
    )
    def resize_while_a_pod_runs(
        self, node_id: str, pod: PodTemplate, cpu: str, compacted: bool
    ) -> None:
        """Run a pod on a node, resize the node, and end the pod; ask at each step."""
        self._change(node_id, "status", "allocatable", {"cpu": "64", "pods": "1"})
        if compacted:
            self.compact()
        snapshot, objects = self.snapshot()
        self.run(node_id, pod)
        self.ask(pod, True)
        self._change(node_id, "status", "allocatable", {"cpu": cpu, "pods": "2"})
        self.ask(pod, True)
        self.end(len(self.running) - 1)
        self.ask(pod, True)
        self.ask_a_snapshot((snapshot, objects), pod, True)

    @rule()
    def count_again(self) -> None:
        """Sum what runs from the beginning."""
        self.usage = Usage(
            {"spec": {**pod.spec, "nodeName": node_id}} for node_id, pod in self.running
        )

    @rule(pod=pods)
    def schedule(self, pod: PodTemplate) -> None:
        """Run a pod on the first node that has room for it, as a scheduler does."""
        found = self.inventory.match(pod.placement, usage=self.usage).first(1)
        failed = failures(pod, self.objects, self._used())
        matching = [node_id for node_id, names in failed.items() if not names]
        assert [node.id for node in found] == matching[:1]
        for node in found:
            self.run(node.id, pod)

    @rule(target=snapshots)
    def snapshot(self) -> tuple[Snapshot, Objects]:
        """Keep a snapshot."""
        return self.inventory.snapshot(), dict(self.objects)

    @rule(kept=snapshots, pod=pods, with_usage=st.booleans())
    def ask_a_snapshot(
        self, kept: tuple[Snapshot, Objects], pod: PodTemplate, with_usage: bool
    ) -> None:
        """Ask a snapshot, with what runs now."""
        snapshot, objects = kept
        check_answers(snapshot, pod, objects, *self._runs(with_usage))

    @rule(pod=pods, with_usage=st.booleans())
    def ask(self, pod: PodTemplate, with_usage: bool) -> None:
        """Ask the inventory."""
        check_answers(self.inventory, pod, self.objects, *self._runs(with_usage))

    @rule(pod=pods, with_usage=st.booleans(), target=answers)
    def match(self, pod: PodTemplate, with_usage: bool) -> tuple[NodeSet, list[str]]:
        """Keep an answer without reading it."""
        usage, used = self._runs(with_usage)
        failed = failures(pod, self.objects, used)
        answer = self.inventory.match(pod.placement, usage=usage)
        return answer, [node_id for node_id, names in failed.items() if not names]

    @rule(kept=answers)
    def read_an_answer(self, kept: tuple[NodeSet, list[str]]) -> None:
        """Read an earlier answer, which is still that of its moment."""
        answer, matching = kept
        assert len(answer) == len(matching)
        assert answer.ids() == matching

    @invariant()
    def sums(self) -> None:
        """The usage of each node is the sum of its pods."""
        used = self._used()
        for node_id in IDS:
            assert self.usage.of(node_id) == used.get(node_id, {})

    def _used(self) -> Used:
        used: Used = {}
        for node_id, pod in self.running:
            used.setdefault(node_id, Counter()).update(pod_requests(pod.spec))
        return used

    def _runs(self, with_usage: bool) -> tuple[Usage | None, Used]:
        return (self.usage, self._used()) if with_usage else (None, {})


class FewNodesMachine(PlacementMachine):
    """The same with the thresholds of real inventories."""

    tuning: ClassVar[Tuning] = DEFAULT


_SETTINGS = machine_settings(15)

TestSegments = PlacementMachine.TestCase
TestSegments.settings = _SETTINGS

TestFewNodes = FewNodesMachine.TestCase
TestFewNodes.settings = _SETTINGS


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
