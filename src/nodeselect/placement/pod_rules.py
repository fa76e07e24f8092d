"""What a pod requires of the pods that run: affinity, anti-affinity, spread, ports of the node.

Source: kube-scheduler 1.34, the plugins InterPodAffinity, PodTopologySpread and NodePorts.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias, final

from nodeselect.decoded import read_items, read_labels, read_object, read_strings, read_text
from nodeselect.errors import SelectorError
from nodeselect.placement.toleration import Tolerations
from nodeselect.problem import Path
from nodeselect.selectors.frozen import FrozenFields, FrozenMapping
from nodeselect.selectors.label_selector import requirements_from_label_selector
from nodeselect.selectors.pod_spec import REQUIRED
from nodeselect.selectors.selector import AnyOf, Selector
from nodeselect.text import join_limited, printable

Namespaces: TypeAlias = Mapping[str, Mapping[str, str]]
"""The labels of each namespace, by name."""

RuleKind: TypeAlias = Literal["affinity", "anti-affinity", "symmetry", "spread", "port"]

ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - it is compared, not bound

_EVERYTHING = Selector.everything()
_HOSTNAME = "kubernetes.io/hostname"

# The label by which a controller tells the pods of one version of its template from all others. The
# API server adds it; what it will be is not known, but no pod that runs has it.
_VERSION_LABELS = {
    "DaemonSet": "controller-revision-hash",
    "Deployment": "pod-template-hash",
    "StatefulSet": "controller-revision-hash",
}
_NEW_VERSION = "(new)"


class HostPort(NamedTuple):
    """A port of the node that a pod uses.

    :param port: its number.
    :param protocol: ``TCP``, ``UDP`` or ``SCTP``.
    :param address: the address of the node; ``0.0.0.0`` stands for all.
    """

    port: int
    protocol: str = "TCP"
    address: str = ANY_ADDRESS

    def meets(self, other: "HostPort") -> bool:
        """Return whether two pods with these ports cannot be on one node.

        Addresses are compared as texts: ``::`` does not stand for all.
        """
        is_one = self.address == other.address or ANY_ADDRESS in (self.address, other.address)
        return is_one and self[:2] == other[:2]

    def __str__(self) -> str:
        address = "" if self.address == ANY_ADDRESS else f"{printable(self.address)}:"
        return f"{address}{self.port}/{printable(self.protocol)}"


class PodTerm(NamedTuple):
    """The pods that a term of a pod affinity or anti-affinity is about.

    :param topology_key: nodes with one value of this label are a domain.
    :param selector: selects pods by their labels; None selects none.
    :param namespaces: the namespaces of the pods.
    :param namespace_selector: selects more namespaces by their labels; None selects none.
    :param match_label_keys: the pods have the values of the pod whose term it is.
    :param mismatch_label_keys: they do not have these values.
    """

    topology_key: str
    selector: Selector | None
    namespaces: tuple[str, ...]
    namespace_selector: Selector | None = None
    match_label_keys: tuple[str, ...] = ()
    mismatch_label_keys: tuple[str, ...] = ()

    def takes(
        self, labels: Mapping[str, str], own: Mapping[str, str] | None, *, namespace: bool
    ) -> bool:
        """Return whether it is about a pod.

        :param labels: those of the pod.
        :param own: those of the pod whose term it is; None if it runs. Then the API server has
            added the values of the label keys to the selector, and the labels may have changed.
        :param namespace: whether it is about the pods of that namespace.
        """
        if not namespace or self.selector is None or not self.selector.predicate(labels, ""):
            return False
        if own is None:
            return True
        return _has_values(labels, own, self.match_label_keys) and not any(
            key in own and labels.get(key) == own[key] for key in self.mismatch_label_keys
        )

    def takes_namespace(self, name: str, labels: Mapping[str, str] | None) -> bool:
        """Return whether it is about the pods of a namespace.

        :param labels: those of the namespace; None if there is no object for it.
        """
        selector = self.namespace_selector
        if name in self.namespaces or selector == _EVERYTHING:
            return True
        return selector is not None and labels is not None and selector.predicate(labels, "")

    @property
    def needs_namespaces(self) -> bool:
        """Whether it depends on the labels of namespaces."""
        return self.namespace_selector not in (None, _EVERYTHING)

    def __str__(self) -> str:
        """Return the pods and the domain, such as ``pod app=web in its zone``."""
        return f"pod{_labels_text(self.selector)}{self._namespace_text} {_place(self.topology_key)}"

    @property
    def _namespace_text(self) -> str:
        if self.namespace_selector == _EVERYTHING:
            return " of any namespace"
        if self.namespace_selector is not None:
            return f" of the namespaces {self.namespace_selector}"
        return ""


class SpreadConstraint(NamedTuple):
    """A hard constraint on how pods are spread over domains.

    :param topology_key: nodes with one value of this label are a domain.
    :param max_skew: by how much the number of pods in a domain may exceed the smallest one.
    :param selector: selects pods by their labels; None selects none.
    :param min_domains: with fewer domains, the smallest number is 0.
    :param match_label_keys: the pods have the values of the pod whose constraint it is.
    :param honors_affinity: whether only nodes count that the node affinity of the pod selects.
    :param honors_taints: whether only nodes count whose taints the pod tolerates.
    """

    topology_key: str
    max_skew: int
    selector: Selector | None
    min_domains: int = 1
    match_label_keys: tuple[str, ...] = ()
    honors_affinity: bool = True
    honors_taints: bool = False

    def takes(self, labels: Mapping[str, str], own: Mapping[str, str]) -> bool:
        """Return whether a pod counts, by its labels and those of the pod to place.

        An empty selector counts no pod.
        """
        selector = self.selector
        if selector is None:
            return False
        if selector == _EVERYTHING and own.keys().isdisjoint(self.match_label_keys):
            return False
        return selector.predicate(labels, "") and _has_values(labels, own, self.match_label_keys)

    def takes_own(self, own: Mapping[str, str]) -> bool:
        """Return whether the pod to place counts itself; an empty selector does."""
        return self.selector is not None and self.selector.predicate(own, "")

    def __str__(self) -> str:
        """Return what it requires, such as ``zone has room for app=web (maxSkew 1)``."""
        what = _labels_text(self.selector) or " one more pod"
        return f"{_domain(self.topology_key)} has room for{what} (maxSkew {self.max_skew})"


# The kinds of rules between pods, in the words of :attr:`Placement.not_considered`.
KINDS = ("pod affinity", "pod anti-affinity", "topology spread", "host ports")


@final
class PodRules(FrozenFields):
    """What a pod requires of the pods that run, and what these may require of it. Frozen.

    :param namespace: the namespace of the pod, and ``labels``: its labels.
    :param affinity: the terms of its pod affinity: a pod that all of them take must be near.
    :param anti_affinity: the terms of its pod anti-affinity: no pod that one takes may be near.
    :param spread: its hard topology spread constraints.
    :param ports: the ports of the node that it uses.
    :param eligible: its node selector and node affinity, for constraints that honor them.
    """

    _fields = (
        *("namespace", "labels", "affinity", "anti_affinity", "spread", "ports"),
        "eligible",
    )
    __slots__ = _fields

    namespace: str
    labels: FrozenMapping[str, str]
    affinity: tuple[PodTerm, ...]
    anti_affinity: tuple[PodTerm, ...]
    spread: tuple[SpreadConstraint, ...]
    ports: tuple[HostPort, ...]
    eligible: Selector | AnyOf

    def __init__(
        self,
        namespace: str,
        labels: Mapping[str, str],
        affinity: Iterable[PodTerm] = (),
        anti_affinity: Iterable[PodTerm] = (),
        spread: Iterable[SpreadConstraint] = (),
        ports: Iterable[HostPort] = (),
        eligible: Selector | AnyOf = _EVERYTHING,
    ) -> None:
        self._set_fields(
            namespace, FrozenMapping(labels), tuple(affinity), tuple(anti_affinity), tuple(spread),
            tuple(ports), eligible,
        )  # fmt: skip

    @property
    def topology_keys(self) -> tuple[str, ...]:
        """The labels that a node must have for its affinity and spread."""
        keys = [each.topology_key for each in self.spread]
        return tuple(dict.fromkeys([*keys, *(each.topology_key for each in self.affinity)]))

    @property
    def kinds(self) -> tuple[str, ...]:
        """What these rules are, in the words of :attr:`Placement.not_considered`."""
        found = (self.affinity, self.anti_affinity, self.spread, self.ports)
        return tuple(words for words, rules in zip(KINDS, found, strict=True) if rules)

    @property
    def kinds_by_namespace(self) -> tuple[str, ...]:
        """Those of :attr:`kinds` that depend on the labels of namespaces."""
        found = {"pod affinity": self.affinity, "pod anti-affinity": self.anti_affinity}
        return tuple(
            words for words, terms in found.items() if any(each.needs_namespaces for each in terms)
        )

    def without(self, left_out: Collection[tuple[RuleKind, int]]) -> "PodRules":
        """Return a copy without those rules, pairs of a kind and a position."""
        lists: dict[str, tuple[RuleKind, tuple[Any, ...]]] = {
            "affinity": ("affinity", self.affinity),
            "anti_affinity": ("anti-affinity", self.anti_affinity),
            "spread": ("spread", self.spread),
            "ports": ("port", self.ports),
        }
        kept = {
            name: [each for at, each in enumerate(rules) if (kind, at) not in left_out]
            for name, (kind, rules) in lists.items()
        }
        return self.replace(**kept)

    def conditions(self, tolerations: Tolerations) -> "Iterator[PodRule]":
        """Yield a condition for each rule, and one for the rules of the pods that run."""
        lists: tuple[tuple[RuleKind, int], ...] = (
            ("affinity", len(self.affinity)), ("anti-affinity", len(self.anti_affinity)),
            ("symmetry", 1), ("spread", len(self.spread)), ("port", len(self.ports)),
        )  # fmt: skip
        for kind, count in lists:
            for position in range(count):
                yield PodRule(kind, position, self, tolerations)


class PodRule(NamedTuple):
    """One of the rules between a pod and those that run: at each moment, it excludes some nodes.

    :param kind: which of the ``rules`` it is one of; ``symmetry`` stands for those of all pods that
        run.
    :param position: its position there.
    """

    kind: RuleKind
    position: int
    rules: PodRules
    tolerations: Tolerations

    @property
    def topology_key(self) -> str | None:
        """The label whose values are the domains; None if each node is one, or several are."""
        match self.kind:
            case "affinity":
                return self.rules.affinity[self.position].topology_key
            case "anti-affinity":
                return self.rules.anti_affinity[self.position].topology_key
            case "spread":
                return self.rules.spread[self.position].topology_key
        return None

    def __str__(self) -> str:
        rules = self.rules
        match self.kind:
            case "affinity":
                return f"a {rules.affinity[self.position]}"
            case "anti-affinity":
                return f"no {rules.anti_affinity[self.position]}"
            case "spread":
                return str(rules.spread[self.position])
            case "port":
                return f"host port {rules.ports[self.position]} is free"
        labels = [f"{key}={text}" for key, text in rules.labels.items() if text != _NEW_VERSION]
        return f"no running pod keeps {printable(join_limited(labels, 2)) or 'it'} away"


def _has_values(labels: Mapping[str, str], own: Mapping[str, str], keys: Iterable[str]) -> bool:
    """Return whether labels have those of the ``own`` labels that have the ``keys``."""
    return all(labels.get(key) == own[key] for key in keys if key in own)


def _labels_text(selector: Selector | None) -> str:
    if selector is None:
        return " (of none)"
    return f" {selector}" if selector != _EVERYTHING else ""


def _domain(topology_key: str) -> str:
    """Return the word for a domain, such as ``zone`` for ``topology.kubernetes.io/zone``."""
    return "node" if topology_key == _HOSTNAME else printable(topology_key.rpartition("/")[2])


def _place(topology_key: str) -> str:
    return f"{'on' if topology_key == _HOSTNAME else 'in'} its {_domain(topology_key)}"


def read_pod_rules(
    spec: Mapping[str, Any],
    kind: str,
    labels: Mapping[str, str],
    namespace: str,
    eligible: Selector | AnyOf,
) -> PodRules:
    """Return the rules of a pod spec that :meth:`Placement.from_pod_spec` has read before.

    :param labels: those of the pod, or of the template of a ``kind``.
    """
    version = _VERSION_LABELS.get(kind)
    if version is not None and version not in labels:
        labels = {**labels, version: _NEW_VERSION}
    near, away = (
        read_items(
            read_object((spec.get("affinity") or {}).get(name), ("affinity", name)).get(REQUIRED),
            ("affinity", name, REQUIRED),
            partial(_read_term, namespace=namespace),
        )
        for name in ("podAffinity", "podAntiAffinity")
    )
    spread = [
        _read_constraint(each, ("topologySpreadConstraints", number))
        for number, each in enumerate(spec.get("topologySpreadConstraints") or ())
        if each["whenUnsatisfiable"] == "DoNotSchedule"
    ]
    ports = dict.fromkeys(read_host_ports(spec))
    return PodRules(namespace, labels, near, away, spread, ports, eligible)


def _read_term(value: object, path: Path, namespace: str) -> PodTerm:
    fields = read_object(value, path)
    names = tuple(sorted({*read_strings(fields.get("namespaces"), (*path, "namespaces"))}))
    of_namespaces = _read_selector(fields, "namespaceSelector", path)
    if not names and of_namespaces is None:
        names = (namespace,)
    return PodTerm(
        read_text(fields["topologyKey"], (*path, "topologyKey")),
        _read_selector(fields, "labelSelector", path),
        names,
        of_namespaces,
        _read_keys(fields, "matchLabelKeys", path),
        _read_keys(fields, "mismatchLabelKeys", path),
    )


def _read_constraint(value: object, path: Path) -> SpreadConstraint:
    fields = read_object(value, path)
    return SpreadConstraint(
        fields["topologyKey"],
        fields["maxSkew"],
        _read_selector(fields, "labelSelector", path),
        fields.get("minDomains") or 1,
        _read_keys(fields, "matchLabelKeys", path),
        fields.get("nodeAffinityPolicy") != "Ignore",
        fields.get("nodeTaintsPolicy") == "Honor",
    )


def _read_keys(fields: Mapping[str, Any], name: str, path: Path) -> tuple[str, ...]:
    return tuple(read_strings(fields.get(name), (*path, name)))


def _read_selector(fields: Mapping[str, Any], name: str, path: Path) -> Selector | None:
    """Return the selector of a field; None if it is null or absent, which selects nothing."""
    if (value := fields.get(name)) is None:
        return None
    try:
        value = read_object(value, ())
        return Selector.from_requirements(requirements_from_label_selector(value))
    except SelectorError as error:
        raise error.within(*path, name) from None


def read_host_ports(spec: Mapping[str, Any]) -> Iterator[HostPort]:
    """Yield the ports of the node that the containers and sidecars of a pod use."""
    is_host = spec.get("hostNetwork") is True

    def read(value: object, path: Path) -> list[HostPort]:
        container = read_object(value, path)
        if path[0] != "containers" and container.get("restartPolicy") != "Always":
            return []
        given = read_items(container.get("ports"), (*path, "ports"), read_object)
        ports = (
            (each.get("hostPort") or (each.get("containerPort") if is_host else 0), each)
            for each in given
        )
        return [
            HostPort(port, each.get("protocol") or "TCP", each.get("hostIP") or ANY_ADDRESS)
            for port, each in ports
            if port
        ]

    for name in ("containers", "initContainers"):
        for found in read_items(spec.get(name), (name,), read):
            yield from found


def read_namespace(record: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
    """Return the name and the labels of a Namespace, with the label that each has."""
    metadata = read_object(record.get("metadata"), ("metadata",))
    name = read_text(metadata.get("name"), ("metadata", "name"))
    at = ("metadata", "labels")
    labels = {
        key: read_text(text, (*at, key))
        for key, text in read_labels(metadata.get("labels"), at).items()
    }
    return name, {**labels, "kubernetes.io/metadata.name": name}
