"""Read a document of plain data, in YAML or JSON; scalars stay text."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from nodeselect.documents.json import read_json
from nodeselect.documents.values import (
    Builder,
    DocumentError,
    Entries,
    List,
    Object,
    Position,
    Scalar,
    Value,
    check_characters,
    position_in,
    quote_fix,
    template_hint,
    too_deep_error,
)
from nodeselect.limits import LIMITS
from nodeselect.problem import Fix
from nodeselect.text import printable, quoted

# Control characters; U+2028 and U+2029, at which libyaml ends a line, while YAML 1.2 and editors do
# not; surrogates, which libyaml cannot encode.
_FORBIDDEN = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]"
)

# libyaml reads so far ahead of the events that it yields, in search of the ':' after a key.
_LOOK_AHEAD = 1024

_INDENT_HINT = "indent this line like the other keys or items of its block"

# How JSON begins, and how it begins when people put a comment before it.
_JSON_STARTS = ("{", "[")
_COMMENTED_JSON_STARTS = (*_JSON_STARTS, "#", "//", "/*")


def read_document(text: str, max_values: int | None = None, *, strict_json: bool = False) -> Value:
    """Read ``text`` as JSON if it is JSON, otherwise as plain YAML. Cost: linear.

    :param max_values: how many keys and values it may contain; None for any number.
    :param strict_json: whether to read a text that begins like JSON, or with a comment, as JSON
        only: for ``.json`` files, which other programs read as JSON.
    :raises DocumentError: if the text is neither, or has mistakes; the error has all mistakes up to
        the first syntax error.
    """
    documents = read_documents(text, max_values, strict_json=strict_json, single=True)
    return documents[0] if documents else Scalar("", "null", Position(0, 0), False)


def read_documents(
    text: str,
    max_values: int | None = None,
    *,
    strict_json: bool = False,
    max_depth: int = LIMITS.depth,
    single: bool = False,
    expands_aliases: bool = False,
) -> list[Value]:
    """Read ``text`` as :func:`read_document` does, but allow several YAML documents.

    Empty documents are left out. ``max_values`` limits all documents together.

    :param max_depth: how many lists and mappings may be nested.
    :param single: whether a second document is a mistake.
    :param expands_aliases: whether lists and mappings may have anchors, and mappings merge keys, as
        in the YAML of kubectl. What is inside an aliased value has its position at the anchor.
    """
    starts = _COMMENTED_JSON_STARTS if strict_json else _JSON_STARTS
    if text.lstrip(" \t\r\n")[:2].startswith(starts):
        is_yaml = not strict_json
        found = read_json(text, max_values, max_depth, may_be_yaml=is_yaml, single=single)
        if found is not None:  # otherwise, it may be YAML in flow style
            return found
    import yaml  # here, since most commands do not need it

    check_characters(text, _FORBIDDEN)
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    builder = _YamlBuilder(yaml.parse(text, Loader=loader), text, max_values, max_depth)
    builder.expands_aliases = expands_aliases
    try:
        documents = builder.documents(single=single)
    except DocumentError as error:
        builder.add(error)
    except yaml.MarkedYAMLError as error:
        if not builder.has_template:  # a template breaks the syntax after it
            builder.add(_syntax_error(text, error, max_depth))
    builder.raise_if_refused()
    return [each for each in documents if each[:2] != ("", "null")]


def scalar_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each scalar in a YAML text, up to the first syntax error."""
    import yaml  # here, since most commands do not need it

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    with suppress(yaml.YAMLError):
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.ScalarEvent) and event.start_mark and event.end_mark:
                start, end = event.start_mark.index, event.end_mark.index
                if event.style in ("|", ">"):  # its first line may end with a comment
                    start = max(text.find("\n", start), start)
                yield start, end


def _syntax_error(text: str, error: Any, max_depth: int) -> DocumentError:
    """Convert a libyaml error; move its position to the place that a person would correct.

    The hint depends on the message of libyaml; there is none for an unknown message.
    """
    problem = printable(str(error.problem or "it cannot be read"))
    end = len(text.rstrip())
    stopped = (error.problem_mark or error.context_mark).index
    begin = error.context_mark.index if error.context_mark else stopped
    before = text[max(stopped - _LOOK_AHEAD, 0) : stopped]
    depth = sum(map(before.count, "[{")) - sum(map(before.count, "]}"))
    if depth > max_depth:  # the builder has not seen these yet; libyaml stops at a thousand
        return too_deep_error(position_in(text, stopped), max_depth)
    index = stopped
    hint: Fix | str | None = None
    places = (max(each, 0) for each in (begin - 1, begin, stopped, stopped - 1, stopped - 2))
    templates = (place for place in places if text.startswith(("{{", "{%"), place))
    if (template := next(templates, None)) is not None:
        index, hint = template, template_hint(text)
    elif "expected ':'" in problem:
        index, hint = begin, "put ':' and a space after a key, or quotes around a string"
    elif tag := re.compile(r"![^\s,\]}\"\\]+").match(text, begin):  # as in [a, !debug]
        index, hint = begin, quote_fix(tag[0], "if this is a string, quote it")
    elif "alphabetic or numeric" in problem:  # of the name of an anchor or alias
        index, hint = begin, f"quote a string that begins with '{text[begin]}'"
    elif text[begin : begin + 1] in tuple("{[\"'"):
        if stopped >= end:
            index, hint = begin, f"this {text[begin]} is never closed"
        elif text.count("\n", begin, stopped):
            line = position_in(text, begin).line + 1
            hint = f"close the {text[begin]} of line {line} before this, or add a missing ','"
    elif "\t" in text[stopped : stopped + 1] or "tab character" in problem:
        hint = "indent YAML with spaces, not tabs"
    elif "mapping values are not allowed" in problem:
        hint = "quote a string that contains ': ', and put each key on a line of its own"
        if re.fullmatch(r" +[^\s:]+", text[text.rfind("\n", 0, stopped) + 1 : stopped]):
            hint = _INDENT_HINT
    elif str(error.context).startswith("while parsing a block"):
        before = text[text.rfind("\n", 0, stopped) + 1 : stopped]
        hint = "quote the whole value, and write nothing after it"
        if not before.strip(" "):
            hint = _INDENT_HINT
    if index >= end:
        index, hint = end - 1, hint or "the file ends too early"
    return DocumentError("not-yaml", f"not YAML: {problem}", position_in(text, max(index, 0)), hint)


class _Anchored(NamedTuple):
    """A value with an anchor: how long it is with its aliases expanded, and how deeply nested."""

    value: Value
    length: int
    height: int


class _YamlBuilder(Builder):
    """Builds values from libyaml's events."""

    def __init__(
        self, events: Iterator[Any], text: str, max_values: int | None, max_depth: int
    ) -> None:
        super().__init__(text, max_values, max_depth)
        # Lines end at LF, as in editors; libyaml also ends them at a CR alone.
        self._has_usual_lines = "\r" not in text
        self.has_template = False
        self.expands_aliases = False
        self._events = events
        # The values with an anchor in the current document; None if it is refused or not yet read.
        self._anchors: dict[str, _Anchored | None] = {}
        self._open_anchors: set[str] = set()  # those of the lists and mappings around the event
        self._ended_anchors: set[str] = set()  # those of the documents before
        self._aliased = 0  # how many characters the aliases stand for
        self._deepest = 0  # the depth of the innermost value since the last anchor
        self._end = 0  # where the last list or mapping ended

    def documents(self, *, single: bool) -> list[Value]:
        """Return the value of each document; if ``single``, a second document is a mistake."""
        documents: list[Value] = []
        next(self._events)  # the start of the stream
        while type(start := next(self._events)).__name__ != "StreamEndEvent":
            if documents and single:
                hint = "write each document to a file of its own"
                position = self._start(start)
                self.refuse("second-document", "a second document begins here", position, hint)
                break
            if start.tags:
                self.refuse("tag", "%TAG is not allowed", self._start(start), "remove it")
            self._ended_anchors |= self._anchors.keys()
            self._anchors = {}
            documents.append(self._value(next(self._events), 0))
            next(self._events)  # the end of the document
        return documents

    def _value(self, event: Any, depth: int) -> Value:
        self.count(event.start_mark.index)
        name = type(event).__name__
        if name == "ScalarEvent" and event.anchor is event.tag is None:
            return self._scalar(event)
        position = self._start(event)
        if name == "AliasEvent":
            return self._resolve(event.anchor, position, depth)
        if event.anchor is not None and name != "ScalarEvent" and not self.expands_aliases:
            self._anchors[event.anchor] = None
            message = f"an anchor is only allowed on a scalar: {quoted(event.anchor)}"
            self.refuse("anchor", message, position, "write the value itself in each place")
        if event.tag is not None:
            hint: Fix | str = "remove the tag"
            if event.tag == "!include":
                hint = "replace it with the content of the file"
            elif name == "ScalarEvent" and event.tag.startswith("!"):  # as in "- !debug"
                hint = quote_fix(event.tag, "if this is a string, quote it")
            message = f"YAML tags are not allowed: {quoted(event.tag)}"
            self.refuse("tag", message, position, hint)
        if name == "ScalarEvent":
            scalar = self._scalar(event)
            if event.anchor is not None:
                self._anchors[event.anchor] = _Anchored(scalar, len(scalar.text), 0)
            return scalar
        self.enter(depth, event.start_mark.index)
        self._deepest = max(self._deepest, depth + 1)
        if event.anchor is None or not self.expands_aliases:
            return self._collection(name, position, depth)
        outer, self._deepest, aliased = self._deepest, depth + 1, self._aliased
        self._anchors[event.anchor] = None
        self._open_anchors.add(event.anchor)
        value = self._collection(name, position, depth)
        self._open_anchors.discard(event.anchor)
        length = self._end - event.start_mark.index + self._aliased - aliased
        self._anchors[event.anchor] = _Anchored(value, length, self._deepest - depth)
        self._deepest = max(outer, self._deepest)
        return value

    def _collection(self, name: str, position: Position, depth: int) -> Value:
        if name == "SequenceStartEvent":
            return List(list(self._items(depth + 1)), position)
        return Object(self._entries(depth + 1), position)

    def _resolve(self, anchor: str, position: Position, depth: int) -> Value:
        """Return the value that an alias at ``depth`` stands for, with the position of the alias.

        What is inside the value keeps its position at the anchor, where it can be corrected.
        """
        anchored = self._anchors.get(anchor)
        if anchored is None:
            message = ""
            if anchor in self._open_anchors:
                message = f"the alias {quoted(anchor)} is inside the value of its own anchor"
            elif anchor not in self._anchors:  # or it is refused where it is defined
                message = f"there is no anchor {quoted(anchor)} before this alias"
                if anchor in self._ended_anchors:
                    message += " in this document, only in another one"
            if message:
                self.refuse("anchor", message, position, "write the value itself")
            return Scalar("", "text", position, False)
        self._aliased += anchored.length
        if self._aliased > LIMITS.alias_text:
            limit = f"{LIMITS.alias_text:,} characters (limit: alias_text)"
            message = f"all aliases of a file may stand for at most {limit}"
            raise DocumentError("file-too-large", message, position, "write fewer aliases")
        if depth + anchored.height > self._max_depth:
            raise too_deep_error(position, self._max_depth)
        self._deepest = max(self._deepest, depth + anchored.height)
        if isinstance(anchored.value, Scalar):
            return anchored.value._replace(position=position, verbatim=False)
        return anchored.value._replace(position=position)

    def _scalar(self, event: Any) -> Scalar:
        style, text = event.style, event.value
        opening = 1 if style and style in "'\"" else 0
        verbatim = self._text.startswith(text, event.start_mark.index + opening)
        kind = "text" if style else scalar_kind(text)
        return Scalar(text, kind, self._start(event, opening), verbatim)

    def _items(self, depth: int) -> Iterator[Value]:
        while type(event := next(self._events)).__name__ != "SequenceEndEvent":
            yield self._value(event, depth)
        self._end = event.end_mark.index

    def _entries(self, depth: int) -> Entries:
        entries: Entries = {}
        merge: tuple[Scalar, Value] | None = None
        before: Entries = {}
        while type(event := next(self._events)).__name__ != "MappingEndEvent":
            key = self._value(event, depth)
            is_key = self._is_key(key, event.start_mark.index)
            value = self._value(next(self._events), depth)
            if not is_key or not isinstance(key, Scalar):
                continue
            if key.kind != "merge key":
                self.add_entry(entries, key, value)
            elif merge is None:
                merge, before = (key, value), dict(entries)
            else:
                message = "a second merge key in one mapping"
                self.refuse("merge-key", message, key.position, "merge a list: <<: [*a, *b]")
        self._end = event.end_mark.index
        return entries if merge is None else self._merged(*merge, before) | entries

    def _merged(self, key: Scalar, value: Value, before: Entries) -> Entries:
        """Return the entries that a merge key adds; of several mappings, the first one counts.

        What the mapping itself has counts more. But kubectl lets the merged value count for a key
        *before* the merge key, which other programs do not; so such a key is a mistake.
        """
        merged: Entries = {}
        for each in value.items if isinstance(value, List) else [value]:
            if not isinstance(each, Object):
                message = "a merge key needs a mapping, or a list of mappings"
                self.refuse("merge-key", message, each.position)
                return {}
            merged = each.entries | merged
        if twice := next((name for name in before if name in merged), None):
            message = f"{quoted(twice)} is before the merge key that has it, too"
            self.refuse("merge-key", message, key.position, "write << first in its mapping")
        return merged

    def _is_key(self, key: Value, index: int) -> bool:
        """Return whether the key that begins at ``index`` is a string; if not, add a mistake."""
        if isinstance(key, Object) and self._text[max(index - 1, 0) : index + 1] == "{{":
            self.has_template = True
            position = self.position(index - 1)
            hint = template_hint(self._text)
            self.refuse("key-not-text", "unfilled template", position, hint)
        elif isinstance(key, Object) and self._text.startswith("{{", index):
            pass  # "{{x}}: a": its inner braces are refused
        elif not isinstance(key, Scalar) or key.kind == "null":
            self.refuse("key-not-text", "a key must be a string", key.position)
        elif key.text == "<<" and not (self.expands_aliases and key.kind == "merge key"):
            message = "YAML merge keys are not allowed"
            self.refuse("merge-key", message, key.position, "write out the merged keys")
        else:
            return True
        return False

    def _start(self, event: Any, opening: int = 0) -> Position:
        """Return the position that is ``opening`` characters after the start of an event."""
        mark = event.start_mark
        # Where the text ends without a line end, libyaml reads one.
        if self._has_usual_lines and mark.index < len(self._text):
            return Position(mark.line, mark.column + opening)
        return self.position(min(mark.index + opening, len(self._text)))


# How the versions of YAML read plain scalars.
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

# A plain scalar that begins with any other character is text.
_FIRST = frozenset("~nNyYoOtTfF0123456789+-.=<")


def scalar_kind(plain: str) -> str:
    """Return the ``kind`` of a :class:`Scalar` without quotes, such as ``text`` or ``number``."""
    if plain and plain[0] not in _FIRST:
        return "text"
    for kind, pattern in _KINDS:
        if pattern.fullmatch(plain):
            return kind
    return "text"
