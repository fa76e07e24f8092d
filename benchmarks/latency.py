"""Latency of a reader beside a busy writer, at a million nodes.

One thread reads as fast as it can and times every single answer; another one changes a label of one
node after the other as fast as it can. There are as many changes since the last compaction alone as
beside the writer: alone, the reader is timed at several shares of changes from none to the most;
beside the writer they grow from none to the most, again and again.

- *alone*: nobody writes.
- *after a write*: one thread writes once, untimed, then reads once. So every answer is of a moment
  that nobody has asked before, and no thread takes the interpreter away.
- *beside a writer*: two threads; between the turns of the writer the changes are compacted, and
  nobody reads meanwhile.
- *the same, shorter turns*: the interpreter lets a thread run for half a millisecond, not five,
  before another one has its turn (``sys.setswitchinterval``).
- *beside a writer that compacts*: as an inventory does by itself; the reader reads on.

Prints a table and writes ``results/latency.json``.

    python -m benchmarks.latency [N [SECONDS]]
"""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, cycle
from threading import Event, Thread

from benchmarks.inventories import LARGEST, changed_again, changed_nodes, inventory_of
from benchmarks.questions import SELECTORS
from benchmarks.record import duration, machine, print_table, write
from nodeselect import Inventory, Node

_NODES = 1_000_000
_SECONDS = 5.0
# Shares of changes at which a reader is timed alone.
_SHARES = 9

_TURN = sys.getswitchinterval()
# Seconds that a thread may run while another one waits.
_SHORT_TURN = 0.000_5

Ask = Callable[[], object]


def main() -> None:
    """Measure, print and write the results."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else _NODES
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else _SECONDS
    inventory = inventory_of(n)
    some = changed_nodes(inventory, n, int(LARGEST * n))
    changes = cycle([some, changed_again(some)])
    five = SELECTORS["five"]
    rows: list[dict[str, object]] = []
    for wanted, ask in (
        ("set", lambda: None in inventory.match(five)),
        ("ids", lambda: inventory.match(five).ids()),
    ):
        alone = _figures(wanted, "alone", _alone(inventory, next(changes), ask, seconds))
        after = _figures(wanted, "after a write", _after_writes(inventory, next(changes), ask))
        beside = _figures(wanted, "beside a writer", *_beside(inventory, changes, ask, seconds))
        sys.setswitchinterval(_SHORT_TURN)
        shorter = _figures(wanted, "shorter turns", *_beside(inventory, changes, ask, seconds))
        sys.setswitchinterval(_TURN)
        rows += [alone, after, beside, shorter]
    compacting = Inventory(inventory)  # with the share that an inventory compacts at by itself
    for wanted, ask in (
        ("set", lambda: None in compacting.match(five)),
        ("ids", lambda: compacting.match(five).ids()),
    ):
        taken, writes = _beside_compactions(compacting, changes, ask, seconds)
        rows.append(_figures(wanted, "beside a writer that compacts", taken, writes))
    _print(rows)
    write("latency", {"machine": machine(), "nodes": n, "seconds": seconds, "answers": rows})


def _alone(inventory: Inventory, changes: list[Node], ask: Ask, seconds: float) -> list[int]:
    """Read at every share of changes for the same time."""
    inventory.compact()
    taken: list[int] = []
    done = 0
    for number in range(_SHARES):
        upto = len(changes) * number // (_SHARES - 1)
        for node in changes[done:upto]:
            inventory.upsert(node)
        done = upto
        ask()  # the first query after a write does more work; that is "after a write"
        taken += _read(ask, _after(seconds / _SHARES))
    return taken


def _after_writes(inventory: Inventory, changes: list[Node], ask: Ask) -> list[int]:
    """Write and read in turn, in one thread, from no changes to the most; some reads timed."""
    inventory.compact()
    taken = []
    for number, node in enumerate(changes):
        inventory.upsert(node)
        if number % 10 == 0:
            begin = time.perf_counter_ns()
            ask()
            taken.append(time.perf_counter_ns() - begin)
    return taken


def _beside(
    inventory: Inventory, changes: Iterator[list[Node]], ask: Ask, seconds: float
) -> tuple[list[int], float]:
    """Read while another thread makes all changes; as often as the time allows."""
    taken: list[int] = []
    written, spent = 0, 0.0
    while spent < seconds:
        inventory.compact()
        ended = Event()
        some = next(changes)
        writer = Thread(target=_write_all, args=(inventory, some, ended))
        begin = time.perf_counter()
        writer.start()
        taken += _read(ask, ended.is_set)
        spent += time.perf_counter() - begin
        writer.join()
        written += len(some)
    return taken, written / spent


def _beside_compactions(
    inventory: Inventory, changes: Iterator[list[Node]], ask: Ask, seconds: float
) -> tuple[list[int], float]:
    """Read while another thread writes and compacts."""
    ended = Event()
    begun = inventory.generation
    endless = chain.from_iterable(changes)
    some = iter(lambda: None if ended.is_set() else next(endless), None)
    writer = Thread(target=_write_all, args=(inventory, some, ended))
    writer.start()
    taken = _read(ask, _after(seconds))
    ended.set()
    writer.join()
    return taken, (inventory.generation - begun) / seconds


def _write_all(inventory: Inventory, changes: Iterable[Node], ended: Event) -> None:
    upsert = inventory.upsert
    try:
        for node in changes:
            upsert(node)
    finally:
        ended.set()


def _read(ask: Ask, is_over: Callable[[], bool]) -> list[int]:
    """Time every answer, in nanoseconds."""
    taken = []
    clock = time.perf_counter_ns
    while not is_over():
        begin = clock()
        ask()
        taken.append(clock() - begin)
    return taken


def _after(seconds: float) -> Callable[[], bool]:
    """Return a function that returns whether this number of seconds has passed."""
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() > end


def _figures(
    wanted: str, when: str, taken: list[int], writes_per_second: float | None = None
) -> dict[str, object]:
    taken.sort()

    def part(share: float) -> float:
        return round(taken[min(len(taken) - 1, int(share * len(taken)))] / 1e3, 1)

    return {
        "wanted": wanted,
        "when": when,
        "answers": len(taken),
        "p50_us": part(0.5),
        "p99_us": part(0.99),
        "p99.9_us": part(0.999),
        "most_us": part(1.0),
        "writes_per_second": None if writes_per_second is None else round(writes_per_second),
    }


def _print(rows: list[dict[str, object]]) -> None:
    columns = ("p50_us", "p99_us", "p99.9_us", "most_us")
    base: dict[object, dict[str, object]] = {}
    lines = []
    for row in rows:
        alone = base.setdefault(row["wanted"], row)
        times = [row[column] for column in columns]
        ratio = _number(row["p99_us"]) / _number(alone["p99_us"])
        lines.append(
            (
                f"{row['wanted']}, {row['when']}",
                *(duration(_number(figure)) for figure in times),
                f"x{ratio:.2f}",
                f"{_number(row['answers']):,.0f}",
                f"{_number(row['writes_per_second'] or 0):,.0f}",
            )
        )
    header = ("", "p50", "p99", "p99.9", "most", "p99 to alone", "answers", "writes a second")
    print_table(header, lines)


def _number(figure: object) -> float:
    assert isinstance(figure, (int, float))
    return figure


if __name__ == "__main__":
    main()
