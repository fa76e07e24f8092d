"""The fields of a node as they were read from an input, and their validation."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from nodeselect.errors import InventoryError
from nodeselect.node import (
    Facts,
    NodeRow,
    Taint,
    check_id,
    check_resources,
    check_sizes,
    check_taints,
    reject_typo,
)
from nodeselect.problem import Place
from nodeselect.text import describe_json, printable, quoted

_PRINTABLE_ASCII = bytes(range(0x20, 0x7F))

Record = dict[str, Any]
"""An object of an input that may describe a node, decoded."""


WRITE_HINT: Final = 'write each node as {"id": …, "labels": {…}}'
"""What to do with nodes that are in no known shape."""


class AmbiguousScalar(NamedTuple):
    """An unquoted YAML scalar that some parsers read as a number, a date or a boolean."""

    text: str
    kind: str


class RawNode(NamedTuple):
    """The fields of one node, not yet validated.

    :param id_path: the path of the id in the record, for errors, such as ``metadata.name``.
    :param labels_path: the path of the labels in the record; ``taints_path``: of the taints.
    """

    id: Any
    labels: Any
    name: Any
    state: Any
    id_path: str
    labels_path: str
    taints: Any = None
    resources: Any = None
    taints_path: str = "taints"
    resources_path: str = "resources"


# Where a record is in the input: its line, or 0; and its path, such as ``nodes[3]``, or nothing.
# A tuple, since a ``Place`` for each record would take a tenth of the time of reading it.
RecordPlace: TypeAlias = tuple[int, str]

# The place of a record that is the whole input.
WHOLE: RecordPlace = (0, "")


def to_quantity(value: Any) -> Any:
    """Convert a number to the text of a quantity; return anything else."""
    if isinstance(value, AmbiguousScalar):
        return value.text
    return str(value) if type(value) in (int, float) else value


def place_of(record: RecordPlace) -> Place:
    """Convert the place of a record, a tuple, to the class that errors use."""
    line, path = record
    return Place(line=line, path=path)


def sub_object(record: Record, key: str) -> Record:
    """Return the object at ``key``, empty if it is missing or null; raise for other types."""
    value: Record | None = record.get(key)
    if value is None:
        return {}
    _require(dict, value, "an object", key)
    return value


def merge_labels(labels: Any, others: Record, path: str) -> Any:
    """Return ``labels``, not yet validated, with ``others``; raise if a key is in both."""
    if not isinstance(labels, dict):
        return others if labels is None else labels
    for key in others:
        if key in labels:
            message = f"the label {quoted(key)} has the same key as a property of the node"
            hint = "rename the label: both are read as labels of the node"
            raise InventoryError("duplicate-key", message, place=path, hint=hint)
    return labels | others


def validate(place: RecordPlace, raw: RawNode) -> NodeRow:
    """Return the fields of a node; raise if they are not valid in a ``Node``."""
    try:
        if raw.id is None:
            hint = "write its name as the id" if raw.name and raw.labels_path == "labels" else None
            raise InventoryError("no-id", "the node has no id", place=raw.id_path, hint=hint)
        if not isinstance(raw.id, str):
            message = f"the node's id must be a string, not {describe(raw.id)}"
            hint = _string_hint(raw.id, "write a string, in quotes")
            raise InventoryError("id-not-text", message, place=raw.id_path, hint=hint)
        try:
            check_id(raw.id)
        except InventoryError as error:
            raise error.within(Place(path=raw.id_path)) from None
        for field, text in (("name", raw.name), ("state", raw.state)):
            if text is not None and not isinstance(text, str):
                message = f"the node's {field} must be a string, not {describe(text)}"
                raise InventoryError("wrong-type", message, place=field)
        labels = _validate_labels(raw.labels, raw.labels_path)
        facts = None if raw.taints is raw.resources is None else _validate_facts(raw)
        return raw.id, labels, raw.name, raw.state, facts
    except InventoryError as error:
        raise error_in_record(place, error) from None


def _validate_labels(labels: Any, path: str) -> dict[str, str]:
    if labels is None:
        return {}
    if not isinstance(labels, dict):
        message = f"labels must be an object, not {describe(labels)}"
        raise InventoryError("wrong-type", message, place=path)
    try:
        check_sizes(labels)
    except TypeError:
        key, value = next(pair for pair in labels.items() if not isinstance(pair[1], str))
        raise InventoryError(
            "label-not-text",
            f"the value of the label {quoted(key)} must be a string, not {describe(value)}",
            place=f"{path}.{printable(key[:60])}".lstrip("."),
            hint=_string_hint(value, "write a string, in quotes, or remove the label"),
        ) from None
    return labels


def _validate_facts(raw: RawNode) -> Facts:
    taints = resources = None
    if raw.taints is not None:
        _require(list, raw.taints, "a list", raw.taints_path)
        fields: list[Any] = []
        for number, taint in enumerate(raw.taints):
            path = f"{raw.taints_path}[{number}]"
            _require(dict, taint, "an object", path)
            reject_typo(taint, Taint._fields, (path,))
            value = taint.get("value")
            fields.append((taint.get("key"), taint.get("effect"), "" if value is None else value))
            for name, text in zip(Taint._fields, fields[-1], strict=True):
                _require(str, text, "a string", f"{path}.{name}")
        taints = check_taints(fields, raw.taints_path) if fields else ()
    if raw.resources is not None:
        _require(dict, raw.resources, "an object", raw.resources_path)
        for name, text in raw.resources.items():
            if not isinstance(text, str):
                place = f"{raw.resources_path}.{printable(name[:60])}"
                hint = 'write a quantity in quotes, such as "4" or "500m"'
                _require(str, text, "a string", place, hint)
        resources = check_resources(raw.resources, raw.resources_path)
    return Facts(taints, resources)


def _require(kind: type, value: Any, what: str, path: str, hint: str | None = None) -> None:
    """Raise an ``InventoryError`` if ``value`` is not of this type, which ``what`` describes."""
    if not isinstance(value, kind):
        message = f"expected {what}, found {describe(value)}"
        raise InventoryError("wrong-type", message, place=path, hint=hint)


def _string_hint(value: Any, hint: str) -> str:
    """Return a hint on how to write ``value`` as a string; return ``hint`` if none is known."""
    if not isinstance(value, AmbiguousScalar):
        return hint
    from nodeselect.documents import quote_fix  # loaded already

    return f"{quote_fix(value.text).text}; if a program wrote the file, let it write JSON"


def all_plain_ids(texts: Sequence[str]) -> bool:
    """Return whether all texts are valid ids of ASCII characters; others may be valid, too."""
    joined = "".join(texts)
    if not all(texts) or not joined.isascii():
        return False
    return not joined.encode().translate(None, _PRINTABLE_ASCII)  # faster than isprintable


def error_in_record(place: RecordPlace, error: InventoryError) -> InventoryError:
    """Return a copy of ``error`` whose place in a record becomes a place in the whole input."""
    line, path = place
    inner = place_of((line, ".".join(filter(None, (path, error.place.path)))))
    return InventoryError(error.code, error.message, place=inner, hint=error.fix)


def describe(value: Any) -> str:
    """Return words for the type of a decoded value, such as ``a list``, for an error message."""
    if isinstance(value, AmbiguousScalar):
        text = f"{quoted(value.text)} without quotes"
        return f"{text}, which some YAML parsers read as a {value.kind}"
    return describe_json(value)
