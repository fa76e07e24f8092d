"""Random selectors, labels and texts, from small pools so that they often meet."""

import itertools
import re
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from nodeselect import Inventory, Node, Taint
from nodeselect.index.tuning import Tuning
from nodeselect.node import CORDON
from nodeselect.quantity import MAX_AMOUNT
from nodeselect.selectors import AnyOf, Operator, Requirement, Selector
from nodeselect.selectors.requirement import ID_KEY, exclude_ids
from tests.inventory.small import tuned

# Two of the keys are also operators.
KEYS = ("in", "notin", "x", "a/b")

# Values that a selector can contain.
VALUES = ("", "a", "A", "in", "5", "007", "7", "1_0", "9223372036854775807", "a-b.c")

# Integers that a selector can contain.
BOUNDS = ("0", "5", "6", "7", "007", "9223372036854775806", "9223372036854775807")

# Values that a node can have.
LABEL_VALUES = (
    *VALUES,
    "-1",
    "+5",
    "-0",
    "6",
    " 2",
    "2 ",
    "٣",
    "0x7",
    "5.0",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "GPU-0: NVIDIA GeForce RTX 3090",
)

IDS = ("n-1", "n-2", "N-1", "n-10")

SPACES = st.text(" \t\r\n", max_size=3)
TOKEN = re.compile(r"[^ \t\r\n(),!=><]+|==|!=|[(),!=><]")
WORD = re.compile(r"[^ \t\r\n(),!=><]+")


@st.composite
def requirements(draw: st.DrawFn, keys: tuple[str, ...] = KEYS) -> Requirement:
    """Draw a requirement on one of ``keys``."""
    key = draw(st.sampled_from(keys))
    operator = draw(st.sampled_from(Operator))
    if operator.arity == "none":
        return Requirement(key, operator)
    if operator.arity == "many":
        return Requirement(key, operator, draw(st.lists(st.sampled_from(VALUES), min_size=1)))
    if operator.is_comparison:
        return Requirement(key, operator, [draw(st.sampled_from(BOUNDS))])
    value = draw(st.sampled_from(VALUES))
    spelling = "==" if operator is Operator.EQUALS and draw(st.booleans()) else None
    return Requirement(key, operator, [value], spelling=spelling)


def texts(keys: tuple[str, ...] = KEYS, max_size: int = 6) -> st.SearchStrategy[str]:
    """Return texts of valid selectors, with requirements in random order."""
    return st.lists(requirements(keys), max_size=max_size).map(
        lambda drawn: ",".join(map(str, drawn))
    )


@st.composite
def selectors(draw: st.DrawFn, known: Sequence[str] = IDS, max_size: int = 6) -> Selector:
    """Draw a selector with or without ids, or excluded ids, or the one that matches nothing."""
    selector = Selector.parse(draw(texts(max_size=max_size)))
    if draw(st.integers(0, 3)) == 0:
        excluded = exclude_ids(draw(st.lists(st.sampled_from(known), min_size=1, max_size=3)))
        selector &= Selector.from_requirements(excluded)
    ids = draw(st.none() | st.lists(st.sampled_from(known), max_size=len(known) // 3 + 2))
    if ids is None:
        return selector
    return selector & (Selector.of(match_ids=ids) if ids else Selector.nothing())


def any_ofs(known: Sequence[str] = IDS, max_size: int = 6) -> st.SearchStrategy[AnyOf]:
    """Return OR-combinations of none to four selectors, some of which share conditions."""
    one = selectors(known, max_size)
    alternatives = st.lists(one, max_size=4).map(AnyOf)
    return alternatives | st.builds(AnyOf.__and__, alternatives, one)


def labels() -> st.SearchStrategy[dict[str, str]]:
    """Return labels of a node, many of which :func:`selectors` require."""
    of_selectors = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(LABEL_VALUES) | st.text())
    # The key that selectors use for ids means nothing among the labels of a node.
    forged: st.SearchStrategy[dict[str, str]] = st.sampled_from(({}, {}, {ID_KEY: "n-1"}))
    return st.builds(dict.__or__, of_selectors, forged)


def node_ids() -> st.SearchStrategy[str | None]:
    """Return the id of a node, or None."""
    return st.none() | st.sampled_from(IDS)


TAINTS = (
    Taint("gpu", "NoSchedule"),
    Taint("gpu", "NoSchedule", "x=1\n"),
    Taint("\ud800", "NoExecute"),
    CORDON,
)
AMOUNTS = (1, 2, 500, 2**32, MAX_AMOUNT)
RESOURCES = ("cpu", "memory", "example.com/gpu")


def facts() -> st.SearchStrategy[dict[str, Any]]:
    """Return the taints and the resources of a node, each perhaps unknown."""
    taints = st.lists(st.sampled_from(TAINTS), max_size=2)
    resources = st.dictionaries(st.sampled_from(RESOURCES), st.sampled_from(AMOUNTS), max_size=3)
    return st.fixed_dictionaries({"taints": st.none() | taints, "resources": st.none() | resources})


def fleets(
    nodes: st.SearchStrategy[Node], min_size: int = 0, max_size: int = 10
) -> st.SearchStrategy[list[Node]]:
    """Return nodes with different ids."""
    return st.lists(nodes, min_size=min_size, max_size=max_size, unique_by=lambda node: node.id)


@st.composite
def inventories(
    draw: st.DrawFn, nodes: st.SearchStrategy[Node], tunings: tuple[Tuning, ...], max_size: int = 10
) -> Inventory:
    """Draw an inventory that has changed since it was made, compacted or not."""
    inventory = tuned(draw(st.sampled_from(tunings)))(
        draw(fleets(nodes, max_size=max_size)), compact_at=None
    )
    for _ in range(draw(st.integers(0, 2))):
        inventory.apply(draw(fleets(nodes, max_size=5)))
        there = inventory.ids()
        if there:
            inventory.apply(draw(st.lists(st.sampled_from(there), unique=True, max_size=4)))
        if draw(st.booleans()):
            inventory.compact()
    return inventory


@st.composite
def spaced(draw: st.DrawFn, text: str) -> str:
    """Draw ``text`` with random white space around each token."""
    tokens = TOKEN.findall(text)
    pieces = [draw(SPACES)]
    for token, following in itertools.zip_longest(tokens, tokens[1:], fillvalue=""):
        between = draw(SPACES)
        if WORD.match(token) and WORD.match(following):
            between = between or " "
        pieces += [token, between]
    return "".join(pieces)


def json_values(
    leaves: st.SearchStrategy[Any], keys: st.SearchStrategy[str], max_leaves: int
) -> st.SearchStrategy[Any]:
    """Return values of JSON: null, booleans, other leaves, and small lists and objects of these."""
    return st.recursive(
        st.none() | st.booleans() | leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=max_leaves,
    )


STRANGE = (
    *("in", "notin", "x", "a/b", "=", "==", "!=", "!", "(", ")", ",", ">", "<", " ", "\t", "\n"),
    *("\r\n", "'a'", '"', "||", "&&", "not", "or", "and", "gt", "ge", "exists", "IN", "NotIn"),
    *("${X}", "${", "{{.x}}", "{{ .x }}", "<X>", "$X", "*", ".*", "^a$", "~", ";", ":", "x:a"),
    *("[a]", "{a}", "[", "é", "日本", "e\u0301", "\u00a0", "\u200b", "\u202e", "\ufeff", "\u2028"),
    *("\x00", "\x1b[31m", "\x85", "\x0b", "\x7f", "\ud800", "\U0001f600", "-1", "5", "a/b/c"),
    *("/a", "a/", "-a", "A.b/c", "9" * 20, "a" * 64, "b" * 254 + "/c", "٣", "absent", "%a%"),
)


def soups() -> st.SearchStrategy[str]:
    """Return tokens, foreign words and strange characters in any order."""
    return st.lists(st.sampled_from(STRANGE), max_size=12).map("".join)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Draw a valid selector with a few pieces replaced, removed or inserted."""
    text = draw(texts().flatmap(spaced))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(start + 3, len(text))))
        text = text[:start] + draw(st.sampled_from(("", *STRANGE))) + text[end:]
    return text


def any_texts() -> st.SearchStrategy[str]:
    """Return any texts, most of them nearly valid, with surrogates."""
    any_character = st.characters(exclude_categories=())
    return st.text() | st.text(any_character) | soups() | mutated()
