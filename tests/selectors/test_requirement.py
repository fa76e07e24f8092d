"""One requirement, made of its parts."""

import copy
import itertools
import pickle

import pytest

from nodeselect.selectors import Operator, Requirement, Selector

FORMS = [
    pytest.param("a", Requirement("a", Operator.EXISTS), id="exists"),
    pytest.param("!a", Requirement("a", Operator.DOES_NOT_EXIST), id="does-not-exist"),
    pytest.param("a=b", Requirement("a", Operator.EQUALS, ["b"]), id="equals"),
    pytest.param("a=", Requirement("a", Operator.EQUALS, [""]), id="equals-empty"),
    pytest.param("a==b", Requirement("a", Operator.EQUALS, ["b"], spelling="=="), id="equals-two"),
    pytest.param("a!=b", Requirement("a", Operator.NOT_EQUALS, ["b"]), id="not-equals"),
    pytest.param("a in (b)", Requirement("a", Operator.IN, ["b"]), id="in"),
    pytest.param("a in (,B,b)", Requirement("a", Operator.IN, ["b", "", "B", "b"]), id="in-some"),
    pytest.param("a notin (b,c)", Requirement("a", Operator.NOT_IN, ("c", "b")), id="not-in"),
    pytest.param("a>007", Requirement("a", Operator.GREATER_THAN, ["007"]), id="greater-than"),
    pytest.param("a<5", Requirement("a", Operator.LESS_THAN, ["5"]), id="less-than"),
]


@pytest.mark.parametrize(("text", "made"), FORMS)
def test_parts_make_what_the_text_makes(text: str, made: Requirement) -> None:
    """A requirement of parts equals the parsed one, prints so and hashes so; values are a set."""
    [parsed] = Selector.parse(text).requirements
    assert made == parsed
    assert hash(made) == hash(parsed)
    assert made.values == parsed.values
    assert str(made) == text
    assert repr(made) == f"Requirement({text!r})"


@pytest.mark.parametrize(("text", "made"), FORMS)
def test_pickle_and_copy(text: str, made: Requirement) -> None:
    """A pickled or copied requirement is equal and prints the same."""
    for again in (pickle.loads(pickle.dumps(made)), copy.copy(made), copy.deepcopy(made)):
        assert again == made
        assert str(again) == text


def test_requirements_differ_by_each_part() -> None:
    """No two of these are equal: key, operator, spelling and values all count."""
    made = [row.values[1] for row in FORMS] + [Requirement("b", Operator.EXISTS)]
    for one, other in itertools.combinations(made, 2):
        assert one != other
    assert made[0] != "a"


@pytest.mark.parametrize(
    ("operator", "spelling"),
    [
        pytest.param(Operator.NOT_EQUALS, "==", id="unequal-as-two-equals"),
        pytest.param(Operator.EQUALS, "===", id="three-equals"),
        pytest.param(Operator.GREATER_THAN, "gt", id="structured-name"),
        pytest.param(Operator.IN, "IN", id="upper-case"),
    ],
)
def test_a_spelling_belongs_to_its_operator(operator: Operator, spelling: str) -> None:
    """Only ``EQUALS`` has a second spelling; any other is a ValueError."""
    with pytest.raises(ValueError, match="is not spelled"):
        Requirement("a", operator, ["5"], spelling=spelling)
