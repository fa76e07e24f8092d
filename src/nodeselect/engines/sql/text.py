"""Selectors as text of SQL, for psql, DuckDB, SQLite and Spark SQL."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from nodeselect.engines.conditions import express
from nodeselect.engines.sql.dialect import Dialect
from nodeselect.engines.sql.dialects import DIALECTS
from nodeselect.selectors import Selector

WORD = 60
"""For how many requirements one integer of SQL has bits."""

_PLAIN_PAIR = re.compile(r'\{"[A-Za-z0-9._/@+\- ]*": "[A-Za-z0-9._/@+\- ]*"\}')

Name: TypeAlias = str | tuple[str, ...]
"""The exact name of a column or table; a tuple is a path, such as ``("n", "labels")``."""


class LongTable(NamedTuple):
    """A table with a row for each label of each node, instead of a column of all labels.

    :param table: the table. It must not have two rows for the same node and key.
    :param node_id: its column with the id of the node.
    :param key: its column with the key of the label.
    :param value: its column with the value of the label.
    """

    table: Name
    node_id: str = "node_id"
    key: str = "key"
    value: str = "value"


def where(
    selector: Selector,
    dialect: str,
    *,
    labels: Name | LongTable | None = "labels",
    id: Name | None = "id",  # noqa: A002
    columns: Mapping[str, Name] | None = None,
) -> str:
    """Return the condition of a WHERE clause that is true for the nodes ``selector`` matches.

    It is never NULL. Names are quoted, and so exact: in PostgreSQL, ``labels`` is not ``Labels``.
    Columns and the values of labels must be texts: systems compare numbers, and the padded texts of
    ``char(n)``, in different ways.

    >>> where(Selector.parse("region=eu,!debug"), "duckdb", columns={"region": "region"})
    '(("region" IS NOT NULL AND "region" COLLATE "C" IN (\\'eu\\')) AND (NOT map_extract_value("labels", \\'debug\\') IS NOT NULL))'

    :param dialect: ``postgresql``, ``duckdb``, ``sqlite`` or ``spark``.
    :param labels: the column of all labels (jsonb in PostgreSQL, JSON text in SQLite, a map
        elsewhere), or the table that has them; None if every label has a column of its own. Then a
        label without a column is absent.
    :param id: the column of the ids; needed only for a selector by ids, or a :class:`LongTable`.
    :param columns: by key, the columns of labels that have one of their own. Such a column is 20 to
        100 times faster than a map. NULL means that the label is absent.
    :raises ValueError: if the dialect is not known, a name is empty or has a NUL, or ``id`` is
        needed and None.
    """  # noqa: E501
    return express(selector, SqlConditions(dialect_named(dialect), labels, id, columns or {}))


def failure_query(
    requirements: Sequence[Selector], conditions: "SqlConditions", rows: str, state: str | None
) -> str:
    """Return a query that counts how many nodes fail exactly which requirements.

    It reads all nodes once. Each row of the result is a group of nodes that fail the same
    requirements. Its columns are:

    - ``failed0``: a bit for each of the first 60 requirements, the lowest for the first. For
      example, 5 means that these nodes fail the first and the third, and 0 that they match.
      ``failed1`` has the next 60, and so on.
    - ``state``, if a column is given: nodes that match have a row for each of their states.
    - ``nodes``: how many nodes are in the group.
    - ``lacks0``: how many of them do not have the first of the ``counted_keys``; ``lacks1`` is for
      the second one, and so on.

    :param rows: what to write after FROM.
    :param state: the quoted column of the states, if there is one.
    """
    dialect = conditions.dialect
    words = failed_words(requirements, conditions)
    failed = [f"failed{at}" for at in range(len(words))]
    inner = [f"{word} AS {name}" for word, name in zip(words, failed, strict=True)]
    groups, counts = list(failed), ["count(*) AS nodes"]
    if state is not None:
        inner.append(f"{dialect.bytewise(state)} AS node_state")
        matches = " AND ".join(f"{name} = 0" for name in failed)
        groups.append(f"CASE WHEN {matches} THEN node_state END")
    for at, key in enumerate(counted_keys(requirements)):
        inner.append(f"CASE WHEN {conditions.has_key(key)} THEN 0 ELSE 1 END AS lacks{at}")
        counts.append(f"sum(lacks{at}) AS lacks{at}")
    outer = [*failed, *(f"{group} AS state" for group in groups[len(failed) :]), *counts]
    return (
        f"SELECT {', '.join(outer)}"
        f" FROM (SELECT {', '.join(inner)} FROM {rows}{conditions.fence(requirements)}) AS failures"
        f" GROUP BY {', '.join(groups)} ORDER BY nodes DESC"
    )


def failed_words(requirements: Sequence[Selector], conditions: "SqlConditions") -> list[str]:
    """Return SQL for the integers ``failed0``, ``failed1``, … of :func:`failure_query`."""
    bits = [
        f"CASE WHEN {express(requirement, conditions)} THEN 0 ELSE {1 << at % WORD} END"
        for at, requirement in enumerate(requirements)
    ]
    return [" + ".join(bits[at : at + WORD]) for at in range(0, len(bits), WORD)] or ["0"]


def counted_keys(requirements: Sequence[Selector]) -> list[str]:
    """Return the keys in requirements with ``!=``, ``notin`` or a list of values.

    For these, an explanation needs to know how many nodes have the key.
    """
    return list(
        dict.fromkeys(
            requirement.key
            for part in requirements
            for requirement in part.requirements
            if len(requirement.values) > 1
            or (requirement.values and requirement.operator.matches_absent)
        )
    )


def dialect_named(name: str) -> Dialect:
    """Return the dialect with this name.

    :raises ValueError: if there is none.
    """
    try:
        return DIALECTS[name]
    except KeyError:
        known = ", ".join(DIALECTS)
        raise ValueError(f"{name!r} is not a dialect of SQL known here: {known}") from None


class SqlConditions:
    """Expresses the conditions of selectors as SQL, for one dialect and one table layout."""

    def __init__(
        self,
        dialect: Dialect,
        labels: Name | LongTable | None,
        id: Name | None,  # noqa: A002
        columns: Mapping[str, Name],
    ) -> None:
        """Quote the names, also those in ``labels``.

        :raises ValueError: if a name is empty or has a NUL, or a long table has no ``id``.
        """
        if isinstance(labels, LongTable) and id is None:
            raise ValueError("labels in a table of their own are found by id: say which column")
        self.dialect = dialect
        self.labels = None if labels is None else _quoted_labels(labels, dialect)
        self.id = None if id is None else quote(id, dialect)
        self.columns = {key: quote(column, dialect) for key, column in columns.items()}

    def has_key(self, key: str) -> str:
        return self._test(key, self.dialect.is_present, self.dialect.has_key)

    def value_in(self, key: str, values: Sequence[str]) -> str:
        literals = list(map(self.dialect.literal, values))

        def label_in(labels: str, name: str) -> str:
            pairs = [self._pair(key, value) for value in values]
            return self.dialect.label_in(labels, name, literals, pairs)

        return self._test(key, lambda value: self.dialect.value_in(value, literals), label_in)

    def integer_between(self, key: str, low: int, high: int) -> str:
        bounds = str(low), str(high)
        return self._test(
            key,
            lambda value: self.dialect.value_between(value, *bounds),
            lambda labels, name: self.dialect.label_between(labels, name, *bounds),
        )

    def id_in(self, ids: Sequence[str]) -> str:
        if self.id is None:
            raise ValueError("the selector asks for ids: say which column has them")
        return self.dialect.id_in(self.id, ids)

    def constant(self, value: bool) -> str:
        return "TRUE" if value else "FALSE"

    def negation(self, condition: str) -> str:
        return f"(NOT {condition})"

    def conjunction(self, conditions: Sequence[str]) -> str:
        return f"({' AND '.join(conditions)})"

    def fence(self, requirements: Sequence[Selector]) -> str:
        """Return the end of a subquery that keeps a database from merging it into the outer query.

        It is empty if all keys have columns, which are read in parallel only without it. A test of
        a label in a map takes so long that merging, which would repeat it, must be avoided.
        """
        keys = {each.key for part in requirements for each in part.requirements}
        return "" if self.labels is None or keys <= self.columns.keys() else self.dialect.fence

    def _pair(self, key: str, value: str) -> str:
        pair = json.dumps({key: value}, ensure_ascii=False)
        # What a selector has needs no escapes, in JSON and in SQL; what a node has may need them.
        return f"'{pair}'" if _PLAIN_PAIR.fullmatch(pair) else self.dialect.literal(pair)

    def _test(
        self,
        key: str,
        test_value: Callable[[str], str],
        test_label: Callable[[str, str], str],
    ) -> str:
        """Return SQL that tests a label, wherever its value is.

        :param test_value: returns SQL that tests a column of values.
        :param test_label: returns SQL that tests a label, given the column of all labels and the
            constant of the key.
        """
        labels, dialect = self.labels, self.dialect
        if column := self.columns.get(key):
            return test_value(column)
        if labels is None:
            return self.constant(False)
        literal = dialect.literal(key)
        if isinstance(labels, str):
            return test_label(labels, literal)
        assert self.id is not None, "the constructor has checked it"
        # EXISTS would need the name of the outer table, which is not known here.
        is_key = dialect.value_in(labels.key, [literal])
        return (
            f"({self.id} IS NOT NULL AND ({dialect.join_keys(self.id)}) IN"
            f" (SELECT {dialect.join_keys(labels.node_id)} FROM {labels.table}"
            f" WHERE {labels.node_id} IS NOT NULL AND {is_key} AND {test_value(labels.value)}))"
        )


def _quoted_labels(labels: Name | LongTable, dialect: Dialect) -> str | LongTable:
    if isinstance(labels, LongTable):
        return LongTable(*(quote(name, dialect) for name in labels))
    return quote(labels, dialect)


def quote(name: Name, dialect: Dialect) -> str:
    """Quote a name, or each name of a path.

    :raises TypeError: if it is not a name, such as a column of SQLAlchemy or of Spark.
    :raises ValueError: if a name is empty or has a NUL.
    """
    path = (name,) if isinstance(name, str) else name
    if not (isinstance(path, tuple) and all(isinstance(each, str) for each in path)):
        raise TypeError(f"{name!r} is not a name: pass a string, or a tuple of strings for a path")
    if not path or not all(path) or any("\0" in each for each in path):
        raise ValueError(f"{name!r} is not a name in SQL")
    return ".".join(map(dialect.quote, path))
