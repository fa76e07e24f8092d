"""The settings of ``check`` in nodeselect.toml and pyproject.toml."""

from pathlib import Path

import pytest

from tests.cli.running import Run

REST = "type: pipeline\nconfig: {input: {stdin: {}}}\n"


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "project" / "jobs"
    folder.mkdir(parents=True)
    (folder / "job.yaml").write_text(f"name: x\n{REST}")
    monkeypatch.chdir(folder)


def summary(run: Run, *arguments: str) -> str:
    words = " ".join(run("check", "job.yaml", *arguments).err.split())
    return words.removesuffix("; not compared with any nodes (give -n NODES)")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ('ignore = ["empty-selector"]', "1 file: no problems of the selected rules"),
        ('select = ["no-name"]', "1 file: no problems of the selected rules"),
        ("require-selector = true", "1 file: 1 error (empty-selector), 0 warnings"),
        ("min = 2\nnodes = ['n.json']", "1 file: 1 error (no-node), 1 warning (empty-selector)"),
        ('exclude = ["job.*"]', "skipped by exclude in FILE: job.yaml"),
        ("", "1 file: 0 errors, 1 warning (empty-selector)"),
    ],
)
@pytest.mark.parametrize("file", ["nodeselect.toml", "../nodeselect.toml", "../../pyproject.toml"])
def test_settings(run: Run, file: str, settings: str, expected: str) -> None:
    """Settings are found in this folder and in those above, and mean what their options mean."""
    head = "[tool.nodeselect]\n" if "pyproject" in file else ""
    Path("n.json").write_text('[{"id": "n-1", "labels": {}}]')
    Path(file).write_text(f"{head}{settings}\n")
    assert summary(run) == expected.replace("FILE", file)


def test_the_nearest_file_counts(run: Run) -> None:
    """The settings of a folder replace those of the folders above it; a project may have none."""
    Path("../nodeselect.toml").write_text("require-selector = true")
    Path("pyproject.toml").write_text("[tool.other]\nx = 1")
    assert "1 error" in summary(run)
    Path("pyproject.toml").write_text("[tool.nodeselect]")
    assert "1 warning" in summary(run)
    Path("nodeselect.toml").write_text('ignore = ["empty-selector"]')
    assert "no problems" in summary(run)
    assert "1 warning (empty-selector)" in summary(run, "--ignore", "no-name")  # instead of it


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("selct = []", "there is no setting 'selct'; did you mean 'select'?"),
        ("frobnicate = 1", "there is no setting 'frobnicate'"),
        ("files = ['job.yaml']", "there is no setting 'files'"),
        ('ignore = "no-name"', "ignore must be of the type list"),
        ("min = true", "min must be of the type int"),
        ("require-selector = 1", "require-selector must be of the type bool"),
        ("fix = true", "'fix' cannot be a setting: give --fix to the command"),
        ("write = false", "'write' cannot be a setting: give --write to the command"),
        ("ignore = [", "Invalid value (at end of document)"),
    ],
)
def test_mistakes(run: Run, settings: str, expected: str) -> None:
    """A mistake in the settings is an error that names the file; nothing is checked."""
    Path("../nodeselect.toml").write_text(settings)
    assert run("check", "job.yaml").error == f"error: ../nodeselect.toml: {expected}"


@pytest.mark.parametrize("code", ["nope", "anchor"])
def test_wrong_rules(run: Run, code: str) -> None:
    """A rule that does not exist, or cannot be ignored, is an error, as in the option."""
    Path("nodeselect.toml").write_text(f'ignore = ["{code}"]')
    error = run("check", "job.yaml").error
    assert f"the rule '{code}'" in error or f"no rule '{code}'" in error
    assert error == run("check", "job.yaml", "--ignore", code).error


@pytest.mark.parametrize(
    "text",
    [
        *(b"[tool.nodeselect\n", b"[tool.nodeselect]\nx='\xff'"),
        *(b"[[tool]]\nnodeselect = 1", b"[tool]\nnodeselect = 1"),
    ],
)
def test_a_broken_project(run: Run, text: bytes) -> None:
    """It is an error, if it has settings; a command that needs none runs."""
    Path("pyproject.toml").write_bytes(text.replace(b"nodeselect", b"other"))
    assert "1 warning" in summary(run)
    Path("pyproject.toml").write_bytes(text)
    assert run("check", "job.yaml").error.startswith("error: pyproject.toml: ")
    assert run("chekc", "job.yaml").err.startswith("error: No such command 'chekc'.\n")


@pytest.mark.parametrize(
    "pattern",
    [
        *("vendor", "jobs/vendor", "jobs/vendor/", "jobs/vendor/**", "./jobs/v*"),
        *("/jobs/vendor/*.yaml", "**/vendor", "**/vendor/x.yaml"),
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
    Path("[x]/jobs/a.yaml").write_text("type: pipeline\nx: y")
    Path("nodeselect.toml").write_text('exclude = ["jobs/a.yaml"]')
    assert "unknown-field" in run("check", ".").err
    Path("[x]/nodeselect.toml").write_text('exclude = ["jobs/a.yaml"]')
    monkeypatch.chdir("[x]/jobs")
    expected = f"skipped by exclude in {Path('../nodeselect.toml')}: a.yaml\n"
    assert run("check", "a.yaml").err == expected
    assert run("check", "--exclude", "a*", "a.yaml").err == "skipped by --exclude: a.yaml\n"
