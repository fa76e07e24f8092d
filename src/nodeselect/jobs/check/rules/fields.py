"""Rules of the fields of a job: which there are, and the type and bounds of each."""

import difflib
import re
from collections.abc import Callable, Iterator
from functools import partial
from math import inf, isinf

from nodeselect.documents import List, Object, Scalar, Value, is_null
from nodeselect.documents.values import TEMPLATE_HINT
from nodeselect.jobs.check.rule import DEMO, Check, Hint, define, describe
from nodeselect.jobs.check.rules.expressions import CONTROL_CHARACTER, TEMPLATE
from nodeselect.jobs.check.schema_fields import (
    FRACTION,
    INTEGER,
    LONG_INTEGER,
    NANOSECONDS,
    NUMBER,
    Field,
    fields_of,
    is_duration,
    parse_duration,
)
from nodeselect.jobs.check.suggestions import (
    MODEL_HINTS,
    is_renamed,
    suggest_field,
    suggest_number,
    suggest_text,
)
from nodeselect.text import FORBIDDEN, join_limited, printable, quoted

__all__ = [
    "check_model",
    "check_placeholder",
    "check_template",
    "expected",
    "field",
    "integer_of",
    "truncated_path",
]

_error = partial(define, "fields")
_warning = partial(define, "fields", severity="warning")

_UNKNOWN_FIELD = _error(
    "unknown-field",
    "a field that no job has",
    "The server ignores it or rejects the job. A misspelt selector is no selector: the job runs on"
    " EVERY node.",
    before="name: demo\nselector:\n  matchLabels: {region: eu}",
    after="name: demo\nselector:\n  match_labels: {region: eu}",
)
_OLD_FIELD = _error(
    "old-field",
    "a field of older versions: deployment, min_healthy_time",
    "'deployment' is now called 'rollout'. Its max_parallel was a number of nodes (0 for all at"
    " once) and is now a percentage: 2 no longer means two nodes but 2 percent of them.",
    before=f"{DEMO}deployment:\n  strategy: rolling\n  max_parallel: 2\n"
    "  health_check: {deadline: 5m, min_healthy_time: 30s}",
    after=f"{DEMO}rollout:\n  strategy: rolling\n  max_parallel: 10\n"
    "  health_check: {deadline: 5m, interval: 15s, success_threshold: 2}",
)
_WRONG_TYPE = _error(
    "wrong-type",
    "a value of the wrong type",
    "Versions of YAML disagree on which words are booleans, numbers or dates. If a string is"
    " expected, such a word needs quotes.",
    before="name: demo\nselector:\n  match_labels:\n    version: 1.10",
    after='name: demo\nselector:\n  match_labels:\n    version: "1.10"',
)
_NOT_ONE_OF = _error(
    "not-one-of",
    "a word that is not one of those allowed",
    before=f"{DEMO}restart_policy: on_failure",
    after=f"{DEMO}restart_policy: on-failure",
)
_OUT_OF_RANGE = _error(
    "out-of-range",
    "a number that is too small or too large",
    "Percentages are from 0 to 100. max_error_rate is a share, from 0 to 1.",
    before=f"{DEMO}timeouts: {{total_timeout: -1}}",
    after=f"{DEMO}timeouts: {{total_timeout: 0}}",
)
_NOT_A_DURATION = _error(
    "not-a-duration",
    "a string that is not a duration",
    "A duration in a health check is a number with a unit (30s, 1m30s; the units are h, m, s, ms,"
    " us and ns), or a number of nanoseconds. Timeouts are whole seconds.",
    before=f"{DEMO}rollout: {{strategy: rolling, health_check: {{deadline: 5 minutes}}}}",
    after=f"{DEMO}rollout: {{strategy: rolling, health_check: {{deadline: 5m}}}}",
)
_SHORT_DURATION = _warning(
    "short-duration",
    "a duration of less than a millisecond",
    "Numbers without a unit are nanoseconds; seconds were probably meant.",
    before=f"{DEMO}rollout: {{strategy: rolling, health_check: {{deadline: 300}}}}",
    after=f"{DEMO}rollout: {{strategy: rolling, health_check: {{deadline: 300s}}}}",
)
_PLACEHOLDER = _warning(
    "placeholder",
    "a string that looks like a placeholder",
    before="name: demo\nselector: {match_labels: {environment: replace-with-node-label}}",
    after="name: demo\nselector: {match_labels: {environment: production}}",
)

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
    message = f"expected {what}, found {found or describe(value)}"
    yield _WRONG_TYPE.at(value, path, message, hint)


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
            yield from _check_unknown(model, key, item, place)
        elif (
            not is_null(item)
            and model != "NodeSelector"
            and known[name].model not in ("NodeSelector", "JobSpec")
        ):
            yield from _CHECKS[known[name].kind](known[name], item, place)


def _check_unknown(model: str, key: Scalar, value: Value, path: str) -> Check[None]:
    name = quoted(key.text)
    titles = {
        "Job": f"a job has no field {name}",
        "JobSpec": f"a job spec has no field {name}",
        "NodeSelector": f"a selector has no field {name}, only {', '.join(fields_of(model))}",
        "RolloutSpec": f"a rollout has no field {name}",
        "HealthCheck": f"a health check has no field {name}",
        "Timeouts": f"there is no timeout {name}",
    }
    rule = _OLD_FIELD if is_renamed(model, key.text) else _UNKNOWN_FIELD
    yield rule.at(key, path, titles[model], partial(suggest_field, model, key, value))


def _check_text(expectation: Field, value: Value, path: str) -> Check[None]:
    words = expectation.words
    if not isinstance(value, Scalar) or value.kind != "text":
        hint = f"write one of: {', '.join(words)}" if words else suggest_text(value)
        yield from expected("a string", value, path, hint)
        return
    text = value.text
    if bad := FORBIDDEN.search(text):
        message = f"the control character {printable(bad[0])} is not allowed"
        yield CONTROL_CHARACTER.at(value, path, message, "remove it", bad.span())
    elif words and text not in words:
        close = difflib.get_close_matches(text[:40].lower().replace("_", "-"), words, 1, 0.7)
        message = f"expected {join_limited(words, conjunction='or')}, found {quoted(text)}"
        hint = f"did you mean '{close[0]}'?" if close else None
        yield _NOT_ONE_OF.at(value, path, message, hint)
    elif path.rpartition(".")[2] != "description" and not (yield from check_template(value, path)):
        yield from check_placeholder(value, path, text)


def check_template(value: Scalar, path: str) -> Check[bool]:
    """Check that no unfilled template is in a string; return whether there is one."""
    template = _TEMPLATE.search(value.text)
    if template:
        message = f"unfilled template: {quoted(template[0])}"
        yield TEMPLATE.at(value, path, message, TEMPLATE_HINT, template.span())
    return template is not None


def check_placeholder(value: Scalar, path: str, word: str) -> Check[None]:
    """Check that a ``word`` of a string is not a placeholder."""
    if _PLACEHOLDER_TEXT.fullmatch(word[:200]):
        message = f"{quoted(word)} looks like a placeholder"
        yield _PLACEHOLDER.at(value, path, message, "replace it with a real value")


def _check_number(expectation: Field, value: Value, path: str) -> Check[None]:
    is_integer = expectation.kind == "integer"
    pattern = LONG_INTEGER if is_integer else NUMBER
    if not isinstance(value, Scalar) or value.kind != "number":
        what = "a whole number" if is_integer else "a number"
        yield from expected(what, value, path, suggest_number(path, expectation, value))
    elif not pattern.fullmatch(value.text):
        what = f"a {'whole ' if is_integer else ''}number in decimal digits"
        hint = suggest_number(path, expectation, value)
        yield from expected(what, value, path, hint, found=quoted(value.text))
    else:
        hint = None
        if path.endswith("max_parallel"):
            hint = "it is a percentage of the job's nodes, not a number of nodes"
        number = _number(value.text)
        low, high = expectation.minimum, expectation.maximum
        bounds = "a number of at most 64 bits"
        if high is not None and high < 2**53:
            bounds = f"from {low} to {high}{' percent' if high == 100 else ''}"
        elif low == 0 and number < 0:
            bounds = "0 or more"
        yield from _check_bounds(expectation, number, value, path, bounds, hint)


def _number(digits: str) -> int | float:
    """Return a number of any length; a long one is only compared."""
    return int(digits) if INTEGER.fullmatch(digits) else float(digits)


def _check_bounds(
    expectation: Field, number: float, value: Scalar, path: str, bounds: str, hint: Hint = None
) -> Check[None]:
    low, high = expectation.minimum, expectation.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        name = path.rpartition(".")[2]
        message = f"{name} must be {bounds}, found {quoted(value.text, 30)[1:-1]}"
        yield _OUT_OF_RANGE.at(value, path, message, hint)


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
    kind, text = (value.kind, value.text) if isinstance(value, Scalar) else ("", "")
    number: float
    if isinstance(value, Scalar) and kind == "text" and is_duration(text):
        number = parse_duration(text) or inf
    elif isinstance(value, Scalar) and kind == "number" and LONG_INTEGER.fullmatch(text):
        number = _number(text)
    elif kind == "text":
        hint = f"write: {text}s" if INTEGER.fullmatch(text) else _DURATION_HINT
        yield _NOT_A_DURATION.at(value, path, f"{quoted(text)} is not a duration", hint)
        return
    else:
        yield from expected("a duration", value, path, _DURATION_HINT)
        return
    yield from _check_bounds(expectation, number, value, path, "from 1ns to 2562047h")
    if 1 <= number < NANOSECONDS["ms"] and kind == "number":
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
        for below, item in _items(container, place):
            if isinstance(item, Object | List):
                containers.append((item, below))
            elif _is_too_large(item):
                message = f"{quoted(item.text, 30)[1:-1]} does not fit into 64 bits"
                hint = f'as text, write: "{item.text}"' if len(item.text) < 200 else None
                yield _OUT_OF_RANGE.at(item, below, message, hint)


def _is_too_large(value: Scalar) -> bool:
    if value.kind != "number":
        return False
    if LONG_INTEGER.fullmatch(value.text):
        return not -(2**63) <= _number(value.text) < 2**64
    return FRACTION.fullmatch(value.text) is not None and isinf(float(value.text))


def _items(container: Object | List, path: str) -> Iterator[tuple[str, Value]]:
    if isinstance(container, List):
        yield from ((f"{path}[{number}]", item) for number, item in enumerate(container.items))
    else:
        for name, (_, item) in container.entries.items():
            yield truncated_path(path, name), item


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
