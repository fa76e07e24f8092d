"""Correct the mistakes in a job file for which there is one sure correction."""

from collections.abc import Collection

from nodeselect.documents import DocumentError, decode_utf8
from nodeselect.jobs.check.checker import CheckedJob
from nodeselect.jobs.check.edits import apply_edits

__all__ = ["fix_job"]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# A correction may reveal other mistakes: those in a field whose name was wrong.
_MAX_PASSES = 10


def fix_job(data: bytes, file: str = "job", *, rules: Collection[str] | None = None) -> bytes:
    """Return a job file with those mistakes corrected for which there is one sure correction.

    These are missing quotes, fields in the style of other systems, operators that are spelt
    differently, structured expressions, and values that are written in one other way. Comments and
    layout stay. A file without errors is returned as it is: what a valid selector means does not
    change. What a comment ignores is not corrected.

    >>> fix_job(b"selector: {matchLabels: {version: 1.10}} # all of them").decode()
    'selector: {match_labels: {version: "1.10"}} # all of them'

    :param data: the content of the file.
    :param file: the name of the file; one named ``.json`` must be JSON.
    :param rules: the codes of the mistakes to correct; None for all.
    """
    for _ in range(_MAX_PASSES):
        checked = CheckedJob(data, file, rules, reads_comments=True)
        if not checked.edits:
            break
        try:
            text = decode_utf8(data)
        except DocumentError:
            break
        fixed = apply_edits(text, checked.edits).encode()
        if data.startswith(_BYTE_ORDER_MARK):
            fixed = _BYTE_ORDER_MARK + fixed
        if fixed == data or CheckedJob(fixed, file).spec is None:
            break
        data = fixed
    return data
