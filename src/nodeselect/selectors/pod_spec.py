"""The nodes that a Kubernetes pod can use: its node selector and required node affinity.

The terms of an affinity are alternatives. As a selector has no OR, each term becomes a selector; a
node must match one of them.

Source: Kubernetes component-helpers, ``GetRequiredNodeAffinity``, and the validation of pods by the
API server.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nodeselect.selectors.charset import is_prefix
from nodeselect.selectors.label_selector import (
    match_expression,
    read_fields,
    read_item,
    read_list,
    read_match_expressions,
    read_match_labels,
    read_text,
    structure_error,
)
from nodeselect.selectors.requirement import ID_KEY, Operator, Requirement, exclude_ids
from nodeselect.selectors.selector import Selector
from nodeselect.text import join_limited, printable, quoted

_AFFINITIES = ("nodeAffinity", "podAffinity", "podAntiAffinity")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_MATCH_FIELDS_OPERATORS = {"In": Operator.IN, "NotIn": Operator.NOT_IN}


def selectors_from_pod_spec(spec: Mapping[str, object]) -> tuple[Selector, ...]:
    """Return the selectors of a pod spec: a node must match one of them.

    >>> terms = [{"matchExpressions": [{"key": "gpu", "operator": "Exists"}]}]
    >>> required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    >>> spec = {"nodeSelector": {"region": "eu"}, "affinity": {"nodeAffinity": required}}
    >>> selectors_from_pod_spec(spec)
    (Selector('gpu,region=eu'),)

    - A node must match all of ``nodeSelector`` and one of the terms. For a spec without
      conditions, the only selector is ``Selector.everything()``.
    - An empty or null term matches no node and is left out. If all terms are empty, no selector is
      returned: no node matches. An empty list of terms is an error, as it is for the API server.
    - The names in ``nodeName``, and in ``matchFields`` for ``metadata.name``, become the ids of the
      selector. Those of ``NotIn`` become its ``excluded_ids``.
    - ``preferredDuringSchedulingIgnoredDuringExecution``, affinity to pods, taints, topology spread
      and resources are not read: they are not conditions on a node's labels.

    Keys and values must be valid, as the API server requires. An unknown field is an error in an
    affinity, and elsewhere in the spec if its name suggests that it is a condition on nodes.

    :param spec: a decoded PodSpec: the ``spec`` of a pod, or ``spec.template.spec`` of a workload.
    :raises SelectorError: if a part is invalid; ``path`` is its path in the spec.
    :raises TypeError: if ``spec`` is not a mapping.
    """
    if not isinstance(spec, Mapping):
        raise TypeError(f"a pod spec must be a mapping, not {type(spec).__name__}")
    _refuse_unknown(spec)
    name = spec.get("nodeName")
    pod = Selector.from_requirements(
        read_match_labels(spec.get("nodeSelector"), "nodeSelector"),
        None if name in (None, "") else [_node_name(name, "nodeName")],
    )
    affinity = read_fields(spec.get("affinity"), "affinity", _AFFINITIES)
    path = "affinity.nodeAffinity"
    node_affinity = read_fields(affinity.get("nodeAffinity"), path, (_REQUIRED, _PREFERRED))
    required = node_affinity.get(_REQUIRED)
    if required is None:
        return (pod,)
    return tuple(pod & term for term in _read_terms(required, f"{path}.{_REQUIRED}"))


def pod_spec_from_selectors(selectors: Iterable[Selector]) -> dict[str, Any]:
    """Return a pod spec that requires a node to match at least one of the selectors.

    >>> spec = pod_spec_from_selectors([Selector.parse("gpu>2"), Selector.parse("tier=a")])
    >>> selectors_from_pod_spec(spec)
    (Selector('gpu>2'), Selector('tier in (a)'))

    The pod spec has a required node affinity with a term for each selector. For a selector with
    ids, there is a term for each id, because a term can have only one name. If there are no
    selectors, or only ``Selector.nothing()``, the only term is empty and matches no node. If one of
    the selectors is ``Selector.everything()``, the pod spec is empty.

    :raises SelectorError: if an id cannot be the name of a node.
    """
    terms: list[dict[str, Any]] = []
    for selector in selectors:
        term: dict[str, Any] = {}
        on_labels = [each for each in selector.requirements if each.key != ID_KEY]
        if on_labels:
            term["matchExpressions"] = list(map(match_expression, on_labels))
        fields = _match_fields("NotIn", selector.excluded_ids)
        if fields:
            term["matchFields"] = fields
        if selector == Selector.everything():
            return {}
        if selector.ids is None:
            terms.append(term)
        else:
            terms += [
                term | {"matchFields": [field]} for field in _match_fields("In", selector.ids)
            ]
    return {"affinity": {"nodeAffinity": {_REQUIRED: {"nodeSelectorTerms": terms or [{}]}}}}


def _match_fields(operator: str, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return an item of ``matchFields`` for each id."""
    names = (_node_name(name, f"match_ids[{number}]") for number, name in enumerate(ids))
    return [{"key": "metadata.name", "operator": operator, "values": [name]} for name in names]


# The fields of a pod spec that are about nodes. Another name like these is a typo, or a field of a
# later version that may be a condition as well.
_NODE_FIELDS = ("nodeName", "nodeSelector", "affinity", "tolerations")
_NODE_WORD = "node|affin|finity|select|tolerat|taint"


# Fields of what a pod spec is in. Whoever gives that has conditions in it that would not be read.
_OUTER_FIELDS = ("apiVersion", "jobTemplate", "kind", "metadata", "spec", "status", "template")

# The other fields of a pod spec that are no objects or lists.
_SCALAR_FIELDS = frozenset({
    *("activeDeadlineSeconds", "automountServiceAccountToken", "deprecatedServiceAccount"),
    *("dnsPolicy", "enableServiceLinks", "hostIPC", "hostNetwork", "hostPID", "hostUsers"),
    *("hostname", "hostnameOverride", "preemptionPolicy", "priority", "priorityClassName"),
    *("restartPolicy", "runtimeClassName", "schedulerName", "serviceAccount"),
    *("serviceAccountName", "setHostnameAsFQDN", "shareProcessNamespace", "subdomain"),
    *("terminationGracePeriodSeconds",),
})  # fmt: skip


def _refuse_unknown(spec: Mapping[str, object]) -> None:
    has_null_selector = "nodeSelector" in spec and spec["nodeSelector"] is None
    for name, value in ((str(name), value) for name, value in spec.items()):
        if name in _OUTER_FIELDS:
            message = f"a pod spec has no field {quoted(name)}"
            hint = "a pod spec is the 'spec' of a Pod, or 'spec.template.spec' of a Deployment"
        elif has_null_selector and _is_unindented_label(name, value):
            message = f"nodeSelector is empty, and a pod spec has no field {quoted(name)}"
            hint = "if it is a label, indent it under nodeSelector"
        elif name not in _NODE_FIELDS and re.search(_NODE_WORD, name, re.IGNORECASE):
            message = f"there is no field {quoted(name)}"
            hint = f"fields that select nodes are {join_limited(_NODE_FIELDS, 4)}"
        else:
            continue
        raise structure_error("unknown-field", message, printable(name[:60]), hint)


def _is_unindented_label(name: str, value: object) -> bool:
    if name in _NODE_FIELDS or name in _SCALAR_FIELDS:
        return False
    if value is None:  # a null field that is none of these names may be an object or a list
        return not name.isalpha()
    return isinstance(value, (str, bool, int, float))


def _read_terms(value: object, path: str) -> list[Selector]:
    at_terms = f"{path}.nodeSelectorTerms"
    terms = read_list(
        read_fields(value, path, ("nodeSelectorTerms",)).get("nodeSelectorTerms"), at_terms
    )
    if not terms:
        hint = f"add a term, or remove {_REQUIRED}"
        raise structure_error("no-terms", "there must be at least one term", at_terms, hint)
    selectors = []
    for number, term in enumerate(terms):
        at_term = f"{at_terms}[{number}]"
        fields = read_fields(term, at_term, ("matchExpressions", "matchFields"))
        at_expressions = f"{at_term}.matchExpressions"
        requirements = read_match_expressions(fields.get("matchExpressions"), at_expressions)
        at_fields = f"{at_term}.matchFields"
        excluded, ids = _read_match_fields(fields.get("matchFields"), at_fields)
        requirements += excluded
        if requirements or ids is not None:  # an empty term matches no node
            selectors.append(Selector.from_requirements(requirements, ids))
    return selectors


def check_preferred_terms(spec: Mapping[str, Any]) -> None:
    """Raise if a preferred term of the node affinity is invalid; it excludes no node.

    :param spec: a PodSpec that :func:`selectors_from_pod_spec` accepts.
    :raises SelectorError: if a term is invalid; ``path`` is its path in the spec.
    """
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    path = f"affinity.nodeAffinity.{_PREFERRED}"
    for number, item in enumerate(read_list(affinity.get(_PREFERRED), path)):
        at_item = f"{path}[{number}]"
        fields = read_fields(item, at_item, ("weight", "preference"))
        weight = fields.get("weight")
        if type(weight) is not int or not 1 <= weight <= 100:
            message = "the weight must be an integer from 1 to 100"
            raise structure_error("invalid-weight", message, f"{at_item}.weight")
        at_term = f"{at_item}.preference"
        term = read_fields(fields.get("preference"), at_term, ("matchExpressions", "matchFields"))
        read_match_expressions(term.get("matchExpressions"), f"{at_term}.matchExpressions")
        _read_match_fields(term.get("matchFields"), f"{at_term}.matchFields")


def _read_match_fields(value: object, path: str) -> tuple[list[Requirement], set[str] | None]:
    """Return the requirements that exclude names, and the names that all ``In`` items allow.

    If there are no ``In`` items, the names are None: any name.
    """
    ids: set[str] | None = None
    excluded = []
    for number, item in enumerate(read_list(value, path)):
        at_item = f"{path}[{number}]"
        key, operator, values = read_item(item, at_item, _MATCH_FIELDS_OPERATORS)
        if key != "metadata.name":
            message = f"a node has no field {quoted(key)} to match"
            raise structure_error("unknown-field", message, f"{at_item}.key", "use 'metadata.name'")
        if len(values) != 1:
            message = f"expected one value, found {len(values)}"
            hint = "write a term for each name"
            raise structure_error("wrong-number-of-values", message, f"{at_item}.values", hint)
        name = _node_name(values[0], f"{at_item}.values[0]")
        if operator is Operator.NOT_IN:
            excluded.append(name)
        else:
            ids = {name} if ids is None else ids & {name}
    return exclude_ids(excluded), ids


def _node_name(value: object, path: str) -> str:
    name = read_text(value, path)
    if not is_prefix(name):  # the same rule: a name of DNS in lower case
        message = f"{quoted(name)} is not a valid name of a node"
        hint = "use letters in lower case, digits, '-' and '.'"
        raise structure_error("invalid-node-name", message, path, hint)
    return name
