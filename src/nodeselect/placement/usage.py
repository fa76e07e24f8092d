"""What the pods that run on the nodes request."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NoReturn, TypeAlias

from nodeselect.decoded import (
    read_items,
    read_mapping,
    read_object,
    read_text,
    reject_typo,
    structure_error,
)
from nodeselect.errors import InventoryError, SelectorError
from nodeselect.files.thread_lock import ThreadLock
from nodeselect.placement.pod_requests import pod_requests, read_resized
from nodeselect.problem import path_text
from nodeselect.selectors.pod_spec import unknown_fields
from nodeselect.text import pluralize

_Amounts: TypeAlias = Mapping[str, int]
_Owner: TypeAlias = tuple[str, str, str]

_NONE: _Amounts = MappingProxyType({})

# How many changes are kept at least; if there are more nodes in use, as many as these.
_MIN_HISTORY = 1_024


class Usage:
    """How much of each resource the pods on each node request. Can be changed.

    >>> pod = {"spec": {"nodeName": "n-1", "containers": [{"resources": {"limits": {"cpu": 2}}}]}}
    >>> usage = Usage([pod])
    >>> usage.add("n-1", {"cpu": 500, "pods": 1})
    >>> dict(usage.of("n-1"))
    {'cpu': 2500, 'pods': 2}

    A pod counts if it has a ``spec.nodeName``, and a phase other than ``Succeeded`` and ``Failed``.
    If it was resized in place, it counts as in the status of its containers.

    Readers never wait; the amounts of two nodes may be of different moments. Writers wait for each
    other. Memory: some 300 bytes for each node on which pods run.

    :param pods: the ``items`` of ``kubectl get pods -A -o json``. Cost: 10 to 30 µs a pod.
    :raises InventoryError: if an object is not a pod, or if a quantity in it is invalid.
    """

    __slots__ = ("__weakref__", "_by_owner", "_history", "_lock", "_used")

    def __init__(self, pods: Iterable[Mapping[str, Any]] = ()) -> None:
        # Only of nodes on which pods run. Its values are replaced, never changed.
        self._used: dict[str, _Amounts] = {}
        self._lock = ThreadLock()
        self._by_owner: dict[_Owner, list[tuple[str, _Amounts]]] = {}
        self._history: tuple[int, list[str]] = (0, [])  # a version, and the ids changed since
        for number, pod in enumerate(pods):
            try:
                self._add_pod(read_mapping(pod, (), "pass the items of a PodList"))
            except SelectorError as error:
                place = path_text(("pods", number, *error.steps))
                code, message, hint = error.code, error.message, error.fix
                raise InventoryError(code, message, place=place, hint=hint) from None

    def _add_pod(self, pod: Mapping[str, Any]) -> None:
        if pod.get("kind") not in (None, "Pod"):
            raise structure_error("not-a-pod", "expected an object of kind Pod", ("kind",))
        spec = read_mapping(pod.get("spec"), ("spec",), "pass whole pods: kubectl get pods -o json")
        status = read_object(pod.get("status"), ("status",))
        reject_typo(pod, ("status",), ())
        reject_typo(status, ("phase",), ("status",))
        for error in unknown_fields(spec).values():
            raise error.within("spec")
        if not spec.get("nodeName") or status.get("phase") in ("Succeeded", "Failed"):
            return
        node_id, part = read_text(spec["nodeName"], ("spec", "nodeName")), "status"
        try:
            resized = read_resized(status)
            part = "spec"
            requests = pod_requests(spec, resized)
        except SelectorError as error:
            raise error.within(part) from None
        self.add(node_id, requests)
        for owner in owners(read_object(pod.get("metadata"), ("metadata",))):
            self._by_owner.setdefault(owner, []).append((node_id, requests))

    def add(self, node_id: str, requests: _Amounts) -> None:
        """Add the requests of a pod to those on a node. Cost: a few microseconds.

        :param node_id: the id of a node, which need not be in any inventory.
        :param requests: those of a placement, or amounts in the same units.
        :raises TypeError: if an amount is not an int, such as ``"500m"``; ValueError if it is
            negative. In these cases, nothing is changed.
        """
        self._lock.run(self._change, node_id, requests, 1)

    def remove(self, node_id: str, requests: _Amounts) -> None:
        """Subtract the requests of a pod from those on a node. Cost: a few microseconds.

        :raises ValueError: if the pods on the node request less. In this case, nothing is changed.
        """
        self._lock.run(self._change, node_id, requests, -1)

    def _change(self, node_id: str, requests: _Amounts, sign: int) -> None:
        used = dict(self.of(node_id))
        for resource, amount in requests.items():
            if type(amount) is not int:
                raise TypeError(f"{resource!r}: an amount is an int, not {type(amount).__name__}")
            if amount < 0:
                raise ValueError(f"{resource!r}: the amount {amount} is negative")
            rest = used.pop(resource, 0) + sign * amount
            if rest < 0:
                raise ValueError(f"the pods on node {node_id!r} request less {resource!r}")
            if rest:
                used[resource] = rest
        if used:
            self._used[node_id] = MappingProxyType(used)
        else:
            self._used.pop(node_id, None)
        start, changed = self._history
        changed.append(node_id)
        if len(changed) > 2 * max(_MIN_HISTORY, len(self._used)):
            middle = len(changed) // 2
            self._history = start + middle, changed[middle:]

    def of(self, node_id: str) -> _Amounts:
        """Return how much the pods on a node request, by resource. Cost: 0.1 µs."""
        return self._used.get(node_id, _NONE)

    def pods_of(self, kind: str, name: str, namespace: str) -> tuple[tuple[str, _Amounts], ...]:
        """Return the node and the requests of each pod of a workload, to :meth:`remove` them.

        :param kind: such as ``Deployment``, ``StatefulSet``, ``DaemonSet``, ``Job`` or ``Pod``.
        :return: the pods that were counted when this usage was built.
        """
        return tuple(self._by_owner.get((kind, namespace, name), ()))

    @property
    def version(self) -> int:
        """The number of changes; each pod that was added or removed is one."""
        start, changed = self._history
        return start + len(changed)

    def changed_since(self, version: int) -> frozenset[str] | None:
        """Return the ids of the nodes that have changed since ``version``.

        Return None if there were more changes than are kept (1,024, or one for each node in use):
        then any node may have changed. Cost: proportional to the number of changes.
        """
        start, changed = self._history
        return frozenset(changed[version - start :]) if version >= start else None

    @property
    def is_used(self) -> bool:
        """Whether pods run on any node."""
        return bool(self._used)

    def in_use(self) -> frozenset[str]:
        """Return the ids of the nodes on which pods run. Cost: about 50 ns for each of them."""
        return frozenset(self._used)

    def __reduce__(self) -> NoReturn:
        """Raise ``TypeError``: a copy would not learn of later changes."""
        raise TypeError("a Usage cannot be copied or pickled: build another one from the same pods")

    def __repr__(self) -> str:
        return f"<Usage of {pluralize(len(self._used), 'node')}>"


def owners(metadata: Mapping[str, Any]) -> Iterator[_Owner]:
    """Yield the kind, namespace and name of a pod, of its owners, and of its Deployment."""
    namespace = str(metadata.get("namespace") or "default")
    labels = read_object(metadata.get("labels"), ("metadata", "labels"))
    yield "Pod", namespace, str(metadata.get("name"))
    path = ("metadata", "ownerReferences")
    for owner in read_items(metadata.get("ownerReferences"), path, read_object):
        kind, name = str(owner.get("kind")), str(owner.get("name"))
        yield kind, namespace, name
        # A Deployment names its ReplicaSets after itself and this label.
        suffix = f"-{labels.get('pod-template-hash')}"
        if kind == "ReplicaSet" and name.endswith(suffix):
            yield "Deployment", namespace, name.removesuffix(suffix)
