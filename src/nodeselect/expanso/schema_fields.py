"""The fields of a job file and the values that each allows, read from the JSON Schema."""

import difflib
import json
import pkgutil
import re
from functools import cache, lru_cache
from typing import Any, NamedTuple

# Nanoseconds of each unit. The two signs for micro are different characters.
NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}

_PART = "[0-9]{1,19}(?:[.][0-9]{1,19})?(?:ns|us|µs|μs|ms|s|m|h)"
# One part or more, each a number without a sign and a unit.
DURATION = f"(?:{_PART})+"
# The numbers and the unit of each part. Both are compiled on first use.
_PARTS = "(?<![0-9])([0-9]+)(?:[.]([0-9]+))?(ns|us|µs|μs|ms|s|m|h)"


class Field(NamedTuple):
    """The values that a field allows.

    :param kind: ``text``, ``integer``, ``number``, ``boolean``, ``duration``, ``texts`` (a list),
        ``labels`` (a mapping to strings), ``data`` (any mapping), or ``model`` (a mapping with
        fields of its own).
    :param model: for the kind ``model``, its name, such as ``RolloutSpec``; otherwise empty.
    :param words: the strings that are allowed; empty if all are.
    :param minimum: the smallest number that is allowed; for a duration, in nanoseconds.
    :param maximum: the largest number that is allowed.
    """

    kind: str
    model: str = ""
    words: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = 0


def schema_text() -> str:
    """Return the text of the JSON Schema that describes a job file."""
    data = pkgutil.get_data("nodeselect.expanso", "job.schema.json")
    assert data is not None, "the file ships with the package"
    return data.decode()


def fields_of(model: str) -> dict[str, Field]:
    """Return a mapping from name to field for the model with a name such as ``JobSpec``."""
    return _models()[model]


@cache
def _models() -> dict[str, dict[str, Field]]:
    return {
        model: {name: _field(schema) for name, schema in definition["properties"].items()}
        for model, definition in json.loads(schema_text())["$defs"].items()
    }


def _field(schema: dict[str, Any]) -> Field:
    if "$ref" in schema:
        return Field("model", schema["$ref"].rpartition("/")[2])
    match schema["type"][0]:
        case "string":
            return Field("text", words=tuple(word for word in schema.get("enum", ()) if word))
        case "array":
            return Field("texts")
        case "object":
            is_labels = isinstance(schema.get("additionalProperties"), dict)
            return Field("labels" if is_labels else "data")
        case "boolean":
            return Field("boolean")
        case kind:
            kind = "duration" if schema.get("format") == "go-duration" else kind
            return Field(kind, minimum=schema["minimum"], maximum=schema["maximum"])


def parse_duration(text: str) -> int | None:
    """Return the nanoseconds of a duration in Go's notation; None if ``text`` is not one.

    >>> parse_duration("1m30s"), parse_duration("1.5s"), parse_duration("90")
    (90000000000, 1500000000, None)
    """
    if len(text) > 200 or not re.fullmatch(DURATION, text):
        return None
    total = 0
    for whole, fraction, unit in re.findall(_PARTS, text):
        size = NANOSECONDS[unit]
        total += int(whole) * size + int(fraction or 0) * size // 10 ** len(fraction)
    return total


# What other systems call a selector, in lower case and without separators.
FOREIGN_SELECTORS = ("constraints", "nodeselector", "labelselector")

# Fields in which people wrap a whole job by mistake.
WRAPPERS = ("job", "spec", "jobs", "job_spec")


@lru_cache(1024)
def snake_case(name: str) -> str:
    """Return the name of a field in snake case: ``restart_policy`` for ``restartPolicy``."""
    text = "".join(f"_{c.lower()}" if c.isupper() else c for c in name[:40])
    return text.replace("-", "_").replace("__", "_").removeprefix("_")


def is_foreign_selector(name: str) -> bool:
    """Return whether other systems call a selector so, in any style."""
    return snake_case(name).replace("_", "") in FOREIGN_SELECTORS


@lru_cache(1024)
def is_selector_name(name: str) -> bool:
    """Return whether a field with this name is probably meant to select nodes."""
    if is_foreign_selector(name) or snake_case(name) in fields_of("NodeSelector"):
        return True
    if not 4 <= len(name) <= 14 or len(set("selector").intersection(name.lower())) < 4:
        return False  # a quick test, since the one below is slow
    return difflib.SequenceMatcher(None, "selector", name.lower()).ratio() >= 0.8
