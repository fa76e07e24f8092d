"""YAML and JSON as values that know their position.

Documents come from people we do not know, and what a loader makes of them by itself is the first
thing to go wrong: an alias bomb, a duplicate key, ``version: 1.10`` read as 1.1, ``yes`` as true.
So YAML is read from libyaml's *events* and JSON by a scanner of its own. Both give the same values;
nothing is converted, and every value keeps its line and column.

What YAML has beyond plain data is refused by name: anchors and aliases, tags, merge keys, second
documents, keys that are not strings. So are duplicate keys, and nesting beyond ``LIMITS.depth``.
A refused document is never returned: the error reports all that is refused.
"""

from nodeselect.documents.json import NotJsonError, read_json
from nodeselect.documents.values import (
    DocumentError,
    List,
    Object,
    Position,
    Scalar,
    Value,
    check_characters,
    file_too_large_error,
    is_bare_key,
    is_null,
    to_python,
)
from nodeselect.documents.yaml import read_yaml, scalar_kind

__all__ = [
    "DocumentError",
    "List",
    "Object",
    "Position",
    "Scalar",
    "Value",
    "check_characters",
    "decode_utf8",
    "file_too_large_error",
    "is_bare_key",
    "is_null",
    "read_document",
    "read_yaml",
    "scalar_kind",
    "to_python",
]

# How JSON begins, and how it begins when people put a comment before it.
_JSON_STARTS = ("{", "[")
_COMMENTED_JSON_STARTS = (*_JSON_STARTS, "#", "//", "/*")


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
        raise DocumentError(
            "not-utf-8", "the file is not UTF-8", Position(line, column), "save the file as UTF-8"
        ) from None


def read_document(text: str, max_values: int | None = None, *, strict_json: bool = False) -> Value:
    """Read ``text`` as JSON if it is JSON, otherwise as YAML. Cost: linear.

    :param max_values: how many keys and values it may hold.
    :param strict_json: read a text that begins like JSON, or with a comment, as JSON only. For
        files named ``.json``, which other programs read as JSON.
    :raises DocumentError: if it is neither.
    """
    starts = _COMMENTED_JSON_STARTS if strict_json else _JSON_STARTS
    if text.lstrip(" \t\r\n")[:2].startswith(starts):
        try:
            return read_json(text, max_values)
        except NotJsonError:  # the flow style of YAML looks like JSON
            if strict_json:
                raise
    return read_yaml(text, max_values)
