"""Import a module that could never be imported again if a signal interrupted its import."""

import sys
from contextlib import suppress
from importlib import import_module
from threading import Thread


def import_uninterrupted(module: str, last_name: str) -> None:
    """Import ``module`` such that no signal handler can interrupt the import.

    If the import of numpy is interrupted, the process can never import it again. Signal handlers
    run in the main thread. So the import runs in another thread, which continues if the main
    thread is interrupted while it waits.

    :param last_name: a name that the module defines at its end: if it exists, nothing is left to
        do.
    """
    if hasattr(sys.modules.get(module), last_name):  # otherwise its import has not ended
        return
    errors: list[Exception] = []

    def load() -> None:
        try:
            import_module(module)
        except Exception as error:
            errors.append(error)

    thread = Thread(target=load)
    with suppress(RuntimeError):  # no thread can be started: the caller imports it without one
        thread.start()
        thread.join()
    if errors:
        raise errors[0]
