"""``nodeselect diff``: which nodes a change adds, keeps and removes."""

from collections.abc import Sequence

import click

from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.job_files import job_name
from nodeselect.cli.options import (
    all_option,
    job_option,
    job_selector,
    nodes_option,
    read_inventory,
    say_empty,
    selector_option,
    selectors_of,
)
from nodeselect.cli.stray_arguments import OptionsOnly, option_before
from nodeselect.cli.streams import write_message, write_output
from nodeselect.inventory import Inventory
from nodeselect.inventory.compare import Difference, compare
from nodeselect.render.diff import diff_lines
from nodeselect.render.layout import REPORT_FORMATS, detect_screen
from nodeselect.selectors import Selector
from nodeselect.text import quoted

__all__ = ["diff"]


_FILES = ("--job", "-n", "--nodes")
"""Options that take a file, or the old one and the new one."""

_SELECTOR = ("-l", "--selector")


class _Diff(OptionsOnly):
    """Reads ``--job OLD NEW`` as ``--job OLD --job NEW``, and ``-n OLD NEW`` likewise: a file that
    stands alone belongs to the option before it, since the command has no arguments of its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments."""
        given: list[str] = []
        for argument in args:
            alone = argument == "-" or not argument.startswith("-")
            if alone and (option := option_before(given, _FILES)):
                given.append(option)
            elif alone and option_before(given, _SELECTOR):
                raise click.UsageError(f"repeat -l before {quoted(argument)}: -l OLD -l NEW", ctx)
            given.append(argument)
        return super().parse_args(ctx, given)


@click.command(
    cls=_Diff,
    epilog="""\b
Examples:
  nodeselect diff --job old.yaml new.yaml -n nodes.json
  nodeselect diff -l region=eu -l 'region=eu,tier!=free' -n nodes.json
  nodeselect diff --job job.yaml -n yesterday.json today.json
  nodeselect diff --all -n yesterday.json today.json -o markdown

\b
Exit status: 0 the same nodes match, 1 others do, 2 wrong question or input.
""",
)
@nodes_option(several=True)
@selector_option("The selector. Twice: the old one and the new one.")
@job_option("The job. Two files: the old one and the new one.", several=True)
@all_option("Compare all nodes of two inputs.")
@click.option(
    "-o", "--output", type=click.Choice(REPORT_FORMATS), default="text", show_default=True,
    help="How it is printed.",
)  # fmt: skip
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII alone.")
@click.pass_context
def diff(
    context: click.Context,
    nodes_from: tuple[str, ...],
    expressions: tuple[str, ...],
    job: tuple[str, ...],
    everything: bool,
    output: str,
    ascii_only: bool,
) -> int:
    """Print which nodes a change adds, keeps and removes.

    What changes is the selector (--job OLD NEW, or -l OLD -l NEW), or what it is asked of (-n OLD
    NEW).
    """
    _check(context, nodes_from, expressions, job, everything)
    if ascii_only and output != "text":
        raise click.UsageError(f"--ascii goes with text, not {output}", context)
    selectors = [job_selector(each) for each in job] or selectors_of(expressions, ())
    if selectors is None:
        return ExitStatus.ERROR
    inventories = [read_inventory(source, None) for source in nodes_from]
    asked, files = expressions or tuple(map(job_name, job)), tuple(map(job_name, nodes_from))
    names, others = (files, asked) if len(files) > 1 else (asked, files)
    difference = compare(
        (names[0], names[1]),
        (inventories[0], inventories[-1]),
        (selectors[0], selectors[-1]),
    )
    screen = detect_screen(ascii_only=ascii_only)
    write_output(diff_lines(difference, output, screen, "".join(others)))
    for each, selector in zip(job, selectors, strict=False):
        say_empty(each, selector)
    if not everything:
        _say_none(difference, (inventories[0], inventories[-1]), (selectors[0], selectors[-1]))
    return ExitStatus.NEGATIVE if difference.added or difference.removed else ExitStatus.OK


def _say_none(
    difference: Difference,
    inventories: tuple[Inventory, Inventory],
    selectors: tuple[Selector, Selector],
) -> None:
    """Say that a side takes no node, and of one alone what to look at first."""
    matched = (difference.old.matched, difference.new.matched)
    if not any(matched):
        write_message("neither OLD nor NEW takes a node: nodeselect explain says why")
        return
    for name, count, inventory, selector in zip(
        ("OLD", "NEW"), matched, inventories, selectors, strict=True
    ):
        if not count:
            trouble = inventory.explain(selector, examples=0).main_problem.removeprefix("none: ")
            write_message(f"{name} takes no node: nodeselect explain says why\n  {trouble}")


def _check(
    context: click.Context,
    nodes_from: Sequence[str],
    expressions: Sequence[str],
    job: Sequence[str],
    everything: bool,
) -> None:
    """Refuse a question that does not have one old side and one new side."""
    if sum(map(bool, (expressions, job, everything))) != 1:
        raise click.UsageError("say which nodes, in one way: -l EXPR, --job FILE or --all", context)
    asked = 1 if everything else len(expressions or job)
    if len(nodes_from) == asked == 2:
        what = "the selector" if expressions else "the job"
        raise click.UsageError(f"one change at a time: {what}, or the nodes", context)
    if (len(nodes_from), asked) not in ((1, 2), (2, 1)):
        way = "-l OLD -l NEW" if expressions else "--job OLD NEW"
        ways = "-n OLD NEW" if everything else f"{way}, or -n OLD NEW"
        raise click.UsageError(f"say what changes, first the old and then the new: {ways}", context)
    if [*nodes_from, *job].count("-") > 1:
        raise click.UsageError("only one thing can come from standard input", context)
