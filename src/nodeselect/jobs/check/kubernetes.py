"""Rules about Kubernetes manifests and Bacalhau jobs, whose mistakes are found when they are read.

A mistake that a job spec can have too, such as an invalid key, has the rule of that.
"""

from functools import partial

from nodeselect.jobs.check.rule import rule

_rule = partial(rule, "kubernetes", always_reported=True)

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
    _rule(_code, _summary, f"The API server of Kubernetes rejects it. {_source}")

_rule("misplaced-field", "a condition on nodes outside of the pod spec", "It has no effect.")
_rule("no-pod-spec", "an object of a kind that runs pods has no pod spec")
_rule("not-an-object", "an object of a manifest has no kind or no apiVersion")
_rule("duplicate-object", "two objects have the same kind, namespace and name")
rule(
    "kubernetes",
    "unread-condition",
    "a condition on nodes in an object whose pods are not known",
    "A program may give it to pods that it makes. nodeselect does not know this kind of object.",
    severity="note",
)
_rule("not-in-language", "a condition that no selector can express")
