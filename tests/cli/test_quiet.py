"""``--quiet``: nothing but errors."""

from pathlib import Path

import pytest

from tests.cli.running import Run

JOB = "name: x\nselector: {match_labels: {region: eu}}\n"


@pytest.mark.parametrize(
    ("command", "status"),
    [
        pytest.param("match -l region=eu", 0, id="match"),
        pytest.param("match -l region=mars", 1, id="no-match"),
        pytest.param("match -l region=eu --max 1 --state ready,lost -L x", 0, id="match-options"),
        pytest.param("match --all --max 2", 1, id="too-many"),
        pytest.param("explain -l region=mars", 1, id="explain"),
        pytest.param("explain --job job --job job", 0, id="explain-jobs"),
        pytest.param("explain -l region=us --node n-1", 1, id="explain-a-node"),
        pytest.param("diff -l region -l region=eu", 1, id="diff"),
        pytest.param("diff -l region -l region", 0, id="no-difference"),
        pytest.param("explain --job job --job job --node n-1", 0, id="jobs-of-a-node"),
        pytest.param("labels region", 0, id="labels"),
        pytest.param("labels zone", 1, id="no-label"),
        pytest.param("audit", 0, id="audit"),
        pytest.param("rollout job", 0, id="rollout"),
    ],
)
def test_only_the_status(run: Run, fleet: str, command: str, status: int) -> None:
    """The exit status is the same as without it, and nothing is printed."""
    Path("job").write_text(JOB)
    words = [*command.split(), "-n", fleet]
    assert run(*words).status == status
    assert run(*words, "-q") == run(*words, "--quiet") == (status, "", "")


@pytest.mark.usefixtures("fleet")
def test_check(run: Run) -> None:
    """Of check, only the status is left: problems are its answer; a file it cannot read is not."""
    Path("job").write_text("selector: 7\n")
    assert run("check", "job", "-q") == (1, "", "")
    assert "cannot read 'none'" in run("check", "none", "-q").error


@pytest.mark.parametrize(
    ("command", "error"),
    [
        pytest.param("match -l a=b=c", "error[", id="selector"),
        pytest.param("match -l a --bogus", "error: No such option", id="usage"),
        pytest.param("explain -l a --node n", "error: no node has the id 'n'", id="no-such-node"),
        pytest.param("explain --job job --job no", "error[wrong-type]: ", id="invalid-job"),
    ],
)
def test_errors(run: Run, fleet: str, command: str, error: str) -> None:
    Path("job").write_text(JOB)
    Path("no").write_text("selector: 7\n")
    assert error in run(*command.split(), "-n", fleet, "-q").error
