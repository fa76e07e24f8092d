"""Attributes that are computed when they are first read."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

_T = TypeVar("_T")


def lazy(compute: Callable[[Any], _T]) -> _T:
    """Decorate a method to make it an attribute whose value is computed when it is first read.

    Then it is an ordinary attribute of the object. Two threads that read it at the same time may
    both compute it, so the result must always be the same. It replaces
    ``functools.cached_property``, which has a lock in Python 3.11: a process that is forked while
    another thread has this lock would wait for it forever.
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
