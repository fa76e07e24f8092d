"""Rules of the three fields of a selector."""

import re
from collections.abc import Iterable
from functools import partial
from itertools import islice
from typing import NamedTuple

from nodeselect.documents import List, Object, Scalar, Value, is_bare_key, is_null
from nodeselect.errors import SelectorError
from nodeselect.jobs.check.rule import REGISTRY, Check, Finding, define
from nodeselect.jobs.check.rules.fields import (
    check_model,
    check_placeholder,
    check_template,
    expected,
    field,
    truncated_path,
)
from nodeselect.jobs.check.rules.requirements import (
    LocatedRequirement,
    check_ids,
    check_requirements,
)
from nodeselect.jobs.check.schema_fields import fields_of
from nodeselect.jobs.check.suggestions import (
    quote_if_needed,
    suggest_expression,
    suggest_label,
    suggest_labels,
    suggest_list,
    suggest_selector,
    suggest_text,
)
from nodeselect.limits import LIMITS
from nodeselect.selectors import Selector
from nodeselect.text import printable, quoted, truncate

__all__ = [
    "read_selector",
]

_STRUCTURED_EXPRESSION = define(
    "structured-expression",
    "selector",
    "an expression is a mapping, as in Kubernetes and Bacalhau",
    before="name: demo\nselector:\n  match_expressions:\n"
    "    - {key: region, operator: In, values: [eu, us]}\n",
    after="name: demo\nselector:\n  match_expressions:\n    - region in (eu,us)\n",
)
_SPLIT_EXPRESSION = define(
    "split-expression",
    "selector",
    "an expression that YAML splits at the comma",
    "In the flow style of YAML, [...] and {...}, a comma ends a string without quotes.",
    before="name: demo\nselector: {match_expressions: [region in (eu,us)]}\n",
    after='name: demo\nselector: {match_expressions: ["region in (eu,us)"]}\n',
)
_ODD_ID = define(
    "odd-id",
    "selector",
    "an id that probably no node has",
    "Ids are matched exactly: spaces at the ends are part of one, and wildcards, variables and"
    " commas have no meaning.",
    severity="warning",
    before='name: demo\nselector: {match_ids: ["node-1*"]}\n',
    after="name: demo\nselector: {match_ids: [node-10, node-11]}\n",
)
_TOO_MANY_ENTRIES = define(
    "too-many-entries",
    "selector",
    "more labels, expressions or ids than a selector may have",
    "The limits are requirements (256) and match_ids (100,000).",
)

# A label without a space after the colon, such as the key of {region:eu}.
_COLON = re.compile(r"[A-Za-z0-9][-\w./]*:[A-Za-z0-9][-\w.]*", re.ASCII)


class _Entry(NamedTuple):
    """A label, an expression or an id of a selector.

    :param key: the key of a label; None for the others.
    """

    field: str
    key: Scalar | None
    value: Scalar
    path: str


def read_selector(value: Value | None, path: str) -> Check[Selector | None]:
    """Check the selector of a job and return it; return None if it is not valid."""
    if value is None:
        return Selector.everything()
    if not isinstance(value, Object):
        yield from expected("a mapping", value, path, partial(suggest_selector, value))
        return None
    yield from check_model("NodeSelector", value, path)
    labels = yield from _read_labels(field(value, "match_labels"), f"{path}.match_labels")
    expressions = yield from _read_list(value, "match_expressions", path, LIMITS.requirements)
    ids = yield from _read_list(value, "match_ids", path, LIMITS.match_ids)
    entries = [entry for entry in (*labels, *expressions, *ids) if entry is not None]
    selector, valid = yield from _build_valid(entries, value, path)
    if selector is None:
        return None
    yield from _check_words(valid)
    yield from check_requirements(selector, _locate(selector, valid))
    yield from check_ids((each.value, each.path) for each in valid if each.field == "match_ids")
    is_complete = len(valid) == len(labels) + len(expressions) + len(ids)
    if not is_complete or value.entries.keys() - fields_of("NodeSelector"):
        return None
    return selector


def _build_valid(
    entries: list[_Entry], value: Value, path: str
) -> Check[tuple[Selector | None, list[_Entry]]]:
    """Return the selector of all entries that are valid, and these."""
    try:
        return _build(entries), entries
    except SelectorError as error:
        valid = []
        for entry in entries:
            if (yield from _check_entry(entry)):
                valid.append(entry)  # noqa: PERF401 - no comprehension can hold "yield from"
        if len(valid) < len(entries):
            return (yield from _build_valid(valid, value, path))
        yield _selector_finding(error, value, path)  # together they exceed a limit
        return None, []


def _build(entries: Iterable[_Entry]) -> Selector:
    labels: dict[str, str] = {}
    texts: dict[str, list[str]] = {"match_expressions": [], "match_ids": []}
    for entry in entries:
        if entry.key is not None:
            labels[entry.key.text] = entry.value.text
        else:
            texts[entry.field].append(entry.value.text)
    return Selector.of(match_labels=labels, **texts)


def _read_labels(value: Value | None, path: str) -> Check[list[_Entry | None]]:
    """Return the labels of a selector, with None for each that is not a string."""
    if value is None:
        return []
    if not isinstance(value, Object):
        yield from expected("a mapping", value, path, partial(suggest_labels, value))
        return [None]
    if len(value.entries) > LIMITS.requirements:
        yield _too_many(value, path, len(value.entries), LIMITS.requirements)
        return [None]
    entries: list[_Entry | None] = []
    for key, item in value.entries.values():
        place = truncated_path(path, key.text)
        entry = None
        if is_bare_key(key, item):
            yield from _check_bare_key(key, place)
        elif key.kind != "text":
            yield from expected("a string", key, place, suggest_text(key))
        elif isinstance(item, Scalar) and item.kind == "text":
            entry = _Entry("match_labels", key, item, place)
        else:
            yield from expected("a string", item, place, partial(suggest_label, key.text, item))
        entries.append(entry)
    return entries


def _check_bare_key(key: Scalar, path: str) -> Check[None]:
    if _COLON.fullmatch(key.text):
        label, _, value = key.text.partition(":")
        hint = f"write: {label}: {quote_if_needed(value)}"
        yield from expected("a label and its value", key, path, hint)
    else:
        message = "YAML ends the value before this at the comma"
        yield _SPLIT_EXPRESSION.at(key, path, message, "put the whole value in quotes")


def _read_list(fields: Object, name: str, path: str, max_items: int) -> Check[list[_Entry | None]]:
    """Return the strings of a list, with None for each item that is not one."""
    value = field(fields, name)
    path = f"{path}.{name}"
    if value is None:
        return []
    if not isinstance(value, List):
        yield from expected("a list of strings", value, path, partial(suggest_list, name, value))
        return [None]
    if len(value.items) > max_items:
        yield _too_many(value, path, len(value.items), max_items)
        return [None]
    entries: list[_Entry | None] = []
    split_until = 0
    for number, item in enumerate(value.items):
        place = f"{path}[{number}]"
        entry = None
        if number < split_until:
            pass  # reported with the first piece
        elif isinstance(item, Scalar) and item.kind == "text":
            entry = _Entry(name, None, item, place)
            pieces = _split_expression(value.items[number:]) if name != "match_ids" else []
            if len(pieces) > 1:
                hint = f'write: "{truncate(printable(",".join(pieces)), 400)}"'
                message = "YAML ends the item at the comma"
                yield _SPLIT_EXPRESSION.at(item, place, message, hint)
                entry = None
                split_until = number + len(pieces)
        elif isinstance(item, Object) and name == "match_expressions":
            yield from _check_structured(item, place)
        else:
            advice = "remove the item" if is_null(item) else suggest_text(item)
            yield from expected("a string", item, place, advice)
        entries.append(entry)
    return entries


def _split_expression(items: list[Value]) -> list[str]:
    """Return the pieces into which YAML splits the expression that begins with the first item.

    In ``[region in (eu,us)]`` the comma ends an item.
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
    hint = partial(suggest_expression, item)
    yield _STRUCTURED_EXPRESSION.at(item, path, "an expression is a string, not a mapping", hint)
    for _, value in item.entries.values():
        for part in value.items if isinstance(value, List) else [value]:
            if isinstance(part, Scalar):
                yield from check_template(part, path)


def _check_entry(entry: _Entry) -> Check[bool]:
    """Check an entry by itself; return whether it is valid."""
    try:
        _build([entry])
    except SelectorError as error:
        value, hint = entry.value, _quoted_hint(error)
        if entry.key is not None:
            hint = suggest_label(entry.key.text, entry.value) or hint
            if not _is_valid_key(entry.key.text):
                value = entry.key
        yield _selector_finding(error, value, entry.path, hint)
        return False
    return True


def _is_valid_key(key: str) -> bool:
    try:
        Selector.of(match_labels={key: ""})
    except SelectorError:
        return False
    return True


def _selector_finding(
    error: SelectorError, value: Value, path: str, hint: str | None = None
) -> Finding:
    return REGISTRY[error.code].in_text(value, path, error.message, hint, error.span, error.source)


def _quoted_hint(error: SelectorError) -> str | None:
    """Return the hint of an expression's error; YAML needs quotes around what begins with "!"."""
    hint = error.hint or ""
    if not hint.startswith("write: !") or "," in error.source[: error.span[0]]:
        return error.hint
    if "," in error.source:
        return f"{hint}, with the expression in quotes"
    return f'write: "{hint.removeprefix("write: ")}"'


def _check_words(entries: list[_Entry]) -> Check[None]:
    """Check that a valid selector has no placeholder, and no id that no node has."""
    for entry in entries:
        if entry.field == "match_ids":
            yield from _check_id(entry.value, entry.path)
        elif entry.field == "match_labels":
            yield from check_placeholder(entry.value, entry.path)
        else:
            for requirement in Selector.parse(entry.value.text).requirements:
                for word in requirement.values:
                    yield from check_placeholder(entry.value, entry.path, word)


def _check_id(value: Scalar, path: str) -> Check[None]:
    text = value.text
    if (yield from check_template(value, path)):
        return
    yield from check_placeholder(value, path)
    if text != text.strip():
        message = f"{quoted(text)} begins or ends with a space, and ids are matched exactly"
        stripped = quoted(text.strip(), 200)[1:-1]
        yield _ODD_ID.at(
            value, path, message, f'write: "{stripped}"' if stripped else "remove the item"
        )
    elif odd := re.search("[*?$%]", text):
        message = (
            f"{quoted(odd[0])} has no special meaning in {quoted(text)}: ids are matched exactly"
        )
        hint = "list all ids, or select by a label that these nodes have"
        yield _ODD_ID.at(value, path, message, hint)
    elif "," in text:
        message = f"{quoted(text)} contains a comma, and ids are matched exactly"
        yield _ODD_ID.at(value, path, message, "write each id as a separate item")


def _locate(selector: Selector, entries: list[_Entry]) -> list[LocatedRequirement]:
    """Return the requirements of a selector with the place where each is written."""
    requirements = iter(selector.requirements)
    located = []
    for entry in entries:
        if entry.key is not None:
            located.append(LocatedRequirement(next(requirements), entry.key, entry.path))
        elif entry.field == "match_expressions":
            count = len(Selector.parse(entry.value.text).requirements)
            located += [
                LocatedRequirement(each, entry.value, entry.path)
                for each in islice(requirements, count)
            ]
    return located
