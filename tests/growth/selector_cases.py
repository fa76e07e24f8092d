"""Selectors of many requirements, values or ids, valid and invalid; what compares them; texts."""

import pickle
from collections.abc import Callable
from functools import partial

from nodeselect.limits import LIMITS
from nodeselect.problem import excerpt
from nodeselect.render.screen import Screen
from nodeselect.selectors import (
    Operator,
    Requirement,
    Selector,
    conflict,
    disjoint,
    equivalent,
    implies,
    pod_spec_from_selectors,
    redundant,
    selectors_from_pod_spec,
)
from nodeselect.text import display_width, prefix, printable, quoted
from tests.growth.cases import case, rejected, words

# Requirements on many keys, and many requirements on one key.
_TEMPLATES = ("{}", "!{}", "{} in (a,b)", "{}>5", "k!={}", "k={}")

# What is repeated to make a text that is long and invalid.
_PIECES = (*"(!=,>|", "a ", "x in (", "not ", "a/", "${a", "{{a}", "é", "x=a b,", "a" * 20)

_TERMS = ("has(a)&&", "!a in {'b','c'}&&", "((a=='b')||", '{a="b",', "${meta.a} = b,", "{a=~'b|")


def text_of(template: str, n: int) -> str:
    return ",".join(map(template.format, words(n)))


def selector_of(template: str, n: int) -> Selector:
    return Selector.parse(text_of(template, n))


def selector_of_values(n: int) -> Selector:
    return Selector.parse(f"k in ({','.join(words(n))})")


def _selector_of_ids(n: int) -> Selector:
    return Selector.of(match_ids=words(n))


def _use(selector: Selector) -> object:
    """Test a node, and show, copy, split and simplify a selector."""
    labels = {requirement.key: "a" for requirement in selector.requirements}
    copied = pickle.loads(pickle.dumps(selector))
    return (
        *(selector.matches(labels, "n"), selector.predicate(labels, "n")),
        *(str(selector), repr(selector), copied == selector, hash(copied), selector.split()),
        *(selector.canonical, redundant(selector), conflict(selector)),
    )


def _two(build: Callable[[int], Selector], n: int) -> tuple[Selector, Selector]:
    return build(n), build(n)


def _compare(selectors: tuple[Selector, Selector]) -> object:
    one, other = selectors
    both = one & other
    return [(test(one, both), test(both, one)) for test in (implies, equivalent, disjoint)]


def _add_selectors() -> None:
    kinds: dict[str, Callable[[int], Selector]] = {
        "values": selector_of_values,
        "ids": _selector_of_ids,
        **{template: partial(selector_of, template) for template in _TEMPLATES},
    }
    for name, build in kinds.items():
        case(f"selector/{name}", _use, build)
        case(f"compare/{name}", _compare, partial(_two, build), 25)
    for template in _TEMPLATES:
        case(f"parse/{template}", Selector.parse, partial(text_of, template))

    def repeated(piece: str, n: int) -> str:
        return f"{words(1)[0]},{piece * n}=!"

    for piece in _PIECES:
        case(f"parse-invalid/{piece!a}", rejected(Selector.parse), partial(repeated, piece), 100)
    for piece in _TERMS:
        case(f"parse-invalid/{piece!a}", rejected(Selector.parse), piece.__mul__)
    case("parse/too-long", rejected(Selector.parse), lambda n: "a" * (LIMITS.selector_text + n))
    requirement = partial(Requirement, "k", Operator.IN)
    case("requirement/too-many", rejected(requirement), lambda n: words(n + LIMITS.values_in_set))


def _pod_spec(n: int) -> dict[str, object]:
    terms = [{"matchExpressions": [{"key": word, "operator": "Exists"}]} for word in words(n)]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {"affinity": {"nodeAffinity": required}}


def _convert(pod_spec: dict[str, object]) -> object:
    return pod_spec_from_selectors(selectors_from_pod_spec(pod_spec))


def _show_text(text: str) -> object:
    middle = len(text) // 2
    return (
        *(printable(text), display_width(text), quoted(text), prefix(text, middle)),
        *(list(Screen(20).wrap(text)), excerpt(text, (middle, len(text)))),
    )


_add_selectors()
case("pod-spec", _convert, _pod_spec)
for _letter in ("a", "日", "\x1b", "e\u0301"):
    case(f"text/{_letter!a}", _show_text, (_letter * 10).__mul__)
