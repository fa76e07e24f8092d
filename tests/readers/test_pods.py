"""Pods: the formats that are read, and what is rejected."""

import gzip
import io
import json
from collections.abc import Iterable
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import InventoryError, Usage
from nodeselect.files import inputs
from nodeselect.limits import LIMITS
from nodeselect.readers.formats import json as json_format
from nodeselect.readers.pods import read_usage

REQUESTS = {"resources": {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"cpu": "1"}}}


def pod(name: str = "web-5d4f-x", **others: Any) -> dict[str, Any]:
    """Return a pod with more than is counted; ``others`` are fields at its top."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "namespace": "prod",
            "name": name,
            "labels": {"app": "web", "pod-template-hash": "5d4f"},
            "annotations": {"a": None},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "web-5d4f", "controller": True}],
        },
        "spec": {
            "nodeName": "w-1",
            "containers": [
                REQUESTS | {"name": "größe", "env": [{"value": '}\n{["'}]},
                {"name": "b"},
            ],
            "initContainers": [REQUESTS | {"restartPolicy": "Always"}],
            "resources": {"requests": {"cpu": "2"}, "claims": [{"name": "a"}]},
            "overhead": {"memory": "10Mi"},
            "priority": 7,
        },
        "status": {"phase": "Running", "conditions": [], "podIP": None},
    } | others


def usage_of(*data: str | bytes) -> Usage:
    """Read each text as an input: a, b and so on."""
    streams = [io.BytesIO(each.encode() if isinstance(each, str) else each) for each in data]
    return read_usage(zip(streams, "abc", strict=False))


def kubectl(*pods: Any, kind: str = "List", **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "items": list(pods), "kind": kind, "metadata": metadata}


def zipped(data: bytes) -> bytes:
    """Compress ``data``, always to the same bytes."""
    return gzip.compress(data, mtime=0)


def dump(value: object) -> str:
    """Return YAML without aliases."""
    return str(yaml.safe_dump(json.loads(json.dumps(value))))


ONE, TWO = pod("a"), pod("b")
BARE = [{key: value for key, value in each.items() if key != "kind"} for each in (ONE, TWO)]
LIST = json.dumps(kubectl(ONE, TWO), indent=4)
PAGES = json.dumps(kubectl(*BARE, kind="PodList", resourceVersion="7"))
LINES = f"{json.dumps(ONE)}\n{json.dumps(TWO)}\n"


@pytest.mark.parametrize(
    "data",
    [
        LIST,
        PAGES,
        json.dumps([ONE, TWO]),
        "\ufeff" + json.dumps([ONE, TWO], indent=1),
        LINES,
        "\n \n" + LINES.replace("\n", "\r\n\r\n"),
        json.dumps(ONE, indent=2) + json.dumps(TWO, indent=2),
        json.dumps(kubectl(ONE)) + "\n" + json.dumps(kubectl(TWO), indent=4),
        dump(kubectl(ONE, TWO)),
        f"{dump(ONE)}---\n{dump(TWO)}",
        json.dumps(ONE) + "\n---\n" + dump(TWO),
        zipped(LIST.encode()),
        zipped(dump(ONE).encode() + b"---\n" + dump(TWO).encode()),
    ],
)
def test_formats(data: str | bytes) -> None:
    """Lists, pods one after the other, JSON, YAML and gzip are the same pods."""
    usage, expected = usage_of(data), Usage([ONE, TWO])
    assert usage.of("w-1") == expected.of("w-1")
    assert list(usage) == list(expected)
    assert len(usage) == 2


def test_no_pods_and_several_inputs() -> None:
    """A list may be empty. All inputs are read; a pod is in one of them."""
    empty = json.dumps(kubectl())
    assert usage_of(empty, "[]", json.dumps([ONE])).of("w-1") == Usage([ONE]).of("w-1")
    assert not len(usage_of('{"kind":"PodList","apiVersion":"v1","metadata":{},"items":null}'))
    nulls = {"metadata": {"name": "a", "namespace": None}, "spec": {"containers": []}}
    assert not len(usage_of(json.dumps(nulls | {"status": None, "kind": "Pod"})))


def test_numbers_in_yaml() -> None:
    """A quantity without quotes is read as it is written."""
    text = dump([ONE]).replace("cpu: 100m", "cpu: 1.50").replace("cpu: '2'", "cpu: 3")
    assert "cpu: 1.50" in text
    assert usage_of(text).of("w-1")["cpu"] == 3_000
    assert usage_of(f"{json.dumps(kubectl())}\n---\n{text}").of("w-1")["cpu"] == 3_000


NODE = {"kind": "Node", "apiVersion": "v1", "metadata": {"name": "w-1"}, "spec": {}, "status": {}}
IS_NODE = "this is a node, not a pod"
NO_LIST = "this is not a list of pods in JSON or YAML"


def changed(value: Any, *path: str | int) -> str:
    """Return a list of two pods, with another value at a path in the second one."""
    pods = json.loads(json.dumps([ONE, TWO]))
    inner = pods[1]
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return json.dumps(pods)


CUT_OFF = LIST[:-20]
LAST_LINE = f"line {CUT_OFF.count(chr(10)) + 1}, column 1"
ONE_PAGE = "this is only one page of a longer list: 'continue' announces more pods"
NODES = "expected a list of pods, found an object of kind 'NodeList'"
OVERHEAD = "[1].spec.overhead.memory"
NO_QUANTITY = "'x' is not a quantity, such as 2, 500m or 4Gi"
IS_NUMBER = "expected a string, found the number 7"


@pytest.mark.parametrize(
    ("data", "place", "code", "message"),
    [
        # Nodes in any form.
        (json.dumps(kubectl(NODE)), "items[0]", "not-a-pod", IS_NODE),
        (json.dumps(kubectl({"metadata": {"name": "a"}})), "items[0]", "not-a-pod", IS_NODE),
        ('{"id": "n-1", "labels": {}}\n' * 2, "line 1", "not-a-pod", IS_NODE),
        ("- id: n-1\n  labels: {}\n", "line 1: [0]", "not-a-pod", IS_NODE),
        (json.dumps([{"Info": {"NodeID": "QmA"}}]), "[0]", "not-a-pod", IS_NODE),
        (b"\x89NSX\r\n\x1a\n1", "", "not-a-pod", NO_LIST),
        ("id,region\nn-1,eu\n", "", "wrong-type", "a pod must be an object, not a string"),
        # Something else.
        (json.dumps([pod(kind="Job")]), "[0]", "not-a-pod", "this is not a pod"),
        ('{"spec": {"template": {}}}', "", "not-a-pod", "this is not a pod"),
        ("[7]", "[0]", "wrong-type", "a pod must be an object, not the number 7"),
        (zipped(zipped(b"[]")), "", "not-a-pod", NO_LIST),
        (json.dumps(kubectl(kind="NodeList")), "", "not-a-pod", NODES),
        # Incomplete lists, and fields that cannot be counted.
        (json.dumps([ONE, TWO, ONE]), "[2]", "duplicate-id", "the pod 'prod/a' occurs twice"),
        (json.dumps(kubectl(ONE, **{"continue": "x"})), "", "one-page", ONE_PAGE),
        (CUT_OFF, LAST_LINE, "cut-off", "the JSON is cut off here"),
        (zipped(LIST.encode())[:-9], "", "cut-off", "the compressed input is cut off"),
        ("", "", "empty-input", "the input is empty"),
        (changed(None, "metadata", "name"), "[1].metadata.name", "no-id", "the pod has no name"),
        (changed(7, "spec", "nodeName"), "[1].spec.nodeName", "wrong-type", IS_NUMBER),
        (changed([], "spec"), "[1].spec", "wrong-type", "expected an object, found a list"),
        (changed("x", "spec", "overhead", "memory"), OVERHEAD, "invalid-quantity", NO_QUANTITY),
    ],
)
def test_errors(data: str | bytes, place: str, code: str, message: str) -> None:
    """What is not a list of pods, whole and countable, is an error with its place."""
    error = refusal(data)
    assert (error.code, error.message) == (code, message)
    assert str(error.place) == ": ".join(filter(None, ("a", place)))
    if message in (IS_NODE, NO_LIST) or " pod must" in message:
        assert (
            error.hint
            == "give nodes with -n FILE; print pods with: kubectl get pods,namespaces -A -o json"
        )


@pytest.mark.parametrize(
    ("field", "typo", "path"),
    [
        ("metadata", "metdata", ""),
        ("spec", "sepc", ""),
        ("status", "stauts", ""),
        ("containers", "containrs", "spec"),
        ("nodeName", "nodeNmae", "spec"),
        ("initContainers", "initContainer", "spec"),
        ("overhead", "overheads", "spec"),
        ("phase", "pahse", "status"),
        ("resources", "resourcs", "spec.containers[0]"),
        ("resources", "resource", "spec.initContainers[0]"),
        ("requests", "requets", "spec.containers[0].resources"),
        ("limits", "limit", "spec.containers[0].resources"),
    ],
)
def test_typos(field: str, typo: str, path: str) -> None:
    """A misspelt field that decides on what a pod counts is an error with the name to write."""
    data = json.dumps(pod(), ensure_ascii=False)
    at = path.removeprefix("spec.").partition("[")[0] if "[" in path else ""
    start = data.index(f'"{at}"') if at else 0
    before, after = data[:start], data[start:]
    error = refusal(before + after.replace(f'"{field}":', f'"{typo}":', 1))
    place = ".".join(filter(None, (path, typo)))
    assert (error.code, error.place.path) == ("unknown-field", place)
    assert error.hint == f"did you mean '{field}'?"


def refusal(data: str | bytes) -> InventoryError:
    with pytest.raises(InventoryError) as caught:
        usage_of(data)
    return caught.value


def test_an_error_in_a_later_input() -> None:
    """It names this input."""
    with pytest.raises(InventoryError, match=r"--> b: \[0\]"):
        usage_of(LIST, json.dumps([NODE]))


def outcome(blocks: Iterable[bytes]) -> list[object]:
    """Return the records of a text in blocks, and the error, if there is one."""
    result: list[object] = []
    try:
        result.extend(json_format.read_records(blocks, kind="Pod"))
    except InventoryError as error:
        result.append((error.code, error.message, error.place))
    return result


TEXTS = (LIST, PAGES, LINES, LINES * 2 + "\n\n" + LIST, '[{"a": "\\u00e9é}\\\\"}, -1.5e3]')


@patch.object(json_format, "_MIN_DECODED", 1)
@given(st.sampled_from(TEXTS), st.integers(1, 200), st.data())
def test_pieces(text: str, size: int, data: st.DataObject) -> None:
    """Records, errors and their places do not depend on how much of the text is in memory."""
    whole = text.encode()
    at = data.draw(st.integers(0, len(whole)))
    change = data.draw(st.sampled_from([b"", b'"', b"}", b"\n", b"\\", b"\\ud83d", b"\xff", b",7"]))
    whole = whole[:at] + change + (whole[at:] if data.draw(st.booleans()) else b"")
    blocks = (whole[start : start + size] for start in range(0, len(whole), size))
    found = outcome(blocks)
    with patch.object(json_format, "_whole_pieces", iter):
        expected = outcome([whole])
    if len(expected) == 1:  # characters are checked first, as far as they are read
        found = found[-1:]
    assert found == expected


@patch.object(json_format, "_MIN_DECODED", 1)
@pytest.mark.parametrize("indent", [None, 4])
def test_memory(indent: int | None) -> None:
    """Of a large list, little more is read than what is yielded, even if it is a single line."""
    data = json.dumps(kubectl(*(pod(f"p-{at}") for at in range(1_000))), indent=indent).encode()
    stream = io.BytesIO(data)
    blocks = iter(lambda: stream.read(10_000), b"")
    records = json_format.read_records(blocks, kind="Pod")
    ahead = [stream.tell() - at * len(data) // 1_000 for at, _ in enumerate(records)]
    assert len(ahead) == 1_000
    assert max(ahead) < 40_000 < len(data) // 10


def test_the_limit_of_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that is not complete after 4 GiB (here 1,000 bytes) is an error."""
    for module in (inputs, json_format):
        monkeypatch.setattr(module, "LIMITS", LIMITS._replace(document_bytes=1_000))
    monkeypatch.setattr(inputs, "_CHUNK_BYTES", 100)
    for text in (json.dumps([{"a": ["b"] * 400}], indent=1), '[{"a": "' + "b" * 2_000):
        assert refusal("[\n" + text).code == "document-too-large"
    assert refusal("[]\n---\n" + "# not read\n" * 200).code == "document-too-large"
    assert refusal(json.dumps([{"a": ["b"] * 150}])).code == "not-a-pod"
