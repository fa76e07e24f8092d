"""Lay out problems in job files, and the rules that find them, as text, JSON, SARIF and others."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import unified_diff
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

from nodeselect import __version__
from nodeselect.errors import InventoryError
from nodeselect.explain.wording import not_considered_text
from nodeselect.findings.report import CheckReport
from nodeselect.findings.rule import REGISTRY, Rule
from nodeselect.problem import SEVERITIES, STYLES, Problem, draw
from nodeselect.render.screen import Screen, Style, align_columns, json_lines
from nodeselect.text import join_limited, pluralize, printable

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

# Of more equal warnings only the first is drawn.
_EQUAL_WARNINGS = 3

# If the warnings of a rule have more different messages, only the first is drawn.
_MESSAGES_OF_A_RULE = 20

_NOT_COMPARED = "not compared with any nodes"

# What a report in JSON says of a file, and of a problem.
_REPORT_FIELDS = ("file", "errors", "warnings", "notes", "unreported")
_JSON_FIELDS = ("code", "message", "line", "column", "path", "hint", "severity", "end_column")

# A problem, and the name of its file before it.
_Located: TypeAlias = tuple[str, Problem]


class CorrectedFile(NamedTuple):
    """A file before and after the sure corrections of its mistakes."""

    file: str
    old: bytes
    new: bytes


class CheckedFiles(NamedTuple):
    """What is reported of checked files.

    :param reports: the reports on files with jobs, and on files that were named and have none.
    :param unread: the errors of files that cannot be read, by their names.
    :param without_jobs: the names of the other files.
    :param not_considered: what else decides on the nodes of the jobs; None if they are unknown.
    :param templates: the number of the files in ``without_jobs`` that are templates of manifests.
    :param skipped: the files and folders that were excluded.
    :param corrections: the files with mistakes that were corrected; None if none was to be.
    :param refusal: why the corrections cannot be written; empty if they can.
    :param is_selection: whether only some rules were applied.
    :param is_compared: whether the jobs, or some of them, were compared with nodes.
    """

    reports: Sequence[CheckReport]
    unread: Mapping[str, InventoryError]
    without_jobs: Sequence[str]
    not_considered: Sequence[str] | None
    templates: int
    skipped: Sequence[str] = ()
    corrections: Sequence[CorrectedFile] | None = None
    refusal: str = ""
    is_selection: bool = False
    is_compared: bool = False

    @property
    def has_errors(self) -> bool:
        """Whether any job has an error."""
        return any(report.errors for report in self.reports)

    @property
    def has_warnings(self) -> bool:
        """Whether any job has a warning."""
        return any(report.warnings for report in self.reports)

    @property
    def lacks_nodes(self) -> bool:
        """Whether there are jobs, all without errors, and none was compared with nodes."""
        return bool(self.reports) and not self.is_compared and not self.has_errors


def problem_lines(output: str, checked: CheckedFiles, screen: Screen) -> Iterable[str]:
    """Return the lines of a report on checked files.

    :param output: one of ``PROBLEM_FORMATS``, such as ``text`` or ``sarif``. Files without problems
        are in ``json`` only; ``text`` and ``concise`` leave out files that cannot be read.
    :param screen: the screen for ``text`` and ``concise``.
    """
    match output:
        case "concise":
            problems = _concise_lines(_by_severity(checked.reports), screen)
            return chain(problems, _unreported(checked.reports, screen))
        case "json":
            return json_lines(_as_dict(checked))
        case "github":
            return _github(checked)
        case "sarif":
            return json_lines(_sarif(checked))
    return _drawings(checked.reports, screen)


def problem_notes(
    checked: CheckedFiles, excluded_by: str, nodes_option: str, *, is_diff: bool
) -> Iterator[str]:
    """Yield sentences with the numbers of files, problems and corrections, and what is unknown.

    :param excluded_by: the option, or the settings file, that excludes ``skipped``.
    :param nodes_option: why no job is compared with nodes, or how to give these.
    :param is_diff: whether the corrections are only printed.
    """
    yield f"{_correction_summary(checked, is_diff)}{_summary(checked, excluded_by, nodes_option)}"
    if checked.not_considered:
        yield not_considered_text(checked.not_considered)


def _correction_summary(checked: CheckedFiles, is_diff: bool) -> str:
    count = pluralize(len(checked.corrections or ()), "file")
    if checked.refusal:
        return f"--fix --write would correct nothing: {checked.refusal}. With the diff, "
    if checked.corrections:
        return (
            f"--fix --write would correct {count}. After that, "
            if is_diff
            else f"corrected {count}. "
        )
    is_any = any(report.problems for report in checked.reports)
    return "nothing was corrected. " if is_any and checked.corrections is not None else ""


def _summary(checked: CheckedFiles, excluded_by: str, nodes_option: str) -> str:
    reports = checked.reports
    totals = _totals(reports)
    counts = [_counts(reports, severity, total) for severity, total in totals.items()]
    result = f"no problems{' of the selected rules' if checked.is_selection else ''}"
    if any(totals.values()):
        result = ", ".join(counts if totals["note"] else counts[:-1])
    parts = [f"{pluralize(len(reports), 'file')}: {result}"] if reports else []
    if checked.skipped:
        skipped = join_limited([*map(printable, checked.skipped)])
        parts.append(f"skipped by {excluded_by}: {skipped}")
    if others := len(checked.without_jobs) - checked.templates:
        parts.append(f"{pluralize(others, 'file has', 'files have')} no job")
    if templates := checked.templates:
        found = pluralize(templates, "file is a template", "files are templates")
        parts.append(f"{found} (check what helm template prints)")
    if checked.unread:
        parts.append(f"{pluralize(len(checked.unread), 'file')} could not be read")
    if checked.lacks_nodes:
        parts.append(f"{_NOT_COMPARED} ({nodes_option})")
    return "; ".join(parts)


def _totals(reports: Iterable[CheckReport]) -> dict[str, int]:
    """Return the number of all errors, warnings and notes."""
    counts = [(report.errors, report.warnings, report.notes) for report in reports]
    errors, warnings, notes = map(sum, zip((0, 0, 0), *counts, strict=True))
    return {"error": errors, "warning": warnings, "note": notes}


def correction_lines(corrections: Iterable[CorrectedFile], screen: Screen) -> Iterator[str]:
    """Yield a unified diff of corrected files."""
    styles: dict[str, Style] = {"+": "good", "-": "bad", "@": "gutter"}
    for file, old, new in corrections:
        before, after = (_lines_of(data.decode()) for data in (old, new))
        for number, line in enumerate(unified_diff(before, after, file, file, lineterm="")):
            style = "heading" if number < 2 else styles.get(line[0])
            yield screen.style(screen.escape(line), style)


def _lines_of(text: str) -> list[str]:
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


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


def _counts(reports: Sequence[CheckReport], severity: str, total: int) -> str:
    """Return a text on problems of a severity: ``3 errors (2 unknown-field, 1 no-config)``."""
    problems = (problem for report in reports for problem in report.problems)
    codes = Counter(problem.code for problem in problems if problem.severity == severity)
    parts = [f"{count:,} {code}" for code, count in codes.most_common()]
    if unreported := total - codes.total():
        parts.append(f"{unreported:,} not shown")
    rules = ", ".join(parts if len(parts) > 1 else codes)
    return f"{pluralize(total, severity)} ({rules})" if rules else pluralize(total, severity)


def _by_severity(reports: Sequence[CheckReport]) -> list[_Located]:
    """Return pairs of a file name and a problem, for all problems of all files, errors first."""
    problems = [(report.file, problem) for report in reports for problem in report.problems]
    return sorted(problems, key=lambda located: SEVERITIES.index(located[1].severity))


def _concise_lines(problems: Iterable[_Located], screen: Screen) -> Iterator[str]:
    """Yield a line for each problem."""
    for file, problem in problems:
        label = screen.style(f"{problem.severity}[{problem.code}]", STYLES[problem.severity])
        yield f"{screen.escape(problem.place(file))}: {label} {screen.escape(problem.message)}"


def _drawings(reports: Sequence[CheckReport], screen: Screen) -> Iterator[str]:
    """Yield the lines of all problems, and a blank line after each; of equal warnings, show one."""
    noted: set[str] = set()
    for others, (file, problem) in _fold(_by_severity(reports)):
        yield from draw(problem, problem.place(file), screen, others=others)
        # A problem of the document, not of a field: the rules for fields were not applied.
        rule = REGISTRY[problem.code]
        is_whole = not problem.path and rule.always_reported and rule.group != "kubernetes"
        if is_whole and problem.code != "not-a-job" and file not in noted:
            noted.add(file)
            yield from screen.wrap("note: the fields will be checked once this is fixed", hang=6)
        yield ""
    for line in _unreported(reports, screen):
        yield from (line, "")


def _fold(problems: Sequence[_Located]) -> Iterator[tuple[str, _Located]]:
    """Yield problems to show, each after a text: ``12 more`` for equal warnings, or empty.

    Warnings of a rule are equal if they have the same message and replacement; if the rule has many
    different messages, all its warnings count as equal. So do notes.
    """
    warnings = [problem for _, problem in problems if problem.severity != "error"]
    messages = Counter(code for code, _ in {(each.code, each.message) for each in warnings})
    groups: dict[tuple[str | None, ...], list[_Located]] = {}
    for located in problems:
        problem = located[1]
        if problem.severity == "error":
            yield "", located
        else:
            is_varied = messages[problem.code] > _MESSAGES_OF_A_RULE
            key: tuple[str | None, ...] = (problem.code,)
            if not is_varied:
                key += (problem.message, problem.fix and problem.fix.replacement)
            groups.setdefault(key, []).append(located)
    for key, group in groups.items():
        if len(group) <= _EQUAL_WARNINGS:
            yield from (("", located) for located in group)
        else:
            file, problem = group[0]
            of_rule = f" of {problem.code}" if len(key) == 1 else ""
            more = f"{len(group) - 1:,} more{of_rule} (-o concise lists them)"
            yield more, (file, problem._replace(excerpt=()))


def _unreported(reports: Sequence[CheckReport], screen: Screen) -> Iterator[str]:
    for report in reports:
        if report.unreported:
            more = pluralize(report.unreported, "more problem")
            yield f"{screen.escape(printable(report.file))}: {more}"


def _as_dict(checked: CheckedFiles) -> dict[str, Any]:
    return {
        "version": 1,
        **{f"{severity}s": total for severity, total in _totals(checked.reports).items()},
        "files": [
            {
                **{field: getattr(report, field) for field in _REPORT_FIELDS},
                "problems": [
                    {field: getattr(problem, field) for field in _JSON_FIELDS}
                    for problem in report.problems
                ],
            }
            for report in checked.reports
        ],
        "without_jobs": checked.without_jobs,
        "is_compared": checked.is_compared,
        "not_considered": checked.not_considered or [],
        "unread": [
            {"file": file, "message": error.message} for file, error in checked.unread.items()
        ],
    }


def _file_messages(checked: CheckedFiles) -> Iterator[tuple[str, str, str]]:
    """Yield the severity, the file, if any, and the text of what is not about a place in a file."""
    for file, error in checked.unread.items():
        yield "error", file, error.message
    for report in checked.reports:
        if report.unreported:
            severity = "error" if report.errors else "warning"
            more = pluralize(report.unreported, "more problem")
            yield severity, report.file, f"{more} in {report.file}"
    if checked.not_considered:
        yield "note", "", not_considered_text(checked.not_considered)


def _github(checked: CheckedFiles) -> Iterator[str]:
    """Yield workflow commands with which GitHub Actions shows problems in a pull request."""
    for severity, file, message in _file_messages(checked):
        yield _command(severity, message, **({"file": file} if file else {}))
    for report in checked.reports:
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


def _command(severity: str, message: str, **properties: str | int) -> str:
    """Return a GitHub Actions workflow command: ``::error file=job.yaml,line=3::message``."""
    name = "notice" if severity == "note" else severity
    texts = []
    for key, value in properties.items():
        text = _escape_command(str(value)).replace(":", "%3A").replace(",", "%2C")
        texts.append(f"{key}={text}")
    return f"::{' '.join(filter(None, (name, ','.join(texts))))}::{_escape_command(message)}"


def _escape_command(text: str) -> str:
    return "%0A".join(map(printable, text.replace("%", "%25").split("\n")))


def _message_and_hint(problem: Problem) -> str:
    return f"{problem.message}\n{problem.hint}" if problem.hint else problem.message


def _sarif(checked: CheckedFiles) -> dict[str, Any]:
    reports = checked.reports
    messages = [*_file_messages(checked)]
    if checked.lacks_nodes:
        messages.append(("note", "", _NOT_COMPARED))
    codes = sorted({problem.code for report in reports for problem in report.problems})
    run = {
        "tool": {
            "driver": {
                "name": "nodeselect",
                "version": __version__,
                "rules": [_sarif_rule(REGISTRY[code]) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not checked.unread,
                "toolExecutionNotifications": [
                    _sarif_message(severity, printable(message), file)
                    for severity, file, message in messages
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

    message: dict[str, Any] = {"level": level, "message": {"text": text}}
    if file:
        path = PurePath(file)
        uri = path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))
        location = {"physicalLocation": {"artifactLocation": {"uri": uri}, **place}}
        message["locations"] = [location]
    return message
