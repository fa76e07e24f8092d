"""A node of an inventory, and the checks that every node must pass."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias, TypedDict, Unpack, final

from nodeselect.errors import InventoryError
from nodeselect.limits import LIMITS
from nodeselect.problem import find_typo, suggest_word
from nodeselect.quantity import MAX_AMOUNT, parse_quantity, suggest_quantity
from nodeselect.text import (
    describe_json,
    id_mistake,
    join_limited,
    printable,
    quoted,
    quoted_id,
    to_exact_str,
)


class Taint(NamedTuple):
    """A taint of a Kubernetes node: it keeps away the pods that do not tolerate it.

    :param key: such as ``nvidia.com/gpu``.
    :param effect: ``NoSchedule``, ``PreferNoSchedule`` or ``NoExecute``.
    :param value: may be empty.
    """

    key: str
    effect: str
    value: str = ""

    def __str__(self) -> str:
        value = f"={self.value}" if self.value else ""
        return f"{self.key}{value}:{self.effect}"


class Facts(NamedTuple):
    """What is known of a node besides its labels: its taints and its resources.

    :param taints: sorted, without duplicates; None if unknown.
    :param resources: the allocatable amounts above 0, sorted by name; None if unknown.
    """

    taints: tuple[Taint, ...] | None
    resources: Mapping[str, int] | None


# The fields of a node: id, labels, name, state; and the facts, None if none is known.
NodeRow: TypeAlias = tuple[str, Mapping[str, str], str | None, str | None, Facts | None]

EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")
"""The effects that a taint may have."""

CORDON: Final = Taint("node.kubernetes.io/unschedulable", "NoSchedule")
"""The taint of a node that is marked unschedulable, as ``kubectl cordon`` does."""

CONNECTED: Final = frozenset({"connected", "ready"})
"""The states in which a node accepts work, in lower case."""


class _Fields(TypedDict, total=False):
    id: str
    labels: Mapping[str, str]
    name: str | None
    state: str | None
    taints: Iterable[Taint] | None
    resources: Mapping[str, int | str] | None


@final
class Node:
    """A node that a selector may match. Frozen; equal if all fields are equal.

    >>> Node("n-1", {"region": "eu"}, state="connected")
    Node('n-1', {'region': 'eu'}, state='connected')

    An inventory stores only these fields, so ``Node`` cannot be subclassed.

    :param id: the unique id, for ``match_ids``; not empty, without unprintable characters.
    :param labels: maps any strings to any strings; copied. Only types and sizes are checked.
    :param name: a name for people; selectors ignore it.
    :param state: such as ``connected`` or ``disconnected``; None if unknown. A node may be in
        several states, separated by commas: ``not-ready,cordoned``.
    :param taints: the taints of a Kubernetes node, in any order; None if unknown, ``()`` if the
        node has none.
    :param resources: maps the names of resources to the amounts that all pods on the node together
        may request; None if unknown. An amount is an integer, in millicores for ``cpu`` and in
        bytes or pieces for all others; or a quantity as text, such as ``500m`` or ``4Gi``.
    :raises InventoryError: if the id, a taint or an amount is invalid, or a limit is exceeded.
    :raises TypeError: if an argument has the wrong type.
    """

    __slots__ = ("_facts", "id", "labels", "name", "state")

    id: str
    labels: Mapping[str, str]
    name: str | None
    state: str | None
    _facts: Facts | None

    def __init__(
        self,
        id: str,  # noqa: A002 - the name of the field
        labels: Mapping[str, str] | None = None,
        name: str | None = None,
        state: str | None = None,
        *,
        taints: Iterable[Taint] | None = None,
        resources: Mapping[str, int | str] | None = None,
    ) -> None:
        node_id = to_exact_str(id, "a node's id")
        check_id(node_id)
        copied = {} if labels is None else copy_labels(labels)
        check_sizes(copied)
        facts = None
        if taints is not None or resources is not None:
            facts = Facts(
                None if taints is None else check_taints(map(_require_taint, taints)),
                None if resources is None else check_resources(resources),
            )
        # In half the time of ``object.__setattr__``.
        _set_id(self, node_id)
        _set_labels(self, MappingProxyType(copied))
        _set_name(self, None if name is None else to_exact_str(name, "a node's name"))
        _set_state(self, None if state is None else to_exact_str(state, "a node's state"))
        _set_facts(self, facts)

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

        ``metadata.name`` becomes the id and the name. The state is ``ready``, ``not-ready``,
        ``cordoned`` or ``not-ready,cordoned``; None without conditions. The taints are those in
        ``spec``, and that of a cordon; None without ``spec``. The resources are
        ``status.allocatable``, else ``status.capacity``. Of an event, pass
        ``event["object"]``. Cost: about 10 µs.

        :param node: decoded JSON, or a ``V1Node`` of the Python client.
        :raises InventoryError: if ``node`` has another kind or no name, or if the name, the
            labels, a taint or an amount is invalid.
        :raises TypeError: if the name, a label, or a field of a taint is not a string.
        """
        check_kind(_field(node, "kind"))
        parts = [_kubernetes_part(node, name) for name in ("metadata", "spec", "status")]
        for (steps, names), part in zip(KUBERNETES_FIELDS, (node, *parts), strict=True):
            if isinstance(part, Mapping):
                reject_typo(part, names, steps)
        name, labels, state, taints, resources, path = kubernetes_fields(*parts)
        labels, resources = _to_mapping(labels), _to_mapping(resources)
        if name is None:
            raise InventoryError(
                "no-id",
                "the node has no name",
                place="metadata.name",
                hint="pass an object of kind Node; of an event, its 'object'",
            )
        built = cls(name, labels, name, state)
        _set_facts(built, _kubernetes_facts(taints, resources, path))
        return built

    @classmethod
    def _trusted(
        cls,
        node_id: str,
        labels: Mapping[str, str],
        name: str | None,
        state: str | None,
        facts: Facts | None = None,
    ) -> "Node":
        """Build a node without checks. ``labels`` is not copied, and must not change later."""
        node = cls.__new__(cls)
        _set_id(node, node_id)
        _set_labels(node, MappingProxyType(labels))
        _set_name(node, name)
        _set_state(node, state)
        _set_facts(node, facts)
        return node

    @property
    def taints(self) -> tuple[Taint, ...] | None:
        """The taints, sorted and without duplicates; None if unknown, ``()`` if there are none."""
        return None if self._facts is None else self._facts.taints

    @property
    def resources(self) -> Mapping[str, int] | None:
        """The amounts above 0 that pods may request, by resource; None if unknown.

        They are in millicores for ``cpu``, and in bytes or pieces for all others.
        """
        resources = None if self._facts is None else self._facts.resources
        return None if resources is None else MappingProxyType(resources)

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
            and self._facts == other._facts
        )

    def __hash__(self) -> int:
        return hash(self.id)

    def replace(self, **fields: Unpack[_Fields]) -> "Node":
        """Return a copy with new values for some fields, which are named as in ``Node()``.

        >>> Node("n-1", {"gpu": "t4"}).replace(state="ready")
        Node('n-1', {'gpu': 't4'}, state='ready')
        """
        own: Any = {name: getattr(self, name) for name in _Fields.__optional_keys__}
        return Node(**(own | fields))

    __replace__ = replace

    def __reduce__(self) -> tuple[object, ...]:
        own = (self.id, dict(self.labels), self.name, self.state)
        return (Node if self._facts is None else partial(Node, **self._facts._asdict())), own

    def __repr__(self) -> str:
        name = "" if self.name is None else f", name={self.name!r}"
        state = "" if self.state is None else f", state={self.state!r}"
        known = (self._facts or Facts(None, None))._asdict().items()
        facts = "".join(f", {field}={value!r}" for field, value in known if value is not None)
        return f"Node({self.id!r}, {dict(self.labels)!r}{name}{state}{facts})"


_set_facts, _set_id, _set_labels, _set_name, _set_state = (
    vars(Node)[name].__set__ for name in Node.__slots__
)


def check_taints(taints: Iterable[tuple[Any, Any, Any]], path: str = "taints") -> tuple[Taint, ...]:
    """Check taints (key, effect, value) at ``path``; return them sorted, without duplicates."""
    checked: set[Taint] = set()
    for number, fields in enumerate(taints):
        key, effect, value = (to_exact_str(text, "a field of a taint") for text in fields)
        if not key:
            message, place = "the key of a taint must not be empty", f"{path}[{number}].key"
            raise InventoryError("invalid-taint", message, place=place)
        if effect not in EFFECTS:
            message, place = f"unknown effect {quoted(effect)}", f"{path}[{number}].effect"
            hint = suggest_word(effect, EFFECTS) or f"the effects are {join_limited(EFFECTS)}"
            raise InventoryError("invalid-taint", message, place=place, hint=hint)
        checked.add(Taint(key, effect, value))
    _check_count("taints", len(checked), path)
    return tuple(sorted(checked))


def _require_taint(taint: object) -> Taint:
    if not isinstance(taint, Taint):
        raise TypeError(f"expected a Taint, not {type(taint).__name__}")
    return Taint(taint.key, taint.effect, taint.value)


def check_resources(resources: Mapping[str, Any], path: str = "resources") -> dict[str, int]:
    """Check the amounts at ``path``, integers or quantities; return those above 0, by name."""
    if not isinstance(resources, Mapping):
        raise TypeError(f"resources must be a mapping, not {type(resources).__name__}")
    _check_count("resources", len(resources), path)
    amounts = {}
    for name, value in resources.items():
        resource = to_exact_str(name, "the name of a resource")
        try:
            amount = (parse_quantity if type(value) is str else _check_amount)(resource, value)
            if not resource:
                raise ValueError("the name of a resource must not be empty")
        except ValueError as error:
            place, fix = (
                f"{path}.{printable(resource[:60])}",
                suggest_quantity(resource, str(value)),
            )
            raise InventoryError("invalid-quantity", str(error), place=place, hint=fix) from None
        if amount:
            amounts[resource] = amount
    return dict(sorted(amounts.items()))


def _check_amount(resource: str, amount: object) -> int:
    """Return ``amount`` as an integer; raise ``ValueError`` or ``TypeError`` if it is invalid."""
    if isinstance(amount, str):
        return parse_quantity(resource, str.__str__(amount))
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise TypeError(
            f"the amount of {resource!r} must be an int or a quantity such as '4Gi', not"
            f" {type(amount).__name__}"
        )
    if not 0 <= amount <= MAX_AMOUNT:
        raise ValueError(f"an amount must be from 0 to {MAX_AMOUNT}")
    return int(amount)


def check_kind(kind: object) -> None:
    """Raise if a Kubernetes object is not a node; the items of a NodeList have no ``kind``."""
    if kind not in ("Node", None):
        raise InventoryError(
            "not-a-node",
            f"expected a node, found an object of kind {quoted(str(kind))}",
            hint="list only nodes: kubectl get nodes -o json",
        )


KUBERNETES_FIELDS: Final = (
    ((), ("metadata", "spec", "status")),
    (("metadata",), ("labels",)),
    (("spec",), ("taints", "unschedulable")),
    (("status",), ("allocatable", "capacity", "conditions")),
)
"""The fields that a Kubernetes node may lack, by the path of their object."""


def kubernetes_fields(
    metadata: object, spec: object, status: object
) -> tuple[Any, Any, str | None, Any, Any, str]:
    """Return the name, labels, state, taints and resources of a Kubernetes node.

    The last item is the path of the resources.

    Only the state is validated. :meth:`Node.from_kubernetes` has the rules.

    :param metadata: a part of the object, as ``spec`` and ``status``; None if it has no such part.
    :raises InventoryError: if the object is a pod: the items of a PodList have no kind to check.
    """
    if _field(spec, "containers") is not None:
        check_kind("Pod")
    conditions = _field(status, "conditions")
    is_cordoned = _field(spec, "unschedulable")
    if not isinstance(is_cordoned, bool | None):
        message = f"expected true or false, found {describe_json(is_cordoned)}"
        raise InventoryError("wrong-type", message, place="spec.unschedulable")
    state = None
    if isinstance(conditions, list):
        is_ready = any(
            _field(condition, "type") == "Ready" and _field(condition, "status") == "True"
            for condition in conditions
        )
        state = "ready" if is_ready else "not-ready"
        if is_cordoned:
            state = "cordoned" if is_ready else "not-ready,cordoned"
    taints = None
    if spec is not None:
        taints = _field(spec, "taints")
        taints = [] if taints is None else taints
        if is_cordoned and isinstance(taints, list):
            taints = [*taints, CORDON._asdict()]
    resources, path = _field(status, "allocatable"), "status.allocatable"
    if resources is None:  # SetDefaults_NodeStatus of the API server
        resources, path = _field(status, "capacity"), "status.capacity"
    return _field(metadata, "name"), _field(metadata, "labels"), state, taints, resources, path


def _kubernetes_facts(taints: Any, resources: Any, path: str) -> Facts | None:
    """Return the facts of a node as :func:`kubernetes_fields` returns them, if they are valid."""
    if taints is not None:
        if not isinstance(taints, (list, tuple)):
            message = f"expected a list, found {describe_json(taints)}"
            raise InventoryError("wrong-type", message, place="spec.taints")
        for number, taint in enumerate(taints):
            if isinstance(taint, Mapping):
                reject_typo(taint, Taint._fields, (f"spec.taints[{number}]",))
        fields = [[_field(taint, name) for name in Taint._fields] for taint in taints]
        taints = check_taints([(*rest, value or "") for *rest, value in fields], "spec.taints")
    if resources is not None:
        if not isinstance(resources, Mapping):
            message = f"expected an object, found {describe_json(resources)}"
            raise InventoryError("wrong-type", message, place=path)
        texts = {name: str(n) if type(n) in (int, float) else n for name, n in resources.items()}
        resources = check_resources(texts, path)
    return None if taints is resources is None else Facts(taints, resources)


def _to_mapping(value: Any) -> Any:
    """Convert a dynamic object of the Kubernetes client to a mapping; return anything else."""
    to_dict = getattr(value, "to_dict", None)
    return value if to_dict is None else to_dict()


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
    """Return a copy of ``labels``; raise ``TypeError`` if it does not map strings to strings."""
    if not isinstance(labels, Mapping):
        raise TypeError(f"labels must be a mapping, not {type(labels).__name__}")
    copied = dict(labels)
    if {*map(type, copied), *map(type, copied.values())} <= {str}:
        return copied
    return {
        to_exact_str(key, "a label's key"): to_exact_str(value, f"the value of {key!r}")
        for key, value in copied.items()
    }


def reject_typo(
    fields: Mapping[str, object], names: tuple[str, ...], path: tuple[str, ...] = ()
) -> None:
    """Raise if an object, which is at ``path``, lacks one of ``names`` and has a similar one."""
    if typo := find_typo(tuple(fields), names):
        field, fix = typo
        message, place = f"unknown field {quoted(field)}", printable(".".join((*path, field)))
        raise InventoryError("unknown-field", message, place=place, hint=fix)


def has_state(state: str | None, states: Collection[str]) -> bool:
    """Return whether a node is in at least one of ``states``, which are in lower case.

    :param state: the state of the node in any case, or several, separated by commas; or None.
    """
    if state is None:
        return False
    state = state.lower()
    return state in states or ("," in state and any(part in states for part in split_state(state)))


def to_lower_states(states: Collection[str]) -> frozenset[str]:
    """Return ``states`` in lower case; raise ``TypeError`` if one is not a string."""
    if isinstance(states, str):  # its letters would be read as states
        raise TypeError("states must be a collection of strings, not a string")
    return frozenset(to_exact_str(state, "a state").lower() for state in states)


def is_connected(state: str | None) -> bool:
    """Return whether a node accepts work: all its states are in ``CONNECTED``."""
    return state is not None and CONNECTED.issuperset(split_state(state.lower()))


def split_state(state: str) -> list[str]:
    """Split ``state`` at commas: ``not-ready,cordoned`` becomes a list of two states."""
    return [part.strip() for part in state.split(",")]


def count_in_states(counts: Mapping[str | None, int], states: Collection[str]) -> int:
    """Return how many nodes are in at least one of ``states``; ``counts`` are those by state."""
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
    """Raise InventoryError if ``text`` is not a valid node id."""
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
    """Raise InventoryError if there are too many ``labels``, or too many bytes of text."""
    if len(labels) > LIMITS.node_labels:
        _check_count("labels", len(labels))
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


def _check_count(what: str, count: int, path: str = "") -> None:
    most: int = getattr(LIMITS, f"node_{what}")
    if count > most:
        message = f"a node can have at most {most} {what} (limit: node_{what}), found {count:,}"
        raise InventoryError(f"too-many-{what}", message, place=path)


def require_node(node: Node) -> Node:
    """Return ``node``; raise ``TypeError`` if it is not a :class:`Node`."""
    if type(node) is not Node:  # a mock of one claims to be an instance
        raise TypeError(f"expected a Node, not {type(node).__name__}")
    return node


def require_count(name: str, number: int) -> None:
    """Raise ``TypeError`` or ``ValueError`` if an argument is not an integer of at least 0."""
    if not isinstance(number, int):
        raise TypeError(f"{name} must be an int, not {type(number).__name__}")
    if number < 0:
        raise ValueError(f"{name} must not be negative")
