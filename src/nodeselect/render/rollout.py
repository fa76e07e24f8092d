"""The plan of a rollout as text, Markdown and JSON."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from nodeselect.explain import headline
from nodeselect.render.id_ranges import compress_ids
from nodeselect.render.layout import (
    MARKDOWN_CODE,
    Screen,
    json_lines,
    md_cell,
    md_code,
    md_document,
    md_table,
)
from nodeselect.text import pluralize, quoted

if TYPE_CHECKING:
    from nodeselect.jobs.rollout import Wave

__all__ = ["RolloutPlan", "rollout_lines"]

# Columns of a folded range of ids, so that it can be beside the numbers of its wave.
_RANGE_COLUMNS = 40


class RolloutPlan(NamedTuple):
    """The plan of a rollout.

    :param max_parallel: the percentage of nodes in a wave; None if there is only one wave.
    :param canary_count: the number of canaries that the job requires, if it has one.
    :param total: how many nodes there are.
    :param matched: how many nodes match.
    :param connected: how many nodes match and are connected; None if no state is known, and all
        nodes that match are in the plan.
    :param stateless: how many nodes match and have no state.
    :param assumptions: the rules that Expanso does not document.
    """

    job: str
    strategy: str
    max_parallel: int | None
    canary_count: int | None
    total: int
    matched: int
    connected: int | None
    stateless: int
    waves: "tuple[Wave, ...]"
    assumptions: tuple[str, ...]

    @property
    def headline(self) -> str:
        """The strategy and the number of waves."""
        if not self.waves:
            return f"{self.strategy}, no waves: no node can be in one"
        text = f"{self.strategy}, {pluralize(len(self.waves), 'wave')}"
        if self.max_parallel is None:
            return f"{text}: all nodes at once"
        if self.waves[-1].canary:
            return f"{text}: only canaries{self._missing_canaries}"
        canaries = "the canaries, then " if self.strategy == "canary" else ""
        share = f"{self.max_parallel}% of the nodes" if self.max_parallel else "one node"
        return f"{text}: {canaries}{share} in each"

    @property
    def _missing_canaries(self) -> str:
        nodes = sum(len(wave.ids) for wave in self.waves)
        if self.canary_count is None or self.canary_count <= nodes:
            return ""
        verb = "is" if nodes == 1 else "are"
        available = f"there {verb} only {pluralize(nodes, 'node')}"
        return f"; canary_count is {self.canary_count:,}, but {available}"

    @property
    def node_counts(self) -> str:
        """How many nodes match, and why some of them are in no wave."""
        text = headline(self.matched, self.total, self.connected)
        if self.connected is None:
            return f"{text}; no state is known, so all are in the plan" if self.matched else text
        excluded = {
            "not connected": self.matched - self.connected - self.stateless,
            "without a state": self.stateless,
        }
        reasons = [f"{count:,} {reason}" for reason, count in excluded.items() if count]
        return f"{text}; in no wave: {', '.join(reasons)}" if reasons else text

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as JSON values, described by ``docs/waves.schema.json``."""
        return {
            "version": 1,
            "job": self.job,
            "strategy": self.strategy,
            "max_parallel": self.max_parallel,
            "total": self.total,
            "matched": self.matched,
            "connected": self.connected,
            "stateless": self.stateless,
            "waves": [
                {
                    "number": wave.number,
                    "canary": wave.canary,
                    "nodes": len(wave.ids),
                    "ids": list(wave.ids),
                }
                for wave in self.waves
            ],
            "rules": list(self.assumptions),
        }

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Yield the number of each wave, its size, and the nodes up to its end."""
        done = 0
        for wave in self.waves:
            done += len(wave.ids)
            canary = " canary" if wave.canary else ""
            yield f"{wave.number}{canary}", f"{len(wave.ids):,}", f"{done:,}"


def rollout_lines(plan: RolloutPlan, output: str, screen: Screen) -> Iterable[str]:
    """Return the lines of a report about a plan.

    :param output: one of ``REPORT_FORMATS``.
    """
    if output == "json":
        return json_lines(plan.as_dict())
    if output == "markdown":
        return md_document(_markdown(plan))
    return _text(plan, screen)


def _text(plan: RolloutPlan, screen: Screen) -> Iterator[str]:
    yield from screen.wrap(f"{quoted(plan.job)}: {plan.headline}", hang=2)
    yield from screen.wrap(plan.node_counts, hang=2)
    if plan.waves:
        yield ""
        longest = min(_RANGE_COLUMNS, screen.columns - 4)
        rows = [
            (*row, " ".join(compress_ids(wave.ids, longest)))
            for row, wave in zip(plan.rows(), plan.waves, strict=True)
        ]
        heads = ("WAVE", "NODES", "SO FAR", "IDS")
        yield from screen.table([heads, *rows], right=(1, 2), wrap_last=True)
    yield ""
    yield screen.heading("ASSUMPTIONS, which Expanso does not document")
    for assumption in plan.assumptions:
        yield from screen.wrap(assumption, indent=2, hang=2)


def _markdown(plan: RolloutPlan) -> Iterator[str]:
    yield f"**{md_code(plan.job)}: {plan.headline}**"
    yield ""
    yield plan.node_counts
    yield ""
    if plan.waves:
        rows = [
            (*row, " ".join(map(md_cell, compress_ids(wave.ids, MARKDOWN_CODE))))
            for row, wave in zip(plan.rows(), plan.waves, strict=True)
        ]
        yield from md_table(("wave", "nodes", "so far", "ids"), rows, right=(1, 2))
        yield ""
    yield "Assumptions, which Expanso does not document:"
    yield ""
    yield from (f"- {assumption}" for assumption in plan.assumptions)
