"""Constraints of Bacalhau and Nomad: from decoded JSON to selectors, and back.

What one side cannot express is an error: a selector without it would match other nodes.

Sources: Bacalhau, ``pkg/models/selector.go``; Nomad, ``checkConstraint`` in
``scheduler/feasible.go``.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from nodeselect.errors import SelectorError
from nodeselect.selectors.charset import is_key
from nodeselect.selectors.label_selector import (
    read_list,
    read_mapping,
    read_strings,
    read_text,
    structure_error,
)
from nodeselect.selectors.operator import Operator
from nodeselect.selectors.requirement import Requirement
from nodeselect.selectors.selector import Selector
from nodeselect.text import join_limited, printable, quoted

_BACALHAU_FIELDS = {"key": "key", "operator": "operator", "values": "values"}

# By their names in job files and in the API.
_NOMAD_FIELDS = {
    "attribute": "attribute",
    "ltarget": "attribute",
    "operator": "operator",
    "operand": "operator",
    "value": "value",
    "rtarget": "value",
}

# The operators that mean the same here. (The < of Nomad also compares text, and its
# set_contains_any splits the label's value.)
_NOMAD_OPERATORS = {
    **dict.fromkeys(("=", "==", "is"), Operator.EQUALS),
    **dict.fromkeys(("!=", "not"), Operator.NOT_EQUALS),
    "is_set": Operator.EXISTS,
    "is_not_set": Operator.DOES_NOT_EXIST,
}

_NOMAD_ID = "${node.unique.id}"

NOMAD_FIELDS: Final = frozenset({"node.class", "node.datacenter", "node.pool"})
"""Fields of a node of Nomad that are labels here. An empty class is not a label."""


def selector_from_bacalhau(constraints: object, place: str = "") -> Selector:
    """Build a selector from the list ``Constraints`` of a Bacalhau job; None is an empty list.

    >>> gpu = {"Key": "gpu", "Operator": "in", "Values": ["a100", "h100"]}
    >>> selector_from_bacalhau([gpu, {"Key": "debug", "Operator": "!"}])
    Selector('!debug,gpu in (a100,h100)')

    The names of fields may be in upper or lower case, as for Bacalhau. The operators of Kubernetes,
    such as ``In``, are accepted as well.

    :param place: what the paths in errors begin with.
    :raises SelectorError: if an item is invalid, or a preference, whose key begins with
        ``favour_``.
    """
    requirements = []
    for number, item in enumerate(read_list(constraints, place)):
        fields = _Fields(item, f"{place}[{number}]", _BACALHAU_FIELDS)
        key, name = fields.text("key"), fields.text("operator")
        if key.startswith("favour_"):
            message = f"{quoted(key)} is a preference, not a condition"
            raise fields.error("not-in-language", message, "key", "remove it")
        try:
            operator = Operator("=" if name == "==" else name)
        except ValueError:
            message = f"{quoted(name)} is not an operator of Bacalhau"
            hint = f"use {join_limited([each.value for each in Operator], 8, 'or')}"
            raise fields.error("unknown-operator", message, "operator", hint) from None
        values = fields.texts("values")
        requirements.append(fields.requirement(key, operator, values, "key", "values"))
    return Selector.from_requirements(requirements)


def selector_from_nomad(constraints: object, place: str = "") -> Selector:
    """Build a selector from constraints of Nomad, as in a job file or its API.

    The attribute ``${meta.rack}`` becomes the label ``rack``; others keep their name.

    >>> rack = {"attribute": "${meta.rack}", "operator": "!=", "value": "r1"}
    >>> arch = {"LTarget": "${attr.cpu.arch}", "Operand": "=", "RTarget": "arm64"}
    >>> selector_from_nomad([rack, arch])
    Selector('attr.cpu.arch=arm64,rack!=r1')

    Without an operator, a constraint means ``=``. Null is an empty list.

    :param place: what the paths in errors begin with.
    :raises SelectorError: if an item is invalid, or a selector cannot express it: ``regexp``,
        ``version``, ``distinct_hosts``, ``<`` and others.
    """
    requirements: list[Requirement] = []
    ids: set[str] | None = None
    for number, item in enumerate(read_list(constraints, place)):
        fields = _Fields(item, f"{place}[{number}]", _NOMAD_FIELDS)
        name = fields.text("operator") if fields.has("operator") else "="
        operator = _NOMAD_OPERATORS.get(name)
        if operator is None:
            message = f"a selector cannot express the operator {quoted(name)}"
            hint = "only =, !=, is_set and is_not_set can be converted"
            raise fields.error("not-in-language", message, "operator", hint)
        value = fields.text("value") if fields.has("value") else ""
        if value.startswith("${"):
            message = "a selector cannot compare two labels"
            raise fields.error("not-in-language", message, "value")
        if operator is Operator.NOT_EQUALS and not value:
            message = "for Nomad, but not for a selector, a missing label is an empty one here"
            raise fields.error("not-in-language", message, "operator")
        attribute = fields.text("attribute")
        if attribute == _NOMAD_ID and operator is Operator.EQUALS and value:
            ids = {value} if ids is None else ids & {value}
            continue
        name = attribute.removeprefix("${").removesuffix("}")
        key = name.removeprefix("meta.")
        is_field = name in NOMAD_FIELDS and operator.arity != "none" and bool(value)
        is_label = name.startswith("attr.") or (name != key and not _is_own_label(key))
        if attribute != f"${{{name}}}" or not (is_label or is_field):
            message = f"{quoted(attribute)} is not a label here"
            hint = (
                "use ${meta.NAME}, ${attr.NAME}; or, with = and a value, ${node.class},"
                " ${node.datacenter}, ${node.pool} and ${node.unique.id}"
            )
            raise fields.error("not-in-language", message, "attribute", hint)
        values = [] if operator.arity == "none" and not value else [value]
        requirements.append(fields.requirement(key, operator, values, "attribute", "value"))
    return Selector.from_requirements(requirements, ids)


def bacalhau_from_selector(selector: Selector) -> list[dict[str, Any]]:
    """Return the ``Constraints`` of Bacalhau for a selector.

    :raises SelectorError: if it has ids, which Bacalhau cannot select.
    """
    if selector.ids is not None:
        raise no_counterpart_error("Bacalhau", ["ids"])
    preferences = [each for each in selector.requirements if each.key.startswith("favour_")]
    if preferences:
        raise no_counterpart_error("Bacalhau", map(str, preferences))
    constraints = []
    for requirement in selector.requirements:
        constraint = {"Key": requirement.key, "Operator": requirement.operator.value}
        values = {"Values": list(requirement.values)} if requirement.values else {}
        constraints.append(constraint | values)
    return constraints


def nomad_from_selector(selector: Selector) -> list[dict[str, Any]]:
    """Return constraints of Nomad, as in a job file in JSON, for a selector.

    The label ``rack`` becomes the attribute ``${meta.rack}``; ``attr.cpu.arch``, ``node.class`` and
    others that Nomad does not read from its metadata keep their name.

    :raises SelectorError: if it has a requirement that Nomad cannot express: ``>``, ``<``, a choice
        of several values or ids, such as ``rack in (r1,r2)``, or an empty value.
    """
    refused = [str(each) for each in selector.requirements if not _is_in_nomad(each)]
    if selector.ids is not None and len(selector.ids) != 1:
        refused.append("several ids" if selector.ids else "that no node matches")
    if refused:
        raise no_counterpart_error("Nomad", refused)
    constraints = [
        {"attribute": _NOMAD_ID, "operator": "=", "value": node_id}
        for node_id in selector.ids or ()
    ]
    for requirement in selector.requirements:
        key, operator = requirement.key, requirement.operator
        attribute = f"${{{key}}}" if _is_own_label(key) else f"${{meta.{key}}}"
        if not requirement.values:
            name = "is_not_set" if operator.matches_absent else "is_set"
            constraints.append({"attribute": attribute, "operator": name})
        for value in requirement.values:
            name = "!=" if operator.matches_absent else "="
            constraints.append({"attribute": attribute, "operator": name, "value": value})
    return constraints


def no_counterpart_error(
    system: str, texts: Iterable[str], hint: str | None = None
) -> SelectorError:
    """Return the error for parts of a selector that another system cannot express.

    :param system: the name of the system; ``texts`` are the parts.
    """
    text = join_limited([printable(each) for each in texts], 5)
    message = f"{system} cannot express {text}"
    return SelectorError("no-counterpart", message, "", (0, 0), hint=hint)


def _is_own_label(key: str) -> bool:
    """Return whether a label key is for an attribute or field of a Nomad node, not its metadata."""
    return key.startswith("attr.") or key in NOMAD_FIELDS


def _is_in_nomad(requirement: Requirement) -> bool:
    operator, values = requirement.operator, requirement.values
    if operator.is_comparison:
        return False
    if requirement.key in NOMAD_FIELDS and not any(values):  # an empty class is set there
        return False
    if "" in values:  # which Nomad refuses
        return False
    return operator.is_exclusion or len(values) <= 1


class _Fields:
    """The fields of one constraint."""

    def __init__(self, item: object, place: str, names: Mapping[str, str]) -> None:
        """Read the fields of one constraint; raise if one is unknown, or written twice.

        :param item: the constraint, and ``place`` its path for errors.
        :param names: the known fields by their names in lower case.
        """
        self._place = place
        self._fields: dict[str, tuple[str, object]] = {}
        fields = join_limited(list(dict.fromkeys(names.values())))
        hint = f"write an object with the fields {fields}"
        for name, value in read_mapping(item, place, hint).items():
            path = f"{place}.{printable(name[:60])}"
            field = names.get(name.lower())
            if field is None:
                message = f"there is no field {quoted(name)}"
                raise structure_error("unknown-field", message, path, f"the fields are {fields}")
            if field in self._fields:
                message = f"{quoted(name)} is a second {field}"
                raise structure_error("duplicate-field", message, path)
            self._fields[field] = (path, value)

    def has(self, name: str) -> bool:
        """Return whether the constraint has a field and it is not null."""
        return name in self._fields and self._fields[name][1] is not None

    def text(self, name: str) -> str:
        """Return a field that must be a string."""
        if not self.has(name):
            message = f"the field '{name}' is missing"
            raise structure_error("missing-field", message, self._place)
        path, value = self._fields[name]
        return read_text(value, path)

    def texts(self, name: str) -> list[str]:
        """Return a field that must be a list of strings; an empty list if it is null or missing."""
        path, value = self._fields.get(name, ("", None))
        return read_strings(value, path)

    def requirement(
        self, key: str, operator: Operator, values: list[str], key_field: str, values_field: str
    ) -> Requirement:
        """Build a requirement; if it is invalid, the error names one of the two fields.

        :param key_field: the field from which the key comes; ``values_field`` is that of the
            values.
        """
        try:
            return Requirement(key, operator, values)
        except SelectorError as error:
            name = values_field if is_key(key) and error.source in values else key_field
            raise error.at(self._fields[name][0]) from None

    def error(self, code: str, message: str, name: str, hint: str | None = None) -> SelectorError:
        """Return an error whose place is a field, which the constraint must have."""
        return structure_error(code, message, self._fields[name][0], hint)
