"""A rule of the checker, and what a check yields when a file breaks it."""

from collections.abc import Callable, Generator
from textwrap import fill, indent
from typing import NamedTuple, TypeVar

from nodeselect.documents import List, Object, Position, Scalar, Value
from nodeselect.text import quoted

__all__ = ["REGISTRY", "Check", "Finding", "Hint", "Rule", "define", "describe"]

_WIDTH = 79

# What to write instead, or a function that works it out; called only for findings that are shown.
Hint = str | Callable[[], str | None] | None


class Rule(NamedTuple):
    """A mistake that ``check`` finds in job files.

    :param code: its stable name.
    :param group: ``document``, ``fields``, ``rollout``, ``selector``, or ``language`` for the text
        of a selector.
    :param severity: ``error`` or ``warning``.
    :param always_reported: whether ``--ignore`` and ``--select`` have no effect on it: the file is
        not plain text or data, or not a job.
    :param summary: what is wrong, in a line.
    :param why: why it matters; empty if the summary says it.
    :param before: a job file with the mistake; empty if none can be shown.
    :param after: the same file without it.
    """

    code: str
    group: str
    severity: str
    always_reported: bool
    summary: str
    why: str
    before: str
    after: str

    def show(self) -> str:
        """Return the rule as text for people."""
        head = f"{self.code} ({self.severity}): {self.summary}"
        parts = [fill(head, _WIDTH), fill(self.why, _WIDTH)]
        if self.before:
            before, after = indent(self.before, "    "), indent(self.after, "    ")
            parts += [f"before:\n\n{before.rstrip()}", f"after:\n\n{after.rstrip()}"]
        return "\n\n".join(part for part in parts if part)

    def at(
        self,
        value: Value,
        path: str,
        message: str,
        hint: Hint = None,
        *,
        severity: str | None = None,
    ) -> "Finding":
        """Return a finding that marks a whole value."""
        length = len(value.text) if isinstance(value, Scalar) and value.verbatim else 1
        return self.at_position(
            value.position, path, message, hint, length=length, severity=severity
        )

    def at_position(
        self,
        position: Position,
        path: str,
        message: str,
        hint: Hint = None,
        *,
        length: int = 1,
        severity: str | None = None,
    ) -> "Finding":
        """Return a finding that marks ``length`` characters of the document."""
        span = (position.column, position.column + length)
        return Finding(
            self.code, severity or self.severity, message, position, path, hint, None, span
        )

    def in_text(
        self,
        value: Value,
        path: str,
        message: str,
        hint: Hint,
        span: tuple[int, int],
        source: str | None = None,
    ) -> "Finding":
        """Return a finding that marks a part of a string.

        :param span: start and end in the string.
        :param source: the string, if ``value`` is not it.
        """
        if isinstance(value, Scalar) and value.verbatim:
            start, end = span
            position = Position(value.position.line, value.position.column + start)
            return self.at_position(position, path, message, hint, length=end - start)
        text = value.text if source is None and isinstance(value, Scalar) else source
        return Finding(
            self.code, self.severity, message, value.position, path, hint, text or "", span
        )


class Finding(NamedTuple):
    """A place where a file breaks a rule.

    :param hint: what to write instead.
    :param source: the text of which the excerpt is drawn; None for the line of the document.
    :param span: start and end of the mistake in it.
    """

    code: str
    severity: str
    message: str
    position: Position
    path: str
    hint: Hint
    source: str | None
    span: tuple[int, int]


_T = TypeVar("_T")

# A check yields its findings and returns what it has read.
Check = Generator[Finding, None, _T]

# All rules by code, in the order of the documentation.
REGISTRY: dict[str, Rule] = {}


def define(
    code: str,
    group: str,
    summary: str,
    why: str = "",
    *,
    before: str = "",
    after: str = "",
    severity: str = "error",
    always_reported: bool = False,
) -> Rule:
    """Define a rule and register it."""
    rule = Rule(code, group, severity, always_reported, summary, why, before, after)
    REGISTRY[code] = rule
    return rule


def describe(value: Value) -> str:
    """Return what a value is, for a message."""
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
