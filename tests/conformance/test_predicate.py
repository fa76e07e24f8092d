"""The parser and the predicate agree with Kubernetes."""

import pytest

from nodeselect.errors import SelectorError
from nodeselect.selectors import Requirement, Selector
from tests.conformance.vectors import VECTORS, Vector
from tests.naive import matches

ALL = [pytest.param(vector, id=vector.id) for vector in VECTORS]
ACCEPTED = [pytest.param(vector, id=vector.id) for vector in VECTORS if vector.accepted]


def in_form_of_vectors(requirement: Requirement) -> tuple[str, str, tuple[str, ...]]:
    """Return a requirement in the form of the vectors."""
    name = "==" if requirement.spelling == "==" else requirement.operator.value
    return requirement.key, name, requirement.values


def test_the_vectors_are_complete() -> None:
    """There are 602 cases, each with its own name and a verdict for each map of labels."""
    assert len({vector.id for vector in VECTORS}) == 602
    for vector in VECTORS:
        assert not vector.ok or len(vector.matches) == len(vector.labels)


@pytest.mark.parametrize("vector", ALL)
def test_verdict(vector: Vector) -> None:
    """A text parses exactly if Kubernetes parses it; a text with a NUL never does."""
    try:
        Selector.parse(vector.selector)
        accepted = True
    except SelectorError:
        accepted = False
    assert accepted == vector.accepted


@pytest.mark.parametrize("vector", ACCEPTED)
def test_canonical_text(vector: Vector) -> None:
    """The canonical text is the text that Kubernetes prints."""
    assert str(Selector.parse(vector.selector)) == vector.canonical


@pytest.mark.parametrize("vector", ACCEPTED)
def test_requirements(vector: Vector) -> None:
    """Keys, operators and values are those of Kubernetes, in its order."""
    selector = Selector.parse(vector.selector)
    assert tuple(map(in_form_of_vectors, selector.canonical)) == vector.requirements


@pytest.mark.parametrize("vector", ACCEPTED)
def test_matches(vector: Vector) -> None:
    """The predicate matches the maps of labels that Kubernetes matches."""
    selector = Selector.parse(vector.selector)
    assert tuple(selector.matches(labels) for labels in vector.labels) == vector.matches


@pytest.mark.parametrize("vector", ACCEPTED)
def test_the_model_answers_as_kubernetes_does(vector: Vector) -> None:
    """The model of the property tests agrees with Kubernetes too."""
    requirements = Selector.parse(vector.selector).requirements
    assert tuple(matches(requirements, None, labels) for labels in vector.labels) == vector.matches
