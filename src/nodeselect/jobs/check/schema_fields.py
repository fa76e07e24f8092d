"""What fields a job file has, and what belongs in each: the schema, as something to check by."""

import json
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

__all__ = ["Field", "fields_of", "schema_text"]


class Field(NamedTuple):
    """What belongs in a field."""

    kind: str
    """``text``, ``integer``, ``number``, ``boolean``, ``duration``, ``texts`` (a list), ``labels``
    (a mapping to texts), ``data`` (any mapping), or ``part`` (one of the job's own mappings)."""
    part: str = ""
    """Which part it is."""
    words: tuple[str, ...] = ()
    """The texts that may stand there; empty: any."""
    minimum: int | float | None = None
    maximum: int | float | None = None
    """Bounds of a number."""


def schema_text() -> str:
    """Give the JSON Schema of a job file, as it ships."""
    return (resources.files("nodeselect.jobs.models") / "job.schema.json").read_text("utf-8")


@cache
def fields_of(part: str) -> dict[str, Field]:
    """Give the fields of one of the job's mappings, such as ``JobSpec``, by their names."""
    properties = _parts()[part]["properties"]
    return {name: _field(schema) for name, schema in properties.items()}


@cache
def _parts() -> dict[str, Any]:
    parts: dict[str, Any] = json.loads(schema_text())["$defs"]
    return parts


def _field(schema: dict[str, Any]) -> Field:
    if "$ref" in schema:
        return Field("part", schema["$ref"].rpartition("/")[2])
    if schema.get("format") == "go-duration":
        return Field("duration", minimum=schema["minimum"], maximum=schema["maximum"])
    match schema["type"][0]:
        case "string":
            return Field("text", words=tuple(word for word in schema.get("enum", ()) if word))
        case "array":
            return Field("texts")
        case "object":
            texts = isinstance(schema.get("additionalProperties"), dict)
            return Field("labels" if texts else "data")
        case kind:
            return Field(kind, minimum=schema.get("minimum"), maximum=schema.get("maximum"))
