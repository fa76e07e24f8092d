"""The table of what grows. A case has a call, and an input for it of any size."""

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import NamedTuple, TypeVar

from nodeselect import NodeselectError

_T = TypeVar("_T")


class Case(NamedTuple):
    """A call whose cost must grow no faster than its input.

    :param prepare: builds an input of a size, and returns the call with this input.
    :param size: the smallest size to measure; the others are two and four times as large.
    """

    prepare: Callable[[int], Callable[[], object]]
    size: int


CASES: dict[str, Case] = {}

_serial = count()


def case(
    name: str, call: Callable[[_T], object], build: Callable[[int], _T], size: int = 50
) -> None:
    """Add a case to the table."""
    assert name not in CASES, name

    def prepare(n: int) -> Callable[[], object]:
        return partial(call, build(n))

    CASES[name] = Case(prepare, size)


def words(n: int, prefix: str = "w") -> list[str]:
    """Return ``n`` words of the same length. No other call returns them, so none is cached."""
    serial = next(_serial)
    return [f"{prefix}{serial:05}-{number:07}" for number in range(n)]


def rejected(call: Callable[[_T], object]) -> Callable[[_T], None]:
    """Return a function that calls another one, which raises an error of ours, and shows that."""

    def show_error(argument: _T) -> None:
        try:
            call(argument)
        except NodeselectError as error:
            str(error)
        else:
            raise AssertionError("nothing was raised")

    return show_error
