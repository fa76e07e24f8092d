"""Random objects that select nodes mean what they mean to Kubernetes' own code.

With ``OBJECTS=1000000`` in the environment so many are compared; ``SEED`` repeats a failure.
"""

import os
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.differential.kubernetes import Judge, build_or_skip
from tests.differential.objects import (
    Node,
    ObjectCase,
    ObjectComparison,
    ObjectVerdict,
    difference,
    random_objects,
)
from tests.thoroughness import IS_CI, at_desk

OBJECTS = int(os.environ.get("OBJECTS", at_desk(2_000, ci=20_000)))
SEED = int(os.environ.get("SEED", 1 if IS_CI else Random().getrandbits(32)))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the program."""
    return build_or_skip(tmp_path_factory, "objects")


def test_objects_mean_what_they_mean_to_kubernetes(program: Path) -> None:
    """Both accept the same LabelSelectors and pod specs, which match the same nodes."""
    done = ObjectComparison()
    with Judge[ObjectCase, ObjectVerdict](program, ObjectVerdict) as judge:
        done.compare(judge, random_objects(SEED), OBJECTS)
    assert done.differences == [], f"with seed {SEED}"
    assert done.cases == OBJECTS
    assert OBJECTS / 5 < done.accepted < OBJECTS * 4 / 5
    assert done.cases / 5 < done.matches < done.accepted * 4


NODES = [Node("n-1", {"a": "b"}), Node("n-2", {})]
BOTH, FIRST, NONE = [True, True], [True, False], [False, False]
REJECTED = ObjectVerdict(accepted=False, matches=[])


def labels(label_selector: Any) -> ObjectCase:
    """Return a case of a LabelSelector."""
    return ObjectCase(NODES, label_selector=label_selector)


def pod(pod_spec: Any) -> ObjectCase:
    """Return a case of a pod spec."""
    return ObjectCase(NODES, pod_spec=pod_spec)


def not_in(name: str) -> dict[str, Any]:
    """Return a pod spec that excludes a node by its name."""
    expression = {"key": "metadata.name", "operator": "NotIn", "values": [name]}
    terms = {"nodeSelectorTerms": [{"matchFields": [expression]}]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}}


@pytest.mark.parametrize(
    ("case", "matches", "found"),
    [
        pytest.param(labels({"matchLabels": {"a": "b"}}), FIRST, None, id="same"),
        pytest.param(labels({"matchLabels": {"a": "c"}}), FIRST, "not [True, ", id="other"),
        pytest.param(labels(None), BOTH, "not [True, True]", id="null"),
        pytest.param(labels({"matchLabels": {"-": "b"}}), None, None, id="both-reject"),
        pytest.param(labels({"matchLabels": {"-": "b"}}), NONE, "rejected", id="rejected"),
        pytest.param(labels({}), None, "accepted", id="accepted"),
        pytest.param(labels({"matchLabels": {"a": None}}), NONE, None, id="null-text"),
        pytest.param(pod({"nodeName": "n-1"}), FIRST, None, id="pod"),
        pytest.param(pod({"nodeName": "n-2"}), FIRST, "not [True, ", id="other-pod"),
        pytest.param(pod(not_in("n-2")), FIRST, None, id="not-a-name"),
        pytest.param(pod(not_in("n-1")), FIRST, "not [True, ", id="not-another-name"),
    ],
)
def test_differences_are_found(
    case: ObjectCase, matches: list[bool] | None, found: str | None
) -> None:
    """A verdict that differs is reported, unless it is documented to differ."""
    verdict = REJECTED if matches is None else ObjectVerdict(accepted=True, matches=matches)
    shown = difference(case, verdict)
    assert shown == found if found is None else found in str(shown)
