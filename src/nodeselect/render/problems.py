"""What is wrong with job files, as people, programs and CI systems read it."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from nodeselect import __version__
from nodeselect.errors import JobError, Problem
from nodeselect.jobs import CheckReport
from nodeselect.text import printable

__all__ = ["lines_of"]


def lines_of(
    style: str, jobs: Sequence[CheckReport], unread: Sequence[JobError], *, strict: bool
) -> Iterator[str]:
    """Give the lines that tell of ``jobs``, and of the files that cannot be read.

    :param style: ``text``, ``json``, ``github``, ``sarif`` or ``junit``.
    :param strict: whether warnings are failures.
    """
    match style:
        case "json":
            return _json(jobs, unread)
        case "github":
            return _github(jobs, unread)
        case "sarif":
            return _sarif(jobs, unread)
        case "junit":
            return _junit(jobs, unread, strict)
    return _text(jobs)


def _text(jobs: Sequence[CheckReport]) -> Iterator[str]:
    for job in jobs:
        yield from (problem.show(job.file) for problem in job.problems)
        if job.unreported:
            yield f"{printable(job.file)}: and {job.unreported:,} more"


def _json(jobs: Sequence[CheckReport], unread: Sequence[JobError]) -> Iterator[str]:
    yield _dumped(
        {
            "errors": sum(job.errors for job in jobs),
            "warnings": sum(job.warnings for job in jobs),
            "files": [
                {
                    "file": job.file,
                    "errors": job.errors,
                    "warnings": job.warnings,
                    "unreported": job.unreported,
                    "problems": [_record(problem) for problem in job.problems],
                }
                for job in jobs
            ],
            "unread": [{"file": each.file, "message": each.problems[0].message} for each in unread],
        }
    )


def _record(problem: Problem) -> dict[str, Any]:
    record = problem._asdict()
    del record["excerpt"]
    return record


def _dumped(data: Any) -> str:
    """Give data as JSON, all ASCII."""
    return json.dumps(data, indent=2).replace("\x7f", "\\u007f")


def _github(jobs: Sequence[CheckReport], unread: Sequence[JobError]) -> Iterator[str]:
    """Give workflow commands of GitHub Actions, which become notes beside the lines of a change."""
    for each in unread:
        yield _command("error", {"file": each.file}, each.problems[0].message)
    for job in jobs:
        for problem in job.problems:
            where: dict[str, str | int] = {
                "file": job.file,
                "line": problem.line,
                "col": problem.column,
                "endColumn": problem.end_column,
                "title": problem.code,
            }
            yield _command(problem.severity, where, _told(problem))
        if job.unreported:
            message = f"and {job.unreported:,} more"
            yield _command("error" if job.errors else "warning", {"file": job.file}, message)


def _command(name: str, properties: dict[str, str | int], message: str) -> str:
    parts = (f"{key}={_escaped(str(value), ':,')}" for key, value in properties.items())
    return f"::{name} {','.join(parts)}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    lines = [printable(line) for line in text.replace("%", "%25").split("\n")]
    escaped = "%0A".join(lines)
    for character in more:
        escaped = escaped.replace(character, f"%{ord(character):02X}")
    return escaped


def _told(problem: Problem) -> str:
    return f"{problem.message}\n{problem.hint}" if problem.hint else problem.message


def _sarif(jobs: Sequence[CheckReport], unread: Sequence[JobError]) -> Iterator[str]:
    """Give a log of SARIF 2.1.0."""
    codes = sorted({problem.code for job in jobs for problem in job.problems})
    index = {code: number for number, code in enumerate(codes)}
    notes = [_note(each.file, each.problems[0].message) for each in unread]
    notes += [
        _note(job.file, f"{job.unreported:,} more problems") for job in jobs if job.unreported
    ]
    run = {
        "tool": {
            "driver": {
                "name": "nodeselect",
                "version": __version__,
                "rules": [_sarif_rule(code) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not unread, "toolExecutionNotifications": notes}],
        "results": [
            _sarif_result(job.file, problem, index[problem.code])
            for job in jobs
            for problem in job.problems
        ],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    yield _dumped({"$schema": schema, "version": "2.1.0", "runs": [run]})


def _note(file: str, message: str) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": printable(f"{file}: {message}")},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(file)}}}],
    }


def _sarif_rule(code: str) -> dict[str, Any]:
    from nodeselect.jobs import all_rules

    rule = all_rules()[code]
    return {
        "id": code,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why or rule.summary},
        "help": {"text": rule.show()},
        "defaultConfiguration": {"level": rule.severity},
    }


def _sarif_result(file: str, problem: Problem, index: int) -> dict[str, Any]:
    return {
        "ruleId": problem.code,
        "ruleIndex": index,
        "level": problem.severity,
        "message": {"text": _told(problem)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(file)},
                    "region": {
                        "startLine": problem.line,
                        "startColumn": problem.column,
                        "endColumn": problem.end_column,
                    },
                },
                **(
                    {"logicalLocations": [{"fullyQualifiedName": problem.path}]}
                    if problem.path
                    else {}
                ),
            }
        ],
    }


def _uri(file: str) -> str:
    """Give the path of a file as a URI, relative where the path is."""
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))


def _junit(jobs: Sequence[CheckReport], unread: Sequence[JobError], strict: bool) -> Iterator[str]:
    """Give a report in the XML of JUnit: a test case for each file."""
    from xml.etree import ElementTree

    suite = ElementTree.Element("testsuite", name="nodeselect check")
    failures = 0
    for job in jobs:
        case = _case(suite, job.file)
        shown = "\n".join(_text([job]))
        if job.errors or (strict and job.warnings):
            failures += 1
            first = next((p for p in job.problems if p.severity == "error"), job.problems[0])
            failure = ElementTree.SubElement(
                case, "failure", type=first.code, message=first.message
            )
            failure.text = shown
        elif job.warnings:
            ElementTree.SubElement(case, "system-out").text = shown
    for each in unread:
        case = _case(suite, each.file)
        message = each.problems[0].message
        ElementTree.SubElement(case, "error", type="cannot-read", message=message)
    suite.set("tests", str(len(jobs) + len(unread)))
    suite.set("failures", str(failures))
    suite.set("errors", str(len(unread)))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield ElementTree.tostring(root, encoding="unicode")


def _case(suite: Any, file: str) -> Any:
    from xml.etree import ElementTree

    return ElementTree.SubElement(
        suite, "testcase", classname="nodeselect.check", name=printable(file)
    )
