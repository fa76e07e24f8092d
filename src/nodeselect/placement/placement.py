"""The nodes that a pod can use, as the filters of kube-scheduler decide.

Source: kube-scheduler, the plugins NodeName, NodeUnschedulable, NodeAffinity, TaintToleration and
NodeResourcesFit.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain, starmap
from types import MappingProxyType, NoneType
from typing import Any, TypeAlias, final

from nodeselect.decoded import (
    read_fields,
    read_items,
    read_object,
    read_text,
    reject_typo,
    structure_error,
)
from nodeselect.errors import InventoryError, SelectorError
from nodeselect.node import CORDON, Node, Taint, check_resources
from nodeselect.placement.pod_requests import (
    is_extended,
    pod_requests,
    resource_path,
)
from nodeselect.placement.pod_rules import KINDS, PodRule, PodRules, read_pod_rules
from nodeselect.placement.requirements import AtLeast, Tolerates, Uses
from nodeselect.placement.toleration import (
    DAEMON_SET_TOLERATIONS,
    NO_TOLERATIONS,
    Toleration,
    Tolerations,
    read_toleration,
)
from nodeselect.problem import Path
from nodeselect.selectors.charset import is_key
from nodeselect.selectors.diagnostics import key_error
from nodeselect.selectors.frozen import FrozenFields, FrozenMapping
from nodeselect.selectors.label_selector import requirements_from_label_selector
from nodeselect.selectors.pod_spec import (
    PREFERRED,
    REQUIRED,
    check_preferred_terms,
    selectors_from_pod_spec,
    unknown_fields,
)
from nodeselect.selectors.requirement import Operator, Requirement
from nodeselect.selectors.selector import AnyOf, Selector, require_condition
from nodeselect.text import describe_json, join_limited, pluralize, printable, to_exact_str

# What is not considered of a workload with several pods, unless they are placed one by one.
ONE_REPLICA = "replicas (the answer is for one)"

_EVERYTHING = Selector.everything()


@final
class Placement(FrozenFields):
    """What a pod requires of a node: labels, tolerated taints, and free resources. Frozen.

    >>> from nodeselect import Node, Taint
    >>> placement = Placement(Selector.parse("region=eu"), requests={"cpu": "2"})
    >>> placement.matches(Node("n-1", {"region": "eu"}, taints=[], resources={"cpu": "4"}))
    True
    >>> placement.matches(Node("n-2", {"region": "eu"}, taints=[Taint("gpu", "NoSchedule")]))
    False

    If the taints or the resources of a node are unknown, they do not exclude the node; nor does a
    taint with the effect ``PreferNoSchedule``.

    :param selector: what is required of the labels and the id.
    :param tolerations: the tolerations of the pod; duplicates are dropped.
    :param requests: how much the pod requests of each resource, of any name. An int is in
        millicores for ``cpu``, so that 2 is ``2m``, and in bytes or pieces for all others; a text
        is a quantity: ``"2"`` is 2,000 millicores. Sorted; 0 is dropped.
    :param not_considered: what else decides on the nodes of the pod, in words such as ``volumes``.
    :param possible_tolerations: those that the API server may add, which answers name as not
        considered. What ``tolerations`` cover is dropped.
    :param given: what other objects, such as volumes, require of ``selector``, by their names.
    :param pod_rules: what it requires of the pods that run, and its labels, which these may be
        about; None if neither matters. ``selector`` requires the topology keys.
    :raises SelectorError: if the name of a resource or an amount is invalid.
    """

    _fields = (
        "selector",
        "tolerations",
        "requests",
        "not_considered",
        "possible_tolerations",
        "given",
        "pod_rules",
    )
    __slots__ = ("_tolerations", *_fields)

    selector: Selector | AnyOf
    tolerations: tuple[Toleration, ...]
    requests: Mapping[str, int]
    not_considered: tuple[str, ...]
    possible_tolerations: tuple[Toleration, ...]
    given: Mapping[str, Selector | AnyOf]
    pod_rules: PodRules | None
    _tolerations: Tolerations

    def __init__(
        self,
        selector: Selector | AnyOf = _EVERYTHING,
        tolerations: Iterable[Toleration] = (),
        requests: Mapping[str, int | str] = MappingProxyType({}),
        not_considered: Iterable[str] = (),
        possible_tolerations: Iterable[Toleration] = (),
        given: Mapping[str, Selector | AnyOf] = MappingProxyType({}),
        pod_rules: PodRules | None = None,
    ) -> None:
        indexed = Tolerations(tolerations)
        possible = Tolerations(possible_tolerations).distinct
        possible = tuple(each for each in possible if not indexed.cover(each.key, each.effect))
        amounts = _read_requests(requests)
        words = dict.fromkeys(to_exact_str(each, "not_considered") for each in not_considered)
        selector = require_condition(selector)
        others = FrozenMapping({name: require_condition(each) for name, each in given.items()})
        if not isinstance(pod_rules, PodRules | None):
            raise TypeError(f"expected PodRules or None, not {type(pod_rules).__name__}")
        self._set_fields(
            selector, indexed.distinct, amounts, tuple(words), possible, others, pod_rules
        )
        object.__setattr__(self, "_tolerations", indexed)

    @classmethod
    def from_pod_spec(
        cls,
        spec: Mapping[str, Any],
        kind: str = "Pod",
        *,
        extended_resource_toleration: bool | None = None,
        labels: Mapping[str, str] | None = None,
        namespace: str = "default",
    ) -> "Placement":
        """Build the placement of a pod, with what Kubernetes adds.

        >>> gpu = {"resources": {"limits": {"nvidia.com/gpu": 1}}}
        >>> placement = Placement.from_pod_spec({"nodeName": "n-1", "containers": [gpu]})
        >>> placement.selector, placement.requests
        (Selector('<id in (n-1)>'), {'nvidia.com/gpu': 1, 'pods': 1})

        The rules of Kubernetes apply, also for limits and for the tolerations of a DaemonSet. What
        is read is validated as by the API server. Of a hard topology spread and a required pod
        affinity, a node must have the topology keys. What else may exclude nodes, such as volumes,
        is in :attr:`not_considered`.

        :param spec: the decoded ``spec`` of a pod, or ``spec.template.spec`` of a workload.
        :param kind: the kind of the object that has the pod spec, such as ``DaemonSet``.
        :param extended_resource_toleration: whether the API server adds tolerations of taints named
            like requested resources such as ``nvidia.com/gpu``; None if this is unknown.
        :param labels: those of the pod, or of the pod template: then :attr:`pod_rules` are read.
            With None, its rules about other pods are only named in :attr:`not_considered`.
        :param namespace: the namespace of the pod.
        :raises SelectorError: if a part is invalid; ``path`` is its place, such as
            ``tolerations[0].operator``.
        :raises TypeError: if ``spec`` is not a mapping.
        """
        terms = selectors_from_pod_spec(spec)
        check_preferred_terms(spec)
        read_items(spec.get("volumes"), ("volumes",), _check_volume)
        requests = pod_requests(spec, strict=True)
        of_containers = pod_requests({**spec, "overhead": None}) if "overhead" in spec else requests
        extended = sorted(filter(is_extended, of_containers))  # also of the amount 0, as the plugin
        possible = tuple(Toleration(each, "Exists", effect="NoSchedule") for each in extended)
        constraints = "topologySpreadConstraints"
        keys = read_items(spec.get(constraints), (constraints,), _read_topology_spread)
        path = ("affinity", "podAffinity")
        near = read_object((spec.get("affinity") or {}).get("podAffinity"), path)
        keys += read_items(near.get(REQUIRED), (*path, REQUIRED), _read_pod_term)
        if any(keys):
            terms = tuple(_with_keys(term, keys) for term in terms)
        tolerations = read_items(spec.get("tolerations"), ("tolerations",), read_toleration)
        has_host_network = spec.get("hostNetwork")
        if not isinstance(has_host_network, (bool, NoneType)):
            message = f"expected true or false, found {describe_json(has_host_network)}"
            raise structure_error("wrong-type", message, ("hostNetwork",))
        if kind == "DaemonSet":
            tolerations += DAEMON_SET_TOLERATIONS[: None if has_host_network else -1]
            possible = ()  # the controller decides with these, before the API server sees a pod
        if extended_resource_toleration is not None:
            tolerations += possible if extended_resource_toleration else ()
            possible = ()
        words, rules = [*_not_considered(spec)], None
        if labels is not None:
            own = {name: spec[name] for name in ("nodeSelector", "affinity") if name in spec}
            eligible = _one_of(selectors_from_pod_spec(own))
            rules = read_pod_rules(spec, kind, labels, namespace, eligible)
            words = [each for each in words if each not in KINDS]
        return cls(_one_of(terms), tolerations, requests, words, possible, pod_rules=rules)

    def matches(self, node: Node, usage: Uses | None = None) -> bool:
        """Return whether the pod can use a node. Cost: a few microseconds.

        :param usage: what the other pods on the nodes request; None if there are none.
        :raises ValueError: if it has rules about other pods, for which all nodes must be known.
        """
        if self.pod_rules is not None and self.pod_rules.kinds:
            raise ValueError("it has rules about other pods: call Inventory.match")
        labels, node_id, facts = node.labels, node.id, node._facts
        selector = self.selector
        for each in selector.selectors if isinstance(selector, AnyOf) else (selector,):
            if each.predicate(labels, node_id):
                break
        else:
            return False
        if facts is not None and facts.taints:
            exclude = self._tolerations.exclude
            for taint in facts.taints:
                if exclude(taint):
                    return False
        if facts is not None and facts.resources is not None:
            used = {} if usage is None else usage.of(node_id)
            for resource, amount in self.requests.items():
                if facts.resources.get(resource, 0) - used.get(resource, 0) < amount:
                    return False
        return True

    def is_evicted_by(self, taints: Iterable[Taint]) -> bool:
        """Return whether a pod that runs must leave a node with these ``taints``.

        That is so if one has the effect ``NoExecute`` and is not tolerated. For how many seconds it
        may be tolerated is not considered.
        """
        exclude = self._tolerations.exclude
        return any(taint.effect == "NoExecute" and exclude(taint) for taint in taints)

    def requirements(
        self, taints: Iterable[Taint] | None = None
    ) -> tuple[Tolerates | AtLeast, ...]:
        """Return what is required beside :attr:`selector`.

        :param taints: the taints of all nodes that are asked about; None for one requirement that
            all taints of a node are tolerated.
        """
        kinds = {("", "")}
        if taints is not None:
            kinds = {taint[:2] for taint in taints if NO_TOLERATIONS.exclude(taint)}
        return (
            *(Tolerates(key, effect, self._tolerations) for key, effect in sorted(kinds)),
            *starmap(AtLeast, self.requests.items()),
        )

    def pod_conditions(self) -> Iterator[PodRule]:
        """Yield the conditions of :attr:`pod_rules`."""
        if self.pod_rules is not None:
            yield from self.pod_rules.conditions(self._tolerations)

    def undecided(
        self,
        nodes: int = 0,
        without_taints: int = 0,
        without_resources: int = 0,
        *,
        about_pods: Iterable[str] | None = None,
    ) -> tuple[str, ...]:
        """Return what is not considered, and how many of ``nodes`` have unknown facts, in words.

        :param about_pods: what is unknown of other pods; None for all rules about them.
        """
        if about_pods is None:
            about_pods = () if self.pod_rules is None else self.pod_rules.kinds
        unknown = {"taints": without_taints, "resources": without_resources}
        words = (
            f"unknown {fact} of {unknown[fact]:,} of {pluralize(nodes, 'node')}"
            for fact in self.undecided_without
            if unknown[fact]
        )
        possible = self.possible_tolerations
        added = (f"{addition_text(possible)} (not assumed)",) if possible else ()
        return (*self.not_considered, *added, *words, *about_pods)

    @property
    def undecided_without(self) -> tuple[str, ...]:
        """The facts about a node that decide whether it matches: its taints, its resources."""
        facts = {"taints": not self._tolerations.cover(), "resources": bool(self.requests)}
        return tuple(name for name, decides in facts.items() if decides)

    def __str__(self) -> str:
        """Return the text of the selector and of the requests."""
        requests = [str(AtLeast(*each)) for each in self.requests.items()]
        text = str(self.selector)
        if requests and isinstance(self.selector, AnyOf):
            text = f"({text})"
        return ", ".join([*([text] if text else []), *requests])

    def __and__(self, selector: Selector | AnyOf) -> "Placement":
        """Return a placement that also requires ``selector``."""
        if not isinstance(selector, Selector | AnyOf):
            return NotImplemented
        return self.replace(selector=self.selector & selector)

    def __rand__(self, selector: Selector | AnyOf) -> "Placement":
        if not isinstance(selector, Selector | AnyOf):
            return NotImplemented
        return self.replace(selector=selector & self.selector)


def require_asked(asked: Selector | AnyOf | Placement) -> Selector | AnyOf | Placement:
    """Return ``asked``; raise ``TypeError`` if it is another type."""
    if isinstance(asked, (Selector, Placement)):
        return asked
    return require_condition(asked, "a Selector, an AnyOf or a Placement")


def tolerates_cordon(
    selector: Selector | AnyOf | Placement, states: Collection[str | None]
) -> bool:
    """Return whether nodes in ``states`` are cordoned, and a placement tolerates that."""
    is_tolerant = isinstance(selector, Placement) and not selector._tolerations.exclude(CORDON)
    return is_tolerant and "cordoned" in states


def label_part(selector: Selector | AnyOf | Placement) -> Selector | AnyOf:
    """Return what a placement requires of labels and ids; a selector as it is."""
    return selector.selector if isinstance(selector, Placement) else selector


def addition_text(tolerations: Iterable[Toleration]) -> str:
    """Return that it is unknown whether the API server adds ``tolerations``, in words."""
    keys = join_limited([printable(each.key) for each in tolerations])
    return f"whether the API server adds a toleration of {keys}"


# The kinds of volumes, other than claims, that a pod may not be able to use on every node.
_INLINE_DISKS = (
    *("awsElasticBlockStore", "azureDisk", "cinder", "gcePersistentDisk", "iscsi", "rbd"),
)

# Paths of fields that have further conditions on nodes, and words for these.
_CONDITIONS: dict[tuple[str, ...], str] = {
    ("affinity", "podAffinity", REQUIRED): "pod affinity",
    ("affinity", "podAntiAffinity", REQUIRED): "pod anti-affinity",
    **{("volumes", kind): "volumes" for kind in ("persistentVolumeClaim", "ephemeral")},
    **{("volumes", kind): "inline disks" for kind in _INLINE_DISKS},
    ("containers", "ports", "hostPort"): "host ports",
    ("initContainers", "ports", "hostPort"): "host ports",
    ("nodeName",): "a node name, with which a pod is not scheduled",
    ("priorityClassName",): "preemption",
    ("resourceClaims",): "resource claims",
    ("runtimeClassName",): "runtime class",
    ("schedulingGates",): "scheduling gates",
}


def _not_considered(spec: Mapping[str, Any]) -> Iterator[str]:
    """Yield words for what else decides on the nodes of a pod, from a valid pod spec."""
    for path, words in _CONDITIONS.items():
        if path[0] in spec and _has(spec, *path):
            yield words
    if spec.get("hostNetwork") and _has(spec, "containers", "ports"):
        yield "host ports"  # all ports are those of the host
    constraints = spec.get("topologySpreadConstraints") or ()
    if any(each["whenUnsatisfiable"] == "DoNotSchedule" for each in constraints):
        yield "topology spread"
    if spec.get("schedulerName") not in (None, "", "default-scheduler"):
        yield "another scheduler"


def _check_volume(value: object, path: Path) -> None:
    """Raise if a volume is probably a claim with a typo, of which nothing would be considered."""
    reject_typo(read_object(value, path), ("persistentVolumeClaim",), path)


def _has(value: object, *path: str) -> bool:
    """Return whether a path of fields, which may lead through lists, has a value."""
    if isinstance(value, (list, tuple)):
        for item in value:  # noqa: SIM110 - faster than any()
            if _has(item, *path):
                return True
        return False
    if not path:
        return bool(value)
    return isinstance(value, Mapping) and _has(value.get(path[0]), *path[1:])


_ACTIONS = ("DoNotSchedule", "ScheduleAnyway")
_SPREAD_REQUIRED = ("maxSkew", "topologyKey", "whenUnsatisfiable")
_SPREAD_FIELDS = (
    *(*_SPREAD_REQUIRED, "labelSelector", "minDomains", "matchLabelKeys"),
    *("nodeAffinityPolicy", "nodeTaintsPolicy"),
)


def _read_pod_term(value: object, path: Path) -> str:
    """Return the topology key of a term, which its nodes must have: filtering.go of the plugin."""
    fields = read_object(value, path)
    if fields.get("topologyKey") is None:
        raise structure_error("missing-field", "the field 'topologyKey' is missing", path)
    return _read_topology_key(fields, path)


def _read_topology_key(fields: Mapping[str, Any], path: Path) -> str:
    """Return a topology key; raise if it cannot be the key of a label, so that no node has it."""
    if not is_key(key := read_text(fields["topologyKey"], (*path, "topologyKey"))):
        raise key_error(key, 0, len(key)).at(*path, "topologyKey")
    return key


def _one_of(terms: Iterable[Selector]) -> Selector | AnyOf:
    terms = tuple(dict.fromkeys(terms))
    return AnyOf(terms) if len(terms) > 1 else next(iter(terms), Selector.nothing())


def _with_keys(term: Selector, keys: Iterable[str | None]) -> Selector:
    """Return a selector that also requires the ``keys``, if it does not do so already."""
    required = {each.key for each in term.requirements if not each.operator.matches_absent}
    missing = dict.fromkeys(key for key in keys if key is not None and key not in required)
    exist = [Requirement(key, Operator.EXISTS) for key in missing]
    return term & Selector.from_requirements(exist)


def _read_topology_spread(value: object, path: Path) -> str | None:
    """Return the topology key, which the nodes must have, of a hard constraint; None of a soft one.

    Raise if the API server would reject it. Source: ``validateTopologySpreadConstraints``; the
    plugin PodTopologySpread.
    """
    fields = read_fields(value, path, _SPREAD_FIELDS)
    for name in _SPREAD_REQUIRED:
        if fields.get(name) is None:
            raise structure_error("missing-field", f"the field '{name}' is missing", path)
    if type(skew := fields["maxSkew"]) is not int or skew < 1:
        message = "maxSkew must be an integer above 0"
        raise structure_error("invalid-spread", message, (*path, "maxSkew"))
    if (action := fields["whenUnsatisfiable"]) not in _ACTIONS:
        message = f"expected {join_limited(_ACTIONS, 2, 'or')}, found {describe_json(action)}"
        raise structure_error("invalid-spread", message, (*path, "whenUnsatisfiable"))
    key = _read_topology_key(fields, path)
    at_selector = (*path, "labelSelector")
    selector = read_object(fields.get("labelSelector"), at_selector)
    try:
        requirements_from_label_selector(selector)
    except SelectorError as error:
        raise error.within(*at_selector) from None
    return key if action == "DoNotSchedule" else None


def _read_requests(requests: Mapping[str, int | str]) -> FrozenMapping[str, int]:
    path: Path = ("requests",)
    try:
        amounts = check_resources(requests)
    except InventoryError as error:
        for resource in requests if error.code == "invalid-quantity" else ():
            with suppress(InventoryError):
                check_resources({resource: requests[resource]})
                continue
            path = resource_path(path, resource)
            break
        raise structure_error(error.code, error.message, path, error.fix) from None
    return FrozenMapping(amounts)


# How a value is split into parts: the fields of a mapping, the items of a list, or not at all.
_Split: TypeAlias = "dict[str, _Split] | list[_Split] | None"

_TERM: _Split = {"matchExpressions": [None], "matchFields": [None]}
_POD_SPEC: _Split = {
    "affinity": {
        "nodeAffinity": {
            REQUIRED: {"nodeSelectorTerms": [_TERM]},
            PREFERRED: [None],
        },
        "podAffinity": {REQUIRED: [None]},
    },
    "containers": [{}],
    "initContainers": [{}],
    "nodeSelector": {},
    "overhead": {},
    "tolerations": [None],
    "topologySpreadConstraints": [None],
}


def pod_spec_errors(spec: Mapping[str, Any]) -> list[SelectorError]:
    """Return the mistakes of a pod spec, with their paths; an empty list if there are none.

    Each label, each requirement of a required term, each preferred term, toleration, constraint and
    field of a container is read by itself, and has at most one mistake. A mistake that is only in
    the whole, such as a sum that is too large, is returned if there is no other. Cost: linear.

    :param spec: a decoded PodSpec, as for :meth:`Placement.from_pod_spec`.
    """
    unknown = unknown_fields(spec)
    errors = list(unknown.values())
    known = {name: field for name, field in spec.items() if name not in unknown}
    whole: tuple[Any, Path] = (known, ())
    for part, steps in chain(_parts(known, _POD_SPEC), [whole]):
        if part is known and errors:
            break
        try:
            Placement.from_pod_spec(part)
        except SelectorError as error:
            renumbered = zip(error.steps, steps, strict=False)  # each list has just this item
            first = [each if isinstance(each, int) else step for step, each in renumbered]
            errors.append(error.at(*first, *error.steps[len(first) :]))
    return errors


def _parts(value: Any, split: _Split) -> Iterator[tuple[Any, Path]]:
    """Yield copies of ``value`` with only one part each.

    With each copy, yield the steps to the part in ``value``: names of fields, numbers of items.
    """
    if isinstance(split, dict) and isinstance(value, Mapping) and value:
        for name, field in value.items():
            for part, steps in _parts(field, split.get(name)):
                yield {name: part}, (name, *steps)
    elif isinstance(split, list) and isinstance(value, (list, tuple)) and value:
        for number, item in enumerate(value):
            for part, steps in _parts(item, split[0]):
                yield [part], (number, *steps)
    else:
        yield value, ()
