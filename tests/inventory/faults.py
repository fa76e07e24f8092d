"""Faults in the middle of a call: before any bytecode instruction, and in any system call.

The interpreter handles signals at fewer points: at the start of a function, as part of a call, and
when a loop jumps back. So a fault before any instruction is stricter, and needs no luck. Only the
functions that take and release a lock are left alone between these points: no Python code could
release a lock whatever happens between two instructions.
"""

import dis
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from types import FrameType, ModuleType
from typing import Any, TypeVar
from unittest.mock import patch

import nodeselect
from nodeselect import ChangeLog
from nodeselect.files.thread_lock import ThreadLock

T = TypeVar("T")

_PACKAGE = str(Path(nodeselect.__file__).parent)
_LOCKING = (ThreadLock.run.__code__, ChangeLog._replace.__code__)


def interrupt() -> None:
    """Do what the handler of SIGINT does."""
    raise KeyboardInterrupt


def run_with_fault(call: Callable[[], object], at: int, fault: Callable[[], object]) -> bool:
    """Run ``call``, and ``fault`` at the point number ``at``, 0 for the first.

    The points are before each bytecode instruction and when a function returns. Return whether
    there was such a point.
    """
    remaining = at + 1
    previous: dict[FrameType, str] = {}

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal remaining
        if event == "call":
            if not frame.f_code.co_filename.startswith(_PACKAGE):
                return None
            frame.f_trace = trace  # before the next line, which Python 3.13 ignores otherwise
            frame.f_trace_opcodes = True
        elif event == "return" or (event == "opcode" and _can_interrupt(frame, previous)):
            remaining -= 1
            if not remaining:
                sys.settrace(None)
                fault()
        return trace

    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(None)
    return remaining <= 0


def interrupted(call: Callable[[], object], at: int) -> bool:
    """Interrupt ``call`` at a point; return whether there was such a point."""
    try:
        return run_with_fault(call, at, interrupt)
    except KeyboardInterrupt:
        return True


def _can_interrupt(frame: FrameType, previous: dict[FrameType, str]) -> bool:
    if frame.f_code not in _LOCKING:
        return True
    before = previous.get(frame, "")
    previous[frame] = dis.opname[frame.f_code.co_code[frame.f_lasti]]
    is_writing = getattr(frame.f_locals["self"], "_writing", None) is not None
    return before.startswith(("RESUME", "CALL")) and not is_writing


def in_another_thread(call: Callable[[], T]) -> T:
    """Run ``call`` in a thread; return what it returns.

    :raises AssertionError: if it raises, or does not end because it waits for a lock for ever.
    """
    results: list[T] = []
    thread = Thread(target=lambda: results.append(call()), daemon=True)
    thread.start()
    thread.join(timeout=60)
    assert results
    return results[0]


@contextmanager
def failing_call(
    functions: Mapping[str, ModuleType], at: int, code: int, calls: list[str]
) -> Iterator[None]:
    """Let the call number ``at`` of some functions fail; add the name of each call to ``calls``.

    :param functions: the names of the functions, and the module of each.
    :param code: the number of the error of the operating system.
    """

    def wrapped(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **options: Any) -> Any:
            calls.append(name)
            if len(calls) == at + 1:
                raise OSError(code, os.strerror(code))
            return call(*args, **options)

        return run

    with ExitStack() as stack:
        for name, module in functions.items():
            call = wrapped(name, getattr(module, name))
            stack.enter_context(patch.object(module, name, call))
        yield
