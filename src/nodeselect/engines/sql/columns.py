"""The columns of a table of nodes: what is checked before they give wrong answers."""

from nodeselect.engines.sql.counts import Execute
from nodeselect.engines.sql.dialect import Dialect
from nodeselect.engines.sql.table import SqlTable
from nodeselect.engines.sql.text import LongTable
from nodeselect.errors import InventoryError
from nodeselect.text import join_limited, quoted

# A query for the names of the columns of a table.
_NAMES = {
    "postgresql": (
        "SELECT attname FROM pg_attribute WHERE attrelid = CAST({literal} AS regclass)"
        " AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    ),
    "duckdb": "DESCRIBE SELECT * FROM {table}",
    "sqlite": "SELECT name FROM pragma_table_xinfo({pieces})",
    "spark": "DESCRIBE SELECT * FROM {table}",
}

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


# A row if an index in PostgreSQL ensures that ids are distinct; it has no rows of tables that
# inherit from this one, unless these are partitions.
_UNIQUE = """SELECT 1 FROM pg_index
    JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
    JOIN pg_class ON pg_class.oid = indrelid
    WHERE indrelid = CAST({} AS regclass) AND attname = {}
    AND indisunique AND indisvalid AND indnkeyatts = 1 AND indpred IS NULL
    AND (relkind = 'p' OR NOT relhassubclass)"""


def check_columns(execute: Execute, table: SqlTable) -> None:
    """Check that columns exist, that their types make conditions right, and that ids are distinct.

    In PostgreSQL, DuckDB and Spark, the type of each column is read, and of ``jsonb`` the labels in
    the first thousand rows, too. In SQLite, where each value has its own type, all rows are read,
    with their JSON. All ids are read, except by Spark, and by PostgreSQL if they have a unique
    index. Other databases are not checked.

    :raises InventoryError: with the code ``no-column``, ``invalid-column``, ``no-id``, ``empty-id``
        or ``duplicate-id``.
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
        _, node_ids, keys, values = labels
        names = {"the node ids": node_ids, "the keys": keys, "the values": values}
        _check(execute, dialect, str(labels.table), names)
    elif labels is not None:
        columns["all labels"] = labels
    _check(execute, dialect, table.table, columns, table.rows())
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
    if dialect.name != "spark":
        _check_ids(execute, table)


def _check(
    execute: Execute, dialect: Dialect, table: str, columns: dict[str, str], rows: str = ""
) -> None:
    """Check columns by what each is for.

    :param rows: what to write after FROM, if not all rows of the table are nodes.
    """
    _check_names(execute, dialect, table, columns)
    types = {role: _TYPES[dialect.name].format(name) for role, name in columns.items()}
    # Such a join has one row, even if the table has none.
    source = f"(SELECT 1 AS nodeselect_row) AS nodeselect_rows LEFT JOIN {table} ON FALSE"
    if dialect.name == "sqlite":
        if "all labels" in types:
            types["all labels"] = _LABELS_IN_SQLITE.format(columns["all labels"])
        allowed = f"('text', 'null', '{_LABELS['sqlite']}')"
        wrong = " OR ".join(f"{type_} NOT IN {allowed}" for type_ in types.values())
        source = f"(SELECT * FROM {rows or table}) AS nodes WHERE {wrong}"
    for row in execute(f"SELECT {', '.join(types.values())} FROM {source} LIMIT 1"):
        for role, found in zip(types, row, strict=True):
            wanted = _LABELS[dialect.name] if role == "all labels" else "text"
            if found not in (wanted, *_NO_VALUE):
                has = "has a value of the type" if dialect.name == "sqlite" else "has the type"
                hint = "name another column, or a view that casts this one"
                if wanted != "text" and found.lower().startswith(_CASTABLE):
                    hint += _LABEL_CASTS.get(dialect.name, "").format(columns[role])
                raise InventoryError(
                    "invalid-column",
                    f"the column with {role} {has} {found}, not {wanted}",
                    hint=hint,
                )


def _check_names(execute: Execute, dialect: Dialect, table: str, columns: dict[str, str]) -> None:
    pieces = reversed(_split(table, dialect))  # SQLite reads the name before that of the schema
    query = _NAMES[dialect.name].format(
        table=table,
        literal=dialect.literal(table),
        pieces=", ".join(map(dialect.literal, pieces)),
    )
    existing = [str(row[0]) for row in execute(query)]
    for column in columns.values():
        path = _split(column, dialect)  # of a field, or of a column behind the table
        if existing and not any(piece in existing for piece in path):
            import difflib  # loads slowly

            name = ".".join(path)
            lowered = {each.lower(): each for each in existing}
            close = difflib.get_close_matches(name.lower(), lowered, 1)
            raise InventoryError(
                "no-column",
                f"there is no column {quoted(name)}; the columns are"
                f" {join_limited(list(map(quoted, existing)), 20)}",
                hint=f"did you mean {quoted(lowered[close[0]])}?" if close else None,
            )


def _split(name: str, dialect: Dialect) -> list[str]:
    """Return the pieces of a quoted name."""
    _, first, *rest = name.split(dialect.quotes)
    pieces = [first]
    for between, after in zip(rest[::2], rest[1::2], strict=False):
        if between:  # a dot; otherwise, the two quotes stand for one in the name
            pieces.append(after)
        else:
            pieces[-1] += dialect.quotes + after
    return pieces


def _check_ids(execute: Execute, table: SqlTable) -> None:
    dialect, path = table.dialect, _split(table.id, table.dialect)
    node_id = dialect.bytewise(table.id)
    unusable = f"{node_id} IS NULL OR {node_id} = ''"
    query = (
        f"SELECT {node_id}, count(*) FROM {table.rows()} GROUP BY {node_id}"
        f" HAVING count(*) > 1 OR {unusable} LIMIT 1"
    )
    if dialect.name == "postgresql" and len(path) == 1:
        unique = _UNIQUE.format(dialect.literal(table.table), dialect.literal(path[0]))
        if list(execute(unique)):
            query = f"SELECT {table.id}, 1 FROM {table.rows(unusable)} LIMIT 1"
    for found, count in execute(query):
        column = f"in the column {quoted('.'.join(path))}"
        if found is None:
            code, message = "no-id", f"a node has no id: there is NULL {column}"
        elif not found:
            code, message = "empty-id", f"a node has an empty id {column}"
        else:
            code, message = "duplicate-id", f"{count:,} nodes have the id {quoted(found)} {column}"
        hint = "name a column, or a view, with a distinct id for each node"
        raise InventoryError(code, message, hint=hint)
