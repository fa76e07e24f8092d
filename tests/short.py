"""Errors in short, for tests of what is wrong and where, not of how it is drawn."""

from nodeselect.errors import InventoryError, SelectorError
from nodeselect.text import printable


def short(error: InventoryError | SelectorError) -> str:
    """Return the place and the message of an error, and its hint in a second line."""
    before = f"{printable(error.place)}: " if error.place else ""
    return f"{before}{error.message}" + (f"\n  {error.hint}" if error.hint else "")
