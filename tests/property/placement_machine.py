"""A live inventory and what runs on it, against the model of kube-scheduler.

Nodes gain and lose labels, taints and resources, pods come and go, and snapshots are asked much
later. The model of an inventory is a dict of Node objects in the order in which they were added.
"""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from nodeselect import Inventory, Node, NodeSet, Snapshot, Usage
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.inventory import usage_index
from tests.inventory.small import SMALL, tuned
from tests.kube_scheduler import pod_requests
from tests.property.kubernetes_strategies import (
    IDS,
    PodTemplate,
    allocatable,
    labels,
    nodes,
    pod_templates,
    taints,
)
from tests.property.test_placement_laws import Objects, Used, check_answers, failures

ids = st.sampled_from(IDS)
COMPACT_AT = (None, 0.01, 0.5)


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
        self.patched = patch.multiple(usage_index, _MAX_SETS=3, _MIN_CHANGES=4)
        self.patched.start()

    def teardown(self) -> None:
        """Remove the saved file."""
        self.patched.stop()
        self.folder.cleanup()

    @initialize(
        fleet=st.lists(nodes, max_size=12),
        compact_at=st.sampled_from(COMPACT_AT),
        pods=st.lists(pod_templates(), min_size=2, max_size=4),
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
        return multiple(*pods)

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

    @rule(node_id=ids, changed=labels)
    def label(self, node_id: str, changed: dict[str, str]) -> None:
        """Give a node other labels."""
        self._change(node_id, "metadata", "labels", changed)

    @rule(node_id=ids, changed=taints)
    def taint(self, node_id: str, changed: list[dict[str, str]]) -> None:
        """Give a node other taints, or none."""
        self._change(node_id, "spec", "taints", changed)

    @rule(node_id=ids, cordoned=st.booleans())
    def cordon(self, node_id: str, cordoned: bool) -> None:
        """Cordon or uncordon a node."""
        self._change(node_id, "spec", "unschedulable", cordoned)

    @rule(node_id=ids, changed=allocatable)
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
        self.inventory = tuned(self.tuning).open(path, copy=copy, compact_at=self.compact_at)

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
