"""The findings of one file: filtered, counted, and the first ones drawn."""

from collections.abc import Generator, Iterable
from typing import NamedTuple, Self, TypeVar

from nodeselect.errors import Problem, excerpt
from nodeselect.jobs.check.rule import Finding
from nodeselect.jobs.check.rules import ALWAYS_REPORTED, all_rules
from nodeselect.limits import LIMITS
from nodeselect.text import printable, quoted

__all__ = ["ALL_CODES", "CheckReport", "Findings", "RuleSelection"]

# Findings kept before they are sorted and cut; a hostile file has hundreds of thousands.
_BUFFER = 400

# A hint of this many characters, such as a list of fields, is shown only once in a file.
_LONG_HINT = 80

_T = TypeVar("_T")


class _Codes(NamedTuple):
    select: frozenset[str] | None
    ignore: frozenset[str]


class RuleSelection(_Codes):
    """Which rules are reported, in addition to those that always are.

    :param select: report only these codes; None for all.
    :param ignore: do not report these codes.
    """

    __slots__ = ()

    def __new__(cls, select: Iterable[str] | None = None, ignore: Iterable[str] = ()) -> Self:
        """Select the codes of ``select``, or all, except those of ``ignore``.

        :raises ValueError: if a code does not exist, or one to ignore is always reported.
        """
        selected = None if select is None else frozenset(select)
        ignored = frozenset(ignore)
        for code in sorted((selected or frozenset()) | ignored):
            if code not in all_rules():
                raise ValueError(f"there is no rule {quoted(code)}")
        if always := ignored & ALWAYS_REPORTED:
            raise ValueError(f"{min(always)} cannot be ignored: it is always reported")
        return super().__new__(cls, selected, ignored)

    def reports(self, code: str) -> bool:
        """Return whether problems with this code are reported."""
        if code in self.ignore:
            return False
        return self.select is None or code in self.select or code in ALWAYS_REPORTED


ALL_CODES = RuleSelection()


class CheckReport(NamedTuple):
    """What is wrong with a job file. ``show`` of a problem returns its lines for people.

    :param file: the name of the file.
    :param problems: the first problems by position, at most ``LIMITS.reported_errors``.
    :param errors: the number of errors.
    :param warnings: the number of warnings.
    """

    file: str
    problems: tuple[Problem, ...]
    errors: int
    warnings: int

    @property
    def unreported(self) -> int:
        """The number of problems beyond those in ``problems``."""
        return self.errors + self.warnings - len(self.problems)


class _Numbered(NamedTuple):
    line: int
    column: int
    number: int  # findings at one position stay in order
    finding: Finding


class Findings:
    """Collects the findings of one file: counts all, keeps the first by position."""

    errors: int
    """The number of errors."""
    warnings: int
    """The number of warnings."""

    def __init__(self, text: str, selection: RuleSelection = ALL_CODES) -> None:
        """Collect the findings of the document ``text`` that ``selection`` reports."""
        self.errors = 0
        self.warnings = 0
        self._text = text
        self._selection = selection
        self._first: dict[str, list[_Numbered]] = {"error": [], "warning": []}
        self._line = (0, 0)  # the number and start of the line that was drawn last

    def add(self, finding: Finding) -> None:
        """Add a finding, unless the selection leaves it out."""
        if not self._selection.reports(finding.code):
            return
        number = self.errors + self.warnings
        if finding.severity == "error":
            self.errors += 1
        else:
            self.warnings += 1
        first = self._first[finding.severity]
        first.append(_Numbered(*finding.position, number, finding))
        if len(first) >= _BUFFER:
            self._cut(finding.severity)

    def collect(self, check: Generator[Finding, None, _T]) -> _T:
        """Add all findings of a check; return what the check returns."""
        while True:
            try:
                self.add(next(check))
            except StopIteration as end:
                result: _T = end.value
                return result

    def problems(self, *, errors_only: bool = False) -> tuple[Problem, ...]:
        """Return the first ``LIMITS.reported_errors`` by position.

        If there are more, warnings make way for errors.
        """
        self._cut("error")
        self._cut("warning")
        errors, warnings = self._first["error"], self._first["warning"]
        room = 0 if errors_only else LIMITS.reported_errors - len(errors)
        hints: set[str] = set()
        problems = []
        for *_, finding in sorted([*errors, *warnings[:room]]):
            problem = self._drawn(finding)
            hint = problem.hint
            if hint is not None and len(hint) > _LONG_HINT and hint in hints:
                problem = problem._replace(hint=None)
            hints.add(hint or "")
            problems.append(problem)
        return tuple(problems)

    def _cut(self, severity: str) -> None:
        self._first[severity].sort()
        del self._first[severity][LIMITS.reported_errors :]

    def _drawn(self, finding: Finding) -> Problem:
        position, source = finding.position, finding.source
        line = self._line_at(position.line)
        end = position.column + 2
        if source is None:
            source = line
            end = max(end, min(finding.span[1] + 1, max(len(line), position.column) + 1))
        hint = finding.hint() if callable(finding.hint) else finding.hint
        return Problem(
            finding.code,
            finding.message,
            position.line + 1,
            position.column + 1,
            finding.path,
            tuple(excerpt(source, finding.span)),
            None if hint is None else printable(hint),
            finding.severity,
            end,
        )

    def _line_at(self, number: int) -> str:
        """Return a line of the document; lines are asked for in order."""
        line, start = self._line if self._line[0] <= number else (0, 0)
        while line < number:
            start = self._text.find("\n", start) + 1
            if start == 0:
                return ""
            line += 1
        self._line = line, start
        end = self._text.find("\n", start)
        return self._text[start : end if end >= 0 else len(self._text)].rstrip("\r")
