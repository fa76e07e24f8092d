"""The guards of the dialects, each taken out: then some verdicts are wrong, or the query fails."""

from typing import Any, NamedTuple

from nodeselect.engines.sql import dialects
from nodeselect.engines.sql.dialect import Dialect

_DIGITS = "[+-]?[0-9]+"


class Guard(NamedTuple):
    """A condition of a dialect that looks needless, and is not."""

    setup: str
    """In which database it is needed."""
    layout: str
    without: Dialect
    """The dialect without it."""
    fails: str = ""
    """What the error says, if the query fails without it, instead of wrong verdicts."""


def _sqlite_integer(taken_out: str) -> Any:
    """Return ``SQLite.value_between`` without a piece of its text, which is replaced by 1."""

    def value_between(self: Dialect, value: str, low: str, high: str) -> str:
        text = dialects.SQLite().value_between(value, low, high)
        piece = taken_out.replace("{v}", value)
        assert piece in text
        return text.replace(piece, "1")

    return value_between


def _without(dialect: type[Dialect], **methods: Any) -> Dialect:
    without: Dialect = type(dialect.__name__, (dialect,), methods)()
    return without


GUARDS = {
    "PostgreSQL: a key that is null": Guard(
        "postgresql",
        "one column",
        _without(
            dialects.PostgreSQL,
            has_key=lambda _, labels, key: f"({labels} IS NOT NULL AND {labels} ? {key})",
        ),
    ),
    "PostgreSQL: no labels, and a few values": Guard(
        "postgresql",
        "one column",
        _without(
            dialects.PostgreSQL,
            label_in=lambda _, labels, key, values, pairs: (
                f"({' OR '.join(f'{labels} @> CAST({pair} AS jsonb)' for pair in pairs)})"
            ),
        ),
    ),
    "PostgreSQL: no labels, and many values": Guard(
        "postgresql",
        "one column",
        _without(
            dialects.PostgreSQL,
            label_in=lambda self, labels, key, values, pairs: (
                f"({self.value(labels, key)} IN ({', '.join(values)}))"
            ),
        ),
    ),
    "PostgreSQL: no value in a column": Guard(
        "postgresql",
        "columns of their own",
        _without(
            dialects.PostgreSQL,
            value_in=lambda _, value, values: f"{value} IN ({', '.join(values)})",
        ),
    ),
    "PostgreSQL: values compare by bytes": Guard(
        "postgresql, loose",
        "columns of their own",
        _without(
            dialects.PostgreSQL,
            value_in=lambda _, value, values: (
                f"({value} IS NOT NULL AND {value} IN ({', '.join(values)}))"
            ),
        ),
    ),
    "PostgreSQL: citext compares by bytes, too": Guard(
        "postgresql, citext",
        "columns of their own",
        _without(dialects.PostgreSQL, in_bytes=lambda _, value: f'{value} COLLATE "C"'),
    ),
    "PostgreSQL: ids compare by bytes": Guard(
        "postgresql, loose",
        "a long table",
        _without(dialects.PostgreSQL, join_keys=lambda _, text: text),
    ),
    "PostgreSQL: patterns need a collation": Guard(
        "postgresql, loose",
        "columns of their own",
        _without(
            dialects.PostgreSQL,
            may_be_integer=lambda _, value: f"{value} ~ '^[+-]?0*[0-9]{{1,19}}$'",
        ),
        fails="regular expressions",
    ),
    "PostgreSQL: more than 64 bits": Guard(
        "postgresql",
        "one column",
        _without(dialects.PostgreSQL, to_integer=lambda _, value: f"CAST({value} AS bigint)"),
        fails="out of range",
    ),
    "DuckDB: no value": Guard(
        "duckdb",
        "one column",
        _without(
            dialects.DuckDB,
            value_in=lambda self, value, values: f"{self.in_bytes(value)} IN ({', '.join(values)})",
        ),
    ),
    "DuckDB: a column compares by bytes": Guard(
        "duckdb, columns without case",
        "columns of their own",
        _without(dialects.DuckDB, in_bytes=lambda _, value: value),
    ),
    "DuckDB: a map compares by bytes": Guard(
        "duckdb, all without case",
        "one column",
        _without(dialects.DuckDB, in_bytes=lambda _, value: value),
    ),
    "DuckDB: ids compare by bytes": Guard(
        "duckdb, columns without case",
        "a long table",
        _without(dialects.DuckDB, join_keys=lambda _, text: text),
    ),
    "DuckDB: only digits are an integer": Guard(
        "duckdb",
        "one column",
        _without(
            dialects.DuckDB,
            value_between=lambda _, value, low, high: (
                f"coalesce(TRY_CAST({value} AS BIGINT) BETWEEN {low} AND {high}, FALSE)"
            ),
        ),
    ),
    "DuckDB: more than 64 bits": Guard(
        "duckdb",
        "one column",
        _without(dialects.DuckDB, to_integer=lambda _, value: f"CAST({value} AS BIGINT)"),
        fails="Could not convert|out of range",
    ),
    "DuckDB: the number of digits": Guard(
        "duckdb",
        "one column",
        _without(
            dialects.DuckDB,
            may_be_integer=lambda _, value: f"regexp_full_match({value}, '{_DIGITS}')",
        ),
        fails="Could not convert|out of range",
    ),
    "SQLite: a key with a dot": Guard(
        "sqlite",
        "one column",
        _without(dialects.SQLite, value=lambda _, labels, key: f"({labels} ->> ('$.' || {key}))"),
    ),
    "SQLite: no value": Guard(
        "sqlite",
        "one column",
        _without(
            dialects.SQLite, value_in=lambda _, value, values: f"{value} IN ({', '.join(values)})"
        ),
    ),
    "SQLite: values compare by bytes": Guard(
        "sqlite, NOCASE",
        "columns of their own",
        _without(dialects.SQLite, in_bytes=lambda _, value: value),
    ),
    "SQLite: ids compare by bytes": Guard(
        "sqlite, NOCASE",
        "a long table",
        _without(dialects.SQLite, join_keys=lambda _, text: text),
    ),
    "SQLite: an integer has digits": Guard(
        "sqlite",
        "one column",
        _without(
            dialects.SQLite,
            value_between=_sqlite_integer(
                "substr({v}, 1 + (substr({v}, 1, 1) IN ('+', '-'))) <> ''"
            ),
        ),
    ),
    "SQLite: an integer has only digits": Guard(
        "sqlite",
        "one column",
        _without(
            dialects.SQLite,
            value_between=_sqlite_integer(
                "substr({v}, 1 + (substr({v}, 1, 1) IN ('+', '-'))) NOT GLOB '*[^0-9]*'"
            ),
        ),
    ),
    "SQLite: digits end at a NUL": Guard(
        "sqlite",
        "one column",
        _without(
            dialects.SQLite,
            value_between=_sqlite_integer("instr({v}, char(0)) = 0"),
        ),
    ),
    "SQLite: the number of digits": Guard(
        "sqlite",
        "one column",
        _without(
            dialects.SQLite,
            value_between=_sqlite_integer(
                "length(ltrim(substr({v}, 1 + (substr({v}, 1, 1) IN ('+', '-'))), '0')) = 19"
            ),
        ),
    ),
    "SQLite: the largest integer": Guard(
        "sqlite",
        "one column",
        _without(
            dialects.SQLite,
            value_between=_sqlite_integer(
                "ltrim(substr({v}, 1 + (substr({v}, 1, 1) IN ('+', '-'))), '0') <= CASE WHEN"
                " substr({v}, 1, 1) = '-' THEN '9223372036854775808' ELSE '9223372036854775807' END"
            ),
        ),
    ),
}
"""All by what they are for."""
