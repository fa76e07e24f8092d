"""A model of the filters of kube-scheduler: slow, short, and written from their description alone.

Every way to answer a placement is compared with it. It reads objects of Kubernetes as decoded JSON
and knows nothing of nodeselect. What is not known of a node excludes no pod: its taints if it has
no ``spec``, its resources if it has no ``status.allocatable``.
"""

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from tests.naive import go_integer

Amounts = Mapping[str, int]

LABELS = "labels"
CORDON = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_SUFFIXES = {"m": Fraction(1, 1000), "": Fraction(1)} | {
    suffix: Fraction(factor)
    for suffix, factor in (
        ("k", 10**3),
        ("M", 10**6),
        ("Ki", 2**10),
        ("Mi", 2**20),
        ("Gi", 2**30),
        ("Ei", 2**60),
    )
}

# What the controller of DaemonSets adds to its pods.
_DAEMON_SET = [
    *(("not-ready", "NoExecute"), ("unreachable", "NoExecute"), ("unschedulable", "NoSchedule")),
    *((f"{name}-pressure", "NoSchedule") for name in ("disk", "memory", "pid")),
]


def failed_filters(
    spec: Mapping[str, Any], kind: str, node: Mapping[str, Any], used: Amounts
) -> set[str]:
    """Return what of a node a pod does not fit: ``labels``, ``KEY:EFFECT`` of taints, resources.

    :param spec: the PodSpec.
    :param kind: the kind of the object that has it.
    :param used: what the other pods on the node request, in the units of :func:`pod_requests`.
    """
    failed = set() if fits_labels(spec, node) else {LABELS}
    tolerated = list(tolerations(spec, kind))
    for taint in taints(node) or ():
        if taint["effect"] != "PreferNoSchedule" and not any(
            tolerates(toleration, taint) for toleration in tolerated
        ):
            failed.add(f"{taint['key']}:{taint['effect']}")
    has = allocatable(node)
    for resource, amount in pod_requests(spec).items():
        if has is not None and used.get(resource, 0) + amount > has.get(resource, 0):
            failed.add(resource)
    return failed


def taints(node: Mapping[str, Any]) -> list[dict[str, str]] | None:
    """Return the taints of a node, that of a cordon among them; None if they are not known."""
    if node.get("spec") is None:
        return None
    found = node["spec"].get("taints") or []
    return [*found, CORDON] if node["spec"].get("unschedulable") else found


def allocatable(node: Mapping[str, Any]) -> dict[str, int] | None:
    """Return the resources of a node for pods; None if they are not known."""
    found = node.get("status", {}).get("allocatable")
    return None if found is None else {name: _amount(name, text) for name, text in found.items()}


def tolerations(spec: Mapping[str, Any], kind: str) -> Iterator[dict[str, str]]:
    """Yield the tolerations of a pod, and those that Kubernetes adds."""
    yield from spec.get("tolerations") or []
    if kind == "DaemonSet":
        for name, effect in _DAEMON_SET:
            yield {"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": effect}
        if spec.get("hostNetwork"):
            key, effect = "node.kubernetes.io/network-unavailable", "NoSchedule"
            yield {"key": key, "operator": "Exists", "effect": effect}


def tolerates(toleration: Mapping[str, str], taint: Mapping[str, str]) -> bool:
    """Return whether a toleration covers a taint."""
    if toleration.get("effect", "") not in ("", taint["effect"]):
        return False
    if toleration.get("key", "") not in ("", taint["key"]):
        return False
    if toleration.get("operator") == "Exists":
        return True
    return toleration.get("value", "") == taint.get("value", "")


def pod_requests(spec: Mapping[str, Any]) -> dict[str, int]:
    """Return what a pod requests: millicores of cpu, whole units of all else, and to be one pod."""
    total: dict[str, Fraction] = {}
    sidecars: dict[str, Fraction] = {}
    peak: dict[str, Fraction] = {}
    for container in spec.get("containers") or []:
        total = _sum(total, _requests(container))
    for container in spec.get("initContainers") or []:
        if container.get("restartPolicy") == "Always":
            sidecars = _sum(sidecars, _requests(container))
            peak = _largest(peak, sidecars)
        else:
            peak = _largest(peak, _sum(_requests(container), sidecars))
    total = _largest(_sum(total, sidecars), peak)
    total = _sum(total, {name: _exact(text) for name, text in spec.get("overhead", {}).items()})
    rounded = {name: _round_up(name, amount) for name, amount in total.items()}
    return {name: amount for name, amount in rounded.items() if amount} | {"pods": 1}


def _requests(container: Mapping[str, Any]) -> dict[str, Fraction]:
    resources = container.get("resources", {})
    both = {**resources.get("limits", {}), **resources.get("requests", {})}
    return {name: _exact(text) for name, text in both.items()}


def _sum(one: dict[str, Fraction], other: dict[str, Fraction]) -> dict[str, Fraction]:
    zero = Fraction(0)
    return {name: one.get(name, zero) + other.get(name, zero) for name in {**one, **other}}


def _largest(one: dict[str, Fraction], other: dict[str, Fraction]) -> dict[str, Fraction]:
    zero = Fraction(0)
    return {name: max(one.get(name, zero), other.get(name, zero)) for name in {**one, **other}}


def _exact(text: str) -> Fraction:
    digits = text.rstrip("mkKMGEi")
    number: Fraction = Fraction(digits) * _SUFFIXES[text[len(digits) :]]
    return number


def _round_up(resource: str, exact: Fraction) -> int:
    return math.ceil(exact * 1000 if resource == "cpu" else exact)


def _amount(resource: str, text: str) -> int:
    return _round_up(resource, _exact(text))


def fits_labels(spec: Mapping[str, Any], node: Mapping[str, Any]) -> bool:
    """Return whether the labels and the name of a node are those that a pod requires."""
    name, labels = node["metadata"]["name"], node["metadata"].get("labels") or {}
    if spec.get("nodeName") not in (None, "", name):
        return False
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    affinity = spec.get("affinity", {}).get("nodeAffinity", {}).get(_REQUIRED)
    return affinity is None or any(
        _fits_term(term, name, labels) for term in affinity["nodeSelectorTerms"]
    )


def _fits_term(term: Mapping[str, Any], name: str, labels: Mapping[str, str]) -> bool:
    expressions, fields = term.get("matchExpressions") or [], term.get("matchFields") or []
    if not (expressions or fields):
        return False
    return all(_holds(each, labels.get(each["key"])) for each in expressions) and all(
        (each["operator"] == "In") == (each["values"] == [name]) for each in fields
    )


def _holds(expression: Mapping[str, Any], value: str | None) -> bool:
    values = expression.get("values", [])
    match expression["operator"]:
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "In":
            return value in values
        case "NotIn":
            return value not in values
    number, bound = go_integer(value or ""), go_integer(values[0])
    if number is None or bound is None:
        return False
    return number > bound if expression["operator"] == "Gt" else number < bound
