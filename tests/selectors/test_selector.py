"""The public interface of selectors."""

import copy
import pickle
from collections import UserDict
from threading import Barrier, Thread

import pytest

from nodeselect.errors import SelectorError
from nodeselect.jobs import read_job_selector
from nodeselect.selectors import AnyOf, Operator, Requirement, Selector
from tests.selectors.test_wrong_labels import Label


def test_there_is_no_bare_constructor() -> None:
    """``Selector()`` raises and names the constructors."""
    with pytest.raises(TypeError) as caught:
        Selector()
    named = "Selector.parse, Selector.of or Selector.from_requirements"
    assert str(caught.value) == f"use {named}"


@pytest.mark.parametrize("node_id", [None, "", "n-1"])
@pytest.mark.parametrize("labels", [{}, {"a": "b"}])
def test_everything_and_nothing(labels: dict[str, str], node_id: str | None) -> None:
    """``everything`` matches each node; ``nothing`` matches none, and has an empty list of ids."""
    assert Selector.everything().matches(labels, node_id) is True
    assert Selector.nothing().matches(labels, node_id) is False
    assert (Selector.everything().requirements, Selector.everything().ids) == ((), None)
    assert (Selector.nothing().requirements, Selector.nothing().ids) == ((), ())
    assert (Selector.everything().is_satisfiable, Selector.nothing().is_satisfiable) == (
        True,
        False,
    )
    assert Selector.everything() != Selector.nothing()


@pytest.mark.parametrize("other", ["a=b", None, 5, Requirement("a", Operator.EXISTS)])
def test_and_takes_selectors_only(other: object) -> None:
    """``&`` with something else is a TypeError, in either order."""
    with pytest.raises(TypeError):
        Selector.parse("a") & other  # type: ignore[operator]
    with pytest.raises(TypeError):
        other & Selector.parse("a")  # type: ignore[operator]


def test_of_joins_its_three_fields() -> None:
    """Labels, expressions and ids must all match; an expression can have several requirements."""
    selector = Selector.of(
        match_labels={"region": "eu"}, match_expressions=["!debug,gpu", "x>5"], match_ids=["n-1"]
    )
    assert selector == Selector.parse("!debug,gpu,region=eu,x>5") & Selector.of(match_ids=["n-1"])


@pytest.mark.parametrize("labels", [None, {}])
@pytest.mark.parametrize("expressions", [None, [], ()])
def test_empty_fields_are_no_condition(
    labels: dict[str, str] | None, expressions: list[str] | None
) -> None:
    """A field that is None or empty is not a condition; of no ids, no node is one."""
    selector = Selector.of(match_labels=labels, match_expressions=expressions)
    assert selector == Selector.everything()
    no_ids: list[str] = []
    for ids in (no_ids, tuple(no_ids)):
        none = Selector.of(match_labels=labels, match_expressions=expressions, match_ids=ids)
        assert none == Selector.nothing() == Selector.from_requirements([], match_ids=ids)
    assert read_job_selector({"selector": {"match_ids": []}}) == Selector.everything()


def test_of_accepts_any_mapping_and_any_iterable() -> None:
    """``of`` accepts mappings that are not a dict, and generators."""
    selector = Selector.of(
        match_labels=UserDict(a="b"),
        match_expressions=(text for text in ["c"]),
        match_ids=(number for number in ["n-1"]),
    )
    assert selector == Selector.of(
        match_labels={"a": "b"}, match_expressions=["c"], match_ids=["n-1"]
    )


@pytest.mark.parametrize(
    ("node_id", "expected"),
    [
        pytest.param("n-1", True, id="one"),
        pytest.param("n-2", True, id="other"),
        pytest.param("N-1", False, id="other-case"),
        pytest.param("n-", False, id="prefix"),
        pytest.param("n-10", False, id="longer"),
        pytest.param(" n-1", False, id="blank"),
        pytest.param("", False, id="empty"),
        pytest.param(None, False, id="no-id"),
    ],
)
def test_ids_are_exact(node_id: str | None, expected: bool) -> None:
    """A node's id must equal one of the ids exactly; without ids in the selector any will do."""
    selector = Selector.of(match_ids=["n-1", "n-2", "n-1"])
    assert selector.ids == ("n-1", "n-2")
    assert selector.matches({"id": "n-1", "name": "n-1"}, node_id) is expected
    assert selector.matches(labels={}, node_id=node_id) is expected
    assert Selector.parse("id").matches({"id": "n-1"}, node_id)


@pytest.mark.parametrize("ids", [None, [], ["n-1"]])
@pytest.mark.parametrize("text", ["", "b=1,a,!c", "a>5,a>5"])
def test_from_requirements(text: str, ids: list[str] | None) -> None:
    """Requirements are kept as written; an empty list of ids matches no node."""
    requirements = Selector.parse(text).requirements
    selector = Selector.from_requirements(iter(requirements), ids)
    assert selector.ids == (None if ids is None else tuple(ids))
    assert selector.requirements == (() if ids == [] else requirements)
    assert Selector.from_requirements(selector.requirements, selector.ids) == selector
    assert (selector == Selector.nothing()) == (ids == [])


def test_orders_of_requirements() -> None:
    """``requirements`` are as written, ``canonical`` is by key, ``split`` has no duplicates."""
    selector = Selector.of(match_expressions=["b,a!=2,a=1", "b"], match_ids=["n-1"])
    assert list(map(str, selector.requirements)) == ["b", "a!=2", "a=1", "b"]
    assert list(map(str, selector.canonical)) == ["a!=2", "a=1", "b", "b"]
    assert list(map(str, selector.split())) == ["<id in (n-1)>", "b", "a!=2", "a=1"]
    assert pickle.loads(pickle.dumps(selector)).requirements == selector.requirements


def test_strings_of_another_class_are_plain_strings() -> None:
    """A subclass of ``str`` is read by its characters, whatever it equals."""
    assert str(Selector.parse("a=b")) == "a=b"
    assert str(Selector.parse(Label("c"))) == "c"
    assert str(Selector.parse("a=b")) == "a=b"
    selector = Selector.of(match_labels={Label("c"): Label("d")}, match_ids=[Label("n-1")])
    assert selector == Selector.of(match_labels={"c": "d"}, match_ids=["n-1"])
    [requirement] = selector.requirements
    texts = [requirement.key, *requirement.values, *(selector.ids or ())]
    assert [type(text) for text in texts] == [str, str, str]


def test_repr_is_truncated() -> None:
    """``repr`` of a long selector has the first 199 characters of its text, and an ellipsis."""
    selector = Selector.parse(",".join(f"key-{at:03}" for at in range(200)))
    assert repr(selector) == f"Selector({str(selector)[:199] + '…'!r})"


@pytest.mark.parametrize("name", ["requirements", "ids", "selectors", "_canonical", "other"])
@pytest.mark.parametrize(
    "frozen", [Selector.parse("a"), Requirement("a", Operator.EXISTS), AnyOf([])]
)
def test_values_are_frozen(frozen: object, name: str) -> None:
    """No attribute can be set, added or deleted."""
    with pytest.raises(AttributeError, match="is frozen"):
        setattr(frozen, name, None)
    with pytest.raises(AttributeError, match="is frozen"):
        delattr(frozen, name)
    assert not hasattr(frozen, "__dict__")


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        pytest.param(Selector.nothing(), "<nothing>", id="nothing"),
        pytest.param(Selector.of(match_ids=["n-2", "n-1"]), "<id in (n-1,n-2)>", id="ids"),
        pytest.param(
            Selector.of(match_expressions=["a"], match_ids=["n-1"]), "<id in (n-1)>,a", id="both"
        ),
    ],
)
def test_ids_do_not_parse(selector: Selector, text: str) -> None:
    """Ids and ``nothing`` print as an invalid text, which cannot become a wider selector."""
    assert str(selector) == text
    with pytest.raises(SelectorError):
        Selector.parse(text)


def test_the_same_text_gives_the_same_object() -> None:
    """A text that was parsed before is looked up."""
    for text in ("a=b,c", ",".join(f"key-{number}" for number in range(256))):
        assert Selector.parse(text) is Selector.parse(text)


@pytest.mark.parametrize("number", range(20))
def test_the_predicate_is_compiled_on_first_use(number: int) -> None:
    """A selector is the same before and after, also for several threads that use it at once."""
    selector = Selector.parse(f"a=b,c!=d{number}")
    copies = [pickle.loads(pickle.dumps(selector)), copy.copy(selector)]
    barrier, answers = Barrier(4), []

    def use() -> None:
        barrier.wait()
        answers.append(selector.matches({"a": "b"}))

    threads = [Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 4
    assert type(selector) is Selector
    assert selector.matches is selector.matches
    assert {selector, *copies} == {selector}
    assert repr(copies) == repr([selector, selector])
