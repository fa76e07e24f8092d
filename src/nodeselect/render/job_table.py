"""The explanations of many jobs as a table: text, Markdown and JSON."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from nodeselect.errors import JobError
from nodeselect.explain import Explanation
from nodeselect.render.layout import Screen, report_lines
from nodeselect.text import pluralize

__all__ = ["JobResult", "JobStatus", "job_table_lines"]


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
    def matched(self) -> int | None:
        """How many nodes match; None if the job is invalid."""
        return None if isinstance(self.result, JobError) else self.result.matched

    @property
    def connected(self) -> int | None:
        """How many matching nodes are connected; None if it is unknown."""
        if isinstance(self.result, JobError):
            return None
        is_known = self.result.has_states or not self.result.matched
        return self.result.connected if is_known else None

    @property
    def sort_key(self) -> tuple[JobStatus, int, int, str]:
        """The order of jobs: by status, then those with the fewest nodes first."""
        return self.status, self.connected or 0, self.matched or 0, self.name

    @property
    def recommendation(self) -> str:
        """The first error of the job, or what to change in its selector."""
        if isinstance(self.result, JobError):
            first = self.result.problems[0]
            return f"line {first.line}: {first.message}" if first.line else first.message
        return self.result.recommendation

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        result, status = self.result, self.status.name.lower()
        if isinstance(result, JobError):
            return {"job": self.name, "status": status, "error": self.recommendation}
        return {
            "job": self.name,
            "status": status,
            "selector": result.selector,
            "matched": result.matched,
            "connected": self.connected,
            "recommendation": result.recommendation,
        }


def job_table_lines(
    jobs: Iterable[JobResult], total: int, output: str, screen: Screen
) -> Iterator[str]:
    """Yield the lines of a report about jobs, the worst first.

    :param total: how many nodes there are.
    :param output: one of ``REPORT_FORMATS``.
    """
    jobs = sorted(jobs, key=lambda job: job.sort_key)
    counts = Counter(job.status for job in jobs)

    def as_dict() -> dict[str, Any]:
        return {
            "version": 1,
            "total": total,
            "counts": {status.name.lower(): counts[status] for status in JobStatus},
            "jobs": [job.as_dict() for job in jobs],
        }

    def blocks(screen: Screen) -> Iterator[Iterable[str]]:
        parts = [
            pluralize(counts[status], *texts)
            for status, texts in _STATUS_TEXTS.items()
            if counts[status]
        ]
        text = f"{pluralize(len(jobs), 'job')} on {pluralize(total, 'node')}"
        yield screen.title("; ".join([text, *parts]))
        yield _table(jobs, screen)

    return report_lines(output, screen, as_dict, blocks)


def _table(jobs: Sequence[JobResult], screen: Screen) -> Iterator[str]:
    rows = []
    for job in jobs:
        numbers = ("-" if count is None else f"{count:,}" for count in (job.matched, job.connected))
        invalid = "invalid: " if job.status is JobStatus.INVALID else ""
        problem = screen.prose(f"{invalid}{job.recommendation}")
        rows.append((screen.code(job.name), *numbers, problem))
    heads = ("JOB", "MATCHED", "CONNECTED", "WHAT TO CHANGE")
    return screen.table(heads, rows, right=(1, 2), wrap_last=True)
