"""Errors in short, for tests of what is wrong and where, not of how it is drawn."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from nodeselect.errors import InventoryError, SelectorError
from nodeselect.text import printable


def short(error: InventoryError | SelectorError) -> str:
    """Return the place and the message of an error, and its hint in a second line."""
    place = error.path if isinstance(error, SelectorError) else str(error.place)
    before = f"{printable(place)}: " if place else ""
    return f"{before}{error.message}" + (f"\n  {error.hint}" if error.hint else "")


@contextmanager
def refused(code: str, match: str | None = None) -> Iterator[pytest.ExceptionInfo[InventoryError]]:
    """Assert that an :class:`InventoryError` with this code is raised, whose text may matter."""
    with pytest.raises(InventoryError, match=match) as caught:
        yield caught
    assert caught.value.code == code
