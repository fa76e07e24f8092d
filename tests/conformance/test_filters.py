"""Pods, nodes and running pods agree with the filters of kube-scheduler 1.34, as recorded.

``filters.jsonl.gz`` has 4,000 clusters, and the plugins that refuse each node to a pod; where a bug
of Kubernetes (its issue 141526) decides, also what is documented, in ``fixed``.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nodeselect import BaseInventory, Inventory, Node, Placement, Pod, Usage
from nodeselect.inventory.snapshot import passing_pod_rules
from nodeselect.placement.pod_rules import PodRule
from tests.inventory.small import small_inventory

DECIDED = {"NodeName", "NodeUnschedulable", "TaintToleration", "NodeAffinity", "NodeResourcesFit"}
BY_TOPOLOGY_KEY = {"PodTopologySpread", "InterPodAffinity"}
NO_KEY = "node(s) didn't match pod topology spread constraints (missing required label)"


class Verdict(NamedTuple):
    """Whether a pod can use a node, and the reasons of the plugins by which it cannot."""

    case: str
    node: Mapping[str, Any]
    refused: Mapping[str, str]
    matches: bool
    is_in_answer: bool

    @property
    def knows_resources(self) -> bool:
        status = self.node["status"]
        return "allocatable" in status or "capacity" in status


def verdicts() -> Iterator[Verdict]:
    with gzip.open(Path(__file__).with_name("filters.jsonl.gz")) as lines:
        for record in map(json.loads, lines):
            case, wanted = record["case"], record.get("fixed", record["want"])
            placement, usage = Placement.from_pod_spec(case["pod"]["spec"]), Usage(case["pods"])
            nodes = {node["metadata"]["name"]: node for node in case["nodes"]}
            inventory = Inventory(map(Node.from_kubernetes, case["nodes"]))
            answer = inventory.match(placement, usage=usage)
            for name, node in nodes.items():
                refused = wanted["prefilter"] | wanted["nodes"][name]
                matches = placement.matches(inventory[name], usage)
                yield Verdict(case["id"], node, refused, matches, name in answer)


def test_filters() -> None:
    """Five plugins are decided. The only other refusals are those for a missing topology key.

    Of nodes whose resources are unknown, NodeResourcesFit is not decided.
    """
    count, wrong = 0, []
    for verdict in verdicts():
        count += 1
        reasons = verdict.refused.keys()
        decided = DECIDED if verdict.knows_resources else DECIDED - {"NodeResourcesFit"}
        lacks_key = verdict.refused.get("PodTopologySpread") == NO_KEY
        if verdict.matches:
            is_right = not (reasons & decided or lacks_key)
        else:
            is_right = bool(reasons & (decided | BY_TOPOLOGY_KEY))
        if not is_right or verdict.matches != verdict.is_in_answer:
            wrong.append(verdict)
    assert (count, wrong[:3]) == (39_866, [])


PLUGINS = {
    **dict.fromkeys(("affinity", "anti-affinity", "symmetry"), "InterPodAffinity"),
    "spread": "PodTopologySpread",
    "port": "NodePorts",
}
ALL_DECIDED = DECIDED | {*PLUGINS.values()}


class Cluster(NamedTuple):
    """What a record is about, and the plugins that refuse each node."""

    case: Mapping[str, Any]
    placement: Placement
    usage: Usage
    wanted: Mapping[str, set[str]]

    @property
    def honors_a_cordon(self) -> bool:
        """Whether it matters that a cordon without its taint is no taint, which is not known."""
        honors = any(
            each.get("nodeTaintsPolicy") == "Honor"
            for each in self.case["pod"]["spec"].get("topologySpreadConstraints", ())
        )
        return honors and any(node["spec"].get("unschedulable") for node in self.case["nodes"])


def clusters() -> Iterator[Cluster]:
    with gzip.open(Path(__file__).with_name("filters.jsonl.gz")) as lines:
        for record in map(json.loads, lines):
            case, wanted = record["case"], record.get("fixed", record["want"])
            names = {each["metadata"]["name"]: each["metadata"] for each in case["namespaces"]}
            usage = Usage(case["pods"])
            usage.set_namespaces({name: each.get("labels") or {} for name, each in names.items()})
            placement = placement_of(case["pod"])
            refused = {
                name: {*wanted["prefilter"], *found} for name, found in wanted["nodes"].items()
            }
            yield Cluster(case, placement, usage, refused)


def placement_of(pod: Mapping[str, Any]) -> Placement:
    labels, namespace = (pod["metadata"].get(name) for name in ("labels", "namespace"))
    return Placement.from_pod_spec(
        pod["spec"], labels=labels or {}, namespace=namespace or "default"
    )


def test_rules_between_pods() -> None:
    """Each of three plugins refuses just the recorded nodes; so do eight together."""
    wrong, count = [], 0
    for cluster in clusters():
        case, placement, usage, wanted = cluster
        if cluster.honors_a_cordon:
            continue
        inventory = Inventory(map(Node.from_kubernetes, case["nodes"]))
        passing = passing_pod_rules(inventory, placement.pod_conditions(), usage)
        answer = {*inventory.match(placement, usage=usage).ids()}
        for node in case["nodes"]:
            name = node["metadata"]["name"]
            refusing = {
                PLUGINS[rule.kind]
                for rule, ids in passing.items()
                if isinstance(rule, PodRule) and name not in ids
            }
            if refusing != wanted[name] & {*PLUGINS.values()}:
                wrong.append((case["id"], name, refusing))
            knows_resources = node["status"].keys() & {"allocatable", "capacity"}
            if knows_resources and (name in answer) == bool(wanted[name] & ALL_DECIDED):
                wrong.append((case["id"], name, wanted[name]))
            count += 1
    assert wrong[:3] == []
    assert count == 38_934


def test_an_index_that_has_seen_every_change() -> None:
    """Whatever came and went, and was asked before, the answer is that for what is there now."""
    asked: list[Placement] = []
    for number, cluster in enumerate(clusters()):
        asked = [*asked[-3:], cluster.placement]
        if number % 10:
            continue
        case, placement, usage, _ = cluster
        nodes = [*map(Node.from_kubernetes, case["nodes"])]
        inventory = small_inventory(nodes[::2] + nodes[1::2], compact_at=None)
        running = inventory.usage
        running.set_namespaces(usage.namespaces)
        other = Node(nodes[0].id, dict.fromkeys(nodes[0].labels, "other"), taints=[])
        before = None
        for at, (node_id, pod) in enumerate(sorted(usage, key=lambda pair: pair[1].id)):
            running.add(node_id, pod)
            ask(inventory, asked)
            if at % 3 == 0:
                extra = Pod("other/extra", placement=placement, ports=pod.ports)
                running.add(nodes[-1].id, extra)
                inventory.upsert(other)
                ask(inventory, asked)
                before = before or inventory.snapshot()
                running.remove("other/extra")
                inventory.upsert(nodes[0])
        if before is not None:
            assert before.usage is not inventory.usage
            ask(before, asked)  # a reader of an older moment
        copied = inventory.usage.copy()
        for each in reversed(asked):
            expected = sorted(Inventory(nodes).match(each, usage=usage.copy()).ids())
            assert sorted(inventory.match(each).ids()) == expected, case["id"]
            assert sorted(inventory.match(each, usage=copied).ids()) == expected
        explanation = inventory.explain(placement)
        matching = inventory.match(placement)
        assert explanation.matched == len(matching)
        for node in nodes:
            alone = inventory.explain_node(placement, node.id)
            assert alone.matches == (node.id in matching), (case["id"], node.id)


def ask(inventory: BaseInventory, placements: list[Placement]) -> None:
    for each in placements:
        inventory.match(each).ids()


REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
FIELDS = {"affinity": "podAffinity", "anti-affinity": "podAntiAffinity"}


def test_what_matches_without_a_rule() -> None:
    """Each such number is that of the changed manifest, and is said if it helps."""
    wrong, counts = [], Counter[str]()
    for case, placement, usage, _ in clusters():
        inventory = Inventory(map(Node.from_kubernetes, case["nodes"]))
        explanation = inventory.explain(placement, usage=usage)
        rules = placement.pod_rules
        if explanation.matched or rules is None or not rules.spread:
            continue
        best = 0
        for row in explanation.requirements:
            rule = row.condition
            if not isinstance(rule, PodRule) or rule.kind in ("symmetry", "port"):
                continue
            pod = json.loads(json.dumps(case["pod"]))
            if rule.kind == "spread":
                spread = pod["spec"]["topologySpreadConstraints"]
                hard = [each for each in spread if each["whenUnsatisfiable"] == "DoNotSchedule"]
                spread.remove(hard[rule.position])
            else:
                del pod["spec"]["affinity"][FIELDS[rule.kind]][REQUIRED][rule.position]
            matching = inventory.match(placement_of(pod), usage=usage)
            best = max(best, len(matching))
            counts["numbers"] += 1
            if len(matching) != row.matching_without:
                wrong.append((case["id"], row.text, len(matching), row.matching_without))
        if best:
            counts["helpful"] += 1
            counts["said"] += "would match" in explanation.recommendation
    assert wrong[:3] == []
    assert (counts["numbers"], counts["helpful"]) == (530, 172)
    assert counts["said"] >= 0.9 * counts["helpful"]
