"""``nodeselect waves``: the plan of a rollout."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from nodeselect.cli.job_files import job_name, read_bytes
from nodeselect.cli.options import job_option, nodes_option, read_inventory, say_empty
from nodeselect.cli.stderr import say
from nodeselect.cli.stdout import put
from nodeselect.cli.stray_arguments import OptionsOnly
from nodeselect.render.explanation import headline_of
from nodeselect.render.id_ranges import fold
from nodeselect.render.layout import (
    MARKDOWN_CODE,
    REPORTS,
    Screen,
    cell,
    code,
    json_lines,
    markdown,
    markdown_table,
    number_of,
    screen_here,
    table,
    wrapped,
)
from nodeselect.text import quoted, width

if TYPE_CHECKING:
    from nodeselect.jobs.rollout import Wave

__all__ = ["waves"]

SOME, NONE = 0, 1

_ROOM = 30
"""Columns that ids need to stand behind the numbers of their wave."""


@click.command(
    cls=OptionsOnly,
    epilog="""\b
Examples:
  nodeselect waves --job job.yaml -n nodes.json
  nodeselect waves --job job.yaml -n nodes.json -o markdown
  kubectl get nodes -o json | nodeselect waves --job job.yaml -n - -o json

\b
Exit status: 0 there is a wave, 1 there is no node for one, 2 wrong job or
input.
""",
)
@nodes_option()
@job_option("The job that is rolled out.")
@click.option(
    "-o", "--output", type=click.Choice(REPORTS), default="text", show_default=True,
    help="How it is printed.",
)  # fmt: skip
@click.pass_context
def waves(context: click.Context, nodes_from: str, job: str | None, output: str) -> int:
    """Print the plan of a rollout: which nodes in which wave.

    The plan is made of the nodes that match the job's selector and are connected, by the strategy
    and the percentages of its rollout.
    """
    from nodeselect.jobs.read import read_job  # pydantic: loaded where a whole job is read
    from nodeselect.jobs.rollout import plan_waves, wave_rules

    if job is None:
        raise click.UsageError("say which job: --job FILE", context)
    if job == "-" == nodes_from:
        raise click.UsageError("job and nodes cannot both come from standard input", context)
    spec = read_job(read_bytes(job), job_name(job))
    selector = spec.to_selector()
    inventory = read_inventory(nodes_from, None)
    matched = list(inventory.match(selector))
    told = any(node.state is not None for node in matched)
    ids = [node.id for node in matched if node.connected or not told]
    rollout = spec.rollout
    plan = _Plan(
        spec.name or job_name(job),
        rollout.strategy,
        None if rollout.strategy == "immediate" else rollout.max_parallel,
        rollout.canary_count,
        len(inventory),
        len(matched),
        len(ids) if told else None,
        sum(node.state is None for node in matched),
        plan_waves(ids, rollout),
        wave_rules(rollout),
    )
    match output:
        case "json":
            put(json_lines(plan.as_dict()))
        case "markdown":
            put(markdown(_markdown(plan)))
        case _:
            put(_text(plan, screen_here(ascii_only=False)))
    say_empty(job, selector)
    if not matched:
        say("no node matches: nodeselect explain says why")
    elif not ids:
        say("no node that matches is connected: there is no wave")
    return SOME if ids else NONE


class _Plan(NamedTuple):
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
        text = f"{self.strategy}, {number_of(len(self.waves), 'wave')}"
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
        return f"; {asks}, and there {are} {number_of(nodes, 'node')} for it"

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


def _text(plan: _Plan, screen: Screen) -> Iterator[str]:
    head = screen.escaped(f"{quoted(plan.job)}: {plan.headline}")
    yield from wrapped(head.split(" "), screen.columns, hang=2)
    yield from wrapped(plan.nodes.split(" "), screen.columns, hang=2)
    if plan.waves:
        yield ""
        lines = list(table([("WAVE", "NODES", "SO FAR"), *plan.rows()], right=(1, 2)))
        indent = max(map(width, lines)) + 2
        behind = screen.columns - indent >= _ROOM
        yield screen.heading(f"{lines[0]}  IDS" if behind else lines[0])
        for line, wave in zip(lines[1:], plan.waves, strict=True):
            before = indent if behind else 4
            ids = fold(wave.ids, screen.columns - before, ascii_only=screen.ascii_only)
            texts = wrapped(ids, screen.columns, before)
            if behind:
                yield line + next(texts)[width(line) :]
            else:
                yield line
            yield from texts
    yield ""
    yield screen.heading("RULES, where Expanso documents none")
    for rule in plan.rules:
        yield from wrapped(rule.split(" "), screen.columns, indent=2, hang=2)


def _markdown(plan: _Plan) -> Iterator[str]:
    yield f"**{code(plan.job)}: {plan.headline}**"
    yield ""
    yield plan.nodes
    yield ""
    if plan.waves:
        rows = [
            (*row, " ".join(map(cell, fold(wave.ids, MARKDOWN_CODE))))
            for row, wave in zip(plan.rows(), plan.waves, strict=True)
        ]
        yield from markdown_table(("wave", "nodes", "so far", "ids"), rows, right=(1, 2))
        yield ""
    yield "Rules, where Expanso documents none:"
    yield ""
    yield from (f"- {rule}" for rule in plan.rules)
