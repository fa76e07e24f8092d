"""The parser and the predicate of one node give the verdicts of Kubernetes."""

import pytest

from nodeselect.errors import SelectorError
from nodeselect.selectors import Requirement, Selector
from tests.conformance.vectors import VECTORS, Vector
from tests.naive import matches

ALL = [pytest.param(vector, id=vector.id) for vector in VECTORS]
ACCEPTED = [pytest.param(vector, id=vector.id) for vector in VECTORS if vector.accepted]


def described(requirement: Requirement) -> tuple[str, str, tuple[str, ...]]:
    """Give a requirement as the vectors write it."""
    name = "==" if requirement.spelling == "==" else requirement.operator.value
    return requirement.key, name, requirement.values


def test_the_file_of_vectors_is_whole() -> None:
    """The file holds 602 cases, each with a name of its own and a verdict for each map."""
    assert len({vector.id for vector in VECTORS}) == 602
    for vector in VECTORS:
        assert not vector.ok or len(vector.matches) == len(vector.labels)


@pytest.mark.parametrize("vector", ALL)
def test_verdict(vector: Vector) -> None:
    """A text parses exactly where Kubernetes parses it; one that holds a NUL never does."""
    try:
        Selector.parse(vector.selector)
        accepted = True
    except SelectorError:
        accepted = False
    assert accepted == vector.accepted


@pytest.mark.parametrize("vector", ACCEPTED)
def test_canonical_text(vector: Vector) -> None:
    """The canonical text is the one that Kubernetes prints."""
    assert str(Selector.parse(vector.selector)) == vector.canonical


@pytest.mark.parametrize("vector", ACCEPTED)
def test_requirements(vector: Vector) -> None:
    """Keys, operators and values are those of Kubernetes, in its order."""
    selector = Selector.parse(vector.selector)
    assert tuple(map(described, selector.canonical)) == vector.requirements


@pytest.mark.parametrize("vector", ACCEPTED)
def test_matches(vector: Vector) -> None:
    """The predicate answers for each map of labels as Kubernetes does."""
    selector = Selector.parse(vector.selector)
    assert tuple(selector.matches(labels) for labels in vector.labels) == vector.matches


@pytest.mark.parametrize("vector", ACCEPTED)
def test_the_model_answers_as_kubernetes_does(vector: Vector) -> None:
    """The model that the laws are checked against gives the verdicts of Kubernetes too."""
    requirements = Selector.parse(vector.selector).requirements
    assert tuple(matches(requirements, None, labels) for labels in vector.labels) == vector.matches
