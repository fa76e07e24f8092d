"""Finds a node id that comes twice, in little memory.

Each id is kept as a hash of 8 bytes, so that reading ten million nodes takes 80 MB and not a
gigabyte; the second of two is then found at the end of the input. (That two different ids are taken
for one has a chance of n²/2⁶⁵: 1 in 37 million for a million nodes, and reading again settles it.)
The first 100,000 are remembered as they are besides, so that the second is told at once, by name.

Ids in ascending order, as most tools list them, need no search: none can have come before. As long
as they ascend they are not even hashed: what they have in common left out, they are kept as text,
where that is no longer than hashes would be.
"""

from array import array
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from operator import lt
from os.path import commonprefix

from nodeselect.node import duplicate_id_error

__all__ = ["DuplicateIdCheck", "DuplicateIdState", "NullDuplicateCheck"]

_REMEMBERED = 100_000
_LONGER = 4 * 1024
"""Bytes that the text may be longer than hashes would be: the beginning says little."""

_BUCKETS = 64

DuplicateIdState = tuple[str, str, bool, bytes, list[str], bytes]
"""Ids in a form to send: the first and the last of them, whether all ascend, and then either their
text, or those that are remembered and the hashes of all."""


class DuplicateIdCheck:
    """The ids of one input, in order."""

    def __init__(self) -> None:
        self._first = self._last = ""
        self._ascending = True
        self._count = 0
        self._text = bytearray()  # as long as there are no hashes
        self._hashes = array("q")
        self._records: dict[str, None] = {}

    def add(self, ids: Sequence[str]) -> None:
        """Take the ids of the next records.

        :raises InventoryError: with the code ``duplicate-id``, when one came before and is known.
        """
        if not ids:
            return
        self._follow(ids[0], ids[-1], self._ascending and all(map(lt, ids, ids[1:])))
        self._count += len(ids)
        short = len(self._text) < 8 * self._count + _LONGER
        if self._ascending and short and not self._hashes:
            self._text += _text_of(ids)
        else:
            self._hash_text()
            self._hash(ids)

    def state(self) -> DuplicateIdState:
        """Give what another process needs to know of these ids."""
        order = self._first, self._last, self._ascending
        return *order, bytes(self._text), list(self._records), self._hashes.tobytes()

    def join(self, state: DuplicateIdState) -> None:
        """Take the ids that another process has seen, as the next records.

        :raises InventoryError: with the code ``duplicate-id``, as :meth:`add`.
        """
        first, last, ascending, text, ids, hashes = state
        if not first:
            return
        self._follow(first, last, ascending)
        if self._ascending and text and not self._hashes:
            self._text += text
            return
        self._hash_text()
        for some in _ids_of(text):
            self._hash(some)
        known = len(self._hashes)
        self._hashes.frombytes(hashes)
        self._remember(ids, known)

    def finish(self) -> None:
        """Search for an id that came twice; to be called at the end of the input.

        :raises InventoryError: with the code ``duplicate-id``.
        """
        if self._ascending or len(self._hashes) == len(self._records):
            return
        self._records.clear()
        buckets = [array("q") for _ in range(_BUCKETS)]
        for number in self._hashes:
            buckets[number % _BUCKETS].append(number)
        common: set[int] = set()
        for bucket in buckets:
            if len(set(bucket)) < len(bucket):
                common.update(one for one, next_one in pairwise(sorted(bucket)) if one == next_one)
        firsts: dict[int, int] = {}
        for record, number in enumerate(self._hashes if common else ()):
            if number in common and firsts.setdefault(number, record) != record:
                raise duplicate_id_error(None, firsts[number], record)

    def _follow(self, first: str, last: str, ascending: bool) -> None:
        """Note the order of some more ids."""
        self._ascending = self._ascending and ascending and first > self._last
        self._first = self._first or first
        self._last = last

    def _hash_text(self) -> None:
        """Keep hashes, from now on, of what was kept as text."""
        text, self._text = bytes(self._text), bytearray()
        for ids in _ids_of(text):
            self._hash(ids)

    def _hash(self, ids: Sequence[str]) -> None:
        first = len(self._hashes)
        self._hashes.extend(map(hash, ids))
        self._remember(ids, first)

    def _remember(self, ids: Sequence[str], first: int) -> None:
        """Remember ids, the first of which is in record ``first``, while they are few."""
        if first >= _REMEMBERED:
            return
        ids = ids[: _REMEMBERED - first]
        known = len(self._records)
        self._records.update(dict.fromkeys(ids))
        if len(self._records) == known + len(ids):
            return
        records = {node_id: record for record, node_id in enumerate(islice(self._records, known))}
        for record, node_id in enumerate(ids, first):
            if records.setdefault(node_id, record) != record:
                raise duplicate_id_error(node_id, records[node_id], record)


class NullDuplicateCheck(DuplicateIdCheck):
    """Ids that somebody else compares with each other."""

    def add(self, ids: Sequence[str]) -> None:
        """Take the ids of the next records, and forget them."""


def _text_of(ids: Sequence[str]) -> bytes:
    """Write ids that ascend; what the first and the last begin with, all begin with."""
    prefix = commonprefix([ids[0], ids[-1]])  # noqa: RUF071 - characters are what is meant
    rests = ("\n" + "\n".join(ids)).replace("\n" + prefix, "\n")  # no id has such a character
    return f"{prefix}{rests}\0".encode()


def _ids_of(text: bytes) -> Iterator[list[str]]:
    """Give the ids that were written, as many at a time as were written together."""
    for written in text.split(b"\0")[:-1]:
        prefix, *rests = written.decode().split("\n")
        yield [prefix + rest for rest in rests]
