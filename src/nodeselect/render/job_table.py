"""The explanations of many jobs, one line each, as text, Markdown and JSON."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from nodeselect.errors import JobError
from nodeselect.explain import Explanation
from nodeselect.render.layout import Screen, Style, report_lines
from nodeselect.text import pluralize


class JobStatus(IntEnum):
    """What is wrong with a job, from the worst to ``OK``."""

    INVALID = 0
    NO_NODES = 1
    NONE_CONNECTED = 2
    EVERY_NODE = 3
    SUSPECT = 4
    OK = 5

    @property
    def style(self) -> Style | None:
        """How a report shows a job with this status."""
        if self is JobStatus.OK:
            return None
        return "bad" if self <= JobStatus.NO_NODES else "doubtful"


# How the summary reports each status, in singular and plural, and in this order.
_STATUS_TEXTS = {
    JobStatus.INVALID: ("is invalid", "are invalid"),
    JobStatus.NO_NODES: ("matches no node", "match no node"),
    JobStatus.NONE_CONNECTED: ("matches no connected node", "match no connected node"),
    JobStatus.EVERY_NODE: ("matches EVERY node", "match EVERY node"),
    JobStatus.SUSPECT: ("may contain a typo", "may contain a typo"),
}


class JobResult(NamedTuple):
    """The result of matching one job.

    :param selector: the canonical text of its selector; None if the job is invalid.
    :param matched: how many nodes match; None if the job is invalid.
    :param connected: how many of these are connected; None if unknown, or if the job is invalid.
    :param recommendation: what to change in the selector; for an invalid job, its first error.
    :param explanation: None if the job is invalid.
    """

    name: str
    status: JobStatus
    selector: str | None
    matched: int | None
    connected: int | None
    recommendation: str
    explanation: Explanation | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        status = self.status.name.lower()
        if self.status is JobStatus.INVALID:
            return {"job": self.name, "status": status, "error": self.recommendation}
        fields = self._asdict()
        del fields["explanation"]
        return {"job": fields.pop("name"), **fields, "status": status}


def first_error(error: JobError) -> str:
    """Return the first error of an invalid job, with its line if it has one."""
    first = error.problems[0]
    return f"line {first.line}: {first.message}" if first.line else first.message


def job_result(name: str, result: Explanation | JobError) -> JobResult:
    """Return the result of a job from its explanation, or from the error that makes it invalid."""
    if isinstance(result, JobError):
        return JobResult(name, JobStatus.INVALID, None, None, None, first_error(result))
    matched, connected = result.matched, result.connected
    if not matched:
        status = JobStatus.NO_NODES
    elif connected == 0:
        status = JobStatus.NONE_CONNECTED
    elif not result.requirements:
        status = JobStatus.EVERY_NODE
    else:
        status = JobStatus.SUSPECT if result.hints or result.missing_ids else JobStatus.OK
    return JobResult(
        name, status, result.selector, matched, connected, result.recommendation, result
    )


def worst_first(jobs: Iterable[JobResult]) -> list[JobResult]:
    """Return jobs in the order of a report: the worst status first, then the fewest nodes."""
    return sorted(
        jobs, key=lambda job: (job.status, job.connected or 0, job.matched or 0, job.name)
    )


def jobs_headline(jobs: Collection[JobResult], total: int) -> str:
    """Return a sentence with the number of jobs, and how many have each status.

    :param total: how many nodes there are.
    """
    counts = Counter(job.status for job in jobs)
    parts = [
        pluralize(counts[status], *texts)
        for status, texts in _STATUS_TEXTS.items()
        if counts[status]
    ]
    text = f"{pluralize(len(jobs), 'job')} on {pluralize(total, 'node')}"
    return "; ".join([text, *parts])


def job_table_lines(
    jobs: Iterable[JobResult], total: int, output: str, screen: Screen
) -> Iterator[str]:
    """Yield the lines of a report on jobs, the worst first.

    :param total: how many nodes there are.
    :param output: ``text``, ``json`` or ``markdown``.
    """
    jobs = worst_first(jobs)
    counts = Counter(job.status for job in jobs)

    def as_dict() -> dict[str, Any]:
        return {
            "version": 1,
            "total": total,
            "counts": {status.name.lower(): counts[status] for status in JobStatus},
            "jobs": [job.as_dict() for job in jobs],
        }

    def blocks(screen: Screen) -> Iterator[Iterable[str]]:
        yield screen.title(jobs_headline(jobs, total))
        yield _table(jobs, screen)

    return report_lines(output, screen, as_dict, blocks)


def _table(jobs: Sequence[JobResult], screen: Screen) -> Iterator[str]:
    rows = []
    for job in jobs:
        is_invalid = job.status is JobStatus.INVALID
        unknown, invalid = ("-", "invalid: ") if is_invalid else ("unknown", "")
        numbers = (unknown if n is None else f"{n:,}" for n in (job.matched, job.connected))
        problem = screen.prose(f"{invalid}{job.recommendation}")
        rows.append((screen.code(job.name), *numbers, problem))
    heads = ("JOB", "MATCHED", "CONNECTED", "WHAT TO CHANGE")
    styles = [job.status.style for job in jobs]
    return screen.table(heads, rows, right=(1, 2), wrap_last=True, styles=styles)
