"""Requirements built from key, operator and values."""

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


@pytest.mark.parametrize(("text", "requirement"), FORMS)
def test_a_requirement_equals_the_parsed_one(text: str, requirement: Requirement) -> None:
    """A requirement equals, hashes and prints as the parsed one, and so do copies of it."""
    pickled = pickle.loads(pickle.dumps(requirement))
    [parsed] = Selector.parse(text).requirements
    for again in (parsed, pickled, copy.copy(requirement), copy.deepcopy(requirement)):
        assert (again, hash(again)) == (requirement, hash(requirement))
        assert again.values == requirement.values
        assert str(again) == text
        assert repr(again) == f"Requirement({text!r})"


def test_requirements_differ_by_each_field() -> None:
    """Key, operator, spelling and values all count: no two of these requirements are equal."""
    different = [row.values[1] for row in FORMS] + [Requirement("b", Operator.EXISTS)]
    for one, other in itertools.combinations(different, 2):
        assert one != other
    assert len(set(map(hash, different))) > 1
    assert different[0] != "a"


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
