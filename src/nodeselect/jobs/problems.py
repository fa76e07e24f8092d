"""The problems of one document, collected while it is read."""

from nodeselect.documents import Position
from nodeselect.errors import Problem, excerpt
from nodeselect.limits import LIMITS

__all__ = ["Problems"]

_KEPT = 400
"""Problems kept before they are sorted and cut; a hostile file has hundreds of thousands."""

_Excerpt = tuple[str, tuple[int, int]]
"""A text and the span in it that an excerpt is to be drawn of."""


class Problems:
    """What is wrong with a document: all of it counted, the first by position kept."""

    count: int
    """How many there were."""

    def __init__(self, text: str) -> None:
        """Collect problems of the document ``text``."""
        self.count = 0
        self._kept: list[tuple[Problem, _Excerpt]] = []
        self._lines = text.split("\n")

    def first(self) -> tuple[Problem, ...]:
        """Give the first ``LIMITS.reported_errors`` by position, drawn."""
        self._cut()
        return tuple(
            problem._replace(excerpt=tuple(excerpt(*drawn))) for problem, drawn in self._kept
        )

    def add(
        self,
        code: str,
        message: str,
        at: Position,
        path: str = "",
        *,
        length: int = 1,
        hint: str | None = None,
    ) -> None:
        """Take a problem of the ``length`` characters that stand at ``at``."""
        line = self._lines[at.line].rstrip("\r") if at.line < len(self._lines) else ""
        self.add_of(line, (at.column, at.column + length), code, message, at, path, hint)

    def add_of(
        self,
        text: str,
        span: tuple[int, int],
        code: str,
        message: str,
        at: Position,
        path: str,
        hint: str | None,
    ) -> None:
        """Take a problem of a ``text`` that stands at ``at``, but not letter by letter."""
        self.count += 1
        problem = Problem(code, message, at.line + 1, at.column + 1, path, (), hint)
        self._kept.append((problem, (text, span)))
        if len(self._kept) >= _KEPT:
            self._cut()

    def _cut(self) -> None:
        self._kept.sort(key=lambda kept: (kept[0].line, kept[0].column))
        del self._kept[LIMITS.reported_errors :]
