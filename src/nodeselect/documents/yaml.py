"""YAML from libyaml's events: plain data only, nothing converted."""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from nodeselect.documents.values import (
    TEMPLATE_HINT,
    DocumentError,
    List,
    Object,
    Position,
    Refusals,
    Scalar,
    Value,
    check_characters,
    duplicate_key_error,
    is_null,
    position_in,
    too_deep_error,
    too_many_values_error,
)
from nodeselect.limits import LIMITS
from nodeselect.text import printable, quoted

__all__ = ["read_yaml", "scalar_kind"]

# Control characters; line separators, at which libyaml ends a line, but YAML 1.2 and editors do
# not; surrogates, which it cannot encode.
_FORBIDDEN = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]"
)


def read_yaml(text: str, max_values: int | None = None) -> Value:
    """Read ``text`` as one YAML document of plain data. Cost: linear.

    :param max_values: how many keys and values it may hold.
    :raises DocumentError: if it is not, with every mistake up to the first of syntax.
    """
    import yaml  # here, since most commands do not need it

    check_characters(text, _FORBIDDEN)
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    builder = _Builder(yaml.parse(text, Loader=loader), text, max_values)
    try:
        document = builder.document()
    except DocumentError as error:
        builder.refusals.add(error)
    except yaml.MarkedYAMLError as error:
        if not builder.has_template:  # which breaks the text after it
            builder.refusals.add(_syntax_error(text, error))
    builder.refusals.raise_if_any()
    return document


def _syntax_error(text: str, error: Any) -> DocumentError:
    """Return the error for what libyaml reports, at the place where a person would fix it."""
    problem = printable(str(error.problem or "it cannot be read"))
    end = len(text.rstrip())
    stopped = (error.problem_mark or error.context_mark).index
    begin = error.context_mark.index if error.context_mark else stopped
    if "nesting depth" in problem:  # libyaml's own limit, at a thousand
        return too_deep_error(position_in(text, stopped))
    index, hint = stopped, None
    places = (begin, stopped, max(stopped - 2, 0))  # the last is for "{{- if .x }}"
    templates = (place for place in places if text.startswith("{{", place))
    if (template := next(templates, None)) is not None:
        index, hint = template, TEMPLATE_HINT
    elif "expected ':'" in problem:
        index, hint = begin, "put ':' and a space after a key, or quotes around a string"
    elif tag := re.compile(r"![^\s,\]}\"\\]+").match(text, begin):  # as in [a, !debug]
        index, hint = begin, f'if this is text, quote it: "{quoted(tag[0])[1:-1]}"'
    elif text[begin : begin + 1] in tuple("{[\"'"):
        if stopped >= end:
            index, hint = begin, "it is never closed"
        elif text.count("\n", begin, stopped):
            line = position_in(text, begin).line + 1
            hint = f"close the {text[begin]} of line {line} before this, or add a missing ','"
    elif "\t" in text[stopped : stopped + 1] or "tab character" in problem:
        hint = "indent YAML with spaces, not tabs"
    elif "mapping values are not allowed" in problem:
        hint = "quote a string that contains ': ', and put each key on a line of its own"
    if index >= end:
        index, hint = end - 1, hint or "the file ends too early"
    return DocumentError("not-yaml", f"not YAML: {problem}", position_in(text, max(index, 0)), hint)


class _Builder:
    """Builds values from libyaml's events."""

    def __init__(self, events: Iterator[Any], text: str, max_values: int | None) -> None:
        self.refusals = Refusals()
        self.has_template = False
        self._events = events
        self._text = text
        self._max_values = max_values
        self._count = 0
        # Lines as editors count them: YAML itself also ends one at a lone CR.
        self._line_starts = array("I", [0])
        self._line_starts.extend(match.end() for match in re.finditer("\n", text))

    def document(self) -> Value:
        next(self._events)  # the start of the stream
        start = next(self._events)
        if type(start).__name__ == "StreamEndEvent":
            return Scalar("", "null", Position(0, 0), False)
        if start.tags:
            self._refuse("tag", "%TAG is not allowed", self._start(start), "remove it")
        value = self._value(next(self._events), 0)
        next(self._events)  # the end of the document
        following = next(self._events)
        if type(following).__name__ != "StreamEndEvent":
            self._refuse(
                "second-document", "a second document begins here", self._start(following),
                "keep one document per file",
            )  # fmt: skip
        return value

    def _value(self, event: Any, depth: int) -> Value:
        self._count += 1
        if self._max_values is not None and self._count > self._max_values:
            raise too_many_values_error(self._start(event), self._max_values)
        if event.anchor is not None:
            message = f"YAML anchors and aliases are not allowed: {quoted(event.anchor)}"
            self._refuse("anchor", message, self._start(event), "write out the value")
        name = type(event).__name__
        if name == "AliasEvent":
            return Scalar("", "text", self._start(event), False)
        if event.tag is not None:
            self._refuse_tag(event, is_scalar=name == "ScalarEvent")
        if name == "ScalarEvent":
            return self._scalar(event)
        if depth >= LIMITS.depth:
            raise too_deep_error(self._start(event))
        return (self._list if name == "SequenceStartEvent" else self._object)(event, depth)

    def _refuse_tag(self, event: Any, *, is_scalar: bool) -> None:
        hint = "remove the tag"
        if event.tag == "!include":
            hint = "replace it with the content of the file"
        elif is_scalar and event.tag.startswith("!"):  # as in "- !debug"
            hint = f'if this is text, quote it: "{quoted(event.tag)[1:-1]}"'
        message = f"YAML tags are not allowed: {quoted(event.tag)}"
        self._refuse("tag", message, self._start(event), hint)

    def _refuse(self, code: str, message: str, position: Position, hint: str | None = None) -> None:
        self.refusals.add(DocumentError(code, message, position, hint))

    def _scalar(self, event: Any) -> Scalar:
        index = event.start_mark.index
        kind = "text" if event.style else scalar_kind(event.value)
        if event.style and event.style in "'\"":
            index += 1
        verbatim = self._text.startswith(event.value, index)
        return Scalar(event.value, kind, self._position(index), verbatim)

    def _list(self, start: Any, depth: int) -> List:
        items: list[Value] = []
        self._count += 1
        while type(event := next(self._events)).__name__ != "SequenceEndEvent":
            items.append(self._value(event, depth + 1))
        return List(items, self._start(start))

    def _object(self, start: Any, depth: int) -> Object:
        entries: dict[str, tuple[Scalar, Value]] = {}
        self._count += 1
        while type(event := next(self._events)).__name__ != "MappingEndEvent":
            is_alias = type(event).__name__ == "AliasEvent"
            key = self._value(event, depth + 1)
            if not is_alias:
                self._check_key(key, entries)
            value = self._value(next(self._events), depth + 1)
            if isinstance(key, Scalar):
                entries.setdefault(key.text, (key, value))
        return Object(entries, self._start(start))

    def _check_key(self, key: Value, entries: dict[str, tuple[Scalar, Value]]) -> None:
        if isinstance(key, Object) and self._is_template(key, -1):
            self.has_template = True
            position = Position(key.position.line, key.position.column - 1)
            self._refuse("key-not-text", "unfilled template", position, TEMPLATE_HINT)
        elif isinstance(key, Object) and self._is_template(key, 0):
            pass  # "{{x}}: a", whose inner braces are refused
        elif not isinstance(key, Scalar) or is_null(key):
            self._refuse("key-not-text", "a key must be a string", key.position)
        elif key.text == "<<":
            hint = "write out the merged keys"
            self._refuse("merge-key", "YAML merge keys are not allowed", key.position, hint)
        elif key.text in entries:
            self.refusals.add(duplicate_key_error(key, entries[key.text][0]))

    def _is_template(self, key: Object, offset: int) -> bool:
        """Return whether ``{{`` is at the position of a key, or ``offset`` characters beside it."""
        column = key.position.column + offset
        line_start = self._line_starts[key.position.line]
        return column >= 0 and self._text.startswith("{{", line_start + column)

    def _start(self, event: Any) -> Position:
        return self._position(event.start_mark.index)

    def _position(self, index: int) -> Position:
        line = bisect_right(self._line_starts, index) - 1
        return Position(line, index - self._line_starts[line])


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

# First characters of the scalars that may be anything but text.
_FIRST = frozenset("~nNyYoOtTfF0123456789+-.=<")


def scalar_kind(plain: str) -> str:
    """Return what YAML 1.1 or 1.2 could read a plain scalar as."""
    if plain and plain[0] not in _FIRST:
        return "text"
    for kind, pattern in _KINDS:
        if pattern.fullmatch(plain):
            return kind
    return "text"
