"""``nodeselect jobs``: which jobs a node gets, and how many nodes each job gets."""

import os
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_, sub

import click

from nodeselect.cli.command_line import command_line
from nodeselect.cli.completion import complete_files, complete_ids
from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.inputs.job_selectors import job_selectors
from nodeselect.cli.inputs.node_files import NodeFiles, default_nodes, node_files, nodes_option
from nodeselect.cli.inputs.read_nodes import read_inventory
from nodeselect.cli.options import (
    check_node,
    check_usage,
    quiet_option,
    report_option,
    single_option,
)
from nodeselect.cli.streams import (
    write_error,
    write_error_message,
    write_message,
    write_output,
)
from nodeselect.errors import JobError
from nodeselect.explain.compute import explain_node
from nodeselect.node import Node, count_connected
from nodeselect.render.layout import detect_screen
from nodeselect.selectors import Selector
from nodeselect.text import pluralize, quoted

# If more files of a folder are invalid, the command to check them names the folder.
_MOST_FILES = 3


@click.command(
    epilog="""\b
Examples:
  nodeselect jobs --jobs jobs/ -n nodes.json
  nodeselect jobs --jobs jobs/ -n nodes.json --node n-1
  nodeselect jobs --jobs jobs/ --node new-node.json
  nodeselect jobs --jobs a.yaml --jobs b.yaml -n nodes.json -o markdown

\b
Exit status: 0 if every job matches a node (with --node: if any job matches
that node), 1 if not, 2 on errors, or if a job is invalid.
""",
)
@click.option(
    "--jobs", "sources", metavar="FILE|FOLDER", multiple=True, required=True,
    shell_complete=complete_files,
    help="The jobs: a file, or all files in a folder. Repeatable.",
)  # fmt: skip
@nodes_option(required=False)
@single_option(
    "--node", metavar="ID|FILE", shell_complete=complete_ids,
    help="Show the jobs of one node: with -n, of the node with this id; without -n, of the node in"
    " this file.",
)  # fmt: skip
@report_option
@quiet_option
@click.pass_context
def jobs(
    context: click.Context,
    sources: tuple[str, ...],
    nodes_from: NodeFiles | None,
    node: str | None,
    output: str,
) -> int:
    """Show the jobs of a node, or count the nodes of jobs.

    With --node, print the jobs that would run on this node, and for each other job the requirements
    that the node fails. Without it, print how many nodes match each job, and which nodes no job
    matches.
    """
    if nodes_from is None and node is None and "-" not in sources:
        nodes_from = default_nodes(context)
    nodes = nodes_from or NodeFiles(() if node is None else (node,))
    mistakes = {
        "give the nodes with -n, or one node in a file with --node": not nodes.sources,
        "standard input can be read only once": [*sources, *nodes.sources].count("-") > 1,
    }
    check_usage(context, mistakes)
    if nodes_from is None:
        return report_node_jobs(_read_node(node_files(context, *nodes.sources)), sources, output)
    inventory = read_inventory(nodes_from)
    if node is not None:
        check_node(context, inventory, node)
        return report_node_jobs(inventory[node], sources, output)

    from nodeselect.render.placements import FleetJobs, fleet_job_lines

    selectors, invalid = job_selectors(sources)
    answers = {
        name: reduce(or_, map(inventory.match, alternatives))
        for name, alternatives in selectors.items()
    }
    has_states = any(node.state is not None for node in inventory)
    unused = reduce(sub, answers.values(), inventory.match(Selector.everything()))
    fleet = FleetJobs(
        len(inventory),
        {
            name: (len(answer), len(answer.connected()) if has_states else None)
            for name, answer in answers.items()
        },
        unused.ids(),
        invalid,
    )
    write_output(fleet_job_lines(fleet, output, detect_screen()))
    return _status(invalid, sources, all(answers.values()))


def report_node_jobs(node: Node, sources: Sequence[str], output: str) -> int:
    """Print which jobs would run on a node; return the exit status.

    :param sources: the files and folders of the jobs.
    """
    from nodeselect.render.placements import NodeJobs, node_job_lines
    from nodeselect.standing import StandingSelectors

    alternatives, invalid = job_selectors(sources)
    # Of several selectors, the one that matches, or the one of which the node fails the least.
    selectors = {
        name: min(each, key=lambda s: s.failure_mask(node.labels, node.id).bit_count())
        for name, each in alternatives.items()
    }
    standing = StandingSelectors(selectors)
    explanation = standing.explain(node)
    values: dict[str, str | None] = {}
    for reason in explanation.reasons:
        result = explain_node(selectors[reason.names[0]], node.id, node.labels)
        values |= {text: value for text, value, passes in result.requirements if not passes}
    matching = standing.matching(node).names()
    report = NodeJobs(node.state, explanation, matching, values, invalid)
    write_output(node_job_lines(report, output, detect_screen()))
    if count_connected([node.state]) == 0:
        write_message(f"the node is not connected: its state is {quoted(node.state or '')}")
    return _status(invalid, sources, bool(matching))


def _read_node(nodes_from: NodeFiles) -> Node:
    nodes = read_inventory(nodes_from)
    if len(nodes) != 1:
        expected = f"expected one node in {nodes_from.name}, found {pluralize(len(nodes), 'node')}"
        raise click.UsageError(f"{expected}; to choose one by its id, use -n FILE --node ID")
    return next(iter(nodes))


def _status(invalid: Mapping[str, JobError], sources: Sequence[str], is_positive: bool) -> int:
    if invalid:
        write_invalid(invalid, sources)
        return ExitStatus.ERROR
    return ExitStatus.OK if is_positive else ExitStatus.NEGATIVE


def write_invalid(invalid: Mapping[str, JobError], sources: Sequence[str]) -> None:
    """Write how to see all errors of invalid jobs.

    :param sources: the files and folders of the jobs.
    """

    from nodeselect.jobs.manifest import ManifestError

    files = []
    for name, error in invalid.items():
        if isinstance(error, ManifestError):  # check does not read manifests
            write_error(error)
        else:
            files.append(name)
    for folder in filter(os.path.isdir, sources):
        start = os.path.join(os.path.normpath(folder), "").removeprefix("./")
        inside = [file for file in files if file.startswith(start)]
        if len(inside) > _MOST_FILES:
            files = [folder, *(file for file in files if file not in inside)]
    if files:
        command = command_line(["check", *files])
        write_error_message(f"for details, run: {command}")
