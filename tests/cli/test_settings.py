"""The settings of ``check`` in nodeselect.toml and pyproject.toml."""

from pathlib import Path

import pytest

from tests.cli.running import Run

REST = "type: pipeline\nconfig: {input: {stdin: {}}}\n"


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Create a job that runs on every node, in a folder of a project."""
    folder = tmp_path / "project" / "jobs"
    folder.mkdir(parents=True)
    (folder / "job.yaml").write_text(f"name: x\n{REST}")
    monkeypatch.chdir(folder)


def summary(run: Run, *arguments: str) -> str:
    """Return what a check of the job says at the end."""
    return run("check", "job.yaml", *arguments).err.replace("\n", " ").strip()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ('ignore = ["empty-selector"]', "1 file: no problems of the selected rules"),
        ('select = ["no-name"]', "1 file: no problems of the selected rules"),
        ("require-selector = true", "1 file: 1 error (empty-selector), 0 warnings"),
        ('exclude = ["job.*"]', "skipped by --exclude: job.yaml"),
        ("", "1 file: 0 errors, 1 warning (empty-selector)"),
    ],
)
@pytest.mark.parametrize("file", ["nodeselect.toml", "../nodeselect.toml", "../../pyproject.toml"])
def test_settings(run: Run, file: str, settings: str, expected: str) -> None:
    """Settings are found in this folder and in those above, and mean what their options mean."""
    head = "[tool.nodeselect]\n" if "pyproject" in file else ""
    Path(file).write_text(f"{head}{settings}\n")
    assert summary(run) == expected


def test_jobs_only(run: Run) -> None:
    """jobs-only is the option --jobs-only."""
    Path("other.yaml").write_text("a: b\n")
    Path("nodeselect.toml").write_text("jobs-only = true")
    assert " ".join(run("check", ".").err.split()).endswith("; 1 file skipped: not a job spec")


def test_the_nearest_file_counts(run: Run) -> None:
    """The settings of a folder replace those of the folders above it; a project may have none."""
    Path("../nodeselect.toml").write_text("require-selector = true")
    Path("pyproject.toml").write_text("[tool.other]\nx = 1")
    assert "1 error" in summary(run)
    Path("pyproject.toml").write_text("[tool.nodeselect]")
    assert "1 warning" in summary(run)
    Path("nodeselect.toml").write_text('ignore = ["empty-selector"]')
    assert "no problems" in summary(run)


def test_options_beside_settings(run: Run) -> None:
    """--ignore adds to the settings; --select takes the place of both lists."""
    Path("nodeselect.toml").write_text('ignore = ["empty-selector"]\nselect = ["empty-selector"]')
    assert "no problems" in summary(run, "--ignore", "no-name")
    assert "1 warning (empty-selector)" in summary(run, "--select", "empty-selector")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("selct = []", "there is no setting 'selct'; did you mean 'select'?"),
        ("require_selector = true", "there is no setting 'require_selector'; did you mean"),
        (
            "colour = 1",
            "there is no setting 'colour'; use select, ignore, exclude, require-selector",
        ),
        ('ignore = "no-name"', "ignore must be a list of strings"),
        ("ignore = [1]", "ignore must be a list of strings"),
        ("require-selector = 1", "require-selector must be true or false"),
        ('ignore = ["nope"]', "there is no rule 'nope'"),
        ('ignore = ["anchor"]', "the rule 'anchor' cannot be ignored: it is always reported"),
        ("ignore = [", "Invalid value"),
        (f"ignore = {'[' * 5000}", "values are nested too deeply"),
    ],
)
def test_mistakes(run: Run, settings: str, expected: str) -> None:
    """A mistake in the settings is an error that names the file; nothing is checked."""
    Path("../nodeselect.toml").write_text(settings)
    ended = run("check", "job.yaml")
    assert (ended.status, ended.out) == (2, "")
    assert " ".join(ended.err.split()).startswith(f"error: ../nodeselect.toml: {expected}")


def test_a_broken_project_without_settings(run: Run) -> None:
    """A pyproject.toml that does not mention nodeselect is none of its business."""
    Path("pyproject.toml").write_text("[tool\n")
    assert "1 warning" in summary(run)
    Path("pyproject.toml").write_text("[tool.nodeselect\n")
    assert run("check", "job.yaml").status == 2
    Path("pyproject.toml").write_bytes(b"[tool.nodeselect]\nx = '\xff'")
    assert "it is not UTF-8 from line 2 on" in " ".join(run("check", "job.yaml").err.split())
    Path("pyproject.toml").write_text("tool = {nodeselect = 1}")
    assert "must be a table" in run("check", "job.yaml").err


@pytest.mark.parametrize("text", ["tool = 3 # nodeselect", "[[tool]]\nnodeselect = 1"])
def test_tools_that_are_not_a_table(run: Run, text: str) -> None:
    """It is an error in the file, not one in nodeselect."""
    Path("pyproject.toml").write_text(text)
    ended = run("check", "job.yaml")
    assert ended == (2, "", "error: pyproject.toml: tool must be a table\n")


@pytest.mark.parametrize(
    "pattern",
    [
        *("vendor", "jobs/vendor", "jobs/vendor/", "jobs/vendor/**", "./jobs/v*"),
        *("/jobs/vendor/*.yaml", "**/vendor", "**/vendor/x.yaml", "**/jobs/vendor"),
    ],
)
@pytest.mark.parametrize(
    ("folder", "source"), [(".", "."), (".", "jobs"), ("jobs", "."), ("jobs/vendor", "x.yaml")]
)
def test_excluded_paths(
    run: Run, monkeypatch: pytest.MonkeyPatch, pattern: str, folder: str, source: str
) -> None:
    """A path in the settings begins at their file, wherever the check runs."""
    monkeypatch.chdir("..")
    Path("jobs/vendor").mkdir()
    Path("jobs/vendor/x.yaml").write_text("x: y")
    Path("nodeselect.toml").write_text(f'exclude = ["{pattern}"]')
    monkeypatch.chdir(folder)
    assert "not-a-job" not in run("check", source).err or (pattern, source) == ("vendor", "x.yaml")


def test_a_path_that_begins_elsewhere(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path in the settings is not for folders below another one; a folder may have any name."""
    monkeypatch.chdir("..")
    Path("[x]/jobs").mkdir(parents=True)
    Path("[x]/jobs/a.yaml").write_text("x: y")
    Path("nodeselect.toml").write_text('exclude = ["jobs/a.yaml"]')
    assert "not-a-job" in run("check", ".").err
    Path("[x]/nodeselect.toml").write_text('exclude = ["jobs/a.yaml"]')
    monkeypatch.chdir("[x]/jobs")
    assert run("check", "a.yaml").err == "skipped by --exclude: a.yaml\n"
