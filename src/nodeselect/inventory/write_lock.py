"""Let one thread write at a time, whatever signals and forks come between."""

from collections.abc import Callable
from os import getpid
from threading import RLock
from typing import TypeVar, TypeVarTuple

__all__ = ["WriteLock"]

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


class WriteLock:
    """Runs one write at a time in a process.

    With a plain lock, two things would wait for ever: a signal handler that writes while it
    interrupts a write of its own thread, and a child process that was forked while another thread
    wrote, because that thread does not exist in the child and never releases the lock.
    """

    __slots__ = ("_locks", "_writing_process")

    def __init__(self) -> None:
        # By process id: a child never uses a lock that a thread of its parent may hold.
        self._locks = {getpid(): RLock()}
        # The id of the process in which a write is running; 0 if none is.
        self._writing_process = 0

    def run(self, write: Callable[[*_Ts], _T], *args: *_Ts) -> _T:
        """Return ``write(*args)``, once no other thread writes.

        :raises RuntimeError: if this thread is writing already.
        """
        process = getpid()
        try:
            lock = self._locks[process]
        except KeyError:  # the first write since a fork; two threads get the same lock
            lock = self._locks.setdefault(process, RLock())
        with lock:  # a signal handler that interrupts a write gets in, and is rejected
            if self._writing_process == process:
                raise RuntimeError(
                    "a signal handler or a finalizer cannot write while it interrupts another write"
                )
            self._writing_process = process
            try:
                return write(*args)
            finally:
                self._writing_process = 0
