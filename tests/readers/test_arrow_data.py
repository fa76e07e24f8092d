"""pyarrow is loaded for Arrow data and Parquet, and for nothing else."""

from pathlib import Path

import pytest

from nodeselect import Inventory, Node
from tests.imports import loaded_after

WITHOUT_PYARROW = """
import sys
{setup}
from nodeselect import Inventory, InventoryError
from tests.short import short
for attempt in ({attempts}):
    try:
        attempt()
    except InventoryError as error:
        assert error.code == "needs-pyarrow", error.code
        assert short(error).endswith("install it: pip install 'nodeselect[arrow]'"), error
    else:
        raise AssertionError
"""


def test_without_pyarrow(tmp_path: Path) -> None:
    """Without one that works, an error says what to install; everything else works."""
    path = tmp_path / "fleet"
    path.write_bytes(b"PAR1\x15")
    (tmp_path / "pyarrow.py").write_text("raise ImportError('it needs another numpy')")
    attempts = f"""
        lambda: Inventory.read({str(path)!r}), lambda: Inventory.from_arrow({str(path)!r}),
        lambda: Inventory().to_arrow(),
    """
    for setup in ('sys.modules["pyarrow"] = None', f"sys.path.insert(0, {str(tmp_path)!r})"):
        script = WITHOUT_PYARROW.format(setup=setup, attempts=attempts)
        assert "numpy" not in loaded_after(script)


def test_pandas_is_not_loaded(tmp_path: Path) -> None:
    """pyarrow, but neither pandas nor Polars, is loaded to read a file."""
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "fleet.parquet"
    table = Inventory(Node(f"n-{at}", {"a": "b"}) for at in range(3_000)).to_arrow()
    parquet.write_table(table, path)
    loaded = loaded_after(f"from nodeselect import Inventory\nlen(Inventory.read({str(path)!r}))")
    assert "pyarrow" in loaded
    assert not loaded & {"pandas", "polars", "msgspec", "yaml"}
