"""Rules about single fields of a job: their names, and the types and bounds of their values."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from math import isinf

from nodeselect.documents import (
    FRACTION,
    INTEGER,
    LONG_INTEGER,
    NUMBER,
    List,
    Object,
    Scalar,
    Value,
    is_null,
)
from nodeselect.expanso.schema_fields import (
    NANOSECONDS,
    Field,
    fields_of,
    parse_duration,
    snake_case,
)
from nodeselect.expanso.suggestions import (
    RENAMED,
    suggest_field,
    suggest_number,
)
from nodeselect.findings.rule import Finding, Findings, Hint, expected, rule
from nodeselect.findings.structured import suggest_text
from nodeselect.problem import TEMPLATE_HINT, TEMPLATE_TEXT, Fix, Path, suggest_word
from nodeselect.text import FORBIDDEN, join_limited, printable, quoted, truncate

# A job file to which examples of rules add the field that they show.
DEMO = "name: demo\nselector: {match_labels: {region: eu}}\n"

_error = partial(rule, "fields")
_warning = partial(rule, "fields", severity="warning")
_language = partial(rule, "language")


PLACEHOLDER_TEXT = re.compile(
    r"(?:replace|change)[-_. ]?(?:me|this|with)\b.*|to-?do|fix-?me|your[-_. ].+|x{3,}|placeholder",
    re.IGNORECASE,
)
_BOOLEANS = dict.fromkeys(("true", "yes", "on", "y"), "true") | dict.fromkeys(
    ("false", "no", "off", "n"), "false"
)
_EXAMPLES = {
    "RolloutSpec": "{strategy: rolling, health_check: {deadline: 5m}}",
    "HealthCheck": "{deadline: 5m}",
    "Timeouts": "{total_timeout: 3600}",
}
_YEAR = 365 * 24 * 3600
_DURATION = "write a number with a unit, such as 30s or 1m30s"


def integer_of(value: Value | None) -> int | None:
    """Convert a value of a document to an int; return None if it is not a whole number."""
    if isinstance(value, Scalar) and value.kind == "number" and INTEGER.fullmatch(value.text):
        return int(value.text)
    return None


def _unknown_field(model: str, key: Scalar, value: Object, path: Path) -> Finding:
    plain = snake_case(key.text)
    message = f"there is no field {quoted(key.text)}"
    hint = partial(suggest_field, model, key, value)
    is_only_style = (
        plain in fields_of(model) and list(map(snake_case, value.entries)).count(plain) == 1
    )
    edit = plain if is_only_style else None
    return Finding(key, path, message, hint, edit=edit, code="unknown-field")


@_error(
    "old-field",
    "a field of older versions: deployment, min_healthy_time",
    "'deployment' is now called 'rollout'. Its max_parallel was a number of nodes (0 for all at"
    " once) and is now a percentage: 2 no longer means two nodes but 2 percent of them.",
    before=f"{DEMO}deployment:\n  strategy: rolling\n  max_parallel: 2\n"
    "  health_check: {deadline: 5m, min_healthy_time: 30s}",
    after=f"{DEMO}rollout:\n  strategy: rolling\n  max_parallel: 10\n"
    "  health_check: {deadline: 5m, interval: 15s, success_threshold: 2}",
)
def _old_field(key: Scalar, path: Path, hint: str) -> Finding:
    return Finding(key, path, f"{quoted(key.text)} is no longer a field", hint)


def check_model(model: str, value: Object, path: Path) -> Findings:
    """Check that a mapping has only fields of ``model``, and that their values are valid.

    The values of the fields for a selector or a whole job spec are not checked here.
    """
    known = fields_of(model)
    for name, (key, item) in value.entries.items():
        field = known.get(name)
        if field is None and (hint := RENAMED.get((model, snake_case(name)))):
            yield _old_field(key, (*path, name), hint)
        elif field is None:
            yield _unknown_field(model, key, value, (*path, name))
        elif (
            model != "NodeSelector"
            and field.model not in ("NodeSelector", "JobSpec")
            and not is_null(item)
        ):
            yield from _CHECKS[field.kind](field, item, (*path, name))


@_language(
    "control-character",
    "a control character other than tab and end of line",
    always_reported=True,
    before='name: demo\nselector:\n  match_labels: {region: "e\\u0007u"}',
    after="name: demo\nselector:\n  match_labels: {region: eu}",
)
def _control_character(value: Scalar, path: Path, bad: re.Match[str]) -> Finding:
    message = f"the character {printable(bad[0])} is not allowed"
    return Finding(value, path, message, "remove it", bad.span())


def _check_text(expectation: Field, value: Value, path: Path) -> Findings:
    words = expectation.words
    if not isinstance(value, Scalar) or value.kind != "text":
        hint = f"write one of: {', '.join(words)}" if words else suggest_text(value)
        yield expected("a string", value, path, hint)
        return
    text = value.text
    if bad := FORBIDDEN.search(text):
        yield _control_character(value, path, bad)
    elif words and text not in words:
        yield _not_one_of(words, value, path)
    elif path not in (("description",), ("spec", "description")):  # not a label of this name
        yield from check_filled(value, path)


@_error(
    "not-one-of",
    "a word that the field does not allow",
    before=f"{DEMO}restart_policy: on_failure",
    after=f"{DEMO}restart_policy: on-failure",
)
def _not_one_of(words: tuple[str, ...], value: Scalar, path: Path) -> Finding:
    text = value.text
    message = f"expected {join_limited(words, conjunction='or')}, found {quoted(text)}"
    plain = text.lower().replace("_", "-")
    edit = plain if plain in words else None
    return Finding(value, path, message, suggest_word(text, words), edit=edit)


@_language(
    "template",
    "an unfilled template: ${...}, {{...}}, {name}, <...>",
    "Fill in the template before the file is checked and submitted. Templates are allowed in"
    " description and config.",
    before='name: demo\nselector: {match_labels: {region: "${REGION}"}}',
    after="name: demo\nselector: {match_labels: {region: eu}}",
)
def _template(value: Scalar, path: Path, found: re.Match[str]) -> Finding:
    message = f"unfilled template: {quoted(found[0])}"
    return Finding(value, path, message, TEMPLATE_HINT, found.span())


@_warning(
    "placeholder",
    "a string that looks like a placeholder",
    before="name: demo\nselector: {match_labels: {environment: replace-with-node-label}}",
    after="name: demo\nselector: {match_labels: {environment: production}}",
)
def placeholder(value: Scalar, path: Path, word: str) -> Finding:
    """Return the finding for ``word`` in a string that looks like a placeholder, such as TODO."""
    message = f"{quoted(word)} looks like a placeholder"
    return Finding(value, path, message, "replace it with a real value")


def check_filled(value: Scalar, path: Path) -> Findings:
    """Report a string that contains an unfilled template or looks like a placeholder."""
    if found := re.search(TEMPLATE_TEXT, value.text):
        yield _template(value, path, found)
    elif PLACEHOLDER_TEXT.fullmatch(value.text[:200]):
        yield placeholder(value, path, value.text)


def _check_number(expectation: Field, value: Value, path: Path) -> Findings:
    is_integer = expectation.kind == "integer"
    pattern, what = (LONG_INTEGER, "a whole number") if is_integer else (NUMBER, "a number")
    match value:
        case Scalar(text, "number") if pattern.fullmatch(text):
            yield from _check_bounds(expectation, _number(text), value, path)
        case _:
            yield expected(what, value, path, suggest_number(path, expectation, value))


def _number(digits: str) -> int | float:
    """Return an integer for comparisons: as an int, or rounded to a float if it is very long."""
    return int(digits) if INTEGER.fullmatch(digits) else float(digits)


@_error(
    "out-of-range",
    "a number that is too small or too large",
    "Percentages are from 0 to 100. max_error_rate is a share, from 0 to 1.",
    before=f"{DEMO}timeouts: {{total_timeout: -1}}",
    after=f"{DEMO}timeouts: {{total_timeout: 0}}",
)
def _out_of_range(value: Value, path: Path, message: str, hint: Hint) -> Finding:
    return Finding(value, path, message, hint)


def _check_bounds(expectation: Field, number: float, value: Scalar, path: Path) -> Findings:
    low, high = expectation.minimum, expectation.maximum
    if low <= number <= high:
        yield from _unlikely_number(expectation.kind, number, value, path)
        return
    name, found = path[-1], truncate(printable(value.text), 30)
    bounds = f"{low:,} to {high:,}" if expectation.kind != "duration" else "1ns to 2562047h"
    hint = "max_parallel is a percentage of the job's nodes, not a number of nodes"
    message = f"{name} must be from {bounds}, found {found}"
    yield _out_of_range(value, path, message, hint if name == "max_parallel" else None)


def _check_boolean(expectation: Field, value: Value, path: Path) -> Findings:
    match value:
        case Scalar("true" | "false", "boolean"):
            return
    word = _BOOLEANS.get(value.text.lower()) if isinstance(value, Scalar) else None
    yield expected("true or false", value, path, Fix.write(word, is_certain=True) if word else None)


def _check_duration(expectation: Field, value: Value, path: Path) -> Findings:
    match value:
        case Scalar(text, "text"):
            nanoseconds = parse_duration(text)
            if nanoseconds is None:
                yield _not_a_duration(value, path)
            else:
                yield from _check_bounds(expectation, nanoseconds, value, path)
        case Scalar(text, "number") if LONG_INTEGER.fullmatch(text):
            yield from _check_bounds(expectation, _number(text), value, path)
        case _:
            yield expected("a duration", value, path, _DURATION)


@_error(
    "not-a-duration",
    "a string that is not a duration",
    "A duration in a health check is a number with a unit (30s, 1m30s; the units are h, m, s, ms,"
    " us and ns), or a number of nanoseconds. Timeouts are whole seconds.",
    before=f"{DEMO}rollout: {{strategy: rolling, health_check: {{deadline: 5 minutes}}}}",
    after=f"{DEMO}rollout: {{strategy: rolling, health_check: {{deadline: 5m}}}}",
)
def _not_a_duration(value: Scalar, path: Path) -> Finding:
    return Finding(value, path, f"{quoted(value.text)} is not a duration", _DURATION)


@_warning(
    "unlikely-number",
    "a number that is probably meant in another unit",
    "A duration without a unit is in nanoseconds, timeouts are in seconds, and max_parallel is a"
    " percentage: 0 no longer means all nodes.",
    before=f"{DEMO}rollout: {{strategy: rolling, health_check: {{deadline: 300}}}}",
    after=f"{DEMO}rollout: {{strategy: rolling, health_check: {{deadline: 300s}}}}",
)
def _unlikely_number(kind: str, number: float, value: Scalar, path: Path) -> Findings:
    """Report a number, for a duration in nanoseconds, that is allowed but probably a mistake."""
    name = str(path[-1])
    if kind == "duration" and value.kind == "number" and number < NANOSECONDS["ms"]:
        message = f"{number} without a unit means {number} nanoseconds"
        yield Finding(value, path, message, Fix.write(f"{number}s", "for seconds, write"))
    elif name.endswith("_timeout") and number > _YEAR:
        hint = "write whole seconds, not nanoseconds, or 0 for no limit"
        yield Finding(value, path, f"{number} seconds is more than a year", hint)
    elif name == "max_parallel" and not number:
        message = "max_parallel: 0 means 0 percent of the nodes in each wave"
        hint = "write a percentage, such as 10; to update all nodes at once, write 100"
        yield Finding(value, path, message, hint)


def _check_mapping(expectation: Field, value: Value, path: Path) -> Findings:
    if not isinstance(value, Object):
        example = _EXAMPLES.get(expectation.model)
        hint = example and Fix.write(example, "write a mapping, such as")
        yield expected("a mapping", value, path, hint)
    elif expectation.kind == "model":
        yield from check_model(expectation.model, value, path)
    elif expectation.kind == "data":
        for inner, number in _large_numbers(value):
            text = number.text
            message = f"{truncate(text, 30)} does not fit into 64 bits"
            hint = Fix.write(f'"{text}"', "as a string, write") if len(text) < 200 else None
            yield _out_of_range(number, (*path, *inner), message, hint)
    else:
        for key, item in value.entries.values():
            place = (*path, key.text)
            yield from _check_text(expectation, key, place)
            yield from _check_text(expectation, item, place)


def _large_numbers(value: Value) -> Iterator[tuple[Path, Scalar]]:
    """Yield the path and the number, for each number in ``value`` that does not fit in 64 bits."""
    match value:
        case List(items):
            for index, item in enumerate(items):
                for path, number in _large_numbers(item):
                    yield (index, *path), number
        case Object(entries):
            for name, (_, item) in entries.items():
                for path, number in _large_numbers(item):
                    yield (name, *path), number
        case Scalar(text, "number") if _is_too_large(text):
            yield (), value


def _is_too_large(digits: str) -> bool:
    if LONG_INTEGER.fullmatch(digits):
        return not -(2**63) <= _number(digits) < 2**64
    return FRACTION.fullmatch(digits) is not None and isinf(float(digits))


_CHECKS: dict[str, Callable[[Field, Value, Path], Findings]] = {
    "text": _check_text,
    "integer": _check_number,
    "number": _check_number,
    "boolean": _check_boolean,
    "duration": _check_duration,
    "labels": _check_mapping,
    "model": _check_mapping,
    "data": _check_mapping,
}
