"""Selectors of many requirements, values or ids, valid and invalid; what compares them; texts."""

import copy
import pickle
from collections.abc import Callable, Iterator
from functools import partial

from nodeselect.limits import LIMITS
from nodeselect.problem import Problem, draw, excerpt
from nodeselect.render.layout import Screen
from nodeselect.selectors import (
    Operator,
    Requirement,
    Selector,
    conflict,
    constraints_by_key,
    disjoint,
    equivalent,
    implies,
    normal_form,
    redundant,
)
from nodeselect.text import display_width, join_limited, prefix, printable, quoted
from tests.growth.cases import case, rejected, words
from tests.selectors.test_errors import TEXTS

TEMPLATES = {
    "key": "{}",
    "absent": "!{}",
    "equal": "{}=a",
    "unequal": "{}!=a",
    "in": "{} in (a,b)",
    "greater": "{}>5",
    "same-key-unequal": "k!={}",
    "same-key-equal": "k={}",
    "same-key-in": "k in ({},x)",
    "same-key-notin": "k notin ({},x)",
}
"""Requirements on many keys, and many requirements on one key."""

# What is repeated to make a text that is long and invalid.
_PIECES = (
    *("(", ")", "!", "=", "==", ",", ">", "<", "|", "&", "*", "'", "[", "{", ";", ":", "/", "-"),
    *(".", "a ", "a,", "a=", "a!", "a(", "a,!", "in ", "x in (", "not ", "x not ", "a/", "a."),
    *("a-", "-a", "${", "${a", "{{", "{{a}", "$(", "$a", "%a", "%a%", "<a", "<a>", "a*", "\u00a0"),
    *("é", "日本", "a\t", "\n", "x=a b,", "x=a,b ", "x==", "x>=1,", "0", "a" * 20),
)

Pair = tuple[Selector, Selector]


def _text_of(template: str, n: int) -> str:
    return ",".join(map(template.format, words(n)))


def selector_of(template: str, n: int) -> Selector:
    """Return a selector of ``n`` requirements, of which nothing is cached."""
    return Selector.parse(_text_of(template, n))


def _list_of(n: int) -> str:
    return f"k in ({','.join(words(n))})"


def _ids(n: int) -> Selector:
    return Selector.of(match_ids=words(n))


def _with_half(template: str, n: int) -> Pair:
    """Return a selector, and another one of half of its requirements."""
    whole = selector_of(template, n)
    return whole, Selector.from_requirements(whole.requirements[::2])


def _two_lists(n: int) -> Pair:
    values = words(n)
    return tuple(
        map(Selector.parse, (f"k in ({','.join(values)})", f"k notin ({','.join(values[::2])})"))
    )  # type: ignore[return-value]


def _two_id_lists(n: int) -> Pair:
    ids = words(n)
    return Selector.of(match_ids=ids), Selector.of(match_ids=ids[::2])


def _requirements(n: int) -> list[Requirement]:
    return [Requirement(word, Operator.EXISTS) for word in words(n)]


def _ranges(n: int) -> Selector:
    return Selector.parse(",".join(f"k>{number},k<{9999 - number}" for number in range(n)))


def _add_parsing() -> None:
    for kind, template in TEMPLATES.items():
        case(
            f"parse/{kind}", Selector.parse, partial(_text_of, template), limit=LIMITS.requirements
        )
    case("parse/values", Selector.parse, _list_of, limit=LIMITS.values_in_set)
    case("parse/blanks", Selector.parse, lambda n: " \t\n" * n + words(1)[0])
    case("parse/empty-values", Selector.parse, lambda n: f"{words(1)[0]} in ({',' * n})")
    case("parse/too-long", rejected(Selector.parse), lambda n: "a" * 200 * n + "=!")
    case("parse/over-limit", rejected(Selector.parse), lambda n: "a" * (LIMITS.selector_text + n))

    def before(text: str, n: int) -> str:
        return f"{_text_of('{}=a', n)},{text}"

    def repeated(piece: str, n: int) -> str:
        return f"{words(1)[0]},{piece * n}=!"

    for number, text in enumerate(TEXTS):
        case(f"parse-invalid/{number}", rejected(Selector.parse), partial(before, text), 10)
    for piece in _PIECES:
        build = partial(repeated, piece)
        case(f"parse-repeated/{piece!a}", rejected(Selector.parse), build, 200)


def _add_constructors() -> None:
    of_labels = lambda labels: Selector.of(match_labels=dict.fromkeys(labels, "a"))  # noqa: E731
    case("of/labels", of_labels, words, limit=LIMITS.requirements)
    case("of/too-many-labels", rejected(of_labels), lambda n: words(n + LIMITS.requirements))
    of_expressions = lambda texts: Selector.of(match_expressions=texts)  # noqa: E731
    case("of/expressions", of_expressions, words, limit=LIMITS.requirements)
    of_ids = lambda ids: Selector.of(match_ids=ids)  # noqa: E731
    case("of/ids", of_ids, lambda n: words(n, "é"))
    case("of/invalid-id", rejected(of_ids), lambda n: [*words(n), "a" * n + "\x1b"])
    case("of/repeated-ids", of_ids, ["a", "b"].__mul__)
    case("from-requirements", Selector.from_requirements, _requirements, limit=LIMITS.requirements)
    is_in = partial(Requirement, "k", Operator.IN)
    case("requirement/values", is_in, words, limit=LIMITS.values_in_set)
    case("requirement/too-many", rejected(is_in), lambda n: words(n + LIMITS.values_in_set))

    def key(text: str) -> object:
        return Requirement(f"{text}!", Operator.EXISTS)

    def value(text: str) -> object:
        return Requirement("k", Operator.EQUALS, [f"{text}!"])

    def integer(text: str) -> object:
        return Requirement("k", Operator.LESS_THAN, [f"{text}!"])

    for build in (key, value, integer):
        for piece in _PIECES:
            case(f"requirement/{build.__name__}/{piece!a}", rejected(build), piece.__mul__)


def _on_selectors(name: str, call: Callable[[Selector], object]) -> None:
    """Add the cases of what is called with a selector."""
    for kind, template in TEMPLATES.items():
        case(f"{name}/{kind}", call, partial(selector_of, template), limit=LIMITS.requirements)
    case(f"{name}/values", call, lambda n: Selector.parse(_list_of(n)), limit=LIMITS.values_in_set)
    case(f"{name}/ids", call, _ids)


def _on_pairs(name: str, compare: Callable[[Selector, Selector], object]) -> None:
    """Add the cases of what compares two selectors, in both directions."""

    def call(pair: Pair) -> object:
        one, other = pair
        return compare(one, other), compare(other, one)

    for kind, template in TEMPLATES.items():
        case(f"{name}/{kind}", call, partial(_with_half, template), limit=LIMITS.requirements)
    case(f"{name}/values", call, _two_lists, limit=LIMITS.values_in_set)
    case(f"{name}/ids", call, _two_id_lists)


def _call_both(selector: Selector) -> object:
    labels = {each.key: "a" for each in selector.requirements}
    calls = selector.matches, selector.predicate, selector.failure_mask
    return [call(labels, "n") for call in calls]


def _compare_constraints(one: Selector, other: Selector) -> Iterator[object]:
    left, right = constraints_by_key(one.requirements), constraints_by_key(other.requirements)
    for key in left.keys() & right.keys():
        a, b = left[key], right[key]
        yield from (a & b, a <= b, a == b, "a" in a, a.is_empty, hash(a), repr(a), copy.copy(a))


def _match_long_values(text: str, n: int) -> object:
    selector = Selector.parse(text)
    values = "0" * n, "0" * n + "x", "x" * n
    return [(selector.matches({"k": each}), selector.predicate({"k": each})) for each in values]


def _add_operations() -> None:
    for text in ("k", "k=a", "k>5", "k in (a,b)"):
        case(f"matches/{text}", partial(_match_long_values, text), lambda n: n)
    _on_selectors("compile", _call_both)
    _on_selectors(
        "text", lambda selector: (str(selector), repr(selector), repr(selector.requirements))
    )
    _on_selectors("hash", lambda selector: hash(copy.copy(selector)))
    _on_selectors("pickle", lambda selector: pickle.loads(pickle.dumps(selector)) == selector)
    _on_selectors("split", Selector.split)
    _on_selectors("canonical", lambda selector: (selector.canonical, selector.is_satisfiable))
    _on_selectors("redundant", redundant)
    _on_selectors("conflict", conflict)
    _on_selectors("normal-form", normal_form)
    _on_pairs("implies", implies)
    _on_pairs("equivalent", equivalent)
    _on_pairs("disjoint", disjoint)
    _on_pairs("equal", Selector.__eq__)
    _on_pairs("constraints", lambda one, other: list(_compare_constraints(one, other)))
    both = lambda pair: pair[0] & pair[1]  # noqa: E731
    case("and/keys", both, partial(_with_half, "{}"), limit=LIMITS.requirements // 2)
    case("and/ids", both, _two_id_lists)
    case("redundant/ranges", redundant, _ranges, limit=LIMITS.requirements // 2)


def _draw(text: str) -> object:
    problem = Problem("code", text, 1, 1, text, excerpt(text, (len(text) // 2, len(text))), text)
    return list(draw(problem, text, Screen(40))), problem.show(text)


def _add_texts() -> None:
    kinds = {"ascii": "a", "wide": "日", "control": "\x1b", "combining": "e\u0301"}
    for kind, letter in kinds.items():
        build = (letter * 10).__mul__
        case(f"text/printable/{kind}", printable, build)
        case(f"text/width/{kind}", display_width, build)
        case(f"text/quoted/{kind}", quoted, build)
        case(f"text/prefix/{kind}", lambda text: prefix(text, len(text) // 10), build)
        case(f"text/wrap/{kind}", lambda text: list(Screen(20).wrap(text)), build)
        case(f"text/excerpt/{kind}", lambda text: excerpt(text, (len(text) // 2, len(text))), build)
        case(f"text/drawing/{kind}", _draw, build, 20)
        case(f"text/excerpt-of-lines/{kind}", lambda text: excerpt(f"{text}\n" * 9, (9, 99)), build)
    case("text/joined", lambda items: join_limited(items, len(items)), words)


_add_parsing()
_add_constructors()
_add_operations()
_add_texts()
