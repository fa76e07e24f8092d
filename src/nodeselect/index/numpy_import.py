"""Import numpy when it is first needed, whatever signals come between."""

import sys
from typing import TYPE_CHECKING

from nodeselect.uninterrupted_import import import_uninterrupted

if TYPE_CHECKING:
    from nodeselect.index.bulk import Bulk

# Imports all modules of the index that use numpy, and the name that it defines at its end.
_BUILDER = "nodeselect.index.built_segment"
_LAST_NAME = "BuiltParts"

# So many items, and not fewer, are worth the time to import numpy for.
_MANY = 20_000

_bulk: "type[Bulk] | None" = None


def bulk_reader(count: int) -> "type[Bulk] | None":
    """Return functions that read many items at once by numpy; None if loops are faster.

    :param count: the number of items. If there are few, and numpy is not loaded yet, importing it
        would take longer than a loop.
    """
    global _bulk
    if _bulk is None and (count >= _MANY or _is_loaded()):
        load_numpy()
        from nodeselect.index.bulk import Bulk

        _bulk = Bulk
    return _bulk


def load_numpy() -> None:
    """Import numpy and the modules of the index that use it; delay signals until that is done."""
    import_uninterrupted(_BUILDER, _LAST_NAME)


def _is_loaded() -> bool:
    return hasattr(sys.modules.get(_BUILDER), _LAST_NAME)  # otherwise its import has not ended
