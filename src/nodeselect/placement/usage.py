"""What runs on the nodes: pods, and amounts that no pod is named for.

All of it at one moment is one value, a :class:`UsageSnapshot`, which a write replaces by another.
So readers never wait, and snapshots and copies cost nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import (
    Any,
    Final,
    NamedTuple,
    NoReturn,
    Protocol,
    TypeAlias,
    TypeVar,
    TypeVarTuple,
    final,
    overload,
)

from nodeselect.decoded import read_mapping, read_text
from nodeselect.errors import InventoryError, SelectorError
from nodeselect.files.thread_lock import ThreadLock
from nodeselect.placement.persistent_map import PersistentMap
from nodeselect.placement.pod import Pod, read_parts, read_pod
from nodeselect.placement.pod_rules import Namespaces, read_namespace
from nodeselect.problem import path_text
from nodeselect.text import pluralize, quoted, to_exact_str

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")

_Amounts: TypeAlias = Mapping[str, int]

PodChange: TypeAlias = tuple[str, Pod] | str
"""The id of a node and a pod that runs on it now, or the id of a pod that has ended."""

_NONE: _Amounts = MappingProxyType({})


class _OnNode(NamedTuple):
    """What runs on a node.

    :param used: the sum of all.
    :param pods: in the order in which they were added.
    :param others: the amounts without a pod.
    """

    used: _Amounts
    pods: tuple[Pod, ...]
    others: _Amounts


_NOTHING: Final = _OnNode(_NONE, (), _NONE)


class Lineage:
    """What a usage has in common with its snapshots and copies."""

    __slots__ = ("__weakref__", "is_known")

    def __init__(self, *, is_known: bool) -> None:
        self.is_known = is_known  # False as long as nobody has said what runs


class BaseUsage:
    """The read methods of a usage and of a snapshot of it."""

    __slots__ = ()

    def snapshot(self) -> "UsageSnapshot":
        """Return what runs at this moment, which never changes. Cost: less than a microsecond."""
        raise NotImplementedError

    def copy(self) -> "Usage":
        """Return a usage with the same pods, to try changes; neither sees those of the other.

        Cost: less than a microsecond; the next ``match`` examines only the nodes that differ.
        """
        return Usage._made(self.snapshot(), None, ThreadLock())

    __copy__ = copy

    def of(self, node_id: str) -> _Amounts:
        """Return how much is requested on a node, by resource. Cost: half a microsecond."""
        return self._on(node_id).used

    def pods(self, node_id: str) -> tuple[Pod, ...]:
        """Return the pods on a node, in the order in which they were added."""
        return self._on(node_id).pods

    def _on(self, node_id: str) -> _OnNode:
        return self.snapshot()._nodes.get(node_id) or _NOTHING

    def find(self, pod_id: str) -> tuple[str, Pod] | None:
        """Return the id of the node on which a pod runs, and the pod; None if it does not run."""
        return self.snapshot()._find(pod_id)

    @property
    def namespaces(self) -> Namespaces | None:
        """The labels of the namespaces, by name; None if they are unknown."""
        return self.snapshot().namespaces

    def in_use(self) -> frozenset[str]:
        """Return the ids of the nodes on which anything runs. Cost: about 50 ns for each."""
        return frozenset(self.snapshot()._nodes.to_dict())

    def __iter__(self) -> Iterator[tuple[str, Pod]]:
        """Iterate over the pods and the ids of their nodes, by these ids."""
        for node_id, on_node in sorted(self.snapshot()._nodes.to_dict().items()):
            for pod in on_node.pods:
                yield node_id, pod

    def __len__(self) -> int:
        """Return the number of pods."""
        return len(self.snapshot()._places)

    def __bool__(self) -> bool:
        """Return True, also without pods: ``if usage`` asks whether it is None."""
        return True

    def __contains__(self, pod_id: object) -> bool:
        """Return whether a pod with this id runs."""
        return isinstance(pod_id, str) and self.snapshot()._places.get(pod_id) is not None

    def __reduce__(self) -> NoReturn:
        """Raise ``TypeError``: neither can be pickled."""
        name = type(self).__name__
        raise TypeError(f"a {name} cannot be pickled: send its pods, list(usage)")

    def __deepcopy__(self, memo: object) -> "Usage":
        return self.copy()

    def __repr__(self) -> str:
        now = self.snapshot()
        pods, nodes = pluralize(len(now._places), "pod"), pluralize(len(now._nodes), "node")
        return f"<{type(self).__name__} of {pods} on {nodes}>"


@final
class UsageSnapshot(BaseUsage):
    """What runs on the nodes at one moment. It never changes."""

    __slots__ = ("_lineage", "_namespaces", "_nodes", "_places")

    _nodes: PersistentMap[_OnNode]
    _places: PersistentMap[str]  # the id of the node on which each pod runs
    _lineage: Lineage
    _namespaces: Namespaces | None

    def __init__(
        self,
        nodes: PersistentMap[_OnNode],
        places: PersistentMap[str],
        lineage: Lineage,
        namespaces: Namespaces | None,
    ) -> None:
        """Internal: call :meth:`Usage.snapshot`."""
        self._nodes, self._places, self._lineage = nodes, places, lineage
        self._namespaces = namespaces

    @property
    def namespaces(self) -> Namespaces | None:
        return self._namespaces

    def snapshot(self) -> "UsageSnapshot":
        return self

    def _find(self, pod_id: str) -> tuple[str, Pod] | None:
        node_id = self._places.get(pod_id)
        if node_id is None:
            return None
        return node_id, next(pod for pod in self.pods(node_id) if pod.id == pod_id)


def empty_moment(*, is_known: bool = False) -> UsageSnapshot:
    """Return the first moment of a new usage; ``is_known``: whether it says that nothing runs."""
    return UsageSnapshot(PersistentMap(), PersistentMap(), Lineage(is_known=is_known), None)


class UsageChanges:
    """Changes that become a new moment together."""

    __slots__ = ("_before", "_namespaces", "_nodes", "_places")

    def __init__(self, before: UsageSnapshot) -> None:
        self._before = before
        self._nodes: dict[str, _OnNode | None] = {}
        self._places: dict[str, str | None] = {}
        self._namespaces = before.namespaces

    def after(self) -> UsageSnapshot:
        nodes, places = self._before._nodes, self._before._places
        if self._nodes:
            nodes = nodes.updated(self._nodes)
        if self._places:
            places = places.updated(self._places)
        lineage = self._before._lineage
        lineage.is_known = True
        return UsageSnapshot(nodes, places, lineage, self._namespaces)

    def set_namespaces(self, labels: Namespaces | None) -> None:
        self._namespaces = labels

    def add_namespace(self, record: Mapping[str, Any]) -> None:
        name, labels = read_namespace(record)
        self._namespaces = {**(self._namespaces or {}), name: labels}

    def apply(self, changes: Iterable[PodChange], *, missing_ok: bool = False) -> None:
        """Add and remove pods.

        :raises KeyError: if a pod to remove does not run, unless ``missing_ok``.
        """
        for change in changes:
            if isinstance(change, str):
                if self.remove(change) is None and not missing_ok:
                    raise KeyError(change)
            elif isinstance(change, tuple) and len(change) == 2:
                self.add(*change)
            else:
                text = (
                    f"a change must be a pair of a node id and a Pod, or a pod id, not {change!r}"
                )
                raise TypeError(text)

    def add(self, node_id: str, pod: Pod) -> None:
        if not isinstance(pod, Pod):
            raise TypeError(f"expected a Pod, not {type(pod).__name__}")
        place = self._place(pod.id)
        if place is None:
            on_node = self._on(to_exact_str(node_id, "an id"))
            used = _sum(node_id, on_node.used, pod.requests, 1)
            self._put(node_id, _OnNode(used, (*on_node.pods, pod), on_node.others))
            self._places[pod.id] = node_id
        elif place == node_id:
            on_node = self._on(node_id)
            old = next(each for each in on_node.pods if each.id == pod.id)
            used = _sum(node_id, on_node.used, old.requests, -1)
            used = _sum(node_id, used, pod.requests, 1)
            pods = tuple(pod if each is old else each for each in on_node.pods)
            self._put(node_id, on_node._replace(used=used, pods=pods))
        else:
            raise ValueError(f"the pod {pod.id!r} runs on node {place!r}; remove it first")

    def remove(self, pod_id: str) -> tuple[str, Pod] | None:
        node_id = self._place(pod_id)
        if node_id is None:
            return None
        on_node = self._on(node_id)
        old = next(each for each in on_node.pods if each.id == pod_id)
        pods = tuple(each for each in on_node.pods if each is not old)
        used = _sum(node_id, on_node.used, old.requests, -1)
        self._put(node_id, on_node._replace(used=used, pods=pods))
        self._places[pod_id] = None
        return node_id, old

    def change_others(self, node_id: str, amounts: _Amounts, sign: int) -> None:
        """Add amounts without a pod to those on a node, or subtract them."""
        on_node = self._on(to_exact_str(node_id, "an id"))
        for resource, amount in amounts.items():
            if type(amount) is not int:
                raise TypeError(f"{resource!r}: an amount is an int, not {type(amount).__name__}")
            if amount < 0:
                raise ValueError(f"{resource!r}: the amount {amount} is negative")
        others = _sum(node_id, on_node.others, amounts, sign)
        used = _sum(node_id, on_node.used, amounts, sign)
        self._put(node_id, on_node._replace(used=used, others=others))

    def clear(self, node_id: str) -> tuple[Pod, ...]:
        pods = self._on(node_id).pods
        self._put(node_id, _NOTHING)
        self._places.update(dict.fromkeys(pod.id for pod in pods))
        return pods

    def has(self, pod_id: str) -> bool:
        return self._place(pod_id) is not None

    def _place(self, pod_id: str) -> str | None:
        if pod_id in self._places:
            return self._places[pod_id]
        return self._before._places.get(pod_id)

    def _on(self, node_id: str) -> _OnNode:
        if node_id in self._nodes:
            return self._nodes[node_id] or _NOTHING
        return self._before._nodes.get(node_id) or _NOTHING

    def _put(self, node_id: str, on_node: _OnNode) -> None:
        self._nodes[node_id] = on_node if on_node.used or on_node.pods else None


def _sum(node_id: str, used: _Amounts, requests: _Amounts, sign: int) -> _Amounts:
    result = dict(used)
    for resource, amount in requests.items():
        rest = result.pop(resource, 0) + sign * amount
        if rest < 0:
            raise ValueError(f"less {resource!r} is requested on node {node_id!r} without a pod")
        if rest:
            result[resource] = rest
    return MappingProxyType(result)


class UsageOwner(Protocol):
    """An inventory, which keeps what runs on its nodes in one moment with them."""

    def _moment(self) -> UsageSnapshot: ...

    def _put_moment(self, moment: UsageSnapshot) -> None: ...


@final
class Usage(BaseUsage):
    """The pods on the nodes, and how much of each resource they request. Can be changed.

    >>> usage = Usage()
    >>> usage.add("n-1", Pod("shop/web-1", {"cpu": 500, "pods": 1}))
    >>> usage.add("n-1", {"cpu": 250})
    >>> dict(usage.of("n-1")), usage.find("shop/web-1")
    ({'pods': 1, 'cpu': 750}, ('n-1', <Pod shop/web-1>))
    >>> usage.remove("shop/web-1")
    ('n-1', <Pod shop/web-1>)

    Readers never wait; writers wait for each other. An inventory has one (:attr:`Inventory.usage`),
    and answers from it; another one may be given to ``match`` and ``explain``. Memory: below 400
    bytes for each pod.

    :param pods: the ``items`` of ``kubectl get pods,namespaces -A -o json``. Those pods count that
        have a ``spec.nodeName``, and a phase other than ``Succeeded`` and ``Failed``. Of the
        namespaces, the labels are kept; they need not be given. Cost: 50 µs a pod.
    :raises InventoryError: if an object is not a pod, a quantity in it is invalid, or two pods
        have the same id.
    """

    __slots__ = ("__weakref__", "_lock", "_own", "_owner")

    def __init__(self, pods: Iterable[Mapping[str, Any]] = ()) -> None:
        self._lock = ThreadLock()
        self._owner: UsageOwner | None = None
        self._own = empty_moment(is_known=True)
        changes = UsageChanges(self._own)
        for number, pod in enumerate(pods):
            try:
                record = read_mapping(pod, (), "pass the items of a PodList")
                add_running(changes, record)
            except (SelectorError, InventoryError) as error:
                steps = error.steps if isinstance(error, SelectorError) else ("metadata", "name")
                place = path_text(("pods", number, *steps))
                code, message, hint = error.code, error.message, error.fix
                raise InventoryError(code, message, place=place, hint=hint) from None
        self._own = changes.after()

    @classmethod
    def _made(cls, own: UsageSnapshot, owner: UsageOwner | None, lock: ThreadLock) -> "Usage":
        usage = cls.__new__(cls)
        usage._own, usage._owner, usage._lock = own, owner, lock
        return usage

    @classmethod
    def kept_by(cls, owner: UsageOwner, lock: ThreadLock) -> "Usage":
        """Internal: return what an inventory keeps, to read and to change it."""
        return cls._made(owner._moment(), owner, lock)

    def snapshot(self) -> UsageSnapshot:
        return self._own if self._owner is None else self._owner._moment()

    @overload
    def add(self, node_id: str, what: Pod) -> None: ...

    @overload
    def add(self, node_id: str, what: _Amounts) -> None: ...

    def add(self, node_id: str, what: Pod | _Amounts) -> None:
        """Add a pod to a node, or amounts of no pod. Cost: 10 to 20 µs.

        If the pod runs on the node, replace it.

        :param node_id: the id of a node, which need not be in any inventory.
        :param what: a pod; or amounts in the units of a placement.
        :raises ValueError: if the pod runs on another node, or an amount is negative; TypeError if
            one is not an int, such as ``"500m"``. In these cases, nothing is changed.
        """
        if isinstance(what, Pod):
            self._write(UsageChanges.add, node_id, what)
        else:
            self._write(UsageChanges.change_others, node_id, what, 1)

    @overload
    def remove(self, pod_id: str) -> tuple[str, Pod]: ...

    @overload
    def remove(self, pod_id: str, amounts: _Amounts) -> None: ...

    def remove(self, pod_id: str, amounts: _Amounts | None = None) -> tuple[str, Pod] | None:
        """Remove a pod, and return the id of its node, and the pod. Cost: 10 to 20 µs.

        ``remove(node_id, amounts)`` subtracts amounts from those of no pod.

        :raises KeyError: if no such pod runs; ValueError if the amounts are less. In these cases,
            nothing is changed.
        """
        if amounts is not None:
            return self._write(UsageChanges.change_others, pod_id, amounts, -1)
        removed = self._write(UsageChanges.remove, pod_id)
        if removed is None:
            raise KeyError(pod_id)
        return removed

    def apply(self, changes: Iterable[PodChange], *, missing_ok: bool = False) -> None:
        """Apply several changes as one: readers see all of them or none.

        :param changes: pairs of a node id and a :class:`Pod` to add, and ids of pods to remove.
        :param missing_ok: whether a pod to remove need not run.
        :raises KeyError: if a pod to remove does not run; or as :meth:`add`. Then nothing changes.
        """
        apply = partial(UsageChanges.apply, missing_ok=missing_ok)
        self._write(apply, list_of_changes(changes))

    def set_namespaces(self, labels: Namespaces | None) -> None:
        """Set the labels of the namespaces, by name, for the rules of pods that depend on them.

        :param labels: a namespace that is not in it has none; None if all are unknown.
        """
        named = (
            {
                name: read_namespace({"metadata": {"name": name, "labels": each}})[1]
                for name, each in labels.items()
            }
            if labels is not None
            else None
        )
        self._write(UsageChanges.set_namespaces, named)

    def clear(self, node_id: str) -> tuple[Pod, ...]:
        """Remove all that runs on a node, also the amounts of no pod; return the pods."""
        return self._write(UsageChanges.clear, node_id)

    def give_to(self, owner: UsageOwner, lock: ThreadLock) -> None:
        """Internal: let an inventory keep what runs, and its writers and those of this one wait."""
        self._lock.run(self._give_to, owner, lock)

    def _give_to(self, owner: UsageOwner, lock: ThreadLock) -> None:
        if self._owner is not None:
            raise ValueError("another inventory has this usage: give a copy of it")
        owner._put_moment(self._own)
        self._owner, self._lock = owner, lock

    def _write(self, change: Callable[[UsageChanges, *_Ts], _T], *args: *_Ts) -> _T:
        return self._lock.run(self._change, self._lock, change, *args)

    def _change(
        self, lock: ThreadLock, change: Callable[[UsageChanges, *_Ts], _T], *args: *_Ts
    ) -> _T:
        if lock is not self._lock:  # while this thread waited, it was given to an inventory
            return self._lock.run(self._change, self._lock, change, *args)
        changes = UsageChanges(self.snapshot())
        result = change(changes, *args)
        after = changes.after()
        if self._owner is None:
            self._own = after
        else:
            self._owner._put_moment(after)
        return result


def list_of_changes(changes: Iterable[PodChange]) -> list[PodChange]:
    """Return the changes of pods as a list; raise for a single id, whose letters are no ids."""
    if isinstance(changes, (str, Mapping)):
        raise TypeError(f"changes must be a list of changes, not {type(changes).__name__}")
    return list(changes)


def add_running(changes: UsageChanges, record: Mapping[str, Any]) -> None:
    """Add a pod from a Kubernetes object, if it is on a node and has not ended; or a namespace."""
    if record.get("kind") == "Namespace":
        changes.add_namespace(record)
        return
    spec, status = read_parts(record)
    if not spec.get("nodeName") or status.get("phase") in ("Succeeded", "Failed"):
        return
    pod, _ = read_pod(record, spec, status)
    node_id = read_text(spec["nodeName"], ("spec", "nodeName"))
    if changes.has(pod.id):
        raise InventoryError("duplicate-id", f"the pod {quoted(pod.id, 330)} occurs twice")
    changes.add(node_id, pod)
