"""Import pyarrow when it is first needed, whatever signals come between."""

from typing import Protocol

from nodeselect.errors import InventoryError
from nodeselect.text import printable, truncate
from nodeselect.uninterrupted_import import import_uninterrupted


class ArrowData(Protocol):
    """An object with the Arrow interface: a table, a data frame or a stream of record batches."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return a capsule with a C stream."""


def load_arrow() -> None:
    """Import pyarrow and the module that uses it; delay signal handlers until that is done.

    :raises InventoryError: with the code ``needs-pyarrow``, if it is not installed.
    """
    try:
        import_uninterrupted("nodeselect.readers.formats.arrow", "read_file")
    except ImportError as error:
        raise InventoryError(
            "needs-pyarrow",
            "Parquet and Arrow need the package pyarrow, which cannot be imported:"
            f" {printable(truncate(str(error), 100))}",
            hint="install it: pip install 'nodeselect[arrow]'",
        ) from None
