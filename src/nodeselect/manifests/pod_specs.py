"""Find the pod specs in Kubernetes objects of any kind."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from nodeselect.documents import (
    Entries,
    List,
    Object,
    Scalar,
    Value,
    find,
    has,
    is_null,
    text_of,
    to_python,
)
from nodeselect.placement.placement import ONE_REPLICA
from nodeselect.problem import Path, path_text
from nodeselect.selectors.pod_spec import AFFINITIES, NODE_WORD, READ_FIELDS
from nodeselect.text import printable

_TEMPLATE: Path = ("spec", "template", "spec")

# The kinds of Kubernetes itself that run pods, and the path of the pod spec in each.
_PATHS: dict[str, Path] = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "Deployment": _TEMPLATE,
    "StatefulSet": _TEMPLATE,
    "DaemonSet": _TEMPLATE,
    "ReplicaSet": _TEMPLATE,
    "ReplicationController": _TEMPLATE,
    "Job": _TEMPLATE,
    "CronJob": ("spec", "jobTemplate", *_TEMPLATE),
}

# The groups of APIs that have these kinds. A Job of another group has other fields.
_GROUPS = ("", "apps", "batch", "extensions")

# The kinds that describe pods of other objects and run none of their own, by group.
_WITHOUT_PODS = frozenset({
    *(("apps.kruise.io", "SidecarSet"), ("auto.gke.io", "WorkloadAllowlist")),
    *(("config.kwok.x-k8s.io", "KwokctlResource"), ("kwok.x-k8s.io", "KwokctlResource")),
    *(("kyverno.io", "ClusterPolicy"), ("kyverno.io", "Policy")),
})  # fmt: skip

# The kinds of others that select the pods of their template as Kubernetes itself does, by group.
_WITH_TEMPLATE = frozenset({
    *(("apps.kruise.io", kind) for kind in ("CloneSet", "DaemonSet", "StatefulSet")),
    ("argoproj.io", "Rollout"),
})  # fmt: skip

# The fields of a pod spec that are conditions on labels.
CONDITIONS = ("affinity", "nodeName", "nodeSelector")

# The conditions that objects may have outside of a pod spec, too.
_SHARED = (*CONDITIONS, "tolerations")

# The fields that are read where a kind has the fields of a pod spec without its containers.
_PARTIAL_FIELDS = (
    *("priorityClassName", "runtimeClassName", "schedulerName", "topologySpreadConstraints"),
    *_SHARED,
)

# Of the fields of a pod spec that are not read, these may be conditions, too.
_LIKE_CONDITIONS = re.compile("node|affin|tolerat|taint", re.IGNORECASE)

# Names of mappings that have fields of a pod spec, and of those around a ``spec`` that has some.
_POD_NAME = re.compile("affinity|pod|predictor|transformer|explainer|podTemplate|.*[pP]lacement")
_AROUND_POD_SPECS = ("podTemplate", "template")

# Names of what only a chart uses.
_CHART_NAMES = frozenset({"values", "valuesInline", "valuesObject"})

# Fields that show that a mapping with a condition on nodes is about pods.
_POD_FIELDS = frozenset({
    *("hostNetwork", "image", "imagePullSecrets", "priorityClassName", "replicas", "resources"),
    *("securityContext", "serviceAccountName", "topologySpreadConstraints", "volumes", *_SHARED),
    "nodeAffinity",
})  # fmt: skip

# The directives of a strategic merge patch.
_DIRECTIVE = re.compile(r"\$(?:patch$|retainKeys$|deleteFromPrimitiveList/|setElementOrder/)")

# Fields in which no pod spec is searched. A schema may describe one.
_UNSEARCHED = ("metadata", "openAPIV3Schema", "status")

# Fields with a number of pods.
_COUNTS = ("instances", "parallelism", "replicas", "size")

_Words: TypeAlias = tuple[str, ...]

# Returns whether a mapping is a pod spec. The parameters are the name of the field that has the
# mapping, and the fields of the mapping.
_IsPodSpec = Callable[[str, Entries], bool]


class PodSpec(NamedTuple):
    """A pod spec in an object.

    :param path: the path of the pod spec in the object.
    :param kind: the kind of object whose rules apply to the pods, such as ``DaemonSet``.
    :param not_considered: what else in the object may decide on nodes, in words.
    :param conditions: of what may be no pod spec, since it has no containers, the conditions on
        nodes, by their paths.
    """

    path: Path
    spec: Object
    kind: str
    not_considered: tuple[str, ...]
    conditions: Mapping[Path, Value] = {}


def _has_containers(name: str, fields: Entries) -> bool:
    match fields.get("containers"):
        case _, List([_, *_] as items):
            fields_of = [item.entries for item in items if isinstance(item, Object)]
            return len(fields_of) == len(items) and any("name" in each for each in fields_of)
    return False


def _has_any_containers(name: str, fields: Entries) -> bool:
    match fields.get("containers"):
        case _, List([Object()]):
            return True
    return _has_containers(name, fields)


def _is_misspelt(name: str) -> bool:
    return name not in (*_SHARED, "selector") and re.search(NODE_WORD, name) is not None


# What a template of Argo runs.
_ARGO_RUNS = frozenset({"container", "containerSet", "data", "resource", "script"})

# The kinds that have the fields of a pod spec without its containers, by group. Such a mapping has
# also the conditions of the mappings around it, unless it has its own.
_PARTIAL: dict[str, tuple[tuple[str, ...], _IsPodSpec]] = {
    # WorkflowSpec and Template in pkg/apis/workflow/v1alpha1/workflow_types.go;
    # addSchedulingConstraints in workflow/controller/workflowpod.go
    "argoproj.io": (
        ("ClusterWorkflowTemplate", "CronWorkflow", "Workflow", "WorkflowTemplate"),
        lambda name, fields: name in ("templates", "inline") and not _ARGO_RUNS.isdisjoint(fields),
    ),
    # SparkApplicationSpec and SparkPodSpec in api/v1beta2/sparkapplication_types.go
    "sparkoperator.k8s.io": (
        ("ScheduledSparkApplication", "SparkApplication"),
        lambda name, fields: name in ("driver", "executor"),
    ),
    # VirtualMachineInstanceSpec in staging/src/kubevirt.io/api/core/v1/types.go
    "kubevirt.io": (
        ("VirtualMachine", "VirtualMachineInstance", "VirtualMachineInstanceReplicaSet"),
        lambda name, fields: "domain" in fields,
    ),
    "pool.kubevirt.io": (("VirtualMachinePool",), lambda name, fields: "domain" in fields),
}


def fixed_path(value: Value) -> Path:
    """Return the path of the pod spec in an object of Kubernetes itself; empty for other kinds."""
    is_known = has(value, "apiVersion") and group_of(value) in _GROUPS
    return _PATHS.get(text_of(value, "kind"), ()) if is_known else ()


def template_path(value: Value) -> Path:
    """Return the path of the only pod spec in an object that selects the pods made from it."""
    is_known = (group_of(value), text_of(value, "kind")) in _WITH_TEMPLATE
    return _TEMPLATE if is_known and find(value, _TEMPLATE) is not None else ()


def is_patch(value: Value) -> bool:
    """Return whether an object of Kubernetes itself is probably a patch: it has no pod spec.

    Nothing in it may be like a field of the path of the pod spec, or like a condition on nodes.
    """
    path = fixed_path(value)
    if not path or find(value, path) is not None or not has(value, "metadata.name"):
        return False
    from nodeselect.similarity import similar_name  # compiles patterns

    names = [*map(str, path), "containers", *_SHARED]
    inner: Value | None = value
    for name in map(str, path):
        if not isinstance(inner, Object):
            return False
        if any(similar_name(each, names) for each in inner.entries if each != name):
            return False
        if name not in inner.entries:
            return True
        inner = inner.entries[name][1]
    return False


def is_merge_patch(value: Value) -> bool:
    """Return whether an object has a directive of a patch, or removes a node label of a template.

    Without its containers, a template with a label that is null is not that of a whole object.
    """
    path = fixed_path(value)
    labels = find(value, (*path, "nodeSelector")) if path[1:] else None
    entries = labels.entries.values() if isinstance(labels, Object) else ()
    if any(is_null(label) for _, label in entries) and find(value, (*path, "containers")) is None:
        return True
    return bool(path) and _has_directive(value)


def _has_directive(value: Value) -> bool:
    if isinstance(value, List):
        return any(map(_has_directive, value.items))
    entries = value.entries if isinstance(value, Object) else {}
    return any(map(_DIRECTIVE.match, entries)) or any(
        _has_directive(item) for _, item in entries.values() if not isinstance(item, Scalar)
    )


def kind_of(value: Value) -> str:
    """Return the kind of an object; with the group if Kubernetes itself has the same kind."""
    kind = text_of(value, "kind")
    is_other = kind in _PATHS and group_of(value) not in _GROUPS
    return f"{kind} of {group_of(value)}" if is_other else kind


def group_of(value: Value) -> str:
    """Return the group in the ``apiVersion`` of an object, such as ``apps``; it may be empty."""
    return text_of(value, "apiVersion").rpartition("/")[0]


def pod_specs(value: Object) -> tuple[list[PodSpec], dict[Path, Scalar]]:
    """Return the pod specs of an object, and the conditions on nodes outside of them.

    The conditions are the names of fields, by the paths of the fields. Of a kind of Kubernetes
    itself, none are returned. Cost: linear in the size of the object.

    In kinds of Kubernetes itself, the pod spec has a fixed path. In an object of another kind, each
    mapping with ``containers`` that have names is a pod spec, also inside another pod spec; so are
    mappings that have only its other fields, unless only a chart knows their use.
    """
    if path := fixed_path(value):
        inner: Value | None = value
        words: list[str] = []
        for name in path:
            words += _words(inner)
            inner = find(inner, (name,))
        if not isinstance(inner, Object):
            return [], {}
        return [PodSpec(path, inner, text_of(value, "kind"), tuple(words))], {}
    group = group_of(value)
    if (group, text_of(value, "kind")) in _WITHOUT_PODS:
        return [], {}
    kinds, is_pod_spec = _PARTIAL.get(group, ((), _has_containers))
    is_partial = text_of(value, "kind") in kinds
    if not is_partial:  # in Knative, an only container needs no name
        is_pod_spec = _has_any_containers if group == "serving.knative.dev" else _has_containers
    search = _Search(is_pod_spec, is_partial, group == "argoproj.io")
    # AddOrUpdateDaemonPodTolerations in pkg/controller/daemonset/daemonset_controller.go
    is_daemon_set = (group, text_of(value, "kind")) == ("apps.kruise.io", "DaemonSet")
    search.visit(value, (), "", "DaemonSet" if is_daemon_set else "Pod", {}, ())
    unread = tuple(map(path_text, search.unread))
    found = [each._replace(not_considered=each.not_considered + unread) for each in search.found]
    return found, search.unread


def misplaced_pod_spec(value: Value) -> Path:
    """Return the path of what looks like a pod spec, wherever it is; empty if nothing does."""
    search = _Search(_has_any_containers, False, False)
    search.visit(value, (), "", "Pod", {}, ())
    return next((each.path for each in search.found if not each.conditions), ())


class _Search:
    """A search for pod specs in an object.

    :param is_partial: whether pod specs have only some of their fields, and the conditions of the
        mappings around them.
    :param is_argo: whether what is written as {{...}} is filled in when the pods are made.
    :ivar found: the pod specs.
    :ivar unread: the conditions on nodes that none of them has, by their paths.
    """

    def __init__(self, is_pod_spec: _IsPodSpec, is_partial: bool, is_argo: bool) -> None:
        self._is_pod_spec = is_pod_spec
        self._is_partial = is_partial
        self._is_argo = is_argo
        self.found: list[PodSpec] = []
        self.unread: dict[Path, Scalar] = {}

    def visit(
        self, value: Value, path: Path, name: str, kind: str, shared: Entries, words: _Words
    ) -> None:
        """Search in ``value``, which is at ``path`` in the object.

        :param name: the name of the field that has ``value``, also as an item of a list.
        :param kind: the kind of the innermost object of Kubernetes itself around ``value``.
        :param shared: the conditions of the mappings around ``value``.
        :param words: what the mappings around ``value`` have that is not considered.
        """
        if isinstance(value, List):
            for number, item in enumerate(value.items):
                self.visit(item, (*path, number), name, kind, shared, words)
        if not isinstance(value, Object):
            return
        fields, words = value.entries, (*words, *_words(value))
        own = self._own_conditions(value)
        paths = {(*path, each): fields[each][0] for each in own}
        if self._is_argo:
            conditions = ((each, to_python(fields[each][1], attrgetter("text"))) for each in own)
            later = [each for each, plain in conditions if "{{" in str(plain)]
            words += tuple(path_text((*path, each)) for each in later)
            own, shared, fields = (leave_out(each, later) for each in (own, shared, fields))
        if self._is_partial:  # misspelt fields are mistakes of the pod specs, too
            own |= {each: fields[each] for each in fields if _is_misspelt(each)}
        found = len(self.found)
        if path and self._is_pod_spec(name, fields):
            read, others = self._fields(path, fields)
            spec = Object(read | shared | own if self._is_partial else read, value.position)
            self.found.append(PodSpec(path, spec, kind, words + others))
            if not self._is_partial:  # it may have further pod specs, such as one of its workers
                own, paths, fields = {}, {}, leave_out(fields, READ_FIELDS)
        if fixed_path(value):
            kind = text_of(value, "kind")
        for each, (_, item) in fields.items():
            if each not in _UNSEARCHED and each not in own:
                self.visit(item, (*path, each), each, kind, shared | own, words)
        is_inside, is_asked = len(self.found) > found, not own.keys() <= {"nodeName"}
        if is_asked and not (is_inside or self._is_partial) and _is_of_pods(path, fields):
            self.found.append(_without_containers(path, fields, kind, words, paths))
            misspelt = (each for each in fields if each not in AFFINITIES and _is_misspelt(each))
            self.unread |= {(*path, each): fields[each][0] for each in misspelt}
        elif not (is_inside and self._is_partial):
            self.unread |= paths

    def _own_conditions(self, value: Object) -> Entries:
        """Return the fields of a mapping that are conditions on nodes."""
        names = _SHARED if self._is_partial else (*_SHARED, "nodeAffinity")
        own = {each: value.entries[each] for each in names if has(value, each)}
        is_nested = any(has(value, f"affinity.{each}") for each in ("nodeSelector", "tolerations"))
        if not self._is_partial and (is_nested or text_of(value, "affinity")):  # of CloudNativePG
            own.pop("affinity", None)  # a text is something else
        return own

    def _fields(self, path: Path, fields: Entries) -> tuple[Entries, _Words]:
        """Return those of the fields of a pod spec that are read, and what else may decide."""
        if self._is_partial:
            others = ["requests", "volumes"]
            if "domain" in fields:
                others.append("what KubeVirt adds, such as kubevirt.io/schedulable=true")
            names = frozenset(_PARTIAL_FIELDS)
        elif path[-1] == "spec" and str(path[-2:][0]).endswith("emplate"):
            return fields, ()
        else:  # a spec that has fields of its own, too
            likely = [each for each in fields if _LIKE_CONDITIONS.match(each)]
            others = [path_text((*path, each)) for each in likely if each not in READ_FIELDS]
            names = READ_FIELDS
        return {each: entry for each, entry in fields.items() if each in names}, tuple(others)


def leave_out(entries: Entries, names: Collection[str]) -> Entries:
    """Return the fields of a mapping without those with these names."""
    return {name: entry for name, entry in entries.items() if name not in names}


def _is_of_pods(path: Path, fields: Entries) -> bool:
    """Return whether a mapping with a condition on nodes has the fields of pods."""
    names = [step for step in path if isinstance(step, str)]
    if path == ("scheduling",) or not _CHART_NAMES.isdisjoint(names):
        return False  # a RuntimeClass gives it to the pods of others
    is_spec = names[-1:] == ["spec"] and names[-2] in _AROUND_POD_SPECS if names[1:] else False
    is_named = bool(names) and _POD_NAME.fullmatch(names[-1]) is not None
    return is_spec or is_named or len(_POD_FIELDS & fields.keys()) > 1


def _without_containers(
    path: Path, fields: Entries, kind: str, words: _Words, paths: Mapping[Path, Value]
) -> PodSpec:
    """Return a mapping with some of the fields of a pod spec; its affinity may have no name."""
    read = {each: entry for each, entry in fields.items() if each in _PARTIAL_FIELDS}
    terms = {
        each: fields[each] for each in AFFINITIES if each in fields and "affinity" not in fields
    }
    for key, _ in [*terms.values()][:1]:
        read["affinity"] = key._replace(text="affinity"), Object(terms, key.position)
    others = (each for each in fields if each not in (*read, *terms))
    likely = (path_text((*path, each)) for each in others if _LIKE_CONDITIONS.search(each))
    words = (*words, *likely, "requests", "volumes", "what the controller adds")
    place = next(iter(paths.values())).position
    return PodSpec(path, Object(read, place), kind, words, paths)


def replicas_of(value: Value, kind: str) -> int | None:
    """Return how many pods an object asks for: 1 if it does not say so; None if each node has one.

    :param kind: that of the object, or the one whose rules apply to its pods.
    """
    if kind == "DaemonSet":
        return None
    texts = (text_of(value, f"spec.{name}") for name in _COUNTS)
    return next((int(text) for text in texts if re.fullmatch("[0-9]{1,9}", text)), 1)


def _words(value: Value | None) -> Iterator[str]:
    """Yield what a mapping around a pod spec has that is not considered, in words."""
    if not isinstance(value, Object):
        return
    if has(value, "volumeClaimTemplates"):
        yield "volumes"
    for name in ("instancetype", "podSpecPatch"):  # the first is an object with conditions
        if has(value, name):
            yield name
    if has(value, "podPriorityClassName"):
        yield "preemption"
    for name in ("batchScheduler", "schedulerName"):
        if text_of(value, name) not in ("", "default-scheduler"):
            yield "another scheduler"
    conf = find(value, "sparkConf")
    for name in conf.entries if isinstance(conf, Object) else ():
        if name.startswith("spark.kubernetes.") and ".node.selector." in name:
            yield f"sparkConf.{printable(name)}"
    for name in _COUNTS:
        if text_of(value, name) not in ("", "0", "1"):
            yield ONE_REPLICA
