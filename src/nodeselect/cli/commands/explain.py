"""``nodeselect explain``: explain why nodes match a selector, and why the others do not."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import click

from nodeselect.cli import options
from nodeselect.cli.command import Command
from nodeselect.cli.completion import complete_ids
from nodeselect.cli.inputs.considered import PodOptions, Selection
from nodeselect.cli.inputs.files import job_name, split_object
from nodeselect.cli.inputs.job_selectors import (
    JobFile,
    Jobs,
    has_many_jobs,
    job_selectors,
    runs_several,
    selected,
    workload_of,
)
from nodeselect.cli.inputs.nodes import NodeFiles, find_node, nodes_in_states, read_inventory
from nodeselect.cli.inputs.running_pods import RunningPods
from nodeselect.cli.streams import (
    ExitStatus,
    is_quiet,
    progress,
    write_error,
    write_message,
    write_output,
)
from nodeselect.explain import Explanation, NodeExplanation, Replicas
from nodeselect.explain.jobs import (
    JobsReport,
    JobVerdict,
    invalid_job,
    job_on_node,
    job_on_nodes,
)
from nodeselect.explain.wording import left_out_text
from nodeselect.node import Node
from nodeselect.placement import Placement
from nodeselect.render.explanation import explanation_lines, job_lines
from nodeselect.render.screen import REPORT_FORMATS, detect_screen
from nodeselect.text import pluralize

if TYPE_CHECKING:
    from nodeselect.inventory import Inventory, NodeSet
    from nodeselect.manifests.manifest import Workload

_Report: TypeAlias = JobsReport | Explanation | NodeExplanation | Replicas


@click.command(
    cls=Command,
    examples=[
        "nodeselect explain -l 'region=eu,!debug' -n nodes.json",
        "nodeselect explain --job job.yaml -n nodes.json --node n-1",
        "nodeselect explain --job job.yaml -n nodes.json -o html > why.html",
    ],
    epilog="Exit status: 0 if a node matches (with several jobs, or --replicas: a node for each;"
    " with --node: if it matches, or any job matches it), 1 if not, 2 on errors.",
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
@options.single_option(
    "--replicas", metavar="N|all",
    help="Place so many pods one by one; all: as many as the job has.",
)  # fmt: skip
@options.output_option((*REPORT_FORMATS, "html"))
@options.pod_options()
@options.quiet_option
def explain(
    nodes_from: NodeFiles | None,
    expressions: tuple[str, ...],
    job: tuple[str, ...],
    ids: tuple[str, ...],
    states: frozenset[str] | None,
    node: str | None,
    replicas: str | None,
    output: str,
    pods: PodOptions,
) -> int:
    """Explain why nodes match a selector, and why the others do not.

    For each requirement, print how many nodes fail it, how many fail it and no other, and how many
    satisfy it and all before it. Then print which requirements nodes fail together, likely typos,
    and what to change.
    """
    is_piped = node == "-"
    only_one = "-o html" if output == "html" else "--replicas" if replicas else ""
    mistakes = {
        "--node - cannot be combined with -n": is_piped and nodes_from is not None,
        "--node: the id of a node must not be empty": node == "",
        options.NOTHING_ASKED: not (job or expressions or ids),
        "-l and --id can be combined with one job only":
            has_many_jobs(job) and bool(expressions or ids),
        "--node cannot be combined with --state": node is not None and states is not None,
        f"{only_one} cannot be combined with --node": bool(only_one) and node is not None,
        "--replicas expects a number above 0, or all":
            not re.fullmatch("[1-9][0-9]{0,4}|all", replicas or "all"),
    }  # fmt: skip
    if nodes_from is None:
        nodes_from = options.node_files("-") if is_piped else options.required_nodes()
    options.check_usage(mistakes, *job, pods.file, *nodes_from.sources)
    jobs, is_many = _read_jobs(job, expressions, ids, only_one)
    running = RunningPods(pods, nodes_from, jobs.selectors.values())
    considered = {name: running.considered(each) for name, each in jobs.selectors.items()}
    jobs = jobs._replace(selectors=considered)
    fleet = _read_nodes(nodes_from, node, states)
    report: _Report
    if is_many:
        report = _explain_jobs(jobs, running, fleet)
        lines: Iterable[str] = job_lines(report, output, detect_screen())
    else:
        (selector,) = considered.values()
        title = str(selector) if job or not expressions else " or ".join(expressions)
        workload, files = jobs.workloads.get(""), (*job, *nodes_from.files())
        subject = _subject(job, nodes_from, states)
        selector = _with_tolerations(selector, running, fleet)
        with running.without(workload):
            report = _explain(selector, workload, replicas, running, fleet)
            if output == "html":
                lines = _page_lines(report, selector, running, fleet, subject, files)
            else:
                lines = explanation_lines(output, title, report, detect_screen(), subject)
    write_output(lines)
    for note in _notes(report, running, fleet):
        write_message(note)
    unreported = (each for each in jobs.invalid.values() if not each.problems[0].line)
    for error in jobs.invalid.values() if is_quiet() else unreported:
        write_error(error)
    pods.check_known(report.not_considered)
    return _status(report)


def _subject(files: Iterable[str], nodes_from: NodeFiles, states: frozenset[str] | None) -> str:
    """Return what is explained, such as ``job.yaml on nodes.json``."""
    subject = " on ".join([*map(job_name, files), nodes_from.name])
    return subject if states is None else f"{subject}, only {' or '.join(sorted(states))}"


def _read_jobs(
    files: Sequence[str], expressions: Sequence[str], ids: Sequence[str], only_one: str
) -> tuple[Jobs, bool]:
    """Return what to explain, and whether as several jobs; a single selector has no name.

    :param only_one: an option that needs a single one.
    """
    only = JobFile(files[0]) if files and not has_many_jobs(files) else None
    content = only.read() if only else None
    if has_many_jobs(files) or (runs_several(content) and not (expressions or ids)):
        if only_one:
            raise click.UsageError(f"{only_one} cannot be combined with several jobs")
        return job_selectors(files, content), True
    selector, workload = selected(only, expressions, ids, content), workload_of(content)
    return Jobs({"": selector}, {}, {"": workload} if workload else {}), False


class _Fleet(NamedTuple):
    """The nodes to explain.

    :param chosen: those in the states of ``--state``.
    :param node: the only node to explain, with ``--node``.
    """

    inventory: "Inventory"
    chosen: "NodeSet"
    states: frozenset[str] | None
    node: Node | None


def _read_nodes(
    nodes_from: NodeFiles, node_id: str | None, states: frozenset[str] | None
) -> _Fleet:
    inventory = read_inventory(nodes_from)
    node = None if node_id is None else find_node(inventory, nodes_from, node_id)
    return _Fleet(inventory, nodes_in_states(inventory, states), states, node)


def _explain(
    asked: Selection,
    workload: "Workload | None",
    replicas: str | None,
    running: RunningPods,
    fleet: _Fleet,
) -> Explanation | NodeExplanation | Replicas:
    if replicas is not None:
        return _place(replicas, asked, workload, running, fleet)
    if fleet.node is not None:
        answer = fleet.inventory.explain_node(asked, fleet.node, usage=running.usage)
        *others, last = answer.undecided_rules or ("",)
        rules = (*others, f"{last}{running.option([last])}") if last else ()
        return answer._replace(undecided_rules=rules)
    explanation = fleet.inventory.explain(asked, states=fleet.states, usage=running.usage)
    if not explanation.matched:
        return explanation
    end = running.option(explanation.undecided_rules)
    if isinstance(asked, Placement) and running.everything is not None:
        end += _room_text(asked, workload, running, fleet)
    return explanation._replace(headline=f"{explanation.headline}{end}")


def _room_text(
    asked: Placement, workload: "Workload | None", running: RunningPods, fleet: _Fleet
) -> str:
    """Return how many more pods fit beside all that run, as the end of a headline."""
    own = len(running.nodes_of(workload))
    beside = fleet.inventory.match(asked, states=fleet.states, usage=running.everything)
    if own and not beside:
        total = pluralize(len(fleet.chosen), "node matches", "nodes match")
        return f"; while its {pluralize(own, 'pod runs', 'pods run')}, 0 of {total}"
    room = fleet.inventory.room(asked, states=fleet.states, usage=running.everything)
    if room is not None:
        return f", {room}"
    has_several = workload is not None and workload.replicas != 1
    return "; to place all of its pods, give --replicas all" if has_several else ""


def _place(
    number: str,
    asked: Selection,
    workload: "Workload | None",
    running: RunningPods,
    fleet: _Fleet,
) -> Replicas:
    if not isinstance(asked, Placement) or workload is None:
        raise click.UsageError("--replicas needs a Kubernetes manifest, with --job")
    count = workload.replicas if number == "all" else int(number)
    if count is None:
        raise click.UsageError(f"{workload.owner[0]} has a pod on every node; give a number")
    return fleet.inventory.place_replicas(
        asked, count, states=fleet.states, usage=running.usage
    )  # fmt: skip


def _with_tolerations(asked: Selection, running: RunningPods, fleet: _Fleet) -> Selection:
    from nodeselect.inventory import Inventory  # imports pyroaring

    scope = fleet.inventory if fleet.node is None else Inventory([fleet.node])
    return running.options.with_tolerations(asked, scope)


def _page_lines(
    explanation: Explanation | NodeExplanation | Replicas,
    asked: Selection,
    running: RunningPods,
    fleet: _Fleet,
    subject: str,
    files: Iterable[str],
) -> list[str]:
    from nodeselect.inventory.snapshot import (  # imports pyroaring
        passing_pod_rules,
        requirements_of,
    )
    from nodeselect.render.page import render_page  # loads jinja2

    sources = {
        job_name(each): os.path.getmtime(file) if os.path.isfile(file) else None
        for each in files
        for file in split_object(each)[:1]
    }
    if not isinstance(explanation, Explanation):
        raise click.UsageError("-o html cannot be combined with --replicas")
    rows = requirements_of(fleet.chosen, asked, running.usage)
    page = render_page(
        explanation, rows, fleet.chosen, subject, sources=sources,
        passing=passing_pod_rules(fleet.inventory, rows, running.usage), usage=running.usage,
    )  # fmt: skip
    # In every encoding of the output, a browser shows the same.
    return page.encode("ascii", "xmlcharrefreplace").decode().splitlines()


def _notes(report: _Report, running: RunningPods, fleet: _Fleet) -> Iterator[str]:
    """Yield which nodes and pods are left out."""
    left_out = len(fleet.inventory) - len(fleet.chosen)
    if left_out and isinstance(report, JobsReport):  # others say so
        yield left_out_text(left_out)
    yield from running.notes(fleet.inventory if fleet.node is None else None)


def _explain_jobs(jobs: Jobs, running: RunningPods, fleet: _Fleet) -> JobsReport:
    results = [invalid_job(name, error) for name, error in jobs.invalid.items()]
    if fleet.node is not None:
        for names in _groups(jobs, running, {fleet.node.id: fleet.node}.get):
            asked = _with_tolerations(jobs.selectors[names[0]], running, fleet)
            with running.without(jobs.workloads.get(names[0])):
                answer = fleet.inventory.explain_node(asked, fleet.node, usage=running.usage)
            results.append(job_on_node(names, asked, answer, fleet.node))
        return JobsReport.of_node(fleet.node, results)
    unused = fleet.chosen
    groups = _groups(jobs, running, fleet.inventory.get)
    homes: set[str] = set()  # of pods that are alike: each can stay on its node
    with progress() as show:
        for number, names in enumerate(groups):
            show(f"explained {number:,} of {pluralize(len(groups), 'job')}")
            asked = _with_tolerations(jobs.selectors[names[0]], running, fleet)
            first, *others = map(jobs.workloads.get, names)
            with running.without(first):
                explanation = fleet.inventory.explain(
                    asked, examples=0, states=fleet.states, usage=running.usage
                )
                results.append(job_on_nodes(names, asked, explanation))
                matching = fleet.inventory.match(asked, usage=running.usage)
            unused -= matching
            if any(node_id in matching for node_id in running.nodes_of(first)):
                homes.update(node_id for each in others for node_id in running.nodes_of(each))
    unused_ids = [node_id for node_id in unused.ids() if node_id not in homes]
    return JobsReport.of_nodes(len(fleet.chosen), results, unused_ids)


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


def _status(report: _Report) -> ExitStatus:
    if isinstance(report, Replicas):
        return ExitStatus.OK if report.are_placed else ExitStatus.NEGATIVE
    if isinstance(report, NodeExplanation):
        return ExitStatus.OK if report.matches else ExitStatus.NEGATIVE
    if isinstance(report, Explanation):
        return ExitStatus.OK if report.matched else ExitStatus.NEGATIVE
    if any(job.status is JobVerdict.INVALID for job in report.jobs):
        return ExitStatus.ERROR
    matches = [bool(job.matched) for job in report.jobs]
    is_positive = all(matches) if report.node is None else any(matches)
    return ExitStatus.OK if is_positive else ExitStatus.NEGATIVE
