"""``nodeselect check``: what is wrong with job files, before they are submitted."""

from typing import TYPE_CHECKING

import click

from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.job_files import files_in, job_name, read_bytes
from nodeselect.cli.progress import Progress
from nodeselect.cli.streams import highlight_severity, write_error, write_message, write_output
from nodeselect.errors import JobError

if TYPE_CHECKING:
    from nodeselect.jobs import CheckReport, RuleSelection

__all__ = ["check"]

_FORMATS = ("text", "json", "github", "sarif", "junit")


@click.command(
    epilog="""\b
Examples:
  nodeselect check job.yaml
  nodeselect check --strict --require-selector jobs/
  nodeselect check -o sarif jobs/ > nodeselect.sarif
  nodeselect check --ignore absent-key,no-name job.yaml
  nodeselect check --exclude 'docker-compose.*' --exclude charts .

\b
Exit status: 0 clean, 1 problems, 2 a file cannot be read, or a wrong option.
"""
)
@click.argument("files", metavar="FILE|FOLDER|-...", nargs=-1, required=True)
@click.option(
    "-o", "--output", type=click.Choice(_FORMATS), default="text", show_default=True,
    help="How problems are printed.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
@click.option(
    "--require-selector", is_flag=True, help="Make it an error that a job takes every node."
)
@click.option(
    "--select", "selected", metavar="CODE,…", multiple=True, help="Tell only these. Repeatable."
)
@click.option(
    "--ignore", "ignored", metavar="CODE,…", multiple=True, help="Tell all but these. Repeatable."
)
@click.option(
    "--exclude", metavar="GLOB", multiple=True,
    help="Pass over files and folders of a folder, by name or path. Repeatable.",
)  # fmt: skip
@click.pass_context
def check(
    context: click.Context,
    files: tuple[str, ...],
    output: str,
    strict: bool,
    require_selector: bool,
    selected: tuple[str, ...],
    ignored: tuple[str, ...],
    exclude: tuple[str, ...],
) -> int:
    """Tell everything that is wrong with job files.

    Of a folder, its .yaml, .yml and .json files are checked. A problem is an error or a warning;
    "nodeselect rules CODE" explains it.
    """
    from nodeselect.render.problems import lines_of

    selection = _selection(context, selected, ignored)
    if require_selector and not selection.reports("empty-selector"):
        raise click.UsageError(
            "--require-selector says nothing where empty-selector is left out", context
        )
    jobs, unread = _check_all(files, selection, require_selector, exclude)
    lines = lines_of(output, jobs, unread, strict=strict)
    write_output(map(highlight_severity, lines) if output == "text" else lines)
    if output == "text":
        for error in unread:
            write_error(error)
        write_message(_summary(jobs, len(unread)))
    if unread:
        return ExitStatus.ERROR
    wrong = any(job.errors or (strict and job.warnings) for job in jobs)
    return ExitStatus.NEGATIVE if wrong else ExitStatus.OK


def _check_all(
    sources: tuple[str, ...],
    selection: "RuleSelection",
    require_selector: bool,
    exclude: tuple[str, ...],
) -> tuple[list["CheckReport"], list[JobError]]:
    """Check all files; give what is wrong with them, and which cannot be read."""
    from nodeselect.jobs import check_job  # YAML: loaded where a job is read

    unread: list[JobError] = []
    names: list[str] = []
    for source in sources:
        try:
            names.extend(files_in([source], exclude))
        except JobError as error:
            unread.append(error)
    names = list(dict.fromkeys(names))
    jobs = []
    progress = Progress("checking")
    for number, name in enumerate(names):
        progress.update(f"{number:,} of {len(names):,} files", number / len(names))
        try:
            data = read_bytes(name)
        except JobError as error:
            unread.append(error)
            continue
        file = job_name(name)
        jobs.append(check_job(data, file, selection=selection, require_selector=require_selector))
    progress.clear()
    return jobs, unread


def _selection(
    context: click.Context, selected: tuple[str, ...], ignored: tuple[str, ...]
) -> "RuleSelection":
    from nodeselect.jobs import RuleSelection

    select = _codes(context, "--select", selected) if selected else None
    return RuleSelection(select, _codes(context, "--ignore", ignored))


def _codes(context: click.Context, option: str, texts: tuple[str, ...]) -> frozenset[str]:
    """Read codes parted by commas; refuse those that there are not, or that cannot be left out."""
    import difflib

    from nodeselect.jobs.check.rules import ALWAYS_REPORTED, all_rules
    from nodeselect.text import quoted

    codes = [piece.strip() for text in texts for piece in text.split(",")]
    for code in codes:
        if code not in all_rules():
            close = difflib.get_close_matches(code[:40], all_rules(), 1)
            meant = f"; did you mean {close[0]!r}?" if close else ""
            raise click.UsageError(f"{option}: there is no code {quoted(code)}{meant}", context)
        if option == "--ignore" and code in ALWAYS_REPORTED:
            raise click.UsageError(
                f"--ignore: {code} cannot be ignored: it is always told", context
            )
    return frozenset(codes)


def _summary(jobs: list["CheckReport"], unread: int) -> str:
    if unread:
        told = f"{_counted(unread, 'file')} cannot be read"
        return f"{_summary(jobs, 0)}; {told}" if jobs else told
    errors, warnings = sum(job.errors for job in jobs), sum(job.warnings for job in jobs)
    files = _counted(len(jobs), "file")
    if not errors and not warnings:
        return f"{files}: no problems"
    return f"{files}: {_counted(errors, 'error')}, {_counted(warnings, 'warning')}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
