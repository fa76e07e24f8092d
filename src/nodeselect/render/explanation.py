"""Lay out explanations: of a selector, of many jobs on all nodes, or of many jobs on one node."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from nodeselect.explain import Explanation, NodeExplanation, Replicas
from nodeselect.explain.jobs import JobsReport, JobVerdict
from nodeselect.explain.wording import failing_text, notes, short
from nodeselect.node import count_connected
from nodeselect.render.id_ranges import ranges_text
from nodeselect.render.screen import Markdown, Screen, Style, report_lines
from nodeselect.text import (
    LONGEST_ID,
    display_width,
    pluralize,
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
    explanation: Explanation | NodeExplanation | Replicas,
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
    explanation: Explanation | NodeExplanation | Replicas, screen: Screen, subject: str
) -> Iterator[Iterable[str]]:
    """Yield the parts of the report, each as an iterable of lines."""
    prefix = f"{screen.code(subject)}: " if isinstance(screen, Markdown) else ""
    answer = [*screen.title(f"{prefix}{screen.prose(explanation.headline)}")]
    if isinstance(explanation, NodeExplanation):
        yield answer
        if explanation.requirements:
            yield _node_table(explanation, screen)
        return
    if isinstance(explanation, Replicas):
        yield answer
        if explanation.nodes:
            yield screen.section("PLACED", screen.bullets(_placed(explanation, screen)))
        if not explanation.are_placed:
            after = explanation.after
            line = f"for the next one, {after.headline}"
            yield from _blocks(after._replace(headline=line), screen, "")
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


def _placed(replicas: Replicas, screen: Screen) -> Iterator[str]:
    """Yield the nodes with each number of pods, the largest number first."""
    by_number: dict[int, list[str]] = {}
    for node_id, number in replicas.counts.items():
        by_number.setdefault(number, []).append(node_id)
    for number, ids in sorted(by_number.items(), reverse=True):
        yield f"{number:,} on {'each of ' if ids[1:] else ''}{ranges_text(ids, screen)}"


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

_STYLES: dict[JobVerdict, Style] = {
    JobVerdict.INVALID: "bad",
    JobVerdict.NO_NODES: "bad",
    JobVerdict.NONE_CONNECTED: "doubtful",
    JobVerdict.EVERY_NODE: "doubtful",
    JobVerdict.SUSPECT: "doubtful",
}


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
            styles.append(_STYLES.get(job.status))
        alike = f" ({pluralize(job.size, 'pod')})" if job.alike else ""
        rows.append((screen.code(job.name) + alike, *numbers, problem))
    numbers = ["RUNS"] if has_node else ["MATCHED", "CONNECTED"]
    heads = ("JOB", *numbers, "FAILS" if has_node else "WHAT TO CHANGE")
    right = () if has_node else (1, 2)
    return screen.table(heads, rows, right=right, wrap_last=True, styles=styles)
