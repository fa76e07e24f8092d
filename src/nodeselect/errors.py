"""The exceptions of nodeselect. Their text has the message, the place and the hint of each problem.

::

    NodeselectError
    ├── SelectorError     a selector is invalid                              (also a ValueError)
    ├── InventoryError    nodes cannot be read or contradict each other      (also a ValueError)
    └── JobError          a job document has problems                        (also a ValueError)

No function of nodeselect raises an exception of Lark, msgspec, PyYAML or another library. An
argument of the wrong type, such as a list instead of a string, raises :class:`TypeError`.
"""

from collections.abc import Iterator
from typing import Any

from nodeselect.problem import (
    PLAIN,
    Canvas,
    Fix,
    Path,
    Place,
    Problem,
    draw,
    excerpt,
    path_text,
    position,
)


class NodeselectError(Exception):
    """The base class of all errors that nodeselect raises."""

    fix: Fix | None = None
    """A suggested fix; None if there is none."""

    @property
    def hint(self) -> str | None:
        """The words of the fix; None if there is no fix."""
        return self.fix and self.fix.text

    def as_dict(self) -> dict[str, Any]:
        """Return the mistake for JSON: its code, message, path, span and fix; None if unknown."""
        raise NotImplementedError

    def __str__(self) -> str:
        return "\n".join(self.draw())

    def draw(self, canvas: Canvas = PLAIN) -> Iterator[str]:
        """Yield the lines of ``str(error)``, wrapped and styled for a canvas such as a terminal."""
        yield super().__str__()


class SelectorError(NodeselectError, ValueError):
    """A selector text is invalid, or a key, value or id from which to build a selector.

    >>> from nodeselect import Selector
    >>> try:
    ...     Selector.parse("region=eu,tier not in (free)")
    ... except SelectorError as error:
    ...     print(error.code, error.span, error.hint, sep=" | ")
    not-in | (15, 21) | write: tier notin (free)

    ``str()`` has the code, the message, the line with carets under the mistake, and a suggested
    fix. It is safe to print: all user text is escaped and truncated.

    :param code: the stable name of the mistake, such as ``not-in``; ``docs/language.md`` lists
        them.
    :param message: what is wrong, in one line.
    :param source: the text that has the mistake.
    :param span: start and end of the mistake in ``source``, in characters; both are
        ``len(source)`` if something is missing at the end.
    :param expected: what would be valid at ``span``, in words.
    :param hint: a suggested fix, or only its words, or None.
    :param path: the names and numbers of :attr:`path`.
    """

    def __init__(
        self,
        code: str,
        message: str,
        source: str,
        span: tuple[int, int],
        *,
        expected: tuple[str, ...] = (),
        hint: Fix | str | None = None,
        path: Path = (),
    ) -> None:
        super().__init__(code, message, source, span)
        self.code = code
        self.message = message
        self.source = source
        self.span = span
        self.expected = expected
        self.fix = Fix.of(hint)
        self.steps = path

    @property
    def path(self) -> str:
        """The invalid part of a structured selector, such as ``match_expressions[2]``."""
        return path_text(self.steps)

    def as_dict(self) -> dict[str, Any]:
        span = list(self.span) if self.source else None
        return _as_dict(self.code, self.message, self.path, span, self.hint)

    def at(self, *path: str | int) -> "SelectorError":
        """Return a copy of the error with another path."""
        return SelectorError(
            self.code, self.message, self.source, self.span,
            expected=self.expected, hint=self.fix, path=path,
        )  # fmt: skip

    def within(self, *path: str | int) -> "SelectorError":
        """Return a copy of the error whose path begins with ``path``."""
        return self.at(*path, *self.steps)

    def draw(self, canvas: Canvas = PLAIN) -> Iterator[str]:
        """Yield the lines of ``str(error)``, wrapped and styled for a canvas such as a terminal."""
        shown = excerpt(self.source, self.span)
        line, column = position(self.source, self.span[0]) if shown else (0, 0)
        problem = Problem(self.code, self.message, line, column, "", shown, self.fix)
        name = self.path or ("selector" if shown else "")
        yield from draw(problem, problem.place(name), canvas)


class InventoryError(NodeselectError, ValueError):
    """Nodes cannot be read or are invalid, or an inventory cannot be saved or changed.

    If an input is invalid, none of its nodes is added. ``str()`` is safe to print.

    :param code: the stable name of the mistake, such as ``duplicate-id``.
    :param message: what is wrong, in one line.
    :param place: where the mistake is; a string is a path such as ``nodes[3].labels``.
    :param hint: a suggested fix, or only its words, or None.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        place: Place | str | None = None,
        hint: Fix | str | None = None,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.place = place if isinstance(place, Place) else Place(path=place or "")
        self.fix = Fix.of(hint)

    def as_dict(self) -> dict[str, Any]:
        return _as_dict(self.code, self.message, str(self.place), None, self.hint)

    def within(self, place: Place) -> "InventoryError":
        """Return a copy with an absolute place: ``place``, followed by the place of this error."""
        inner = self.place.within(place)
        return InventoryError(self.code, self.message, place=inner, hint=self.fix)

    def draw(self, canvas: Canvas = PLAIN) -> Iterator[str]:
        """Yield the lines of ``str(error)``, wrapped and styled for a canvas such as a terminal."""
        file, line, column, path = self.place
        problem = Problem(self.code, self.message, line, column, path, fix=self.fix)
        if file and line:
            yield from draw(problem, problem.place(file), canvas)
        else:  # nothing that an editor could open: the place is in words, with the path
            yield from draw(problem._replace(path=""), str(self.place), canvas)


class JobError(NodeselectError, ValueError):
    """A job file, or another document with a selector, is invalid.

    ``str()`` is safe to print.

    :param file: the name of the document.
    :param problems: the first problems, sorted by position; 1 to ``LIMITS.reported_errors``.
    :param unreported: the number of further problems.
    """

    def __init__(self, file: str, problems: tuple[Problem, ...], unreported: int = 0) -> None:
        super().__init__(file, problems, unreported)
        self.file = file
        self.problems = problems
        self.unreported = unreported

    def as_dict(self) -> dict[str, Any]:
        """Return the first mistake, and as ``problems`` all that were reported."""
        found = [
            _as_dict(each.code, each.message, each.path, None, each.hint) for each in self.problems
        ]
        return {**found[0], "problems": found}

    def draw(self, canvas: Canvas = PLAIN) -> Iterator[str]:
        """Yield the lines of ``str(error)``, wrapped and styled for a canvas such as a terminal."""
        for number, problem in enumerate(self.problems):
            if number:
                yield ""
            yield from draw(problem, problem.place(self.file), canvas)
        if self.unreported:
            yield from ("", f"{canvas.escape(self.file)}: and {self.unreported:,} more")


def _as_dict(
    code: str, message: str, path: str, span: list[int] | None, fix: str | None
) -> dict[str, Any]:
    return {"code": code, "message": message, "path": path or None, "span": span, "fix": fix}
