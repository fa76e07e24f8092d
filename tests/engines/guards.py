"""The guards of the dialects, each taken out: then some verdicts are wrong, or the query fails."""

from typing import Any, NamedTuple

from nodeselect.engines.sql.dialects import Dialect, DuckDB, PostgreSQL, SQLite

_ONE, _OWN, _LONG = "one column", "columns of their own", "a long table"

_UNSIGNED = "substr({v}, 1 + (substr({v}, 1, 1) IN ('+', '-')))"
_LARGEST = "substr({v}, 1, 1) = '-' THEN '9223372036854775808' ELSE '9223372036854775807'"


class Guard(NamedTuple):
    """A condition of a dialect that looks needless, and is not.

    :param setup: in which database it is needed.
    :param layout: in which layout.
    :param without: the dialect without it.
    :param fails: what the error says, if the query fails without it, instead of wrong verdicts.
    """

    setup: str
    layout: str
    without: Dialect
    fails: str


def _guard(
    setup: str, layout: str, dialect: type[Dialect], fails: str = "", **methods: Any
) -> Guard:
    """Return the guard in some methods of a dialect, which are given without it."""
    return Guard(setup, layout, type(dialect.__name__, (dialect,), methods)(), fails)


def _sqlite_integer(taken_out: str) -> Guard:
    """Return the guard that is a piece of the text of ``SQLite.value_between``."""

    def value_between(self: Dialect, value: str, low: str, high: str) -> str:
        text = SQLite().value_between(value, low, high)
        piece = taken_out.replace("{v}", value)
        assert piece in text
        return text.replace(piece, "1")

    return _guard("sqlite", _ONE, SQLite, value_between=value_between)


def _is_in(value: str, values: list[str]) -> str:
    return f"{value} IN ({', '.join(values)})"


GUARDS = {
    "PostgreSQL: a key that is null": _guard(
        "postgresql", _ONE, PostgreSQL,
        has_key=lambda _, labels, key: f"({labels} IS NOT NULL AND {labels} ? {key})",
    ),
    "PostgreSQL: no labels, and a few values": _guard(
        "postgresql", _ONE, PostgreSQL,
        label_in=lambda _, labels, key, values, pairs:
            f"({' OR '.join(f'{labels} @> CAST({pair} AS jsonb)' for pair in pairs)})",
    ),
    "PostgreSQL: no labels, and many values": _guard(
        "postgresql", _ONE, PostgreSQL,
        label_in=lambda self, labels, key, values, pairs: _is_in(self.value(labels, key), values),
    ),
    "PostgreSQL: no value in a column": _guard(
        "postgresql", _OWN, PostgreSQL, value_in=lambda _, value, values: _is_in(value, values)
    ),
    "PostgreSQL: values compare by bytes": _guard(
        "postgresql, loose", _OWN, PostgreSQL,
        value_in=lambda _, value, values: f"({value} IS NOT NULL AND {_is_in(value, values)})",
    ),
    "PostgreSQL: citext compares by bytes, too": _guard(
        "postgresql, citext", _OWN, PostgreSQL, in_bytes=lambda _, value: f'{value} COLLATE "C"'
    ),
    "PostgreSQL: ids compare by bytes": _guard(
        "postgresql, loose", _LONG, PostgreSQL, join_keys=lambda _, text: text
    ),
    "PostgreSQL: patterns need a collation": _guard(
        "postgresql, loose", _OWN, PostgreSQL, "regular expressions",
        may_be_integer=lambda _, value: f"{value} ~ '^[+-]?0*[0-9]{{1,19}}$'",
    ),
    "PostgreSQL: more than 64 bits": _guard(
        "postgresql", _ONE, PostgreSQL, "out of range",
        to_integer=lambda _, value: f"CAST({value} AS bigint)",
    ),
    "DuckDB: no value": _guard(
        "duckdb", _ONE, DuckDB,
        value_in=lambda self, value, values: _is_in(self.in_bytes(value), values),
    ),
    "DuckDB: a column compares by bytes": _guard(
        "duckdb, columns without case", _OWN, DuckDB, in_bytes=lambda _, value: value
    ),
    "DuckDB: a map compares by bytes": _guard(
        "duckdb, all without case", _ONE, DuckDB, in_bytes=lambda _, value: value
    ),
    "DuckDB: ids compare by bytes": _guard(
        "duckdb, columns without case", _LONG, DuckDB, join_keys=lambda _, text: text
    ),
    "DuckDB: only digits are an integer": _guard(
        "duckdb", _ONE, DuckDB,
        value_between=lambda _, value, low, high:
            f"coalesce(TRY_CAST({value} AS BIGINT) BETWEEN {low} AND {high}, FALSE)",
    ),
    "DuckDB: more than 64 bits": _guard(
        "duckdb", _ONE, DuckDB, "Could not convert|out of range",
        to_integer=lambda _, value: f"CAST({value} AS BIGINT)",
    ),
    "DuckDB: the number of digits": _guard(
        "duckdb", _ONE, DuckDB, "Could not convert|out of range",
        may_be_integer=lambda _, value: f"regexp_full_match({value}, '[+-]?[0-9]+')",
    ),
    "SQLite: a key with a dot": _guard(
        "sqlite", _ONE, SQLite, value=lambda _, labels, key: f"({labels} ->> ('$.' || {key}))"
    ),
    "SQLite: no value": _guard(
        "sqlite", _ONE, SQLite, value_in=lambda _, value, values: _is_in(value, values)
    ),
    "SQLite: values compare by bytes": _guard(
        "sqlite, NOCASE", _OWN, SQLite, in_bytes=lambda _, value: value
    ),
    "SQLite: ids compare by bytes": _guard(
        "sqlite, NOCASE", _LONG, SQLite, join_keys=lambda _, text: text
    ),
    "SQLite: an integer has digits": _sqlite_integer(f"{_UNSIGNED} <> ''"),
    "SQLite: an integer has only digits": _sqlite_integer(f"{_UNSIGNED} NOT GLOB '*[^0-9]*'"),
    "SQLite: digits end at a NUL": _sqlite_integer("instr({v}, char(0)) = 0"),
    "SQLite: the number of digits": _sqlite_integer(f"length(ltrim({_UNSIGNED}, '0')) = 19"),
    "SQLite: the largest integer": _sqlite_integer(
        f"ltrim({_UNSIGNED}, '0') <= CASE WHEN {_LARGEST} END"
    ),
}  # fmt: skip
"""All by what they are for."""
