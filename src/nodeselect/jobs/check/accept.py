"""Accept a job without errors, from plain data, in a fraction of the time of a check.

The rules look for mistakes, and know where each is. Most jobs have none. What is accepted here is
what the rules accept, or less: a job that is not accepted has to be checked. A test proves that the
rules find no error in any job that is accepted.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from nodeselect.errors import SelectorError
from nodeselect.jobs.check.rules.fields import TEMPLATE_TEXT
from nodeselect.jobs.check.rules.required_fields import RESERVED_PREFIX
from nodeselect.jobs.check.rules.rollout import STRATEGIES_WITH_HEALTH_CHECK
from nodeselect.jobs.check.schema_fields import Field, fields_of, parse_duration
from nodeselect.limits import LIMITS
from nodeselect.selectors import Selector
from nodeselect.text import FORBIDDEN

_INTEGERS = range(-(2**63), 2**64)


def accepted_selector(document: Mapping[str, Any]) -> Selector | None:
    """Return the selector of a job that surely has no errors; otherwise None.

    If it is None, the job must be checked by the rules: it may be valid or not.

    :param document: a job spec, by itself or in ``{spec: ...}``.
    """
    depth, spec = 0, document
    if document.keys() == {"spec"}:
        depth, spec = 1, document["spec"]
    if (
        type(spec) is not dict
        or spec.keys().isdisjoint(("name", "type", "selector"))
        or not _fits_model("JobSpec", spec, depth)
        or any(key.startswith(RESERVED_PREFIX) for key in spec.get("meta") or ())
        or not _fits_together(spec.get("rollout") or {}, spec.get("timeouts") or {})
    ):
        return None
    fields = spec.get("selector") or {}
    if not any(fields.values()) and spec.get("config"):  # in which a selector would be an error
        return None
    if len(fields.get("match_ids") or ()) > LIMITS.match_ids:  # those that are repeated count
        return None
    try:
        selector = Selector.of(**fields)
    except SelectorError:
        return None
    return selector if selector.is_satisfiable else None


def _fits_together(rollout: dict[str, Any], timeouts: dict[str, Any]) -> bool:
    if rollout.get("strategy") in STRATEGIES_WITH_HEALTH_CHECK:
        health_check = rollout.get("health_check") or {}
        if health_check.get("deadline") is None:
            return False
    if rollout.get("canary_count") is not None and rollout.get("canary_percent") is not None:
        return False
    parts = timeouts.get("execution_timeout") or 0, timeouts.get("queue_timeout") or 0
    return max(parts) <= (timeouts.get("total_timeout") or max(parts))


def _fits_model(model: str, value: dict[str, Any], depth: int) -> bool:
    fields = fields_of(model)
    for name, item in value.items():
        if name not in fields:
            return False
        if item is None:
            continue
        if name == "description":  # may contain templates
            if type(item) is not str or FORBIDDEN.search(item):
                return False
        elif not _fits(fields[name], item, depth + 1):
            return False
    return True


def _fits(field: Field, value: Any, depth: int) -> bool:
    """Return whether a value is what a field may hold.

    :param depth: how many mappings and lists the value is in.
    """
    kind = type(value)
    match field.kind:
        case "text":
            return _is_text(value) and (not field.words or value in field.words)
        case "texts":
            return kind is list and all(map(_is_text, value))
        case "labels":
            return kind is dict and all(map(_is_text, value)) and all(map(_is_text, value.values()))
        case "model":
            return kind is dict and _fits_model(field.model, value, depth)
        case "data":
            return kind is dict and _is_plain(value, depth)
        case "boolean":
            return kind is bool
        case "duration" if kind is str:
            value = parse_duration(value)
        case "number" if kind is float:
            pass
        case _ if kind is not int:
            return False
    return value is not None and field.minimum <= value <= field.maximum


def _is_text(value: Any) -> bool:
    return type(value) is str and value.isprintable() and not TEMPLATE_TEXT.search(value)


def _is_plain(value: Any, depth: int) -> bool:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return value in _INTEGERS
    if kind is float:
        return isfinite(value)
    if depth >= LIMITS.depth:
        return False
    if kind is dict:
        if not all(type(key) is str for key in value):
            return False
        value = value.values()
    elif kind is not list:
        return False
    return all(_is_plain(item, depth + 1) for item in value)
