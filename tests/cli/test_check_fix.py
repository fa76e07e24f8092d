"""``nodeselect check --fix``."""

import os
from pathlib import Path

import pytest

from tests.cli.running import Run

REST = "type: pipeline\nconfig: {input: {stdin: {}}}\n"
BEFORE = f"name: a # the first\nselector:\n  matchLabels: {{v: 1.10}}\n{REST}"
AFTER = f'name: a # the first\nselector:\n  match_labels: {{v: "1.10"}}\n{REST}'


@pytest.fixture(autouse=True)
def _files() -> None:
    Path("a.yaml").write_text(BEFORE)
    Path("b.yaml").write_text(f"name: b\nselector: {{match_labels: {{a: 1, b: null}}}}\n{REST}")


def test_write(run: Run) -> None:
    """Only --write changes files, and reports what is left; again, there is nothing to correct."""
    Path("a.yaml").chmod(0o640)
    Path("link.yaml").symlink_to("a.yaml")
    assert run("check", "--fix", "a.yaml").status == 1
    assert Path("a.yaml").read_text() == BEFORE
    ended = run("check", "--fix", "--write", "link.yaml", "b.yaml", "-o", "concise")
    assert ended.out.startswith("b.yaml:2:38: error[wrong-type]")
    assert ended.err.startswith("corrected 2 files. 2 files: 1 error")
    assert ended.status == 1
    assert Path("a.yaml").read_text() == AFTER
    assert Path("link.yaml").is_symlink()
    assert Path("a.yaml").stat().st_mode & 0o777 == 0o640
    assert run("check", "--fix", "a.yaml") == (0, "", "1 file: no problems\n")
    assert run("check", "--fix", "b.yaml").out == ""


def test_only_jobs_are_corrected(run: Run) -> None:
    Path("other.yaml").write_text("name: 5\n")
    assert "other" in run("check", "--fix", "other.yaml").out
    assert "other" not in run("check", "--fix", ".").out
    run("check", "--fix", "--write", ".")
    assert Path("other.yaml").read_text() == "name: 5\n"


def test_standard_input(run: Run) -> None:
    """The diff of standard input can be shown, but it cannot be changed."""
    assert '+  match_labels: {v: "1.10"}' in run("check", "--fix", "-", stdin=BEFORE).out
    error = run("check", "--fix", "--write", "-", stdin=BEFORE).error
    assert error == "error: --write cannot change standard input"


def test_only_selected_rules(run: Run) -> None:
    """What is not reported is not corrected, and the selector is still not valid."""
    ended = run("check", "--fix", "--write", "--ignore", "wrong-type", "a.yaml")
    assert (ended.status, "1 error (invalid-selector)" in ended.err) == (1, True)
    assert Path("a.yaml").read_text() == BEFORE.replace("matchLabels", "match_labels")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_a_file_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        ended = run("check", "--fix", "--write", "a.yaml")
    finally:
        tmp_path.chmod(0o700)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err == "error: cannot write 'a.yaml': Permission denied\n"
    assert Path("a.yaml").read_text() == BEFORE
