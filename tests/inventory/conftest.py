"""What tests of the inventory share."""

from collections.abc import Iterator

import pytest

from tests.inventory.small import small_segments


@pytest.fixture(name="small_segments")
def small_segments_fixture() -> Iterator[None]:
    """Low thresholds for one test: see :mod:`tests.inventory.small`."""
    with small_segments():
        yield
