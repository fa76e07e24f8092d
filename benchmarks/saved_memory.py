"""The memory of processes that read one saved inventory, all of them together.

*Start* is after the first ids; then each has answered 10,000 times, 100 or 1,000 selectors in turn,
with all ids (up to 10,000 of them). Memory is proportional (PSS), as if nothing else ran on the
machine: a page that several of the processes share counts once. *No fleet* are processes that have
imported the library and have read nothing. Linux only.

Part of ``saved``. It does not depend on what else the machine does.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import record
from benchmarks.process import PYTHON
from nodeselect import Selector

ANSWERS = 10_000
_SELECTORS = (100, 1_000)


class _Case(NamedTuple):
    kind: str
    started: int
    forks: int = 0


_CASES = {
    "one, no fleet": _Case("nothing", 1),
    "four, no fleet": _Case("nothing", 4),
    "one that reads the list of nodes": _Case("list", 1),
    "one": _Case("file", 1),
    "four": _Case("file", 4),
    "four, forked, and their parent": _Case("file", 1, 4),
    "four, forked from one that has answered, and that one": _Case("warm", 1, 4),
}


def measure(nodes: Path, saved: Path, some: Sequence[Selector]) -> dict[str, list[float]]:
    """Measure all processes together, in MB: at the start, and after many answers."""
    figures = {}
    for number in _SELECTORS:
        for name, case in _CASES.items():
            figures[f"{name}; {number:,} selectors"] = _run(case, nodes, saved, some[:number])
    record.print_table(
        ("PSS", "start, MB", f"after {ANSWERS:,} answers", "growth"),
        [
            (name, f"{start:.0f}", f"{end:.0f}", f"{end / start:.2f}")
            for name, (start, end) in figures.items()
        ],
    )
    return figures


def _run(case: _Case, nodes: Path, saved: Path, some: Sequence[Selector]) -> list[float]:
    file = nodes if case.kind == "list" else saved
    command = [PYTHON, "-m", "benchmarks.reading", case.kind, str(file), str(case.forks)]
    command += [str(ANSWERS), *map(str, some)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(case.started)
    ]
    figures = []
    for _ in range(2):
        processes = []
        for each in started:
            assert each.stdin
            assert each.stdout
            processes += [int(each.stdout.readline()) for _ in range(case.forks + 1)]
        figures.append(_together(processes))
        for each in started:
            assert each.stdin
            os.write(each.stdin.fileno(), bytes(case.forks + 1))
    for each in started:
        each.communicate()
        assert each.returncode == 0
    return figures


def _together(processes: list[int]) -> float:
    """Return the memory of processes, in MB, as if no others used the same files."""
    anonymous = 0
    of_files: dict[str, int] = {}
    for process in processes:
        totals = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
        anonymous += int(totals.partition("\nPss_Anon:")[2].split()[0])
        mapping, resident = "", 0
        for line in Path(f"/proc/{process}/smaps").read_text(encoding="utf-8").splitlines():
            field, *rest = line.split()
            if not field.endswith(":"):
                mapping = f"{rest[-1]} {rest[1]}"  # the file, and where the mapping begins in it
            elif field == "Rss:":
                resident = int(rest[0])
            elif field == "Anonymous:":  # pages of the file that the process has changed
                of_files[mapping] = max(of_files.get(mapping, 0), resident - int(rest[0]))
    return (anonymous + sum(of_files.values())) * 1024 / 1e6
