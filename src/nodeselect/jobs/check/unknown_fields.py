"""Fields that no job has, and what was probably meant."""

import difflib
from collections.abc import Container

from nodeselect.documents import List, Object, Scalar, scalar_kind
from nodeselect.documents.values import Value, is_known
from nodeselect.errors import SelectorError
from nodeselect.jobs.check.problems import LISTED, Problems
from nodeselect.jobs.check.schema_fields import fields_of
from nodeselect.selectors import Selector
from nodeselect.text import printable, quoted

__all__ = [
    "expression_of",
    "is_like_selector",
    "is_misspelt",
    "is_selector_elsewhere",
    "is_wrapped",
    "plain_or_quoted",
    "snake_case",
    "unknown_field",
]

_WHOLE = {
    "Job": "a job",
    "JobSpec": "a job spec",
    "NodeSelector": "a selector",
    "RolloutSpec": "a rollout",
    "HealthCheck": "a health check",
    "Timeouts": "timeouts",
}
"""What people call the parts of a job."""

_HOMES = {
    "RolloutSpec": "rollout",
    "HealthCheck": "rollout.health_check",
    "Timeouts": "timeouts",
    "NodeSelector": "selector",
    "JobSpec": "spec",
}
"""Where a field of a part goes."""

_OLD = {
    ("JobSpec", "deployment"): "it is called 'rollout' now",
    ("RolloutSpec", "min_healthy_time"): "it is gone; under health_check a node is well after"
    " success_threshold good checks, one each interval",
    ("HealthCheck", "min_healthy_time"): "it is gone; a node is well after success_threshold good"
    " checks, one each interval",
}
"""Fields that job specs had once, and what they are called now."""

_MEANT = {
    ("JobSpec", "count"): "leave it out: a job runs on every node that its selector takes",
    ("JobSpec", "tasks"): "this is of Bacalhau; what a job of Expanso does stands under 'config'",
    ("RolloutSpec", "auto_rollback"): "write the opposite as: no_auto_rollback",
    ("RolloutSpec", "canary"): "write: canary_count or canary_percent",
    ("HealthCheck", "type"): "leave it out",
    ("HealthCheck", "endpoint"): "leave it out",
    ("Job", "metadata"): "write the spec itself, or spec: {...}",
}

_CALLED = {("RolloutSpec", "type"): "strategy", ("HealthCheck", "timeout"): "deadline"}
"""Fields that are called otherwise elsewhere."""

_DOES = ("input", "pipeline", "output", "buffer", "processors", "cache_resources", "resources")
"""What a pipeline is made of; it stands under ``config``."""

_OTHER_NAMES = ("constraints", "nodeselector", "labelselector")
"""What other systems call a selector, without marks between the words."""

_WRAPPERS = ("job", "spec", "jobs", "job_spec")
"""What a whole job is wrapped in, but a spec is not."""

_SHORT_NAMES = {
    **dict.fromkeys(("id", "ids", "node_id", "node_ids", "nodes"), "match_ids"),
    **dict.fromkeys(("label", "labels", "node_labels"), "match_labels"),
    **dict.fromkeys(("expression", "expressions", "requirements"), "match_expressions"),
}
"""What people call the fields of a selector."""

_LONGEST = 400
"""Characters of an expression in a piece of advice; longer ones help nobody."""

_MOST = 100
"""Values of one in a piece of advice, and fields that are looked at for one with another name."""

_LETTERS = frozenset("selector")
_CLOSE = 0.75


def unknown_field(
    problems: Problems,
    part: str,
    key: Scalar,
    value: Value,
    path: str,
    beside: Container[str],
    *,
    everywhere: bool,
) -> None:
    """Take the problem that ``part`` has no field ``key``.

    :param path: what stands before the field, up to the dot.
    :param beside: the fields that stand there.
    :param everywhere: whether the job has no selector, and would run on every node.
    """
    name = key.text
    plain = snake_case(name)
    code = "old-field" if (part, plain) in _OLD else "unknown-field"
    message = f"{_WHOLE[part]} has no field {quoted(name)}"
    if part == "NodeSelector":
        message += f", only {', '.join(fields_of(part))}"
    elif part == "Timeouts":
        message = f"there is no timeout {quoted(name)}"
    elif everywhere and part in ("Job", "JobSpec") and is_like_selector(name):
        message += "; the job would run on every node"
    problems.add(
        code,
        message,
        key.position,
        f"{path}{printable(name[:60])}",
        length=len(name) if key.verbatim else 1,
        hint=lambda: _advice(part, name, plain, key, value, beside),
    )


def _advice(
    part: str, name: str, plain: str, key: Scalar, value: Value, beside: Container[str]
) -> str | None:
    if plain == "deployment" and part == "JobSpec" and "rollout" in beside:
        return "take it away: it is called 'rollout' now, which stands beside it"
    if (part, plain) in _OLD:
        return _OLD[part, plain]
    before, colon, _ = name.partition(":")
    if colon and before in fields_of(part):
        return f"put a blank behind '{before}:'"
    if part == "NodeSelector":
        return _selector_advice(plain, key, value, beside)
    if part in ("Job", "JobSpec") and (hint := _selector_meant(part, name, value)):
        return hint
    if (part, plain) in _MEANT:
        return _MEANT[part, plain]
    if close := _close_to(part, plain):
        return f"did you mean '{close}'?"
    if part == "JobSpec" and plain in _DOES:
        return "move it under 'config'"
    for other, home in _HOMES.items():
        if other != part and plain in fields_of(other):
            return f"it goes under '{home}'"
    return f"{LISTED}{', '.join(fields_of(part))}"


def _close_to(part: str, plain: str) -> str | None:
    """Give the field of ``part`` that a name in small letters is close to."""
    close = difflib.get_close_matches(plain, fields_of(part), 1, _CLOSE)
    return _CALLED.get((part, plain), close[0] if close else None)


def is_misspelt(part: str, value: Object, name: str) -> bool:
    """Say whether the field ``name`` of ``part`` stands in ``value`` under a name close to it."""
    others = [key for key in value.entries if key not in fields_of(part)]
    return len(others) <= _MOST and any(_close_to(part, snake_case(key)) == name for key in others)


def is_wrapped(spec: Object) -> bool:
    """Say whether a spec holds what is probably the spec itself."""
    return any(
        snake_case(name) in _WRAPPERS and isinstance(item, Object)
        for name, (_, item) in spec.entries.items()
    )


def is_like_selector(name: str) -> bool:
    """Say whether a field is probably meant to choose nodes, or to hold what does."""
    return snake_case(name) in _WRAPPERS or is_selector_elsewhere(name)


def is_selector_elsewhere(name: str) -> bool:
    """Say whether a field of ``config`` is probably meant to choose nodes."""
    plain = snake_case(name)
    return (
        plain.replace("_", "") in _OTHER_NAMES
        or plain in fields_of("NodeSelector")
        or _close_to_selector(name)
    )


def _close_to_selector(name: str) -> bool:
    letters = _LETTERS.intersection(name.lower())
    if len(letters) < 4 or not 4 <= len(name) <= 14:  # the rest costs more
        return False
    return difflib.SequenceMatcher(None, "selector", name.lower()).ratio() >= 0.8


def _selector_meant(part: str, name: str, value: Value) -> str | None:
    plain = snake_case(name)
    if plain.replace("_", "") in _OTHER_NAMES:
        if plain == "constraints" and (texts := _constraints(value)):
            return f"write: selector: {{match_expressions: [{', '.join(texts)}]}}"
        return "write: selector: {match_expressions: [...]}"
    if _close_to_selector(name):
        return "did you mean 'selector'?"
    if plain in _WRAPPERS and not (part == "Job" and plain == "spec"):
        return "write the spec itself, or spec: {...}"
    if plain in fields_of("NodeSelector"):
        return f"write: selector: {{{plain}: ...}}"
    return None


def _selector_advice(plain: str, key: Scalar, value: Value, beside: Container[str]) -> str:
    close = difflib.get_close_matches(plain, fields_of("NodeSelector"), 1, _CLOSE)
    meant = close[0] if close else _SHORT_NAMES.get(plain)
    if meant:
        if meant in beside:
            return f"move what it holds to '{meant}', which stands beside it"
        return f"did you mean '{meant}'?"
    if isinstance(value, Scalar) and value.text and _is_label(key.text, value.text):
        label = f"{plain_or_quoted(key.text)}: {plain_or_quoted(value.text)}"
        return f"a label goes under match_labels: {{{label}}}"
    expression = expression_of(Object({key.text: (key, value)}, key.position))
    if expression is not None:
        return f'write under match_expressions: "{expression}"'
    return "a label goes under match_labels"


def plain_or_quoted(text: str) -> str:
    """Give a text as YAML has it: between quotes where it would be read as anything else."""
    return text if text and scalar_kind(text) == "text" else f'"{text}"'


def _is_label(key: str, text: str) -> bool:
    try:
        Selector.of(match_labels={key: text})
    except SelectorError:
        return False
    return True


def snake_case(name: str) -> str:
    """Give a name as Expanso writes names: ``restartPolicy`` and ``Restart-Policy`` alike."""
    text = "".join(f"_{c.lower()}" if c.isupper() else c for c in name[:40])
    return text.replace("-", "_").replace("__", "_").removeprefix("_")


def _constraints(value: Value) -> list[str]:
    """Give the expressions of constraints, between quotes; none where one is not plain."""
    if not isinstance(value, List) or not 0 < len(value.items) <= 20:
        return []
    texts = [expression_of(item) for item in value.items]
    return [f'"{text}"' for text in texts if text] if all(texts) else []


_OPERATORS = {
    "=": "=", "==": "=", "equals": "=", "!=": "!=", "notequals": "!=",
    "in": "in", "notin": "notin", "exists": "exists", "!": "!", "doesnotexist": "!",
    "gt": ">", ">": ">", "lt": "<", "<": "<",
}  # fmt: skip
"""The operators of structured requirements, in small letters without blanks."""


def expression_of(value: Value) -> str | None:
    """Give the selector text for a structured requirement, or None where it says none.

    ``{key, operator, values}`` in any case of letters, ``{key: value}``, or a text. What holds
    anything that was refused says none.
    """
    if isinstance(value, Scalar):
        written = " ".join(value.text[:_LONGEST].split())
        return written if value.kind == "text" and _parses(written) else None
    if not isinstance(value, Object) or len(value.entries) > 3 or not is_known(value):
        return None
    fields = {name.lower(): item for name, (_, item) in value.entries.items()}
    if len(fields) < len(value.entries):  # "Key" and "key": which one is meant?
        return None
    if "key" in fields and "operator" in fields:
        key, sign = _text(fields["key"]), _text(fields["operator"])
        sign = _OPERATORS.get((sign or "").lower().replace(" ", "").replace("_", ""))
        values = _values(fields.get("values", fields.get("value")))
        text = _expression(key, sign, values) if key and sign and values is not None else None
    elif len(fields) == 1 and not fields.keys() & {"key", "operator", "values"}:
        [(key, item)] = ((name, item) for name, (_, item) in value.entries.items())
        values = _values(item)
        sign = "=" if values is not None and len(values) == 1 else "in"
        text = _expression(key, sign, values) if values else None
    else:
        text = None
    text = " ".join(text.split()) if text else None
    return text if text and _parses(text) else None


def _expression(key: str, sign: str, values: list[str]) -> str | None:
    if sign in ("exists", "!"):
        return None if values else f"{'!' if sign == '!' else ''}{key}"
    if sign in ("in", "notin"):
        return f"{key} {sign} ({','.join(values)})" if values else None
    if len(values) > 1 and sign in ("=", "!="):
        return f"{key} {'in' if sign == '=' else 'notin'} ({','.join(values)})"
    return f"{key}{sign}{values[0]}" if len(values) == 1 else None


def _values(value: Value | None) -> list[str] | None:
    if value is None:
        return []
    items = value.items if isinstance(value, List) else [value]
    if len(items) > _MOST:
        return None
    texts = [_text(item) for item in items]
    if None in texts:
        return None
    return [piece.strip() for text in texts for piece in (text or "").split(",")]


def _text(value: Value) -> str | None:
    return value.text if isinstance(value, Scalar) and value.kind != "null" else None


def _parses(text: str) -> bool:
    if len(text) >= _LONGEST or not text.strip():
        return False
    try:
        Selector.parse(text)
    except SelectorError:
        return False
    return True
