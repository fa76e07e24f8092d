"""The queries: selectors of every kind, and what is read of their answers.

``SELECTORS`` are those that stay the same; those that no inventory has seen yet are made in any
number by the functions, each another one.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import NamedTuple

from benchmarks.fleet import FIVE
from nodeselect import Selector

SELECTORS: dict[str, Selector] = {
    "five": Selector.parse(FIVE),
    "one rack": Selector.parse("rack=rack-1234"),
    "negation alone": Selector.parse("environment!=prod"),
    "everything": Selector.everything(),
    "contradiction": Selector.parse("tier=premium,tier=free"),
    "no such value": Selector.parse("rack=rack-9999,tier=free"),
    "team and version": Selector.parse("team=team-07,version=2.3.1"),
    "region and tier": Selector.parse("region=us-east,tier=premium"),
    "ten equalities": Selector.parse(
        "region=us-east,zone=us-easta,tier=premium,environment=prod,instance-type=c6i.large,"
        "os=linux,arch=amd64,rack=rack-1234,team=team-07,version=2.3.1"
    ),
    "eight equalities": Selector.parse(
        "region=us-east,zone=us-easta,tier=premium,environment=prod,os=linux,arch=amd64,"
        "team=team-07,version=2.3.1"
    ),
}
"""By name, in the order of tables."""


class Question(NamedTuple):
    """A selector, and what is read of its answer."""

    name: str
    """What a table calls the selector."""
    selector: Selector
    wanted: str
    """``count``, ``set``, ``ids``, ``first`` (the first ten ids) or ``facet`` (by zone)."""
    others: Callable[[], Iterator[Selector]] | None = None
    """Returns more selectors of the kind, if it matters whether one was used before."""


def lists_of_racks(number: int) -> Iterator[Selector]:
    """Yield selectors ``rack in (…)`` with this number of racks, all different."""
    for first in range(2_000):
        racks = [f"rack-{(7 * first + at) % 2_000:04d}" for at in range(number)]
        yield Selector.parse(f"rack in ({','.join(racks)})")


def some_ids(number: int, n: int, at: int = 0) -> Selector:
    """Return a selector of two labels and ``number`` ids, spread over a fleet of ``n``."""
    step = max(1, n // number)
    ids = [f"node-{(at + step * place) % n:07d}" for place in range(min(number, n))]
    return Selector.of(match_ids=ids, match_expressions=["tier in (premium,standard)", "!debug"])


def ids_never_seen(number: int, n: int) -> Iterator[Selector]:
    """Return selectors such as ``some_ids``, each of other ids, as long as there are others."""
    return (some_ids(number, n, at) for at in range(max(1, n // number)))


def five_never_seen(word: str) -> Iterator[Selector]:
    """Return selectors of five requirements that differ from ``FIVE`` in the excluded value.

    Another word gives others.
    """
    return (Selector.parse(FIVE.replace("prod", f"{word}-{number}")) for number in count())


def questions(n: int) -> tuple[Question, ...]:
    """Return the queries for all peers, for a fleet of ``n`` nodes."""
    wanted = {
        "five": ("count", "set", "ids", "first", "facet"),
        "one rack": ("set", "ids"),
        "negation alone": ("count", "set", "first"),
        "everything": ("count", "first"),
        "contradiction": ("count",),
        "team and version": ("set", "ids"),
        "region and tier": ("set",),
        "ten equalities": ("set",),
    }
    return (
        *(Question(name, SELECTORS[name], what) for name, many in wanted.items() for what in many),
        _one_of("100 racks", "set", partial(lists_of_racks, 100)),
        _one_of("1,000 racks", "set", partial(lists_of_racks, 1_000)),
        _one_of("1,000 ids and labels", "ids", partial(ids_never_seen, 1_000, n)),
    )


def _one_of(name: str, wanted: str, kind: Callable[[], Iterator[Selector]]) -> Question:
    return Question(name, next(kind()), wanted, kind)
