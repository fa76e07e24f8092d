"""An audit finds the mistakes in a fleet, and hardly anything else."""

from io import StringIO
from random import Random

import pytest

from nodeselect import Inventory, Node, Selector
from nodeselect.inventory import audit
from nodeselect.inventory.audit import Audit, Finding, audit_labels
from tests.inventory.planted_faults import Fault, Labels, make_fleet, plant
from tests.inventory.real_lists import LISTS


def audited(*groups: tuple[int, Labels]) -> Audit:
    """Audit a fleet of so many nodes with these labels each."""
    labels = [labels for count, labels in groups for _ in range(count)]
    return audit_labels(Inventory(Node(f"n-{at}", each) for at, each in enumerate(labels)))


def reported(found: Audit) -> list[str]:
    """Return code, keys and values of each finding, and what was expected."""
    return [
        " ".join((each.code, *each.keys, *each.values))
        + (f" -> {each.expected}" if each.expected else "")
        for each in found.findings
    ]


@pytest.mark.parametrize("seed", range(12))
def test_planted_faults(seed: int) -> None:
    """Of 30 mistakes in a fleet, at least 27 are found, and at most 3 that are none."""
    random = Random(seed)
    fleet = make_fleet(random)
    assert audited(*((1, labels) for labels in fleet)).findings == ()
    faults = plant(random, fleet)
    assert len(set(faults)) == 30
    findings = audited(*((1, labels) for labels in fleet)).findings
    found = {
        Fault(each.code, key, value)
        for each in findings
        for key in each.keys
        for value in each.values or (None,)
    }
    assert len(found & set(faults)) >= 27
    assert len(found - set(faults)) <= 3


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", LISTS)
def test_real_lists(name: str, seed: int) -> None:
    """In a list as a system prints it, at most two labels are said to be mistakes."""
    inventory = Inventory.read(StringIO(LISTS[name](Random(seed))))
    assert len(inventory) >= 30
    assert len(audit_labels(inventory).findings) <= 2


MANY = 40

CASES = {
    # Keys.
    "case": ({"Region": "eu"}, {"region": "eu"}, "misspelt-key Region -> region"),
    "separator": ({"gpu_ram": "8"}, {"gpu-ram": "8"}, "misspelt-key gpu_ram -> gpu-ram"),
    "letter": ({"regoin": "eu"}, {"region": "eu"}, "misspelt-key regoin -> region"),
    "abbreviation": ({"env": "it"}, {"environment": "it"}, "misspelt-key env -> environment"),
    "prefix": ({"x.io/team": "dba"}, {"team": "dba"}, "misspelt-key x.io/team -> team"),
    "another-value": ({"x.io/team": "it"}, {"team": "dba"}, "missing-key team"),
    "common-value": ({"x.io/gpu": "true"}, {"gpu": "true"}, "missing-key gpu"),
    "both-keys": ({"regoin": "eu", "region": "eu"}, {"region": "eu"}, None),
    # Values.
    "case-of-a-value": ({"k": "EU-West"}, {"k": "eu-west"}, "misspelt-value k EU-West -> eu-west"),
    "blanks": ({"k": "eu west "}, {"k": "eu-west"}, "misspelt-value k eu west  -> eu-west"),
    "letter-of-a-value": ({"k": "premum"}, {"k": "premium"}, "misspelt-value k premum -> premium"),
    "vowels": ({"k": "prd"}, {"k": "production"}, "misspelt-value k prd -> production"),
    "in-full": ({"k": "production"}, {"k": "prod"}, "misspelt-value k production -> prod"),
    "synonym": ({"k": "yes"}, {"k": "true"}, "misspelt-value k yes -> true"),
    "rare": ({"tier": "gold"}, {"tier": "free"}, "rare-value tier gold"),
    "series": ({"version": "v1.2.4"}, {"version": "v1.2.3"}, None),
    "number": ({"cores": "48"}, {"cores": "16"}, None),
    "another-kind": ({"tier": "gold", "pool": "x"}, {"tier": "free", "pool": "y"}, None),
    # Missing labels.
    "no-labels": ({}, {"b": "1", "a": "2"}, "missing-key a b"),
    "labels-of-its-own": ({"x": "", "y": ""}, {"a": "1"}, None),
    "one-label-of-its-own": ({"x": ""}, {"a": "1"}, "missing-key a"),
    # Units.
    "unit": ({"ram": "64Gi"}, {"ram": "64"}, "unit ram 64Gi"),
    "unit-after-a-blank": ({"ram": "24576 MiB"}, {"ram": "1e5"}, "unit ram 24576 MiB"),
    "one-unit": ({"ram": "32Gi"}, {"ram": "64Gi"}, None),
    "another-unit": ({"ram": "32GB"}, {"ram": "64Gi"}, "unit ram 32GB"),
    "zone": ({"zone": "2a"}, {"zone": "2b"}, None),
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
        Finding(
            "misspelt-value", ("region",), ("EU-West",), 4, "eu-west", MANY,
            ("n-40", "n-41", "n-42"), "region=EU-West",
        ),
        Finding("missing-key", ("region",), (), 1, None, MANY + 4, ("n-44",), "!region"),
    )  # fmt: skip
    assert found.nodes == MANY + 5


def test_selectors() -> None:
    """The selector of a finding matches its nodes; if one may have the label."""
    random = Random(7)
    fleet = make_fleet(random, 500)
    plant(random, fleet)
    inventory = Inventory(Node(f"n-{at}", labels) for at, labels in enumerate(fleet))
    findings = audit_labels(inventory).findings
    assert {each.code for each in findings} == {
        "misspelt-key", "misspelt-value", "rare-value", "missing-key", "unit"
    }  # fmt: skip
    for each in findings:
        if each.selector is None:
            assert " " in "".join((*each.keys, *each.values))
        elif each.code != "missing-key":
            assert len(inventory.match(Selector.parse(each.selector))) == each.nodes


def test_more_nodes_need_more() -> None:
    """A misspelt word is one only beside a word that five times as many nodes have."""
    assert reported(audited((2, {"tier": "premum"}), (9, {"tier": "premium"}))) == []
    assert len(audited((2, {"tier": "premum"}), (10, {"tier": "premium"})).findings) == 1
    assert reported(audited((9, {"tier": "Free"}), (9, {"tier": "free"}))) == [
        "misspelt-value tier Free -> free"
    ]


def test_a_misspelling_of_a_misspelling() -> None:
    """What is expected is right itself."""
    found = audited((1, {"k": "Premum"}), (3, {"k": "premum"}), (MANY, {"k": "premium"}))
    assert [each.expected for each in found.findings] == ["premium", "premium"]


def test_a_kind_of_node_and_one_more() -> None:
    """Nodes of another kind need not have a label; another node that lacks it is found."""
    kind = {"role": "master", "etcd": ""}
    found = audited((3, kind), (1, {"role": "worker"}), (90, {"role": "worker", "pool": "a"}))
    assert [(each.keys, each.examples) for each in found.findings] == [(("pool",), ("n-3",))]


def test_ids_are_not_compared() -> None:
    """Values of a key that has another value on most nodes are no misspellings."""
    names = ["marta", "martha", "anna", "annas", "lukas", "luka"] * 3
    labels = [(1, {"host": f"{name}x" * at}) for at, name in enumerate(names, 1)]
    assert audited(*labels).findings == ()


def test_too_many_to_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has too many words is named; everything else is compared."""
    groups = [(9, {"site": f"x{at}", "k": "free"}) for at in range(4)]
    groups.append((1, {"site": "x1", "k": "Free"}))
    monkeypatch.setattr(audit, "_MAX_WORDS", 3)
    found = audited(*groups)
    assert (found.unchecked, found.keys_checked) == (("site",), True)
    assert reported(found) == ["misspelt-value k Free -> free"]
    monkeypatch.setattr(audit, "_MAX_WORDS", 1)
    found = audited(*groups)
    assert (found.unchecked, found.keys_checked) == (("k", "site"), False)


def test_order_of_nodes() -> None:
    """The order of the nodes changes nothing but the examples, and neither do earlier changes."""
    random = Random(3)
    fleet = make_fleet(random, 300)
    plant(random, fleet)
    nodes = [Node(f"n-{at:03}", labels) for at, labels in enumerate(fleet)]
    expected = audit_labels(Inventory(nodes))
    shuffled = random.sample(nodes, len(nodes))
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
