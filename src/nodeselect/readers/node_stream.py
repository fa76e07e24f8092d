"""Read a stream of changes of nodes: Kubernetes watch events, or nodes one after another."""

import re
from collections.abc import Container, Iterable, Iterator
from typing import Final

from nodeselect.errors import InventoryError
from nodeselect.limits import LIMITS
from nodeselect.node import Node
from nodeselect.problem import Place
from nodeselect.readers.detect import node_rows
from nodeselect.readers.envelope import list_field
from nodeselect.readers.formats import json
from nodeselect.readers.raw_node import WHOLE, RawNode, Record, validate
from nodeselect.readers.watch_events import is_watch_event, read_event
from nodeselect.text import quoted

DROPPED: Final = frozenset({"stream-ended", "watch-failed"})
"""The codes of the errors of a stream that is valid, but ended too early."""

_AGAIN = "begin again: kubectl get nodes -o json --watch --output-watch-events"
_DELETED = 'write {"id": …, "deleted": true}, or write the node as it is'
_ONE_BY_ONE = "print one node after another, or write the list to a file and watch the file"

_ESCAPE = re.compile(rb"\\.", re.DOTALL)

# The end of an object that something other than the rest of an enclosing object or list follows.
# (A backslash outside of strings is not JSON, so it needs no care.)
_END = re.compile(rb"\}(?=\s*+[^\s,}\]])")


class NodeStream:
    """Iterates over the changes on a stream: a node to add or replace, or an id to remove.

    A stream has either Kubernetes watch events, or nodes of any known system. Between such nodes,
    ``{"id": …, "deleted": true}`` removes the node with this id, if any. Each object is an *event*.

    Watch events must fit together: a node is ADDED once, and MODIFIED or DELETED only if it exists.
    So a stream is rejected if it does not begin with all nodes, or if the watch was restarted:
    nodes that were deleted in between would be unknown.

    :param pieces: the bytes of the stream, as they arrive.
    :param known: the ids of all nodes that exist after the changes so far. The caller must keep
        ``known`` up to date: it may be the inventory to which the changes are applied.
    :param name: the name of the stream in errors.
    :raises InventoryError: while iterating, if an event is invalid, or if a stream of watch events
        ends. If all events were valid, the code of the error is in ``DROPPED``.
    """

    count: int
    """The number of the current event, from 1."""
    has_watch_events: bool | None
    """Whether the stream has watch events; None before the first event."""
    may_hide_deletions: bool
    """Whether the stream has nodes of Kubernetes without watch events. ``kubectl --watch`` prints a
    deleted node like one that has changed."""

    def __init__(self, pieces: Iterable[bytes], known: Container[str], name: str) -> None:
        self._pieces = pieces
        self._known = known
        self._name = name
        self.count = 0
        self.has_watch_events = None
        self.may_hide_deletions = False

    def __iter__(self) -> Iterator[Node | str]:
        try:
            yield from self._changes()
        except InventoryError as error:
            raise error.within(Place(file=self._name)) from None

    def _changes(self) -> Iterator[Node | str]:
        """Yield the change of each event; raise if one is invalid, or the stream ends too early."""
        from nodeselect.readers.formats.ndjson import decode_record  # loads msgspec

        splitter = ObjectSplitter()
        try:
            for piece in self._pieces:
                self.count += 1  # if an event is invalid, its number is in the error
                for text in splitter.feed(piece):
                    change = self._read(decode_record(text) or json.decode(text))
                    if change is not None:
                        yield change
                    self.count += 1
                self.count -= 1
            if not splitter.is_between:
                self.count += 1
                message = "the stream ended within this event"
                raise InventoryError("stream-ended", message, hint=_AGAIN)
        except InventoryError as error:
            raise error.within(Place(path=f"event {self.count}")) from None
        if not self.count:
            hint = "check the command that wrote it"
            raise InventoryError("empty-input", "the input is empty", hint=hint)
        if self.has_watch_events:
            message = f"the stream ended after event {self.count}; later changes are unknown"
            raise InventoryError("stream-ended", message, hint=_AGAIN)

    def _read(self, record: Record) -> Node | str | None:
        """Return the node to add or replace, or the id to remove; None if nothing changes."""
        has_watch_events = is_watch_event(record)
        if self.has_watch_events is None:
            self.has_watch_events = has_watch_events
        if has_watch_events != self.has_watch_events:
            found = "a watch event among nodes" if has_watch_events else "a node among watch events"
            raise InventoryError("mixed-stream", found)
        if has_watch_events:
            change = read_event(record, WHOLE, self._known)
            return Node._trusted(*change) if isinstance(change, tuple) else change
        if record.get("deleted") is True and record.keys() == {"id", "deleted"}:
            node_id = validate(WHOLE, RawNode(record["id"], None, None, None, "id", ""))[0]
            return node_id if node_id in self._known else None
        if record.keys() == {"id", "deleted"}:
            message = "'deleted' must be true, to remove the node"
            raise InventoryError("wrong-type", message, place="deleted", hint=_DELETED)
        if list_field(record) is not None:
            message = "this is a list of nodes, not one node"
            raise InventoryError("not-a-node", message, hint=_ONE_BY_ONE)
        (row,) = node_rows(WHOLE, record, is_event=True)
        self.may_hide_deletions |= record.get("kind") == "Node"
        return Node._trusted(*row)


class ObjectSplitter:
    """Splits a stream of JSON objects, which arrives in pieces, into the text of each object.

    Line ends do not matter. Only quotes and brackets are examined, with methods of ``bytes``; the
    text between them is decoded later. At most one incomplete object is in memory.
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
        """Whether the pieces so far end after a complete object."""
        return not self._pieces

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield the text of each object that ends in ``piece``; raise if one is too large."""
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
