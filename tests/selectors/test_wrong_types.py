"""Arguments of a wrong type raise ``TypeError``, not ``SelectorError``, and are never coerced."""

from typing import Any

import pytest

from nodeselect.errors import NodeselectError
from nodeselect.selectors import Operator, Requirement, Selector

of, from_requirements = Selector.of, Selector.from_requirements
CALLS: list[tuple[Any, tuple[Any, ...], dict[str, Any], str]] = [
    # function, arguments, fields, message
    *(
        (Selector.parse, (text,), {}, f"a selector must be a string, not {type(text).__name__}")
        for text in (None, b"a", ["a"], 5)
    ),
    *(
        (of, (), {"match_labels": labels}, "match_labels must be a mapping")
        for labels in ([("a", "b")], "a=b")
    ),
    *(
        (of, (), {"match_labels": labels}, f"{what} must be a string, not {type(wrong).__name__}")
        for wrong in (5, True, None)
        for labels, what in (
            ({"a": wrong}, "the value of 'a'"),
            ({wrong: "a"}, "a key of match_labels"),
        )
    ),
    *(
        (of, (), {name: items}, f"{name} must be a list of strings, not {type(items).__name__}")
        for name in ("match_expressions", "match_ids")
        for items in ("a", "", b"a", b"", {"a": "b"}, {}, 5)
    ),
    *(
        (of, (), {name: [item]}, f"{name}[0] must be a string, not {type(item).__name__}")
        for name in ("match_expressions", "match_ids")
        for item in (None, ["a"], 5, b"n-1")
    ),
    (from_requirements, (["a"],), {}, "requirements must be a list of Requirement"),
    (from_requirements, ("a",), {}, "requirements must be a list of Requirement"),
    (from_requirements, ([], "n-1"), {}, "match_ids must be a list of strings, not str"),
    (from_requirements, ([], [5]), {}, "match_ids[0] must be a string, not int"),
    (Requirement, ("a", "in", ["b"]), {}, "operator must be an Operator, not str"),
    (Requirement, ("a", Operator.IN, "b"), {}, "values must be a list of strings, not one string"),
    (Requirement, ("a", Operator.IN, [5]), {}, "a value must be a string, not int"),
    (Requirement, (5, Operator.EXISTS), {}, "a key must be a string, not int"),
]


@pytest.mark.parametrize(("function", "arguments", "fields", "message"), CALLS)
def test_wrong_types(
    function: Any, arguments: tuple[Any, ...], fields: dict[str, Any], message: str
) -> None:
    """The message names the argument, and the type that it has."""
    with pytest.raises(TypeError) as caught:
        function(*arguments, **fields)
    assert not isinstance(caught.value, NodeselectError)
    assert str(caught.value) == message
