"""Split an input into its JSON texts: objects and lists, one after the other, as jq prints them."""

import json
import re
from collections.abc import Iterable, Iterator
from io import BytesIO

from nodeselect.files.chunks import document_too_large_error
from nodeselect.limits import LIMITS

_WHITE_SPACE = frozenset(b" \t\r\n")
_CLOSING = frozenset(b"}]")


def split_at_lines(blocks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Split an input into JSON documents; yield the number of the first line and the text of each.

    A document begins where a line begins with an opening bracket and the line before ends with a
    closing one. That is never so within a valid document. Others stay together in one text.

    :param blocks: the input, in blocks of any length.
    :raises InventoryError: if a document is too large.
    """
    text, line = BytesIO(), 1
    is_closed = False  # whether the last character that is not white space is a closing bracket
    for block in blocks:
        begin = 0
        starts = [match.end() - 1 for match in re.finditer(rb"\n[{\[]", block)]
        if block[:1] in (b"{", b"["):
            starts.insert(0, 0)
        for start in starts:
            before = start - 1
            while before >= 0 and block[before] in _WHITE_SPACE:
                before -= 1
            if block[before] in _CLOSING if before >= 0 else is_closed:
                text.write(block[begin:start])
                yield line, text.getvalue()
                line += text.getvalue().count(b"\n")
                text, begin = BytesIO(), start
        text.write(block[begin:])
        if text.tell() > LIMITS.document_bytes:
            raise document_too_large_error()
        if last := block[-1:].rstrip() or block.rstrip()[-1:]:
            is_closed = last in (b"}", b"]")
    yield line, text.getvalue()


def split_at_brackets(text: bytes, line: int) -> list[tuple[int, bytes]]:
    """Split a text into JSON documents, wherever they begin.

    Return the number of the first line of each, and its text. Return an empty list if one of them
    is invalid, or if there is anything but white space between them.

    :param line: the number of the first line of ``text``.
    """
    decoder = json.JSONDecoder(parse_int=str)  # an integer may have any number of digits
    # One character for each byte; those of other characters than ASCII are within strings.
    characters, end = text.decode("latin-1"), 0
    texts: list[tuple[int, bytes]] = []
    try:
        while match := re.compile(r"\s*(?=[{\[])").match(characters, end):
            line += match[0].count("\n")
            _, end = decoder.raw_decode(characters, match.end())
            texts.append((line, text[match.end() : end]))
            line += texts[-1][1].count(b"\n")
    except (ValueError, RecursionError):
        return []
    return [] if characters[end:].strip() else texts
