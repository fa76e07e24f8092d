"""Read and check Kubernetes manifests and Bacalhau jobs: what their workloads require of a node."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial, reduce
from itertools import chain
from operator import and_, attrgetter
from typing import Any, Final, NamedTuple, TypedDict

from nodeselect.decoded import read_fields
from nodeselect.documents import (
    DocumentError,
    Entries,
    List,
    Object,
    Position,
    Scalar,
    Value,
    check_size,
    describe,
    find,
    from_python,
    has,
    read_documents,
    text_of,
)
from nodeselect.errors import JobError, SelectorError
from nodeselect.findings.node_count import CountNodes, check_nodes
from nodeselect.findings.reading import read_plain, read_text
from nodeselect.findings.report import (
    CheckReport,
    draw_problems,
    make_report,
    read_ignore_comments,
    reported,
)
from nodeselect.findings.rule import Finding, Findings, document_finding, is_error
from nodeselect.findings.structured import StructureError, read_structured
from nodeselect.kinds import (
    KUSTOMIZE_FIELDS,
    find_bacalhau_job,
    is_kubernetes_object,
    lower_names,
)
from nodeselect.limits import LIMITS
from nodeselect.manifests.pod_specs import (
    CONDITIONS,
    PodSpec,
    fixed_path,
    group_of,
    is_merge_patch,
    is_patch,
    kind_of,
    leave_out,
    misplaced_pod_spec,
    pod_specs,
    replicas_of,
    template_path,
)
from nodeselect.manifests.rules import check_pod, check_template, count_with_key, labels_at
from nodeselect.notations.bacalhau import placement_from_bacalhau
from nodeselect.notations.selector_file import POD_CONDITIONS, bare_pod_spec
from nodeselect.placement import Placement, Toleration
from nodeselect.placement.placement import pod_spec_errors
from nodeselect.placement.toleration import DEFAULT_TOLERATIONS
from nodeselect.problem import Path, find_typo, path_text, suggest_word
from nodeselect.selectors import AnyOf, Selector
from nodeselect.selectors.label_selector import read_match_expressions, read_match_labels
from nodeselect.selectors.pod_spec import READ_FIELDS, read_terms
from nodeselect.text import join_limited, printable, quoted

BACALHAU_JOB: Final = "Bacalhau job"
"""The kind of the owner of a :class:`Workload` that is a Bacalhau job."""

# The kinds of objects that tell on which nodes a volume can be used.
_VOLUME, _CLAIM = "PersistentVolume", "PersistentVolumeClaim"

# The field of a StatefulSet with the claims of each of its pods.
_CLAIM_TEMPLATES = ("spec", "volumeClaimTemplates")

# The field with the claim of a volume of a pod.
_CLAIM_FIELD = "persistentVolumeClaim"

# The labels of a volume that a node must have, too: VolumeZone in the scheduler's plugins.
_ZONES = frozenset(
    f"{prefix}/{name}"
    for prefix in ("topology.kubernetes.io", "failure-domain.beta.kubernetes.io")
    for name in ("region", "zone")
)

# The fields of ``metadata`` by which an object is one that the API server has admitted.
_SET_BY_SERVER = ("creationTimestamp", "resourceVersion", "uid")

_CONTAINERS = ("containers", "initContainers")

# The line by which a manifest is recognised if it cannot be parsed.
_VERSION_LINE = rb"^(?:(?:- *)?|[ \t{]*(?=\"))[\"']?apiVersion[\"']?\s*:"

# The parts of an object that are read, by their paths, and the functions that read them.
_Parts = list[tuple[Path, Callable[[Any], Selector | AnyOf]]]

# These and their fields, wherever else they are, are conditions that no program would read.
_MISPLACED = (*CONDITIONS, "nodeAffinity", "tolerations", "topologySpreadConstraints")

# Fields whose keys or texts are the user's own, and what the server writes.
_FREE_FIELDS = frozenset({
    *("annotations", "args", "command", "env", "labels", "limits", "managedFields", "matchLabels"),
    *("options", "requests", "selector", "status", "volumeAttributes"),
})  # fmt: skip


# Mistakes of conditions on nodes, also in objects whose pods are not known.
_CERTAIN = ("unknown-effect", "unknown-operator")


class ObjectName(NamedTuple):
    """The name of an object, or of a pod spec in it with its path: ``JobSet/shop/train[spec]``."""

    kind: str
    namespace: str
    name: str
    path: str = ""
    suffix: str = ""  # of the second object, if their names are generated

    def __str__(self) -> str:
        whole = "/".join(filter(None, self[:3])) + self.suffix
        return f"{whole}[{self.path}]" if self.path else whole

    @property
    def short_forms(self) -> tuple[str, ...]:
        """The name without its path, without its namespace, and without both."""
        bare = self._replace(namespace="")
        return str(self._replace(path="")), str(bare), str(bare._replace(path=""))


class Workload(NamedTuple):
    """An object of a Kubernetes manifest that selects nodes, one of its pod specs, or a job.

    :param name: the kind and the name, such as ``Deployment/web``; with a namespace,
        ``Deployment/shop/web``. In a kind that is not one of Kubernetes itself, also the path of
        the pod spec: ``JobSet/train[spec.replicatedJobs[0].template.spec.template.spec]``.
    :param placement: what each of its pods requires of a node.
    :param owner: the kind, the name and the namespace, which is empty if the object has none.
    :param place: what selects nodes in the document, for messages, and its path.
    :param controller: the namespace, kind and name of what has made a pod that is in a cluster;
        otherwise None.
    :param short_names: other names by which a user may choose it.
    :param replicas: how many pods it asks for; None if that depends on the nodes.
    """

    name: str
    placement: Placement
    owner: tuple[str, str, str]
    place: tuple[Value, Path]
    controller: tuple[str, str, str] | None = None
    short_names: tuple[str, ...] = ()
    replicas: int | None = 1


class Manifest(NamedTuple):
    """The objects of a Kubernetes manifest, and what is wrong with them.

    :param workloads: the pod specs of all objects; ``conditions`` if there are none.
    :param skipped: the kind of each object of which nothing is in ``workloads``.
    :param conditions: the objects that are conditions on nodes themselves, such as a ``NodePool``.
    :param unread: the conditions of skipped objects, such as ``Engine/a[spec.nodeSelector]``.
    :param notes: these conditions in the document, and what is doubtful in valid objects.
    :param findings: the mistakes of the objects that are not valid.
    :param in_conditions: the mistakes of the conditions on nodes that are not among the workloads.
    :param patches: what is missing in objects that are probably patches.
    :param unreported: the number of further mistakes.
    :param is_template: whether the file cannot be read, and is probably a template.
    """

    workloads: Sequence[Workload] = ()
    skipped: Sequence[str] = ()
    conditions: Sequence[Workload] = ()
    unread: Sequence[ObjectName] = ()
    notes: Sequence[Finding] = ()
    findings: Sequence[Finding] = ()
    in_conditions: Sequence[Finding] = ()
    patches: Sequence[Finding] = ()
    unreported: int = 0
    is_template: bool = False


class _Head(TypedDict, total=False):
    """An object or a list in JSON, of which only these fields are decoded."""

    apiVersion: str
    kind: str
    items: list["_Head"]


class ManifestError(JobError):
    """A Kubernetes manifest has problems."""


def read_manifest(
    data: bytes, file: str = "manifest", volumes: Sequence[Value] = ()
) -> Manifest | None:
    """Read the objects that :func:`find_objects` finds; raise ManifestError if any is invalid."""
    found = find_objects(data, file, volumes)
    if found is None or not (findings := (*found.findings, *found.patches)):
        return found
    first = sorted(findings, key=attrgetter("position"))[: LIMITS.reported_errors]
    unreported = found.unreported + len(findings) - len(first)
    raise ManifestError(file, draw_problems(first, data), unreported)


def read_volumes(data: bytes, file: str = "manifest") -> list[Value]:
    """Return the PersistentVolumes and their claims in a manifest; none of an invalid one."""
    if _VOLUME.encode() not in data or b"apiVersion" not in data:
        return []
    try:
        objects = _objects(_read_documents(data, file))
        return [each for each in objects if text_of(each, "kind") in (_VOLUME, _CLAIM)]
    except DocumentError:
        return []


def listed_files(data: bytes, file: str) -> list[str]:
    """Return what a kustomization lists, also folders and inline patches; nothing if invalid."""
    document = plain_document(data, file)
    lists = (find(document, name) for name in KUSTOMIZE_FIELDS)
    items = (item for each in lists if isinstance(each, List) for item in each.items)
    return [each.text if isinstance(each, Scalar) else text_of(each, "path") for each in items]


def find_objects(
    data: bytes,
    file: str = "manifest",
    volumes: Sequence[Value] = (),
    count_nodes: CountNodes | None = None,
) -> Manifest | None:
    """Find the objects of a Kubernetes manifest in JSON, or in YAML with one or more documents.

    The items of a ``List`` are read as objects. Only the fields that select nodes are checked.
    ``LIMITS.job_file_bytes``, ``job_file_values`` and ``depth`` apply to each object that is read.
    A Bacalhau job is read as a manifest with one workload, ``Job/NAME``.

    :param data: the content of the file, at most ``LIMITS.manifest_bytes``.
    :param volumes: what :func:`read_volumes` returns for the other files of the same input.
    :param count_nodes: returns how many nodes match, for hints; None if no nodes are known.
    :return: the objects; None if no document has both ``apiVersion`` and ``kind``, and the file has
        no Bacalhau job.
    """
    found = _find_kubernetes_objects(data, file, volumes, count_nodes)
    if found is not None or b"tasks" not in data.lower():
        return found
    document = plain_document(data, file)
    return document and _find_bacalhau_job(document)


def check_manifest(
    data: bytes | Mapping[str, Any],
    file: str,
    *,
    rules: Collection[str] | None = None,
    count_nodes: CountNodes | None = None,
    volumes: Sequence[Value] = (),
) -> CheckReport | None:
    """Check the objects of a manifest, conditions of a pod without the pod, or a Bacalhau job.

    Return None for any other file.

    The parameters are those of :func:`nodeselect.jobs.check_jobs`.
    """
    if isinstance(data, Mapping):
        found = find_in_mapping(data, volumes, count_nodes)
        ignored = {}
    else:
        found = _find_kubernetes_objects(data, file, volumes, count_nodes)
        if found is None and (document := plain_document(data, file)):
            found = _find_in_document(document, count_nodes)
        ignored = read_ignore_comments(data)
    if found is None:
        return None
    pools = [each.name for each in found.conditions if each.owner[0] == "NodePool"]
    findings = reported(_findings(found, count_nodes, pools), rules, ignored, is_foreign=True)
    content = None if isinstance(data, Mapping) else data
    report = make_report(file, findings, content, found.unreported)
    has_job = bool(found.workloads or found.findings or found.notes) and not found.is_template
    return report._replace(is_job=has_job, is_template=found.is_template, not_compared=tuple(pools))


def _findings(found: Manifest, count_nodes: CountNodes | None, pools: Collection[str]) -> Findings:
    """Yield the findings of a manifest or a Bacalhau job."""
    yield from found.findings
    yield from found.in_conditions
    yield from found.notes
    jobs = found.workloads
    if jobs:
        yield from (each._replace(severity="note") for each in found.patches)
    if set(found.skipped) == {"Node"} and not (jobs or found.findings):
        message, hint = "these are nodes, not jobs", "give them with -n FILE"
        yield document_finding(DocumentError("not-a-job", message, Position(0, 0), hint))
    if count_nodes is None:
        return
    conditions = {each.name for each in found.conditions}
    for workload in jobs if jobs == found.conditions else (*jobs, *found.conditions):
        if workload.name not in pools:
            counted = count_nodes(workload.placement)
            # That every node fulfils a condition which requires nothing need not be said.
            if workload.name not in conditions or workload.placement.selector.split():
                yield from check_nodes(workload.name, *workload.place, counted)


def plain_document(data: bytes, file: str) -> Value | None:
    """Return the only document of a file; None if, as a job spec, it is refused for a mistake."""
    try:
        return read_plain(data, file)
    except DocumentError:
        return None


def find_in_mapping(
    data: Mapping[str, Any], volumes: Sequence[Value] = (), count_nodes: CountNodes | None = None
) -> Manifest | None:
    """Return the same as :func:`find_objects` for what a program has parsed; without positions."""
    try:
        document = from_python(data)
    except DocumentError:
        return None  # as a job spec, it is refused for the same mistakes
    if is_kubernetes_object(document):
        return _read_objects(_objects([document]), volumes, count_nodes)
    return _find_in_document(document, count_nodes)


def _find_in_document(document: Value, count_nodes: CountNodes | None) -> Manifest | None:
    """Read a Bacalhau job, or the conditions of a pod that are all of a document; or None."""
    if job := _find_bacalhau_job(document):
        return job
    found = bare_pod_spec(document)
    if found is None:
        return None
    spec, path = found
    pod = PodSpec((), spec, "Pod", ("taints", "requests"))

    def read() -> Placement:
        placement = _read_pod(pod, spec, {}, None, False)
        return placement.replace(tolerations=[Toleration(operator="Exists")], requests={})

    workloads: list[Workload] = []
    findings: list[Finding] = []
    owner = (POD_CONDITIONS, "", "")
    for each in _read_pod_spec(pod, "the pod", owner, None, count_nodes, read):
        if isinstance(each, Workload):
            at, inner = each.place
            workloads.append(each._replace(place=(at, _without(path, inner))))
        else:
            findings.append(each._replace(path=_without(path, each.path)))
    return Manifest(workloads, findings=findings)


def _without(start: Path, path: Path) -> Path:
    """Return a path in a document that has only a part of a pod spec, without the start."""
    return path[len(start) :] if path[: len(start)] == start else ()


def _read_documents(data: bytes, file: str) -> list[Value]:
    return read_documents(
        read_text(data, "a manifest", LIMITS.manifest_bytes),
        LIMITS.manifest_values,
        strict_json=file.lower().endswith(".json"),
        max_depth=LIMITS.manifest_depth,
        expands_aliases=True,
    )


def _find_kubernetes_objects(
    data: bytes, file: str, volumes: Sequence[Value], count_nodes: CountNodes | None
) -> Manifest | None:
    if b"apiVersion" not in data:
        return None
    if number := _count_nodes(data):
        return Manifest(skipped=("Node",) * number)
    try:
        documents = _read_documents(data, file)
    except DocumentError as error:
        is_small = len(data) <= LIMITS.job_file_bytes
        if is_small and not re.search(_VERSION_LINE, data, re.MULTILINE):
            return None  # as a job, it is refused for the same mistakes
        findings = list(map(document_finding, (error, *error.others)))
        lines = data.decode("utf-8", "replace").split("\n")
        places = (lines[line][column:] for line, column in (each.position for each in findings))
        is_template = any(place.startswith(("{{", "{%")) for place in places)
        return Manifest(findings=findings, unreported=error.unreported, is_template=is_template)
    if not any(map(is_kubernetes_object, documents)):
        return None
    return _read_objects(_objects(documents), volumes, count_nodes)


def _count_nodes(data: bytes) -> int:
    """Return how many nodes a list in JSON has, without reading them; 0 for anything else."""
    if not data.lstrip().startswith(b"{"):
        return 0
    from msgspec import MsgspecError, json  # only now, as it is not needed for YAML

    try:
        found = json.decode(data, type=_Head)
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        return 0
    items, own = found.get("items", []), found.get("kind", "").removesuffix("List")
    versions = {found.get("apiVersion"), *(each.get("apiVersion", "v1") for each in items)}
    is_list = versions == {"v1"} and {each.get("kind", own) for each in items} == {"Node"}
    return len(items) if is_list else 0


def _find_bacalhau_job(document: Value) -> Manifest | None:
    try:
        found = find_bacalhau_job(document)
        return found and Manifest([_read_bacalhau_job(*found)])
    except StructureError as error:
        return Manifest(findings=error.findings)


def _read_bacalhau_job(job: Value, path: Path) -> Workload:
    """Read a job that :func:`find_bacalhau_job` has found, and its path in the document."""
    text = attrgetter("text")
    placement = read_structured(job, placement_from_bacalhau, path, key_text=text)
    fields = lower_names(job)
    _, name = fields.get("name", ("", None))
    own = name.text if isinstance(name, Scalar) else ""
    place: tuple[Value, Path] = (job, path)
    if "constraints" in fields and isinstance(job, Object):
        at_constraints, _ = fields["constraints"]
        place = job.entries[at_constraints][0], (*path, at_constraints)
    return Workload(f"Job/{own}" if own else "Job", placement, (BACALHAU_JOB, own, ""), place)


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


def _read_objects(
    objects: Iterable[Value], other_volumes: Sequence[Value], count_nodes: CountNodes | None
) -> Manifest:
    objects = list(objects)
    workloads: dict[str, Workload] = {}
    conditions: dict[str, Workload] = {}
    others: list[tuple[str, bool]] = []
    findings: list[Finding] = []
    in_conditions: list[Finding] = []
    patches: list[Finding] = []
    doubtful: list[Finding] = []
    notes: list[Finding] = []
    unread: list[ObjectName] = []
    names: Counter[ObjectName] = Counter()
    volumes = bound_volumes([*other_volumes, *objects])
    for value in objects:
        is_condition = _kind(value) in _NODE_CONDITIONS
        known, mistakes = (conditions, in_conditions) if is_condition else (workloads, findings)
        if is_patch(value):
            mistakes = doubtful
        if is_merge_patch(value):
            mistakes = patches
        own = text_of(value, "metadata.name") or text_of(value, "metadata.generateName")
        name = ObjectName(text_of(value, "kind"), text_of(value, "metadata.namespace"), own)
        names[name] += 1
        if names[name] > 1 and not has(value, "metadata.name"):
            name = name._replace(suffix=f":{names[name]}")
        is_read = False
        for each in _read_object(value, name, volumes, count_nodes):
            if isinstance(each, Finding) and not is_error(each):
                notes.append(each)
                if each.code == "unread-condition":
                    unread.append(name._replace(path=path_text(each.path)))
                continue
            is_read = True
            if isinstance(each, Finding):
                mistakes.append(each)
            elif (first := known.setdefault(each.name, each)) is not each:
                if has(value, "status") and first.placement == each.placement:
                    continue  # kubectl has printed it twice
                message = f"a second object is called {quoted(each.name)}"
                mistakes.append(Finding(value, (), message, code="duplicate-object"))
        if is_condition or not is_read:
            others.append((kind_of(value), is_condition))
    if is_alone := not (workloads or findings):
        workloads, findings, in_conditions = conditions, in_conditions, []
    else:  # what has no pod spec is hardly a patch
        findings, doubtful = findings + doubtful, []
    skipped = tuple(
        kind
        for kind, is_condition in others
        if not (is_condition and is_alone) and not (volumes and kind in (_VOLUME, _CLAIM))
    )
    read, alone = tuple(workloads.values()), tuple(conditions.values())
    return Manifest(
        read, skipped, alone, unread, notes, findings, in_conditions, patches + doubtful
    )


def _read_object(
    value: Value,
    name: ObjectName,
    volumes: Mapping[tuple[str, str], Value],
    count_nodes: CountNodes | None,
) -> Iterator[Workload | Finding]:
    """Yield what an object and each of its pod specs requires of nodes, or what is wrong with it.

    For an object without a pod spec, only a note on each condition on nodes is yielded.
    """
    if not (text_of(value, "kind") and text_of(value, "apiVersion")):
        message = "an object of Kubernetes is a mapping with a kind and an apiVersion"
        yield Finding(value, (), message, code="not-an-object")
        return
    assert isinstance(value, Object), "only a mapping has fields"
    kind, namespace = text_of(value, "kind"), text_of(value, "metadata.namespace")
    if is_merge_patch(value):
        message = f"this {kind} is a patch, not a whole object"
        yield Finding(value.entries["kind"][1], (), message, _BUILD, code="no-pod-spec")
        return
    found, unread = pod_specs(value)
    path, condition = fixed_path(value), _NODE_CONDITIONS.get(_kind(value))
    if path and not found:
        spec = find(value, path)
        what = "nothing" if spec is None else describe(spec)
        message = f"{kind} must have a pod spec at {path_text(path)}, found {what}"
        hint = f"if this is a patch, {_BUILD}"
        if misplaced := misplaced_pod_spec(value):
            hint = f"move it there from {path_text(misplaced)}"
        at = spec or value.entries["kind"][1]
        yield Finding(at, (), message, None if spec else hint, code="no-pod-spec")
    if not (found or condition):
        yield from _unread(kind, unread)
        return
    owner = kind, text_of(value, "metadata.name"), namespace
    try:
        check_size(value)
    except DocumentError as error:
        yield document_finding(error)
        return
    if path:
        yield from _misplaced(value, (), path)
    try:
        if condition:
            placement = _read_condition(value, condition)
            names = name.short_forms
            yield Workload(str(name), placement, owner, (value, ()), short_names=names)
    except StructureError as error:
        yield from error.findings
    labels = labels_at(value, ("metadata", "labels")) if kind == "Pod" else None
    if template := path or template_path(value):  # programs add labels to the pods of other kinds
        labels = labels_at(value, (*template[:-1], "metadata", "labels"))
        yield from check_template(value, labels)
    known = (text_of(value, f"metadata.{each}") for each in _SET_BY_SERVER)
    is_admitted = kind == "Pod" and any(known)
    for at_key, key in unread.items():
        if key.text not in _MISPLACED and (similar := suggest_word(key.text, _MISPLACED)):
            message = f"{kind} has {quoted(key.text)}, which is not read"
            yield Finding(key, at_key, message, similar, code="unread-condition")
    controller = _controller(value) if kind == "Pod" else None
    for pod in found:
        if controller and text_of(pod.spec, "nodeName"):
            pod = _before_binding(pod)
        read = partial(_read_pod, pod, value, volumes, labels, is_admitted)
        own = name if path else name._replace(path=path_text(pod.path))
        for each in _read_pod_spec(pod, str(own), owner, labels, count_nodes, read):
            if isinstance(each, Workload):
                each = each._replace(
                    controller=controller,
                    short_names=own.short_forms,
                    replicas=replicas_of(value, pod.kind),
                )
            yield each


def _read_pod_spec(
    pod: PodSpec,
    name: str,
    owner: tuple[str, str, str],
    labels: Mapping[str, str] | None,
    count_nodes: CountNodes | None,
    read: Callable[[], Placement],
) -> Iterator[Workload | Finding]:
    """Yield the workload of a pod spec, with what is doubtful in it, or what is wrong with it.

    :param labels: the labels of the pods; None if they are unknown.
    :param read: reads what the pods require.
    """
    place = _place(pod.spec, pod.path)
    try:
        placement = read()
        count = count_nodes and partial(count_with_key, placement, count_nodes)
        yield from _in_place(pod, check_pod(pod.spec, pod.path, labels, count))
        yield Workload(name, placement, owner, place)
    except StructureError as error:
        # Without containers, it may be a form of its own, but hardly with such a mistake.
        certain = [each for each in error.findings if each.code in _CERTAIN]
        mistakes = certain if pod.conditions else error.findings
        yield from _in_place(pod, mistakes)
        if not mistakes:
            yield from _unread(owner[0], pod.conditions)
    except SelectorError as error:  # the terms of the pod and of its volumes are too many
        yield Finding(*place, error.message, code=error.code)


def _in_place(pod: PodSpec, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings with their paths in the document: a node affinity may be by itself."""
    is_bare, end = (*pod.path, "nodeAffinity") in pod.conditions, len(pod.path)
    for each in findings:
        is_inside = is_bare and each.path[end : end + 2] == ("affinity", "nodeAffinity")
        yield each._replace(path=(*pod.path, *each.path[end + 1 :])) if is_inside else each


def _unread(kind: str, conditions: Mapping[Path, Value]) -> Iterator[Finding]:
    """Yield a note on each condition that is not read."""
    for path, key in conditions.items():
        if path[-1] != "nodeName":  # an object without pods may be about a node
            message = f"{kind} has no pod spec here; its condition on nodes is not read"
            yield Finding(key, path, message, code="unread-condition")


def _kind(value: Value) -> tuple[str, str]:
    return group_of(value), text_of(value, "kind")


def _read_pod(
    pod: PodSpec,
    owner: Value,
    volumes: Mapping[tuple[str, str], Value],
    labels: Mapping[str, str] | None,
    is_admitted: bool,
) -> Placement:
    """Return what a pod that is made from ``owner`` requires, also by the volumes of its claims.

    :param labels: those of the pod; None if they are unknown.
    """
    spec, words = pod.spec, pod.not_considered
    is_added = False if is_admitted else None  # an admitted pod has what was added
    namespace = text_of(owner, "metadata.namespace") or "default"
    read = partial(
        Placement.from_pod_spec,
        kind=pod.kind,
        extended_resource_toleration=is_added,
        labels=labels,
        namespace=namespace,
    )
    items = find(spec, "volumes")
    named = items.items if isinstance(items, List) else ()
    claims = [text_of(each, f"{_CLAIM_FIELD}.claimName") for each in named if _is_claim(each)]
    claimed = [volumes.get((namespace, claim)) for claim in claims]
    known = [volume for volume in claimed if volume is not None]
    if isinstance(items, List) and len(known) == len(claimed):
        others = List([each for each in named if not _is_claim(each)], items.position)
        entries = spec.entries | {"volumes": (spec.entries["volumes"][0], others)}
        spec = Object(entries, spec.position)
    by_ordinal = _volumes_by_ordinal(owner, namespace, volumes)
    if by_ordinal:
        words = tuple(each for each in words if each != "volumes")
    words += tuple(_volume_words([*known, *chain.from_iterable(by_ordinal)]))
    if len(by_ordinal) == 1:
        known += by_ordinal.pop()
    placement = read_structured(_read_fields(spec), read, pod.path, pod_spec_errors)
    tolerations = (*placement.tolerations, *DEFAULT_TOLERATIONS)
    given: dict[str, Selector | AnyOf] = {
        f"the {_VOLUME} {_volume_name(volume)}": _volume_condition(volume) for volume in known
    }
    if by_ordinal:
        names = join_limited([_volume_name(volume) for each in by_ordinal for volume in each], 3)
        one = [reduce(and_, map(_volume_condition, each)) for each in by_ordinal]
        given[f"each {_VOLUME} of its pods ({names})"] = AnyOf(one)
    placement = reduce(and_, given.values(), placement)
    words = (*placement.not_considered, *words)
    return placement.replace(tolerations=tolerations, not_considered=words, given=given)


def _volumes_by_ordinal(
    owner: Value, namespace: str, volumes: Mapping[tuple[str, str], Value]
) -> list[list[Value]]:
    """Return the volumes of each pod of a StatefulSet by its templates; none unless all are known.

    The claim of a pod has the name ``TEMPLATE-NAME-ORDINAL``.
    """
    templates = find(owner, _CLAIM_TEMPLATES)
    if text_of(owner, "kind") != "StatefulSet" or not isinstance(templates, List | None):
        return []
    if templates is None:
        _reject_typo(owner, _CLAIM_TEMPLATES)
        return []
    numbers = (text_of(owner, path) for path in ("spec.ordinals.start", "spec.replicas"))
    start, replicas = (int(text) if re.fullmatch("[0-9]{1,9}", text) else 0 for text in numbers)
    found = []
    for ordinal in range(start, start + max(replicas, 1)):
        suffix = f"{text_of(owner, 'metadata.name')}-{ordinal}"
        claims = (f"{text_of(each, 'metadata.name')}-{suffix}" for each in templates.items)
        known = [volumes.get((namespace, claim)) for claim in claims]
        if None in known or not known:
            return []
        found.append([volume for volume in known if volume is not None])
    return found


def _volume_words(volumes: Sequence[Value]) -> Iterator[str]:
    """Yield words for what else decides on the nodes of pods with these volumes."""
    if any(map(_has_zone, volumes)):
        yield "zone labels of volumes"
    modes = [find(volume, "spec.accessModes") for volume in volumes]
    texts = [each.text for mode in modes if isinstance(mode, List) for each in mode.items
             if isinstance(each, Scalar)]  # fmt: skip
    if "ReadWriteOncePod" in texts:
        yield "volumes of one pod (ReadWriteOncePod)"
    if any(has(volume, "spec.csi") for volume in volumes):
        yield "limits of volumes"


def _volume_name(volume: Value) -> str:
    return printable(text_of(volume, "metadata.name"))


def _volume_condition(volume: Value) -> Selector | AnyOf:
    return _read_part(volume, ("spec", "nodeAffinity"), _volume_selector)


def _is_claim(volume: Value) -> bool:
    """Return whether a volume of a pod is a claim, also if that is misspelt."""
    names = tuple(volume.entries) if isinstance(volume, Object) else ()
    return _CLAIM_FIELD in names or find_typo(names, (_CLAIM_FIELD,)) is not None


def _controller(pod: Value) -> tuple[str, str, str] | None:
    """Return what has made a pod that is in a cluster; None for a pod that is yet to be made.

    The pod that a node has from its own files has the node as its controller.
    """
    references = find(pod, "metadata.ownerReferences")
    if text_of(pod, "status.phase") and isinstance(references, List):
        for each in references.items:
            if text_of(each, "controller") == "true" and text_of(each, "kind") != "Node":
                namespace = text_of(pod, "metadata.namespace")
                return namespace, text_of(each, "kind"), text_of(each, "name")
    return None


def _before_binding(pod: PodSpec) -> PodSpec:
    """Return a pod as the scheduler saw it: without the name of the node that it then chose."""
    entries = leave_out(pod.spec.entries, ("nodeName",))
    words = (*pod.not_considered, "where the pod runs already (nodeName)")
    return pod._replace(spec=pod.spec._replace(entries=entries), not_considered=words)


def _read_condition(value: Value, parts: _Parts) -> Placement:
    """Return the placement for the nodes that fulfil a condition. It does not ask for taints."""
    placement = Placement(tolerations=[Toleration(operator="Exists")])
    for path, read in parts:
        placement &= _read_part(value, path, read)
    if text_of(value, "kind") == _VOLUME and not find(value, "spec.claimRef"):
        _reject_typo(value, ("spec", "claimRef"))
    words = [f"{what} ({path})" for path, what in _OF_PODS.items() if has(value, path)]
    if _has_zone(value):
        words.append("labels of the volume with its zone")
    # A flavor selects nodes that exist; the others say what their nodes are.
    given = {} if _kind(value) == _FLAVOR else {"": placement.selector}
    return placement.replace(not_considered=tuple(words), given=given)


def _has_zone(volume: Value) -> bool:
    labels = find(volume, "metadata.labels")
    is_volume = text_of(volume, "kind") == _VOLUME
    return is_volume and isinstance(labels, Object) and not _ZONES.isdisjoint(labels.entries)


def _read_part(
    value: Value, path: Path, read: Callable[[Any], Selector | AnyOf]
) -> Selector | AnyOf:
    """Return the selector at a path; without it, one that matches everything.

    :raises StructureError: also if a field beside it is probably the misspelt one.
    """
    part = find(value, path)
    if part is not None:
        return read_structured(part, read, path)
    _reject_typo(value, path)
    return Selector.everything()


def _reject_typo(value: Value, path: Path) -> None:
    """Raise StructureError if a field is probably the one at ``path``, which is missing."""
    around = find(value, path[:-1])
    entries = around.entries if isinstance(around, Object) else {}
    if typo := find_typo(tuple(entries), (str(path[-1]),)):
        name, similar = typo
        message, place = f"there is no field {quoted(name)}", (*path[:-1], name)
        raise StructureError(
            Finding(entries[name][0], place, message, similar, code="unknown-field")
        )


def _place(spec: Object, path: Path) -> tuple[Value, Path]:
    """Return what selects nodes in a pod spec, and its path; the pod spec if nothing does."""
    for name in ("nodeName", "nodeSelector", "affinity"):
        if name in spec.entries:
            return spec.entries[name][0], (*path, name)
    return spec, path


def bound_volumes(objects: Iterable[Value]) -> dict[tuple[str, str], Value]:
    """Map claims, given by namespace and name, to the PersistentVolume to which each is bound.

    A volume names its claim in ``claimRef``, and a claim its volume in ``volumeName``.
    """
    kinds = [(text_of(each, "kind"), each) for each in objects]
    volumes = {text_of(each, "metadata.name"): each for kind, each in kinds if kind == _VOLUME}
    bound = {}
    for kind, volume in kinds:  # also of another one with the name, as in another folder
        if kind == _VOLUME and (name := text_of(volume, "spec.claimRef.name")):
            bound[text_of(volume, "spec.claimRef.namespace") or "default", name] = volume
    for kind, claim in kinds:
        if kind == _CLAIM and (named := volumes.get(text_of(claim, "spec.volumeName"))):
            namespace = text_of(claim, "metadata.namespace") or "default"
            bound[namespace, text_of(claim, "metadata.name")] = named
    return bound


def _volume_selector(affinity: Mapping[str, Any]) -> AnyOf:
    required = read_fields(affinity, (), ("required",)).get("required")
    everything = [Selector.everything()]
    return AnyOf(everything if required is None else read_terms(required, ("required",)))


def _label_selector(labels: object) -> Selector:
    return Selector.from_requirements(read_match_labels(labels, ()))


def _requirement_selector(requirements: object) -> Selector:
    items = requirements if isinstance(requirements, list) else ()
    for each in (each for each in items if isinstance(each, dict)):
        each.pop("minValues", None)  # it is about the types of new nodes
        match each:
            case {"operator": "Gte" | "Lte" as operator, "values": [str(text)]} if text.isdecimal():
                bound = int(text) - 1 if operator == "Gte" else int(text) + 1
                each |= {"operator": operator[:2], "values": [str(bound)]}
    return Selector.from_requirements(read_match_expressions(requirements, ()))


_FLAVOR = "kueue.x-k8s.io", "ResourceFlavor"

# The parts of the objects that are conditions on nodes, and how each is read, by group and kind.
_NODE_CONDITIONS: dict[tuple[str, str], _Parts] = {
    ("", _VOLUME): [(("spec", "nodeAffinity"), _volume_selector)],
    # NewNodeClaimTemplate in pkg/controllers/provisioning/scheduling/nodeclaimtemplate.go
    ("karpenter.sh", "NodePool"): [
        (("spec", "template", "spec", "requirements"), _requirement_selector),
        (("spec", "template", "metadata", "labels"), _label_selector),
    ],
    # ResourceFlavorSpec in apis/kueue/v1beta1/resourceflavor_types.go
    _FLAVOR: [(("spec", "nodeLabels"), _label_selector)],
}

_BUILD = "read what is printed by: kustomize build FOLDER"

# What these objects have for pods, which must tolerate the taints, and get the tolerations of a
# flavor. The objects are not about one pod.
_OF_PODS = {
    "spec.nodeTaints": "taints",
    "spec.template.spec.taints": "taints",
    "spec.template.spec.startupTaints": "taints",
    "spec.tolerations": "tolerations",
}


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
        elif name not in (*READ_FIELDS, "ports") and not isinstance(item, Scalar):
            entries[name] = key, Scalar("", "null", item.position, False)
    return Object(entries, value.position)


def _misplaced(value: Value, path: Path, pod_spec: Path) -> Iterator[Finding]:
    """Yield a finding for each condition on nodes in ``value`` that is outside of the pod spec."""
    if isinstance(value, List):
        for number, item in enumerate(value.items):
            yield from _misplaced(item, (*path, number), pod_spec)
    if not isinstance(value, Object):
        return
    for name, (key, field) in value.entries.items():
        expected = (*pod_spec, "affinity") if name == "nodeAffinity" else pod_spec
        if name in _MISPLACED and path != expected:
            where = path_text(path)
            message = f"{name} has no effect {f'in {where}' if where else 'here'}"
            hint = f"move it under {path_text(expected)}"
            yield Finding(key, (*path, name), message, hint, code="misplaced-field")
        elif name not in _FREE_FIELDS and name != "nodeSelector":
            yield from _misplaced(field, (*path, name), pod_spec)
