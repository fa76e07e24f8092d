"""Explain several jobs: what each matches of all nodes, or of one, and what to change."""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from nodeselect.errors import JobError
from nodeselect.explain.explanation import Explanation, NodeExplanation
from nodeselect.explain.wording import short
from nodeselect.node import Node, count_connected
from nodeselect.placement import Placement
from nodeselect.placement.placement import tolerates_cordon
from nodeselect.selectors import AnyOf, Selector
from nodeselect.text import join_limited, pluralize, printable, quoted


class JobVerdict(IntEnum):
    """The status of a job: what is wrong with its selector, from the worst to ``OK``."""

    INVALID = 0
    NO_NODES = 1
    NONE_CONNECTED = 2
    EVERY_NODE = 3
    SUSPECT = 4
    OK = 5


# The summary of each status in singular and plural.
_STATUS_TEXTS = {
    JobVerdict.INVALID: ("is invalid", "are invalid"),
    JobVerdict.NO_NODES: ("matches no node", "match no node"),
    JobVerdict.NONE_CONNECTED: ("matches no connected node", "match no connected node"),
    JobVerdict.EVERY_NODE: ("matches EVERY node", "match EVERY node"),
    JobVerdict.SUSPECT: ("may contain a typo", "may contain a typo"),
}


class JobResult(NamedTuple):
    """The result of matching one job against all nodes, or against one node.

    :param selector: the canonical text of the job's selector; None if the job is invalid.
    :param matched: how many nodes match; None if the job is invalid.
    :param connected: how many matching nodes are connected; None if unknown, or for invalid jobs.
    :param recommendation: for all nodes, what to change in the selector; for one node, which
        requirements the node fails; for an invalid job, the first error.
    :param node: for one node, which requirements the node satisfies and fails; otherwise None.
    :param not_considered: what else decides about a node but is unknown.
    :param alike: the names of other pods of the same controller with the same answer.
    """

    name: str
    status: JobVerdict
    selector: str | None
    matched: int | None
    connected: int | None
    recommendation: str
    node: NodeExplanation | None = None
    not_considered: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """The number of jobs that have this result."""
        return 1 + len(self.alike)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        status = self.status.name.lower()
        if self.status is JobVerdict.INVALID:
            return {"job": self.name, "status": status, "error": self.recommendation}
        fields = self._asdict()
        del fields["node"]
        if not self.alike:
            del fields["alike"]
        if self.node is not None:
            fields["requirements"] = self.node.as_dict()["requirements"]
        return {"job": fields.pop("name"), **fields, "status": status}


class JobsReport(NamedTuple):
    """The results of several jobs on the same nodes.

    :param jobs: the results, the worst status first. For one node, sorted by how many requirements
        the node fails, so that matching jobs are first; invalid jobs are last.
    :param unused_ids: the ids of the nodes that match no valid job; None if no job is valid.
    :param node: the node, if the report is about one node; otherwise None.
    """

    total: int
    jobs: Sequence[JobResult]
    unused_ids: Sequence[str] | None
    node: Node | None = None

    @classmethod
    def of_nodes(
        cls, total: int, jobs: Iterable[JobResult], unused_ids: Sequence[str]
    ) -> "JobsReport":
        """Return the report on jobs matched against all nodes."""
        jobs = sorted(
            jobs, key=lambda job: (job.status, job.connected or 0, job.matched or 0, job.name)
        )
        return cls(total, jobs, unused_ids if _is_any_valid(jobs) else None)

    @classmethod
    def of_node(cls, node: Node, jobs: Iterable[JobResult]) -> "JobsReport":
        """Return the report on jobs matched against one node."""

        def rank(job: JobResult) -> tuple[bool, int, str]:
            failed = job.node.failed if job.node is not None else ()
            return job.status is JobVerdict.INVALID, len(failed), job.name

        jobs = sorted(jobs, key=rank)
        unused_ids = [] if any(job.matched for job in jobs) else [node.id]
        return cls(1, jobs, unused_ids if _is_any_valid(jobs) else None, node)

    @property
    def not_considered(self) -> tuple[str, ...]:
        """What is not considered of the jobs, and of which if it is not all."""
        valid = [job for job in self.jobs if job.status is not JobVerdict.INVALID]
        found: dict[str, list[JobResult]] = {}
        for job in valid:
            for words in dict.fromkeys(job.not_considered):
                found.setdefault(words, []).append(job)
        common = [words for words in found if len(found[words]) == len(valid)]
        others = (
            f"{words} of {_jobs_text(jobs)}" for words, jobs in found.items() if words not in common
        )
        return (*common, *others)

    @property
    def headline(self) -> str:
        """How many jobs have each status; or, in a report on one node, how many would run on it."""
        counts = self._counts()
        invalid = counts[JobVerdict.INVALID]
        if self.unused_ids is None:
            return f"no job could be read: {pluralize(invalid, 'is invalid', 'are invalid')}"
        if self.node is not None:
            matching = sum(job.size for job in self.jobs if job.matched)
            total = pluralize(counts.total() - invalid, "job")
            text = f"{matching:,} of {total} would run on {printable(self.node.id)}"
            more = pluralize(invalid, "more is", "more are")
            return f"{text}; {more} invalid" if invalid else text
        parts = [f"{pluralize(counts.total(), 'job')} on {pluralize(self.total, 'node')}"]
        parts += [
            pluralize(counts[status], *texts)
            for status, texts in _STATUS_TEXTS.items()
            if counts[status]
        ]
        if unused := len(self.unused_ids):
            by = "no valid job" if invalid else "no job"
            parts.append(f"{pluralize(unused, 'node is', 'nodes are')} matched by {by}")
        return "; ".join(parts)

    def _counts(self) -> Counter[JobVerdict]:
        return Counter(job.status for job in self.jobs for _ in range(job.size))

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values, described by ``docs/explain.schema.json``."""
        node = self.node
        counts = self._counts()
        return {
            "version": 1,
            **({} if node is None else {"node": {"id": node.id, "state": node.state}}),
            "total": self.total,
            "counts": {status.name.lower(): counts[status] for status in JobVerdict},
            "jobs": [job.as_dict() for job in self.jobs],
            "unused_ids": None if self.unused_ids is None else list(self.unused_ids),
        }


def _is_any_valid(jobs: Iterable[JobResult]) -> bool:
    return any(job.status is not JobVerdict.INVALID for job in jobs)


def invalid_job(name: str, error: JobError) -> JobResult:
    """Return the result of an invalid job, with the first error and the line of this error."""
    first = error.problems[0]
    text = f"line {first.line}: {first.message}" if first.line else first.message
    return JobResult(name, JobVerdict.INVALID, None, None, None, text)


def job_on_nodes(
    names: Sequence[str], asked: Selector | AnyOf | Placement, explanation: Explanation
) -> JobResult:
    """Return the result of matching a job, or several that are alike, against all nodes."""
    matched, connected = explanation.matched, explanation.connected
    is_doubtful = bool(explanation.hints or explanation.missing_ids)
    is_cut_off = connected == 0 and not tolerates_cordon(asked, explanation.states)
    is_everything = not (explanation.requirements or explanation.undecided_rules)
    status = _status(matched, is_cut_off, is_everything, is_doubtful)
    recommendation = explanation.recommendation
    return JobResult(
        names[0], status, explanation.selector, matched, connected, recommendation,
        not_considered=explanation.not_considered, alike=tuple(names[1:]),
    )  # fmt: skip


def job_on_node(
    names: Sequence[str],
    asked: Selector | AnyOf | Placement,
    explanation: NodeExplanation,
    node: Node,
) -> JobResult:
    """Return the result of matching a job against one node."""
    matched = int(explanation.matches)
    connected = count_connected([node.state]) if matched else 0
    is_cut_off = connected == 0 and not tolerates_cordon(asked, [node.state])
    is_everything = not (explanation.requirements or explanation.undecided_rules)
    status = _status(matched, is_cut_off, is_everything, False)
    failed = [
        f"{short(text)} ({'no such label' if value is None else f'has {quoted(value)}'})"
        for text, value in explanation.failed
    ]
    return JobResult(
        names[0], status, str(asked), matched, connected, join_limited(failed), explanation,
        explanation.not_considered, tuple(names[1:]),
    )  # fmt: skip


def _status(matched: int, is_cut_off: bool, is_everything: bool, is_doubtful: bool) -> JobVerdict:
    if not matched:
        return JobVerdict.NO_NODES
    if is_cut_off:
        return JobVerdict.NONE_CONNECTED
    if is_everything:
        return JobVerdict.EVERY_NODE
    return JobVerdict.SUSPECT if is_doubtful else JobVerdict.OK


def _jobs_text(jobs: Sequence[JobResult]) -> str:
    number = sum(job.size for job in jobs)
    return pluralize(number, "job") if len(jobs) > 1 else printable(jobs[0].name)
