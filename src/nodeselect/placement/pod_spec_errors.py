"""All mistakes of a pod spec, of which ``Placement.from_pod_spec`` raises the first."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, TypeAlias

from nodeselect.errors import SelectorError
from nodeselect.placement.placement import Placement

# How a value is split into parts: the fields of a mapping, the items of a list, or not at all.
_Split: TypeAlias = "dict[str, _Split] | list[_Split] | None"

_TERM: _Split = {"matchExpressions": [None], "matchFields": [None]}
_POD_SPEC: _Split = {
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [_TERM]},
            "preferredDuringSchedulingIgnoredDuringExecution": [None],
        }
    },
    "containers": [None],
    "initContainers": [None],
    "nodeSelector": {},
    "overhead": {},
    "tolerations": [None],
    "topologySpreadConstraints": [None],
}


def pod_spec_errors(spec: Mapping[str, Any]) -> list[SelectorError]:
    """Return the mistakes of a pod spec, with their paths; an empty list if there are none.

    Each label, each requirement of a required term, each preferred term, toleration, constraint and
    container is read by itself, and has at most one mistake. A mistake that is only in the whole,
    such as a sum that is too large, is returned if there is no other. Cost: linear.

    :param spec: a decoded PodSpec, as for :meth:`Placement.from_pod_spec`.
    """
    errors: list[SelectorError] = []
    context = {"nodeSelector": None} if spec.get("nodeSelector", "") is None else {}
    for part, numbers in chain(_parts(spec, _POD_SPEC), [(spec, ())]):
        if part is spec and errors:
            break
        try:
            Placement.from_pod_spec(context | part)
        except SelectorError as error:
            first, *rest = error.path.split("[0]", len(numbers))  # each list has just this item
            renumbered = zip(numbers, rest, strict=False)
            path = first + "".join(f"[{number}]{text}" for number, text in renumbered)
            errors.append(error.at(path))
    return errors


def _parts(value: Any, split: _Split) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """Yield copies of ``value`` with only one part each.

    With each copy, yield the numbers that the items around the part have in the lists of ``value``.
    """
    if isinstance(split, dict) and isinstance(value, Mapping) and value:
        for name, field in value.items():
            for part, numbers in _parts(field, split.get(name)):
                yield {name: part}, numbers
    elif isinstance(split, list) and isinstance(value, (list, tuple)) and value:
        for number, item in enumerate(value):
            for part, numbers in _parts(item, split[0]):
                yield [part], (number, *numbers)
    else:
        yield value, ()
