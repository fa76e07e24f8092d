"""NDJSON is read in chunks, and many lines at once, which never shows in the result."""

import io
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nodeselect import InventoryError, Node, Selector
from nodeselect.files import inputs
from nodeselect.readers.formats import ndjson
from nodeselect.readers.reader import NodeReader
from nodeselect.selectors.requirement import ID_KEY, exclude_ids
from tests.readers.reading import nodes_of
from tests.short import short

CHUNK = 60 * 1024
TEXT = st.text(st.characters(codec="utf-8"))
IDS = st.text('abcé日"\\/ ', min_size=1, max_size=4)


@st.composite
def records(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Plain nodes with different ids, with and without name and state."""
    some = []
    for node_id in draw(st.lists(IDS, min_size=2, max_size=8, unique=True)):
        record: dict[str, Any] = {"id": node_id}
        record["labels"] = draw(st.dictionaries(TEXT, TEXT, max_size=3))
        record |= draw(
            st.fixed_dictionaries(
                {}, optional={"name": st.none() | TEXT, "state": st.none() | TEXT}
            )
        )
        some.append(record)
    return some


BLANK = st.sampled_from(["", "\n", "\r\n", " \t\n", "\n\n \n"])


@st.composite
def as_lines(draw: st.DrawFn, some: list[dict[str, Any]]) -> str:
    """Write the records one a line, with blank lines and blanks anywhere between."""
    parts = [draw(st.sampled_from(["", "\ufeff"])), draw(BLANK)]
    for record in some:
        parts.append(draw(st.sampled_from(["", " ", "\t"])))
        parts.append(json.dumps(record, ensure_ascii=draw(st.booleans())))
        parts += [draw(st.sampled_from(["\n", "\r\n", " \n"])), draw(BLANK)]
    text = "".join(parts)
    return text.rstrip() if draw(st.booleans()) else text


def expected(some: list[dict[str, Any]]) -> list[Node]:
    return [Node(each["id"], each["labels"], each.get("name"), each.get("state")) for each in some]


@given(st.data(), records(), st.sampled_from([1, 7, 50, CHUNK]))
def test_lines_are_the_nodes_in_them(
    data: st.DataObject, some: list[dict[str, Any]], size: int
) -> None:
    """Each line with text in it is one node, wherever the chunks end."""
    text = data.draw(as_lines(some))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "_CHUNK_BYTES", size)
        assert nodes_of(text) == expected(some)


@given(st.binary().map(lambda data: data.replace(b"0", b"\n")), st.integers(1, 20))
def test_chunks_are_whole_lines(data: bytes, size: int) -> None:
    """The chunks of a stream are its bytes, and all but the last end with a line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "_CHUNK_BYTES", size)
        pieces = list(inputs.read_chunks(b"first\n", io.BytesIO(data)))
    assert b"".join(pieces) == b"first\n" + data
    assert all(piece.endswith(b"\n") for piece in pieces[:-1])


def line(node_id: str, labels: dict[str, str] | None = None, **others: Any) -> str:
    """Write one plain node without blanks, as most tools do."""
    record = {"id": node_id, "labels": labels or {}, **others}
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n"


@pytest.mark.parametrize("number", [2, 3, 700, 1_500, 3_000])
def test_the_line_of_a_mistake(number: int) -> None:
    """An error has the number of its line in the input, in whatever chunk it is."""
    lines = [line(f"n-{at}", {"v": "x" * 50}) for at in range(3_000)]
    lines[number - 1] = '{"id": "wrong", "labels": {"a": 1}}\n'
    reading = NodeReader(io.BytesIO(("\n" * 4 + "".join(lines)).encode()))
    with pytest.raises(InventoryError) as caught:
        list(reading)
    assert str(caught.value.place) == f"line {number + 4}: labels.a"


def outcome(data: bytes) -> list[Node] | str:
    """Read lines; return the nodes, or the error."""
    try:
        return list(NodeReader(io.BytesIO(data)))
    except InventoryError as error:
        return short(error)


AB = {"a": "1", "b": "2"}
ODD_LINES = {
    "new key": line("n", {"a": "1", "c": "3"}),
    "other order": line("n", {"b": "2", "a": "1"}),
    "no end of line": line("n", AB)[:-1],
    "cut off": line("n", AB)[:-4],
    "windows": line("n", AB).replace("\n", "\r\n"),
    "blank line": line("n", AB) + "\n",
    "blank at the end": line("n", AB) + " ",
    "two on a line": line("n", AB)[:-1] + line("m", AB),
    "two on a line with a blank": line("n", AB)[:-1] + " " + line("m", AB),
    "two on a line and a blank line": line("n", AB)[:-1] + line("m", AB) + "\n",
    "over two lines, and two on a line": line("n", AB)[:-2] + "\n}" + line("m", AB),
    "over several lines": line("n", AB).replace(",", ",\n"),
    "blanks": line("n", AB).replace(":", ": "),
    "escape": line("n", AB).replace('"1"', '"\\u0031"'),
    "duplicate label": line("n", AB).replace('"a":', '"a":"1","a":'),
    "duplicate id field": line("n", AB).replace('"id":', '"id":"n","id":'),
    "labels twice": line("n", AB).replace('"labels":', '"labels":{},"labels":'),
    "number": line("n", AB).replace('"1"', "1"),
    "null": line("n", AB).replace('"1"', "null"),
    "list": line("n", AB).replace('"1"', "[]"),
    "labels null": '{"id":"n","labels":null}\n',
    "no labels": '{"id":"n"}\n',
    "no id": '{"labels":{}}\n',
    "other field": line("n", AB, more=""),
    "name": line("n", AB, name="x") + line("o", AB, name="y"),
    "name null": line("n", AB, name=None),
    "state": line("n", AB, state="ready") + line("o", AB, name="x", state="ready"),
    "state a number": line("n", AB, state=1),
    "duplicate id": line("k", AB),
    "empty id": line("", AB),
    "unprintable id": line("n\x7f", AB),
    "id not in ASCII": line("é", AB),
    "labels too large": line("n", {"a": "x" * 65_600}),
    "list on a line": "[]\n",
    "footer": "Showing 1 of 9\n",
    "byte order mark": "\ufeff" + line("n", AB),
    "a key with a quote": line("n", AB | {'c"': ""}) * 2,
    "a key with a backslash": line("n", AB | {"c\\": ""}) * 2,
    "many keys": line("n", {f"k-{number}": "" for number in range(33)} | AB) * 2,
    "not UTF-8": line("n", {"a": "?"}),
    "half a character": line("n", {"a": "?!"}),
    "half of a pair": line("n", {"\U0001f600": "x"}).replace("x", "\\ud83d"),
    "vertical tab": "\x0b\n",
    "the first half": '{"id": "n", "labels": {"q"',
    "the second half": ': "v"}}\n',
}
BEFORE = "".join(line(node_id, AB) for node_id in "ijkl").encode()


def encoded(text: str) -> bytes:
    """Encode a text in which ``?`` stands for a wrong byte, and ``?!`` for a surrogate."""
    return text.encode().replace(b"?!", b"\xed\xa0\x80").replace(b"?", b"\xff")


def check_together(data: bytes) -> None:
    """Check that lines decoded together have the same outcome as one by one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ndjson, "decode_plain", lambda chunk: None)
        expected = outcome(data)
    assert outcome(data) == expected


@pytest.mark.parametrize("text", ODD_LINES.values(), ids=ODD_LINES)
def test_an_odd_line(text: str) -> None:
    """A line that is not a plain node, or not only one, has the same outcome as by itself."""
    check_together(BEFORE + encoded(text))
    check_together(BEFORE + encoded(text) + line("z", AB).encode())


@given(st.lists(st.sampled_from([*ODD_LINES.values(), line("m", AB)]), max_size=6))
def test_several_odd_lines(texts: list[str]) -> None:
    """Whether lines are accepted does not depend on whether they are decoded together."""
    check_together(BEFORE + encoded("".join(texts)))


TEXTS = [
    "a", "a=1", "a in (1,3)", "a in (1,2),b", "a>1", "a<3,b=2", "c", "c=1", "!a", "a!=1,b",
    "a notin (1,2)", "!c,a=1", "a=1,a=2", "a,!a", "a in (1,2),a in (2,3)", "a=",
]  # fmt: skip
VALUES = st.sampled_from(["", "1", "2", "3", "+2", "x", '"', "é"])
KEYS = st.sampled_from(["a", "b", "c", ID_KEY])
FLEETS = st.lists(st.dictionaries(KEYS, VALUES), min_size=2, max_size=20)


@example([{}, {}, {}], "a", 1)
@given(FLEETS, st.sampled_from(TEXTS), st.sampled_from([1, 100, 400]))
def test_nodes_and_failures(fleet: list[dict[str, str]], text: str, size: int) -> None:
    """The nodes that match, and what is kept of the others, do not depend on the chunks."""
    names = ["x" if at % 4 == 3 else None for at in range(len(fleet))]
    lines = [
        line(f"n-{at}", labels, **({"name": name} if name else {}))
        for at, (labels, name) in enumerate(zip(fleet, names, strict=True))
    ]
    all_nodes = [Node(f"n-{at}", labels, names[at]) for at, labels in enumerate(fleet)]
    selector = Selector.of(match_expressions=[text], match_ids=["n-0", "n-3", "n-99"])
    excluding = Selector.from_requirements(exclude_ids(["n-0", "n-3"]))
    for one in (selector, Selector.parse(text), excluding, excluding & Selector.parse(text)):
        nodes = [node for node in all_nodes if one.matches(node.labels, node.id)]
        for data in ("".join(lines), f"[{','.join(lines)}]"):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(inputs, "_CHUNK_BYTES", size)
                reader = NodeReader(io.BytesIO(data.encode()), selector=one, ids=one.ids or ())
                selected = list(reader)
                blocks = NodeReader(io.BytesIO(data.encode())).blocks()
                rows = [row for block in blocks for row in block]
            assert selected == nodes
            assert [list(node.labels) for node in selected] == [list(x.labels) for x in nodes]
            assert [Node(*row[:4]) for row in rows] == all_nodes
            assert reader.count == len(fleet)
            if not nodes or reader.missing_ids:
                assert reader.all_nodes() == all_nodes
            assert reader.missing_ids == set(one.ids or ()) - {node.id for node in all_nodes}
