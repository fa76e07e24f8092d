"""Import numpy when it is first needed, whatever signals come between."""

import sys
from contextlib import suppress
from importlib import import_module
from threading import Thread

__all__ = ["load_numpy"]

_SEGMENT = "nodeselect.index.segment"


def load_numpy() -> None:
    """Import numpy, and the segment that uses it, so that no signal handler can interrupt that.

    If the import of numpy is interrupted, the process can never import it again. Signal handlers
    run in the main thread. So another thread imports it, and goes on if the wait is interrupted.
    """
    if hasattr(sys.modules.get(_SEGMENT), "Segment"):  # otherwise its import has not ended
        return
    errors: list[Exception] = []

    def load() -> None:
        try:
            import_module(_SEGMENT)
        except Exception as error:
            errors.append(error)

    thread = Thread(target=load)
    with suppress(RuntimeError):  # no thread can be started: the caller imports it without one
        thread.start()
        thread.join()
    if errors:
        raise errors[0]
