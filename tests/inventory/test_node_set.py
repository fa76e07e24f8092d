"""A node set has the nodes of an answer, in inventory order."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, Node, NodeSet, Selector
from nodeselect.index.label_index import LabelIndex
from tests.inventory.small import SMALL, small_inventory, tuned

NODES = [Node(f"n-{at}", {"even": str(at % 2 == 0), "n": str(at)}) for at in (5, 3, 0, 4, 1, 2)]
ORDER = [node.id for node in NODES]


def fleet() -> Inventory:
    """Return six nodes whose ids are not sorted."""
    return Inventory(NODES)


def match(inventory: Inventory, text: str) -> NodeSet:
    """Return the nodes that match a selector."""
    return inventory.match(Selector.parse(text))


def test_reading() -> None:
    """Length, iteration, ids and membership are those of the matching nodes."""
    answer = match(fleet(), "n>2")
    assert len(answer) == 3
    assert list(answer) == list(answer) == [NODES[0], NODES[1], NODES[3]]
    assert answer.ids() == ["n-5", "n-3", "n-4"]
    assert "n-3" in answer
    assert "n-2" not in answer
    assert "n-9" not in answer
    assert 3 not in answer


def test_nothing() -> None:
    """An answer without nodes is empty and false."""
    answer = match(fleet(), "n>9")
    assert len(answer) == 0
    assert not answer
    assert answer.ids() == []
    assert answer.first(2) == []


@pytest.mark.parametrize(("number", "given_ids"), [(0, []), (2, ["n-5", "n-3"]), (9, ORDER)])
def test_first(number: int, given_ids: list[str]) -> None:
    """The first nodes are in order, and all are returned if there are fewer."""
    answer = match(fleet(), "n")
    assert [node.id for node in answer.first(number)] == given_ids
    with pytest.raises(ValueError, match="n must not be negative"):
        answer.first(-1)


@pytest.mark.parametrize(
    ("start", "stop", "step"),
    [(None, None, None), (0, 2, None), (1, 4, 2), (-2, None, None), (None, None, -2), (9, 3, None)],
)
def test_a_slice_is_a_list_of_nodes(start: Any, stop: Any, step: Any) -> None:
    """A slice of an answer is that of the list of its nodes."""
    assert match(fleet(), "n")[start:stop:step] == NODES[start:stop:step]


def test_a_position_is_a_node() -> None:
    """Positions are counted from the start or from the end, as in a list."""
    answer = match(fleet(), "n>2")
    assert [answer[at] for at in (0, 1, 2, -1, -3)] == [NODES[at] for at in (0, 1, 3, 3, 0)]
    for position in (3, -4):
        with pytest.raises(IndexError):
            answer[position]


def in_states() -> Inventory:
    """Return 60 nodes in different states and three zones, half of them in the delta."""
    states = ("connected", "Ready", "lost,x", None)
    zones = [{"zone": f"z{at % 3}"} if at % 5 else {} for at in range(60)]
    nodes = [
        Node(f"n-{at}", {"n": str(at), **zone}, None, states[at % 4])
        for at, zone in enumerate(zones)
    ]
    inventory = tuned(SMALL)(nodes[:30], compact_at=None)
    inventory.apply([*nodes[30:], Node("n-0"), nodes[0]])
    return inventory


@pytest.mark.parametrize("text", ["", "n<10", "zone=z1,n>20", "n>99"])
@pytest.mark.parametrize(
    "states", [["connected"], {"READY", "lost"}, ("x", "lost", "Lost"), ["lost,x"], [], ["none"]]
)
def test_nodes_in_states(text: str, states: Any) -> None:
    """States are compared in any case; nodes without a state are in none."""
    inventory = in_states()
    selector = Selector.parse(text) if text else Selector.everything()
    lowered = {state.lower() for state in states}
    answer = inventory.match(selector)
    expected = [
        node.id
        for node in answer
        if node.state and {node.state.lower(), *node.state.lower().split(",")} & lowered
    ]
    for found in (inventory.match(selector, states=states), answer.in_states(states)):
        assert found.ids() == expected
        assert len(found) == len(expected)


def test_states_are_looked_up_once() -> None:
    """The nodes in states are computed once for an index that does not change."""
    with patch.object(
        LabelIndex, "in_states", autospec=True, side_effect=LabelIndex.in_states
    ) as compute:
        answer = small_inventory(in_states()).match(Selector.everything())
        found = [answer.in_states(states).ids() for states in (["X", "lost"], ("lost", "x"), {"y"})]
    assert found[0] == found[1] != found[2] == []
    assert compute.call_count == 2


def test_connected_nodes() -> None:
    """Connected nodes are those whose state is connected or ready."""
    answer = in_states().match(Selector.everything())
    assert list(answer.connected()) == [node for node in answer if node.connected]


def test_a_string_is_not_a_set_of_states() -> None:
    """One string, or a state that is not a string, is a TypeError."""
    answer = match(fleet(), "n")
    with pytest.raises(TypeError, match="not a string"):
        answer.in_states("connected")
    with pytest.raises(TypeError, match="a state must be a string, not NoneType"):
        answer.in_states([None])  # type: ignore[list-item]


def test_a_sample_is_random() -> None:
    """Without a seed, each node is chosen sooner or later; a wrong seed is a TypeError."""
    answer = match(fleet(), "n")
    assert {node.id for _ in range(200) for node in answer.sample(1)} == {*ORDER}
    with pytest.raises(TypeError, match="a seed must be an int or None"):
        answer.sample(2, 0.5)  # type: ignore[arg-type]


def test_an_answer_does_not_change() -> None:
    """Later changes of the inventory do not change an answer."""
    inventory = fleet()
    answer = match(inventory, "even=True")
    before = list(answer)
    inventory.remove("n-0")
    inventory.upsert(Node("n-4", {"even": "no"}))
    inventory.upsert(Node("n-6", {"even": "True"}))
    assert list(answer) == before
    assert "n-0" in answer
    assert "n-6" not in answer
    assert match(inventory, "even=True").ids() == ["n-2", "n-6"]


def test_equality() -> None:
    """Answers of one snapshot are equal if they contain the same nodes; they are not hashable."""
    inventory = fleet()
    assert match(inventory, "n<2") == match(inventory, "n in (0,1)")
    assert match(inventory, "n<2") != match(inventory, "n<3")
    assert match(inventory, "n<2") != ["n-0", "n-1"]
    with pytest.raises(TypeError):
        hash(match(inventory, "n"))


OPERATIONS = [
    pytest.param(lambda left, right: left & right, id="and"),
    pytest.param(lambda left, right: left | right, id="or"),
    pytest.param(lambda left, right: left - right, id="minus"),
]
COMPARISON = pytest.param(lambda left, right: left == right, id="equal")


def change(inventory: Inventory) -> Inventory:
    """Change a node and change it back."""
    inventory.upsert(Node("n-0"))
    inventory.upsert(NODES[2])
    return inventory


def compact(inventory: Inventory) -> Inventory:
    """Change a node, and compact."""
    change(inventory).compact()
    return inventory


@pytest.mark.parametrize("text", ["n", "n>9"])
@pytest.mark.parametrize("later", [change, compact, lambda _: fleet()])
@pytest.mark.parametrize("operation", [*OPERATIONS, COMPARISON])
def test_answers_of_different_snapshots_do_not_combine(
    operation: Any, later: Callable[[Inventory], Inventory], text: str
) -> None:
    """Answers of two snapshots, or of two inventories, are rejected, even if they are equal."""
    inventory = fleet()
    before = match(inventory, text)
    with pytest.raises(ValueError, match="take one snapshot and match both selectors on it"):
        operation(before, match(later(inventory), text))
    assert before.ids() == match(fleet(), text).ids()


def test_answers_of_one_snapshot_combine() -> None:
    """Answers of one snapshot combine, whatever was written in between."""
    inventory = fleet()
    snapshot = inventory.snapshot()
    left = snapshot.match(Selector.parse("n<4"))
    change(inventory)
    right = snapshot.match(Selector.parse("even=True"))
    assert (left & right).ids() == (right & left).ids() == ["n-0", "n-2"]
    assert (left | right).ids() == (right | left).ids() == ["n-3", "n-0", "n-4", "n-1", "n-2"]
    assert ((left - right).ids(), (right - left).ids()) == (["n-3", "n-1"], ["n-4"])
    assert left.ids() == ["n-3", "n-0", "n-1", "n-2"]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("other", [{"n-1"}, None, ["n-1"]])
def test_a_node_set_combines_with_node_sets_only(operation: Any, other: Any) -> None:
    """A set of ids or a list next to a node set is a TypeError."""
    with pytest.raises(TypeError):
        operation(match(fleet(), "n"), other)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("n>9", "<NodeSet of 0: >", id="none"),
        pytest.param("n<2", "<NodeSet of 2: 'n-0', 'n-1'>", id="two"),
        pytest.param("n<3", "<NodeSet of 3: 'n-0', 'n-1', 'n-2'>", id="three"),
        pytest.param("n", "<NodeSet of 6: 'n-5', 'n-3', 'n-0', …>", id="more"),
    ],
)
def test_repr(text: str, shown: str) -> None:
    """The repr of an answer is its length and its first ids."""
    assert repr(match(fleet(), text)) == shown


SOME = st.sets(st.sampled_from(ORDER))


@given(SOME, SOME, SOME)
def test_the_laws_of_sets(one: set[str], other: set[str], third: set[str]) -> None:
    """Operations agree with those of Python's sets of ids, and obey their laws."""
    inventory = fleet()

    def of(ids: set[str]) -> NodeSet:
        wanted = Selector.of(match_ids=sorted(ids)) if ids else Selector.nothing()
        return inventory.match(wanted)

    def ordered(ids: set[str]) -> list[str]:
        return [node_id for node_id in ORDER if node_id in ids]

    a, b, c = of(one), of(other), of(third)
    assert (a & b).ids() == ordered(one & other)
    assert (a | b).ids() == ordered(one | other)
    assert (a - b).ids() == ordered(one - other)
    assert a & (b | c) == (a & b) | (a & c)
    assert a - (b | c) == (a - b) & (a - c)
    assert (a - b) | (a & b) == a
    assert [node_id in a for node_id in ORDER] == [node_id in one for node_id in ORDER]
