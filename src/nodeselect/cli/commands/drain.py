"""``nodeselect drain``: tell which pods and jobs find no other node if some nodes go."""

from collections.abc import Iterator

import click

from nodeselect.cli import options
from nodeselect.cli.command import Command
from nodeselect.cli.completion import complete_ids
from nodeselect.cli.inputs.considered import PodOptions
from nodeselect.cli.inputs.job_selectors import Jobs, job_selectors, selected
from nodeselect.cli.inputs.nodes import NodeFiles, find_node, read_inventory
from nodeselect.cli.inputs.running_pods import RunningPods
from nodeselect.cli.streams import ExitStatus, write_error, write_message, write_output
from nodeselect.inventory import Inventory, NodeSet, plan_drain
from nodeselect.inventory.drain import without_nodes
from nodeselect.render.drain import LostJob, drain_lines
from nodeselect.render.screen import detect_screen


@click.command(
    cls=Command,
    examples=[
        "nodeselect drain n-7 n-8 -n nodes.json --pods pods.json",
        "nodeselect drain -l zone=b -n nodes.json --pods pods.json -f manifests/",
    ],
    epilog="Exit status: 0 if each pod finds another node and no job loses its last one, 1 if not,"
    " 2 on errors.",
)
@click.argument("names", metavar="[NODE]...", nargs=-1, shell_complete=complete_ids)
@options.nodes_option()
@options.selector_option("Drain the nodes that match this selector.")
@options.pods_option
@options.job_option("Also tell which of these jobs lose all of their nodes.", multiple=True)
@options.output_option()
@options.quiet_option
def drain(
    names: tuple[str, ...],
    nodes_from: NodeFiles,
    expressions: tuple[str, ...],
    pods: str | None,
    job: tuple[str, ...],
    output: str,
) -> int:
    """Tell which pods find no other node if some nodes go, and what is in the way.

    The pods on these nodes are placed one after the other, the largest first, each on the first
    other node that matches, as kube-scheduler's filters decide. Pods of DaemonSets and mirror pods
    stay. Nothing is changed.
    """
    mistakes = {
        "give the nodes to drain: NODE, or -l SELECTOR": not (names or expressions),
        "NODE and -l cannot be combined": bool(names and expressions),
        "give the running pods with --pods: kubectl get pods,namespaces -A -o json":
            pods is None and nodes_from.cluster is None,
    }  # fmt: skip
    options.check_usage(mistakes, *job, pods, *nodes_from.sources)
    jobs = job_selectors(job) if job else Jobs({}, {}, {})
    inventory = read_inventory(nodes_from)
    chosen = _chosen(inventory, nodes_from, names, expressions)
    running = RunningPods(
        PodOptions(pods, False, False, False), nodes_from, jobs.selectors.values(), is_forced=True
    )
    if running.usage is None:
        raise click.ClickException(f"there is no pod that runs on a node{running.unknown}")
    plan = plan_drain(inventory, chosen, usage=running.usage)
    lost = [*_lost_jobs(jobs, running, inventory, chosen)]
    write_output(drain_lines(plan, lost, output, detect_screen()))
    for note in running.elsewhere(inventory):
        write_message(note)
    for error in jobs.invalid.values():
        write_error(error)
    if jobs.invalid:
        return ExitStatus.ERROR
    return ExitStatus.OK if plan.is_possible and not lost else ExitStatus.NEGATIVE


def _chosen(
    inventory: Inventory, nodes_from: NodeFiles, names: tuple[str, ...], texts: tuple[str, ...]
) -> NodeSet:
    """Return the nodes to drain; raise if no node matches, or one is not there."""
    if names:
        return inventory.nodes(find_node(inventory, nodes_from, each).id for each in names)
    selector = selected(None, texts)
    if not (found := inventory.match(selector)):
        raise click.ClickException(str(inventory.explain(selector)))
    return found


def _lost_jobs(
    jobs: Jobs, running: RunningPods, inventory: Inventory, chosen: NodeSet
) -> Iterator[LostJob]:
    """Yield the jobs that match nodes now, and none of the others."""
    others = without_nodes(inventory, chosen) if jobs.selectors else inventory
    for name, selector in jobs.selectors.items():
        asked = running.options.with_tolerations(running.considered(selector), inventory)
        with running.without(jobs.workloads.get(name)):
            before = len(inventory.match(asked, usage=running.usage))
            if before and not others.match(asked, usage=running.usage):
                yield LostJob(name, before)
