"""Lines with known label keys are decoded faster, and the result is the same."""

import io
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nodeselect import AnyOf, InventoryError, Node, Selector
from nodeselect.files import inputs
from nodeselect.readers.formats import ndjson
from nodeselect.readers.formats.ndjson import TypedDecoder
from nodeselect.readers.reader import NodeReader
from nodeselect.selectors.requirement import ID_KEY, exclude_ids
from tests.short import short

HAS_A = Selector.parse("a")
AB = {"a": "1", "b": "2"}


def line(node_id: str, labels: dict[str, str] | None = None, **others: Any) -> str:
    """Write one plain node without blanks, as most tools do."""
    record = {"id": node_id, "labels": labels or {}, **others}
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n"


def outcome(data: bytes, *, is_typed: bool = False, size: int = 1) -> list[Node] | str:
    """Read lines in chunks of this size; return the nodes with the label ``a``, or the error.

    :param is_typed: whether the typed decoder may read them.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "_CHUNK_BYTES", size)
        reader = NodeReader(io.BytesIO(data), selector=HAS_A if is_typed else AnyOf([HAS_A]))
        try:
            return list(reader)
        except InventoryError as error:
            return short(error)


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
        expected = outcome(data, size=100_000)
    assert outcome(data, size=100_000) == expected


@pytest.mark.parametrize("text", ODD_LINES.values(), ids=ODD_LINES)
def test_any_other_line_is_read_as_by_another_decoder(text: str) -> None:
    """What is not, byte for byte, what the encoder writes is read as without known keys."""
    for lines in (BEFORE + encoded(text), BEFORE + encoded(text) + line("z", AB).encode()):
        assert outcome(lines, is_typed=True) == outcome(lines)
        check_together(lines)


@given(st.lists(st.sampled_from([*ODD_LINES.values(), line("m", AB)]), max_size=6))
def test_several_odd_lines(texts: list[str]) -> None:
    """Whether lines are accepted does not depend on whether they are decoded together."""
    check_together(BEFORE + encoded("".join(texts)))


TEXTS = [
    "a", "a=1", "a in (1,3)", "a in (1,2),b", "a>1", "a<3,b=2", "c", "c=1", "!a", "a!=1,b",
    "a notin (1,2)", "!c,a=1", "a=1,a=2", "a,!a", "a in (1,2),a in (2,3)", "a=",
]  # fmt: skip
VALUES = st.sampled_from(["", "1", "2", "3", "+2", "x", '"', "é"])


@st.composite
def fleets(draw: st.DrawFn) -> list[dict[str, str]]:
    """Draw the labels of nodes: two to four keys, often in one order, some of them absent."""
    keys = draw(st.permutations(["a", "b", "c", ID_KEY][: draw(st.integers(2, 4))]))
    some = []
    for _ in range(draw(st.integers(2, 20))):
        order = draw(st.permutations(keys)) if draw(st.integers(0, 9)) == 0 else keys
        some.append({key: draw(VALUES) for key in order if draw(st.integers(0, 2))})
    return some


@example([{}, {}, {}], "a", 1)
@given(fleets(), st.sampled_from(TEXTS), st.sampled_from([1, 100, 400]))
def test_nodes_and_failures(fleet: list[dict[str, str]], text: str, size: int) -> None:
    """The nodes that match, and what the others fail, do not depend on the decoder."""
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


@pytest.mark.parametrize(
    "late", [pytest.param({"late": "1"}, id="key"), pytest.param({}, id="name")]
)
def test_a_large_input(monkeypatch: pytest.MonkeyPatch, late: dict[str, str]) -> None:
    """The decoder decodes all chunks but the first, and the first with a new key or field."""
    results: list[bool] = []
    decode = TypedDecoder.decode

    def recorded(self: TypedDecoder, chunk: bytes) -> Any:
        decoded = decode(self, chunk)
        results.append(decoded is not None)
        return decoded

    monkeypatch.setattr(TypedDecoder, "decode", recorded)
    early = [line(f"n-{at:05}", AB) for at in range(6_000)]
    others = {} if late else {"name": "x"}
    later = [line(f"n-{at:05}", AB | late, **others) for at in range(6_000, 10_000)]
    data = "".join(early + later).encode()
    nodes = list(NodeReader(io.BytesIO(data), selector=Selector.parse("late" if late else "a")))
    assert nodes[-4_000:] == [
        Node(f"n-{at:05}", AB | late, others.get("name")) for at in range(6_000, 10_000)
    ]
    assert len(nodes) == (4_000 if late else 10_000)
    assert results.count(False) == 2
    assert len(results) > 5
