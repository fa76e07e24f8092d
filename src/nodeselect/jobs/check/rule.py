"""A rule of the checker, and what a check yields when a file breaks it."""

from collections.abc import Callable, Generator, Iterator
from functools import wraps
from typing import NamedTuple, TypedDict, TypeVar, Unpack

from nodeselect.documents.values import DocumentError, List, Object, Position, Scalar, Value
from nodeselect.jobs.check.edits import Edit, Hint
from nodeselect.jobs.check.schema_fields import NUMBER
from nodeselect.text import quoted, truncate

# A job file to which examples of rules add the field that they show.
DEMO = "name: demo\nselector: {match_labels: {region: eu}}\n"


class Rule(NamedTuple):
    """A mistake that ``check`` finds in job files.

    :param code: its stable name.
    :param group: ``document``, ``fields``, ``rollout``, ``selector``, or ``language`` for the text
        of a selector.
    :param severity: ``error`` or ``warning``.
    :param always_reported: whether ``--ignore`` and ``--select`` have no effect on it, because the
        file is not text, not plain data, or not a job, or its selector is not valid.
    :param summary: what is wrong, in a line.
    :param why: why it matters; empty if the summary says it.
    :param before: a job file with the mistake; empty if none can be shown.
    :param after: the same file without the mistake.
    """

    code: str
    group: str
    severity: str
    always_reported: bool
    summary: str
    why: str
    before: str
    after: str

    def at(
        self,
        place: Value,
        path: str,
        message: str,
        hint: Hint = None,
        span: tuple[int, int] | None = None,
        *,
        severity: str | None = None,
        edit: Edit | None = None,
    ) -> "Finding":
        """Return the finding that the value ``place`` breaks this rule.

        :param span: start and end of the mistake in the text of the value; None for all of it.
        :param severity: ``error`` or ``warning``; None for that of the rule.
        :param edit: what ``--fix`` does; None if it is not certain what was meant.
        """
        severity = severity or self.severity
        found = at(place, path, message, hint, span, severity=severity, edit=edit)
        return found._replace(code=self.code)


class Finding(NamedTuple):
    """A place where a file breaks a rule.

    :param hint: what to write instead.
    :param span: start and end of the mistake in the text that the excerpt shows.
    :param source: this text; None for the line of the document.
    :param edit: how to correct it; None if it is not certain what was meant.
    """

    code: str
    severity: str
    message: str
    position: Position
    path: str
    hint: Hint
    span: tuple[int, int]
    source: str | None = None
    edit: Edit | None = None

    @property
    def is_warning(self) -> bool:
        """Whether it is a warning, not an error."""
        return self.severity == "warning"


def at(
    place: Value,
    path: str,
    message: str,
    hint: Hint = None,
    span: tuple[int, int] | None = None,
    *,
    severity: str = "",
    edit: Edit | None = None,
) -> Finding:
    """Return what a check yields for the value ``place``; its rule adds the code.

    :param span: start and end of the mistake in the text of the value; None for all of it.
    :param severity: ``error`` or ``warning``; empty for that of the rule.
    :param edit: what ``--fix`` does; None if it is not certain what was meant.
    """
    line, column = place.position
    text = place.text if isinstance(place, Scalar) else ""
    is_verbatim = isinstance(place, Scalar) and place.verbatim
    start, end = span or (0, len(text) if is_verbatim else 1)
    source = None if is_verbatim or span is None else text
    if source is None:
        column += start
        start, end = column, column + end - start
    position = Position(line, column)
    return Finding("", severity, message, position, path, hint, (start, end), source, edit)


def document_finding(error: DocumentError, path: str = "") -> Finding:
    """Return the finding for an error of the YAML or JSON reader."""
    span = (error.position.column, error.position.column + error.length)
    return Finding(error.code, "error", error.message, error.position, path, error.fix, span)


_T = TypeVar("_T")
_Subject = TypeVar("_Subject")

# What a check yields; and a check that also returns what it has read.
Findings = Iterator[Finding]
Check = Generator[Finding, None, _T]

# All rules by code, in the order in which they are defined.
REGISTRY: dict[str, Rule] = {}


def define(
    group: str,
    code: str,
    summary: str,
    why: str = "",
    *,
    before: str = "",
    after: str = "",
    head: str = "",
    severity: str = "error",
    always_reported: bool = False,
) -> Rule:
    """Define a rule whose mistakes are found while a document or a selector is read.

    Most parameters are the fields of :class:`Rule`.

    :param head: the lines with which both examples, ``before`` and ``after``, begin.
    """
    before, after = (f"{head}{text}\n" if text else "" for text in (before, after))
    defined = Rule(code, group, severity, always_reported, summary, why, before, after)
    REGISTRY[code] = defined
    return defined


def rule(
    group: str,
    code: str,
    summary: str,
    why: str = "",
    *,
    checks: list[Callable[[_Subject], Findings]],
    **fields: Unpack["_Fields"],
) -> Callable[[Callable[[_Subject], Findings]], Callable[[_Subject], Findings]]:
    """Make a rule of a function that yields what :func:`at` returns.

    Most parameters are those of :func:`define`.

    :param checks: the checks of the same subject, such as a selector; the function is added.
    """
    defined = define(group, code, summary, why, **fields)

    def decorate(check: Callable[[_Subject], Findings]) -> Callable[[_Subject], Findings]:
        @wraps(check)
        def run(subject: _Subject) -> Findings:
            for found in check(subject):
                severity = found.severity or defined.severity
                yield found._replace(code=code, severity=severity)

        checks.append(run)
        return run

    return decorate


class _Fields(TypedDict, total=False):
    before: str
    after: str
    head: str
    severity: str
    always_reported: bool


def describe(value: Value, expects_string: bool = True) -> str:
    """Return a value in words, for a message: ``a list``, ``the string 'x'``.

    :param expects_string: whether a string should be there: an unquoted ``yes`` then is described
        as what some YAML parsers read as a boolean.
    """
    match value:
        case Object():
            return "a mapping"
        case List():
            return "a list"
        case Scalar(kind="null"):
            return "null"
        case Scalar(kind="text"):
            return f"the string {quoted(value.text)}"
        case Scalar("true" | "false", "boolean"):
            return value.text
        case Scalar(text, "number") if NUMBER.fullmatch(text):
            return truncate(text, 60)
    if not expects_string:
        return f"{quoted(value.text)}, which YAML parsers read in different ways"
    return f"{quoted(value.text)}, which some YAML parsers read as a {value.kind}"
