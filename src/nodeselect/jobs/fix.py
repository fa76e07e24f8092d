"""Correct the mistakes in a job file for which there is one sure correction."""

from collections.abc import Collection, Iterable

from nodeselect.documents.values import DocumentError, List, Object, Scalar, decode_utf8, find
from nodeselect.jobs.check.checker import CheckedJob
from nodeselect.jobs.check.edits import Edit, apply_edits
from nodeselect.jobs.check.schema_fields import snake_case

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# A selector beside none of these fields may belong to another program.
_OWN = frozenset({"name", "type", "config"})

# A correction may reveal other mistakes: those in a field whose name was wrong.
_MAX_PASSES = 10


def fix_job(data: bytes, file: str = "job", *, rules: Collection[str] | None = None) -> bytes:
    """Return a job file with its mistakes corrected, if there is only one way to correct each.

    Such mistakes are missing quotes, fields in the style of other systems (``matchLabels``),
    operators that are spelt differently, and expressions that are written as mappings. Comments and
    layout stay. A file without errors is returned as it is: what a valid selector means does not
    change. So is a file that may belong to another program, because it has a field that no job has,
    or neither a name nor a type nor a config. A mistake that a comment ignores is not corrected.

    >>> fix_job(b"name: a\\nselector: {matchLabels: {version: 1.10}} # all").decode()
    'name: a\\nselector: {match_labels: {version: "1.10"}} # all'

    :param data: the content of the file.
    :param file: the name of the file; one named ``.json`` must be JSON.
    :param rules: the codes of the mistakes to correct; None for all.
    """
    original = data
    for _ in range(_MAX_PASSES):
        checked = CheckedJob(data, file, rules, reads_comments=True)
        if checked.has_unknown_fields:
            return original
        if not checked.edits:
            break
        try:
            text = decode_utf8(data)
        except DocumentError:
            break
        fixed = apply_edits(text, checked.edits).encode()
        if data.startswith(_BYTE_ORDER_MARK):
            fixed = _BYTE_ORDER_MARK + fixed
        spec = CheckedJob(fixed, file).spec
        if fixed == data or spec is None or _OWN.isdisjoint(map(snake_case, spec.entries)):
            break
        if checked.spec is None and not _are_expressions(checked.edits, spec):
            break
        data = fixed
    return data


def _are_expressions(edits: Iterable[Edit], spec: Object) -> bool:
    """Return whether all YAML tags that edits put in quotes are meant as expressions.

    They are if they are items of ``match_expressions``, and none is only a part of an expression
    that YAML has split at a comma.

    :param spec: the job spec after the edits.
    """
    expressions = find(spec, "selector.match_expressions")
    items = expressions.items if isinstance(expressions, List) else []
    texts = [item.text for item in items if isinstance(item, Scalar)]
    is_split = any(text.count("(") != text.count(")") for text in texts)
    return not is_split and all(edit.text in texts for edit in edits)
