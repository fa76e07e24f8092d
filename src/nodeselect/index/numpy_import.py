"""Import numpy, which takes some 60 ms, only where many items are read."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nodeselect.index.bulk import Bulk

# So many items, and not fewer, are worth the time to import numpy for.
_MANY = 20_000

_bulk: "type[Bulk] | None" = None


def bulk_reader(count: int) -> "type[Bulk] | None":
    """Return functions that read many items at once by numpy; None if loops are faster.

    :param count: the number of items. If there are few, and no large index was built before,
        importing numpy would take longer than a loop.
    """
    global _bulk
    if _bulk is None and (count >= _MANY or "nodeselect.index.built_segment" in sys.modules):
        from nodeselect.index.bulk import Bulk

        _bulk = Bulk
    return _bulk
