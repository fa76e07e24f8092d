"""From requirements to one Python function that tests one node.

The function is made once for each *shape*, which is the sequence of kinds of test and whether ids
are asked for. Its source text is put together from the fixed pieces below and from numbers; keys,
values and ids are bound to it as constants through a closure. So no text of a user ever becomes
source, and a selector of a shape seen before costs no compilation.

Tests stand in the order of their cost, and negations last, so that selectors share shapes.
"""

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any, Protocol, assert_never

from nodeselect.labels.operators import Operator
from nodeselect.labels.requirement import Requirement
from nodeselect.labels.rules import parse_int64

__all__ = ["Predicate", "Shape", "compile_predicate", "shape_source"]


class Predicate(Protocol):
    """Tests one node: its labels and, where ids are asked for, its id."""

    def __call__(self, labels: Mapping[str, str], node_id: str | None = None) -> bool: ...


Shape = tuple[int, ...]
"""The kinds of the tests, as places in the table of tests, ascending."""

_TESTS = (
    "node_id in v{n}",
    "k{n} in labels",
    "labels.get(k{n}) == v{n}",
    "labels.get(k{n}) in v{n}",
    "above(labels.get(k{n}), v{n})",
    "below(labels.get(k{n}), v{n})",
    "labels.get(k{n}) != v{n}",
    "labels.get(k{n}) not in v{n}",
    "k{n} not in labels",
)
(_ID, _PRESENT, _IS, _ONE_OF, _ABOVE, _BELOW, _IS_NOT, _NONE_OF, _ABSENT) = range(len(_TESTS))

_MOST_SHAPES = 1_024
"""Functions kept; random selectors of up to six requirements have some 3,000 shapes, and real
ones a few dozen."""


def compile_predicate(
    requirements: Iterable[Requirement], ids: tuple[str, ...] | None
) -> Predicate:
    """Make the function that answers for all ``requirements`` and ``ids`` together.

    ``ids`` of None ask for no id; an empty tuple takes no node. Cost: some microseconds, and some
    tens of them for a shape not seen before.
    """
    tests: list[tuple[int, str | None, Any]] = [_test(requirement) for requirement in requirements]
    if ids is not None:
        tests.append((_ID, None, frozenset(ids)))
    tests.sort(key=itemgetter(0))
    factory = _factory(tuple(kind for kind, _, _ in tests))
    return factory(*[constant for _, key, operand in tests for constant in (key, operand)])


def shape_source(shape: Shape) -> str:
    """Give the source text of the factory for ``shape``; it depends on nothing else."""
    constants = ", ".join(f"k{n}, v{n}" for n in range(len(shape)))
    tests = " and ".join(_TESTS[kind].format(n=n) for n, kind in enumerate(shape))
    body = f"True if {tests} else False" if tests else "True"
    return f"lambda {constants}: lambda labels, node_id=None: {body}"


def _test(requirement: Requirement) -> tuple[int, str | None, Any]:
    """Give the kind of test, the key and what the label is compared with."""
    key, operator, values = requirement.key, requirement.operator, requirement.values
    match operator:
        case Operator.EQUALS:
            return _IS, key, values[0]
        case Operator.EXISTS:
            return _PRESENT, key, None
        case Operator.IN:
            return (_IS, key, values[0]) if len(values) == 1 else (_ONE_OF, key, frozenset(values))
        case Operator.NOT_EQUALS:
            return _IS_NOT, key, values[0]
        case Operator.DOES_NOT_EXIST:
            return _ABSENT, key, None
        case Operator.NOT_IN:
            if len(values) == 1:
                return _IS_NOT, key, values[0]
            return _NONE_OF, key, frozenset(values)
        case Operator.GREATER_THAN:
            return _ABOVE, key, parse_int64(values[0])
        case Operator.LESS_THAN:
            return _BELOW, key, parse_int64(values[0])
    assert_never(operator)


def _above(value: str | None, bound: int) -> bool:
    number = None if value is None else parse_int64(value)
    return number is not None and number > bound


def _below(value: str | None, bound: int) -> bool:
    number = None if value is None else parse_int64(value)
    return number is not None and number < bound


_factories: dict[Shape, Callable[..., Predicate]] = {}


def _factory(shape: Shape) -> Callable[..., Predicate]:
    factory = _factories.get(shape)
    if factory is None:
        if len(_factories) >= _MOST_SHAPES:
            _factories.clear()
        names = {"__builtins__": {}, "above": _above, "below": _below}
        factory = eval(shape_source(shape), names)  # noqa: S307 - the text holds nothing of a user
        _factories[shape] = factory
    return factory
