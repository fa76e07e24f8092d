"""``nodeselect watch`` over watch events of Kubernetes, beside many jobs: does it keep up?

    python -m benchmarks.watch [NODES [JOBS [SECONDS]]]

By default 100,000 nodes and 1,000 jobs. First the list of all nodes, then events as fast as they
are read, then 1,000 events a second for some seconds, by default 30. Prints Markdown and writes
``results/watch.json``. Linux only.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from random import Random

from benchmarks import record
from benchmarks.fleet import nodes
from benchmarks.watching import WatchProcess, watch_event, write_jobs

_RATE = 1_000
_EVENTS = 20_000


def main() -> None:
    """Measure, print and write."""
    given = list(map(int, sys.argv[1:]))
    number, jobs, seconds = given + [100_000, 1_000, 30][len(given) :]
    fleet = list(nodes(number))
    with tempfile.TemporaryDirectory() as folder:
        write_jobs(Path(folder), jobs)
        watch = WatchProcess(Path(folder))
        rows = [
            _timed(watch, "list of all nodes", (watch_event("ADDED", *node) for node in fleet)),
            _timed(watch, "nothing changes", _events(fleet, _same)),
            _timed(watch, "a label changes", _events(fleet, _other_version)),
        ]
        paced = _paced(watch, fleet, seconds)
        resident = watch.resident()
        watch.close()
    size = len(watch_event("MODIFIED", *fleet[0]))
    print(f"{number:,} nodes, {jobs:,} jobs, {size:,} bytes an event; {resident:.0f} MB\n")
    header = ("as fast as it goes", "events", "lines", "events a second", "CPU µs an event")
    record.print_table(header, [_row(each) for each in rows])
    print(
        "\n{events_per_second:,} events a second for {seconds} s: a line follows its event after"
        " {p50_ms:.2f} ms (p50), {p99_ms:.2f} ms (p99), {max_ms:.1f} ms (most); {cpu:.0%} of a"
        " processor".format(**paced)
    )
    result = {"machine": record.machine(), "nodes": number, "jobs": jobs, "bytes_per_event": size}
    record.write("watch", {**result, "resident_mb": resident, "unpaced": rows, "paced": paced})


_Node = tuple[str, dict[str, str]]


def _same(node: _Node, draw: Random) -> _Node:
    return node


def _other_version(node: _Node, draw: Random) -> _Node:
    return node[0], {**node[1], "version": f"2.{draw.randrange(6)}.{draw.randrange(5)}"}


def _events(fleet: list[_Node], change: Callable[[_Node, Random], _Node]) -> Iterator[bytes]:
    draw = Random(1)
    for _ in range(_EVENTS):
        yield watch_event("MODIFIED", *change(draw.choice(fleet), draw))


def _timed(watch: WatchProcess, name: str, events: Iterator[bytes]) -> dict[str, float | str]:
    """Write events as fast as they are read. They are generated before."""
    seconds, count = 0.0, 0
    cpu, lines = watch.cpu(), watch.lines
    while batch := list(islice(events, 5_000)):
        marked = watch_event("ADDED", f"marker-{name}-{count}", {}, marked=True)
        start = time.perf_counter()
        watch.write([*batch, marked])
        seconds += watch.wait_for_marker() - start
        count += len(batch)
    return {
        "name": name,
        "events": count,
        "lines": watch.lines - lines,
        "events_per_second": round(count / seconds),
        "cpu_us": round((watch.cpu() - cpu) / count * 1e6, 1),
    }


def _paced(watch: WatchProcess, fleet: list[_Node], seconds: int) -> dict[str, float]:
    """Write events one by one, at a fixed rate; each is answered by one line at least."""
    turns = zip(cycle([True, False]), cycle(node for node in fleet for _ in range(2)))
    delays: list[float] = []
    cpu, begin = watch.cpu(), time.perf_counter()
    sent = []
    for number, (marked, node) in enumerate(islice(turns, seconds * _RATE)):
        due = begin + number / _RATE
        if (early := due - time.perf_counter()) > 0:
            time.sleep(early)
        event = watch_event("MODIFIED", *node, marked=marked)
        sent.append(time.perf_counter())
        watch.write([event])
    delays = sorted(watch.wait_for_marker() - at for at in sent)
    elapsed = time.perf_counter() - begin
    return {
        "events_per_second": round(len(sent) / elapsed),
        "seconds": seconds,
        "p50_ms": delays[len(delays) // 2] * 1e3,
        "p99_ms": delays[len(delays) * 99 // 100] * 1e3,
        "max_ms": delays[-1] * 1e3,
        "cpu": (watch.cpu() - cpu) / elapsed,
    }


def _row(row: dict[str, float | str]) -> tuple[str, ...]:
    numbers = (row[name] for name in ("events", "lines", "events_per_second", "cpu_us"))
    return str(row["name"]), *(f"{number:,}" for number in numbers)


if __name__ == "__main__":
    main()
