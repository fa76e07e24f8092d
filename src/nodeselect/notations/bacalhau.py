"""Bacalhau constraints: from decoded JSON to selectors, and back.

If one of the two notations cannot express a condition of the other, this is an error: a selector
without the condition would match other nodes.

Source: Bacalhau, ``pkg/models/selector.go``.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from nodeselect.errors import SelectorError
from nodeselect.problem import Fix
from nodeselect.selectors.label_selector import (
    ITEM_FIELDS,
    read_list,
    read_requirement,
    structure_error,
)
from nodeselect.selectors.requirement import KUBERNETES_OPERATORS, Operator
from nodeselect.selectors.selector import Selector
from nodeselect.text import join_limited, printable, quoted

_OPERATORS = {each.value: each for each in Operator} | {"==": Operator.EQUALS}


def selector_from_bacalhau(constraints: object, path: str = "") -> Selector:
    """Build a selector from the list ``Constraints`` of a Bacalhau job; None means no constraints.

    >>> gpu = {"Key": "gpu", "Operator": "in", "Values": ["a100", "h100"]}
    >>> selector_from_bacalhau([gpu, {"Key": "debug", "Operator": "!"}])
    Selector('!debug,gpu in (a100,h100)')

    The names of fields may be in upper or lower case, as in Bacalhau. The operators of Kubernetes,
    such as ``In``, are accepted, too.

    :param path: the path of the list, with which the paths in errors begin.
    :raises SelectorError: if an item is invalid, or its key begins with ``favour_`` (a preference).
    """
    operators = _OPERATORS | KUBERNETES_OPERATORS
    requirements = []
    for number, item in enumerate(read_list(constraints, path)):
        at_item, names = f"{path}[{number}]", _names_as_written(item)
        requirement = read_requirement(item, at_item, operators, names)
        if requirement.key.startswith("favour_"):
            message = f"{quoted(requirement.key)} is a preference, not a condition"
            raise structure_error("not-in-language", message, f"{at_item}.{names[0]}", "remove it")
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
    """Return the error for parts of a selector that another system cannot express.

    :param system: the name of the system; ``texts`` are these parts in words.
    """
    text = join_limited([printable(each) for each in texts], 5)
    message = f"{system} cannot express {text}"
    return SelectorError("no-counterpart", message, "", (0, 0), hint=hint)


def _names_as_written(item: object) -> tuple[str, ...]:
    """Return how a constraint spells ``key``, ``operator`` and ``values``, such as ``Key``."""
    written = {str(name).lower(): str(name) for name in item} if isinstance(item, Mapping) else {}
    return tuple(written.get(name, name) for name in ITEM_FIELDS)
