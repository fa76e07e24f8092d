"""Random nodes and pods of Kubernetes as decoded JSON, from pools so small that they often meet."""

from typing import Any, NamedTuple

from hypothesis import strategies as st

from nodeselect import Placement

IDS = tuple(f"n-{number}" for number in range(8))
EFFECTS = ("NoSchedule", "NoExecute", "PreferNoSchedule")

# A label with the key of a taint or the name of a resource is no fact of a node.
KEYS = ("zone", "a/b", "dedicated", "cpu")
VALUES = ("", "a", "5", "7")

TAINT_KEYS = (
    "dedicated",
    "a/b",
    "node.kubernetes.io/unschedulable",
    "node.kubernetes.io/not-ready",
)
TAINT_VALUES = ("", "a", "b")

AMOUNTS = {
    "cpu": ("0", "1m", "500m", "0.5", "1", "1500m", "2", "64"),
    "memory": ("0", "1", "1Ki", "1Gi", "1.5Gi", "1500M", "2Gi", "1Ei"),
    "example.com/gpu": ("0", "1", "2"),
}
PODS = ("0", "1", "2", "9223372036854775807")

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"

labels = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=3)


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects that have some of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


taints = st.lists(
    st.fixed_dictionaries(
        {"key": st.sampled_from(TAINT_KEYS), "effect": st.sampled_from(EFFECTS)},
        optional={"value": st.sampled_from(TAINT_VALUES)},
    ),
    max_size=3,
)
amounts = optional(**{name: st.sampled_from(texts) for name, texts in AMOUNTS.items()})
allocatable = st.builds(
    dict.__or__, amounts, st.just({}) | st.sampled_from(PODS).map(lambda text: {"pods": text})
)


# Node objects; of some the taints or the resources are not known, or both.
nodes: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"metadata": st.fixed_dictionaries({"name": st.sampled_from(IDS), "labels": labels})},
    optional={
        "spec": st.none() | optional(taints=taints | st.none(), unschedulable=st.booleans()),
        "status": optional(allocatable=allocatable),
    },
)


@st.composite
def _expressions(draw: st.DrawFn) -> dict[str, Any]:
    key = draw(st.sampled_from(KEYS))
    operator = draw(st.sampled_from(("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")))
    if operator in ("Exists", "DoesNotExist"):
        return {"key": key, "operator": operator}
    if operator in ("Gt", "Lt"):
        return {"key": key, "operator": operator, "values": [draw(st.sampled_from(("5", "6")))]}
    values = draw(st.lists(st.sampled_from(VALUES), min_size=1, max_size=3, unique=True))
    return {"key": key, "operator": operator, "values": values}


_fields = st.fixed_dictionaries(
    {
        "key": st.just("metadata.name"),
        "operator": st.sampled_from(("In", "NotIn")),
        "values": st.lists(st.sampled_from(IDS), min_size=1, max_size=1),
    }
)
_terms = optional(
    matchExpressions=st.lists(_expressions(), max_size=2), matchFields=st.lists(_fields, max_size=1)
)
_affinities = st.lists(_terms, min_size=1, max_size=3).map(
    lambda terms: {"nodeAffinity": {_REQUIRED: {"nodeSelectorTerms": terms}}}
)


@st.composite
def _tolerations(draw: st.DrawFn) -> dict[str, Any]:
    toleration = draw(optional(effect=st.sampled_from(("", *EFFECTS))))
    key = draw(st.sampled_from(("", *TAINT_KEYS)))
    if key:
        toleration["key"] = key
    if not key or draw(st.booleans()):
        return {**toleration, "operator": "Exists"}
    return {**toleration, **draw(optional(operator=st.just("Equal"), value=st.sampled_from("ab")))}


@st.composite
def _containers(draw: st.DrawFn) -> dict[str, Any]:
    requests, limits = draw(amounts), draw(amounts)
    gpu = limits.get("example.com/gpu")  # whose request is its limit
    requests = {name: text for name, text in requests.items() if name not in limits}
    if gpu is not None and draw(st.booleans()):
        requests["example.com/gpu"] = gpu
    elif gpu is None:
        requests.pop("example.com/gpu", None)
    return draw(
        st.just({"name": "c"})
        | st.just({"name": "c", "resources": {"requests": requests, "limits": limits}})
    )


_init_containers = st.builds(
    dict.__or__, _containers(), st.sampled_from(({}, {"restartPolicy": "Always"}))
)


class PodTemplate(NamedTuple):
    """A pod spec and the kind of the object that has it; and what nodeselect reads of it."""

    kind: str
    spec: dict[str, Any]
    placement: Placement


def pod_templates() -> st.SearchStrategy[PodTemplate]:
    """Return pods that require more or less of a node."""
    specs = st.fixed_dictionaries(
        {"containers": st.lists(_containers(), min_size=1, max_size=2)},
        optional={
            "nodeSelector": st.dictionaries(
                st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=1
            ),
            "affinity": _affinities,
            "nodeName": st.sampled_from(("", "", "", IDS[0])),
            "tolerations": st.lists(_tolerations(), max_size=4),
            "initContainers": st.lists(_init_containers, max_size=2),
            "overhead": st.fixed_dictionaries({"cpu": st.sampled_from(AMOUNTS["cpu"])}),
        },
    )
    return st.builds(_pod_template, st.sampled_from(("Pod", "Deployment", "DaemonSet")), specs)


def _pod_template(kind: str, spec: dict[str, Any]) -> PodTemplate:
    return PodTemplate(kind, spec, Placement.from_pod_spec(spec, kind))


def _plain_pod(cpu: str) -> PodTemplate:
    spec = {
        "containers": [{"resources": {"requests": {"cpu": cpu}}}],
        "tolerations": [{"operator": "Exists"}],
    }
    return _pod_template("Pod", spec)


PLAIN_PODS = tuple(map(_plain_pod, ("500m", "1")))
"""Pods that require nothing but a little cpu, and so run on most nodes."""
