"""The same questions to nodeselect and to what one would use instead, in this process.

Polars, DuckDB with text and with ENUM columns, SQLite, a comprehension written by hand, and
nodeselect without its index (a test of every node). All answers are compared before anything is
measured. Prints a table a question and writes ``results/inventory_peers.json``.

    python -m benchmarks.inventory_peers [N [ROUNDS]]

Needs the packages ``polars`` and ``duckdb``.
"""

import gc
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Protocol

from benchmarks.by_hand import ByHand
from benchmarks.databases import DuckDB, Polars, SQLite
from benchmarks.fleet import fleet_file
from benchmarks.inventories import fleet_nodes, inventory_of
from benchmarks.questions import Question, questions
from benchmarks.record import machine, print_times, write
from benchmarks.rounds import Timing, each, interleaved
from nodeselect import Inventory, Node, Selector

_NODES = 1_000_000
_LARGE = 1_000_000
_ROUNDS = 7

_FIRST = "nodeselect, never seen"

OURS = "nodeselect"
"""Comes first: the others are compared with it."""


class Peer(Protocol):
    """A library or database that can answer."""

    def asked(self, question: Question) -> Callable[[], object]:
        """Make a question ready: to be called for the answer."""


class Ours:
    """An inventory. A set is worked out by asking it for what is no id, which costs no more."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    def asked(self, question: Question) -> Callable[[], object]:
        """Make a question ready."""
        match, selector = self._inventory.match, question.selector
        ways: dict[str, Callable[[], object]] = {
            "count": lambda: len(match(selector)),
            "set": lambda: None in match(selector),
            "ids": lambda: match(selector).ids(),
            "first": lambda: [node.id for node in match(selector).first(10)],
            "facet": lambda: match(selector).value_counts("zone"),
        }
        return ways[question.wanted]


class NoIndex:
    """A list of nodes, each of which is tested by the selector's predicate."""

    def __init__(self, nodes: list[Node]) -> None:
        self._nodes = nodes

    def asked(self, question: Question) -> Callable[[], object]:
        """Prepare a question."""
        nodes, matches = self._nodes, question.selector.predicate

        def matching() -> Iterator[Node]:
            return (node for node in nodes if matches(node.labels, node.id))

        ways: dict[str, Callable[[], object]] = {
            "count": lambda: sum(1 for _ in matching()),
            "set": lambda: list(matching()),
            "ids": lambda: [node.id for node in matching()],
            "first": lambda: [node.id for node in islice(matching(), 10)],
            "facet": lambda: Counter(
                node.labels["zone"] for node in matching() if "zone" in node.labels
            ),
        }
        return ways[question.wanted]


def main() -> None:
    """Measure, print and write the results."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else _NODES
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else _ROUNDS
    asked = questions(n)
    those, build_s = peers(n)
    rows = compare(those, asked, rounds)
    result = {
        "machine": machine("polars", "duckdb"),
        "nodes": n,
        "build_s": build_s,
        "questions": rows,
    }
    write("inventory_peers", result)


def peers(n: int) -> tuple[dict[str, Peer], dict[str, float]]:
    """Build every peer with the fleet of ``n``; return them, and the seconds for each.

    The time includes generating the nodes, and for DuckDB reading them from a file: it is the cost
    of the script, and does not show which engine loads fastest.
    """
    file = fleet_file(n)
    makers: dict[str, Callable[[], Peer]] = {
        OURS: lambda: Ours(inventory_of(n)),
        "Polars": lambda: Polars(n),
        "DuckDB, ENUM": lambda: DuckDB(file, enum=True),
    }
    if n <= _LARGE:
        makers |= {
            "DuckDB, text": lambda: DuckDB(file, enum=False),
            "SQLite": lambda: SQLite(n),
            "by hand": lambda: ByHand(n),
            "no index": lambda: NoIndex(list(fleet_nodes(n))),
        }
    made: dict[str, Peer] = {}
    seconds: dict[str, float] = {}
    for name, make in makers.items():
        begin = time.perf_counter()
        made[name] = make()
        seconds[name] = round(time.perf_counter() - begin, 2)
    gc.collect()
    gc.freeze()  # millions of dictionaries that stay: nobody's question should look through them
    return made, seconds


def compare(
    those: dict[str, Peer], asked: tuple[Question, ...], rounds: int
) -> list[dict[str, object]]:
    """Ask everybody everything: first for the same answer, then for the time."""
    rows: list[dict[str, object]] = []
    for question in asked:
        hits = _same_answer(those, question)
        calls = {name: peer.asked(question) for name, peer in those.items()}
        times = interleaved(calls, rounds)
        if question.others is not None:
            times[_FIRST] = _first_time(those[OURS], question, question.others())
        print_times(f"{question.name}, {question.wanted}; {hits:,} hits", times)
        rows.append(
            {
                "question": question.name,
                "wanted": question.wanted,
                "hits": hits,
                "times": {name: timing._asdict() for name, timing in times.items()},
            }
        )
    return rows


def _first_time(ours: Peer, question: Question, others: Iterator[Selector]) -> Timing:
    """Match for the first time: nodeselect caches plans, the peers nothing."""
    next(others)  # this one has been used
    return each(
        (ours.asked(question._replace(selector=selector)) for selector in islice(others, 50)),
        lambda ask: ask(),
    )


def _same_answer(those: dict[str, Peer], question: Question) -> int:
    """Make sure that all agree about a question; say how many nodes it takes.

    Of everything, ids are compared only where they are asked for: a million strings take long.
    """
    if question.selector == Selector.everything():
        wanted = [question.wanted]
    else:
        wanted = ["ids", *({question.wanted} - {"ids", "set"})]
    for what in wanted:
        answers = {
            name: peer.asked(question._replace(wanted=what))() for name, peer in those.items()
        }
        for name, answer in answers.items():
            assert answer == answers[OURS], f"{name} answers {question.name} ({what}) otherwise"
    count = those[OURS].asked(question._replace(wanted="count"))()
    assert isinstance(count, int)
    return count


if __name__ == "__main__":
    main()
