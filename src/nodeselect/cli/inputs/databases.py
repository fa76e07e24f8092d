"""Databases as the nodes of a command: ``-n 'duckdb:FILE?table=nodes'``.

Connections only read, and see the state of one moment. Messages never have the password of an
address.
"""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import quote, unquote

import click

from nodeselect.cli.inputs.database_addresses import (
    DIALECTS,
    database_in,
    without_password,
    without_password_parameter,
)
from nodeselect.cli.inputs.sql_names import parse_columns, parse_name
from nodeselect.cli.streams import write_message
from nodeselect.engines.sql import text as sql
from nodeselect.engines.sql.nodes import SqlNodes
from nodeselect.errors import InventoryError
from nodeselect.text import join_limited, pluralize, printable, quoted, truncate

# Where the nodes are. All other parameters are those of a connection to PostgreSQL.
_PARAMETERS = ("table", "labels", "label-table", "id", "name", "state", "column")

# DuckDB would download extensions to read another format or a URL, and read variables as tables.
_DUCKDB_SETTINGS = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}

_Query: TypeAlias = Callable[[str], tuple[list[Sequence[Any]], list[str]]]


class _Address(NamedTuple):
    """The address of nodes in a database, split into its parts.

    :param shown: the address without a password, for messages.
    :param location: the file; or for a server, the address that its driver accepts.
    :param parameters: the values of our own parameters, such as ``table``, by name.
    """

    shown: str
    dialect: str
    location: str
    parameters: dict[str, list[str]]

    def error(self, code: str, message: str, hint: str | None = None) -> InventoryError:
        return InventoryError(code, message, place=self.shown, hint=hint)


def database_file(source: str) -> str | None:
    """Return the file of a database; None if it is on a server or in memory."""
    scheme, _, rest = source.partition(":")
    return None if scheme.startswith("postgres") else unquote(rest.partition("?")[0]) or None


def open_database(source: str, id_column: str) -> SqlNodes:
    """Connect to a database.

    :param source: its address.
    :param id_column: the column of the ids, if the address names none.
    :raises InventoryError: if the address is invalid, a package is missing, or the connection or a
        query fails; methods of the result raise that, too.
    """
    address = _parse(source)
    query = {"postgresql": _postgresql, "duckdb": _duckdb, "sqlite": _sqlite}[address.dialect](
        address
    )
    try:
        return _nodes(address, query, id_column)
    except ValueError as error:
        if isinstance(error, InventoryError):
            raise
        raise address.error("invalid-address", str(error)) from None


def _nodes(address: _Address, query: _Query, id_column: str) -> SqlNodes:
    given = address.parameters
    names = {key: parse_name(values[0]) for key, values in given.items() if key != "column"}
    table = names.get("table", "nodes")
    dialect = sql.dialect_named(address.dialect)
    existing = query(f"SELECT * FROM {sql.quote(table, dialect)} LIMIT 0")[1]  # noqa: S608
    columns = parse_columns(given.get("column", ()))
    chosen = {*names.values(), *(column[:1] for column in columns.values())}

    def default(name: str) -> tuple[str, ...] | None:
        is_free = name in existing and (name,) not in chosen
        return names.get(name) or ((name,) if is_free else None)

    long_table = names.get("label-table")
    labels = default("labels") if long_table is None else sql.LongTable(long_table)
    if labels is None and not columns:
        raise address.error(
            "no-labels",
            f"the table has no column 'labels': {join_limited(list(map(quoted, existing)), 20)}",
            "say where the labels are: labels=COLUMN, column=KEY=COLUMN or label-table=TABLE",
        )

    node_id, name, state = names.get("id", (id_column,)), default("name"), default("state")
    paths = [*columns.values(), node_id, name, state, labels if long_table is None else None]
    used = {path[0] for path in paths if path}

    def execute(text: str) -> Iterator[Sequence[Any]]:
        return iter(query(text)[0])

    nodes = SqlNodes(
        execute, address.dialect, table,
        labels=labels, id=node_id, columns=columns, name=name, state=state,
    )  # fmt: skip
    try:
        nodes.check_columns()
    except InventoryError as error:
        raise error if error.place else error.within(address.shown) from None
    if unread := [quoted(column) for column in existing if column not in used]:
        what = pluralize(len(unread), "column is", "columns are")
        names_of_unread = join_limited(unread, 5)
        hint = "column=NAME makes a label of one"
        write_message(f"{printable(address.shown)}: {what} not read: {names_of_unread}; {hint}")
    return nodes


def _parse(source: str) -> _Address:
    scheme, _, rest = source.partition(":")
    dialect = DIALECTS[scheme]
    address = _Address(without_password(source), dialect, "", {})
    location, _, text = rest.partition("?")
    others = []
    for pair in filter(None, text.split("&")):
        key, _, value = pair.partition("=")
        if key in _PARAMETERS:
            values = address.parameters.setdefault(key, [])
            values.append(unquote(value))
            if not value or (len(values) > 1 and key != "column"):
                problem = "is given twice" if value else "has no value"
                raise address.error("invalid-address", f"the parameter {key!r} {problem}")
        elif dialect == "postgresql":
            others.append(pair)
        else:
            raise _unknown_parameter(address, pair)
    if {"labels", "label-table"} <= address.parameters.keys():
        message = "'labels' and 'label-table' exclude each other"
        raise address.error("invalid-address", message)
    if dialect == "postgresql":
        return address._replace(
            location=f"{scheme}:{'?'.join(filter(None, [location, '&'.join(others)]))}"
        )
    return address._replace(location=unquote(location))


def _unknown_parameter(address: _Address, parameter: str) -> InventoryError:
    hint = f"those of nodes are {join_limited(list(_PARAMETERS), 10)}"
    key, is_named, _ = parameter.partition("=")
    if not is_named:  # it may be the end of a password
        return address.error("invalid-address", "a parameter is not NAME=VALUE", hint)
    return address.error("invalid-address", f"there is no parameter {quoted(key)}", hint)


def _sqlite(address: _Address) -> _Query:
    import sqlite3

    def connect() -> Any:
        file = f"file:{quote(_existing_file(address))}?mode=ro"
        return sqlite3.connect(file, uri=True, isolation_level=None)

    return _reading(address, connect, sqlite3.Error)


def _duckdb(address: _Address) -> _Query:
    duckdb = _import(address, "duckdb")

    def connect() -> Any:
        # In memory there are no tables, but files of Parquet can be read.
        file = _existing_file(address) if address.location else ":memory:"
        return duckdb.connect(file, read_only=bool(address.location), config=_DUCKDB_SETTINGS)

    return _reading(address, connect, duckdb.Error)


def _postgresql(address: _Address) -> _Query:
    psycopg = _import(address, "psycopg", "postgresql")
    parameters = address.location.partition("?")[2]
    if "@" not in parameters:  # otherwise they are perhaps a password
        known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
        for pair in filter(None, parameters.split("&")):
            if pair.partition("=")[0] not in known:
                raise _unknown_parameter(address, pair)
    try:
        options = psycopg.conninfo.conninfo_to_dict(address.location)
    except psycopg.Error:
        options = None
    # The driver would call a part of a password an invalid port or database.
    if (
        options is None
        or not options.get("port", "0").isdigit()
        or "@" in options.get("dbname", "")
    ):
        raise address.error(
            "invalid-address",
            "this is not postgresql://USER@HOST:PORT/DATABASE?table=TABLE",
            "in a name or a password, write %40 for '@', %2F for '/', %3A for ':', %3F for '?'",
        )

    def connect() -> Any:
        connection = psycopg.connect(**options)
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return connection

    return _reading(address, connect, psycopg.Error, options.get("password"))


def _reading(
    address: _Address,
    connect: Callable[[], Any],
    error_type: type[Exception],
    password: str | None = None,
) -> _Query:
    """Open a connection, which is closed when the command ends; return a function that queries it.

    All queries run in one transaction.

    :param connect: opens the connection.
    :param error_type: what the driver raises.
    :param password: a text to remove from errors.
    """

    def failed(code: str, what: str, error: Exception) -> InventoryError:
        # PostgreSQL repeats the query below its message.
        diagnosis = getattr(error, "diag", None)
        reason = getattr(diagnosis, "message_primary", None) or str(error).partition("\n")[0]
        if password:
            reason = reason.replace(password, "…")
        # What the driver calls a host or a database may have a password.
        reason = without_password_parameter(reason)
        return address.error(code, f"{what}: {printable(truncate(reason, 300))}")

    try:
        connection = connect()
        click.get_current_context().call_on_close(connection.close)
        if address.dialect != "postgresql":
            connection.execute("BEGIN")
    except error_type as error:
        raise failed("cannot-connect", "cannot connect", error) from None

    def query(text: str) -> tuple[list[Sequence[Any]], list[str]]:
        try:
            cursor = connection.execute(text)
            rows = cursor.fetchall()
        except error_type as error:
            raise failed("query-failed", "the query failed", error) from None
        return rows, [column[0] for column in cursor.description]

    return query


def _existing_file(address: _Address) -> str:
    if not address.location:
        hint = f"the address has no file: write {address.dialect}:FILE?table=TABLE"
        raise address.error("invalid-address", hint)
    scheme, _, rest = address.shown.partition(":")
    try:
        with open(address.location, "rb") as opened:
            found = database_in(opened.read(16))
    except FileNotFoundError:
        fix = f"write {scheme}:{rest.lstrip('/')}" if rest.startswith("//") else None
        raise address.error("cannot-read", "the file does not exist", fix) from None
    except OSError as error:
        raise address.error("cannot-read", f"cannot read the file: {error.strerror}") from None
    if found is None and scheme == "duckdb":
        hint = f'for Parquet, write duckdb:?table="{rest.partition("?")[0]}"'
        raise address.error("invalid-address", "the file is not a DuckDB database", hint)
    if found not in (None, scheme):
        name = {"sqlite": "a SQLite", "duckdb": "a DuckDB"}[found]
        hint = f"write {found}:{rest}"
        raise address.error("invalid-address", f"this is {name} database", hint)
    return address.location


def _import(address: _Address, package: str, extra: str | None = None) -> Any:
    try:
        return import_module(package)
    except ImportError as error:
        raise address.error(
            "needs-package",
            f"{address.dialect} needs the package {package}, which cannot be imported:"
            f" {printable(truncate(str(error), 100))}",
            f"install it: pip install 'nodeselect[{extra or package}]'",
        ) from None
