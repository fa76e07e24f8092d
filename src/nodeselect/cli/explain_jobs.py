"""Many jobs over one fleet: a line for each, those in trouble first."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.job_files import files_in, job_name
from nodeselect.cli.options import job_selector, read_inventory
from nodeselect.cli.streams import write_message, write_output
from nodeselect.errors import JobError
from nodeselect.inventory import Explanation, Inventory
from nodeselect.render.layout import (
    Screen,
    align_columns,
    json_lines,
    md_cell,
    md_document,
    md_table,
    md_text,
)
from nodeselect.text import display_width, pluralize

__all__ = ["explain_jobs"]

_NAME = 40
"""Columns of the name of a job, where its trouble stands behind it."""

_SHORTEST = 12
"""Columns that the name of a job has at least."""

_TOLD = 30
"""Columns that the trouble of a job needs to stand behind it, unless it is shorter."""


class _Trouble(IntEnum):
    """What is the matter with a job, the worst first."""

    WRONG = 0
    NONE = 1
    UNREACHED = 2
    EVERYTHING = 3
    DOUBTFUL = 4
    FINE = 5


class _Job(NamedTuple):
    """One job over the fleet."""

    name: str
    explanation: Explanation | None
    error: JobError | None
    """What is wrong with it, where it has no explanation."""

    @property
    def trouble(self) -> _Trouble:
        """How it is."""
        explanation = self.explanation
        if explanation is None:
            return _Trouble.WRONG
        if not explanation.matched:
            return _Trouble.NONE
        if self.connected == 0:
            return _Trouble.UNREACHED
        if not explanation.requirements:
            return _Trouble.EVERYTHING
        if explanation.hints or explanation.missing_ids:
            return _Trouble.DOUBTFUL
        return _Trouble.FINE

    @property
    def rank(self) -> tuple[_Trouble, int, int, str]:
        """Its place among all: by its trouble, then those with the fewest nodes first."""
        if self.explanation is None:
            return self.trouble, 0, 0, self.name
        return self.trouble, self.connected or 0, self.explanation.matched, self.name

    @property
    def connected(self) -> int | None:
        """How many of its nodes are connected; None where that is not known."""
        explanation = self.explanation
        if explanation is None or (explanation.matched and not explanation.has_states):
            return None
        return explanation.connected

    @property
    def told(self) -> str:
        """What keeps the most nodes away, or what is wrong, in a few words."""
        if self.explanation is None:
            return f"wrong: {self._problem}"
        return self.explanation.main_problem

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
            return {"job": self.name, "trouble": "wrong", "error": self._problem}
        at = explanation.main_blocker
        worst = None if at is None else explanation.requirements[at]
        return {
            "job": self.name,
            "trouble": self.trouble.name.lower(),
            "main_problem": self.told,
            "selector": explanation.selector,
            "matched": explanation.matched,
            "connected": self.connected,
            "main_blocker": None if worst is None else worst.as_dict(),
            "recommendation": explanation.recommendation,
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
    left_out: dict[str, str | None] = {}
    inventory = read_inventory(nodes_from, states, left_out)
    jobs = [_explained(inventory, left_out, name) for name in names]
    jobs.sort(key=lambda job: job.rank)
    troubles = Counter(job.trouble for job in jobs)
    summary = _summary(troubles, len(inventory))
    match output:
        case "json":
            write_output(json_lines(_as_dict(jobs, troubles, len(inventory))))
            write_message(summary)
        case "markdown":
            write_output(md_document([*_markdown(jobs), "", f"**{summary}**"]))
        case _:
            write_output([*_text(jobs, screen), "", *screen.wrap(summary, hang=2)])
    return (
        ExitStatus.ERROR
        if troubles[_Trouble.WRONG]
        else ExitStatus.NEGATIVE
        if troubles[_Trouble.NONE]
        else ExitStatus.OK
    )


_SUMMARY = (
    (_Trouble.WRONG, "is wrong", "are wrong"),
    (_Trouble.NONE, "takes no node", "take no node"),
    (_Trouble.UNREACHED, "takes none that is connected", "take none that is connected"),
    (_Trouble.EVERYTHING, "takes EVERY node", "take EVERY node"),
    (_Trouble.DOUBTFUL, "is doubtful", "are doubtful"),
)


def _summary(troubles: Counter[_Trouble], total: int) -> str:
    parts = [f"{pluralize(troubles.total(), 'job')} over {pluralize(total, 'node')}"]
    parts += [
        pluralize(troubles[each], one, many) for each, one, many in _SUMMARY if troubles[each]
    ]
    return "; ".join(parts)


def _as_dict(jobs: Sequence[_Job], troubles: Counter[_Trouble], total: int) -> dict[str, Any]:
    return {
        "version": 1,
        "total": total,
        "counts": {each.name.lower(): troubles[each] for each in _Trouble},
        "jobs": [job.as_dict() for job in jobs],
    }


def _explained(inventory: Inventory, left_out: Mapping[str, str | None], name: str) -> _Job:
    try:
        selector = job_selector(name)
    except JobError as error:
        return _Job(job_name(name), None, error)
    return _Job(job_name(name), inventory.explain(selector).with_excluded_by_state(left_out), None)


_HEADS = ("JOB", "MATCHED", "CONNECTED", "WORST BLOCKER")


def _counts(job: _Job) -> tuple[str, str]:
    if job.explanation is None:
        return "-", "-"
    connected = "-" if job.connected is None else f"{job.connected:,}"
    return f"{job.explanation.matched:,}", connected


def _text(jobs: Sequence[_Job], screen: Screen) -> Iterator[str]:
    """Give a line for each job, with its trouble behind it or, where there is little room, below
    it; in as many lines as that needs."""
    told = [screen.escape(job.told) for job in jobs]
    head, *lines = _counted(jobs, min(_NAME, screen.columns // 3), screen)
    start = display_width(head) + 2
    room = screen.columns - start
    if room >= min(_TOLD, max(map(display_width, (_HEADS[-1], *told)))):
        yield screen.heading(f"{head}  {_HEADS[-1]}")
        for line, words in zip(lines, told, strict=True):
            first, *others = screen.wrap(words, columns=room)
            yield f"{line}  {first}"
            yield from (" " * start + other for other in others)
        return
    numbers = (
        max(map(display_width, align_columns([_HEADS[1:-1], *map(_counts, jobs)], right=(0, 1))))
        + 2
    )
    head, *lines = _counted(jobs, screen.columns - numbers, screen)
    yield screen.heading(screen.truncate(head, screen.columns))
    yield screen.heading(f"  {_HEADS[-1]}")
    for line, words in zip(lines, told, strict=True):
        yield screen.truncate(line, screen.columns)
        yield from (f"  {part}" for part in screen.wrap(words, columns=screen.columns - 2))


def _counted(jobs: Sequence[_Job], most: int, screen: Screen) -> list[str]:
    """Give the heads, and the name of each job with its numbers.

    :param most: columns of the longest name, whose end tells more than its beginning.
    """
    most = max(most, _SHORTEST)
    names = _without_folder([job.name for job in jobs])
    rows = [
        (screen.truncate_middle(name, most), *_counts(job))
        for name, job in zip(names, jobs, strict=True)
    ]
    return list(align_columns([_HEADS[:-1], *rows], right=(1, 2)))


def _without_folder(names: list[str]) -> list[str]:
    """Leave out the folder that all names have in common: a line has little room."""
    start = os.path.commonprefix(names)  # noqa: RUF071 - cut at a folder in the next line
    start = start[: start.rfind(os.sep) + 1]
    return [name.removeprefix(start) for name in names]


def _markdown(jobs: Sequence[_Job]) -> Iterator[str]:
    rows = [(md_cell(job.name), *_counts(job), md_text(job.told)) for job in jobs]
    yield from md_table(("Job", "Matched", "Connected", "Worst blocker"), rows, (1, 2))
