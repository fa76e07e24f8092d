"""Decode JSON to records.

A small document is decoded by the standard library: loading msgspec would make ``match`` over a
small file a tenth slower. Whatever is not valid there, or is larger, is decoded by msgspec, which
also explains what is wrong.

msgspec silently keeps only the last of two equal keys. To detect this, quotes are counted: a text
has two for each string. If it has more than two for each string of the decoded value, a key was
dropped. The count is exact, and cheap.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import BytesIO
from itertools import chain
from json import JSONDecodeError
from typing import Any, TypeVar

from nodeselect.errors import InventoryError
from nodeselect.files.inputs import decode_utf8, document_too_large_error
from nodeselect.limits import LIMITS
from nodeselect.problem import Place
from nodeselect.readers.envelope import LIST_FIELDS, check_envelope, list_field
from nodeselect.readers.raw_node import WHOLE, RecordPlace, place_of
from nodeselect.text import quoted

_T = TypeVar("_T")

# In the time of importing msgspec, the standard library decodes this much.
_MAX_SMALL_BYTES = 512 * 1024

_FOOTER = rb"[ \t]*(Showing [^{}\[\]]*)"

_BOM = b"\xef\xbb\xbf"

_DECODER = json.JSONDecoder(parse_int=str)  # an integer may have any number of digits

_END_OF_NUMBER_OR_ESCAPE = r"\.|[eE][+-]?|u[\da-fA-F]*"

_TRAILING_COMMA = re.compile(r",\s*(?=[\]}])")

# What the standard library accepts and JSON does not have: the group of each pattern.
_NOT_JSON = {
    re.compile(
        r"\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|(\\u[dD][89a-fA-F]\w\w)|\\."
    ): "a \\u escape is half of a character (an unpaired surrogate)",
    re.compile(r'"(?:[^"\\]++|\\.)*+"?|(NaN|-?Infinity)'): "a number must be finite",
}

_WHITE_SPACE = frozenset(b" \t\r\n")
_CLOSING = frozenset(b"}]")


def decode(raw: bytes, line: int = 1) -> Any:
    """Decode one JSON document.

    :param line: the line of the input in which the document begins, for errors.
    :raises InventoryError: if it is invalid or cut off, or an object has a duplicate key.
    """
    value = _decode(raw, object, line)
    if count_string_quotes(raw) != 2 * _count_strings(value):
        raise _duplicate_key(raw)
    return value


def first_value(raw: bytes) -> Any:
    """Decode a JSON document, which may have duplicate keys; return None if it is invalid."""
    try:
        return _parse(raw)
    except (ValueError, RecursionError):
        return None


def read_records(blocks: Iterator[bytes], footers: list[str]) -> Iterator[tuple[RecordPlace, Any]]:
    """Yield the place and the value of each record in JSON.

    The input may have several JSON documents: then each place begins with the line of the document.
    One document at a time is in memory, and its records are decoded one by one.

    :param blocks: the input, in blocks of any length.
    :param footers: a list to which a footer is added: the line that Expanso's command line prints
        after the nodes.
    :raises InventoryError: if a document is invalid or too large, or is only one page of a longer
        list.
    """
    head: list[bytes] = []
    while (block := next(blocks, None)) is not None:
        head.append(block)
        if sum(map(len, head)) > _MAX_SMALL_BYTES:
            break
    else:
        text, footer = _split_footer(b"".join(head))
        if (document := _decode_small(text)) is not None:
            footers += footer
            yield from _records(document, WHOLE)
            return
    texts = split_at_lines(chain(head, blocks))
    line, text = next(texts)
    is_only = True
    for following in texts:
        is_only = False
        try:
            yield from read_text(text, line, (line, ""))
        except InventoryError as error:
            if error.code != "cut-off":
                raise
            message = "the JSON before this line is cut off, or a comma is missing"
            hint = "add the comma, or get the complete output again"
            place = Place(line=following[0])
            raise InventoryError("cut-off", message, place=place, hint=hint) from None
        line, text = following
    text, footer = _split_footer(text)
    footers += footer
    yield from read_text(text, line, WHOLE if is_only else (line, ""))


def read_text(text: bytes, line: int, place: RecordPlace) -> Iterator[tuple[RecordPlace, Any]]:
    """Yield the place and the value of each record in a JSON document, or in several in ``text``.

    :param line: the line of the input in which the text begins.
    :param place: the place of the text in the input; ``WHOLE`` if it is the whole input.
    :raises InventoryError: if it is invalid, or is only one page of a longer list.
    """
    try:
        yield from _read_text(text, line, place)
    except _SeveralTextsError as error:
        texts = split_at_brackets(text, line)
        if len(texts) < 2:
            raise _within(place, error) from None
        for line_of_text, each in texts:
            yield from _read_text(each, line_of_text, (line_of_text, ""))


def _read_text(text: bytes, line: int, place: RecordPlace) -> Iterator[tuple[RecordPlace, Any]]:
    try:
        if (document := _decode_or_none(text)) is not None:
            yield from _records(document, place)
        elif text.lstrip()[:1] == b"[":
            yield from _raw_list_records(text, line, place)
        else:
            yield from _raw_records(text, line, place)
    except InventoryError as error:
        raise _within(place, error) from None


def _within(place: RecordPlace, error: InventoryError) -> InventoryError:
    """Return an error with the place ``place``, unless it has a place already."""
    return error if error.place or place == WHOLE else error.within(place_of(place))


def _decode_or_none(text: bytes) -> Any:
    """Decode a small valid document at once; return None for others.

    The caller decodes those record by record, which takes less memory for a large document, and
    finds the invalid record.
    """
    with suppress(InventoryError):
        return decode(text) if len(text) <= _MAX_SMALL_BYTES else None
    return None


def _split_footer(data: bytes) -> tuple[bytes, list[str]]:
    """Separate a footer, which is a last line such as ``Showing 2 nodes``, from a document.

    Return the document, and a list with the footer if there is one.
    """
    _, newline, last_line = data[-400:].rstrip().rpartition(b"\n")
    is_possible = newline and b"Showing " in last_line
    footer = re.fullmatch(_FOOTER, last_line) if is_possible else None
    if footer is None:
        return data, []
    document = data[: data.rindex(newline + last_line)]
    return document, [footer[1].decode("utf-8", "replace")]


def _decode_small(data: bytes) -> dict[str, Any] | list[Any] | None:
    """Decode a small document by the standard library, since msgspec loads slowly.

    Return None if it is invalid, or may be; then msgspec must decode it.
    """
    if b"\\u" in data:  # escapes of surrogates may be invalid
        return None
    try:
        document = json.loads(
            data.decode().removeprefix("\ufeff"),
            object_pairs_hook=_unique,
            parse_float=_finite,
            parse_constant=_finite,
        )
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict | list) else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build the dict of a JSON object from its pairs; raise a ValueError if a key occurs twice."""
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("duplicate key")
    return record


def _finite(text: str) -> float:
    """Convert a text to a float; raise a ValueError if it is not finite."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("out of range")
    return number


def _records(document: Any, place: RecordPlace) -> Iterator[tuple[RecordPlace, Any]]:
    path, nodes = "", document
    if isinstance(document, dict) and (name := list_field(document)):
        path, nodes = name, document.pop(name) or []
        check_envelope(name, document)
    if not isinstance(nodes, list):
        yield place, nodes
        return
    line = place[0]
    for number, item in enumerate(nodes):
        yield (line, f"{path}[{number}]"), item


def _raw_records(data: bytes, line: int, place: RecordPlace) -> Iterator[tuple[RecordPlace, Any]]:
    from msgspec import Raw

    fields = {key: bytes(value) for key, value in _decode(data, dict[str, Raw], line).items()}
    quotes = 2 * len(fields) + sum(map(count_string_quotes, fields.values()))
    if count_string_quotes(data) != quotes:
        raise _duplicate_key(data)
    for name in LIST_FIELDS:
        if name in fields and fields[name][:1] in (b"[", b"n"):
            nodes = fields.pop(name)
            check_envelope(name, {key: decode(value) for key, value in fields.items()})
            if nodes != b"null":
                yield from _raw_list_records(nodes, line, (place[0], name))
            return
    yield place, decode(data)


def count_string_quotes(raw: bytes) -> int:
    """Count the quotes in a JSON document that begin or end a string, not the escaped ones."""
    count = raw.count(b'"')
    if b"\\" in raw:
        count -= re.findall(rb"\\(.)", raw, re.DOTALL).count(b'"')
    return count


def _raw_list_records(
    raw: bytes, line: int, place: RecordPlace
) -> Iterator[tuple[RecordPlace, Any]]:
    from msgspec import Raw

    for number, item in enumerate(_decode(raw, list[Raw], line)):
        item_place = place[0], f"{place[1]}[{number}]"
        try:
            yield item_place, decode(bytes(item))
        except InventoryError as error:
            raise error.within(place_of(item_place)) from None


def _decode(raw: bytes, shape: type[_T], line: int = 1) -> _T:
    import msgspec

    try:
        return msgspec.json.decode(raw.removeprefix(_BOM), type=shape)
    except RecursionError:
        raise _too_deep() from None
    except (msgspec.MsgspecError, ValueError):
        raise _invalid(raw.removeprefix(_BOM), shape, line) from None


def _invalid(raw: bytes, shape: type, line: int) -> InventoryError:
    """Return the error for a text that msgspec rejects.

    The mistake and its position are determined without msgspec, since its exceptions and their
    texts differ between versions.
    """
    text = decode_utf8(raw)

    def place(at: int) -> Place:
        return Place(line=line + text.count("\n", 0, at), column=at - text.rfind("\n", 0, at))

    def not_json(problem: str, at: int) -> InventoryError:
        return InventoryError("not-json", f"invalid JSON: {problem}", place=place(at))

    start = len(text) - len(text.lstrip())
    try:
        _, end = _DECODER.raw_decode(text, start)
    except JSONDecodeError as error:
        if _is_cut_off(text, error.pos):
            message, hint = "the JSON is cut off here", "get the complete output again"
            return InventoryError("cut-off", message, place=place(len(text)), hint=hint)
        if comma := _TRAILING_COMMA.match(text, text.rfind(",", 0, error.pos + 1)):
            return not_json("trailing comma", comma.end())
        is_escape = "\\" in text[error.pos - 1 : error.pos + 1]
        problem = "invalid escape" if is_escape else f"unexpected {quoted(text[error.pos])}"
        return not_json(problem, error.pos)
    except RecursionError:
        return _too_deep()
    if rest := text[end:].lstrip():
        at = len(text) - len(rest)
        return _SeveralTextsError("not-json", "invalid JSON: trailing characters", place=place(at))
    for pattern, problem in _NOT_JSON.items():
        for match in pattern.finditer(text):
            if match[1]:
                return not_json(problem, match.start(1))
    if shape is object:  # any JSON is an ``object``
        return InventoryError("not-json", "a number is too large")
    return InventoryError("wrong-type", "expected an object or a list of objects")


def _is_cut_off(text: str, at: int) -> bool:
    """Return whether a text, invalid from ``at`` on, may be the beginning of valid JSON."""
    if not text.startswith('"', at):
        rest = text[at:].rstrip()
        is_word = any(word.startswith(rest) for word in ("true", "false", "null", "-"))
        return is_word or re.fullmatch(_END_OF_NUMBER_OR_ESCAPE, rest) is not None
    try:
        _DECODER.raw_decode(text, at)
    except JSONDecodeError:  # the string is not closed
        return True
    return False


def _too_deep() -> InventoryError:
    return InventoryError("too-deep", "the document is nested too deeply")


class _SeveralTextsError(InventoryError):
    """There is something after the end of a JSON document, perhaps another document."""


def _count_strings(value: Any) -> int:
    """Count the strings in a decoded value at any depth, keys included."""
    containers: list[Any] = [[value]]
    count = 0
    while containers:
        container = containers.pop()
        if type(container) is dict:
            count += len(container)
            container = container.values()
        for item in container:
            if type(item) is str:
                count += 1
            elif type(item) is dict or type(item) is list:
                containers.append(item)
    return count


def _parse(raw: bytes, **options: Any) -> Any:
    """Parse JSON tolerantly: strings need not be UTF-8, and integers may have any length."""
    return json.loads(raw.decode("utf-8", "replace"), parse_int=str, **options)


def _duplicate_key(raw: bytes) -> InventoryError:
    """Return the error for the first duplicate key of ``raw``, which is known to have one."""
    names: list[str] = []

    def note_duplicates(pairs: list[tuple[str, Any]]) -> None:
        counts = Counter(key for key, _ in pairs)
        names.extend(f" {quoted(key)}" for key, count in counts.items() if count > 1)

    with suppress(ValueError, RecursionError):  # what else is wrong with it
        _parse(raw, object_pairs_hook=note_duplicates)
    message = f"duplicate key{names[0] if names else ''} in one object"
    return InventoryError("duplicate-key", message, hint="keep only one of them")


def split_at_lines(blocks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Split an input into JSON documents; yield the number of the first line and the text of each.

    A document begins where a line begins with an opening bracket and the line before ends with a
    closing one. That never happens inside a valid document. Documents that do not begin on such a
    line stay in one text.

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
    # One character for each byte; those of other characters than ASCII are within strings.
    characters, end = text.decode("latin-1"), 0
    texts: list[tuple[int, bytes]] = []
    try:
        while match := re.compile(r"\s*(?=[{\[])").match(characters, end):
            line += match[0].count("\n")
            _, end = _DECODER.raw_decode(characters, match.end())
            texts.append((line, text[match.end() : end]))
            line += texts[-1][1].count(b"\n")
    except (ValueError, RecursionError):
        return []
    return [] if characters[end:].strip() else texts
