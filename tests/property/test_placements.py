"""A live inventory and what runs on it: every way to answer agrees with a look at every node.

Nodes gain and lose labels, taints and resources, pods come and go, and snapshots are asked much
later. Of some nodes the taints or resources are unknown. The model of an inventory is a dict of
nodes in the order in which they were added. ``tests/differential`` compares what pod specs, nodes
and single answers mean with Kubernetes' own code.
"""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from unittest.mock import patch

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from nodeselect import (
    AnyOf,
    Inventory,
    Node,
    NodeSet,
    Placement,
    Pod,
    Selector,
    Snapshot,
    Taint,
    Toleration,
    Usage,
)
from nodeselect.explain import Explanation, NodeExplanation
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.inventory import usage_index
from nodeselect.inventory.snapshot import BaseInventory
from nodeselect.node import CORDON
from nodeselect.placement import BaseUsage
from nodeselect.placement.requirements import AtLeast, Tolerates
from nodeselect.placement.toleration import NO_TOLERATIONS
from tests.inventory.small import SMALL, tuned
from tests.naive import matches_any
from tests.property.strategies import fleets
from tests.property.test_explain_laws import check_counts
from tests.thoroughness import machine_settings

Model = dict[str, Node]
Used = dict[str, Counter[str]]
# For each id: the node, what runs there, and whether it is a pod or only amounts.
Running = dict[str, tuple[str, Placement, bool]]

LABELS = "labels"
IDS = tuple(f"n-{number}" for number in range(8))
COMPACT_AT = (None, 0.01, 0.5)

ids = st.sampled_from(IDS)
# A label with the key of a taint or the name of a resource is no fact of a node.
labels = st.dictionaries(
    st.sampled_from(("zone", "a/b", "dedicated", "cpu")), st.sampled_from(("", "a", "5", "7"))
)
effects = st.sampled_from(("NoSchedule", "NoExecute", "PreferNoSchedule"))
taint_keys = st.sampled_from(("dedicated", "a/b", "node.kubernetes.io/not-ready"))
taints = st.lists(
    st.just(CORDON) | st.builds(Taint, taint_keys, effects, st.sampled_from(("", "a"))), max_size=3
)
resources = st.dictionaries(
    st.sampled_from(("cpu", "memory", "pods", "example.com/gpu")),
    st.sampled_from((0, 1, 500, 1_000, 2_000, 2**31)),
)
nodes = st.builds(
    Node, ids, labels, taints=st.none() | taints | taints, resources=st.none() | resources
)
selectors = st.lists(
    st.sampled_from(("zone", "!zone", "zone=a", "a/b!=a", "a/b in (,5)", "cpu>5", "dedicated<7")),
    max_size=2,
).map(lambda texts: Selector.parse(",".join(texts)))
with_ids = st.lists(ids, min_size=1).map(lambda some: Selector.of(match_ids=some))
toleration_keys, toleration_effects = taint_keys | st.just(CORDON.key), effects | st.just("")
tolerations = (
    st.just(Toleration(operator="Exists"))
    | st.builds(Toleration, toleration_keys, st.just("Exists"), st.just(""), toleration_effects)
    | st.builds(
        Toleration, toleration_keys, st.just("Equal"), st.sampled_from("ab"), toleration_effects
    )
)
placements = st.builds(
    Placement,
    selectors | with_ids | st.lists(selectors, max_size=3).map(AnyOf),
    st.lists(tolerations, max_size=2),
    st.dictionaries(
        st.sampled_from(("cpu", "memory", "pods", "example.com/gpu")), st.sampled_from((1, 500))
    ),
    st.just(()),
)
PLAIN = tuple(
    Placement(tolerations=[Toleration(operator="Exists")], requests={"cpu": cpu, "pods": 1})
    for cpu in (500, 1_000)
)
"""What requires nothing but a little cpu, and so can use most nodes."""


def failed_of(placement: Placement, node: Node, used: Counter[str]) -> set[str]:
    """Return what of a node a placement does not fit: ``LABELS``, and requirements as texts."""
    failed = set() if matches_any(placement.selector, node.labels, node.id) else {LABELS}
    for taint in node.taints or ():
        if taint.effect != "PreferNoSchedule" and not any(
            toleration.tolerates(taint) for toleration in placement.tolerations
        ):
            failed.add(str(Tolerates(taint.key, taint.effect, NO_TOLERATIONS)))
    for name, amount in placement.requests.items():
        if node.resources is not None and used[name] + amount > node.resources.get(name, 0):
            failed.add(str(AtLeast(name, amount)))
    return failed


def failures(placement: Placement, model: Model, used: Used) -> dict[str, set[str]]:
    """Return for each node what a placement does not fit."""
    return {
        node_id: failed_of(placement, node, used.get(node_id, Counter()))
        for node_id, node in model.items()
    }


def check_answers(
    inventory: BaseInventory,
    placement: Placement,
    model: Model,
    usage: BaseUsage | None,
    used: Used,
) -> None:
    """Check everything that an inventory says of a placement."""
    failed = failures(placement, model, used)
    matching = [node_id for node_id, names in failed.items() if not names]
    answer = inventory.match(placement, usage=usage)
    assert answer.ids() == matching
    assert len(inventory.match(placement, usage=usage)) == len(matching)
    if not used:
        assert len(inventory.match(placement, usage=Usage())) == len(matching)
    check_ranking(answer, [model[node_id] for node_id in matching], used)
    explanation = inventory.explain(placement, usage=usage)
    check_explanation(explanation, placement, model, failed)
    assert answer.not_considered == explanation.not_considered
    check_unknown(answer.not_considered, placement, model, used)
    counts = inventory.failure_counts(placement, usage=usage)
    assert (counts.total, counts.matched) == (len(model), len(matching))
    for node_id, names in failed.items():
        node = inventory[node_id]
        runs = inventory.usage if usage is None else usage
        assert placement.matches(node, runs) is (not names)
        for explained in (node_id, node):
            check_node(inventory.explain_node(placement, explained, usage=usage), placement, names)


def check_ranking(answer: NodeSet, nodes: list[Node], used: Used) -> None:
    """Check what is free on the nodes of an answer, and those with the most and the least."""

    def free(node: Node) -> int:
        if node.resources is None:
            return -1
        in_use = used.get(node.id, Counter())["cpu"]
        return max(0, node.resources.get("cpu", 0) - in_use)

    amounts = answer.free("cpu")
    assert amounts.tolist() == [free(node) for node in nodes]
    for n in (1, 2, 20):
        for least, sign in ((False, -1), (True, 1)):
            in_order = sorted(nodes, key=lambda node: (free(node) < 0, sign * free(node)))
            assert answer.top(n, "cpu", least=least) == in_order[:n]
            known = sorted(nodes, key=lambda node: sign * free(node))
            assert answer.top(n, lambda each: each.free("cpu"), least=least) == known[:n]
    groups = answer.group_by("zone")
    assert groups.keys() == answer.value_counts("zone").keys()
    for value, group in groups.items():
        assert list(group) == [node for node in nodes if node.labels.get("zone") == value]


def used_by(running: Running) -> Used:
    used: Used = {}
    for node_id, pod, is_pod in running.values():
        if is_pod or pod.requests:
            used.setdefault(node_id, Counter()).update(pod.requests)
    return used


def check_pods(usage: BaseUsage, running: Running) -> None:
    """Check what is said of each node and each pod."""
    used = used_by(running)
    pods = {pod_id: node_id for pod_id, (node_id, _, is_pod) in running.items() if is_pod}
    for node_id in IDS:
        assert usage.of(node_id) == used.get(node_id, {})
        assert [pod.id for pod in usage.pods(node_id)] == [
            pod_id for pod_id, at in pods.items() if at == node_id
        ]
    assert usage.in_use() == used.keys()
    assert len(usage) == len(pods)
    assert [(node_id, pod.id) for node_id, pod in usage] == sorted(
        ((node_id, pod_id) for pod_id, node_id in pods.items()), key=lambda pair: pair[0]
    )
    for pod_id, (node_id, pod, is_pod) in running.items():
        found = (node_id, Pod(pod_id, placement=pod)) if is_pod else None
        assert usage.find(pod_id) == found
        assert (pod_id in usage) is is_pod


def check_node(explained: NodeExplanation, placement: Placement, names: set[str]) -> None:
    """Check why one node does not match."""
    assert explained.matches is (not names)
    assert all(passes for *_, passes in explained.requirements) is (not names)
    shared = len(placement.selector.split())
    on_labels, others = explained.requirements[:shared], explained.requirements[shared:]
    assert all(passes for *_, passes in on_labels) is (LABELS not in names)
    assert {text for text, _, passes in others if not passes} == names - {LABELS}


def check_explanation(
    explanation: Explanation, placement: Placement, model: Model, failed: dict[str, set[str]]
) -> None:
    """Check that every number is what a look at every node gives."""
    parts = placement.selector.split()
    names = [row.text for row in explanation.requirements[len(parts) :]]
    wanted = set().union(*failed.values()) - {LABELS}
    requested = {str(AtLeast(*request)) for request in placement.requests.items()}
    assert wanted <= set(names) <= wanted | requested
    assert len(names) == len(set(names))

    places: dict[str, tuple[int, ...]] = {}
    for node_id, node in model.items():
        on_labels = [at for at, part in enumerate(parts) if not part.matches(node.labels, node_id)]
        assert bool(on_labels) is (LABELS in failed[node_id])
        others = [at for at, name in enumerate(names, len(parts)) if name in failed[node_id]]
        places[node_id] = (*on_labels, *others)
    check_counts(explanation, places)


def check_unknown(
    not_considered: tuple[str, ...], placement: Placement, model: Model, used: Used
) -> None:
    """Check that the number of nodes with unknown taints or resources is said if it matters."""
    tolerates_all = any(each.key == each.effect == "" for each in placement.tolerations)
    unknown = {
        "taints": 0 if tolerates_all else sum(node.taints is None for node in model.values()),
        "resources": sum(node.resources is None for node in model.values())
        if placement.requests
        else 0,
    }
    said = [f"unknown {name} of {number} of" for name, number in unknown.items() if number]
    if placement.requests and used and not used.keys() & model.keys():
        said.append("what runs on the nodes: no pod runs on any of them")
    assert len(not_considered) == len(said)
    assert all(map(str.startswith, not_considered, said))


class PlacementMachine(RuleBasedStateMachine):
    """Changes an inventory and its usage, and compares all answers with the model."""

    tuning: ClassVar[Tuning] = SMALL

    pods: Bundle[Placement] = Bundle("pods")
    snapshots: Bundle[tuple[Snapshot, Model, Running]] = Bundle("snapshots")
    answers: Bundle[tuple[NodeSet, list[str]]] = Bundle("answers")
    copies: Bundle[tuple[Usage, Running]] = Bundle("copies")
    is_owned: ClassVar[bool] = False
    """Whether the inventory keeps what runs."""

    def __init__(self) -> None:
        super().__init__()
        self.inventory = Inventory()
        self.model: Model = {}
        self.usage = Usage()
        self.running: Running = {}
        self.started = 0
        self.folder = TemporaryDirectory()
        # Few nodes are read without numpy, unless something else has loaded it.
        readers: dict[str, Any] = {} if self.tuning is SMALL else {"bulk_reader": lambda _: None}
        sizes: dict[str, Any] = {"_MAX_SETS": 3, "_FEW": 2, "_MAX_TABLES": 2, "_MIN_CHANGES": 2}
        self.patched = patch.multiple(usage_index, **sizes, **readers)
        self.patched.start()

    def teardown(self) -> None:
        self.patched.stop()
        self.folder.cleanup()

    @initialize(
        fleet=fleets(nodes, max_size=8),
        compact_at=st.sampled_from(COMPACT_AT),
        pods=st.lists(placements, min_size=3, max_size=6),
        target=pods,
    )
    def begin(self, fleet: list[Node], compact_at: float | None, pods: list[Placement]) -> Any:
        """Begin with some nodes, and with pods that are asked for again and again."""
        self.model = {node.id: node for node in fleet}
        self.compact_at = compact_at
        usage = self.usage if self.is_owned else None
        self.inventory = tuned(self.tuning)(fleet, compact_at=compact_at, usage=usage)
        return multiple(*PLAIN, *pods)

    @rule(node=nodes)
    def upsert(self, node: Node) -> None:
        self.model[node.id] = node
        self.inventory.upsert(node)

    @rule(node_id=ids)
    def remove(self, node_id: str) -> None:
        """Remove a node; what runs on it remains in the usage."""
        if self.model.pop(node_id, None) is not None:
            self.inventory.remove(node_id)

    @rule(
        node_id=ids,
        field=st.one_of(
            st.tuples(st.just("labels"), labels),
            st.tuples(st.just("taints"), st.none() | taints),
            st.tuples(st.just("resources"), st.none() | resources),
        ),
    )
    def change(self, node_id: str, field: tuple[str, Any]) -> None:
        """Give a node other labels, taints or resources, or make them unknown."""
        if node_id in self.model:
            self.upsert(self.model[node_id].replace(**dict([field])))

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
        assert list(self.inventory) == list(self.model.values())
        if self.is_owned:
            assert list(self.inventory.usage) == []
            self.usage = self.inventory.usage
            self._run_all(self.usage, self.running)

    @rule(pod=placements, target=pods)
    def another_pod(self, pod: Placement) -> Placement:
        """Ask for another pod from now on."""
        return pod

    @rule(node_id=ids, pod=pods, is_pod=st.booleans())
    def run(self, node_id: str, pod: Placement, is_pod: bool = True) -> None:
        """Run a pod on a node, known or not, and whether or not it has room."""
        self._start(self.usage, self.running, node_id, pod, is_pod)

    @rule(at=st.integers(0, 20))
    def end(self, at: int) -> None:
        self._end(self.usage, self.running, at)

    @rule(at=st.integers(0, 20), pod=pods)
    def resize(self, at: int, pod: Placement) -> None:
        """Let a pod request something else on its node."""
        for pod_id in list(self.running)[at : at + 1]:
            node_id, _, is_pod = self.running[pod_id]
            if is_pod:
                self.usage.add(node_id, Pod(pod_id, placement=pod))
                self.running[pod_id] = node_id, pod, True

    @rule(node_id=ids, pod=pods, other=nodes)
    def change_all(self, node_id: str, pod: Placement, other: Node) -> None:
        """Change nodes and pods in one step; of a wrong change, nothing is done."""
        first = next((each for each, (*_, is_pod) in self.running.items() if is_pod), "none")
        new = Pod(f"new-{self.started}", placement=pod)
        with pytest.raises(KeyError):
            self.usage.apply([(node_id, new), "no such pod"])
        changes: list[Any] = [(node_id, new), first]
        if self.is_owned:
            with pytest.raises(KeyError):
                self.inventory.apply([other], pods=["no such pod"])
            self.inventory.apply([other, "no such node"], pods=changes, missing_ok=True)
            self.model[other.id] = other
        else:
            self.usage.apply(changes, missing_ok=True)
        self.started += 1
        self.running[new.id] = node_id, pod, True
        self.running.pop(first, None)

    @rule(node_id=ids)
    def clear(self, node_id: str) -> None:
        """End all that runs on a node."""
        on_node = [each for each, (at, *_) in self.running.items() if at == node_id]
        pods = [each for each in on_node if self.running[each][2]]
        assert [pod.id for pod in self.usage.clear(node_id)] == pods
        for each in on_node:
            del self.running[each]

    @rule(target=copies)
    def copy(self) -> tuple[Usage, Running]:
        """Copy what runs, to change it."""
        return self.usage.copy(), dict(self.running)

    @rule(kept=copies, node_id=ids, pod=pods, is_pod=st.booleans())
    def run_in_a_copy(
        self, kept: tuple[Usage, Running], node_id: str, pod: Placement, is_pod: bool
    ) -> None:
        self._start(*kept, node_id, pod, is_pod)

    @rule(kept=copies, at=st.integers(0, 20))
    def end_in_a_copy(self, kept: tuple[Usage, Running], at: int) -> None:
        self._end(*kept, at)

    @rule(kept=copies, pod=pods)
    def ask_with_a_copy(self, kept: tuple[Usage, Running], pod: Placement) -> None:
        usage, running = kept
        check_pods(usage, running)
        check_answers(self.inventory, pod, self.model, usage, used_by(running))

    @rule(
        node_id=ids,
        pod=st.sampled_from(PLAIN),
        cpu=st.sampled_from((0, 500, 1_000, 2**31)),
        compacted=st.booleans(),
    )
    def resize_while_a_pod_runs(
        self, node_id: str, pod: Placement, cpu: int, compacted: bool
    ) -> None:
        """Run a pod on a node, resize the node, and end the pod; ask at each step."""
        self.change(node_id, ("resources", {"cpu": 2**31, "pods": 1}))
        if compacted:
            self.compact()
        kept = self.snapshot()
        self.run(node_id, pod)
        self.ask(pod, True)
        self.change(node_id, ("resources", {"cpu": cpu, "pods": 2}))
        self.ask(pod, True)
        self.end(len(self.running) - 1)
        self.ask(pod, True)
        self.ask_a_snapshot(kept, pod, True)

    @rule()
    def count_again(self) -> None:
        """Sum what runs from the beginning."""
        if not self.is_owned:
            self.usage = Usage()
            self._run_all(self.usage, self.running)

    @rule(pod=pods)
    def schedule(self, pod: Placement) -> None:
        """Run a pod on the first node that has room for it, as a scheduler does."""
        found = self.inventory.match(pod, usage=self.usage).first(1)
        failed = failures(pod, self.model, used_by(self.running))
        matching = [node_id for node_id, names in failed.items() if not names]
        assert [node.id for node in found] == matching[:1]
        for node in found:
            self.run(node.id, pod)

    @rule(target=snapshots)
    def snapshot(self) -> tuple[Snapshot, Model, Running]:
        return self.inventory.snapshot(), dict(self.model), dict(self.running)

    @rule(kept=snapshots, pod=pods, with_usage=st.booleans())
    def ask_a_snapshot(
        self, kept: tuple[Snapshot, Model, Running], pod: Placement, with_usage: bool
    ) -> None:
        """Ask a snapshot, with what runs now; or with what ran then, if the inventory knows."""
        snapshot, model, running = kept
        if with_usage:
            check_answers(snapshot, pod, model, self.usage, used_by(self.running))
        elif self.is_owned:
            check_pods(snapshot.usage, running)
            check_answers(snapshot, pod, model, None, used_by(running))
        else:
            check_answers(snapshot, pod, model, None, {})

    @rule(pod=pods, with_usage=st.booleans())
    def ask(self, pod: Placement, with_usage: bool) -> None:
        check_answers(self.inventory, pod, self.model, *self._runs(with_usage))

    @rule(pod=pods, with_usage=st.booleans(), target=answers)
    def match(self, pod: Placement, with_usage: bool) -> tuple[NodeSet, list[str]]:
        """Keep an answer without reading it."""
        usage, used = self._runs(with_usage)
        failed = failures(pod, self.model, used)
        answer = self.inventory.match(pod, usage=usage)
        return answer, [node_id for node_id, names in failed.items() if not names]

    @rule(kept=answers)
    def read_an_answer(self, kept: tuple[NodeSet, list[str]]) -> None:
        """Read an earlier answer, which is still that of its moment."""
        answer, matching = kept
        assert len(answer) == len(matching)
        assert answer.ids() == matching

    @invariant()
    def sums(self) -> None:
        """The usage of each node is the sum of its pods, each of which is found."""
        check_pods(self.usage, self.running)

    def _start(
        self, usage: Usage, running: Running, node_id: str, pod: Placement, is_pod: bool
    ) -> None:
        new = f"new-{self.started}"
        self.started += 1
        self._run_all(usage, {new: (node_id, pod, is_pod)})
        running[new] = node_id, pod, is_pod

    def _end(self, usage: Usage, running: Running, at: int) -> None:
        for pod_id in list(running)[at : at + 1]:
            node_id, pod, is_pod = running.pop(pod_id)
            if is_pod:
                assert usage.remove(pod_id) == (node_id, Pod(pod_id, placement=pod))
            else:
                usage.remove(node_id, pod.requests)

    def _run_all(self, usage: Usage, running: Running) -> None:
        for pod_id, (node_id, pod, is_pod) in running.items():
            usage.add(node_id, Pod(pod_id, placement=pod) if is_pod else pod.requests)

    def _runs(self, with_usage: bool) -> tuple[Usage | None, Used]:
        if with_usage or self.is_owned:
            return (self.usage if with_usage else None), used_by(self.running)
        return None, {}


class FewNodesMachine(PlacementMachine):
    """The same with the thresholds of real inventories."""

    tuning: ClassVar[Tuning] = DEFAULT


class OwnedMachine(PlacementMachine):
    """The same with pods that the inventory keeps."""

    is_owned: ClassVar[bool] = True


_SETTINGS = machine_settings(15)

TestSegments = PlacementMachine.TestCase
TestSegments.settings = _SETTINGS

TestFewNodes = FewNodesMachine.TestCase
TestFewNodes.settings = _SETTINGS

TestOwned = OwnedMachine.TestCase
TestOwned.settings = _SETTINGS
