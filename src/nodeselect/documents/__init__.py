"""YAML and JSON as values that know where they stand.

Documents come from people we do not know, and what a loader makes of them by itself is the first
thing to go wrong: an alias bomb, a key given twice, ``version: 1.10`` read as 1.1, ``yes`` as true.
So YAML is read as libyaml's *events* and JSON by a scanner of its own; both give the same values,
nothing is converted, and every value keeps its line and column.

What YAML has beyond plain data is refused by name: anchors and aliases, tags, merge keys, second
documents, keys that are no text. So are keys given twice, and nesting beyond ``LIMITS.depth``.
Most of that can be read past: what was refused is an :class:`Unknown`.
"""

from nodeselect.documents.json import NotJsonError, read_json
from nodeselect.documents.values import (
    DocumentError,
    List,
    Object,
    Position,
    Refusals,
    Scalar,
    Unknown,
    Value,
)
from nodeselect.documents.yaml import read_yaml, scalar_kind

__all__ = [
    "DocumentError",
    "List",
    "Object",
    "Position",
    "Refusals",
    "Scalar",
    "Unknown",
    "decode_utf8",
    "read_document",
    "read_yaml",
    "scalar_kind",
]

_BRACKETS = ("{", "[")
_COMMENTED = (*_BRACKETS, "#", "//", "/*")
"""How JSON begins, and how people begin it who put a comment before it."""


def decode_utf8(data: bytes) -> str:
    """Decode the bytes of a document: UTF-8, with or without a byte order mark.

    :raises DocumentError: with the code ``not-utf-8``.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n")
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace"))
        hint = "save the file as UTF-8"
        raise DocumentError(
            "not-utf-8", "the file is not UTF-8", Position(line, column), hint
        ) from None


def read_document(
    text: str,
    most: int | None = None,
    refusals: Refusals | None = None,
    *,
    called_json: bool = False,
) -> Value:
    """Read ``text`` as JSON where it is JSON, else as YAML. Cost: linear.

    :param most: how many keys and values it may hold.
    :param refusals: empty; takes what is refused and can be read past, which is unknown in what is
        given back. Without it the first refusal is raised.
    :param called_json: whether its name says that it is JSON: what begins like JSON, or with a
        comment, is read as nothing else then, since those who go by the name would not read it.
    :raises DocumentError: when it is neither.
    """
    begins = _COMMENTED if called_json else _BRACKETS
    if text.lstrip(" \t\r\n")[:2].startswith(begins):
        try:
            return read_json(text, most, refusals)
        except NotJsonError:  # flow style of YAML looks like it
            if called_json:
                raise
            if refusals is not None:
                refusals.clear()
    return read_yaml(text, most, refusals)
