"""What every test of job files does: read one, or get its refusal."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from nodeselect import JobError, Problem, Selector
from nodeselect.jobs import read_job_selector, select_rules
from tests import golden

OF_EXCERPTS = select_rules(ignore=["no-type", "no-config"])
"""The rules for the few lines of a job that a test is about: without its type and its config."""


def read_cases(table: str) -> list[golden.Row]:
    """Read a table of job files: ``name``, ``job``, and the lines of its ``problems``."""
    return golden.rows(
        Path(__file__).with_name(table),
        r"^==== (?P<name>.+)\n(?P<job>(?s:.*?)\n)(?P<problems>(?:! .*\n)+)",
    )


def in_short(problems: Iterable[Problem]) -> str:
    """Return a line for each problem: its place, code and path, and what to write instead."""
    lines = []
    for problem in problems:
        at = f"{problem.line}:{problem.column}-{problem.end_column}"
        known = problem.severity, problem.code, problem.path
        replacement = problem.fix and problem.fix.replacement
        lines.append(" ".join(["!", at, *filter(None, known)]))
        if problem.fix and replacement is not None:
            lines[-1] += f": {replacement}" + " (certain)" * problem.fix.is_certain
    return "".join(f"{line}\n" for line in lines) or "! no problems\n"


def words_of(problem: Problem) -> str:
    """Return the message and the hint of a problem, without what they quote from the file."""
    hint = problem.hint or ""
    if problem.fix and problem.fix.replacement:
        hint = hint.replace(problem.fix.replacement, "…")
    words = f"{problem.code}: {problem.message}" + (f" | {hint}" if hint else "")
    requirement = r"[\w./-]+(?: (?:not)?in \([^)]*\)|(?:!?=|[<>])[\w./-]*)"
    words = re.sub(requirement, "REQUIREMENT", re.sub("'[^']*'", "'…'", words))
    return re.sub("[0-9][0-9,]*", "N", words)


def selector_of(data: bytes | str) -> Selector:
    return read_job_selector(data.encode() if isinstance(data, str) else data, "job.yaml")


def refusal(data: bytes | str) -> JobError:
    with pytest.raises(JobError) as caught:
        selector_of(data)
    return caught.value


def problems_of(data: bytes | str) -> list[tuple[str, int, int]]:
    """Return the code, line and column of each problem of a job file."""
    return [(each.code, each.line, each.column) for each in refusal(data).problems]
