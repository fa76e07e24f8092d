"""``nodeselect check``: report problems in job files before they are submitted."""

import sys
from collections.abc import Collection, Iterator

import click

from nodeselect.cli.completers import complete_codes, complete_files
from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.folders import is_excluded
from nodeselect.cli.job_files import files_in, job_name, read_bytes
from nodeselect.cli.streams import (
    Progress,
    write_error,
    write_message,
    write_output,
)
from nodeselect.errors import JobError
from nodeselect.render.layout import PROBLEM_FORMATS, detect_screen

__all__ = ["check"]


@click.command(
    epilog="""\b
Examples:
  nodeselect check job.yaml
  nodeselect check --strict --require-selector jobs/
  nodeselect check -o sarif jobs/ > nodeselect.sarif
  nodeselect check --ignore absent-key,no-name job.yaml
  nodeselect check --exclude 'docker-compose.*' --exclude charts .

\b
Exit status: 0 if there are no problems, 1 if there are problems, 2 if a file
cannot be read or the command line is invalid.
"""
)
@click.argument(
    "files", metavar="FILE|FOLDER|-...", nargs=-1, required=True,
    shell_complete=complete_files,
)  # fmt: skip
@click.option(
    "-o", "--output", type=click.Choice(PROBLEM_FORMATS), default="text", show_default=True,
    help="The output format.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Exit with status 1 for warnings too.")
@click.option(
    "--require-selector", is_flag=True, help="Report a job that runs on every node as an error."
)
@click.option(
    "--select", "selected", metavar="CODE,…", multiple=True, shell_complete=complete_codes,
    help="Report only these rules. Repeatable.",
)  # fmt: skip
@click.option(
    "--ignore", "ignored", metavar="CODE,…", multiple=True, shell_complete=complete_codes,
    help="Do not report these rules. Repeatable.",
)  # fmt: skip
@click.option(
    "--exclude", metavar="GLOB", multiple=True, shell_complete=complete_files,
    help="Skip files and folders, by name or path. Repeatable.",
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
    """Report all problems of job files.

    In a FOLDER, all .yaml, .yml and .json files are checked. Each problem is an error or a warning,
    and has a code: "nodeselect rules CODE" explains it. This does not look at nodes; for that,
    use "nodeselect explain --job FILE".
    """
    from nodeselect.jobs import check_jobs, select_rules  # fronts yaml
    from nodeselect.render.problems import error_list_lines, problem_lines, problem_summary

    try:
        rules = select_rules(_codes(selected) or None, _codes(ignored))
    except ValueError as error:
        raise click.UsageError(str(error), context) from None
    if require_selector and "empty-selector" not in rules:
        message = "--require-selector needs the rule empty-selector: do not leave it out"
        raise click.UsageError(message, context)
    skipped = [source for source in files if source != "-" and is_excluded(source, exclude)]
    unread: list[JobError] = []
    sources = [source for source in files if source not in skipped]
    names = dict.fromkeys(name for each in sources for name in files_in(each, exclude, unread))
    jobs = _read_all(names, unread)
    reports = list(check_jobs(jobs, rules=rules, require_selector=require_selector))
    lines = list(problem_lines(output, reports, unread, detect_screen()))
    write_output(lines)
    if output in ("text", "concise"):
        for unread_error in unread:
            write_error(unread_error)
        screen = detect_screen(sys.stderr)
        if output == "text" and len(lines) > screen.lines:
            for line in error_list_lines(reports, screen):
                write_message(line)
        summary = problem_summary(reports, len(unread), skipped, bool(selected or ignored))
        write_message("\n".join(screen.wrap(summary)))
    if unread:
        return ExitStatus.ERROR
    has_problems = any(report.errors or (strict and report.warnings) for report in reports)
    return ExitStatus.NEGATIVE if has_problems else ExitStatus.OK


def _codes(texts: tuple[str, ...]) -> list[str]:
    return [code.strip() for text in texts for code in text.split(",")]


def _read_all(names: Collection[str], unread: list[JobError]) -> Iterator[tuple[str, bytes]]:
    """Yield each job file that can be read, and what messages call it."""
    progress = Progress()
    for number, name in enumerate(names):
        progress.update(f"checking: {number:,} of {len(names):,} files")
        try:
            yield job_name(name), read_bytes(name)
        except JobError as error:
            unread.append(error)
    progress.clear()
