"""How much a pod requests of each resource.

Source: Kubernetes component-helpers, ``resource.PodRequests`` (with ``UseStatusResources`` for pods
on a node); of the API server, the defaults (``SetDefaults_Pod``) and ``ValidatePodSpec``.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeAlias

from nodeselect.decoded import (
    read_fields,
    read_items,
    read_mapping,
    read_object,
    reject_typo,
    structure_error,
)
from nodeselect.problem import Fix, Key, Path, find_typo, suggest_word
from nodeselect.quantity import UNIT, parse_exact, round_up, suggest_quantity
from nodeselect.selectors.charset import is_key
from nodeselect.selectors.diagnostics import key_error
from nodeselect.text import describe_json, quoted

# Amounts in billionths, which are summed before they are rounded up.
_Exact: TypeAlias = dict[str, int]

Resized: TypeAlias = tuple[Mapping[str, _Exact], bool]
"""The requests in the status of a pod, by container, and whether those in its spec do not count."""

_NOT_RESIZED: Resized = MappingProxyType({}), False

_HUGE_PAGES = "hugepages-"
_RESOURCE_HINT = (
    "use cpu or memory; in a container also ephemeral-storage, and names such as nvidia.com/gpu"
)


def pod_requests(
    spec: Mapping[str, Any], resized: Resized = _NOT_RESIZED, *, strict: bool = False
) -> dict[str, int]:
    """Return the requests of a pod, in the units of the resources. Cost: 5 to 20 µs.

    - A limit without a request is the request.
    - The containers and the sidecars (init containers that always restart) run together. Before
      them, each other init container runs with the sidecars that are listed before it.
    - Requests of the whole pod for cpu, memory and huge pages replace those of its containers.
    - The overhead is added, and 1 for ``pods``.
    - A container or sidecar that was resized requests the larger of spec and status; if the resize
      is infeasible, what its status has.

    :param spec: a PodSpec as decoded JSON.
    :param resized: the result of :func:`read_resized` for the status of a pod on a node.
    :param strict: whether to reject everything that the API server would reject.
    :raises SelectorError: if a quantity is invalid; ``path`` is its path in the spec.
    """
    running: _Exact = {}
    sidecars: _Exact = {}
    total: _Exact = {}

    in_status, is_infeasible = resized

    def container_requests(container: object, path: Path) -> tuple[_Exact, object]:
        fields = read_mapping(container, path)
        if mistake := _find_mistake(tuple(fields)):
            name, hint = mistake
            message = f"a container has no field {quoted(name)}"
            raise structure_error("unknown-field", message, (*path, name), hint)
        requests, limits = _read_resources(fields.get("resources"), (*path, "resources"), strict)
        amounts, restarts = limits | requests, fields.get("restartPolicy")
        found = in_status.get(str(fields.get("name"))) if in_status else None
        if found is not None and (restarts == "Always" or path[0] == "containers"):
            amounts = {} if is_infeasible else amounts
            _raise(amounts, found)
        return amounts, restarts

    for requests, _ in read_items(spec.get("containers"), ("containers",), container_requests):
        _add(running, requests)
    init_containers = spec.get("initContainers")
    for requests, restarts in read_items(init_containers, ("initContainers",), container_requests):
        if restarts == "Always":
            _add(sidecars, requests)
        else:
            _add(requests, sidecars)
            _raise(total, requests)
    _add(running, sidecars)
    _raise(total, running)
    requests, limits = _read_resources(spec.get("resources"), ("resources",), strict)
    for resource, amount in (limits | requests).items():
        is_default = resource not in requests and not resource.startswith(_HUGE_PAGES)
        if _is_of_pod(resource) and not (is_default and resource in total):
            total[resource] = amount
    overhead = _read_amounts(spec.get("overhead"), ("overhead",))
    if strict:
        _check_resources({}, overhead, ("overhead",))
    _add(total, overhead)
    try:
        return {name: round_up(name, amount) for name, amount in total.items()} | {"pods": 1}
    except ValueError as error:
        raise structure_error("invalid-quantity", f"in all, {error}", ("containers",)) from None


@lru_cache(256)  # many containers have the same fields
def _find_mistake(fields: tuple[str, ...]) -> tuple[str, Fix | None] | None:
    """Return a field that a container does not have and that probably decides on resources."""
    for name in fields:
        if re.match("resource|request|limit", name, re.IGNORECASE) and name != "resources":
            if inner := suggest_word(name, ("limits", "requests")):
                return name, Fix(f"move it under 'resources', as resources.{inner.replacement}")
            return name, suggest_word(name, ("resources",), fields)
    return find_typo(fields, ("resources", "restartPolicy"))


def read_resized(status: Mapping[str, Any]) -> Resized:
    """Return what the containers of a pod request by its status: since 1.33, of resized ones, too.

    :param status: the ``status`` of a pod as decoded JSON.
    :raises SelectorError: if a quantity is invalid; ``path`` is its path in the status.
    """
    amounts: dict[str, _Exact] = {}

    def read(value: object, path: Path) -> None:
        fields = read_object(value, path)
        if fields.get("resources") is None:
            return
        resources = read_object(fields["resources"], (*path, "resources"))
        found = _read_amounts(resources.get("requests"), (*path, "resources", "requests"))
        allocated = fields.get("allocatedResources")
        _raise(found, _read_amounts(allocated, (*path, "allocatedResources")))
        amounts[str(fields.get("name"))] = found

    for field in ("containerStatuses", "initContainerStatuses"):
        read_items(status.get(field), (field,), read)
    conditions = read_items(status.get("conditions"), ("conditions",), read_object)
    pending = (each for each in conditions if each.get("type") == "PodResizePending")
    return amounts, next(pending, {}).get("reason") == "Infeasible"


def _read_resources(value: object, path: Path, strict: bool) -> tuple[_Exact, _Exact]:
    """Return the requests and the limits of a container or pod."""
    if value is None:
        return {}, {}
    names = ("claims", "limits", "requests")
    fields = read_fields(value, path, names) if strict else read_mapping(value, path)
    if not strict:
        reject_typo(fields, names, path)
    requests = _read_amounts(fields.get("requests"), (*path, "requests"))
    limits = _read_amounts(fields.get("limits"), (*path, "limits"))
    if strict:
        _check_resources(requests, limits, path)
    return requests, limits


def _read_amounts(value: object, path: Path) -> _Exact:
    amounts = {}
    for resource, quantity in read_object(value, path).items():
        if type(quantity) is bool or not isinstance(quantity, (str, int, float)):
            message = f"expected a quantity, found {describe_json(quantity)}"
            hint = "move it one level up" if resource in ("limits", "requests") else None
            raise structure_error("wrong-type", message, resource_path(path, resource), hint)
        try:
            amounts[resource] = _parse_exact(str(quantity))
        except ValueError as error:
            place, fix = resource_path(path, resource), suggest_quantity(resource, str(quantity))
            raise structure_error("invalid-quantity", str(error), place, fix) from None
    return amounts


_parse_exact = lru_cache(maxsize=4_096)(parse_exact)  # many pods have the same quantities


def resource_path(path: Path, resource: str) -> Path:
    """Return the path of a resource in the mapping at ``path``."""
    return (*path, resource) if resource.isidentifier() else (*path, Key(resource))


def _add(total: _Exact, amounts: _Exact) -> None:
    for resource, amount in amounts.items():
        total[resource] = total.get(resource, 0) + amount


def _raise(total: _Exact, amounts: _Exact) -> None:
    for resource, amount in amounts.items():
        total[resource] = max(total.get(resource, 0), amount)


def _check_resources(requests: _Exact, limits: _Exact, path: Path) -> None:
    for resource, amount in (limits | requests).items():
        limit = limits.get(resource)
        if resource in ("cpu", "memory") and (limit is None or amount <= limit):
            continue  # most of them
        name = "requests" if resource in requests else "limits"
        at_amounts = path if path == ("overhead",) else (*path, name)
        place = resource_path(at_amounts, resource)
        shown = quoted(resource)
        is_own = is_extended(resource)
        is_known = _is_of_pod(resource) or (
            path != ("resources",)
            and (resource == "ephemeral-storage" or "kubernetes.io/" in resource or is_own)
        )
        check_resource_name(resource, at_amounts)
        if not is_known:
            message = f"{shown} is not a resource that can be requested here"
            names = ("cpu", "memory", *(("ephemeral-storage",) if path != ("resources",) else ()))
            hint = suggest_word(resource, names, limits | requests) or _RESOURCE_HINT
            raise structure_error("unknown-resource", message, place, hint)
        if is_own and amount % UNIT:
            message = f"the amount of {shown} must be an integer"
            raise structure_error("invalid-quantity", message, place)
        if amount != limit and (is_own or resource.startswith(_HUGE_PAGES)):
            message = f"the request of {shown} must have an equal limit"
            raise structure_error("invalid-request", message, place)
        if limit is not None and amount > limit:
            message = f"the request of {shown} is above its limit"
            raise structure_error("invalid-request", message, place)


def check_resource_name(resource: str, path: Path) -> None:
    """Raise ``SelectorError`` if a resource cannot have this name; ``path`` is its mapping's."""
    if not is_key(resource):
        error, path = key_error(resource, 0, len(resource)), resource_path(path, resource)
        if error.code == "brackets":  # the hint is for the values of a selector
            raise structure_error("invalid-key", "a key cannot contain brackets", path)
        raise error.at(*path)


def is_extended(resource: str) -> bool:
    """Return whether a resource is not one of Kubernetes itself: ``IsExtendedResourceName``."""
    is_native = "/" not in resource or "kubernetes.io/" in resource
    return not is_native and not resource.startswith("requests.") and is_key(f"requests.{resource}")


def _is_of_pod(resource: str) -> bool:
    return resource in ("cpu", "memory") or resource.startswith(_HUGE_PAGES)
