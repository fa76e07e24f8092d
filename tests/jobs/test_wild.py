"""Selectors as people have written them: each is read, or refused with what to write."""

import json
from pathlib import Path
from typing import Any

import pytest

from nodeselect.jobs import check_job, read_job_selector
from tests.jobs.reading import OF_EXCERPTS

TEXT = Path(__file__).with_name("wild.jsonl").read_text("utf-8")
ROWS = [json.loads(line) for line in TEXT.splitlines()]
"""``selector``, and either ``read``: its text, or ``refused``: codes with the advice."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: json.dumps(row["selector"])[:70])
def test_selector_of_the_wild(row: dict[str, Any]) -> None:
    """A selector that somebody wrote is read as it says, or refused as it says."""
    data = json.dumps({"name": "wild", "selector": row["selector"]}).encode()
    problems = check_job(data, "job.json", rules=OF_EXCERPTS).problems
    warned = [each.code for each in problems if each.severity == "warning"]
    refused = [[each.code, each.hint] for each in problems if each.severity == "error"]
    assert warned == row.get("warned", [])
    assert refused == row.get("refused", [])
    if not refused:
        assert str(read_job_selector(data, "job.json")) == row["read"]
