"""Arguments of a wrong type raise ``TypeError``, not ``SelectorError``, and are never coerced."""

from typing import Any

import pytest

from nodeselect.errors import NodeselectError
from nodeselect.selectors import Operator, Requirement, Selector

LISTS = ("match_expressions", "match_ids")


def message_of(function: Any, *arguments: Any, **fields: Any) -> str:
    """Return the message of the ``TypeError`` that a call raises."""
    with pytest.raises(TypeError) as caught:
        function(*arguments, **fields)
    assert not isinstance(caught.value, NodeselectError)
    return str(caught.value)


@pytest.mark.parametrize("text", [None, b"a", ["a"], 5], ids=repr)
def test_a_text_is_a_string(text: Any) -> None:
    """Only a string is parsed."""
    expected = f"a selector must be a string, not {type(text).__name__}"
    assert message_of(Selector.parse, text) == expected


@pytest.mark.parametrize("labels", [[("a", "b")], "a=b"], ids=repr)
def test_labels_are_a_mapping(labels: Any) -> None:
    """Neither pairs nor a text are labels."""
    assert message_of(Selector.of, match_labels=labels) == "match_labels must be a mapping"


@pytest.mark.parametrize("value", [5, True, None], ids=repr)
def test_keys_and_values_of_labels_are_strings(value: Any) -> None:
    """Labels are strings, both the key and the value."""
    kind = type(value).__name__
    expected = f"the value of 'a' must be a string, not {kind}"
    assert message_of(Selector.of, match_labels={"a": value}) == expected
    expected = f"a key of match_labels must be a string, not {kind}"
    assert message_of(Selector.of, match_labels={value: "a"}) == expected


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("items", ["a", "", b"a", b"", {"a": "b"}, {}, 5], ids=repr)
def test_expressions_and_ids_are_lists(name: str, items: Any) -> None:
    """A string is not a list of strings, even if it is empty; neither is a mapping."""
    expected = f"{name} must be a list of strings, not {type(items).__name__}"
    assert message_of(Selector.of, **{name: items}) == expected


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("item", [None, ["a"], 5, b"n-1"], ids=repr)
def test_items_are_strings(name: str, item: Any) -> None:
    """Each expression and each id is a string."""
    expected = f"{name}[0] must be a string, not {type(item).__name__}"
    assert message_of(Selector.of, **{name: [item]}) == expected


@pytest.mark.parametrize("requirements", [["a"], "a"], ids=repr)
def test_from_requirements(requirements: Any) -> None:
    """Texts are not requirements; ids are checked as in ``of``."""
    build = Selector.from_requirements
    assert message_of(build, requirements) == "requirements must be a list of Requirement"
    assert message_of(build, [], "n-1") == "match_ids must be a list of strings, not str"
    assert message_of(build, [], [5]) == "match_ids[0] must be a string, not int"


def test_requirement() -> None:
    """The parts of a requirement have their types."""
    for arguments, expected in (
        (("a", "in", ["b"]), "operator must be an Operator, not str"),
        (("a", Operator.IN, "b"), "values must be a list of strings, not one string"),
        (("a", Operator.IN, [5]), "a value must be a string, not int"),
        ((5, Operator.EXISTS), "a key must be a string, not int"),
    ):
        assert message_of(Requirement, *arguments) == expected
