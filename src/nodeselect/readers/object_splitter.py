"""Split a stream of JSON objects, one after another, into the text of each.

Objects may be on one line each, on many lines, or several on a line. Only quotes and brackets are
looked at, with methods of ``bytes``: what is between them is decoded later.
"""

import re
from collections.abc import Iterator

from nodeselect.errors import InventoryError
from nodeselect.limits import LIMITS
from nodeselect.text import quoted

_ESCAPE = re.compile(rb"\\.", re.DOTALL)

# The end of an object that something other than the rest of an enclosing object or list follows.
# (A backslash outside of strings is not JSON, so it needs no care.)
_END = re.compile(rb"\}(?=\s*+[^\s,}\]])")


class ObjectSplitter:
    """Splits a stream of JSON objects, which arrives in pieces, into the text of each object.

    Cost: linear. At most one incomplete object is in memory.
    """

    def __init__(self) -> None:
        # The object that is not complete: its pieces, their size, how many of its brackets are
        # open, and whether they end in a string, or there after a backslash.
        self._pieces: list[bytes] = []
        self._size = 0
        self._depth = 0
        self._in_string = False
        self._is_escaped = False
        self._has_begun = False

    @property
    def is_between(self) -> bool:
        """Whether no object is incomplete."""
        return not self._pieces

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield the text of each object that ends in ``piece``. The text may be invalid JSON.

        :raises InventoryError: if the next object does not begin with a brace, or is too large.
        """
        if not self._has_begun:
            self._has_begun = True
            piece = piece.removeprefix(b"\xef\xbb\xbf") or b" "
        masked = b"x" + piece[1:] if self._is_escaped else piece
        if b"\\" in masked:
            masked = _ESCAPE.sub(b"xx", masked)
        self._is_escaped = masked.endswith(b"\\")
        # Every second text between quotes is in a string.
        texts = (b'"' * self._in_string + masked).split(b'"')
        strings = texts[1::2]
        structure = b'"'.join(texts[::2])  # a quote in place of each string
        start = 0  # where the object begins in ``piece``
        index, count = 0, 0  # where it begins in ``structure``, and how many strings are before
        removed = -int(self._in_string)  # how much longer ``piece`` is than ``structure`` up to it
        for match in _END.finditer(structure):
            end = match.end()
            crossed = structure[index:end].count(b'"')
            removed += crossed + sum(map(len, strings[count : count + crossed]))
            yield self._complete(piece[start : end + removed])
            start, index, count = end + removed, end, count + crossed
        rest = structure[index:]
        self._depth += rest.count(b"{") + rest.count(b"[") - rest.count(b"}") - rest.count(b"]")
        self._in_string = len(texts) % 2 == 0
        if self._depth > 0 or self._in_string:
            self._append(piece[start:])
        elif self._pieces or not piece[start:].isspace():
            yield self._complete(piece[start:].rstrip())

    def _append(self, text: bytes) -> None:
        if not self._pieces:
            text = text.lstrip()
            if text.startswith(b"\x1f\x8b"):
                message, hint = "the stream is compressed (gzip)", "decompress it first: gunzip"
                raise InventoryError("compressed", message, hint=hint)
            if not text.startswith(b"{"):
                line = text.partition(b"\n")[0].decode("utf-8", "replace").strip(" \t\r")
                raise InventoryError(
                    "not-json",
                    f"expected a JSON object, found {quoted(line)}",
                    hint="other formats are read from a file, which is read again when it changes",
                )
        self._size += len(text)
        if self._size > LIMITS.event_bytes:
            message = f"an event can have at most {LIMITS.event_bytes:,} bytes (limit: event_bytes)"
            raise InventoryError("event-too-large", message)
        self._pieces.append(text)

    def _complete(self, end: bytes) -> bytes:
        """Return the whole text of the object whose last piece is ``end``."""
        self._append(end)
        text = b"".join(self._pieces)
        self._pieces.clear()
        self._size = self._depth = 0
        return text
