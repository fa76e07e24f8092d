"""What was probably meant: a table of mistakes, and what is said of each.

``hints.txt`` has a line for each selector: the selector, and below it, indented, the code and what
to write instead of each hint; ``-`` where nothing is said. ``MESSAGES`` has the words.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_, or_
from pathlib import Path
from typing import ClassVar

import pytest
import yaml

from nodeselect import AnyOf, Inventory, Node, Placement, Selector, Taint, Toleration
from nodeselect.explain import Hint, hints
from nodeselect.explain.compute import explain
from nodeselect.explain.hints import Vocabulary
from nodeselect.explain.wording import notes
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.selectors.pod_spec import affinity_terms
from tests import golden
from tests.cli.running import unprintable
from tests.explain.node_list import NodeList
from tests.inventory.small import tuned

ID_CODES = ("name-for-id", "other-id", "id-prefix", "label-for-id")
"""The codes of hints whose replacement is an id, or several."""

TABLE = Path(__file__).with_name("hints.txt")

FLEET = [
    Node("n-1", {"region": "eu-west", "tier": "premium", "gpu": "nvidia-l4"}, name="dublin-01"),
    Node("n-2", {"region": "eu-west", "tier": "standard", "disk_type": "ssd"}, name="dublin-02"),
    Node("n-3", {"region": "eu-central", "kubernetes.io/arch": "arm64", "team": "fab-7"}),
    Node(
        "n-4",
        {"region": "us-east", "tier": "premium", "maintenance": "true"}
        | {"slots": "12", "version": "1.5"},
    ),
    Node("n-5", {"region": "us-east-1", "Zone": "b", "GPU 0": "NVIDIA L4", "rack": "r-17"}),
    Node(
        "n-6",
        {"region": "Asia", "\x1b[31mteam\u202e": "x", "slots": "none"}
        | {"address": "100.0.1", "env": "PROD x"},
    ),
]


ROWS = golden.rows(TABLE, r"^(?P<question>[^\s#].*)\n(?P<said>(?: {2}.*\n)+)")


def selector_of(question: str) -> Selector | AnyOf:
    """Read a question: a selector, with ids before it as ``id:n-1,n-2;``; or several with ``|``."""
    return reduce(or_, map(_selector_of, question.split(" | ")))


def _selector_of(question: str) -> Selector:
    ids, _, text = question.rpartition(";")
    selector = Selector.parse(text)
    return selector & Selector.of(match_ids=ids.removeprefix("id:").split(",")) if ids else selector


def shown(found: tuple[Hint, ...]) -> str:
    """Write hints as the table has them."""
    lines = []
    for hint in found:
        change = "-"
        if hint.replacement is not None:
            wrong = " and ".join(hint.replaced)
            change = f"{wrong} -> {hint.replacement} ({hint.would_match})"
        lines.append(f"{hint.code}: {change}")
    return "".join(f"  {line}\n" for line in lines or ["-"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["question"])
@pytest.mark.parametrize("tuning", [DEFAULT, Tuning(max_unsegmented=2)], ids=["few", "segment"])
def test_table(row: golden.Row, tuning: Tuning) -> None:
    """Each mistake has the hints of the table, with and without a segment, and can be printed.

    A replacement is a selector, unless it is an id, or several.
    """
    explanation = tuned(tuning)(FLEET).explain(selector_of(row["question"]))
    row.check(said=shown(explanation.hints))
    assert not unprintable("".join(map(str, explanation.hints)))
    for hint in explanation.hints:
        if hint.replacement is not None and hint.code not in ID_CODES:
            Selector.parse(hint.replacement)


MESSAGES = {
    "gpu,!gpu": "gpu and !gpu contradict each other: no node can satisfy them together",
    "regoin=eu-west": "no node has the label 'regoin'; 6 nodes have 'region'",
    "a/region=eu-west": "no node has the label 'a/region'; 6 nodes have 'region'",
    "region=asia": "no node has region=asia; 1 node has 'Asia'",
    "region notin (eu-wset,us-esat)": "no node has region=eu-wset or region=us-esat, so it excludes"
        " nothing; 2 nodes have 'eu-west' and 1 node has 'us-east'",
    "team=premium": "no node has team=premium; 2 nodes have 'premium' as the value of 'tier'",
    "zone in (eu-west,us-east)": "no node has the label 'zone'; 3 nodes have 'eu-west' or 'us-east'"
        " as the value of 'region'",
    "region=Asia,us-east,eu-west": "no node has the label 'us-east' or 'eu-west'; 1 node has"
        " region=us-east and 2 nodes have region=eu-west",
    "rack=n-4": "no node has rack=n-4; 'n-4' is the id of a node",
    "hostname in (n-1,n-3)": "no node has the label 'hostname'; 'n-1' and 'n-3' are ids of nodes",
    "hostname=dublin-02": "no node has the label 'hostname'; 'dublin-02' is the name of the node"
        " with the id 'n-2'",
    "id:dublin-01,dublin-02;": "no node has the id 'dublin-01' or 'dublin-02'; they are the names"
        " of 'n-1' and 'n-2'",
    "id:n;": "no node has the id 'n'; it is the beginning of 6 ids, such as 'n-1'",
}  # fmt: skip
"""What is said of the mistakes in a selector, for each code and number."""


@pytest.mark.parametrize("question", MESSAGES)
def test_messages(question: str) -> None:
    """The message of a hint says what is wrong, and what the nodes have instead."""
    (hint, *_) = Inventory(FLEET).explain(selector_of(question)).hints
    assert hint.message == MESSAGES[question]


def test_the_table_has_every_code() -> None:
    """The table has every kind of hint but ``rare-value``, which needs more nodes."""
    codes = set(re.findall(r"^ {2}([a-z-]+): ", TABLE.read_text("utf-8"), re.M))
    assert codes == {
        *("contradiction", "other-spelling", "other-prefix", "other-value", "other-key"),
        *("renamed-key", *ID_CODES),
    }


def test_the_beginning_of_one_id() -> None:
    """The beginning of exactly one id is replaced by it, if it can be written in a list."""
    inventory = Inventory([Node("node-1a"), Node("node-2b"), Node("gate,way")])
    (hint,) = inventory.explain(selector_of("id:node-1,node-2b;")).hints
    assert (hint.code, hint.replaced, hint.replacement) == ("id-prefix", ("node-1",), "node-1a")
    assert hint.would_match == 2
    (hint,) = inventory.explain(selector_of("id:gate;")).hints
    assert hint.message == "no node has the id 'gate'; it is the beginning of 'gate,way'"
    assert hint.replacement is None


def test_an_id_in_upper_case() -> None:
    """An id that differs only in case is suggested."""
    (hint,) = Inventory([Node("IP-7")]).explain(Selector.of(match_ids=["ip-7"])).hints
    assert hint.replacement == "IP-7"


class NodesOfATable(NodeList):
    """Nodes with ids that no ``Node`` may have."""

    def find_id_prefix(self, prefix: str) -> tuple[str, int] | None:
        return f"{prefix}\x1b", 1

    def find_names(self, names: Sequence[str]) -> Mapping[str, tuple[str, int]]:
        return {name: ("\x1b", 1) for name in names if name == "name"}


@pytest.mark.parametrize("question", ["id:name;", "id:n;", "x=name"])
def test_ids_that_a_selector_may_not_contain(question: str) -> None:
    """Such an id of a node is no replacement."""
    hints = explain(NodesOfATable(FLEET), selector_of(question)).hints
    assert [hint.replacement for hint in hints] in ([], [None])
    assert not unprintable(shown(hints))


def test_ids_of_many_nodes_are_not_searched() -> None:
    """All ids are read for the first unknown one, and if there are not too many."""
    nodes = [Node(f"node-{number:05}") for number in range(10_001)]
    assert Inventory(nodes).explain(selector_of("id:node-0123;")).hints == ()
    assert Inventory(nodes[1:]).explain(selector_of("id:node-0123;")).hints[0].code == "id-prefix"
    assert Inventory(nodes[1:]).explain(selector_of("id:a,node-0123;")).hints == ()


def test_the_order_of_nodes_and_of_labels_does_not_matter() -> None:
    """The same nodes in another order give the same hints."""
    backwards = [
        Node(node.id, dict(list(node.labels.items())[::-1]), name=node.name) for node in FLEET[::-1]
    ]
    for row in ROWS:
        selector = selector_of(row["question"])
        assert (
            Inventory(backwards).explain(selector).hints == Inventory(FLEET).explain(selector).hints
        )


@pytest.mark.parametrize(
    ("text", "replacement"),
    [
        ("gpuu", "gpu"),
        ("!gpuu", "!gpu"),
        ("environment=prd", "environment=prod"),
        ("environment!=prd", "environment!=prod"),
        ("environment in (prd,test)", "environment in (prod,test)"),
        ("environment in (prd,prod)", None),
    ],
)
def test_short_words(text: str, replacement: str | None) -> None:
    """A key or value of three or four letters that no node has is corrected to a frequent one."""
    nodes = [Node(f"n-{at}", {"gpu": "l4", "environment": "prod"}) for at in range(3)]
    inventory = Inventory([*nodes, Node("n-3", {"environment": "test"})])
    found = inventory.explain(Selector.parse(text)).hints
    assert [hint.replacement for hint in found] == ([replacement] if replacement else [])


DRIFTED = [
    *(Node(f"n-{at}", {"env": "prod", "zone": "eu-west-1a"}) for at in range(50)),
    *(Node(f"n-{at}", {"env": "dev", "zone": "eu-west-1b"}) for at in range(50, 60)),
    Node("n-60", {"env": "production", "zone": "eu_west_1a"}),
]


@pytest.mark.parametrize(
    ("text", "message", "advice"),
    [
        (
            "env=production",
            "only 1 node has env=production; 50 nodes have 'prod'",
            "perhaps write env=prod instead of env=production: 50 nodes would match",
        ),
        (
            "env=prod,zone=eu_west_1a",
            "only 1 node has zone=eu_west_1a; 50 nodes have 'eu-west-1a'",
            "perhaps write zone=eu-west-1a instead of zone=eu_west_1a: 50 nodes would match",
        ),
        (
            "env!=production",
            "only 1 node has env=production; 50 nodes have 'prod'",
            "perhaps write env!=prod instead of env!=production: 11 nodes would match",
        ),
        (
            "env in (x,production)",
            "only 1 node has env=production; 50 nodes have 'prod'",
            "perhaps write env in (prod,x) instead of env in (production,x): 50 nodes would match",
        ),
        ("env=dev", None, ""),
        ("env in (prod,production)", None, ""),
        ("env=production,zone!=eu-west-1a", None, ""),  # the correction would match no node
    ],
)
def test_a_value_that_few_nodes_have(text: str, message: str | None, advice: str) -> None:
    """A value that one node has beside a close, frequent one gets a hint, which is not certain."""
    explanation = Inventory(DRIFTED).explain(Selector.parse(text))
    assert [hint.message for hint in explanation.hints] == ([message] if message else [])
    assert {hint.code for hint in explanation.hints} <= {"rare-value"}
    assert explanation.recommendation == advice
    assert explain(NodeList(DRIFTED), Selector.parse(text)) == explanation


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("beta.kubernetes.io/arch", "kubernetes.io/arch"),
        ("beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"),
        ("beta.kubernetes.io/os", "kubernetes.io/os"),
        ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
        ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
        ("node-role.kubernetes.io/master", "node-role.kubernetes.io/control-plane"),
    ],
)
def test_keys_that_kubernetes_renamed(old: str, new: str) -> None:
    """The key that nodes have is suggested for the other, whatever else has the same name."""
    nodes = [Node(f"n-{at}", {old: "x"} | ({new: "x"} if at else {})) for at in range(200)]
    for text in (f"{new}=x", f"{new}=y"):  # never the old name if a node has the new one
        assert Inventory(nodes).explain(Selector.parse(text)).hints == ()
    moved = [Node("a", {old: "paris"}), Node("b", {old: "paris", new: "rome"})]
    for text in (f"{new}=paris", f"{new} in (paris,milan)", "city=paris"):
        assert Inventory(moved).explain(Selector.parse(text)).hints == ()
    name = new.rpartition("/")[2]
    (hint,) = Inventory(nodes).explain(Selector.parse(f"x.io/{name}=x")).hints
    assert (hint.replacement, hint.would_match) == (f"{new}=x", 199)
    for key, other, name in ((old, new, "new"), (new, old, "old")):
        example = f"example.com/{key.rpartition('/')[2]}"
        nodes = [Node(f"n-{at}", {example: "x"} | ({other: "x"} if at else {})) for at in range(4)]
        message = f"no node has the label '{key}'; 3 nodes have '{other}', its {name} name"
        for text in (f"{key}=x", f"!{key}"):
            (hint,) = Inventory(nodes).explain(Selector.parse(text)).hints
            assert (hint.code, hint.message) == ("renamed-key", f"{message} in Kubernetes")
            assert hint.replacement == text.replace(key, other)
    nodes = [Node("n-1", {old: "x", new: "x"}), Node("n-2", {new: "x"}), Node("n-3")]
    (hint,) = Inventory(nodes).explain(Selector.parse(old)).hints
    assert hint.message.startswith(f"only 1 node has the label '{old}'; 2 nodes have '{new}'")
    assert Inventory(nodes).explain(Selector.parse(new)).hints == ()


@pytest.mark.parametrize(
    ("text", "replacement", "message"),
    [
        ("node.labels.pool==a", "pool=a", "3 nodes have 'pool', which is its name here"),
        ("node.labels.pool!=aa", "pool!=aa", "3 nodes have 'pool', which is its name here"),
        ("node.labels.poll!=a", None, None),
        ("node.role==worker", None, "this field of Docker Swarm is not a label here"),
        ("node.platform.os!=linux", None, "this field of Docker Swarm is not a label here"),
        ("node.hostname==one", "n-1", "'one' is the name of the node with the id 'n-1'"),
        ("node.id==n-1", "n-1", "'n-1' is the id of a node"),
        ("node.other==a", None, None),
    ],
)
def test_constraints_of_swarm(text: str, replacement: str | None, message: str | None) -> None:
    """The equivalent of a constraint of Docker Swarm is suggested, or it is said to have none."""
    nodes = [Node(f"n-{at}", {"pool": "a"}, name="one" if at == 1 else None) for at in range(3)]
    hints = Inventory(nodes).explain(Selector.parse(text)).hints
    found = [(hint.replacement, hint.message.partition("; ")[2]) for hint in hints]
    assert found == ([] if message is None else [(replacement, message)])


POOL = [
    *(("web", {"pool": "web", "host": f"ip-{at}.eu"}, [], {"cpu": "7910m"}) for at in range(3)),
    ("big", {"pool": "big", "host": "ip-3.eu"}, ["team"], {"cpu": "16"}),
    *(("gpu", {"pool": "gpu"}, ["nvidia.com/gpu"], {"cpu": "96", "nvidia.com/gpu": "8"})
      for _ in range(5)),
    ("spot", {"pool": "spot"}, ["cloud.google.com/gke-spot"], {"cpu": "64"}),
    ("lost", {"pool": "lost"}, ["node.kubernetes.io/not-ready"], {"cpu": "16"}),
    ("edge", {"pool": "edge", "x.io/tpu-count": "4"}, [], {"cpu": "1"}),
]  # fmt: skip
"""Nodes by pool, with their labels, the keys of their taints, and their resources."""

TOLERATE = "would match with the toleration {{key: {}, operator: Exists, effect: NoSchedule}}"
AWAY = ", but this taint is to keep such a pod away"

REMEDIES = {
    # a selector and requests, and the recommendation
    ("", "cpu=8"): "4 nodes fail only cpu >= 8: at most 7910m of cpu is allocatable on one of them;"
    " with that, 3 nodes would match",
    ("", "cpu=12"): f"1 node {TOLERATE.format('team')}",
    ("", "cpu=40"): "4 nodes fail only cpu >= 40: at most 7910m of cpu is allocatable on one of"
    " them",
    ("pool=gpu", "cpu=40"): f"5 nodes {TOLERATE.format('nvidia.com/gpu')}{AWAY}",
    ("pool=gpu", "cpu=4"): f"without pool=gpu, 3 nodes would match; or 5 nodes"
    f" {TOLERATE.format('nvidia.com/gpu')}{AWAY}",
    ("pool=spot", "cpu=40"): f"1 node {TOLERATE.format('cloud.google.com/gke-spot')}{AWAY}",
    ("pool=lost", "cpu=4"): "without pool=lost, 3 nodes would match",
    ("pool=lost,pool!=web", "cpu=8"): "1 node fails only tolerates"
    " node.kubernetes.io/not-ready:NoSchedule: a node with this taint is broken, starting or"
    " leaving",
    ("pool!=web", "cpu=2,nvidia.com/gpu=1"): f"5 nodes {TOLERATE.format('nvidia.com/gpu')}; if your"
    " API server adds it, give --extended-resource-toleration instead",
    ("pool in (big,web)", "cpu=8"): "3 nodes fail only cpu >= 8: at most 7910m of cpu is"
    " allocatable on one of them; with that, 3 nodes would match",
    ("pool in (big,edge)", "cpu=1100m"): f"1 node {TOLERATE.format('team')}; or 1 node fails only"
    " cpu >= 1100m: at most 1 of cpu is allocatable on one of them; with that, 1 node would match",
    ("", "cpu=100"): "no node satisfies cpu >= 100: the largest allocatable cpu is 96",
    # the spelling of a resource
    ("pool=web", "cpus=2"): "write cpu >= 2 instead of cpus >= 2: 3 nodes would match",
    ("pool=web", "CPU=2"): "write cpu >= 2 instead of CPU >= 2: 3 nodes would match",
    ("pool=web", "gpu=1"): "no node has any gpu; nodes have 'nvidia.com/gpu'",
    ("pool=web", "x.io/tpu=1"): "no node has any x.io/tpu; 1 node has the label 'x.io/tpu-count'",
}  # fmt: skip


def pool() -> Inventory:
    return Inventory(
        Node(f"{name}-{at}", labels, name=f"n{at}", resources=resources,
             taints=[Taint(key, "NoSchedule") for key in keys])
        for at, (name, labels, keys, resources) in enumerate(POOL)
    )  # fmt: skip


@pytest.mark.parametrize(("text", "requests"), REMEDIES)
def test_remedies(text: str, requests: str) -> None:
    """What leaves the labels of a pod comes first; last, nodes that are not for this pod."""
    amounts = dict(each.split("=") for each in requests.split(","))
    possible = [Toleration(each, "Exists", effect="NoSchedule") for each in amounts if "/" in each]
    selector = Selector.parse(text)
    placement = Placement(selector, requests=amounts, possible_tolerations=possible)
    explanation = pool().explain(placement)
    assert explanation.recommendation == REMEDIES[text, requests]
    assert explanation.recommendation not in notes(explanation)
    for hint in explanation.hints:
        if hint.code in ("untolerated-taint", "reserved-taint") and hint.would_match:
            key = hint.replaced[0].removeprefix("tolerates ").partition(":")[0]
            tolerant = Placement(placement.selector, [Toleration(key)], amounts)
            assert len(pool().match(tolerant)) == hint.would_match


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ("team x.io/a node.x.io/team node.kubernetes.io/unschedulable", "untolerated-taint"),
        (
            (
                "CriticalAddonsOnly node-role.kubernetes.io/etcd"
                " node-role.kubernetes.io/controlplane"
                " node-role.kubernetes.io/control-plane lifecycle instance-lifecycle spot"
                " cloud.google.com/gke-provisioning aws.amazon.com/neuroncore"
                " habana.ai/gaudi gpu.intel.com/i915 amd.com/gpu x.io/gpu node.kubernetes.io/os"
            ),
            "reserved-taint",
        ),
        (
            (
                "node.kubernetes.io/not-ready node.kubernetes.io/disk-pressure"
                " node.kubernetes.io/network-unavailable node.kubernetes.io/out-of-service"
                " node.cloudprovider.kubernetes.io/uninitialized karpenter.sh/disrupted"
                " ToBeDeletedByClusterAutoscaler DeletionCandidateOfClusterAutoscaler"
                " karpenter.sh/disruption node.cilium.io/agent-not-ready"
            ),
            None,
        ),
    ],
)
def test_taints_that_are_not_to_be_tolerated(keys: str, code: str | None) -> None:
    """No toleration of broken nodes is suggested; that of reserved ones comes with a warning."""
    for key in keys.split():
        nodes = Inventory([Node("n-1", taints=[Taint(key, "NoSchedule")])])
        explanation = nodes.explain(Placement(Selector.everything()))
        (hint,) = explanation.hints
        assert explanation.recommendation == hint.message
        assert (hint.code, hint.would_match) == (code or "reserved-taint", 1 if code else None), key
        assert ("toleration" in hint.message) == (code is not None and "unsched" not in key), key
        assert hint.message.endswith(AWAY) == (code == "reserved-taint"), key


def test_a_taint_of_the_vendor_of_a_requested_resource() -> None:
    """The nodes are for the pod, and a cordon comes after a toleration and a near miss."""
    taint, cordon = Taint("nvidia.com/gpu", "NoSchedule"), "node.kubernetes.io/unschedulable"
    resources = {"nvidia.com/mig": "1", "cpu": "7"}
    nodes = [Node("n-1", taints=[taint], resources=resources | {"cpu": "8"})]
    asked = Placement(requests={"nvidia.com/mig": "1", "cpu": "8"})
    assert Inventory(nodes).explain(asked).hints[0].code == "untolerated-taint"
    nodes = [Node("n-1", taints=[], resources=resources)]
    more = {**resources, "cpu": "8"}
    cordoned = [Node(f"c-{at}", taints=[Taint(cordon, "NoSchedule")], resources=more)
                for at in range(3)]  # fmt: skip
    explanation = Inventory([*nodes, *cordoned]).explain(asked)
    assert [each.code for each in explanation.hints] == ["scarce-resource", "untolerated-taint"]
    assert explanation.recommendation == explanation.hints[0].message


@pytest.mark.parametrize(
    "key",
    ["team", "x.io/a", "x", "No", "null", "Null", "~", "true", "yes", "no", "on", "off", "false",
     "1e3", "0x1", "12", "1_0", "1.5", "a:b", "2026-12-03", ".inf", ".nan"],
)  # fmt: skip
def test_a_toleration_in_yaml(key: str) -> None:
    """The toleration that is suggested can be pasted: its key is read as this text."""
    nodes = Inventory([Node("n-1", taints=[Taint(key, "NoSchedule")])])
    (hint,) = nodes.explain(Placement(Selector.everything())).hints
    text = hint.message.partition("with the toleration ")[2]
    assert yaml.safe_load(text) == {"key": key, "operator": "Exists", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        ("gpu=1", "no node has any gpu; nodes have 'nvidia.com/gpu'"),
        ("amd.com/gpu=1", "no node has any amd.com/gpu; nodes have 'nvidia.com/gpu'"),
        ("x.io/tpu=1", "no node has any x.io/tpu; 1 node has the label 'x.io/tpu-count'"),
        ("x.io/fpga=1", None),
        ("memory=1", None),
    ],
)
def test_similar_resources(requests: str, message: str | None) -> None:
    """What nodes have instead of a resource is named; that of another vendor is no correction."""
    explanation = pool().explain(Placement(requests=dict([requests.split("=")])))
    assert [hint.message for hint in explanation.hints if hint.code == "other-resource"] == (
        [message] if message else []
    )
    assert (explanation.correction is None) or requests == "gpu=1"


def test_labels_of_a_manifest() -> None:
    """A host name is completed with its domain; no id is written instead of a label of a pod."""
    either = Selector.parse("host=ip-1"), Selector.parse("host notin (ip-1)")
    for asked in (*either, Placement(either[0])):
        (hint,) = pool().explain(asked).hints
        assert (hint.code, hint.replacement) == (
            "other-value",
            hint.replaced[0].replace("-1", "-1.eu"),
        )
    assert pool().explain(Selector.parse("host=web-1")).hints[0].replacement == "web-1"
    (hint,) = pool().explain(Placement(Selector.parse("host=web-1"))).hints
    assert (hint.code, hint.replacement) == ("label-for-id", None)


TERMS = {
    "pool notin (gpu) | pool notin (web)": (", so they exclude no node", "1 node"),
    "pool!=gpu | host!=ip-1.eu": (
        ", so they exclude only nodes that all of them exclude",
        "3 nodes",
    ),
    "pool=web | host": ("", "3 nodes"),
    "pool=gpu | host": (None, None),
    "pool=gpu | pool=web": None,
}


@pytest.mark.parametrize("texts", TERMS)
def test_terms_of_an_affinity(texts: str) -> None:
    """Alternatives of a pod have a note that shows the one term to write if all were meant."""
    asked, note = selector_of(texts), TERMS[texts]
    explanation = pool().explain(Placement(asked))
    text = None
    if note is not None and isinstance(asked, AnyOf):
        term = json.dumps(affinity_terms([reduce(and_, asked.selectors)])[0])
        text = "the terms of a node affinity are alternatives: a node must match only one of them"
        text += "; none matches all"
        if note[1]:
            text = text.replace("; none matches all", note[0])
            text += f"; to require all, write one term, {term}: {note[1]} would match"
    assert explanation.requirements[0].note == text
    assert pool().explain(asked).requirements[0].note is None


def test_a_mistake_in_several_alternatives() -> None:
    """It is corrected in all of them at once, and so are the nodes counted."""
    nodes = [
        Node(f"n-{at}", {"region": "eu-west", "gpu" if at < 2 else "tpu": ""}) for at in range(5)
    ]
    asked = selector_of("region=eu_west,gpu | region=eu_west,tpu | zone=x")
    (hint,) = Inventory(nodes).explain(asked).hints
    assert (hint.replacement, hint.would_match) == ("region=eu-west", 5)


def test_what_a_volume_needs() -> None:
    """Combined with the alternatives of a pod, what the volume needs is said by itself."""
    volume, own = selector_of("zone=a | zone=b"), selector_of("gpu=t5 | tier=gold")
    asked = Placement(volume & own, given={"the volume": volume})
    (row,) = Inventory([Node("n", {"zone": "a"})]).explain(asked).requirements
    assert row.note == "the volume needs (zone=a or zone=b)"


def test_a_node_affinity_with_ids() -> None:
    """An id that is no name of a node cannot be in a term, so none is shown."""
    nodes = Inventory([Node("N-1", {"a": "b"}), Node("n-2")])
    asked = Placement(Selector.of(match_ids=["N-1"]) | Selector.parse("a!=y"))
    note = nodes.explain(asked).requirements[0].note
    assert str(note).endswith("; to require all, write one term: 1 node would match")


class CountingNodes(NodeList):
    """A list of nodes that records what it is asked for."""

    calls: ClassVar[list[tuple[str, str]]]

    def value_counts(self, key: str, limit: int) -> Mapping[str, int] | None:
        self.calls.append(("values", key))
        return super().value_counts(key, limit)

    def count_with_value(self, key: str, value: str) -> int:
        self.calls.append(("value", value))
        return super().count_with_value(key, value)


def test_a_selector_full_of_mistakes() -> None:
    """Eight values of each of sixteen requirements are looked up, and no more.

    With one vocabulary, the values of a key are counted for the first mistake only.
    """
    CountingNodes.calls = []
    nodes, words = CountingNodes(FLEET), Vocabulary()
    values = [f"{chr(97 + at)}{chr(97 + to)}zz" for at in range(26) for to in range(26)]
    text = ",".join(f"tier in ({','.join(values[at : at + 20])})" for at in range(0, 400, 10))
    explain(nodes, Selector.parse(f"region!=zzzz,{text}"), vocabulary=words)
    looked_up = [value for kind, value in nodes.calls if kind == "value"]
    assert looked_up[0] == "zzzz"
    assert len(looked_up) == 1 + 15 * 8
    for value in ("premum", "standrad", "gold"):
        explain(nodes, Selector.parse(f"tier={value},region=eu-wset"), vocabulary=words)
    assert sorted(key for kind, key in nodes.calls if kind == "values") == ["region", "tier"]


def test_a_write_makes_new_values_known() -> None:
    """What was counted before a write is not used after it."""
    inventory = Inventory(FLEET)
    assert inventory.explain(Selector.parse("tier=glod")).hints == ()
    inventory.upsert(Node("n-7", {"tier": "gold"}))
    assert inventory.explain(Selector.parse("tier=glod")).hints[0].replacement == "tier=gold"


def test_a_key_with_many_values_is_not_searched() -> None:
    """If a key has more than 10,000 values, none of them is suggested."""
    nodes = [
        Node(f"n-{at:05d}", {"host": f"host-{'abcdefghij'[at % 10]}-{at}"}) for at in range(10_001)
    ]
    result = Inventory(nodes).explain(Selector.parse("host=hots-a-0,host>5"))
    assert result.hints[1:] == ()  # the first is the contradiction
    assert [each.note for each in result.requirements] == [
        "no node has host=hots-a-0; 10,001 nodes have other values of 'host'",
        "no node has host>5; 10,001 nodes have other values of 'host'",
    ]
    result = Inventory(nodes[1:]).explain(Selector.parse("host=hots-b-1"))
    assert result.hints[0].replacement == "host=host-b-1"


def test_many_keys_are_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are very many keys, none is looked for."""
    monkeypatch.setattr(hints, "_MAX_WORDS", 3)
    node = Node("n", {"aaaa": "vv", "bbbb": "", "cccc": "", "dddd": ""})
    inventory = Inventory([node])
    assert inventory.explain(Selector.parse("aaab=vv")).hints == ()


@pytest.mark.parametrize("nodes_are_in", ["segment", "delta"])
def test_a_name_instead_of_an_id(nodes_are_in: str) -> None:
    """The first node that has the name, and still exists, is suggested."""
    nodes = [Node(f"n-{at}", name=f"web-{at % 1_000}") for at in range(3_000)]
    inventory = Inventory(nodes if nodes_are_in == "segment" else [], compact_at=None)
    inventory.apply(nodes)
    inventory.remove("n-7")
    inventory.upsert(Node("n-1007", name="other"))
    selector = Selector.of(match_ids=["web-7"])
    assert inventory.explain(selector).hints[0].replacement == "n-2007"
    inventory.upsert(Node("n-0", name="web-7"))
    assert inventory.explain(selector).hints[0].replacement == "n-0"
    inventory.compact()
    assert inventory.explain(selector).hints[0].replacement == "n-0"


@pytest.mark.parametrize("gone", ["removed", "replaced"])
@pytest.mark.parametrize("begun", [0, 3_000])
def test_what_no_node_has_any_more(monkeypatch: pytest.MonkeyPatch, gone: str, begun: int) -> None:
    """Keys and values of nodes that are gone are not offered, and do not use up a limit."""
    monkeypatch.setattr(hints, "_MAX_WORDS", 3)
    old = [Node(f"old-{at}", {f"key-{at}": "", "tier": f"tier-{at}"}) for at in range(50)]
    old += [Node("old", {"regoin": "eu", "tier": "premuim"})]
    kept = [Node(f"n-{at}", {"region": "eu", "tier": "premium"}) for at in range(1 + begun)]
    inventory = Inventory([*old, *kept], compact_at=None)
    if gone == "removed":
        inventory.apply([node.id for node in old])
    else:
        inventory.apply([Node(node.id, {"region": "eu"}) for node in old])
    for text, instead in (
        ("regon=eu", "region=eu"),
        ("tier=premiun", "tier=premium"),
        ("tier!=premiun", "tier!=premium"),
        ("zone=premium", "tier=premium"),
        ("regoin=eu", "region=eu"),
        ("key-7=premium", "tier=premium"),
    ):
        explanation = inventory.explain(Selector.parse(text))
        assert [hint.replacement for hint in explanation.hints] == [instead]
        inventory_now = Inventory(inventory)
        assert explanation.hints == inventory_now.explain(Selector.parse(text)).hints


def test_a_name_that_several_nodes_have() -> None:
    """The hint names the first node, and says that there are others."""
    nodes = [Node("n-9", name="web"), Node("n-1", name="web"), Node("n-2", name="db")]
    (hint,) = Inventory(nodes).explain(Selector.of(match_ids=["web"])).hints
    assert hint.message == ("no node has the id 'web'; it is the name of 'n-9' (and of 1 more)")
    (hint,) = Inventory(nodes).explain(Selector.of(match_ids=["web", "db", "n-1"])).hints
    assert (hint.replacement, hint.would_match) == ("n-2,n-9", 3)
    assert hint.message == (
        "no node has the id 'db' or 'web'; they are the names of 'n-2' and 'n-9' (and of 1 more)"
    )


@pytest.mark.parametrize(
    "value",
    ["true", "FALSE", "yes", "No", "on", "off", "None", "null", "unknown", "1.5", "16Gi", "7", "x"],
)
def test_values_that_say_nothing_of_their_key(value: str) -> None:
    """Numbers, single letters and words that occur under any key are not looked up elsewhere."""
    nodes = [Node("n-1", {"some": value, "other": "eu-west"})]
    assert Inventory(nodes).explain(Selector.parse(f"nonesuch={value}")).hints == ()
    assert Inventory(nodes).explain(Selector.parse("nonesuch=eu-west")).hints != ()


@pytest.mark.parametrize(("values", "listed"), [(1_000, True), (1_001, False)])
def test_frequent_values(values: int, listed: bool) -> None:
    """The note lists the most frequent values of a label with up to a thousand values."""
    nodes = [Node(f"n-{at}", {"rack": f"r-{at:04d}"}) for at in range(values)]
    note = Inventory(nodes).explain(Selector.parse("rack=x")).requirements[0].note
    assert note is not None
    assert ("'r-0000' (1 node)" in note) is listed
