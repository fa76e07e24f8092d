"""Random pods can use the nodes that the filters of Kubernetes' own code leave.

With ``PAIRS=1000000`` in the environment so many pairs of a pod and a node are compared; ``SEED``
repeats a failure.
"""

import os
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec import structs

from tests.differential.kubernetes import Judge, build_or_skip
from tests.differential.placements import (
    NODES,
    NodeVerdict,
    PlacementCase,
    PlacementComparison,
    PlacementVerdict,
    QuantityVerdict,
    difference,
    random_placements,
)
from tests.thoroughness import IS_CI, at_desk

PAIRS = int(os.environ.get("PAIRS", at_desk(2_000, ci=20_000)))
SEED = int(os.environ.get("SEED", 1 if IS_CI else Random().getrandbits(32)))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the program."""
    return build_or_skip(tmp_path_factory, "placements")


def test_pods_can_use_the_nodes_of_kubernetes(program: Path) -> None:
    """Each filter has the same verdict, and each pod the same requests."""
    done = PlacementComparison()
    with Judge[PlacementCase, PlacementVerdict](program, PlacementVerdict) as judge:
        done.compare(judge, random_placements(SEED), PAIRS // NODES)
    assert done.differences == [], f"with seed {SEED}"
    assert done.cases == PAIRS // NODES
    assert done.cases * 0.7 < done.accepted < done.cases * 0.95
    assert done.accepted * NODES / 20 < done.matches < done.accepted * NODES / 3


SPEC = {
    "containers": [{"resources": {"requests": {"cpu": 1}}}],
    "tolerations": [{"operator": "Exists", "effect": "NoExecute"}],
}
NODE = {
    "metadata": {"name": "n-1"},
    "spec": {"taints": [{"key": "x", "effect": "NoExecute"}]},
    "status": {"allocatable": {"cpu": 1, "pods": 1}},
}
CASE = PlacementCase("Pod", SPEC, [{"node": NODE, "pods": []}], ["1.5"])
PASSES = NodeVerdict(name=True, cordon=True, affinity=True, taints=True, insufficient=[])
SAME = PlacementVerdict(
    accepted=True,
    requests={"cpu": 1000, "pods": 1, "memory": 0},
    nodes=[PASSES],
    quantities=[QuantityVerdict(value=2, milli=1500)],
)
REPLACED: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"accepted": False}, "accepted"),
    ({"requests": {"cpu": 1001, "pods": 1}}, "requests"),
    ({"quantities": [QuantityVerdict(value=2, milli=None)]}, "'1.5' is"),
    *(
        ({"nodes": [structs.replace(PASSES, **{name: False})]}, "n-1")
        for name in ("name", "cordon", "affinity", "taints")
    ),
    (
        {"nodes": [structs.replace(PASSES, insufficient=["cpu"])]},
        "not (True, True, ['cpu'], False)",
    ),
]


@pytest.mark.parametrize(("fields", "found"), REPLACED)
def test_differences_are_found(fields: dict[str, Any], found: str | None) -> None:
    """A verdict that differs is reported."""
    shown = difference(CASE, structs.replace(SAME, **fields))
    assert shown == found if found is None else found in str(shown)
