"""A node is a frozen value: an id, labels, a name and a state."""

import copy
import io
import json
import pickle
from collections import Counter
from enum import Enum
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import LIMITS, Inventory, InventoryError, Node, Selector, Taint
from nodeselect.node import CORDON, count_connected
from nodeselect.text import UNPRINTABLE
from tests.short import refused, short

FULL = Node("n-1", {"region": "eu"}, "edge", "connected")


def test_fields() -> None:
    assert (FULL.id, dict(FULL.labels)) == ("n-1", {"region": "eu"})
    assert (FULL.name, FULL.state) == ("edge", "connected")
    bare = Node("n-1")
    assert (bare.id, dict(bare.labels), bare.name, bare.state) == ("n-1", {}, None, None)
    assert Node("n-1", None) == bare


def test_labels_are_copied_and_not_validated() -> None:
    """Labels that no selector can name are kept; a later change of them does not change a node."""
    labels = {"GPU-0": "NVIDIA GeForce RTX 3090", "": "", " a ": "\x00\n", "é": "e\u0301"}
    node, expected = Node("n-1", labels), labels.copy()
    labels["c"] = "d"
    assert node.labels == expected


@pytest.mark.parametrize("name", ["id", "labels", "name", "state", "taints", "_facts", "other"])
def test_frozen(name: str) -> None:
    with pytest.raises(AttributeError, match="frozen"):
        setattr(FULL, name, "x")
    with pytest.raises(AttributeError, match="frozen"):
        delattr(FULL, name)
    labels: Any = FULL.labels
    with pytest.raises(TypeError):
        labels["a"] = "b"
    assert Node("n-1", {"region": "eu"}, "edge", "connected") == FULL


def test_there_are_no_subclasses() -> None:
    """A subclass is an error, since an inventory would lose what it adds."""
    with pytest.raises(TypeError, match="Node cannot be subclassed: an inventory would lose what"):
        type("MyNode", (Node,), {"cpu": 4})


OTHERS: dict[str, Any] = {"id": "n-2", "labels": {}, "name": None, "state": "ready"}


@pytest.mark.parametrize(("field", "value"), (OTHERS | {"taints": [], "resources": {}}).items())
def test_not_equal(field: str, value: Any) -> None:
    assert FULL.replace(**{field: value}) != FULL
    assert FULL != "n-1"


@pytest.mark.parametrize(
    ("node", "shown"),
    [
        (FULL, "Node('n-1', {'region': 'eu'}, name='edge', state='connected')"),
        (Node("n-1"), "Node('n-1', {})"),
        (
            Node("n-1", taints=[Taint("a", "NoExecute", "b")]),
            "Node('n-1', {}, taints=(Taint(key='a', effect='NoExecute', value='b'),))",
        ),
        (Node("n-1", taints=[]), "Node('n-1', {}, taints=())"),
        (Node("n-1", resources={"cpu": "2"}), "Node('n-1', {}, resources={'cpu': 2000})"),
        (Node("é", {"\u200b": "\n", "a": ""}), r"Node('é', {'\u200b': '\n', 'a': ''})"),
    ],
)
def test_repr_pickle_and_copy_restore_the_node(node: Node, shown: str) -> None:
    assert repr(node) == shown
    pickled, labels = pickle.loads(pickle.dumps(node)), dict(reversed([*node.labels.items()]))
    other_order = node.replace(labels=labels)
    for again in (eval(shown), pickled, copy.copy(node), copy.deepcopy(node), other_order):
        assert (again, hash(again)) == (node, hash(node))
        assert type(again.labels) is MappingProxyType


@pytest.mark.parametrize(
    ("state", "connected"),
    [
        *(
            (each, True)
            for each in ("connected", "ready", "Ready", "CONNECTED", "ready, Connected")
        ),
        *((each, False) for each in ("disconnected", "not-ready", "cordoned", "", None)),
        *((each, False) for each in ("Ready,SchedulingDisabled", "not-ready,cordoned")),
    ],
)
def test_connected(state: str | None, connected: bool) -> None:
    """Only a node in no other states than two, in any case, is connected."""
    assert Node("n-1", state=state).connected is connected
    counts = {state: 3, "lost": 2}
    assert count_connected(counts) == count_connected(Counter(counts).elements()) == 3 * connected
    explanation = Inventory([Node("n-1", state=state)]).explain(Selector.everything())
    assert explanation.connected == (None if state is None else connected)


def test_no_state_is_known() -> None:
    """Then the number of connected nodes is not known either."""
    assert count_connected([]) is count_connected({None: 2}) is None


@pytest.mark.parametrize(
    ("node_id", "shown", "character"),
    [
        ("a\x1b[31m", "a\\x1b[31m", "\\x1b"),
        ("a\ud800", "a\\ud800", "\\ud800"),
        ("x" * 100 + "\u202e", f"{'x' * 59}…", "\\u202e"),
    ],
    ids=["escape", "surrogate", "long"],
)
def test_wrong_id(node_id: str, shown: str, character: str) -> None:
    """An id that is unprintable or empty is rejected."""
    with refused("unprintable-id") as caught:
        Node(node_id)
    message = f"the node id '{shown}' contains the unprintable character {character}"
    assert short(caught.value) == message
    with refused("empty-id", "a node id must not be empty"):
        Node("")


@given(st.characters(exclude_categories=()))
def test_unprintable_ids(character: str) -> None:
    """An id with a character is rejected if and only if the character is escaped in output."""
    node_id = f"n{character}1"
    if UNPRINTABLE.search(character):
        with pytest.raises(InventoryError):
            Node(node_id)
    else:
        assert Node(node_id).id == node_id


@pytest.mark.parametrize(
    ("field", "values"),
    {
        "id": (None, 5, b"n-1"),
        "labels": ({"a": 1}, {"a": None}, {1: "a"}, 5, "ab", "", [("a", "b")]),
        "name": (5,),
        "state": (True,),
        "taints": ("a:NoSchedule", [("a", "NoSchedule")], [Taint("a", "NoSchedule", None)]),  # type: ignore[arg-type]
        "resources": ([("cpu", 1)], {"cpu": 0.5}, {"cpu": True}, {1: 1}),
    }.items(),
)
def test_wrong_types(field: str, values: tuple[Any, ...]) -> None:
    """A value of the wrong type raises a TypeError; it never becomes a node without labels."""
    for value in values:
        with pytest.raises(TypeError, match=r"Taint|must be"):
            Node(**({"id": "n-1"} | {field: value}))


class Kind(str, Enum):  # noqa: UP042 - a StrEnum shows its text
    """A subclass of str whose ``str()`` is not its text."""

    GPU = "gpu"
    NODE = "n-1"


def test_subclasses_of_str() -> None:
    node = Node(Kind.NODE, {Kind.GPU: Kind.GPU}, Kind.NODE, Kind.GPU)
    texts = [node.id, str(node.name), str(node.state), *node.labels, *node.labels.values()]
    assert texts == ["n-1", "n-1", "gpu", "gpu", "gpu"]
    assert {type(text) for text in (node.id, *node.labels, *node.labels.values())} == {str}


def test_taints_and_resources() -> None:
    """Taints are sorted, and amounts integers; what is not known is None, not nothing."""
    node = Node(
        "n-1",
        taints=iter(
            [Taint("b", "NoExecute"), Taint("a", "NoExecute", "x"), Taint("b", "NoExecute")]
        ),
        resources={"memory": "1.5Ki", "cpu": "0.5", "pods": 110, "gpu": 0, "disk": "0"},
    )
    assert node.taints == (Taint("a", "NoExecute", "x"), Taint("b", "NoExecute"))
    assert node.resources is not None
    assert list(node.resources.items()) == [("cpu", 500), ("memory", 1536), ("pods", 110)]
    with pytest.raises(TypeError):
        node.resources["cpu"] = 1  # type: ignore[index]
    assert list(map(str, node.taints)) == ["a=x:NoExecute", "b:NoExecute"]
    assert (Node("n-1").taints, Node("n-1").resources) == (None, None)
    assert Node("n-1", taints=()).resources is None
    assert Node("n-1", resources={}).taints is None
    assert node.replace(taints=None) == Node("n-1", resources=node.resources)


@pytest.mark.parametrize(
    ("field", "value", "code", "message"),
    [
        ("taints", [Taint("b", "Never")], "invalid-taint", "[0].effect: unknown effect 'Never'"),
        ("taints", [Taint("", "NoExecute")], "invalid-taint", "[0].key: the key of a taint must"),
        ("resources", {"cpu": "4 cores"}, "invalid-quantity", ".cpu: '4 cores' is not a quantity"),
        ("resources", {"cpu": -1}, "invalid-quantity", ".cpu: an amount must be from 0 to 92233"),
    ],
)
def test_wrong_taints_and_resources(field: str, value: Any, code: str, message: str) -> None:
    """The error has the path of what is wrong."""
    with refused(code) as caught:
        Node("n-1", **{field: value})
    assert short(caught.value).startswith(f"{field}{message}")


def test_many_taints_and_resources() -> None:
    taints = [Taint(f"k{at}", "NoExecute") for at in range(LIMITS.node_taints + 1)]
    resources = {f"k{at}": 1 for at in range(LIMITS.node_resources + 1)}
    with refused("too-many-taints", r"at most 256 taints \(limit: node_taints\), found 257"):
        Node("n-1", taints=taints)
    with refused("too-many-resources", r"256 resources \(limit: node_resources\), found 257"):
        Node("n-1", resources=resources)
    del taints[-1], resources["k0"]
    node = Node("n-1", taints=taints, resources=resources)
    assert len(node.taints or ()) == len(node.resources or ()) == 256


# Node objects of Kubernetes, as programs hold them.

READY = {"type": "Ready", "status": "True"}
PRESSURE = {"type": "MemoryPressure", "status": "True"}
LABELS = {"kubernetes.io/os": "linux", "node-role.kubernetes.io/worker": "", "pool": "a b"}


class Attributes(SimpleNamespace):
    """An object of the client: a model, or an object of any kind that is not a mapping."""

    def to_dict(self) -> dict[str, Any]:
        return vars(self)


def with_attributes(value: Any, kept: str = "labels") -> Any:
    """Return decoded JSON as the objects of a client; the values of one key stay dicts."""
    match value:
        case dict():
            items = value.items()
            parts = {
                key: each if key == kept else with_attributes(each, kept) for key, each in items
            }
            return Attributes(**parts)
        case list():
            return [with_attributes(item, kept) for item in value]
    return value


def node(*conditions: dict[str, str], **spec: Any) -> dict[str, Any]:
    metadata = {"name": "w-1", "labels": LABELS, "uid": "c3a8"}
    status = {"conditions": list(conditions), "images": []}
    made = {"apiVersion": "v1", "kind": "Node", "metadata": metadata}
    return {**made, "spec": spec, "status": status}


def with_amounts(allocatable: Any, **spec: Any) -> dict[str, Any]:
    return node(**spec) | {"status": {"allocatable": allocatable}}


OBJECTS = [
    pytest.param(node(PRESSURE, READY), "ready", id="ready"),
    pytest.param(node(PRESSURE, READY | {"status": "False"}), "not-ready", id="not-ready"),
    pytest.param(node(READY | {"status": "Unknown"}), "not-ready", id="unreachable"),
    pytest.param(node(PRESSURE), "not-ready", id="no-such-condition"),
    pytest.param(node(), "not-ready", id="no-conditions-yet"),
    pytest.param(node(READY, unschedulable=True), "cordoned", id="cordoned"),
    pytest.param(node(READY, unschedulable=False), "ready", id="uncordoned"),
    pytest.param(node(unschedulable=True), "not-ready,cordoned", id="in-both-states"),
    pytest.param(node() | {"status": None}, None, id="no-status"),
    pytest.param(node() | {"status": {}}, None, id="no-conditions"),
    pytest.param(node(READY) | {"spec": None, "kind": None}, "ready", id="null"),
]


@pytest.mark.parametrize(("decoded", "state"), OBJECTS)
def test_it_is_the_node_that_a_reader_returns(decoded: dict[str, Any], state: str | None) -> None:
    """Decoded JSON, its text in a file, and the object of a client are the same node."""
    taints: list[Taint] | None = [CORDON] if "cordoned" in (state or "") else []
    taints = None if decoded["spec"] is None else taints
    expected = Node("w-1", LABELS, "w-1", state, taints=taints)
    for one in (decoded, MappingProxyType(decoded), with_attributes(decoded)):
        assert Node.from_kubernetes(one) == expected
    text = json.dumps({key: value for key, value in decoded.items() if value is not None})
    assert list(Inventory.read(io.StringIO(text))) == [expected]


def test_labels_of_kubernetes() -> None:
    """A node may have no labels, or null, or an object with ``to_dict``; they are copied."""
    for labels in ({}, None, {"os": "linux", "pool": "a"}):
        decoded = {"kind": "Node", "metadata": {"name": "w-1", "labels": labels}}
        expected = Node("w-1", labels or {}, "w-1")
        for kept in ("labels", ""):
            assert Node.from_kubernetes(with_attributes(decoded, kept)) == expected
        found = Node.from_kubernetes(decoded)
        if labels:
            labels.clear()
        assert found == expected


@pytest.mark.parametrize(
    ("wrong", "code", "message"),
    [
        pytest.param(node() | {"kind": "Pod"}, "not-a-node", "of kind 'Pod'", id="pod"),
        pytest.param({"kind": "NodeList", "items": []}, "not-a-node", "'NodeList'", id="list"),
        pytest.param({"type": "ADDED", "object": node()}, "no-id", "its 'object'", id="event"),
        pytest.param({"kind": "Node", "metadata": {}}, "no-id", "metadata.name", id="no-name"),
        pytest.param({"kind": "Node", "metadata": None}, "no-id", "metadata.name", id="null"),
        pytest.param({"metadata": {"name": ""}}, "empty-id", "must not be empty", id="empty"),
        pytest.param(None, "no-id", "no name", id="none"),
        pytest.param(node() | {"metadata": "w-1"}, "wrong-type", "metadata: ", id="metadata"),
        pytest.param(node() | {"spec": [True]}, "wrong-type", "found a list", id="spec"),
        pytest.param(node() | {"status": True}, "wrong-type", "found true", id="status"),
        pytest.param(node(taints={}), "wrong-type", "spec.taints: expected a list", id="taints"),
        pytest.param(
            node(taints=[{"key": "a", "effect": "No"}]), "invalid-taint", "[0].effect: ", id="no"
        ),
        pytest.param(with_amounts(["4"]), "wrong-type", "status.allocatable", id="amounts"),
        pytest.param(
            node() | {"status": {"capacity": 4}}, "wrong-type", "status.capacity", id="capacity"
        ),
        pytest.param(
            with_amounts({"cpu": "4 cores"}),
            "invalid-quantity",
            "allocatable.cpu: '4 c",
            id="cores",
        ),
    ],
)
def test_what_is_not_a_node(wrong: Any, code: str, message: str) -> None:
    with refused(code) as caught:
        Node.from_kubernetes(wrong)
    assert message in short(caught.value)


@pytest.mark.parametrize("metadata", [{"name": 5}, {"name": "a", "labels": {"b": 5}}])
def test_wrong_types_of_kubernetes(metadata: dict[str, Any]) -> None:
    """A name or a label that is not a string is a ``TypeError``, as in ``Node()``."""
    with pytest.raises(TypeError, match="must be a string, not int"):
        Node.from_kubernetes({"metadata": metadata})


DEDICATED = {"key": "dedicated", "value": "ml", "effect": "NoSchedule"}
ALLOCATABLE = {"cpu": "3920m", "memory": "15Gi", "pods": 110, "nvidia.com/gpu": "0"}
AMOUNTS = {"cpu": 3920, "memory": 15 * 2**30, "pods": 110}


@pytest.mark.parametrize(
    ("decoded", "taints", "resources"),
    [
        (
            with_amounts(ALLOCATABLE, taints=[DEDICATED | {"timeAdded": "2026"}, DEDICATED]),
            (Taint("dedicated", "NoSchedule", "ml"),),
            AMOUNTS,
        ),
        (node(taints=None), (), None),
        (with_amounts({}), (), {}),
        (node() | {"status": {"capacity": {"cpu": "2"}}}, (), {"cpu": 2000}),
        (node() | {"status": {"allocatable": {}, "capacity": {"cpu": "2"}}}, (), {}),
        (with_amounts({"cpu": 1.5, "memory": 1e3}), (), {"cpu": 1500, "memory": 1000}),
        (
            node(unschedulable=True, taints=[{"key": "a", "effect": "NoExecute"}]),
            (Taint("a", "NoExecute"), CORDON),
            None,
        ),
        (node(unschedulable=True, taints=[CORDON._asdict()]), (CORDON,), None),
    ],
    ids=[
        *("both", "null", "no-resources", "capacity", "no-allocatable", "numbers", "cordon"),
        "both-cordons",
    ],
)
def test_taints_and_resources_of_kubernetes(
    decoded: dict[str, Any], taints: tuple[Taint, ...] | None, resources: dict[str, int] | None
) -> None:
    """A cordon is a taint; what the object does not have is None, and an empty list is not."""
    for one in (decoded, MappingProxyType(decoded), with_attributes(decoded)):
        if not isinstance(one, Attributes) or resources is None:
            found = Node.from_kubernetes(one)
            assert (found.taints, found.resources) == (taints, resources)
    assert list(Inventory.read(io.StringIO(json.dumps(decoded)))) == [found]


@pytest.mark.parametrize(
    ("node", "place"),
    [
        ({"metdata": {"name": "a"}}, "metdata"),
        ({"metadata": {"name": "a", "lables": {"x": "y"}}}, "metadata.lables"),
        ({"metadata": {"name": "a"}, "spec": {"taint": []}}, "spec.taint"),
        ({"metadata": {"name": "a"}, "spec": {"unschedulabel": True}}, "spec.unschedulabel"),
        ({"metadata": {"name": "a"}, "status": {"allocatble": {}}}, "status.allocatble"),
        (
            {"metadata": {"name": "a"}, "spec": {"taints": [{"key": "a", "efect": "NoSchedule"}]}},
            "spec.taints[0].efect",
        ),
    ],
)
def test_typos_in_a_kubernetes_node(node: dict[str, Any], place: str) -> None:
    """A misspelt field is an error, as in a file: the node would be without labels or taints."""
    with pytest.raises(InventoryError) as caught:
        Node.from_kubernetes(node)
    assert (caught.value.code, caught.value.place.path) == ("unknown-field", place)
