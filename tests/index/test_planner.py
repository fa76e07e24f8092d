"""A plan gives the answer, the cheapest operands first."""

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Node, Selector
from nodeselect.index import postings, segment
from nodeselect.index.label_index import MutableLabelIndex
from nodeselect.index.planner import CacheMemory, Plan, PlanCache, make_plan
from tests.index.building import segment_of
from tests.inventory.small import small_inventory
from tests.naive import matches
from tests.property.strategies import IDS, labels, selectors

FLEET = [
    {
        "all": "yes",
        "half": str(at % 2),
        "tenth": str(at % 10),
        **({"rare": str(at)} if at % 100 == 0 else {}),
    }
    for at in range(1_000)
]


INDEX = segment_of(FLEET).index


def plan_of(text: str) -> Plan:
    return make_plan(INDEX, Selector.parse(text))


def cardinalities(operands: tuple[postings.Postings, ...]) -> list[int]:
    return list(map(len, operands))


def test_the_cheapest_is_intersected_first() -> None:
    """Operands are intersected in the order of their bytes, whatever the number of nodes."""
    include = plan_of("all=yes,tenth=3,half=1,rare=100").include
    costs = list(map(postings.encoded_bytes, include))
    assert costs == sorted(costs)
    assert len(include) == 4
    # "run" is one run of 900 nodes, cheaper than the 334 scattered ones.
    fleet = [{"run": str(at < 900), "scattered": str(at % 3)} for at in range(1_000)]
    plan = make_plan(segment_of(fleet).index, Selector.parse("scattered=0,run=True"))
    assert cardinalities(plan.include) == [900, 334]


def test_equal_costs_keep_the_order_of_the_selector() -> None:
    """Sets of equal cost are not compared with each other."""
    fleet = [{"a": "1"}] * 5 + [{"a": "1", "b": "1"}] * 5  # a run each
    index = segment_of([*fleet, {}]).index
    for first, second in ("ab", "ba"):
        plan = make_plan(index, Selector.parse(f"{first}=1,{second}=1"))
        assert plan.include == (index.nodes_with_key(first), index.nodes_with_key(second))
        plan = make_plan(index, Selector.parse(f"{first}!=1,{second}!=1"))
        assert plan.exclude == (index.nodes_with_key(first), index.nodes_with_key(second))


def test_the_largest_is_subtracted_first() -> None:
    """Exclusions come last, the largest first; those that exclude nothing are dropped."""
    plan = plan_of("half!=1,rare!=100,tenth notin (3,4),half!=none,!absent")
    assert plan.include == ()
    assert sorted(cardinalities(plan.exclude)) == [1, 200, 500]
    costs = list(map(postings.encoded_bytes, plan.exclude))
    assert costs == sorted(costs, reverse=True)


@pytest.mark.parametrize(
    ("text", "include", "exclude"),
    [
        pytest.param("", [], [], id="everything"),
        pytest.param("all", [], [], id="a-key-of-all-nodes"),
        pytest.param("all,rare", [10], [], id="a-key-of-some-nodes"),
        pytest.param("absent", [0], [], id="no-node"),
        pytest.param("!absent", [], [], id="all-but-no-node"),
        pytest.param("!rare", [], [10], id="all-but-some-nodes"),
        pytest.param("half=2", [0], [], id="unknown-value"),
        pytest.param("rare=100", [1], [], id="one-node"),
        pytest.param("tenth in (0,1,2,3,4)", [500], [], id="half-of-the-values"),
        pytest.param("tenth in (0,1,2,3,4,5,6,7)", [], [200], id="most-of-the-values"),
        pytest.param("rare in (0,100,200,300,400,500)", [10], [4], id="most-values-of-a-rare-key"),
        pytest.param("half in (0,1)", [], [], id="both-values-of-a-key-of-all-nodes"),
        pytest.param("tenth>7", [200], [], id="few-numbers"),
        pytest.param("tenth>2", [], [300], id="most-of-the-numbers"),
        pytest.param("tenth in (1,2,u1,u2,u3,u4,u5,u6)", [200], [], id="unknown-values"),
        pytest.param("half=0,half=1", [0], [], id="two-values-of-a-key"),
        pytest.param("all,!all", [0], [], id="present-and-absent"),
        pytest.param("tenth>5,tenth<6", [0], [], id="an-empty-range"),
        pytest.param("half in (a),!half", [0], [], id="a-value-and-absent"),
    ],
)
def test_plans(text: str, include: list[int], exclude: list[int]) -> None:
    """Most of the values of a key become the others; a contradiction includes nothing."""
    plan = plan_of(text)
    assert (cardinalities(plan.include), cardinalities(plan.exclude)) == (include, exclude)
    matching = sum(Selector.parse(text).matches(each) for each in FLEET)
    assert (len(plan.evaluate()), plan.evaluate_size()) == (matching, matching)


@given(st.lists(labels(), min_size=1, max_size=20), selectors())
def test_a_plan_is_the_predicate(fleet: list[dict[str, str]], selector: Selector) -> None:
    """A plan over an index built in bulk or node by node gives the answer of the model."""
    grown = MutableLabelIndex()
    for ordinal, each in enumerate(fleet):
        grown.add(ordinal, each, None)
    ids = [IDS[at % len(IDS)] for at in range(len(fleet))]
    taken = (
        [at for at, each in enumerate(fleet) if matches(selector.requirements, None, each, ids[at])]
        if selector.ids != ()
        else []
    )
    excluded = [at for at, node_id in enumerate(ids) if node_id in selector.excluded_ids]
    for index in (grown, segment_of(fleet).index):
        plan = make_plan(index, selector, without_ids=excluded)
        assert list(postings.ordinals(plan.evaluate())) == taken
        assert plan.evaluate_size() == len(taken)
        assert list(postings.ordinals(plan.evaluate())) == taken


def test_plans_are_cached() -> None:
    """A selector that was used before, its requirements in any order, is not planned again."""
    inventory = small_inventory(Node(f"n-{at}", {"x": str(at % 3)}) for at in range(20))
    assert len(inventory.match(Selector.parse("x=1,!y"))) == 7
    with patch.object(segment, "make_plan", side_effect=AssertionError):
        assert len(inventory.match(Selector.parse(" !y , x = 1 ")).ids()) == 7


def test_postings_of_the_index_do_not_count() -> None:
    """Only the unions that were built for a plan count as its memory."""
    assert plan_of("half=1,!rare").memory_bytes == 0
    assert plan_of("half=1").include[0] is INDEX.values("half")["1"]
    union = plan_of("tenth in (1,2)")
    assert union.memory_bytes == postings.encoded_bytes(union.include[0]) > 0
    several = plan_of("tenth in (1,2),rare notin (0,100),half=1")
    built = (several.include[1], several.exclude[0])
    assert several.memory_bytes == sum(map(postings.encoded_bytes, built)) > union.memory_bytes


def plan_of_size(memory_bytes: int) -> Plan:
    return Plan(postings.from_ordinals(()), (), memory_bytes=memory_bytes)


def test_the_memory_of_cached_plans_is_counted() -> None:
    """A replaced plan no longer counts, an id counts, and all are dropped above a limit."""
    a, b, ids = Selector.parse("a"), Selector.parse("b"), Selector.of(match_ids=["n-1"])
    memory = CacheMemory(1_000)
    cache = PlanCache(memory, max_plans=3)
    sizes = []
    for selector, memory_bytes in ((a, 400), (a, 300), (ids, 500), (ids, 550), (b, 1), (a, 2)):
        cache.put(selector, plan_of_size(memory_bytes))
        sizes.append((len(cache._plans), memory.used_bytes))
    assert sizes == [(1, 400), (1, 300), (2, 950), (2, 1_000), (1, 1), (2, 3)]
    cache.put(b, plan_of_size(6_000))  # a single plan may be larger
    assert (len(cache._plans), memory.used_bytes) == (1, 6_000)


def test_what_a_plan_says_of_itself() -> None:
    """A plan knows how many nodes it covers, and the size of what was built for it."""
    with_ids = postings.from_ordinals([1, 2, 3])
    for text in ("all=yes", "all=yes,!all"):
        selector = Selector.parse(text)
        assert make_plan(INDEX, selector).covered_nodes == 0
        plan = make_plan(INDEX, selector, with_ids, covered_nodes=5)
        assert plan.everything is INDEX.everything
        assert plan.covered_nodes == 5
        is_built = selector.is_satisfiable
        assert plan.memory_bytes == (postings.encoded_bytes(with_ids) if is_built else 0)
        assert not plan.evaluate() or is_built
