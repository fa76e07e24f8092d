"""YAML by libyaml's events: plain data only, nothing converted."""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from nodeselect.documents.values import (
    FILL_IN,
    DocumentError,
    List,
    Object,
    Position,
    Refusals,
    Scalar,
    Unknown,
    Value,
    enter,
    given_twice,
    position_in,
    refused_character,
    too_deep,
    too_many,
    with_more,
)
from nodeselect.limits import LIMITS
from nodeselect.text import printable, quoted

__all__ = ["read_yaml", "scalar_kind"]


def read_yaml(text: str, most: int | None = None, refusals: Refusals | None = None) -> Value:
    """Read ``text`` as one YAML document of plain data. Cost: linear.

    :param most: how many keys and values it may hold.
    :param refusals: empty; takes what is refused and can be read past, which is unknown in what is
        given back. Without it the first refusal is raised.
    :raises DocumentError: when it is not.
    """
    import yaml  # here, since most runs of the command line need none

    separator = re.search("[\x85\u2028\u2029]", text)
    if separator:  # libyaml ends a line there, YAML 1.2 and editors do not
        message = f"a line separator ({printable(separator[0])}) is refused: readers of YAML differ"
        at = position_in(text, separator.start())
        raise DocumentError("control-character", message, at, "take it out")
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    builder = _YamlBuilder(yaml.parse(text, Loader=loader), text, most, refusals)
    try:
        return builder.document()
    except yaml.MarkedYAMLError as error:
        raise _broken(text, error) from None
    except yaml.reader.ReaderError as error:
        raise _unreadable(text, error) from None
    except UnicodeEncodeError as error:
        at = position_in(text, error.start)
        raise DocumentError("surrogate", "half of a surrogate pair is refused", at) from None


def _broken(text: str, error: Any) -> DocumentError:
    """Give the error for what libyaml says, at the place where a person would mend it."""
    problem = printable(str(error.problem or "it cannot be read"))
    end = len(text.rstrip())
    found = (error.problem_mark or error.context_mark).index
    begin = error.context_mark.index if error.context_mark else found
    if "nesting depth" in problem:  # of libyaml itself, at a thousand
        return too_deep(position_in(text, found))
    at, hint = found, None
    templates = (i for i in (found, begin, max(found - 2, 0)) if text.startswith("{{", i))
    if (template := next(templates, None)) is not None:  # the last is "{{- if .x }}"
        at, hint = template, FILL_IN
    elif "expected ':'" in problem:
        at, hint = begin, "put ':' and a blank behind a key, or quotes around a text"
    elif tag := re.compile(r"![^\s,\]}\"\\]+").match(text, begin):  # as in [a, !debug]
        at, hint = begin, f'if it is text, write it between quotes: "{quoted(tag[0])[1:-1]}"'
    elif text[begin : begin + 1] in tuple("{[\"'"):
        if found >= end:
            at, hint = begin, "it is never closed"
        elif text.count("\n", begin, found):
            line = position_in(text, begin).line + 1
            hint = (
                f"what {text[begin]} opens in line {line} is not closed before, or a ',' is missing"
            )
    elif "\t" in text[found : found + 1] or "tab character" in problem:
        hint = "YAML is indented with blanks, not tabs"
    elif "mapping values are not allowed" in problem:
        hint = "put a text with ': ' in it between quotes, or a key on a line of its own"
    if at >= end:
        at, hint = end - 1, hint or "the file ends here, too early"
    return DocumentError("not-yaml", f"not YAML: {problem}", position_in(text, max(at, 0)), hint)


def _unreadable(text: str, error: Any) -> DocumentError:
    bad = re.search(
        "[^\\t\\n\\r\\x20-\\x7e\\x85\\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text
    )
    if bad is None:
        return DocumentError(
            "not-yaml", f"not YAML: {printable(str(error.reason))}", Position(0, 0)
        )
    return refused_character(bad[0], position_in(text, bad.start()))


class _YamlBuilder:
    """Builds values of the events that libyaml gives."""

    def __init__(
        self, events: Iterator[Any], text: str, most: int | None, refusals: Refusals | None
    ) -> None:
        self._events = events
        self._refusals = refusals
        self._text = text
        self._most = most
        self._count = 0
        # Lines as editors count them: YAML itself also ends one at U+2028 and the like.
        self._starts = array("I", [0])
        self._starts.extend(match.end() for match in re.finditer("\n", text))

    def position(self, index: int) -> Position:
        """Give the position of the character at ``index``."""
        line = bisect_right(self._starts, index) - 1
        return Position(line, index - self._starts[line])

    def document(self) -> Value:
        next(self._events)  # the start of the stream
        start = next(self._events)
        if type(start).__name__ == "StreamEndEvent":
            return Scalar("", "null", Position(0, 0), False)
        if start.tags:
            self._refuse(DocumentError("tag", "%TAG is refused", self._mark(start), "take it away"))
        value = self._value(next(self._events), 0)
        next(self._events)  # the end of the document
        more = next(self._events)
        if type(more).__name__ != "StreamEndEvent":
            self._refuse(
                DocumentError(
                    "second-document",
                    "a second document begins here",
                    self._mark(more),
                    "keep one document in a file",
                )
            )
            return with_more(value)
        return value

    def _value(self, event: Any, depth: int) -> Value:
        if event.anchor is not None:
            message = f"anchors and aliases are refused ({quoted(event.anchor)})"
            at = self._mark(event)
            self._refuse(DocumentError("anchor", message, at, "write the value out"))
        self._count += 1
        if self._most is not None and self._count > self._most:
            raise too_many(self._mark(event), self._most)
        match type(event).__name__:
            case "AliasEvent":
                return Unknown(self._mark(event))
            case _ if event.tag is not None:
                return self._tagged(event, depth)
            case "ScalarEvent":
                return self._scalar(event)
        return self._container(event, depth)

    def _tagged(self, event: Any, depth: int) -> Unknown:
        """Refuse a tag; what it makes of the value is unknown."""
        hint = "write the value without it"
        is_scalar = type(event).__name__ == "ScalarEvent"
        if event.tag == "!include":
            hint = "write what the file holds in its place"
        elif is_scalar and event.tag.startswith("!"):  # as in "- !debug"
            hint = f'if it is text, write it between quotes: "{quoted(event.tag)[1:-1]}"'
        message = f"tags are refused ({quoted(event.tag)})"
        self._refuse(DocumentError("tag", message, self._mark(event), hint))
        if not is_scalar:
            self._container(event, depth)
        return Unknown(self._mark(event))

    def _container(self, start: Any, depth: int) -> Value:
        if depth >= LIMITS.depth:
            raise too_deep(self._mark(start))
        if type(start).__name__ == "SequenceStartEvent":
            return self._list(start, depth)
        return self._object(start, depth)

    def _refuse(self, error: DocumentError) -> None:
        if self._refusals is None:
            raise error
        self._refusals.add(error)

    def _scalar(self, event: Any) -> Scalar | Unknown:
        index = event.start_mark.index
        kind = "text" if event.style else scalar_kind(event.value)
        if event.style and event.style in "'\"":
            index += 1
        verbatim = self._text.startswith(event.value, index)
        if self._refusals is not None and self._refusals.hide(event.value):
            return Unknown(self.position(index))
        return Scalar(event.value, kind, self.position(index), verbatim)

    def _is_template(self, key: Value) -> bool:
        """Say whether a key is the inner braces of ``{{x}}``."""
        if isinstance(key, Scalar | Unknown) or key.position.column == 0:
            return False
        return self._text.startswith(
            "{{", self._starts[key.position.line] + key.position.column - 1
        )

    def _bad_key(
        self, key: Value, entries: dict[str, tuple[Scalar, Value]]
    ) -> DocumentError | None:
        """Give what is wrong with a key, or None."""
        if isinstance(key, Unknown):  # which is told
            return None
        if self._is_template(key):
            at = Position(key.position.line, key.position.column - 1)
            return DocumentError("key-not-text", "a template was left in", at, FILL_IN)
        if not isinstance(key, Scalar) or key.kind == "null":
            return DocumentError("key-not-text", "a key is no text", key.position)
        if key.text == "<<":
            hint = "write the values out"
            return DocumentError("merge-key", "merge keys are refused", key.position, hint)
        return given_twice(key, entries[key.text][0]) if key.text in entries else None

    def _mark(self, event: Any) -> Position:
        return self.position(event.start_mark.index)

    def _list(self, start: Any, depth: int) -> List:
        items: list[Value] = []
        self._count += 1
        while type(event := next(self._events)).__name__ != "SequenceEndEvent":
            items.append(self._value(event, depth + 1))
        return List(items, self._mark(start))

    def _object(self, start: Any, depth: int) -> Object | Unknown:
        entries: dict[str, tuple[Scalar, Value]] = {}
        is_open = is_template = False
        self._count += 1
        while type(event := next(self._events)).__name__ != "MappingEndEvent":
            key = self._value(event, depth + 1)
            bad = self._bad_key(key, entries)
            if bad is not None:
                self._refuse(bad)
            value = self._value(next(self._events), depth + 1)
            if isinstance(key, Scalar) and (bad is None or bad.code == "duplicate-key"):
                enter(entries, key, value)
            else:
                is_open = True
                is_template = is_template or self._is_template(key)
        at = self._mark(start)
        return Unknown(at) if is_template else Object(entries, at, is_open)


_KINDS = (
    ("null", re.compile(r"(?:~|null|Null|NULL)?")),
    ("boolean", re.compile(r"y|n|yes|no|on|off|true|false", re.IGNORECASE)),
    (
        "number",
        re.compile(
            r"[-+]?(?:0[xoXO][0-9a-fA-F_]+|0[bB][01_]+|[0-9][0-9_]*(?::[0-5]?[0-9])*(?:\.[0-9_]*)?"
            r"|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|=",
            re.ASCII,
        ),
    ),
    ("merge key", re.compile("<<")),
    ("date", re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?", re.ASCII)),
)

_FIRST = frozenset("~nNyYoOtTfF0123456789+-.=<")
"""Characters that what is not text begins with."""


def scalar_kind(plain: str) -> str:
    """Say what YAML 1.1 or 1.2 could read a plain scalar as."""
    if plain and plain[0] not in _FIRST:
        return "text"
    for kind, pattern in _KINDS:
        if pattern.fullmatch(plain):
            return kind
    return "text"
