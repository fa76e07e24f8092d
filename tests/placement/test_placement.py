"""What a pod requires of a node, and which nodes it can use."""

import pickle
from typing import Any

import pytest

from nodeselect import AnyOf, Node, Placement, Selector, SelectorError, Taint, Toleration, Usage
from nodeselect.placement.requirements import AtLeast, Tolerates

GPU = "nvidia.com/gpu"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def container(limits: dict[str, Any] | None = None, **requests: Any) -> dict[str, Any]:
    """Return a container with these requests and limits."""
    return {"name": "c", "resources": {"requests": requests, "limits": limits or {}}}


def required(*terms: Any) -> dict[str, Any]:
    """Return a pod spec with a required node affinity."""
    return {"affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": list(terms)}}}}


def exists(key: str) -> dict[str, Any]:
    """Return a term that requires a label."""
    return {"matchExpressions": [{"key": key, "operator": "Exists"}]}


def spread(*others: Any, **fields: Any) -> dict[str, Any]:
    """Return a pod spec with topology spread constraints; the first one has other fields."""
    constraint = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
    return {"topologySpreadConstraints": [constraint | fields, *others]}


ANY = [Toleration(operator="Exists")]
NODE = Node("n-1", {"a": "1"}, taints=[Taint("t", "NoSchedule", "v")], resources={"cpu": 2000})


@pytest.mark.parametrize(
    ("placement", "matches"),
    [
        pytest.param(Placement(), False, id="taint"),
        pytest.param(Placement(tolerations=[Toleration("t", "Exists")]), True, id="tolerated"),
        pytest.param(Placement(tolerations=[Toleration("t", value="w")]), False, id="other-value"),
        pytest.param(Placement(Selector.parse("b"), ANY), False, id="label"),
        pytest.param(Placement(Selector.parse("b") | Selector.parse("a"), ANY), True, id="any-of"),
        pytest.param(Placement(AnyOf(map(Selector.parse, "bca")), ANY), True, id="third-of-any"),
        pytest.param(Placement(AnyOf([]), ANY), False, id="any-of-nothing"),
        pytest.param(Placement(Selector.of(match_ids=["n-2"]), ANY), False, id="other-id"),
        pytest.param(Placement(tolerations=ANY, requests={"cpu": "2"}), True, id="enough"),
        pytest.param(Placement(tolerations=ANY, requests={"cpu": "2001m"}), False, id="too-little"),
        pytest.param(Placement(tolerations=ANY, requests={GPU: 1}), False, id="absent-resource"),
    ],
)
def test_matches(placement: Placement, matches: bool) -> None:
    """A node must have the labels, only tolerated taints, and enough of each resource."""
    assert placement.matches(NODE) is matches


def test_unknown_is_not_required() -> None:
    """If the taints or the resources of a node are unknown, they exclude nothing."""
    placement = Placement(requests={"cpu": 1})
    assert placement.matches(Node("n"))
    assert placement.matches(Node("n", taints=[], resources={"cpu": 1}))
    assert placement.matches(Node("n", resources={"cpu": 1}))
    assert placement.matches(Node("n", taints=[]))
    assert not placement.matches(Node("n", taints=[], resources={}))
    assert not placement.matches(Node("n", taints=[Taint("t", "NoExecute")]))


def test_prefer_no_schedule_excludes_nothing() -> None:
    """A taint with the effect PreferNoSchedule keeps no pod away."""
    assert Placement().matches(Node("n", taints=[Taint("t", "PreferNoSchedule")]))
    assert Placement().requirements([Taint("t", "PreferNoSchedule")]) == ()


def test_usage_counts() -> None:
    """What other pods request is not free; pods that run on other nodes do not matter."""
    node, usage = Node("n", taints=[], resources={"cpu": 3000, "pods": 3}), Usage()
    placement = Placement(requests={"cpu": 1000, "pods": 1})
    for _ in range(3):
        assert placement.matches(node, usage)
        usage.add("n", placement.requests)
        usage.add("n-2", placement.requests)
    assert not placement.matches(node, usage)
    assert placement.matches(node)
    assert Placement(requests={"memory": 0}).matches(node, usage)


def test_requirements() -> None:
    """Every key and effect of a taint that excludes is a requirement, and every resource."""
    tolerations = (Toleration("b", "Exists"),)
    placement = Placement(
        tolerations=tolerations, requests={"pods": 1, "memory": "20Gi", "cpu": 8000}
    )
    taints = [
        *(Taint("b", "NoSchedule", "1"), Taint("b", "NoSchedule", "2"), Taint("b", "NoExecute")),
        *(Taint("a", "PreferNoSchedule"), Taint("node.kubernetes.io/unschedulable", "NoSchedule")),
    ]
    requirements = placement.requirements(taints)
    assert list(map(str, requirements)) == [
        *("tolerates b:NoExecute", "tolerates b:NoSchedule", "schedulable"),
        *("cpu >= 8", "memory >= 20Gi", "pods >= 1"),
    ]
    node = Node("n", taints=[taints[0], taints[-1]], resources={"cpu": "8", "memory": "1Gi"})
    assert [each.is_met(node) for each in requirements] == [True, True, False, True, False, False]
    assert all(each.is_met(Node("n")) for each in requirements)
    assert AtLeast("cpu", 1).is_met(node, Usage())
    usage = Usage()
    usage.add("n", {"cpu": 1})
    assert not AtLeast("cpu", 8000).is_met(node, usage)
    assert AtLeast("cpu", 7999).is_met(node, usage)
    assert not Tolerates("b", "NoSchedule", (Toleration("b", value="2"),)).is_met(node)
    assert Tolerates("b", "NoExecute", ()).is_met(node)


def test_values() -> None:
    """A placement is a value: equal, hashable, pickled; duplicates and zeros are dropped."""
    one, two = Toleration("a", "Exists"), Toleration("b")
    placement = Placement(
        tolerations=[one, two, one],
        requests={"pods": 1, GPU: 0, "cpu": "1"},
        not_considered=["volumes", "volumes"],
    )
    assert placement.tolerations == (one, two)
    assert list(placement.requests.items()) == [("cpu", 1000), ("pods", 1)]
    assert placement.not_considered == ("volumes",)
    same = Placement(
        Selector.everything(), [one, two], {"cpu": 1000, "pods": 1}, not_considered=["volumes"]
    )
    assert placement == same == pickle.loads(pickle.dumps(placement))
    assert len({placement, same, Placement()}) == 2
    restricted = placement & Selector.parse("a")
    assert restricted.selector == Selector.parse("a")
    assert restricted[1:] == placement[1:]
    assert (restricted & (Selector.parse("b") | Selector.parse("c"))).selector == AnyOf(
        [Selector.parse("a,b"), Selector.parse("a,c")]
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {"selector": "a=b"},
        {"tolerations": [("t", "Exists", "", "")]},
        {"requests": {"cpu": 1.5}},
        {"requests": [("cpu", 1)]},
        {"not_considered": [1]},
    ],
)
def test_wrong_types(arguments: dict[str, Any]) -> None:
    """An argument of another type is an error."""
    with pytest.raises(TypeError):
        Placement(**arguments)


@pytest.mark.parametrize("amount", [-1, 2**63, "1K", "-1"])
def test_wrong_amounts(amount: object) -> None:
    """An amount that is negative, too large or no quantity is an error."""
    with pytest.raises(SelectorError) as caught:
        Placement(requests={"cpu": amount})  # type: ignore[dict-item]
    assert (caught.value.code, caught.value.path) == ("invalid-quantity", "requests.cpu")


@pytest.mark.parametrize(
    ("spec", "selector"),
    [
        pytest.param({}, Selector.everything(), id="none"),
        pytest.param({"nodeSelector": {"a": "b"}}, Selector.parse("a=b"), id="node-selector"),
        pytest.param({"nodeName": "n-1"}, Selector.of(match_ids=["n-1"]), id="node-name"),
        pytest.param(required(exists("a")), Selector.parse("a"), id="one-term"),
        pytest.param(required(exists("a"), {}, exists("a")), Selector.parse("a"), id="equal-terms"),
        pytest.param(
            required(exists("a"), exists("b")),
            Selector.parse("a") | Selector.parse("b"),
            id="terms",
        ),
        pytest.param(required({}, None), Selector.nothing(), id="empty-terms"),
    ],
)
def test_selector_of_a_pod_spec(spec: dict[str, Any], selector: Selector | AnyOf) -> None:
    """One term is a selector, several are an AnyOf; if no node can match, it is nothing()."""
    placement = Placement.from_pod_spec(spec)
    assert placement[:3] == Placement(selector, requests={"pods": 1})[:3]
    assert isinstance(placement.selector, AnyOf) == isinstance(selector, AnyOf)


def test_daemon_sets() -> None:
    """A DaemonSet tolerates what Kubernetes adds; network-unavailable only with hostNetwork."""

    def tolerated(spec: dict[str, Any], kind: str) -> list[str]:
        tolerations = Placement.from_pod_spec(spec, kind).tolerations
        assert all(each.operator == "Exists" for each in tolerations)
        return [f"{each.key.rpartition('/')[2]}:{each.effect}" for each in tolerations]

    usual = [
        *("not-ready:NoExecute", "unreachable:NoExecute", "disk-pressure:NoSchedule"),
        *("memory-pressure:NoSchedule", "pid-pressure:NoSchedule", "unschedulable:NoSchedule"),
    ]
    assert tolerated({}, "DaemonSet") == tolerated({"hostNetwork": False}, "DaemonSet") == usual
    network = "network-unavailable:NoSchedule"
    assert tolerated({"hostNetwork": True}, "DaemonSet") == [*usual, network]
    assert tolerated({"hostNetwork": True}, "Deployment") == []
    own = {"tolerations": [{"key": "x", "operator": "Exists"}]}
    assert tolerated(own, "DaemonSet") == ["x:", *usual]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({}, ()),
        ({"affinity": {"podAffinity": {REQUIRED: [{}]}}}, ()),
        ({"affinity": {"podAffinity": {REQUIRED: [{"topologyKey": "x"}]}}}, ("pod affinity",)),
        ({"affinity": {"podAffinity": {PREFERRED: [{"weight": 1}]}}}, ()),
        ({"affinity": {"podAntiAffinity": {REQUIRED: [{"a": 1}] * 2}}}, ("pod anti-affinity",)),
        (spread(), ()),
        (spread(whenUnsatisfiable="DoNotSchedule"), ("topology spread",)),
        ({"volumes": [{"name": "x", "emptyDir": {}}]}, ()),
        ({"volumes": [{"persistentVolumeClaim": {"claimName": "x"}}]}, ("volumes",)),
        ({"volumes": [{"emptyDir": {}}, {"ephemeral": {"a": 1}}]}, ("volumes",)),
        ({"containers": [{"ports": [{"containerPort": 80}]}]}, ()),
        ({"containers": [{}, {"ports": [{"hostPort": 80}]}]}, ("host ports",)),
        ({"initContainers": [{"ports": [{"hostPort": 80}]}]}, ("host ports",)),
        (
            {"containers": [{"ports": [{"containerPort": 80}]}], "hostNetwork": True},
            ("host ports",),
        ),
        ({"hostNetwork": True}, ()),
        ({"resourceClaims": [{"name": "x"}]}, ("resource claims",)),
        ({"runtimeClassName": "kata"}, ("runtime class",)),
        ({"schedulingGates": [{"name": "x"}]}, ("scheduling gates",)),
        ({"schedulerName": "default-scheduler"}, ()),
        ({"schedulerName": "volcano"}, ("another scheduler",)),
        ({"affinity": None, "volumes": None, "containers": None, "schedulingGates": []}, ()),
    ],
)
def test_not_considered(spec: dict[str, Any], words: tuple[str, ...]) -> None:
    """What else decides on the nodes of a pod is named, each once; preferences are not."""
    assert Placement.from_pod_spec(spec).not_considered == words


def preferred(**item: Any) -> dict[str, Any]:
    """Return a pod spec with a preferred term of node affinity."""
    return {"affinity": {"nodeAffinity": {PREFERRED: [item]}}}


SPREAD = "topologySpreadConstraints"
AT_PREFERRED = f"affinity.nodeAffinity.{PREFERRED}[0]"
LIMIT = {"limits": {GPU: 1}}
HUGE, QUOTA = "hugepages-2Mi", "requests.example.com/x"


@pytest.mark.parametrize(
    ("spec", "code", "path"),
    [
        ({"tolerations": {}}, "wrong-type", "tolerations"),
        ({"tolerations": ["x"]}, "wrong-type", "tolerations[0]"),
        ({"tolerations": [{"key": 1}]}, "wrong-type", "tolerations[0].key"),
        ({"tolerations": [{"keys": "a"}]}, "unknown-field", "tolerations[0].keys"),
        ({"tolerations": [{}, None]}, "missing-field", "tolerations[0].operator"),
        ({"tolerations": [{"value": "v"}]}, "missing-field", "tolerations[0].operator"),
        (
            {"tolerations": [{"key": "a", "operator": "Exist"}]},
            "unknown-operator",
            "tolerations[0].operator",
        ),
        (
            {"tolerations": [{"key": "a", "operator": "Gt", "value": "5"}]},
            "unknown-operator",
            "tolerations[0].operator",
        ),
        (
            {"tolerations": [{"key": "a"}, {"key": "a", "operator": "Exists", "value": "v"}]},
            "wrong-number-of-values",
            "tolerations[1].value",
        ),
        ({"tolerations": [{"key": "a b"}]}, "invalid-key", "tolerations[0].key"),
        ({"tolerations": [{"key": "a", "value": "-"}]}, "invalid-value", "tolerations[0].value"),
        (
            {"tolerations": [{"key": "a", "effect": "NoRun"}]},
            "unknown-effect",
            "tolerations[0].effect",
        ),
        (
            {"tolerations": [{"key": "a", "tolerationSeconds": 5}]},
            "unknown-effect",
            "tolerations[0].effect",
        ),
        (
            {"tolerations": [{"key": "a", "effect": "NoExecute", "tolerationSeconds": "5"}]},
            "wrong-type",
            "tolerations[0].tolerationSeconds",
        ),
        ({"hostNetwork": "true"}, "wrong-type", "hostNetwork"),
        ({"topologySpreadConstraints": {}}, "wrong-type", "topologySpreadConstraints"),
        (spread(1), "wrong-type", f"{SPREAD}[1]"),
        (spread(maxSkews=1), "unknown-field", f"{SPREAD}[0].maxSkews"),
        (spread(maxSkew=None), "missing-field", f"{SPREAD}[0]"),
        (spread(maxSkew=0), "invalid-spread", f"{SPREAD}[0].maxSkew"),
        (spread(maxSkew="1"), "invalid-spread", f"{SPREAD}[0].maxSkew"),
        (spread(topologyKey=None), "missing-field", f"{SPREAD}[0]"),
        (spread(topologyKey="a b"), "invalid-key", f"{SPREAD}[0].topologyKey"),
        (spread(topologyKey=1), "wrong-type", f"{SPREAD}[0].topologyKey"),
        (spread(whenUnsatisfiable="Never"), "invalid-spread", f"{SPREAD}[0].whenUnsatisfiable"),
        (spread(whenUnsatisfiable=1), "invalid-spread", f"{SPREAD}[0].whenUnsatisfiable"),
        (
            spread(labelSelector={"matchLabels": {"a": "b c"}}),
            "invalid-value",
            f"{SPREAD}[0].labelSelector.matchLabels['a']",
        ),
        (spread(labelSelector=[]), "wrong-type", f"{SPREAD}[0].labelSelector"),
        (preferred(weight=0, preference={}), "invalid-weight", f"{AT_PREFERRED}.weight"),
        (preferred(weight=101, preference={}), "invalid-weight", f"{AT_PREFERRED}.weight"),
        (preferred(weight="1", preference={}), "invalid-weight", f"{AT_PREFERRED}.weight"),
        (preferred(preference={}), "invalid-weight", f"{AT_PREFERRED}.weight"),
        (preferred(weight=1, terms=[]), "unknown-field", f"{AT_PREFERRED}.terms"),
        (
            preferred(
                weight=1, preference={"matchExpressions": [{"key": "a", "operator": "Equals"}]}
            ),
            "unknown-operator",
            f"{AT_PREFERRED}.preference.matchExpressions[0].operator",
        ),
        (
            preferred(weight=1, preference={"matchFields": [{"key": "a", "operator": "In"}]}),
            "unknown-field",
            f"{AT_PREFERRED}.preference.matchFields[0].key",
        ),
        ({"nodeSelector": {"a": "-"}}, "invalid-value", "nodeSelector['a']"),
        ({"containers": [{}, "x"]}, "wrong-type", "containers[1]"),
        ({"containers": [{"resources": []}]}, "wrong-type", "containers[0].resources"),
        ({"resources": LIMIT}, "unknown-resource", f"resources.limits['{GPU}']"),
        ({"overhead": {"cpu": "x"}}, "invalid-quantity", "overhead.cpu"),
        ({"overhead": {"pods": 1}}, "unknown-resource", "overhead.pods"),
        (
            {"containers": [container(memory="8Ei"), container(memory="8Ei")]},
            "invalid-quantity",
            "containers",
        ),
    ],
)
def test_errors(spec: dict[str, Any], code: str, path: str) -> None:
    """What the API server would reject is an error with a code, and the path in the spec."""
    with pytest.raises(SelectorError) as caught:
        Placement.from_pod_spec(spec)
    assert (caught.value.code, caught.value.path) == (code, path)


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        (container(cpu="1K"), "invalid-quantity", "requests.cpu"),
        (container(cpu=True), "wrong-type", "requests.cpu"),
        (container({"memory": "-1"}), "invalid-quantity", "limits.memory"),
        (container({"cpu": 1}, cpu="1001m"), "invalid-request", "requests.cpu"),
        (container(gpu=1), "unknown-resource", "requests.gpu"),
        (container(None, **{GPU: 1}), "invalid-request", f"requests['{GPU}']"),
        (container({GPU: 2}, **{GPU: 1}), "invalid-request", f"requests['{GPU}']"),
        (container({GPU: "500m"}), "invalid-quantity", f"limits['{GPU}']"),
        (container(None, **{HUGE: "2Mi"}), "invalid-request", f"requests['{HUGE}']"),
        (container({QUOTA: 1}), "unknown-resource", f"limits['{QUOTA}']"),
        (container({"a b": 1}), "invalid-key", "limits['a b']"),
        (container(pods=1), "unknown-resource", "requests.pods"),
        ({"resources": {"request": {}}}, "unknown-field", "request"),
    ],
)
@pytest.mark.parametrize("name", ["containers", "initContainers"])
def test_wrong_resources(wrong: dict[str, Any], code: str, path: str, name: str) -> None:
    """So are requests and limits of a container, of either kind."""
    with pytest.raises(SelectorError) as caught:
        Placement.from_pod_spec({name: [container(), wrong]})
    assert (caught.value.code, caught.value.path) == (code, f"{name}[1].resources.{path}")


@pytest.mark.parametrize(
    "resources",
    [
        container({"cpu": 1}, cpu="1000m"),
        container({"cpu": 1}, memory=1),
        container({GPU: "1"}, **{GPU: 1}),
        container({"hugepages-1Gi": "2Gi"}),
        container(None, **{"kubernetes.io/batch-cpu": "0.5", "ephemeral-storage": "1.5Gi"}),
        {"resources": {"claims": [{"name": "x"}], "limits": None}},
        {"resources": None},
    ],
)
def test_valid_resources(resources: dict[str, Any]) -> None:
    """What the API server accepts is accepted."""
    for name in ("containers", "initContainers"):
        assert Placement.from_pod_spec({name: [resources]}).requests["pods"] == 1


def test_no_mapping() -> None:
    """A pod spec is a mapping."""
    with pytest.raises(TypeError, match="a pod spec must be a mapping"):
        Placement.from_pod_spec([])  # type: ignore[arg-type]
