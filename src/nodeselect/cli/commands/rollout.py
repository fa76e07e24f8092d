"""``nodeselect rollout``: plan which nodes get a job in which wave of its rollout."""

import click

from nodeselect.cli import options
from nodeselect.cli.command import Command
from nodeselect.cli.completion import complete_files
from nodeselect.cli.inputs.files import read_bytes
from nodeselect.cli.inputs.job_selectors import warn_if_everything
from nodeselect.cli.inputs.nodes import NodeFiles, read_inventory
from nodeselect.cli.streams import ExitStatus, write_message, write_output
from nodeselect.render.rollout import RolloutReport, rollout_lines
from nodeselect.render.screen import TABLE_FORMATS, detect_screen


@click.command(
    cls=Command,
    examples=[
        "nodeselect rollout job.yaml -n nodes.json",
        "nodeselect rollout job.yaml -n nodes.json --max-parallel 50",
    ],
    epilog="Exit status: 0 if the plan has any node, 1 if not, 2 on errors.",
)
@options.nodes_option()
@click.option(
    "--max-parallel", type=options.WholeNumber(0, 100), metavar="PERCENT",
    help="Plan as if this were max_parallel.",
)  # fmt: skip
@options.output_option(TABLE_FORMATS)
@options.quiet_option
@click.argument("job", metavar="FILE|FOLDER|-", shell_complete=complete_files)
def rollout(nodes_from: NodeFiles, job: str, max_parallel: int | None, output: str) -> int:
    """Plan a rollout: which nodes get the job in which wave. Nothing is rolled out.

    FILE is a job spec of Expanso. The plan has all nodes that match the job's selector and are
    connected; the job's rollout strategy and percentages determine the waves.
    """
    from nodeselect.expanso.read import read_job  # loads pydantic
    from nodeselect.expanso.rollout import plan_rollout

    file = options.job_file(job)
    options.check_usage({}, file, *nodes_from.sources)
    spec = read_job(read_bytes(file.source), file.name)
    selector, strategy, own = spec.to_selector(), spec.rollout.strategy, spec.rollout.max_parallel
    is_immediate = strategy == "immediate"
    message = "--max-parallel: the rollout of this job is immediate, without waves"
    options.check_usage({message: is_immediate and max_parallel is not None})
    percentage = own if max_parallel is None else max_parallel
    asked = spec.rollout.model_copy(update={"max_parallel": percentage})
    inventory = read_inventory(nodes_from)
    plan = plan_rollout(inventory.match(selector), asked)
    what_if = f"max_parallel is {percentage}%, not {own}% as in the job"
    report = RolloutReport(
        spec.name or file.name,
        strategy,
        max_parallel=None if is_immediate else percentage,
        total=len(inventory),
        plan=plan,
        what_if=() if percentage == own else (what_if,),
    )
    advice = "" if plan.matched else inventory.explain(selector, examples=0).recommendation
    lines, notes = rollout_lines(report, output, detect_screen())
    write_output(lines)
    for note in notes:
        write_message(note)
    warn_if_everything(file.name, selector)
    if advice:
        write_message(advice)
    return ExitStatus.OK if plan.waves else ExitStatus.NEGATIVE
