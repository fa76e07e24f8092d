"""What every test of job files does: read one, or get its refusal."""

from pathlib import Path

import pytest

from nodeselect import JobError, Selector
from nodeselect.jobs import read_job_selector, select_rules
from tests import golden

OF_EXCERPTS = select_rules(ignore=["no-type", "no-config"])
"""The rules for the few lines of a job that a test is about: without its type and its config."""


def read_cases(table: str) -> list[golden.Row]:
    """Read a table of job files: ``name``, ``job``, and what is ``said`` of it."""
    return golden.rows(
        Path(__file__).with_name(table),
        r"^==== (?P<name>.+)\n(?P<job>(?s:.*?)\n)----\n(?P<said>(?s:.*?))\n*(?=^====|^####|\Z)",
    )


def selector_of(data: bytes | str) -> Selector:
    """Read the selector of a job file."""
    return read_job_selector(data.encode() if isinstance(data, str) else data, "job.yaml")


def refusal(data: bytes | str) -> JobError:
    """Return the error of a job file."""
    with pytest.raises(JobError) as caught:
        selector_of(data)
    return caught.value


def problems_of(data: bytes | str) -> list[tuple[str, int, int]]:
    """Return the code, line and column of each problem of a job file."""
    return [(each.code, each.line, each.column) for each in refusal(data).problems]
