"""The code that is compiled for a selector: its pieces are fixed, and never contain user text."""

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.selectors import Operator, Requirement, Selector, predicate
from nodeselect.selectors.predicate import compile_predicate, predicate_source
from tests.naive import matches

NODE_TYPES = (
    *(ast.Expression, ast.Lambda, ast.arguments, ast.arg, ast.IfExp, ast.BoolOp, ast.And),
    *(ast.Compare, ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.Name, ast.Load, ast.Constant),
    *(ast.Call, ast.Attribute, ast.Is, ast.IsNot),
    *(ast.Store, ast.Or, ast.NamedExpr, ast.Subscript),
)
FUNCTIONS = {"type", "in_range", "exact_id", "exact_value", "require_mapping"}
NAMES = FUNCTIONS | {"dict", "mappingproxy", "str"}
SHAPES = st.lists(st.sampled_from(range(len(predicate._TESTS))), max_size=12).map(tuple)
SOURCES = st.builds(predicate_source, SHAPES, st.booleans())

HOSTILE = (
    '") or True or ("',
    "') or True or ('",
    "v0) or True #",
    "{n}",
    "{0.__class__}",
    "__import__('os').abort()",
    "x\n]or[True",
    "\\",
    "%s",
    "labels",
    "\ud800",
)


def pieces(function: object) -> tuple[object, ...]:
    """Return everything in the code of a compiled function; what is bound to it is not in it."""
    code = function.__code__  # type: ignore[attr-defined]
    return code.co_code, code.co_consts, code.co_names, code.co_freevars


@given(SOURCES)
def test_the_source_has_fixed_pieces_only(source: str) -> None:
    """The source is a function of keys and values that returns a function of one node."""
    outer = ast.parse(source, mode="eval").body
    assert isinstance(outer, ast.Lambda)
    inner, bound = outer.body, [each.arg for each in outer.args.args]
    assert isinstance(inner, ast.Lambda)
    assert bound == [f"{letter}{n}" for letter in "kv" for n in range(len(bound) // 2)]
    parameters = [each.arg for each in inner.args.args]
    assert parameters == ["labels", "node_id"]
    for node in ast.walk(outer):
        assert isinstance(node, NODE_TYPES)
        if isinstance(node, ast.Name):
            assert node.id in {*parameters, "x", *NAMES, *bound}
        elif isinstance(node, ast.Constant):
            assert node.value is None or type(node.value) in (bool, int)
        elif isinstance(node, ast.Attribute):
            assert ast.unparse(node) == "labels.get"
        elif isinstance(node, ast.Call):
            assert ast.unparse(node.func) in {"labels.get", *FUNCTIONS}


def hostile(text: str, operator: Operator) -> Requirement:
    """Return a requirement of unchecked text, with a number if the operator compares."""
    count = {"none": 0, "one": 1, "many": 2}[operator.arity]
    values = ("5",) if operator.is_comparison else (text, "b")[:count]
    return Requirement._trusted(text, operator, values)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("operator", Operator)
def test_keys_and_values_are_never_source(text: str, operator: Operator) -> None:
    """Hostile keys, values and ids get the code of harmless ones, and are compared exactly."""
    requirement, harmless = hostile(text, operator), hostile("key", operator)
    for checked in (True, False):
        expected = pieces(compile_predicate([harmless], ("n",), checked=checked))
        assert pieces(compile_predicate([requirement], (text,), checked=checked)) == expected
    matches_labels = compile_predicate([requirement], (text,), checked=False)
    for value in (None, text, "b", "c", "4", "6"):
        labels = {} if value is None else {text: value}
        assert not matches_labels(labels)
        for node_id in (text, "n"):
            passes = matches([requirement], None, labels)
            is_match = passes and node_id == text
            assert matches_labels(labels, node_id) is is_match


def test_nothing_but_labels_and_id_is_accepted() -> None:
    """A further argument is an error, and never replaces a constant."""
    matches = Selector.parse("a=b").predicate
    with pytest.raises(TypeError):
        matches({"z": "b"}, None, "z")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        matches({"z": "b"}, k0="z")  # type: ignore[call-arg]


def test_the_largest_selector() -> None:
    """A selector of 256 requirements with ids tests each; an empty one tests nothing."""
    requirements = [Requirement(f"k-{n}", Operator.EXISTS) for n in range(256)]
    selector = Selector.from_requirements(requirements, ["n"])
    labels = {f"k-{n}": "" for n in range(256)}
    assert selector.matches(labels, "n")
    del labels["k-255"]
    assert not selector.matches(labels, "n")
    assert Selector.everything().matches({}, "m")


def test_generated_code_has_no_builtins() -> None:
    """The functions see a few names and none of Python's other built-in ones."""
    selector = Selector.parse("a>5")
    functions: list[Any] = [selector.matches, selector.predicate]
    for function in functions:
        scope = function.__globals__
        assert set(scope) == {"__builtins__", *NAMES}
        assert scope["__builtins__"] == {}
