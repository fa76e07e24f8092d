"""Build ``job.schema.json`` from the models, in the package.

Run ``python docs/build_schema.py`` after each change of a model.
"""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from nodeselect.expanso.models import JobSpec

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NULL = {"type": "null"}


def build_schema() -> str:
    """Return the text of the schema of a job file: the spec, or one wrapped as ``{spec: ...}``."""
    _, definitions = models_json_schema([(JobSpec, "validation")])
    models = {name: _model(model) for name, model in definitions["$defs"].items()}
    models["RolloutSpec"] |= {
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
    models["Job"] = {
        "type": ["object", "null"],
        "description": "A job as the server answers it.",
        "additionalProperties": False,
        "properties": {
            "id": {"description": "Set by the server, not submitted.", "type": ["string", "null"]},
            "spec": {"$ref": "#/$defs/JobSpec", "description": "What its author wrote."},
            "status": {
                "description": "Set by the server, not submitted.",
                "type": ["object", "null"],
            },
        },
    }
    schema = {
        "$schema": _DIALECT,
        "title": "A job of Expanso",
        "description": "A job spec, or one wrapped as {spec: ...}. Built by nodeselect.",
        "type": "object",
        "if": {"required": ["spec"]},
        "then": {"$ref": "#/$defs/Job", "properties": {"spec": {"type": "object"}}},
        "else": {"$ref": "#/$defs/JobSpec"},
        "$defs": dict(sorted(models.items())),
    }
    return json.dumps(schema, indent=2) + "\n"


def _model(model: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one model, or null, since what is null is absent.

    It has a list of types, not a choice of schemas: for a mistake within, editors would only report
    that none of the choices fits.
    """
    properties = {name: _property(schema) for name, schema in model["properties"].items()}
    return {
        "type": ["object", "null"],
        "description": model["description"].partition("\n")[0],
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
    package = Path(__file__).parents[1] / "src" / "nodeselect" / "jobs" / "models"
    (package / "job.schema.json").write_text(build_schema(), "utf-8")
