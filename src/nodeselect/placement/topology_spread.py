"""Topology spread constraints of a pod spec: they are validated, not considered.

Source: Kubernetes, ``validateTopologySpreadConstraints`` of the API server.
"""

from nodeselect.errors import SelectorError
from nodeselect.selectors.charset import is_key
from nodeselect.selectors.diagnostics import key_error
from nodeselect.selectors.label_selector import (
    read_fields,
    read_object,
    read_text,
    requirements_from_label_selector,
    structure_error,
)
from nodeselect.text import describe_json, join_limited

_ACTIONS = ("DoNotSchedule", "ScheduleAnyway")
_REQUIRED = ("maxSkew", "topologyKey", "whenUnsatisfiable")
_FIELDS = (
    *(*_REQUIRED, "labelSelector", "minDomains", "matchLabelKeys"),
    *("nodeAffinityPolicy", "nodeTaintsPolicy"),
)


def check_topology_spread(value: object, path: str) -> None:
    """Raise if the API server would reject a topology spread constraint.

    Also raise if a topology key cannot be the key of a label, so that no node has it.

    :raises SelectorError: with the path of the mistake in the pod spec.
    """
    fields = read_fields(value, path, _FIELDS)
    for name in _REQUIRED:
        if fields.get(name) is None:
            raise structure_error("missing-field", f"the field '{name}' is missing", path)
    if type(skew := fields["maxSkew"]) is not int or skew < 1:
        message = "maxSkew must be an integer above 0"
        raise structure_error("invalid-spread", message, f"{path}.maxSkew")
    if (action := fields["whenUnsatisfiable"]) not in _ACTIONS:
        message = f"expected {join_limited(_ACTIONS, 2, 'or')}, found {describe_json(action)}"
        raise structure_error("invalid-spread", message, f"{path}.whenUnsatisfiable")
    if not is_key(key := read_text(fields["topologyKey"], f"{path}.topologyKey")):
        raise key_error(key, 0, len(key)).at(f"{path}.topologyKey")
    at_selector = f"{path}.labelSelector"
    selector = read_object(fields.get("labelSelector"), at_selector)
    try:
        requirements_from_label_selector(selector)
    except SelectorError as error:
        raise error.at(f"{at_selector}.{error.path}") from None
