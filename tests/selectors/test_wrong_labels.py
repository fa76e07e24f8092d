"""``matches`` never answers for labels of a wrong type: it raises ``TypeError``."""

from collections import UserDict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.selectors import Selector
from tests import naive
from tests.property.strategies import KEYS, LABEL_VALUES, labels, node_ids, selectors

NAN = float("nan")
ONE_OF_EACH = ("gpu", "!gpu", "gpu=a", "gpu!=a", "gpu in (a,b)", "gpu notin (a,b)", "gpu>5")


class EqualsAll:
    """Equal to every text, like a mock or an array of one element."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash("a")

    def __repr__(self) -> str:
        return "EqualsAll()"


class Label(str):
    """A string that claims to be equal to every text, and to be another one."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return hash("a=b")

    def __str__(self) -> str:
        return "not this"


class Unprintable:
    """Its ``repr`` raises."""

    def __repr__(self) -> str:
        raise RuntimeError


WRONG_VALUES = (None, NAN, 5, True, 5.0, b"a", ["a"], ("a",), {"a"}, {"a": "b"}, EqualsAll())


@pytest.mark.parametrize("value", WRONG_VALUES, ids=repr)
@pytest.mark.parametrize("text", ONE_OF_EACH)
@pytest.mark.parametrize("mapping", [dict, MappingProxyType])
def test_a_value_is_a_string(mapping: Any, text: str, value: Any) -> None:
    """A value that is read must be a string, whatever the requirement and the mapping."""
    with pytest.raises(TypeError, match=r"^the value of the label 'gpu' must be a string, not "):
        Selector.parse(text).matches(mapping({"gpu": value}))


NOT_MAPPINGS = ("gpu", b"gpu", {"gpu"}, ["gpu"], ("gpu",), [("gpu", "a")], None, 5, EqualsAll())


@pytest.mark.parametrize("labels", NOT_MAPPINGS, ids=repr)
@pytest.mark.parametrize("text", ["", *ONE_OF_EACH])
def test_labels_are_a_mapping(text: str, labels: Any) -> None:
    """Labels must be a mapping, also for a selector that matches everything or nothing."""
    selector = Selector.parse(text)
    for each in (selector, selector & Selector.of(match_ids=["n-1"]), Selector.nothing()):
        with pytest.raises(TypeError) as caught:
            each.matches(labels, "n-1")
        assert str(caught.value) == f"labels must be a mapping, not {type(labels).__name__}"


def test_an_id_is_a_string() -> None:
    """An id that is compared must be a string or None."""
    selector = Selector.of(match_ids=["5", "a"])
    for wrong in (5, b"5", ("5",), ["5"], NAN, EqualsAll()):
        with pytest.raises(TypeError, match=r"^a node's id must be a string, not "):
            selector.matches({}, wrong)  # type: ignore[arg-type]
    assert selector.matches({}, Label("5"))
    assert not selector.matches({}, Label("6"))
    assert not selector.matches({}, None)


@pytest.mark.parametrize("text", ONE_OF_EACH)
@pytest.mark.parametrize("value", ["", "a", "c", "6"])
def test_a_subclass_of_str_is_its_text(text: str, value: str) -> None:
    """A value of a subclass of ``str`` is compared as plain text, whatever the subclass does."""
    selector = Selector.parse(text)
    assert selector.matches({"gpu": Label(value)}) is selector.matches({"gpu": value})


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "None; leave out the labels that the node does not have"),
        (NAN, "nan; leave out the labels that the node does not have"),
        (5, "5"),
        (0.5, "0.5"),
        (b"\x1b[31m", r"b'\x1b[31m'"),
        (["\x1b[31m\u202e"], r"['\x1b[31m\u202e']"),
        (["x"] * 1_000_000, "['x', 'x', 'x', 'x', 'x', 'x', ...]"),
        ({"a" * 100: "b" * 100}, "{'aaaaaaaaaaaa...aaaaaaaaaaaaa': 'bbbbbbbbbbbb...bbbbbbbbbb…"),
        (10**5_000, "int"),
    ],
    ids=lambda each: "shown" if type(each) is str else type(each).__name__,
)  # fmt: skip
def test_the_message(value: Any, shown: str) -> None:
    """The message names the key and the value, which is shortened and escaped."""
    with pytest.raises(TypeError) as caught:
        Selector.parse("a/gpu").matches({"a/gpu": value})
    assert str(caught.value) == f"the value of the label 'a/gpu' must be a string, not {shown}"
    with pytest.raises(TypeError, match="not <Unprintable instance at"):
        Selector.parse("gpu").matches({"gpu": Unprintable()})  # type: ignore[dict-item]


def test_reading_stops_at_the_first_failure() -> None:
    """What cannot change the answer is not read: a node that fails one requirement fails all."""
    labels: Mapping[str, Any] = {"a": "x", "b": None, "c": 5}
    assert not Selector.parse("a=y,b=z").matches(labels)
    assert Selector.parse("a=x").matches(labels)


MIXED = st.dictionaries(
    st.sampled_from(KEYS), st.sampled_from(LABEL_VALUES) | st.sampled_from(WRONG_VALUES)
)


@given(selectors(), MIXED, node_ids())
def test_no_answer_depends_on_a_wrong_value(
    selector: Selector, mixed: dict[str, Any], node_id: str | None
) -> None:
    """An answer is the one for any strings in the place of the wrong values, and without them."""
    valid = {key: value for key, value in mixed.items() if type(value) is str}
    wrong = mixed.keys() - valid.keys()
    message = ""
    try:
        answer = selector.matches(mixed, node_id)
    except TypeError as error:
        message = str(error)
    if message:
        assert any(repr(key) in message for key in wrong)
        return
    for replaced in ({}, *(dict.fromkeys(wrong, value) for value in LABEL_VALUES)):
        arguments = (valid | replaced, node_id)
        assert naive.matches(selector.requirements, selector.ids, *arguments) is answer


@given(selectors(), labels(), node_ids())
def test_valid_labels(selector: Selector, labels: dict[str, str], node_id: str | None) -> None:
    """For valid labels, the predicate without checks gives the same answer."""
    answer = selector.matches(labels, node_id)
    assert selector.predicate(labels, node_id) is answer
    for mapping in (MappingProxyType, UserDict):
        assert selector.matches(mapping(labels), node_id) is answer
    assert selector.predicate is selector.predicate
