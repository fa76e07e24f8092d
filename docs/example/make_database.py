"""Write ``fleet.sqlite``, the nodes of ``fleet.json`` in a database of SQLite.

python docs/example/make_database.py
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from nodeselect import Inventory

HERE = Path(__file__).parent


def write_database(path: Path) -> None:
    """Write the nodes of the example into a new database."""
    nodes = Inventory.read(HERE / "fleet.json")
    rows = [(node.id, node.name, node.state, json.dumps(dict(node.labels))) for node in nodes]
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "CREATE TABLE nodes (id TEXT PRIMARY KEY, name TEXT, state TEXT, labels TEXT)"
            " WITHOUT ROWID"
        )
        database.executemany("INSERT INTO nodes VALUES (?, ?, ?, ?)", rows)


if __name__ == "__main__":
    (HERE / "fleet.sqlite").unlink(missing_ok=True)
    write_database(HERE / "fleet.sqlite")
