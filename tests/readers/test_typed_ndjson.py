"""Lines whose label keys are known are read faster, and nothing else about them is different."""

import io
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import InventoryError, Node, Selector
from nodeselect.readers import parallel_read as second_half
from nodeselect.readers.formats.json import PlainRecord
from nodeselect.readers.formats.typed_ndjson import TypedDecoder
from nodeselect.readers.reader import NodeReader

HAS_A = Selector.parse("a")


def line(node_id: str, labels: dict[str, str] | None = None, **others: Any) -> str:
    """Write one plain node without blanks, as most tools do."""
    record = {"id": node_id, "labels": labels or {}, **others}
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n"


def taught(*labels: dict[str, str], selector: Selector = HAS_A) -> TypedDecoder:
    """Give what has learned the keys of some nodes."""
    known = TypedDecoder(selector)
    known.learn([PlainRecord("n", some) for some in labels])
    return known


def ids_read(known: TypedDecoder, text: str) -> list[str] | None:
    """Give the ids of the nodes that are taken, or None where another way is taken."""
    found = known.read(text.encode())
    return None if found is None else [record.id for record in found[2]]


AB = {"a": "1", "b": "2"}


def test_nodes_are_read_as_they_stand() -> None:
    """All ids are given, what each node fails, and all parts of those that are taken, labels in
    order."""
    known = taught({"b": "", "a": ""})
    text = line("n-1", {"b": "é", "a": ""}, name="x", state="ready") + line("n-2", {"b": "2"})
    found = known.read(text.encode())
    taken = PlainRecord("n-1", {"b": "é", "a": ""}, "x", "ready")
    assert found == (["n-1", "n-2"], [0, 1], [taken])
    assert list(found[2][0].labels) == ["b", "a"]


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
        pytest.param(line("n", AB)[:-1] + " " + line("m", AB), id="two-on-a-line-parted"),
        pytest.param(line("n", AB)[:-1] + line("m", AB) + "\n", id="two-on-a-line-and-a-blank"),
        pytest.param(line("n", AB).replace(",", ",\n"), id="over-several-lines"),
        pytest.param(line("n", AB).replace(":", ": "), id="blanks"),
        pytest.param(line("n", AB).replace('"1"', '"\\u0031"'), id="escape"),
        pytest.param(line("n", AB).replace('"a":', '"a":"1","a":'), id="label-twice"),
        pytest.param(line("n", AB).replace('"id":', '"id":"n","id":'), id="id-twice"),
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
        pytest.param(line("", AB), id="no-text-in-the-id"),
        pytest.param(line("n\x7f", AB), id="unprintable-id"),
        pytest.param(line("é", AB), id="id-to-be-looked-at"),
        pytest.param("[]\n", id="list-on-a-line"),
        pytest.param("Showing 1 of 9\n", id="footer"),
        pytest.param("\ufeff" + line("n", AB), id="byte-order-mark"),
    ],
)
def test_anything_else_is_read_in_another_way(text: str) -> None:
    """What is not, byte for byte, what would be written is left to those who look closer."""
    known = taught(AB)
    before = line("m-1", AB)
    assert known.read((before + text).encode()) is None
    assert known.read((text + before).encode()) is None
    assert ids_read(known, before) == ["m-1"]


@pytest.mark.parametrize("raw", [b"\xff", b"\xed\xa0\x80"])
def test_bytes_that_are_no_text(raw: bytes) -> None:
    """Bytes that are not UTF-8 are left to others."""
    text = line("n", {"a": "?", "b": ""}).encode()
    assert taught(AB).read(text.replace(b"?", raw)) is None


def test_nothing_is_known_at_first() -> None:
    """Before the first lesson every line is read in another way."""
    assert TypedDecoder(HAS_A).read(line("n", AB).encode()) is None


def test_no_labels_at_all() -> None:
    """Nodes without labels are nodes, too; none has what is asked for."""
    assert taught({}).read((line("n") + line("m")).encode()) == (["n", "m"], [1, 1], [])


def test_sizes_are_left_to_those_who_look_closer() -> None:
    """A piece that could hold labels beyond the limit is read in another way."""
    known = taught(AB)
    assert ids_read(known, line("n", {"a": "x" * 65_000})) == ["n"]
    assert ids_read(known, line("n", {"a": "x" * 65_600})) is None


@pytest.mark.parametrize(
    "lessons",
    [
        pytest.param([["a", "b", "c"], ["a", "c"]], id="one-is-missing"),
        pytest.param([["a", "c"], ["b", "c"], ["a", "b"]], id="put-together"),
        pytest.param([["c"], ["a", "b"], ["b", "c"]], id="late"),
        pytest.param([[], ["a"], ["b"], ["c"], ["a", "b"], ["b", "c"], ["a", "c"]], id="by-twos"),
    ],
)
def test_an_order_for_all(lessons: list[list[str]]) -> None:
    """Keys get an order in which all nodes have them, wherever there is one."""
    known = taught(*[dict.fromkeys(keys, "v") for keys in lessons])
    assert ids_read(known, line("n", dict.fromkeys("abc", "v"))) == ["n"]
    for keys in lessons:
        assert ids_read(known, line("n", dict.fromkeys(keys, "v"))) is not None


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
def test_keys_that_cannot_be_known(labels: list[dict[str, str]]) -> None:
    """Where keys have no order, are odd or many, other ways are taken for good."""
    known = taught(*labels)
    known.learn([PlainRecord("n", AB)])
    assert ids_read(known, line("n", AB)) is None


def test_as_many_keys_as_there_may_be() -> None:
    """Up to a number of keys a node has room for all of them."""
    many = {f"k-{number}": "" for number in range(32)}
    assert ids_read(taught(many, selector=Selector.parse("k-7")), line("n", many)) == ["n"]


def test_it_is_given_up() -> None:
    """Lines that do not fit, lesson after lesson, are not tried any more."""
    known = TypedDecoder(HAS_A)
    for _ in range(9):
        known.learn([PlainRecord("n", AB)])
    assert ids_read(known, line("n", AB)) is None


def test_it_is_not_given_up_for_a_few() -> None:
    """A line now and then that does not fit changes nothing."""
    known = taught(AB)
    for _ in range(100):
        assert ids_read(known, line("n", AB)) == ["n"]
        known.learn([PlainRecord("n", AB)])
    assert ids_read(known, line("n", AB)) == ["n"]


TEXTS = [
    "a", "a=1", "a in (1,3)", "a in (1,2),b", "a>1", "a<3,b=2", "c", "c=1", "!a", "a!=1,b",
    "a notin (1,2)", "!c,a=1", "a=1,a=2", "a,!a", "a in (1,2),a in (2,3)", "a=",
]  # fmt: skip
VALUES = st.sampled_from(["", "1", "2", "3", "+2", "x", '"', "é"])


@st.composite
def fleets(draw: st.DrawFn) -> list[dict[str, str]]:
    """Give the labels of some nodes: two or three keys, often in one order, some of them absent."""
    keys = draw(st.permutations(["a", "b", "c"][: draw(st.integers(2, 3))]))
    some = []
    for _ in range(draw(st.integers(2, 20))):
        order = draw(st.permutations(keys)) if draw(st.integers(0, 9)) == 0 else keys
        some.append({key: draw(VALUES) for key in order if draw(st.integers(0, 2))})
    return some


@given(fleets(), st.sampled_from(TEXTS), st.sampled_from([1, 100, 400]))
def test_the_answer_is_the_same(fleet: list[dict[str, str]], text: str, piece: int) -> None:
    """With known keys a selector takes the nodes that it takes without, and labels keep order."""
    selector = Selector.parse(text)
    data = "".join(line(f"n-{at}", labels) for at, labels in enumerate(fleet)).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nodeselect.readers.reader._PIECE", piece)
        alone = NodeReader(io.BytesIO(data), selector.matches)
        knowing = NodeReader(io.BytesIO(data), selector=selector)
        expected, found = list(alone), list(knowing)
    assert found == expected
    assert [list(node.labels) for node in found] == [list(node.labels) for node in expected]
    assert knowing.count == alone.count == len(fleet)


@given(fleets(), st.sampled_from(TEXTS), st.sampled_from([1, 100, 400]))
def test_what_nodes_fail_is_counted(fleet: list[dict[str, str]], text: str, piece: int) -> None:
    """With and without known keys, each node is counted by the parts of the selector it fails."""
    selector = Selector.of(match_expressions=[text], match_ids=["n-0", "n-3", "n-99"])
    expected: Counter[int] = Counter()
    for at, labels in enumerate(fleet):
        passes = [part.matches(labels, f"n-{at}") for part in selector.split()]
        expected[sum(1 << place for place, passed in enumerate(passes) if not passed)] += 1
    lines = [line(f"n-{at}", labels) for at, labels in enumerate(fleet)]
    for data in ("".join(lines), f"[{','.join(lines)}]"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("nodeselect.readers.reader._PIECE", piece)
            reading = NodeReader(
                io.BytesIO(data.encode()), selector=selector, ids=selector.ids or ()
            )
            assert len(list(reading)) == expected[0]
        assert +reading.failure_masks == +expected
        assert reading.missing_ids == {"n-0", "n-3", "n-99"} - {
            f"n-{at}" for at in range(len(fleet))
        }


def test_kinds_of_nodes_without_end() -> None:
    """Where nodes fail in too many ways it is not counted on, and takes no more memory."""
    keys = [f"k-{number}" for number in range(16)]
    fleet = [{key: "" for at, key in enumerate(keys) if n >> at & 1} for n in range(20_000)]
    data = "".join(line(f"n-{n}", labels) for n, labels in enumerate(fleet)).encode()
    reading = NodeReader(io.BytesIO(data), selector=Selector.parse(",".join(keys)))
    assert list(reading) == []
    assert reading.count == 20_000
    assert 1_000 < len(reading.failure_masks) < 5_000


MISTAKES = [
    '{"id":"wrong","labels":{"a":5}}\n',
    '{"id":"wrong","labels":{"a":"1","a":"1"}}\n',
    '{"id":"n-0001","labels":{"a":"1"}}\n',
    '{"id":"","labels":{"a":"1"}}\n',
    '{"id":"wrong","labels":{"a":"1"}',
    "Showing 1 of 9000\n",
]


def refusal(lines: Iterable[str], selector: Selector | None) -> str:
    """Give what is said of an input that is wrong."""
    reading = NodeReader(io.BytesIO("".join(lines).encode()), selector=selector)
    with pytest.raises(InventoryError) as caught:
        list(reading)
    return str(caught.value)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_is_wrong_is_refused_alike(mistake: str) -> None:
    """A mistake behind thousands of nodes is told as it is where no keys are known."""
    lines = [*[line(f"n-{at:04}", {"a": "1"}) for at in range(5_000)], mistake]
    assert refusal(lines, HAS_A) == refusal(lines, None)


def test_known_keys_are_the_way_of_a_large_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an even input only the first lines, and those with a new key, are read in another way."""
    ways: list[bool] = []
    read = TypedDecoder.read

    def watched(self: TypedDecoder, piece: bytes) -> Any:
        found = read(self, piece)
        ways.append(found is not None)
        return found

    monkeypatch.setattr(TypedDecoder, "read", watched)
    labels = [AB | ({"late": "1"} if at > 6_000 else {}) for at in range(10_000)]
    data = "".join(line(f"n-{at:05}", some) for at, some in enumerate(labels)).encode()
    selector = Selector.parse("late")
    nodes = list(NodeReader(io.BytesIO(data), selector=selector))
    assert nodes == [Node(f"n-{at:05}", labels[at]) for at in range(6_001, 10_000)]
    assert ways.count(False) == 2
    assert len(ways) > 5


@pytest.mark.parametrize("text", ["x", "a=9"])
def test_no_node_has_what_is_needed(text: str) -> None:
    """Nodes that are not wanted are counted all the same."""
    data = "".join(line(f"n-{at}", AB) for at in range(5_000)).encode()
    reading = NodeReader(io.BytesIO(data), selector=Selector.parse(text))
    assert list(reading) == []
    assert reading.count == 5_000
    assert reading.failure_masks == {1: 5_000}


def test_two_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes that know the selector give what one gives, and count as it does."""
    monkeypatch.setattr(second_half, "_WORTH_IT", 1)
    path = tmp_path / "nodes.ndjson"
    path.write_text("".join(line(f"n-{at}", {"n": str(at)}) for at in range(5_000)))
    unusual = ",".join(f"!k-{number}" for number in range(100))
    selector = Selector.parse(f"{unusual},n>1000,n<4500")
    for parallel in (False, True):
        with path.open("rb") as stream:
            ids = ["n-0", "n-4999", "x", "y"]
            reading = NodeReader(stream, selector=selector, ids=ids, parallel=parallel)
            assert [node.id for node in reading] == [f"n-{at}" for at in range(1_001, 4_500)]
            assert reading.count == 5_000
            assert reading.failure_masks == {0: 3_499, 1 << 100: 1_001, 1 << 101: 500}
            assert reading.missing_ids == {"x", "y"}
