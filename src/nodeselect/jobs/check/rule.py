"""The rules of the checker, and the findings that a check yields if a file breaks a rule."""

from collections.abc import Callable, Generator, Iterator
from functools import wraps
from typing import Any, NamedTuple, TypeVar, cast

from nodeselect.documents import DocumentError, List, Object, Position, Scalar, Value
from nodeselect.jobs.check.schema_fields import NUMBER
from nodeselect.problem import Fix
from nodeselect.text import quoted, truncate

# A job file to which examples of rules add the field that they show.
DEMO = "name: demo\nselector: {match_labels: {region: eu}}\n"

# A fix, or only its words, or a function that returns one of these and is called only if needed.
Hint = Fix | str | Callable[[], Fix | str | None] | None


class Rule(NamedTuple):
    """A mistake that ``check`` finds in job files.

    :param code: the stable name of the rule, such as ``wrong-type``.
    :param group: what the rule is about, such as ``selector``.
    :param severity: ``error``, ``warning`` or ``note``.
    :param always_reported: whether ``--ignore`` and ``--select`` have no effect on the rule.
    :param summary: what is wrong, in one line.
    :param why: why the mistake matters; empty if that is clear.
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


class Finding(NamedTuple):
    """A value in a file that breaks a rule.

    :param hint: what to write instead, or a function that returns the hint.
    :param span: start and end of the mistake in the text of the value; None for the whole text.
    :param edit: the string that ``--fix`` writes in place of the value, in quotes if needed. If
        None, ``--fix`` writes the replacement of the hint if the hint is certain.
    :param last: if several neighbouring values are replaced together, the last of them; ``value``
        is the first.
    :param severity: ``error``, ``warning`` or ``note``; empty for the severity of the rule.
    :param code: the code of the rule; the decorator of :func:`rule` sets it.
    """

    value: Value
    path: str
    message: str
    hint: Hint = None
    span: tuple[int, int] | None = None
    edit: str | None = None
    last: Value | None = None
    severity: str = ""
    code: str = ""

    @property
    def fix(self) -> Fix | None:
        """The hint as a fix, computed if ``hint`` is a function; certain if there is an edit."""
        fix = Fix.of(self.hint() if callable(self.hint) else self.hint)
        return fix._replace(is_certain=True) if fix and self.edit is not None else fix

    @property
    def position(self) -> Position:
        """Where the mistake begins; for a value with escapes, where the value begins."""
        line, column = self.value.position
        is_verbatim = isinstance(self.value, Scalar) and self.value.verbatim
        return Position(line, column + self.span[0] if self.span and is_verbatim else column)


def document_finding(error: DocumentError) -> Finding:
    """Return the finding for an error of the YAML or JSON reader.

    If the error is a YAML tag such as ``!debug``, the edit puts the tag in quotes. Apply this edit
    only if the tag is meant as an expression of a selector.
    """
    replacement = error.fix and error.fix.replacement
    tag = replacement[1:-1] if replacement and replacement.startswith('"!') else ""
    value = Scalar(tag, "tag", error.position, True)
    span = (0, error.length)
    return Finding(value, "", error.message, error.fix, span, edit=tag or None, code=error.code)


_T = TypeVar("_T")
_Function = TypeVar("_Function", bound=Callable[..., Any])

# What a check yields; and a check that also returns what it has read.
Findings = Iterator[Finding]
Check = Generator[Finding, None, _T]

# All rules by code, in the order in which they are defined.
REGISTRY: dict[str, Rule] = {}


def rule(
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
    checks: list[Any] | None = None,
) -> Callable[[_Function], _Function]:
    """Add a rule to ``REGISTRY``. Return the decorator for what returns a finding, or yields some.

    The decorator is not used if the mistakes are found while a document or a selector is read.
    Parameters that are not listed here are fields of :class:`Rule`.

    :param head: the lines with which both examples, ``before`` and ``after``, begin.
    :param checks: a list of functions to which the decorator adds the decorated function.
    """
    before, after = (f"{head}{text}\n" if text else "" for text in (before, after))
    REGISTRY[code] = Rule(code, group, severity, always_reported, summary, why, before, after)

    def decorate(function: _Function) -> _Function:
        @wraps(function)
        def run(*args: Any) -> Finding | Findings:
            found = function(*args)
            if isinstance(found, Finding):
                return found._replace(code=code)
            return (each._replace(code=code) for each in found)

        if checks is not None:
            checks.append(run)
        return cast(_Function, run)

    return decorate


def describe(value: Value) -> str:
    """Return what a value is, in the words of a message: ``a list``, ``the string 'x'``."""
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
    return f"{quoted(value.text)}, which some YAML parsers read as a {value.kind}"
