"""Events without end for ``nodeselect watch``: does its memory stay as it is?

    python -m benchmarks.watch_soak [SECONDS [NODES [JOBS]]]

By default ten minutes, 100,000 nodes and 1,000 jobs. Of 20 events, 14 change nothing, 4 change a
label, one deletes a node and one adds it again. Every ten seconds it prints a line; it writes
``results/watch_soak.json``. Linux only.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from benchmarks import record
from benchmarks.fleet import nodes
from benchmarks.watching import WatchProcess, watch_event, write_jobs

_BETWEEN = 10.0
_BATCH = 100


def main() -> None:
    """Run, print, write."""
    given = list(map(int, sys.argv[1:]))
    seconds, number, jobs = given + [600, 100_000, 1_000][len(given) :]
    fleet = list(nodes(number))
    samples: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        write_jobs(Path(folder), jobs)
        watch = WatchProcess(Path(folder))
        watch.write(watch_event("ADDED", *node) for node in fleet)
        watch.write([watch_event("ADDED", "marker", {}, marked=True)])
        watch.wait_for_marker()
        begin, count, events = time.perf_counter(), 0, _events(fleet)
        while len(samples) < seconds / _BETWEEN:
            while time.perf_counter() < begin + (len(samples) + 1) * _BETWEEN:
                watch.write(next(events) for _ in range(_BATCH))
                count += _BATCH
            sample = {"events": count, "lines": watch.lines, "resident_mb": watch.resident()}
            samples.append({"second": round(time.perf_counter() - begin), **sample})
            line = "{second:5,} s  {events:12,} events  {lines:12,} lines  {resident_mb:7.1f} MB"
            print(line.format(**samples[-1]), flush=True)
        watch.close()
    sizes = [sample["resident_mb"] for sample in samples]
    late = sizes[len(sizes) // 6 :]
    print(f"after a sixth of the time: {min(late):.1f} to {max(late):.1f} MB")
    result = {"machine": record.machine(), "nodes": number, "jobs": jobs, "samples": samples}
    record.write("watch_soak", result)


def _events(fleet: list[tuple[str, dict[str, str]]]) -> Iterator[bytes]:
    draw = Random(1)
    while True:
        number = draw.randrange(len(fleet))
        node_id, labels = fleet[number]
        kind = draw.randrange(19)
        if kind < 4:
            labels = {**labels, "version": f"2.{draw.randrange(6)}.{draw.randrange(5)}"}
            fleet[number] = node_id, labels
        if kind == 4:
            yield watch_event("DELETED", node_id, labels)
            yield watch_event("ADDED", node_id, labels)
        else:
            yield watch_event("MODIFIED", node_id, labels)


if __name__ == "__main__":
    main()
