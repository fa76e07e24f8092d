"""Makes ``job.schema.json`` from the models, here and in ``docs/``.

Run ``python -m nodeselect.jobs.models._build_schema`` after each change of the models; a test fails
until that was done. The one here ships: files are checked by it, and ``nodeselect schema`` prints
it.
"""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from nodeselect.jobs.models.job import Job

__all__ = ["build_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PARTS = ("HealthCheck", "Job", "JobSpec", "NodeSelector", "RolloutSpec", "Timeouts")
_NULL = {"type": "null"}


class _Generate(GenerateJsonSchema):
    ignored_warning_kinds = {"non-serializable-default"}  # noqa: RUF012 - pydantic's own way


def build_schema() -> str:
    """Give the text of the schema of a job file: the spec itself, or wrapped as ``{spec: ...}``."""
    _, whole = models_json_schema([(Job, "validation")], schema_generator=_Generate)
    parts = {name: _part(part) for name, part in sorted(whole["$defs"].items()) if name in _PARTS}
    parts["RolloutSpec"] |= {
        "if": {
            "properties": {"strategy": {"enum": ["rolling", "canary"]}},
            "required": ["strategy"],
        },
        "then": {
            "properties": {
                "health_check": {
                    "type": "object",
                    "required": ["deadline"],
                    "properties": {"deadline": {"type": ["integer", "string"]}},
                }
            },
            "required": ["health_check"],
        },
    }
    parts["Job"]["properties"]["status"] = {  # the server's own; it is not submitted
        "description": "What the server knows of it; a file to be submitted has none.",
        "type": ["object", "null"],
    }
    schema = {
        "$schema": _DIALECT,
        "title": "A job of Expanso",
        "description": "A job spec, or one wrapped as {spec: ...}. Made by nodeselect.",
        "type": "object",
        "if": {"required": ["spec"]},
        "then": {"$ref": "#/$defs/Job", "properties": {"spec": {"type": "object"}}},
        "else": {"$ref": "#/$defs/JobSpec"},
        "$defs": parts,
    }
    return json.dumps(schema, indent=2) + "\n"


def _part(part: dict[str, Any]) -> dict[str, Any]:
    """Give the schema of one model, or null: what is null is absent.

    Each is one schema with a list of types, not a choice of schemas: of a mistake within, editors
    would tell no more than that none of the choices fits.
    """
    properties = {name: _property(schema) for name, schema in part["properties"].items()}
    return {
        "type": ["object", "null"],
        "description": part["description"].partition("\n")[0],
        "additionalProperties": False,
        "properties": properties,
    }


def _property(schema: dict[str, Any]) -> dict[str, Any]:
    kept = {name: item for name, item in schema.items() if name not in ("title", "default")}
    kept["description"] = " ".join(kept["description"].split())
    options = [item for item in kept.get("anyOf", []) if item != _NULL]
    if len(options) == 1:
        del kept["anyOf"]
        kept |= options[0]
    if "enum" in kept:
        kept["enum"] = [*kept["enum"], None]
    if "type" in kept:
        types = kept["type"]
        kept["type"] = [*([types] if isinstance(types, str) else types), "null"]
    default = schema.get("default")
    return {**kept, "default": default} if isinstance(default, (str, int, float)) else kept


if __name__ == "__main__":
    here = Path(__file__).parent
    for folder in (here, here.parents[3] / "docs"):
        (folder / "job.schema.json").write_text(build_schema(), "utf-8")
