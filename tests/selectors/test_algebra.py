"""What follows from what, case by case."""

from functools import reduce
from operator import or_

import pytest

from nodeselect import AnyOf, Limits, Operator, Requirement, Selector, SelectorError
from nodeselect.selectors import (
    KeyConstraint,
    algebra,
    conflict,
    constraints_by_key,
    disjoint,
    equivalent,
    implies,
    redundant,
)
from nodeselect.selectors.algebra import only_negates, require_all

MOST = "9223372036854775807"

SELECTORS = [
    # text, redundant, conflict
    ("", "", None),
    ("a=b", "", None),
    # one follows from another on the same key
    ("a=b,a", "a", None),
    ("a=b,a=b", "a=b", None),
    ("a=b,a!=c", "a!=c", None),
    ("!a,a!=b", "a!=b", None),
    ("a>5,a>7", "a>5", None),
    ("a>07,a>7", "a>7", None),
    ("a>5,a!=5", "a!=5", None),
    ("a!=b,a notin (b,c)", "a!=b", None),
    # only together they allow less
    ("a,a!=b", "", None),
    ("a!=b,a notin (c,d)", "", None),
    ("a in (b,c),a!=c", "", None),
    ("a in (b,c),a!=c,a=b", "a in (b,c),a!=c", None),
    ("a>5,a in (6,7,abc)", "", None),
    ("a in (b,c,d),a!=c,a!=d,a notin (c,d)", "a!=c,a!=d", None),
    ("a notin (b,c),a notin (c,d),a notin (b,d)", "a notin (b,d)", None),
    # keys are independent
    ("a=b,c,a", "a", None),
    # an integer has endless spellings
    ("x>5,x<7", "", None),
    ("x>5,x<7,x notin (6,06,7,a)", "", None),
    ("x>5,x<7,x in (6,06),x!=6", "x>5,x<7", None),
    (f"x<{MOST}", "", None),
    # contradictions
    ("a=b,a=c", "", "a=b,a=c"),
    ("a,!a", "", "a,!a"),
    ("!a,a=b,a=c", "a=c", "!a,a=b"),
    ("a in (b,c),a notin (c,b,d)", "", "a in (b,c),a notin (b,c,d)"),
    ("a in (b,c),a in (c,d),a in (b,d)", "", "a in (b,c),a in (c,d),a in (b,d)"),
    (
        "a in (1,2),a in (2,4),a in (1,4),a in (1,2,3),a in (4,5,6)",
        "a in (1,2,3),a in (4,5,6)",
        "a in (1,2),a in (2,4),a in (1,4)",
    ),
    ("x>5,x<6", "", "x>5,x<6"),
    ("x>5,x<7,x in (5,7,a)", "", "x>5,x<7,x in (5,7,a)"),
    (f"x>{MOST}", "", f"x>{MOST}"),
    (f"x=a,x>{MOST},x=b", "x=a,x=b", f"x>{MOST}"),
    ("a in (1,2),a!=1,a!=2,z=1,z=2", "a in (1,2),a!=1,a!=2", "z=1,z=2"),
    ("a=1,a=2,z=1,z=2", "z=1,z=2", "a=1,a=2"),
    ("a=1,a=1,a=2,a=2,a=3", "a=1,a=2,a=3", "a=1,a=2"),
]


def text_of(requirements: tuple[Requirement, ...]) -> str:
    return ",".join(map(str, requirements))


@pytest.mark.parametrize(("text", "removable", "contradicting"), SELECTORS)
def test_one_selector(text: str, removable: str, contradicting: str | None) -> None:
    """A selector has these redundant requirements and this conflict."""
    selector = Selector.parse(text)
    found = conflict(selector)
    assert text_of(redundant(selector)) == removable
    assert (None if found is None else text_of(found)) == contradicting
    assert selector.is_satisfiable == (found is None)


def test_ids_are_not_redundant() -> None:
    """Nothing is redundant because of ids."""
    selector = Selector.of(match_expressions=["a,a=b"], match_ids=["n-2", "n-1"])
    assert text_of(redundant(selector)) == "a"
    assert conflict(selector) is None


def test_nothing() -> None:
    """The selector that matches nothing has no requirement."""
    nothing = Selector.nothing()
    assert (conflict(nothing), redundant(nothing)) == ((), ())


def test_one_requirement_twice() -> None:
    """Of a requirement that occurs twice as the same object, one is redundant."""
    one = Selector.parse("a=b")
    assert redundant(one & one) == one.requirements
    assert conflict(one & one & Selector.parse("a=c,a=c")) == Selector.parse("a=b,a=c").requirements


def on_x(text: str) -> KeyConstraint:
    return constraints_by_key(Selector.parse(text).requirements)["x"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x", "KeyConstraint(allows_absent=False, values=None, excluded=[], int_range=None)"),
        ("!x", "KeyConstraint(allows_absent=True, values=[], excluded=[], int_range=None)"),
        ("x!=a", "KeyConstraint(allows_absent=True, values=None, excluded=['a'], int_range=None)"),
        (
            "x in (b,a)",
            "KeyConstraint(allows_absent=False, values=['a', 'b'], excluded=[], int_range=None)",
        ),
        ("x,!x", "KeyConstraint(allows_absent=False, values=[], excluded=[], int_range=None)"),
        (
            "x>5,x<8,x notin (a,5,6)",
            "KeyConstraint(allows_absent=False, values=None, excluded=['6'], int_range=(6, 7))",
        ),
        (
            "x>5,x<8,x in (a,5,6)",
            "KeyConstraint(allows_absent=False, values=['6'], excluded=[], int_range=None)",
        ),
    ],
)
def test_what_a_key_may_be(text: str, shown: str) -> None:
    """A constraint shows its fields; equal constraints have equal fields."""
    assert repr(on_x(text)) == shown
    assert on_x(text) == on_x(f"{text},{text}")
    assert hash(on_x(text)) == hash(on_x(f"{text},{text}"))
    assert on_x(text) != text


def test_only_keys_of_requirements_are_constrained() -> None:
    """There is one constraint for each key, of all its requirements together."""
    assert constraints_by_key([]) == {}
    both = constraints_by_key(Selector.parse("b,a=1,b!=2").requirements)
    assert list(both) == ["b", "a"]
    assert both["b"] == on_x("x,x!=2")


def test_a_constraint_is_built_from_requirements_only() -> None:
    """A constraint is built by ``constraints_by_key`` and ``&`` with another constraint only."""
    with pytest.raises(TypeError, match=r"^use constraints_by_key\(requirements\)$"):
        KeyConstraint()
    with pytest.raises(TypeError):
        on_x("x") & "a"  # type: ignore[operator]
    with pytest.raises(TypeError):
        _ = on_x("x") <= {"a"}  # type: ignore[operator]


@pytest.mark.parametrize("number", [128, 256])
def test_as_many_requirements_as_there_may_be(number: int) -> None:
    """At the limits the answers are still exact."""
    names = [f"v{at:03}" for at in range(number - 1)]
    refusals = [Requirement("x", Operator.NOT_EQUALS, [name]) for name in names]
    one_of = Requirement("x", Operator.IN, names)
    contradiction = Selector.from_requirements([one_of, *refusals])
    assert conflict(contradiction) == (one_of, *refusals)
    assert redundant(contradiction) == ()
    spread = Selector.from_requirements([Requirement("x", Operator.EXISTS), *refusals])
    assert redundant(spread) == ()


ALTERNATIVES = [
    # two sides, and whether the first implies the second, is implied by it, is disjoint from it
    ("", "k notin (a) | k notin (b)", True, True, False),
    ("", "a!=x | b!=y", False, True, False),
    ("", "a | !a", True, True, False),
    ("", "a=x | a!=x", True, True, False),
    ("x", "x>5 | x<6", False, True, False),
    ("x", f"x>5 | x<6 | x in (a,{'x' * 21})", False, True, False),  # other words are left
    ("x>3", "x>5 | x<6", True, False, False),
    ("x>3,x<9", "x>5,x!=7 | x<7 | x=7", True, False, False),
    ("x>3,x<9", "x>5,x!=7 | x<7 | x=07", False, False, False),
    ("a in (1,2)", "a=1 | a=2", True, True, False),
    ("a in (1,2),b in (1,2)", "a=1,b=1 | a=2,b=2 | a=1,b=2 | a=2,b=1,!c", False, True, False),
    ("a in (1,2),b in (1,2)", "a=1,b=1 | a=2,b=2 | a=1,b=2 | a=2,b=1", True, True, False),
    ("a=1 | a=2", "a=3 | b,!b", False, False, True),
    ("a,!a | b,!b", "a=1", True, False, True),
]


@pytest.mark.parametrize(("some", "others", "forward", "backward", "apart"), ALTERNATIVES)
def test_alternatives(some: str, others: str, forward: bool, backward: bool, apart: bool) -> None:
    """Alternatives are compared exactly: several together can match what none matches alone."""
    one, other = (reduce(or_, map(Selector.parse, text.split(" | "))) for text in (some, others))
    assert (implies(one, other), implies(other, one)) == (forward, backward)
    assert equivalent(one, other) == equivalent(other, one) == (forward and backward)
    assert disjoint(one, other) == disjoint(other, one) == apart


def test_a_conflict_of_alternatives() -> None:
    """Alternatives contradict if each does; ``redundant`` is about one selector."""
    wrong = Selector.parse("a in (1,2),a!=1,a!=2") | Selector.parse("b=1,b=2")
    assert text_of(conflict(wrong) or ()) == "b=1,b=2"
    assert conflict(wrong | Selector.parse("a")) is None
    assert conflict(AnyOf([])) == ()
    with pytest.raises(TypeError, match="expected a Selector, not AnyOf"):
        redundant(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "negates", "together"),
    [
        ("host notin (a) | test notin (b)", True, "host notin (a),test notin (b)"),
        ("k!=a | k!=b", True, "k!=a,k!=b"),
        ("!a | b!=c", True, "!a,b!=c"),
        ("a>4 | b>8", False, "a>4,b>8"),
        ("a!=b,c | a!=d", False, "a!=b,c,a!=d"),
        ("a!=b", False, "a!=b"),
        ("zone=a | zone=b", False, None),
    ],
)
def test_what_was_meant_by_alternatives(text: str, negates: bool, together: str | None) -> None:
    """Alternatives that only negate exclude hardly a node; all can be required in one selector."""
    condition = AnyOf(map(Selector.parse, text.split(" | ")))
    assert only_negates(condition) == negates
    assert require_all(condition) == (None if together is None else Selector.parse(together))


def test_the_limit_of_a_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    """A comparison that takes too many steps is rejected; one selector is always compared."""
    every, either = Selector.everything(), Selector.parse("a!=b") | Selector.parse("a!=c")
    monkeypatch.setattr(algebra, "LIMITS", Limits(comparison_steps=13))
    assert implies(every, either)
    monkeypatch.setattr(algebra, "LIMITS", Limits(comparison_steps=12))
    with pytest.raises(SelectorError, match=r"at most 12 steps \(limit: comparison_steps\)"):
        implies(every, either)
    assert implies(every, every)
