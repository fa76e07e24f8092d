"""Lines with known label keys are decoded faster, and the result is the same."""

import io
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import InventoryError, Node, Selector
from nodeselect.files import inputs
from nodeselect.readers.formats import ndjson
from nodeselect.readers.formats.ndjson import PlainRecord, TypedDecoder
from nodeselect.readers.reader import NodeReader
from tests.short import short

HAS_A = Selector.parse("a")
AB = {"a": "1", "b": "2"}


def line(node_id: str, labels: dict[str, str] | None = None, **others: Any) -> str:
    """Write one plain node without blanks, as most tools do."""
    record = {"id": node_id, "labels": labels or {}, **others}
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n"


def trained(*labels: dict[str, str]) -> TypedDecoder:
    """Return a decoder that knows names, states and the keys of some nodes."""
    decoder = TypedDecoder(HAS_A)
    decoder.observe([PlainRecord("n", some, "x", "ready") for some in labels])
    return decoder


def ids_of(decoder: TypedDecoder, text: str) -> list[str] | None:
    """Return the decoded ids, or None if another decoder must read the text."""
    decoded = decoder.decode(text.encode())
    return None if decoded is None else decoded[0]


def test_records() -> None:
    """Records give rows with labels in their order, failure masks, and columns."""
    decoder = trained({"b": "", "a": ""})
    text = line("n-1", {"b": "é", "a": ""}, name="x", state="ready") + line("n-2", {"b": "2"})
    decoded = decoder.decode(text.encode())
    assert decoded is not None
    ids, records = decoded
    rows = [("n-1", {"b": "é", "a": ""}, "x", "ready"), ("n-2", {"b": "2"}, None, None)]
    assert ids == ["n-1", "n-2"]
    assert [ndjson.to_row(record) for record in records] == rows
    assert list(ndjson.to_row(records[0])[1]) == ["b", "a"]
    assert decoder.failure_masks(records) == [0, 1]
    assert list(decoder.to_columns(records)) == rows


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(line("n", {"a": "1", "c": "3"}), id="new-key"),
        pytest.param(line("n", {"b": "2", "a": "1"}), id="other-order"),
        pytest.param(line("n", AB)[:-1], id="no-end-of-line"),
        pytest.param(line("n", AB)[:-4], id="cut-off"),
        pytest.param(line("n", AB).replace("\n", "\r\n"), id="windows"),
        pytest.param(line("n", AB) + "\n", id="blank-line"),
        pytest.param(line("n", AB) + " ", id="blank-at-the-end"),
        pytest.param(line("n", AB)[:-1] + line("m", AB), id="two-on-a-line"),
        pytest.param(line("n", AB)[:-1] + " " + line("m", AB), id="two-on-a-line-with-a-blank"),
        pytest.param(line("n", AB)[:-1] + line("m", AB) + "\n", id="two-on-a-line-and-a-blank"),
        pytest.param(line("n", AB).replace(",", ",\n"), id="over-several-lines"),
        pytest.param(line("n", AB).replace(":", ": "), id="blanks"),
        pytest.param(line("n", AB).replace('"1"', '"\\u0031"'), id="escape"),
        pytest.param(line("n", AB).replace('"a":', '"a":"1","a":'), id="duplicate-label"),
        pytest.param(line("n", AB).replace('"id":', '"id":"n","id":'), id="duplicate-id-field"),
        pytest.param(line("n", AB).replace('"labels":', '"labels":{},"labels":'), id="labels-2"),
        pytest.param(line("n", AB).replace('"1"', "1"), id="number"),
        pytest.param(line("n", AB).replace('"1"', "null"), id="null"),
        pytest.param(line("n", AB).replace('"1"', "[]"), id="list"),
        pytest.param('{"id":"n","labels":null}\n', id="labels-null"),
        pytest.param('{"id":"n"}\n', id="no-labels"),
        pytest.param('{"labels":{}}\n', id="no-id"),
        pytest.param(line("n", AB, more=""), id="other-field"),
        pytest.param(line("n", AB, name=None), id="name-null"),
        pytest.param(line("n", AB, state=1), id="state-a-number"),
        pytest.param(line("", AB), id="empty-id"),
        pytest.param(line("n\x7f", AB), id="unprintable-id"),
        pytest.param(line("é", AB), id="id-not-in-ascii"),
        pytest.param(line("n", {"a": "x" * 65_600}), id="labels-that-may-be-too-large"),
        pytest.param("[]\n", id="list-on-a-line"),
        pytest.param("Showing 1 of 9\n", id="footer"),
        pytest.param("\ufeff" + line("n", AB), id="byte-order-mark"),
    ],
)
def test_anything_else_is_left_to_another_decoder(text: str) -> None:
    """What is not, byte for byte, what the encoder writes is not decoded."""
    decoder = trained(AB)
    before = line("m-1", AB)
    assert ids_of(decoder, before + text) is None
    assert ids_of(decoder, text + before) is None
    assert ids_of(decoder, before) == ["m-1"]


def test_names_and_states_are_learned() -> None:
    """A field is decoded once a node had it; before and after, a node without it has None."""
    decoder = TypedDecoder(HAS_A)
    fields: dict[str, str] = {}
    for field in ("id", "name", "state"):
        fields[field] = "x"
        text = json.dumps({"id": "x", "labels": AB, **fields}, separators=(",", ":")) + "\n"
        assert ids_of(decoder, text) is None
        decoder.observe([PlainRecord(labels=AB, **fields)])
        decoded = decoder.decode((text + line("y", AB)).encode())
        assert decoded is not None
        expected = ("x", AB, fields.get("name"), fields.get("state"))
        assert list(map(ndjson.to_row, decoded[1])) == [expected, ("y", AB, None, None)]


@pytest.mark.parametrize("raw", [b"\xff", b"\xed\xa0\x80"])
def test_bytes_that_are_not_utf_8(raw: bytes) -> None:
    """Bytes that are not UTF-8 are left to another decoder."""
    text = line("n", {"a": "?", "b": ""}).encode()
    assert trained(AB).decode(text.replace(b"?", raw)) is None


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param([["a", "b", "c"], ["a", "c"]], id="one-is-missing"),
        pytest.param([["a", "c"], ["b", "c"], ["a", "b"]], id="combined"),
        pytest.param([["c"], ["a", "b"], ["b", "c"]], id="late"),
        pytest.param([[], ["a"], ["b"], ["c"], ["a", "b"], ["b", "c"], ["a", "c"]], id="by-twos"),
        pytest.param([[f"k-{number}" for number in range(32)]], id="as-many-as-possible"),
    ],
)
def test_a_common_order(keys: list[list[str]]) -> None:
    """Keys get an order in which all nodes have them, if there is one."""
    decoder = trained(*[dict.fromkeys(some, "v") for some in keys])
    for some in [*keys, max(keys, key=len)]:
        assert ids_of(decoder, line("n", dict.fromkeys(some, "v"))) == ["n"]


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param([{"a": "", "b": ""}, {"b": "", "a": ""}], id="no-order"),
        pytest.param([{"a": "", 'b"': ""}], id="quote"),
        pytest.param([{"a": "", "b\\": ""}], id="backslash"),
        pytest.param([{"a": "", "b\n": ""}], id="control-character"),
        pytest.param([{f"k-{number}": "" for number in range(33)}], id="many"),
    ],
)
def test_keys_that_cannot_be_used(labels: list[dict[str, str]]) -> None:
    """If keys have no common order, are unusual or many, the decoder stops trying for good."""
    decoder = trained(*labels)
    decoder.observe([PlainRecord("n", AB)])
    assert ids_of(decoder, line("n", AB)) is None


def test_it_gives_up_after_many_failures_only() -> None:
    """The decoder stops trying after several failures in a row, not after a few among successes."""
    decoder = TypedDecoder(HAS_A)
    assert ids_of(decoder, line("n", AB)) is None
    for _ in range(100):
        decoder.observe([PlainRecord("n", AB)])
        assert ids_of(decoder, line("n", AB)) == ["n"]
    for _ in range(9):
        decoder.observe([PlainRecord("n", AB)])
    assert ids_of(decoder, line("n", AB)) is None


TEXTS = [
    "a", "a=1", "a in (1,3)", "a in (1,2),b", "a>1", "a<3,b=2", "c", "c=1", "!a", "a!=1,b",
    "a notin (1,2)", "!c,a=1", "a=1,a=2", "a,!a", "a in (1,2),a in (2,3)", "a=",
]  # fmt: skip
VALUES = st.sampled_from(["", "1", "2", "3", "+2", "x", '"', "é"])


@st.composite
def fleets(draw: st.DrawFn) -> list[dict[str, str]]:
    """Draw the labels of nodes: two or three keys, often in one order, some of them absent."""
    keys = draw(st.permutations(["a", "b", "c"][: draw(st.integers(2, 3))]))
    some = []
    for _ in range(draw(st.integers(2, 20))):
        order = draw(st.permutations(keys)) if draw(st.integers(0, 9)) == 0 else keys
        some.append({key: draw(VALUES) for key in order if draw(st.integers(0, 2))})
    return some


@given(fleets(), st.sampled_from(TEXTS), st.sampled_from([1, 100, 400]))
def test_nodes_and_failures(fleet: list[dict[str, str]], text: str, size: int) -> None:
    """The nodes that match, and what the others fail, do not depend on the decoder."""
    selector = Selector.of(match_expressions=[text], match_ids=["n-0", "n-3", "n-99"])
    selectors = [selector, Selector.parse(text)]
    names = ["x" if at % 4 == 3 else None for at in range(len(fleet))]
    lines = [
        line(f"n-{at}", labels, **({"name": name} if name else {}))
        for at, (labels, name) in enumerate(zip(fleet, names, strict=True))
    ]
    for one in selectors:
        expected: Counter[int] = Counter()
        for at, labels in enumerate(fleet):
            matches = [part.matches(labels, f"n-{at}") for part in one.split()]
            expected[sum(1 << bit for bit, matched in enumerate(matches) if not matched)] += 1
        nodes = [Node(f"n-{at}", labels, names[at]) for at, labels in enumerate(fleet)]
        nodes = [node for node in nodes if one.matches(node.labels, node.id)]
        for data in ("".join(lines), f"[{','.join(lines)}]"):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(inputs, "_CHUNK_BYTES", size)
                reader = NodeReader(io.BytesIO(data.encode()), selector=one, ids=one.ids or ())
                selected = list(reader)
            assert selected == nodes
            assert [list(node.labels) for node in selected] == [list(x.labels) for x in nodes]
            assert reader.count == len(fleet)
            assert reader.failure_masks is not None
            assert +reader.failure_masks == +expected
            assert reader.missing_ids == set(one.ids or ()) - {
                f"n-{at}" for at in range(len(fleet))
            }


def test_the_number_of_failure_masks_is_limited() -> None:
    """If nodes fail in too many different ways, they are not counted, and take no memory."""
    keys = [f"k-{number}" for number in range(16)]
    fleet = [{key: "" for at, key in enumerate(keys) if n >> at & 1} for n in range(20_000)]
    data = "".join(line(f"n-{n}", labels) for n, labels in enumerate(fleet)).encode()
    reader = NodeReader(io.BytesIO(data), selector=Selector.parse(",".join(keys)))
    assert list(reader) == []
    assert reader.count == 20_000
    assert reader.failure_masks is None


@pytest.mark.parametrize(
    "mistake",
    [
        '{"id":"wrong","labels":{"a":5}}\n',
        '{"id":"wrong","labels":{"a":"1","a":"1"}}\n',
        '{"id":"n-0001","labels":{"a":"1"}}\n',
        '{"id":"","labels":{"a":"1"}}\n',
        '{"id":"wrong","labels":{"a":"1"}',
        "Showing 1 of 9000\n",
    ],
)
def test_errors(mistake: str) -> None:
    """A mistake after thousands of nodes is reported as without known keys."""
    data = "".join([*[line(f"n-{at:04}", {"a": "1"}) for at in range(5_000)], mistake]).encode()
    messages = []
    for selector in (HAS_A, None):
        with pytest.raises(InventoryError) as caught:
            list(NodeReader(io.BytesIO(data), selector=selector))
        messages.append(short(caught.value))
    assert messages[0] == messages[1]


def test_the_line_of_a_mistake_after_columns() -> None:
    """Nodes that are read as columns are counted as lines, too."""
    lines = [line(f"n-{at:04}", {"a": "1"}) for at in range(5_000)]
    data = "".join([*lines, '{"id":"wrong","labels":{"a":5}}\n']).encode()
    with pytest.raises(InventoryError) as caught:
        list(NodeReader(io.BytesIO(data)).blocks())
    assert str(caught.value.place) == "line 5001: labels.a"


def test_a_large_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder decodes all chunks but the first, and the first with a new key."""
    results: list[bool] = []
    decode = TypedDecoder.decode

    def recorded(self: TypedDecoder, chunk: bytes) -> Any:
        decoded = decode(self, chunk)
        results.append(decoded is not None)
        return decoded

    monkeypatch.setattr(TypedDecoder, "decode", recorded)
    labels = [AB | ({"late": "1"} if at > 6_000 else {}) for at in range(10_000)]
    data = "".join(line(f"n-{at:05}", some) for at, some in enumerate(labels)).encode()
    nodes = list(NodeReader(io.BytesIO(data), selector=Selector.parse("late")))
    assert nodes == [Node(f"n-{at:05}", labels[at]) for at in range(6_001, 10_000)]
    assert results.count(False) == 2
    assert len(results) > 5
