"""Lay out explanations: of a selector, of many jobs on all nodes, or of many jobs on one node."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from nodeselect.errors import JobError
from nodeselect.explain import Explanation, NodeExplanation
from nodeselect.explain.wording import failing_text, notes, short
from nodeselect.node import Node, count_connected
from nodeselect.placement import Placement
from nodeselect.placement.placement import tolerates_cordon
from nodeselect.render.id_ranges import ranges_text
from nodeselect.render.screen import Markdown, Screen, Style, report_lines
from nodeselect.selectors import AnyOf, Selector
from nodeselect.text import (
    LONGEST_ID,
    display_width,
    join_limited,
    pluralize,
    printable,
    quoted,
)

# Up to this many groups of nodes are listed; the nodes of the others are only counted.
_MAX_GROUPS = 8

# Up to this many of the requirements that a group fails are named.
_MAX_NAMES = 12

# A screen with fewer columns gets no bars; nor do requirements that are too long.
_WIDE = 80


def explanation_lines(
    output: str,
    title: str,
    explanation: Explanation | NodeExplanation,
    screen: Screen,
    subject: str = "",
) -> Iterator[str]:
    """Yield the lines of a report; ``output`` is one of ``REPORT_FORMATS``.

    :param title: the selector as the user wrote it.
    :param subject: what was explained, such as ``job.yaml on nodes.json``; only for Markdown.
    """

    def as_dict() -> dict[str, Any]:
        return {"selector": title} | explanation.as_dict()

    def blocks(screen: Screen) -> Iterator[Iterable[str]]:
        return _blocks(explanation, screen, subject)

    return report_lines(output, screen, as_dict, blocks, explanation.not_considered)


def _blocks(
    explanation: Explanation | NodeExplanation, screen: Screen, subject: str
) -> Iterator[Iterable[str]]:
    """Yield the parts of the report, each as an iterable of lines."""
    prefix = f"{screen.code(subject)}: " if isinstance(screen, Markdown) else ""
    answer = [*screen.title(f"{prefix}{screen.prose(explanation.headline)}")]
    if isinstance(explanation, NodeExplanation):
        yield answer
        if explanation.requirements:
            yield _node_table(explanation, screen)
        return
    if explanation.recommendation:
        answer += [""] if isinstance(screen, Markdown) else []
        style: Style = "heading" if explanation.correction is None else "advice"
        recommendation = screen.paragraph(screen.prose(explanation.recommendation))
        answer += (screen.style(line, style) for line in recommendation)
    yield answer
    if explanation.requirements:
        yield _requirement_table(explanation, screen)
    if explanation.reasons or explanation.other_reasons:
        yield screen.section("WHY NOT", screen.bullets(_groups(explanation, screen)))
    listed = {reason.failed for reason in explanation.reasons[:_MAX_GROUPS]}
    if not explanation.matched and any(miss.failed not in listed for miss in explanation.nearest):
        yield screen.section("NEAREST", screen.bullets(_nearest(explanation, screen)))
    if sentences := notes(explanation):
        yield screen.section("NOTES", screen.bullets(map(screen.prose, sentences)))


def _node_table(explanation: NodeExplanation, screen: Screen) -> Iterator[str]:
    rows = [
        (
            screen.code(short(text)),
            "pass" if passes else "FAIL",
            "no such label" if value is None else screen.prose(quoted(value, LONGEST_ID)),
        )
        for text, value, passes in explanation.requirements
    ]
    styles: list[Style | None] = [
        None if passes else "bad" for _, _, passes in explanation.requirements
    ]
    heads = ("REQUIREMENT", "", "THE NODE HAS")
    return screen.table(heads, rows, wrap_last=True, styles=styles)


def _requirement_table(explanation: Explanation, screen: Screen) -> Iterator[str]:
    heads = ["REQUIREMENT", "FAIL", "ONLY THIS", "REMAINING", ""]
    rows = [
        [
            screen.code(short(result.text)),
            f"{result.failing:,}",
            f"{result.failing_only_this:,}",
            f"{result.remaining:,}",
            screen.bar(result.remaining, explanation.total),
        ]
        for result in explanation.requirements
    ]
    widths = [max(map(display_width, cells)) for cells in zip(heads, *rows, strict=True)]
    is_cut = sum(widths) + 2 * len(widths) - 2 > screen.columns
    if screen.columns < _WIDE or is_cut:
        heads, rows = heads[:4], [row[:4] for row in rows]
    styles: list[Style | None] = [
        "bad" if result.failing == explanation.total else None
        for result in explanation.requirements
    ]
    return screen.table(heads, rows, right=(1, 2, 3), styles=styles)


def _groups(explanation: Explanation, screen: Screen) -> Iterator[str]:
    listed = explanation.reasons[:_MAX_GROUPS]
    for failed, nodes, ids in listed:
        text = f"{nodes:,} {_fail(explanation, failed, nodes, screen)}"
        if ids:
            text += ", such as " if nodes > len(ids) else ": "
            text += ", ".join(screen.word(node_id, LONGEST_ID) for node_id in ids)
        yield text
    failing = explanation.total - explanation.matched
    if rest := failing - sum(reason.nodes for reason in listed):
        yield pluralize(rest, "fails another combination", "fail other combinations")


def _nearest(explanation: Explanation, screen: Screen) -> Iterator[str]:
    for failed, group in groupby(explanation.nearest, attrgetter("failed")):
        ids = [screen.word(miss.id, LONGEST_ID) for miss in group]
        yield f"{', '.join(ids)}: {_fail(explanation, failed, len(ids), screen)}"


def _fail(explanation: Explanation, failed: Sequence[int], nodes: int, screen: Screen) -> str:
    texts = [screen.code(short(explanation.requirements[at].text)) for at in failed]
    return failing_text(texts, len(explanation.requirements), nodes, _MAX_NAMES)


# How many nodes without a job are listed.
_MAX_IDS = 20


class JobVerdict(IntEnum):
    """The status of a job: what is wrong with its selector, from the worst to ``OK``."""

    INVALID = 0
    NO_NODES = 1
    NONE_CONNECTED = 2
    EVERY_NODE = 3
    SUSPECT = 4
    OK = 5


# How a report shows each status: its colour, and the summary in singular and plural.
_STATUS_TEXTS: dict[JobVerdict, tuple[Style, str, str]] = {
    JobVerdict.INVALID: ("bad", "is invalid", "are invalid"),
    JobVerdict.NO_NODES: ("bad", "matches no node", "match no node"),
    JobVerdict.NONE_CONNECTED: ("doubtful", "matches no connected node", "match no connected node"),
    JobVerdict.EVERY_NODE: ("doubtful", "matches EVERY node", "match EVERY node"),
    JobVerdict.SUSPECT: ("doubtful", "may contain a typo", "may contain a typo"),
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
            for status, (_, *texts) in _STATUS_TEXTS.items()
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
    status = _status(matched, is_cut_off, not explanation.requirements, is_doubtful)
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
    status = _status(matched, is_cut_off, not explanation.requirements, False)
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


def job_lines(report: JobsReport, output: str, screen: Screen) -> Iterator[str]:
    """Yield the lines of a report on jobs; ``output`` is one of ``REPORT_FORMATS``."""

    def blocks(screen: Screen) -> Iterator[Iterable[str]]:
        yield screen.title(screen.prose(report.headline))
        yield _table(report, screen)
        if report.node is not None and count_connected([report.node.state]) == 0:
            state = quoted(report.node.state or "")
            text = f"the node is not connected: its state is {state}"
            yield screen.paragraph(screen.prose(text))
        if report.unused_ids and report.node is None:
            lines = [ranges_text(report.unused_ids[:_MAX_IDS], screen)]
            if (more := len(report.unused_ids) - _MAX_IDS) > 0:
                lines.append(f"and {more:,} more; -o json has all of them")
            is_any_invalid = report.jobs[0].status is JobVerdict.INVALID  # the worst is first
            title = "NODES WITHOUT A VALID JOB" if is_any_invalid else "NODES WITHOUT A JOB"
            yield screen.section(title, screen.bullets(lines))

    return report_lines(output, screen, report.as_dict, blocks, report.not_considered)


def _table(report: JobsReport, screen: Screen) -> Iterator[str]:
    has_node = report.node is not None
    rows = []
    styles: list[Style | None] = []
    for job in report.jobs:
        is_invalid = job.status is JobVerdict.INVALID
        problem = screen.prose(f"{'invalid: ' if is_invalid else ''}{job.recommendation}")
        if has_node:
            numbers = ["-" if is_invalid else "yes" if job.matched else "no"]
            styles.append("bad" if is_invalid else "good" if job.matched else None)
        else:
            unknown = "-" if is_invalid else "unknown"
            numbers = [unknown if n is None else f"{n:,}" for n in (job.matched, job.connected)]
            styles.append(_STATUS_TEXTS[job.status][0] if job.status in _STATUS_TEXTS else None)
        alike = f" ({pluralize(job.size, 'pod')})" if job.alike else ""
        rows.append((screen.code(job.name) + alike, *numbers, problem))
    numbers = ["RUNS"] if has_node else ["MATCHED", "CONNECTED"]
    heads = ("JOB", *numbers, "FAILS" if has_node else "WHAT TO CHANGE")
    right = () if has_node else (1, 2)
    return screen.table(heads, rows, right=right, wrap_last=True, styles=styles)
