"""The database of the examples."""

import sqlite3
from pathlib import Path

from docs.example.make_database import write_database

from nodeselect import Inventory
from nodeselect.engines.sql.nodes import SqlNodes

EXAMPLE = Path(__file__).parents[2] / "docs/example"


def test_the_database_is_current(tmp_path: Path) -> None:
    """It has the nodes of the list."""
    write_database(tmp_path / "new.sqlite")
    nodes = sorted(Inventory.read(EXAMPLE / "fleet.json"), key=lambda node: node.id)
    for path in (EXAMPLE / "fleet.sqlite", tmp_path / "new.sqlite"):
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        assert list(SqlNodes(database.execute, "sqlite", name="name", state="state")) == nodes
        database.close()
