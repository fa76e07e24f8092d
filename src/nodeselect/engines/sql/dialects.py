"""The dialects of SQL: how each database expresses the conditions.

A dialect combines strings of SQL: quoted names, and constants, which are literals or placeholders
of parameters. Text from users reaches the SQL only through :meth:`Dialect.quote` and
:meth:`Dialect.literal`.
"""

import json
import re
from collections.abc import Collection, Sequence

# Texts that mean themselves between single quotes in every dialect, whatever the settings.
_PLAIN = re.compile(r"[A-Za-z0-9._/@+\- ]*")

# What can be a 64-bit integer: with 19 digits behind the zeros it fits every 128-bit type.
_INTEGER = "[+-]?0*[0-9]{1,19}"


def _path(key: str, start: str = '$."', end: str = '"') -> str:
    """Return SQL for a JSON path to ``key``; a constant, if ``key`` is one in single quotes."""
    # A key has no quote and no backslash; without quotes, a dot would mean an object within.
    return f"'{start}' || {key} || '{end}'".replace("' || '", "")


class Dialect:
    """Base class of the dialects. Each method combines strings of SQL, and returns the result.

    A value is NULL if the label is absent. So each condition starts with ``... IS NOT NULL AND``:
    unlike ``coalesce``, this lets engines use the rest of the condition for indexes and files.
    """

    name = ""
    quotes = '"'
    """What encloses a name, and is doubled within it."""
    fence = ""
    """What keeps a subquery from being merged into the query around it."""
    id_sample = ""
    """How to test for one of some ids; "" if the first ids are found without reading all."""
    plain_integer = ""
    """How to test a value, and the value as bytes, for a usual integer; "" if that is not faster.

    It is false of what a cast to BIGINT rejects, and of some integers."""
    correlates = False
    """Whether ``NOT EXISTS`` is planned as a join, with or without an index."""
    plain = re.compile(r"[A-Za-z0-9._/@+\- ']*")
    """Texts that mean themselves between single quotes, if their own are doubled."""
    known = "{}"
    """How to read taints or resources, with NULL for null in JSON."""
    no_taint = ""
    """How to test that no taint in a list satisfies a condition; true for NULL."""
    taint_field = "coalesce(nodeselect_taint.{}, '')"
    """How to read a field of a taint in this condition; a column may not have this name."""
    label = ""
    """How to read, from all labels, the value of one; NULL if it is absent."""
    labels = ""
    """A query with a row for each label: ``node_id``, ``label_key``, ``label_value``."""
    bytes = "{}"
    """How to compare a text byte for byte, whatever its collation."""
    integer = "DECIMAL(38, 0)"
    """The type to cast to that can hold all integers of 19 digits."""
    elements = ""
    """How SQLAlchemy reads an array in JSON as rows."""
    amount = ""
    """How to read, from resources, the amount of one, or 0; an error if it is a text."""

    # Conditions on a column of all labels.

    def value(self, labels: str, key: str) -> str:
        """Return SQL for the value of the label ``key``; NULL if the label is absent."""
        return self.label.format(labels, key)

    def has_key(self, labels: str, key: str) -> str:
        """Return SQL that tests whether a label is present."""
        return self.is_present(self.value(labels, key))

    def label_in(self, labels: str, key: str, values: Sequence[str], pairs: Sequence[str]) -> str:
        """Return SQL that tests whether a label has one of ``values``.

        :param pairs: for each of ``values``, a constant with the JSON text ``{key: value}``.
        """
        return self.value_in(self.value(labels, key), values)

    def label_between(self, labels: str, key: str, low: str, high: str) -> str:
        """Return SQL that tests whether a label is an integer from ``low`` to ``high``."""
        return self.value_between(self.value(labels, key), low, high)

    # Conditions on one value.

    def is_present(self, value: str) -> str:
        """Return SQL that tests whether a value is not NULL."""
        return f"{value} IS NOT NULL"

    def value_in(self, value: str, values: Sequence[str]) -> str:
        """Return SQL that tests whether ``value`` is one of ``values``, byte for byte."""
        return f"({value} IS NOT NULL AND {self.in_bytes(value)} IN ({', '.join(values)}))"

    def value_in_array(self, value: str, array: str) -> str:
        """Return the same as :meth:`value_in`, for texts in a constant that is an array in JSON."""
        return self.value_in(value, [self.elements.format(array)])

    def value_between(self, value: str, low: str, high: str) -> str:
        """Return SQL that tests whether ``value`` is an integer from ``low`` to ``high``."""
        # Only CASE ensures that what is not digits is never cast; AND does not.
        usual = ""
        if self.plain_integer:
            bounds = f"CAST({low} AS BIGINT) AND CAST({high} AS BIGINT)"
            usual = f" WHEN {self.plain_integer.format(value, self.in_bytes(value))}"
            usual += f" THEN CAST({value} AS BIGINT) BETWEEN {bounds}"
        return (
            f"CASE{usual} WHEN {self.may_be_integer(value)}"
            f" THEN CAST({value} AS {self.integer}) BETWEEN {low} AND {high} ELSE FALSE END"
        )

    def text_in(self, value: str, texts: Collection[str]) -> str:
        """Return SQL that tests whether ``value`` is one of ``texts``, which are not yet quoted."""
        return self.value_in(value, list(map(self.literal, texts)))

    def in_bytes(self, value: str) -> str:
        """Return SQL for ``value`` that compares byte for byte, whatever its collation."""
        return self.bytes.format(value)

    def join_keys(self, text: str) -> str:
        """Return what to compare in ``IN (SELECT ...)``, so that only equal bytes match."""
        return self.in_bytes(text)

    def is_same(self, text: str, other: str) -> str:
        """Return SQL that tests whether two texts have equal bytes; NULL for NULL."""
        return f"({self.join_keys(text)}) = ({self.join_keys(other)})"

    def is_in(self, text: str, query: str, exists: str = "") -> str:
        """Return SQL that tests whether a text is in a query for the :meth:`join_keys` of texts.

        :param exists: the same test as a subquery that refers to ``text``, if it can be written.
        """
        if exists and self.correlates:
            return exists
        return f"{self.is_present(text)} AND ({self.join_keys(text)}) IN {query}"

    def may_be_integer(self, value: str) -> str:
        """Return SQL that tests whether a value is an integer that can be cast."""
        raise NotImplementedError

    def bytewise(self, value: str) -> str:
        """Return SQL for ``value``, as text or bytes, that sorts and groups byte for byte."""
        return self.in_bytes(value)

    def negated(self, condition: str) -> str:
        """Return SQL that tests whether a condition is false."""
        return f"(NOT {condition})"

    def excluded(self, condition: str) -> str:
        """Return the same as :meth:`negated`, for a condition that tests for some values."""
        return self.negated(condition)

    # Taints and resources.

    def tolerated(self, taints: str, condition: str) -> str:
        """Return SQL that tests that no taint satisfies a condition; true for NULL."""
        return self.no_taint.format(taints, condition)

    def taint_is(self, field: str, text: str) -> str:
        """Return SQL that tests whether a field of a taint is ``text``, byte for byte."""
        return f"{self.bytewise(self.taint_field.format(field))} = {text}"

    def has_amount(self, resources: str, resource: str, amount: str) -> str:
        """Return SQL that tests whether there is so much of a resource; true for NULL."""
        found = self.amount.format(resources, resource)
        return f"({self.known.format(resources)} IS NULL OR {found} >= {amount})"

    # Names and constants.

    def quote(self, name: str) -> str:
        """Quote the name of a table or column; a path of names must be quoted name by name."""
        return f"{self.quotes}{name.replace(self.quotes, self.quotes * 2)}{self.quotes}"

    def literal(self, text: str) -> str:
        """Return ``text`` as an SQL constant.

        If it contains anything but letters, digits and a few marks, it is written in hexadecimal
        digits, to which no rule about quotes or backslashes, and no setting of the server, applies.
        """
        doubled = text.replace("'", "''")
        return f"'{doubled}'" if self.plain.fullmatch(text) else self.hexadecimal(text)

    def hexadecimal(self, text: str) -> str:
        """Return ``text`` as an SQL constant that is written in hexadecimal digits."""
        raise NotImplementedError


class PostgreSQL(Dialect):
    """Labels are ``jsonb``, which compares bytes. ``@>`` and ``?`` can use a GIN index.

    Each text in a column is compared twice, unless ``is_exact``: as it is, which can use an index,
    and as bytes. The planner multiplies the selectivities of conditions joined by AND, even those
    of ``x IS NOT NULL`` and ``x = 'a'``; but it expects ``CASE ... END IS NOT NULL`` of nearly all
    rows, and ``... IS NOT TRUE`` of all others.
    """

    name = "postgresql"
    label = "{} ->> {}"
    labels = (
        "SELECT node_id, label_key, label_value"
        " FROM {1}, jsonb_each_text({0}) AS entries(label_key, label_value)"
    )
    integer = "numeric"
    elements = "SELECT jsonb_array_elements_text(CAST({} AS jsonb))"
    fence = " OFFSET '0'"  # the number 0 would be cast to bigint, and not planned with workers
    known = "nullif({}, 'null')"
    no_taint = (  # of most nodes, the list is empty
        "({0} = '[]' OR NOT EXISTS"
        " (SELECT 1 FROM jsonb_array_elements(nullif({0}, 'null')) AS taints(taint) WHERE {1}))"
    )
    taint_field = "coalesce(taint ->> '{}', '')"
    amount = "coalesce(CAST({} -> {} AS numeric), 0)"
    plain_integer = (
        "octet_length({0}) BETWEEN 1 AND 18 AND octet_length(ltrim({0}, '0123456789')) = 0"
    )
    correlates = True

    # How many values are tested by ``@>``, for which the planner can use an index and estimates
    # rows well. Above the first number, the value is looked up in a list before, which is faster.
    _FEW_PAIRS = 3
    _MAX_PAIRS = 16

    def __init__(self, is_exact: bool = False) -> None:
        self._is_exact = is_exact

    def has_key(self, labels: str, key: str) -> str:
        # The second condition is false, not NULL, if there are no labels; so is that for a null.
        return f"({labels} ? {key} AND {self.value(labels, key)} IS NOT NULL)"

    def label_in(self, labels: str, key: str, values: Sequence[str], pairs: Sequence[str]) -> str:
        contains = " OR ".join(f"{labels} @> CAST({pair} AS jsonb)" for pair in pairs)
        if len(pairs) <= self._FEW_PAIRS:
            return f"({labels} IS NOT NULL AND {f'({contains})' if len(pairs) > 1 else contains})"
        texts = ", ".join(f"CAST({pair} AS jsonb) -> {key}" for pair in pairs)
        is_listed = f"{labels} -> {key} IN ({texts})"  # PostgreSQL hashes the list
        if len(pairs) > self._MAX_PAIRS:
            return f"({self.has_key(labels, key)} AND {is_listed})"
        # The first test is fast, and false of most rows; the planner expects it of nearly all.
        return f"(CASE WHEN {is_listed} THEN 1 END IS NOT NULL AND ({contains}))"

    def label_between(self, labels: str, key: str, low: str, high: str) -> str:
        # The planner would test it first, for each row, if it were beside CASE.
        is_between = super().value_between(self.value(labels, key), low, high)
        is_text = f"CASE WHEN {is_between} THEN {self._is_string(labels, key)} ELSE FALSE END"
        return f"({self.has_key(labels, key)} AND {is_text})"

    def value_between(self, value: str, low: str, high: str) -> str:
        # For an index, and since the planner expects CASE to be true of half of the rows.
        return f"({value} IS NOT NULL AND {super().value_between(value, low, high)})"

    def value_in(self, value: str, values: Sequence[str]) -> str:
        listed = ", ".join(values)
        guard = f"{value} IS NOT NULL"
        if not self._is_exact:
            guard += f" AND {self.in_bytes(value)} IN ({listed})"
        return f"({value} IN ({listed}) AND CASE WHEN {guard} THEN 1 END IS NOT NULL)"

    def excluded(self, condition: str) -> str:
        return f"({condition} IS NOT TRUE)"

    def in_bytes(self, value: str) -> str:
        return value if self._is_exact else f'pg_catalog.concat({value}) COLLATE "C"'

    def join_keys(self, text: str) -> str:
        return text if self._is_exact else f"{text}, {self.in_bytes(text)}"

    def bytewise(self, value: str) -> str:
        # The cast is one of the type citext, which ignores case; on text it does nothing, so that
        # an index of a column with the collation "C" is used.
        return f'CAST({value} AS text) COLLATE "C"'

    def may_be_integer(self, value: str) -> str:
        # A nondeterministic collation has no regular expressions.
        return f"({value}) COLLATE \"C\" ~ '^{_INTEGER}$'"

    def hexadecimal(self, text: str) -> str:
        # A function in place of a literal would bring its own collation.
        escaped = (each if _PLAIN.fullmatch(each) else f"\\U{ord(each):08x}" for each in text)
        return f"E'{''.join(escaped)}'"

    @staticmethod
    def _is_string(labels: str, key: str) -> str:
        return f"jsonb_typeof({labels} -> {key}) = 'string'"


class PostgreSQLWithoutMarks(PostgreSQL):
    """PostgreSQL without the operator ``?``, which is a parameter to JDBC and ODBC.

    No other operator finds a key by an index. The planner estimates ``@@`` by its statistics.
    """

    name = "postgresql-jdbc"

    def has_key(self, labels: str, key: str) -> str:
        path = _path(key, 'exists($."', '")')
        return f"({self.value(labels, key)} IS NOT NULL AND {labels} @@ CAST({path} AS jsonpath))"


class DuckDB(Dialect):
    """Labels are ``MAP(VARCHAR, VARCHAR)``."""

    name = "duckdb"
    # Before version 1.2, labels[key] was a list, which is never NULL.
    label = "map_extract_value({}, {})"
    labels = (
        "SELECT node_id, entry.key AS label_key, entry.value AS label_value FROM"
        " (SELECT node_id, unnest(map_entries({})) AS entry FROM {}) AS entries"
    )
    # The setting default_collation changes how the values of a map compare.
    bytes = '{} COLLATE "C"'
    integer = "HUGEINT"
    elements = "SELECT unnest(from_json({}, '[\"VARCHAR\"]'))"
    no_taint = "NOT coalesce(list_contains([{1} FOR nodeselect_taint IN {0}], TRUE), FALSE)"
    amount = "coalesce(map_extract_value({}, {}), 0)"
    plain_integer = "CAST(TRY_CAST({} AS BIGINT) AS VARCHAR) = {}"

    def may_be_integer(self, value: str) -> str:
        return f"regexp_full_match({value}, '{_INTEGER}')"

    def hexadecimal(self, text: str) -> str:
        return f"decode(unhex('{text.encode().hex()}'))"


class SQLite(Dialect):
    """Labels are JSON as ``TEXT``.

    SQLite has no regular expressions. It casts a number that is too large to the largest integer,
    and reads a JSON key only up to its first NUL.
    """

    name = "sqlite"
    labels = (
        "SELECT node_id, entries.key AS label_key, entries.value AS label_value"
        " FROM {1}, json_each({0}) AS entries"
    )
    bytes = "{} COLLATE BINARY"
    integer = "INTEGER"
    elements = "SELECT value FROM json_each({})"
    quotes = "`"  # in double quotes, the name of a column that does not exist would be a string
    fence = " LIMIT -1"
    known = "nullif(json_type({}), 'null')"
    no_taint = (
        "({0} = '[]' COLLATE BINARY OR NOT EXISTS"
        " (SELECT 1 FROM (SELECT nullif(json({0}), 'null') AS taints) AS node,"
        " json_each(taints) AS taint WHERE {1}))"
    )
    taint_field = "coalesce(taint.value ->> '{}', '')"
    # A text would be more than every number. As an invalid path of JSON, it is an error.
    amount = (
        "coalesce(CASE WHEN json_type({0}, {1}) IN ('text', 'object', 'array')"
        " THEN json_extract('0', 'the amount ' || json_extract({0}, {1}) || ' is not an integer')"
        " ELSE json_extract({0}, {1}) END, 0)"
    )
    plain_integer = "CAST({} AS BIGINT) || '' = {}"

    def value(self, labels: str, key: str) -> str:
        return f"json_extract({labels}, {_path(key)})"

    def has_amount(self, resources: str, resource: str, amount: str) -> str:
        return super().has_amount(resources, _path(resource), amount)

    def label_between(self, labels: str, key: str, low: str, high: str) -> str:
        # A number is not its text: it does not match with "=" either.
        is_text = f"json_type({labels}, {_path(key)}) = 'text'"
        return f"({is_text} AND {super().label_between(labels, key, low, high)})"

    def may_be_integer(self, value: str) -> str:
        # The cast reads any text as a number, and a large one as the largest: compare the digits.
        return (
            f"{value} GLOB '[-+0-9]*' AND {value} GLOB '*[0-9]' AND {value} NOT GLOB '?*[^0-9]*'"
            f" AND ltrim(CAST({value} AS INTEGER), '-0') = ltrim({value}, '+-0')"
        )

    def hexadecimal(self, text: str) -> str:
        # A BLOB as text would be read in the encoding of the file, which may be UTF-16. A function
        # has at most 100 arguments.
        parts = [text[at : at + 100] for at in range(0, len(text), 100)]
        pieces = [f"char({', '.join(hex(ord(each)) for each in part)})" for part in parts]
        return f"({' || '.join(pieces)})"


class Spark(Dialect):
    """Labels are ``MAP<STRING, STRING>``. No condition raises, even with ``spark.sql.ansi``."""

    name = "spark"
    quotes = "`"
    id_sample = "hash({}) % {} = 0"
    label = "try_element_at({}, {})"
    labels = "SELECT node_id, explode({}) AS (label_key, label_value) FROM {}"
    bytes = "CAST({} AS BINARY)"
    plain = _PLAIN  # two quotes would end a text and begin the next
    no_taint = "NOT coalesce(exists({}, nodeselect_taint -> {}), FALSE)"
    amount = "greatest(try_element_at({}, {}), 0)"

    # More texts than this are joined; Spark needs seconds to read a list of thousands.
    _MAX_TEXTS = 500

    def quote(self, name: str) -> str:
        if "${" in name:
            raise ValueError(f"Spark replaces a variable in the name {name!r}: use another name")
        return super().quote(name)

    def value_in(self, value: str, values: Sequence[str]) -> str:
        # The first list is pushed down to files; the second is exact whatever the collation.
        return (
            f"({value} IS NOT NULL AND {value} IN ({', '.join(values)})"
            f" AND {self.in_bytes(value)} IN ({', '.join(map(self.in_bytes, values))}))"
        )

    def text_in(self, value: str, texts: Collection[str]) -> str:
        if len(texts) <= self._MAX_TEXTS:
            return super().text_in(value, texts)
        array = f"from_json({self.literal(json.dumps(list(texts)))}, 'array<string>')"
        listed = f"SELECT {self.in_bytes('listed')} FROM (SELECT explode({array}) AS listed)"
        return f"({value} IS NOT NULL AND {self.in_bytes(value)} IN ({listed}))"

    def may_be_integer(self, value: str) -> str:
        # "$" would accept a line feed; the meaning of a backslash depends on a setting. The cast
        # drops a collation: most have no regular expressions.
        text = f"CAST({value} AS STRING)"
        return f"length(regexp_replace({text}, '^{_INTEGER}', '')) = 0 AND {text} <> ''"

    def hexadecimal(self, text: str) -> str:
        return f"decode(X'{text.encode().hex()}', 'UTF-8')"


_ALL: list[Dialect] = [PostgreSQL(), PostgreSQLWithoutMarks(), DuckDB(), SQLite(), Spark()]
DIALECTS = {dialect.name: dialect for dialect in _ALL}
"""The dialects by name."""

EXACT = {each.name: each for each in (PostgreSQL(True), PostgreSQLWithoutMarks(True))}
"""Dialects for columns in which only texts of equal bytes are equal."""
