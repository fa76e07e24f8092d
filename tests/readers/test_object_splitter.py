"""A stream of JSON objects is split where they end, whatever is in them and however it is cut."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import LIMITS, InventoryError
from nodeselect.readers import node_stream
from nodeselect.readers.node_stream import ObjectSplitter
from tests.property.strategies import json_values
from tests.short import short

TEXTS = st.text('{}[]",:\\ \nax1é日', max_size=5) | st.sampled_from(['"}\n{', "\\\\", '\\"{'])
VALUES = json_values(TEXTS | st.integers(), TEXTS, 8)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=3)


@st.composite
def written_objects(draw: st.DrawFn) -> list[tuple[bytes, bytes]]:
    """Return texts of objects, each with the white space after it."""
    spaces = st.sampled_from([b"", b" ", b"\n", b"\r\n\n\t"])
    texts = [
        json.dumps(value, indent=draw(st.sampled_from([None, 4])), ensure_ascii=False).encode()
        for value in draw(st.lists(OBJECTS))
    ]
    return [(text, draw(spaces)) for text in texts]


@given(written_objects(), st.randoms(use_true_random=False))
def test_each_object_is_complete_with_its_last_byte(
    objects: list[tuple[bytes, bytes]], draw: random.Random
) -> None:
    """Whatever the pieces, they yield the objects that end in them, and nothing else."""
    data, ends = b"", []
    for text, space in objects:
        ends.append(len(data) + len(text))
        data += text + space
    splitter, found, at = ObjectSplitter(), [], 0
    while at < len(data):
        size = draw.choice((1, 2, 3, 10, len(data)))
        found += [text.strip() for text in splitter.feed(data[at : at + size])]
        at = min(at + size, len(data))
        assert len(found) == sum(end <= at for end in ends)
        assert splitter.is_between == (not any(end > at for end in ends) or at in cuts(objects))
    assert found == [text for text, _ in objects]


def cuts(objects: list[tuple[bytes, bytes]]) -> set[int]:
    """Return the positions that are in no object: in white space, and around it."""
    found, at = set[int](), 0
    for text, space in objects:
        found |= {at, *range(at + len(text), at + len(text) + len(space) + 1)}
        at += len(text) + len(space)
    return found


def pieces_of(*pieces: bytes) -> list[bytes]:
    splitter = ObjectSplitter()
    return [text for piece in pieces for text in splitter.feed(piece)]


@pytest.mark.parametrize("rest", [(b"{}",), (b"", b"{}"), (b"\n", b"{", b"}")])
def test_byte_order_mark(rest: tuple[bytes, ...]) -> None:
    """A byte order mark at the beginning is skipped."""
    first, *others = rest
    assert pieces_of(b"\xef\xbb\xbf" + first, *others) == [b"{}"]


@pytest.mark.parametrize("data", [b'{"a": 1},\n{"b": 2}\n', b"{]", b'{"a": }}', b"{,"])
def test_invalid_json_is_yielded(data: bytes) -> None:
    """What is not JSON is left to the decoder, as soon as an object follows or all is closed."""
    assert b"".join(pieces_of(data, b"\n{}\n{}")).startswith(data.strip()[:2])


def test_event_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event has at most 8 MiB (here 1,000 bytes); the error names the limit."""
    assert LIMITS.event_bytes == 8 * 1024 * 1024
    limits = LIMITS._replace(event_bytes=1_000)
    monkeypatch.setattr(node_stream, "LIMITS", limits)
    largest = b'{"a": "%s"}' % (b"x" * 991)
    assert len(largest) == 1_001 - 1
    for size in (7, 2_000):
        blanks = b" " * 5_000  # between events, there may be any number
        data = blanks + largest + blanks + largest
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        assert list(map(bytes.strip, pieces_of(*pieces))) == [largest, largest]
        with pytest.raises(InventoryError) as caught:
            pieces_of(*pieces, b'{"', largest, b'"}')
        assert short(caught.value) == "an event can have at most 1,000 bytes (limit: event_bytes)"
        assert caught.value.code == "event-too-large"
