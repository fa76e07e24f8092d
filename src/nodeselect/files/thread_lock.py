"""Let one thread write at a time, without deadlocks if a signal or a fork interrupts a write."""

import os
from collections.abc import Callable
from threading import RLock
from typing import TypeVar, TypeVarTuple

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")

# The number of forks that led to this process. No ancestor of it has the same number, while it may
# have the same process id.
_forks = 0


def _count_fork() -> None:
    global _forks
    _forks += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_count_fork)


class ThreadLock:
    """A lock that runs one write at a time in a process.

    With a plain lock, a write could wait for ever in two cases: in a signal handler that interrupts
    a write of the same thread; and in a child process that was forked while another thread was
    writing. That thread does not exist in the child, and never releases the lock.
    """

    def __init__(self) -> None:
        # By number of forks: a child never uses a lock that a thread of its parent may hold.
        self._locks = {_forks: RLock()}
        # The number of forks of the process in which a write is running; None if none is.
        self._writing: int | None = None

    def run(self, write: Callable[[*_Ts], _T], *args: *_Ts) -> _T:
        """Return ``write(*args)`` once no other thread writes; raise if this one does already."""
        process = _forks
        try:
            lock = self._locks[process]
        except KeyError:  # the first write since a fork; two threads get the same lock
            lock = self._locks.setdefault(process, RLock())
        with lock:  # a signal handler that interrupts a write gets in, and is rejected
            if self._writing == process:
                raise RuntimeError(
                    "a signal handler or a finalizer cannot write while it interrupts another write"
                )
            try:
                self._writing = process
                return write(*args)
            finally:
                self._writing = None
