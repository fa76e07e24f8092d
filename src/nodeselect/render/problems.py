"""Problems in job files, and the rules that find them, for people, programs and CI systems."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from nodeselect import __version__
from nodeselect.errors import JobError, Problem
from nodeselect.jobs import CheckReport, Rule, all_rules
from nodeselect.render.layout import Screen, align_columns, json_lines
from nodeselect.text import join_limited, pluralize, printable

__all__ = ["problem_lines", "problem_summary", "rule_lines", "rule_list_lines"]

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def problem_lines(
    output: str, reports: Sequence[CheckReport], unread: Sequence[JobError]
) -> Iterable[str]:
    """Return the lines of a report on checked files.

    :param output: one of ``PROBLEM_FORMATS``.
    :param unread: the errors of unreadable files; the format ``text`` leaves them out.
    """
    match output:
        case "json":
            return json_lines(_as_dict(reports, unread))
        case "github":
            return _github(reports, unread)
        case "sarif":
            return json_lines(_sarif(reports, unread))
    return _text(reports)


def problem_summary(
    reports: Sequence[CheckReport], unread: int, skipped: Sequence[str], is_selection: bool
) -> str:
    """Return the numbers of checked files, errors, warnings, and files that could not be read.

    :param skipped: the files and folders that were skipped.
    :param is_selection: whether only some rules were applied.
    """
    errors = sum(report.errors for report in reports)
    warnings = sum(report.warnings for report in reports)
    result = "no problems of the selected rules" if is_selection else "no problems"
    if errors or warnings:
        result = f"{pluralize(errors, 'error')}, {pluralize(warnings, 'warning')}"
    parts = [f"{pluralize(len(reports), 'file')}: {result}"] if reports else []
    if skipped:
        parts.append(f"skipped by --exclude: {join_limited([*map(printable, skipped)])}")
    if unread:
        parts.append(f"{pluralize(unread, 'file')} could not be read")
    return "; ".join(parts)


def rule_lines(rule: Rule, screen: Screen) -> Iterator[str]:
    """Yield the lines that explain a rule, with an example before and after the fix."""
    yield from screen.wrap(f"{rule.code} ({rule.severity}): {rule.summary}")
    if rule.why:
        yield from ("", *screen.wrap(rule.why))
    for title, example in (("before:", rule.before), ("after:", rule.after)):
        if example:
            yield from ("", title, "")
            yield from (screen.escape(f"    {line}") for line in example.splitlines())


def rule_list_lines(rules: Iterable[Rule]) -> Iterator[str]:
    """Yield a line for each rule: its code, severity and summary."""
    return align_columns([(rule.code, rule.severity, rule.summary) for rule in rules])


def _text(reports: Sequence[CheckReport]) -> Iterator[str]:
    rules = all_rules()
    for report in reports:
        yield from (problem.show(report.file) for problem in report.problems)
        if report.unreported:
            yield f"{printable(report.file)}: {pluralize(report.unreported, 'more problem')}"
        # A problem of the document, not of a field: the rules for fields were not applied.
        if any(not each.path and rules[each.code].always_reported for each in report.problems):
            yield f"{printable(report.file)}: the fields will be checked once this is fixed"


def _as_dict(reports: Sequence[CheckReport], unread: Sequence[JobError]) -> dict[str, Any]:
    return {
        "errors": sum(report.errors for report in reports),
        "warnings": sum(report.warnings for report in reports),
        "files": [
            {
                "file": report.file,
                "errors": report.errors,
                "warnings": report.warnings,
                "unreported": report.unreported,
                "problems": [
                    {name: value for name, value in problem._asdict().items() if name != "excerpt"}
                    for problem in report.problems
                ],
            }
            for report in reports
        ],
        "unread": [{"file": error.file, "message": error.problems[0].message} for error in unread],
    }


def _file_messages(
    reports: Sequence[CheckReport], unread: Sequence[JobError]
) -> Iterator[tuple[str, str, str]]:
    """Yield the severity, file and text of each message about a whole file."""
    for error in unread:
        yield "error", error.file, error.problems[0].message
    for report in reports:
        if report.unreported:
            severity = "error" if report.errors else "warning"
            more = pluralize(report.unreported, "more problem")
            yield severity, report.file, f"{more} in {report.file}"


def _github(reports: Sequence[CheckReport], unread: Sequence[JobError]) -> Iterator[str]:
    """Yield commands to GitHub Actions that show each problem in the lines of a pull request."""
    for severity, file, message in _file_messages(reports, unread):
        yield _command(severity, message, file=file)
    for report in reports:
        for problem in report.problems:
            yield _command(
                problem.severity,
                _message_and_hint(problem),
                file=report.file,
                line=problem.line,
                col=problem.column,
                endColumn=problem.end_column,
                title=problem.code,
            )


def _command(name: str, message: str, **properties: str | int) -> str:
    """Return a command to GitHub Actions, with special characters in its texts escaped."""
    texts = []
    for key, value in properties.items():
        text = _escape_command(str(value)).replace(":", "%3A").replace(",", "%2C")
        texts.append(f"{key}={text}")
    return f"::{name} {','.join(texts)}::{_escape_command(message)}"


def _escape_command(text: str) -> str:
    return "%0A".join(map(printable, text.replace("%", "%25").split("\n")))


def _message_and_hint(problem: Problem) -> str:
    return f"{problem.message}\n{problem.hint}" if problem.hint else problem.message


def _sarif(reports: Sequence[CheckReport], unread: Sequence[JobError]) -> dict[str, Any]:
    rules = all_rules()
    codes = sorted({problem.code for report in reports for problem in report.problems})
    run = {
        "tool": {
            "driver": {
                "name": "nodeselect",
                "version": __version__,
                "rules": [_sarif_rule(rules[code]) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not unread,
                "toolExecutionNotifications": [
                    _sarif_message(severity, printable(message), file)
                    for severity, file, message in _file_messages(reports, unread)
                ],
            }
        ],
        "results": [
            _sarif_result(report.file, problem, codes.index(problem.code))
            for report in reports
            for problem in report.problems
        ],
    }
    return {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _sarif_rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why or rule.summary},
        "help": {"text": "\n".join(rule_lines(rule, Screen()))},
        "defaultConfiguration": {"level": rule.severity},
    }


def _sarif_result(file: str, problem: Problem, rule_index: int) -> dict[str, Any]:
    region = {
        "startLine": problem.line,
        "startColumn": problem.column,
        "endColumn": problem.end_column,
    }
    message = _sarif_message(problem.severity, _message_and_hint(problem), file, region=region)
    return {"ruleId": problem.code, "ruleIndex": rule_index, **message}


def _sarif_message(level: str, text: str, file: str, **place: Any) -> dict[str, Any]:
    from pathlib import PurePath  # loads slowly, and so does urllib
    from urllib.parse import quote

    path = PurePath(file)
    uri = path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))
    return {
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, **place}}],
    }
