"""Ids folded, and unfolded again."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.render.id_ranges import fold


def unfold(text: str) -> list[str]:
    """Give the ids that a folded text stands for: the rule of the docs, read backwards."""
    if text.startswith('"'):
        one: str = json.loads(text)
        return [one]
    found = re.fullmatch(r"([^\[\]]*)\[([0-9,-]+)\]([^\[\]]*)", text)
    if found is None:
        return [text]
    before, numbers, behind = found.groups()
    ids = []
    for part in numbers.split(","):
        start, _, end = part.partition("-")
        numbers_of_part = range(int(start), int(end or start) + 1)
        ids += [f"{before}{number:0{len(start)}}{behind}" for number in numbers_of_part]
    return ids


@pytest.mark.parametrize(
    ("ids", "folded"),
    [
        pytest.param("", "", id="none"),
        pytest.param("edge-7", "edge-7", id="one"),
        pytest.param("edge-1 edge-2", "edge-[1-2]", id="two"),
        pytest.param("edge-9 edge-10 edge-11", "edge-[9-11]", id="without-zeros"),
        pytest.param("e-099 e-100 e-101", "e-[099-101]", id="filled-with-zeros"),
        pytest.param("e-998 e-999 e-1000 e-1001", "e-[998-1001]", id="more-digits"),
        pytest.param("e-01 e-02 e-1 e-2", "e-[01-02] e-[1-2]", id="two-widths"),
        pytest.param("e-1 e-01 e-001", "e-1 e-01 e-001", id="three-widths-of-one-number"),
        pytest.param("e-098 e-099 e-1000 e-1001", "e-[098-099] e-[1000-1001]", id="overflow"),
        pytest.param("e-0 e-1", "e-[0-1]", id="zero-is-not-filled"),
        pytest.param("e-00 e-01", "e-[00-01]", id="zero-that-is"),
        pytest.param("e-3 e-1 e-2 e-3", "e-[1-3]", id="order-and-repetition"),
        pytest.param("b-1 a-1 a-2 b-2", "b-[1-2] a-[1-2]", id="order-of-the-first"),
        pytest.param("a-1.lan a-2.lan a-2.wan", "a-[1-2].lan a-2.wan", id="what-is-behind"),
        pytest.param("1 2 3", "[1-3]", id="numbers-alone"),
        pytest.param(
            "ip-10-0-1-12.ec2.internal ip-10-0-1-13.ec2.internal",
            "ip-10-0-1-[12-13].ec2.internal",
            id="a-number-before-the-last",
        ),
        pytest.param(
            "rack1-n1 rack1-n2 rack2-n1 rack3-n9 rack4-n9",
            "rack1-n[1-2] rack2-n1 rack[3-4]-n9",
            id="one-number-at-a-time",
        ),
        pytest.param("1-g1h1i1j1k 2-g1h1i1j1k", "1-g1h1i1j1k 2-g1h1i1j1k", id="the-fifth-from-end"),
        pytest.param("e-1 e-3 e-5", "e-[1,3,5]", id="no-two-that-follow-each-other"),
        pytest.param("e-1 e-3", "e-1 e-3", id="no-shorter"),
        pytest.param("ed-1 ed-10", "ed-[1,10]", id="two-that-are-shorter"),
        pytest.param(
            "ap-worker-006 ap-worker-010 ap-worker-008 ap-worker-12",
            "ap-worker-[006,008,010] ap-worker-12",
            id="filled-and-far-apart",
        ),
        pytest.param("a1-x5 a2-x5 a2-x9 a3-x5", "a[1-3]-x5 a2-x9", id="ranges-come-first"),
        pytest.param(
            "rack1-node5 rack1-node7 rack3-node9 rack5-node9 rack3-node5",
            "rack1-node[5,7] rack3-node[5,9] rack5-node9",
            id="the-last-number-of-those-far-apart",
        ),
        pytest.param("node-123456 node-654321", "node-[123456,654321]", id="six-digits"),
        pytest.param("node-1234567 node-7654321", "node-1234567 node-7654321", id="seven-digits"),
        pytest.param("e-1 e-2 e-5", "e-[1-2,5]", id="two-that-do"),
        pytest.param("n-5412338d n-5412339d", "n-5412338d n-5412339d", id="hexadecimal"),
        pytest.param("n-541233d8 n-541233d9", "n-541233d8 n-541233d9", id="hexadecimal-at-end"),
        pytest.param("n-5412338 n-5412339", "n-[5412338-5412339]", id="digits-alone"),
        pytest.param("cafe1 cafe2", "cafe[1-2]", id="a-short-word"),
        pytest.param("gface01 gface02", "gface[01-02]", id="a-word-with-another-letter"),
        pytest.param("e-١ e-٢", "e-١ e-٢", id="digits-of-other-scripts"),
        pytest.param(
            f"e-{'9' * 18} e-1{'0' * 18} e-1{'0' * 17}1",
            f"e-{'9' * 18} e-1{'0' * 18} e-1{'0' * 17}1",
            id="numbers-too-long-to-count",
        ),
        pytest.param(f"e-{'7' * 5_000}", f"e-{'7' * 5_000}", id="a-number-without-end"),
        pytest.param("e[1-2] e1 e2", '"e[1-2]" e[1-2]', id="brackets"),
        pytest.param("e1,e2 e1 e2", '"e1,e2" e[1-2]', id="comma"),
        pytest.param('"e1" e1', r'"\"e1\"" e1', id="quotes"),
        pytest.param("@all é1 é2", '"@all" é[1-2]', id="a-group-of-ClusterShell"),
    ],
)
def test_fold(ids: str, folded: str) -> None:
    """Ids that differ in one number are one text; whatever could be misread is between quotes."""
    assert fold(ids.split()) == folded.split()


def test_blanks() -> None:
    """An id with blanks is one id."""
    assert fold(["a 1", "a 2", "a\t3"]) == ['"a 1"', '"a 2"', r'"a\t3"']


@pytest.mark.parametrize(
    ("longest", "folded"),
    [
        (21, "edge-[1,3,5,7,9-11].x"),
        (20, "edge-[1,3,5,7].x edge-[9-11].x"),
        (12, "edge-[1,3].x edge-[5,7].x edge-[9-11].x"),
        (1, "edge-[1].x edge-[3].x edge-[5].x edge-[7].x edge-[9-11].x"),
    ],
)
def test_longest(longest: int, folded: str) -> None:
    """A text that is too long becomes several, each of which stands for itself."""
    ids = [f"edge-{number}.x" for number in (1, 3, 5, 7, 9, 10, 11)]
    assert fold(ids, longest) == folded.split()


PIECES = st.sampled_from(["edge-", "e", "-", ".lan", "[", "]", ",", '"', " ", "\\", "é", "@", "٣"])
NUMERALS = st.integers(0, 130).flatmap(
    lambda number: st.sampled_from([f"{number}", f"{number:02}", f"{number:03}"])
)
IDS = st.lists(PIECES | NUMERALS, min_size=1, max_size=6).map("".join) | st.text(min_size=1)


@given(st.lists(IDS), st.none() | st.integers(0, 12))
def test_unfold(ids: list[str], longest: int | None) -> None:
    """Folded texts stand for the same ids, each once, whatever they hold."""
    unfolded = [node_id for text in fold(ids, longest) for node_id in unfold(text)]
    assert sorted(unfolded) == sorted(set(ids))


@given(st.lists(st.integers(0, 2_000), unique=True), st.integers(1, 4))
def test_one_series(numbers: list[int], width: int) -> None:
    """Numbers of one width that follow each other are never told one by one."""
    pairs = dict.fromkeys(each for number in numbers for each in (number, number + 1))
    ids = [f"edge-{number:0{width}}" for number in pairs]
    folded = fold(ids)
    kinds = {len(node_id) if "-0" in node_id else 0 for node_id in ids}
    assert len(folded) <= len(kinds) + 1
    for text in folded:
        parts = re.findall("[0-9]+", text.partition("[")[2])
        assert parts == sorted(parts, key=int)


@given(st.sets(st.integers(0, 999_999), min_size=2), st.integers(1, 6), st.none() | st.just(40))
def test_folded_is_never_longer(numbers: set[int], filled: int, longest: int | None) -> None:
    """Numbers far apart are folded where that is shorter, and else are left alone."""
    ids = [f"a-long-name-{number:0{filled}}.lan" for number in numbers]
    folded = fold(ids, longest)
    assert len(" ".join(folded)) <= len(" ".join(ids))
    assert longest is not None or len(folded) <= len(set(map(len, ids)))


@given(st.lists(IDS))
def test_order_does_not_matter_to_what_is_folded(ids: list[str]) -> None:
    """The same ids in another order are folded to the same texts."""
    assert sorted(fold(ids)) == sorted(fold(reversed(ids)))


def test_ascii_alone() -> None:
    """Where there is ASCII alone, other ids are quoted as JSON has them, and the rest is folded."""
    ids = ["é-1", "e-1", "é-2", "e-2", "日 x"]
    assert fold(ids) == ["é-[1-2]", "e-[1-2]", '"日 x"']
    folded = fold(ids, ascii_only=True)
    assert folded == [r'"\u00e9-1"', "e-[1-2]", r'"\u00e9-2"', r'"\u65e5 x"']
    assert sorted(each for text in folded for each in unfold(text)) == sorted(ids)
