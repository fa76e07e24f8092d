"""Many jobs over one fleet: a line for each, those in trouble first."""

import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from nodeselect.cli.explanations import plain
from nodeselect.cli.job_files import files_in, job_name
from nodeselect.cli.messages import say
from nodeselect.cli.options import job_selector, read_inventory
from nodeselect.cli.output import put
from nodeselect.cli.report import Screen, code, json_lines, markdown_table, number_of, table
from nodeselect.errors import JobError
from nodeselect.inventory import Explanation, Inventory
from nodeselect.printable import printable, width

__all__ = ["explain_jobs"]

FINE, NONE, WRONG = 0, 1, 2

_NAME = 40
"""Columns of the name of a job."""


class _Job(NamedTuple):
    """One job over the fleet."""

    name: str
    explanation: Explanation | None
    error: JobError | None
    """What is wrong with it, where it has no explanation."""

    @property
    def rank(self) -> tuple[int, int, int, str]:
        """Its place among all: wrong ones, those without nodes, without connected ones, small."""
        explanation = self.explanation
        if explanation is None:
            return 0, 0, 0, self.name
        trouble = 1 if not explanation.matched else 2 if self.connected == 0 else 3
        return trouble, self.connected or 0, explanation.matched, self.name

    @property
    def connected(self) -> int | None:
        """How many of its nodes are connected; None where that is not known."""
        explanation = self.explanation
        if explanation is None or explanation.matched == explanation.states.get(None, 0):
            return None if explanation is None or explanation.matched else 0
        return explanation.connected

    @property
    def trouble(self) -> str:
        """What keeps the most nodes away, or what is wrong, in a few words."""
        if self.explanation is None:
            return f"wrong: {self._problem}"
        return self.explanation.trouble

    @property
    def _problem(self) -> str:
        assert self.error is not None
        first = self.error.problems[0]
        place = f"line {first.line}: " if first.line else ""
        return f"{place}{first.message}"

    def as_dict(self) -> dict[str, Any]:
        """Give it as what JSON can hold."""
        explanation = self.explanation
        if explanation is None:
            return {"job": self.name, "error": self._problem}
        at = explanation.blocker
        worst = None if at is None else explanation.outcomes[at]
        return {
            "job": self.name,
            "selector": explanation.selector,
            "matched": explanation.matched,
            "connected": explanation.connected,
            "blocker": None if worst is None else worst.as_dict(),
            "advice": explanation.advice,
        }


def explain_jobs(
    sources: Sequence[str],
    nodes_from: str,
    states: frozenset[str] | None,
    output: str,
    screen: Screen,
) -> int:
    """Print a line for each job of files and folders, and give the exit status."""
    names = list(files_in(sources))
    inventory = read_inventory(nodes_from, states)
    jobs = sorted((_explained(inventory, name) for name in names), key=lambda job: job.rank)
    total = len(inventory)
    match output:
        case "json":
            put(json_lines({"version": 1, "total": total, "jobs": [j.as_dict() for j in jobs]}))
        case "markdown":
            put(_markdown(jobs))
        case _:
            put(_text(jobs, screen))
    wrong = sum(job.explanation is None for job in jobs)
    none = sum(job.explanation is not None and not job.explanation.matched for job in jobs)
    unreached = sum(job.rank[0] == 2 for job in jobs)
    parts = [f"{number_of(len(jobs), 'job')} over {number_of(total, 'node')}"]
    if wrong:
        parts.append(f"{wrong:,} {'is' if wrong == 1 else 'are'} wrong")
    if none:
        parts.append(f"{none:,} {'takes' if none == 1 else 'take'} no node")
    if unreached:
        parts.append(
            f"{unreached:,} {'takes' if unreached == 1 else 'take'} none that is connected"
        )
    say("; ".join(parts))
    return WRONG if wrong else NONE if none else FINE


def _explained(inventory: Inventory, name: str) -> _Job:
    try:
        return _Job(job_name(name), inventory.explain(job_selector(name)), None)
    except JobError as error:
        return _Job(job_name(name), None, error)


_HEADS = ("JOB", "MATCHED", "CONNECTED", "WORST BLOCKER")


def _counts(job: _Job) -> tuple[str, str]:
    if job.explanation is None:
        return "-", "-"
    connected = "-" if job.connected is None else f"{job.connected:,}"
    return f"{job.explanation.matched:,}", connected


def _text(jobs: Sequence[_Job], screen: Screen) -> Iterator[str]:
    most = max(12, min(_NAME, screen.columns // 3))
    names = _without_folder([job.name for job in jobs])
    rows = [
        (_end(printable(name), most, screen), *_counts(job), job.trouble)
        for name, job in zip(names, jobs, strict=True)
    ]
    lines = table([_HEADS, *rows], right=(1, 2))
    yield screen.heading(next(lines))
    for line in lines:
        yield screen.cut(line, screen.columns)


def _without_folder(names: list[str]) -> list[str]:
    """Leave out the folder that all names have in common: a line has little room."""
    start = os.path.commonprefix(names)  # noqa: RUF071 - cut at a folder in the next line
    start = start[: start.rfind(os.sep) + 1]
    return [name.removeprefix(start) for name in names]


def _end(name: str, columns: int, screen: Screen) -> str:
    """Give as much of the end of a name as has room: it tells more than the beginning."""
    if width(name) <= columns:
        return name
    while width(name) > columns - len(screen.dots):
        name = name[1:]
    return screen.dots + name


def _markdown(jobs: Sequence[_Job]) -> Iterator[str]:
    rows = [(code(job.name), *_counts(job), plain(job.trouble)) for job in jobs]
    yield from markdown_table(("Job", "Matched", "Connected", "Worst blocker"), rows, (1, 2))
