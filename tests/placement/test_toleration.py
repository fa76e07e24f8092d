"""Which taints a toleration covers, and which tolerations are invalid."""

import pickle
from itertools import product
from typing import Any

import pytest

from nodeselect import SelectorError, Taint, Toleration
from nodeselect.placement.toleration import Tolerations

KEYS, VALUES = ("a", "b"), ("", "v", "w")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
TAINTS = [Taint(*fields) for fields in product(KEYS, EFFECTS, VALUES)]


@pytest.mark.parametrize(
    ("toleration", "covers"),
    [
        (Toleration(operator="Exists"), lambda _: True),
        (Toleration("a", "Exists"), lambda taint: taint.key == "a"),
        (Toleration("a"), lambda taint: (taint.key, taint.value) == ("a", "")),
        (Toleration("a", "", "v"), lambda taint: (taint.key, taint.value) == ("a", "v")),
        (
            Toleration("a", "Equal", "v", "NoExecute"),
            lambda taint: taint == Taint("a", "NoExecute", "v"),
        ),
        (Toleration(operator="Exists", effect="NoSchedule"), lambda t: t.effect == "NoSchedule"),
    ],
)
def test_tolerates(toleration: Toleration, covers: object) -> None:
    """Key and effect must be equal or empty; the value equal, if the operator is not Exists."""
    assert callable(covers)
    assert [toleration.tolerates(taint) for taint in TAINTS] == list(map(covers, TAINTS))


@pytest.mark.parametrize(
    ("toleration", "covered"),
    [
        (Toleration(operator="Exists"), {("a", "NoSchedule"), ("a", ""), ("", "")}),
        (Toleration("a", "Exists"), {("a", "NoSchedule"), ("a", "")}),
        (Toleration("a", "Exists", effect="NoSchedule"), {("a", "NoSchedule")}),
        (Toleration("a", "Exists", effect="NoExecute"), set()),
        (Toleration("a", "Equal", ""), set()),
    ],
)
def test_cover(toleration: Toleration, covered: set[tuple[str, str]]) -> None:
    """All taints with a key and an effect are covered if any value is."""
    kinds = (("a", "NoSchedule"), ("a", ""), ("", ""))
    assert {kind for kind in kinds if Tolerations([toleration]).cover(*kind)} == covered


def test_a_toleration_is_a_value() -> None:
    """An empty operator is Equal; it pickles."""
    toleration = Toleration("a", "", "v", "NoExecute")
    assert toleration == Toleration("a", "Equal", "v", "NoExecute")
    assert pickle.loads(pickle.dumps(toleration)) == toleration
    assert repr(Toleration("a")) == "Toleration(key='a', operator='Equal', value='', effect='')"


@pytest.mark.parametrize(
    ("fields", "path", "words"),
    [
        ({}, "operator", "without a key, the operator must be Exists"),
        ({"key": "a", "operator": "Lt"}, "operator", "except as an alpha feature of Kubernetes"),
        ({"operator": "Exists", "value": "a"}, "value", "there must be no value"),
    ],
)
def test_invalid(fields: dict[str, str], path: str, words: str) -> None:
    """What the API server rejects is an error with the name of the field."""
    with pytest.raises(SelectorError) as caught:
        Toleration(**fields)
    assert caught.value.path == path
    assert words in str(caught.value)


def test_wrong_types() -> None:
    """The fields are strings."""
    wrong: list[dict[str, Any]] = [{"key": None}, {"operator": 1}, {"value": b""}, {"effect": []}]
    for fields in wrong:
        with pytest.raises(TypeError):
            Toleration(**fields)
