"""Columns of strings return what was encoded, in both layouts."""

from array import array

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nodeselect import InventoryError
from nodeselect.durable.saved_strings import PackedStrings, PaddedStrings
from nodeselect.durable.segment_writer import encode_strings
from nodeselect.index import arrays
from nodeselect.index.arrays import to_array
from nodeselect.index.node_rows import Strings, to_list

IDS = st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1), max_size=9)
TEXTS = st.lists(st.none() | st.text(st.characters(), max_size=3), max_size=9)


def damaged() -> InventoryError:
    """Return the error for a damaged file."""
    return InventoryError("damaged", "damaged")


def padded(strings: list[str]) -> PaddedStrings | None:
    """Return the padded column of strings, unless a packed one is smaller."""
    data = encode_strings(to_array(strings), 4).padded()
    return None if data is None else PaddedStrings(memoryview(data), len(strings), damaged)


def packed(strings: list[str | None]) -> PackedStrings:
    """Return the packed column of strings."""
    column = encode_strings(to_array(strings), 4)
    data, offsets = memoryview(column.data), column.offsets().data
    return PackedStrings(data, offsets, damaged, has_none=None in strings)


def assert_column(column: Strings[str | None], strings: list[str | None]) -> None:
    """Assert that a column has these strings, one by one and in any selection."""
    assert len(column) == len(strings)
    assert [column[rank] for rank in range(len(strings))] == strings
    count = len(strings)
    for ranks in ([], range(count), range(count - 1, -1, -2), [0] * count, [0] * 2 * count):
        expected = [strings[rank] for rank in ranks]
        for _ in range(2):  # the second time, they are known
            taken = to_list(column.take(array("I", ranks)))
            assert taken == expected
            taken.clear()
        assert to_list(column.take(np.array(ranks, np.int64))) == expected
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("nodeselect.durable.saved_strings.bulk_reader", lambda _: None)
            assert to_list(column.take(np.array(ranks, np.int64))) == expected


@given(TEXTS)
@example(["\n", "", None, "a\nb", "\ud800"])
@example([None])
@example(["a", "\ud800"])
def test_packed(strings: list[str | None]) -> None:
    """A packed column has any strings and None: empty, with line feeds, with surrogates."""
    assert_column(packed(strings), strings)
    assert list(packed(strings)) == to_array(packed(strings)).tolist() == strings


@given(IDS)
@example(["n-1", "n-22", "né"])
@example(["n ", "nX", "n-22"])
def test_padded(strings: list[str]) -> None:
    """A padded column has strings of similar lengths."""
    column = padded(strings)
    if column is not None:
        assert_column(column, list(strings))


def test_the_smaller_layout() -> None:
    """A column is padded if that takes no more bytes than the offsets of the packed layout."""
    assert padded(["a", "bb"]) is not None
    assert padded(["n" * 9, "n" * 9]) is not None
    assert padded(["a", "b" * 4]) is not None
    assert padded(["a", "b" * 5]) is None
    assert padded([*"abcdefgh", "n" * 200]) is None


@given(TEXTS)
def test_present(strings: list[str | None]) -> None:
    """The ranks with a string are those without None."""
    present = encode_strings(to_array(strings), 4).present().tolist()
    assert present == [rank for rank, text in enumerate(strings) if text is not None]


BROKEN = [
    PaddedStrings(memoryview(b"a\nb\n"), 2, damaged),  # without a third rank
    PaddedStrings(memoryview(b"a\nb\n\xff\n"), 3, damaged),
    PackedStrings(memoryview(b"a\nb\n"), memoryview(b"\0\2\4"), damaged, has_none=True),
    PackedStrings(memoryview(b"a\nb\n\xff\n"), memoryview(b"\0\2\4\6"), damaged, has_none=False),
    PackedStrings(memoryview(b"a\nb\n\xfe\n"), memoryview(b"\0\2\4\6"), damaged, has_none=True),
]


@pytest.mark.parametrize("column", BROKEN)
@pytest.mark.parametrize("use_numpy", [False, True])
def test_damaged(column: Strings[str], use_numpy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A string that does not exist, or is not UTF-8, is an error; others can be read."""
    bulk = arrays if use_numpy else None
    monkeypatch.setattr("nodeselect.durable.saved_strings.bulk_reader", lambda _: bulk)
    assert [column[0], column[1]] == to_list(column.take(array("I", [0, 1]))) == ["a", "b"]
    with pytest.raises(InventoryError, match="damaged"):
        column[2]
    with pytest.raises(InventoryError, match="damaged"):
        column.take(array("I", [0, 2]))


@pytest.mark.parametrize("data", [b"abcd", b"a\n\n\n", b"\n\n\n\n", b"\n\na\n"])
def test_other_line_feeds(data: bytes) -> None:
    """Ids are damaged if none of them ends with a line feed, or one has nothing else."""
    with pytest.raises(InventoryError, match="damaged"):
        PaddedStrings(memoryview(data), 2, damaged).take(array("I", [0, 1]))


def test_offsets_that_descend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Offsets that descend are an error if many strings are read, which could be any number."""
    offsets = memoryview(array("I", [0, 1 << 31, 0, 4]))
    column = PackedStrings(memoryview(b"a\nb\n"), offsets, damaged, has_none=False)
    monkeypatch.setattr("nodeselect.durable.saved_strings.bulk_reader", lambda _: arrays)
    with pytest.raises(InventoryError, match="damaged"):
        column.take(array("I", [0, 1]))
    monkeypatch.setattr("nodeselect.durable.saved_strings.bulk_reader", lambda _: None)
    assert column.take(array("I", [1, 1])) == ["", ""]
