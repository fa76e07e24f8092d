"""Rules about the selector of a job: its labels, expressions and ids, and what they mean."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import partial

from nodeselect.documents.values import Object, Value, find
from nodeselect.documents.yaml import scalar_kind
from nodeselect.errors import SelectorError
from nodeselect.jobs.check.edits import Edit, corrected_expression
from nodeselect.jobs.check.rule import REGISTRY, Check, Finding, define
from nodeselect.jobs.check.rules.fields import (
    check_model,
    check_placeholder,
    check_template,
    expected,
)
from nodeselect.jobs.check.rules.selector_fields import Entry, read_labels, read_list
from nodeselect.jobs.check.schema_fields import fields_of
from nodeselect.jobs.check.suggestions import suggest_label, suggest_selector
from nodeselect.limits import LIMITS
from nodeselect.problem import Fix
from nodeselect.selectors import Requirement, Selector, conflict, redundant
from nodeselect.selectors.charset import is_key
from nodeselect.text import join_limited, quoted, truncate

_error = partial(define, "selector")
_warning = partial(define, "selector", severity="warning")

_ODD_ID = _warning(
    "odd-id",
    "an id that probably no node has",
    "Ids are matched exactly: spaces, wildcards, variables and commas are part of an id.",
    before='name: demo\nselector: {match_ids: ["node-1*"]}',
    after="name: demo\nselector: {match_ids: [node-10, node-11]}",
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


# A requirement and the entry that it comes from.
_Located = tuple[Requirement, Entry]


def read_selector(value: Value | None, path: str) -> Check[Selector | None]:
    """Check the selector of a job and return it; return None if it is not valid."""
    if value is None:
        return Selector.everything()
    if not isinstance(value, Object):
        yield from expected("a mapping", value, path, partial(suggest_selector, value))
        return None
    yield from check_model("NodeSelector", value, path)
    labels = yield from read_labels(find(value, "match_labels"), f"{path}.match_labels")
    expressions = yield from read_list(value, "match_expressions", path, LIMITS.requirements)
    ids = yield from read_list(value, "match_ids", path, LIMITS.match_ids)
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
    entries: list[Entry], value: Value, path: str
) -> Check[tuple[Selector | None, list[Entry]]]:
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


def _build(entries: Iterable[Entry]) -> Selector:
    labels: dict[str, str] = {}
    texts: dict[str, list[str]] = {"match_expressions": [], "match_ids": []}
    for entry in entries:
        if entry.key is not None:
            labels[entry.key.text] = entry.value.text
        else:
            texts[entry.field].append(entry.value.text)
    return Selector.of(match_labels=labels, **texts)


def _check_entry(entry: Entry) -> Check[bool]:
    """Check a label, an expression or an id by itself; return whether it is valid."""
    try:
        _build([entry])
    except SelectorError as error:
        value, edit = entry.value, None
        hint: Fix | str | None = error.fix
        if entry.key is not None:
            hint = suggest_label(entry.key.text, entry.value) or hint
            if not is_key(entry.key.text):
                value = entry.key
        elif error.fix:
            hint = _quote_for_yaml(error.fix, is_whole="," not in error.source)
            if entry.field == "match_expressions":
                edit = Edit(value, partial(corrected_expression, error.source))
        rule = REGISTRY[error.code]
        yield rule.at(value, entry.path, error.message, hint, error.span, edit=edit)
        return False
    return True


def _quote_for_yaml(fix: Fix, *, is_whole: bool) -> Fix:
    """Return a hint about an expression as a hint for YAML: ``write: "!key"`` for ``write: !key``.

    In YAML, ``!key`` and ``5`` are not strings.

    :param is_whole: whether the hint has the whole expression, and not a part of it.
    """
    text = fix.replacement
    if not text or not fix.is_certain or (text[0] != "!" and scalar_kind(text) == "text"):
        return fix
    if is_whole:
        return Fix.write(f'"{text}"')
    return fix._replace(text=f"put the expression in quotes, and {fix.text}")


def _check_ids(ids: Iterable[Entry]) -> Check[None]:
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


def _check_requirements(selector: Selector, entries: list[Entry]) -> Check[None]:
    """Report requirements that contradict or repeat each other, or have other doubtful effects.

    This is decided exactly, for all possible nodes.
    """
    located = [
        (requirement, entry)
        for entry in entries
        if entry.field != "match_ids"
        for requirement in _build([entry]).requirements
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
            fix = Fix.write(key, "to require the label, add")
            for requirement, entry in items:
                effect = f"also matches nodes without the label {quoted(key)}"
                message = f"{_shown(requirement)} {effect}"
                yield _ABSENT_KEY.at(entry.place, entry.path, message, fix)
        # By path, so that "x>3,x<5" is reported once.
        comparisons = {entry.path: entry for each, entry in items if each.operator.is_comparison}
        for path, entry in comparisons.items():
            message = "'>' and '<' are not documented by Expanso; the server may reject them"
            hint = f"list the values: {key} in (...)"
            yield _UNDOCUMENTED_OPERATOR.at(entry.place, path, message, hint)


def _contradiction(conflicting: tuple[Requirement, ...], located: list[_Located]) -> Finding:
    last, entry = next(item for item in reversed(located) if item[0] in conflicting)
    others = [each for each in conflicting if each != last]
    problem, hint = "is never true", Fix("remove it")
    if others:
        problem, hint = f"contradicts {_listed(others)}", Fix("remove one of them")
    values = ",".join(sorted({value for each in conflicting for value in each.values}))
    if others and all(each.operator.is_inclusion for each in conflicting) and len(values) < 200:
        hint = Fix.write(f"{last.key} in ({values})", "to accept any of the values, write")
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
