"""Requirements in structured form: names of operators, and what is rejected."""

import pytest

from nodeselect import SelectorError
from nodeselect.selectors.structured import requirement_from_structured


@pytest.mark.parametrize(
    ("operator", "values", "text"),
    [
        ("In", ["b", "a"], "k in (a,b)"),
        ("not in", ["a"], "k notin (a)"),
        ("NOT_IN", ["a", "b"], "k notin (a,b)"),
        ("Exists", [], "k"),
        ("exists", (), "k"),
        ("DoesNotExist", [], "!k"),
        ("!", [], "!k"),
        ("==", ["a"], "k=a"),
        ("Equals", ["a", "b"], "k in (a,b)"),
        ("!=", ["a"], "k!=a"),
        ("NotEquals", ["a", "b"], "k notin (a,b)"),
        ("Gt", ["5"], "k>5"),
        ("<", ["5"], "k<5"),
    ],
)
def test_names_of_operators(operator: str, values: list[str], text: str) -> None:
    """Names of Kubernetes, of Bacalhau and of a text are accepted in any case and spacing."""
    assert str(requirement_from_structured("k", operator, values)) == text


@pytest.mark.parametrize(
    ("key", "operator", "values", "code"),
    [
        ("k", "~", ["a"], "unknown-operator"),
        ("k", "", [], "unknown-operator"),
        ("k", "Exists", ["a"], "wrong-number-of-values"),
        ("k", "In", [], "wrong-number-of-values"),
        ("k", "Gt", ["5", "6"], "wrong-number-of-values"),
        ("k", "Gt", ["x"], "not-an-integer"),
        ("k", "In", ["a*"], "wildcard"),
        ("a b", "Exists", [], "invalid-key"),
    ],
)
def test_what_is_rejected(key: str, operator: str, values: list[str], code: str) -> None:
    """An unknown operator, or values that do not fit it, raise with a code."""
    with pytest.raises(SelectorError) as caught:
        requirement_from_structured(key, operator, values)
    assert caught.value.code == code
    names = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
    assert code != "unknown-operator" or caught.value.expected == names


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("k", "In", "a"), "values must be a list of strings, not one string"),
        ((5, "Exists", []), "a key must be a string, not int"),
        (("k", 5, []), "an operator must be a string, not int"),
    ],
)
def test_wrong_types(arguments: tuple[object, ...], message: str) -> None:
    """Something that is not a string, or one string instead of a list, is a TypeError."""
    with pytest.raises(TypeError) as caught:
        requirement_from_structured(*arguments)  # type: ignore[arg-type]
    assert str(caught.value) == message
