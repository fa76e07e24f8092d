"""Nomad constraints: from decoded JSON to selectors.

Source: Nomad, ``checkConstraint`` in ``scheduler/feasible.go``.
"""

from collections.abc import Mapping
from typing import Final

from nodeselect.errors import SelectorError
from nodeselect.selectors.charset import is_key
from nodeselect.selectors.label_selector import read_fields, read_text, structure_error
from nodeselect.selectors.requirement import Operator, Requirement
from nodeselect.selectors.selector import Selector
from nodeselect.text import quoted

# The attribute, the operator and the value, as they are called in job files and in the API.
_JOB_FIELDS = ("attribute", "operator", "value")
_API_FIELDS = ("LTarget", "Operand", "RTarget")

# The operators that mean the same here. (The < of Nomad also compares text, and its
# set_contains_any splits the label's value.)
_OPERATORS = {
    **dict.fromkeys(("=", "==", "is"), Operator.EQUALS),
    **dict.fromkeys(("!=", "not"), Operator.NOT_EQUALS),
    "is_set": Operator.EXISTS,
    "is_not_set": Operator.DOES_NOT_EXIST,
}

_ID = "${node.unique.id}"

NOMAD_FIELDS: Final = frozenset({"node.class", "node.datacenter", "node.pool"})
"""Fields of a node of Nomad that are labels here. An empty class is not a label."""


def selector_from_nomad(constraint: object, path: str = "") -> Selector:
    """Build a selector from one Nomad constraint, in the form of JSON job files or of Nomad's API.

    The attribute ``${meta.rack}`` becomes the label ``rack``; other attributes keep their name.

    >>> selector_from_nomad({"attribute": "${meta.rack}", "operator": "!=", "value": "r1"})
    Selector('rack!=r1')
    >>> selector_from_nomad({"LTarget": "${attr.cpu.arch}", "Operand": "=", "RTarget": "arm64"})
    Selector('attr.cpu.arch=arm64')

    Without an operator, a constraint means ``=``.

    :param path: the path of the constraint, with which the paths in errors begin.
    :raises SelectorError: if the constraint is invalid, or a selector cannot express it:
        ``regexp``, ``version``, ``distinct_hosts``, ``<`` and others.
    """
    is_from_api = isinstance(constraint, Mapping) and "LTarget" in constraint
    names = _API_FIELDS if is_from_api else _JOB_FIELDS
    fields = read_fields(constraint, path, names)
    paths = [f"{path}.{name}".lstrip(".") for name in names]
    attribute, operator_name, value = (
        "" if fields.get(name) is None else read_text(fields[name], at_field)
        for name, at_field in zip(names, paths, strict=True)
    )
    at_attribute, at_operator, at_value = paths
    operator = _OPERATORS.get(operator_name or "=")
    if operator is None:
        message = f"a selector cannot express the operator {quoted(operator_name)}"
        hint = "only =, !=, is_set and is_not_set can be converted"
        raise structure_error("not-in-language", message, at_operator, hint)
    if value.startswith("${"):
        message = "a selector cannot compare two labels"
        raise structure_error("not-in-language", message, at_value)
    if operator is Operator.NOT_EQUALS and not value:
        message = "for Nomad, but not for a selector, a missing label is an empty one here"
        raise structure_error("not-in-language", message, at_operator)
    if attribute == _ID and operator is Operator.EQUALS and value:
        return Selector.from_requirements([], [value])
    name = attribute.removeprefix("${").removesuffix("}")
    key = name.removeprefix("meta.")
    is_own_label = key.startswith("attr.") or key in NOMAD_FIELDS  # not one of the metadata
    is_field = name in NOMAD_FIELDS and operator.arity != "none" and bool(value)
    is_label = name.startswith("attr.") or (name != key and not is_own_label)
    if attribute != f"${{{name}}}" or not (is_label or is_field):
        message = f"{quoted(attribute)} is not a label here"
        hint = (
            "use ${meta.NAME}, ${attr.NAME}; or, with = and a value, ${node.class},"
            " ${node.datacenter}, ${node.pool} and ${node.unique.id}"
        )
        raise structure_error("not-in-language", message, at_attribute, hint)
    values = [] if operator.arity == "none" and not value else [value]
    try:
        return Selector.from_requirements([Requirement(key, operator, values)])
    except SelectorError as error:
        is_value = is_key(key) and error.source in values
        raise error.at(at_value if is_value else at_attribute) from None
