"""Correct a job file: apply the edits of its findings."""

import re
from array import array
from codecs import BOM_UTF8
from collections.abc import Collection, Iterable

from nodeselect.documents import (
    List,
    Object,
    Position,
    Scalar,
    Value,
    double_quoted,
    find,
    scalar_kind,
)
from nodeselect.expanso.checker import CheckedJob
from nodeselect.expanso.schema_fields import snake_case
from nodeselect.findings.rule import Finding

# Strings that need no quotes in YAML, also in its flow style; most others could do without, too.
_PLAIN = r"[A-Za-z0-9_](?:[\w./=!<> ()-]*[\w)])?"

# A selector beside none of these fields may belong to another program: it is not corrected.
_OWN = frozenset({"name", "type", "config"})

# A correction may reveal other mistakes: those in a field whose name was wrong.
_MAX_PASSES = 10


def fix_job(data: bytes, file: str = "job", *, rules: Collection[str] | None = None) -> bytes:
    """Return a job file with those of its mistakes corrected that have only one correction.

    Such mistakes are missing quotes, ``matchLabels``, operators spelt differently, and expressions
    written as mappings. Comments, layout, and mistakes that a comment ignores stay. A file that may
    belong to another program is returned unchanged.

    >>> fix_job(b"name: a\\nselector: {matchLabels: {version: 1.10}} # all").decode()
    'name: a\\nselector: {match_labels: {version: "1.10"}} # all'

    :param data: the content of the file.
    :param file: the name of the file; if it ends with ``.json``, the content must be JSON.
    :param rules: the codes of the mistakes to correct; None for all.
    """
    original = data
    for _ in range(_MAX_PASSES):
        checked = CheckedJob(data, file, rules, reads_comments=True)
        if checked.has_unknown_fields:
            return original
        if not checked.edits:
            break
        encoding = "utf-8-sig" if data.startswith(BOM_UTF8) else "utf-8", "surrogateescape"
        fixed = _apply_edits(data.decode(*encoding), checked.edits).encode(*encoding)
        spec = CheckedJob(fixed, file).spec
        if fixed == data or spec is None or _OWN.isdisjoint(map(snake_case, spec.entries)):
            break
        if checked.spec is None and not _are_expressions(checked.edits, spec):
            break
        data = fixed
    return data


def _are_expressions(edits: Iterable[Finding], spec: Object) -> bool:
    """Return whether all YAML tags (``!debug``) that edits put in quotes are meant as expressions.

    Each must be an item of ``match_expressions``, and no item may be a part of an expression that
    YAML has split at a comma. ``spec`` is the job spec after the edits.
    """
    expressions = find(spec, "selector.match_expressions")
    items = expressions.items if isinstance(expressions, List) else []
    texts = [item.text for item in items if isinstance(item, Scalar)]
    is_split = any(text.count("(") != text.count(")") for text in texts)
    return not is_split and all(finding.edit in texts for finding in edits)


def _apply_edits(text: str, findings: Iterable[Finding]) -> str:
    """Return the text of a document after the edits of its findings.

    An edit is skipped if the value contains escapes or comments, or if two edits overlap.
    """
    document = _Text(text)
    pieces, done = [], 0
    for start, end, new in sorted(filter(None, map(document.replacement, findings))):
        if start >= done:
            pieces += [text[done:start], new]
            done = end
    return "".join([*pieces, text[done:]])


class _Text:
    """The text of a document, in which values are found by their positions."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line_starts = array("I", [0, *(match.end() for match in re.finditer("\n", text))])

    def replacement(self, finding: Finding) -> tuple[int, int, str] | None:
        """Return where an edit begins and ends in the text, and the new text.

        Return None if there is no edit, or if it cannot be applied safely.
        """
        fix, text = finding.fix, finding.edit
        if text is None and (fix is None or not fix.is_certain):
            return None
        mark = self._quote_of(finding.value)
        start = self._index(finding.value.position) - len(mark)
        end = self._end(finding.last or finding.value)
        if end is None:
            return None
        is_scalar = isinstance(finding.value, Scalar) and finding.last is None
        if not is_scalar and "#" in self._text[start:end]:
            return None
        if text is None:
            return start, end, (fix and fix.replacement) or ""
        if double_quoted(text, 400) is None:  # it is long, or has escapes
            return None
        if not mark and not (re.fullmatch(_PLAIN, text) and scalar_kind(text) == "text"):
            mark = '"'
        return start, end, f"{mark}{text}{mark}"

    def _index(self, position: Position) -> int:
        return self._line_starts[position.line] + position.column

    def _quote_of(self, value: Value) -> str:
        """Return the quote character around a value; an empty text if it has none."""
        if not isinstance(value, Scalar) or value.kind != "text":
            return ""
        start = self._index(value.position)
        before, after = self._text[max(start - 1, 0) : start], self._text[start + len(value.text) :]
        return before if before in ("'", '"') and after.startswith(before) else ""

    def _end(self, value: Value) -> int | None:
        """Return the index in the text at which a value ends; None if that is not certain."""
        start = self._index(value.position)
        if isinstance(value, Scalar):
            if not value.verbatim or not value.text:
                return None
            return start + len(value.text) + len(self._quote_of(value))
        inner = value.items if isinstance(value, List) else [v for _, v in value.entries.values()]
        end = self._end(inner[-1]) if inner else start + 1
        if end is None or self._text[start] not in "[{":
            return end
        closing = re.compile(r"[\s,]*[\]}]").match(self._text, end)
        return closing.end() if closing else None
