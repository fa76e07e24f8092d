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
