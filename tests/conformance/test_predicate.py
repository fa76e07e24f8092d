"""The parser and the predicate agree with Kubernetes."""

from nodeselect.errors import SelectorError
from nodeselect.selectors import Selector
from tests.conformance.vectors import VECTORS, in_form_of_vectors
from tests.naive import matches

ACCEPTED = [vector for vector in VECTORS if vector.accepted]


def test_the_vectors_are_complete() -> None:
    """There are 602 cases, each with its own name and a verdict for each map of labels."""
    assert len({vector.id for vector in VECTORS}) == 602
    for vector in VECTORS:
        assert not vector.ok or len(vector.matches) == len(vector.labels)


def parses(text: str) -> bool:
    """Return whether the text is a selector."""
    try:
        Selector.parse(text)
    except SelectorError:
        return False
    return True


def test_verdicts() -> None:
    """A text parses exactly if Kubernetes parses it; a text with a NUL never does."""
    assert {vector.id: parses(vector.selector) for vector in VECTORS} == {
        vector.id: vector.accepted for vector in VECTORS
    }


def test_canonical_texts() -> None:
    """The canonical text is the text that Kubernetes prints."""
    assert {vector.id: str(Selector.parse(vector.selector)) for vector in ACCEPTED} == {
        vector.id: vector.canonical for vector in ACCEPTED
    }


def test_requirements() -> None:
    """Keys, operators and values are those of Kubernetes, in its order."""
    assert {
        vector.id: tuple(map(in_form_of_vectors, Selector.parse(vector.selector).canonical))
        for vector in ACCEPTED
    } == {vector.id: vector.requirements for vector in ACCEPTED}


MATCHES = {vector.id: vector.matches for vector in ACCEPTED}


def test_matches() -> None:
    """The predicate matches the maps of labels that Kubernetes matches."""
    assert {
        vector.id: tuple(map(Selector.parse(vector.selector).matches, vector.labels))
        for vector in ACCEPTED
    } == MATCHES


def test_the_model() -> None:
    """The model of the property tests agrees with Kubernetes too."""
    answers = {}
    for vector in ACCEPTED:
        requirements = Selector.parse(vector.selector).requirements
        answers[vector.id] = tuple(matches(requirements, None, labels) for labels in vector.labels)
    assert answers == MATCHES
