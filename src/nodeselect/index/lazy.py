"""Compute an attribute, or import numpy, only when it is first needed."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar, cast

_T = TypeVar("_T")

# So many items, and not fewer, are worth the time to import numpy for.
_MANY = 20_000


def lazy(compute: Callable[[Any], _T]) -> _T:
    """Turn a method into an attribute that is computed when it is first read.

    Later reads find an ordinary attribute. Two threads that read it at the same time may both
    compute it, so the result must always be the same. ``functools.cached_property`` is not used,
    because it has a lock in Python 3.11: if a process is forked while another thread holds this
    lock, the child process waits for it forever.
    """
    return cast("_T", _Lazy(compute))


class _Lazy:
    def __init__(self, compute: Callable[[Any], object]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> object:
        if instance is None:
            return self
        value = self._compute(instance)
        vars(instance)[self._name] = value  # from now on, Python finds it before this object
        return value


_bulk: ModuleType | None = None


def bulk_reader(count: int) -> ModuleType | None:
    """Return the module ``arrays``, to read ``count`` items with numpy; None to use a loop.

    For few items, a loop takes less time than to import numpy, so the result is None unless numpy
    was needed before.
    """
    global _bulk
    if _bulk is None and (count >= _MANY or "nodeselect.index.built_segment" in sys.modules):
        from nodeselect.index import arrays  # imports numpy, which takes some 60 ms

        _bulk = arrays
    return _bulk
