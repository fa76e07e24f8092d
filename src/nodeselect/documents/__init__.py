"""YAML and JSON as values that know their position.

Documents come from people we do not know, and what a loader makes of them by itself is the first
thing to go wrong: an alias bomb, a duplicate key, ``version: 1.10`` read as 1.1, ``yes`` as true.
So YAML is read from libyaml's *events* and JSON by a scanner of its own. Both give the same values;
nothing is converted, and every value keeps its line and column.

What YAML has beyond plain data is refused by name: anchors and aliases, tags, merge keys, second
documents, keys that are not strings. So are duplicate keys, and nesting beyond ``LIMITS.depth``.
A refused document is never returned: the error reports all that is refused.
"""

from nodeselect.documents.values import (
    DocumentError,
    List,
    Object,
    Position,
    Scalar,
    Value,
    check_characters,
    decode_utf8,
    file_too_large_error,
    is_bare_key,
    is_null,
    to_python,
)
from nodeselect.documents.yaml import read_document, read_yaml, scalar_kind

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
