"""Rules about Kubernetes manifests: what the API server rejects, or nothing reads.

These mistakes are found when a manifest is read. A mistake that a job spec of Expanso can have too,
such as an invalid key, has the rule of that.
"""

from functools import partial

from nodeselect.jobs.check.rule import rule

_HEAD = "apiVersion: v1\nkind: Pod\nmetadata: {name: demo}\n"
_rule = partial(rule, "kubernetes", always_reported=True, head=_HEAD)

_TOLERATIONS = "spec:\n  tolerations: [{key: gpu, "
_CONTAINER = "spec:\n  containers:\n    - name: main\n      resources: "
_AFFINITY = "spec:\n  affinity:\n    nodeAffinity:\n      "
_REQUIRED = f"{_AFFINITY}requiredDuringSchedulingIgnoredDuringExecution:\n        "
_TERM = f"{_REQUIRED}nodeSelectorTerms:\n          - matchExpressions:\n              - "
_PREFERRED = f"{_AFFINITY}preferredDuringSchedulingIgnoredDuringExecution:\n        - "
_SPREAD = "spec:\n  topologySpreadConstraints:\n    - topologyKey: zone\n      maxSkew: "

# The code, the summary, the functions of the API server that reject it, and examples.
for _code, _summary, _functions, _before, _after in (
    (
        "unknown-operator",
        "an operator that a requirement or a toleration cannot have",
        "ValidateNodeSelectorRequirement, ValidateTolerations",
        f"{_TERM}{{key: gpu, operator: exists}}",
        f"{_TERM}{{key: gpu, operator: Exists}}",
    ),
    (
        "wrong-number-of-values",
        "too few values for an operator, or too many",
        "ValidateNodeSelectorRequirement, ValidateTolerations",
        f"{_TERM}{{key: gpu, operator: In}}",
        f"{_TERM}{{key: gpu, operator: In, values: [a100]}}",
    ),
    (
        "missing-field",
        "a required field is missing",
        "ValidateNodeSelectorRequirement, ValidateTolerations, validateTopologySpreadConstraints",
        f"{_TERM}{{operator: Exists}}",
        f"{_TERM}{{key: gpu, operator: Exists}}",
    ),
    (
        "no-terms",
        "a required node affinity without terms",
        "ValidateNodeSelector",
        f"{_REQUIRED}nodeSelectorTerms: []",
        f"{_TERM}{{key: gpu, operator: Exists}}",
    ),
    (
        "invalid-weight",
        "the weight of a preferred term is not an integer from 1 to 100",
        "ValidatePreferredSchedulingTerms",
        f"{_PREFERRED}weight: 500\n          preference: {{}}",
        f"{_PREFERRED}weight: 50\n          preference: {{}}",
    ),
    (
        "invalid-node-name",
        "a name that no node can have",
        "ValidateNodeName, ValidateNodeFieldSelectorRequirement",
        "spec: {nodeName: Node 1}",
        "spec: {nodeName: node-1}",
    ),
    (
        "unknown-effect",
        "an effect that no taint has, or that tolerationSeconds does not allow",
        "ValidateTolerations",
        f"{_TOLERATIONS}operator: Exists, effect: NoSchedul}}]",
        f"{_TOLERATIONS}operator: Exists, effect: NoSchedule}}]",
    ),
    (
        "invalid-quantity",
        "an amount that is not a quantity, is negative or must be an integer",
        "ValidateResourceQuantityValue",
        f"{_CONTAINER}{{requests: {{cpu: four}}}}",
        f"{_CONTAINER}{{requests: {{cpu: 4}}}}",
    ),
    (
        "unknown-resource",
        "a resource that a container or a pod cannot request",
        "validateContainerResourceName",
        f"{_CONTAINER}{{requests: {{memry: 1Gi}}}}",
        f"{_CONTAINER}{{requests: {{memory: 1Gi}}}}",
    ),
    (
        "invalid-request",
        "a request above its limit, or without the limit that the resource requires",
        "ValidateContainerResourceRequirements",
        f"{_CONTAINER}{{requests: {{cpu: 2}}, limits: {{cpu: 1}}}}",
        f"{_CONTAINER}{{requests: {{cpu: 2}}, limits: {{cpu: 2}}}}",
    ),
    (
        "invalid-spread",
        "a topology spread constraint with a value that is not allowed",
        "validateTopologySpreadConstraints",
        f"{_SPREAD}0\n      whenUnsatisfiable: DoNotSchedule",
        f"{_SPREAD}1\n      whenUnsatisfiable: DoNotSchedule",
    ),
):
    _why = f"Kubernetes rejects it: {_functions} in pkg/apis/core/validation/validation.go."
    _rule(_code, _summary, _why, before=_before, after=_after)

_rule(
    "misplaced-field",
    "a condition on nodes outside of the pod spec",
    "The API server drops fields that it does not know, or rejects the object. The pods would run"
    " on nodes that the condition excludes.",
    before="nodeSelector: {region: eu}\nspec: {}",
    after="spec: {nodeSelector: {region: eu}}",
)
_rule(
    "no-pod-spec",
    "an object of a kind that runs pods has no pod spec",
    before="spec:",
    after="spec: {nodeSelector: {region: eu}}",
)
_rule(
    "not-an-object",
    "an object of a manifest has no kind or no apiVersion",
    before="spec: {}\n---\nkind: Pod\nspec: {}",
    after="spec: {}\n---\nkind: Pod\napiVersion: v1\nspec: {}",
)
_rule(
    "duplicate-object",
    "two objects have the same kind, namespace and name",
    "One of them replaces the other.",
    before=f"spec: {{}}\n---\n{_HEAD}spec: {{}}",
    after=f"spec: {{}}\n---\n{_HEAD.replace('demo', 'other')}spec: {{}}",
)
