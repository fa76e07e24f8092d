"""The code that is made for a selector: what may stand in it, and that no text of a user does."""

import ast
import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.selectors import Operator, Requirement, Selector, predicate
from nodeselect.selectors.predicate import (
    compile_failures,
    compile_predicate,
    failures_source,
    shape_source,
)
from tests.naive import takes

ALLOWED = (
    *(ast.Expression, ast.Lambda, ast.arguments, ast.arg, ast.IfExp, ast.BoolOp, ast.And),
    *(ast.Compare, ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.Name, ast.Load, ast.Constant),
    *(ast.Call, ast.Attribute),
)
NAMES = {"labels", "node_id", "above", "below"}
KINDS = range(len(predicate._TESTS))

shapes = st.lists(st.sampled_from(KINDS), max_size=12).map(lambda kinds: tuple(sorted(kinds)))

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


@given(shapes)
def test_the_source_of_a_shape_holds_fixed_pieces_only(shape: tuple[int, ...]) -> None:
    """Only the allowed kinds of node, names and constants stand in the source of a shape."""
    numbered = {f"{letter}{at}" for letter in "kv" for at in range(len(shape))}
    for node in ast.walk(ast.parse(shape_source(shape), mode="eval")):
        assert isinstance(node, ALLOWED)
        if isinstance(node, ast.Name):
            assert node.id in NAMES | numbered
        elif isinstance(node, ast.arg):
            assert node.arg in {"labels", "node_id"} | numbered
        elif isinstance(node, ast.Constant):
            assert node.value is None or node.value is True or node.value is False
        elif isinstance(node, ast.Attribute):
            assert ast.unparse(node) == "labels.get"
        elif isinstance(node, ast.Call):
            assert ast.unparse(node.func) in ("labels.get", "above", "below")


@given(shapes)
def test_the_source_of_a_shape_is_a_function_of_one_node(shape: tuple[int, ...]) -> None:
    """The source is a function of constants that gives a function of labels and node id."""
    tree = ast.parse(shape_source(shape), mode="eval").body
    assert isinstance(tree, ast.Lambda)
    constants = [name for at in range(len(shape)) for name in (f"k{at}", f"v{at}")]
    assert [each.arg for each in tree.args.args] == constants
    assert isinstance(tree.body, ast.Lambda)
    assert [each.arg for each in tree.body.args.args] == ["labels", "node_id"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("operator", [each for each in Operator if each.arity != "one"])
def test_keys_and_values_are_never_source(
    text: str, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hostile keys and values, bound past all checks, give the source of tame ones and no more."""
    sources: list[str] = []

    def recorded(shape: predicate.Shape) -> str:
        sources.append(shape_source(shape))
        return sources[-1]

    monkeypatch.setattr(predicate, "_factories", {})
    monkeypatch.setattr(predicate, "shape_source", recorded)
    tame = Requirement.read("key", operator, ("a", "b"))
    hostile = Requirement.read(text, operator, (text, "b"))
    compile_predicate([tame], ("n",))
    [tame_source] = sources
    monkeypatch.setattr(predicate, "_factories", {})
    matches = compile_predicate([hostile], (text,))
    assert sources == [tame_source, tame_source]
    for labels in ({}, {text: text}, {text: "b"}, {text: "c"}, {"key": "a"}):
        for node_id in (None, text, "n"):
            assert matches(labels, node_id) is takes([hostile], (text,), labels, node_id)


@given(shapes, st.one_of(st.none(), st.lists(st.none() | st.integers(0, 40), min_size=12)))
def test_the_source_of_failures_holds_fixed_pieces_only(
    shape: tuple[int, ...], fields: list[int | None] | None
) -> None:
    """Only the allowed kinds of node, numbers and names of fields stand in this source."""
    numbered = {f"{letter}{at}" for letter in "kv" for at in range(len(shape))}
    for node in ast.walk(ast.parse(failures_source(shape, fields), mode="eval")):
        assert isinstance(node, (*ALLOWED, ast.Is, ast.IsNot, ast.BinOp, ast.BitOr))
        if isinstance(node, ast.Name):
            assert node.id in NAMES | numbered
        elif isinstance(node, ast.arg):
            assert node.arg in {"labels", "node_id"} | numbered
        elif isinstance(node, ast.Constant):
            assert node.value is None or type(node.value) is int
        elif isinstance(node, ast.Attribute):
            assert re.fullmatch("labels.(get|label_[0-9]+)", ast.unparse(node))
        elif isinstance(node, ast.Call):
            assert ast.unparse(node.func) in ("labels.get", "above", "below")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("operator", list(Operator))
def test_what_is_failed_of_hostile_requirements(text: str, operator: Operator) -> None:
    """Hostile keys and values are compared with, and never become source."""
    number = operator.arity == "one" and operator not in (Operator.EQUALS, Operator.NOT_EQUALS)
    values = ("5",) if number else (text,)
    hostile = Requirement.read(text, operator, values)
    failures = compile_failures([hostile], (text,))
    fields = compile_failures([hostile], (text,), {text: 0})
    for value in (None, text, "b", "4", "6"):
        labels = {} if value is None else {text: value}
        for node_id in (text, "n"):
            passes = takes([hostile], None, labels)
            expected = (node_id != text) | (0 if passes else 2)
            assert failures(labels, node_id) == expected
            assert fields(SimpleNamespace(label_0=value), node_id) == expected


def test_as_many_failures_as_there_can_be() -> None:
    """The largest selector, with ids, gives a bit for each of its parts."""
    requirements = [Requirement(f"k-{n}", Operator.EXISTS) for n in range(256)]
    assert compile_failures(requirements, ("n",))({"k-255": ""}, "m") == (1 << 256) - 1
    assert compile_failures([], None)({}, "m") == 0


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("operator", [Operator.EQUALS, Operator.NOT_EQUALS])
def test_a_single_value_is_never_source(text: str, operator: Operator) -> None:
    """A hostile value that is compared with is compared with, character by character."""
    hostile = Requirement.read(text, operator, (text,))
    matches = compile_predicate([hostile], None)
    for labels in ({}, {text: text}, {text: "b"}):
        assert matches(labels) is takes([hostile], None, labels)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("a=b", "c=d", id="equals"),
        pytest.param("a=b", "c in (d)", id="in-of-one"),
        pytest.param("a=b,!c", "!d,e==f", id="order-of-the-text"),
        pytest.param("a in (b,c)", "d in (e,f,g)", id="in"),
        pytest.param("a>5,b<6,c", "d,e<7,f>8", id="order"),
        pytest.param("", " ", id="empty"),
    ],
)
def test_selectors_of_one_shape_share_their_code(one: str, other: str) -> None:
    """Two selectors of one shape run one code object, each with constants of its own."""
    first, second = Selector.parse(one).matches, Selector.parse(other).matches
    assert first.__code__ is second.__code__  # type: ignore[attr-defined]


def test_selectors_of_other_shapes_do_not() -> None:
    """A selector of another shape has other code."""
    first, second = Selector.parse("a=b").matches, Selector.parse("a!=b").matches
    assert first.__code__ is not second.__code__  # type: ignore[attr-defined]


def test_generated_code_has_no_builtins() -> None:
    """The function sees two helpers of its own and none of Python's built-in names."""
    scope = Selector.parse("a>5").matches.__globals__  # type: ignore[attr-defined]
    assert set(scope) == {"__builtins__", "above", "below"}
    assert scope["__builtins__"] == {}


def test_the_table_of_shapes_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many shapes are asked for, no more functions are kept than the bound says."""
    monkeypatch.setattr(predicate, "_factories", {})
    monkeypatch.setattr(predicate, "_MOST_SHAPES", 20)
    for number in range(1, 100):
        requirements = [Requirement.read("x", Operator.EXISTS, ())] * number
        matches = compile_predicate(requirements, None)
        assert matches({"x": ""})
        assert not matches({})
        assert 1 <= len(predicate._factories) <= 20


def test_the_largest_selector_compiles() -> None:
    """A selector of as many requirements as the limit allows answers rightly."""
    selector = Selector.parse(",".join(f"k{at}" for at in range(256)))
    labels = {f"k{at}": "" for at in range(256)}
    assert selector.matches(labels)
    del labels["k255"]
    assert not selector.matches(labels)
