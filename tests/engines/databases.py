"""The databases that answer the cases, and the layouts in which they store the nodes."""

import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, TypeAlias

from nodeselect import Selector
from nodeselect.engines.conditions import express
from nodeselect.engines.sql.dialect import Dialect
from nodeselect.engines.sql.dialects import DIALECTS
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
    id_type = ""
    """The type of ids; the one of texts if it is empty."""

    @staticmethod
    def storable(rows: Iterable[Row]) -> list[Row]:
        """Return the rows that it can store."""
        return list(rows)

    def load(self, rows: Iterable[Row], collate: str = "") -> None:
        """Create the tables anew.

        :param collate: follows the types of texts.
        """
        text, id_type = f"{self.text_type} {collate}", f"{self.id_type or self.text_type} {collate}"
        columns = {"at": "BIGINT", "id": id_type, LABELS: self.labels_type}
        columns |= dict.fromkeys(COLUMNS.values(), text)
        long_columns = {LONG.node_id: id_type, LONG.key: text, LONG.value: text}
        self._create(NODES, columns)
        self._create(str(LONG.table), long_columns)
        nodes: list[tuple[Any, ...]] = []
        labels: list[tuple[Any, ...]] = []
        for at, row in enumerate(rows):
            own = (row.present.get(key) for key in COLUMNS)
            nodes.append((at, row.id, self.encode(row.labels), *own))
            labels += ((row.id, key, value) for key, value in (row.labels or {}).items())
        self.insert(NODES, list(columns), nodes)
        self.insert(str(LONG.table), list(long_columns), labels)

    def _create(self, table: str, columns: Mapping[str, str]) -> None:
        self.run(f"DROP TABLE IF EXISTS {self.quote(table)}")
        defined = ", ".join(f"{self.quote(name)} {type_}" for name, type_ in columns.items())
        self.run(f"CREATE TABLE {self.quote(table)} ({defined}){self.engine}")

    engine = ""
    """What follows the columns in CREATE TABLE."""

    def asking(
        self, layout: Layout, dialect: Dialect | None = None
    ) -> Callable[[Sequence[Selector]], Tuples]:
        """Return what asks for the answers to selectors, for ``cases.check``.

        :param dialect: one to be used instead of the real one.
        """
        conditions = SqlConditions(
            dialect or DIALECTS[self.dialect], layout.labels, "id", layout.columns
        )

        def ask(selectors: Sequence[Selector]) -> Tuples:
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


class ClickHouse(Database):
    """ClickHouse, as the library chdb."""

    dialect = "clickhouse"
    labels_type = "Map(String, String)"
    text_type = "Nullable(String)"
    engine = " ENGINE = Memory"

    def __init__(self) -> None:
        from chdb import session

        self.connection = session.Session()
        for name in ("max_query_size", "max_ast_elements", "max_expanded_ast_elements"):
            self.run(f"SET {name} = 100000000")

    def run(self, statement: str) -> Tuples:
        answer = self.connection.query(statement, "JSONCompactEachRow")
        return [tuple(json.loads(line)) for line in str(answer).splitlines()]

    def encode(self, labels: Mapping[str, str | None] | None) -> object:
        # A map is never NULL, and neither are its values.
        return {key: value for key, value in (labels or {}).items() if value is not None}

    def insert(self, table: str, columns: Sequence[str], rows: Tuples) -> None:
        lines = "\n".join(json.dumps(row) for row in rows)
        self.connection.query(f"INSERT INTO {self.quote(table)} FORMAT JSONCompactEachRow {lines}")


class ClickHouseNullable(ClickHouse):
    """ClickHouse with a map whose values may be NULL."""

    labels_type = "Map(String, Nullable(String))"

    def encode(self, labels: Mapping[str, str | None] | None) -> object:
        return dict(labels or {})


class MariaDB(Database):
    """MariaDB, for the dialect of MySQL."""

    dialect = "mysql"
    labels_type = "JSON"
    id_type = "VARCHAR(100)"  # for a longer one, a subquery is run once for each row

    def __init__(self, **connect_to: Any) -> None:
        import pymysql

        self.connection = pymysql.connect(autocommit=True, charset="utf8mb4", **connect_to)

    def run(self, statement: str) -> Tuples:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() or ()

    def insert(self, table: str, columns: Sequence[str], rows: Tuples) -> None:
        marks = ", ".join(["%s"] * len(columns))
        with self.connection.cursor() as cursor:
            table = self.quote(table).replace("%", "%%")
            cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


class Setup(NamedTuple):
    """A database whose texts compare in one way, mostly a hostile one."""

    database: type[Database]
    statements: Sequence[str] = ()
    """Are run first."""
    collate: str = ""
    """Follows the types of texts."""
    text_type: str = ""
    """The type of texts, if it is another than usual."""

    def start(self, *connect_to: Any, **named: Any) -> Database:
        """Start the database, or connect to it."""
        database = self.database(*connect_to, **named)
        for statement in self.statements:
            database.run(statement)
        if self.text_type:
            database.text_type = self.text_type
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
    "postgresql, backslashes": Setup(
        PostgreSQL, ["SET standard_conforming_strings = off", "SET backslash_quote = on"]
    ),
    "clickhouse": Setup(ClickHouse),
    "clickhouse, NULL in maps": Setup(ClickHouseNullable),
    "mariadb": Setup(MariaDB),
    "mariadb, binary": Setup(MariaDB, collate="COLLATE utf8mb4_bin"),
    "mariadb, other modes": Setup(
        MariaDB,
        ["SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'"],
        "COLLATE utf8mb4_general_ci",
    ),
}
"""All by name."""

BY_HAND = ("clickhouse", "mariadb")
"""What the names begin with of those that are run by hand: ``python -m tests.engines``."""
