"""How costs grow: with the nodes, with the requirements, with the size of the answer.

Writes ``results/growth.json``, of which ``draw_growth.py`` makes the pictures of the documentation.

    python -m benchmarks.growth [N ...]

Without arguments 1,000 to 1,000,000 nodes. Requirements and answers are measured on the largest
fleet of these that has up to a million. 10,000,000 takes some ten minutes and 12 GB more; there
only Polars and DuckDB with ENUM columns are peers.
"""

import sys
import time
from collections.abc import Callable

from benchmarks.inventories import changed_nodes, fleet_nodes, inventory_of, with_changes
from benchmarks.inventory_peers import Ours, compare, peers
from benchmarks.questions import SELECTORS, Question, five_never_seen, lists_of_racks, questions
from benchmarks.record import duration, machine, print_table, write
from benchmarks.rounds import Timing, each, interleaved
from nodeselect import Inventory, Selector

_SIZES = (1_000, 10_000, 100_000, 1_000_000)
_LARGE = 1_000_000
_ROUNDS = 7
# Selectors that are matched once.
_ONCE = 50

# From few hits to many.
_ANSWERS = {
    "rack=rack-1234": "one rack",
    "gpu,region=us-east,tier=free": "gpu, region and tier",
    "region=us-east,tier=premium": "region and tier",
    "region=us-east": "region",
    "tier=premium": "tier",
    "environment!=prod": "not one environment",
}


def main() -> None:
    """Measure, print and write the results."""
    sizes = sorted(map(int, sys.argv[1:])) or list(_SIZES)
    rows = [_size(n) for n in sizes]
    largest = max(n for n in sizes if n <= _LARGE)
    inventory = inventory_of(largest)
    result = {
        "machine": machine("polars", "duckdb"),
        "nodes": rows,
        "of": largest,
        "requirements": _requirements(inventory),
        "answers": _answers(inventory),
    }
    write("growth", result)


def _size(n: int) -> dict[str, object]:
    """Measure a fleet of ``n``: nodeselect alone, then beside the peers."""
    print(f"\n## {n:,} nodes")
    row: dict[str, object] = {"nodes": n}
    if n <= _LARGE:  # more nodes as objects are too many for a small machine
        row["build_s"] = _build_seconds(n)
    row["times"] = {name: timing._asdict() for name, timing in _times(n).items()}
    those, _ = peers(n)
    asked = [
        question
        for question in questions(n)
        if question.name == "five" and question.wanted in {"count", "ids"}
    ]
    row["peers"] = compare(those, tuple(asked), _ROUNDS)
    return row


def _build_seconds(n: int) -> float:
    fleet = list(fleet_nodes(n))
    begin = time.perf_counter()
    Inventory(fleet)
    taken = time.perf_counter() - begin
    print(f"\nbuilt in {taken:.3g} s")
    return round(taken, 4)


def _times(n: int) -> dict[str, Timing]:
    inventory = inventory_of(n)
    calls = {f"{name}, set": _set_of(inventory, selector) for name, selector in SELECTORS.items()}
    five, negation = SELECTORS["five"], SELECTORS["negation alone"]
    calls["five, count"] = lambda: len(inventory.match(five))
    calls["five, ids"] = lambda: inventory.match(five).ids()
    calls["five, first ten"] = lambda: inventory.match(five).first(10)
    calls["negation alone, first ten"] = lambda: inventory.match(negation).first(10)
    times = interleaved(calls, _ROUNDS)
    for number in (100, 1_000):
        times[f"{number:,} racks, never seen"] = _each(inventory, lists_of_racks(number).__next__)
    times["five, never seen"] = _each(inventory, five_never_seen("growth").__next__)
    changes = changed_nodes(inventory, n, min(n, 2_000))
    times["upsert"] = each(changes, inventory.upsert)
    inventory.compact()
    changed = with_changes(inventory, n)
    call = _set_of(changed, five)
    times["five, set, most changes"] = interleaved({"": call}, _ROUNDS)[""]
    print_table(
        (f"{n:,} nodes", "median", "quartiles"),
        [
            (
                name,
                duration(timing.median_us),
                f"{duration(timing.q1_us)} - {duration(timing.q3_us)}",
            )
            for name, timing in times.items()
        ],
    )
    return times


def _requirements(inventory: Inventory) -> list[dict[str, object]]:
    """Ask one equality, two, and so on up to ten, in the order in which they were written."""
    labels = next(iter(inventory)).labels
    pairs = [f"{key}={value}" for key, value in labels.items() if key not in {"gpu", "debug"}]
    selectors = [Selector.parse(",".join(pairs[: number + 1])) for number in range(len(pairs))]
    calls = {
        str(number): _set_of(inventory, selector) for number, selector in enumerate(selectors, 1)
    }
    times = interleaved(calls, _ROUNDS)
    return [
        {
            "requirements": number,
            "hits": len(inventory.match(selector)),
            "set": times[str(number)]._asdict(),
        }
        for number, selector in enumerate(selectors, 1)
    ]


def _answers(inventory: Inventory) -> list[dict[str, object]]:
    """Ask for few nodes and for many: the set, all ids, the first ten."""
    rows: list[dict[str, object]] = []
    for text, name in _ANSWERS.items():
        question = Question(name, Selector.parse(text), "set")
        ours = Ours(inventory)
        calls = {
            wanted: ours.asked(question._replace(wanted=wanted))
            for wanted in ("set", "ids", "first")
        }
        times = {wanted: timing._asdict() for wanted, timing in interleaved(calls, _ROUNDS).items()}
        rows.append({"question": name, "hits": len(inventory.match(question.selector)), **times})
    return rows


def _set_of(inventory: Inventory, selector: Selector) -> Callable[[], object]:
    match = inventory.match
    return lambda: None in match(selector)


def _each(inventory: Inventory, another: Callable[[], Selector]) -> Timing:
    some = [another() for _ in range(_ONCE)]
    return each(some, lambda selector: None in inventory.match(selector))


if __name__ == "__main__":
    main()
