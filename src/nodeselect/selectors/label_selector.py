"""Kubernetes LabelSelectors: from decoded JSON to requirements, and back.

If an unknown field were ignored, the selector could match too many nodes. So unknown fields, wrong
types and wrong values raise a :class:`SelectorError` with their path in the object. The parameter
``path`` is the path of the value that a function reads. Node affinity (``pod_spec.py``) has the
same fields.

Source: Kubernetes apimachinery, ``LabelSelectorAsSelector`` and ``ValidateLabelSelector``.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

from nodeselect.errors import SelectorError
from nodeselect.problem import Fix, suggest_word
from nodeselect.selectors.charset import is_key
from nodeselect.selectors.requirement import (
    ID_KEY,
    KUBERNETES_OPERATORS,
    Operator,
    Requirement,
    check_number_of_values,
    equality,
)
from nodeselect.text import describe_json, join_limited, printable, quoted, to_exact_str

_T = TypeVar("_T")

ITEM_FIELDS = ("key", "operator", "values")
"""The fields of an item of ``matchExpressions``."""

_LABEL_SELECTOR_OPERATORS = {
    name: operator for name, operator in KUBERNETES_OPERATORS.items() if not operator.is_comparison
}


def requirements_from_label_selector(label_selector: Mapping[str, object]) -> list[Requirement]:
    """Return the requirements of a Kubernetes LabelSelector; raise if a field is invalid."""
    if not isinstance(label_selector, Mapping):
        found = type(label_selector).__name__
        raise TypeError(f"a LabelSelector must be a mapping or None, not {found}")
    fields = read_fields(label_selector, "", ("matchLabels", "matchExpressions"))
    return [
        *read_match_labels(fields.get("matchLabels"), "matchLabels"),
        *read_match_expressions(
            fields.get("matchExpressions"), "matchExpressions", _LABEL_SELECTOR_OPERATORS
        ),
    ]


def label_selector_from_requirements(
    requirements: Iterable[Requirement], ids: Collection[str] | None
) -> dict[str, Any] | None:
    """Return a Kubernetes LabelSelector with ``requirements``; None if ``ids`` is empty.

    :raises SelectorError: if there are ids or comparisons, which a LabelSelector cannot express.
    """
    requirements = list(requirements)
    if ids is not None or any(each.key == ID_KEY for each in requirements):
        if ids is not None and not ids:
            return None
        message = "a LabelSelector cannot select by id"
        hint = "only the node affinity of a pod has matchFields"
        raise structure_error("not-in-kubernetes", message, "match_ids", hint)
    labels: dict[str, str] = {}
    expressions: list[dict[str, Any]] = []
    for requirement in requirements:
        key, operator = requirement.key, requirement.operator
        if operator.is_comparison:
            text = str(requirement)
            message = f"a LabelSelector cannot compare integers: {text}"
            hint = "only the node affinity of a pod has Gt and Lt"
            raise SelectorError("not-in-kubernetes", message, text, (0, len(text)), hint=hint)
        if operator is Operator.EQUALS and key not in labels:
            labels[key] = requirement.values[0]
        else:
            expressions.append(match_expression(requirement))
    fields = {"matchLabels": labels, "matchExpressions": expressions}
    return {name: field for name, field in fields.items() if field}


def match_expression(requirement: Requirement) -> dict[str, Any]:
    """Return a requirement as an item of ``matchExpressions``."""
    item: dict[str, Any] = {
        "key": requirement.key,
        "operator": requirement.operator.kubernetes_name,
    }
    return item | {"values": list(requirement.values)} if requirement.values else item


def read_match_labels(value: object, path: str) -> list[Requirement]:
    """Return an equality requirement for each label in ``value``; an empty list for None."""
    requirements = []
    for key, label in read_labels(value, path).items():
        try:
            requirements.append(equality(key, read_text(label, "")))
        except SelectorError as error:
            raise error.at(f"{path}[{quoted(key)}]") from None
    return requirements


def read_match_expressions(
    value: object, path: str, operators: Mapping[str, Operator] = KUBERNETES_OPERATORS
) -> list[Requirement]:
    """Return the requirements of a ``matchExpressions`` list; an empty list for None."""
    return read_items(value, path, partial(read_requirement, operators=operators))


def read_requirement(
    value: object,
    path: str,
    operators: Mapping[str, Operator],
    names: tuple[str, ...] = ITEM_FIELDS,
) -> Requirement:
    """Return the requirement that ``value``, an item of ``matchExpressions``, describes.

    :param operators: the allowed operators, by the names that they have in ``value``.
    :param names: the names of the fields for the key, the operator and the values.
    """
    key, operator, values = read_item(value, path, operators, names)
    try:
        name = next(name for name, each in operators.items() if each is operator)
        check_number_of_values(operator, len(values), key, f"'{name}'")
        return Requirement(key, operator, values)
    except SelectorError as error:
        at_key, _, at_values = names
        if error.code in ("wrong-number-of-values", "too-many-values"):
            field = at_values
        elif not is_key(key):
            field = at_key
        else:
            field = f"{at_values}[{values.index(error.source)}]"
        raise error.at(f"{path}.{field}") from None


def read_item(
    value: object,
    path: str,
    operators: Mapping[str, Operator],
    names: tuple[str, ...] = ITEM_FIELDS,
) -> tuple[str, Operator, list[str]]:
    """Return the key, operator and values of ``value``, an item of ``matchExpressions``.

    Key and values may be invalid. For the parameters, see :func:`read_requirement`.
    """
    fields = read_fields(value, path, names)
    at_key, at_operator, at_values = names
    for name in (at_key, at_operator):
        if fields.get(name) is None:
            raise structure_error("missing-field", f"the field '{name}' is missing", path)
    key = read_text(fields[at_key], f"{path}.{at_key}")
    name = read_text(fields[at_operator], f"{path}.{at_operator}")
    if name not in operators:
        known = tuple(operators)
        raise SelectorError(
            "unknown-operator",
            f"{quoted(name)} is not an operator here",
            name,
            (0, len(name)),
            expected=known,
            hint=suggest_word(name, known) or f"use {join_limited(known, len(known), 'or')}",
            path=f"{path}.{at_operator}",
        )
    return key, operators[name], read_strings(fields.get(at_values), f"{path}.{at_values}")


def read_fields(value: object, path: str, names: tuple[str, ...]) -> Mapping[str, object]:
    """Return ``value`` if it is a mapping whose keys are all in ``names``; raise otherwise.

    For None, return an empty mapping.
    """
    if value is None:
        return {}
    fields = read_mapping(value, path, "write an object with the fields", names)
    for name in fields:
        if name not in names:
            at_name = f"{path}.{printable(name[:60])}".lstrip(".")
            message = f"there is no field {quoted(name)}"
            known = f"the fields are {join_limited(names, len(names))}"
            hint = suggest_word(name, names, fields) or known
            raise structure_error("unknown-field", message, at_name, hint)
    return fields


def read_object(value: object, path: str) -> Mapping[str, Any]:
    """Return a mapping whose keys are strings, an empty one for None; raise for other values."""
    return {} if value is None else read_mapping(value, path)


def read_labels(value: object, path: str) -> Mapping[str, Any]:
    """Return a mapping from keys to labels, which may be invalid, as :func:`read_object` does."""
    return {} if value is None else read_mapping(value, path, "write each label as KEY: VALUE")


def read_mapping(
    value: object, path: str, hint: str = "write an object", names: tuple[str, ...] = ()
) -> Mapping[str, Any]:
    """Return ``value`` if it is a mapping whose keys are strings; raise otherwise.

    :param hint: the hint of the error if ``value`` is not a mapping; ``names`` are its last words.
    """
    if type(value) is not dict and not isinstance(value, Mapping):  # the first is faster
        hint = f"{hint} {join_limited(names, len(names))}".rstrip()
        raise _type_error("an object", value, path, hint)
    for key in value:
        if not isinstance(key, str):
            message = f"expected strings as keys, found {describe_json(key)}"
            raise structure_error("wrong-type", message, path, "write it in quotes")
    return value


def read_list(value: object, path: str) -> list[object]:
    """Return a list or tuple as a list; an empty list for None. Raise for other values."""
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        is_plain = isinstance(value, str) and re.fullmatch(r"[\w./-]{1,63}", value)
        hint = Fix.write(f'["{value}"]') if is_plain else "write a list: [ … ]"
        raise _type_error("a list", value, path, hint)
    return list(value)


def read_items(value: object, path: str, read: Callable[[object, str], _T]) -> list[_T]:
    """Return the result of ``read(item, path of the item)`` for each item of a list, if not None.

    :raises SelectorError: if ``value`` is not a list, or if ``read`` raises it.
    """
    if value is None:
        return []
    items = enumerate(read_list(value, path))
    return [read(item, f"{path}[{number}]") for number, item in items]


def read_strings(value: object, path: str) -> list[str]:
    """Return a list of strings; an empty list for None. Raise if ``value`` is something else."""
    return read_items(value, path, read_text)


def read_text(value: object, path: str) -> str:
    """Return ``value`` as a plain ``str``; raise if ``value`` is not a string."""
    if not isinstance(value, str):
        is_unquoted = isinstance(value, (bool, int, float))
        hint = "write it in quotes" if is_unquoted else None
        raise _type_error("a string", value, path, hint)
    return to_exact_str(value, path)


def structure_error(
    code: str, message: str, path: str, hint: Fix | str | None = None, *expected: str
) -> SelectorError:
    """Return the error for a mistake in the structure of an object, such as an unknown field."""
    return SelectorError(code, message, "", (0, 0), expected=expected, hint=hint, path=path)


def _type_error(expected: str, value: object, path: str, hint: Fix | str | None) -> SelectorError:
    message = f"expected {expected}, found {describe_json(value)}"
    return structure_error("wrong-type", message, path, hint, expected)
