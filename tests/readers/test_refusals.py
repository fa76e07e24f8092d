"""What is no node or no fleet is refused as a whole, with the place and the way out."""

import io
import json

import pytest

from nodeselect import Inventory, InventoryError, Node
from tests.readers.reading import LINE, assert_refused, nodes_of, refusal

UNKNOWN = (
    "not a node or a node list in any known format\n"
    "  known formats: nodes of Expanso, Kubernetes, Bacalhau and Nomad, {id, labels}, and CSV"
)
NODES_ONLY = "list only nodes: kubectl get nodes -o json"
FIELDS = "a plain node has only id, labels, name, state"


def labelled(value: str) -> str:
    """Give a plain JSON fleet in which the label ``gpu`` has the value written here."""
    return f'[{{"id": "n-1", "labels": {{"gpu": {value}}}}}]'


def labelled_yaml(value: str) -> str:
    """Give a plain YAML fleet in which the label ``gpu`` has the value written here."""
    return f"- id: n-1\n  labels:\n    gpu: {value}\n"


def many(number: int) -> str:
    """Give an object of so many labels."""
    return json.dumps({f"k{at}": "" for at in range(number)})


def advice(meant: str | None) -> str:
    """Give the advice for a label that is no text: what was meant, where that is known."""
    if meant is None:
        return "write a string, or remove it"
    return "put it in quotes" if meant == "…" else f'quote it: "{meant}"'


@pytest.mark.parametrize(
    ("value", "describe", "meant"),
    [
        pytest.param("1", "the number 1", "1", id="integer"),
        pytest.param("-0.5", "the number -0.5", "…", id="fraction"),
        pytest.param("true", "true", "true", id="true"),
        pytest.param("false", "false", "false", id="false"),
        pytest.param("null", "null", None, id="null"),
        pytest.param('["a"]', "a list", None, id="list"),
        pytest.param('{"a": "b"}', "an object", None, id="object"),
    ],
)
@pytest.mark.parametrize(
    ("document", "place"),
    [
        pytest.param('[{"id": "n-1", "labels": {"gpu": %s}}]', "[0].labels.gpu", id="plain"),
        pytest.param(
            LINE + '{"id": "n-2", "labels": {"gpu": %s}}', "line 2: labels.gpu", id="line"
        ),
        pytest.param(
            '{"items": [{"id": "n-1", "spec": {"labels": {"gpu": %s}}}]}',
            "items[0].spec.labels.gpu",
            id="expanso",
        ),
        pytest.param(
            '{"node": {"id": "n-1", "spec": {"labels": {"gpu": %s}}}}',
            "node.spec.labels.gpu",
            id="expanso-get",
        ),
        pytest.param(
            '{"kind": "Node", "metadata": {"name": "w-1", "labels": {"gpu": %s}}}',
            "metadata.labels.gpu",
            id="kubernetes",
        ),
        pytest.param(
            '[{"Info": {"NodeID": "QmA", "Labels": {"gpu": %s}}}]',
            "[0].Info.Labels.gpu",
            id="bacalhau",
        ),
        pytest.param('[{"ID": "a1", "Meta": {"gpu": %s}}]', "[0].Meta.gpu", id="nomad"),
        pytest.param('{"n-1": {"gpu": %s}}', "n-1.gpu", id="map"),
    ],
)
def test_label_that_is_no_text(
    document: str, place: str, value: str, describe: str, meant: str | None
) -> None:
    """A label value that JSON does not write as a string is refused in every shape, never read."""
    assert_refused(
        document % value,
        "label-not-text",
        f"{place}: the value of the label 'gpu' must be a string, not {describe}\n"
        f"  {advice(meant)}",
    )


def test_the_advice_changes_no_digit() -> None:
    """How a fraction was written is not known any more: 1.10 is not advised to be 1.1."""
    assert refusal(labelled("1.10")).hint == "put it in quotes"


@pytest.mark.parametrize(
    ("value", "describe", "meant"),
    [
        pytest.param("true", "true", "true", id="true"),
        pytest.param("FALSE", "false", "false", id="false"),
        pytest.param("yes", "'yes', which YAML may read as a boolean", "yes", id="yes"),
        pytest.param("Off", "'Off', which YAML may read as a boolean", "Off", id="off"),
        pytest.param("1.10", "'1.10', which YAML may read as a number", "1.10", id="version"),
        pytest.param("017", "'017', which YAML may read as a number", "017", id="octal"),
        pytest.param("22:22", "'22:22', which YAML may read as a number", "22:22", id="minutes"),
        pytest.param(
            "2024-01-01", "'2024-01-01', which YAML may read as a date", "2024-01-01", id="date"
        ),
        pytest.param("~", "null", None, id="tilde"),
        pytest.param("", "null", None, id="nothing"),
        pytest.param("[a]", "a list", None, id="list"),
        pytest.param("{a: b}", "an object", None, id="object"),
    ],
)
def test_label_that_yaml_may_read_as_no_text(value: str, describe: str, meant: str | None) -> None:
    """A plain YAML value that is text for some readers only is refused, never converted."""
    assert_refused(
        labelled_yaml(value),
        "label-not-text",
        f"line 1: [0].labels.gpu: the value of the label 'gpu' must be a string, not {describe}\n"
        f"  {advice(meant)}",
    )


@pytest.mark.parametrize(
    ("text", "code", "shown"),
    [
        pytest.param(
            '[{"id": "n-1", "label": {"a": "b"}}]',
            "unknown-field",
            f"[0]: unknown field 'label': {FIELDS}\n  did you mean 'labels'?",
            id="typo",
        ),
        pytest.param(
            LINE + '{"id": "n-2", "labels": {}, "Name": "x"}',
            "unknown-field",
            f"line 2: unknown field 'Name': {FIELDS}\n  did you mean 'name'?",
            id="case-line",
        ),
        pytest.param(
            '{"id": "n-2", "zone\\u001b": "eu"}',
            "unknown-field",
            f"unknown field 'zone\\x1b': {FIELDS}\n  remove it, or make it a label",
            id="unknown-field",
        ),
        pytest.param(
            '[{"id": "n-1", "labels": ["gpu"]}]',
            "wrong-type",
            "[0].labels: labels must be an object of strings, not a list",
            id="labels-list",
        ),
        pytest.param(
            "- id: n-1\n  labels: gpu=true\n",
            "wrong-type",
            "line 1: [0].labels: labels must be an object of strings, not a string",
            id="labels-text",
        ),
        pytest.param(
            '[{"id": "n-1", "spec": "gpu"}]',
            "wrong-type",
            "[0].spec: expected an object, found a string",
            id="spec-text",
        ),
        pytest.param(
            '[{"id": "n-1", "name": 5}]',
            "wrong-type",
            "[0].name: the node's name must be a string, not the number 5",
            id="name",
        ),
        pytest.param(
            LINE + '{"id": "n-2", "labels": {}, "state": true}',
            "wrong-type",
            "line 2: state: the node's state must be a string, not true",
            id="state",
        ),
        pytest.param(
            '{"kind": "List", "items": [{"kind": "Node", "metadata": {"name": "w-1"}},'
            ' {"kind": "Pod", "metadata": {"name": "web"}}]}',
            "not-a-node",
            f"items[1]: expected a Node, found the kind 'Pod'\n  {NODES_ONLY}",
            id="pod",
        ),
        pytest.param(
            '{"kind": "Status", "metadata": {}, "status": "Failure"}',
            "not-a-node",
            f"expected a Node, found the kind 'Status'\n  {NODES_ONLY}",
            id="status",
        ),
        pytest.param(
            '[{"ID": "a1", "Name": "c-1", "Datacenter": "dc1", "NodeClass": "",'
            ' "SchedulingEligibility": "eligible", "Status": "ready"}]',
            "labels-unknown",
            "[0]: this is an entry of Nomad's node list, which has no Meta\n"
            "  print complete nodes: nomad node status -json ID",
            id="nomad-stub",
        ),
        pytest.param(
            f'[{{"id": "n-1", "labels": {many(257)}}}]',
            "too-many-labels",
            "[0]: a node can have at most 256 labels (node_labels), found 257",
            id="labels-257",
        ),
        pytest.param(
            f'{LINE}{{"id": "n-2", "labels": {many(257)}}}',
            "too-many-labels",
            "line 2: a node can have at most 256 labels (node_labels), found 257",
            id="labels-257-line",
        ),
        pytest.param(
            labelled(f'"{"v" * 65_536}"'),
            "labels-too-large",
            "[0]: the labels of a node can have at most 65,536 bytes (node_labels_bytes),"
            " found 65,539",
            id="labels-large",
        ),
        pytest.param(
            f'{LINE}{{"id": "n-2", "labels": {{"k": "{"é" * 32_768}"}}}}',
            "labels-too-large",
            "line 2: the labels of a node can have at most 65,536 bytes (node_labels_bytes),"
            " found 65,537",
            id="labels-large-line",
        ),
    ],
)
def test_node(text: str, code: str, shown: str) -> None:
    """A record that is no node of its shape, or exceeds a limit, is refused."""
    assert_refused(text, code, shown)


@pytest.mark.parametrize(
    ("text", "code", "shown"),
    [
        pytest.param(
            "", "empty-input", "the input is empty\n  check the command that wrote it", id="empty"
        ),
        pytest.param(
            "\ufeff \n\t\r\n",
            "empty-input",
            "the input is empty\n  check the command that wrote it",
            id="blank",
        ),
        pytest.param("{}", "unknown-shape", UNKNOWN, id="object"),
        pytest.param("# nothing\n", "unknown-shape", UNKNOWN, id="yaml-comment"),
        pytest.param("n-1\n", "unknown-shape", UNKNOWN, id="word"),
        pytest.param("null", "unknown-shape", UNKNOWN, id="null"),
        pytest.param("No nodes found\nn-1: {}\n", "unknown-shape", UNKNOWN, id="none-and-more"),
        pytest.param('[{"host": "a"}]', "unknown-shape", f"[0]: {UNKNOWN}", id="unknown"),
        pytest.param(
            '{"n-1": {}}\n{"n-2": {}}\n', "unknown-shape", f"line 1: {UNKNOWN}", id="map-lines"
        ),
        pytest.param(
            '{"items": []}\n{"items": []}\n', "unknown-shape", f"line 1: {UNKNOWN}", id="pages"
        ),
        pytest.param(
            "[1, 2]", "wrong-type", "[0]: a node must be an object, not the number 1", id="numbers"
        ),
        pytest.param("[[]]", "wrong-type", "[0]: a node must be an object, not a list", id="lists"),
        pytest.param(
            '{"items": [null]}',
            "wrong-type",
            "items[0]: a node must be an object, not null",
            id="null-item",
        ),
        pytest.param(
            LINE + "5\n",
            "wrong-type",
            "line 2: a node must be an object, not the number 5",
            id="line",
        ),
        pytest.param(
            "- n-1\n",
            "wrong-type",
            "line 1: [0]: a node must be an object, not a string",
            id="yaml",
        ),
    ],
)
def test_no_fleet(text: str, code: str, shown: str) -> None:
    """What holds no node of any known shape is refused, and is never an empty fleet."""
    assert_refused(text, code, shown)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("name: x\nselector: {match_labels: {a: b}}\n", id="yaml"),
        pytest.param('{"name": "x", "type": "pipeline", "config": {}}', id="without-a-selector"),
        pytest.param("spec:\n  name: x\n  selector: {match_ids: [a]}\n", id="wrapped"),
        pytest.param('{"selector": {"match_labels": {}}}', id="like-a-map-of-labels"),
        pytest.param('{"name": "x", "labels": {"a": "b"}, "rollout": null}', id="with-labels"),
    ],
)
def test_a_job_given_as_nodes(text: str) -> None:
    """A job spec is told from other documents, and where it belongs."""
    hint = "this looks like a job spec: pass it as the job, and a node list as the nodes"
    assert_refused(text, "unknown-shape", f"{UNKNOWN.partition(chr(10))[0]}\n  {hint}")


def test_what_only_looks_like_a_job() -> None:
    """Nodes may have fields that jobs have, and ids like their fields."""
    assert nodes_of('{"config": {"a": "b"}}') == [Node("config", {"a": "b"})]
    assert nodes_of('{"id": "n", "spec": {"config": {}}}') == [Node("n")]
    deployment = "kind: Deployment\nmetadata: {name: a}\nspec: {selector: {}}\n"
    assert_refused(
        deployment,
        "not-a-node",
        f"expected a Node, found the kind 'Deployment'\n  {NODES_ONLY}",
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b'{"error": {"code": "401"}}', "unknown-shape", id="error"),
        pytest.param(b'{"error": null}', "unknown-shape", id="null-error"),
        pytest.param(b'{"data": {}}', "unknown-shape", id="data"),
        pytest.param(b'{"items": {}}', "unknown-shape", id="items-that-are-no-list"),
        pytest.param(b'{"node": null}', "unknown-shape", id="null-node"),
        pytest.param(b"error:\n  code: unauthorized\n", "unknown-shape", id="error-in-yaml"),
        pytest.param(b"\x1f\x8b\x08\x00abc", "compressed", id="gzip"),
        pytest.param(b'[{"Info": {"NodeID": "n"}, "Labels": {"a": "b"}}]', "unknown-field", id="a"),
        pytest.param(b'[{"Info": {"NodeID": "n", "labels": {"a": "b"}}}]', "unknown-field", id="b"),
        pytest.param(b'[{"id": "n", "spec": {"label": {"a": "b"}}}]', "unknown-field", id="c"),
        pytest.param(
            b'[{"metadata": {"name": "n"}, "spec": {"labels": {}}}]', "unknown-field", id="d"
        ),
        pytest.param(b'{"items": [], "nextPageToken": "x"}', "one-page", id="other-token"),
        pytest.param(b'{"items": [], "has_more": true}', "one-page", id="more"),
        pytest.param(b"apiVersion: v1\nitems:\n", "cut-off", id="cut-list"),
        pytest.param(b"apiVersion:\n", "unknown-shape", id="cut-kind"),
        pytest.param(b'[{"id": "n"}]\nShowing the first page of nodes\n', "one-page", id="first"),
        pytest.param(b"No connection to the server found\n", "unknown-shape", id="no-server"),
        pytest.param(b"id, region\nn-1,eu\n", "not-csv", id="blank-in-header"),
        pytest.param(b"id;region\nn-1;eu\n", "not-csv", id="semicolons"),
        pytest.param(b"name,region\nn-1,eu\n", "not-csv", id="no-column-id"),
    ],
)
def test_what_is_no_list_of_nodes(data: bytes, code: str) -> None:
    """The answer of a server that something went wrong, or another file, is no fleet."""
    with pytest.raises(InventoryError) as caught:
        Inventory.read(io.BytesIO(data))
    assert caught.value.code == code


def test_yaml_in_flow_style() -> None:
    """Nodes in the flow style of YAML begin like JSON, and are read as YAML."""
    assert Inventory.read(io.BytesIO(b"[{id: n-1, labels: {a: b}}]"))["n-1"].labels == {"a": "b"}
