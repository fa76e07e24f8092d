"""What a document is made of: texts, lists and objects that know where they stand."""

from typing import NamedTuple

from nodeselect.limits import LIMITS
from nodeselect.printable import quoted

__all__ = [
    "DocumentError",
    "List",
    "Object",
    "Position",
    "Refusals",
    "Scalar",
    "Value",
    "given_twice",
    "last_of",
    "position_in",
    "too_deep",
    "too_many",
]


class Position(NamedTuple):
    """A place in a document: line and column, from 0, in characters."""

    line: int
    column: int


def position_in(text: str, index: int) -> Position:
    """Give the position of the character at ``index``; lines end at LF, as in editors."""
    return Position(text.count("\n", 0, index), index - (text.rfind("\n", 0, index) + 1))


def last_of(text: str) -> Position:
    """Give the position of the last character that is no blank."""
    return position_in(text, max(len(text.rstrip()) - 1, 0))


class Scalar(NamedTuple):
    """A text, number, truth value or null, as it is written."""

    text: str
    kind: str
    """``text``, or what YAML 1.1 or 1.2 could read it as: ``null``, ``boolean``, ``number``,
    ``date``, ``merge key``."""
    at: Position
    verbatim: bool
    """Whether the text stands in the document letter by letter, from ``at`` on (behind a quote)."""


class List(NamedTuple):
    """A sequence of values."""

    items: list["Value"]
    at: Position


class Object(NamedTuple):
    """A mapping; each key once, in the order of the document."""

    entries: dict[str, tuple[Scalar, "Value"]]
    at: Position


Value = Scalar | List | Object


class DocumentError(Exception):
    """A document cannot be read. Never leaves the library: rooms turn it into their own error."""

    def __init__(
        self, code: str, message: str, at: Position, hint: str | None = None, length: int = 1
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.at = at
        self.hint = hint
        self.length = length


class Refusals:
    """What is refused of a document that is read on: all of it counted, the first kept."""

    first: list[DocumentError]
    """At most ``LIMITS.reported_errors``, in the order of the document."""
    more: int
    """How many came after them."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all of them."""
        self.first = []
        self.more = 0

    def add(self, error: DocumentError) -> None:
        """Take one more."""
        if len(self.first) < LIMITS.reported_errors:
            self.first.append(error)
        else:
            self.more += 1


def too_deep(at: Position) -> DocumentError:
    """Give the error for a value that is nested too deep."""
    return DocumentError("too-deep", f"nested deeper than {LIMITS.depth} levels (depth)", at)


def too_many(at: Position, most: int) -> DocumentError:
    """Give the error for the first value beyond ``most``."""
    return DocumentError(
        "too-many-values-in-file",
        f"a job file holds at most {most:,} keys and values (job_file_values)",
        at,
    )


def given_twice(key: Scalar, first: Scalar) -> DocumentError:
    """Give the error for a key that stands in an object a second time."""
    return DocumentError(
        "duplicate-key",
        f"the key {quoted(key.text)} stands here for the second time; the first is in line"
        f" {first.at.line + 1}",
        key.at,
        "keep one of the two",
        len(key.text) if key.verbatim and key.text else 1,
    )
