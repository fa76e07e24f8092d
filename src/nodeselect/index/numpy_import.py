"""Import numpy when it is first needed, whatever signals come between."""

import sys
from contextlib import suppress
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nodeselect.index.bulk import Bulk

__all__ = ["bulk_reader", "load_numpy"]

# Imports all modules of the index that use numpy.
_BUILDER = "nodeselect.index.built_segment"

# So many items, and not fewer, are worth the time to import numpy for.
_MANY = 20_000

_bulk: "type[Bulk] | None" = None


def bulk_reader(count: int) -> "type[Bulk] | None":
    """Return functions that read many items at once, by numpy; or None.

    :param count: the number of items; if there are few, numpy is used only if it is loaded.
    """
    global _bulk
    if _bulk is None and (count >= _MANY or _is_loaded()):
        load_numpy()
        from nodeselect.index.bulk import Bulk

        _bulk = Bulk
    return _bulk


def load_numpy() -> None:
    """Import numpy, and the modules of the index that use it, so that no signal interrupts that.

    If the import of numpy is interrupted, the process can never import it again. Signal handlers
    run in the main thread. So another thread imports it, and goes on if the wait is interrupted.
    """
    if _is_loaded():
        return
    errors: list[Exception] = []

    def load() -> None:
        try:
            import_module(_BUILDER)
        except Exception as error:
            errors.append(error)

    thread = Thread(target=load)
    with suppress(RuntimeError):  # no thread can be started: the caller imports it without one
        thread.start()
        thread.join()
    if errors:
        raise errors[0]


def _is_loaded() -> bool:
    return hasattr(sys.modules.get(_BUILDER), "BuiltParts")  # otherwise its import has not ended
