"""The columns of a table of nodes: what is checked before they give wrong answers."""

from nodeselect.engines.sql.counts import Execute
from nodeselect.engines.sql.dialect import Dialect
from nodeselect.engines.sql.table import SqlTable
from nodeselect.engines.sql.text import LongTable
from nodeselect.errors import InventoryError
from nodeselect.text import quoted

# The type of a column: 'text' for all that compares as text. Blanks pad the texts of char(n).
_TYPES = {
    "postgresql": (
        "(WITH RECURSIVE base AS (SELECT * FROM pg_type WHERE oid = pg_typeof({})"
        " UNION ALL SELECT pg_type.* FROM pg_type JOIN base ON pg_type.oid = base.typbasetype)"
        " SELECT CASE WHEN typcategory = 'S' AND typname <> 'bpchar' THEN 'text'"
        " ELSE format_type(oid, NULL) END FROM base WHERE typbasetype = 0)"
    ),
    "duckdb": "CASE typeof({0}) WHEN 'VARCHAR' THEN 'text' ELSE typeof({0}) END",
    "sqlite": "typeof({})",
    # Values may have a collation, in a map, too.
    "spark": (
        "regexp_replace(regexp_replace(typeof({}), ' collate [A-Za-z0-9_]+', ''),"
        " '^string$', 'text')"
    ),
}

# The type of a column of all labels.
_TYPES_OF_LABELS = {
    "postgresql": "jsonb",
    "duckdb": "MAP(VARCHAR, VARCHAR)",
    "sqlite": "text",
    "spark": "map<string,string>",
}

# What a column without values is in SQLite, in DuckDB, and in Spark.
_NO_VALUE = ("null", '"NULL"', "void")

# Whether labels are no object of texts, in the databases whose type of labels allows that.
_ARE_WRONG = {
    "postgresql": (
        "jsonb_typeof({0}) <> 'object' OR jsonb_path_exists({0},"
        """ 'strict $.* ? (@.type() != "string" && @.type() != "null")', '{{}}', TRUE)"""
    ),
    "sqlite": (
        "CASE WHEN {0} IS NULL THEN FALSE WHEN NOT json_valid({0}) THEN TRUE"
        " WHEN json_type({0}) <> 'object' THEN TRUE"
        " ELSE (SELECT count(*) <> count(DISTINCT key) OR count(*) <> sum(type IN ('text', 'null'))"
        " FROM json_each({0})) END"
    ),
}


def check_columns(execute: Execute, table: SqlTable) -> None:
    """Check that columns are of types that make conditions right, and that ids are distinct.

    A column that does not exist is an error of the database. In PostgreSQL and SQLite, whose JSON
    may have labels of any type, all labels are read; in SQLite, where each value has its own type,
    all columns. All ids are read, except by Spark.

    :raises InventoryError: with the code ``invalid-column``, ``no-id``, ``empty-id`` or
        ``duplicate-id``.
    """
    dialect, labels = table.dialect, table.conditions.labels
    columns = {"the ids": table.id}
    for key, column in table.conditions.columns.items():
        columns[f"the label {quoted(key)}"] = column
    if table.name is not None:
        columns["the names"] = table.name
    if table.state is not None:
        columns["the states"] = table.state
    _check_types(execute, dialect, table.table, table.where, columns)
    if isinstance(labels, LongTable):
        _, node_ids, keys, values = labels
        columns = {"the node ids": node_ids, "the keys": keys, "the values": values}
        _check_types(execute, dialect, str(labels.table), None, columns)
    elif labels is not None:
        expected = _TYPES_OF_LABELS[dialect.name]
        columns = {"all labels": labels}
        _check_types(execute, dialect, table.table, table.where, columns, expected)
        _check_labels(execute, table, labels)
    if dialect.name != "spark":
        _check_ids(execute, table)


def _check_types(
    execute: Execute,
    dialect: Dialect,
    table: str,
    where: str | None,
    columns: dict[str, str],
    expected: str = "text",
) -> None:
    """Check that columns are of a type.

    :param where: a condition in parentheses that a row must satisfy to be checked.
    :param columns: the columns, by what each is for.
    """
    types = [_TYPES[dialect.name].format(column) for column in columns.values()]
    has = "has the type"
    # Such a join has one row, even if the table has none.
    rows = f"(SELECT 1 AS one_row) AS one LEFT JOIN {table} ON FALSE"
    if dialect.name == "sqlite":  # a row with another type, if there is one
        has = "has a value of the type"
        is_other = " OR ".join(f"{type_} NOT IN ('{expected}', 'null')" for type_ in types)
        rows = f"{table} WHERE {where or 'TRUE'} AND ({is_other})"
    for row in execute(f"SELECT {', '.join(types)} FROM {rows} LIMIT 1"):
        for role, found in zip(columns, row, strict=True):
            if found not in (expected, *_NO_VALUE):
                message = f"the column with {role} {has} {found}, not {expected}"
                hint = "name another column, or a view that casts this one"
                raise InventoryError("invalid-column", message, hint=hint)


def _check_labels(execute: Execute, table: SqlTable, labels: str) -> None:
    """Check that all labels are maps of texts, except if the type of their column ensures it."""
    dialect = table.dialect
    if dialect.name in _ARE_WRONG:
        are_wrong = _ARE_WRONG[dialect.name].format(labels)
        query = f"SELECT {table.id} FROM {table.rows(are_wrong)} LIMIT 1"
        for (node_id,) in execute(query):
            message = f"the labels of the node {quoted(str(node_id))} are not an object of texts"
            hint = "store numbers and booleans as texts, or name a view that casts them"
            raise InventoryError("invalid-column", message, hint=hint)


def _check_ids(execute: Execute, table: SqlTable) -> None:
    """Check that no id is NULL, empty or there twice."""
    node_id = table.dialect.bytewise(table.id)
    query = (
        f"SELECT {node_id}, count(*) FROM {table.rows()} GROUP BY {node_id}"
        f" HAVING count(*) > 1 OR {node_id} IS NULL OR {node_id} = '' LIMIT 1"
    )
    for found, count in execute(query):
        if found is None:
            code, message = "no-id", "a node has no id: its column has NULL"
        elif not found:
            code, message = "empty-id", "a node has an empty id"
        else:
            code, message = "duplicate-id", f"{count:,} nodes have the id {quoted(found)}"
        hint = "name a column, or a view, with a distinct id for each node"
        raise InventoryError(code, message, hint=hint)
