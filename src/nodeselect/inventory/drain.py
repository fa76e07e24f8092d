"""What happens to the pods on some nodes if these go: which find another node, and which do not."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from nodeselect.explain.explanation import requirement_text
from nodeselect.inventory.inventory import Inventory
from nodeselect.inventory.node_set import NodeSet
from nodeselect.inventory.snapshot import BaseInventory, Snapshot
from nodeselect.inventory.statistics import FailureGroups
from nodeselect.placement import BaseUsage, Placement, Pod, Usage, UsageSnapshot
from nodeselect.placement.pod import PodKind, workloads_of
from nodeselect.placement.pod_rules import PodRules
from nodeselect.selectors import Selector
from nodeselect.text import join_limited, pluralize

# The owners whose pods end with their node, and need no other. Source: kubectl drain, filters.go.
_STAYING = ("DaemonSet/", "Node/")

# What may be unknown of a pod, although it decides on no node of a pod that has run.
_HARMLESS = ("another scheduler", "preemption", "runtime class", "scheduling gates")


# What is not considered if there is nothing that runs on any node.
_NO_PODS = "what runs on the nodes"


class DrainedPod(NamedTuple):
    """A pod that needs another node.

    :param pod: the pod, with its owner.
    :param node: the id of the node that goes.
    :param target: the id of the first node that takes the pod; None if there is none.
    :param obstacle: without a target, the requirement that most nodes fail alone, else most nodes;
        or what of the pod's rules is not known. Otherwise empty.
    :param is_decided: whether all of its rules are known. If not, the pod has no target.
    """

    pod: Pod
    node: str
    target: str | None
    obstacle: str = ""
    is_decided: bool = True

    @property
    def workload(self) -> str:
        """What the pod is part of, such as ``shop/Deployment/web``; its id without an owner."""
        *_, last = workloads_of(self.pod)
        return f"{self.pod.namespace}/{last}" if last else self.pod.id

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        fields = {**self._asdict(), "pod": self.pod.id, "workload": self.workload}
        return fields | {"obstacle": self.obstacle or None}


class DrainPlan(NamedTuple):
    """Which pods find another node if some nodes go.

    :param nodes: the ids of these nodes, in the order of the inventory.
    :param pods: their pods, in the order in which they were placed.
    :param staying: how many more end with their node: those of DaemonSets, and mirror pods.
    :param not_considered: what else decides but is unknown.
    """

    nodes: tuple[str, ...]
    pods: tuple[DrainedPod, ...]
    staying: int
    not_considered: tuple[str, ...]

    @property
    def is_possible(self) -> bool:
        """Whether each pod finds another node."""
        return all(each.target is not None for each in self.pods)

    @property
    def headline(self) -> str:
        """How many pods find no other node, in one line."""
        where = f"on {pluralize(len(self.nodes), 'node')}"
        count = len(self.pods)
        if _NO_PODS in self.not_considered:
            return f"what runs {where} is not known"
        if not count:
            return f"no pod {where} needs another node"
        stuck = sum(each.target is None and each.is_decided for each in self.pods)
        unknown = sum(not each.is_decided for each in self.pods)
        if not stuck + unknown:
            finds = "the pod" if count == 1 else f"all {count:,} pods"
            return f"{finds} {where} {'finds' if count == 1 else 'find'} another node"
        total = f"{pluralize(count, 'pod')} {where}"
        parts = [f"{stuck:,} of {total} {'finds' if stuck == 1 else 'find'} no other node"]
        if unknown:
            parts = parts if stuck else [total]
            parts.append(f"of {unknown:,} it is not known")
        return "; ".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as JSON values, described by ``docs/drain.schema.json``."""
        return {
            "version": 1,
            "headline": self.headline,
            **self._asdict(),
            "pods": [each.as_dict() for each in self.pods],
        }

    def __str__(self) -> str:
        return self.headline


def plan_drain(
    inventory: BaseInventory, nodes: NodeSet | Iterable[str], *, usage: BaseUsage | None = None
) -> DrainPlan:
    """Plan where the pods on ``nodes`` can run if these nodes are taken out of the inventory.

    One after the other, the pods are placed on the first other node that matches, in the order of
    the inventory, those that request most cpu, then most memory, first. Every rule counts the pods
    that stay and those that were placed before. A pod that is resized needs as much as on its node.
    kube-scheduler ranks nodes and may choose others. Nothing is changed. Cost: that of building an
    inventory of the other nodes, and of ``match`` and of adding a pod, for each pod.

    :param nodes: an answer of the inventory, or the ids of the nodes.
    :param usage: what runs on the nodes; by default, that of the inventory.
    :raises KeyError: if there is no node with one of the ids.
    """
    snapshot = Snapshot(inventory._view)
    chosen = nodes.ids() if isinstance(nodes, NodeSet) else nodes
    going = snapshot.nodes([snapshot[node_id].id for node_id in chosen])
    ids, others = tuple(going.ids()), without_nodes(snapshot, going)
    moment = snapshot._view.running(usage)
    trial = Usage() if moment is None else moment.copy()
    drained = [(node_id, pod) for node_id in ids for pod in trial.clear(node_id)]
    moved = [each for each in drained if not each[1].owner.startswith(_STAYING)]
    placing = _Placing(others, trial)
    pods = tuple(placing.place(pod, node_id) for node_id, pod in sorted(moved, key=_size))
    words = dict.fromkeys(placing.words())
    if moment is None:
        words = {_NO_PODS: None}
    return DrainPlan(ids, pods, len(drained) - len(moved), tuple(words))


def without_nodes(inventory: BaseInventory, nodes: NodeSet) -> Inventory:
    """Return an inventory of the other nodes."""
    return Inventory(inventory.match(Selector.everything()) - nodes)


def _size(of_node: tuple[str, Pod]) -> tuple[int, int, str]:
    """Return a key that sorts the largest pods first."""
    _, pod = of_node
    return -pod.requests.get("cpu", 0), -pod.requests.get("memory", 0), pod.id


class _Placing:
    """Places pods one after the other."""

    def __init__(self, nodes: Inventory, usage: Usage) -> None:
        self._nodes = nodes
        self._usage = usage
        self._placements: dict[PodKind, Placement] = {}
        self._placed: dict[PodKind, Placement] = {}
        self._obstacles: dict[PodKind, str] = {}  # since the last pod was placed

    def place(self, pod: Pod, node_id: str) -> DrainedPod:
        """Place a pod on the first node that matches, if there is one and all is decided."""
        kind = pod._kind
        if (placement := self._placements.get(kind)) is None:
            placement = self._placements[kind] = _placement(pod)
        if unknown := self._undecided(placement):
            return DrainedPod(pod, node_id, None, join_limited(unknown), is_decided=False)
        if (obstacle := self._obstacles.get(kind)) is not None:
            return DrainedPod(pod, node_id, None, obstacle)
        first = self._nodes.match(placement, usage=self._usage).first(1)
        if not first:
            obstacle = self._obstacles[kind] = self._obstacle(placement)
            return DrainedPod(pod, node_id, None, obstacle)
        target = first[0].id
        # What takes its place is a new pod.
        self._usage.add(target, pod.replace(is_ending=False) if pod.is_ending else pod)
        self._placed[kind] = placement
        self._obstacles.clear()
        return DrainedPod(pod, node_id, target)

    def _undecided(self, placement: Placement) -> list[str]:
        words = [each for each in placement.not_considered if each not in _HARMLESS]
        return [*words, *self._nodes._view.undecided_rules(placement, self._moment)]

    @property
    def _moment(self) -> UsageSnapshot:
        return self._usage.snapshot()

    def _obstacle(self, placement: Placement) -> str:
        view, moment = self._nodes._view, self._moment
        nodes = view.live()
        if not nodes:
            return "no node is left"
        parts = view.requirements(placement, moment, nodes)
        return requirement_text(parts[FailureGroups(view, nodes, parts, moment).counts.worst])

    def words(self) -> Iterator[str]:
        """Yield what is not considered of the pods that were placed."""
        if self._placements:
            yield "PodDisruptionBudgets"
        rules = (each.pod_rules for each in self._placed.values())
        if any(each is not None and each.spread for each in rules):
            yield "that topology spread counts nodes as long as they are only cordoned"
        for placement in self._placed.values():
            yield from self._nodes._view.not_considered(placement, ())


def _placement(pod: Pod) -> Placement:
    """Return what a pod requires of another node."""
    placement = pod.placement
    if placement is None:
        rules = PodRules(pod.namespace, pod.labels, ports=pod.ports)
        placement = Placement(pod_rules=rules)
    return placement.replace(requests=pod.requests)
