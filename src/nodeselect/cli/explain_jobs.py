"""``nodeselect explain`` for many jobs: one line per job."""

from collections.abc import Sequence

from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.job_files import files_in, job_name
from nodeselect.cli.options import job_selector, read_inventory
from nodeselect.cli.streams import write_message, write_output
from nodeselect.errors import JobError
from nodeselect.explain import exclude_by_state
from nodeselect.render.job_table import JobResult, JobStatus, job_summary, job_table_lines
from nodeselect.render.layout import Screen

__all__ = ["explain_jobs"]


def explain_jobs(
    sources: Sequence[str],
    nodes_from: str,
    states: frozenset[str] | None,
    output: str,
    screen: Screen,
) -> int:
    """Print a line for each job of files and folders; return the exit status."""
    files = list(files_in(sources))
    excluded: dict[str, str | None] = {}
    inventory = read_inventory(nodes_from, states, excluded)
    jobs = []
    for file in files:
        try:
            explanation = inventory.explain(job_selector(file))
        except JobError as error:
            jobs.append(JobResult(job_name(file), error))
        else:
            result = exclude_by_state(explanation, excluded)
            jobs.append(JobResult(job_name(file), result))
    write_output(job_table_lines(jobs, len(inventory), output, screen))
    if output == "json":
        write_message(job_summary(jobs, len(inventory)))
    worst = min(job.status for job in jobs)
    if worst is JobStatus.INVALID:
        return ExitStatus.ERROR
    return ExitStatus.NEGATIVE if worst is JobStatus.NO_NODES else ExitStatus.OK
