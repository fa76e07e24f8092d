"""What was meant where a part of a selector has another shape than it should: what to write."""

import re

from nodeselect.documents import List, Object, Scalar, Unknown
from nodeselect.documents.values import Value, is_known
from nodeselect.errors import SelectorError
from nodeselect.jobs.check.schema_fields import fields_of
from nodeselect.jobs.check.unknown_fields import expression_of, plain_or_quoted
from nodeselect.jobs.models.durations import NANOSECONDS, is_duration, parse_duration
from nodeselect.selectors import Selector

__all__ = [
    "NULL_ITEM_MEANT",
    "colon_meant",
    "is_unclosed",
    "label_meant",
    "labels_meant",
    "list_meant",
    "part_meant",
    "selector_meant",
    "text_meant",
    "without_rests",
]

NULL_ITEM_MEANT = "take the item away"
"""What to do about an item of a list that is nothing."""

_LONGEST = 400
"""Characters of advice; longer ones help nobody."""
_MOST = 50
"""Items of a list in a piece of advice."""
_COLON = re.compile(r"([A-Za-z0-9][-\w./]*):[ \t]*([A-Za-z0-9][-\w.]*)", re.ASCII)
"""A label as YAML has it, but without a blank behind the colon, or in quotes."""


def selector_meant(value: Value) -> str:
    """Say what to write for a whole selector that is no mapping."""
    if isinstance(value, Scalar) and (pairs := _pairs([value.text])):
        return f"write: {{match_labels: {pairs}}}, with a blank behind the colon"
    texts = _expressions(value)
    listed = _listed(texts)
    if listed and all(re.search("[=!<>(]", text) for text in texts):  # "all" alone says nothing
        return f"write: {{match_expressions: {listed}}}"
    return "write: {match_labels: {region: eu}}, or {} for EVERY node"


def labels_meant(value: Value) -> str:
    """Say what to write for labels that are no mapping."""
    texts = _expressions(value)
    if pairs := _pairs(_pieces(value)):
        return f"write: {pairs}, with a blank behind the colon"
    if pairs := _equalities(texts):
        return f"write: {pairs}"
    listed = _listed(texts)
    return f"write under match_expressions: {listed}" if listed else "write: {region: eu}"


def list_meant(value: Value, name: str) -> str | None:
    """Say what to write for a list of expressions or ids that is none."""
    texts = _expressions(value) if name == "match_expressions" else []
    pieces = texts or (_pieces(value) if isinstance(value, Scalar) else [])
    if name == "match_ids" and len(pieces) < 2:
        pieces = [word for piece in pieces for word in re.split("[, \t]+", piece) if word]
    listed = _listed(pieces)
    return f"write: {listed}" if listed else None


def label_meant(key: str, text: str) -> str | None:
    """Say what to write for a label whose value, or key, is a piece of an expression."""
    if key.startswith("!"):
        written = key
    elif "," in text and not re.search("[()!=<>]", text):
        written = f"{key} in ({','.join(piece.strip() for piece in text.split(','))})"
    elif re.match(r"[!=<>]|(?:in|notin)[ \t]*\(", text):
        written = f"{key} {text}"
    else:
        return None
    meant = _selector(" ".join(written.split()))
    return f'write under match_expressions: "{meant}"' if meant else None


def colon_meant(key: Scalar, value: Value) -> str | None:
    """Say what to write for a key with nothing behind it, such as that of ``{region:eu}``."""
    match = _COLON.fullmatch(key.text)
    return (
        f"write: {match[1]}: {plain_or_quoted(match[2])}"
        if match and _is_rest(key, value)
        else None
    )


def text_meant(value: Value) -> str | None:
    """Say what to write for a single value that is no text."""
    if not isinstance(value, Scalar):
        return None
    if value.kind == "null" and value.text in ("", "~"):
        return 'write: "", or take the line away'
    listed = _listed([value.text])
    return f"write: {listed[1:-1]}" if listed else None


def part_meant(part: str, value: Value) -> str | None:
    """Say what to write for one of the job's mappings, in the words that stand there instead."""
    text = value.text if isinstance(value, Scalar) else ""
    match part:
        case "RolloutSpec":
            return _rollout_meant(text.lower())
        case "HealthCheck":
            return f"write: {{deadline: {text if is_duration(text) else '5m'}}}"
        case "Timeouts":
            seconds = text if re.fullmatch("0|[1-9][0-9]{0,9}", text) else _seconds(text)
            if seconds:
                return f"write: {{total_timeout: {seconds}}}"
            return f"write which timeout, in whole seconds: {', '.join(fields_of(part))}"
    return None


def _rollout_meant(strategy: str) -> str:
    if strategy == "immediate":
        return "write: {strategy: immediate}"
    if strategy in ("rolling", "canary"):
        return f"write: {{strategy: {strategy}, health_check: {{deadline: 5m}}}}"
    return "write which strategy, as in: {strategy: rolling, health_check: {deadline: 5m}}"


def _seconds(text: str) -> int | None:
    """Give a duration in whole seconds; None where it is none, or less than one."""
    seconds, rest = divmod(parse_duration(text) or 0, NANOSECONDS["s"])
    return None if rest else seconds or None


def without_rests(fields: Object, known: frozenset[str]) -> tuple[Object, dict[str, str]]:
    """Take together what YAML has parted at commas: ``{a: region in (eu,us)}`` has a key ``us)``.

    Give the fields without such keys, and the whole text of each field that was parted. A text
    that is not closed is unknown where its rest may have been refused.
    """
    entries: dict[str, tuple[Scalar, Value]] = {}
    whole: dict[str, str] = {}
    last: str | None = None
    for name, (key, item) in fields.entries.items():
        if last is not None and name not in known and _is_rest(key, item):
            whole[last] += f",{name}"
            continue
        entries[name] = key, item
        last = name if isinstance(item, Scalar) and item.kind == "text" and item.text else None
        if last is not None and isinstance(item, Scalar):
            whole[last] = item.text
    parted = {name: text for name, text in whole.items() if text != _written(entries[name][1])}
    for name, text in whole.items():
        if fields.is_open and name not in parted and is_unclosed(text):
            key, item = entries[name]
            entries[name] = key, Unknown(item.position)
    return fields._replace(entries=entries), parted


def is_unclosed(text: str) -> bool:
    """Say whether there is a parenthesis in a text that ends behind it."""
    return "(" in text and ")" not in text


def _is_rest(key: Scalar, item: Value) -> bool:
    """Say whether a key has nothing behind it, not even a colon."""
    return (
        isinstance(item, Scalar)
        and item.kind == "null"
        and not item.text
        and key.verbatim
        and item.position == (key.position.line, key.position.column + len(key.text))
    )


def _written(value: Value) -> str:
    return value.text if isinstance(value, Scalar) else ""


def _pieces(value: Value) -> list[str]:
    """Give the lines of a text, or the texts of a list; none where there is anything else."""
    if _is_large(value):
        return []
    if isinstance(value, Scalar):
        lines = (line.strip().removeprefix("- ") for line in value.text.split("\n"))
        return [" ".join(line.split()) for line in lines if line.strip()]
    if isinstance(value, List):
        texts = [item.text for item in value.items if isinstance(item, Scalar)]
        return texts if len(texts) == len(value.items) else []
    return []


def _expressions(value: Value) -> list[str]:
    """Give the expressions that stand there in whatever shape; none where one is not plain."""
    if _is_large(value) or not is_known(value):
        return []
    if isinstance(value, Object):
        whole = expression_of(value)
        pairs = [Object({name: entry}, value.position) for name, entry in value.entries.items()]
        texts = [whole] if whole else [expression_of(pair) for pair in pairs]
    elif isinstance(value, List):
        texts = [expression_of(item) for item in value.items]
    elif isinstance(value, Scalar) and value.kind == "text":
        texts = [piece if _selector(piece) else None for piece in _pieces(value)]
    else:
        texts = []
    some = [text for text in texts if text is not None]
    return some if len(some) == len(texts) else []


def _is_large(value: Value) -> bool:
    """Say whether there is more than advice has room for."""
    match value:
        case Scalar(text):
            return len(text) > 10 * _LONGEST
        case List(items) | Object(items):
            return len(items) > _MOST
    return False


def _pairs(pieces: list[str]) -> str | None:
    """Give labels that are written with a colon, as a mapping."""
    found = [_COLON.fullmatch(piece) for piece in pieces]
    labels = {match[1]: match[2] for match in found if match}
    return _mapping(labels) if labels and len(labels) == len(pieces) else None


def _equalities(texts: list[str]) -> str | None:
    """Give expressions that each ask for one value of a label, as a mapping."""
    selector = _selector(",".join(texts))
    each = selector.requirements if selector else ()
    if not all(one.operator.is_inclusion and len(one.values) == 1 for one in each):
        return None
    labels = {one.key: one.values[0] for one in each}
    return _mapping(labels) if labels and len(labels) == len(each) else None


def _mapping(labels: dict[str, str]) -> str | None:
    text = ", ".join(
        f"{plain_or_quoted(key)}: {plain_or_quoted(value)}" for key, value in labels.items()
    )
    return f"{{{text}}}" if len(text) < _LONGEST and _selector_of(labels) else None


def _listed(texts: list[str]) -> str | None:
    """Give texts as a list; None where there are none, or they have no room or need escapes."""
    shown = ", ".join(f'"{text}"' for text in texts)
    if not texts or len(shown) > 2 * _LONGEST or re.search(r'["\\]', "".join(texts)):
        return None
    return f"[{shown}]"


def _selector(text: str) -> Selector | None:
    if not text.strip() or len(text) > _LONGEST:
        return None
    try:
        return Selector.parse(text)
    except SelectorError:
        return None


def _selector_of(labels: dict[str, str]) -> Selector | None:
    try:
        return Selector.of(match_labels=labels)
    except SelectorError:
        return None
