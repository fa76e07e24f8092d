"""Whatever a saved file says, nothing but an ``InventoryError`` is raised."""

from pathlib import Path

from tests.inventory.forging import use_forged


def test_forged_files(tmp_path: Path) -> None:
    """A forged file whose checksums are right is damaged, or has other nodes."""
    answered, refused = use_forged(2_000, 1, tmp_path)
    assert min(answered, refused) > 3_000
