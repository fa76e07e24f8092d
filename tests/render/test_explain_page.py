"""``explain -o html`` prints the explanation as a page."""

from pathlib import Path

import pytest

from tests.cli.running import Run

EXPLAIN = ("explain", "-n", "fleet.ndjson", "-o", "html")


@pytest.mark.usefixtures("fleet")
def test_page(run: Run) -> None:
    """The page is on standard output, in ASCII, and the status is the same as without it."""
    result = run(*EXPLAIN, "-l", "region=eu")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("<!DOCTYPE html>\n")
    assert result.out.isascii()
    assert "<title>fleet.ndjson &#8211; 2 of 4 nodes match</title>" in result.out
    assert "<h1>2 of 4 nodes match</h1>" in result.out
    assert run(*EXPLAIN, "-l", "region=mars").status == 1


@pytest.mark.usefixtures("fleet")
def test_page_of_a_job(run: Run) -> None:
    Path("<job>").write_text("selector: {match_labels: {region: us}}\n")
    text = run(*EXPLAIN, "--job", "<job>", "--state", "ready,Lost").out
    assert '<p class="subject">&lt;job&gt; on fleet.ndjson, only lost or ready</p>' in text
    assert "<h1>1 of 2 nodes match</h1>" in text
    assert "n-1" not in text
