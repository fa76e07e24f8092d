"""``nodeselect explain``: explain why nodes match a selector, and why the others do not."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from nodeselect.cli.commands.jobs import report_node_jobs, write_invalid
from nodeselect.cli.completion import complete_ids
from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.inputs.job_files import job_name
from nodeselect.cli.inputs.job_selectors import job_selectors, read_job, selected, term_numbers
from nodeselect.cli.inputs.node_files import NodeFiles, nodes_option
from nodeselect.cli.inputs.read_nodes import match_any, read_explainable
from nodeselect.cli.options import (
    check_node,
    check_usage,
    id_option,
    job_option,
    quiet_option,
    report_option,
    selector_option,
    single_option,
    state_option,
)
from nodeselect.cli.output_file import (
    html_option,
    modification_times,
    page_mistakes,
    write_file,
)
from nodeselect.cli.streams import is_quiet, write_output
from nodeselect.explain import Explanation, NodeExplanation
from nodeselect.explain.compute import exclude_by_state
from nodeselect.node import count_connected
from nodeselect.render.explanation import explanation_lines
from nodeselect.render.job_table import JobStatus, job_result, job_table_lines
from nodeselect.render.layout import detect_screen
from nodeselect.text import join_limited

if TYPE_CHECKING:
    from nodeselect.engines.sql.nodes import SqlNodeSet
    from nodeselect.inventory.node_set import NodeSet


@click.command(
    epilog="""\b
Examples:
  nodeselect explain -l 'region=eu,tier in (gold,silver),!debug' -n nodes.json
  nodeselect explain --job job.yaml -n nodes.json
  nodeselect explain --job job.yaml -n nodes.json --node n-1
  nodeselect explain --job job.yaml -n nodes.json --html why.html
  nodeselect explain --job jobs/ -n nodes.json
  kubectl get nodes -o json | nodeselect explain -l gpu -n - -o markdown

\b
Exit status: 0 if any node matches, 1 if not, 2 on errors. With --node: 0 if
that node matches. With several jobs: 0 if every job matches a node, 1 if one
does not, 2 if one is invalid.
""",
)
@nodes_option()
@selector_option("Explain this selector. If repeated, also count the nodes that match any of them.")
@job_option(
    "Explain the selector of this job. If repeated, or a folder: one line per job, worst first.",
    multiple=True,
)
@id_option
@state_option
@single_option(
    "--node", metavar="ID", shell_complete=complete_ids,
    help="Explain one node: which requirements it fails, and which values it has. With several"
    " jobs: which of them would run on it.",
)  # fmt: skip
@report_option
@html_option
@quiet_option
@click.pass_context
def explain(
    context: click.Context,
    nodes_from: NodeFiles,
    expressions: tuple[str, ...],
    job: tuple[str, ...],
    ids: tuple[str, ...],
    states: frozenset[str] | None,
    node: str | None,
    output: str,
    html: str | None,
) -> int:
    """Explain why nodes match a selector, and why the others do not.

    For each requirement, print how many nodes fail it, how many fail it and no other, and how many
    satisfy it and all before it. Then print which requirements nodes fail together, likely typos,
    and what to change.
    """
    has_many_jobs = len(job) > 1 or any(os.path.isdir(file) for file in job)
    mistakes = {
        "give --job, -l or --id, such as: -l region=eu": not (job or expressions or ids),
        "-l and --id can be combined with one job only":
            has_many_jobs and bool(expressions or ids),
        nodes_from.stdin_conflict: nodes_from.has_stdin and "-" in job,
        "--node cannot be combined with --state": node is not None and states is not None,
        "--html cannot be combined with --node": html is not None and node is not None,
        "--html cannot be combined with several selectors":
            html is not None and len(expressions) > 1,
        **page_mistakes(html, (*nodes_from.files(), *job)),
    }  # fmt: skip
    check_usage(context, mistakes)
    if has_many_jobs and node is not None:
        inventory, _, _ = read_explainable(nodes_from, None, ())
        check_node(context, inventory, node)
        return report_node_jobs(inventory[node], job, output)
    if has_many_jobs:
        return _explain_jobs(job, nodes_from, states, output, html)
    content = read_job(job[0]) if job else None
    selectors = selected(job[0] if job else None, expressions, ids, content)
    # With several conditions, a term has several selectors.
    numbers = term_numbers(content if len(expressions) < 2 else None, len(selectors))
    if html is not None and len(selectors) > 1:
        message = "--html cannot be combined with a node affinity of several terms"
        raise click.UsageError(message, context)
    inventory, excluded, left_out = read_explainable(nodes_from, states, selectors)
    titles = list(map(str, selectors)) if job or not expressions else expressions
    subject = " on ".join([*map(job_name, job), nodes_from.name])
    if states is not None:
        subject += f", only {' or '.join(sorted(states))}"
    union = None
    results: list[Explanation] | list[NodeExplanation]
    if node is not None:
        check_node(context, inventory, node)
        results = [inventory.explain_node(selector, node) for selector in selectors]
        is_match = any(result.matches for result in results)
    else:
        explanations = map(inventory.explain, selectors)
        results = [exclude_by_state(result, excluded, left_out) for result in explanations]
        is_match = any(result.matched for result in results)
        if len(selectors) > 1:
            nodes = match_any(inventory, selectors)
            union = (len(nodes), len(inventory), count_connected(nodes.state_counts()))
        if html is not None:
            from nodeselect.render.html.page import render_page  # loads jinja2

            sources = modification_times((*job, *nodes_from.files()))
            write_file(
                html,
                render_page(results[0], selectors[0], inventory, subject, sources=sources),
            )
    screen = detect_screen()
    write_output(explanation_lines(output, titles, results, union, screen, subject, numbers))
    return ExitStatus.OK if is_match else ExitStatus.NEGATIVE


def _explain_jobs(
    sources: Sequence[str],
    nodes_from: NodeFiles,
    states: frozenset[str] | None,
    output: str,
    html: str | None,
) -> int:
    selectors, invalid = job_selectors(sources)
    every_term = (term for terms in selectors.values() for term in terms)
    inventory, excluded, left_out = read_explainable(nodes_from, states, every_term)
    jobs = [job_result(name, error) for name, error in invalid.items()]
    for name, terms in selectors.items():
        explanations = [
            exclude_by_state(inventory.explain(term), excluded, left_out) for term in terms
        ]
        explanation = explanations[0]
        if len(terms) > 1:
            explanation = _combine(explanations, match_any(inventory, terms))
        jobs.append(job_result(name, explanation))
    if html is not None:
        from nodeselect.render.html.page import render_jobs_page  # loads jinja2

        subject = " on ".join([join_limited(list(map(job_name, sources))), nodes_from.name])
        inputs = modification_times((*sources, *nodes_from.files()))
        write_file(html, render_jobs_page(jobs, len(inventory), subject, sources=inputs))
    write_output(job_table_lines(jobs, len(inventory), output, detect_screen()))
    worst = min(job.status for job in jobs)
    if worst is JobStatus.INVALID:
        if is_quiet():  # otherwise the table has their first errors
            write_invalid(invalid, sources)
        return ExitStatus.ERROR
    return ExitStatus.NEGATIVE if worst is JobStatus.NO_NODES else ExitStatus.OK


def _combine(explanations: Sequence[Explanation], nodes: "NodeSet | SqlNodeSet") -> Explanation:
    """Return the explanation of several selectors of which a node must match only one.

    :param explanations: of each selector.
    :param nodes: those that match any of the selectors.
    """
    states = nodes.state_counts()
    hints = tuple(hint for explanation in explanations for hint in explanation.hints)
    missing = tuple(each for explanation in explanations for each in explanation.missing_ids)
    recommendation = (
        f"one of {len(explanations)} selectors must match; to see what to change in each, explain"
        " this job alone"
    )
    return explanations[0]._replace(
        selector=" or ".join(explanation.selector for explanation in explanations),
        matched=len(nodes),
        connected=count_connected(states) if states else 0,
        recommendation="" if nodes and not hints and not missing else recommendation,
        hints=hints,
        missing_ids=missing,
    )
