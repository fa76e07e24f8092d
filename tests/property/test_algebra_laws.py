"""The algebra of requirements against brute force: every node of a universe that is large enough.

The universe of a key holds absence, every value that a selector names for it, a word that none
names, and for each integer that is named the integers next to it, each in spellings that are named
or not. Any two nodes that some requirement tells apart are told apart by two of these: a word that
is not named answers as "fresh" does; an integer that is not named answers as the next named
integer, or the one beside it, does in a spelling that no selector can name.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from hypothesis import assume, example, given
from hypothesis import strategies as st

from nodeselect.selectors import (
    AnyOf,
    Requirement,
    Selector,
    conflict,
    constraints_by_key,
    disjoint,
    equivalent,
    implies,
    redundant,
)
from nodeselect.selectors.requirement import ID_KEY, exclude_ids
from tests.naive import go_integer, matches
from tests.property.strategies import requirements, texts

LOWEST, HIGHEST = -(2**63), 2**63 - 1

_Law = TypeVar("_Law", bound=Callable[..., Any])

# A node: its id or None, and for each key its value or None.
Answer = tuple[str | None, ...]

excluded_ids: st.SearchStrategy[list[str]] = st.just([]) | st.lists(
    st.sampled_from(("n-1", "n-2")), max_size=2
)
some_ids = st.none() | st.lists(st.sampled_from(("n-1", "n-2")), min_size=1, max_size=2)


@st.composite
def small_selectors(
    draw: st.DrawFn, keys: tuple[str, ...] = ("x", "in"), max_size: int = 5
) -> Selector:
    """Draw a selector of few requirements on few keys, perhaps with ids."""
    text = draw(texts(keys, max_size))
    excluded = [each for _ in range(2) for each in exclude_ids(draw(excluded_ids))]
    selector = Selector.parse(text) & Selector.from_requirements(excluded)
    ids = draw(some_ids)
    return selector if ids is None else selector & Selector.of(match_ids=ids)


def answers_on(key: str, asked: Iterable[Requirement]) -> list[str | None]:
    """Return the values of one key that are worth trying, and None."""
    named = {value for each in asked if each.key == key for value in each.values}
    numbers = {go_integer(value) for value in named} - {None} | {0, LOWEST, HIGHEST}
    near = {number + step for number in numbers if number is not None for step in (-1, 0, 1)}
    spelled = {
        text
        for number in near
        for text in (f"{number}", f"{number:+d}", f"{number:+03d}", f"{number:02d}")
    }
    return [None, "fresh", *sorted(named | spelled)]


def universe(*selectors: Selector) -> list[Answer]:
    """Return nodes that distinguish ``selectors``, with the sorted keys of all of them."""
    asked = [each for selector in selectors for each in selector.requirements]
    ids = {
        node_id
        for selector in selectors
        for node_id in (*(selector.ids or ()), *selector.excluded_ids)
    }
    keys = keys_of(selectors)
    return list(
        itertools.product([None, "other", *sorted(ids)], *(answers_on(key, asked) for key in keys))
    )


def keys_of(selectors: Iterable[Selector]) -> list[str]:
    asked = {each.key for selector in selectors for each in selector.requirements}
    return sorted(asked - {ID_KEY})


def taken(
    asked: Sequence[Requirement], ids: tuple[str, ...] | None, keys: list[str], nodes: list[Answer]
) -> set[Answer]:
    """Return the nodes that the model matches."""
    found = set()
    for node in nodes:
        labels = {
            key: value for key, value in zip(keys, node[1:], strict=True) if value is not None
        }
        if matches(asked, ids, labels, node[0]):
            found.add(node)
    return found


def both_taken(one: Selector, other: Selector) -> tuple[set[Answer], set[Answer]]:
    """Return what the model matches by each of two selectors, in the universe of both."""
    keys, nodes = keys_of((one, other)), universe(one, other)
    return (
        taken(one.requirements, one.ids, keys, nodes),
        taken(other.requirements, other.ids, keys, nodes),
    )


@st.composite
def close_pairs(draw: st.DrawFn) -> tuple[Selector, Selector]:
    """Draw any two selectors, or one and a variation of it."""
    one = draw(small_selectors())
    if draw(st.booleans()):
        return one, draw(small_selectors())
    kept = [each for each in one.requirements if draw(st.integers(0, 3))]
    if draw(st.booleans()):
        kept.append(draw(requirements(("x", "in"))))
    changed = Selector.from_requirements(kept)
    ids = one.ids if draw(st.booleans()) else draw(some_ids)
    return one, changed & (Selector.everything() if ids is None else Selector.of(match_ids=ids))


def examples(*texts: str) -> Callable[[_Law], _Law]:
    """Decorate a law with examples of selectors, or of two of them, with a semicolon between."""

    def decorate(law: _Law) -> _Law:
        for text in texts:
            first, *second = map(Selector.parse, text.split(";"))
            law = example((first, *second) if second else first)(law)
        return law

    return decorate


ONE, TWO, OTHER = (Selector.of(match_ids=ids) for ids in (["n-1"], ["n-1", "n-2"], ["n-3"]))
A, NOT_A, EVERY, NOTHING = *map(Selector.parse, ("a", "!a", "")), Selector.nothing()


@given(close_pairs())
@examples(";", "a ;", "a=b ; a", "a=b ; a!=c", "a=b ; a!=b", "a=b ; a in (b)", "a ; !a")
@examples("!a ; a!=b", "!a ; a>5", "a ; a!=b", "a=b ; b=a", "a=b,c ; a=b")
@examples("a in (b,c),a!=c ; a=b", "a notin (b,c) ; a!=b", "x=7 ; x>5", "x=a ; x>5")
@examples("x>7 ; x>5", "x>5,x<7 ; x=6", "x>5,x<7 ; x!=5", "x>5,x!=6 ; x>5")
@examples("x>6 ; x>5,x!=06", "x>5 ; x<6", "x>5 ; x<7", "x ; x>5", "x<0 ; x!=a")
@examples("x<0 ; x notin (a,0,1)", "a=b,a=c ; x", "a=b,a=c ; x,!x")
@examples("x>5,x<7,x notin (6,06) ; x=6", "x>5,x<7 ; x!=6", "x>5 ; x!=5", "x<0 ; x!=0")
@examples("x<1 ; x!=0", "x>6 ; x>5,x!=6", "x>9223372036854775806 ; x>5")
@examples("x>9223372036854775807 ; in", "x<9223372036854775807 ; x!=9223372036854775807")
@example((ONE, TWO))
@example((ONE, EVERY))
@example((ONE & A, TWO))
@example((A, ONE & A))
@example((ONE, OTHER))
@example((ONE & A, TWO & NOT_A))
@example((NOTHING, ONE))
@example((NOTHING, EVERY))
@example((NOTHING, A & NOT_A))
@example((NOTHING, NOTHING))
def test_two_selectors(both: tuple[Selector, Selector]) -> None:
    """A relation of two selectors holds exactly if it holds for all nodes of the universe."""
    one, other = both
    some, others = both_taken(one, other)
    assert implies(one, other) == (some <= others)
    assert implies(other, one) == (others <= some)
    assert equivalent(one, other) == equivalent(other, one) == (some == others)
    assert disjoint(one, other) == disjoint(other, one) == some.isdisjoint(others)
    assert one.is_satisfiable == bool(some)


either = st.lists(small_selectors(max_size=2), min_size=1, max_size=4).map(AnyOf)


@given(either, either)
def test_alternatives(one: AnyOf, other: AnyOf) -> None:
    """A relation of alternatives holds exactly if it holds for all nodes of the universe."""
    selectors = (*one.selectors, *other.selectors)
    keys, nodes = keys_of(selectors), universe(*selectors)
    some, others = (
        set[Answer]().union(*(taken(each.requirements, each.ids, keys, nodes) for each in those))
        for those in (one.selectors, other.selectors)
    )
    assert implies(one, other) == (some <= others)
    assert equivalent(one, other) == (some == others)
    assert disjoint(one, other) == some.isdisjoint(others)
    assert (conflict(one) is None) == bool(some)


@given(small_selectors(max_size=7))
@examples("x in (5,a),x!=5,x=a", "x=a,x=A,x=5,in", "x notin (5,a),x notin (a,A),x notin (5,A)")
def test_redundant(selector: Selector) -> None:
    """Redundant requirements can be removed all at once, and then no other can."""
    keys, nodes = keys_of([selector]), universe(selector)
    kept = list(selector.requirements)
    for each in reversed(redundant(selector)):  # of equal ones the later
        del kept[len(kept) - 1 - kept[::-1].index(each)]
    whole = taken(selector.requirements, selector.ids, keys, nodes)
    assert taken(kept, selector.ids, keys, nodes) == whole
    for at in range(len(kept)):
        assert taken(kept[:at] + kept[at + 1 :], selector.ids, keys, nodes) != whole


@given(small_selectors(("x",), 7) | small_selectors(max_size=7))
@examples("x=a,x!=a", "x in (a,in),x notin (a,in)", "x in (a,in),x notin (a)", "x,x notin (a,)")
@examples("x>5,x<6", "x>5,x<7", "x>5,x<7,x notin (6,06)", "x>5,x<7,x=6", "x>5,x<7,x=06,x!=06")
@examples("x>5,x<7,x=06,x!=6", "x>5,x<7,x=7", "x>5,x=a", "x<0", "!x,x!=a", "!x,x<5", "in>5,in<6,x")
@examples("x>9223372036854775806", "x>9223372036854775807", "x in (5,7,a),x!=a,x<6,x!=5")
@examples("x in (5,7,a),x in (5,A),x in (7,a,A),x!=7,x!=a,x!=A")
def test_conflict(selector: Selector) -> None:
    """There is a conflict if no node matches; it is on one key, and none of it can be removed."""
    found = conflict(selector)
    keys, nodes = keys_of([selector]), universe(selector)
    some = bool(taken(selector.requirements, selector.ids, keys, nodes))
    assert (found is None) == selector.is_satisfiable == some
    if found is None:
        return
    if selector == Selector.nothing():
        assert found == ()
        return
    assert len({each.key for each in found}) == 1
    assert not taken(found, selector.ids, keys, nodes)
    for at in range(len(found)):
        assert taken(found[:at] + found[at + 1 :], None, keys, nodes)


on_x = requirements(("x",))


@given(st.lists(on_x, min_size=1, max_size=4), st.lists(on_x, min_size=1, max_size=4))
def test_sets_of_answers(some: list[Requirement], others: list[Requirement]) -> None:
    """``in``, ``&``, ``<=``, ``==`` and ``is_empty`` of what a key may be are those of sets."""
    one, other = constraints_by_key(some)["x"], constraints_by_key(others)["x"]
    answers = answers_on("x", [*some, *others])

    def those(asked: list[Requirement]) -> set[str | None]:
        nodes: list[Answer] = [(None, answer) for answer in answers]
        return {node[1] for node in taken(asked, None, ["x"], nodes)}

    assert {answer for answer in answers if answer in one} == those(some)
    assert {answer for answer in answers if answer in one & other} == those(some) & those(others)
    assert one & other == other & one == constraints_by_key([*some, *others])["x"]
    assert (one <= other) == (those(some) <= those(others))
    assert (one == other) == (those(some) == those(others))
    assert one.is_empty == (not those(some))
    if one == other:
        assert hash(one) == hash(other)


@given(st.data(), small_selectors())
def test_order_does_not_matter(data: st.DataObject, selector: Selector) -> None:
    """The order of requirements does not change the size of a conflict."""
    assume(selector.ids is None)
    shuffled = Selector.from_requirements(data.draw(st.permutations(selector.requirements)))
    found, again = conflict(selector), conflict(shuffled)
    assert (found is None) == (again is None)
    assert len(found or ()) == len(again or ())
