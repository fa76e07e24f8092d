"""``nodeselect explain``: why a selector takes the nodes that it takes, and why not the others."""

import os
import sys

import click

from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.job_files import job_name
from nodeselect.cli.options import (
    id_option,
    is_in,
    job_option,
    job_selector,
    nodes_option,
    once,
    read_inventory,
    say_empty,
    selector_option,
    selectors_of,
    state_option,
    states_of,
)
from nodeselect.cli.stray_arguments import OptionsOnly
from nodeselect.cli.streams import write_file, write_message, write_output
from nodeselect.inventory import Inventory
from nodeselect.node import Node
from nodeselect.render.explanation_formats import Explained, Union, explained_lines, named
from nodeselect.render.layout import REPORT_FORMATS, detect_screen
from nodeselect.selectors import Selector
from nodeselect.text import quoted

__all__ = ["explain"]


@click.command(
    cls=OptionsOnly,
    short_help="Tell why a selector takes some nodes, and not the others.",
    epilog="""\b
Examples:
  nodeselect explain -l 'region=eu,tier in (gold,silver),!debug' -n nodes.json
  nodeselect explain --job job.yaml -n nodes.json
  nodeselect explain --job job.yaml -n nodes.json --node n-1
  nodeselect explain --job job.yaml -n nodes.json --html why.html
  nodeselect explain --job jobs/ -n nodes.json
  kubectl get nodes -o json | nodeselect explain -l gpu -n - -o markdown

\b
Exit status: 0 some node matches, 1 none does, 2 wrong question or input.
With --node: whether that node does. Of several jobs: 0 each takes some node,
1 one takes none, 2 one is wrong.
""",
)
@nodes_option()
@selector_option("Explain the selector. Repeated: each, and how many nodes they take together.")
@job_option(
    "Explain the selector of a job spec. Repeated, or a folder: a line for each job, those in"
    " trouble first.",
    metavar="FILE|FOLDER|-",
    several=True,
)
@id_option("Take the node with this id. Repeated: any of them. With -l, both must hold.")
@state_option("Look only at nodes in one of these states: connected, lost, ready, … Repeatable.")
@click.option(
    "--node", metavar="ID", multiple=True, callback=once,
    help="Explain one node: what it has, and which requirements it fails.",
)  # fmt: skip
@click.option(
    "-o", "--output", type=click.Choice(REPORT_FORMATS), default="text", show_default=True,
    help="How it is printed.",
)  # fmt: skip
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII alone.")
@click.option(
    "--html", metavar="FILE", multiple=True, callback=once,
    help="Write it as a page for a browser too, with all nodes to search.",
)  # fmt: skip
@click.pass_context
def explain(
    context: click.Context,
    nodes_from: str,
    expressions: tuple[str, ...],
    job: tuple[str, ...],
    ids: tuple[str, ...],
    states: tuple[str, ...],
    node: str | None,
    output: str,
    ascii_only: bool,
    html: str | None,
) -> int:
    """Tell why a selector takes the nodes it takes, and why not the others.

    For each requirement: how many nodes fail it, how many are left after it and those before it,
    and how many fail only this one. Then which of them fail together, what was probably meant, and
    what to change.
    """
    if bool(expressions or ids) == bool(job):
        raise click.UsageError(
            "say what to explain, in one way: -l EXPR, --id ID or --job", context
        )
    if nodes_from == "-" and "-" in job:
        raise click.UsageError("job and nodes cannot both come from standard input", context)
    if ascii_only and output != "text":
        raise click.UsageError(f"--ascii goes with text, not {output}", context)
    several = len(job) > 1 or any(name != "-" and os.path.isdir(name) for name in job)  # noqa: PTH112
    if html == "-":
        raise click.UsageError("--html writes to a file: name one", context)
    if html is not None and (several or node is not None or len(expressions) > 1):
        raise click.UsageError("--html goes with one selector or job, without --node", context)
    if html is not None and any(_is_same(html, source) for source in (nodes_from, *job)):
        raise click.UsageError("--html would overwrite what it is made of", context)
    wanted = states_of(context, states)
    screen = detect_screen(ascii_only=ascii_only)
    if several:
        from nodeselect.cli.explain_jobs import explain_jobs

        if node is not None:
            raise click.UsageError("--node goes with one job", context)
        return explain_jobs(job, nodes_from, wanted, output, screen)
    if job:
        selectors = [job_selector(job[0])]
        say_empty(job[0], selectors[0])
    else:
        made = selectors_of(expressions, ids)
        if made is None:
            return ExitStatus.ERROR
        selectors = made
    left_out: dict[str, str | None] = {}
    inventory = read_inventory(nodes_from, wanted if node is None else None, left_out)
    titles = named(expressions, selectors)
    subject = _subject(job, nodes_from, wanted)
    if node is not None:
        if node not in inventory:
            return _say_unknown(inventory, node)
        if not is_in(inventory[node], wanted):
            write_message(
                f"error: {quoted(node)} is not in such a state, but {_state(inventory[node])}"
            )
            return ExitStatus.ERROR
        ones = [inventory.explain_node(selector, node) for selector in selectors]
        write_output(
            explained_lines(output, list(map(Explained, titles, ones)), None, screen, subject)
        )
        return ExitStatus.OK if any(one.matches for one in ones) else ExitStatus.NEGATIVE
    explanations = [
        inventory.explain(selector).with_excluded_by_state(left_out) for selector in selectors
    ]
    if html is not None:
        from nodeselect.render.html.page import render_page  # fronts jinja2

        nodes = inventory.match(Selector.everything())
        write_file(html, render_page(explanations[0], selectors[0], nodes, subject))
    union = _union(inventory, selectors) if len(selectors) > 1 else None
    write_output(
        explained_lines(output, list(map(Explained, titles, explanations)), union, screen, subject)
    )
    return (
        ExitStatus.OK
        if any(explanation.matched for explanation in explanations)
        else ExitStatus.NEGATIVE
    )


def _is_same(file: str, source: str) -> bool:
    """Say whether a file is the one that is read, by whatever names the two go."""
    try:
        read = os.fstat(sys.stdin.fileno()) if source == "-" else os.stat(source)  # noqa: PTH116
        return os.path.samestat(os.stat(file), read)  # noqa: PTH116
    except (OSError, ValueError, AttributeError):  # one is not there, or no file
        return False


def _subject(job: tuple[str, ...], nodes_from: str, wanted: frozenset[str] | None) -> str:
    """Name what is asked of what, for the head of a page or of Markdown."""
    parts = [*map(job_name, job), job_name(nodes_from)]
    only = "" if wanted is None else f", only {' or '.join(sorted(wanted))}"
    return " on ".join(parts) + only


def _union(inventory: Inventory, selectors: list[Selector]) -> Union:
    nodes = inventory.match(selectors[0])
    for selector in selectors[1:]:
        nodes = nodes | inventory.match(selector)
    states = [node.state for node in nodes]
    connected = sum(node.connected for node in nodes) if any(states) else None
    return Union(len(nodes), len(inventory), connected)


def _state(node: Node) -> str:
    return "tells none" if node.state is None else f"in the state {quoted(node.state)}"


def _say_unknown(inventory: Inventory, node_id: str) -> int:
    named = [node.id for node in inventory if node.name == node_id]
    write_message(f"error: no node has the id {quoted(node_id)}")
    if named:
        first = f" (the first of {len(named):,} with this name)" if len(named) > 1 else ""
        write_message(f"  it is a name, of the node with the id {quoted(named[0])}{first}")
    return ExitStatus.ERROR
