"""A table of nodes: what its queries have in common, and what is checked before they are wrong."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from nodeselect.engines.sql.dialects import Dialect
from nodeselect.engines.sql.text import LabelColumn, LabelTable, SqlConditions
from nodeselect.errors import InventoryError
from nodeselect.text import quoted

Execute: TypeAlias = Callable[[str], Iterable[Sequence[Any]]]
"""Runs a query and returns its rows."""

# What a column without values is in SQLite, in DuckDB, and in Spark.
_NO_VALUE = ("null", '"NULL"', "void")


class SqlTable(NamedTuple):
    """The names of a table of nodes and of its columns, quoted as in SQL, and how to query it.

    :param execute: runs a query.
    :param conditions: expresses conditions on labels and ids.
    :param table: the table.
    :param alias: its name without that of its schema.
    :param id: its column with the ids.
    :param name: its column with the names, if it has one.
    :param state: its column with the states, if it has one.
    :param where: a condition that a row must satisfy to be a node; None if there is none.
    """

    execute: Execute
    conditions: SqlConditions
    table: str
    alias: str
    id: str
    name: str | None
    state: str | None
    where: str | None

    @property
    def dialect(self) -> Dialect:
        """The dialect of all queries."""
        return self.conditions.dialect

    def rows(self, *conditions: str | None) -> str:
        """Return what to write after FROM, with WHERE, for the nodes that satisfy conditions.

        :param conditions: None for one that every node satisfies.
        """
        restricting = filter(None, (self.where, *conditions))
        tests = " AND ".join(f"({condition})" for condition in restricting)
        return f"{self.table} WHERE {tests}" if tests else self.table

    def count_rows(self, rows: str) -> int:
        """Count rows.

        :param rows: what to write after FROM.
        """
        ((nodes,),) = self.execute(f"SELECT count(*) FROM {rows}")
        return int(nodes)

    def count_query(self, rows: str, *columns: str) -> str:
        """Return a query that counts the rows with each combination of the texts of columns.

        :param rows: what to write after FROM.
        """
        texts = ", ".join(map(self.dialect.bytewise, columns))
        return f"SELECT {texts}, count(*) FROM {rows} GROUP BY {texts}"

    def each_label(self, condition: str | None = None) -> str | None:
        """Return a query with the columns ``label_key`` and ``label_value``: a row for each label.

        It reads the column or table of all labels; return None if there is none. Values may be
        NULL; keys that also have a column of their own are not left out.
        """
        return self.conditions.labels.each_label(self.rows(condition))

    def values(self, key: str, condition: str | None = None) -> str:
        """Return a SELECT with one column, ``label_value``: the value of ``key`` for each node.

        A node without the label has no row, or NULL.

        :param condition: a condition in SQL that the nodes must satisfy; None for all nodes.
        """
        conditions = self.conditions
        if column := conditions.columns.get(key):
            return f"SELECT {column} AS label_value FROM {self.rows(condition)}"
        if value := conditions.labels.value(key):
            has_key = conditions.has_key(key)  # an index may find these rows
            return f"SELECT {value} AS label_value FROM {self.rows(has_key, condition)}"
        each_label = self.each_label(condition)
        if each_label is None:
            return f"SELECT '' AS label_value FROM {self.rows('FALSE')}"
        is_key = self.dialect.value_in("label_key", [self.dialect.literal(key)])
        return f"SELECT label_value FROM ({each_label}) AS labels WHERE {is_key}"

    def check_columns(self) -> None:
        """Check that columns are of types that make conditions right, and that ids are distinct.

        A column that does not exist is an error of the database. In PostgreSQL and SQLite, whose
        JSON may have labels of any type, all labels are read; in SQLite, where each value has its
        own type, all columns. All ids are read, except by Spark.

        :raises InventoryError: with the code ``invalid-column``, ``no-id``, ``empty-id`` or
            ``duplicate-id``.
        """
        labels = self.conditions.labels
        columns = {"the ids": self.id, "the names": self.name, "the states": self.state}
        for key, column in self.conditions.columns.items():
            columns[f"the label {quoted(key)}"] = column
        self._check_types(self.table, columns, "text", self.where)
        if isinstance(labels, LabelTable):
            columns = {
                "the node ids": labels.node_id,
                "the keys": labels.key,
                "the values": labels.value_column,
            }
            self._check_types(labels.table, columns, "text")
        elif isinstance(labels, LabelColumn):
            columns = {"all labels": labels.column}
            self._check_types(self.table, columns, self.dialect.labels_type, self.where)
            self._check_labels(labels.column)
        if self.dialect.name != "spark":
            self._check_ids()

    def _check_types(
        self, table: str, columns: Mapping[str, str | None], expected: str, where: str | None = None
    ) -> None:
        """Check that columns are of a type.

        :param columns: the columns, by what each is for.
        :param where: a condition that a row must satisfy to be checked.
        """
        types = {role: self.dialect.type_of(name) for role, name in columns.items() if name}
        has = "has the type"
        # Such a join has one row, even if the table has none.
        rows = f"(SELECT 1 AS one_row) AS one LEFT JOIN {table} ON FALSE"
        if self.dialect.has_typed_values:  # a row with a value of another type, if there is one
            has = "has a value of the type"
            allowed = f"('{expected}', 'null')"
            others = " OR ".join(f"{found} NOT IN {allowed}" for found in types.values())
            rows = f"{table} WHERE ({where or 'TRUE'}) AND ({others})"
        for row in self.execute(f"SELECT {', '.join(types.values())} FROM {rows} LIMIT 1"):
            for role, found in zip(types, row, strict=True):
                if found not in (expected, *_NO_VALUE):
                    message = f"the column with {role} {has} {found}, not {expected}"
                    hint = "name another column, or a view that casts this one"
                    raise InventoryError("invalid-column", message, hint=hint)

    def _check_labels(self, labels: str) -> None:
        """Check that all labels are objects of texts, if the type of their column allows others."""
        are_wrong = self.dialect.are_not_texts(labels)
        if are_wrong is None:
            return
        for (node_id,) in self.execute(f"SELECT {self.id} FROM {self.rows(are_wrong)} LIMIT 1"):
            message = f"the labels of the node {quoted(str(node_id))} are not an object of texts"
            hint = "store numbers and booleans as texts, or name a view that casts them"
            raise InventoryError("invalid-column", message, hint=hint)

    def _check_ids(self) -> None:
        """Check that no id is NULL, empty or there twice."""
        node_id = self.dialect.bytewise(self.id)
        unusable = f"count(*) > 1 OR {node_id} IS NULL OR {node_id} = ''"
        query = f"{self.count_query(self.rows(), self.id)} HAVING {unusable} LIMIT 1"
        for found, count in self.execute(query):
            if found is None:
                code, message = "no-id", "a node has no id: its column has NULL"
            elif not found:
                code, message = "empty-id", "a node has an empty id"
            else:
                code, message = "duplicate-id", f"{count:,} nodes have the id {quoted(found)}"
            hint = "name a column, or a view, with a distinct id for each node"
            raise InventoryError(code, message, hint=hint)


def to_text(value: Any) -> str:
    """Convert what a driver returned to a text; it may be bytes, if the query compares bytes.

    :raises InventoryError: if it is not a text.
    """
    text = _decoded(value)
    if not isinstance(text, str):
        message = f"a label, a name or a state is {quoted(str(text))}, not a text"
        raise InventoryError("invalid-row", message, hint="store texts, or cast it in a view")
    return text


def to_state(value: Any) -> str | None:
    """Convert what a driver returned to a state; NULL is None.

    :raises InventoryError: if it is neither a text nor NULL.
    """
    return None if value is None else to_text(value)


def to_id(value: Any) -> str:
    """Convert what a driver returned to an id; it may be bytes, if the query compares bytes.

    :raises InventoryError: if it is not a text.
    """
    node_id = _decoded(value)
    if not isinstance(node_id, str):
        what = "NULL" if node_id is None else quoted(str(node_id))
        hint = "ids are distinct texts: name another column, or cast it in a view"
        raise InventoryError("invalid-row", f"the id of a node is {what}, not a text", hint=hint)
    return node_id


def _decoded(value: Any) -> Any:
    return value.decode() if isinstance(value, (bytes, bytearray)) else value
