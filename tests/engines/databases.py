"""The databases that answer the cases, and the layouts in which they store the nodes."""

import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, TypeAlias

from nodeselect import AnyOf, Selector
from nodeselect.engines.conditions import Table, express
from nodeselect.engines.sql.dialects import DIALECTS, EXACT, Dialect
from nodeselect.engines.sql.text import LongTable, Name, SqlConditions, quote
from tests.engines.cases import COLUMNS, Row, without_nul

Tuples: TypeAlias = Sequence[tuple[Any, ...]]


class Layout(NamedTuple):
    """Where the labels are."""

    labels: Name | LongTable | None
    columns: Mapping[str, str]


NODES = 'nodes "of" `a` \\fleet\\; --'
LABELS = "all 'labels'"
LONG = LongTable('long "`\\', "node's id", 'the "key"', "the `value`")

LAYOUTS = {
    "one column": Layout(LABELS, {}),
    "columns of their own": Layout(LABELS, COLUMNS),
    "a long table": Layout(LONG, {}),
}
"""How the labels are stored; of every name, a part must be quoted."""


class Database(ABC):
    """A database with the tables of all layouts."""

    connection: Any

    dialect: ClassVar[str]
    labels_type: ClassVar[str]
    text_type = "TEXT"
    conditions: Dialect | None = None
    """Expresses the conditions, if not the dialect of this name."""

    @staticmethod
    def storable(rows: Iterable[Row]) -> list[Row]:
        """Return the rows that it can store."""
        return list(rows)

    def load(self, rows: Iterable[Row], collate: str = "") -> None:
        """Create the tables anew.

        :param collate: follows the types of texts.
        """
        text = f"{self.text_type} {collate}"
        columns = {"at": "BIGINT", "id": text, LABELS: self.labels_type}
        columns |= dict.fromkeys(COLUMNS.values(), text)
        long_columns = {LONG.node_id: text, LONG.key: text, LONG.value: text}
        self._create(NODES, columns)
        self._create(str(LONG.table), long_columns)
        nodes: list[tuple[Any, ...]] = []
        labels: list[tuple[Any, ...]] = [(None, "a", "a")]  # of no node
        for at, row in enumerate(rows):
            own = (row.present.get(key) for key in COLUMNS)
            nodes.append((at, row.id, self.encode(row.labels), *own))
            labels += ((row.id, key, value) for key, value in (row.labels or {}).items())
        self.insert(NODES, list(columns), nodes)
        self.insert(str(LONG.table), list(long_columns), labels)

    def _create(self, table: str, columns: Mapping[str, str]) -> None:
        self.run(f"DROP TABLE IF EXISTS {self.quote(table)}")
        defined = ", ".join(f"{self.quote(name)} {type_}" for name, type_ in columns.items())
        self.run(f"CREATE TABLE {self.quote(table)} ({defined})")

    def asking(self, layout: Layout) -> Callable[[Sequence[Selector | AnyOf]], Tuples]:
        """Return what asks for the answers to selectors, for ``cases.check``."""
        dialect = self.conditions or DIALECTS[self.dialect]
        conditions = SqlConditions(dialect, Table(layout.labels, "id", layout.columns))

        def ask(selectors: Sequence[Selector | AnyOf]) -> Tuples:
            answers = ", ".join(express(selector, conditions) for selector in selectors)
            return self.run(
                f"SELECT {answers} FROM {self.quote(NODES)} ORDER BY {self.quote('at')}"
            )

        return ask

    def quote(self, name: str) -> str:
        """Quote a name."""
        return quote(name, DIALECTS[self.dialect])

    def encode(self, labels: Mapping[str, str | None] | None) -> object:
        """Return all labels as the column for them takes them."""
        return None if labels is None else json.dumps(labels)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    @abstractmethod
    def run(self, statement: str) -> Tuples:
        """Run a statement and return its rows."""

    @abstractmethod
    def insert(self, table: str, columns: Sequence[str], rows: Tuples) -> None:
        """Insert rows into a table."""


class PostgreSQL(Database):
    """PostgreSQL, which has no NUL in texts."""

    dialect = "postgresql"
    labels_type = "jsonb"
    storable = staticmethod(without_nul)

    def __init__(self, connect_to: str) -> None:
        import psycopg

        self.connection = psycopg.connect(connect_to, autocommit=True)

    def run(self, statement: str) -> Tuples:
        cursor = self.connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []

    def insert(self, table: str, columns: Sequence[str], rows: Tuples) -> None:
        copy = f"COPY {self.quote(table)} FROM STDIN".encode()
        with self.connection.cursor() as cursor, cursor.copy(copy) as copying:
            for row in rows:
                copying.write_row(row)


class SQLite(Database):
    """SQLite, in memory."""

    dialect = "sqlite"
    labels_type = "TEXT"

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:")

    @staticmethod
    def storable(rows: Iterable[Row]) -> list[Row]:
        # To SQLite, the key "a\0" in JSON is "a".
        return [row for row in rows if "\0" not in "".join(row.labels or {})]

    def run(self, statement: str) -> Tuples:
        rows: Tuples = self.connection.execute(statement).fetchall()
        return rows

    def insert(self, table: str, columns: Sequence[str], rows: Tuples) -> None:
        marks = ", ".join("?" * len(columns))
        self.connection.executemany(f"INSERT INTO {self.quote(table)} VALUES ({marks})", rows)


class DuckDB(Database):
    """DuckDB, in memory."""

    dialect = "duckdb"
    labels_type = "MAP(VARCHAR, VARCHAR)"

    def __init__(self) -> None:
        import duckdb

        self.connection = duckdb.connect(config={"threads": 1})

    def run(self, statement: str) -> Tuples:
        rows: Tuples = self.connection.execute(statement).fetchall()
        return rows

    def encode(self, labels: Mapping[str, str | None] | None) -> object:
        return None if labels is None else list(labels.items())

    def insert(self, table: str, columns: Sequence[str], rows: Tuples) -> None:
        import pyarrow as pa

        text = pa.string()
        types = {"at": pa.int64(), LABELS: pa.map_(text, text)}
        arrays = [
            pa.array(values, types.get(name, text))
            for name, values in zip(columns, zip(*rows, strict=True), strict=True)
        ]
        self.connection.register("inserted", pa.table(arrays, names=list(columns)))
        self.run(f"INSERT INTO {self.quote(table)} SELECT * FROM inserted")


class Setup(NamedTuple):
    """A database whose texts compare in one way, mostly a hostile one."""

    database: type[Database]
    statements: Sequence[str] = ()
    """Are run first."""
    collate: str = ""
    """Follows the types of texts."""
    text_type: str = ""
    """The type of texts, if it is another than usual."""
    conditions: Dialect | None = None

    def start(self, *connect_to: Any) -> Database:
        """Start the database, or connect to it."""
        database = self.database(*connect_to)
        for statement in self.statements:
            database.run(statement)
        if self.text_type:
            database.text_type = self.text_type
        database.conditions = self.conditions
        return database


_LOOSE = (
    "CREATE COLLATION IF NOT EXISTS loose"
    " (provider = icu, locale = 'und-u-ks-level1', deterministic = false)"
)

SETUPS = {
    "sqlite": Setup(SQLite),
    "sqlite, NOCASE": Setup(SQLite, collate="COLLATE NOCASE"),
    "duckdb": Setup(DuckDB),
    "duckdb, columns without case": Setup(DuckDB, collate="COLLATE NOCASE.NOACCENT"),
    "duckdb, all without case": Setup(DuckDB, ["SET default_collation = 'nocase'"]),
    "postgresql": Setup(PostgreSQL),
    "postgresql, loose": Setup(PostgreSQL, [_LOOSE], 'COLLATE "loose"'),
    "postgresql, citext": Setup(
        PostgreSQL, ["CREATE EXTENSION IF NOT EXISTS citext"], text_type="citext"
    ),
    "postgresql, exact": Setup(
        PostgreSQL, collate='COLLATE "en-x-icu"', conditions=EXACT["postgresql"]
    ),
    "postgresql, for JDBC": Setup(
        PostgreSQL, [_LOOSE], 'COLLATE "loose"', conditions=DIALECTS["postgresql-jdbc"]
    ),
    "postgresql, exact, for JDBC": Setup(PostgreSQL, conditions=EXACT["postgresql-jdbc"]),
    "postgresql, backslashes": Setup(
        PostgreSQL, ["SET standard_conforming_strings = off", "SET backslash_quote = on"]
    ),
}
"""All by name."""
