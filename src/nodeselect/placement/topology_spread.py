"""Topology spread constraints of a pod spec: they are validated, not considered.

Source: Kubernetes, ``validateTopologySpreadConstraints`` of the API server.
"""

from collections.abc import Mapping
from typing import Any

from nodeselect.errors import SelectorError
from nodeselect.selectors.charset import is_key
from nodeselect.selectors.diagnostics import key_error
from nodeselect.selectors.label_selector import (
    read_fields,
    read_items,
    read_object,
    read_text,
    requirements_from_label_selector,
    structure_error,
)
from nodeselect.text import join_limited, quoted

_POLICIES = ("Honor", "Ignore")

# The fields with one of several words, and those with a positive integer.
_WORDS = {
    "whenUnsatisfiable": ("DoNotSchedule", "ScheduleAnyway"),
    "nodeAffinityPolicy": _POLICIES,
    "nodeTaintsPolicy": _POLICIES,
}
_NUMBERS = ("maxSkew", "minDomains")
_FIELDS = (*_NUMBERS, *_WORDS, "topologyKey", "labelSelector", "matchLabelKeys")
_REQUIRED = ("maxSkew", "topologyKey", "whenUnsatisfiable")


def check_topology_spread(spec: Mapping[str, Any]) -> None:
    """Raise if the API server would reject a topology spread constraint.

    Also raise if a topology key cannot be the key of a label, so that no node has it.

    :raises SelectorError: with the path in the spec.
    """
    path = "topologySpreadConstraints"
    seen = set()
    for number, kind in enumerate(read_items(spec.get(path), path, _read_constraint)):
        if kind in seen:
            message = f"a second constraint has the topologyKey {quoted(kind[0])} and {kind[1]}"
            raise structure_error("invalid-spread", message, f"{path}[{number}]")
        seen.add(kind)


def _read_constraint(value: object, path: str) -> tuple[str, str]:
    """Raise if a constraint is invalid; return its ``topologyKey`` and ``whenUnsatisfiable``."""
    fields: dict[str, Any] = {
        name: field
        for name, field in read_fields(value, path, _FIELDS).items()
        if field is not None
    }
    for name in _REQUIRED:
        if name not in fields:
            raise structure_error("missing-field", f"the field '{name}' is missing", path)
    for name in _NUMBERS:
        if type(number := fields.get(name, 1)) is not int or number < 1:
            message = f"{name} must be an integer above 0"
            raise structure_error("invalid-spread", message, f"{path}.{name}")
    for name, words in _WORDS.items():
        if (word := read_text(fields.get(name, words[0]), f"{path}.{name}")) not in words:
            message, hint = f"{quoted(word)} is not a {name}", f"use {join_limited(words, 2, 'or')}"
            raise structure_error("invalid-spread", message, f"{path}.{name}", hint)
    action = fields["whenUnsatisfiable"]
    if "minDomains" in fields and action != "DoNotSchedule":
        message = "with minDomains, whenUnsatisfiable must be DoNotSchedule"
        raise structure_error("invalid-spread", message, f"{path}.whenUnsatisfiable")
    at_selector, at_keys = f"{path}.labelSelector", f"{path}.matchLabelKeys"
    selector = read_object(fields.get("labelSelector"), at_selector)
    try:
        selected = {each.key for each in requirements_from_label_selector(selector)}
    except SelectorError as error:
        raise error.at(f"{at_selector}.{error.path}") from None
    topology_key = _read_key(fields["topologyKey"], f"{path}.topologyKey")
    for number, key in enumerate(read_items(fields.get("matchLabelKeys"), at_keys, _read_key)):
        if "labelSelector" not in fields or key in selected:
            reason = "is in the labelSelector, too" if key in selected else "needs a labelSelector"
            raise structure_error(
                "invalid-spread", f"{quoted(key)} {reason}", f"{at_keys}[{number}]"
            )
    return topology_key, action


def _read_key(value: object, path: str) -> str:
    key = read_text(value, path)
    if not is_key(key):
        raise key_error(key, 0, len(key)).at(path)
    return key
