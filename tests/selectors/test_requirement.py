"""Requirements of key, operator and values; the law of the operators, as a table."""

import copy
import itertools
import pickle

import pytest

from nodeselect.selectors import Operator, Requirement, Selector
from nodeselect.selectors.requirement import HasKey, InRange, OneOf, Test

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


LOWEST, HIGHEST = -(2**63), 2**63 - 1

# Names in Bacalhau and in Kubernetes, spelling, number of values, whether an absent key matches;
# and the test of a requirement with the value "5", if it has values.
LAW: dict[Operator, tuple[str, str, str, str, bool, Test]] = {
    Operator.EXISTS: ("exists", "Exists", "", "none", False, HasKey()),
    Operator.DOES_NOT_EXIST: ("!", "DoesNotExist", "!", "none", True, HasKey()),
    Operator.EQUALS: ("=", "In", "=", "one", False, OneOf(("5",))),
    Operator.NOT_EQUALS: ("!=", "NotIn", "!=", "one", True, OneOf(("5",))),
    Operator.IN: ("in", "In", "in", "many", False, OneOf(("5",))),
    Operator.NOT_IN: ("notin", "NotIn", "notin", "many", True, OneOf(("5",))),
    Operator.GREATER_THAN: ("gt", "Gt", ">", "one", False, InRange(6, HIGHEST)),
    Operator.LESS_THAN: ("lt", "Lt", "<", "one", False, InRange(LOWEST, 4)),
}


@pytest.mark.parametrize("operator", Operator)
def test_law(operator: Operator) -> None:
    """An operator is as in the table; a requirement has its test, or the negation of it."""
    requirement = Requirement("x", operator, () if operator.arity == "none" else ("5",))
    assert LAW[operator] == (
        *(operator.value, operator.kubernetes_name, operator.spelling, operator.arity),
        operator.matches_absent,
        requirement.test,
    )
    test, is_negated = requirement.test, requirement.is_negated
    assert type(test) is type(LAW[operator][5]) is operator.test_type
    assert is_negated == operator.matches_absent
    assert operator.is_inclusion == (type(test) is OneOf and not is_negated)
    assert operator.is_exclusion == (type(test) is OneOf and is_negated)
    assert operator.is_comparison == (type(test) is InRange)
    assert Operator(operator.value) is operator
    if operator not in (Operator.EQUALS, Operator.NOT_EQUALS):
        assert Operator(operator.kubernetes_name) is operator


def test_a_range_may_be_empty() -> None:
    """No integer is above the highest, so the range of such a comparison is empty."""
    requirement = Requirement("x", Operator.GREATER_THAN, [str(HIGHEST)])
    assert requirement.test == InRange(HIGHEST + 1, HIGHEST)
