"""Kubernetes LabelSelectors: from decoded JSON to requirements, and back.

Node affinity (``pod_spec.py``) has the same fields.

Source: Kubernetes apimachinery, ``LabelSelectorAsSelector`` and ``ValidateLabelSelector``.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

from nodeselect.decoded import (
    read_fields,
    read_items,
    read_labels,
    read_strings,
    read_text,
    structure_error,
)
from nodeselect.errors import SelectorError
from nodeselect.problem import Key, Path, suggest_word
from nodeselect.selectors.charset import is_key
from nodeselect.selectors.requirement import (
    ID_KEY,
    KUBERNETES_OPERATORS,
    Operator,
    Requirement,
    check_number_of_values,
    equality,
)
from nodeselect.text import join_limited, quoted

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
    fields = read_fields(label_selector, (), ("matchLabels", "matchExpressions"))
    return [
        *read_match_labels(fields.get("matchLabels"), ("matchLabels",)),
        *read_match_expressions(
            fields.get("matchExpressions"), ("matchExpressions",), _LABEL_SELECTOR_OPERATORS
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
        raise structure_error("not-in-kubernetes", message, ("match_ids",), hint)
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


def read_match_labels(value: object, path: Path) -> list[Requirement]:
    """Return an equality requirement for each label in ``value``; an empty list for None."""
    requirements = []
    for key, label in read_labels(value, path).items():
        try:
            requirements.append(equality(key, read_text(label, ())))
        except SelectorError as error:
            raise error.at(*path, Key(key)) from None
    return requirements


def read_match_expressions(
    value: object, path: Path, operators: Mapping[str, Operator] = KUBERNETES_OPERATORS
) -> list[Requirement]:
    """Return the requirements of a ``matchExpressions`` list; an empty list for None."""
    return read_items(value, path, partial(read_requirement, operators=operators))


def read_requirement(
    value: object,
    path: Path,
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
            raise error.at(*path, at_values, values.index(error.source)) from None
        raise error.at(*path, field) from None


def read_item(
    value: object,
    path: Path,
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
    key = read_text(fields[at_key], (*path, at_key))
    name = read_text(fields[at_operator], (*path, at_operator))
    if name not in operators:
        known = tuple(operators)
        raise SelectorError(
            "unknown-operator",
            f"{quoted(name)} is not an operator here",
            name,
            (0, len(name)),
            expected=known,
            hint=suggest_word(name, known) or f"use {join_limited(known, len(known), 'or')}",
            path=(*path, at_operator),
        )
    return key, operators[name], read_strings(fields.get(at_values), (*path, at_values))
