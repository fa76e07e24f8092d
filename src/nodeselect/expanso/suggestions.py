"""Suggestions of what to write instead of a mistake in a job file."""

import re

from nodeselect.documents import (
    INTEGER,
    NUMBER,
    List,
    Object,
    Scalar,
    Value,
    double_quoted,
    is_bare_key,
    is_null,
    is_placeholder,
    scalar_kind,
)
from nodeselect.errors import SelectorError
from nodeselect.expanso.schema_fields import (
    FOREIGN_SELECTORS,
    NANOSECONDS,
    WRAPPERS,
    Field,
    fields_of,
    is_selector_name,
    parse_duration,
    snake_case,
)
from nodeselect.findings.structured import suggest_value
from nodeselect.problem import Fix, Path, suggest_word
from nodeselect.selectors import Operator, Requirement, Selector, conflict
from nodeselect.selectors.charset import is_key, is_value
from nodeselect.selectors.requirement import KUBERNETES_OPERATORS, OPERATORS

_HEALTHY = "set success_threshold instead: a node is healthy after that many good checks in a row"

# Fields that older versions of job specs had, and what to do about each.
RENAMED = {
    ("JobSpec", "deployment"): "rename it to 'rollout'; its max_parallel is now a percentage",
    ("RolloutSpec", "min_healthy_time"): f"under health_check, {_HEALTHY}",
    ("HealthCheck", "min_healthy_time"): _HEALTHY,
}

# Fields that people write by mistake, and what to do about each.
_MISTAKES = {
    ("JobSpec", "count"): "remove it: a job runs on every node that its selector matches",
    ("JobSpec", "tasks"): "this is a field of Bacalhau; write what the job does under 'config'",
    ("RolloutSpec", "auto_rollback"): "write no_auto_rollback, which means the opposite",
    ("Job", "metadata"): "remove it; name and labels of the job are inside 'spec'",
}

# The fields of a pipeline, which is what `config` holds.
PIPELINE_FIELDS = frozenset({
    "input", "pipeline", "output", "buffer", "processors", "metrics", "logger", "tracer", "http",
    "resources", "input_resources", "processor_resources", "output_resources", "cache_resources",
    "rate_limit_resources", "shutdown_delay", "shutdown_timeout",
})  # fmt: skip

# Where the fields of each model belong.
_PARENTS = {
    "RolloutSpec": "rollout",
    "HealthCheck": "rollout.health_check",
    "Timeouts": "timeouts",
    "NodeSelector": "selector",
}

# What people call the fields of a selector.
_SELECTOR_FIELDS = {
    **dict.fromkeys(("id", "ids", "node_ids", "nodes"), "match_ids"),
    **dict.fromkeys(("labels", "node_labels", "node_selector"), "match_labels"),
    **dict.fromkeys(("constraints", "expressions", "requirements"), "match_expressions"),
}

# Suggestions with more characters or expressions than this are not made.
_MAX_LENGTH = 400
_MAX_ITEMS = 50

# The operators of Kubernetes, of Bacalhau and of a selector text, in lower case.
_OPERATORS = {
    **{each.value: each for each in Operator},
    **{name.lower(): each for name, each in (OPERATORS | KUBERNETES_OPERATORS).items() if name},
}


def suggest_field(model: str, key: Scalar, value: Object) -> Fix | str:
    """Return a hint on what to write instead of ``key``, a field that a model does not have."""
    plain = snake_case(key.text)
    if hint := RENAMED.get((model, plain)) or _MISTAKES.get((model, plain)):
        return hint
    if model == "NodeSelector":
        return _suggest_selector_field(key, value)
    item = value.entries[key.text][1]
    if model == "JobSpec" and plain in PIPELINE_FIELDS:
        return f"move it under 'config', as config.{plain}"
    if model == "Job" and plain in fields_of("JobSpec"):
        return "move it under 'spec'"
    if model in ("Job", "JobSpec"):
        if plain.replace("_", "") in FOREIGN_SELECTORS:
            if selector := _mapping(item):
                return Fix.write(f"selector: {selector}")
            return "rename it to 'selector', with match_labels, match_expressions or match_ids"
        if plain in fields_of("NodeSelector"):
            return f"move it under 'selector', as selector.{plain}"
        if is_selector_name(key.text):
            return suggest_word("selector", ["selector"], value.entries) or ""
        if plain in WRAPPERS and not (model == "Job" and plain == "spec"):
            return "remove it and write its fields at the top level, or rename it to 'spec'"
    if fix := suggest_word(plain, fields_of(model), value.entries):
        return fix
    for other, parent in _PARENTS.items():
        if other != model and plain in fields_of(other):
            return f"move it under '{parent}'"
    return f"the fields are: {', '.join(fields_of(model))}"


def _suggest_selector_field(key: Scalar, selector: Object) -> Fix | str:
    plain, known = snake_case(key.text), fields_of("NodeSelector")
    if hint := suggest_word(_SELECTOR_FIELDS.get(plain, plain), known, selector.entries):
        return hint
    if is_bare_key(key, selector.entries[key.text][1]):
        return "this is the rest of a value that YAML ended at the comma: put all of it in quotes"
    entries = {name: entry for name, entry in selector.entries.items() if name not in known}
    labels = _label_mapping(Object(entries, key.position))
    words = "labels go under match_labels"
    return Fix.write(labels, words) if labels else Fix.write("{region: eu}", f"{words}, such as")


def suggest_selector(value: Value) -> Fix:
    """Return a hint on what to write instead of a selector that is not a mapping."""
    is_word = isinstance(value, Scalar) and not re.search("[=!<>(]", value.text)
    selector = None if is_word else _mapping(value)
    example = "write a mapping, such as: {match_labels: {region: eu}}, or {} for EVERY node"
    return Fix.write(selector) if selector else Fix(example)


def suggest_list(name: str, value: Value) -> Fix:
    """Return a hint on what to write if ``match_expressions`` or ``match_ids`` is not a list."""
    texts = _expressions(value) if name == "match_expressions" else []
    if name == "match_ids" and isinstance(value, Scalar):
        is_list = value.kind == "text"
        texts = [each.strip() for each in value.text.split(",")] if is_list else [value.text]
        if any(not text or len(text.split()) > 1 for text in texts):
            texts = []
    if listed := _list_of(texts):
        return Fix.write(listed, is_certain=True)
    if name == "match_ids":
        return Fix.write("[n-1, n-2]", "write a list with an item for each id, such as")
    return Fix.write('["region in (eu,us)"]', "write a list of strings, such as")


def suggest_label(key: str, value: Value) -> Fix | None:
    """Return a hint on what to write instead of an invalid value of a label; None if unclear."""
    if is_placeholder(value) or (isinstance(value, Scalar) and "," not in value.text):
        return suggest_value(value)
    expression = _structured(key, "in", value)
    words = "for several values, write under match_expressions"
    return Fix.write(f'"{expression}"' if expression else '"region in (eu,us)"', words)


def suggest_number(path: Path, expectation: Field, value: Value) -> Fix | None:
    """Return a hint on what to write instead of a value that is not a number; None if unclear."""
    if not isinstance(value, Scalar) or len(value.text) > 40:
        return None
    text = value.text.strip()
    if str(path[-1]).endswith("_timeout") and (duration := parse_duration(text)):
        seconds, rest = divmod(duration, NANOSECONDS["s"])
        words = "timeouts are in whole seconds; write"
        return Fix.write(str(seconds or 1), words, is_certain=not rest)
    number = text.removesuffix("%").rstrip() if expectation.maximum == 100 else text
    if not (INTEGER if expectation.kind == "integer" else NUMBER).fullmatch(number):
        return None
    return Fix.write(number, is_certain=True)


def suggest_expression(item: Value) -> Fix:
    """Return a fix with the expression that ``item`` probably means; if unclear, an example."""
    text = _valid_expression(item.text) if isinstance(item, Scalar) else None
    texts = [text] if text else _expressions(item)
    if len(texts) == 1 and (expression := double_quoted(texts[0], _MAX_LENGTH)):
        return Fix.write(expression, is_certain=not isinstance(item, List))
    return Fix.write('"region in (eu,us)"', "write a string, such as")


def _list_of(texts: list[str]) -> str | None:
    """Return strings as a YAML list, ``["a", "b"]``; None if empty, too long or with escapes."""
    strings = [double_quoted(text, _MAX_LENGTH) for text in texts]
    listed = ", ".join(string for string in strings if string)
    return f"[{listed}]" if strings and all(strings) and len(listed) <= _MAX_LENGTH else None


def _mapping(value: Value) -> str | None:
    """Return the selector that a value probably means, as a YAML mapping.

    Return None if the meaning is not clear, or if no node could match the selector.
    """
    if labels := _label_mapping(value):
        return f"{{match_labels: {labels}}}"
    expressions = _expressions(value)
    listed = _list_of(expressions)
    if not listed or conflict(Selector.of(match_expressions=expressions)):
        return None
    return f"{{match_expressions: {listed}}}"


def _label_mapping(value: Value) -> str | None:
    """Return labels as a YAML mapping: ``{region: eu}``; None if ``value`` is not valid labels."""
    if not isinstance(value, Object) or value.entries.keys() >= {"key", "operator"}:
        return None
    labels = []
    for key, (_, item) in value.entries.items():
        text = item.text if isinstance(item, Scalar) else ""
        if not text or not is_key(key) or not is_value(text):
            return None
        words = [word if scalar_kind(word) == "text" else f'"{word}"' for word in (key, text)]
        labels.append(": ".join(words))
    mapping = f"{{{', '.join(labels)}}}"
    return mapping if labels and len(mapping) <= _MAX_LENGTH else None


def _expressions(value: Value) -> list[str]:
    """Return the expressions that a value probably means; an empty list if any is unclear."""
    items: list[Value] = [value]
    if isinstance(value, List):
        items = value.items
    elif isinstance(value, Object) and "operator" not in map(str.lower, value.entries):
        items = [Object({name: entry}, value.position) for name, entry in value.entries.items()]
    if len(items) > _MAX_ITEMS:
        return []
    texts = [_expression(item) for item in items]
    return [] if None in texts else [text for text in texts if text]


def _expression(value: Value) -> str | None:
    """Return the expression that one value means; None if unclear, or if it is not valid.

    The value may be a string, ``{region: eu}``, or ``{key: …, operator: …, values: …}``.
    """
    match value:
        case Scalar(text, "text"):
            return _valid_expression(text)
        case Object(entries) if len(entries) == 1:
            [(name, (_, item))] = entries.items()
            if name.lower() in ("key", "operator", "values"):
                return None
            has_several = isinstance(item, List) or (isinstance(item, Scalar) and "," in item.text)
            return _structured(name, "in" if has_several else "=", item)
        case Object(entries):
            match {name.lower(): item for name, (_, item) in entries.items()}:
                case {"key": Scalar(key), "operator": Scalar(operator), **values}:
                    if len(values) == len(entries) - 2 and values.keys() <= {"values"}:
                        return _structured(key, operator, values.get("values"))
    return None


def _valid_expression(text: str) -> str | None:
    """Return an expression with single blanks between words; None if it is blank or invalid."""
    text = " ".join(text.split())
    try:
        return text if Selector.parse(text).requirements else None
    except SelectorError:
        return None


def _structured(key: str, operator: str, values: Value | None) -> str | None:
    """Return the expression with this key, operator (such as ``In`` or ``!=``) and values.

    Return None if the expression is not valid or too long.
    """
    items = values.items if isinstance(values, List) else [values] if values else []
    words: list[str] = []
    for item in items:
        if not isinstance(item, Scalar) or is_null(item):
            return None
        words += [word.strip() for word in item.text.split(",")]
    if len(words) > 1 and not all(words):
        return None  # an empty value is valid, but "a," does not mean one
    try:
        text = str(Requirement(key, _OPERATORS["".join(operator.lower().split())], words))
    except (KeyError, SelectorError):
        return None
    return text if len(text) <= _MAX_LENGTH else None
