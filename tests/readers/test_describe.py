"""The text of ``kubectl describe nodes`` is read as what ``-o json`` says of the same nodes."""

from contextlib import suppress

import pytest

from nodeselect import InventoryError, Node
from tests.readers.reading import nodes_of, refusal

TODAY = """\
Name:               w-1
Roles:              control-plane,worker
Labels:             beta.kubernetes.io/arch=amd64
                    gpu=true
                    node-role.kubernetes.io/worker=
Annotations:        node.alpha.kubernetes.io/ttl: 0
                    projectcalico.org/IPv4Address: 10.0.0.1/24
CreationTimestamp:  Tue, 07 Jan 2025 10:11:12 +0100
Taints:             node.kubernetes.io/unschedulable:NoSchedule
                    dedicated=gpu:NoSchedule
Unschedulable:      true
Lease:
  HolderIdentity:  w-1
  RenewTime:       Tue, 07 Jan 2025 10:11:12 +0100
Conditions:
  Type             Status  LastHeartbeatTime                 Reason                       Message
  ----             ------  -----------------                 ------                       -------
  MemoryPressure   False   Tue, 07 Jan 2025 10:11:12 +0100   KubeletHasSufficientMemory   fine
  Ready            True    Tue, 07 Jan 2025 10:11:12 +0100   KubeletReady                 Ready
Addresses:
  InternalIP:  10.0.0.1
System Info:
  Machine ID:                 5f1c
  Kernel Version:             6.1.0
PodCIDR:                      10.0.0.0/24
Non-terminated Pods:          (1 in total)
  Namespace                   Name            CPU Requests  CPU Limits
  ---------                   ----            ------------  ----------
  kube-system                 calico-node     250m (6%)     0 (0%)
Allocated resources:
  (Total limits may be over 100 percent, i.e., overcommitted.)
Events:                       <none>


Name:               w-2
Roles:              <none>
Labels:             <none>
Annotations:        <none>
Taints:             <none>
Unschedulable:      false
Conditions:
  Type             Status    LastHeartbeatTime
  Ready            Unknown   Tue, 07 Jan 2025 10:11:12 +0100
System Info:
  Machine ID:                 5f1d
"""
TODAY_NODES = [
    Node(
        "w-1",
        {"beta.kubernetes.io/arch": "amd64", "gpu": "true", "node-role.kubernetes.io/worker": ""},
        "w-1",
        "cordoned",
    ),
    Node("w-2", {}, "w-2", "not-ready"),
]

# As old versions print it.
TABS = """\
Name:\t\t\tip-10-0-0-1.ec2.internal
Role:\t\t\t
Labels:\t\t\tbeta.kubernetes.io/arch=amd64
\t\t\tkubernetes.io/hostname=ip-10-0-0-1.ec2.internal
Taints:\t\t\t<none>
CreationTimestamp:\tMon, 02 Jan 2017 10:11:12 +0000
Phase:\t\t\t
Conditions:
  Type\t\t\tStatus\tLastHeartbeatTime
  ----\t\t\t------\t-----------------
  OutOfDisk \t\tFalse \tMon, 02 Jan 2017 10:11:12 +0000
  Ready \t\tTrue \tMon, 02 Jan 2017 10:11:12 +0000
Addresses:\t\t10.0.0.1,10.0.0.1
System Info:
 Machine ID:\t\t5f1c
"""
HOST = "ip-10-0-0-1.ec2.internal"
TABS_NODES = [
    Node(HOST, {"beta.kubernetes.io/arch": "amd64", "kubernetes.io/hostname": HOST}, HOST, "ready")
]


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        pytest.param(TODAY, TODAY_NODES, id="today"),
        pytest.param("\n\n" + TODAY.replace("\n", "\r\n"), TODAY_NODES, id="windows"),
        pytest.param(TABS, TABS_NODES, id="tabs"),
        pytest.param(
            "Name: w-1\nLabels: a=b=c\nSystem Info:\n", [Node("w-1", {"a": "b=c"}, "w-1")],
            id="no-conditions",
        ),
    ],
)  # fmt: skip
def test_read(text: str, nodes: list[Node]) -> None:
    """Name, labels, the condition Ready and Unschedulable are read."""
    assert nodes_of(text) == nodes


@pytest.mark.parametrize("end", range(TODAY.index("Labels"), len(TODAY) - 1, 7))
def test_no_beginning_loses_a_label(end: int) -> None:
    """A text that is cut off anywhere is rejected, or its nodes are complete."""
    with suppress(InventoryError):
        nodes = nodes_of(TODAY[:end])
        assert nodes == TODAY_NODES[: len(nodes)]
        assert end > TODAY.index("System Info:")


@pytest.mark.parametrize(
    "text",
    [
        '{"kind":"Node","metadata":{"name":"w-3"}}',
        "kind: Node",
        'Error from server (NotFound): nodes "w-3" not found',
        "error: lost connection to the server",
        "Namespace: default",
        "id,region",
    ],
)
@pytest.mark.parametrize("end", ["", "\n", "\n\n" + TODAY.replace("w-", "x-")])
def test_other_text_after_a_node(text: str, end: str) -> None:
    """A line that kubectl does not print of a node is an error: nodes may be missing."""
    error = refusal(TODAY + text + end)
    assert error.code == "unknown-shape"
    assert error.place == f"input: line {1 + TODAY.count(chr(10))}"
    assert f"{text[:20]}" in error.message.replace("\\", "")


def test_yaml_that_begins_alike() -> None:
    """A node with the id ``Name`` in YAML is not such a text."""
    assert nodes_of("Name:   {a: b}\nRole: {a: c}\n"[:15]) == [Node("Name", {"a": "b"})]
