"""Comparisons of two selectors, and of two inventories, agree with a model."""

from hypothesis import given
from hypothesis import strategies as st

from nodeselect import AnyOf, Inventory, Node, Placement, Selector, Taint, Toleration
from nodeselect.explain.explanation import requirement_text
from nodeselect.inventory.compare import (
    Difference,
    LabelChange,
    compare_inventories,
    compare_selectors,
)
from tests.naive import matches_any
from tests.property.strategies import IDS, any_ofs, selectors
from tests.property.strategies import labels as labels_of_nodes

FLEETS_OF_FEW = st.dictionaries(st.sampled_from([*IDS, "n-3", "n-4"]), labels_of_nodes())


def taken(selector: Selector | AnyOf, fleet: dict[str, dict[str, str]]) -> list[str]:
    return [node_id for node_id, each in fleet.items() if matches_any(selector, each, node_id)]


def check_moved(difference: Difference, before: list[str], after: list[str]) -> None:
    """Compare the added, removed and kept nodes with what matched before and matches after."""
    assert [each.id for each in difference.added] == [each for each in after if each not in before]
    gone = [each for each in before if each not in after]
    assert [each.id for each in difference.removed] == gone
    assert list(difference.kept) == [each for each in after if each in before]


@given(FLEETS_OF_FEW, selectors() | any_ofs(), selectors() | any_ofs())
def test_selectors_by_brute_force(
    fleet: dict[str, dict[str, str]], old: Selector | AnyOf, new: Selector | AnyOf
) -> None:
    """Added, kept and removed nodes agree with a model, and so do the reasons."""
    inventory = Inventory(Node(node_id, each) for node_id, each in fleet.items())
    difference = compare_selectors(inventory, old, new)
    before, after = taken(old, fleet), taken(new, fleet)
    check_moved(difference, before, after)
    assert difference.changed == ()
    for changes, selector in ((difference.added, old), (difference.removed, new)):
        for each in changes:
            failed = [
                requirement_text(part)
                for part in selector.split()
                if each.id not in taken(part, fleet)
            ]
            assert each.why == "selector"
            assert list(each.requirements) == failed
            assert each.requirements


@given(FLEETS_OF_FEW, FLEETS_OF_FEW, selectors() | any_ofs())
def test_fleets_by_brute_force(
    old: dict[str, dict[str, str]], new: dict[str, dict[str, str]], selector: Selector | AnyOf
) -> None:
    """Each node is reported once; its old labels and the changes give its new labels."""
    inventories = [
        Inventory(Node(node_id, each) for node_id, each in fleet.items()) for fleet in (old, new)
    ]
    difference = compare_inventories(inventories[0], inventories[1], selector)
    before, after = taken(selector, old), taken(selector, new)
    check_moved(difference, before, after)
    changed = [each for each in difference.kept if old[each] != new[each]]
    assert [each.id for each in difference.changed] == changed
    for each in (*difference.added, *difference.changed, *difference.removed):
        assert (each.why == "joined") == (each.id not in old)
        assert (each.why == "left") == (each.id not in new)
        if each.why == "labels":
            assert all(change.old != change.new for change in each.labels)
            now = old[each.id] | {one.key: one.new for one in each.labels if one.new is not None}
            gone = {one.key for one in each.labels if one.new is None}
            assert {key: now[key] for key in now if key not in gone} == new[each.id]


def test_placements() -> None:
    """The taints and amounts that changed are reported, and what a placement requires."""
    taint = Taint("gpu", "NoSchedule")
    free = Node("n-1", taints=[], resources={"cpu": 4_000})
    tainted = Node("n-1", taints=[taint], resources={"cpu": 4_000})
    small = Node("n-1", taints=[], resources={"cpu": "500m"})
    placement = Placement(requests={"cpu": "1"})
    old = Inventory([free])
    for new, key, before, now in (
        (tainted, "taint", None, "gpu:NoSchedule"),
        (small, "cpu", "4", "500m"),
    ):
        (change,) = compare_inventories(old, Inventory([new]), placement).removed
        assert (change.why, change.others) == ("others", (LabelChange(key, before, now, True),))
        (change,) = compare_inventories(Inventory([new]), old, placement).added
        assert change.others == (LabelChange(key, now, before, True),)
        (change,) = compare_inventories(old, Inventory([new]), Selector.everything()).changed
        assert (change.why, change.others) == ("others", (LabelChange(key, before, now, False),))
    unknown = Node("n-1")
    difference = compare_inventories(old, Inventory([unknown]), Selector.everything())
    assert difference.changed == ()
    words = [f"changes of {fact} (unknown in 'new')" for fact in ("resources", "taints")]
    assert list(difference.not_considered) == words
    others = [Node("n-2", taints=[], resources={}), Node("n-3", taints=[], resources={})]
    for first, second, was, is_now in (
        (free, unknown, "known", "unknown"),
        (unknown, free, "unknown", "known"),
    ):
        sides = Inventory([first, *others]), Inventory([second, *others])
        difference = compare_inventories(sides[0], sides[1], Selector.everything())
        assert difference.not_considered == ()
        (change,) = difference.changed
        assert change.others == tuple(
            LabelChange(fact, was, is_now, False) for fact in ("taints", "resources")
        )
    tolerant = Placement(tolerations=[Toleration("gpu", "Exists")])
    (change,) = compare_selectors(Inventory([tainted]), placement, tolerant).added
    assert change.requirements == ("tolerates gpu:NoSchedule",)
