"""``nodeselect explain``: explain why nodes match a selector, and why the others do not."""

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from nodeselect.cli import options
from nodeselect.cli.completion import complete_ids
from nodeselect.cli.help import Command
from nodeselect.cli.inputs.files import job_name, split_object
from nodeselect.cli.inputs.job_selectors import (
    Jobs,
    has_many_jobs,
    job_selectors,
    read_job,
    runs_several,
    selected,
    with_added_tolerations,
    workload_of,
)
from nodeselect.cli.inputs.nodes import NodeFiles, explain_nodes, nodes_in_states, read_inventory
from nodeselect.cli.inputs.running_pods import RunningPods, check_known
from nodeselect.cli.streams import (
    ExitStatus,
    is_quiet,
    progress,
    write_error,
    write_message,
    write_output,
)
from nodeselect.explain import Explanation, NodeExplanation
from nodeselect.explain.wording import left_out_text
from nodeselect.node import Node
from nodeselect.render.explanation import (
    JobsReport,
    JobVerdict,
    explanation_lines,
    invalid_job,
    job_lines,
    job_on_node,
    job_on_nodes,
)
from nodeselect.render.screen import REPORT_FORMATS, detect_screen
from nodeselect.selectors import Selector
from nodeselect.text import pluralize, quoted_id

if TYPE_CHECKING:
    from nodeselect.inventory import Inventory


@click.command(
    cls=Command,
    examples=[
        "nodeselect explain -l 'region=eu,!debug' -n nodes.json",
        "nodeselect explain --job job.yaml -n nodes.json --node n-1",
        "nodeselect explain --job job.yaml -n nodes.json -o html > why.html",
    ],
    epilog="Exit status: 0 if a node matches (with several jobs: a node for each; with --node:"
    " if it matches, or any job matches it), 1 if not, 2 on errors.",
)
@options.nodes_option(required=False, takes_files=True)
@options.selector_option("Explain any of these selectors.")
@options.job_option(
    "Explain this job. If repeated, or a folder: a line for each job, and the nodes without one.",
    multiple=True,
)
@options.id_option
@options.state_option
@options.single_option(
    "--node", metavar="ID|-", shell_complete=complete_ids,
    help="Explain only this node: its id, name, host name (n-1 of n-1.eu) or a unique beginning of"
    " its id; or - for the node in standard input.",
)  # fmt: skip
@options.output_option((*REPORT_FORMATS, "html"))
@options.pods_option
@options.only_labels_option
@options.toleration_option
@options.unknown_option
@options.quiet_option
def explain(
    nodes_from: NodeFiles | None,
    expressions: tuple[str, ...],
    job: tuple[str, ...],
    ids: tuple[str, ...],
    states: frozenset[str] | None,
    node: str | None,
    output: str,
    pods: str | None,
    is_labels_only: bool,
    adds_tolerations: bool,
    is_strict: bool,
) -> int:
    """Explain why nodes match a selector, and why the others do not.

    For each requirement, print how many nodes fail it, how many fail it and no other, and how many
    satisfy it and all before it. Then print which requirements nodes fail together, likely typos,
    and what to change.
    """
    is_many = has_many_jobs(job)
    is_piped = node == "-"
    is_given = nodes_from is not None
    if is_piped:
        nodes_from = options.node_files("-")
    elif nodes_from is None:
        nodes_from = options.required_nodes()
    mistakes = {
        "--node - cannot be combined with -n": is_piped and is_given,
        "--node: the id of a node must not be empty": node == "",
        "give --job, -l or --id, such as: -l region=eu": not (job or expressions or ids),
        "-l and --id can be combined with one job only": is_many and bool(expressions or ids),
        options.ONE_STDIN: (*job, pods, *nodes_from.sources).count("-") > 1,
        "--node cannot be combined with --state": node is not None and states is not None,
        "-o html cannot be combined with --node": output == "html" and node is not None,
    }  # fmt: skip
    options.check_usage(mistakes)
    content = read_job(job[0]) if job and not is_many else None
    if is_many or (runs_several(content) and not (expressions or ids)):
        if output == "html":
            raise click.UsageError("-o html cannot be combined with several jobs")
        jobs = job_selectors(job, content)
        asked = jobs.selectors
        running = RunningPods(pods, nodes_from, asked.values(), is_labels_only)
        asked = {name: running.considered(each) for name, each in asked.items()}
        jobs = jobs._replace(selectors=asked)
        inventory = read_inventory(nodes_from)
        if node is not None:
            found = _find_node(inventory, nodes_from, node)
            report = _jobs_on_node(jobs, running, inventory, found, adds_tolerations)
        else:
            report = _jobs_on_nodes(jobs, running, inventory, states, adds_tolerations)
        write_output(job_lines(report, output, detect_screen()))
        running.write_notes(inventory if node is None else None)
        for error in jobs.invalid.values():
            if is_quiet() or not error.problems[0].line:  # otherwise it is in the report
                write_error(error)
        check_known(report.not_considered, is_strict)
        return _jobs_status(report)
    selector = selected(job[0] if job else None, expressions, ids, content)
    running = RunningPods(pods, nodes_from, [selector], is_labels_only)
    selector = running.considered(selector)
    title = str(selector) if job or not expressions else " or ".join(expressions)
    subject = " on ".join([*map(job_name, job), nodes_from.name])
    if states is not None:
        subject += f", only {' or '.join(sorted(states))}"
    result: Explanation | NodeExplanation
    lines: Iterable[str]
    inventory = read_inventory(nodes_from)
    with running.without(workload_of(content)):
        if node is not None:
            found = _find_node(inventory, nodes_from, node)
            alone = _alone(found)
            selector = with_added_tolerations(selector, alone, is_given=adds_tolerations)
            result = inventory.explain_node(selector, found, usage=running.usage)
            is_match = result.matches
        else:
            usage = running.usage
            selector = with_added_tolerations(selector, inventory, is_given=adds_tolerations)
            chosen = nodes_in_states(inventory, states)
            result = explain_nodes(inventory, selector, states, usage, examples=3)
            is_match = result.matched > 0
            if output == "html":
                from nodeselect.inventory.snapshot import requirements_of  # imports pyroaring
                from nodeselect.render.page import render_page  # loads jinja2

                sources = {
                    job_name(each): os.path.getmtime(file) if os.path.isfile(file) else None
                    for each in (*job, *nodes_from.files())
                    for file in split_object(each)[:1]
                }
                rows = requirements_of(chosen, selector, usage)
                page = render_page(result, rows, chosen, subject, sources=sources, usage=usage)
                # In every encoding of the output, a browser shows the same.
                lines = page.encode("ascii", "xmlcharrefreplace").decode().splitlines()
    if output != "html":
        lines = explanation_lines(output, title, result, detect_screen(), subject)
    write_output(lines)
    running.write_notes(inventory if node is None else None)
    check_known(result.not_considered, is_strict)
    return ExitStatus.OK if is_match else ExitStatus.NEGATIVE


def _find_node(nodes: "Inventory", nodes_from: NodeFiles, node_id: str) -> Node:
    """Return the node with this id; if the id is ``-``, the only node of the inputs.

    If no node has the id, return the only node that has it as its name, or whose id begins with it,
    and write its id; with ``--quiet``, which would hide the id, this is an error.
    """
    if node_id != "-":
        if node_id in nodes:
            return nodes[node_id]
        counts = nodes._counts()
        found, number = (
            counts.find_names([node_id]).get(node_id)
            or counts.find_id_prefix(f"{node_id}.")  # a host before others
            or counts.find_id_prefix(node_id)
            or ("", 0)
        )
        message = f"no node has the id {quoted_id(node_id)}"
        if number == 1 and not is_quiet():
            write_message(f"{message}; this is the node {quoted_id(found)}")
            return nodes[found]
        hints = nodes.explain(Selector.of(match_ids=[node_id])).hints
        raise click.ClickException(hints[0].message if hints else message)
    if len(nodes) != 1:
        found = f"expected one node in {nodes_from.name}, found {pluralize(len(nodes), 'node')}"
        raise click.UsageError(f"{found}; to choose one by its id, use -n - --node ID")
    return next(iter(nodes))


def _alone(node: Node) -> "Inventory":
    from nodeselect.inventory import Inventory  # imports pyroaring

    return Inventory([node])


def _jobs_on_nodes(
    jobs: Jobs,
    running: RunningPods,
    inventory: "Inventory",
    states: frozenset[str] | None,
    adds_tolerations: bool,
) -> JobsReport:
    usage = running.usage
    chosen = unused = nodes_in_states(inventory, states)
    if left_out := len(inventory) - len(chosen):
        write_message(left_out_text(left_out))
    results = [invalid_job(name, error) for name, error in jobs.invalid.items()]
    groups = _groups(jobs, running, inventory.get)
    homes: set[str] = set()  # of pods that are alike: each can stay on its node
    with progress() as show:
        for number, names in enumerate(groups):
            show(f"explained {number:,} of {pluralize(len(groups), 'job')}")
            selector = jobs.selectors[names[0]]
            selector = with_added_tolerations(selector, inventory, is_given=adds_tolerations)
            first, *others = map(jobs.workloads.get, names)
            with running.without(first):
                explanation = explain_nodes(inventory, selector, states, usage)
                results.append(job_on_nodes(names, selector, explanation))
                matching = inventory.match(selector, usage=usage)
            unused -= matching
            if any(node_id in matching for node_id in running.nodes_of(first)):
                homes.update(node_id for each in others for node_id in running.nodes_of(each))
    unused_ids = [node_id for node_id in unused.ids() if node_id not in homes]
    return JobsReport.of_nodes(len(chosen), results, unused_ids)


def _jobs_on_node(
    jobs: Jobs, running: RunningPods, inventory: "Inventory", node: Node, adds_tolerations: bool
) -> JobsReport:
    results = [invalid_job(name, error) for name, error in jobs.invalid.items()]
    alone = _alone(node)
    for names in _groups(jobs, running, {node.id: node}.get):
        selector = jobs.selectors[names[0]]
        selector = with_added_tolerations(selector, alone, is_given=adds_tolerations)
        with running.without(jobs.workloads.get(names[0])):
            explanation = inventory.explain_node(selector, node, usage=running.usage)
        results.append(job_on_node(names, selector, explanation, node))
    return JobsReport.of_node(node, results)


def _groups(
    jobs: Jobs, running: RunningPods, find: Callable[[str], Node | None]
) -> list[list[str]]:
    """Return the names of the valid jobs; pods with one answer and one controller are together.

    :param find: returns the node with an id.
    """
    groups: dict[object, list[str]] = {}
    with progress() as show:
        for number, (name, asked) in enumerate(jobs.selectors.items()):
            show(f"compared {number:,} of {pluralize(len(jobs.selectors), 'job')}")
            workload, key = jobs.workloads.get(name), None
            if workload is not None and workload.controller is not None:
                key = workload.controller, asked, running.failures(workload, asked, find)
            groups.setdefault(key or name, []).append(name)
    return list(groups.values())


def _jobs_status(report: JobsReport) -> ExitStatus:
    if any(job.status is JobVerdict.INVALID for job in report.jobs):
        return ExitStatus.ERROR
    matches = [bool(job.matched) for job in report.jobs]
    is_positive = all(matches) if report.node is None else any(matches)
    return ExitStatus.OK if is_positive else ExitStatus.NEGATIVE
