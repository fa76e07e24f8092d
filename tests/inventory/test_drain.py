"""Plans of drains agree with one that asks each node about each pod, anew every time."""

import json
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from random import Random
from typing import Any

import pytest

from nodeselect import Inventory, Node, Placement, Pod, Selector, Usage
from nodeselect.inventory import DrainPlan, plan_drain
from tests.conformance.test_filters import clusters, placement_of

Decision = tuple[str, str, str | None, str]


def unbound(pod: dict[str, Any]) -> dict[str, Any]:
    """Return a pod that is not on a node."""
    return pod | {"spec": {name: pod["spec"][name] for name in pod["spec"] if name != "nodeName"}}


def naive_plan(
    nodes: list[Node], usage: Usage, going: set[str], manifests: Mapping[str, dict[str, Any]]
) -> list[Decision]:
    """Return the pods in their order, each with its node, its target and its obstacle."""
    others = Inventory([node for node in nodes if node.id not in going])
    trial = Usage()
    trial.set_namespaces(usage.namespaces)
    moved = []
    for node_id, pod in usage:
        if node_id not in going:
            trial.add(node_id, pod)
        elif not pod.owner.startswith(("DaemonSet/", "Node/")):
            moved.append((node_id, pod))
    moved.sort(key=lambda each: (-each[1].requests.get("cpu", 0),
                                 -each[1].requests.get("memory", 0), each[1].id))  # fmt: skip
    found: list[Decision] = []
    for node_id, pod in moved:
        placement = placement_of(unbound(manifests[pod.id])).replace(requests=pod.requests)
        ids = others.match(Selector.everything()).ids()
        if placement.not_considered:  # such as volumes
            found.append((pod.id, node_id, None, ", ".join(placement.not_considered)))
            continue
        target = next(
            (each for each in ids if others.explain_node(placement, each, usage=trial).matches),
            None,
        )
        obstacle = ""
        if target is not None:
            trial.add(target, pod.replace(is_ending=False))
        elif not ids:
            obstacle = "no node is left"
        else:
            rows = others.explain(placement, usage=trial).requirements
            obstacle = max(rows, key=lambda row: (row.failing_only_this, row.failing)).text
        found.append((pod.id, node_id, target, obstacle))
    return found


def test_random_clusters() -> None:
    """Half of the nodes of a cluster go: every pod has the target and the obstacle of the model."""
    random = Random(45)
    counts = Counter[str]()
    for case, _, usage, _ in islice(clusters(), 0, None, 12):
        nodes = [*map(Node.from_kubernetes, case["nodes"])]
        going = {node.id for node in nodes if random.random() < 0.5}
        inventory = Inventory(nodes, usage=usage)
        before = sorted((node_id, pod.id) for node_id, pod in inventory.usage)
        plan = plan_drain(inventory, inventory.nodes(going))
        decided = [(each.pod.id, each.node, each.target, each.obstacle) for each in plan.pods]
        manifests = {
            f"{each['metadata'].get('namespace', 'default')}/{each['metadata']['name']}": each
            for each in case["pods"]
        }
        assert decided == naive_plan(nodes, usage, going, manifests), case["id"]
        assert not any(each.target for each in plan.pods if not each.is_decided)
        assert sorted((node_id, pod.id) for node_id, pod in inventory.usage) == before
        assert plan.is_possible == all(each.target for each in plan.pods)
        counts.update("moved" if each.target else "stuck" for each in plan.pods)
    assert min(counts["moved"], counts["stuck"]) >= 100


def cluster(*pods: tuple[str, Pod]) -> Inventory:
    """Return nodes of 4 cpus, the first of them in the zone x."""
    room: dict[str, int | str] = {"cpu": "4", "memory": "8Gi", "pods": 10}
    nodes = [
        Node(name, {"zone": "y" if number else "x"}, state="ready", taints=[], resources=room)
        for number, name in enumerate("abc")
    ]
    inventory = Inventory(nodes)
    for node_id, pod in pods:
        inventory.usage.add(node_id, pod)
    return inventory


def targets(plan: DrainPlan) -> dict[str, str | None]:
    return {each.pod.id: each.target for each in plan.pods}


def test_the_largest_first() -> None:
    """Of equal cpu, memory decides, then the id; the first node that has room gets the pod."""
    inventory = cluster(
        ("a", Pod("shop/small", {"cpu": 1000})),
        ("a", Pod("shop/large", {"cpu": 3000}, owner="ReplicaSet/large-5d4f7")),
        ("a", Pod("shop/more-memory", {"cpu": 1000, "memory": 1 << 30})),
        ("b", Pod("shop/stays", {"cpu": 3000})),
    )
    plan = plan_drain(inventory, ["a"])
    assert targets(plan) == {"shop/large": "c", "shop/more-memory": "b", "shop/small": "c"}
    assert str(plan) == plan.headline == "all 3 pods on 1 node find another node"
    assert (plan.nodes, plan.staying, plan.is_possible) == (("a",), 0, True)
    assert plan.not_considered[0] == "PodDisruptionBudgets"
    assert plan_drain(inventory.snapshot(), ["a"]) == plan


def test_no_other_node() -> None:
    """The obstacle is the requirement that most nodes fail alone."""
    in_x = Placement(Selector.parse("zone=x"))
    inventory = cluster(
        ("a", Pod("shop/bound", {"cpu": 100}, placement=in_x, owner="StatefulSet/bound")),
        ("a", Pod("shop/huge", {"cpu": 4000})),
        ("b", Pod("shop/fills-b", {"cpu": 2000})),
        ("c", Pod("shop/fills-c", {"cpu": 2000})),
    )
    plan = plan_drain(inventory, inventory.match(Placement(Selector.parse("zone=x"))))
    assert plan.headline == "2 of 2 pods on 1 node find no other node"
    huge, bound = plan.pods
    assert (huge.obstacle, huge.workload) == ("cpu >= 4", "shop/huge")
    assert (bound.obstacle, bound.workload) == ("zone=x", "shop/StatefulSet/bound")
    assert not plan.is_possible
    plan = plan_drain(inventory, "abc")
    assert {each.obstacle for each in plan.pods} == {"no node is left"}
    fields = json.loads(json.dumps(plan.as_dict()))
    assert fields["pods"][0] == {
        "pod": "shop/huge",
        "node": "a",
        "target": None,
        "obstacle": "no node is left",
        "is_decided": True,
        "workload": "shop/huge",
    }


def test_pods_that_stay() -> None:
    """Those of DaemonSets and mirror pods end with their node; one that is ending is made again."""
    mirror = {
        "metadata": {
            "name": "kube-proxy-a",
            "namespace": "kube-system",
            "annotations": {"kubernetes.io/config.mirror": "1f"},
        },
        "spec": {"nodeName": "a", "containers": [{"name": "a"}]},
    }
    by_node = {**mirror, "metadata": {"name": "static-a", "namespace": "kube-system",
               "ownerReferences": [{"kind": "Node", "name": "a", "controller": True}]}}  # fmt: skip
    inventory = cluster(
        ("a", Pod.from_kubernetes(mirror)),
        ("a", Pod.from_kubernetes(by_node)),
        ("a", Pod("kube-system/agent", owner="DaemonSet/agent")),
        ("a", Pod("shop/ending", {"cpu": 100}, is_ending=True)),
    )
    plan = plan_drain(inventory, ["a"])
    assert (targets(plan), plan.staying) == ({"shop/ending": "b"}, 3)
    assert plan.headline == "the pod on 1 node finds another node"
    assert plan_drain(inventory, ["b", "c"]).headline == "no pod on 2 nodes needs another node"


def test_what_is_not_known() -> None:
    """A pod is never placed by a guess; what a pod that has run does not lack is no obstacle."""
    namespaces = {"matchLabels": {"team": "a"}}
    term = {"labelSelector": {}, "namespaceSelector": namespaces, "topologyKey": "zone"}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    spec = {"containers": [{"name": "a"}], "affinity": {"podAntiAffinity": required}}
    unknown = Placement.from_pod_spec(spec, namespace="shop")
    gated = {"containers": [{"name": "a"}], "schedulingGates": [{"name": "x"}]}
    inventory = cluster(
        ("a", Pod("shop/unknown", {"cpu": 200}, placement=unknown)),
        ("a", Pod("shop/gated", {"cpu": 100}, placement=Placement.from_pod_spec(gated))),
    )
    plan = plan_drain(inventory, ["a"])
    assert targets(plan) == {"shop/unknown": None, "shop/gated": "b"}
    assert not plan.pods[0].is_decided
    assert plan.pods[0].obstacle == "pod anti-affinity"
    assert plan.headline == "2 pods on 1 node; of 1 it is not known"
    assert not plan.is_possible


def test_edges() -> None:
    """Unknown ids raise; without pods of its own, an inventory takes those of the argument."""
    inventory = cluster()
    with pytest.raises(KeyError):
        plan_drain(inventory, ["a", "nope"])
    assert plan_drain(inventory, []).nodes == ()
    usage = Usage()
    usage.add("a", Pod("shop/web", {"cpu": 100}))
    assert targets(plan_drain(inventory, ["a", "a"], usage=usage)) == {"shop/web": "b"}
    assert len(usage) == 1
    opened = Inventory([Node("a", {}), Node("b", {})])
    plan = plan_drain(opened, ["a"])
    assert plan.headline == "what runs on 1 node is not known"
    assert (plan.not_considered, plan.is_possible) == (("what runs on the nodes",), True)
