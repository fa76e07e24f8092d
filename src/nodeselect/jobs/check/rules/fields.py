"""Rules of the fields of a job: which there are, and the type and bounds of each."""

import difflib
import re
from collections.abc import Callable, Iterator
from functools import partial
from math import isinf

from nodeselect.documents import List, Object, Scalar, Value, is_null
from nodeselect.documents.values import TEMPLATE_HINT
from nodeselect.jobs.check.rule import Check, Hint, define, describe
from nodeselect.jobs.check.rules.expressions import CONTROL_CHARACTER, TEMPLATE
from nodeselect.jobs.check.schema_fields import Field, fields_of
from nodeselect.jobs.check.suggestions import (
    MODEL_HINTS,
    is_renamed,
    suggest_field,
    suggest_number,
    suggest_text,
)
from nodeselect.jobs.models.durations import NANOSECONDS, is_duration, parse_duration
from nodeselect.text import FORBIDDEN, join_limited, printable, quoted

__all__ = [
    "DEMO",
    "FRACTION",
    "INTEGER",
    "NUMBER",
    "OLD_FIELD",
    "check_model",
    "check_placeholder",
    "check_template",
    "expected",
    "field",
    "integer_of",
    "truncated_path",
]

# A job file to which the examples of rules add a field.
DEMO = "name: demo\nselector: {match_labels: {region: eu}}\n"

_UNKNOWN_FIELD = define(
    "unknown-field",
    "fields",
    "a field that no job has",
    "The server ignores it or rejects the job. A misspelt selector is no selector: the job runs on"
    " EVERY node.",
    before="name: demo\nselector:\n  matchLabels: {region: eu}\n",
    after="name: demo\nselector:\n  match_labels: {region: eu}\n",
)
OLD_FIELD = define(
    "old-field",
    "fields",
    "a field of older versions: deployment, min_healthy_time",
    "'deployment' is now called 'rollout'. Its max_parallel was a number of nodes (0 for all at"
    " once) and is now a percentage: 2 no longer means two nodes but 2 percent of them.",
    before=f"{DEMO}deployment:\n  strategy: rolling\n  max_parallel: 2\n"
    "  health_check: {deadline: 5m, min_healthy_time: 30s}\n",
    after=f"{DEMO}rollout:\n  strategy: rolling\n  max_parallel: 10\n"
    "  health_check: {deadline: 5m, interval: 15s, success_threshold: 2}\n",
)
_WRONG_TYPE = define(
    "wrong-type",
    "fields",
    "a value of the wrong type",
    "Versions of YAML disagree on which words are booleans, numbers or dates. If a string is"
    " expected, such a word needs quotes.",
    before="name: demo\nselector:\n  match_labels:\n    version: 1.10\n",
    after='name: demo\nselector:\n  match_labels:\n    version: "1.10"\n',
)
_NOT_ONE_OF = define(
    "not-one-of",
    "fields",
    "a word that is not one of those allowed",
    before=f"{DEMO}restart_policy: on_failure\n",
    after=f"{DEMO}restart_policy: on-failure\n",
)
_OUT_OF_RANGE = define(
    "out-of-range",
    "fields",
    "a number that is too small or too large",
    "Percentages are from 0 to 100. max_error_rate is a share, from 0 to 1.",
    before=f"{DEMO}timeouts: {{total_timeout: -1}}\n",
    after=f"{DEMO}timeouts: {{total_timeout: 0}}\n",
)
_NOT_A_DURATION = define(
    "not-a-duration",
    "fields",
    "a string that is not a duration",
    "A duration in a health check is a number with a unit (30s, 1m30s; the units are h, m, s, ms,"
    " us and ns), or a number of nanoseconds. Timeouts are whole seconds.",
    before=f"{DEMO}rollout: {{strategy: rolling, health_check: {{deadline: 5 minutes}}}}\n",
    after=f"{DEMO}rollout: {{strategy: rolling, health_check: {{deadline: 5m}}}}\n",
)
_SHORT_DURATION = define(
    "short-duration",
    "fields",
    "a duration of less than a millisecond",
    "Numbers without a unit are nanoseconds; seconds were probably meant.",
    severity="warning",
    before=f"{DEMO}rollout: {{strategy: rolling, health_check: {{deadline: 300}}}}\n",
    after=f"{DEMO}rollout: {{strategy: rolling, health_check: {{deadline: 300s}}}}\n",
)
_PLACEHOLDER = define(
    "placeholder",
    "fields",
    "a string that looks like a placeholder",
    severity="warning",
    before="name: demo\nselector: {match_labels: {environment: replace-with-node-label}}\n",
    after="name: demo\nselector: {match_labels: {environment: production}}\n",
)
# Whole numbers that every version of YAML, and JSON, reads alike.
INTEGER = re.compile("-?(?:0|[1-9][0-9]{0,19})", re.ASCII)
# The same of any length.
_LONG_INTEGER = re.compile("-?(?:0|[1-9][0-9]*)", re.ASCII)
# Numbers of JSON.
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)
# Fractions that all of YAML reads alike: to YAML 1.1, 1e3 and 1.5e3 are strings.
FRACTION = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?", re.ASCII)

_TEMPLATE = re.compile(r"\$\{[^}\n]*\}?|\{\{(?:(?!\}\})[^\n])*+(?:\}\})?|<[A-Za-z][\w .:-]*>")
_PLACEHOLDER_TEXT = re.compile(
    r"(?:replace|change)[-_. ]?(?:me|this|with)\b.*|to-?do|fix-?me|your[-_. ].+|x{3,}|placeholder",
    re.IGNORECASE,
)
_BOOLEANS = {"true": "true", "yes": "true", "on": "true", "y": "true",
             "false": "false", "no": "false", "off": "false", "n": "false"}  # fmt: skip

_DURATION_HINT = "write a number with a unit, such as 30s or 1m30s"


def field(value: Object, name: str) -> Value | None:
    """Return the value of a field; None if it is missing or null, which mean the same."""
    if name not in value.entries:
        return None
    item = value.entries[name][1]
    return None if is_null(item) else item


def truncated_path(path: str, key: str) -> str:
    """Return the path of a key; the key is escaped, and cut if it is long."""
    name = printable(key[:60])
    return f"{path}.{name}" if path else name


def integer_of(value: Value | None) -> int | None:
    """Return the whole number that a value is, or None."""
    if isinstance(value, Scalar) and value.kind == "number" and INTEGER.fullmatch(value.text):
        return int(value.text)
    return None


def expected(
    what: str, value: Value, path: str, hint: Hint = None, *, found: str | None = None
) -> Check[None]:
    """Report that a value is not what was expected."""
    length = len(value.text) if isinstance(value, Scalar) else 1
    message = f"expected {what}, found {found or describe(value)}"
    yield _WRONG_TYPE.at_position(value.position, path, message, hint, length=length)


def check_model(model: str, value: Value, path: str) -> Check[None]:
    """Check the fields of a mapping of the job.

    Of a selector and a wrapped spec, only check that there is such a field.

    :param path: of the mapping; empty for the whole document.
    """
    if not isinstance(value, Object):
        yield from expected("a mapping", value, path, MODEL_HINTS.get(model))
        return
    known = fields_of(model)
    for name, (key, item) in value.entries.items():
        place = truncated_path(path, name)
        if model == "Job" and name == "selector":
            pass  # two-specs
        elif name not in known:
            yield from _check_unknown(model, key, item, place, value)
        elif (
            not is_null(item)
            and model != "NodeSelector"
            and known[name].model not in ("NodeSelector", "JobSpec")
        ):
            yield from _CHECKS[known[name].kind](known[name], item, place)


def _check_unknown(
    model: str, key: Scalar, value: Value, path: str, siblings: Object
) -> Check[None]:
    name = quoted(key.text)
    titles = {
        "Job": f"a job has no field {name}",
        "JobSpec": f"a job spec has no field {name}",
        "NodeSelector": f"a selector has no field {name}, only {', '.join(fields_of(model))}",
        "RolloutSpec": f"a rollout has no field {name}",
        "HealthCheck": f"a health check has no field {name}",
        "Timeouts": f"there is no timeout {name}",
    }
    rule = OLD_FIELD if is_renamed(model, key.text) else _UNKNOWN_FIELD
    yield rule.at(key, path, titles[model], partial(suggest_field, model, key, value, siblings))


def _check_text(expectation: Field, value: Value, path: str) -> Check[None]:
    words = expectation.words
    if not isinstance(value, Scalar) or value.kind != "text":
        hint = f"write one of: {', '.join(words)}" if words else suggest_text(value)
        yield from expected("a string", value, path, hint)
        return
    text = value.text
    if bad := FORBIDDEN.search(text):
        message = f"the control character {printable(bad[0])} is not allowed"
        yield CONTROL_CHARACTER.in_text(value, path, message, "remove it", bad.span())
    elif words and text not in words:
        close = difflib.get_close_matches(text[:40].lower().replace("_", "-"), words, 1, 0.7)
        message = f"expected {join_limited(words, conjunction='or')}, found {quoted(text)}"
        hint = f"did you mean '{close[0]}'?" if close else None
        yield _NOT_ONE_OF.at(value, path, message, hint)
    elif path.rpartition(".")[2] != "description" and not (yield from check_template(value, path)):
        yield from check_placeholder(value, path)


def check_template(value: Scalar, path: str) -> Check[bool]:
    """Check that no unfilled template is in a string; return whether there is one."""
    template = _TEMPLATE.search(value.text)
    if template:
        message = f"unfilled template: {quoted(template[0])}"
        yield TEMPLATE.in_text(value, path, message, TEMPLATE_HINT, template.span())
    return template is not None


def check_placeholder(value: Scalar, path: str, word: str | None = None) -> Check[None]:
    """Check that a string, or a ``word`` in it, is not a placeholder."""
    text = value.text if word is None else word
    if _PLACEHOLDER_TEXT.fullmatch(text[:200]):
        message = f"{quoted(text)} looks like a placeholder"
        yield _PLACEHOLDER.at(value, path, message, "replace it with a real value")


def _check_number(expectation: Field, value: Value, path: str) -> Check[None]:
    is_integer = expectation.kind == "integer"
    number = integer_of(value) if is_integer else _number_of(value)
    if number is None and not _is_long_integer(value):
        what = "a whole number" if is_integer else "a number"
        found = None
        if isinstance(value, Scalar) and value.kind == "number":
            what += " in decimal digits"
            found = quoted(value.text)
        hint = suggest_number(path, expectation, value)
        yield from expected(what, value, path, hint, found=found)
    elif number is None or not _is_within(number, expectation):
        assert isinstance(value, Scalar)
        name = path.rpartition(".")[2]
        message = f"{name} must be {_bounds(expectation, number)}, found {_digits(value)}"
        hint = None
        if name == "max_parallel":
            hint = "it is a percentage of the job's nodes, not a number of nodes"
        yield _OUT_OF_RANGE.at(value, path, message, hint)


def _number_of(value: Value) -> float | None:
    if isinstance(value, Scalar) and value.kind == "number" and NUMBER.fullmatch(value.text):
        return float(value.text)
    return None


def _is_long_integer(value: Value) -> bool:
    """Return whether a value is a whole number in decimal digits, of any length."""
    return (
        isinstance(value, Scalar)
        and value.kind == "number"
        and _LONG_INTEGER.fullmatch(value.text) is not None
    )


def _is_within(number: float, expectation: Field) -> bool:
    low, high = expectation.minimum, expectation.maximum
    return (low is None or low <= number) and (high is None or number <= high)


def _bounds(expectation: Field, number: float | None) -> str:
    low, high = expectation.minimum, expectation.maximum
    if high is not None and high < 2**53:
        return f"from {low} to {high}{' percent' if high == 100 else ''}"
    if low == 0 and number is not None and number < 0:
        return "0 or more"
    return "a number of at most 64 bits"


def _digits(value: Scalar) -> str:
    return quoted(value.text, 30)[1:-1]


def _check_boolean(expectation: Field, value: Value, path: str) -> Check[None]:
    if isinstance(value, Scalar):
        if value.kind == "boolean" and value.text in ("true", "false"):
            return
        word = _BOOLEANS.get(value.text.lower())
        hint = f"write: {word}" if word else None
        found = quoted(value.text) if value.kind == "boolean" else None
        yield from expected("true or false", value, path, hint, found=found)
    else:
        yield from expected("true or false", value, path)


def _check_duration(expectation: Field, value: Value, path: str) -> Check[None]:
    if isinstance(value, Scalar) and value.kind == "text":
        number = parse_duration(value.text)
        if number is None and not is_duration(value.text):
            hint = _DURATION_HINT
            if INTEGER.fullmatch(value.text):
                hint = f"write: {value.text}s"
            message = f"{quoted(value.text)} is not a duration"
            yield _NOT_A_DURATION.at(value, path, message, hint)
            return
    else:
        number = integer_of(value)
        if number is None and not _is_long_integer(value):
            yield from expected("a duration", value, path, _DURATION_HINT)
            return
    assert isinstance(value, Scalar)
    if number is None or not _is_within(number, expectation):
        name = path.rpartition(".")[2]
        message = f"{name} must be from 1ns to 2562047h, found {_digits(value)}"
        yield _OUT_OF_RANGE.at(value, path, message)
    elif number < NANOSECONDS["ms"] and value.kind == "number":
        message = f"{number} nanoseconds is less than a millisecond"
        yield _SHORT_DURATION.at(value, path, message, f"write: {number}s")


def _check_labels(expectation: Field, value: Value, path: str) -> Check[None]:
    if not isinstance(value, Object):
        yield from expected("a mapping", value, path)
        return
    for key, item in value.entries.values():
        place = truncated_path(path, key.text)
        yield from _check_text(expectation, key, place)
        yield from _check_text(expectation, item, place)


def _check_data(expectation: Field, value: Value, path: str) -> Check[None]:
    """Check that the numbers of a mapping have at most 64 bits; it may hold anything else."""
    if not isinstance(value, Object):
        yield from expected("a mapping", value, path)
        return
    containers: list[tuple[Object | List, str]] = [(value, path)]
    while containers:
        container, place = containers.pop()
        for name, item in _items(container):
            if isinstance(item, Object | List):
                containers.append((item, _below(place, name)))
            elif _is_too_large(item):
                message = f"{_digits(item)} does not fit into 64 bits"
                hint = f'as text, write: "{item.text}"' if len(item.text) < 200 else None
                yield _OUT_OF_RANGE.at(item, _below(place, name), message, hint)


def _is_too_large(value: Scalar) -> bool:
    if value.kind != "number":
        return False
    if _is_long_integer(value):
        return not -(2**63) <= int(value.text[:22]) < 2**64
    return FRACTION.fullmatch(value.text) is not None and isinf(float(value.text))


def _items(container: Object | List) -> Iterator[tuple[str | int, Value]]:
    if isinstance(container, List):
        yield from enumerate(container.items)
    else:
        yield from ((name, item) for name, (_, item) in container.entries.items())


def _below(path: str, name: str | int) -> str:
    return f"{path}[{name}]" if isinstance(name, int) else truncated_path(path, name)


def _check_nested(expectation: Field, value: Value, path: str) -> Check[None]:
    yield from check_model(expectation.model, value, path)


_CHECKS: dict[str, Callable[[Field, Value, str], Check[None]]] = {
    "text": _check_text,
    "integer": _check_number,
    "number": _check_number,
    "boolean": _check_boolean,
    "duration": _check_duration,
    "labels": _check_labels,
    "model": _check_nested,
    "data": _check_data,
}
