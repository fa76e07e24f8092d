"""Compile requirements to one Python function that tests one node.

The source text of the function depends only on its *shape*: the kinds of its tests, in order. The
source is assembled from the fixed pieces below and from numbers; keys, values and ids are arguments
of what is compiled. So user text never becomes source, and each shape is compiled only once.

The tests are sorted by their cost, negated tests last, so that many selectors have the same shape.

A *checked* predicate also checks the types of the labels and the id. For valid labels, an unchecked
predicate returns the same and is faster.
"""

import reprlib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Protocol

from nodeselect.selectors.charset import parse_int64
from nodeselect.selectors.requirement import ID_KEY, HasKey, InRange, OneOf, Operator, Requirement
from nodeselect.text import printable, quoted, to_exact_str, truncate


class Predicate(Protocol):
    """A function that tests whether a selector matches a node, given labels and id of the node.

    The id is needed only if the selector has ids.
    """

    def __call__(self, labels: Mapping[str, str], node_id: str | None = None) -> bool: ...


Shape = tuple[int, ...]
"""The kinds of the tests of a selector, as indices in ``_TESTS``."""

_TESTS = (
    "node_id in v{n}",
    "k{n} in labels",
    "labels.get(k{n}) == v{n}",
    "labels.get(k{n}) in v{n}",
    "in_range(labels.get(k{n}), v{n})",
    "labels.get(k{n}) != v{n}",
    "labels.get(k{n}) not in v{n}",
    "k{n} not in labels",
    "node_id not in v{n}",
)
_ID, _PRESENT, _EQUAL, _ONE_OF, _IN_RANGE, _NOT_EQUAL, _NONE_OF, _ABSENT, _OTHER_ID = range(
    len(_TESTS)
)

# The same tests, which also check the type of what they read. ``type`` is cheaper than
# ``isinstance``; what is not exactly a string goes to a function that converts it or raises. Only
# then does it matter whether None is the value or the key is absent.
_X_IS_STRING = (
    "(type(x := labels.get(k{n})) is str"
    " or (x is not None or k{n} in labels) and (x := exact_value(k{n}, x)) is not None)"
)
_X_IS_ABSENT_OR = (
    "(x {test} if type(x := labels.get(k{{n}})) is str"
    " else x is None and k{{n}} not in labels or exact_value(k{{n}}, x) {test})"
)
_CHECKED_TESTS = (
    "(node_id if type(node_id) is str else exact_id(node_id)) in v{n}",
    _X_IS_STRING,
    f"{_X_IS_STRING} and x == v{{n}}",
    f"{_X_IS_STRING} and x in v{{n}}",
    f"{_X_IS_STRING} and in_range(x, v{{n}})",
    _X_IS_ABSENT_OR.format(test="!= v{n}"),
    _X_IS_ABSENT_OR.format(test="not in v{n}"),
    "(k{n} not in labels or type(x := labels[k{n}]) is not str and exact_value(k{n}, x) is None)",
    "(node_id if type(node_id) is str else exact_id(node_id)) not in v{n}",
)
_IS_MAPPING = "(type(labels) is dict or type(labels) is mappingproxy or require_mapping(labels))"

# Random selectors of up to six requirements have some 3,000 shapes, and real ones a few dozen.
_MAX_SHAPES = 1_024

# For each test, and its negation, the kind for several values and for one.
_KINDS_OF_TESTS = {
    (HasKey, False): (_PRESENT, _PRESENT),
    (HasKey, True): (_ABSENT, _ABSENT),
    (OneOf, False): (_ONE_OF, _EQUAL),
    (OneOf, True): (_NONE_OF, _NOT_EQUAL),
    (InRange, False): (_IN_RANGE, _IN_RANGE),
}
_KINDS = {each: _KINDS_OF_TESTS[each.test_type, each.matches_absent] for each in Operator}

# One test: its kind, its key (None for the id) and what the value is compared with.
_BoundTest = tuple[int, str | None, Any]


def compile_predicate(
    requirements: Iterable[Requirement], ids: tuple[str, ...] | None, *, checked: bool
) -> Predicate:
    """Compile the function that tests whether a node satisfies all ``requirements`` and ``ids``.

    If ``ids`` is None, any id matches; if empty, none does. Cost: a few microseconds; tens of
    microseconds if no earlier selector had the same operators.

    :param checked: whether the function raises ``TypeError`` if the labels are not a mapping, or if
        a value that it reads is not a string, or the id if ``ids`` is not None. An instance of a
        subclass of ``str`` is converted to a plain string. The checks take about 10 ns a call.
    """
    tests = _bound_tests(requirements, ids)
    tests.sort()  # operands of one kind compare
    shape, keys, operands = zip(*tests) if tests else ((), (), ())  # noqa: B905 - it is faster
    return _factory(shape, checked)(*keys, *operands)


def predicate_source(shape: Shape, checked: bool) -> str:
    """Return the source of a function that builds a predicate from keys and values.

    Keys and values of a selector are its arguments, so no user text is in the source.
    """
    pieces = _CHECKED_TESTS if checked else _TESTS
    tests = [_IS_MAPPING if checked else "True"]
    tests += (pieces[kind].format(n=n) for n, kind in enumerate(shape))
    arguments = (f"{letter}{n}" for letter in "kv" for n in range(len(shape)))
    body = f"True if {' and '.join(tests)} else False"
    return f"lambda {', '.join(arguments)}: lambda labels, node_id=None: {body}"


def _bound_tests(
    requirements: Iterable[Requirement], ids: tuple[str, ...] | None
) -> list[_BoundTest]:
    tests: list[_BoundTest] = [] if ids is None else [(_ID, None, frozenset(ids))]
    for requirement in requirements:
        (kind, kind_of_one), values = _KINDS[requirement.operator], requirement.values
        if requirement.key == ID_KEY:  # an unknown id may be any of the excluded ones
            tests.append((_OTHER_ID, None, frozenset((*values, None))))
        elif kind == _IN_RANGE:
            tests.append((kind, requirement.key, requirement.test))
        elif len(values) == 1:
            tests.append((kind_of_one, requirement.key, values[0]))
        else:
            tests.append((kind, requirement.key, frozenset(values) if values else None))
    return tests


def _in_range(value: str | None, bounds: tuple[int, int]) -> bool:
    if value is None or (number := parse_int64(value)) is None:
        return False
    low, high = bounds
    return low <= number <= high


def _exact_value(key: str, value: object) -> str:
    if isinstance(value, str):
        return to_exact_str(value, "a value")
    try:
        shown = truncate(printable(reprlib.repr(value)), 60)
    except Exception:  # such as a number of too many digits
        shown = type(value).__name__
    message = f"the value of the label {quoted(key)} must be a string, not {shown}"
    if value is None or (isinstance(value, float) and value != value):  # an empty cell of a table
        message += "; leave out the labels that the node does not have"
    raise TypeError(message)


def _exact_id(node_id: object) -> str | None:
    return None if node_id is None else to_exact_str(node_id, "a node's id")


def _require_mapping(labels: object) -> bool:
    if not isinstance(labels, Mapping):
        raise TypeError(f"labels must be a mapping, not {type(labels).__name__}")
    return True


# All names that generated code can use. There is no user text in it.
_NAMES: dict[str, object] = {
    "__builtins__": {},
    "dict": dict,
    "exact_id": _exact_id,
    "exact_value": _exact_value,
    "in_range": _in_range,
    "mappingproxy": MappingProxyType,
    "require_mapping": _require_mapping,
    "str": str,
    "type": type,
}


@lru_cache(maxsize=_MAX_SHAPES)
def _factory(shape: Shape, checked: bool) -> Callable[..., Predicate]:
    factory: Callable[..., Predicate] = eval(predicate_source(shape, checked), _NAMES)  # noqa: S307
    return factory
