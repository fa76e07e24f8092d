"""Read YAML and JSON into values that know their position.

Documents are not trusted, and ordinary loaders change what is written: they expand an alias bomb,
drop one of two duplicate keys, and read ``version: 1.10`` as 1.1 and ``yes`` as true. So this
package builds the values itself, from libyaml's *events* for YAML and with a scanner for JSON.
Scalars stay text, and every value keeps its line and column.

YAML features beyond plain data are rejected: anchors of lists and mappings, tags, merge keys, and
keys that are not strings. Duplicate keys, nesting beyond ``LIMITS.depth`` and, except by
``read_documents``, a second document are rejected as well. One error reports all such mistakes in a
document.
"""
