"""A node set has the nodes of an answer, in inventory order."""

import operator
import re
from collections import Counter
from itertools import combinations
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, Node, NodeSet, Placement, Pod, Selector, Usage
from nodeselect.index.tuning import DEFAULT, Tuning
from tests.inventory.small import SMALL, small_inventory, tuned

NODES = [Node(f"n-{at}", {"even": str(at % 2 == 0), "n": str(at)}) for at in (5, 3, 0, 4, 1, 2)]
ORDER = [node.id for node in NODES]


def fleet() -> Inventory:
    return Inventory(NODES)


def match(inventory: Inventory, text: str) -> NodeSet:
    return inventory.match(Selector.parse(text))


def test_reading() -> None:
    """Length, positions, ids and membership are those of the matching nodes."""
    answer = match(fleet(), "n>2")
    assert len(answer) == 3
    assert list(answer) == list(answer) == [NODES[0], NODES[1], NODES[3]]
    assert answer.ids() == ["n-5", "n-3", "n-4"]
    assert "n-3" in answer
    for other in ("n-2", "n-9", 3):
        assert other not in answer
    assert [answer[at] for at in (0, 1, 2, -1, -3)] == [NODES[at] for at in (0, 1, 3, 3, 0)]
    for position in (3, -4):
        with pytest.raises(IndexError):
            answer[position]
    for take in (answer.first, answer.sample):
        with pytest.raises(ValueError, match="n must not be negative"):
            take(-1)
    assert not match(fleet(), "n>9")
    assert answer != ["n-5", "n-3", "n-4"]
    with pytest.raises(TypeError):
        hash(answer)
    assert repr(answer) == "<NodeSet of 3: 'n-5', 'n-3', 'n-4'>"
    assert repr(match(fleet(), "n")) == "<NodeSet of 6: 'n-5', 'n-3', 'n-0', …>"


@pytest.mark.parametrize(
    ("start", "stop", "step"),
    [(None, None, None), (0, 2, None), (1, 4, 2), (-2, None, None), (None, None, -2), (9, 3, None)],
)
def test_a_slice_is_a_list_of_nodes(start: Any, stop: Any, step: Any) -> None:
    assert match(fleet(), "n")[start:stop:step] == NODES[start:stop:step]


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


def test_a_typo_of_a_state() -> None:
    """A typo of an ordinary state that a node is in is refused; another state is not."""
    inventory = in_states()
    text = re.escape("no node is in the state 'conected'; did you mean 'connected'?")
    for ask in (
        inventory.match,
        inventory.failure_counts,
        inventory.explain,
        lambda selector, states: inventory.match(Selector.nothing()).in_states(states),
    ):
        for states in ({"CONECTED", "ready"}, ["conected"]):
            with pytest.raises(ValueError, match=text):
                ask(Selector.everything(), states=states)
    for legal in ("connecting", "disconnected", "custom", "connected,x"):
        assert not inventory.match(Selector.everything(), states=[legal])
    lost = Inventory([Node("n-1", state="lost")])
    assert not lost.match(Selector.everything(), states=["conected"])  # no answer is too small
    own = Inventory([Node("n-1", state="idle~"), Node("n-2", state="allocated")])
    assert not own.match(Selector.everything(), states=["idle", "alloc"])
    gone = Inventory([Node("n-1", state="paused"), Node("n-2", state="connected")])
    assert not gone.match(Selector.everything(), states=["pause"])  # an ordinary state
    gone.remove("n-2")
    assert not gone.match(Selector.everything(), states=["conected"])


def test_connected_nodes() -> None:
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


def test_answers_of_different_snapshots_do_not_combine() -> None:
    """The error says what to do; the machine of inventories tries all operations."""
    with pytest.raises(ValueError, match="take one snapshot and match both selectors on it"):
        match(fleet(), "n") | match(fleet(), "n")


@pytest.mark.parametrize("operation", [operator.and_, operator.or_, operator.sub])
@pytest.mark.parametrize("other", [{"n-1"}, None, ["n-1"]])
def test_a_node_set_combines_with_node_sets_only(operation: Any, other: Any) -> None:
    with pytest.raises(TypeError):
        operation(match(fleet(), "n"), other)


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


def test_every_sample_is_as_likely() -> None:
    """Each pair of five nodes is drawn about equally often by many seeds."""
    answer = match(Inventory(Node(f"n-{at}", {"x": ""}) for at in range(5)), "x")
    drawn = Counter(tuple(node.id for node in answer.sample(2, seed)) for seed in range(2_000))
    assert set(drawn) == set(combinations([f"n-{at}" for at in range(5)], 2))
    assert all(140 < count < 260 for count in drawn.values())


def test_a_sample_is_repeatable() -> None:
    """The same nodes and seed give the same sample: few, with a segment, changed or compacted."""
    nodes = [Node(f"n-{at}", {"x": str(at % 7)}) for at in range(60)]
    live = small_inventory([*nodes[:30], Node("gone", {"x": ""})], compact_at=None)
    before = match(live, "x").sample(5, seed=9)
    assert before == live.snapshot().match(Selector.parse("x")).sample(5, seed=9)
    live.apply([*nodes[30:], "gone"])
    wanted = match(Inventory(nodes), "x").sample(10, seed=1)
    assert match(live, "x").sample(10, seed=1) == wanted
    live.compact()
    assert match(live, "x").sample(10, seed=1) == wanted
    assert match(small_inventory(nodes), "x").sample(10, seed=1) == wanted
    assert match(Inventory(nodes), "x").sample(10, seed=2) != wanted


@pytest.mark.parametrize("tuning", [SMALL, DEFAULT], ids=["segment", "delta"])
def test_pods_on_none_of_the_nodes(tuning: Tuning) -> None:
    """What a set says of its pods is of the moment of the answer, and no walk over nodes in use."""
    inventory = tuned(tuning)(Node(f"n-{n}", resources={"cpu": "4"}, taints=[]) for n in range(40))
    placement, usage = Placement(requests={"cpu": "1"}), Usage()
    words = ("what runs on the nodes: no pod runs on any of them",)

    def said() -> list[tuple[str, ...]]:
        answer = inventory.match(placement, usage=usage)
        derived = [answer.connected(), answer & inventory.match(placement), answer - answer]
        explanation = inventory.explain(placement, usage=usage)
        return [*(each.not_considered for each in (answer, *derived)), explanation.not_considered]

    assert said() == [()] * 5
    usage.add("elsewhere", {"cpu": 1})
    before = inventory.match(placement, usage=usage)
    assert said() == [words] * 5
    usage.add("n-1", {"cpu": 1})
    assert said() == [()] * 5
    assert before.connected().not_considered == words
    inventory.compact()
    assert said() == [()] * 5
    inventory.remove("n-1")
    assert said() == [words] * 5
    usage.add("n-2", {"cpu": 1})
    with patch.object(Usage, "in_use", side_effect=AssertionError):
        assert said() == [()] * 5


def test_compaction_computes_what_is_free() -> None:
    """The first match after a compaction reads no usage; the writer has done so."""
    inventory = small_inventory(Node(f"n-{n}", resources={"cpu": "4"}) for n in range(40))
    placement, usage = Placement(requests={"cpu": 2}), Usage()
    for n in range(40):
        usage.add(f"n-{n}", {"cpu": 3_999})
    assert len(inventory.match(placement, usage=usage)) == 0
    inventory.upsert(Node("n-1", resources={"cpu": "5"}))
    inventory.compact()
    with patch.object(Usage, "of", side_effect=AssertionError):
        assert inventory.match(placement, usage=usage).ids() == ["n-1"]


def test_ranking() -> None:
    """The best nodes by a resource, or by a function of arrays; unknown amounts come last."""
    amounts = [{"cpu": 2}, {"cpu": 4}, None, {"cpu": 4}, {}]
    inventory = Inventory(Node(f"n-{at}", resources=each) for at, each in enumerate(amounts))
    inventory.usage.add("n-3", Pod("web", {"cpu": 1}))
    inventory.usage.add("n-0", Pod("api", {"cpu": 9}))
    answer = inventory.match(Selector.everything())
    assert answer.free("cpu").tolist() == [0, 4, -1, 3, 0]
    assert answer.free("gpu").tolist() == [0, 0, -1, 0, 0]

    def ids(nodes: list[Node]) -> list[str]:
        return [node.id[2:] for node in nodes]

    assert ids(answer.top(4, "cpu")) == ["1", "3", "0", "4"]
    assert ids(answer.top(9, "cpu")) == ["1", "3", "0", "4", "2"]
    assert ids(answer.top(4, "cpu", least=True)) == ["0", "4", "3", "1"]
    assert ids(answer.top(0, "cpu")) == [] == ids(answer.top(0, lambda each: each.free("cpu")))
    numbers = np.array([1.0, np.nan, 3.0, 3.0, -1.0])
    assert ids(answer.top(3, lambda _: numbers)) == ["2", "3", "0"]
    assert ids(answer.top(5, lambda _: numbers, least=True)) == ["4", "0", "2", "3", "1"]
    assert ids((answer - inventory.nodes(["n-1", "n-7"])).top(1, "cpu")) == ["3"]
    nothing = inventory.match(Selector.nothing())
    assert (nothing.top(3, "cpu"), nothing.free("cpu").tolist()) == ([], [])
    for wrong in (np.zeros(3), 5, np.array(["a"] * 5)):
        with pytest.raises(ValueError, match="expected an array of 5 numbers"):
            answer.top(1, lambda _: wrong)  # type: ignore[arg-type, return-value]  # noqa: B023
    with pytest.raises(TypeError, match="ids must be a list of ids"):
        inventory.nodes("n-1")
    assert answer.top(3, "cpu") == inventory.snapshot().match(Selector.everything()).top(3, "cpu")


def test_sets_of_different_moments_of_the_pods() -> None:
    """Answers are combined if only pods changed between them; each keeps its moment."""
    inventory = Inventory([Node("n-1", resources={"cpu": 4}), Node("n-2", resources={"cpu": 4})])
    wanted = Placement(requests={"cpu": 3})
    before = inventory.match(wanted)
    inventory.usage.add("n-1", Pod("web", {"cpu": 2}))
    after = inventory.match(wanted)
    assert (before - after).ids() == ["n-1"]
    assert [each.free("cpu").tolist() for each in (before, after)] == [[4, 4], [4]]
    everything = inventory.match(Selector.everything())
    assert (everything & after).free("cpu").tolist() == [4]
    inventory.upsert(Node("n-3"))
    with pytest.raises(ValueError, match="different snapshots"):
        before - inventory.match(wanted)
