"""Rules about the selector of a job: its three fields, and what its requirements mean together."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import partial
from itertools import islice
from typing import NamedTuple

from nodeselect.documents import List, Object, Scalar, Value, is_bare_key, is_null, scalar_kind
from nodeselect.errors import SelectorError
from nodeselect.jobs.check.edits import Edit, corrected_expression, quote
from nodeselect.jobs.check.rule import REGISTRY, Check, Finding, define
from nodeselect.jobs.check.rules.fields import (
    check_model,
    check_placeholder,
    check_template,
    expected,
    field,
    truncated_path,
)
from nodeselect.jobs.check.schema_fields import fields_of
from nodeselect.jobs.check.suggestions import (
    expression_of,
    suggest_expression,
    suggest_joined,
    suggest_label,
    suggest_labels,
    suggest_list,
    suggest_selector,
    suggest_text,
)
from nodeselect.limits import LIMITS
from nodeselect.selectors import Requirement, Selector, conflict, redundant
from nodeselect.selectors.charset import is_key, is_value
from nodeselect.text import join_limited, quoted, truncate

__all__ = ["read_selector"]

_error = partial(define, "selector")
_warning = partial(define, "selector", severity="warning")

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
_ODD_ID = _warning(
    "odd-id",
    "an id that probably no node has",
    "Ids are matched exactly: spaces, wildcards, variables and commas are part of an id.",
    before='name: demo\nselector: {match_ids: ["node-1*"]}',
    after="name: demo\nselector: {match_ids: [node-10, node-11]}",
)
_TOO_MANY_ENTRIES = _error(
    "too-many-entries",
    "more labels, expressions or ids than a selector may have",
    "At most 256 labels, 256 expressions (limit: requirements) and 100,000 ids (limit: match_ids).",
)

_CONTRADICTION = _error(
    "contradiction",
    "requirements that no node can satisfy together",
    "All requirements must hold, those of labels and of expressions. To accept any of several"
    " values, use 'in'; to accept either of two selectors, use two jobs.",
    before='name: demo\nselector: {match_expressions: ["region=eu,region=us"]}',
    after='name: demo\nselector: {match_expressions: ["region in (eu,us)"]}',
)
_REDUNDANT = _warning(
    "redundant-requirement",
    "a requirement or an id that changes nothing",
    before="name: demo\nselector:\n  match_labels: {region: eu}\n  match_expressions: [region]",
    after="name: demo\nselector:\n  match_labels: {region: eu}",
)
_ABSENT_KEY = _warning(
    "absent-key",
    "'!=' or 'notin' also matches nodes without the label",
    "If this is not intended, require the label as well.",
    before='name: demo\nselector: {match_expressions: ["tier!=free"]}',
    after='name: demo\nselector: {match_expressions: ["tier,tier!=free"]}',
)
_UNDOCUMENTED_OPERATOR = _warning(
    "undocumented-operator",
    "'>' or '<', which Expanso does not document",
    "Kubernetes and Bacalhau have them. The server may reject them.",
    before='name: demo\nselector: {match_expressions: ["gpus>1"]}',
    after='name: demo\nselector: {match_expressions: ["gpus in (2,4,8)"]}',
)


class _Entry(NamedTuple):
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


# A requirement and the entry that it comes from.
_Located = tuple[Requirement, _Entry]


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
    yield from _check_requirements(selector, valid)
    yield from _check_ids(entry for entry in valid if entry.field == "match_ids")
    is_complete = len(valid) == len(labels) + len(expressions) + len(ids)
    if not is_complete or value.entries.keys() - fields_of("NodeSelector"):
        return None
    return selector


def _build_valid(
    entries: list[_Entry], value: Value, path: str
) -> Check[tuple[Selector | None, list[_Entry]]]:
    """Build the selector of the valid entries, and report the others.

    Return the selector and the valid entries; the selector is None if together they exceed a limit.

    :param value: the selector in the document, and ``path`` its path.
    """
    try:
        return _build(entries), entries
    except SelectorError as error:
        valid = []
        for entry in entries:
            if (yield from _check_entry(entry)):
                valid.append(entry)  # noqa: PERF401 - no comprehension can hold "yield from"
        if len(valid) < len(entries):
            return (yield from _build_valid(valid, value, path))
        yield REGISTRY[error.code].at(value, path, error.message)  # together they exceed a limit
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
    entries: list[_Entry | None] = []
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
            entry = _Entry("match_labels", key, item, place)
        else:
            hint = partial(suggest_label, key.text, item)
            is_valid = isinstance(item, Scalar) and is_value(item.text)
            yield from expected("a string", item, place, hint, quote(item) if is_valid else None)
        entries.append(entry)
    return entries


def _read_list(fields: Object, name: str, path: str, max_items: int) -> Check[list[_Entry | None]]:
    """Read a list of strings in a selector; report other items, and return None for each.

    :param fields: the selector, and ``path`` its path.
    :param name: ``match_expressions`` or ``match_ids``.
    """
    value = field(fields, name)
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


def _check_entry(entry: _Entry) -> Check[bool]:
    """Check a label, an expression or an id by itself; return whether it is valid."""
    try:
        _build([entry])
    except SelectorError as error:
        value, hint, edit = entry.value, error.hint, None
        if entry.key is not None:
            hint = suggest_label(entry.key.text, entry.value) or hint
            if not is_key(entry.key.text):
                value = entry.key
        elif hint:
            hint = _quote_for_yaml(hint, is_whole="," not in error.source)
            if entry.field == "match_expressions":
                edit = Edit(value, partial(corrected_expression, error.source))
        rule = REGISTRY[error.code]
        yield rule.at(value, entry.path, error.message, hint, error.span, edit=edit)
        return False
    return True


def _quote_for_yaml(hint: str, *, is_whole: bool) -> str:
    """Return a hint about an expression as a hint for YAML: ``write: "!key"`` for ``write: !key``.

    In YAML, ``!key`` and ``5`` are not strings.

    :param is_whole: whether the hint has the whole expression, and not a part of it.
    """
    _, write, text = hint.rpartition("write: ")
    if not write or (text[0] != "!" and scalar_kind(text) == "text"):
        return hint
    return f'write: "{text}"' if is_whole else f"put the expression in quotes, and {hint}"


def _check_ids(ids: Iterable[_Entry]) -> Check[None]:
    seen: set[str] = set()
    for _, _, value, path in ids:
        text = value.text
        if text in seen:
            message = f"the id {quoted(text)} is repeated"
            yield _REDUNDANT.at(value, path, message, "remove it")
        seen.add(text)
        if (yield from check_template(value, path)):
            continue
        yield from check_placeholder(value, path, text)
        if odd := re.search(r"^\s|\s$|[*?$%,]", text):
            message = f"{quoted(text)} contains {quoted(odd[0])}, and ids are matched exactly"
            hint = "write each id as a separate item, or select by a label that these nodes have"
            if odd[0].isspace():
                hint = "remove the space"
            elif odd[0] == "$":
                hint = "write the id in place of the variable"
            yield _ODD_ID.at(value, path, message, hint)


def _check_requirements(selector: Selector, entries: list[_Entry]) -> Check[None]:
    """Report requirements that contradict or repeat each other, or have other doubtful effects.

    This is decided exactly, for all possible nodes.
    """
    requirements = iter(selector.requirements)  # in the order of the entries
    located = [
        (requirement, entry)
        for entry in entries
        if entry.field != "match_ids"
        for requirement in islice(requirements, _number_of_requirements(entry))
    ]
    by_key: dict[str, list[_Located]] = {}
    for requirement, entry in located:
        by_key.setdefault(requirement.key, []).append((requirement, entry))
        for word in requirement.values:
            yield from check_placeholder(entry.value, entry.path, word)
    if not selector.is_satisfiable:
        yield _contradiction(conflict(selector) or (), located)
    elif len(by_key) < len(located):
        yield from _check_redundancy(Counter(redundant(selector)), located)
    for key, items in by_key.items():
        if all(requirement.operator.is_exclusion for requirement, _ in items):
            hint = f"to require the label, add: {key}"
            for requirement, entry in items:
                effect = f"also matches nodes without the label {quoted(key)}"
                message = f"{_shown(requirement)} {effect}"
                yield _ABSENT_KEY.at(entry.place, entry.path, message, hint)
        # By path, so that "x>3,x<5" is reported once.
        comparisons = {entry.path: entry for each, entry in items if each.operator.is_comparison}
        for path, entry in comparisons.items():
            message = "'>' and '<' are not documented by Expanso; the server may reject them"
            hint = f"list the values: {key} in (...)"
            yield _UNDOCUMENTED_OPERATOR.at(entry.place, path, message, hint)


def _number_of_requirements(entry: _Entry) -> int:
    return 1 if entry.key is not None else len(Selector.parse(entry.value.text).requirements)


def _contradiction(conflicting: tuple[Requirement, ...], located: list[_Located]) -> Finding:
    last, entry = next(item for item in reversed(located) if item[0] in conflicting)
    others = [each for each in conflicting if each != last]
    problem, hint = "is never true", "remove it"
    if others:
        problem, hint = f"contradicts {_listed(others)}", "remove one of them"
    values = ",".join(sorted({value for each in conflicting for value in each.values}))
    if others and all(each.operator.is_inclusion for each in conflicting) and len(values) < 200:
        hint = f"to accept any of the values, write: {last.key} in ({values})"
    message = f"no node can match: {_shown(last)} {problem}"
    return _CONTRADICTION.at(entry.place, entry.path, message, hint)


def _check_redundancy(extra: Counter[Requirement], located: list[_Located]) -> Check[None]:
    """Report the requirements that can be removed without effect.

    :param extra: these requirements, and how many times each can be removed.
    :param located: all requirements, with the entries of the selector that they come from.
    """
    count = Counter(requirement for requirement, _ in located)
    needed: dict[str, list[Requirement]] = {}
    for requirement in count:
        if extra[requirement] < count[requirement]:
            needed.setdefault(requirement.key, []).append(requirement)
    listed = {key: _listed(requirements) for key, requirements in needed.items()}
    seen: set[Requirement] = set()
    for requirement, entry in located if extra else ():
        reason = None
        if requirement in seen:
            reason = "is repeated"
        elif extra[requirement] == count[requirement]:
            reason = f"follows from {listed[requirement.key]}"
        if reason:
            message = f"{_shown(requirement)} {reason}"
            yield _REDUNDANT.at(entry.place, entry.path, message, "remove it")
        seen.add(requirement)


def _listed(requirements: list[Requirement]) -> str:
    return join_limited([_shown(requirement) for requirement in requirements])


def _shown(requirement: Requirement) -> str:
    return truncate(str(requirement), 80)
