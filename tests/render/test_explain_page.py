"""``explain --html`` prints the explanation and also writes it as a page."""

from pathlib import Path

import pytest

from tests.cli.running import Run

EXPLAIN = ("explain", "-n", "fleet.ndjson")


@pytest.mark.usefixtures("fleet")
def test_page(run: Run) -> None:
    """The page is written, and the output is the same as without it."""
    plain = run(*EXPLAIN, "-l", "region=eu")
    assert run(*EXPLAIN, "-l", "region=eu", "--html", "why.html") == plain
    text = Path("why.html").read_text("utf-8")
    assert text.startswith("<!DOCTYPE html>\n")
    assert "<title>fleet.ndjson – 2 of 4 nodes match</title>" in text
    assert "<h1>2 of 4 nodes match</h1>" in text


@pytest.mark.usefixtures("fleet")
def test_page_of_a_job(run: Run) -> None:
    """A page names its job and the states of --state, and has only nodes in these states."""
    Path("<job>").write_text("selector: {match_labels: {region: us}}\n")
    run(*EXPLAIN, "--job", "<job>", "--html", "why.html", "--state", "ready,Lost")
    text = Path("why.html").read_text("utf-8")
    assert '<p class="subject">&lt;job&gt; on fleet.ndjson, only lost or ready</p>' in text
    assert "<h1>1 of 2 nodes match</h1>" in text
    assert "n-1" not in text
