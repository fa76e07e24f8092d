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
from nodeselect.placement.requirements import AtLeast, Tolerates
from nodeselect.placement.toleration import NO_TOLERATIONS
from tests.inventory.small import SMALL, tuned
from tests.naive import matches_any
from tests.property.strategies import fleets
from tests.property.test_explain_laws import check_counts
from tests.thoroughness import machine_settings

Model = dict[str, Node]
Used = dict[str, Counter[str]]

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
    inventory: BaseInventory, placement: Placement, model: Model, usage: Usage | None, used: Used
) -> None:
    """Check everything that an inventory says of a placement."""
    failed = failures(placement, model, used)
    matching = [node_id for node_id, names in failed.items() if not names]
    answer = inventory.match(placement, usage=usage)
    assert answer.ids() == matching
    assert len(inventory.match(placement, usage=usage)) == len(matching)
    if not used:
        assert len(inventory.match(placement)) == len(matching)
    explanation = inventory.explain(placement, usage=usage)
    check_explanation(explanation, placement, model, failed)
    assert answer.not_considered == explanation.not_considered
    check_unknown(answer.not_considered, placement, model, usage)
    counts = inventory.failure_counts(placement, usage=usage)
    assert (counts.total, counts.matched) == (len(model), len(matching))
    for node_id, names in failed.items():
        node = inventory[node_id]
        assert placement.matches(node, usage) is (not names)
        for explained in (node_id, node):
            check_node(inventory.explain_node(placement, explained, usage=usage), placement, names)


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
    not_considered: tuple[str, ...], placement: Placement, model: Model, usage: Usage | None
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
    in_use = set() if usage is None else usage.in_use()
    if placement.requests and in_use and not in_use & model.keys():
        said.append("what runs on the nodes: no pod runs on any of them")
    assert len(not_considered) == len(said)
    assert all(map(str.startswith, not_considered, said))


class PlacementMachine(RuleBasedStateMachine):
    """Changes an inventory and its usage, and compares all answers with the model."""

    tuning: ClassVar[Tuning] = SMALL

    pods: Bundle[Placement] = Bundle("pods")
    snapshots: Bundle[tuple[Snapshot, Model]] = Bundle("snapshots")
    answers: Bundle[tuple[NodeSet, list[str]]] = Bundle("answers")

    def __init__(self) -> None:
        super().__init__()
        self.inventory = Inventory()
        self.model: Model = {}
        self.usage = Usage()
        self.running: list[tuple[str, Placement]] = []
        self.folder = TemporaryDirectory()
        # Few nodes are read without numpy, unless something else has loaded it.
        readers: dict[str, Any] = {} if self.tuning is SMALL else {"bulk_reader": lambda _: None}
        self.patched = patch.multiple(usage_index, _MAX_SETS=3, _FEW=2, **readers)
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
        self.inventory = tuned(self.tuning)(fleet, compact_at=compact_at)
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

    @rule(pod=placements, target=pods)
    def another_pod(self, pod: Placement) -> Placement:
        """Ask for another pod from now on."""
        return pod

    @rule(node_id=ids, pod=pods)
    def run(self, node_id: str, pod: Placement) -> None:
        """Run a pod on a node, known or not, and whether or not it has room."""
        self.usage.add(node_id, pod.requests)
        self.running.append((node_id, pod))

    @rule(at=st.integers(0, 20))
    def end(self, at: int) -> None:
        if at < len(self.running):
            node_id, pod = self.running.pop(at)
            self.usage.remove(node_id, pod.requests)

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
        snapshot, model = self.snapshot()
        self.run(node_id, pod)
        self.ask(pod, True)
        self.change(node_id, ("resources", {"cpu": cpu, "pods": 2}))
        self.ask(pod, True)
        self.end(len(self.running) - 1)
        self.ask(pod, True)
        self.ask_a_snapshot((snapshot, model), pod, True)

    @rule()
    def count_again(self) -> None:
        """Sum what runs from the beginning."""
        self.usage = Usage()
        for node_id, pod in self.running:
            self.usage.add(node_id, pod.requests)

    @rule(pod=pods)
    def schedule(self, pod: Placement) -> None:
        """Run a pod on the first node that has room for it, as a scheduler does."""
        found = self.inventory.match(pod, usage=self.usage).first(1)
        failed = failures(pod, self.model, self._used())
        matching = [node_id for node_id, names in failed.items() if not names]
        assert [node.id for node in found] == matching[:1]
        for node in found:
            self.run(node.id, pod)

    @rule(target=snapshots)
    def snapshot(self) -> tuple[Snapshot, Model]:
        return self.inventory.snapshot(), dict(self.model)

    @rule(kept=snapshots, pod=pods, with_usage=st.booleans())
    def ask_a_snapshot(
        self, kept: tuple[Snapshot, Model], pod: Placement, with_usage: bool
    ) -> None:
        """Ask a snapshot, with what runs now."""
        snapshot, model = kept
        check_answers(snapshot, pod, model, *self._runs(with_usage))

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
        """The usage of each node is the sum of its pods."""
        used = self._used()
        for node_id in IDS:
            assert self.usage.of(node_id) == used.get(node_id, {})

    def _used(self) -> Used:
        used: Used = {}
        for node_id, pod in self.running:
            used.setdefault(node_id, Counter()).update(pod.requests)
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
