"""Pods: what runs, or may run, on a node."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, final
from weakref import ReferenceType, WeakKeyDictionary

from nodeselect.decoded import (
    read_items,
    read_labels,
    read_mapping,
    read_object,
    read_text,
    reject_typo,
    structure_error,
)
from nodeselect.errors import InventoryError, SelectorError
from nodeselect.node import check_id, check_resources, check_sizes
from nodeselect.placement.placement import Placement
from nodeselect.placement.pod_requests import pod_requests, read_resized
from nodeselect.placement.pod_rules import HostPort, PodTerm, read_host_ports
from nodeselect.problem import Path
from nodeselect.selectors.frozen import Frozen, FrozenFields, FrozenMapping
from nodeselect.selectors.pod_spec import unknown_fields
from nodeselect.selectors.selector import Selector
from nodeselect.text import to_exact_str


class PodKind(FrozenFields):
    """What the pods of a workload have in common: all but their ids. Internal."""

    _fields = ("namespace", "requests", "labels", "placement", "ports", "owner", "is_ending")
    __slots__ = ("__weakref__", *_fields)

    namespace: str
    requests: FrozenMapping[str, int]
    labels: FrozenMapping[str, str]
    placement: Placement | None
    ports: tuple[HostPort, ...]
    owner: str
    is_ending: bool

    def __init__(self, *values: object) -> None:
        self._set_fields(*values)

    @property
    def anti_affinity(self) -> tuple[PodTerm, ...]:
        """The terms by which its pods keep others away."""
        rules = None if self.placement is None else self.placement.pod_rules
        return () if rules is None else rules.anti_affinity


# Those of all pods that exist, each once.
_kinds: WeakKeyDictionary[PodKind, ReferenceType[PodKind]] = WeakKeyDictionary()


def _shared(kind: PodKind) -> PodKind:
    reference = _kinds.get(kind)
    known = None if reference is None else reference()
    if known is None:
        _kinds[kind] = ReferenceType(kind)
    return known or kind


@final
class Pod(Frozen):
    """What runs on a node. Frozen.

    >>> pod = Pod("shop/web-1", {"cpu": "500m", "pods": 1}, labels={"app": "web"})
    >>> pod.requests, pod.namespace
    ({'cpu': 500, 'pods': 1}, 'shop')

    Pods that are equal but for their ids share all other fields: then a pod takes about 130 bytes.

    :param id: ``namespace/name``, or another text that no other pod has.
    :param requests: as of a :class:`Placement`; by default, those of ``placement``.
    :param labels: by default, those in the rules of ``placement``, as the ports are.
    :param placement: the rules by which it finds a node; None if there are none but its requests.
    :param ports: the ports of the node that it uses.
    :param owner: what replaces it when it ends, such as ``ReplicaSet/web-5d4f``.
    :param is_ending: whether it was told to end. Until it does, its requests count.
    :raises InventoryError: if the id, a label or an amount is invalid.
    """

    __slots__ = ("_kind", "id")

    id: str
    _kind: PodKind

    def __init__(
        self,
        id: str,  # noqa: A002 - the name of the field
        requests: Mapping[str, int | str] | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        placement: Placement | None = None,
        ports: Iterable[HostPort] | None = None,
        owner: str = "",
        is_ending: bool = False,
    ) -> None:
        check_id(id := to_exact_str(id, "an id"))  # noqa: A001
        if not isinstance(placement, Placement | None):
            raise TypeError(f"expected a Placement or None, not {type(placement).__name__}")
        if requests is None:
            requests = {} if placement is None else placement.requests
        rules = None if placement is None else placement.pod_rules
        if labels is None:
            labels = {} if rules is None else rules.labels
        if ports is None:
            ports = () if rules is None else rules.ports
        texts = {to_exact_str(key, "a key"): to_exact_str(labels[key], "a value") for key in labels}
        check_sizes(texts)
        kind = PodKind(
            id.partition("/")[0] if "/" in id else "", FrozenMapping(check_resources(requests)),
            FrozenMapping(texts), placement, tuple(HostPort(*each) for each in ports),
            to_exact_str(owner, "an owner"), bool(is_ending),
        )  # fmt: skip
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "_kind", _shared(kind))

    @classmethod
    def from_kubernetes(cls, pod: Mapping[str, Any]) -> "Pod":
        """Build a pod from a Kubernetes object. Cost: 40 µs, 110 with rules that no other pod has.

        If it was resized in place, it requests what the status of its containers says. The node on
        which it runs is no part of it.

        :raises SelectorError: if a part is invalid; ``path`` is its place.
        """
        result, error = read_pod(pod, *read_parts(pod))
        if error is not None:
            raise error
        return result

    @property
    def namespace(self) -> str:
        """The part of the id before the first ``/``; empty without one."""
        return self._kind.namespace

    @property
    def requests(self) -> Mapping[str, int]:
        return self._kind.requests

    @property
    def labels(self) -> Mapping[str, str]:
        return self._kind.labels

    @property
    def placement(self) -> Placement | None:
        return self._kind.placement

    @property
    def ports(self) -> tuple[HostPort, ...]:
        return self._kind.ports

    @property
    def owner(self) -> str:
        return self._kind.owner

    @property
    def is_ending(self) -> bool:
        return self._kind.is_ending

    def replace(self, **fields: Any) -> "Pod":
        """Return a copy with new values for some fields, which are named as in the constructor."""
        own = {name: getattr(self, name) for name in ("id", *PodKind._fields[1:])}
        return Pod(**(own | fields))

    __replace__ = replace

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Pod):
            return NotImplemented
        return self.id == other.id and self._kind == other._kind

    def __hash__(self) -> int:
        return hash(self.id)

    def __reduce__(self) -> tuple[object, ...]:
        return _unpickle, (self.id, self._kind._values()[1:])

    def __repr__(self) -> str:
        return f"<Pod {self.id}>"


def _unpickle(pod_id: str, values: tuple[Any, ...]) -> Pod:
    return Pod(pod_id, **dict(zip(PodKind._fields[1:], values, strict=True)))


def read_pod(
    pod: Mapping[str, Any], spec: Mapping[str, Any], status: Mapping[str, Any]
) -> tuple[Pod, SelectorError | None]:
    """Return a pod from a Kubernetes object and its parts; and the first mistake in its rules.

    Then no node matches its placement, whose ``not_considered`` names the mistake. For a mistake
    in anything else, raise.
    """
    metadata = read_object(pod.get("metadata"), ("metadata",))
    if not (name := metadata.get("name")):
        raise structure_error("no-id", "the pod has no name", ("metadata", "name"))
    pod_id = f"{metadata.get('namespace') or 'default'}/{read_text(name, ('metadata', 'name'))}"
    part, mistake = "status", None
    try:
        resized = read_resized(status)
        part = "spec"
        requests = pod_requests(spec, resized)
        part = "metadata"
        given = read_labels(metadata.get("labels"), ("labels",))
        labels = {key: read_text(given[key], ("labels", key)) for key in given}
        part = "spec"
        try:
            placement = _placement(spec, labels, pod_id.partition("/")[0])
        except SelectorError as error:
            mistake = error.within("spec")
            words = f"its rules, which are not understood: {mistake.path}: {error.message}"
            placement = Placement(Selector.nothing(), not_considered=[words])
        ports = tuple(read_host_ports(spec))
        part = "metadata"
        result = Pod(
            pod_id,
            requests,
            labels=labels,
            placement=placement,
            ports=ports,
            owner=_read_owner(metadata),
            is_ending=metadata.get("deletionTimestamp") is not None,
        )
    except SelectorError as error:
        raise error.within(part) from None
    except InventoryError as error:
        raise structure_error(error.code, error.message, (part,), error.fix) from None
    return result, mistake


def read_parts(pod: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the spec and the status of a pod; raise if their fields are misspelt."""
    if pod.get("kind") not in (None, "Pod"):
        raise structure_error("not-a-pod", "expected an object of kind Pod", ("kind",))
    spec = read_mapping(pod.get("spec"), ("spec",), "pass whole pods: kubectl get pods -o json")
    status = read_object(pod.get("status"), ("status",))
    reject_typo(pod, ("status",), ())
    reject_typo(status, ("phase",), ("status",))
    for error in unknown_fields(spec).values():
        raise error.within("spec")
    return spec, status


# The fields of a pod spec, and of its containers, that decide where the pod can run.
_RULES = (
    *("affinity", "hostNetwork", "nodeSelector", "overhead", "priorityClassName"),
    *("resourceClaims", "resources", "runtimeClassName", "schedulerName", "schedulingGates"),
    *("tolerations", "topologySpreadConstraints"),
)
_CONTAINER_RULES = ("ports", "resources", "restartPolicy")

# The volumes that a pod can use on every node, some of which have a name of their own in each pod.
_PLAIN_VOLUMES = ("configMap", "downwardAPI", "emptyDir", "hostPath", "projected", "secret")

# The pods of a workload have the same rules.
_placements: dict[str, Placement] = {}
_MAX_PLACEMENTS = 4_096


def _placement(spec: Mapping[str, Any], labels: Mapping[str, str], namespace: str) -> Placement:
    """Return the placement of a pod without its node, from a cache if its rules are known."""
    rules = {name: spec[name] for name in _RULES if name in spec}

    def container(value: object, path: Path) -> Mapping[str, object]:
        fields = read_mapping(value, path)
        return {name: fields[name] for name in _CONTAINER_RULES if name in fields}

    for name in ("containers", "initContainers"):
        rules[name] = read_items(spec.get(name), (name,), container)
    volumes = read_items(spec.get("volumes"), ("volumes",), read_object)
    rules["volumes"] = [each for each in volumes if each.keys().isdisjoint(_PLAIN_VOLUMES)]
    text = repr((rules, labels, namespace))
    if (placement := _placements.get(text)) is None:
        if len(_placements) >= _MAX_PLACEMENTS:
            _placements.clear()
        placement = _placements[text] = Placement.from_pod_spec(
            rules, labels=labels, namespace=namespace
        )
    return placement


def _read_owner(metadata: Mapping[str, Any]) -> str:
    """Return the controller of a pod, such as ``ReplicaSet/web-5d4f``; empty without one.

    Of the mirror of a pod that a node runs by itself, it is a ``Node``.
    """
    owners = read_items(metadata.get("ownerReferences"), ("ownerReferences",), read_object)
    owner = next((each for each in owners if each.get("controller")), owners[0] if owners else None)
    if owner is None:
        annotations = read_object(metadata.get("annotations"), ("annotations",))
        return "Node/(mirror)" if "kubernetes.io/config.mirror" in annotations else ""
    return f"{owner.get('kind')}/{owner.get('name')}"


def workloads_of(pod: Pod) -> Iterator[str]:
    """Yield what a pod is part of: itself, such as ``Pod/web-x``, its owner, its Deployment."""
    yield f"Pod/{pod.id.rpartition('/')[2]}"
    yield pod.owner
    # A Deployment names its ReplicaSets after itself and this label.
    suffix = f"-{pod.labels.get('pod-template-hash')}"
    if pod.owner.startswith("ReplicaSet/") and pod.owner.endswith(suffix):
        yield f"Deployment/{pod.owner.removeprefix('ReplicaSet/').removesuffix(suffix)}"
