"""``nodeselect check``: its options, its output and its exit status."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nodeselect.jobs import all_rules
from tests.cli.running import Run, run_process, unprintable

RIGHT = "name: right\nselector: {match_labels: {region: eu}}\n"
WRONG = "name: wrong\nselector: {matchLabels: {region: eu}}\n"
WARNED = "name: warned\n"

WRONG_REPORT = """\
wrong.yaml:2:12: error[unknown-field] at selector.matchLabels: a selector has no field \
'matchLabels', only match_ids, match_labels, match_expressions
  selector: {matchLabels: {region: eu}}
             ^^^^^^^^^^^
  did you mean 'match_labels'?
"""
WARNED_REPORT = """\
warned.yaml:1:1: warning[empty-selector] at selector: \
there is no selector: the job runs on EVERY node
  name: warned
  ^
  add a selector, such as: selector: {match_labels: {region: eu}}
"""
RED_REPORT = ["red.yaml:3:1: error[unknown-field] at colour: a job spec has no field 'colour'"]
USAGE = """\
Usage: nodeselect check [OPTIONS] FILE|FOLDER|-...
Try 'nodeselect check --help' for help.

"""


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Create a valid job, one with an error and one with a warning."""
    monkeypatch.chdir(tmp_path)
    for name, text in {"right": RIGHT, "wrong": WRONG, "warned": WARNED}.items():
        Path(f"{name}.yaml").write_text(text)


def test_clean(run: Run) -> None:
    """For a job without problems there is only the summary."""
    assert run("check", "right.yaml") == (0, "", "1 file: no problems\n")


def test_wrong(run: Run) -> None:
    """Problems go to standard output, the summary to standard error."""
    assert run("check", "wrong.yaml") == (1, WRONG_REPORT, "1 file: 1 error, 0 warnings\n")


def test_warned(run: Run) -> None:
    """A warning does not change the exit status, except with --strict."""
    assert run("check", "warned.yaml") == (0, WARNED_REPORT, "1 file: 0 errors, 1 warning\n")
    assert run("check", "--strict", "warned.yaml")[:2] == (1, WARNED_REPORT)


def test_require_selector(run: Run) -> None:
    """With --require-selector, a job that runs on every node is an error."""
    ended = run("check", "--require-selector", "warned.yaml", "right.yaml")
    assert ended.status == 1
    assert ended.out == WARNED_REPORT.replace("warning[", "error[")
    assert ended.err == "2 files: 1 error, 0 warnings\n"


def test_several_files(run: Run) -> None:
    """Files are checked in the order of the arguments, each once."""
    ended = run("check", "wrong.yaml", "right.yaml", "warned.yaml", "wrong.yaml")
    assert ended == (1, WRONG_REPORT + WARNED_REPORT, "3 files: 1 error, 1 warning\n")


def test_standard_input(run: Run) -> None:
    """A job can come from standard input."""
    ended = run("check", "-", stdin=WRONG)
    assert (ended.status, ended.out) == (1, WRONG_REPORT.replace("wrong.yaml", "standard input"))


def test_folder(run: Run) -> None:
    """In a folder the YAML and JSON files are checked by name, except hidden ones."""
    for name in ("a/b/c.yml", "a/b.json", "a/.hidden.yaml", ".git/x.yaml", "a/notes.txt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("[]")
    ended = run("check", ".", "-o", "json")
    files = [entry["file"] for entry in json.loads(ended.out)["files"]]
    assert files == ["right.yaml", "warned.yaml", "wrong.yaml", "a/b.json", "a/b/c.yml"]


def test_folder_without_jobs(run: Run) -> None:
    """A folder without job files is an error."""
    Path("empty").mkdir()
    said = "empty: error[cannot-read]: cannot be read: it has no .yaml, .yml, .json file\n"
    summary = "1 file: no problems; 1 file could not be read\n"
    assert run("check", "empty", "right.yaml") == (2, "", said + summary)


def test_unread(run: Run) -> None:
    """If a file cannot be read, the others are still checked."""
    ended = run("check", "nope.yaml", "wrong.yaml")
    said = "nope.yaml: error[cannot-read]: cannot be read: No such file or directory\n"
    summary = "1 file: 1 error, 0 warnings; 1 file could not be read\n"
    assert ended == (2, WRONG_REPORT, said + summary)
    said = said.replace("nope.yaml", "nope.yml")
    assert run("check", "nope.yml") == (2, "", f"{said}1 file could not be read\n")


def test_uppercase_suffixes(run: Run) -> None:
    """The case of a suffix does not matter, as on file systems that ignore case."""
    Path("a").mkdir()
    for name in ("A.YAML", "b.Yml", "c.JSON"):
        Path("a", name).write_text("[]")
    assert run("check", "a").err == "3 files: 3 errors, 0 warnings\n"


@pytest.mark.parametrize(
    ("patterns", "checked"),
    [
        ([], ["a/b/docker-compose.yml", "a/b/job.yaml", "a/charts/x.yaml", "a/job.yaml"]),
        (["docker-compose.*", "charts"], ["a/b/job.yaml", "a/job.yaml"]),
        (["b/*", "charts/"], ["a/job.yaml"]),
        (["job.yaml"], ["a/b/docker-compose.yml", "a/charts/x.yaml"]),
    ],
)
def test_exclude(run: Run, patterns: list[str], checked: list[str]) -> None:
    """--exclude skips files and folders inside a folder, by name or by path."""
    for name in ("job.yaml", "b/job.yaml", "b/docker-compose.yml", "charts/x.yaml"):
        Path("a", name).parent.mkdir(parents=True, exist_ok=True)
        Path("a", name).write_text("[]")
    options = [option for pattern in patterns for option in ("--exclude", pattern)]
    files = json.loads(run("check", "a", "-o", "json", *options).out)["files"]
    assert sorted(entry["file"] for entry in files) == checked


def test_exclude_does_not_skip_arguments(run: Run) -> None:
    """A file that is an argument is checked even if a pattern matches it."""
    assert run("check", "--exclude", "*.yaml", "wrong.yaml").status == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_in_a_folder(run: Run) -> None:
    """A pipe in a folder is skipped, since reading it could block forever."""
    os.mkfifo("pipe.yaml")
    assert run("check", ".").err == "3 files: 1 error, 1 warning\n"


def test_progress(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is shown before each file, and cleared at the end."""
    calls: list[object] = []

    class Progress:
        def __init__(self, task: str) -> None:
            calls.append(task)

        def update(self, done: str, fraction: float) -> None:
            calls.append((done, fraction))

        def clear(self) -> None:
            calls.append("cleared")

    monkeypatch.setattr("nodeselect.cli.check.Progress", Progress)
    run("check", "right.yaml", "warned.yaml")
    assert calls == ["checking", ("0 of 2 files", 0), ("1 of 2 files", 0.5), "cleared"]


@pytest.mark.parametrize(
    "selection", [["--ignore", "empty-selector"], ["--select", "no-name"]], ids=["ignore", "select"]
)
def test_require_selector_without_its_rule(run: Run, selection: list[str]) -> None:
    """--require-selector is rejected if its rule is not reported."""
    message = "error: --require-selector has no effect if empty-selector is not reported\n"
    assert run("check", "--require-selector", *selection, "x") == (2, "", USAGE + message)


def test_link_to_a_folder_that_holds_it(run: Run) -> None:
    """A link from a folder to itself is not followed."""
    Path("loop").symlink_to(".")
    assert run("check", ".").err == "3 files: 1 error, 1 warning\n"


def test_broken_link(run: Run) -> None:
    """A broken link is a file that cannot be read; --exclude skips it."""
    Path("gone.yaml").symlink_to("/nowhere/gone.yaml")
    ended = run("check", ".")
    assert ended.status == 2
    assert "gone.yaml" in ended.err
    assert "No such file" in ended.err
    Path("long.yaml").symlink_to("a" * 300)
    assert "long.yaml" in run("check", ".").err
    without = ["--exclude", "gone.yaml", "--exclude", "long.yaml"]
    assert run("check", *without, ".").err == "3 files: 1 error, 1 warning\n"


def test_problems_beyond_the_limit(run: Run) -> None:
    """The first twenty problems of a file are reported, the others counted."""
    Path("many.yaml").write_text(
        "name: x\nselector:\n" + "".join(f"  o{n}: 1\n" for n in range(25))
    )
    ended = run("check", "many.yaml")
    assert ended.out.count("error[unknown-field]") == 20
    assert ended.out.endswith("\nmany.yaml: and 5 more\n")
    assert ended.err == "1 file: 25 errors, 0 warnings\n"


@pytest.mark.parametrize(
    ("options", "status", "lines"),
    [
        pytest.param(["--ignore", "unknown-field"], 0, [], id="ignore"),
        pytest.param(["--ignore", "no-name, unknown-field"], 0, [], id="ignore-two"),
        pytest.param(["--select", "empty-selector"], 0, [], id="select"),
        pytest.param(["--select", "unknown-field"], 1, RED_REPORT, id="select-it"),
        pytest.param(["--select", "no-name", "--select", "unknown-field"], 1, RED_REPORT,
                     id="select-two"),
    ],
)  # fmt: skip
def test_select_and_ignore(run: Run, options: list[str], status: int, lines: list[str]) -> None:
    """Only the selected rules are reported, and counted."""
    Path("red.yaml").write_text(f"{RIGHT}colour: red\n")
    ended = run("check", *options, "right.yaml", "red.yaml")
    assert (ended.status, [line for line in ended.out.splitlines() if "red.yaml" in line]) == (
        status,
        lines,
    )


def test_a_misspelt_selector_is_still_missing(run: Run) -> None:
    """If the mistake in a selector is ignored, the job runs on every node, which is reported."""
    ended = run("check", "--ignore", "unknown-field", "wrong.yaml")
    assert "warning[empty-selector] at selector: the selector is not valid" in ended.out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param([], "Missing argument 'FILE|FOLDER|-...'.\n", id="no-file"),
        pytest.param(
            ["--ignore", "unknown-feild", "x"],
            "--ignore: there is no rule 'unknown-feild'; did you mean 'unknown-field'?\n",
            id="misspelt",
        ),
        pytest.param(
            ["--select", "\x1b", "x"], "--select: there is no rule '\\x1b'\n", id="escape"
        ),
        pytest.param(
            ["--ignore", "not-yaml", "x"],
            "--ignore: not-yaml cannot be ignored: it is always reported\n",
            id="always-reported",
        ),
        pytest.param(
            ["--ignore", "control-character", "x"],
            "--ignore: control-character cannot be ignored: it is always reported\n",
            id="always-reported-in-texts",
        ),
    ],
)
def test_usage(run: Run, args: list[str], message: str) -> None:
    """An invalid command line is reported before any file is read."""
    assert run("check", *args) == (2, "", f"{USAGE}error: {message}")


def test_a_file_that_is_not_yaml_is_never_clean(run: Run) -> None:
    """What prevents a file from being read is always reported."""
    Path("broken.yaml").write_text("name: [")
    assert run("check", "--select", "no-name", "broken.yaml").status == 1
    Path("template.yaml").write_text("name: {{x}}")
    assert run("check", "--ignore", "template", "template.yaml").status == 1


@pytest.mark.parametrize("job", ["wrong.yaml", "nope.yaml", "many.yaml", "refused.yaml"])
def test_match_shows_the_same(run: Run, job: str) -> None:
    """``match --job`` reports the same errors as ``check``, without the warnings."""
    Path("many.yaml").write_text("name: x\nselector: {a: b}\ncolour: red\nrollout: {strategy: x}\n")
    Path("refused.yaml").write_text("name: 5\nselector: {match_ids: [*a, b, '']}\n")
    checked, matched = run("check", job), run("match", "-n", "x", "--job", job)
    said = checked.out + "".join(checked.err.splitlines(keepends=True)[:-1])
    assert matched == (2, "", said)


def test_rules(run: Run) -> None:
    """All rules are listed, with severity and summary."""
    lines = run("rules").out.splitlines()
    assert len(lines) == len(all_rules())
    assert [line.split()[0] for line in lines] == list(all_rules())
    assert "absent-key               warning  '!=' or 'notin' also matches" in "\n".join(lines)


@pytest.mark.parametrize("code", all_rules())
def test_rule(run: Run, code: str) -> None:
    """Each rule is explained, with an example before and after the fix."""
    ended = run("rules", code)
    assert ended.status == 0
    assert ended.out.startswith(f"{code} ({all_rules()[code].severity}): ")
    assert ("before:" in ended.out) == bool(all_rules()[code].before)
    assert not unprintable(ended.out)


def test_unknown_rule(run: Run) -> None:
    """An unknown code is reported, with a similar one."""
    ended = run("rules", "emty-selector")
    assert ended.status == 2
    assert ended.err.endswith("no rule 'emty-selector'; did you mean 'empty-selector'?\n")


def test_schema(run: Run) -> None:
    """The schema is printed as JSON."""
    assert json.loads(run("schema").out)["$defs"]["JobSpec"]["type"] == ["object", "null"]


def test_as_a_module() -> None:
    """``python -m nodeselect`` is the command."""
    done = subprocess.run(
        [sys.executable, "-m", "nodeselect", "check", "right.yaml"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("", "1 file: no problems\n")


def test_in_a_process_of_its_own() -> None:
    """The command works in a process of its own, without a terminal."""
    assert run_process("check", "wrong.yaml") == (1, WRONG_REPORT, "1 file: 1 error, 0 warnings\n")
