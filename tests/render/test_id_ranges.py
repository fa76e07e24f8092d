"""Ids are compressed to ranges, which expand to the same ids."""

import json
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.render.id_ranges import compress_ids


def expand(text: str) -> list[str]:
    """Return the ids that a text means, by the rules in docs/diff.md."""
    if text.startswith('"'):
        node_id: str = json.loads(text)
        return [node_id]
    match = re.fullmatch(r"([^\[\]]*)\[([0-9,-]+)\]([^\[\]]*)", text)
    if match is None:
        return [text]
    before, ranges, after = match.groups()
    ids = []
    for part in ranges.split(","):
        start, _, end = part.partition("-")
        numbers = range(int(start), int(end or start) + 1)
        ids += [f"{before}{number:0{len(start)}}{after}" for number in numbers]
    return ids


@pytest.mark.parametrize(
    ("ids", "compressed"),
    [
        pytest.param("", "", id="none"),
        pytest.param("edge-7", "edge-7", id="one"),
        pytest.param("edge-1 edge-2", "edge-[1-2]", id="two"),
        pytest.param("edge-9 edge-10 edge-11", "edge-[9-11]", id="without-zeros"),
        pytest.param("e-099 e-100 e-101", "e-[099-101]", id="leading-zeros"),
        pytest.param("e-998 e-999 e-1000 e-1001", "e-[998-1001]", id="more-digits"),
        pytest.param("e-01 e-02 e-1 e-2", "e-[01-02] e-[1-2]", id="two-widths"),
        pytest.param("e-1 e-01 e-001", "e-1 e-01 e-001", id="three-widths-of-one-number"),
        pytest.param("e-098 e-099 e-1000 e-1001", "e-[098-099] e-[1000-1001]", id="overflow"),
        pytest.param("e-0 e-1", "e-[0-1]", id="zero"),
        pytest.param("e-00 e-01", "e-[00-01]", id="two-zeros"),
        pytest.param("e-3 e-1 e-2 e-3", "e-[1-3]", id="order-and-repetition"),
        pytest.param("b-1 a-1 a-2 b-2", "b-[1-2] a-[1-2]", id="order-of-the-first"),
        pytest.param("a-1.lan a-2.lan a-2.wan", "a-[1-2].lan a-2.wan", id="different-domains"),
        pytest.param("1 2 3", "[1-3]", id="numbers-alone"),
        pytest.param("ip-1-12.us-2.x ip-1-13.us-2.x", "ip-1-[12-13].us-2.x", id="domain"),
        pytest.param("10.0.0.1 10.0.0.2", "10.0.0.[1-2]", id="ip-addresses"),
        pytest.param("node.rack1 node.rack2", "node.rack[1-2]", id="host-without-number"),
        pytest.param("r1-n1 r1-n2 r2-n1 r2-n2", "r1-n[1-2] r2-n[1-2]", id="the-last-number"),
        pytest.param("e-1 e-3 e-5", "e-[1,3,5]", id="gaps"),
        pytest.param("e1 e2", "e1 e2", id="longer"),
        pytest.param("e-1 e-2 e-5", "e-[1-2,5]", id="range-and-number"),
        pytest.param("ap-006 ap-010 ap-008 ap-12", "ap-[006,008,010] ap-12", id="zeros-and-gaps"),
        pytest.param("e-١ e-٢", "e-١ e-٢", id="digits-of-other-scripts"),
        pytest.param("e[1-2] e-1 e-2", '"e[1-2]" e-[1-2]', id="brackets"),
        pytest.param("e1,e2 e-1 e-2", '"e1,e2" e-[1-2]', id="comma"),
        pytest.param('"e1" e1', r'"\"e1\"" e1', id="quotes"),
        pytest.param("@all é-1 é-2", '"@all" é-[1-2]', id="a-group-of-ClusterShell"),
    ],
)
def test_compress(ids: str, compressed: str) -> None:
    """Ids that differ in one number are one text; an id that could be misread is quoted."""
    assert compress_ids(ids.split()) == compressed.split()


@pytest.mark.parametrize(
    "ids", [[f"e-{'9' * 18}", f"e-1{'0' * 18}", f"e-1{'0' * 17}1"], [f"e-{'7' * 5_000}"]]
)
def test_numbers_beyond_64_bits(ids: list[str]) -> None:
    assert compress_ids(ids) == ids


def test_blanks() -> None:
    assert compress_ids(["a 1", "a 2", "a\t3"]) == ['"a 1"', '"a 2"', r'"a\t3"']


@pytest.mark.parametrize(
    ("max_width", "compressed"),
    [
        (21, "edge-[1,3,5,7,9-11].x"),
        (20, "edge-[1,3,5,7].x edge-[9-11].x"),
        (16, "edge-[1,3,5,7].x edge-[9-11].x"),
        (14, "edge-[1,3,5].x edge-[7].x edge-[9-11].x"),
    ],
)
def test_max_width(max_width: int, compressed: str) -> None:
    """A text that is too wide becomes several, each of which can be expanded alone."""
    ids = [f"edge-{number}.x" for number in (1, 3, 5, 7, 9, 10, 11)]
    assert compress_ids(ids, max_width) == compressed.split()


PIECES = st.sampled_from(["edge-", "e", "-", ".lan", "[", "]", ",", '"', " ", "\\", "é", "@", "٣"])
NUMERALS = st.integers(0, 130).flatmap(
    lambda number: st.sampled_from([f"{number}", f"{number:02}", f"{number:03}"])
)
IDS = st.lists(PIECES | NUMERALS, min_size=1, max_size=6).map("".join) | st.text(min_size=1)


@given(st.lists(IDS), st.just(sys.maxsize) | st.integers(0, 12))
def test_expand(ids: list[str], max_width: int) -> None:
    """The texts expand to the same ids, each once, whatever they hold."""
    expanded = [node_id for text in compress_ids(ids, max_width) for node_id in expand(text)]
    assert sorted(expanded) == sorted(set(ids))


@given(
    st.sets(st.integers(0, 999_999), min_size=2),
    st.integers(1, 6),
    st.sampled_from([sys.maxsize, 40]),
)
def test_never_longer(numbers: set[int], width: int, max_width: int) -> None:
    """The texts are never longer than the ids; all ids of one width of numbers are one text."""
    ids = [f"a-long-name-{number:0{width}}.lan" for number in numbers]
    compressed = compress_ids(ids, max_width)
    assert len(" ".join(compressed)) <= len(" ".join(ids))
    assert max_width == 40 or len(compressed) <= len(set(map(len, ids)))


@given(st.lists(IDS))
def test_order_does_not_matter(ids: list[str]) -> None:
    assert sorted(compress_ids(ids)) == sorted(compress_ids(reversed(ids)))
