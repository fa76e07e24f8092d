"""Compare what nodeselect and Kubernetes do with the same random objects that select nodes."""

import copy
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import msgspec

from nodeselect.errors import SelectorError
from nodeselect.selectors import Selector, pod_spec_from_selectors, selectors_from_pod_spec
from tests.differential.compare import Comparison
from tests.differential.kubernetes import Judge
from tests.property.strategies import BOUNDS, KEYS, LABEL_VALUES, VALUES

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_NAMES = ("n-1", "n-2", "n.3")
_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
_JUNK: tuple[Any, ...] = (
    *(None, None, True, 5, 1.5, "", "a b", "In", "a" * 64, "n_1"),
    *([], {}, [None], {"a": "b"}),
)
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
# Fields that nodeselect ignores, whatever is in them; and unknown fields, if they are in the pod.
_IGNORED = {"podAffinity", _PREFERRED}
_UNKNOWN = {"label", *KEYS}


class Node(msgspec.Struct, frozen=True):
    """A node to try."""

    name: str
    labels: dict[str, str]


class ObjectCase(msgspec.Struct, frozen=True):
    """A LabelSelector or a PodSpec as decoded JSON, and nodes to try."""

    nodes: list[Node]
    label_selector: Any = msgspec.UNSET
    pod_spec: Any = msgspec.UNSET


class ObjectVerdict(msgspec.Struct, frozen=True):
    """What Kubernetes says of a case: whether it is valid, and which nodes match."""

    accepted: bool
    matches: list[bool]


class ObjectComparison(Comparison[ObjectCase]):
    """The comparison of objects."""

    def compare(
        self, judge: Judge[ObjectCase, ObjectVerdict], cases: Iterator[ObjectCase], number: int
    ) -> None:
        """Compare a number of cases, and for valid LabelSelectors what they become again."""
        for batch in self.batches(cases, number):
            verdicts = judge.judge(batch)
            self.accepted += sum(verdict.accepted for verdict in verdicts)
            self.matches += sum(sum(verdict.matches) for verdict in verdicts)
            returned = []
            for case, verdict in zip(batch, verdicts, strict=True):
                if (text := difference(case, verdict)) is not None:
                    self.differences.append(f"{case}: {text}")
                elif verdict.accepted and (again := _again(case)) is not None:
                    returned.append((again, verdict))
            for (case, old), new in zip(
                returned, judge.judge([case for case, _ in returned]), strict=True
            ):
                if new != old:
                    self.differences.append(f"{case} has other verdicts than before")


def difference(case: ObjectCase, verdict: ObjectVerdict) -> str | None:
    """Return what nodeselect does and Kubernetes does not, or None."""
    try:
        selectors = _selectors(case)
    except SelectorError as error:
        return f"rejected: {error}" if verdict.accepted and not _is_stricter(error) else None
    if not verdict.accepted:
        return "accepted"
    matches = [
        any(selector.matches(node.labels, node.name) for selector in selectors)
        for node in case.nodes
    ]
    return None if matches == verdict.matches else f"{matches}, not {verdict.matches}"


def _selectors(case: ObjectCase) -> tuple[Selector, ...]:
    if case.pod_spec is msgspec.UNSET:
        return (Selector.from_kubernetes(case.label_selector),)
    return selectors_from_pod_spec(case.pod_spec)


def _is_stricter(error: SelectorError) -> bool:
    """Return whether only nodeselect rejects what raised ``error``.

    Go reads null as the empty string.
    """
    return error.code == "wrong-type" and error.message == "expected a string, found null"


def _again(case: ObjectCase) -> ObjectCase | None:
    """Return the case with its object converted to selectors and back; None if it is stricter."""
    try:
        selectors = _selectors(case)
    except SelectorError:
        return None
    if case.pod_spec is msgspec.UNSET:
        return ObjectCase(case.nodes, label_selector=selectors[0].to_kubernetes())
    return ObjectCase(case.nodes, pod_spec=pod_spec_from_selectors(selectors))


def random_objects(seed: int) -> Iterator[ObjectCase]:
    """Yield cases without end, the same ones for the same seed."""
    random = Random(seed)
    while True:
        is_pod = random.random() < 0.6
        value: Any = _pod_spec(random) if is_pod else _label_selector(random)
        if random.random() < 0.4:
            value = _mutated(random, value)
        if is_pod and isinstance(value, dict) and value.keys().isdisjoint(_UNKNOWN):
            yield ObjectCase(_nodes(random), pod_spec=value)
        if not is_pod and (value is None or isinstance(value, dict)):
            yield ObjectCase(_nodes(random), label_selector=value)


def _label_selector(random: Random) -> dict[str, Any] | None:
    fields: list[tuple[str, Callable[[Random], Any]]] = [
        ("matchLabels", _labels),
        ("matchExpressions", _expressions(_OPERATORS[:4])),
    ]
    return None if random.random() < 0.02 else _some(random, fields)


def _pod_spec(random: Random) -> dict[str, Any]:
    affinity = [("nodeAffinity", _node_affinity), ("podAffinity", _empty)]
    fields: list[tuple[str, Callable[[Random], Any]]] = [
        ("nodeSelector", _labels),
        ("affinity", lambda random: _some(random, affinity, 0.9)),
        ("affinity", lambda random: _some(random, affinity, 0.9)),
    ]
    spec = _some(random, fields)
    if random.random() < 0.1:
        spec["nodeName"] = random.choice((*_NAMES, "", "N_1"))
    return spec


def _node_affinity(random: Random) -> dict[str, Any]:
    required = {"nodeSelectorTerms": [_term(random) for _ in range(random.choice((0, 1, 1, 2, 3)))]}
    return {_REQUIRED: required} | ({_PREFERRED: []} if random.random() < 0.1 else {})


def _term(random: Random) -> dict[str, Any] | None:
    fields: list[tuple[str, Callable[[Random], Any]]] = [
        ("matchExpressions", _expressions(_OPERATORS)),
        ("matchFields", _match_fields),
    ]
    return None if random.random() < 0.05 else _some(random, fields, 0.6)


def _match_fields(random: Random) -> list[dict[str, Any]]:
    number = random.choice((0, 1, 1, 1, 2, 3))
    return [
        {
            "key": "metadata.name" if random.random() < 0.97 else "metadata.labels",
            "operator": random.choice(("In", "In", "NotIn")),
            "values": [random.choice(_NAMES)] if random.random() < 0.95 else list(_NAMES),
        }
        for _ in range(number)
    ]


def _expressions(operators: tuple[str, ...]) -> Callable[[Random], list[dict[str, Any]]]:
    return lambda random: [
        _expression(random, random.choice(operators)) for _ in range(random.choice((0, 1, 1, 2, 3)))
    ]


def _expression(random: Random, operator: str) -> dict[str, Any]:
    expression: dict[str, Any] = {"key": random.choice(KEYS), "operator": operator}
    if operator in ("Gt", "Lt"):
        expression["values"] = [random.choice(BOUNDS)]
    elif operator in ("In", "NotIn"):
        expression["values"] = random.choices(VALUES, k=random.choice((1, 1, 2, 3, 3)))
    elif random.random() < 0.3:
        expression["values"] = random.choice((None, []))
    return expression


def _labels(random: Random, values: tuple[str, ...] = VALUES) -> dict[str, str]:
    return {random.choice(KEYS): random.choice(values) for _ in range(random.randrange(4))}


def _empty(_: Random) -> dict[str, Any]:
    return {}


def _nodes(random: Random) -> list[Node]:
    return [Node(random.choice(_NAMES), _labels(random, LABEL_VALUES)) for _ in range(4)]


def _some(
    random: Random, fields: list[tuple[str, Callable[[Random], Any]]], share: float = 0.7
) -> dict[str, Any]:
    """Return some of the fields; a few of them are null."""
    return {
        name: build(random) if random.random() < 0.97 else None
        for name, build in fields
        if random.random() < share
    }


def _mutated(random: Random, value: Any) -> Any:
    """Return the value with something in it replaced, removed, inserted or renamed."""
    value = copy.deepcopy(value)
    places = list(_places(value))
    if not places:
        return value
    parent, key = random.choice(places)
    match random.randrange(5):
        case 0:
            del parent[key]
        case 1 if isinstance(parent, dict):
            names = (f"{key}s", key.lower(), "label", *KEYS)
            parent[random.choice(names)] = parent.pop(key)
        case 2 if isinstance(parent, list):
            parent.insert(key, random.choice(_JUNK))
        case _:
            parent[key] = random.choice((*_JUNK, *_OPERATORS, *LABEL_VALUES))
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place in a value: the dict or list, and the key or index in it."""
    if isinstance(value, (dict, list)):
        for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
            if key not in _IGNORED:
                yield value, key
                yield from _places(item)
