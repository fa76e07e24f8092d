"""Read a stream of nodes as they change: watch events of Kubernetes, or nodes one after another."""

from collections.abc import Container, Iterable, Iterator
from typing import Any, Final

from nodeselect.errors import InventoryError
from nodeselect.node import Node
from nodeselect.problem import Place
from nodeselect.readers.detect import node_rows
from nodeselect.readers.envelope import list_field
from nodeselect.readers.formats import json
from nodeselect.readers.object_splitter import ObjectSplitter
from nodeselect.readers.raw_node import WHOLE, RawNode, Record, validate
from nodeselect.readers.watch_events import is_watch_event, read_next_event

DROPPED: Final = frozenset({"stream-ended", "watch-failed"})
"""The codes of the errors of a stream that is valid, but ended too early."""

_AGAIN = "begin again: kubectl get nodes -o json --watch --output-watch-events"
_DELETED = 'write {"id": …, "deleted": true}, or write the node as it is'
_ONE_BY_ONE = "print one node after another, or write the list to a file and watch the file"


class NodeStream:
    """Iterates over the changes on a stream: a node to add or replace, or an id to remove.

    A stream has either watch events of Kubernetes, or nodes of any known system; among the latter,
    ``{"id": …, "deleted": true}`` removes a node, if there is one. Each object is an *event*.

    Watch events must fit together: a node is ADDED once, and MODIFIED or DELETED only if it exists.
    So a stream is rejected if it does not begin with all nodes, or if the watch was restarted,
    since nobody knows what was deleted in between.

    :param pieces: the bytes of the stream, as they arrive.
    :param known: the ids of all nodes that exist after the changes so far. The caller keeps it up
        to date: it is, for example, the inventory to which the changes are applied.
    :param name: the name of the stream in errors.
    :raises InventoryError: while iterating, if an event is invalid, or if a stream of watch events
        ends. The code is in ``DROPPED`` if all events were valid.
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
            for record in self._records():
                try:
                    change = self._read(record)
                except InventoryError as error:
                    raise error.within(Place(path=f"event {self.count}")) from None
                if change is not None:
                    yield change
        except InventoryError as error:
            raise error.within(Place(file=self._name)) from None

    def _records(self) -> Iterator[Any]:
        """Yield the decoded object of each event.

        :raises InventoryError: if an object is invalid. Also if the stream ends within an object,
            without any, or after watch events, which should never end.
        """
        splitter = ObjectSplitter()
        try:
            for piece in self._pieces:
                self.count += 1  # if an event is invalid, its number is in the error
                for text in splitter.feed(piece):
                    yield json.decode(text)
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
            change = read_next_event(record, WHOLE, self._known)
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
