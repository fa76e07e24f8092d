"""From requirements to one Python function that tests one node.

The function is made once for each *shape*, which is the sequence of kinds of test and whether ids
are asked for. Its source text is put together from the fixed pieces below and from numbers; keys,
values and ids are bound to it as constants through a closure. So no text of a user ever becomes
source, and a selector of a shape seen before costs no compilation.

Tests stand in the order of their cost, and negations last, so that selectors share shapes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Protocol, assert_never

from nodeselect.selectors.charset import parse_int64
from nodeselect.selectors.operator import Operator
from nodeselect.selectors.requirement import Requirement

__all__ = [
    "Failures",
    "Predicate",
    "Shape",
    "compile_failures",
    "compile_predicate",
    "failures_source",
    "shape_source",
]


class Predicate(Protocol):
    """Tests one node: its labels and, where ids are asked for, its id."""

    def __call__(self, labels: Mapping[str, str], node_id: str | None = None) -> bool: ...


Failures = Callable[[Any, str], int]
"""Gives which requirements a node fails, by its labels and its id: a bit for each."""

Shape = tuple[int, ...]
"""The kinds of the tests, as places in the table of tests, ascending."""

_TESTS = (
    "node_id in v{n}",
    "{there}",
    "{value} == v{n}",
    "{value} in v{n}",
    "above({value}, v{n})",
    "below({value}, v{n})",
    "{value} != v{n}",
    "{value} not in v{n}",
    "{absent}",
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


def compile_failures(
    requirements: Iterable[Requirement],
    ids: tuple[str, ...] | None,
    fields: Mapping[str, int] | None = None,
) -> Failures:
    """Make the function that gives which of ``ids`` and ``requirements``, in this order, a node
    fails: the first by the lowest bit. It gives 0 where the predicate says True.

    :param fields: where labels come as an object with a field ``label_0``, ``label_1``, … for each
        key that there may be: the numbers of the keys. A label that is absent is None there. Where
        this is None, labels are a map.

    Cost: some hundred microseconds; the function takes some 20 ns a requirement.
    """
    tests: list[tuple[int, str | None, Any]] = []
    if ids is not None:
        tests.append((_ID, None, frozenset(ids)))
    tests += map(_test, requirements)
    kinds = tuple(kind for kind, _, _ in tests)
    numbers = None if fields is None else [fields.get(key or "") for _, key, _ in tests]
    factory = eval(failures_source(kinds, numbers), dict(_NAMES))  # noqa: S307 - no text of a user in it
    made: Failures = factory(
        *[constant for _, key, operand in tests for constant in (key, operand)]
    )
    return made


def failures_source(shape: Shape, fields: Sequence[int | None] | None) -> str:
    """Give the source text of the factory for ``shape``.

    :param fields: for each test the number of the field that it looks at, None where there is no
        such field; None where labels are a map.
    """
    bits = []
    for n, kind in enumerate(shape):
        value = None
        if fields is not None:
            value = "None" if fields[n] is None else f"labels.label_{fields[n]}"
        bits.append(f"(0 if {_source(kind, n, value)} else {1 << n})")
    return f"lambda {_constants(shape)}: lambda labels, node_id=None: {' | '.join(bits) or '0'}"


def shape_source(shape: Shape) -> str:
    """Give the source text of the factory for ``shape``; it depends on nothing else."""
    tests = " and ".join(_source(kind, n) for n, kind in enumerate(shape))
    body = f"True if {tests} else False" if tests else "True"
    return f"lambda {_constants(shape)}: lambda labels, node_id=None: {body}"


def _constants(shape: Shape) -> str:
    return ", ".join(f"k{n}, v{n}" for n in range(len(shape)))


def _source(kind: int, n: int, value: str | None = None) -> str:
    """Give the source of test number ``n``; ``value`` is that of what it looks at, which is None
    where the label is absent, or None where labels are a map."""
    if value is None:
        there, absent = f"k{n} in labels", f"k{n} not in labels"
    else:
        there, absent = f"{value} is not None", f"{value} is None"
    value = value or f"labels.get(k{n})"
    return _TESTS[kind].format(n=n, value=value, there=there, absent=absent)


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


_NAMES: dict[str, Any] = {"__builtins__": {}, "above": _above, "below": _below}
"""What the source text may call."""

_factories: dict[Shape, Callable[..., Predicate]] = {}


def _factory(shape: Shape) -> Callable[..., Predicate]:
    factory = _factories.get(shape)
    if factory is None:
        if len(_factories) >= _MOST_SHAPES:
            _factories.clear()
        factory = eval(shape_source(shape), dict(_NAMES))  # noqa: S307 - no text of a user in it
        _factories[shape] = factory
    return factory
