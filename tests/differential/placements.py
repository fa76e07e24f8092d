"""Compare which nodes random pods can use, by nodeselect and by the filters of Kubernetes."""

import re
from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec

from nodeselect import Inventory, Node, Placement, SelectorError, Usage
from nodeselect.placement.requirements import AtLeast, Tolerates
from nodeselect.quantity import parse_quantity
from tests.differential.compare import Comparison
from tests.differential.kubernetes import Judge
from tests.property.strategies import BOUNDS, KEYS, LABEL_VALUES, VALUES

NODES = 4
"""The number of nodes in a case."""

_NAMES = ("n-1", "n-2", "n.3", "n-4", "n-5")
_EFFECTS = ("NoSchedule", "NoSchedule", "NoExecute", "PreferNoSchedule")
_TAINTS = ("x", "a/b", "node.kubernetes.io/unschedulable", "node.kubernetes.io/not-ready")
_TAINT_VALUES = ("", "", "a", "A")

# Sums of these are often equal to what a node has.
_CORES = ("0", "1n", "1m", "999u", "100m", "0.1", ".25", "1", "1.5", "1500m", "2", "1e0", 1, 0.5, 3)
_BYTES = ("0", "1", "0.5", "1023", "1Ki", "1.5Ki", "1k", "1e3", "0.0001Ki", "1Gi", "2Gi", 2**30)
_PIECES = ("0", "1", "2", "1k", "1e0", 1, 2)
_QUANTITIES: dict[str, tuple[Any, ...]] = {
    "cpu": _CORES,
    "memory": _BYTES,
    "ephemeral-storage": _BYTES,
    "hugepages-2Mi": ("2Mi", "4Mi", "0"),
    "nvidia.com/gpu": _PIECES,
    "example.com/x": _PIECES,
    "kubernetes.io/batch": _PIECES,
}
_COMMON = ("cpu", "memory", "nvidia.com/gpu")
_WRONG_RESOURCES = ("gpu", "pods", "requests.example.com/x", "a b", "", "-/x")
_WRONG_QUANTITIES = ("-1", "1K", "", "x", "1.5.5", "1e")
_DIGITS = ("0", "1", "5", "9", "10", "007", "999", "1024", "9223372036854775807", "1000000000001")
_SUFFIXES = (
    *("", "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"),
    *("e0", "e3", "E-3", "e+05", "e-30", "e18", "K", "ki", "e", "E+", "i", "m1", " "),
)


# Go reads these as 0.
_NO_DIGITS = re.compile(r"[+-]?\.?(?![0-9.])")


class PlacementCase(msgspec.Struct, frozen=True):
    """A PodSpec and the kind of object that has it, nodes with pods to try, and quantities."""

    kind: str
    spec: Any
    nodes: list[dict[str, Any]]
    quantities: list[str]


class NodeVerdict(msgspec.Struct, frozen=True):
    """Which filters a node passes; and the resources of which it has not enough."""

    name: bool
    cordon: bool
    affinity: bool
    taints: bool
    insufficient: list[str]


class QuantityVerdict(msgspec.Struct, frozen=True):
    """A quantity in units and thousandths; None if it is invalid, negative or too large."""

    value: int | None
    milli: int | None


class PlacementVerdict(msgspec.Struct, frozen=True):
    """What Kubernetes says of a case; if it rejects the PodSpec, only the quantities are known."""

    accepted: bool
    requests: dict[str, int]
    nodes: list[NodeVerdict]
    quantities: list[QuantityVerdict]


class PlacementComparison(Comparison[PlacementCase]):
    """The comparison of placements; a match is a node that a pod can use."""

    def compare(
        self,
        judge: Judge[PlacementCase, PlacementVerdict],
        cases: Iterator[PlacementCase],
        number: int,
    ) -> None:
        """Compare a number of cases."""
        for batch in self.batches(cases, number):
            for case, verdict in zip(batch, judge.judge(batch), strict=True):
                self.accepted += verdict.accepted
                self.matches += sum(map(_passes_all, verdict.nodes))
                if (text := difference(case, verdict)) is not None:
                    self.differences.append(f"{case}: {text}")


def difference(case: PlacementCase, verdict: PlacementVerdict) -> str | None:
    """Return what nodeselect does and Kubernetes does not, or None."""
    for text, quantity in zip(case.quantities, verdict.quantities, strict=True):
        ours = QuantityVerdict(_parsed("memory", text), _parsed("cpu", text))
        if ours != quantity and _NO_DIGITS.match(text) is None:
            return f"{text!r} is {ours}, not {quantity}"
    try:
        placement = Placement.from_pod_spec(case.spec, case.kind)
    except SelectorError as error:
        return f"rejected: {error}" if verdict.accepted else None
    if not verdict.accepted:
        return "accepted"
    requests = {name: amount for name, amount in verdict.requests.items() if amount}
    if placement.requests != requests:
        return f"requests {placement.requests}, not {requests}"
    usage = Usage(pod for each in case.nodes for pod in each["pods"])
    nodes = [Node.from_kubernetes(each["node"]) for each in case.nodes]
    for node, expected in zip(nodes, verdict.nodes, strict=True):
        requirements = placement.requirements(node.taints or ())
        unmet = [each for each in requirements if not each.is_met(node, usage)]
        found = (
            placement.selector.matches(node.labels, node.id),
            not any(isinstance(each, Tolerates) for each in unmet),
            sorted(each.resource for each in unmet if isinstance(each, AtLeast)),
            placement.matches(node, usage),
        )
        wanted = (
            expected.name and expected.affinity,
            expected.cordon and expected.taints,
            sorted(expected.insufficient),
            _passes_all(expected),
        )
        if found != wanted:
            return f"{node.id}: {found}, not {wanted}"
    ids = [
        node.id
        for node, expected in zip(nodes, verdict.nodes, strict=True)
        if _passes_all(expected)
    ]
    matching = Inventory(nodes).match(placement, usage=usage).ids()
    return None if matching == ids else f"the inventory finds {matching}, not {ids}"


def _passes_all(node: NodeVerdict) -> bool:
    passes = node.name and node.cordon and node.affinity and node.taints
    return passes and not node.insufficient


def _parsed(resource: str, text: str) -> int | None:
    try:
        return parse_quantity(resource, text)
    except ValueError:
        return None


def random_placements(seed: int) -> Iterator[PlacementCase]:
    """Yield cases without end, the same ones for the same seed."""
    random = Random(seed)
    while True:
        is_wrong = random.random() < 0.2
        names = random.sample(_NAMES, NODES)
        yield PlacementCase(
            random.choice(("Pod", "Deployment", "DaemonSet")),
            _pod_spec(random, is_wrong),
            [{"node": _node(random, name), "pods": _running(random, name)} for name in names],
            [_quantity(random) for _ in range(3)],
        )


def _pod_spec(random: Random, is_wrong: bool) -> dict[str, Any]:
    spec: dict[str, Any] = {"containers": _containers(random, is_wrong)}
    if random.random() < 0.4:
        spec["initContainers"] = _containers(random, is_wrong)
    if random.random() < 0.1:
        spec["resources"] = _resources(random, False, ("cpu", "memory"))
    if random.random() < 0.1:
        spec["overhead"] = _amounts(random, is_wrong, _COMMON[:2])
    if random.random() < 0.6:
        tolerations = [_toleration(random, is_wrong) for _ in range(random.randrange(4))]
        spec["tolerations"] = tolerations if random.random() < 0.95 else None
    if random.random() < 0.2:
        spec["hostNetwork"] = random.random() < 0.5
    if random.random() < 0.05:
        spec["nodeName"] = random.choice((*_NAMES, ""))
    if random.random() < 0.1:
        spec["nodeSelector"] = {random.choice(KEYS): random.choice(VALUES)}
    if random.random() < 0.2:
        terms = {"nodeSelectorTerms": [_term(random) for _ in range(random.choice((1, 2, 3)))]}
        required = {"requiredDuringSchedulingIgnoredDuringExecution": terms}
        spec["affinity"] = {"nodeAffinity": required}
    return spec


def _containers(random: Random, is_wrong: bool) -> list[dict[str, Any]]:
    containers = []
    for _ in range(random.choice((0, 1, 1, 2, 3))):
        container: dict[str, Any] = {"name": "c"}
        if random.random() < 0.7:
            container["resources"] = _resources(random, is_wrong, tuple(_QUANTITIES))
        if random.random() < 0.2:
            container["restartPolicy"] = "Always"  # ignored, if it is no init container
        containers.append(container)
    return containers


def _resources(random: Random, is_wrong: bool, names: tuple[str, ...]) -> dict[str, Any] | None:
    if random.random() < 0.05:
        return None
    requests = _amounts(random, is_wrong, names)
    limits = _amounts(random, is_wrong, names)
    if not is_wrong:  # what must be equal is, and no request is above its limit
        for name in list(requests or ()):
            assert requests is not None
            if name not in ("cpu", "memory", "ephemeral-storage", "kubernetes.io/batch"):
                limits = {**(limits or {}), name: requests[name]}
            elif limits is not None:
                limits.pop(name, None)
    return {"requests": requests, "limits": limits}


def _amounts(random: Random, is_wrong: bool, names: tuple[str, ...]) -> dict[str, Any] | None:
    if random.random() < 0.2:
        return None
    amounts = {}
    for _ in range(random.randrange(4)):
        name = random.choice(names if random.random() < 0.5 or len(names) < 3 else _COMMON)
        amounts[name] = random.choice(_QUANTITIES[name])
        if is_wrong and random.random() < 0.05:
            amounts[name] = random.choice(_WRONG_QUANTITIES)
        if is_wrong and random.random() < 0.05:
            amounts[random.choice(_WRONG_RESOURCES)] = "1"
    return amounts


def _toleration(random: Random, is_wrong: bool) -> dict[str, Any]:
    toleration: dict[str, Any] = {"key": random.choice(_TAINTS), "operator": "Exists"}
    if random.random() < 0.5:
        toleration |= {"value": random.choice(_TAINT_VALUES), "operator": "Equal"}
    elif random.random() < 0.2:
        toleration["key"] = random.choice((None, ""))
    if random.random() < 0.5:
        toleration["effect"] = random.choice((*_EFFECTS, "", None))
    if toleration["operator"] == "Equal" and random.random() < 0.3:
        toleration["operator"] = random.choice((None, ""))
    if toleration.get("effect") == "NoExecute" and random.random() < 0.3:
        toleration["tolerationSeconds"] = random.choice((0, 300, -1, None))
    if is_wrong and random.random() < 0.4:
        field, values = random.choice((
            ("key", ("", "a b", "-", "A/x", "x/", "a" * 63, "a" * 64, "a/" + "b" * 63)),
            ("operator", ("", "Equal", "Exists", "exists", "Gt", "In")),
            ("value", ("", "a", "-", "a b", "a" * 63, "a" * 64)),
            ("effect", ("", "NoSchedule", "noSchedule", "x")),
            ("tolerationSeconds", (0, 1)),
        ))  # fmt: skip
        toleration[field] = random.choice(values)
    return toleration


def _term(random: Random) -> dict[str, Any] | None:
    if random.random() < 0.1:
        return random.choice((None, {}))
    term: dict[str, Any] = {}
    if random.random() < 0.8:
        operator = random.choice(("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"))
        values = random.choices(VALUES, k=2) if operator.endswith("In") else [random.choice(BOUNDS)]
        expression = {"key": random.choice(KEYS), "operator": operator, "values": values}
        if "Exist" in operator:
            del expression["values"]
        term["matchExpressions"] = [expression]
    if random.random() < 0.4:
        operator, values = random.choice(("In", "NotIn")), [random.choice(_NAMES)]
        term["matchFields"] = [{"key": "metadata.name", "operator": operator, "values": values}]
    return term


def _node(random: Random, name: str) -> dict[str, Any]:
    labels = {random.choice(KEYS): random.choice(LABEL_VALUES) for _ in range(random.randrange(4))}
    spec: dict[str, Any] = {}
    if random.random() < 0.5:
        spec["taints"] = [_taint(random) for _ in range(random.choice((0, 1, 1, 2, 3)))]
    if random.random() < 0.15:
        spec["unschedulable"] = random.random() < 0.8
    allocatable = {"cpu": random.choice(_CORES), "memory": random.choice(_BYTES)}
    for _ in range(random.randrange(1, 5)):
        resource = random.choice(tuple(_QUANTITIES))
        allocatable[resource] = random.choice(_QUANTITIES[resource])
    if random.random() < 0.6:  # with enough of all that is asked most
        allocatable |= {"cpu": "64", "memory": "1Ti", "ephemeral-storage": "1Ti"}
        allocatable |= {"nvidia.com/gpu": "8k", "example.com/x": "8k"}
    if random.random() < 0.95:
        allocatable["pods"] = random.choice(("0", "1", "2", "3", "110"))
    allocatable = {resource: str(amount) for resource, amount in allocatable.items()}
    status = {"allocatable": allocatable}
    return {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": status}


def _taint(random: Random) -> dict[str, Any]:
    taint = {"key": random.choice(_TAINTS), "effect": random.choice(_EFFECTS)}
    value = random.choice(_TAINT_VALUES)
    return taint | {"value": value} if value else taint


def _running(random: Random, node: str) -> list[dict[str, Any]]:
    pods = []
    for number in range(random.choice((0, 0, 1, 2))):
        spec = {"nodeName": node, "containers": _containers(random, False)}
        if random.random() < 0.2:
            spec["initContainers"] = _containers(random, False)
        phase = random.choice(("Running", "Running", "Pending", "Succeeded", "Failed", ""))
        metadata = {"name": f"{node}-{number}"}
        pods.append({"metadata": metadata, "spec": spec, "status": {"phase": phase}})
    return pods


def _quantity(random: Random) -> str:
    text = random.choice(("", "", "", "+", "-", " ")) + random.choice(_DIGITS)
    if random.random() < 0.4:
        text += random.choice((".", ".5", ".0", ".001", ".0000000001", "..5"))
    text += random.choice(_SUFFIXES)
    return text[random.random() < 0.05 :]
