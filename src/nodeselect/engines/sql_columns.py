"""The types of the columns of a table of nodes, checked before they give wrong answers."""

from nodeselect.engines.sql import LongTable, quote
from nodeselect.engines.sql_counts import Execute
from nodeselect.engines.sql_table import SqlTable
from nodeselect.errors import InventoryError
from nodeselect.text import quoted

__all__ = ["check_columns"]

# The type of a column: 'text' for all that compares as text. Blanks pad the texts of char(n).
_TYPES = {
    "postgresql": (
        "(SELECT CASE WHEN typcategory = 'S' AND typname <> 'bpchar' THEN 'text'"
        " ELSE format_type(coalesce(nullif(typbasetype, 0), oid), NULL) END"
        " FROM pg_type WHERE oid = pg_typeof({}))"
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
_LABELS = {
    "postgresql": "jsonb",
    "duckdb": "MAP(VARCHAR, VARCHAR)",
    "sqlite": "JSON object of texts",
    "spark": "map<string,string>",
}

# How to cast a column that may have all labels in another form.
_LABEL_CASTS = {
    "postgresql": ": CAST({} AS jsonb)",
    "duckdb": ": CAST(CAST({} AS JSON) AS MAP(VARCHAR, VARCHAR))",
}
_CASTABLE = ("json", "text", "struct", "map")

# What is in a column of all labels in SQLite, which knows no type of objects.
_LABELS_IN_SQLITE = """CASE
    WHEN {0} IS NULL THEN 'JSON object of texts'
    WHEN typeof({0}) <> 'text' THEN typeof({0})
    WHEN NOT json_valid({0}) THEN 'text that is not JSON'
    WHEN json_type({0}) <> 'object' THEN 'JSON ' || json_type({0})
    WHEN EXISTS (SELECT 1 FROM json_each({0}) WHERE type NOT IN ('text', 'null'))
        THEN 'JSON object with a label that is not a text'
    WHEN (SELECT count(*) <> count(DISTINCT key) FROM json_each({0}))
        THEN 'JSON object with a key twice'
    ELSE 'JSON object of texts' END"""

# The labels of rows that are not objects of texts. Of all rows, that would take PostgreSQL longer
# than most answers: two seconds for a million.
_FIRST_ROWS = 1_000
_LABELS_IN_POSTGRESQL = """SELECT node_id
    FROM (SELECT {0} AS node_id, {1} AS all_labels FROM {2} LIMIT {3}) AS nodes
    WHERE jsonb_typeof(all_labels) <> 'object' OR jsonb_path_exists(
        all_labels, 'strict $.* ? (@.type() != "string" && @.type() != "null")', '{{}}', TRUE)
    LIMIT 1"""

# What a column without values is in SQLite, in DuckDB, and in Spark.
_NO_VALUE = ("null", '"NULL"', "void")


def check_columns(execute: Execute, table: SqlTable) -> None:
    """Check that ids, names, states and labels have the types for which conditions are right.

    In PostgreSQL, DuckDB and Spark, the type of each column is read, and of ``jsonb`` the labels in
    the first thousand rows, too. In SQLite, where each value has its own type, all rows are read,
    with their JSON. Other databases are not checked.

    :raises InventoryError: with the code ``invalid-column``.
    """
    dialect, labels = table.dialect, table.conditions.labels
    if dialect.name not in _TYPES:
        return
    columns = {"the ids": table.id}
    for key, column in table.conditions.columns.items():
        columns[f"the label {quoted(key)}"] = column
    if table.name is not None:
        columns["the names"] = table.name
    if table.state is not None:
        columns["the states"] = table.state
    if isinstance(labels, LongTable):
        names = {"the node ids": labels.node_id, "the keys": labels.key, "the values": labels.value}
        of_labels = {role: quote(name, dialect) for role, name in names.items()}
        _check(execute, dialect.name, quote(labels.table, dialect), of_labels)
    elif labels is not None:
        columns["all labels"] = quote(labels, dialect)
    _check(execute, dialect.name, table.rows(), columns)
    if dialect.name == "postgresql" and "all labels" in columns:
        query = _LABELS_IN_POSTGRESQL.format(
            table.id, columns["all labels"], table.rows(), _FIRST_ROWS
        )
        for (node_id,) in execute(query):
            raise InventoryError(
                "invalid-column",
                f"the labels of the node {quoted(str(node_id))} are not an object of texts",
                hint="store numbers and booleans as texts, or name a view that casts them",
            )


def _check(execute: Execute, dialect: str, rows: str, columns: dict[str, str]) -> None:
    """Check columns by what each is for."""
    types = {role: _TYPES[dialect].format(name) for role, name in columns.items()}
    if dialect == "sqlite":
        allowed = {role: "('text')" if role == "the ids" else "('text', 'null')" for role in types}
        if "all labels" in types:
            types["all labels"] = _LABELS_IN_SQLITE.format(columns["all labels"])
            allowed["all labels"] = f"('{_LABELS[dialect]}')"
        wrong = " OR ".join(f"{type_} NOT IN {allowed[role]}" for role, type_ in types.items())
        rows = f"(SELECT * FROM {rows}) AS nodes WHERE {wrong}"
    for row in execute(f"SELECT {', '.join(types.values())} FROM {rows} LIMIT 1"):
        for role, found in zip(types, row, strict=True):
            wanted = _LABELS[dialect] if role == "all labels" else "text"
            is_absent = found in _NO_VALUE and role != "the ids"
            if found != wanted and not is_absent:
                has = "has a value of the type" if dialect == "sqlite" else "has the type"
                hint = "name another column, or a view that casts this one"
                if wanted != "text" and found.lower().startswith(_CASTABLE):
                    hint += _LABEL_CASTS.get(dialect, "").format(columns[role])
                raise InventoryError(
                    "invalid-column",
                    f"the column with {role} {has} {found}, not {wanted}",
                    hint=hint,
                )
