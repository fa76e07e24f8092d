"""A node is a frozen value: an id, labels, a name and a state."""

import copy
import pickle
from collections import Counter
from enum import Enum
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import LIMITS, Inventory, InventoryError, Node, Selector, Taint
from nodeselect.node import count_connected
from nodeselect.text import UNPRINTABLE
from tests.short import short

FULL = Node("n-1", {"region": "eu"}, "edge", "connected")


def test_fields() -> None:
    """A node has the fields that it was created with; the default is empty or None."""
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
    """No field can be set or deleted, and no label changed."""
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


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Node("n-2", {"region": "eu"}, "edge", "connected"), id="id"),
        pytest.param(Node("n-1", {"region": "us"}, "edge", "connected"), id="labels"),
        pytest.param(Node("n-1", {"region": "eu"}, None, "connected"), id="name"),
        pytest.param(Node("n-1", {"region": "eu"}, "edge", "ready"), id="state"),
        pytest.param(FULL.replace(taints=[]), id="taints"),
        pytest.param(FULL.replace(resources={}), id="resources"),
        pytest.param("n-1", id="text"),
    ],
)
def test_not_equal(other: object) -> None:
    assert other != FULL


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
        ("connected", True),
        ("ready", True),
        ("disconnected", False),
        ("not-ready", False),
        ("cordoned", False),
        ("Ready", True),
        ("CONNECTED", True),
        ("ready, Connected", True),
        ("Ready,SchedulingDisabled", False),
        ("not-ready,cordoned", False),
        ("", False),
        (None, False),
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
    ("node_id", "code", "message"),
    [
        pytest.param("", "empty-id", "a node id must not be empty", id="empty"),
        pytest.param(
            "a\x1b[31m",
            "unprintable-id",
            "the node id 'a\\x1b[31m' contains the unprintable character \\x1b",
            id="escape",
        ),
        pytest.param(
            "a\ud800",
            "unprintable-id",
            "the node id 'a\\ud800' contains the unprintable character \\ud800",
            id="surrogate",
        ),
        pytest.param(
            "x" * 100 + "\u202e",
            "unprintable-id",
            f"the node id '{'x' * 59}…' contains the unprintable character \\u202e",
            id="long",
        ),
    ],
)
def test_wrong_id(node_id: str, code: str, message: str) -> None:
    """An id that is empty or unprintable is rejected."""
    with pytest.raises(InventoryError) as caught:
        Node(node_id)
    assert (caught.value.code, short(caught.value)) == (code, message)


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
    "arguments",
    [
        pytest.param((None,), id="no-id"),
        pytest.param((5,), id="id"),
        pytest.param((b"n-1",), id="id-bytes"),
        pytest.param(("n-1", {"a": 1}), id="label"),
        pytest.param(("n-1", {"a": None}), id="label-none"),
        pytest.param(("n-1", {1: "a"}), id="key"),
        pytest.param(("n-1", 5), id="labels-number"),
        pytest.param(("n-1", "ab"), id="labels-text"),
        pytest.param(("n-1", [("a", "b")]), id="labels-pairs"),
        pytest.param(("n-1", ""), id="labels-empty-text"),
        pytest.param(("n-1", {}, 5), id="name"),
        pytest.param(("n-1", {}, None, True), id="state"),
    ],
)
def test_wrong_types(arguments: Any) -> None:
    """A value of the wrong type raises a TypeError; it never becomes a node without labels."""
    with pytest.raises(TypeError):
        Node(*arguments)


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
    ("fields", "code", "message"),
    [
        (
            {"taints": [Taint("a", "NoExecute"), Taint("b", "Never")]},
            "invalid-taint",
            "taints[1].effect: unknown effect 'Never'",
        ),
        (
            {"taints": [Taint("", "NoExecute")]},
            "invalid-taint",
            "taints[0].key: the key of a taint must not be empty",
        ),
        (
            {"resources": {"cpu": "4 cores"}},
            "invalid-quantity",
            "resources.cpu: '4 cores' is not a quantity, such as 2, 500m or 4Gi",
        ),
        (
            {"resources": {"cpu": -1}},
            "invalid-quantity",
            "resources.cpu: an amount must be from 0 to 9223372036854775807",
        ),
        (
            {"taints": [Taint(f"k{at}", "NoExecute") for at in range(LIMITS.node_taints + 1)]},
            "too-many-taints",
            "taints: a node can have at most 256 taints (limit: node_taints), found 257",
        ),
        (
            {"resources": {f"k{at}": 1 for at in range(LIMITS.node_resources + 1)}},
            "too-many-resources",
            "resources: a node can have at most 256 resources (limit: node_resources), found 257",
        ),
    ],
)
def test_wrong_taints_and_resources(fields: dict[str, Any], code: str, message: str) -> None:
    """The error has the path of what is wrong; a node may have as many as the limit."""
    with pytest.raises(InventoryError) as caught:
        Node("n-1", **fields)
    assert (caught.value.code, short(caught.value).partition("\n")[0]) == (code, message)
    (field, values) = fields.popitem()
    if len(values) > 100:
        items = list(values.items() if isinstance(values, dict) else values)[1:]
        assert len(getattr(Node("n-1", **{field: type(values)(items)}), field)) == 256


@pytest.mark.parametrize(
    "fields",
    [
        {"taints": "a:NoSchedule"},
        {"taints": [("a", "NoSchedule")]},
        {"taints": [Taint("a", "NoSchedule", None)]},  # type: ignore[arg-type]
        {"resources": [("cpu", 1)]},
        {"resources": {"cpu": 0.5}},
        {"resources": {"cpu": True}},
        {"resources": {1: 1}},
    ],
)
def test_wrong_types_of_taints_and_resources(fields: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"Taint|must be"):
        Node("n-1", **fields)
