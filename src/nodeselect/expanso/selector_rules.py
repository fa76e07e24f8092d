"""Rules about the selector of a job: the syntax of its three fields, and their joint meaning."""

import re
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from nodeselect.documents import (
    List,
    Object,
    Scalar,
    Value,
    find,
    is_bare_key,
    is_null,
    scalar_kind,
)
from nodeselect.errors import SelectorError
from nodeselect.expanso.fields import (
    PLACEHOLDER_TEXT,
    check_filled,
    check_model,
    placeholder,
)
from nodeselect.expanso.suggestions import (
    suggest_expression,
    suggest_label,
    suggest_list,
    suggest_selector,
)
from nodeselect.findings.node_count import CountNodes
from nodeselect.findings.rule import Check, Finding, Findings, Hint, expected, rule
from nodeselect.findings.structured import suggest_text
from nodeselect.limits import LIMITS
from nodeselect.problem import TEMPLATE_TEXT, Fix, Path
from nodeselect.selectors import Operator, Requirement, Selector, conflict, redundant
from nodeselect.selectors.charset import is_key
from nodeselect.selectors.diagnostics import limit_error
from nodeselect.text import id_mistake, join_limited, pluralize, quoted, truncate

# The rules about the meaning of a selector.
_CHECKS: list[Callable[["Parsed"], Findings]] = []

_form = partial(rule, "selector")
_error = partial(_form, checks=_CHECKS)
_warning = partial(_error, severity="warning")

# A list of values in an expression.
_BRACKETS = r"[(\[{][^()\[\]{}]*[)\]}]"


@_form(
    "structured-expression",
    "an expression that is a mapping, as in Kubernetes and Bacalhau",
    before="name: demo\nselector:\n  match_expressions:\n"
    "    - {key: region, operator: In, values: [eu, us]}",
    after="name: demo\nselector:\n  match_expressions:\n    - region in (eu,us)",
)
def _structured_expression(item: Object, path: Path) -> Finding:
    message = "an expression is a string, not a mapping"
    return Finding(item, path, message, partial(suggest_expression, item))


@_form(
    "split-expression",
    "an expression that YAML splits at the comma",
    "In the flow style of YAML, [...] and {...}, a comma ends a string without quotes.",
    before="name: demo\nselector: {match_expressions: [region in (eu,us)]}",
    after='name: demo\nselector: {match_expressions: ["region in (eu,us)"]}',
)
def _split_expression(
    first: Scalar, path: Path, message: str, hint: Hint, last: Value | None = None
) -> Finding:
    return Finding(first, path, message, hint, last=last)


def _too_many(value: List | Object, path: Path, number: int, limit: str, what: str) -> Finding:
    """Return the finding for a list or mapping that has more items than a selector may have."""
    error = limit_error(limit, what, number, "")
    return Finding(value, path, error.message, error.fix, code=error.code)


class _Entry(NamedTuple):
    """A label, an expression or an id in the selector of a job file.

    :param parent: the path of the field that has the entry, such as ``selector.match_ids``.
    :param number: the index of an expression or id in its list; 0 for a label.
    :param key: the key of a label; None for an expression or an id.
    :param value: the value of a label, or the expression or id.
    """

    parent: Path
    number: int
    key: Scalar | None
    value: Scalar

    @property
    def path(self) -> Path:
        """The path of the entry in the document."""
        return (*self.parent, self.number if self.key is None else self.key.text)

    @property
    def place(self) -> Scalar:
        """What findings about the entry point to: the key of a label, or the expression or id."""
        return self.key or self.value


# A requirement and the entry that it comes from.
_Located = tuple[Requirement, _Entry]


class Parsed(NamedTuple):
    """The valid entries of the selector of a job.

    :param selector: the selector that all entries describe together.
    :param located: pairs of a requirement and the entry that it comes from.
    :param ids: the entries that are ids.
    :param count_nodes: returns how many nodes match, if nodes are known and all entries are valid.
    """

    selector: Selector
    located: list[_Located]
    ids: list[_Entry]
    count_nodes: CountNodes | None = None


_NO_ENTRIES = Parsed(Selector.everything(), [], [])


def read_selector(value: Value | None, path: Path) -> Check[Parsed]:
    """Return the valid entries of a job's selector at ``path``; report the invalid ones."""
    if value is None:
        return _NO_ENTRIES
    if not isinstance(value, Object):
        yield expected("a mapping", value, path, partial(suggest_selector, value))
        return _NO_ENTRIES
    yield from check_model("NodeSelector", value, path)
    labels = yield from _read_labels(find(value, "match_labels"), (*path, "match_labels"))
    expressions = yield from _read_list(value, "match_expressions", path)
    ids = yield from _read_list(value, "match_ids", path)
    located: list[_Located] = []
    for entry in (*labels, *expressions):
        located += [(each, entry) for each in (yield from _read_requirements(entry))]
    valid_ids = []
    for entry in ids:
        if mistake := id_mistake(entry.value.text):
            code, message, span = mistake
            yield Finding(entry.value, entry.path, message, "remove it", span, code=code)
        else:
            valid_ids.append(entry)
    texts = [entry.value.text for entry in valid_ids]
    try:
        selector = Selector.from_requirements([each for each, _ in located], texts or None)
    except SelectorError as error:  # together they exceed a limit
        yield Finding(value, path, error.message, code=error.code)
        return _NO_ENTRIES
    return Parsed(selector, located, valid_ids)


def check_selector(parsed: Parsed) -> Findings:
    """Check valid entries for placeholders, contradictions and other probable mistakes."""
    for requirement, entry in parsed.located:
        for word in requirement.values:
            if PLACEHOLDER_TEXT.fullmatch(word):
                yield placeholder(entry.value, entry.path, word)
    for entry in parsed.ids:
        yield from check_filled(entry.value, entry.path)
    for check in _CHECKS:
        yield from check(parsed)


def _read_labels(value: Value | None, path: Path) -> Check[list[_Entry]]:
    """Return the labels in ``match_labels``; report keys and values that are not strings."""
    if value is None:
        return []
    if not isinstance(value, Object):
        example = Fix.write("{region: eu}", "write a mapping, such as")
        yield expected("a mapping", value, path, example)
        return []
    if len(value.entries) > LIMITS.requirements:
        yield _too_many(value, path, len(value.entries), "requirements", "requirements")
        return []
    entries = []
    for key, item in value.entries.values():
        if key.kind == "text" and isinstance(item, Scalar) and item.kind == "text":
            entries.append(_Entry(path, 0, key, item))
            continue
        place = (*path, key.text)
        if is_bare_key(key, item) and ":" in key.text:
            yield expected("a label and its value", key, place, "put a space after the colon")
        elif is_bare_key(key, item):
            message = "this is the rest of a value that YAML ended at the comma"
            yield _split_expression(key, place, message, "put all of the value in quotes")
        elif key.kind != "text":
            yield expected("a string", key, place, suggest_text(key))
        else:
            yield expected("a string", item, place, partial(suggest_label, key.text, item))
    return entries


def _read_list(fields: Object, name: str, path: Path) -> Check[list[_Entry]]:
    """Return the strings in ``match_expressions`` or ``match_ids``; report the other items."""
    value = find(fields, name)
    path = (*path, name)
    if value is None:
        return []
    if not isinstance(value, List):
        yield expected("a list of strings", value, path, partial(suggest_list, name, value))
        return []
    limit, what = ("match_ids", "ids") if name == "match_ids" else ("requirements", "requirements")
    if len(value.items) > getattr(LIMITS, limit):
        yield _too_many(value, path, len(value.items), limit, what)
        return []
    entries = []
    split_until = 0
    for number, item in enumerate(value.items):
        if number < split_until:
            pass  # reported with the first piece
        elif isinstance(item, Scalar) and item.kind == "text":
            pieces = _pieces_of_expression(value.items[number:]) if name != "match_ids" else []
            if len(pieces) > 1:
                split_until = number + len(pieces)
                message, last = "YAML ends the item at the comma", value.items[split_until - 1]
                hint = partial(suggest_expression, item._replace(text=",".join(pieces)))
                yield _split_expression(item, (*path, number), message, hint, last)
            else:
                entries.append(_Entry(path, number, None, item))
        elif isinstance(item, Object) and name == "match_expressions":
            yield _structured_expression(item, (*path, number))
        else:
            suggest = suggest_expression if name == "match_expressions" else suggest_text
            advice: Hint = "remove the item" if is_null(item) else partial(suggest, item)
            yield expected("a string", item, (*path, number), advice)
    return entries


def _pieces_of_expression(items: list[Value]) -> list[str]:
    """Return the texts of the first items that together are one expression.

    YAML splits ``[region in (eu,us)]`` at the comma: the result is ``region in (eu`` and ``us)``.
    Return only the first text if it is a whole expression, or if the rest is not found.
    """
    pieces: list[str] = []
    for item in items:
        if not isinstance(item, Scalar) or (pieces and "(" in item.text):
            break
        pieces.append(item.text)
        if ")" in item.text or "(" not in pieces[0]:
            return pieces
    return pieces[:1]


def _read_requirements(entry: _Entry) -> Check[tuple[Requirement, ...]]:
    """Return the requirements of a label or an expression; if invalid, report, and return ()."""
    key, value = entry.key, entry.value
    try:
        if key is not None:
            return (Requirement(key.text, Operator.EQUALS, [value.text]),)
        if requirements := Selector.parse(value.text).requirements:
            return requirements
        Selector.of(match_expressions=[value.text])  # raises, since it is blank
    except SelectorError as error:
        place, hint, edit = value, error.fix, None
        if key is not None:
            hint = suggest_label(key.text, value) or hint
            if not is_key(key.text):
                place = key
        elif hint and hint.is_certain and hint.replacement:
            hint, edit = _correction(hint.replacement, hint, error.source)
        message, span = error.message, error.span
        yield Finding(place, entry.path, message, hint, span, edit, code=error.code)
    return ()


def _correction(requirement: str, fix: Fix, source: str) -> tuple[Fix, str | None]:
    """Return a fix that is valid in YAML, and the edit: the string to write in the file.

    The edit is None if the invalid expression ``source`` has several requirements.

    :param requirement: the corrected requirement, which ``fix`` suggests.
    """
    if requirement.startswith("!") or scalar_kind(requirement) != "text":  # to YAML, no string
        fix = Fix.write(f'"{requirement}"')
    is_whole = "," not in re.sub(_BRACKETS, "", source)
    return fix._replace(is_certain=False), requirement if is_whole else None


@_warning(
    "odd-id",
    "an id that probably no node has",
    "Ids are matched exactly: spaces, wildcards, variables and commas are part of an id.",
    before='name: demo\nselector: {match_ids: ["node-1*"]}',
    after="name: demo\nselector: {match_ids: [node-10, node-11]}",
)
def _odd_id(parsed: Parsed) -> Findings:
    for entry in parsed.ids:
        text = entry.value.text
        odd = re.search(r"^\s|\s$|[*?$%,]", text)
        if odd is None or re.search(TEMPLATE_TEXT, text):
            continue
        message = f"{quoted(text)} contains {quoted(odd[0])}, and ids are matched exactly"
        hint = "write each id as a separate item, or select by a label that these nodes have"
        yield Finding(entry.value, entry.path, message, hint)


@_error(
    "contradiction",
    "requirements that no node can satisfy together",
    "All requirements must hold, those of labels and of expressions. To accept any of several"
    " values, use 'in'; to accept either of two selectors, use two jobs.",
    before='name: demo\nselector: {match_expressions: ["region=eu,region=us"]}',
    after='name: demo\nselector: {match_expressions: ["region in (eu,us)"]}',
)
def _contradiction(parsed: Parsed) -> Findings:
    if parsed.selector.is_satisfiable:
        return
    conflicting = conflict(parsed.selector) or ()
    last, entry = next(item for item in reversed(parsed.located) if item[0] in conflicting)
    others = [requirement for requirement in conflicting if requirement != last]
    problem, fix = "is never true", Fix("remove it")
    if others:
        problem, fix = f"contradicts {_listed(others)}", Fix("remove one of them")
    values = sorted({value for requirement in conflicting for value in requirement.values})
    listed = ",".join(values)
    is_choice = all(requirement.operator.is_inclusion for requirement in conflicting)
    if others and is_choice and len(listed) < 200:
        fix = Fix.write(f"{last.key} in ({listed})", "to accept any of the values, write")
    message = f"no node can match: {_shown(last)} {problem}"
    yield Finding(entry.place, entry.path, message, fix)


@_warning(
    "redundant-requirement",
    "a requirement or an id that changes nothing",
    before="name: demo\nselector:\n  match_labels: {region: eu}\n  match_expressions: [region]",
    after="name: demo\nselector:\n  match_labels: {region: eu}",
)
def _redundant_requirement(parsed: Parsed) -> Findings:
    repeated: set[str] = set()
    for entry in parsed.ids:
        text = entry.value.text
        if text in repeated:
            message = f"the id {quoted(text)} is repeated"
            yield Finding(entry.value, entry.path, message, "remove it")
        repeated.add(text)
    keys = {requirement.key for requirement, _ in parsed.located}
    if len(keys) == len(parsed.located) or not parsed.selector.is_satisfiable:
        return
    extra = Counter(redundant(parsed.selector))  # how many times each can be removed
    count = Counter(requirement for requirement, _ in parsed.located)
    needed: dict[str, list[Requirement]] = {}
    for requirement in count:
        if extra[requirement] < count[requirement]:
            needed.setdefault(requirement.key, []).append(requirement)
    listed = {key: _listed(requirements) for key, requirements in needed.items()}
    seen: set[Requirement] = set()
    for requirement, entry in parsed.located if extra else ():
        reason = None
        if requirement in seen:
            reason = "is repeated"
        elif extra[requirement] == count[requirement]:
            reason = f"follows from {listed[requirement.key]}"
        if reason:
            yield Finding(entry.place, entry.path, f"{_shown(requirement)} {reason}", "remove it")
        seen.add(requirement)


@_warning(
    "absent-key",
    "'!=' or 'notin' also matches nodes without the label",
    "If this is not intended, require the label as well.",
    before='name: demo\nselector: {match_expressions: ["tier!=free"]}',
    after='name: demo\nselector: {match_expressions: ["tier,tier!=free"]}',
)
def _absent_key(parsed: Parsed) -> Findings:
    required = {each.key for each, _ in parsed.located if not each.operator.is_exclusion}
    count = parsed.count_nodes
    for requirement, entry in parsed.located:
        if (key := requirement.key) in required:
            continue
        if count and str(requirement) in count(parsed.selector).replaced:
            continue  # another finding is about it
        effect = f"also matches nodes without the label {quoted(key)}"
        hint = partial(_require_label, key, parsed.selector, count)
        yield Finding(entry.place, entry.path, f"{_shown(requirement)} {effect}", hint)


def _require_label(key: str, selector: Selector, count: CountNodes | None) -> Fix | str:
    if count is None or len(selector.requirements) == LIMITS.requirements:  # no room for one more
        return Fix.write(key, "to require the label, add")
    left = count(selector & Selector.of(match_expressions=[key])).matching
    if not left:
        return "to require the label would leave no node"
    total = pluralize(count(selector).matching, "node")
    return Fix.write(key, f"to require the label, which leaves {left:,} of {total}, add")


@_warning(
    "undocumented-operator",
    "'>' or '<', which Expanso does not document",
    "Kubernetes and Bacalhau have them. The server may reject them.",
    before='name: demo\nselector: {match_expressions: ["gpus>1"]}',
    after='name: demo\nselector: {match_expressions: ["gpus in (2,4,8)"]}',
)
def _undocumented_operator(parsed: Parsed) -> Findings:
    reported = set()
    for requirement, entry in parsed.located:
        found = requirement.key, entry.number
        if requirement.operator.is_comparison and found not in reported:
            reported.add(found)  # so that "x>3,x<5" is reported once
            message = "'>' and '<' are not documented by Expanso; the server may reject them"
            hint = f"list the values: {requirement.key} in (...)"
            yield Finding(entry.place, entry.path, message, hint)


def _listed(requirements: list[Requirement]) -> str:
    return join_limited([_shown(requirement) for requirement in requirements])


def _shown(requirement: Requirement) -> str:
    return truncate(str(requirement), 80)
