"""A node, as every inventory has it whatever it was read from."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from nodeselect.errors import InventoryError
from nodeselect.frozen import Frozen
from nodeselect.limits import LIMITS
from nodeselect.text import UNPRINTABLE, printable, quoted

__all__ = ["CONNECTED", "Node", "NodeRow", "check_id", "check_sizes", "duplicate_id_error"]

NodeRow = tuple[str, Mapping[str, str], str | None, str | None]
"""A node as its parts: id, labels, name, state."""

CONNECTED: Final = frozenset({"connected", "ready"})
"""The states in which a node takes work. Any other, and none at all, is not connected."""


class Node(Frozen):
    """A node that a selector may take. Frozen; equal when all four parts are.

    >>> Node("n-1", {"region": "eu"}, state="connected")
    Node('n-1', {'region': 'eu'}, state='connected')

    :param id: what ``match_ids`` compares with; never empty, no unprintable characters.
    :param labels: strings to strings, copied; not validated beyond their types and sizes.
    :param name: a name for people; selectors never look at it.
    :param state: such as ``connected`` or ``disconnected``; None when not known.
    :raises InventoryError: when the id is empty or unprintable, or the labels exceed a limit.
    :raises TypeError: when something is not of its type.
    """

    __slots__ = ("id", "labels", "name", "state")

    id: str
    labels: Mapping[str, str]
    name: str | None
    state: str | None

    def __init__(
        self,
        id: str,  # noqa: A002 - the field's word
        labels: Mapping[str, str] | None = None,
        name: str | None = None,
        state: str | None = None,
    ) -> None:
        for what, text in (("id", id), ("name", name), ("state", state)):
            if not (isinstance(text, str) or (text is None and what != "id")):
                raise TypeError(f"a node's {what} must be a string, not {type(text).__name__}")
        check_id(id)
        id = _exact(id)  # noqa: A001
        name = None if name is None else _exact(name)
        state = None if state is None else _exact(state)
        if labels is not None and not isinstance(labels, Mapping):
            raise TypeError(f"labels are a mapping, not {type(labels).__name__}")
        copied = dict(labels or {})
        exact = True
        for key, value in copied.items():
            if not (isinstance(key, str) and isinstance(value, str)):
                raise TypeError(f"labels map strings to strings, not {key!r} to {value!r}")
            exact = exact and type(key) is type(value) is str
        if not exact:
            copied = {_exact(key): _exact(value) for key, value in copied.items()}
        check_sizes(copied)
        _fill(self, id, copied, name, state)

    @classmethod
    def _trusted(
        cls, node_id: str, labels: Mapping[str, str], name: str | None, state: str | None
    ) -> "Node":
        """Make a node of parts that a reader has already checked, and does not use again."""
        made = cls.__new__(cls)
        _fill(made, node_id, labels, name, state)
        return made

    @property
    def connected(self) -> bool:
        """Whether the state says that the node takes work."""
        return self.state in CONNECTED

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self.id)

    def __reduce__(self) -> tuple[object, ...]:
        return Node, self._parts()

    def __repr__(self) -> str:
        extra = "".join(
            f", {what}={text!r}"
            for what, text in (("name", self.name), ("state", self.state))
            if text is not None
        )
        return f"Node({self.id!r}, {dict(self.labels)!r}{extra})"

    def _parts(self) -> tuple[str, dict[str, str], str | None, str | None]:
        return self.id, dict(self.labels), self.name, self.state


def _exact(text: str) -> str:
    """Give ``text`` as a plain ``str``; a subclass could compare and hash as it likes."""
    return text if type(text) is str else str.__str__(text)


def _fill(
    made: Node, node_id: str, labels: Mapping[str, str], name: str | None, state: str | None
) -> None:
    object.__setattr__(made, "id", node_id)
    object.__setattr__(made, "labels", MappingProxyType(labels))
    object.__setattr__(made, "name", name)
    object.__setattr__(made, "state", state)


def check_id(text: str) -> None:
    """Refuse what is no id.

    :raises InventoryError: with the code ``empty-id`` or ``unprintable-id``.
    """
    if not text:
        raise InventoryError("empty-id", "a node's id is empty")
    if text.isascii() and text.isprintable():
        return
    if bad := UNPRINTABLE.search(text):
        raise InventoryError(
            "unprintable-id",
            f"the node id {quoted(text)} holds an unprintable character ({printable(bad[0])})",
        )


def duplicate_id_error(node_id: str | None, first: int, second: int) -> InventoryError:
    """Give the error for two nodes with one id, None where it is not known; they count from 0."""
    what = "one id" if node_id is None else f"the id {quoted(node_id)}"
    return InventoryError(
        "duplicate-id",
        f"two nodes have {what}: nodes {first + 1:,} and {second + 1:,}",
        hint="keep one of the two",
    )


def check_sizes(labels: Mapping[str, str]) -> None:
    """Refuse labels that are too many or too large.

    :raises InventoryError: with the code ``too-many-labels`` or ``labels-too-large``.
    """
    if len(labels) > LIMITS.node_labels:
        raise InventoryError(
            "too-many-labels",
            f"a node has at most {LIMITS.node_labels} labels (node_labels), this one"
            f" {len(labels):,}",
        )
    characters = sum(map(len, labels)) + sum(map(len, labels.values()))
    if characters * 4 <= LIMITS.node_labels_bytes:  # a character is 4 bytes of UTF-8 at most
        return
    size = sum(
        len(text.encode("utf-8", "surrogatepass")) for pair in labels.items() for text in pair
    )
    if size > LIMITS.node_labels_bytes:
        raise InventoryError(
            "labels-too-large",
            f"the labels of a node have at most {LIMITS.node_labels_bytes:,} bytes"
            f" (node_labels_bytes), these {size:,}",
        )
