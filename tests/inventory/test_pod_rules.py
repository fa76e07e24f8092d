"""Rules between pods, each by the smallest cluster in which a plausible mistake would show.

Source: kube-scheduler 1.34, whose recorded verdicts ``tests/conformance`` compares.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from nodeselect import (
    Inventory,
    Node,
    Placement,
    Pod,
    Selector,
    StandingSelectors,
    Taint,
    Usage,
)
from nodeselect.inventory import compare_inventories
from tests.inventory.small import small_inventory

HOST, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
WEB = {"matchLabels": {"app": "web"}}
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
Spec = dict[str, Any]


def node(name: str, zone: str | None = None, **more: Any) -> Node:
    labels = {HOST: name} | ({} if zone is None else {ZONE: zone})
    return Node(name, labels | more.pop("labels", {}), **{"taints": [], **more})


NODES = [node("a1", "a"), node("a2", "a"), node("b1", "b"), node("none")]
ALL = ["a1", "a2", "b1", "none"]


def running(on: str, name: str = "r", spec: Spec | None = None, **more: Any) -> Spec:
    """Return a pod of the app web that runs on a node."""
    metadata = {"name": name, "namespace": "default", "labels": {"app": "web"}}
    containers = [{"name": "c", "image": "x"}]
    return {
        "kind": "Pod",
        "metadata": metadata | more.pop("metadata", {}),
        "spec": {"containers": containers, **(spec or {}), "nodeName": on},
        "status": {"phase": "Running", **more},
    }


def affinity(kind: str, *terms: Mapping[str, Any], key: str = ZONE) -> Spec:
    return {"affinity": {kind: {REQUIRED: [{"topologyKey": key, **each} for each in terms]}}}


def near(*terms: Mapping[str, Any], key: str = ZONE) -> Spec:
    return affinity("podAffinity", *(terms or [{"labelSelector": WEB}]), key=key)


def away(*terms: Mapping[str, Any], key: str = ZONE) -> Spec:
    return affinity("podAntiAffinity", *(terms or [{"labelSelector": WEB}]), key=key)


def spread(*keys: str, **fields: Any) -> Spec:
    each = {"maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": WEB} | fields
    return {"topologySpreadConstraints": [{"topologyKey": key, **each} for key in keys or (ZONE,)]}


def ports(*given: Mapping[str, Any], field: str = "containers", **more: Any) -> Spec:
    container = {"name": "p", "image": "x", "ports": list(given), **more}
    plain = {"containers": [{"name": "c", "image": "x"}]}
    return {**plain, field: [container]}


def answer(
    spec: Spec,
    pods: Sequence[Spec],
    labels: Mapping[str, str] | None = None,
    nodes: Sequence[Node] = NODES,
    kind: str = "Pod",
) -> list[str]:
    """Return the nodes that a pod can use, as three ways of asking say; they must agree."""
    spec = {"containers": [{"name": "c", "image": "x"}], **spec}
    own = {"app": "web"} if labels is None else labels
    placement = Placement.from_pod_spec(spec, kind, labels=own).replace(requests={})
    usage = Usage(pods)
    found = Inventory(nodes).match(placement, usage=usage).ids()
    inventory = small_inventory(nodes[1:], compact_at=None)
    inventory.match(placement, usage=usage).ids()
    inventory.usage.set_namespaces(usage.namespaces)
    for node_id, pod in usage:
        inventory.usage.add(node_id, pod)
        inventory.match(placement).ids()
    inventory.upsert(nodes[0])
    assert sorted(inventory.match(placement).ids()) == sorted(found)
    rows = (inventory.explain_node(placement, each.id) for each in nodes)
    assert [each.id for each in rows if each.matches] == found
    return found


OTHER: Spec = {"metadata": {"name": "r", "namespace": "other", "labels": {"app": "web"}}}
TEAM = {"kind": "Namespace", "metadata": {"name": "other", "labels": {"team": "x"}}}
ENDING: Spec = {"metadata": {"name": "r", "deletionTimestamp": "2026-01-01T00:00:00Z",
                       "labels": {"app": "web"}}}  # fmt: skip
OF_API: Spec = {"metadata": {"name": "api", "labels": {"app": "api"}}}
API = {"matchLabels": {"app": "api"}}


@pytest.mark.parametrize(
    ("pods", "spec", "expected"),
    [
        # 1: ended pods, and those on no node of the inventory, count for nothing.
        ([running("a1", phase="Succeeded"), running("b1", "q", phase="Failed")], away(), ALL),
        ([running("gone")], away(), ALL),
        # 2: an ending pod counts, but not for a spread.
        ([running("a1", **ENDING)], away(), ["b1", "none"]),
        ([running("a1", **ENDING)], spread(), ["a1", "a2", "b1"]),
        # 3: every namespace has a label with its name; one without an object has no labels.
        ([running("a1", **OTHER), TEAM],
         away({"labelSelector": WEB, "namespaceSelector":
               {"matchLabels": {"kubernetes.io/metadata.name": "other"}}}), ["b1", "none"]),
        ([running("a1"), TEAM],
         away({"labelSelector": WEB, "namespaceSelector":
               {"matchLabels": {"kubernetes.io/metadata.name": "default"}}}), ALL),
        # 4: a namespace selector that finds no namespace means no pod, also if it only excludes.
        ([running("a1"), TEAM],
         away({"labelSelector": WEB, "namespaceSelector":
               {"matchExpressions": [{"key": "team", "operator": "Exists"}]}}), ALL),
        ([running("a1"), TEAM],
         away({"labelSelector": WEB, "namespaceSelector":
               {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}}), ALL),
        # 6: the anti-affinity of a pod that runs binds, its affinity does not.
        ([running("a1", spec=away())], {}, ["b1", "none"]),
        ([running("a1", spec=near({"labelSelector": API}))], {}, ALL),
        ([running("a1", spec=away(), **OTHER)], {}, ALL),
        ([running("a1", spec=away({"labelSelector": WEB, "namespaceSelector": {}}), **OTHER)], {},
         ["b1", "none"]),
        # 7: one pod must match all terms of an affinity, but only one of an anti-affinity.
        ([running("a1"), running("b1", "api", **OF_API)],
         near({"labelSelector": WEB}, {"labelSelector": API}), []),
        ([running("a1"), running("b1", "api", **OF_API)],
         away({"labelSelector": WEB}, {"labelSelector": API}), ["none"]),
        # 8: the first pod of a group can use each node with the keys, if it takes itself.
        ([], near(), ["a1", "a2", "b1"]),
        ([], near({"labelSelector": API}), []),
        ([running("none")], near(), ["a1", "a2", "b1"]),
        ([running("b1")], near(), ["b1"]),
        # 9: a node without the key has no pod near it, and none too near.
        ([running("none")], away(), ALL),
        # 10: no selector is no pod, an empty one is every pod; names and a selector are a union.
        ([running("a1")], away({}), ALL),
        ([running("a1", **OF_API)], away({"labelSelector": {}}), ["b1", "none"]),
        ([running("a1", **OTHER)], away(), ALL),
        ([running("a1", **OTHER)], away({"labelSelector": WEB, "namespaces": ["other"]}),
         ["b1", "none"]),
        ([running("a1", **OTHER)], away({"labelSelector": WEB, "namespaceSelector": {}}),
         ["b1", "none"]),
        ([running("a1", **OTHER), running("b1", "q"), TEAM],
         away({"labelSelector": WEB, "namespaces": ["default"],
               "namespaceSelector": {"matchLabels": {"team": "x"}}}), ["none"]),
        # 11: only hard constraints exclude.
        ([running("a1")], spread(whenUnsatisfiable="ScheduleAnyway"), ALL),
        ([running("a1")], spread(), ["b1"]),
        # 12: a node without one of the keys counts for none.
        ([running("a1"), running("none", "q")], spread(HOST, ZONE), ["b1"]),
        # 15, 16: an empty selector counts no pod; no selector, nothing; other namespaces neither.
        ([running("a1")], spread(labelSelector={}), ["a1", "a2", "b1"]),
        ([running("a1"), running("a2", "q")], spread(labelSelector=None), ["a1", "a2", "b1"]),
        ([running("a1", **OTHER)], spread(), ["a1", "a2", "b1"]),
        ([running("a1", **OF_API)], spread(labelSelector=API), ["a1", "a2", "b1"]),
        # 14: with fewer domains than required, the smallest number is 0.
        ([running("a1"), running("b1", "q")], spread(), ["a1", "a2", "b1"]),
        ([running("a1"), running("b1", "q")], spread(minDomains=3), []),
    ],
)  # fmt: skip
def test_affinity_and_spread(pods: list[Spec], spec: Spec, expected: list[str]) -> None:
    assert answer(spec, pods) == expected


V1, V2 = ({"app": "web", "v": each} for each in "12")


@pytest.mark.parametrize(
    ("term", "labels", "expected"),
    [
        # 5: the values are those of the pod to place; keys that it lacks are ignored.
        ({"matchLabelKeys": ["v"]}, V1, ["b1", "none"]),
        ({"matchLabelKeys": ["v"]}, V2, ALL),
        ({"mismatchLabelKeys": ["v"]}, V1, ALL),
        ({"mismatchLabelKeys": ["v"]}, V2, ["b1", "none"]),
        ({"matchLabelKeys": ["x"]}, V2, ["b1", "none"]),
        ({"mismatchLabelKeys": ["x"]}, V2, ["b1", "none"]),
    ],
)
def test_label_keys(term: Spec, labels: dict[str, str], expected: list[str]) -> None:
    one = running("a1", metadata={"labels": V1})
    assert answer(away({"labelSelector": WEB, **term}), [one], labels) == expected


def test_label_keys_of_pods_that_run() -> None:
    """They were merged when the pod was made: its labels may have changed since."""
    term = {"labelSelector": {"matchLabels": {"app": "web", "v": "1"}}, "matchLabelKeys": ["v"]}
    owner = running("a1", spec=away(term), metadata={"labels": V2})
    assert answer({}, [owner], V1) == ["b1", "none"]
    assert answer({}, [owner], V2) == ALL


@pytest.mark.parametrize(
    ("kind", "key"),
    [("Deployment", "pod-template-hash"), ("StatefulSet", "controller-revision-hash")],
)
def test_a_template_has_a_new_version(kind: str, key: str) -> None:
    old = running("a1", metadata={"labels": {"app": "web", key: "5d4f"}})
    for fields, expected in (("matchLabelKeys", ALL), ("mismatchLabelKeys", ["b1", "none"])):
        term = {"labelSelector": WEB, fields: [key]}
        assert answer(away(term), [old], kind=kind) == expected
    constraint = spread(matchLabelKeys=[key])
    assert answer(constraint, [old], kind=kind) == ["a1", "a2", "b1"]  # 17
    assert answer(constraint, [old]) == ["b1"]


def test_nodes_that_a_spread_counts() -> None:
    """13: by affinity, but not by taints and cordons, unless asked; others are judged, too."""
    taint, pool = Taint("x", "NoSchedule"), {"labels": {"pool": "x"}}
    nodes = [node("a1", "a", **pool), node("b1", "b", **pool), node("c1", "c", taints=[taint])]
    pods = [running("a1"), running("b1", "q")]
    chosen = {"nodeSelector": {"pool": "x"}}
    tolerations = {"tolerations": [{"key": "x", "operator": "Exists"}]}
    assert answer(spread(), pods, nodes=nodes) == []
    assert answer(spread(nodeTaintsPolicy="Honor"), pods, nodes=nodes) == ["a1", "b1"]
    assert answer(spread(nodeTaintsPolicy="Honor") | tolerations, pods, nodes=nodes) == ["c1"]
    assert answer(spread() | chosen, pods, nodes=nodes) == ["a1", "b1"]
    assert answer(spread(nodeAffinityPolicy="Ignore") | chosen, pods, nodes=nodes) == []


TCP = {"containerPort": 1, "hostPort": 80}


@pytest.mark.parametrize(
    ("used", "asked", "is_free"),
    [
        # 18: no address stands for all; others are compared as texts, by protocol.
        (ports(TCP), ports(TCP), False),
        (ports(TCP), ports({**TCP, "protocol": "UDP"}), True),
        (ports(TCP), ports({**TCP, "hostIP": "10.0.0.1"}), False),
        (ports({**TCP, "hostIP": "10.0.0.1"}), ports({**TCP, "hostIP": "0.0.0.0"}), False),
        (ports({**TCP, "hostIP": "10.0.0.1"}), ports({**TCP, "hostIP": "10.0.0.2"}), True),
        (ports({**TCP, "hostIP": "::"}), ports({**TCP, "hostIP": "10.0.0.1"}), True),
        # 19: sidecars count, ordinary init containers do not; a network of the host.
        (ports(TCP, field="initContainers", restartPolicy="Always"), ports(TCP), False),
        (ports(TCP, field="initContainers"), ports(TCP), True),
        (ports({"containerPort": 80}) | {"hostNetwork": True}, ports(TCP), False),
        (ports({"containerPort": 80}), ports(TCP), True),
        # 20: two equal ports of one pod are no conflict.
        ({}, ports(TCP, TCP), True),
    ],
)
def test_ports(used: Spec, asked: Spec, is_free: bool) -> None:
    expected = ["a1"] if is_free else []
    assert answer(asked, [running("a1", spec=used)], nodes=NODES[:1]) == expected


def test_every_refusal_is_told() -> None:
    """34: a node that several rules exclude fails each of them."""
    spec = {"containers": [{"name": "c"}], **away(), **spread(), **ports(TCP)}
    placement = Placement.from_pod_spec(spec, labels={"app": "web"})
    usage = Usage([running("a1", spec=ports(TCP)), running("a1", "q", spec=away())])
    inventory = Inventory([node("a1", "a"), node("b1", "b")], usage=usage)
    failed = [text for text, _ in inventory.explain_node(placement, "a1").failed]
    assert failed == [
        "no pod app=web in its zone", "no running pod keeps app=web away",
        "zone has room for app=web (maxSkew 1)", "host port 80/TCP is free",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="it has rules about other pods"):
        placement.matches(inventory["b1"])


def test_labels_are_not_changed_by_counts() -> None:
    """The nodes of a domain are those of a label; toggling domains leaves the label as it was."""
    nodes = [node(f"n{at}", "abc"[at % 3], labels={"x": "y"}) for at in range(60)]
    inventory = Inventory(nodes)
    asked = Placement.from_pod_spec({"containers": [], **spread()}, labels={"app": "web"})
    for number, on in enumerate((0, 0, 1, 2, 1)):
        inventory.usage.add(nodes[on].id, Pod(f"default/{number}", placement=asked))
        inventory.match(asked).ids()
    for zone in "abc":
        expected = [each.id for each in nodes if each.labels[ZONE] == zone]
        assert inventory.match(Selector.of(match_labels={ZONE: zone})).ids() == expected


def test_unknown_labels_of_namespaces() -> None:
    """Whether the anti-affinity of a running pod is about a namespace may depend on its labels."""
    term = {"labelSelector": WEB, "namespaceSelector": {"matchLabels": {"team": "x"}}}
    pods = [running("a1", spec=away(term), **OTHER)]
    inventory = Inventory(NODES, usage=Usage(pods))
    asked = Placement.from_pod_spec({"containers": []}, labels={"app": "web"})
    words = "anti-affinity of running pods by labels of namespaces"
    assert words in inventory.explain(asked).not_considered
    other = Placement.from_pod_spec({"containers": []}, labels={})
    assert words not in inventory.explain(other).not_considered
    inventory.usage.set_namespaces({"other": {}, "default": {"team": "x"}})
    assert words not in inventory.explain(asked).not_considered
    assert inventory.match(asked).ids() == ["b1", "none"]


def test_pods_in_the_way() -> None:
    usage = Usage([running("a1", f"r{number}") for number in range(5)])
    inventory = Inventory(NODES, usage=usage)
    asked = Placement.from_pod_spec({"containers": [], **away()}, labels={"app": "web"})
    (failed,) = inventory.explain_node(asked, "a2").failed
    found = "a: default/r0, default/r1, default/r2 and 2 more pods"
    assert failed == ("no pod app=web in its zone", found)


def test_room_and_replicas() -> None:
    sizes = {"cpu": "4", "pods": 10}
    nodes = [node(name, zone, resources=sizes) for name, zone in (("a1", "a"), ("b1", "b"))]
    inventory = Inventory([*nodes, node("a2", "a")])
    inventory.usage.add("a1", {"cpu": 1500})
    spec: Spec = {"containers": [{"name": "c", "resources": {"requests": {"cpu": 1}}}]}
    plain = Placement.from_pod_spec(spec, labels={})
    room = inventory.room(plain)
    assert room is not None
    assert (dict(room.nodes), room.total, room.unknown) == ({"a1": 2, "b1": 4}, 6, 1)
    assert str(room) == "room for 6 more on 2 nodes"
    with_port = Placement.from_pod_spec({**spec, **ports(TCP)}, labels={})
    assert (one := inventory.room(with_port)) is not None
    assert dict(one.nodes) == {"a1": 1, "b1": 1}
    known = Inventory(nodes)
    assert known.place_replicas(plain, 9).counts == {"a1": 4, "b1": 4}
    placed = inventory.place_replicas(plain.replace(requests={"cpu": "1"}), 3)
    assert (placed.nodes, placed.are_placed) == (("a1", "a1", "b1"), True)
    apart = Placement.from_pod_spec({**spec, **away(key=HOST)}, labels={"app": "web"})
    assert known.room(apart) is None
    assert known.room(Placement()) is None
    placed = known.place_replicas(apart, 3)
    assert placed.nodes == ("a1", "b1")
    assert placed.headline.startswith("2 of 3 replicas find a node")
    assert placed.after.requirements[-1].text == "no running pod keeps app=web away"
    assert "pod anti-affinity" in placed.not_considered
    assert len(known.usage) == 0


def test_changes_of_pods() -> None:
    """A node on which other pods run stops matching for that reason."""
    inventory = Inventory(NODES)
    asked = Placement.from_pod_spec({"containers": [], **away()}, labels={"app": "web"})
    before = inventory.snapshot()
    assert "pod anti-affinity" in compare_inventories(before, inventory, asked).not_considered
    inventory.usage.add("none", Pod("default/x"))
    before = inventory.snapshot()
    inventory.usage.add("b1", Pod("default/y", labels={"app": "web"}))
    removed = compare_inventories(before, inventory, asked).removed
    assert [(each.id, each.why) for each in removed] == [("b1", "pods")]
    with pytest.raises(TypeError, match="not Placement"):
        StandingSelectors[str]({"job": asked})  # type: ignore[arg-type]
