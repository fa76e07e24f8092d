"""Rules about the three fields of a selector: whether each has the right form."""

from functools import partial
from typing import NamedTuple

from nodeselect.documents.values import List, Object, Scalar, Value, find, is_bare_key, is_null
from nodeselect.jobs.check.edits import Edit, quote
from nodeselect.jobs.check.rule import Check, Finding, define
from nodeselect.jobs.check.rules.fields import check_template, expected, truncated_path
from nodeselect.jobs.check.suggestions import (
    expression_of,
    suggest_expression,
    suggest_joined,
    suggest_label,
    suggest_labels,
    suggest_list,
    suggest_text,
)
from nodeselect.limits import LIMITS
from nodeselect.selectors.charset import is_value

_error = partial(define, "selector")

_STRUCTURED_EXPRESSION = _error(
    "structured-expression",
    "an expression that is a mapping, as in Kubernetes and Bacalhau",
    before="name: demo\nselector:\n  match_expressions:\n"
    "    - {key: region, operator: In, values: [eu, us]}",
    after="name: demo\nselector:\n  match_expressions:\n    - region in (eu,us)",
)
_SPLIT_EXPRESSION = _error(
    "split-expression",
    "an expression that YAML splits at the comma",
    "In the flow style of YAML, [...] and {...}, a comma ends a string without quotes.",
    before="name: demo\nselector: {match_expressions: [region in (eu,us)]}",
    after='name: demo\nselector: {match_expressions: ["region in (eu,us)"]}',
)
_TOO_MANY_ENTRIES = _error(
    "too-many-entries",
    "more labels, expressions or ids than a selector may have",
    "At most 256 labels, 256 expressions (limit: requirements) and 100,000 ids (limit: match_ids).",
)


class Entry(NamedTuple):
    """A label, an expression or an id in the selector of a job file.

    :param field: ``match_labels``, ``match_expressions`` or ``match_ids``.
    :param key: the key of a label; None for an expression or an id.
    :param value: the value of a label, or the expression or id.
    """

    field: str
    key: Scalar | None
    value: Scalar
    path: str

    @property
    def place(self) -> Scalar:
        """Where a finding about it points to: the key of a label, or the expression or id."""
        return self.key or self.value


def read_labels(value: Value | None, path: str) -> Check[list[Entry | None]]:
    """Read the labels of a selector; report those that are not strings, and return None for each.

    :param value: the mapping ``match_labels``.
    """
    if value is None:
        return []
    if not isinstance(value, Object):
        yield from expected("a mapping", value, path, partial(suggest_labels, value))
        return [None]
    if len(value.entries) > LIMITS.requirements:
        yield _too_many(value, path, len(value.entries), LIMITS.requirements)
        return [None]
    entries: list[Entry | None] = []
    for key, item in value.entries.values():
        place = truncated_path(path, key.text)
        entry = None
        if is_bare_key(key, item) and ":" in key.text:
            yield from expected("a label and its value", key, place, "put a space after the colon")
        elif is_bare_key(key, item):
            message = "this is the rest of a value that YAML ended at the comma"
            yield _SPLIT_EXPRESSION.at(key, place, message, "put all of the value in quotes")
        elif key.kind != "text":
            yield from expected("a string", key, place, suggest_text(key), quote(key))
        elif isinstance(item, Scalar) and item.kind == "text":
            entry = Entry("match_labels", key, item, place)
        else:
            hint = partial(suggest_label, key.text, item)
            is_valid = isinstance(item, Scalar) and is_value(item.text)
            yield from expected("a string", item, place, hint, quote(item) if is_valid else None)
        entries.append(entry)
    return entries


def read_list(fields: Object, name: str, path: str, max_items: int) -> Check[list[Entry | None]]:
    """Read a list of strings in a selector; report other items, and return None for each.

    :param fields: the selector, and ``path`` its path.
    :param name: ``match_expressions`` or ``match_ids``.
    """
    value = find(fields, name)
    path = f"{path}.{name}"
    if value is None:
        return []
    if not isinstance(value, List):
        hint = partial(suggest_list, name, value)
        edit = Edit(value, hint, is_hint=True)
        yield from expected("a list of strings", value, path, hint, edit)
        return [None]
    if len(value.items) > max_items:
        yield _too_many(value, path, len(value.items), max_items)
        return [None]
    entries: list[Entry | None] = []
    split_until = 0
    for number, item in enumerate(value.items):
        place = f"{path}[{number}]"
        entry = None
        if number < split_until:
            pass  # reported with the first piece
        elif isinstance(item, Scalar) and item.kind == "text":
            entry = Entry(name, None, item, place)
            pieces = _split_expression(value.items[number:]) if name != "match_ids" else []
            if len(pieces) > 1:
                message = "YAML ends the item at the comma"
                joined = partial(suggest_joined, pieces)
                last = value.items[number + len(pieces) - 1]
                edit = Edit(item, joined, is_hint=True, last=last)
                yield _SPLIT_EXPRESSION.at(item, place, message, joined, edit=edit)
                entry = None
                split_until = number + len(pieces)
        elif isinstance(item, Object) and name == "match_expressions":
            yield from _check_structured(item, place)
        else:
            suggest = suggest_expression if name == "match_expressions" else suggest_text
            advice = "remove the item" if is_null(item) else partial(suggest, item)
            yield from expected("a string", item, place, advice, quote(item))
        entries.append(entry)
    return entries


def _split_expression(items: list[Value]) -> list[str]:
    """Return the items that together are the expression which begins with the first item.

    In ``[region in (eu,us)]``, YAML ends an item at the comma: so the result is ``region in (eu``
    and ``us)``. If the first item is a whole expression, return only this.
    """
    pieces: list[str] = []
    for item in items:
        if not isinstance(item, Scalar) or (pieces and "(" in item.text):
            break
        pieces.append(item.text)
        if ")" in item.text:
            return pieces
        if "(" not in pieces[0]:
            break
    return pieces[:1]


def _too_many(value: Value, path: str, count: int, limit: int) -> Finding:
    message = f"at most {limit:,} entries are allowed, found {count:,}"
    return _TOO_MANY_ENTRIES.at(value, path, message)


def _check_structured(item: Object, path: str) -> Check[None]:
    message, hint = "an expression is a string, not a mapping", partial(suggest_expression, item)
    edit = Edit(item, partial(expression_of, item))
    yield _STRUCTURED_EXPRESSION.at(item, path, message, hint, edit=edit)
    for _, value in item.entries.values():
        for part in value.items if isinstance(value, List) else [value]:
            if isinstance(part, Scalar):
                yield from check_template(part, path)
