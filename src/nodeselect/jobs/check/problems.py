"""The problems of one document, collected while it is read."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Self

from nodeselect.documents import List, Object, Position, Scalar, Unknown
from nodeselect.documents.values import Value
from nodeselect.errors import Problem, excerpt
from nodeselect.jobs.check.rules import ALWAYS_REPORTED, WARNINGS, all_rules
from nodeselect.limits import LIMITS
from nodeselect.text import printable, quoted

__all__ = ["ALL_CODES", "LISTED", "Hint", "Problems", "RuleSelection", "described"]

_KEPT = 400
"""Problems kept before they are sorted and cut; a hostile file has hundreds of thousands."""

LISTED = "it has: "
"""How advice begins that lists the fields of a part; each list is given once in a file."""

Hint = str | Callable[[], str | None] | None
"""What to write instead, or how to find it out; only what is told is ever found out."""


class _Codes(NamedTuple):
    select: frozenset[str] | None
    ignore: frozenset[str]


class RuleSelection(_Codes):
    """Which codes are told, beside those of ``ALWAYS_REPORTED``.

    :param select: these only; None: all.
    :param ignore: all but these.
    """

    __slots__ = ()

    def __new__(cls, select: Iterable[str] | None = None, ignore: Iterable[str] = ()) -> Self:
        """Tell the codes of ``select``, or all, but for those of ``ignore``.

        :raises ValueError: when there is no such code, or one to ignore is always told.
        """
        chosen = None if select is None else frozenset(select)
        ignored = frozenset(ignore)
        for code in sorted((chosen or frozenset()) | ignored):
            if code not in all_rules():
                raise ValueError(f"there is no code {quoted(code)}")
        if always := ignored & ALWAYS_REPORTED:
            raise ValueError(f"{min(always)} cannot be ignored: it is always told")
        return super().__new__(cls, chosen, ignored)

    def reports(self, code: str) -> bool:
        """Say whether problems with this code are told."""
        if code in self.ignore:
            return False
        return self.select is None or code in self.select or code in ALWAYS_REPORTED


ALL_CODES = RuleSelection()
"""Every code."""


class _Kept(NamedTuple):
    """A problem that is not drawn yet."""

    line: int
    column: int
    number: int
    """How many came before it: what stands at one place stays in order."""
    problem: Problem
    hint: Hint
    text: str | None
    """The text that an excerpt is drawn of, where it is not the line of the document."""
    span: tuple[int, int]


class Problems:
    """What is wrong with a document: all of it counted, the first by position kept."""

    errors: int
    """How many errors there were."""
    warnings: int
    """How many warnings there were."""

    def __init__(self, text: str, selection: RuleSelection = ALL_CODES) -> None:
        """Collect problems of the document ``text``, those of ``selection``."""
        self.errors = 0
        self.warnings = 0
        self._selection = selection
        self._text = text
        self._kept: dict[str, list[_Kept]] = {"error": [], "warning": []}
        self._line = (0, 0)  # a line and its start; problems mostly come in order

    def first(self, *, errors_only: bool = False) -> tuple[Problem, ...]:
        """Give the first ``LIMITS.reported_errors`` by position, drawn.

        Where there are more, errors go before warnings: no warning hides an error.
        """
        self._cut("error")
        self._cut("warning")
        errors, warnings = self._kept["error"], self._kept["warning"]
        room = 0 if errors_only else LIMITS.reported_errors - len(errors)
        kept = sorted([*errors, *warnings[:room]], key=_order)
        problems = [self._drawn(each) for each in kept]
        lists: set[str] = set()
        for number, problem in enumerate(problems):
            if problem.hint is not None and problem.hint.startswith(LISTED):
                if problem.hint in lists:
                    problems[number] = problem._replace(hint=None)
                lists.add(problem.hint)
        return tuple(problems)

    def add(
        self,
        code: str,
        message: str,
        at: Position,
        path: str = "",
        *,
        length: int = 1,
        hint: Hint = None,
        severity: str | None = None,
    ) -> None:
        """Take a problem of the ``length`` characters that stand at ``at``."""
        if self._selection.reports(code):
            span = (at.column, at.column + length)
            self._take(code, message, at, path, hint, None, span, severity)

    def add_of(
        self,
        text: str,
        span: tuple[int, int],
        code: str,
        message: str,
        at: Position,
        path: str,
        hint: Hint,
    ) -> None:
        """Take a problem of a ``text`` that stands at ``at``, but not letter by letter."""
        if self._selection.reports(code):
            self._take(code, message, at, path, hint, text, span, None)

    def add_at(
        self,
        code: str,
        message: str,
        value: Value,
        path: str,
        hint: Hint = None,
        severity: str | None = None,
    ) -> None:
        """Take a problem of a whole value."""
        length = len(value.text) if isinstance(value, Scalar) and value.verbatim else 1
        self.add(code, message, value.position, path, length=length, hint=hint, severity=severity)

    def wrong_type(
        self,
        value: Value,
        path: str,
        wanted: str,
        hint: Hint = None,
        *,
        found: str | None = None,
    ) -> None:
        """Take the problem that ``value`` is not what is ``wanted``, but what was ``found``.

        An unknown value may be what is wanted.
        """
        if isinstance(value, Unknown):
            return
        length = len(value.text) if isinstance(value, Scalar) else 1
        self.add(
            "wrong-type",
            f"{wanted} belongs here, not {found or described(value)}",
            value.position,
            path,
            length=length,
            hint=hint,
        )

    def _take(
        self,
        code: str,
        message: str,
        at: Position,
        path: str,
        hint: Hint,
        text: str | None,
        span: tuple[int, int],
        severity: str | None,
    ) -> None:
        severity = severity or ("warning" if code in WARNINGS else "error")
        number = self.errors + self.warnings
        if severity == "error":
            self.errors += 1
        else:
            self.warnings += 1
        problem = Problem(code, message, at.line + 1, at.column + 1, path, (), None, severity)
        kept = self._kept[severity]
        kept.append(_Kept(at.line, at.column, number, problem, hint, text, span))
        if len(kept) >= _KEPT:
            self._cut(severity)

    def _cut(self, severity: str) -> None:
        self._kept[severity].sort(key=_order)
        del self._kept[severity][LIMITS.reported_errors :]

    def _drawn(self, kept: _Kept) -> Problem:
        hint = kept.hint() if callable(kept.hint) else kept.hint
        line = self._line_at(kept.line)
        most = max(len(line), kept.column) + 1
        end = kept.column + 2 if kept.text is not None else min(kept.span[1] + 1, most)
        drawn = excerpt(line if kept.text is None else kept.text, kept.span)
        return kept.problem._replace(
            excerpt=tuple(drawn),
            hint=None if hint is None else printable(hint),
            end_column=max(end, kept.column + 2),
        )

    def _line_at(self, number: int) -> str:
        """Give a line of the document; the next one after the last is found at once."""
        line, start = self._line if self._line[0] <= number else (0, 0)
        while line < number:
            start = self._text.find("\n", start) + 1
            if start == 0:
                return ""
            line += 1
        self._line = line, start
        end = self._text.find("\n", start)
        return self._text[start : end if end >= 0 else len(self._text)].rstrip("\r")


def _order(kept: _Kept) -> tuple[int, int, int]:
    return kept.line, kept.column, kept.number


def described(value: Object | List | Scalar) -> str:
    """Say what stands there, for a message."""
    match value:
        case Object():
            return "a mapping"
        case List():
            return "a list"
        case Scalar(kind="null"):
            return "null"
        case Scalar(kind="text"):
            return f"the string {quoted(value.text)}"
    return f"{quoted(value.text)}, which reads as a {value.kind}"
