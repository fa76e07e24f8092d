"""OR as a value: several selectors of which at least one must match."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from nodeselect import AnyOf, Selector, SelectorError

EU, GPU, GOLD = map(Selector.parse, ("region=eu", "gpu", "tier=gold"))


def test_duplicates_are_dropped_and_nothing_is_nested() -> None:
    """The selectors of a nested ``AnyOf`` take its place; the first of two equal ones stays."""
    assert AnyOf([GPU, EU | GOLD, EU]).selectors == (GPU, EU, GOLD)
    assert AnyOf([EU, GPU]) == AnyOf([GPU, EU])
    assert AnyOf([EU]).selectors == (EU,)
    assert AnyOf([EU]) != EU
    assert AnyOf([EU]) == (EU | EU)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (EU | GPU, "region=eu or gpu"),
        (AnyOf([EU]), "region=eu"),
        (AnyOf([]), "<nothing>"),
        (EU | Selector.everything(), "region=eu or <everything>"),
        (EU | Selector.of(match_ids=["n-1"]), "region=eu or <id in (n-1)>"),
        (EU & (GPU | GOLD), "gpu,region=eu or region=eu,tier=gold"),
        ((GPU | GOLD) & EU, "gpu,region=eu or region=eu,tier=gold"),
    ],
)
def test_text(condition: AnyOf, text: str) -> None:
    """The text has the selectors in their order; that of several selectors does not parse."""
    assert str(condition) == text
    assert repr(condition) == f"AnyOf({text!r})"
    if len(condition.selectors) != 1:
        with pytest.raises(SelectorError):
            Selector.parse(text)


@pytest.mark.parametrize(
    ("texts", "parts"),
    [
        (["a,b", "b,c"], ["b", "a or c"]),
        (["a,b", "c"], ["a,b or c"]),
        (["a,b"], ["a", "b"]),
        (["a,b", "a,b,b"], ["a", "b"]),
        (["a,b", "a", "a,c"], ["a"]),
        (["a", ""], []),
        ([], ["<nothing>"]),
        (["a=b,c", "a in (b),c"], ["c", "a=b or a in (b)"]),
    ],
)
def test_split(texts: list[str], parts: list[str]) -> None:
    """What all selectors share are conditions of their own; what is left is one ``AnyOf``."""
    assert list(map(str, AnyOf(map(Selector.parse, texts)).split())) == parts


def test_split_with_ids() -> None:
    """Shared ids are the first condition. A selector that matches no node is left out."""
    ids = Selector.of(match_ids=["n-1", "n-2"])
    condition = (ids & EU) | (ids & GPU) | Selector.nothing()
    assert condition.split() == (ids, EU | GPU)
    assert AnyOf([Selector.nothing()]).split() == (Selector.nothing(),)


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        (AnyOf([]), False),
        (AnyOf([Selector.nothing()]), False),
        (Selector.parse("a=b,a=c") | Selector.parse("a,!a"), False),
        (Selector.parse("a,!a") | EU, True),
    ],
)
def test_is_satisfiable(condition: AnyOf, answer: bool) -> None:
    """Whether any possible node matches."""
    assert condition.is_satisfiable is answer


@pytest.mark.parametrize("condition", [AnyOf([]), EU | GPU], ids=str)
def test_wrong_labels_never_match(condition: AnyOf) -> None:
    """Labels that are not a mapping are a TypeError, even if no node matches."""
    with pytest.raises(TypeError, match="labels must be a mapping, not list"):
        condition.matches(cast(Any, []))


@pytest.mark.parametrize("wrong", ["gpu", None, 5, {"region": "eu"}])
def test_only_selectors_are_accepted(wrong: Any) -> None:
    """Texts and other types are a TypeError in the constructor and in both operators."""
    with pytest.raises(
        TypeError, match=f"expected a Selector or an AnyOf, not {type(wrong).__name__}"
    ):
        AnyOf([wrong])
    for one in (EU, EU | GPU):
        for combine in (one.__or__, one.__and__):
            assert combine(wrong) is NotImplemented


def test_limit() -> None:
    """1,024 selectors are accepted, and one more is an error, from ``|`` and ``&`` too."""
    most = AnyOf(Selector.parse(f"a={number}") for number in range(1_024))
    assert most | most == most
    combinations: list[Callable[[], AnyOf]] = [lambda: most | GPU, lambda: most & (EU | GPU)]
    for combine in combinations:
        with pytest.raises(SelectorError) as caught:
            combine()
        assert caught.value.code == "too-many-selectors"
        assert (
            caught.value.message == "an AnyOf can have at most 1,024 selectors (limit: selectors)"
        )
