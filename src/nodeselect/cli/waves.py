"""``nodeselect waves``: the plan of a rollout."""

from typing import TYPE_CHECKING

import click

from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.job_files import job_name, read_bytes
from nodeselect.cli.options import job_option, nodes_option, read_inventory, say_empty
from nodeselect.cli.stray_arguments import OptionsOnly
from nodeselect.cli.streams import write_message, write_output
from nodeselect.render.layout import REPORT_FORMATS, detect_screen
from nodeselect.render.rollout import RolloutPlan, rollout_lines

if TYPE_CHECKING:
    pass

__all__ = ["waves"]


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
    "-o", "--output", type=click.Choice(REPORT_FORMATS), default="text", show_default=True,
    help="How it is printed.",
)  # fmt: skip
@click.pass_context
def waves(context: click.Context, nodes_from: str, job: str | None, output: str) -> int:
    """Print the plan of a rollout: which nodes in which wave.

    The plan is made of the nodes that match the job's selector and are connected, by the strategy
    and the percentages of its rollout.
    """
    from nodeselect.jobs.read import read_job  # pydantic: loaded where a whole job is read
    from nodeselect.jobs.rollout import plan_waves, rollout_assumptions

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
    plan = RolloutPlan(
        spec.name or job_name(job),
        rollout.strategy,
        None if rollout.strategy == "immediate" else rollout.max_parallel,
        rollout.canary_count,
        len(inventory),
        len(matched),
        len(ids) if told else None,
        sum(node.state is None for node in matched),
        plan_waves(ids, rollout),
        rollout_assumptions(rollout),
    )
    write_output(rollout_lines(plan, output, detect_screen()))
    say_empty(job, selector)
    if not matched:
        write_message("no node matches: nodeselect explain says why")
    elif not ids:
        write_message("no node that matches is connected: there is no wave")
    return ExitStatus.OK if ids else ExitStatus.NEGATIVE
