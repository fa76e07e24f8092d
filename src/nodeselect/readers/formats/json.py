"""Decode JSON to records, one object of a list at a time; only a part of the text is in memory.

The standard library is used, with a hook that finds duplicate keys. msgspec decodes in less time,
but it reports no duplicate keys, and it needs to be given each node of a list by itself.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from nodeselect.errors import InventoryError
from nodeselect.files.inputs import decode_utf8, document_too_large_error, join_document
from nodeselect.limits import LIMITS
from nodeselect.problem import Place
from nodeselect.readers.envelope import LIST_FIELDS, check_envelope, list_field
from nodeselect.readers.raw_node import WHOLE, Record, RecordPlace, place_of
from nodeselect.text import quoted

_FOOTER = rb"\s*(Showing [^{}\[\]\n\0]{1,300}+)\s*"

# At least as many bytes are decoded at once.
_MIN_DECODED = 1 << 18

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
    text = _JsonText(iter([data]), 1)
    value = text.value()
    if not text.is_at_end():
        raise text.mistake()
    return value


def read_records(
    blocks: Iterable[bytes],
    line: int = 1,
    place: RecordPlace = WHOLE,
    *,
    footers: list[str] | None = None,
    kind: str = "Node",
) -> Iterator[tuple[RecordPlace, Any]]:
    """Yield the place and the value of each record in one or several JSON documents.

    The place of a record in a later document begins with the line of the document. About 250 KB
    of the text is in memory, or twice the largest record.

    :param blocks: the text in pieces, which are read only as far as needed.
    :param line: the line of the input in which the text begins; ``place``: where it is in the
        input.
    :param footers: a list to which a footer is added: the line that Expanso's command line prints
        after the nodes; None if there must be none.
    :param kind: the kind of objects that a list of Kubernetes must have.
    """
    try:
        text = _JsonText(_whole_pieces(blocks), line, kind)
        yield from text.records(place)
        while not text.is_at_end():
            place = text.line, ""
            if text.begins_with("---"):  # YAML, of which the first documents are also JSON
                from nodeselect.readers.formats import yaml  # loads the YAML library

                yield from yaml.read_records(text.rest(), is_whole=False, kind=kind)
                return
            footer = re.fullmatch(_FOOTER, text.rest()) if text.is_at_footer() else None
            if footer and footers is not None:
                footers.append(footer[1].decode("utf-8", "replace"))
                return
            if not text.begins_with("{") and not text.begins_with("["):
                raise text.mistake()
            yield from text.records(place)
    except InventoryError as error:
        raise (error if error.place else error.within(place_of(place))) from None


def _whole_pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield pieces of an input that end with a line end or a brace: they divide no character."""
    rest: list[bytes] = []
    size = 0  # of what has no such end yet
    for block in blocks:
        end = max(block.rfind(b"\n"), block.rfind(b"}")) + 1
        if end:
            yield b"".join((*rest, block[:end]))
            rest, size = [], 0
        rest.append(block[end:])
        size += len(rest[-1])
        if size > LIMITS.document_bytes:
            raise document_too_large_error()
    yield b"".join(rest)


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

    def __init__(self, pieces: Iterator[bytes], line: int, kind: str = "Node") -> None:
        """Begin at the first value in ``pieces``, which begin in this line of the input."""
        self._more = pieces
        self._kind = kind
        # The text that is in memory, and the line and column of the input in which it begins.
        self._text = ""
        self._size = 0  # in bytes, of the current document as far as it was read
        self._first_line, self._first_column = line, 1
        self._index = self._start = 0  # the current position; that of the value read last
        self._line, self._counted = line, 0  # a line, and the position in it
        self._append(next(pieces).removeprefix(b"\xef\xbb\xbf"))
        self.is_at_end()

    @property
    def line(self) -> int:
        """The line of the current position in the input."""
        self._line += self._text[self._counted : self._index].count("\n")
        self._counted = self._index
        return self._line

    def _append(self, data: bytes) -> None:
        """Append ``data`` to the text."""
        self._size += len(data)
        if self._size > LIMITS.document_bytes:
            raise document_too_large_error()
        start = len(self._text)
        try:
            text = data.decode()
        except UnicodeDecodeError:
            end = self._place(start)
            text = decode_utf8(data, end.line, end.column)  # raises, with the place
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
        pieces, size = [], 0
        least = max(_MIN_DECODED, len(self._text) - self._index)  # doubled: to stay linear
        while size < least and (piece := next(self._more, b"")):
            pieces.append(piece)
            size += len(piece)
        if not pieces:
            return False
        _, self._first_line, self._first_column, _ = self._place(self._index)
        self._text = self._text[self._index :]
        self._index = self._counted = 0
        self._line = self._first_line
        self._append(b"".join(pieces))
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

    def is_at_footer(self) -> bool:
        """Return whether there is a line at the current position that may be a footer."""
        if not self.begins_with("Showing "):
            return False
        return self._text[: self._index].rstrip(" \t\r")[-1:] in ("\n", "")

    def rest(self) -> bytes:
        """Return what follows, after as many line ends as there are before it in the input."""
        known = [b"\n" * (self.line - 1), self._text[self._index :].encode()]
        return join_document(chain(known, self._more))

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
        self._size = len(self._text) - self._index
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
                is_only = self.is_at_end() or self.is_at_footer()
                yield place if is_only else (begin, ""), document

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
        place = self._place(index)
        if text[index] in "{[" and place.column == 1:
            message = "the JSON before this line is cut off, or a comma is missing"
            hint = "add the comma, or get the complete output again"
            return InventoryError("cut-off", message, place=place, hint=hint)
        message = f"invalid JSON: unexpected {quoted(text[index])}"
        return InventoryError("not-json", message, place=place)

    def _skip_white_space(self, index: int) -> int:
        match = _find_visible(self._text, index)
        return match.start() if match else len(self._text)

    def _place(self, index: int) -> Place:
        line = self._first_line + self._text.count("\n", 0, index)
        column = index - self._text.rfind("\n", 0, index)
        is_first = column > index  # of the lines in memory
        return Place(line=line, column=column + (self._first_column - 1 if is_first else 0))
