"""The selector of a job file: its three fields, strictly, each mistake at its place."""

from collections.abc import Iterator, Mapping, Sized
from typing import NamedTuple

from nodeselect.documents import List, Object, Position, Scalar
from nodeselect.documents.values import Value
from nodeselect.errors import SelectorError
from nodeselect.jobs.fields import check_part, check_placeholder, field
from nodeselect.jobs.problems import Problems, one_line
from nodeselect.jobs.unknown_fields import expression_of
from nodeselect.labels import Requirement, Selector
from nodeselect.limits import LIMITS
from nodeselect.printable import cut, printable

__all__ = ["Placed", "SelectorFields"]

_Text = tuple[str, Value, str]
"""A string of a list, its value in the document, and its path."""


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

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self.placed = []
        self.ids = []

    def read(self, value: Value | None, path: str) -> Selector:
        """Read the selector; where anything was wrong with it, what is given says nothing."""
        errors = self._problems.errors
        if value is not None:
            check_part(self._problems, "NodeSelector", value, path)
        if not isinstance(value, Object):
            return Selector.everything() if value is None else Selector.nothing()
        labels = self._labels(field(value, "match_labels"), f"{path}.match_labels")
        expressions = self._texts(value, "match_expressions", path, LIMITS.requirements)
        self.ids = self._texts(value, "match_ids", path, LIMITS.match_ids)
        for text, item, place in self._whole(expressions):
            self._take(self._check(item, place, match_expressions=[text]), item, place)
        for text, item, place in self.ids:
            self._check(item, place, match_ids=[text])
        whole = None
        if self._problems.errors == errors:
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

    def _labels(self, value: Value | None, path: str) -> dict[str, str]:
        labels: dict[str, str] = {}
        if value is None:
            return labels
        if not isinstance(value, Object):
            hint = "write: {region: eu}"
            self._problems.wrong_type(value, path, "a mapping", hint)
            return labels
        entries = value.entries
        if self._too_many(entries, value, path, LIMITS.requirements):
            return {}
        for key, item in entries.values():
            place = f"{path}.{printable(key.text[:60])}"
            text = self._text(item, place, label=key.text)
            if text is None or self._text(key, place) is None:
                continue
            if self._check(key, place, match_labels={key.text: ""}):
                several = expression_of(_pair(key, item)) if "," in text else None
                meant = f'write under match_expressions: "{several}"' if several else None
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
            hint = f'write: ["{one_line(value)}"]' if isinstance(value, Scalar) else None
            self._problems.wrong_type(value, path, "a list of strings", hint)
            return []
        if self._too_many(value.items, value, path, most):
            return []
        structured = name == "match_expressions"
        texts = []
        for number, item in enumerate(value.items):
            place = f"{path}[{number}]"
            if structured and isinstance(item, Object):
                self._structured(item, place)
            elif (text := self._text(item, place)) is not None:
                texts.append((text, item, place))
        return texts

    def _structured(self, item: Object, path: str) -> None:
        def advice() -> str:
            text = expression_of(item)
            return f'write: "{text}"' if text else 'write a text, such as: "region in (eu,us)"'

        self._problems.add(
            "structured-expression", "an expression is one text, not a mapping", item.at, path,
            hint=advice,
        )  # fmt: skip

    def _whole(self, items: list[_Text]) -> Iterator[_Text]:
        """Give the expressions that are whole, and refuse those that YAML has parted.

        In ``[region in (eu,us)]`` the comma ends an item.
        """
        at = 0
        while at < len(items):
            text, item, place = items[at]
            end = at
            if "(" in text and ")" not in text:
                closing = (n for n in range(at + 1, len(items)) if ")" in items[n][0])
                end = next(closing, at)
            if end == at:
                yield items[at]
            else:
                whole = ",".join(part for part, _, _ in items[at : end + 1])
                self._problems.add(
                    "split-expression",
                    "YAML ends the item at the comma",
                    item.at,
                    place,
                    length=len(text),
                    hint=f'write it between quotes: "{cut(printable(whole), 100)}"',
                )
            at = end + 1

    def _too_many(self, items: Sized, value: Value, path: str, most: int) -> bool:
        if len(items) <= most:
            return False
        message = f"at most {most:,} entries belong here, not {len(items):,}"
        self._problems.add("too-many-entries", message, value.at, path)
        return True

    def _text(self, value: Value, path: str, label: str | None = None) -> str | None:
        if isinstance(value, Scalar) and value.kind == "text":
            return value.text
        hint = None
        if isinstance(value, Scalar) and value.kind != "null":
            hint = f'write: "{one_line(value)}"'
        elif isinstance(value, List) and label is not None:
            meant = expression_of(_pair(Scalar(label, "text", value.at, False), value))
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
            at = value.at
            start, end = error.span
            hint = hint or error.hint
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


def _pair(key: Scalar, value: Value) -> Object:
    """Give a label by itself, as people write it in the place of an expression."""
    return Object({key.text: (key, value)}, key.at)
