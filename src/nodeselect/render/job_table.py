"""The explanations of many jobs as a table: text, Markdown and JSON."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from nodeselect.errors import JobError
from nodeselect.explain import Explanation
from nodeselect.render.layout import Screen, json_lines, md_cell, md_document, md_table, md_text
from nodeselect.text import pluralize

__all__ = ["JobResult", "JobStatus", "job_summary", "job_table_lines"]


class JobStatus(IntEnum):
    """What is wrong with a job, the worst first."""

    INVALID = 0
    NO_NODES = 1
    NONE_CONNECTED = 2
    EVERY_NODE = 3
    SUSPECT = 4
    OK = 5


# The singular and the plural of each status, in the order of a summary.
_STATUS_TEXTS = {
    JobStatus.INVALID: ("is invalid", "are invalid"),
    JobStatus.NO_NODES: ("matches no node", "match no node"),
    JobStatus.NONE_CONNECTED: ("matches no connected node", "match no connected node"),
    JobStatus.EVERY_NODE: ("matches EVERY node", "match EVERY node"),
    JobStatus.SUSPECT: ("may contain a typo", "may contain a typo"),
}


class JobResult(NamedTuple):
    """The result of matching one job: an explanation, or why the job is invalid."""

    name: str
    result: Explanation | JobError

    @property
    def status(self) -> JobStatus:
        """What is wrong with the job."""
        result = self.result
        if isinstance(result, JobError):
            return JobStatus.INVALID
        if not result.matched:
            return JobStatus.NO_NODES
        if self.connected == 0:
            return JobStatus.NONE_CONNECTED
        if not result.requirements:
            return JobStatus.EVERY_NODE
        return JobStatus.SUSPECT if result.hints or result.missing_ids else JobStatus.OK

    @property
    def sort_key(self) -> tuple[JobStatus, int, int, str]:
        """The order of jobs: by status, then those with the fewest nodes first."""
        if isinstance(self.result, JobError):
            return self.status, 0, 0, self.name
        return self.status, self.connected or 0, self.result.matched, self.name

    @property
    def connected(self) -> int | None:
        """How many matching nodes are connected; None if it is unknown."""
        if isinstance(self.result, JobError):
            return None
        is_known = self.result.has_states or not self.result.matched
        return self.result.connected if is_known else None

    @property
    def recommendation(self) -> str:
        """The first error of the job, or what to change in its selector."""
        if isinstance(self.result, JobError):
            return f"invalid: {self._error}"
        return self.result.recommendation

    @property
    def counts(self) -> tuple[str, str]:
        """The numbers of matching and of connected nodes."""
        if isinstance(self.result, JobError):
            return "-", "-"
        connected = "-" if self.connected is None else f"{self.connected:,}"
        return f"{self.result.matched:,}", connected

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        result, status = self.result, self.status.name.lower()
        if isinstance(result, JobError):
            return {"job": self.name, "status": status, "error": self._error}
        return {
            "job": self.name,
            "status": status,
            "selector": result.selector,
            "matched": result.matched,
            "connected": self.connected,
            "recommendation": result.recommendation,
        }

    @property
    def _error(self) -> str:
        assert isinstance(self.result, JobError)
        first = self.result.problems[0]
        return f"line {first.line}: {first.message}" if first.line else first.message


def job_summary(jobs: Sequence[JobResult], total: int) -> str:
    """Return the number of jobs with each status, in one line.

    :param total: how many nodes there are.
    """
    counts = Counter(job.status for job in jobs)
    parts = [
        pluralize(counts[status], singular, plural)
        for status, (singular, plural) in _STATUS_TEXTS.items()
        if counts[status]
    ]
    return "; ".join([f"{pluralize(len(jobs), 'job')} on {pluralize(total, 'node')}", *parts])


def job_table_lines(
    jobs: Sequence[JobResult], total: int, output: str, screen: Screen
) -> Iterable[str]:
    """Return the lines of a report about jobs, the worst first.

    :param total: how many nodes there are.
    :param output: one of ``REPORT_FORMATS``.
    """
    jobs = sorted(jobs, key=lambda job: job.sort_key)
    if output == "json":
        return json_lines(_as_dict(jobs, total))
    if output == "markdown":
        return md_document(_markdown(jobs, total))
    return _text(jobs, total, screen)


def _text(jobs: Sequence[JobResult], total: int, screen: Screen) -> Iterator[str]:
    names = [job.name for job in jobs]
    common = os.path.commonprefix(names)  # noqa: RUF071 - cut at a folder in the next line
    folder = common[: common.rfind(os.sep) + 1]
    rows = [(job.name.removeprefix(folder), *job.counts, job.recommendation) for job in jobs]
    heads = ("JOB", "MATCHED", "CONNECTED", "WHAT TO CHANGE")
    yield from screen.table([heads, *rows], right=(1, 2), shrink=0, wrap_last=True)
    yield ""
    yield from screen.wrap(job_summary(jobs, total), hang=2)


def _markdown(jobs: Sequence[JobResult], total: int) -> Iterator[str]:
    rows = [(md_cell(job.name), *job.counts, md_text(job.recommendation)) for job in jobs]
    yield from md_table(("Job", "Matched", "Connected", "What to change"), rows, (1, 2))
    yield ""
    yield f"**{job_summary(jobs, total)}**"


def _as_dict(jobs: Sequence[JobResult], total: int) -> dict[str, Any]:
    counts = Counter(job.status for job in jobs)
    return {
        "version": 1,
        "total": total,
        "counts": {status.name.lower(): counts[status] for status in JobStatus},
        "jobs": [job.as_dict() for job in jobs],
    }
