"""Nodes and selectors for every engine: the vectors of Kubernetes, edges, and random ones.

An engine answers many selectors as columns of one query over all rows, not as conditions of a WHERE
clause, so that an unknown answer (NULL) is seen too: it is wrong.
"""

import itertools
import os
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from nodeselect import AnyOf, Selector
from nodeselect.selectors.requirement import ID_KEY, exclude_ids
from tests.conformance.vectors import VECTORS
from tests.thoroughness import at_desk

SELECTORS_IN_QUERY = 40

_Case = TypeVar("_Case")

_KEYS = ["a", "A", "b", "a.b", "a.b/c", "a-b", "a_b", "0", "gpu", "k8s.io/5", "zone", "in"]

COLUMNS = {
    "a": "a",
    "A": 'in "quotes"',
    "b": "back`tick``s",
    "a.b": "a.b",
    "a.b/c": "back\\slash\\",
    "a-b": "it's ? %s :id $1 {0}",
    "gpu": "line\nfeed -- /*",
    "in": "select",
    "x": "x",
    "rack": "Rack",
    "memory_gb": "memory",
    "missing": "has no values",
}
"""The labels that have a column of their own, beside one of all labels: the column by the key.

No two names are equal where case is ignored. No selector and no node has the key ``missing``.
"""

# Keys of nodes for which no selector can ask.
_OTHER_KEYS = [
    "", " ", "a b", "a'b", 'a"b', "a\\b", "a/b/c", "a.", ".a", "$", '$."a"', "[0]", "*", "%", "é",
    "ключ", "a\n", "c", "name", ID_KEY,
]  # fmt: skip

_VALUES = [
    "", "a", "A", "b", "a.b", "a_b", "axb", "a-b", "true", "null", "1", "01", "1.0", "1e3", "1_000",
    "12abc", "0x10", "5", "007", "9223372036854775807", "9223372036854775808",
]  # fmt: skip

_OTHER_VALUES = [
    # Integers,
    "+5", "-5", "-0", "+0", "0", "00", "6", "-9223372036854775807", "-9223372036854775808",
    "9223372036854775806", "+9223372036854775807", "0" * 300 + "7", "+" + "0" * 30 + "6",
    "-" + "0" * 20 + "9223372036854775808", "9" * 18, "1" + "0" * 18,
    # what looks like one, or is one to a cast,
    " 5", "5 ", "\t5", "5\n", "\n5", "5\r", "5\r\n", "\u00a05", "5\u2028", "5\n5", "1.9", "1.",
    ".5", "5.0", "5e0", "٣", "５", "²", "𝟝", "-", "+", "--5", "+-5", "- 5", "5-", "NaN", "inf",
    "Infinity", "5'", "0b1", "0o7", "1,000", "0-0",
    "5\u200b",
    # one that does not fit,
    "-9223372036854775809", "10000000000000000000", "99999999999999999999",
    "-99999999999999999999", "18446744073709551621", "-18446744073709551611",
    "170141183460469231731687303715884105733", "9" * 38, "9" * 39, "1" * 400,
    # what a collation confuses with another,
    "a ", " a", "a\n", "ａ", "á", "a\u0301", "A\u0301", "a\u200b", "B", "é", "e\u0301", "É", "ß",
    "ss", "İ", "i", "I", "ı", "ﬁ", "fi", "AXB", "A.B", "TRUE", "NULL",
    # and what a statement could contain.
    "%", "a%", "_", "a'b", 'a"b', "a`b", "a\\", "\\", "'", '"', "a'; DROP TABLE nodes; --", "/*",
    "${a}", "{0}", ":id", "?", "%s", "$1", "日本", "\U0001f600", "x" * 5000,
]  # fmt: skip

_WITH_NUL = ["\0", "a\0", "\0a", "a\0b", "5\0", "\x005", "5\x005", "5\0x"]

_IDS = [
    "n-1", "N-1", "n-1 ", " n-1", "é-1", "e\u0301-1", "ß", "ss", "", "007", "7", "NULL",
    "'", 'n"1', '"', "n`1", "n\\1", "n\\", "\\'", "n\\\\'1", "x'; DROP TABLE nodes; --",
    "x' OR '1'='1", "x') OR 1=1 --", "\\' OR 1=1 --", "n--1", "/*n*/", "n;1", "n%", "%s", "%(id)s",
    "n_1", ":id", "?", "??", "$1", "$$n$$", "{0}", "${n}", "@id", "#n", "E'n'", "X'6e'", "n\n1",
    "n\t1", "日本", "\U0001f600",
]  # fmt: skip

_BOUNDS = ["0", "1", "4", "5", "007", "9223372036854775806", "9223372036854775807"]

_EDGES = [
    "a=b,a=c", "a,!a", "a>5,a<6", "a>4,a<6", "a>9223372036854775807", "a>9223372036854775806",
    "a<9223372036854775807", "a<0", "a>0", "a!=a,a!=b,a", "a=", "a!=", "a in (,a)", "a notin (,a)",
    "missing", "!missing", "missing>5", "missing notin (a)", "missing=",
]  # fmt: skip


class Row(NamedTuple):
    """A node as an engine stores it; None is NULL."""

    id: str | None
    labels: Mapping[str, str | None] | None

    @property
    def present(self) -> dict[str, str]:
        """The labels that are not NULL."""
        labels = self.labels or {}
        return {key: value for key, value in labels.items() if value is not None}


class Verdicts(NamedTuple):
    """How many answers were compared with those of ``Selector.matches``, and which are wrong."""

    compared: int
    wrong: list[str]


def fleet(size: int, seed: int = 0) -> list[Row]:
    """Return rows with unique ids: those for the vectors and the edges, and ``size`` random ones.

    The rows whose ids are edges have random labels.

    Rows with a NUL are among them: see :func:`without_nul`.
    """
    drawn = random.Random(seed)
    labels: list[Mapping[str, str | None] | None] = [None, None, {}, dict.fromkeys(_KEYS)]
    seen = {tuple(sorted(each.items())): each for vector in VECTORS for each in vector.labels}
    labels += seen.values()
    values = [*_VALUES, *_OTHER_VALUES]
    labels += ({"a": each, "a.b/c": each, "gpu": ""} for each in [*values, *_WITH_NUL])
    labels += ({key: "a"} for key in [*_KEYS, *_OTHER_KEYS, "a\0"])
    ids: list[str | None] = [None, *(f"node-{at}" for at in range(len(labels) - 1)), *_IDS]
    ids += (f"random-{at}" for at in range(size))
    while len(labels) < len(ids):
        chosen: dict[str, str | None] = {}
        for _ in range(drawn.choice([1, 2, 3, 5, 8])):
            key = drawn.choice(_KEYS if drawn.random() < 0.9 else _OTHER_KEYS)
            chosen[key] = drawn.choice(values if drawn.random() < 0.5 else _VALUES)
        labels.append(chosen)
    return [Row(node_id, each) for node_id, each in zip(ids, labels, strict=True)]


def without_nul(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that an engine can store whose texts have no NUL."""
    return [row for row in rows if "\0" not in "".join(itertools.chain(*row.present.items()))]


def selectors(count: int, seed: int = 0) -> list[Selector | AnyOf]:
    """Return the selectors of the vectors, those of the edges, and ``count`` random ones."""
    texts = [vector.selector for vector in VECTORS if vector.accepted]
    edges: list[Selector | AnyOf] = [Selector.everything(), Selector.nothing()]
    edges += map(Selector.parse, [*texts, *_EDGES])
    ids = [node_id for node_id in _IDS if node_id.isprintable() and node_id]
    edges += (Selector.of(match_ids=[node_id]) for node_id in [*ids, "none has this"])
    edges += [Selector.of(match_ids=ids), Selector.of(match_ids=ids, match_expressions=["!a"])]
    edges += [Selector.from_requirements(exclude_ids(each)) for each in (ids[:1], ids)]
    drawn = random.Random(seed)
    edges += [AnyOf([]), AnyOf(each for each in edges[2:] if each.is_satisfiable), AnyOf(edges[:2])]
    edges += [AnyOf(map(Selector.parse, texts)) for texts in (["a=b,a=c", "a>5,a<6"], ["a", "!a"])]
    return [*edges, *(_random_condition(drawn, ids) for _ in range(count))]


def sample(every: Sequence[_Case], step: int) -> Sequence[_Case]:
    """Return one of ``step`` cases, at a desk fewer.

    By hand, with ``ALL_CASES`` in the environment, it returns all of them.
    """
    return every if "ALL_CASES" in os.environ else every[:: at_desk(3 * step, ci=step)]


def _random_condition(drawn: random.Random, ids: Sequence[str]) -> Selector | AnyOf:
    if drawn.random() < 0.8:
        return _random_selector(drawn, ids)
    alternatives = AnyOf(_random_selector(drawn, ids) for _ in range(drawn.choice([1, 2, 2, 4])))
    shared = Selector.parse(_expression(drawn)) if drawn.random() < 0.3 else Selector.everything()
    return alternatives & shared


def _random_selector(drawn: random.Random, ids: Sequence[str]) -> Selector:
    expressions = [_expression(drawn) for _ in range(drawn.choice([1, 1, 1, 2, 2, 3, 5]))]
    with_ids = drawn.random() < 0.1
    match_ids = drawn.sample(ids, drawn.choice([1, 2, 5])) if with_ids else None
    selector = Selector.of(match_expressions=expressions, match_ids=match_ids)
    if drawn.random() < 0.1:
        selector &= Selector.from_requirements(exclude_ids(drawn.sample(ids, drawn.choice([1, 5]))))
    return selector


def _expression(drawn: random.Random) -> str:
    key = drawn.choice(_KEYS[:7] if drawn.random() < 0.7 else _KEYS)
    operator = drawn.choice(["", "!", "=", "!=", "in", "notin", "in", "notin", "<", ">", "<", ">"])
    if operator in ("", "!"):
        return operator + key
    if operator in ("<", ">"):
        return f"{key}{operator}{drawn.choice(_BOUNDS)}"
    if operator in ("=", "!="):
        return f"{key}{operator}{drawn.choice(_VALUES)}"
    values = drawn.choices(_VALUES, k=drawn.choice([1, 2, 4, 20]))
    return f"{key} {operator} ({','.join(values)})"


def check(
    selectors: Sequence[Selector | AnyOf],
    rows: Sequence[Row],
    ask: Callable[[Sequence[Selector | AnyOf]], Iterable[Sequence[object]]],
) -> Verdicts:
    """Compare the answers of an engine with those of ``Selector.matches``.

    :param ask: returns for each row, in their order, the answer to each selector.
    """
    nodes = [(row.present, row.id) for row in rows]
    compared, wrong = 0, []
    for start in range(0, len(selectors), SELECTORS_IN_QUERY):
        chosen = selectors[start : start + SELECTORS_IN_QUERY]
        for (labels, node_id), answers in zip(nodes, ask(chosen), strict=True):
            for selector, answer in zip(chosen, answers, strict=True):
                compared += 1
                if answer is None or answer != selector.matches(labels, node_id):
                    wrong.append(f"{selector} on {str(labels)[:200]} of {node_id!r}: {answer}")
    return Verdicts(compared, wrong)
