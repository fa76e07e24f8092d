"""What is reported of the findings in a file: which of them, how many, and with which excerpts."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from heapq import nsmallest
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple

from nodeselect.documents import Scalar, scalar_spans
from nodeselect.errors import JobError
from nodeselect.findings.reading import shown_text
from nodeselect.findings.rule import REGISTRY, Finding
from nodeselect.limits import LIMITS
from nodeselect.problem import SEVERITIES, Fix, Problem, excerpt, path_text

# A hint of more characters, such as a list of fields, is shown only once in a file.
_LONG_HINT = 80

# A comment at the end of a line; what is in it are the codes to ignore.
_IGNORE_COMMENT = r"(?:^|(?<=[ \t]))#[ \t]*nodeselect:[ \t]*ignore\[([^\[\]]*)\]\s*$"


class CheckReport(NamedTuple):
    """What is wrong with a job file, or a manifest.

    :param file: the name of the file.
    :param problems: by position, at most ``LIMITS.reported_errors``. Of more, notes are left out
        first, then warnings, then the last errors.
    :param errors: the number of errors.
    :param warnings: the number of warnings.
    :param is_job: whether the file probably has a job. If not, an error says what it is, unless it
        has only Kubernetes objects that are not read.
    :param notes: the number of notes.
    :param is_template: whether it is a template of a manifest.
    :param not_compared: node pools whose nodes may not exist yet.
    """

    file: str
    problems: tuple[Problem, ...]
    errors: int
    warnings: int
    is_job: bool = True
    notes: int = 0
    is_template: bool = False
    not_compared: tuple[str, ...] = ()

    @property
    def unreported(self) -> int:
        """The number of problems beyond those in ``problems``."""
        return self.errors + self.warnings + self.notes - len(self.problems)

    def __str__(self) -> str:
        return str(JobError(self.file, self.problems, self.unreported))


def reported(
    findings: Iterable[Finding],
    rules: Collection[str] | None = None,
    ignored: Mapping[int, Collection[str]] = MappingProxyType({}),
    *,
    is_foreign: bool = False,
) -> list[Finding]:
    """Return the findings of ``rules``, with their severities, which no comment ignores.

    :param rules: the codes of rules; None for all.
    :param ignored: the result of :func:`read_ignore_comments`.
    :param is_foreign: whether the file is not read if it has any mistake, as a job of another
        system: none can be ignored.
    """
    chosen = []
    for finding in findings:
        rule, line = REGISTRY[finding.code], finding.position.line
        is_mistake = is_foreign and rule.group != "nodes" and rule.severity == "error"
        is_ignored = finding.code in ignored.get(line, ())
        is_ignored |= rules is not None and finding.code not in rules
        if rule.always_reported or is_mistake or not is_ignored:
            chosen.append(finding._replace(severity=finding.severity or rule.severity))
    return chosen


def make_report(
    file: str, findings: Collection[Finding], data: bytes | None, unreported: int = 0
) -> CheckReport:
    """Return the report with the results of :func:`reported`, and excerpts of a file.

    :param data: the content of the file; without it, problems have no positions.
    :param unreported: the number of errors beyond those in ``findings``.
    """
    counts = Counter(finding.severity for finding in findings)
    first = nsmallest(  # by position, errors before warnings
        LIMITS.reported_errors,
        findings,
        lambda finding: (SEVERITIES.index(finding.severity), finding.position),
    )
    problems = draw_problems(sorted(first, key=attrgetter("position")), data)
    errors, warnings, notes = (counts[severity] for severity in SEVERITIES)
    return CheckReport(file, problems, errors + unreported, warnings, notes=notes)


def read_ignore_comments(data: bytes) -> dict[int, set[str]]:
    """Map lines, numbered from 0, to the codes that ``# nodeselect: ignore[CODE, ...]`` ignores.

    A comment at the end of a line is for this line; on a line of its own, for the next line that is
    neither blank nor a comment. Strings that contain such a text are not comments.
    """
    if b"nodeselect:" not in data:
        return {}
    text = shown_text(data)
    pieces, done = [], 0
    for start, end in scalar_spans(text):  # a string is not a comment, whatever it contains
        pieces += [text[done:start], re.sub(r"[^\n]", "x", text[start:end])]
        done = end
    pieces.append(text[done:])
    ignored: dict[int, set[str]] = {}
    above: set[str] = set()
    for number, line in enumerate("".join(pieces).split("\n")):
        comment = re.search(_IGNORE_COMMENT, line)
        codes = set(re.split(r"[\s,]+", comment[1])) if comment else set()
        before = line[: comment.start()] if comment else line
        if not before.strip() or before.lstrip().startswith("#"):
            above |= codes
        elif codes or above:
            ignored[number] = codes | above
            above = set()
    return ignored


def draw_problems(findings: Iterable[Finding], data: bytes | None) -> tuple[Problem, ...]:
    """Convert findings to problems with excerpts of a file; without positions if it is None."""
    findings = list(findings)
    last = max((finding.position.line for finding in findings), default=0)
    lines = shown_text(data or b"").split("\n", last + 1)
    long_fixes: set[Fix | None] = set()
    problems = []
    for finding in findings:
        fix = finding.fix
        if fix in long_fixes:
            fix = None
        elif fix and len(fix.text) > _LONG_HINT:
            long_fixes.add(fix)
        severity = finding.severity or "error"
        problem = Problem(
            finding.code,
            finding.message,
            path=path_text(finding.path),
            fix=fix,
            severity=severity,
        )
        problems.append(problem if data is None else _with_excerpt(problem, finding, lines))
    return tuple(problems)


def _with_excerpt(problem: Problem, finding: Finding, lines: list[str]) -> Problem:
    """Return ``problem`` with its position and an excerpt of the line, or of an escaped value."""
    line, column = finding.position
    value = finding.value
    text = value.text if isinstance(value, Scalar) else ""
    is_verbatim = isinstance(value, Scalar) and value.verbatim
    start, end = finding.span or (0, len(text) if is_verbatim else 1)
    end_column = column + 1
    if shows_line := is_verbatim or finding.span is None:
        text = lines[line].rstrip("\r")
        start, end = column, column + end - start
        end_column = max(end_column, min(end, len(text)))
    return problem._replace(
        line=line + 1,
        column=column + 1,
        excerpt=excerpt(text, (start, end)),
        end_column=end_column + 1,
        is_verbatim=shows_line,
    )
