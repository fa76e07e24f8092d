"""The plan of a rollout."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Inventory, JobError, Node, Selector
from nodeselect.jobs import (
    JobSpec,
    RolloutSpec,
    Wave,
    plan_rollout,
)

ROLLING = RolloutSpec(strategy="rolling", max_parallel=50)


def connected(ids: Iterable[str]) -> list[Node]:
    return [Node(node_id, state="connected") for node_id in ids]


def planned(nodes: int, strategy: str, **fields: Any) -> list[str]:
    """Return the waves of a plan: number, whether they are canaries, size."""
    ids = [f"n-{number}" for number in range(nodes)]
    rollout = RolloutSpec.model_validate({"strategy": strategy, **fields})
    waves = plan_rollout(connected(ids), rollout).waves
    assert [node_id for wave in waves for node_id in wave.ids] == ids
    return [f"{wave.number}{'c' * wave.canary}:{len(wave.ids)}" for wave in waves]


@pytest.mark.parametrize(
    ("nodes", "strategy", "fields", "waves"),
    [
        (0, "immediate", {}, ""),
        (0, "canary", {}, ""),
        (7, "immediate", {}, "0:7"),
        (10, "rolling", {}, "1:1 2:1 3:1 4:1 5:1 6:1 7:1 8:1 9:1 10:1"),
        (21, "rolling", {"max_parallel": 25}, "1:6 2:6 3:6 4:3"),
        (21, "rolling", {"max_parallel": 33}, "1:7 2:7 3:7"),
        (7, "rolling", {"max_parallel": 99}, "1:7"),
        (3, "rolling", {"max_parallel": 0}, "1:1 2:1 3:1"),
        (5, "rolling", {"max_parallel": 40, "canary_count": 1}, "1:2 2:2 3:1"),
        (20, "canary", {"max_parallel": 40, "canary_count": 3}, "1c:3 2:8 3:8 4:1"),
        (20, "canary", {"max_parallel": 40, "canary_percent": 11}, "1c:3 2:8 3:8 4:1"),
        (20, "canary", {"max_parallel": 40}, "1c:1 2:8 3:8 4:3"),
        (20, "canary", {"max_parallel": 100, "canary_count": 2}, "1c:2 2:18"),
        (20, "canary", {"max_parallel": 50, "canary_count": 0}, "1c:1 2:10 3:9"),
        (4, "canary", {"canary_count": 400}, "1c:4"),
        (4, "canary", {"canary_percent": 100}, "1c:4"),
        (1, "canary", {}, "1c:1"),
    ],
)  # fmt: skip
def test_waves(nodes: int, strategy: str, fields: dict[str, Any], waves: str) -> None:
    """A percentage is rounded up, and no wave is empty."""
    assert planned(nodes, strategy, **fields) == waves.split()


NODES = [
    Node("a", state="connected"),
    Node("b", state="disconnected"),
    Node("c"),
    Node("d", state="Ready"),
]


@pytest.mark.parametrize(
    ("nodes", "counts", "ids"),
    [
        (NODES, (4, 2, 1), ("a", "d")),
        (NODES[1:3], (2, 0, 1), ()),
        ([Node("b"), Node("a")], (2, None, 2), ("b", "a")),
        ([], (0, None, 0), ()),
    ],
)
def test_only_connected_nodes_are_planned(
    nodes: list[Node], counts: tuple[int, int | None, int], ids: tuple[str, ...]
) -> None:
    """Nodes in another state are in no wave; if no node has a state, all of them are planned."""
    plan = plan_rollout(nodes, RolloutSpec())
    assert plan[:3] == counts
    assert plan.waves == ((Wave(0, False, ids),) if ids else ())


class Worker(NamedTuple):
    """A node of another library."""

    id: str
    labels: dict[str, str]
    state: str
    connected: bool


def test_where_nodes_come_from() -> None:
    """Any iterable of nodes is planned, also of objects that only have the fields of a node."""
    inventory = Inventory(NODES)
    own = [Worker("a", {}, "up", True), Worker("d", {}, "up", True)]
    answer = inventory.match(Selector.everything())
    sources: list[Any] = [iter(NODES), answer, inventory, inventory.snapshot(), own]
    for nodes in sources:
        assert plan_rollout(nodes, RolloutSpec()).waves == (Wave(0, False, ("a", "d")),)


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ("n-1", "expected nodes, such as those of an answer, not str"),
        (["n-1"], "expected nodes, such as those of an answer, not str"),
        ({"n-1": Node("n-1")}, "expected nodes, such as those of an answer, not str"),
        ([*NODES, None], "expected nodes, such as those of an answer, not NoneType"),
        (Node("n-1"), "'Node' object is not iterable"),
        (None, "'NoneType' object is not iterable"),
    ],
    ids=repr,
)
def test_what_is_not_a_node(nodes: Any, message: str) -> None:
    """Ids are not enough, since they do not say which nodes are connected."""
    with pytest.raises(TypeError, match=message):
        plan_rollout(nodes, ROLLING)


def test_duplicates() -> None:
    """Two nodes with one id are an error, whatever their states."""
    with pytest.raises(ValueError, match="two nodes have the id 'a'"):
        plan_rollout([*NODES, Node("a", {"other": "labels"})], ROLLING)


def test_what_is_not_a_rollout() -> None:
    """A job is not a rollout: it has one."""
    job = JobSpec(rollout=ROLLING)
    with pytest.raises(TypeError, match="expected a RolloutSpec, not JobSpec"):
        plan_rollout(NODES, job)  # type: ignore[arg-type]
    assert plan_rollout(NODES, job.rollout).waves


@pytest.mark.parametrize("path", ["canary_percent", "rollout.canary_percent"])
def test_two_numbers_of_canaries(path: str) -> None:
    """A rollout with both numbers of canaries is rejected wherever it comes from."""
    fields = {"strategy": "canary", "canary_count": 0, "canary_percent": 5}
    is_alone = path == "canary_percent"
    model = RolloutSpec if is_alone else JobSpec
    with pytest.raises(JobError) as caught:
        model.model_validate(fields if is_alone else {"rollout": fields})
    [problem] = caught.value.problems
    assert (problem.code, problem.path) == ("canary-twice", path)
    assert RolloutSpec.model_validate({**fields, "canary_percent": None}).canary_count == 0


ROLLOUTS = st.builds(
    lambda canaries, **fields: RolloutSpec(**canaries, **fields),
    st.just({})
    | st.fixed_dictionaries({"canary_count": st.integers(0, 50)})
    | st.fixed_dictionaries({"canary_percent": st.integers(0, 100)}),
    strategy=st.sampled_from(["immediate", "rolling", "canary"]),
    max_parallel=st.integers(0, 100),
)


@given(st.lists(st.sampled_from([f"n-{n}" for n in range(60)]), unique=True), ROLLOUTS)
def test_laws(ids: list[str], rollout: RolloutSpec) -> None:
    """Each node is in one wave, in order; numbers go up by one; no wave but the last is smaller
    than another, and none is larger than the percentage allows with one node to spare."""
    waves = plan_rollout(connected(ids), rollout).waves
    assert [node_id for wave in waves for node_id in wave.ids] == ids
    assert all(wave.ids for wave in waves)
    first = 0 if rollout.strategy == "immediate" else 1
    assert [wave.number for wave in waves] == list(range(first, first + len(waves)))
    assert [wave.canary for wave in waves] == [
        rollout.strategy == "canary" and wave is waves[0] for wave in waves
    ]
    others = [len(wave.ids) for wave in waves if not wave.canary]
    assert all(size == others[0] for size in others[:-1])
    assert all(size <= others[0] for size in others)
    if rollout.strategy != "immediate" and others:
        assert others[0] * 100 < len(ids) * rollout.max_parallel + 100 or others[0] == 1
    assert plan_rollout(connected(ids), rollout).waves == waves
