"""Decode JSON to records. A large list is decoded one object at a time.

The text of nodes is in memory as a whole, for exact errors; that of pods, only a part of it.

The standard library is used, with a hook that finds duplicate keys. msgspec decodes in less time,
but it reports no duplicate keys, and it needs to be given each node of a list by itself.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from nodeselect.errors import InventoryError
from nodeselect.files.inputs import decode_utf8, document_too_large_error
from nodeselect.limits import LIMITS
from nodeselect.problem import Place
from nodeselect.readers.envelope import LIST_FIELDS, check_envelope, list_field
from nodeselect.readers.raw_node import WHOLE, Record, RecordPlace, place_of
from nodeselect.text import quoted

_FOOTER = rb"[ \t]*(Showing [^{}\[\]]*)"

_WHITE_SPACE = frozenset(b" \t\r\n")
_CLOSING = frozenset(b"}]")

_find_visible = re.compile(r"[^ \t\r\n]").search
_match_token = re.compile(r"[ \t\r\n]*([\[\]{},:])[ \t\r\n]*").match

# An escape sequence; the group is half of a surrogate pair without the other half.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|(u[dD][89a-fA-F]\w\w)|.)", re.DOTALL
)

# What is left of a text from its first mistake on, if the only mistake is that it ends too early.
_is_cut_off = re.compile(
    r"(?:tr?u?|fa?l?s?|nu?l?|u[\da-fA-F]*|-|[.eE][-+]?)?[ \t\r\n]*|[\"\\](?:[^\"\\]|\\.)*+\\?",
    re.DOTALL,
).fullmatch

# In valid JSON: a string, and whether it is a key; the beginning or end of an object; or a word.
_find_tokens = re.compile(
    r"\"(?:[^\"\\]|\\.)*+(?:\"[ \t\r\n]*+(:)?)?+|[{}]|([-+.\w]+)", re.DOTALL
).finditer


def decode(data: bytes) -> Any:
    """Decode one JSON document; raise if it is invalid or cut off, or has a duplicate key."""
    text = _JsonText(data, 1)
    value = text.value()
    if not text.is_at_end():
        raise text.mistake()
    return value


def read_records(blocks: Iterator[bytes], footers: list[str]) -> Iterator[tuple[RecordPlace, Any]]:
    """Yield the place and the value of each record in a JSON input.

    The input may have several JSON documents: then each place begins with the line of the document.
    One document at a time is in memory, and its records are decoded one by one.

    :param footers: a list to which a footer is added: the line that Expanso's command line prints
        after the nodes.
    """
    texts = split_at_lines(blocks)
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


def read_text(
    data: bytes, line: int, place: RecordPlace, more: Iterable[bytes] = (), kind: str = "Node"
) -> Iterator[tuple[RecordPlace, Any]]:
    """Yield the place and the value of each record in the JSON documents in ``data``.

    :param line: the line of the input in which ``data`` begins.
    :param place: the place of ``data`` in the input; ``WHOLE`` if it is the whole input.
    :param more: what follows ``data``, from :func:`whole_pieces`; read only as far as needed.
    :param kind: the kind of objects that a list of Kubernetes must have.
    """
    try:
        text = _JsonText(data, line, more, kind)
        yield from text.records(place)
        while not text.is_at_end():
            place = text.line, ""
            if text.begins_with("---"):  # YAML, of which the first documents are also JSON
                from nodeselect.readers.formats import yaml  # loads the YAML library

                yield from yaml.read_records(text.rest(), is_whole=False, kind=kind)
                return
            if not text.begins_with("{") and not text.begins_with("["):
                raise text.mistake()
            yield from text.records(place)
    except InventoryError as error:
        raise (error if error.place else error.within(place_of(place))) from None


def whole_pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield pieces of an input that end with a line end or a brace: they divide no character."""
    rest = b""
    for block in blocks:
        text = rest + block
        end = max(text.rfind(b"\n"), text.rfind(b"}")) + 1
        if end:
            yield text[:end]
        rest = text[end:]
        if len(rest) > LIMITS.event_bytes:
            raise _object_too_large()
    yield rest


def _object_too_large() -> InventoryError:
    message = f"an object can have at most {LIMITS.event_bytes:,} bytes (limit: event_bytes)"
    return InventoryError("document-too-large", message)


def _split_footer(data: bytes) -> tuple[bytes, list[str]]:
    """Split off a footer, a last line such as ``Showing 2 nodes``: a list of at most one."""
    _, newline, last_line = data[-400:].rstrip().rpartition(b"\n")
    is_possible = newline and b"Showing " in last_line
    footer = re.fullmatch(_FOOTER, last_line) if is_possible else None
    if footer is None:
        return data, []
    document = data[: data.rindex(newline + last_line)]
    return document, [footer[1].decode("utf-8", "replace")]


def _unique(pairs: list[tuple[str, Any]]) -> Record:
    """Build the dict of a JSON object from its pairs; raise a ValueError if a key occurs twice."""
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("duplicate key")
    return record


def _finite(text: str) -> float:
    """Convert a number in JSON to a float; raise a ValueError if it is not finite."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


_raw_decode = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_finite, parse_constant=_finite
).raw_decode


class _JsonText:
    """Reads the values in a JSON text, one after the other, from a current position."""

    def __init__(
        self, data: bytes, line: int, more: Iterable[bytes] = (), kind: str = "Node"
    ) -> None:
        """Begin at the first value in ``data``; the parameters are those of :func:`read_text`."""
        self._more = iter(more)
        self._kind = kind
        # The text that is in memory, and the line and column of the input in which it begins.
        self._text = ""
        self._first_line, self._first_column = line, 1
        self._index = self._start = 0  # the current position; that of the value read last
        self._line, self._counted = line, 0  # a line, and the position in it
        self._append(data.removeprefix(b"\xef\xbb\xbf"), line, 1)
        self.is_at_end()

    @property
    def line(self) -> int:
        """The line of the current position in the input."""
        self._line += self._text[self._counted : self._index].count("\n")
        self._counted = self._index
        return self._line

    def _append(self, data: bytes, line: int, column: int) -> None:
        """Append ``data``, which begins at a line and column of the input, to the text."""
        start, text = len(self._text), decode_utf8(data, line, column)
        self._text += text
        if "\\" in text and "\\u" in text:  # one character is searched for much faster
            half = next((escape for escape in _ESCAPE.finditer(text) if escape[1]), None)
            if half is not None:
                message = (
                    "invalid JSON: a \\u escape is half of a character (an unpaired surrogate)"
                )
                raise InventoryError("not-json", message, place=self._place(start + half.start()))

    def _read_more(self) -> bool:
        """Drop the text before the current position, and append more; return False at the end."""
        data = next(self._more, b"")
        if not data:
            return False
        size = len(self._text) - self._index
        while len(data) < size and (piece := next(self._more, b"")):  # doubled: to stay linear
            data += piece
        if size > LIMITS.event_bytes:
            raise _object_too_large()
        end = self._place(len(self._text))
        self._first_line, self._first_column = self.line, self._place(self._index).column
        self._text = self._text[self._index :]
        self._index = self._counted = 0
        self._append(data, end.line, end.column)
        return True

    def is_at_end(self) -> bool:
        """Skip white space, and return whether the end of the text is reached."""
        while (match := _find_visible(self._text, self._index)) is None:
            self._index = len(self._text)
            if not self._read_more():
                return True
        self._index = match.start()
        return False

    def begins_with(self, character: str) -> bool:
        return self._text.startswith(character, self._index)

    def rest(self) -> bytes:
        """Return what follows, after as many line ends as there are before it in the input."""
        return b"\n" * (self.line - 1) + b"".join((self._text[self._index :].encode(), *self._more))

    def value(self) -> Any:
        """Decode the value at the current position, and move past it."""
        try:
            self._start, (value, self._index) = self._index, _raw_decode(self._text, self._index)
        except json.JSONDecodeError as error:
            if _is_cut_off(self._text, error.pos) and self._read_more():
                return self.value()
            raise self._mistake_at(error.pos) from None
        except RecursionError:
            message, place = "the document is nested too deeply", self._place(self._index)
            raise InventoryError("too-deep", message, place=place) from None
        except ValueError:  # of a hook, or an integer has more digits than Python converts
            raise self._invalid_value() from None
        return value

    def _invalid_value(self) -> InventoryError:
        """Return the error for the first duplicate key or number out of range in the next value."""
        objects: list[set[str]] = []  # the keys of each object around the token
        for token in _find_tokens(self._text, self._index):
            colon, word = token.groups()
            if word:
                try:
                    _raw_decode(self._text, token.start())
                except ValueError:
                    message = f"invalid JSON: {quoted(word)} is not a number, or is too large"
                    return InventoryError("not-json", message, place=self._place(token.start()))
            elif colon:
                key, _ = _raw_decode(self._text, token.start())
                if key in objects[-1]:
                    return self._duplicate_key(key, token.start())
                objects[-1].add(key)
            elif token[0] == "{":
                objects.append(set())
            elif token[0] == "}":
                objects.pop()
        raise AssertionError("a value that was not decoded is valid")

    def _duplicate_key(self, key: str, index: int) -> InventoryError:
        message, hint = f"duplicate key {quoted(key)} in one object", "keep only one of them"
        return InventoryError("duplicate-key", message, place=self._place(index), hint=hint)

    def records(self, place: RecordPlace) -> Iterator[tuple[RecordPlace, Any]]:
        """Yield the records of the next document: the items of its list, or the whole document."""
        begin, line = self.line, place[0]
        if self.begins_with("["):
            yield from self._items(place)
        elif not self.begins_with("{"):
            yield place, self.value()
        else:
            document: Record = {}
            self._step("{")
            separator = self._step("}") if self.begins_with("}") else ","
            while separator == ",":
                if not self.begins_with('"'):
                    raise self.mistake()
                key = self.value()
                if key in document:
                    raise self._duplicate_key(key, self._start)
                self._step(":")
                if key in LIST_FIELDS and self.begins_with("["):
                    yield from self._items((line, key))
                    document[key] = []
                else:
                    document[key] = self.value()
                separator = self._step(",}")
            if name := list_field(document):
                del document[name]
                check_envelope(name, document, self._kind)
            else:
                yield place if self.is_at_end() else (begin, ""), document

    def _items(self, place: RecordPlace) -> Iterator[tuple[RecordPlace, Any]]:
        """Yield the place and the value of each item of the next list, which is at ``place``."""
        line, path = place
        self._step("[")
        separator = self._step("]") if self.begins_with("]") else ","
        number = 0
        while separator == ",":
            yield (line, f"{path}[{number}]"), self.value()
            separator = self._step(",]")
            number += 1

    def _step(self, expected: str) -> str:
        """Move past a character, one of ``expected``, and the white space around it; return it."""
        match = _match_token(self._text, self._index)
        if match is None and not self.is_at_end():  # it may be in what is read only now
            match = _match_token(self._text, self._index)
        if match is None or match[1] not in expected:
            raise self._mistake_at(self._skip_white_space(self._index))
        self._index = match.end()
        if self._index == len(self._text):
            self.is_at_end()
        return match[1]

    def mistake(self) -> InventoryError:
        """Return the error for a text that is invalid or cut off at the current position."""
        return self._mistake_at(self._index)

    def _mistake_at(self, index: int) -> InventoryError:
        after = index - self._index
        while _is_cut_off(self._text, index) and self._read_more():
            index = after
        text = self._text
        if _is_cut_off(text, index):
            message, hint = "the JSON is cut off here", "get the complete output again"
            return InventoryError("cut-off", message, place=self._place(len(text)), hint=hint)
        if text[index] == ",":  # some versions of Python report the comma before a bracket
            end = self._skip_white_space(index + 1)
            index = end if text.startswith(("]", "}"), end) else index
        message = f"invalid JSON: unexpected {quoted(text[index])}"
        return InventoryError("not-json", message, place=self._place(index))

    def _skip_white_space(self, index: int) -> int:
        match = _find_visible(self._text, index)
        return match.start() if match else len(self._text)

    def _place(self, index: int) -> Place:
        line = self._first_line + self._text.count("\n", 0, index)
        column = index - self._text.rfind("\n", 0, index)
        is_first = column > index  # of the lines in memory
        return Place(line=line, column=column + (self._first_column - 1 if is_first else 0))


def split_at_lines(blocks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Split an input into JSON documents; yield the first line number and the text of each.

    A document begins at a line that starts with an opening bracket, if the line before ends with a
    closing one. That never happens inside a valid document. Documents that do not begin like this
    are not split.
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
