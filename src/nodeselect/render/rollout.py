"""Lay out the plan of a rollout as text, Markdown and JSON."""

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from nodeselect.explain.wording import headline
from nodeselect.render.id_ranges import ranges_text
from nodeselect.render.nodes import csv_table
from nodeselect.render.screen import Screen, report_lines
from nodeselect.text import pluralize

if TYPE_CHECKING:
    from nodeselect.expanso.rollout import RolloutPlan

# A range of ids is split to be no wider, so that it fits beside the numbers of its wave.
_RANGE_COLUMNS = 40


class RolloutReport(NamedTuple):
    """The plan of a rollout, with facts about the job and all ``total`` nodes.

    :param job: the name of the job; if the job has no name, the name of its file.
    :param max_parallel: the share of nodes in a wave, in percent; None if ``immediate``.
    :param what_if: how the plan differs from that of the job as it is; empty if it does not.
    """

    job: str
    strategy: str
    max_parallel: int | None
    total: int
    plan: "RolloutPlan"
    what_if: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """The strategy, the number of waves and ``max_parallel``, in one line."""
        text = f"{self.strategy}, {pluralize(len(self.plan.waves), 'wave')}"
        return text if self.max_parallel is None else f"{text}, max_parallel {self.max_parallel}%"

    @property
    def node_counts(self) -> str:
        """A line with how many nodes match, and how many of these are not in the plan, and why."""
        matched, connected, stateless, waves, _ = self.plan
        text = headline(matched, self.total, connected)
        if connected is None:
            return f"{text}; no state is known, so all are in the plan" if waves else text
        excluded = {
            "not connected": matched - connected - stateless,
            "without a state": stateless,
        }
        reasons = [f"{count:,} {reason}" for reason, count in excluded.items() if count]
        return f"{text}; not in the plan: {', '.join(reasons)}" if reasons else text

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as JSON values, described by ``docs/rollout.schema.json``."""
        fields, plan = self._asdict(), self.plan._asdict()
        del fields["plan"], fields["what_if"]
        plan["assumptions"] = (*self.what_if, *self.plan.assumptions)
        plan["waves"] = [{"nodes": len(wave.ids), **wave._asdict()} for wave in self.plan.waves]
        return {"version": 1, **fields, **plan}


def rollout_lines(
    report: RolloutReport, output: str, screen: Screen
) -> tuple[Iterator[str], list[str]]:
    """Return the lines of a report on a plan, and notes on what they leave out or escape.

    :param output: one of ``TABLE_FORMATS``; CSV has a line for each node.
    """
    waves = report.plan.waves
    if output == "csv":
        rows = ((f"{w.number}", f"{w.canary}".lower(), each) for w in waves for each in w.ids)
        lines, note = csv_table([("wave", "canary", "id"), *rows])
        escaped = [f"{note}; to read the ids again, use -o json"] if note else []
        return lines, [report.node_counts, *report.what_if, *escaped]

    def blocks(screen: Screen) -> Iterator[Iterable[str]]:
        yield screen.title(f"{screen.code(report.job)}: {report.headline}")
        yield screen.paragraph(report.node_counts)
        if waves:
            totals = accumulate(len(wave.ids) for wave in waves)
            rows = [
                (
                    f"{wave.number} canary" if wave.canary else f"{wave.number}",
                    f"{len(wave.ids):,}",
                    f"{done:,}",
                    ranges_text(wave.ids, screen, _RANGE_COLUMNS),
                )
                for wave, done in zip(waves, totals, strict=True)
            ]
            heads = ("WAVE", "NODES", "SO FAR", "IDS")
            yield screen.table(heads, rows, right=(1, 2), wrap_last=True)
        title = "ASSUMPTIONS (Expanso does not document these rules)"
        yield screen.section(title, screen.bullets((*report.what_if, *report.plan.assumptions)))

    return report_lines(output, screen, report.as_dict, blocks), []
