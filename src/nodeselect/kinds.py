"""What a document is, by its fields: Kubernetes objects, jobs of other systems, what is refused.

A document of which nothing is said here may be a job spec of Expanso.
"""

import re

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
from nodeselect.problem import Fix, Path

JOB_HINT = "write a job spec, with a name and a selector"
NODES_HINT = f"if these are nodes, give them with -n FILE; otherwise {JOB_HINT}"
_MATCH = "nodeselect match --job FILE -n NODES"
MATCH_HINT = Fix.write(_MATCH, "for the nodes that it can use, run")
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

# The name of a file with the values of a chart.
_VALUES_FILE = r"values\b.*\.ya?ml"

# Other documents in the folders of jobs: their fields, what they are, and what to do.
_FOREIGN: tuple[tuple[set[str], str, Fix | str | None], ...] = (
    ({"services"}, "a file of Docker Compose", _COMPOSE_HINT),
    ({"on", "jobs"}, "a workflow of GitHub Actions", None),
    ({"apiVersion", "name", "version"}, "a chart of Helm", _CHART_HINT),
    *(({name}, _CHART_VALUES, _CHART_HINT) for name in _CHART_FIELDS),
    ({"image", "nodeSelector", "tolerations"}, _CHART_VALUES, _CHART_HINT),
    ({"apiVersion", "kind"}, "a Kubernetes object", MATCH_HINT),
    ({"type", "object"}, "a stream of Kubernetes watch events", None),
)

# The fields of a kustomization, which may have neither kind nor apiVersion.
KUSTOMIZE_FIELDS = (
    *("bases", "components", "patches", "patchesJson6902", "patchesStrategicMerge", "resources"),
)

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

# How nodes begin: a list in JSON, JSON lines, a list in YAML, the header of a table.
_NODES = (
    rb'\s*(?:\{\s*"(?:items|[nN]odes)":\s*)?\[\s*\{\s*"(?:id|ID|Info|Node|labels|metadata)":'
    rb'|\s*\{\s*"id":.*\}[ \t\r]*\n\s*\{\s*"id":|(?:items:\s+)?- id:\s'
    rb"|(?=[\w ./-]+(?:[,;\t][\w ./-]+)+\r?\n)(?:[^\n]*[,;\t])?id[,;\t\r\n]"
)

# How other files begin that people give in place of a job, and what they are.
_OTHER_FILES = (
    (b"\x89NSX", "is a saved inventory"),
    (b"\x1f\x8b", "is a compressed file"),
    (b"PAR1", "is a Parquet file"),
)

# The kind of the first object of Kubernetes in a file or in a list.
_FIRST_KIND = rb"\bkind\"?:\s*\"?(?!List\b)(\w+)"


def file_by_head(head: bytes, is_large: bool) -> str:
    """Return what a file is, in words, by its first bytes; an empty text if it may be a job."""
    for start, words in _OTHER_FILES:
        if head.startswith(start):
            return words
    may_be_list = is_large or b"selector" not in head  # for most jobs, no pattern is compiled
    kind = re.search(_FIRST_KIND, head) if is_large else None
    if (may_be_list and re.match(_NODES, head)) or (kind and kind[1] in (b"Node", b"NodeList")):
        return "looks like a list of nodes"
    return ""


def may_be_manifest(data: bytes) -> bool:
    """Return whether a file may have an object or conditions of Kubernetes, or a Bacalhau job."""
    return (
        re.search(rb"apiVersion|nodeSelector|nodeName|(?i:tasks|affinity)|Execution", data)
        is not None
    )


def is_kubernetes_object(document: Value) -> bool:
    """Return whether a document is a mapping with the fields ``apiVersion`` and ``kind``."""
    return isinstance(document, Object) and {"apiVersion", "kind"} <= document.entries.keys()


def is_event(document: Value) -> bool:
    """Return whether a document is a watch event of Kubernetes."""
    return is_kubernetes_object(find(document, "object") or document)


def refuse_other(document: Object, file: str) -> None:
    """Raise if a document is known to be something else than a job spec of Expanso.

    :raises DocumentError: with what the document is, and what to do with it.
    """
    names, is_own = document.entries.keys(), not _OWN.isdisjoint(document.entries)
    if re.fullmatch(_VALUES_FILE, file.rpartition("/")[2]) and not {"name", "type"} & names:
        raise refused(document, f"this is {_CHART_VALUES}, not a job spec", _CHART_HINT)
    if not is_own or "selector" not in names:
        _refuse_by_fields(document, is_own)
    missing = _OBJECT_FIELDS.keys() - names
    if len(missing) == 1 and not is_own and {"metadata", "spec"} & names:
        (name,) = missing
        message = f"this is an object of Kubernetes without its {name}, not a job spec"
        fix = Fix.write(_OBJECT_FIELDS[name], "add it at the top, such as")
        runs_pods = any(find(document, path) is not None for path in _POD_PATHS)
        raise refused(document, message, fix, "not-an-object" if runs_pods else "not-a-job")
    lists = {name for name, (_, item) in document.entries.items() if isinstance(item, List)}
    if not lists.isdisjoint(KUSTOMIZE_FIELDS) and _JOB_FIELDS.isdisjoint(names):
        raise refused(document, "this is a kustomization, not a job spec", _KUSTOMIZE_HINT)
    if _is_nomad_job(document):
        raise refused(document, _NOMAD_MESSAGE, _NOMAD_HINT)
    if find_bacalhau_job(document) is not None:
        message = "this is a job of Bacalhau, not a job spec of Expanso"
        raise refused(document, message, MATCH_HINT)
    if _is_old_bacalhau_job(document):
        raise refused(document, _OLD_BACALHAU, _OLD_HINT)


def _refuse_by_fields(document: Object, is_own: bool) -> None:
    entries, kind = document.entries, text_of(document, "kind")
    for names, what, hint in _FOREIGN:
        if not names <= entries.keys() or (is_own and what != _CHART_VALUES):
            continue
        if kind in ("List", "Node", "NodeList"):
            hint = NODES_HINT
        if kind == "Kustomization":
            what, hint = "a kustomization", _KUSTOMIZE_HINT
        place = entries["kind"][0] if "kind" in names else document
        raise refused(place, f"this is {what}, not a job spec", hint)


def refused(
    value: Value, message: str, hint: Fix | str | None, code: str = "not-a-job"
) -> DocumentError:
    """Return the error for a document that is not a job, at the place of ``value``."""
    length = len(value.text) if isinstance(value, Scalar) and value.verbatim else 1
    return DocumentError(code, message, value.position, hint, length)


def find_bacalhau_job(document: Value) -> tuple[Value, Path] | None:
    """Return a Bacalhau job and its path in a document; None if this is something else."""
    fields = lower_names(document)
    match fields:
        case {"job": (name, job)} if len(fields) == 1:
            found = find_bacalhau_job(job)
            return found and (found[0], (name, *found[1]))
        case {"tasks": (_, List())} if (
            _BACALHAU_FIELDS & fields.keys() and not _OWN & fields.keys()
        ):
            return None if _is_nomad_job(document) else (document, ())
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
    if isinstance(job, List) and job.items:  # the blocks of HCL in JSON
        job = job.items[0]
    _, tasks = fields.get("tasks", ("", None))
    inner = lower_names(job)
    found = [each for _, each in inner.values()] if len(inner) == 1 else []
    blocks = [one for each in found for one in (each.items if isinstance(each, List) else [each])]
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
