"""Rules about the whole document: it must be plain data, such as no YAML tags, and a job spec."""

import re
from functools import partial

from nodeselect.documents import (
    DocumentError,
    List,
    Object,
    Scalar,
    Value,
    find,
    position_in,
    text_of,
)
from nodeselect.jobs.check.rule import describe, rule
from nodeselect.jobs.check.schema_fields import WRAPPERS, is_selector_name, snake_case
from nodeselect.problem import Fix

_refusal = partial(rule, "document", always_reported=True)

_refusal("not-utf-8", "the file is not UTF-8", "Save it as UTF-8.")
_refusal(
    "not-yaml",
    "the file is neither YAML nor JSON",
    before="name: demo\nselector: {match_labels: {region: eu}",
    after="name: demo\nselector: {match_labels: {region: eu}}",
)
_refusal(
    "not-json",
    "a file named .json looks like JSON but is not",
    "Trailing commas, single quotes and comments are valid in YAML, but not for programs that read"
    " files named .json as JSON.",
    before='{"name": "demo", "selector": {"match_labels": {"region": "eu"},}}',
    after='{"name": "demo", "selector": {"match_labels": {"region": "eu"}}}',
)
_refusal(
    "not-finite",
    "NaN, Infinity or a number that is too large, in JSON",
    "Some programs write them, but they are not JSON. YAML would read them as strings.",
    before='{"name": "demo", "selector": {"match_ids": ["n-1"]}, "config": {"rate": NaN}}',
    after='{"name": "demo", "selector": {"match_ids": ["n-1"]}, "config": {"rate": "NaN"}}',
)
_refusal(
    "anchor",
    "a YAML anchor on a list or a mapping, or an alias without an anchor",
    "A few of them can expand to gigabytes. Aliases of strings, numbers and booleans are resolved;"
    " in Kubernetes manifests, all aliases.",
    before="name: demo\nlabels: &same {region: eu}\nselector: {match_labels: *same}",
    after="name: demo\nlabels: {region: eu}\nselector: {match_labels: {region: eu}}",
)
_refusal(
    "tag",
    "a YAML tag, such as !include or !!str",
    "An expression that begins with ! needs quotes; without them, YAML reads a tag.",
    before="name: demo\nselector:\n  match_expressions:\n    - !debug",
    after='name: demo\nselector:\n  match_expressions:\n    - "!debug"',
)
_refusal(
    "merge-key",
    "a YAML merge key (<<)",
    "Kubernetes manifests may have one, first in its mapping.",
    before="name: demo\nselector:\n  match_labels:\n    <<: {region: eu}",
    after="name: demo\nselector:\n  match_labels:\n    region: eu",
)
_refusal(
    "second-document",
    "more than one document in a file",
    before="name: demo\nselector: {match_labels: {region: eu}}\n---\nname: other",
    after="name: demo\nselector: {match_labels: {region: eu}}",
)
_refusal(
    "duplicate-key",
    "a key occurs twice in one mapping",
    "Readers disagree on which of the two counts.",
    before="name: demo\nselector: {match_labels: {region: eu}}\nname: other",
    after="name: demo\nselector: {match_labels: {region: eu}}",
)
_refusal(
    "key-not-text",
    "a key is a list, a mapping or null",
    "YAML also reads an unquoted template, {{...}}, as a mapping inside a mapping.",
    before="name: demo\nselector: {match_labels: {region: eu}}\nconfig: {? [a] : b}",
    after="name: demo\nselector: {match_labels: {region: eu}}\nconfig: {a: b}",
)
_refusal("too-deep", "values are nested deeper than 32 levels", "The limit is named depth.")
_refusal(
    "too-many-values-in-file",
    "more than 200,000 keys and values",
    "The limit is named job_file_values. A list or a mapping counts as two.",
)
_refusal("file-too-large", "a file of more than 1 MiB", "The limit is named job_file_bytes.")


_refusal(
    "not-a-job",
    "the document is not a job spec",
    "A job spec is a mapping with a name, a type or a selector, by itself or as {spec: ...}.",
    before="on: push\njobs: {test: {steps: []}}",
    after="name: demo\nselector: {match_labels: {region: eu}}",
)

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

_HINT = "write a job spec, with a name and a selector"
_NODES_HINT = f"if these are nodes, give them with -n FILE; otherwise {_HINT}"
_PIPELINE_HINT = "put it under config: and add a name, type: pipeline, and a selector"
_MATCH = "nodeselect match --job FILE -n NODES"
_MATCH_HINT = Fix.write(_MATCH, "for the nodes that it can use, run")
_CHART_HINT = "render the chart, and read what is printed: helm template FOLDER"
_CHART_VALUES = "a file with the values of a Helm chart"
_KUSTOMIZE_HINT = Fix.write(
    "kubectl kustomize FOLDER | nodeselect explain --job - -n NODES", "for what it makes, run"
)
_COMPOSE_HINT = (
    "if it has placement.constraints, give them as a selector, with -l: node.labels.pool == gpu is"
    " pool=gpu"
)
_OLD_BACALHAU = "this is a job of an old version of Bacalhau, which is not read"
_OLD_HINT = "give its NodeSelectors as a selector, with -l, or write it with Constraints and Tasks"

# Fields that only the values of charts have.
_CHART_FIELDS = ("fullnameOverride", "nameOverride", "replicaCount")

# The affinity of a pod, without the pod, has one of these.
_AFFINITY_FIELDS = (
    *("affinity", "nodeAffinity", "nodeSelectorTerms"),
    "requiredDuringSchedulingIgnoredDuringExecution",
)

_VALUES_FILES = ("values.yaml", "values.yml")

# Other documents in the folders of jobs: their fields, what they are, and what to do.
_FOREIGN: tuple[tuple[set[str], str, Fix | str | None], ...] = (
    ({"services"}, "a file of Docker Compose", _COMPOSE_HINT),
    ({"on", "jobs"}, "a workflow of GitHub Actions", None),
    ({"apiVersion", "name", "version"}, "a chart of Helm", _CHART_HINT),
    *(({name}, _CHART_VALUES, _CHART_HINT) for name in _CHART_FIELDS),
    ({"image", "nodeSelector", "tolerations"}, _CHART_VALUES, _CHART_HINT),
    ({"apiVersion", "kind"}, "a Kubernetes object", _MATCH_HINT),
    ({"type", "object"}, "a stream of Kubernetes watch events", None),
)

# The fields of a kustomization, which may have neither kind nor apiVersion.
KUSTOMIZE_FIELDS = ("bases", "patches", "patchesStrategicMerge", "resources")

# Where objects that run pods have them. Other files have a kind, too, such as configurations.
_POD_PATHS = ("spec.containers", "spec.template.spec", "spec.jobTemplate")

# Examples of the fields of which an object of Kubernetes has both.
_OBJECT_FIELDS = {"apiVersion": "apiVersion: apps/v1", "kind": "kind: Deployment"}

# The line with which a Nomad job begins in HCL; there may be variables before it.
_NOMAD_LINE = r"^job[ \t]+(?:[\"\[][^\n{]*|[\w-]+[ \t]*)\{"
_NOMAD_MESSAGE = "this is a Nomad job, which is not read"
_NOMAD_HINT = (
    "give its constraints as a selector, with -l: ${meta.rack} = r1 is rack=r1, ${attr.cpu.arch} ="
    " arm64 is attr.cpu.arch=arm64, and its datacenters are node.datacenter in (dc1,dc2)"
)

# A job of Nomad in JSON, under Job, has an id and some of these.
_NOMAD_FIELDS = frozenset({"constraints", "datacenters", "nodepool", "priority"})

# In a job file in JSON, it is under its name, and has one of these.
_NOMAD_BLOCK = frozenset({"constraint", "datacenters", "group"})

# A job of Bacalhau has tasks and one of the first of these; a job of Expanso has one of the second.
_BACALHAU_FIELDS = frozenset({"name", "type", "count", "constraints"})
_OWN = frozenset({"selector", "config"})
_JOB_FIELDS = _OWN | {"name", "type"}

# Only documents with one of these fields are pipelines: others have "metrics" and "resources" too.
_BARE_FIELDS = ("input", "pipeline", "output", "cache_resources", "rate_limit_resources")


def is_kubernetes_object(document: Value) -> bool:
    """Return whether a document is a mapping with the fields ``apiVersion`` and ``kind``."""
    return isinstance(document, Object) and {"apiVersion", "kind"} <= document.entries.keys()


def is_event(document: Value) -> bool:
    """Return whether a document is a watch event of Kubernetes."""
    return is_kubernetes_object(find(document, "object") or document)


def locate_spec(document: Value, file: str) -> tuple[Object, str]:
    """Return the job spec, a document or its field ``spec``, and the beginning of its paths.

    A file with the name of the values of a chart that is beside the chart has no job.

    :raises DocumentError: if the document is not a job.
    """
    if not isinstance(document, Object):
        message = f"a job spec is a mapping, not {describe(document)}"
        if isinstance(document, Scalar) and document.kind == "null" and not document.text:
            message = "the file is empty"
        raise _refused(document, message, _NODES_HINT if isinstance(document, List) else _HINT)
    if file.endswith(_VALUES_FILES) and _is_beside_chart(file):
        raise _refused(document, f"this is {_CHART_VALUES}, not a job spec", _CHART_HINT)
    entries, is_own = document.entries, not _OWN.isdisjoint(document.entries)
    for names, what, hint in _FOREIGN:
        is_chart = what == _CHART_VALUES and "selector" not in entries
        if names <= entries.keys() and (is_chart or not is_own):
            if text_of(document, "kind") in ("List", "Node", "NodeList"):
                hint = _NODES_HINT
            if text_of(document, "kind") == "Kustomization":
                what, hint = "a kustomization", _KUSTOMIZE_HINT
            place = entries["kind"][0] if "kind" in names else document
            raise _refused(place, f"this is {what}, not a job spec", hint)
    missing = _OBJECT_FIELDS.keys() - entries.keys()
    if len(missing) == 1 and not is_own and {"metadata", "spec"} & entries.keys():
        (name,) = missing
        message = f"this is an object of Kubernetes without its {name}, not a job spec"
        fix = Fix.write(_OBJECT_FIELDS[name], "add it at the top, such as")
        runs_pods = any(find(document, path) is not None for path in _POD_PATHS)
        raise _refused(document, message, fix, "not-an-object" if runs_pods else "not-a-job")
    lists = {name for name, (_, item) in entries.items() if isinstance(item, List)}
    if not lists.isdisjoint(KUSTOMIZE_FIELDS) and entries.keys().isdisjoint(_JOB_FIELDS):
        raise _refused(document, "this is a kustomization, not a job spec", _KUSTOMIZE_HINT)
    if _is_nomad_job(document):
        raise _refused(document, _NOMAD_MESSAGE, _NOMAD_HINT)
    if find_bacalhau_job(document) is not None:
        message = "this is a job of Bacalhau, not a job spec of Expanso"
        raise _refused(document, message, _MATCH_HINT)
    if _is_old_bacalhau_job(document):
        raise _refused(document, _OLD_BACALHAU, _OLD_HINT)
    spec = entries["spec"][1] if "spec" in entries else document
    if not isinstance(spec, Object):
        raise _refused(spec, f"'spec' must be a mapping, not {describe(spec)}", _HINT)
    if not any(
        snake_case(name) in ("name", "type", *WRAPPERS) or is_selector_name(name)
        for name in spec.entries
    ):
        if not spec.entries.keys().isdisjoint(_BARE_FIELDS):
            raise _refused(spec, "this is a bare pipeline, not a job spec", _PIPELINE_HINT)
        if not spec.entries.keys().isdisjoint(_AFFINITY_FIELDS) and spec is document:
            message = "this is the affinity of a Kubernetes pod, not a job spec"
            raise _refused(spec, message, _MATCH_HINT)
        message = "this is not a job spec: it has no name, type or selector"
        raise _refused(spec, message, _NODES_HINT)
    return spec, "" if spec is document else "spec."


def _is_beside_chart(file: str) -> bool:
    from pathlib import Path  # loads slowly

    return Path(file).with_name("Chart.yaml").is_file()


def _refused(
    value: Value, message: str, hint: Fix | str | None, code: str = "not-a-job"
) -> DocumentError:
    length = len(value.text) if isinstance(value, Scalar) and value.verbatim else 1
    return DocumentError(code, message, value.position, hint, length)


def find_bacalhau_job(document: Value) -> tuple[Value, str] | None:
    """Return a Bacalhau job and its path in a document; None if this is something else."""
    fields = lower_names(document)
    match fields:
        case {"job": (name, job)} if len(fields) == 1:
            found = find_bacalhau_job(job)
            return found and (found[0], f"{name}.{found[1]}".rstrip("."))
        case {"tasks": (_, List())} if (
            _BACALHAU_FIELDS & fields.keys() and not _OWN & fields.keys()
        ):
            return None if _is_nomad_job(document) else (document, "")
    return None


def is_chart_values(document: Object) -> bool:
    """Return whether a document has the values of a Helm chart."""
    names = document.entries.keys()
    return any(fields <= names for fields, what, _ in _FOREIGN if what == _CHART_VALUES)


def _is_old_bacalhau_job(document: Value) -> bool:
    """Return whether a document is a job of Bacalhau before version 1.1, such as ``V1beta2``."""
    fields = lower_names(document)
    if len(fields) == 1 and "job" in fields:
        fields = lower_names(fields["job"][1])
    _, version = fields.get("apiversion", ("", None))
    is_beta = isinstance(version, Scalar) and version.text.lower().startswith("v1beta")
    return is_beta and "spec" in fields


def _is_nomad_job(document: Value) -> bool:
    """Return whether a document is a Nomad job in JSON, as in the API or as in a job file."""
    fields = lower_names(document)
    _, job = fields.get("job", ("", None))
    _, tasks = fields.get("tasks", ("", None))
    inner = lower_names(job)
    blocks = [each for _, each in inner.values()] if len(inner) == 1 else []
    return (
        "taskgroups" in fields | inner
        or ("id" in inner and "tasks" not in inner and not _NOMAD_FIELDS.isdisjoint(inner))
        or not all(_NOMAD_BLOCK.isdisjoint(lower_names(block)) for block in blocks)
        or (isinstance(tasks, List) and any("driver" in lower_names(each) for each in tasks.items))
    )


def lower_names(value: Value | None) -> dict[str, tuple[str, Value]]:
    """Map the names of the fields of a mapping, in lower case, to names as written and values."""
    entries = value.entries if isinstance(value, Object) else {}
    return {name.lower(): (name, item) for name, (_, item) in entries.items()}


def find_nomad_job(text: str) -> DocumentError | None:
    """Return the error for a text that has a Nomad job in HCL; None for any other text."""
    if "job" not in text or (job := re.search(_NOMAD_LINE, text, re.MULTILINE)) is None:
        return None
    return DocumentError("not-a-job", _NOMAD_MESSAGE, position_in(text, job.start()), _NOMAD_HINT)
