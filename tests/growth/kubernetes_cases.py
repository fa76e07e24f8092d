"""Objects of Kubernetes with many labels, terms, names or conditions."""

from functools import partial
from typing import Any

from nodeselect.limits import LIMITS
from nodeselect.node import Node
from nodeselect.selectors import (
    Operator,
    Requirement,
    Selector,
    pod_spec_from_selectors,
    selectors_from_pod_spec,
)
from tests.growth.cases import case, rejected, words
from tests.growth.selector_cases import selector_of


def _label_selector(requirements: list[Requirement]) -> dict[str, Any]:
    label_selector = Selector.from_requirements(requirements).to_kubernetes()
    assert label_selector is not None
    return label_selector


def _of_kind(template: str, n: int) -> dict[str, Any]:
    return _label_selector(list(selector_of(template, n).requirements))


def _pod_spec(*terms: dict[str, Any]) -> dict[str, Any]:
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {"affinity": {"nodeAffinity": required}}


def _terms(n: int) -> dict[str, Any]:
    exists = [{"key": "k", "operator": "Exists"}]
    return _pod_spec(*[{"matchExpressions": exists} for _ in range(n)])


def _names(n: int) -> dict[str, Any]:
    names = [("In", "n-0"), *[("NotIn", f"n-{number}") for number in range(1, n)]]
    fields = [
        {"key": "metadata.name", "operator": operator, "values": [name]} for operator, name in names
    ]
    return _pod_spec({"matchFields": fields})


def _unknown_fields(n: int) -> dict[str, Any]:
    return dict.fromkeys(words(n)) | {"nodeselector": None}


def _node_object(n: int) -> dict[str, Any]:
    conditions = [{"type": word, "status": "True"} for word in words(n)]
    metadata = {"name": "n" * n, "labels": dict.fromkeys(words(min(n, LIMITS.node_labels)), "a")}
    return {"metadata": metadata, "status": {"conditions": conditions}}


def _add_cases() -> None:
    convert = lambda fields: Selector.from_kubernetes(fields).to_kubernetes()  # noqa: E731
    for kind in ("{}=a", "{}", "!{}", "{} in (a,b)"):
        build = partial(_of_kind, kind)
        case(f"kubernetes/labels/{kind}", convert, build, limit=LIMITS.requirements)
    pod = selectors_from_pod_spec
    in_values = lambda n: _label_selector([Requirement("k", Operator.IN, words(n))])  # noqa: E731
    case("kubernetes/values", convert, in_values, limit=LIMITS.values_in_set)
    wrong = lambda n: {"matchExpressions": [*_of_kind("{}", n)["matchExpressions"], 5]}  # noqa: E731
    invalid = rejected(Selector.from_kubernetes)
    case("kubernetes/wrong-type", invalid, wrong, limit=LIMITS.requirements)
    case("kubernetes/operators", lambda names: [Operator(name) for name in names], ["In"].__mul__)
    case("kubernetes/terms", pod, _terms)
    case("kubernetes/names", pod, _names)
    by_id = lambda names: pod_spec_from_selectors([Selector.of(match_ids=names)])  # noqa: E731
    case("kubernetes/ids", by_id, words)
    case("kubernetes/unknown-field", rejected(pod), _unknown_fields)
    case("kubernetes/node", Node.from_kubernetes, _node_object)


_add_cases()
