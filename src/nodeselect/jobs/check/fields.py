"""Whether each field of a job holds what belongs there: the types, read off the schema."""

import difflib
import re
from collections.abc import Collection, Iterator
from math import isinf

from nodeselect.documents import List, Object, Position, Scalar, Unknown
from nodeselect.documents.values import FILL_IN, Value
from nodeselect.jobs.check.problems import Problems
from nodeselect.jobs.check.schema_fields import Field, fields_of
from nodeselect.jobs.check.suggestions import part_meant, text_meant
from nodeselect.jobs.check.unknown_fields import unknown_field
from nodeselect.jobs.models.durations import NANOSECONDS, is_duration, parse_duration
from nodeselect.text import FORBIDDEN, printable, quoted

__all__ = [
    "FRACTION",
    "INTEGER",
    "NUMBER",
    "check_part",
    "check_placeholder",
    "check_template",
    "field",
    "has",
    "integer_of",
    "number_of",
]

INTEGER = re.compile("-?(?:0|[1-9][0-9]{0,19})", re.ASCII)
"""A whole number that every version of YAML, and JSON, reads alike."""
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)
"""A number of JSON."""
FRACTION = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?", re.ASCII)
"""One with a point that all of YAML reads alike: to YAML 1.1, 1e3 and 1.5e3 are texts."""

_TEMPLATE = re.compile(r"\$\{[^}\n]*\}?|\{\{(?:(?!\}\})[^\n])*+(?:\}\})?|<[A-Za-z][\w .:-]*>")
_PLACEHOLDER = re.compile(
    r"(?:replace|change)[-_. ]?(?:me|this|with)\b.*|to-?do|fix-?me|your[-_. ].+|x{3,}|placeholder",
    re.IGNORECASE,
)
_TRUE, _FALSE = ("true", "yes", "on", "y"), ("false", "no", "off", "n")
_WORDS_MEANT = {
    **dict.fromkeys(_TRUE, "always"),
    **dict.fromkeys(_FALSE, "never"),
    "none": "never",
    "unless-stopped": "always",
    "all-at-once": "immediate",
    "recreate": "immediate",
}
"""Words of other systems, and of YAML, for those that may stand in a field."""


def field(value: Object, name: str) -> Value | None:
    """Give the value of a field; missing and null are the same, as they are to the server.

    A field that is missing where others were refused may be one of those: it is unknown.
    """
    if name not in value.entries:
        return Unknown(value.position) if value.is_open else None
    found = value.entries[name][1]
    return None if isinstance(found, Scalar) and found.kind == "null" else found


def has(value: Object, name: str) -> bool:
    """Say whether there certainly is a field, and not null."""
    return name in value.entries and not isinstance(field(value, name), Unknown | None)


def integer_of(value: Value | None) -> int | None:
    """Give the whole number that stands there, or None."""
    if isinstance(value, Scalar) and value.kind == "number" and INTEGER.fullmatch(value.text):
        return int(value.text)
    return None


def number_of(value: Value | None) -> float | None:
    """Give the number that stands there, or None."""
    if isinstance(value, Scalar) and value.kind == "number" and NUMBER.fullmatch(value.text):
        return float(value.text)
    return None


def check_part(
    problems: Problems, part: str, value: Value, path: str, *, everywhere: bool = False
) -> None:
    """Check the fields of one of the job's mappings; of a selector, only their names.

    :param path: of the mapping; empty for the whole document.
    :param everywhere: whether the job has no selector, and would run on every node.
    """
    if not isinstance(value, Object):
        problems.wrong_type(value, path, "a mapping", part_meant(part, value))
        return
    known = fields_of(part)
    before = f"{path}." if path else ""
    for name, (key, item) in value.entries.items():
        if name not in known:
            beside = value.entries
            if value.is_open and isinstance(item, Scalar):  # its rest may be what was refused
                item = Unknown(item.position)
            unknown_field(problems, part, key, item, before, beside, everywhere=everywhere)
        elif part != "NodeSelector" and known[name].part not in ("NodeSelector", "JobSpec"):
            _check(problems, name, known[name], item, f"{before}{name}")


def _check(problems: Problems, name: str, wanted: Field, value: Value, path: str) -> None:
    if isinstance(value, Scalar) and value.kind == "null":
        return
    match wanted.kind:
        case "text":
            _check_text(problems, value, path, wanted.words, free=name == "description")
        case "integer" | "number":
            _check_number(problems, name, wanted, value, path)
        case "boolean":
            _check_boolean(problems, value, path)
        case "duration":
            _check_duration(problems, wanted, value, path)
        case "labels":
            _check_labels(problems, value, path)
        case "part":
            check_part(problems, wanted.part, value, path)
        case _:
            _check_data(problems, value, path)


def _check_text(
    problems: Problems, value: Value, path: str, words: Collection[str] = (), *, free: bool = False
) -> None:
    """Check a text: one of ``words`` where there are any; with templates only where it is free."""
    if not isinstance(value, Scalar) or value.kind != "text":
        problems.wrong_type(value, path, "a string", lambda: _word_meant(value, words))
        return
    text = value.text
    if bad := FORBIDDEN.search(text):
        message = f"an unprintable character ({printable(bad[0])}) is refused"
        _add_span(problems, "control-character", message, value, path, bad.span(), "take it out")
    elif words and text not in words:
        close = difflib.get_close_matches(text[:40].lower().replace("_", "-"), words, 1, 0.7)
        meant = _WORDS_MEANT.get(text.lower(), close[0] if close else None)
        problems.add_at(
            "not-one-of",
            f"{quoted(text)} is none of {', '.join(words)}",
            value,
            path,
            f"did you mean '{meant}'?" if meant in words else None,
        )
    elif not free and not check_template(problems, value, path):
        check_placeholder(problems, value, path)


def _word_meant(value: Value, words: Collection[str]) -> str | None:
    if not words or not isinstance(value, Scalar):
        return text_meant(value)
    meant = _WORDS_MEANT.get(value.text.lower())
    return f"write: {meant}" if meant in words else f"write one of: {', '.join(words)}"


def check_template(problems: Problems, value: Scalar, path: str) -> bool:
    """Refuse a template that was left in; say whether there was one."""
    left = _TEMPLATE.search(value.text)
    if left:
        message = f"a template was left in: {quoted(left[0])}"
        _add_span(problems, "template", message, value, path, left.span(), FILL_IN)
    return left is not None


def check_placeholder(
    problems: Problems, value: Scalar, path: str, text: str | None = None
) -> None:
    """Warn of a text that is meant to be replaced: the whole value, or ``text`` in it."""
    word = value.text if text is None else text
    if _PLACEHOLDER.fullmatch(word[:200]):
        message = f"{quoted(word)} looks like a placeholder that was left in"
        problems.add_at("placeholder", message, value, path, "write what is meant")


def _add_span(
    problems: Problems,
    code: str,
    message: str,
    value: Scalar,
    path: str,
    span: tuple[int, int],
    hint: str,
) -> None:
    start, end = span
    if value.verbatim:
        at = Position(value.position.line, value.position.column + start)
        problems.add(code, message, at, path, length=end - start, hint=hint)
    else:
        problems.add_of(value.text, span, code, message, value.position, path, hint)


def _check_number(problems: Problems, name: str, wanted: Field, value: Value, path: str) -> None:
    whole = wanted.kind == "integer"
    kind = "a whole number" if whole else "a number"
    number = integer_of(value) if whole else number_of(value)
    if number is None and not _is_long(value):
        if isinstance(value, Scalar) and value.kind == "number":
            kind += " in decimal digits"
        problems.wrong_type(value, path, kind, _number_meant(name, value, wanted))
        return
    low, high = wanted.minimum, wanted.maximum
    if number is not None and (low is None or low <= number) and (high is None or number <= high):
        return
    bounds = (
        f"is from {low} to {high}" if high is not None and high < 2**53 else f"is {low} or more"
    )
    is_beyond = number is None or (high is not None and 2**53 <= high < number)
    if is_beyond or (low is not None and low < 0):
        bounds = "has at most 64 bits"
    percent = " percent" if high == 100 else ""
    found = quoted(value.text, 30) if isinstance(value, Scalar) else ""
    message = f"{name} {bounds}{percent}, not {found[1:-1]}"
    hint = None
    if name == "max_parallel":
        hint = "it is a percentage of the nodes, no longer a number of nodes"
    problems.add_at("out-of-range", message, value, path, hint)


def _is_long(value: Value) -> bool:
    """Say whether there stands a number in the plain way, of any length."""
    return (
        isinstance(value, Scalar)
        and value.kind == "number"
        and re.fullmatch(r"-?(?:0|[1-9][0-9]*)", value.text, re.ASCII) is not None
    )


def _number_meant(name: str, value: Value, wanted: Field) -> str | None:
    if not isinstance(value, Scalar) or len(value.text) > 40:
        return None
    text = value.text.strip()
    if name.endswith("_timeout") and (duration := parse_duration(text)):
        return f"timeouts are whole seconds; write: {max(1, duration // NANOSECONDS['s'])}"
    plain = text.removesuffix("%").rstrip().replace("_", "").removeprefix("+")
    if plain.startswith("."):
        plain = f"0{plain}"
    if wanted.kind == "integer":
        plain = re.sub("[.]0*$", "", plain)
    if not (INTEGER if wanted.kind == "integer" else NUMBER).fullmatch(plain):
        return None
    if text.endswith("%") and wanted.maximum == 1:  # a share, not a percentage
        return f"write: {float(plain) / 100:g}"
    return f"write: {plain}"


def _check_boolean(problems: Problems, value: Value, path: str) -> None:
    if isinstance(value, Scalar) and value.kind == "boolean" and value.text in ("true", "false"):
        return
    word = value.text.lower() if isinstance(value, Scalar) else ""
    meant = "true" if word in _TRUE else "false" if word in _FALSE else None
    hint = f"write: {meant}" if meant else None
    found = quoted(value.text) if isinstance(value, Scalar) and value.kind == "boolean" else None
    problems.wrong_type(value, path, "true or false", hint, found=found)


def _check_duration(problems: Problems, wanted: Field, value: Value, path: str) -> None:
    name = path.rpartition(".")[2]
    if isinstance(value, Scalar) and value.kind == "text":
        number = parse_duration(value.text)
        if number is None and not is_duration(value.text):
            hint = "write a number with a unit, such as 30s or 1m30s"
            if INTEGER.fullmatch(value.text):
                hint = f"write: {value.text}s, or nanoseconds as a number without quotes"
            message = f"{quoted(value.text)} is no duration"
            problems.add_at("not-a-duration", message, value, path, hint)
            return
    else:
        number = integer_of(value)
        if number is None and not _is_long(value):
            hint = "write a number with a unit, such as 30s or 1m30s"
            problems.wrong_type(value, path, "a duration", hint)
            return
    if number is None or number < (wanted.minimum or 0) or number > (wanted.maximum or 2**63):
        message = f"{name} is from 1ns to 2562047h, not {quoted(_shown(value), 30)[1:-1]}"
        problems.add_at("out-of-range", message, value, path)
    elif number < NANOSECONDS["ms"] and isinstance(value, Scalar) and value.kind == "number":
        message = f"{number} is a number of nanoseconds, less than a thousandth of a second"
        problems.add_at("short-duration", message, value, path, f"write: {number}s")


def _shown(value: Value) -> str:
    return value.text if isinstance(value, Scalar) else ""


def _check_labels(problems: Problems, value: Value, path: str) -> None:
    if not isinstance(value, Object):
        problems.wrong_type(value, path, "a mapping")
        return
    for key, item in value.entries.values():
        place = f"{path}.{printable(key.text[:60])}"
        _check_text(problems, key, place)
        _check_text(problems, item, place)


def _check_data(problems: Problems, value: Value, path: str) -> None:
    """Check a mapping of anything: only numbers can be wrong in it."""
    if not isinstance(value, Object):
        problems.wrong_type(value, path, "a mapping")
        return
    containers: list[tuple[Object | List, str]] = [(value, path)]
    while containers:
        each, place = containers.pop()
        for name, item in _items(each):
            if isinstance(item, Object | List):
                containers.append((item, _below(place, name)))
            elif isinstance(item, Scalar) and _is_too_large(item):
                message = f"{quoted(item.text, 30)[1:-1]} has no room in 64 bits"
                hint = f'as text write: "{item.text}"' if len(item.text) < 200 else None
                problems.add_at("out-of-range", message, item, _below(place, name), hint)


def _is_too_large(value: Scalar) -> bool:
    """Say whether there is a number that has no room in 64 bits, as one with or without a sign."""
    if _is_long(value):
        return not -(2**63) <= int(value.text[:22]) < 2**64
    return (
        value.kind == "number"
        and FRACTION.fullmatch(value.text) is not None
        and isinf(float(value.text))
    )


def _items(value: Object | List) -> Iterator[tuple[str | int, Value]]:
    """Give what a container holds, each with its key or its number."""
    if isinstance(value, List):
        yield from enumerate(value.items)
    else:
        yield from ((name, item) for name, (_, item) in value.entries.items())


def _below(path: str, name: str | int) -> str:
    return f"{path}[{name}]" if isinstance(name, int) else f"{path}.{printable(name[:60])}"
