"""A node of an inventory, and the checks that every node must pass."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NoReturn, TypeAlias, TypedDict, Unpack, final

from nodeselect.errors import InventoryError
from nodeselect.limits import LIMITS
from nodeselect.text import describe_json, id_mistake, quoted, quoted_id, to_exact_str

# The fields of a node: id, labels, name, state.
NodeRow: TypeAlias = tuple[str, Mapping[str, str], str | None, str | None]

CONNECTED: Final = frozenset({"connected", "ready"})
"""The states in which a node accepts work, in lower case."""


class _Fields(TypedDict, total=False):
    id: str
    labels: Mapping[str, str]
    name: str | None
    state: str | None


@final
class Node:
    """A node that a selector may match. Frozen; equal if all four fields are equal.

    >>> Node("n-1", {"region": "eu"}, state="connected")
    Node('n-1', {'region': 'eu'}, state='connected')

    ``Node`` cannot be subclassed, because an inventory stores only the four fields. Keep further
    data in a mapping from ids to your data.

    :param id: the unique id, for ``match_ids``; not empty, without unprintable characters.
    :param labels: maps any strings to any strings; copied. Only types and sizes are checked.
    :param name: a name for people; selectors ignore it.
    :param state: such as ``connected`` or ``disconnected``; None if unknown. A node may be in
        several states, separated by commas: ``not-ready,cordoned``.
    :raises InventoryError: if the id is empty or unprintable, or the labels exceed a limit.
    :raises TypeError: if an argument has the wrong type.
    """

    __slots__ = ("id", "labels", "name", "state")

    id: str
    labels: Mapping[str, str]
    name: str | None
    state: str | None

    def __init__(
        self,
        id: str,  # noqa: A002 - the name of the field
        labels: Mapping[str, str] | None = None,
        name: str | None = None,
        state: str | None = None,
    ) -> None:
        node_id = to_exact_str(id, "a node's id")
        check_id(node_id)
        copied = {} if labels is None else copy_labels(labels)
        check_sizes(copied)
        self._set_fields(
            node_id,
            copied,
            None if name is None else to_exact_str(name, "a node's name"),
            None if state is None else to_exact_str(state, "a node's state"),
        )

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError(
            "Node cannot be subclassed: an inventory would lose what a subclass adds; keep further"
            " data in a mapping by id"
        )

    @classmethod
    def from_kubernetes(cls, node: object) -> "Node":
        """Build a node from a Node object of Kubernetes.

        >>> Node.from_kubernetes({"kind": "Node", "metadata": {"name": "w-1"}})
        Node('w-1', {}, name='w-1')

        ``Inventory.read`` reads the same object in the same way: ``metadata.name`` becomes the id
        and the name. The state is ``ready``, ``not-ready``, ``cordoned`` or
        ``not-ready,cordoned``; None if the object has no conditions. For an event of a watch, pass
        the object in the event: ``Node.from_kubernetes(event["object"])``. Cost: about 5 µs.

        :param node: decoded JSON; or an object whose attributes have the same names, such as a
            ``V1Node`` of the Python client.
        :raises InventoryError: if ``node`` has another kind or no name, or if the name or the
            labels are invalid.
        :raises TypeError: if the name or a label is not a string.
        """
        check_kind(_field(node, "kind"))
        parts = (_kubernetes_part(node, name) for name in ("metadata", "spec", "status"))
        name, labels, state = kubernetes_fields(*parts)
        if (to_dict := getattr(labels, "to_dict", None)) is not None:
            labels = to_dict()  # of the client's dynamic objects
        if name is None:
            raise InventoryError(
                "no-id",
                "the node has no name",
                place="metadata.name",
                hint="pass an object of kind Node; of an event, its 'object'",
            )
        return cls(name, labels, name, state)

    @classmethod
    def _trusted(
        cls, node_id: str, labels: Mapping[str, str], name: str | None, state: str | None
    ) -> "Node":
        """Build a node without checks. ``labels`` is not copied, and must not change later."""
        node = cls.__new__(cls)
        node._set_fields(node_id, labels, name, state)
        return node

    def _set_fields(
        self, node_id: str, labels: Mapping[str, str], name: str | None, state: str | None
    ) -> None:
        set_field = object.__setattr__
        set_field(self, "id", node_id)
        set_field(self, "labels", MappingProxyType(labels))
        set_field(self, "name", name)
        set_field(self, "state", state)

    @property
    def connected(self) -> bool:
        """Whether the node accepts work: all its states are ``connected`` or ``ready``."""
        return is_connected(self.state)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Node is frozen: {name!r} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Node is frozen: {name!r} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node):
            return NotImplemented
        return (
            self.id == other.id
            and self.labels == other.labels
            and self.name == other.name
            and self.state == other.state
        )

    def __hash__(self) -> int:
        return hash(self.id)

    def replace(self, **fields: Unpack[_Fields]) -> "Node":
        """Return a copy with new values for some fields: ``id``, ``labels``, ``name``, ``state``.

        >>> Node("n-1", {"gpu": "t4"}).replace(state="ready")
        Node('n-1', {'gpu': 't4'}, state='ready')
        """
        own: _Fields = {
            "id": self.id,
            "labels": self.labels,
            "name": self.name,
            "state": self.state,
        }
        return Node(**(own | fields))

    __replace__ = replace

    def __reduce__(self) -> tuple[object, ...]:
        return Node, (self.id, dict(self.labels), self.name, self.state)

    def __repr__(self) -> str:
        name = "" if self.name is None else f", name={self.name!r}"
        state = "" if self.state is None else f", state={self.state!r}"
        return f"Node({self.id!r}, {dict(self.labels)!r}{name}{state})"


def check_kind(kind: object) -> None:
    """Raise if a Kubernetes object of this ``kind`` is not a node.

    None is allowed, because the items of a NodeList have no kind.

    :raises InventoryError: with the code ``not-a-node``.
    """
    if kind not in ("Node", None):
        raise InventoryError(
            "not-a-node",
            f"expected a node, found an object of kind {quoted(str(kind))}",
            hint="list only nodes: kubectl get nodes -o json",
        )


def kubernetes_fields(
    metadata: object, spec: object, status: object
) -> tuple[Any, Any, str | None]:
    """Return the name, labels and state of a Kubernetes node from three parts of the object.

    Name and labels are not validated. The state is ``ready``, ``not-ready``, ``cordoned`` or
    ``not-ready,cordoned``; None if the object has no conditions.

    :raises InventoryError: if the object is a pod: the items of a PodList have no kind to check.
    """
    if _field(spec, "containers") is not None:
        check_kind("Pod")
    conditions = _field(status, "conditions")
    state = None
    if isinstance(conditions, list):
        is_ready = any(
            _field(condition, "type") == "Ready" and _field(condition, "status") == "True"
            for condition in conditions
        )
        state = "ready" if is_ready else "not-ready"
        if _field(spec, "unschedulable") is True:  # kubectl cordon
            state = "cordoned" if is_ready else "not-ready,cordoned"
    return _field(metadata, "name"), _field(metadata, "labels"), state


def _kubernetes_part(node: object, name: str) -> object:
    value = _field(node, name)
    if isinstance(value, (str, int, float, list, tuple)):
        message = f"expected an object, found {describe_json(value)}"
        raise InventoryError("wrong-type", message, place=name)
    return value


def _field(value: object, name: str) -> Any:
    if type(value) is dict:  # the usual case
        return value.get(name)
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def copy_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Return a copy of ``labels`` as a dictionary.

    :raises TypeError: if ``labels`` is not a mapping from strings to strings.
    """
    if not isinstance(labels, Mapping):
        raise TypeError(f"labels must be a mapping, not {type(labels).__name__}")
    copied = dict(labels)
    if {*map(type, copied), *map(type, copied.values())} <= {str}:
        return copied
    return {
        to_exact_str(key, "a label's key"): to_exact_str(value, f"the value of {key!r}")
        for key, value in copied.items()
    }


def has_state(state: str | None, states: Collection[str]) -> bool:
    """Return whether a node is in at least one of ``states``.

    :param state: the state of the node in any case, or several, separated by commas; or None.
    :param states: the states to look for, in lower case.
    """
    if state is None:
        return False
    state = state.lower()
    return state in states or ("," in state and any(part in states for part in split_state(state)))


def is_connected(state: str | None) -> bool:
    """Return whether a node accepts work: all its states are in ``CONNECTED``.

    :param state: the state of the node in any case, or several, separated by commas; or None.
    """
    return state is not None and CONNECTED.issuperset(split_state(state.lower()))


def split_state(state: str) -> list[str]:
    """Split ``state`` at commas: ``not-ready,cordoned`` becomes a list of two states."""
    return [part.strip() for part in state.split(",")]


def count_in_states(counts: Mapping[str | None, int], states: Collection[str]) -> int:
    """Return how many nodes are in at least one of ``states``.

    :param counts: maps each state, or text of several states, to the number of nodes that have it.
    """
    return sum(nodes for state, nodes in counts.items() if has_state(state, states))


def count_connected(states: Iterable[str | None]) -> int | None:
    """Return how many nodes accept work; None if all states are unknown.

    :param states: the state of each node, or a mapping from states to numbers of nodes.
    """
    counts = Counter(states)
    if not counts.keys() - {None}:
        return None
    return sum(nodes for state, nodes in counts.items() if is_connected(state))


def check_id(text: str) -> None:
    """Raise if ``text`` is not a valid node id.

    :raises InventoryError: with the code ``empty-id`` or ``unprintable-id``.
    """
    if mistake := id_mistake(text):
        code, message, _ = mistake
        raise InventoryError(code, message)


class DuplicateIdError(InventoryError):
    """Two nodes have the same id.

    :param node_id: the id that both nodes have.
    :param positions: the positions of the two nodes in the input, from 0.
    :param places: words for these positions in the message; by default, such as ``nodes 1 and 3``.
    """

    def __init__(self, node_id: str, positions: tuple[int, int], places: str | None = None) -> None:
        if places is None:
            places = "nodes {:,} and {:,}".format(*(position + 1 for position in positions))
        message = f"two nodes have the id {quoted_id(node_id)}: {places}"
        super().__init__("duplicate-id", message, hint="keep one of the two")
        self.args = (node_id, positions, places)  # what a copy is made of
        self.node_id = node_id
        self.positions = positions


def check_sizes(labels: Mapping[str, str]) -> None:
    """Raise if ``labels`` has too many labels, or too many bytes of text.

    :raises InventoryError: with the code ``too-many-labels`` or ``labels-too-large``.
    :raises TypeError: if a value is not a string.
    """
    if len(labels) > LIMITS.node_labels:
        raise InventoryError(
            "too-many-labels",
            f"a node can have at most {LIMITS.node_labels} labels (limit: node_labels),"
            f" found {len(labels):,}",
        )
    characters = len("".join(labels)) + len("".join(labels.values()))
    if characters * 4 <= LIMITS.node_labels_bytes:  # a character has at most 4 bytes in UTF-8
        return
    size = sum(
        len(text.encode("utf-8", "surrogatepass")) for pair in labels.items() for text in pair
    )
    if size > LIMITS.node_labels_bytes:
        raise InventoryError(
            "labels-too-large",
            f"the labels of a node can have at most {LIMITS.node_labels_bytes:,} bytes"
            f" (limit: node_labels_bytes), found {size:,}",
        )


def require_node(node: Node) -> Node:
    """Return ``node``; raise ``TypeError`` if it is not a :class:`Node`."""
    if type(node) is not Node:  # a mock of one claims to be an instance
        raise TypeError(f"expected a Node, not {type(node).__name__}")
    return node


def require_id(node_id: str) -> str:
    """Return ``node_id``; raise ``TypeError`` if it is not a string."""
    if not isinstance(node_id, str):
        raise TypeError(f"an id must be a string, not {type(node_id).__name__}")
    return node_id


def require_count(name: str, number: int) -> None:
    """Raise if ``number`` is not an integer of at least 0.

    :param name: the name of the checked argument, for the error message.
    :raises TypeError: if ``number`` is not an integer.
    :raises ValueError: if ``number`` is negative.
    """
    if not isinstance(number, int):
        raise TypeError(f"{name} must be an int, not {type(number).__name__}")
    if number < 0:
        raise ValueError(f"{name} must not be negative")
