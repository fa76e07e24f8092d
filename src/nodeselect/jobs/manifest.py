"""Read Kubernetes manifests: what each object that runs pods requires of a node."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from nodeselect.documents.values import (
    DocumentError,
    Entries,
    List,
    Object,
    Scalar,
    Value,
    find,
    is_null,
)
from nodeselect.documents.yaml import read_documents
from nodeselect.errors import JobError, SelectorError
from nodeselect.jobs.check.checker import draw_problems, read_text
from nodeselect.jobs.check.document import is_kubernetes_object
from nodeselect.jobs.check.rule import Finding, describe, document_finding
from nodeselect.jobs.structured import StructureError, python_value, read_structured
from nodeselect.limits import LIMITS
from nodeselect.placement import Placement
from nodeselect.placement.placement import UNCLAIMED_VOLUMES
from nodeselect.placement.pod_spec_errors import pod_spec_errors
from nodeselect.problem import Fix
from nodeselect.selectors import AnyOf, selectors_from_pod_spec
from nodeselect.selectors.label_selector import read_fields
from nodeselect.text import printable, quoted

_TEMPLATE = "spec.template.spec"

# The kinds of objects that are read, and the path of the pod spec in each.
POD_SPECS = {
    "Pod": "spec",
    "PodTemplate": "template.spec",
    "Deployment": _TEMPLATE,
    "StatefulSet": _TEMPLATE,
    "DaemonSet": _TEMPLATE,
    "ReplicaSet": _TEMPLATE,
    "ReplicationController": _TEMPLATE,
    "Job": _TEMPLATE,
    "CronJob": f"spec.jobTemplate.{_TEMPLATE}",
}

# The kinds of objects that tell on which nodes a volume can be used.
_VOLUME, _CLAIM = "PersistentVolume", "PersistentVolumeClaim"

# The groups of APIs that have these kinds. A Job of another group has other fields.
_GROUPS = ("", "apps", "batch", "extensions")

# The fields of a pod spec that are conditions on labels.
_CONDITIONS = ("affinity", "nodeName", "nodeSelector")

# The fields of a pod spec, and of its containers, that are read, beside texts and numbers.
_CONTAINERS = ("containers", "initContainers")
_READ_FIELDS = frozenset({
    *("overhead", "ports", "resourceClaims", "resources", "schedulingGates", "tolerations"),
    *("topologySpreadConstraints", "volumes", *_CONDITIONS),
})  # fmt: skip
_RESOURCES = ("resizePolicy", "resources")  # the only fields of a container about these

# These and their fields, wherever else they are, are conditions that no program would read.
_MISPLACED = (*_CONDITIONS, "nodeAffinity")

# Fields whose keys or texts are the user's own, and what the server writes.
_FREE_FIELDS = frozenset({
    *("annotations", "args", "command", "env", "labels", "limits", "managedFields", "matchLabels"),
    *("options", "requests", "selector", "status", "volumeAttributes"),
})  # fmt: skip

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_AFFINITY = "affinity.nodeAffinity"


class Workload(NamedTuple):
    """An object of a Kubernetes manifest that runs pods.

    :param name: the kind and the name, such as ``Deployment/web``; with a namespace,
        ``Deployment/shop/web``.
    :param placement: what each of its pods requires of a node.
    :param owner: the kind, the name and the namespace, which is empty if the object has none.
    """

    name: str
    placement: Placement
    owner: tuple[str, str, str]


class Manifest(NamedTuple):
    """The objects of a Kubernetes manifest.

    :param workloads: the objects that run pods.
    :param skipped: the kind of each other object.
    """

    workloads: tuple[Workload, ...]
    skipped: tuple[str, ...]


class ManifestError(JobError):
    """A Kubernetes manifest has problems."""


def read_manifest(data: bytes, file: str = "manifest") -> Manifest | None:
    """Read the objects of a Kubernetes manifest in JSON, or in YAML with one or more documents.

    The items of a ``List`` are read as objects. Only the fields that select nodes are checked.

    :param data: the content of the file, at most ``LIMITS.job_file_bytes``.
    :param file: the name of the file, for messages.
    :return: the objects; None if no document has both ``apiVersion`` and ``kind``.
    :raises ManifestError: if the manifest is invalid.
    """
    if b"apiVersion" not in data:
        return None
    try:
        text, is_json = read_text(data, "a manifest"), file.lower().endswith(".json")
        documents = read_documents(text, LIMITS.job_file_values, strict_json=is_json)
    except DocumentError as error:
        if not re.search(rb"^[\"']?apiVersion[\"']?\s*:", data, re.MULTILINE):
            return None  # as a job, it is refused for the same mistakes
        findings = list(map(document_finding, (error, *error.others)))
        raise ManifestError(file, draw_problems(findings, data), error.unreported) from None
    if not any(map(is_kubernetes_object, documents)):
        return None
    manifest, findings = _read_objects(list(_objects(documents)))
    if findings:
        first = sorted(findings, key=attrgetter("position"))[: LIMITS.reported_errors]
        raise ManifestError(file, draw_problems(first, data), len(findings) - len(first))
    return manifest


def _objects(documents: Iterable[Value]) -> Iterator[Value]:
    """Yield each document; if it is a Kubernetes list such as a ``PodList``, yield the items.

    The items of a ``PodList`` need no ``kind`` and no ``apiVersion`` of their own.
    """
    for document in documents:
        match document:
            case Object(
                {"kind": (key, Scalar(kind)), "apiVersion": version, "items": (_, List(items))}
            ) if kind.endswith("List"):
                own: Entries = {"apiVersion": version}
                if kind != "List":
                    own["kind"] = key, key._replace(text=kind.removesuffix("List"))
                for item in items:
                    if isinstance(item, Object):
                        yield Object(own | item.entries, item.position)
                    else:
                        yield item
            case _:
                yield document


def _read_objects(objects: Sequence[Value]) -> tuple[Manifest, list[Finding]]:
    workloads: dict[str, Workload] = {}
    skipped: list[str] = []
    findings: list[Finding] = []
    volumes = _bound_volumes(objects)
    for value in objects:
        try:
            workload = _read_object(value, volumes)
            if isinstance(workload, str):
                if not (volumes and workload in (_VOLUME, _CLAIM)):
                    skipped.append(workload)
            elif workloads.setdefault(workload.name, workload) is not workload:
                message = f"a second object is called {quoted(workload.name)}"
                raise StructureError(Finding(value, "", message, code="duplicate-object"))
        except StructureError as error:
            findings += error.findings
    return Manifest(tuple(workloads.values()), tuple(skipped)), findings


def _read_object(value: Value, volumes: Mapping[tuple[str, str], Value]) -> Workload | str:
    """Read an object; return only the kind of one that is not read; raise if it is invalid.

    :param volumes: the result of :func:`_bound_volumes`.
    """
    kind, version = find(value, "kind"), find(value, "apiVersion")
    if not (isinstance(kind, Scalar) and isinstance(version, Scalar)):
        message = "an object of Kubernetes is a mapping with a kind and an apiVersion"
        raise StructureError(Finding(value, "", message, code="not-an-object"))
    if kind.text not in POD_SPECS:
        return kind.text
    if (group := version.text.rpartition("/")[0]) not in _GROUPS:
        return f"{kind.text} of {group}"
    path = POD_SPECS[kind.text]
    spec = find(value, path)
    if not isinstance(spec, Object):
        found = "nothing" if spec is None else describe(spec)
        message = f"{kind.text} must have a pod spec at {path}, found {found}"
        raise StructureError(Finding(spec or kind, "", message, code="no-pod-spec"))
    findings = [*_misplaced(value, (), tuple(path.split("."))), *_unknown_in_containers(spec, path)]
    names = [_text(value, f"metadata.{name}") for name in ("namespace", "name")]
    read = partial(Placement.from_pod_spec, kind=kind.text)
    try:
        fields = _read_fields(spec)
        placement = read_structured(fields, read, path, python_value, pod_spec_errors)
    except StructureError as error:
        findings += error.findings
    if findings:
        raise StructureError(*findings)
    words = dict.fromkeys(placement.not_considered)
    items = find(spec, "volumes")
    named = items.items if isinstance(items, List) else ()
    claims = filter(None, (_text(each, "persistentVolumeClaim.claimName") for each in named))
    claimed = [volumes.get((names[0] or "default", claim)) for claim in claims]
    known = [volume for volume in claimed if volume is not None]
    unclaimed = (f"volumes.{source}" for source in UNCLAIMED_VOLUMES)
    if len(known) == len(claimed) and not any(_has(spec, field) for field in unclaimed):
        words.pop("volumes", None)
    for volume in known:
        if (affinity := find(volume, "spec.nodeAffinity")) is not None:
            placement &= read_structured(affinity, _read_volume_affinity, "spec.nodeAffinity")
    if _has(value, "spec.volumeClaimTemplates"):
        words["volumes"] = None
    counts = (_text(value, f"spec.{field}") for field in ("replicas", "parallelism"))
    for count in counts:
        if count not in ("", "0", "1"):
            words[f"{printable(count[:20])} replicas (the answer is for one)"] = None
    return Workload(
        "/".join(filter(None, [kind.text, *names])),
        placement._replace(not_considered=tuple(words)),
        (kind.text, names[1], names[0]),
    )


def _text(value: Value, path: str) -> str:
    """Return the text of a scalar in ``value``; empty if there is none."""
    found = find(value, path)
    return found.text if isinstance(found, Scalar) and not is_null(found) else ""


def _bound_volumes(objects: Iterable[Value]) -> dict[tuple[str, str], Value]:
    """Map claims, given by namespace and name, to the PersistentVolume to which each is bound.

    A volume names its claim in ``claimRef``, and a claim its volume in ``volumeName``.
    """
    kinds = [(_text(each, "kind"), each) for each in objects]
    volumes = {_text(each, "metadata.name"): each for kind, each in kinds if kind == _VOLUME}
    bound = {}
    for volume in volumes.values():
        if name := _text(volume, "spec.claimRef.name"):
            bound[_text(volume, "spec.claimRef.namespace") or "default", name] = volume
    for kind, claim in kinds:
        if kind == _CLAIM and (named := volumes.get(_text(claim, "spec.volumeName"))):
            namespace = _text(claim, "metadata.namespace") or "default"
            bound[namespace, _text(claim, "metadata.name")] = named
    return bound


def _read_volume_affinity(affinity: Mapping[str, Any]) -> AnyOf:
    terms = {_REQUIRED: read_fields(affinity, "", ("required",)).get("required")}
    try:
        return AnyOf(selectors_from_pod_spec({"affinity": {"nodeAffinity": terms}}))
    except SelectorError as error:
        raise error.at(error.path.replace(f"{_AFFINITY}.{_REQUIRED}", "required")) from None


def _read_fields(value: Value) -> Value:
    """Return a pod spec, or a container, in which the fields that are not read are null.

    They may have keys of any type. Only their names are checked, which may be typos.
    """
    if not isinstance(value, Object):
        return value
    entries = dict(value.entries)
    for name, (key, item) in value.entries.items():
        if name in _CONTAINERS and isinstance(item, List):
            entries[name] = key, item._replace(items=list(map(_read_fields, item.items)))
        elif name not in _READ_FIELDS and not isinstance(item, Scalar):
            entries[name] = key, Scalar("", "null", item.position, False)
    return Object(entries, value.position)


def _unknown_in_containers(spec: Object, path: str) -> Iterator[Finding]:
    """Yield a finding for each field of a container that is probably meant to be ``resources``."""
    for field in _CONTAINERS:
        containers = find(spec, field)
        for number, item in enumerate(containers.items if isinstance(containers, List) else ()):
            for name, (key, _) in item.entries.items() if isinstance(item, Object) else ():
                is_like = re.match("resource|request|limit", name, re.IGNORECASE)
                if is_like and name not in _RESOURCES:
                    at_field = f"{path}.{field}[{number}].{printable(name[:60])}"
                    message = f"a container has no field {quoted(name)}"
                    hint = Fix.write("resources")
                    yield Finding(key, at_field, message, hint, code="unknown-field")


def _misplaced(value: Value, path: tuple[str, ...], pod_spec: tuple[str, ...]) -> Iterator[Finding]:
    """Yield a finding for each condition on nodes in ``value`` outside of the pod spec.

    :param path: the path of ``value`` in the object.
    :param pod_spec: the path of the pod spec in the object.
    """
    if isinstance(value, List):
        for number, item in enumerate(value.items):
            yield from _misplaced(item, (*path, f"[{number}]"), pod_spec)
    if not isinstance(value, Object):
        return
    for name, (key, field) in value.entries.items():
        expected = (*pod_spec, "affinity") if name == "nodeAffinity" else pod_spec
        if name in _MISPLACED and path != expected:
            where = ".".join(path).replace(".[", "[")
            message = f"{name} has no effect {f'in {where}' if where else 'here'}"
            hint = f"move it under {'.'.join(expected)}"
            at_field = f"{where}.{name}".lstrip(".")
            yield Finding(key, at_field, message, hint, code="misplaced-field")
        elif name not in _FREE_FIELDS and name != "nodeSelector":
            yield from _misplaced(field, (*path, name), pod_spec)


def _has(value: Value, path: str) -> bool:
    """Return whether a field exists and is neither null nor empty.

    :param path: the path of the field, such as ``a.b``. In a list, any item may have the field.
    """
    if isinstance(value, List):
        return any(_has(item, path) for item in value.items)
    if not path:
        return bool(value.entries) if isinstance(value, Object) else not is_null(value)
    name, _, rest = path.partition(".")
    return (
        isinstance(value, Object) and name in value.entries and _has(value.entries[name][1], rest)
    )
