"""``nodeselect waves``: plan which nodes get a job in which wave of its rollout."""

import click

from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.job_files import job_name, read_bytes
from nodeselect.cli.options import (
    check_usage,
    explain_hint,
    job_option,
    nodes_option,
    read_inventory,
    report_option,
    warn_if_everything,
)
from nodeselect.cli.streams import write_message, write_output
from nodeselect.node import count_connected
from nodeselect.render.layout import detect_screen
from nodeselect.render.rollout import RolloutPlan, rollout_lines

__all__ = ["waves"]


@click.command(
    epilog="""\b
Examples:
  nodeselect waves --job job.yaml -n nodes.json
  nodeselect waves --job job.yaml -n nodes.json -o markdown
  kubectl get nodes -o json | nodeselect waves --job job.yaml -n - -o json

\b
Exit status: 0 if the plan has any node, 1 if not, 2 on errors.
""",
)
@nodes_option()
@job_option("The job to roll out.", required=True)
@report_option
@click.pass_context
def waves(context: click.Context, nodes_from: str, job: str, output: str) -> int:
    """Plan a rollout: which nodes get the job in which wave.

    The plan has all nodes that match the job's selector and are connected. The job's rollout
    strategy and percentages determine the waves.
    """
    from nodeselect.jobs.read import read_job  # loads pydantic
    from nodeselect.jobs.rollout import plan_waves, rollout_assumptions

    check_usage(context, {"--job and -n cannot both read standard input": job == "-" == nodes_from})
    spec = read_job(read_bytes(job), job_name(job))
    selector, rollout = spec.to_selector(), spec.rollout
    inventory = read_inventory(nodes_from)
    matched = list(inventory.match(selector))
    connected = count_connected(node.state for node in matched)
    ids = [node.id for node in matched if node.connected or connected is None]
    plan = RolloutPlan(
        spec.name or job_name(job),
        rollout.strategy,
        max_parallel=None if rollout.strategy == "immediate" else rollout.max_parallel,
        total=len(inventory),
        matched=len(matched),
        connected=connected,
        stateless=sum(node.state is None for node in matched),
        waves=plan_waves(ids, rollout),
        rules=rollout_assumptions(rollout),
    )
    write_output(rollout_lines(plan, output, detect_screen()))
    warn_if_everything(job, selector)
    if not matched:
        write_message(f"no node matches; {explain_hint(nodes_from, job=job)}")
    elif not ids:
        write_message("no matching node is connected, so there is no wave")
    return ExitStatus.OK if ids else ExitStatus.NEGATIVE
