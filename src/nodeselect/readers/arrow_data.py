"""What has the Arrow interface, and whether pyarrow is there to read it."""

from typing import Protocol

from nodeselect.errors import InventoryError
from nodeselect.text import printable, truncate


class ArrowData(Protocol):
    """An object with the Arrow interface: a table, a data frame or a stream of record batches."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return a capsule with a C stream."""


def require_pyarrow() -> None:
    """Import pyarrow.

    :raises InventoryError: with the code ``needs-pyarrow``, if it is not installed.
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise InventoryError(
            "needs-pyarrow",
            "Parquet and Arrow need the package pyarrow, which cannot be imported:"
            f" {printable(truncate(str(error), 100))}",
            hint="install it: pip install 'nodeselect[arrow]'",
        ) from None
