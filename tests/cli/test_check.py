"""``nodeselect check``: what is asked, what is said, and the exit status."""

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

SAID_OF_WRONG = """\
wrong.yaml:2:12: error[unknown-field] at selector.matchLabels: a selector has no field \
'matchLabels', only match_ids, match_labels, match_expressions
  selector: {matchLabels: {region: eu}}
             ^^^^^^^^^^^
  did you mean 'match_labels'?
"""
SAID_OF_WARNED = """\
warned.yaml:1:1: warning[empty-selector] at selector: there is no selector: the job takes EVERY node
  name: warned
  ^
  write a selector, such as: selector: {match_labels: {region: eu}}
"""
SAID_OF_RED = ["red.yaml:3:1: error[unknown-field] at colour: a job spec has no field 'colour'"]
USAGE = """\
Usage: nodeselect check [OPTIONS] FILE|FOLDER|-...
Try 'nodeselect check --help' for help.

"""


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder with a job that is right, one that is wrong and one that is warned of."""
    monkeypatch.chdir(tmp_path)
    for name, text in {"right": RIGHT, "wrong": WRONG, "warned": WARNED}.items():
        Path(f"{name}.yaml").write_text(text)


def test_clean(run: Run) -> None:
    """A job without problems prints nothing, and says so."""
    assert run("check", "right.yaml") == (0, "", "1 file: no problems\n")


def test_wrong(run: Run) -> None:
    """A problem goes to standard output, the summary to standard error."""
    assert run("check", "wrong.yaml") == (1, SAID_OF_WRONG, "1 file: 1 error, 0 warnings\n")


def test_warned(run: Run) -> None:
    """A warning is told and fails nothing, unless that is asked for."""
    assert run("check", "warned.yaml") == (0, SAID_OF_WARNED, "1 file: 0 errors, 1 warning\n")
    assert run("check", "--strict", "warned.yaml")[:2] == (1, SAID_OF_WARNED)


def test_require_selector(run: Run) -> None:
    """A job that takes every node is an error where that is asked for."""
    ended = run("check", "--require-selector", "warned.yaml", "right.yaml")
    assert ended.status == 1
    assert ended.out == SAID_OF_WARNED.replace("warning[", "error[")
    assert ended.err == "2 files: 1 error, 0 warnings\n"


def test_several_files(run: Run) -> None:
    """Files are told in the order in which they are asked for, each once."""
    ended = run("check", "wrong.yaml", "right.yaml", "warned.yaml", "wrong.yaml")
    assert ended == (1, SAID_OF_WRONG + SAID_OF_WARNED, "3 files: 1 error, 1 warning\n")


def test_standard_input(run: Run) -> None:
    """A job comes from standard input as well."""
    ended = run("check", "-", stdin=WRONG)
    assert (ended.status, ended.out) == (1, SAID_OF_WRONG.replace("wrong.yaml", "standard input"))


def test_folder(run: Run) -> None:
    """Of a folder its YAML and JSON files are checked, by name, hidden ones left out."""
    for name in ("a/b/c.yml", "a/b.json", "a/.hidden.yaml", ".git/x.yaml", "a/notes.txt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("[]")
    ended = run("check", ".", "-o", "json")
    files = [each["file"] for each in json.loads(ended.out)["files"]]
    assert files == ["right.yaml", "warned.yaml", "wrong.yaml", "a/b.json", "a/b/c.yml"]


def test_folder_without_jobs(run: Run) -> None:
    """A folder in which there is nothing to check is told, not passed over."""
    Path("empty").mkdir()
    said = "empty: error[cannot-read]: cannot be read: no .yaml, .yml, .json file is in it\n"
    summary = "1 file: no problems; 1 file cannot be read\n"
    assert run("check", "empty", "right.yaml") == (2, "", said + summary)


def test_unread(run: Run) -> None:
    """A file that cannot be read does not keep the others from being checked."""
    ended = run("check", "nope.yaml", "wrong.yaml")
    said = "nope.yaml: error[cannot-read]: cannot be read: No such file or directory\n"
    summary = "1 file: 1 error, 0 warnings; 1 file cannot be read\n"
    assert ended == (2, SAID_OF_WRONG, said + summary)
    said = said.replace("nope.yaml", "nope.yml")
    assert run("check", "nope.yml") == (2, "", f"{said}1 file cannot be read\n")


def test_folder_whose_names_are_in_capitals(run: Run) -> None:
    """Endings count in any case of letters, as on systems that do not tell them apart."""
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
    """Files and folders of a folder are passed over by name or by path, and only when asked to."""
    for name in ("job.yaml", "b/job.yaml", "b/docker-compose.yml", "charts/x.yaml"):
        Path("a", name).parent.mkdir(parents=True, exist_ok=True)
        Path("a", name).write_text("[]")
    options = [option for pattern in patterns for option in ("--exclude", pattern)]
    files = json.loads(run("check", "a", "-o", "json", *options).out)["files"]
    assert sorted(each["file"] for each in files) == checked


def test_a_file_that_is_named_is_never_passed_over(run: Run) -> None:
    """A pattern is for what is found in folders."""
    assert run("check", "--exclude", "*.yaml", "wrong.yaml").status == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_in_a_folder(run: Run) -> None:
    """What is no file is passed over in a folder: nothing may ever come out of it."""
    os.mkfifo("pipe.yaml")
    assert run("check", ".").err == "3 files: 1 error, 1 warning\n"


def test_progress(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check tells its progress before each file, and wipes it away at the end."""
    told: list[object] = []

    class Progress:
        def __init__(self, task: str) -> None:
            told.append(task)

        def update(self, done: str, fraction: float) -> None:
            told.append((done, fraction))

        def clear(self) -> None:
            told.append("cleared")

    monkeypatch.setattr("nodeselect.cli.check.Progress", Progress)
    run("check", "right.yaml", "warned.yaml")
    assert told == ["checking", ("0 of 2 files", 0), ("1 of 2 files", 0.5), "cleared"]


@pytest.mark.parametrize(
    "choice", [["--ignore", "empty-selector"], ["--select", "no-name"]], ids=["ignore", "select"]
)
def test_a_selector_that_is_required_cannot_be_left_out(run: Run, choice: list[str]) -> None:
    """Options that contradict each other are told, not settled."""
    said = "error: --require-selector says nothing where empty-selector is left out\n"
    assert run("check", "--require-selector", *choice, "x") == (2, "", USAGE + said)


def test_link_to_a_folder_that_holds_it(run: Run) -> None:
    """A folder that is linked into itself is gone through once."""
    Path("loop").symlink_to(".")
    assert run("check", ".").err == "3 files: 1 error, 1 warning\n"


def test_link_that_leads_nowhere(run: Run) -> None:
    """A job behind a broken link is not passed over: it cannot be read, unless it is left out."""
    Path("gone.yaml").symlink_to("/nowhere/gone.yaml")
    ended = run("check", ".")
    assert ended.status == 2
    assert "gone.yaml" in ended.err
    assert "No such file" in ended.err
    Path("long.yaml").symlink_to("a" * 300)
    assert "long.yaml" in run("check", ".").err
    without = ["--exclude", "gone.yaml", "--exclude", "long.yaml"]
    assert run("check", *without, ".").err == "3 files: 1 error, 1 warning\n"


def test_rest_is_counted(run: Run) -> None:
    """Of many problems of a file the first twenty are told, and the rest is counted."""
    Path("many.yaml").write_text(
        "name: x\nselector:\n" + "".join(f"  o{n}: 1\n" for n in range(25))
    )
    ended = run("check", "many.yaml")
    assert ended.out.count("error[unknown-field]") == 20
    assert ended.out.endswith("\nmany.yaml: and 5 more\n")
    assert ended.err == "1 file: 25 errors, 0 warnings\n"


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        pytest.param(["--ignore", "unknown-field"], 0, [], id="ignore"),
        pytest.param(["--ignore", "no-name, unknown-field"], 0, [], id="ignore-two"),
        pytest.param(["--select", "empty-selector"], 0, [], id="select"),
        pytest.param(["--select", "unknown-field"], 1, SAID_OF_RED, id="select-it"),
        pytest.param(["--select", "no-name", "--select", "unknown-field"], 1, SAID_OF_RED,
                     id="select-two"),
    ],
)  # fmt: skip
def test_choice(run: Run, options: list[str], status: int, said: list[str]) -> None:
    """Only the codes that are chosen are told, and count."""
    Path("red.yaml").write_text(f"{RIGHT}colour: red\n")
    ended = run("check", *options, "right.yaml", "red.yaml")
    assert (ended.status, [line for line in ended.out.splitlines() if "red.yaml" in line]) == (
        status,
        said,
    )


def test_a_selector_that_was_meant_is_still_missing(run: Run) -> None:
    """Where the mistake in a selector is left out, it is told that the job takes every node."""
    ended = run("check", "--ignore", "unknown-field", "wrong.yaml")
    assert "warning[empty-selector] at selector: the selector is not understood" in ended.out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param([], "Missing argument 'FILE|FOLDER|-...'.\n", id="no-file"),
        pytest.param(
            ["--ignore", "unknown-feild", "x"],
            "--ignore: there is no code 'unknown-feild'; did you mean 'unknown-field'?\n",
            id="code-mistyped",
        ),
        pytest.param(
            ["--select", "\x1b", "x"], "--select: there is no code '\\x1b'\n", id="escape"
        ),
        pytest.param(
            ["--ignore", "not-yaml", "x"],
            "--ignore: not-yaml cannot be ignored: it is always told\n",
            id="always-told",
        ),
        pytest.param(
            ["--ignore", "control-character", "x"],
            "--ignore: control-character cannot be ignored: it is always told\n",
            id="always-told-in-texts",
        ),
    ],
)
def test_usage(run: Run, args: list[str], said: str) -> None:
    """A question that is wrong is told before any file is read."""
    assert run("check", *args) == (2, "", f"{USAGE}error: {said}")


def test_a_file_that_is_no_yaml_is_never_clean(run: Run) -> None:
    """What keeps a file from being read is told, whatever is chosen."""
    Path("broken.yaml").write_text("name: [")
    assert run("check", "--select", "no-name", "broken.yaml").status == 1
    Path("template.yaml").write_text("name: {{x}}")
    assert run("check", "--ignore", "template", "template.yaml").status == 1


@pytest.mark.parametrize("job", ["wrong.yaml", "nope.yaml", "many.yaml", "refused.yaml"])
def test_match_shows_the_same(run: Run, job: str) -> None:
    """``match --job`` refuses a job with what ``check`` says of it, but for warnings."""
    Path("many.yaml").write_text("name: x\nselector: {a: b}\ncolour: red\nrollout: {strategy: x}\n")
    Path("refused.yaml").write_text("name: 5\nselector: {match_ids: [*a, b, '']}\n")
    checked, matched = run("check", job), run("match", "-n", "x", "--job", job)
    said = checked.out + "".join(checked.err.splitlines(keepends=True)[:-1])
    assert matched == (2, "", said)


def test_rules(run: Run) -> None:
    """All rules are listed, with severity and what they say."""
    lines = run("rules").out.splitlines()
    assert len(lines) == len(all_rules())
    assert [line.split()[0] for line in lines] == list(all_rules())
    assert "absent-key               warning  '!=' or 'notin' that also takes" in "\n".join(lines)


@pytest.mark.parametrize("code", all_rules())
def test_rule(run: Run, code: str) -> None:
    """Each rule is explained, with an example before and after where it fits on a page."""
    ended = run("rules", code)
    assert ended.status == 0
    assert ended.out.startswith(f"{code} ({all_rules()[code].severity}): ")
    assert ("before:" in ended.out) == bool(all_rules()[code].before)
    assert not unprintable(ended.out)


def test_no_such_rule(run: Run) -> None:
    """A code that there is not is told, with the one that was meant."""
    ended = run("rules", "emty-selector")
    assert ended.status == 2
    assert ended.err.endswith("no code 'emty-selector'; did you mean 'empty-selector'?\n")


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
    """The command works from start to end, far from any terminal."""
    assert run_process("check", "wrong.yaml") == (1, SAID_OF_WRONG, "1 file: 1 error, 0 warnings\n")
