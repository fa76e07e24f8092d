"""A plan shows how a selector is answered, and gives the answer."""

from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Node, Selector
from nodeselect.index import planner, postings
from nodeselect.index.cluster import cluster
from nodeselect.index.encode import encode
from nodeselect.index.label_index import LabelIndex
from nodeselect.index.planner import Plan, PlanCache, Step, count, make_plan, run
from nodeselect.index.tuning import DEFAULT
from nodeselect.readers.columnar import to_blocks
from tests.inventory.small import small_inventory
from tests.naive import matches
from tests.property.strategies import labels, selectors

FLEET = [
    {
        "all": "yes",
        "half": str(at % 2),
        "tenth": str(at % 10),
        **({"rare": str(at)} if at % 100 == 0 else {}),
    }
    for at in range(1_000)
]


def index_of(fleet: list[dict[str, str]]) -> LabelIndex:
    """Index nodes with these labels in bulk."""
    return cluster(
        encode(to_blocks((f"n-{at}", each, None, None) for at, each in enumerate(fleet))), DEFAULT
    ).labels


INDEX = index_of(FLEET)


def plan_of(text: str) -> Plan:
    """Plan a selector over the fleet."""
    return make_plan(INDEX, Selector.parse(text))


def conditions(steps: tuple[Step, ...]) -> list[str]:
    """Return the conditions of steps."""
    return [str(step.condition) for step in steps]


def test_the_cheapest_is_intersected_first() -> None:
    """Steps are intersected in the order of their bytes, whatever the number of nodes."""
    plan = plan_of("all=yes,tenth=3,half=1,rare=100")
    costs = [step.bytes for step in plan.include]
    assert costs == sorted(costs)
    assert conditions(plan.include)[0] != "half=1"
    scattered, run = postings.from_ordinals(range(0, 3_000, 3)), postings.from_range(0, 100_000)
    steps = [Step("scattered", scattered, postings.encoded_bytes(scattered))]
    steps.append(Step("run", run, postings.encoded_bytes(run)))
    assert conditions(Plan(run, steps).include) == ["run", "scattered"]


def test_the_largest_is_subtracted_first() -> None:
    """Exclusions come last, the largest first; those that exclude nothing are dropped."""
    plan = plan_of("half!=1,rare!=100,tenth notin (3,4),half!=none,!absent")
    assert plan.include == ()
    costs = [step.bytes for step in plan.exclude]
    assert costs == sorted(costs, reverse=True)
    assert sorted(conditions(plan.exclude)) == ["half in (1)", "rare in (100)", "tenth in (3,4)"]


def test_a_key_of_all_nodes_needs_no_step() -> None:
    """A key is not looked up if all nodes have it."""
    assert plan_of("all").include == ()
    assert conditions(plan_of("all,rare").include) == ["rare"]


def test_most_of_the_values_become_the_others() -> None:
    """A list of more than half of the values of a key excludes the other values instead."""
    plan = plan_of("tenth in (0,1,2,3,4,5,6,7)")
    assert plan.include == ()
    assert conditions(plan.exclude) == ["tenth in (2 other values)"]
    assert len(run(plan)) == 800
    assert conditions(plan_of("tenth in (0,1,2,3,4)").include) == ["tenth in (0,1,2,3,4)"]
    rare = plan_of("rare in (0,100,200,300,400,500)")
    assert conditions(rare.include) == ["rare"]
    assert conditions(rare.exclude) == ["rare in (4 other values)"]
    assert len(run(rare)) == 6


def test_most_of_the_numbers_become_the_others() -> None:
    """A range is a list of the values in it, and is plan_of in the same way."""
    assert conditions(plan_of("tenth>7").include) == ["tenth>7"]
    assert conditions(plan_of("tenth>2").exclude) == ["tenth in (3 other values)"]
    assert len(run(plan_of("tenth>2,tenth<8"))) == 500


@pytest.mark.parametrize(
    "text", ["half=0,half=1", "all,!all", "tenth>5,tenth<6", "half in (a),!half"]
)
def test_a_contradiction_reads_nothing(text: str) -> None:
    """A selector that nothing satisfies is answered without reading the index."""
    with patch.object(LabelIndex, "values", side_effect=AssertionError):
        plan = plan_of(text)
    assert str(plan) == "include nothing: 0 nodes, 0 bytes"
    assert (len(run(plan)), count(plan), plan.exclude) == (0, 0, ())


def test_text() -> None:
    """The text shows each step with its sizes, in the order in which they are run."""
    plan = plan_of("half=1,!rare,tenth notin (3,5)")
    assert str(plan) == (
        f"include half=1: 500 nodes, {plan.include[0].bytes:,} bytes\n"
        f"exclude tenth in (3,5): 200 nodes, {plan.exclude[0].bytes:,} bytes\n"
        f"exclude rare: 10 nodes, {plan.exclude[1].bytes:,} bytes"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("", "include all: 1,000 nodes", id="everything"),
        pytest.param("all", "include all: 1,000 nodes", id="a-key-of-all"),
        pytest.param("absent", "include absent: 0 nodes, 0 bytes", id="nobody"),
        pytest.param("!absent", "include all: 1,000 nodes", id="all-but-nobody"),
        pytest.param("half=2", "include half=2: 0 nodes, 0 bytes", id="unknown-value"),
        pytest.param("rare=100", "include rare=100: 1 node, 18 bytes", id="one-node"),
    ],
)
def test_small_plans(text: str, shown: str) -> None:
    """The text of small plans; repr is the same text in one line."""
    plan = plan_of(text)
    assert str(plan) == shown
    assert repr(plan) == f"<Plan: {shown}>"


def test_a_long_list_is_truncated() -> None:
    """A long list is not shown whole."""
    values = ",".join(f"value-{number}" for number in range(200))
    line = str(plan_of(f"tenth notin (1,{values})")).split("\n")[-1]
    assert len(line) < 110
    assert "…" in line


@given(st.lists(labels(), min_size=1, max_size=20), selectors())
def test_a_plan_is_the_predicate(fleet: list[dict[str, str]], selector: Selector) -> None:
    """A plan over an index built in bulk or node by node gives the answer of the model."""
    grown = LabelIndex.mutable()
    for ordinal, each in enumerate(fleet):
        grown.add(ordinal, each, None)
    taken = (
        [at for at, each in enumerate(fleet) if matches(selector.requirements, None, each)]
        if selector.ids != ()
        else []
    )
    for index in (grown, index_of(fleet)):
        plan = make_plan(index, selector)
        assert list(postings.ordinals(run(plan))) == taken
        assert count(plan) == len(taken)
        assert list(postings.ordinals(run(plan))) == taken


def test_running_changes_nothing() -> None:
    """Running a plan changes neither its steps nor the index."""
    plan = plan_of("half=1,tenth in (1,3),rare!=100,all!=no")
    sizes = [step.nodes for step in (*plan.include, *plan.exclude)]
    first = list(postings.ordinals(run(plan)))
    for _ in range(3):
        assert list(postings.ordinals(run(plan))) == first
        assert count(plan) == len(first)
    assert [step.nodes for step in (*plan.include, *plan.exclude)] == sizes
    assert len(INDEX.everything) == len(FLEET)


def test_plans_are_cached() -> None:
    """A selector that was used before, its requirements in any order, is not plan_of again."""
    inventory = small_inventory(Node(f"n-{at}", {"x": str(at % 3)}) for at in range(20))
    plan = inventory.plan(Selector.parse("x=1,!y"))
    assert inventory.plan(Selector.parse(" !y , x = 1 ")) is plan
    with patch.object(planner, "_add_steps", side_effect=AssertionError):
        assert len(inventory.match(Selector.parse("x=1,!y")).ids()) == 7


@pytest.mark.parametrize("count", [3, 20])
def test_every_inventory_has_plans(count: int) -> None:
    """Few nodes or many, the plan shows what each requirement selects, and what the ids select."""
    inventory = small_inventory(Node(f"n-{at}", {"x": str(at % 3)}) for at in range(count))
    with_value = len(range(1, count, 3))
    [step] = inventory.plan(Selector.parse("x=1")).include
    assert (step.condition, step.nodes) == ("x=1", with_value)
    [step] = inventory.plan(Selector.of(match_ids=["n-1", "n-2"])).include
    assert (step.condition, step.nodes) == ("few ids, tested one by one", 2)
    assert inventory.plan(Selector.everything()).include == ()


@pytest.mark.parametrize("count", [2, 20])
@pytest.mark.parametrize("wrong", ["x=1", None, {"x": "1"}])
def test_only_a_selector_is_planned(wrong: Any, count: int) -> None:
    """Few nodes or many: anything but a selector is a TypeError."""
    inventory = small_inventory(Node(f"n-{at}") for at in range(count))
    with pytest.raises(TypeError, match="expected a Selector"):
        inventory.plan(wrong)


def test_the_number_of_plans_is_bounded() -> None:
    """A full cache is emptied, and contains the plan that was added last."""
    cache, plan = PlanCache(1 << 20, max_plans=3), Plan(postings.from_range(0, 9))
    for number in range(10):
        selector = Selector.parse(f"x={number}")
        cache.put(selector, plan)
        assert cache.get(selector) is plan
        assert 1 <= len(cache) <= 3


def test_the_memory_of_plans_is_bounded() -> None:
    """Cached plans take at most the allowed memory, except for a single larger plan."""
    random = Random(1)
    cache = PlanCache(10_000)
    for number in range(50):
        found = postings.from_ordinals(
            sorted(random.sample(range(60_000), random.choice((5, 500, 1_500))))
        )
        step = Step("made", found, postings.encoded_bytes(found), is_materialized=True)
        cache.put(Selector.parse(f"x={number}"), Plan(found, [step]))
        assert 0 < cache.memory_bytes <= 10_000
    huge = postings.from_ordinals(range(0, 60_000, 3))
    step = Step("made", huge, postings.encoded_bytes(huge), is_materialized=True)
    cache.put(Selector.parse("huge"), Plan(huge, [step]))
    assert cache.memory_bytes == step.bytes
    assert cache.get(Selector.parse("x=49")) is None


def test_ids_of_selectors_count() -> None:
    """The ids of a selector count as memory of its plan, known or not."""
    cache, nothing = PlanCache(100_000), Plan(postings.from_range(0, 9))
    for number in range(10):
        selector = Selector.of(match_ids=[f"n-{number}-{at}" for at in range(200)])
        cache.put(selector, nothing)
        assert 200 * 50 < cache.memory_bytes <= 100_000
        assert cache.get(selector) is nothing
    assert cache.get(Selector.of(match_ids=[f"n-0-{at}" for at in range(200)])) is None


def test_postings_of_the_index_do_not_count() -> None:
    """Only the unions that were built for a plan count as its memory."""
    assert plan_of("half=1,!rare").bytes == 0
    union = plan_of("tenth in (1,2)")
    assert union.bytes == union.include[0].bytes > 0


def test_unknown_values_do_not_count() -> None:
    """A list of two known values and many unknown ones is plan_of as the two."""
    rows = ((f"n-{at}", {"zone": f"z{at % 500}"}, None, None) for at in range(5_000))
    table = encode(to_blocks(rows))
    unknown = ",".join(f"u{at}" for at in range(600))
    plan = make_plan(cluster(table, DEFAULT).labels, Selector.parse(f"zone in (z1,z2,{unknown})"))
    assert [step.nodes for step in plan.include] == [20]
    assert plan.exclude == ()
