"""An audit finds the mistakes in a fleet, and hardly anything else."""

from collections.abc import Iterable
from random import Random

import pytest

from nodeselect import Inventory, Node, Selector
from nodeselect.explain import audit
from nodeselect.inventory import Audit, LabelFinding, audit_labels
from nodeselect.selectors.charset import is_key, is_value
from tests.explain.planted_faults import Fault, Labels, make_fleet, plant


def nodes_of(fleet: Iterable[Labels]) -> list[Node]:
    return [Node(f"n-{at}", labels) for at, labels in enumerate(fleet)]


def planted(seed: int, nodes: int) -> list[Labels]:
    """Return the labels of a fleet with mistakes."""
    random = Random(seed)
    fleet = make_fleet(random, nodes)
    plant(random, fleet)
    return fleet


def audited(*groups: tuple[int, Labels]) -> Audit:
    """Audit a fleet of so many nodes with these labels each."""
    fleet = [labels for count, labels in groups for _ in range(count)]
    return audit_labels(Inventory(nodes_of(fleet)))


def reported(found: Audit) -> list[str]:
    """Return each finding and what was expected: ``key -> other``, ``key=value -> other``."""
    return [
        (each.key if each.value is None else f"{each.key}={each.value}") + f" -> {each.expected}"
        for each in found.findings
    ]


@pytest.mark.parametrize("seed", range(12))
def test_planted_faults(seed: int) -> None:
    """Of 25 mistakes in a fleet, at least 22 are found, and at most 3 that are none."""
    random = Random(seed)
    fleet = make_fleet(random)
    assert audited(*((1, labels) for labels in fleet)).findings == ()
    faults = plant(random, fleet)
    assert len(set(faults)) == 25
    findings = audited(*((1, labels) for labels in fleet)).findings
    found = {Fault(each.code, each.key, each.value) for each in findings}
    assert len(found & set(faults)) >= 22
    assert len(found - set(faults)) <= 3


MANY = 40

CASES = {
    # Keys.
    "case": ({"Region": "eu"}, {"region": "eu"}, "Region -> region"),
    "separator": ({"gpu_ram": "8"}, {"gpu-ram": "8"}, "gpu_ram -> gpu-ram"),
    "letter": ({"regoin": "eu"}, {"region": "eu"}, "regoin -> region"),
    "abbreviation": ({"env": "it"}, {"environment": "it"}, "env -> environment"),
    "prefix": ({"x.io/team": "dba"}, {"team": "dba"}, "x.io/team -> team"),
    "another-value": ({"x.io/team": "it"}, {"team": "dba"}, None),
    "common-value": ({"x.io/gpu": "true"}, {"gpu": "true"}, None),
    "both-keys": ({"regoin": "eu", "region": "eu"}, {"region": "eu"}, None),
    # Values.
    "case-of-a-value": ({"k": "EU-West"}, {"k": "eu-west"}, "k=EU-West -> eu-west"),
    "blanks": ({"k": "eu west "}, {"k": "eu-west"}, "k=eu west  -> eu-west"),
    "letter-of-a-value": ({"k": "premum"}, {"k": "premium"}, "k=premum -> premium"),
    "letter-of-a-short-value": ({"k": "prd"}, {"k": "prod"}, "k=prd -> prod"),
    "in-full": ({"k": "production"}, {"k": "prod"}, "k=production -> prod"),
    "synonym": ({"k": "yes"}, {"k": "true"}, None),
    "series": ({"version": "v1.2.4"}, {"version": "v1.2.3"}, None),
    "number": ({"cores": "48"}, {"cores": "16"}, None),
    "another-kind": ({"tier": "gold", "pool": "x"}, {"tier": "free", "pool": "y"}, None),
    "zone": ({"zone": "2a"}, {"zone": "2b"}, None),
    "bits-and-bytes": ({"ram": "8Gb"}, {"ram": "8GB"}, None),
    "size": ({"k": "c5.xlarge"}, {"k": "c5.2xlarge"}, None),
    "family": ({"k": "c5a.xlarge"}, {"k": "c5.xlarge"}, None),
    "kernel": ({"k": "5.15.0-1052-aws"}, {"k": "5.15.0-1051-aws"}, None),
    "address": ({"k": "10.20.1.10"}, {"k": "10.20.1.11"}, None),
    "key-of-another-system": ({"a.io/capacityType": "x"}, {"b.io/capacity-type": "y"}, None),
    "key-with-a-word-more": ({"GPU-0-Memory": "15360 MiB"}, {"GPU-0": "Tesla T4"}, None),
}
"""The labels of one node, those of many others, and what is found."""


@pytest.mark.parametrize(("odd", "usual", "expected"), CASES.values(), ids=CASES.keys())
def test_one_node_among_many(odd: Labels, usual: Labels, expected: str | None) -> None:
    """What one of many nodes has is a mistake or not."""
    assert reported(audited((1, odd), (MANY, usual))) == ([expected] if expected else [])


def test_counts() -> None:
    """A finding has the number of nodes, those that are as usual, examples and a selector."""
    found = audited((MANY, {"region": "eu-west"}), (4, {"region": "EU-West"}), (1, {}))
    assert found.findings == (
        LabelFinding(
            "misspelt-value", "region", "EU-West", 4, "eu-west", MANY,
            ("n-40", "n-41", "n-42"), "region=EU-West",
        ),
    )  # fmt: skip
    assert found.nodes == MANY + 5


def test_selectors() -> None:
    """The selector of a finding matches its nodes; if one may have the label."""
    inventory = Inventory(nodes_of(planted(7, 500)))
    findings = audit_labels(inventory).findings
    assert {each.code for each in findings} == {"misspelt-key", "misspelt-value"}
    for each in findings:
        if each.selector is None:
            assert not (is_key(each.key) and is_value(each.value or ""))
        else:
            assert len(inventory.match(Selector.parse(each.selector))) == each.nodes


def test_explanations_agree() -> None:
    """A value that is reported gets a hint if it is in a selector, and no other value does."""
    inventory = Inventory(nodes_of(planted(7, 500)))
    findings = {f"{each.key}={each.value}": each for each in audit_labels(inventory).findings}
    for key, values in inventory.match(Selector.everything()).label_counts().items():
        for value in values if len(values) <= 100 else ():
            if is_key(key) and is_value(value) and value:
                hints = inventory.explain(Selector.parse(f"{key}={value}")).hints
                finding = findings.get(f"{key}={value}")
                expected = [f"{key}={finding.expected}"] if finding else []
                assert [hint.replacement for hint in hints] == expected


def test_more_nodes_need_more() -> None:
    """A misspelt word is one only beside a word that five times as many nodes have."""
    assert reported(audited((2, {"tier": "premum"}), (9, {"tier": "premium"}))) == []
    assert len(audited((2, {"tier": "premum"}), (10, {"tier": "premium"})).findings) == 1
    assert audit.usual_values(["premum"], {"premum": 1, "premium": 5}) == {"premum": "premium"}
    assert reported(audited((9, {"tier": "Free"}), (9, {"tier": "free"}))) == ["tier=Free -> free"]


REGOIN, REGION, BOTH = {"regoin": "eu"}, {"region": "eu"}, {"regoin": "eu", "region": "eu"}
IDS = ("marta", *"abcdefgh")
WORDS = [(9, {"k": f"{letter}ord"}) for letter in "abcdefghijklmn"]

LIMITS: dict[str, tuple[list[tuple[int, Labels]], list[str]]] = {
    "frequent": ([(1, {"k": "premum"}), (5, {"k": "premium"})], ["k=premum -> premium"]),
    "values": ([(1, {"k": "Free"}), (3, {"k": "free"})], ["k=Free -> free"]),
    "ids": ([(1, {"k": "Free"}), (2, {"k": "free"})], []),
    "half-have-both-keys": ([(1, BOTH), (1, REGOIN), (MANY, REGION)], []),
    "fewer-have-both-keys": ([(1, BOTH), (2, REGOIN), (MANY, REGION)], ["regoin -> region"]),
    "prefix": ([(2, {"x.io/team": "dba"}), (10, {"team": "dba"})], ["x.io/team -> team"]),
    "prefix-of-a-rare-key": ([(2, {"x.io/team": "dba"}), (9, {"team": "dba"})], []),
    "prefix-of-ids": ([(1, {"x.io/k": "marta"}), *((1, {"k": id_}) for id_ in IDS)], []),
    "prefix-of-another-value": (
        [(1, {"x.io/team": "dba"}), (1, {"x.io/team": "it"}), (MANY, {"team": "dba"})], [],
    ),
    "prefix-beside-the-key": (
        [(1, {"x.io/team": "dba", "team": "dba"}), (MANY, {"team": "dba"})], [],
    ),
    "without-letters": ([(1, {"k": "_"}), (MANY, {"k": "-"})], []),
    "value-of-a-wrong-key": (
        [(1, {"regoin": "EU"}), (4, REGOIN), (MANY, REGION)], ["regoin -> region"],
    ),
    "short-for-a-wrong-value": (
        [(6, {"k": "prod"}), (6, {"k": "prodution"}), (MANY, {"k": "production"})],
        ["k=prod -> production", "k=prodution -> production"],
    ),
    "few-words": ([*WORDS, (1, {"k": "prd"}), (9, {"k": "prod"})], ["k=prd -> prod"]),
    "many-words": ([*WORDS, (9, {"k": "zord"}), (1, {"k": "prd"}), (9, {"k": "prod"})], []),
}  # fmt: skip
"""Nodes on both sides of each limit of an audit, and what is found."""


@pytest.mark.parametrize(("groups", "expected"), LIMITS.values(), ids=LIMITS.keys())
def test_limits(groups: list[tuple[int, Labels]], expected: list[str]) -> None:
    """A word that just reaches a limit is reported; one that just misses it is not."""
    assert reported(audited(*groups)) == expected


TYPE = "node.kubernetes.io/instance-type"
ZONE = "topology.kubernetes.io/zone"

MISSING: dict[str, tuple[list[tuple[int, Labels]], list[str]]] = {
    "of-each-node": ([(1, {}), (20, {ZONE: "a"})], [f"!{ZONE}: 1 of 21"]),
    "of-fewer": ([(1, {}), (19, {ZONE: "a"})], []),
    "any": ([(1, {}), (100, {"pool": "a"})], ["!pool: 1 of 101"]),
    "any-of-fewer": ([(1, {}), (99, {"pool": "a"})], []),
    "old-name": ([(1, {}), (200, {"failure-domain.beta.kubernetes.io/zone": "a"})], []),
    "control-plane": (
        [(1, {"node-role.kubernetes.io/control-plane": ""}), (200, {"pool": "a"})], [],
    ),
    "one-of-the-control-plane": (
        [(1, {}), (1, {"node-role.kubernetes.io/master": ""}), (300, {"pool": "a"})], [],
    ),
    "three-labels": (
        [(1, {}), (100, {"a": "", "b": "", "c": ""})],
        ["!a: 1 of 101", "!b: 1 of 101", "!c: 1 of 101"],
    ),
    "four-labels": ([(1, {}), (100, {"a": "", "b": "", "c": "", "d": ""})], []),
    "misspelt": ([(1, {"regoin": "eu"}), (200, REGION)], []),
    "one-type": (
        [(1, {TYPE: "m5"}), (100, {TYPE: "m5", "gpu": "t4"}), (300, {TYPE: "c5"})],
        [f"!gpu,{TYPE}=m5: 1 of 101"],
    ),
    "another-type": ([(1, {TYPE: "m5"}), (200, {TYPE: "c5", "gpu": "t4"})], []),
    "the-type": ([(1, {}), (200, {TYPE: "m5"})], [f"!{TYPE}: 1 of 201"]),
    "no-selector-has-it": ([(1, {}), (200, {"GPU 0": "t4"})], []),
}  # fmt: skip
"""Nodes, and the selectors of those that lack a label that all others have."""


@pytest.mark.parametrize(("groups", "expected"), MISSING.values(), ids=MISSING.keys())
def test_labels_that_few_nodes_lack(groups: list[tuple[int, Labels]], expected: list[str]) -> None:
    """A label is missing if nearly all nodes of the same kind have it; a database agrees."""
    inventory = Inventory(nodes_of(labels for count, labels in groups for _ in range(count)))
    found = [each for each in audit_labels(inventory).findings if each.code == "missing-key"]
    counts = [f"{each.selector}: {each.nodes} of {each.nodes + each.usual_nodes}" for each in found]
    assert counts == expected
    for each in found:
        assert each.selector is not None
        assert inventory.match(Selector.parse(each.selector)).ids()[:3] == list(each.examples)


def test_a_misspelling_of_a_misspelling() -> None:
    """What is expected is right itself."""
    words = {"Prenum": 1, "prenum": 2, "premum": 10, "premium": 50}
    found = audited(*((count, {"k": word}) for word, count in words.items()))
    assert [each.expected for each in found.findings] == ["premium", "premium", "premium"]


def test_ids_are_not_compared() -> None:
    """Values of a key that has another value on most nodes are no misspellings."""
    names = ["marta", "martha", "anna", "annas", "lukas", "luka"] * 3
    labels = [(1, {"host": f"{name}x" * at}) for at, name in enumerate(names, 1)]
    assert audited(*labels).findings == ()


def test_too_many_to_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has too many words is named; everything else is compared."""
    groups = [(9, {"site": f"x{at}", "k": "free"}) for at in range(4)]
    groups.append((1, {"site": "x1", "k": "Free"}))
    monkeypatch.setattr(audit, "_MAX_WORDS", 2)
    found = audited(*groups)
    assert (found.unchecked, found.keys_checked) == (("site",), True)
    assert reported(found) == ["k=Free -> free"]
    found = audited((MANY, {"site": "x"}), *((1, {"x.io/site": f"x{at}"}) for at in range(3)))
    assert (found.unchecked, found.findings) == (("x.io/site",), ())
    monkeypatch.setattr(audit, "_MAX_WORDS", 1)
    found = audited(*groups)
    assert (found.unchecked, found.keys_checked) == (("k",), False)  # of the most frequent key


def test_order_of_nodes() -> None:
    """The order of the nodes changes nothing but the examples, and neither do earlier changes."""
    nodes = nodes_of(planted(3, 300))
    expected = audit_labels(Inventory(nodes))
    shuffled = Random(3).sample(nodes, len(nodes))
    before = [Node(node.id, {"tier": "gone"}) for node in shuffled[:200]]
    inventory = Inventory([Node("old", {"Tier": "gone"}), *before])
    inventory.apply([*shuffled, "old"])
    for each in (Inventory(shuffled), inventory):
        found = audit_labels(each)
        assert [one._replace(examples=()) for one in found.findings] == [
            one._replace(examples=()) for one in expected.findings
        ]


def test_no_nodes() -> None:
    """There is nothing wrong with no nodes."""
    assert audit_labels(Inventory()) == Audit(0, (), (), True)
