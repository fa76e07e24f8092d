"""Selectors as SQL text, for psql, DuckDB, SQLite and Spark SQL, and over a database connection."""

from nodeselect.engines.sql.nodes import SqlNodes
from nodeselect.engines.sql.text import LongTable, where

__all__ = ["LongTable", "SqlNodes", "where"]
