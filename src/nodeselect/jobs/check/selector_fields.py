"""The selector of a job file: its three fields, strictly, each mistake at its place."""

import re
from collections.abc import Iterator, Mapping, Sized
from functools import partial
from typing import NamedTuple

from nodeselect.documents import List, Object, Position, Scalar, Unknown
from nodeselect.documents.values import Value, is_known
from nodeselect.errors import SelectorError
from nodeselect.jobs.check.fields import check_part, check_placeholder, check_template, field
from nodeselect.jobs.check.problems import Hint, Problems
from nodeselect.jobs.check.schema_fields import fields_of
from nodeselect.jobs.check.suggestions import (
    NULL_ITEM_MEANT,
    colon_meant,
    is_unclosed,
    label_meant,
    labels_meant,
    list_meant,
    selector_meant,
    text_meant,
    without_rests,
)
from nodeselect.jobs.check.unknown_fields import expression_of
from nodeselect.limits import LIMITS
from nodeselect.selectors import Requirement, Selector
from nodeselect.text import printable, quoted, truncate

__all__ = ["Placed", "SelectorFields"]

_Text = tuple[str, Value, str]
"""A string of a list, its value in the document, and its path; empty where it is unknown."""


class Placed(NamedTuple):
    """A requirement, and where it stands."""

    requirement: Requirement
    value: Scalar
    path: str


class SelectorFields:
    """The selector of one file being read."""

    placed: list[Placed]
    """The requirements that are right one by one, in the order of the file."""
    ids: list[_Text]
    """The ids, in the order of the file."""
    is_known: bool
    """Whether nothing of it was refused, so that these are all."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self.is_known = True
        self.placed = []
        self.ids = []

    def read(self, value: Value | None, path: str) -> Selector:
        """Read the selector; where anything was wrong with it, what is given says nothing."""
        errors = self._problems.errors
        if value is None:
            return Selector.everything()
        self.is_known = is_known(value)
        if not isinstance(value, Object):
            self._problems.wrong_type(value, path, "a mapping", partial(selector_meant, value))
            return Selector.nothing()
        value = self._together(value, path)
        check_part(self._problems, "NodeSelector", value, path)
        labels = self._labels(field(value, "match_labels"), f"{path}.match_labels")
        expressions = self._texts(value, "match_expressions", path, LIMITS.requirements)
        self.ids = self._texts(value, "match_ids", path, LIMITS.match_ids)
        for text, item, place in self._whole(expressions):
            made = self._check(item, place, match_expressions=[text])
            self._take(made, item, place)
            self._check_words(made, item, place)
        for text, item, place in self.ids:
            if self._check(item, place, match_ids=[text]) and isinstance(item, Scalar):
                self._check_id(item, place)
        whole = None
        if self.is_known and self._problems.errors == errors:
            whole = self._check(
                value,
                path,
                match_labels=labels,
                match_expressions=[text for text, _, _ in expressions],
                match_ids=[text for text, _, _ in self.ids],
            )
        return Selector.nothing() if whole is None else whole

    def _take(self, selector: Selector | None, value: Value, path: str) -> None:
        if selector is not None and isinstance(value, Scalar):
            self.placed.extend(Placed(each, value, path) for each in selector.requirements)

    def _check_words(self, selector: Selector | None, value: Value, path: str) -> None:
        """Warn of values in an expression that are meant to be replaced."""
        if selector is not None and isinstance(value, Scalar):
            for each in selector.requirements:
                for word in each.values:
                    check_placeholder(self._problems, value, path, word)

    def _check_id(self, value: Scalar, path: str) -> None:
        """Check that an id may be one: ids are exact, and nothing in them has a meaning."""
        text = value.text
        if check_template(self._problems, value, path):
            return
        check_placeholder(self._problems, value, path)
        if text != text.strip():
            meant = text.strip()
            message = f"ids are exact, and {quoted(text)} begins or ends with a blank"
            hint = f'write: "{quoted(meant, 200)[1:-1]}"' if meant else "take the item away"
        elif odd := re.search("[*?$%]", text):
            message = f"ids are exact, and in {quoted(text)} {quoted(odd[0])} has no meaning"
            hint = "write the ids out, or ask for a label that these nodes have"
        elif "," in text:
            message = f"ids are exact, and {quoted(text)} holds a comma"
            hint = "write each id as an item of its own"
        else:
            return
        self._problems.add_at("odd-id", message, value, path, hint)

    def _together(self, fields: Object, path: str) -> Object:
        """Refuse fields that YAML has parted at commas; give the others."""
        whole, parted = without_rests(fields, frozenset(fields_of("NodeSelector")))
        for name, text in parted.items():
            _, item = whole.entries[name]
            meant = Scalar(text, "text", item.position, False)
            hint = labels_meant(meant) if name == "match_labels" else list_meant(meant, name)
            hint = None if fields.is_open else hint  # a part of it may be what was refused
            self._parted(item, f"{path}.{printable(name[:60])}", "value", hint)
        rest = {name: entry for name, entry in whole.entries.items() if name not in parted}
        return whole._replace(entries=rest)

    def _parted(self, value: Value, path: str, what: str, hint: Hint) -> None:
        length = len(value.text) if isinstance(value, Scalar) else 1
        message = f"YAML ends the {what} at the comma"
        self._problems.add(
            "split-expression", message, value.position, path, length=length, hint=hint
        )

    def _labels(self, value: Value | None, path: str) -> dict[str, str]:
        labels: dict[str, str] = {}
        if value is None:
            return labels
        if not isinstance(value, Object):
            self._problems.wrong_type(value, path, "a mapping", partial(labels_meant, value))
            return labels
        whole, parted = without_rests(value, frozenset())
        entries = whole.entries
        if self._too_many(entries, value, path, LIMITS.requirements):
            return {}
        for key, item in entries.values():
            place = f"{path}.{printable(key.text[:60])}"
            if key.text in parted:
                meant = None if value.is_open else label_meant(key.text, parted[key.text])
                self._parted(item, place, "value", meant)
                continue
            if meant := colon_meant(key, item):
                self._problems.wrong_type(key, place, "a label and its value", meant)
                continue
            text = self._text(item, place, label=key.text)
            if self._text(key, place) is None:
                continue
            meant = label_meant(key.text, text or "")
            made = self._check(key, place, match_labels={key.text: ""}, hint=meant)
            if text is None:
                continue
            if made:
                made = self._check(item, place, match_labels={key.text: text}, hint=meant)
                self._take(made, key, place)
                if made and isinstance(item, Scalar):
                    check_placeholder(self._problems, item, place)
            labels[key.text] = text
        return labels

    def _texts(self, fields: Object, name: str, path: str, most: int) -> list[_Text]:
        """Give the strings of a list, each with its value and its path."""
        path = f"{path}.{name}"
        value = field(fields, name)
        if value is None:
            return []
        if not isinstance(value, List):
            hint = None if fields.is_open else partial(list_meant, value, name)
            self._problems.wrong_type(value, path, "a list of strings", hint)
            return []
        if self._too_many(value.items, value, path, most):
            return []
        structured = name == "match_expressions"
        texts: list[_Text] = []
        for number, item in enumerate(value.items):
            place = f"{path}[{number}]"
            if structured and isinstance(item, Object):
                self._structured(item, place)
            elif structured and isinstance(item, Unknown):
                texts.append(("", item, place))
            elif (text := self._text(item, place)) is not None:
                texts.append((text, item, place))
        return texts

    def _structured(self, item: Object, path: str) -> None:
        def advice() -> str:
            text = expression_of(item)
            return f'write: "{text}"' if text else 'write a text, such as: "region in (eu,us)"'

        self._problems.add(
            "structured-expression", "an expression is one text, not a mapping",
            item.position, path,
            hint=advice,
        )  # fmt: skip
        for _, value in item.entries.values():
            for each in value.items if isinstance(value, List) else [value]:
                if isinstance(each, Scalar):
                    check_template(self._problems, each, path)

    def _whole(self, items: list[_Text]) -> Iterator[_Text]:
        """Give the expressions that are whole, and refuse those that YAML has parted.

        In ``[region in (eu,us)]`` the comma ends an item.
        """
        at = 0
        while at < len(items):
            _, item, place = items[at]
            end = _end_of(items, at)
            pieces = items[at : end + 1]
            if any(isinstance(piece, Unknown) for _, piece, _ in pieces):
                pass  # what was refused may end it, which is told
            elif end == at:
                yield items[at]
            else:
                whole = ",".join(part for part, _, _ in pieces)
                hint = f'write it between quotes: "{truncate(printable(whole), 400)}"'
                self._parted(item, place, "item", hint)
            at = end + 1

    def _too_many(self, items: Sized, value: Value, path: str, most: int) -> bool:
        if len(items) <= most:
            return False
        message = f"at most {most:,} entries belong here, not {len(items):,}"
        self._problems.add("too-many-entries", message, value.position, path)
        return True

    def _text(self, value: Value, path: str, label: str | None = None) -> str | None:
        if isinstance(value, Scalar) and value.kind == "text":
            return value.text
        hint = text_meant(value)
        if label is None and isinstance(value, Scalar) and value.kind == "null":
            hint = NULL_ITEM_MEANT
        elif isinstance(value, List) and label is not None:
            meant = expression_of(_pair(Scalar(label, "text", value.position, False), value))
            hint = f'write under match_expressions: "{meant}"' if meant else None
        self._problems.wrong_type(value, path, "a string", hint)
        return None

    def _check(
        self,
        value: Value,
        path: str,
        *,
        match_labels: Mapping[str, str] | None = None,
        match_expressions: list[str] | None = None,
        match_ids: list[str] | None = None,
        hint: str | None = None,
    ) -> Selector | None:
        """Make a selector of ``value``; what is wrong with it becomes a problem at its place.

        :param hint: what to write instead, where that is known better here.
        """
        try:
            return Selector.of(
                match_labels=match_labels, match_expressions=match_expressions, match_ids=match_ids
            )
        except SelectorError as error:
            at = value.position
            start, end = error.span
            hint = hint or _as_scalar(error)
            if isinstance(value, Scalar) and value.verbatim:
                at = Position(at.line, at.column + start)
                self._problems.add(
                    error.code, error.message, at, path, length=end - start, hint=hint
                )
            else:
                self._problems.add_of(
                    error.source, error.span, error.code, error.message, at, path, hint
                )
            return None


def _as_scalar(error: SelectorError) -> str | None:
    """Give the advice of an error; what would begin with "!" in YAML, between quotes."""
    if error.hint is None or not error.hint.startswith("write: !"):
        return error.hint
    if "," in error.source[: error.span[0]]:
        return error.hint
    if "," in error.source:
        return f'{error.hint}; an item that begins with "!" stands between quotes'
    return f'write: "{error.hint.removeprefix("write: ")}"'


def _end_of(items: list[_Text], at: int) -> int:
    """Give the last item of the expression that begins at an item: there, or where it is closed.

    Where nothing closes it, the first unknown item may.
    """
    end = at
    if is_unclosed(items[at][0]):
        for number in range(at + 1, len(items)):
            text, item, _ = items[number]
            if end > at and "(" in text:  # the next one begins
                break
            if ")" in text:
                return number
            if end == at and isinstance(item, Unknown):
                end = number
    return end


def _pair(key: Scalar, value: Value) -> Object:
    """Give a label by itself, as people write it in the place of an expression."""
    return Object({key.text: (key, value)}, key.position)
