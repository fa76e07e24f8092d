"""The nodes that a Kubernetes pod can use: its node selector and required node affinity.

The terms of an affinity are alternatives. As a selector has no OR, each term becomes a selector; a
node must match one of them.

Source: Kubernetes component-helpers, ``GetRequiredNodeAffinity``, and the validation of pods by the
API server.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from nodeselect.decoded import read_fields, read_items, read_labels, read_text, structure_error
from nodeselect.errors import SelectorError
from nodeselect.problem import Fix, Key, Path, suggest_word
from nodeselect.selectors.charset import is_key, is_prefix, is_value
from nodeselect.selectors.label_selector import (
    match_expression,
    read_item,
    read_match_expressions,
    read_match_labels,
)
from nodeselect.selectors.requirement import ID_KEY, Operator, exclude_ids
from nodeselect.selectors.selector import Selector
from nodeselect.text import describe_json, join_limited, printable, quoted

AFFINITIES = ("nodeAffinity", "podAffinity", "podAntiAffinity")
"""The fields of an affinity."""

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
"""The fields of each of them."""

_MATCH_FIELDS_OPERATORS = {"In": Operator.IN, "NotIn": Operator.NOT_IN}


def selectors_from_pod_spec(spec: Mapping[str, object]) -> tuple[Selector, ...]:
    """Return the selectors of a pod spec: a node must match one of them.

    >>> terms = [{"matchExpressions": [{"key": "gpu", "operator": "Exists"}]}]
    >>> required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    >>> spec = {"nodeSelector": {"region": "eu"}, "affinity": {"nodeAffinity": required}}
    >>> selectors_from_pod_spec(spec)
    (Selector('gpu,region=eu'),)

    - Without conditions, the only selector is ``Selector.everything()``.
    - An empty or null term matches no node and is left out. If all terms are empty, no selector is
      returned: no node matches.
    - The names in ``nodeName`` and ``matchFields`` become ids, those of ``NotIn`` excluded ids.
    - What is not a condition on labels or names is not read; :class:`~nodeselect.Placement` does.

    The rules of the API server apply. An unknown field is an error in an affinity, and elsewhere if
    its name suggests a condition on nodes.

    :param spec: a decoded PodSpec: the ``spec`` of a pod, or ``spec.template.spec`` of a workload.
    :raises SelectorError: if a part is invalid; ``path`` is its path in the spec.
    :raises TypeError: if ``spec`` is not a mapping.
    """
    if not isinstance(spec, Mapping):
        raise TypeError(f"a pod spec must be a mapping, not {type(spec).__name__}")
    for error in unknown_fields(spec).values():
        raise error
    name = spec.get("nodeName")
    pod = _read_node_selector(spec.get("nodeSelector"), ("nodeSelector",))
    if name not in (None, ""):
        pod &= Selector.of(match_ids=[_read_node_name(name, ("nodeName",))])
    affinity = read_fields(spec.get("affinity"), ("affinity",), AFFINITIES)
    path = ("affinity", "nodeAffinity")
    node_affinity = read_fields(affinity.get("nodeAffinity"), path, (REQUIRED, PREFERRED))
    required = node_affinity.get(REQUIRED)
    if required is None:
        return (pod,)
    return tuple(pod & term for term in read_terms(required, (*path, REQUIRED)))


def pod_spec_from_selectors(selectors: Iterable[Selector]) -> dict[str, Any]:
    """Return a pod spec that requires a node to match at least one of the selectors.

    >>> spec = pod_spec_from_selectors([Selector.parse("gpu>2"), Selector.parse("tier=a")])
    >>> selectors_from_pod_spec(spec)
    (Selector('gpu>2'), Selector('tier in (a)'))

    It has a required node affinity with a term for each selector, and for each id of one. If no
    node can match, the only term is empty. If a selector is ``Selector.everything()``, so is the
    spec.

    :raises SelectorError: if an id cannot be the name of a node.
    """
    selectors = list(selectors)
    if Selector.everything() in selectors:
        return {}
    terms = affinity_terms(selectors) or [{}]
    return {"affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": terms}}}}


def affinity_terms(selectors: Iterable[Selector]) -> list[dict[str, Any]]:
    """Return the terms of a node affinity for selectors: one for each, and for each id of one."""
    terms: list[dict[str, Any]] = []
    for selector in selectors:
        term: dict[str, Any] = {}
        on_labels = [each for each in selector.requirements if each.key != ID_KEY]
        if on_labels:
            term["matchExpressions"] = list(map(match_expression, on_labels))
        fields = _match_fields("NotIn", selector.excluded_ids)
        if fields:
            term["matchFields"] = fields
        if selector.ids is None:
            terms.append(term)
        else:
            terms += [
                term | {"matchFields": [field]} for field in _match_fields("In", selector.ids)
            ]
    return terms


def term_text(selector: Selector) -> str | None:
    """Return a selector as a term of a node affinity, in JSON; None with ids, also excluded ones.

    An id need not be the name of a node of Kubernetes.
    """
    if selector.ids is not None or selector.excluded_ids:
        return None
    [term] = affinity_terms([selector])
    return printable(json.dumps(term))


def _match_fields(operator: str, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return an item of ``matchFields`` for each id."""
    names = (_read_node_name(name, ("match_ids", number)) for number, name in enumerate(ids))
    return [{"key": "metadata.name", "operator": operator, "values": [name]} for name in names]


# The fields of a pod spec that are about nodes. Another name like these is a typo, or a field of a
# later version that may be a condition as well.
_NODE_FIELDS = ("nodeName", "nodeSelector", "affinity", "tolerations")
NODE_WORD = "(?i:node|affin|finity|select|tolerat|taint)"
"""A pattern of the names of fields that are probably conditions on nodes."""

# Fields of what a pod spec is in, or of what is in it, with conditions that would not be read.
_OUTER_HINT = "a pod spec is the 'spec' of a Pod, or 'spec.template.spec' of a Deployment"
_OTHER_FIELDS = {
    **dict.fromkeys(("apiVersion", "jobTemplate", "kind", "metadata", "spec"), _OUTER_HINT),
    **dict.fromkeys(("status", "template"), _OUTER_HINT),
    **dict.fromkeys(("limits", "requests"), "move it under the 'resources' of a container"),
}

READ_FIELDS = frozenset({
    *("containers", "hostNetwork", "initContainers", "overhead", "priorityClassName"),
    *("resourceClaims", "resources", "runtimeClassName", "schedulerName", "schedulingGates"),
    *("topologySpreadConstraints", "volumes", *_NODE_FIELDS),
})  # fmt: skip
"""The fields of a pod spec that are read. Of its containers, the ports are read, too."""

_KNOWN_FIELDS = READ_FIELDS | {
    *("activeDeadlineSeconds", "automountServiceAccountToken", "deprecatedServiceAccount"),
    *("dnsConfig", "dnsPolicy", "enableServiceLinks", "ephemeralContainers", "hostAliases"),
    *("hostIPC", "hostPID", "hostUsers", "hostname", "hostnameOverride", "imagePullSecrets", "os"),
    *("preemptionPolicy", "priority", "readinessGates", "restartPolicy", "securityContext"),
    *("serviceAccount", "serviceAccountName", "setHostnameAsFQDN", "shareProcessNamespace"),
    *("subdomain", "terminationGracePeriodSeconds"),
}  # fmt: skip


@lru_cache(maxsize=4_096)  # many pods have the same fields
def _similar_fields(name: str) -> tuple[str, ...]:
    """Return the field that is read and that ``name`` was probably meant to be, if any."""
    start = name[:2].casefold()
    fields = [each for each in READ_FIELDS if each[0] in start and abs(len(each) - len(name)) < 4]
    fix = suggest_word(name, fields) if fields else None
    return (fix.replacement,) if fix and fix.replacement else ()


def unknown_fields(spec: Mapping[str, object]) -> dict[str, SelectorError]:
    """Return the errors for fields that a pod spec does not have and that may matter, by name."""
    errors: dict[str, SelectorError] = {}
    has_null_selector = "nodeSelector" in spec and spec["nodeSelector"] is None
    for key, value in spec.items():
        if key in _KNOWN_FIELDS:
            continue
        name = str(key)
        message, hint = f"there is no field {quoted(name)}", None
        if similar := _similar_fields(name[:30]):
            hint = suggest_word(name, similar, spec)
        if name in _OTHER_FIELDS:
            message, hint = f"a pod spec has no field {quoted(name)}", Fix(_OTHER_FIELDS[name])
        elif has_null_selector and _is_unindented_label(name, value):
            message = f"nodeSelector is empty, and a pod spec has no field {quoted(name)}"
            hint = Fix("if it is a label, indent it under nodeSelector")
        elif hint is None and not re.search(NODE_WORD, name):
            continue
        hint = hint or Fix(f"fields that select nodes are {join_limited(_NODE_FIELDS, 4)}")
        errors[key] = structure_error("unknown-field", message, (name,), hint)
    return errors


def _is_unindented_label(name: str, value: object) -> bool:
    if value is None:  # a null field whose name is unknown may be an object or a list
        return not name.isalpha()
    return isinstance(value, (str, bool, int, float))


def _read_node_selector(value: object, path: Path) -> Selector:
    """Return the selector of a ``nodeSelector``. If it was read before, this is one look-up."""
    labels = tuple(read_labels(value, path).items())
    is_plain = {type(text) for label in labels for text in label} <= {str}
    return (_cached_node_selector if is_plain else _node_selector)(labels, path)


def _node_selector(labels: tuple[tuple[str, Any], ...], path: Path) -> Selector:
    for key, value in labels:
        is_misplaced = key in ("affinity", "tolerations")
        if isinstance(value, list) or (is_misplaced and isinstance(value, dict)):
            message = f"expected a string, found {describe_json(value)}"
            hint = Fix("a nodeSelector has one value for each label")
            is_valid = is_key(key) and bool(value)
            if is_misplaced:
                hint = Fix("move it out of the nodeSelector")
            elif is_valid and all(isinstance(each, str) and is_value(each) for each in value):
                term = "under matchExpressions, in each term of a required node affinity"
                item = {"key": key, "operator": "In", "values": value}
                hint = Fix.write(
                    json.dumps(item), f"{hint.text}; for several, write instead {term}"
                )
            raise structure_error("wrong-type", message, (*path, Key(key)), hint, "a string")
    return Selector.from_requirements(read_match_labels(dict(labels), path))


_cached_node_selector = lru_cache(maxsize=4_096)(_node_selector)


def read_terms(value: object, path: Path) -> list[Selector]:
    """Return the selectors of a required node affinity; a node must match one of them."""
    fields, at_terms = (
        read_fields(value, path, ("nodeSelectorTerms",)),
        (*path, "nodeSelectorTerms"),
    )
    terms = read_items(fields.get("nodeSelectorTerms"), at_terms, _read_term)
    if not terms:
        hint = f"add a term, or remove {REQUIRED}"
        raise structure_error("no-terms", "there must be at least one term", at_terms, hint)
    return [term for term in terms if term is not None]


def _read_term(value: object, path: Path) -> Selector | None:
    """Return the selector of a term; None for an empty term, which matches no node."""
    fields = read_fields(value, path, ("matchExpressions", "matchFields"))
    at_expressions = (*path, "matchExpressions")
    requirements = read_match_expressions(fields.get("matchExpressions"), at_expressions)
    names = read_items(fields.get("matchFields"), (*path, "matchFields"), _read_match_field)
    if not requirements and not names:
        return None
    requirements += exclude_ids(name for operator, name in names if operator is Operator.NOT_IN)
    allowed = [{name} for operator, name in names if operator is Operator.IN]
    return Selector.from_requirements(requirements, set.intersection(*allowed) if allowed else None)


def _read_preferred_term(value: object, path: Path) -> Selector | None:
    """Return the selector of a preferred term, as :func:`_read_term` does.

    Its values need not be valid: ``ValidatePreferredSchedulingTerms`` of the API server.
    """
    fields = read_fields(value, path, ("weight", "preference"))
    weight = fields.get("weight")
    if type(weight) is not int or not 1 <= weight <= 100:
        message = "the weight must be an integer from 1 to 100"
        raise structure_error("invalid-weight", message, (*path, "weight"))
    try:
        return _read_term(fields.get("preference"), (*path, "preference"))
    except SelectorError as error:
        if error.code not in ("invalid-value", "not-an-integer", "value-too-long"):
            raise
        return None


def check_preferred_terms(spec: Mapping[str, Any]) -> None:
    """Raise if a preferred term of the node affinity is invalid; the rest must be valid."""
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    path = ("affinity", "nodeAffinity", PREFERRED)
    read_items(affinity.get(PREFERRED), path, _read_preferred_term)


def _read_match_field(value: object, path: Path) -> tuple[Operator, str]:
    """Return the operator and the name of an item of ``matchFields``."""
    key, operator, values = read_item(value, path, _MATCH_FIELDS_OPERATORS)
    if key != "metadata.name":
        message = f"a node has no field {quoted(key)} to match"
        raise structure_error("unknown-field", message, (*path, "key"), "use 'metadata.name'")
    if len(values) != 1:
        message = f"expected one value, found {len(values)}"
        hint = "write a term for each name"
        raise structure_error("wrong-number-of-values", message, (*path, "values"), hint)
    return operator, _read_node_name(values[0], (*path, "values", 0))


def _read_node_name(value: object, path: Path) -> str:
    name = read_text(value, path)
    if not is_prefix(name):  # the same rule: a name of DNS in lower case
        message = f"{quoted(name)} is not a valid name of a node"
        hint = "use letters in lower case, digits, '-' and '.'"
        raise structure_error("invalid-node-name", message, path, hint)
    return name
