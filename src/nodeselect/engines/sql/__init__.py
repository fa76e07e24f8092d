"""Convert selectors to SQL, for PostgreSQL, DuckDB, SQLite and Spark; query tables of nodes."""

from nodeselect.engines.sql.nodes import SqlNodes
from nodeselect.engines.sql.text import LongTable, where

__all__ = ["LongTable", "SqlNodes", "where"]
