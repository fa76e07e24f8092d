"""Which jobs one node gets, and which nodes all jobs use: as text, Markdown and JSON."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nodeselect.errors import JobError
from nodeselect.explain.wording import short
from nodeselect.render.explanation import value_cell
from nodeselect.render.id_ranges import ranges_text
from nodeselect.render.job_table import first_error
from nodeselect.render.layout import Screen, Style, report_lines
from nodeselect.standing import StandingExplanation
from nodeselect.text import join_limited, pluralize, printable

# How many groups of jobs that fail several requirements are listed, and how many jobs of a group.
_MAX_GROUPS = 8
_MAX_NAMES = 3

# How many nodes without a job are listed.
_MAX_IDS = 50


class NodeJobs(NamedTuple):
    """Which jobs a node gets, and which requirements of the others it fails.

    :param state: the state of the node.
    :param explanation: why selectors of the valid jobs do not match the node.
    :param matching: the jobs whose selectors match the node.
    :param values: for each requirement that the node fails, the value that it has; None if it does
        not have the label.
    :param invalid: the errors of the jobs that are invalid.
    """

    state: str | None
    explanation: StandingExplanation[str]
    matching: Sequence[str]
    values: Mapping[str, str | None]
    invalid: Mapping[str, JobError]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values, described by ``docs/jobs.schema.json``."""
        explanation = self.explanation
        return {
            "version": 1,
            "node": explanation.node_id,
            "state": self.state,
            "total": explanation.total,
            "matching": list(self.matching),
            "failing": [
                {
                    "requirements": [
                        {"requirement": text, "value": self.values[text]} for text in reason.failed
                    ],
                    "jobs": list(reason.names),
                }
                for reason in explanation.reasons
            ],
            "invalid": _invalid_dicts(self.invalid),
        }


def node_job_lines(jobs: NodeJobs, output: str, screen: Screen) -> Iterator[str]:
    """Yield the lines of a report on the jobs of one node.

    :param output: ``text``, ``json`` or ``markdown``.
    """
    explanation = jobs.explanation

    def blocks(screen: Screen) -> Iterator[Iterable[str]]:
        node, total = printable(explanation.node_id or ""), pluralize(explanation.total, "job")
        text = f"{len(jobs.matching):,} of {total} would run on {node}"
        yield screen.title(screen.prose(_with_invalid(text, jobs.invalid)))
        if jobs.matching:
            yield screen.section("WOULD RUN", screen.bullets(map(screen.code, jobs.matching)))
        near = [reason for reason in explanation.reasons if len(reason.failed) == 1]
        if near:
            rows = []
            for reason in near:
                (text,), names = reason
                has = value_cell(jobs.values[text], screen)
                cells = (screen.code(short(text)), has, f"{len(names):,}", _names(names, screen))
                rows.append(cells)
            heads = ("ONLY THIS FAILS", "THE NODE HAS", "JOBS", "")
            yield screen.table(heads, rows, right=(2,), wrap_last=True)
        far = [reason for reason in explanation.reasons if len(reason.failed) > 1]
        if far:
            yield screen.section("SEVERAL REQUIREMENTS FAIL", screen.bullets(_groups(far, screen)))
        yield from _invalid_block(jobs.invalid, screen)

    return report_lines(output, screen, jobs.as_dict, blocks)


class FleetJobs(NamedTuple):
    """How many nodes each job gets, and which nodes get none.

    :param total: how many nodes there are.
    :param jobs: for each valid job, how many nodes match, and how many of these are connected (None
        if no state is known).
    :param unused_ids: the ids of the nodes that no job matches.
    :param invalid: the errors of the jobs that are invalid.
    """

    total: int
    jobs: Mapping[str, tuple[int, int | None]]
    unused_ids: Sequence[str]
    invalid: Mapping[str, JobError]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values, described by ``docs/jobs.schema.json``."""
        return {
            "version": 1,
            "total": self.total,
            "jobs": [
                {"job": name, "matched": matched, "connected": connected}
                for name, (matched, connected) in self._ranked()
            ],
            "unused_ids": list(self.unused_ids),
            "invalid": _invalid_dicts(self.invalid),
        }

    def _ranked(self) -> list[tuple[str, tuple[int, int | None]]]:
        """Return the jobs and their counts; the job with the fewest nodes comes first."""
        return sorted(self.jobs.items(), key=lambda job: (job[1][0], job[1][1] or 0, job[0]))


def fleet_job_lines(fleet: FleetJobs, output: str, screen: Screen) -> Iterator[str]:
    """Yield the lines of a report on the nodes of all jobs.

    :param output: ``text``, ``json`` or ``markdown``.
    """

    def blocks(screen: Screen) -> Iterator[Iterable[str]]:
        text = f"{pluralize(len(fleet.jobs), 'job')} on {pluralize(fleet.total, 'node')}"
        if idle := sum(not matched for matched, _ in fleet.jobs.values()):
            text += f"; {pluralize(idle, 'matches no node', 'match no node')}"
        if unused := len(fleet.unused_ids):
            text += f"; {pluralize(unused, 'node is', 'nodes are')} matched by no job"
        yield screen.title(_with_invalid(text, fleet.invalid))
        if fleet.jobs:
            rows = [
                (
                    screen.code(name),
                    f"{matched:,}",
                    "unknown" if connected is None else f"{connected:,}",
                    screen.bar(matched, fleet.total),
                )
                for name, (matched, connected) in fleet._ranked()
            ]
            styles: list[Style | None] = [
                None if matched else "bad" for _, (matched, _) in fleet._ranked()
            ]
            heads = ("JOB", "MATCHED", "CONNECTED", "")
            yield screen.table(heads, rows, right=(1, 2), styles=styles)
        if fleet.unused_ids:
            lines = [ranges_text(fleet.unused_ids[:_MAX_IDS], screen)]
            if (more := len(fleet.unused_ids) - _MAX_IDS) > 0:
                lines.append(f"and {more:,} more; -o json has all of them")
            yield screen.section("NODES WITHOUT A JOB", screen.bullets(lines))
        yield from _invalid_block(fleet.invalid, screen)

    return report_lines(output, screen, fleet.as_dict, blocks)


def _with_invalid(text: str, invalid: Mapping[str, JobError]) -> str:
    more = pluralize(len(invalid), "more is", "more are")
    return f"{text}; {more} invalid" if invalid else text


def _invalid_block(invalid: Mapping[str, JobError], screen: Screen) -> Iterator[Iterable[str]]:
    if invalid:
        lines = (
            f"{screen.code(name)}: {screen.prose(first_error(error))}"
            for name, error in invalid.items()
        )
        yield screen.section("INVALID", screen.bullets(lines))


def _invalid_dicts(invalid: Mapping[str, JobError]) -> list[dict[str, str]]:
    return [{"job": name, "error": first_error(error)} for name, error in invalid.items()]


def _names(names: Sequence[str], screen: Screen) -> str:
    return join_limited(list(map(screen.code, names)), _MAX_NAMES)


def _groups(reasons: Sequence[Any], screen: Screen) -> Iterator[str]:
    for failed, names in reasons[:_MAX_GROUPS]:
        texts = join_limited([screen.code(short(text)) for text in failed])
        yield f"{texts}: {_names(names, screen)}"
    if rest := sum(len(reason.names) for reason in reasons[_MAX_GROUPS:]):
        yield pluralize(rest, "job fails another combination", "jobs fail other combinations")
