"""Bacalhau jobs and constraints: from decoded JSON to placements and selectors, and back.

If one of the two notations cannot express a condition of the other, this is an error: a selector
without the condition would match other nodes.

Source: Bacalhau, ``UnmarshalJob`` in ``pkg/lib/marshaller``, ``pkg/models`` (``job.go``,
``resource.go``, ``selector.go``) and ``pkg/orchestrator/selection/ranking``.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from nodeselect.decoded import read_list, read_object, read_text, structure_error
from nodeselect.errors import SelectorError
from nodeselect.placement import Placement, Toleration
from nodeselect.placement.placement import ONE_REPLICA
from nodeselect.problem import Fix, Path
from nodeselect.quantity import MAX_AMOUNT
from nodeselect.selectors.label_selector import ITEM_FIELDS, read_requirement
from nodeselect.selectors.requirement import Operator
from nodeselect.selectors.selector import Selector
from nodeselect.text import join_limited, printable, quoted

# The operators of Kubernetes' package ``selection``, and the types of jobs.
_OPERATORS = {each.value: each for each in Operator} | {"==": Operator.EQUALS}

_TYPES = ("service", "batch", "daemon", "ops")

# The fields of a job; Bacalhau rejects others. The last ones are set by the server.
_JOB_FIELDS = (
    *("name", "namespace", "type", "priority", "count", "constraints", "meta", "labels", "tasks"),
    *("id", "state", "version", "revision", "createtime", "modifytime"),
)

# Fields of a task that exclude nodes: their names in lower case, and in words.
_FEATURES = {"engine": "engine", "publisher": "publisher", "inputsources": "input sources"}

# The units of bytes, as in the Go package go-humanize: 1k = 1kb = 1000, 1ki = 1kib = 1024.
_BYTES = {"": 1, "b": 1} | {
    f"{prefix}{suffix}": base**power
    for power, prefix in enumerate("kmgtpe", 1)
    for base, suffixes in ((1000, ("", "b")), (1024, ("i", "ib")))
    for suffix in suffixes
}

# The units of each resource: in millicores, bytes and pieces, as for the nodes.
_UNITS = {"cpu": {"": 1000, "m": 1}, "memory": _BYTES, "disk": _BYTES, "gpu": {"": 1}}

_Fields = dict[str, tuple[Path, object]]
_ABSENT: tuple[Path, None] = ((), None)


def placement_from_bacalhau(job: object) -> Placement:
    """Build the placement of a Bacalhau job, whose fields may be in upper or lower case.

    >>> task = {"Name": "main", "Resources": {"CPU": "500m", "Memory": "1Gb", "GPU": "1"}}
    >>> constraints = [{"Key": "zone", "Operator": "=", "Values": ["eu"]}]
    >>> placement = placement_from_bacalhau({"Constraints": constraints, "Tasks": [task]})
    >>> placement.selector, placement.requests
    (Selector('zone=eu'), {'cpu': 500, 'gpu': 1, 'memory': 1000000000})

    The resources of the first task are the requests, since Bacalhau runs only this one. All taints
    are tolerated, since Bacalhau has none. ``not_considered`` names what else decides.

    :raises SelectorError: if a part is invalid, or the job has an unknown field; with its path.
    """
    fields = _read_fields(job, (), _JOB_FIELDS)
    at_constraints, constraints = fields.get("constraints", _ABSENT)
    selector = selector_from_bacalhau(constraints, at_constraints)
    at_tasks, value = fields.get("tasks", _ABSENT)
    tasks = read_list(value, at_tasks)
    task = _read_fields(tasks[0] if tasks else None, (*at_tasks, 0))
    at_resources, resources = task.get("resources", _ABSENT)
    texts = _read_fields(resources, at_resources, tuple(_UNITS))
    requests = {
        name: _read_amount(name, text, path) for name, (path, text) in texts.items() if text
    }
    words = [text for name, text in _FEATURES.items() if task.get(name, _ABSENT)[1]]
    # The orchestrator adds some of these to a task that has none.
    words += [f"default {name}" for name in ("cpu", "memory") if name not in requests]
    if len(tasks) > 1:
        words.append("all tasks but the first")
    at_type, type_ = fields.get("type", _ABSENT)
    if type_ and (text := read_text(type_, at_type)) not in _TYPES:
        message = f"expected {join_limited(_TYPES, 4, 'or')}, found {quoted(text)}"
        raise structure_error("not-one-of", message, at_type)
    at_count, count = fields.get("count", _ABSENT)
    if count is not None and (type(count) is not int or count < 0):
        expected = "an integer of at least 0"
        raise structure_error("wrong-type", f"expected {expected}", at_count, None, expected)
    if count not in (None, 0, 1):
        words.append(ONE_REPLICA)
    return Placement(selector, [Toleration(operator="Exists")], requests, words)


def _read_fields(value: object, path: Path, names: Collection[str] = ()) -> _Fields:
    """Map names of fields, in lower case, to paths as written and values; refuse unknown names."""
    fields: _Fields = {}
    for name, item in read_object(value, path).items():
        at_field = (*path, name)
        if names and name.lower() not in names:
            listed = join_limited(list(names), 9)
            message = f"there is no field {quoted(name)}"
            raise structure_error("unknown-field", message, at_field, f"the fields are {listed}")
        if fields.setdefault(name.lower(), (at_field, item))[0] != at_field:
            message = f"the field {quoted(name)} occurs twice, since its case does not count"
            raise structure_error("duplicate-key", message, at_field, "keep only one of the two")
    return fields


def _read_amount(resource: str, value: object, path: Path) -> int:
    """Return an amount of a resource in its unit, rounded down as in Bacalhau."""
    text = read_text(value, path)
    match = re.fullmatch(r"([0-9]{1,19})(\.[0-9]{1,9})?([a-z]*)", "".join(text.lower().split()))
    unit = _UNITS[resource].get(match[3], 0) if match else 0
    if match is None or not unit or (match[2] and unit == 1):
        example = {"cpu": "2 or 500m", "gpu": "1"}.get(resource, "512MB or 1GiB")
        message = f"{quoted(text)} is not an amount of {resource}, such as {example}"
        raise structure_error("invalid-quantity", message, path)
    amount = int(match[1]) * unit + int(float(match[2] or 0) * unit)
    if amount > MAX_AMOUNT:
        raise structure_error("invalid-quantity", f"{quoted(text)} is too large", path)
    return amount


def selector_from_bacalhau(constraints: object, path: Path = ()) -> Selector:
    """Build a selector from the list ``Constraints`` of a Bacalhau job; None means no constraints.

    >>> gpu = {"Key": "gpu", "Operator": "in", "Values": ["a100", "h100"]}
    >>> selector_from_bacalhau([gpu, {"Key": "debug", "Operator": "!"}])
    Selector('!debug,gpu in (a100,h100)')

    The names of fields may be in upper or lower case, as in Bacalhau; those of operators may not.

    :param path: the path of the list, with which the paths in errors begin.
    :raises SelectorError: if an item is invalid, or its key begins with ``favour_`` (a preference).
    """
    requirements = []
    for number, item in enumerate(read_list(constraints, path)):
        at_item, names = (*path, number), _names_as_written(item)
        requirement = read_requirement(item, at_item, _OPERATORS, names)
        if requirement.key.startswith("favour_"):
            message = f"{quoted(requirement.key)} is a preference, not a condition"
            raise structure_error("not-in-language", message, (*at_item, names[0]), "remove it")
        requirements.append(requirement)
    return Selector.from_requirements(requirements)


def bacalhau_from_selector(selector: Selector) -> list[dict[str, Any]]:
    """Return a selector as the list ``Constraints`` of a Bacalhau job.

    :raises SelectorError: if the selector has ids or keys that begin with ``favour_``.
    """
    if selector.ids is not None or selector.excluded_ids:
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


def no_counterpart_error(
    system: str, texts: Iterable[str], hint: Fix | str | None = None
) -> SelectorError:
    """Return the error for ``texts``: parts of a selector that a system cannot express."""
    text = join_limited([printable(each) for each in texts], 5)
    message = f"{system} cannot express {text}"
    return SelectorError("no-counterpart", message, "", (0, 0), hint=hint)


def _names_as_written(item: object) -> tuple[str, ...]:
    """Return how a constraint spells ``key``, ``operator`` and ``values``, such as ``Key``."""
    written = {str(name).lower(): str(name) for name in item} if isinstance(item, Mapping) else {}
    return tuple(written.get(name, name) for name in ITEM_FIELDS)
