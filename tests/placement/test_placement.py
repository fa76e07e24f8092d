"""What a pod requires of a node, and which nodes it can use."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from nodeselect import (
    AnyOf,
    Inventory,
    Node,
    Placement,
    Selector,
    SelectorError,
    Taint,
    Toleration,
    Usage,
)
from nodeselect.engines import sql
from nodeselect.explain import explain_node
from nodeselect.placement.requirements import AtLeast, Tolerates
from nodeselect.placement.toleration import NO_TOLERATIONS, Tolerations
from tests.selectors.test_kubernetes import REQUIRED, affinity

GPU = "nvidia.com/gpu"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def container(limits: Any = None, **requests: Any) -> dict[str, Any]:
    """Return a container with these requests and limits."""
    return {"name": "c", "resources": {"requests": requests, "limits": limits or {}}}


def exists(key: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": "Exists"}]}


def spread(*others: Any, **fields: Any) -> dict[str, Any]:
    """Return a pod spec with topology spread constraints; the first one has other fields."""
    constraint = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
    return {"topologySpreadConstraints": [constraint | fields, *others]}


def test_any_of() -> None:
    """A node must match one of the selectors."""
    assert Placement(AnyOf(map(Selector.parse, "bca"))).matches(Node("n-1", {"a": "1"}))
    assert not Placement(AnyOf(map(Selector.parse, "bcd"))).matches(Node("n-1", {"a": "1"}))


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
    assert not Tolerates("b", "NoSchedule", Tolerations([Toleration("b", value="2")])).is_met(node)
    assert Tolerates("b", "NoExecute", NO_TOLERATIONS).is_met(node)
    found = [AtLeast(name, 1).found(node, each) for name in ("cpu", "a") for each in (None, usage)]
    assert found == ["8", "7999m of 8", "0", "0"]
    usage.add("n", {"cpu": 7999})
    assert AtLeast("cpu", 1).found(node, usage) == "0 of 8"
    assert Tolerates("b", "NoSchedule", NO_TOLERATIONS).found(node) == "b=1:NoSchedule"
    assert placement.undecided(2, 1, 0) == ("unknown taints of 1 of 2 nodes",)


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
    for copied in (pickle.loads(pickle.dumps(placement)), *map(copy.deepcopy, [placement])):
        assert placement == same == copied == copy.copy(placement) == copied.replace()
        assert copied.matches(Node("n", taints=[Taint("a", "NoExecute")]))
    assert len({placement, same, Placement()}) == 2
    assert placement != placement.replace(requests={"cpu": 1})
    assert repr(Placement(Selector.parse("a"), [one], {"cpu": 1})) == (
        f"Placement(selector=Selector('a'), tolerations=({one!r},), requests={{'cpu': 1}},"
        " not_considered=(), possible_tolerations=(), given={}, pod_rules=None)"
    )
    restricted = placement & Selector.parse("a")
    assert restricted == placement.replace(selector=Selector.parse("a"))
    assert str((Selector.parse("b") & restricted).selector) == "a,b"
    either = Selector.parse("b") | Selector.parse("c")
    assert (either & restricted) == (restricted & either)
    assert (restricted & either).selector == AnyOf([Selector.parse("a,b"), Selector.parse("a,c")])
    texts = [str(each) for each in (restricted, restricted & either, Placement(either))]
    assert texts == ["a, cpu >= 1, pods >= 1", "(a,b or a,c), cpu >= 1, pods >= 1", "b or c"]


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


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda value: setattr(value, value._fields[0], "a"), AttributeError),
        (lambda value: delattr(value, value._fields[0]), AttributeError),
        (lambda value: setattr(value, "other", 1), AttributeError),
        (lambda value: value._replace(key="!"), AttributeError),
        (lambda value: value + value, TypeError),
        (lambda value: [*value], TypeError),
        (lambda value: value[0], TypeError),
        (lambda value: value.__replace__(key=1, selector="a"), TypeError),
    ],
)
@pytest.mark.parametrize("value", [Placement(), Toleration("a")])
def test_frozen(value: Any, change: Callable[[Any], object], error: type[Exception]) -> None:
    """Nothing goes round the checks of the constructor."""
    with pytest.raises(error):
        change(value)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda: Placement().replace(requests={"CPU!": "x"}), "requests['CPU!']"),
        (lambda: Placement(requests={"CPU!": -1}), "requests['CPU!']"),
        (lambda: Toleration("a").replace(operator="Exists", value="v"), "value"),
    ],
)
def test_checks_of_a_copy(change: Callable[[], object], path: str) -> None:
    """A copy with other fields is checked as a new value is, by the rules of a pod spec."""
    with pytest.raises(SelectorError) as caught:
        change()
    assert caught.value.path == path


def test_what_can_be_asked() -> None:
    """An error names a placement where one is accepted."""
    wrong: Any = "a=b"
    message = "expected a Selector, an AnyOf or a Placement, not str; parse a text"
    for ask in (Inventory().match, Inventory().explain, lambda asked: sql.where(asked, "sqlite")):
        with pytest.raises(TypeError, match=message):
            ask(wrong)


@pytest.mark.parametrize("amount", [-1, 2**63, "1K", "-1"])
def test_wrong_amounts(amount: object) -> None:
    """An amount that is negative, too large or no quantity is an error."""
    with pytest.raises(SelectorError) as caught:
        Placement(requests={"cpu": amount})  # type: ignore[dict-item]
    assert (caught.value.code, caught.value.path) == ("invalid-quantity", "requests.cpu")


@pytest.mark.parametrize("name", ["a" * 80, "a.b/c", "a[0]", ""])
def test_the_path_of_a_request(name: str) -> None:
    """The path of an error has the whole name of the resource."""
    with pytest.raises(SelectorError) as caught:
        Placement(requests={"cpu": 1, name: "x"})
    assert (caught.value.code, caught.value.steps) == ("invalid-quantity", ("requests", name))


def test_a_resource_that_looks_like_a_list() -> None:
    """A wrong name of a resource has no hint that is for a selector; by hand, any name is right."""
    with pytest.raises(SelectorError) as caught:
        Placement.from_pod_spec({"overhead": {"a[0]": 1}})
    assert (caught.value.code, caught.value.hint) == ("invalid-key", None)
    wanted = Placement(requests={"a[0]": 1, "slots of a rack": 2})
    assert wanted.matches(Node("n", resources={"a[0]": 1, "slots of a rack": 2}))
    assert not wanted.matches(Node("n", resources={"a[0]": 1}))


def test_evicted() -> None:
    """A running pod leaves a node for a taint with NoExecute that it does not tolerate."""
    placement = Placement(tolerations=[Toleration("a", "Exists")])
    for taint, is_evicted in (
        (Taint("a", "NoExecute"), False),
        (Taint("b", "NoExecute"), True),
        (Taint("b", "NoSchedule"), False),
    ):
        assert placement.is_evicted_by([Taint("c", "PreferNoSchedule"), taint]) is is_evicted


@pytest.mark.parametrize(
    ("spec", "selector"),
    [
        (affinity(exists("a")), Selector.parse("a")),
        (affinity(exists("a"), {}, exists("a")), Selector.parse("a")),
        (affinity(exists("a"), exists("b")), Selector.parse("a") | Selector.parse("b")),
        (affinity({}, None), Selector.nothing()),
    ],
)
def test_selector_of_a_pod_spec(spec: dict[str, Any], selector: Selector | AnyOf) -> None:
    """One term is a selector, several are an AnyOf; if no node can match, it is nothing()."""
    placement = Placement.from_pod_spec(spec)
    assert placement == Placement(selector, requests={"pods": 1})
    assert isinstance(placement.selector, AnyOf) == isinstance(selector, AnyOf)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({}, ()),
        ({"affinity": {"podAffinity": {REQUIRED: []}}}, ()),
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
        ({"schedulerName": ""}, ()),
        ({"nodeName": "a"}, ("a node name, with which a pod is not scheduled",)),
        ({"priorityClassName": "a"}, ("preemption",)),
        ({"schedulerName": "volcano"}, ("another scheduler",)),
        ({"affinity": None, "volumes": None, "containers": None, "schedulingGates": []}, ()),
    ],
)
def test_not_considered(spec: dict[str, Any], words: tuple[str, ...]) -> None:
    """What else decides on the nodes of a pod is named, each once; preferences are not."""
    assert Placement.from_pod_spec(spec).not_considered == words


def near(*keys: str, kind: str = "podAffinity") -> dict[str, Any]:
    """Return a pod spec with a required term of an affinity to pods for each topology key."""
    return {"affinity": {kind: {REQUIRED: [{"topologyKey": key} for key in keys]}}}


HARD = {"whenUnsatisfiable": "DoNotSchedule"}


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (spread(), ""),
        (spread(**HARD), "zone"),
        (spread(*spread(topologyKey="soft")["topologySpreadConstraints"], **HARD), "zone"),
        (spread(**HARD) | {"nodeSelector": {"a": "1"}}, "a=1,zone"),
        (spread(**HARD) | {"nodeSelector": {"zone": "1"}}, "zone=1"),
        (spread(**HARD) | near("zone", "host"), "host,zone"),
        (near("zone", kind="podAntiAffinity"), ""),
        (spread(**HARD) | affinity(exists("a"), exists("b")), "a,zone or b,zone"),
        (spread(**HARD) | affinity({}), "<nothing>"),
    ],
)
def test_topology_keys(spec: dict[str, Any], text: str) -> None:
    """A node must have the key of a hard spread, or of an affinity to pods, like a label."""
    asked = Placement.from_pod_spec(spec).selector
    texts = asked.selectors if isinstance(asked, AnyOf) else [asked]
    assert " or ".join(map(str, texts)) == text


@pytest.mark.parametrize(
    ("term", "code", "path"),
    [
        (None, "missing-field", ""),
        ({}, "missing-field", ""),
        ("zone", "wrong-type", ""),
        ({"topologyKey": 1}, "wrong-type", ".topologyKey"),
        ({"topologyKey": ""}, "empty-key", ".topologyKey"),
        ({"topologyKey": "a!"}, "invalid-key", ".topologyKey"),
    ],
)
def test_invalid_terms(term: object, code: str, path: str) -> None:
    """A term of an affinity to pods must have a topology key that a label can have."""
    with pytest.raises(SelectorError) as caught:
        Placement.from_pod_spec({"affinity": {"podAffinity": {REQUIRED: [term]}}})
    assert (caught.value.code, caught.value.path) == (
        code,
        f"affinity.podAffinity.{REQUIRED}[0]{path}",
    )


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


@pytest.mark.parametrize(
    ("tolerations", "facts"),
    [
        ([], ("taints",)),
        ([Toleration(operator="Exists", effect="NoSchedule")], ("taints",)),
        ([Toleration("a", "Exists")], ("taints",)),
        ([Toleration("a"), Toleration(operator="Exists")], ()),
    ],
)
def test_facts_that_decide(tolerations: list[Toleration], facts: tuple[str, ...]) -> None:
    """Unknown taints decide, unless each taint with any effect is tolerated."""
    assert Placement(tolerations=tolerations).undecided_without == facts


def test_exact_amount() -> None:
    """A node on which exactly as much is free as requested has enough, and one unit less has not.

    So it is with and without a usage.
    """
    node, usage = Node("n", resources={"cpu": "3"}), Usage()
    usage.add("n", {"cpu": 1000})
    for used, free in ((None, 3000), (usage, 2000)):
        assert Placement(requests={"cpu": free}).matches(node, used)
        assert not Placement(requests={"cpu": free + 1}).matches(node, used)


@pytest.mark.parametrize(
    "volume",
    [
        *("awsElasticBlockStore", "azureDisk", "cinder", "ephemeral", "gcePersistentDisk", "iscsi"),
        *("persistentVolumeClaim", "rbd"),
    ],
)
def test_volumes(volume: str) -> None:
    """Each of these kinds of volumes is named, and no other one is considered to be one."""
    is_claim = volume in ("persistentVolumeClaim", "ephemeral")
    for name, words in ((volume, ("volumes" if is_claim else "inline disks",)), (f"{volume}s", ())):
        if name == "persistentVolumeClaims":
            continue  # an error
        spec = {"volumes": [{"name": "a", name: {"a": "b"}}]}
        assert Placement.from_pod_spec(spec).not_considered == words


@pytest.mark.parametrize("has_host_network", [True, False, None])
def test_daemon_set(has_host_network: bool | None) -> None:
    """Its pods tolerate what Kubernetes lets them tolerate, other pods do not.

    A node without a network excludes them, unless they use the network of the host.
    """
    prefix, spec = "node.kubernetes.io/", {"hostNetwork": has_host_network}
    schedule = ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
    taints = [
        *(Taint(prefix + name, "NoExecute") for name in ("not-ready", "unreachable")),
        *(Taint(prefix + name, "NoSchedule") for name in schedule),
    ]
    pod, daemon = Placement.from_pod_spec(spec), Placement.from_pod_spec(spec, "DaemonSet")
    for taint in taints:
        assert daemon.matches(Node("n", taints=[taint]))
        assert not pod.matches(Node("n", taints=[taint]))
    without_network = Node("n", taints=[Taint(f"{prefix}network-unavailable", "NoSchedule")])
    assert daemon.matches(without_network) is bool(has_host_network)
    assert not daemon.matches(Node("n", taints=[Taint(f"{prefix}not-ready", "NoSchedule")]))


TPU = "google.com/tpu"


@pytest.mark.parametrize(
    ("spec", "added"),
    [
        ({"containers": [container({GPU: 1})]}, [GPU]),
        (
            {"containers": [container({GPU: 0})], "initContainers": [container({TPU: 1})]},
            [TPU, GPU],
        ),
        ({"containers": [container({"cpu": 1, "hugepages-2Mi": 0, "kubernetes.io/a": 1})]}, []),
        ({"overhead": {GPU: 1}}, []),
        ({"overhead": {GPU: 1}, "containers": [container({GPU: 1})]}, [GPU]),
        ({"containers": [container({f"{'a' * 244}/a": 1})]}, [f"{'a' * 244}/a"]),
        # tolerated already: whole, or only with this value
        *(
            ({"containers": [container({GPU: 1})], "tolerations": [toleration]}, added)
            for toleration, added in (
                ({"operator": "Exists"}, []),
                ({"key": GPU, "operator": "Exists"}, []),
                ({"operator": "Exists", "effect": "NoSchedule"}, []),
                ({"operator": "Exists", "effect": "NoExecute"}, [GPU]),
                ({"key": GPU, "value": "present"}, [GPU]),
            )
        ),
    ],
)
def test_added_tolerations(spec: dict[str, Any], added: list[str]) -> None:
    """The API server may add one for each extended resource that a container names.

    It is ExtendedResourceToleration that does so, whatever the amount. Unless this is known, it is
    named.
    """
    unknown, node = Placement.from_pod_spec(spec), Node("n", taints=[], resources={})
    assert [each.key for each in unknown.possible_tolerations] == added
    keys = " and ".join(added)
    words = (f"whether the API server adds a toleration of {keys} (not assumed)",) if added else ()
    assert unknown.undecided() == explain_node(unknown, node).not_considered == words
    assert Inventory([node]).match(unknown).not_considered == words
    tainted = Node("n", taints=[Taint(key, "NoSchedule", "v") for key in added])
    for is_added in (True, False):
        known = Placement.from_pod_spec(spec, extended_resource_toleration=is_added)
        assert known.undecided() == ()
        assert known.matches(tainted) is (is_added or not added)
    for given in (None, True, False):  # the controller decides with the template alone
        daemon = Placement.from_pod_spec(spec, "DaemonSet", extended_resource_toleration=given)
        assert (daemon.undecided(), daemon.matches(tainted)) == ((), not added)


def test_no_mapping() -> None:
    """A pod spec is a mapping."""
    with pytest.raises(TypeError, match="a pod spec must be a mapping"):
        Placement.from_pod_spec([])  # type: ignore[arg-type]


def test_ports_of_init_containers() -> None:
    """Those that have ended before the pod runs keep no port of the node, and nothing unknown."""
    port = {"name": "init", "ports": [{"containerPort": 9090, "hostPort": 9090}]}
    for is_host_network in (False, True):
        spec = {"containers": [{"name": "a"}], "initContainers": [port]}
        spec |= {"hostNetwork": is_host_network}
        placement = Placement.from_pod_spec(spec, labels={})
        assert placement.not_considered == ()
        assert placement.pod_rules is not None
        assert placement.pod_rules.ports == ()
