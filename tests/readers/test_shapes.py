"""Every shape is read as the same nodes in every format that can hold it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from nodeselect import Inventory, Node, Taint
from nodeselect.node import CORDON, split_state
from nodeselect.readers import shapes
from nodeselect.readers.detect import KNOWN_STATES
from tests.readers.reading import nodes_of


def expanso(node_id: str, name: str, state: str, labels: dict[str, str] | None) -> Any:
    """Return a node as Expanso's API describes it."""
    spec: dict[str, Any] = {"name": name, "hostname": f"{name}.local", "os": "linux"}
    spec |= {} if labels is None else {"labels": labels}
    spec["capabilities"] = {"inputs": ["file", "mqtt"], "runtimes": []}
    status = {"connection_state": state, "revision": 41, "resource_usage": {"cpu_percent": 12.5}}
    identity = {"source": "bootstrap", "key_fingerprint": "SHA256:ab+cd/ef="}
    return {"id": node_id, "spec": spec, "status": status, "identity": identity}


def kubernetes(name: str, ready: str, labels: dict[str, str] | None, **spec: Any) -> Any:
    """Return a node as kubectl prints it."""
    metadata: dict[str, Any] = {"name": name, "uid": "5f1c", "creationTimestamp": "2026-01-02"}
    metadata |= {"annotations": {"node.alpha.kubernetes.io/ttl": "0"}}
    metadata |= {} if labels is None else {"labels": labels}
    pressure = {"type": "MemoryPressure", "status": "False", "reason": "KubeletHasMemory"}
    conditions = [pressure, {"type": "Ready", "status": ready, "reason": "Kubelet"}]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata,
        "spec": {"podCIDR": "10.0.0.0/24", **spec},
        "status": {
            "capacity": {"cpu": "8"},
            "allocatable": {"cpu": "7910m", "example.com/none": "0"},
            "conditions": conditions,
        },
    }


def kubernetes_node(name: str, labels: dict[str, str], state: str, *taints: Taint) -> Node:
    """Return the node that such an object is read as."""
    return Node(name, labels, name, state, taints=taints, resources={"cpu": 7910})


def bacalhau(
    node_id: str,
    membership: str,
    status: str,
    labels: dict[str, str] | None,
    node_type: str = "Compute",
) -> Any:
    """Return a node as Bacalhau's API describes it."""
    info: dict[str, Any] = {"NodeID": node_id, "NodeType": node_type, "Labels": labels}
    capacity = {"CPU": 12.8, "Memory": 26588386099, "Disk": 77618906726, "GPUs": []}
    info["ComputeNodeInfo"] = {"MaxCapacity": capacity, "MaxJobRequirements": {}} if labels else {}
    connection = {"Connection": status, "ConnectionState": {"Status": status, "LastError": ""}}
    return {"Info": info, "Membership": membership, **connection}


def nomad(node_id: str, name: str, **more: Any) -> Any:
    """Return a node as ``nomad node status -json`` prints it."""
    node: dict[str, Any] = {"ID": node_id, "Name": name, "Datacenter": "dc1", "NodeClass": ""}
    node |= {"Status": "ready", "SchedulingEligibility": "eligible", "Drivers": {"exec": {}}}
    return {**node, "Attributes": {"cpu.arch": "amd64", "os.name": "debian"}, **more}


def swarm(node_id: str, labels: dict[str, str] | None, state: str, availability: str) -> Any:
    """Return a node as ``docker node inspect`` prints it."""
    spec = {"Labels": labels, "Role": "worker", "Availability": availability}
    engine = {"EngineVersion": "24.0.7", "Labels": {"disk": "ssd"}, "Plugins": []}
    description = {"Hostname": f"{node_id}.local", "Platform": {"OS": "linux"}, "Engine": engine}
    status = {"State": state, "Addr": "10.0.0.1"}
    return {"ID": node_id, "Spec": spec, "Description": description, "Status": status}


def consul(name: str, **more: Any) -> Any:
    """Return a node as Consul's catalog lists it."""
    node: dict[str, Any] = {"ID": f"id-of-{name}", "Node": name, "Address": "10.0.0.1"}
    node |= {"Datacenter": "dc1", "TaggedAddresses": {"lan": "10.0.0.1", "wan": "10.0.0.1"}}
    return {**node, "CreateIndex": 5, "ModifyIndex": 12, **more}


def kinded(records: list[Any]) -> list[Any]:
    """Remove kind and version, as in a NodeList."""
    dropped = ("kind", "apiVersion")
    return [{key: value for key, value in each.items() if key not in dropped} for each in records]


REGION = {"region": "us-east", "gpu": "true", "version": "1.10", "GPU-0": "NVIDIA RTX 3090, 24 GB"}
EXPANSO = [
    expanso("019f-01", "edge-nyc", "connected", REGION),
    expanso("019f-02", "edge-fra", "disconnected", None),
    expanso("019f-03", "edge-köln", "connected", {}),
]
EXPANSO_NODES = [
    Node("019f-01", REGION, "edge-nyc", "connected"),
    Node("019f-02", {}, "edge-fra", "disconnected"),
    Node("019f-03", {}, "edge-köln", "connected"),
]
WORKER = {"kubernetes.io/os": "linux", "node-role.kubernetes.io/worker": ""}
POOL = WORKER | {"pool": "a b"}
KUBERNETES = [
    kubernetes("w-1", "True", POOL, taints=[{"key": "gpu", "effect": "NoSchedule"}]),
    kubernetes("w-2", "False", POOL),
    kubernetes("w-3", "Unknown", None),
    kubernetes("w-4", "True", {}, unschedulable=True),
    kubernetes("w-5", "False", {}, unschedulable=True),
]
KUBERNETES_NODES = [
    kubernetes_node("w-1", POOL, "ready", Taint("gpu", "NoSchedule")),
    kubernetes_node("w-2", POOL, "not-ready"),
    kubernetes_node("w-3", {}, "not-ready"),
    kubernetes_node("w-4", {}, "cordoned", CORDON),
    kubernetes_node("w-5", {}, "not-ready,cordoned", CORDON),
]
BACALHAU = [
    bacalhau("QmUz", "APPROVED", "CONNECTED", {"Architecture": "arm64", "env": "prod"}),
    bacalhau("n-0a", "APPROVED", "DISCONNECTED", None),
    bacalhau("n-0b", "PENDING", "CONNECTED", {}),
    bacalhau("n-0c", "REJECTED", "CONNECTED", {}),
    bacalhau("n-0d", "APPROVED", "CONNECTED", {}, "Requester"),
]
BACALHAU_NODES = [
    Node(
        "QmUz",
        {"Architecture": "arm64", "env": "prod"},
        state="connected",
        resources={"cpu": 12_800, "memory": 26588386099, "disk": 77618906726},
    ),
    Node("n-0a", {}, None, "disconnected"),
    Node("n-0b", {}, None, "pending"),
    Node("n-0c", {}, None, "rejected"),
    Node("n-0d", {}, None, "requester"),
]
ATTRIBUTES = {"attr.cpu.arch": "amd64", "attr.os.name": "debian"}
IN_DC1 = {"node.datacenter": "dc1"}
NOMAD = [
    nomad("4d2b", "client-1", Meta={"rack": "r1"}),
    nomad("93ca", "client-2", Meta=None, SchedulingEligibility="ineligible"),
    nomad("be01", "client-3", Meta={}, Attributes=None, Status="down", NodePool="gpu"),
    nomad("c0de", "client-4", Meta={}, Attributes={}, NodeClass="large", Datacenter=None),
    nomad("d00f", "client-5", Meta={}, Status="down", SchedulingEligibility="ineligible"),
]
NOMAD_NODES = [
    Node("4d2b", {"rack": "r1", **ATTRIBUTES, **IN_DC1}, "client-1", "ready"),
    Node("93ca", ATTRIBUTES | IN_DC1, "client-2", "ineligible"),
    Node("be01", {"node.pool": "gpu", **IN_DC1}, "client-3", "down"),
    Node("c0de", {"node.class": "large"}, "client-4", "ready"),
    Node("d00f", ATTRIBUTES | IN_DC1, "client-5", "down"),
]
SWARM = [
    swarm("s1", {"rack": "r1", "disk": "hdd"}, "ready", "active"),
    swarm("s2", None, "ready", "drain"),
    swarm("s3", {}, "down", "pause"),
    swarm("s4", {}, "down", "active"),
    swarm("s6", {}, "ready", "pause"),
    swarm("s7", {}, "", "drain") | {"Status": {}},
    {"ID": "s5", "Spec": {"Labels": {"a": "b"}}, "Description": None},
]
SWARM_NODES = [
    Node("s1", {"rack": "r1", "disk": "hdd", "engine.labels.disk": "ssd"}, "s1.local", "ready"),
    Node("s2", {"engine.labels.disk": "ssd"}, "s2.local", "drain"),
    Node("s3", {"engine.labels.disk": "ssd"}, "s3.local", "down,pause"),
    Node("s4", {"engine.labels.disk": "ssd"}, "s4.local", "down"),
    Node("s6", {"engine.labels.disk": "ssd"}, "s6.local", "pause"),
    Node("s7", {"engine.labels.disk": "ssd"}, "s7.local"),
    Node("s5", {"a": "b"}),
]
CONSUL = [
    consul("db-1", Meta={"rack": "r1", "consul-network-segment": ""}),
    consul("db-2", Meta=None, ID="", TaggedAddresses=None),
    {"Node": "db-3", "Address": "10.0.0.3", "Meta": {}},
]
CONSUL_NODES = [
    Node("db-1", {"rack": "r1", "consul-network-segment": ""}, "db-1"),
    Node("db-2", {}, "db-2"),
    Node("db-3", {}, "db-3"),
]
PLAIN = [
    {"id": "n-1", "labels": {"quote": '"', "slash": "\\", "line": "a\nb", "é": "日本"}},
    {"id": "n-2", "labels": {}, "name": "the second", "state": "connected"},
    {"id": "n-3", "labels": None, "name": None, "state": None},
    {"id": "n-4"},
]
PLAIN_NODES = [
    Node("n-1", {"quote": '"', "slash": "\\", "line": "a\nb", "é": "日本"}),
    Node("n-2", {}, "the second", "connected"),
    Node("n-3"),
    Node("n-4"),
]
MAP = {"n-1": {"region": "eu"}, "n-2": {}, "n-3": None}
MAP_NODES = [Node("n-1", {"region": "eu"}), Node("n-2"), Node("n-3")]

# Documents, and the nodes that each holds.
SHAPES: dict[str, tuple[Any, list[Node]]] = {
    "expanso-api-list": ({"items": EXPANSO, "next_token": ""}, EXPANSO_NODES),
    "expanso-api-get": ({"node": EXPANSO[0]}, EXPANSO_NODES[:1]),
    "expanso-cli": (EXPANSO, EXPANSO_NODES),
    "expanso-one": (EXPANSO[0], EXPANSO_NODES[:1]),
    "expanso-gets": ([{"node": each} for each in EXPANSO], EXPANSO_NODES),
    "expanso-empty": ({"items": [], "next_token": ""}, []),
    "kubectl-list": (
        {"apiVersion": "v1", "items": KUBERNETES, "kind": "List", "metadata": {}},
        KUBERNETES_NODES,
    ),
    "kubernetes-node-list": (
        {"kind": "NodeList", "apiVersion": "v1", "metadata": {"continue": ""}}
        | {"items": kinded(KUBERNETES)},
        KUBERNETES_NODES,
    ),
    "kubernetes-array": (KUBERNETES, KUBERNETES_NODES),
    "kubernetes-array-without-kinds": (kinded(KUBERNETES), KUBERNETES_NODES),
    "kubectl-one": (KUBERNETES[3], KUBERNETES_NODES[3:4]),
    "kubernetes-no-status": ({"kind": "Node", "metadata": {"name": "w"}}, [Node("w", {}, "w")]),
    "bacalhau-api": ({"Nodes": BACALHAU, "NextToken": ""}, BACALHAU_NODES),
    "bacalhau-cli": (BACALHAU, BACALHAU_NODES),
    "bacalhau-null": ({"Nodes": None, "NextToken": ""}, []),
    "nomad-one": (NOMAD[0], NOMAD_NODES[:1]),
    "nomad-array": (NOMAD, NOMAD_NODES),
    "swarm-one": (SWARM[0], SWARM_NODES[:1]),
    "swarm-array": (SWARM, SWARM_NODES),
    "consul-one": (CONSUL[0], CONSUL_NODES[:1]),
    "consul-catalog": (CONSUL, CONSUL_NODES),
    "plain-array": (PLAIN, PLAIN_NODES),
    "plain-nodes": ({"nodes": PLAIN}, PLAIN_NODES),
    "plain-one": (PLAIN[1], PLAIN_NODES[1:2]),
    "plain-map": (MAP, MAP_NODES),
    "plain-empty": ([], []),
    "mixed-tools": (
        [EXPANSO[0], KUBERNETES[0], BACALHAU[0], NOMAD[0], SWARM[0], PLAIN[1]],
        [
            *(EXPANSO_NODES[0], KUBERNETES_NODES[0], BACALHAU_NODES[0], NOMAD_NODES[0]),
            *(SWARM_NODES[0], PLAIN_NODES[1]),
        ],
    ),
}


def as_lines(records: list[Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def as_yaml(document: Any) -> str:
    """Write ``document`` as YAML without aliases."""
    return yaml.safe_dump(json.loads(json.dumps(document)), allow_unicode=True, sort_keys=False)


TEXTS = [
    pytest.param(text, nodes, id=f"{name}-{form}")
    for name, (document, nodes) in SHAPES.items()
    for form, text in (
        ("json", json.dumps(document)),
        ("pretty", json.dumps(document, indent=2, ensure_ascii=False) + "\n"),
        ("windows", json.dumps(document, indent=4).replace("\n", "\r\n")),
        ("marked", "\ufeff" + json.dumps(document)),
        ("yaml", "---\n" + as_yaml(document)),
        ("lines", as_lines(document)),
    )
    if form != "lines" or (isinstance(document, list) and document)
]


@pytest.mark.parametrize(("text", "nodes"), TEXTS)
def test_shape(text: str, nodes: list[Node]) -> None:
    """The document is read as its nodes, with all their fields, in order."""
    assert nodes_of(text) == nodes


def test_known_states() -> None:
    """The states of the systems' nodes are known, and the docs list exactly the known ones."""
    nodes = (*EXPANSO_NODES, *KUBERNETES_NODES, *BACALHAU_NODES, *NOMAD_NODES, *SWARM_NODES)
    states = {state for node in nodes if node.state for state in split_state(node.state)}
    assert states <= KNOWN_STATES
    page = (Path(__file__).parents[2] / "docs/command-line.md").read_text("utf-8")
    known = page.partition("Well-known states are")[2].partition(". ")[0]
    assert re.findall("`([a-z-]+)`", known) == sorted(KNOWN_STATES)


# The fields of each system; a record with one of them is read as a node of the first such system.
FIELDS = {
    "_read_kubernetes": ["metadata"],
    "_read_bacalhau": ["Info"],
    "_read_consul": ["Node"],
    "_read_nomad": ["Attributes", "Datacenter", "Meta", "NodeClass", "SchedulingEligibility"],
    "_read_swarm": ["Availability", "Description", "ManagerStatus", "Spec"],
    "_read_expanso": ["identity", "spec", "status"],
    "_read_plain": ["id", "labels"],
}
# Keys that no node has as its id in {id: labels}: an answer of a server has one of them.
SERVER_FIELDS = [
    *("apiVersion", "data", "detail", "details", "error", "errors", "items", "kind", "message"),
    *("metadata", "node", "nodes", "response", "result", "results", "selector", "spec", "status"),
]


def test_fields() -> None:
    """The systems, in their order, are recognized by these fields, and plain nodes have these."""
    found = {shape.extract.__name__: sorted(shape.fields) for shape in shapes.SHAPES}
    assert list(found.items()) == list(FIELDS.items())
    plain = {"id": "n", "labels": {"a": "b"}, "name": "x", "state": "y", "taints": []}
    assert nodes_of(json.dumps(plain | {"resources": {"cpu": "1"}})) == [
        Node("n", {"a": "b"}, "x", "y", taints=[], resources={"cpu": "1"})
    ]


@pytest.mark.parametrize("field", SERVER_FIELDS)
def test_answers_of_servers(field: str) -> None:
    """An answer with one of these keys, in any case, is not a list of nodes; any other key is."""
    for key in (field, field.lower(), field.title()):
        assert not shapes.is_label_map({"n-1": {}, key: {"code": "5"}})
    assert shapes.is_label_map({"n-1": {}, f"my-{field}": {"code": "5"}})


CSV = 'id,region,zone,"a ""b"""\r\nn-1,eu,"a, b",\r\n\r\nn-2,,,x\r\n'
CSV_NODES = [Node("n-1", {"region": "eu", "zone": "a, b"}), Node("n-2", {'a "b"': "x"})]


@pytest.mark.parametrize("extension", ["json", "yaml", "ndjson", "csv", "txt"])
def test_extensions(tmp_path: Path, extension: str) -> None:
    """The extension of the file does not matter."""
    path = tmp_path / f"nodes.{extension}"
    for text, nodes in ((json.dumps(PLAIN), PLAIN_NODES), (CSV, CSV_NODES)):
        path.write_bytes(text.encode())
        assert list(Inventory.read(path)) == nodes


TWO = [Node("n-1"), Node("n-2")]
AROUND = {
    "footer": (json.dumps(EXPANSO, indent=2) + "\r\n\r\nShowing 3 of 3\r\n", EXPANSO_NODES),
    "footer-object": (json.dumps(EXPANSO[0]) + "\nShowing 1 of 1\n", EXPANSO_NODES[:1]),
    "footer-map": ('{"n-1": {}, "n-2": {}}\nShowing 2 nodes\n', TWO),
    "footer-lines": (as_lines(EXPANSO) + "Showing 3 of 3\n", EXPANSO_NODES),
    **{
        f"footer-{number}": (f'[{{"id": "n-1"}}, {{"id": "n-2"}}]\nShowing {number}\n', TWO)
        for number in (
            *("2 nodes", "2 of 2 nodes", "1-2 of 2", "1 to 2 of 2 nodes"),
            *("2 nodes (limit 50)", "all nodes", "1-2"),
        )
    },
    "none": ("No nodes found\n", []),
    "none-long": (f"No {'edge-nodes or ' * 9}nodes of that kind found\n", []),
    "none-with-blank-lines": ("No nodes found.\r\n\r\n", []),
    "blank-lines-first": ("\n\n  []\n", []),
    "yaml-one": ("# of a tool\nid: n-1\nlabels: {a: b}\n", [Node("n-1", {"a": "b"})]),
    "yaml-flow": ("[{id: n-1, labels: {a: b}}]", [Node("n-1", {"a": "b"})]),
    "yaml-flow-in-lines": ("[\n  {id: n-1, labels: {a: b}},\n]\n", [Node("n-1", {"a": "b"})]),
    "yaml-flow-map-in-lines": ("{\r\n  n-1: {a: b}\r\n}\r\n", [Node("n-1", {"a": "b"})]),
    "id-like-a-field": ('{"config": {"a": "b"}}', [Node("config", {"a": "b"})]),
    "field-of-a-job": ('{"id": "n", "spec": {"config": {}}}', [Node("n")]),
    "yaml-map": (
        "n-1:\n  v: v1.10\n  w: '1.10'\nn-2:\n",
        [Node("n-1", {"v": "v1.10", "w": "1.10"}), Node("n-2")],
    ),
    "yaml-null": ("nodes: ~\n", []),
    "yaml-like-json": ('{"id": "n-1"}\n---\n{"id": "n-2"}\n', [Node("n-1"), Node("n-2")]),
    "yaml-like-json-in-lines": (
        '{"kind": "Node",\n "metadata": {"name": "a"}}\n--- # b\nkind: Node\nmetadata: {name: b}\n',
        [Node("a", name="a"), Node("b", name="b")],
    ),
    "yaml-lists-like-json": (
        '[{"id": "a"}]\n---\n- id: b\n---\n[{id: c}]\n',
        list(map(Node, "abc")),
    ),
    "csv-ids": ("id\nn-1\n", [Node("n-1")]),
    "csv-semicolon": ("id;region\nn-1;eu,a\n", [Node("n-1", {"region": "eu,a"})]),
    "csv-tab": ("region\tid\neu\tn-1\n", [Node("n-1", {"region": "eu"})]),
    "csv-status": ("id,type,status\nn-1,a,b\n", [Node("n-1", {"type": "a", "status": "b"})]),
    "csv-header": ("id,region\n", []),
    "csv-id-last": ("region,id\neu,n-1", [Node("n-1", {"region": "eu"})]),
    "csv-marked-two-lines": ('\ufeffid,a\nn-1,"x\ny"\n', [Node("n-1", {"a": "x\ny"})]),
    "csv-pairs": (
        'id,labels\nn-1,"region=eu,gpu=true"\nn-2,\nn-3,a=\n',
        [Node("n-1", {"region": "eu", "gpu": "true"}), Node("n-2"), Node("n-3", {"a": ""})],
    ),
    "csv-bacalhau": (
        (
            "id,type,approval,status,labels\n"
            "n-1,Compute,APPROVED,DISCONNECTED,arch=arm64 os=linux\n"
            'n-2,Compute,PENDING,CONNECTED,"arch=amd64\\, b=c==\n  d=e"\n'
            "n-3,Requester,APPROVED,CONNECTED,\n"
        ),
        [
            Node("n-1", {"arch": "arm64", "os": "linux"}, state="disconnected"),
            Node("n-2", {"arch": "amd64", "b": "c==", "d": "e"}, state="pending"),
            Node("n-3", state="requester"),
        ],
    ),
    "csv-a-cell-like-the-header": (
        "id,country,labels\nx,id,country-code=id\n",
        [Node("x", {"country": "id", "country-code": "id"})],
    ),
    "csv-state": (
        "id,name,state\nn-1,x,y\nn-2,x,\n",
        [Node("n-1", {"name": "x"}, state="y"), Node("n-2", {"name": "x"})],
    ),
}


@pytest.mark.parametrize(("text", "nodes"), AROUND.values(), ids=AROUND)
def test_what_the_tools_print_around(text: str, nodes: list[Node]) -> None:
    """Footers, messages for no nodes, comments and tables are understood."""
    assert nodes_of(text) == nodes


@pytest.mark.parametrize("quote", ["", '"'])
def test_numbers_as_quantities(quote: str) -> None:
    """Kubernetes reads numbers without quotes as quantities, and people write such nodes."""
    text = f"""
kind: Node
metadata: {{name: w-1}}
spec: {{taints: [{{key: kwok.x-k8s.io/node, value: fake, effect: NoSchedule}}]}}
status:
  allocatable:
    cpu: {quote}32{quote}
    memory: 256Gi
    pods: {quote}110{quote}
    example.com/half: {quote}0.5{quote}
"""
    amounts = {"cpu": 32_000, "memory": 256 * 2**30, "pods": 110, "example.com/half": 1}
    taint = Taint("kwok.x-k8s.io/node", "NoSchedule", "fake")
    expected = Node("w-1", {}, "w-1", taints=[taint], resources=amounts)
    decoded = yaml.safe_load(text)
    decoded["status"]["allocatable"].pop("example.com/half")
    amounts.pop("example.com/half")
    assert nodes_of(text) == [expected]
    assert Node.from_kubernetes(decoded) == expected.replace(resources=amounts)
