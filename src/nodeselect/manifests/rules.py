"""Rules about valid pod specs that probably do not mean what their authors think."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from nodeselect.documents import List, Object, Scalar, Value, find, text_of, to_python
from nodeselect.errors import SelectorError
from nodeselect.findings.node_count import CountNodes
from nodeselect.findings.rule import Finding, Findings, rule
from nodeselect.problem import Fix, Key, Path
from nodeselect.renamed_keys import NEW_KEYS
from nodeselect.selectors import AnyOf, Operator, Requirement, Selector
from nodeselect.selectors.algebra import implies, only_negates, require_all
from nodeselect.selectors.pod_spec import REQUIRED, read_terms, term_text
from nodeselect.text import pluralize, quoted

if TYPE_CHECKING:
    from nodeselect.placement import Placement


# The fields of a pod spec that have the keys of labels or taints of nodes.
_NODE_FIELDS = ("nodeSelector", "affinity", "tolerations", "topologySpreadConstraints")

# The labels that controllers of Kubernetes add to their pods.
_ADDED_LABELS = frozenset({
    *("apps.kubernetes.io/pod-index", "batch.kubernetes.io/controller-uid", "controller-uid"),
    *("batch.kubernetes.io/job-completion-index", "batch.kubernetes.io/job-name", "job-name"),
    *("controller-revision-hash", "pod-template-hash", "rollouts-pod-template-hash"),
    "statefulset.kubernetes.io/pod-name",
})  # fmt: skip

_rule = partial(rule, "kubernetes", severity="warning")


# Returns how many nodes match a pod, and how many also if it has a new key beside the old one.
_CountWithKey: TypeAlias = Callable[[str, str], tuple[int, int]]


def check_pod(
    spec: Object,
    path: Path,
    labels: Mapping[str, str] | None,
    count: _CountWithKey | None = None,
) -> Findings:
    """Yield what is doubtful in a valid pod spec.

    :param path: the path of the pod spec in its object.
    :param labels: the labels of the pods; None if they are unknown.
    :param count: :func:`count_with_key` for the pod, if nodes are known.
    """
    yield from _deprecated_labels(spec, path, count)
    if path[1:] and text_of(spec, "nodeName"):
        yield from _fixed_node(spec.entries["nodeName"][1], (*path, "nodeName"))
    terms = ("affinity", "nodeAffinity", REQUIRED)
    if (required := find(spec, terms)) is not None:
        yield from _negated_terms(required, (*path, *terms))
    if labels is not None:
        yield from _not_own_labels(spec, path, ("affinity", "podAntiAffinity", REQUIRED), labels)
        yield from _not_own_labels(spec, path, ("topologySpreadConstraints",), labels)


@_rule(
    "deprecated-label",
    "a label or a taint that Kubernetes has renamed",
    "New nodes lack old names, such as the taint node-role.kubernetes.io/master.",
)
def _deprecated_labels(spec: Object, path: Path, count: _CountWithKey | None) -> Findings:
    fields = {name: spec.entries[name] for name in _NODE_FIELDS if name in spec.entries}
    taints = fields.pop("tolerations", None)
    keys = list(_node_keys(Object(fields, spec.position), path))
    yield from _renamed(keys, partial(_replace_label, count=count))
    if taints is not None:
        keys = list(_node_keys(taints[1], (*path, "tolerations")))
        items = taints[1].items if isinstance(taints[1], List) else ()
        if all(text_of(each, "key") for each in items):  # otherwise, all taints are tolerated
            yield from _renamed(keys, _add_toleration)


def _add_toleration(_: str, new: str) -> Fix:
    return Fix.write(new, "keep it, and add a toleration with the key")


def _replace_label(old: str, new: str, count: _CountWithKey | None) -> Fix | str | None:
    """Return the hint to replace a label, if all nodes that match have the new one as well."""
    try:
        matching, kept = count(old, new) if count else (1, 1)
    except SelectorError:  # with one requirement more, the selector is too large
        return None
    if kept < matching:
        nodes = pluralize(matching, "matching node has", "matching nodes have")
        return f"keep it: {kept:,} of {nodes} {new} with the same value"
    return Fix.write(new) if matching else None


def count_with_key(
    placement: "Placement", count_nodes: CountNodes, old: str, new: str
) -> tuple[int, int]:
    """Return how many nodes match, and how many of them if each requirement on a key has a twin.

    :param old: the key.
    :param new: the key of the twins, which a node must have.
    """
    terms = []
    selector = placement.selector
    for term in selector.selectors if isinstance(selector, AnyOf) else (selector,):
        twins = [Requirement(new, Operator.EXISTS)]
        same = (each for each in term.requirements if each.key == old)
        twins += (Requirement(new, each.operator, each.values) for each in same)
        terms.append(term & Selector.from_requirements(twins))
    kept = count_nodes(placement.replace(selector=AnyOf(terms))).matching
    return count_nodes(placement).matching, kept


def _renamed(
    keys: Sequence[tuple[Scalar, Path]], hint: Callable[[str, str], Fix | str | None]
) -> Findings:
    known = {key.text for key, _ in keys}
    for key, place in keys:
        new = NEW_KEYS.get(key.text, "")
        if new and new not in known:
            message = f"Kubernetes has renamed {quoted(key.text)}"
            yield Finding(key, place, message, partial(hint, key.text, new))


def _node_keys(value: Value, path: Path) -> Iterator[tuple[Scalar, Path]]:
    """Yield each key of a label or a taint of nodes in conditions, with its path."""
    if isinstance(value, List):
        for number, item in enumerate(value.items):
            yield from _node_keys(item, (*path, number))
    for name, (_, item) in value.entries.items() if isinstance(value, Object) else ():
        if name == "nodeSelector" and isinstance(item, Object):
            for key, _ in item.entries.values():
                yield key, (*path, name, Key(key.text))
        elif name in ("key", "topologyKey") and isinstance(item, Scalar):
            yield item, (*path, name)
        elif name not in ("labelSelector", "namespaceSelector"):  # they are about pods
            yield from _node_keys(item, (*path, name))


@_rule(
    "fixed-node",
    "a template with nodeName: all its pods are for one node",
    "The scheduler is not asked.",
)
def _fixed_node(name: Value, path: Path) -> Findings:
    message = "nodeName puts each pod of the template on this node, without the scheduler"
    yield Finding(name, path, message, "to choose the node by a label, use nodeSelector")


@_rule(
    "negated-alternatives",
    "a node affinity whose terms are alternatives and exclude next to nothing",
    "A node must match only one term. What must hold together is one term.",
)
def _negated_terms(required: Value, path: Path) -> Findings:
    terms = dict.fromkeys(read_terms(_plain(required), ()))
    if len(terms) < 2 or not only_negates(any_of := AnyOf(terms)):
        return
    excluded = "only the nodes that every term excludes"
    if implies(Selector.everything(), any_of):
        excluded = "no node"
    message = f"the terms are alternatives: together, they exclude {excluded}"
    both = require_all(any_of)
    term = None if both is None else term_text(both)
    hint = Fix.write(term, "if all must hold, write one term") if term else None
    yield Finding(required, path, message, hint)


@_rule(
    "not-own-labels",
    "a pod anti-affinity or a topology spread that does not select the pod's own labels",
    "Its own pods do not count. If you mean others, ignore the warning with a comment.",
)
def _not_own_labels(spec: Object, path: Path, field: Path, labels: Mapping[str, str]) -> Findings:
    found = find(spec, field)
    for number, item in enumerate(found.items if isinstance(found, List) else ()):
        others = map(partial(find, item), ("namespaces", "namespaceSelector", "mismatchLabelKeys"))
        is_soft = text_of(item, "whenUnsatisfiable") == "ScheduleAnyway"
        selector = find(item, "labelSelector")
        failed = [] if any(others) or is_soft else _failed(selector and _plain(selector), labels)
        if len(field) > 1:  # what keeps apart from others is meant so, if no typo
            failed = [each for each in failed if _is_typo(each, labels)]
        if failed:
            at = (*path, *field, number)
            message = f"{quoted(str(failed[0]))} does not select the labels of the pod itself"
            if selector is None:
                message = "without a labelSelector, no pod counts"
            yield Finding(selector or item, (*at, "labelSelector") if selector else at, message)


def _is_typo(failed: Selector, labels: Mapping[str, str]) -> bool:
    """Return whether a key or a value in a selector is probably that of an own label."""
    from nodeselect.similarity import similar_name  # compiles patterns

    own = [*labels, *labels.values()]
    words = (word for each in failed.requirements for word in (each.key, *each.values))
    return any(word not in own and similar_name(word, own) for word in words)


@_rule(
    "wrong-selector",
    "a workload whose selector does not select the pods of its template",
    "The API server of Kubernetes rejects the workload, or its own controller does.",
)
def check_template(workload: Value, labels: Mapping[str, str]) -> Findings:
    """Yield a finding if the selector of a workload does not select pods with these labels."""
    selector = find(workload, "spec.selector")
    is_made = text_of(workload, "kind") == "Job" and not find(workload, "spec.manualSelector")
    if selector is None or is_made:
        return
    plain = _plain(selector)
    if text_of(workload, "kind") == "ReplicationController":
        plain = {"matchLabels": plain}
    if failed := _failed(plain, labels):
        message = f"{quoted(str(failed[0]))} does not select the labels of the template"
        yield Finding(selector, ("spec", "selector"), message)


def _failed(selector: Any, labels: Mapping[str, str]) -> list[Selector]:
    """Return the requirements of a LabelSelector that pods with these labels fail."""
    try:
        parts = Selector.from_kubernetes(selector).split()
    except (SelectorError, TypeError):  # other rules are about it
        return []
    is_own = _ADDED_LABELS.isdisjoint
    failed = [each for each in parts if not each.matches(labels)]
    return [each for each in failed if is_own(one.key for one in each.requirements)]


def _plain(value: Value) -> Any:
    return to_python(value, lambda scalar: None if scalar.kind == "null" else scalar.text)


def labels_at(value: Value, path: Path) -> dict[str, str]:
    """Return the labels at a path of an object; without any, none."""
    labels = find(value, path)
    plain = _plain(labels) if isinstance(labels, Object) else {}
    return {key: text for key, text in plain.items() if isinstance(text, str)}


# Rules about Kubernetes manifests and Bacalhau jobs, whose mistakes are found when they are read.
# A mistake that a job spec can have too, such as an invalid key, has the rule of that.
_kubernetes = partial(rule, "kubernetes", always_reported=True)

_REQUIREMENT = "ValidateNodeSelectorRequirement"
_TOLERATIONS = "ValidateTolerations"
_SPREAD = "validateTopologySpreadConstraints"

# What the API server rejects, and the functions that do.
for _code, _summary, *_functions in (
    ("unknown-operator", "an operator that is not allowed here", _REQUIREMENT, _TOLERATIONS),
    ("wrong-number-of-values", "too few values, or too many", _REQUIREMENT, _TOLERATIONS),
    ("missing-field", "a required field is missing", _REQUIREMENT, _TOLERATIONS, _SPREAD),
    ("no-terms", "a required node affinity without terms", "ValidateNodeSelector"),
    ("invalid-weight", "a weight that is not from 1 to 100", "ValidatePreferredSchedulingTerms"),
    ("invalid-node-name", "a name that no node can have", "ValidateNodeName"),
    ("unknown-effect", "an effect that a toleration cannot have", _TOLERATIONS),
    ("invalid-quantity", "an amount of a resource is invalid", "ValidateResourceQuantityValue"),
    ("unknown-resource", "an unknown resource", "validateContainerResourceName"),
    ("invalid-request", "a request above its limit", "ValidateContainerResourceRequirements"),
    ("invalid-spread", "an invalid topology spread constraint", _SPREAD),
):
    _source = f"Source: {', '.join(_functions)} in pkg/apis/core/validation/validation.go."
    _kubernetes(_code, _summary, f"The API server of Kubernetes rejects it. {_source}")

_kubernetes("misplaced-field", "a condition on nodes outside of the pod spec", "It has no effect.")
_kubernetes("no-pod-spec", "an object of a kind that runs pods has no pod spec")
_kubernetes("not-an-object", "an object of a manifest has no kind or no apiVersion")
_kubernetes("duplicate-object", "two objects have the same kind, namespace and name")
rule(
    "kubernetes",
    "unread-condition",
    "a condition on nodes in an object whose pods are not known",
    "A program may give it to pods that it makes. nodeselect does not know this kind of object.",
    severity="note",
)
_kubernetes("not-in-language", "a condition that no selector can express")
