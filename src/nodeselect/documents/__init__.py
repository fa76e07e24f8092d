"""Read YAML and JSON into values that know their position.

Documents come from strangers, and ordinary loaders change what is written: they expand an alias
bomb, drop one of two duplicate keys, and read ``version: 1.10`` as 1.1 and ``yes`` as true. So
values are built here, from libyaml's *events* for YAML and by a scanner for JSON. Nothing is
converted, and every value keeps its line and column.

What YAML has beyond plain data is refused, each with an error of its own: anchors and aliases,
tags, merge keys, keys that are not strings. So are duplicate keys, nesting beyond ``LIMITS.depth``,
and, except for ``read_documents``, second documents. The error for a document reports all mistakes
of this kind at once.
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
    double_quoted,
    file_too_large_error,
    find,
    from_python,
    is_bare_key,
    is_null,
    quote_hint,
    to_python,
)
from nodeselect.documents.yaml import (
    read_document,
    read_documents,
    read_yaml,
    scalar_kind,
    scalar_spans,
)

__all__ = [
    "DocumentError",
    "List",
    "Object",
    "Position",
    "Scalar",
    "Value",
    "check_characters",
    "decode_utf8",
    "double_quoted",
    "file_too_large_error",
    "find",
    "from_python",
    "is_bare_key",
    "is_null",
    "quote_hint",
    "read_document",
    "read_documents",
    "read_yaml",
    "scalar_kind",
    "scalar_spans",
    "to_python",
]
