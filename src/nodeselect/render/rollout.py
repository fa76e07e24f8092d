"""The plan of a rollout as text, Markdown and JSON."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from nodeselect.render.explanation import headline_of
from nodeselect.render.id_ranges import compress_ids
from nodeselect.render.layout import (
    MARKDOWN_CODE,
    Screen,
    align_columns,
    json_lines,
    md_cell,
    md_code,
    md_document,
    md_table,
)
from nodeselect.text import display_width, pluralize, quoted

if TYPE_CHECKING:
    from nodeselect.jobs.rollout import Wave

__all__ = ["RolloutPlan", "rollout_lines"]

_ROOM = 30
"""Columns that ids need to stand behind the numbers of their wave."""


class RolloutPlan(NamedTuple):
    """The plan of one rollout."""

    job: str
    strategy: str
    max_parallel: int | None
    """Percent of the nodes in a wave; None where all come at once."""
    canary_count: int | None
    """How many canaries are asked for; None where no number is."""
    total: int
    """Nodes that there are."""
    matched: int
    """Nodes that match."""
    connected: int | None
    """How many of these are connected; None where none tells its state, and all are taken."""
    stateless: int
    """How many of the nodes that match tell no state."""
    waves: "tuple[Wave, ...]"
    rules: tuple[str, ...]
    """By which rules the waves are made, where Expanso documents none."""

    @property
    def headline(self) -> str:
        """What is planned, without the name of the job."""
        if not self.waves:
            return f"{self.strategy}, no wave: there is no node for one"
        text = f"{self.strategy}, {pluralize(len(self.waves), 'wave')}"
        if self.max_parallel is None:
            return f"{text}: all nodes at once"
        if self.waves[-1].canary:
            return f"{text}: the canaries alone{self._too_few}"
        canaries = "the canaries, then " if self.strategy == "canary" else ""
        share = f"{self.max_parallel}% of the nodes" if self.max_parallel else "one node"
        return f"{text}: {canaries}{share} in each"

    @property
    def _too_few(self) -> str:
        """That there are fewer nodes than canaries were asked for; nothing where there are not."""
        nodes = sum(len(wave.ids) for wave in self.waves)
        if self.canary_count is None or self.canary_count <= nodes:
            return ""
        are = "is only" if nodes == 1 else "are only"
        asks = f"canary_count asks for {self.canary_count:,}"
        return f"; {asks}, and there {are} {pluralize(nodes, 'node')} for it"

    @property
    def nodes(self) -> str:
        """Which nodes the plan is made of."""
        text = headline_of(self.matched, self.total, self.connected, ())
        if self.connected is None:
            return f"{text}; none of them tells its state: all are taken" if self.matched else text
        if off := self.matched - self.connected - self.stateless:
            are = "is not, and is" if off == 1 else "are not, and are"
            text += f"; {off:,} {are} in no wave"
        if self.stateless:
            tell = "tells no state, and is" if self.stateless == 1 else "tell no state, and are"
            text += f"; {self.stateless:,} {tell} in no wave"
        return text

    def as_dict(self) -> dict[str, Any]:
        """Give all of it as what JSON can hold; ``docs/waves.md`` describes it."""
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
            "rules": list(self.rules),
        }

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Give the numbers of each wave: its own, its nodes, and all nodes up to its end."""
        done = 0
        for wave in self.waves:
            done += len(wave.ids)
            canary = " canary" if wave.canary else ""
            yield f"{wave.number}{canary}", f"{len(wave.ids):,}", f"{done:,}"


def rollout_lines(plan: RolloutPlan, output: str, screen: Screen) -> Iterable[str]:
    """Return the lines of a plan.

    :param output: one of ``REPORT_FORMATS``.
    """
    match output:
        case "json":
            return json_lines(plan.as_dict())
        case "markdown":
            return md_document(_markdown(plan))
    return _text(plan, screen)


def _text(plan: RolloutPlan, screen: Screen) -> Iterator[str]:
    head = screen.escape(f"{quoted(plan.job)}: {plan.headline}")
    yield from screen.wrap(head, hang=2)
    yield from screen.wrap(plan.nodes, hang=2)
    if plan.waves:
        yield ""
        lines = list(align_columns([("WAVE", "NODES", "SO FAR"), *plan.rows()], right=(1, 2)))
        indent = max(map(display_width, lines)) + 2
        behind = screen.columns - indent >= _ROOM
        yield screen.heading(f"{lines[0]}  IDS" if behind else lines[0])
        for line, wave in zip(lines[1:], plan.waves, strict=True):
            before = indent if behind else 4
            ids = compress_ids(wave.ids, screen.columns - before)
            texts = screen.wrap(ids, indent=before)
            if behind:
                yield line + next(texts)[display_width(line) :]
            else:
                yield line
            yield from texts
    yield ""
    yield screen.heading("RULES, where Expanso documents none")
    for rule in plan.rules:
        yield from screen.wrap(rule, indent=2, hang=2)


def _markdown(plan: RolloutPlan) -> Iterator[str]:
    yield f"**{md_code(plan.job)}: {plan.headline}**"
    yield ""
    yield plan.nodes
    yield ""
    if plan.waves:
        rows = [
            (*row, " ".join(map(md_cell, compress_ids(wave.ids, MARKDOWN_CODE))))
            for row, wave in zip(plan.rows(), plan.waves, strict=True)
        ]
        yield from md_table(("wave", "nodes", "so far", "ids"), rows, right=(1, 2))
        yield ""
    yield "Rules, where Expanso documents none:"
    yield ""
    yield from (f"- {rule}" for rule in plan.rules)
