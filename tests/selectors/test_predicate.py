"""The code that is compiled for a selector: its pieces are fixed, and never contain user text."""

import ast
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.selectors import Operator, Requirement, Selector, predicate
from nodeselect.selectors.predicate import (
    checked_predicate_source,
    compile_checked_predicate,
    compile_predicate,
    predicate_source,
)
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
SOURCES = SHAPES.map(predicate_source) | SHAPES.map(checked_predicate_source)

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
    """Return everything in the code of a compiled function but what is bound to it.

    What is bound to a closure is not in its code; what is bound to another one are constants.
    """
    code = function.__code__  # type: ignore[attr-defined]
    constants = code.co_consts
    if not code.co_freevars:
        constants = [each if type(each) in (bool, type(None)) else ... for each in constants]
    return code.co_code, constants, code.co_names, code.co_freevars


@given(SOURCES)
def test_the_source_has_fixed_pieces_only(source: str) -> None:
    """The source is a function of one node, or a function of constants that returns one."""
    outer = ast.parse(source, mode="eval").body
    assert isinstance(outer, ast.Lambda)
    inner, constants = outer, [f"{letter}{n}" for letter in "kv" for n in range(12)]
    if isinstance(outer.body, ast.Lambda):
        inner, constants = outer.body, [each.arg for each in outer.args.args]
        assert constants == [f"{letter}{n}" for letter in "kv" for n in range(len(constants) // 2)]
    parameters = [each.arg for each in inner.args.args]
    assert parameters == ["labels", "node_id"]
    for node in ast.walk(outer):
        assert isinstance(node, NODE_TYPES)
        if isinstance(node, ast.Name):
            assert node.id in {*parameters, "x", *NAMES, *constants}
        elif isinstance(node, ast.Constant):
            is_key_or_value = inner is outer and node.value in constants
            assert is_key_or_value or node.value is None or type(node.value) in (bool, int)
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
    compilers: list[Callable[..., Callable[..., object]]] = [
        compile_predicate,
        compile_checked_predicate,
    ]
    for compile_function in compilers:
        expected = pieces(compile_function([harmless], ("n",)))
        assert pieces(compile_function([requirement], (text,))) == expected
    matches_labels = compile_predicate([requirement], (text,))
    for value in (None, text, "b", "c", "4", "6"):
        labels = {} if value is None else {text: value}
        assert not matches_labels(labels)
        for node_id in (text, "n"):
            passes = matches([requirement], None, labels)
            is_match = passes and node_id == text
            assert matches_labels(labels, node_id) is is_match


def test_nothing_but_labels_and_id_is_accepted() -> None:
    """A further argument is an error, and never replaces a constant."""
    matches = compile_predicate([Requirement("a", Operator.EQUALS, ["b"])], None)
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
