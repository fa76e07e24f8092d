"""What a document is made of: texts, lists and objects that know where they stand."""

from bisect import insort
from operator import attrgetter
from typing import NamedTuple

from nodeselect.limits import LIMITS
from nodeselect.text import printable, quoted

__all__ = [
    "FILL_IN",
    "DocumentError",
    "List",
    "Object",
    "Position",
    "Refusals",
    "Scalar",
    "Unknown",
    "Value",
    "enter",
    "given_twice",
    "is_known",
    "last_of",
    "position_in",
    "refused_character",
    "too_deep",
    "too_many",
    "with_more",
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
    position: Position
    verbatim: bool
    """Whether the text stands in the document letter by letter, from ``at`` on (behind a quote)."""


class List(NamedTuple):
    """A sequence of values."""

    items: list["Value"]
    position: Position


class Object(NamedTuple):
    """A mapping; each key once, in the order of the document."""

    entries: dict[str, tuple[Scalar, "Value"]]
    position: Position
    is_open: bool = False
    """Whether something was refused that may stand for any other entries, such as a merge key."""


class Unknown(NamedTuple):
    """What was refused, and may stand for any value: nothing else can be said of it."""

    position: Position


Value = Scalar | List | Object | Unknown


def is_known(value: Value) -> bool:
    """Say whether nothing was refused in a value."""
    values = [value]
    while values:
        match values.pop():
            case Unknown() | Object(is_open=True):
                return False
            case List(items):
                values.extend(items)
            case Object(entries):
                values.extend(item for _, item in entries.values())
    return True


def enter(entries: dict[str, tuple[Scalar, Value]], key: Scalar, value: Value) -> None:
    """Put an entry among others; which value a key has that is given twice is unknown.

    Unless both times it has none, as ``us`` in ``{region: in (eu,us,us)}``, where YAML ends texts.
    """
    if key.text in entries:
        first, before = entries[key.text]
        if not (_is_nothing(before) and _is_nothing(value)):
            entries[key.text] = first, Unknown(first.position)
    else:
        entries[key.text] = key, value


def _is_nothing(value: Value) -> bool:
    return isinstance(value, Scalar) and value.kind == "null" and not value.text


def with_more(document: Value) -> Value:
    """Give a document behind which another one was refused, which may be the rest of it."""
    return (
        document._replace(is_open=True)
        if isinstance(document, Object)
        else Unknown(document.position)
    )


FILL_IN = "fill the template in before the file is used"
"""What to do about a template where a value should stand; what follows it may be broken by it."""


class DocumentError(Exception):
    """A document cannot be read. Never leaves the library: rooms turn it into their own error."""

    def __init__(
        self, code: str, message: str, at: Position, hint: str | None = None, length: int = 1
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.position = at
        self.hint = hint
        self.length = length


class Refusals:
    """What is refused of a document that is read on: all of it counted, the first kept.

    What is refused of a whole comes later than what is refused in it, but stands before it.
    """

    first: list[DocumentError]
    """At most ``LIMITS.reported_errors``, in the order of the document."""
    more: int
    """How many came after them."""

    def __init__(self, mark: str | None = None) -> None:
        """Begin with none.

        :param mark: what was put in the place of each character that was refused before.
        """
        self._mark = mark
        self.clear()

    def hide(self, text: str) -> bool:
        """Say whether a part of ``text`` was refused before."""
        return self._mark is not None and self._mark in text

    def clear(self) -> None:
        """Forget all of them."""
        self.first = []
        self.more = 0

    def add(self, error: DocumentError) -> None:
        """Take one more."""
        insort(self.first, error, key=attrgetter("position"))
        if len(self.first) > LIMITS.reported_errors:
            self.first.pop()
            self.more += 1


def refused_character(character: str, at: Position) -> DocumentError:
    """Give the error for a character that no document may hold."""
    kind = "noncharacter" if character in "\ufffe\uffff" else "control character"
    message = f"a {kind} ({printable(character)}) is refused"
    return DocumentError("control-character", message, at, "take it out")


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
        f" {first.position.line + 1}",
        key.position,
        "keep one of the two",
        len(key.text) if key.verbatim and key.text else 1,
    )
