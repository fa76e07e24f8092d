"""The waves of a rollout."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.jobs import RolloutSpec, Wave, plan_waves, rollout_assumptions


def planned(nodes: int, strategy: str, **fields: Any) -> list[str]:
    """Return the waves of a plan: number, whether they are canaries, size."""
    ids = [f"n-{number}" for number in range(nodes)]
    waves = plan_waves(ids, RolloutSpec.model_validate({"strategy": strategy, **fields}))
    assert [node_id for wave in waves for node_id in wave.ids] == ids
    return [f"{wave.number}{'c' * wave.canary}:{len(wave.ids)}" for wave in waves]


@pytest.mark.parametrize(
    ("nodes", "strategy", "fields", "waves"),
    [
        (0, "immediate", {}, ""),
        (0, "rolling", {}, ""),
        (0, "canary", {}, ""),
        (7, "immediate", {}, "0:7"),
        (7, "immediate", {"max_parallel": 10, "canary_count": 2}, "0:7"),
        (10, "rolling", {}, "1:1 2:1 3:1 4:1 5:1 6:1 7:1 8:1 9:1 10:1"),
        (21, "rolling", {"max_parallel": 25}, "1:6 2:6 3:6 4:3"),
        (20, "rolling", {"max_parallel": 25}, "1:5 2:5 3:5 4:5"),
        (21, "rolling", {"max_parallel": 33}, "1:7 2:7 3:7"),
        (7, "rolling", {"max_parallel": 100}, "1:7"),
        (7, "rolling", {"max_parallel": 99}, "1:7"),
        (3, "rolling", {"max_parallel": 1}, "1:1 2:1 3:1"),
        (3, "rolling", {"max_parallel": 0}, "1:1 2:1 3:1"),
        (5, "rolling", {"max_parallel": 40, "canary_count": 1}, "1:2 2:2 3:1"),
        (20, "canary", {"max_parallel": 40, "canary_count": 3}, "1c:3 2:8 3:8 4:1"),
        (20, "canary", {"max_parallel": 40, "canary_percent": 3}, "1c:1 2:8 3:8 4:3"),
        (20, "canary", {"max_parallel": 40, "canary_percent": 11}, "1c:3 2:8 3:8 4:1"),
        (20, "canary", {"max_parallel": 40}, "1c:1 2:8 3:8 4:3"),
        (20, "canary", {"max_parallel": 100, "canary_count": 2}, "1c:2 2:18"),
        (20, "canary", {"canary_count": 2, "canary_percent": 50, "max_parallel": 90}, "1c:2 2:18"),
        (20, "canary", {"max_parallel": 50, "canary_count": 0}, "1c:1 2:10 3:9"),
        (20, "canary", {"canary_count": 0, "canary_percent": 50, "max_parallel": 95}, "1c:1 2:19"),
        (20, "canary", {"max_parallel": 50, "canary_percent": 0}, "1c:1 2:10 3:9"),
        (4, "canary", {"canary_count": 4}, "1c:4"),
        (4, "canary", {"canary_count": 400}, "1c:4"),
        (4, "canary", {"canary_percent": 100}, "1c:4"),
        (1, "canary", {}, "1c:1"),
        (1, "rolling", {}, "1:1"),
    ],
)  # fmt: skip
def test_waves(nodes: int, strategy: str, fields: dict[str, Any], waves: str) -> None:
    """A percentage is rounded up, no wave is empty, a count of canaries goes before a share."""
    assert planned(nodes, strategy, **fields) == waves.split()


def test_order() -> None:
    """Nodes keep their order, whatever their ids."""
    rollout = RolloutSpec(strategy="rolling", max_parallel=50)
    assert plan_waves(["c", "a", "b"], rollout) == (
        Wave(1, False, ("c", "a")),
        Wave(2, False, ("b",)),
    )


CANARIES = (
    "the canaries are the first wave: canary_count nodes, or canary_percent;"
    " without either, one node"
)


@pytest.mark.parametrize(
    ("strategy", "rules"),
    [
        (
            "immediate",
            [
                "all nodes that match and are connected now are one wave, with the number 0",
                "nodes are in the order of the input",
                "a rollout without a strategy is immediate",
            ],
        ),
        (
            "rolling",
            [
                "nodes are in the order of the input",
                "percentages are of the nodes that match and are connected now, rounded up",
                "a wave has at least one node, whatever the percentage",
            ],
        ),
        (
            "canary",
            [
                "nodes are in the order of the input",
                "percentages are of the nodes that match and are connected now, rounded up",
                "a wave has at least one node, whatever the percentage",
                CANARIES,
                "max_parallel is a percentage of all nodes, including the canaries",
            ],
        ),
    ],
)
def test_rules(strategy: str, rules: list[str]) -> None:
    """What was chosen is said, for the strategy that it matters to."""
    assert rollout_assumptions(RolloutSpec.model_validate({"strategy": strategy})) == tuple(rules)


ROLLOUTS = st.builds(
    RolloutSpec,
    strategy=st.sampled_from(["immediate", "rolling", "canary"]),
    max_parallel=st.integers(0, 100),
    canary_count=st.none() | st.integers(0, 50),
    canary_percent=st.none() | st.integers(0, 100),
)


@given(st.lists(st.text(min_size=1), unique=True), ROLLOUTS)
def test_laws(ids: list[str], rollout: RolloutSpec) -> None:
    """Each node is in one wave, in order; numbers go up by one; no wave but the last is smaller
    than another, and none is larger than the percentage allows with one node to spare."""
    waves = plan_waves(ids, rollout)
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
    assert plan_waves(ids, rollout) == waves
