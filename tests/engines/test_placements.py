"""Placements in engines: a table decides as ``Placement.matches`` does."""

import re
import sqlite3
from collections.abc import Callable
from typing import Any

import duckdb
import polars as pl
import psycopg
import pytest
import sqlalchemy as sa

from nodeselect import Inventory, Node, Placement, Selector, Taint, Toleration
from nodeselect.engines import polars, sql, sqlalchemy
from nodeselect.engines.sql import SqlNodes
from nodeselect.engines.sql.dialects import EXACT
from tests.engines import cases
from tests.engines.databases import Database
from tests.engines.placements import NODES, RESOURCES, TAINTS, query, wrong
from tests.engines.placements import PLACEMENTS as ALL

PLACEMENTS = list(cases.sample(ALL, 1))

COLUMNS: Any = {"taints": TAINTS, "resources": RESOURCES}

SETUP_NAMES = [
    "postgresql", "postgresql, exact", "duckdb", "duckdb, all without case", "sqlite",
]  # fmt: skip


def test_the_cases_decide_everything() -> None:
    """Some nodes and placements match, and some fail for each of the reasons alone."""
    answers = [(node, each) for node in NODES for each in PLACEMENTS]
    share = sum(placement.matches(node) for node, placement in answers) / len(answers)
    assert 0.1 < share < 0.5


@pytest.fixture(params=SETUP_NAMES)
def database(request: pytest.FixtureRequest, start: Callable[[str], Database]) -> Database:
    database = start(request.param)
    database.run("DROP TABLE IF EXISTS placed")
    database.run(f"CREATE TABLE placed AS {query(database.dialect)}")
    return database


def test_verdicts(database: Database) -> None:
    """No verdict of a database is wrong or NULL."""
    exact = database.conditions in EXACT.values()
    conditions = [sql.where(each, database.dialect, exact=exact, **COLUMNS) for each in PLACEMENTS]
    answers = database.run(f"SELECT {', '.join(conditions)} FROM placed ORDER BY id")
    assert wrong(PLACEMENTS, list(answers)) == []


def test_sets_and_explanations(database: Database) -> None:
    """The nodes, their counts, and what is not known, are those of an inventory."""
    inventory = Inventory(NODES)
    nodes = SqlNodes(database.run, database.dialect, "placed", **COLUMNS)
    for placement in PLACEMENTS[::8]:
        found, expected = nodes.match(placement), inventory.match(placement)
        assert found.ids() == expected.ids()
        assert found.not_considered == expected.not_considered
        explained, explanation = nodes.explain(placement), inventory.explain(placement)
        assert explained.matched == len(expected)
        assert explained.total == len(NODES)
        assert explained.not_considered == explanation.not_considered
        each_way: tuple[Any, ...] = (nodes, inventory)
        for nodes_of in each_way:
            plain, placed = nodes_of.match(Selector.parse("!none")), nodes_of.match(placement)
            for both in (plain - placed, placed | plain, placed.in_states(["x"]) & plain):
                assert both.not_considered == expected.not_considered


def test_an_explanation_counts_all_in_one_query(database: Database) -> None:
    """What is unknown is counted with the groups, in a subquery that is not merged."""
    queries: list[str] = []

    def run(query: str) -> Any:
        queries.append(query)
        return database.run(query)

    columns = {"region": "id"}
    nodes = SqlNodes(run, database.dialect, "placed", labels=None, columns=columns, **COLUMNS)
    placement = Placement(Selector.parse("region"), requests={"cpu": 1})
    queries.clear()
    assert nodes.explain(placement, examples=0).not_considered
    (query,) = queries
    assert f"{nodes._table.dialect.fence}) AS failures" in query


def test_polars() -> None:
    entries = pl.List(pl.Struct({"key": pl.String, "value": pl.String}))
    amounts = pl.List(pl.Struct({"key": pl.String, "value": pl.Int64}))
    fields = {"key": pl.String, "effect": pl.String, "value": pl.String}
    frame = pl.DataFrame(
        {
            "id": [node.id for node in NODES],
            "labels": pl.Series([_pairs(node.labels) for node in NODES], dtype=entries),
            TAINTS: pl.Series(
                [None if node.taints is None else _structs(node.taints) for node in NODES],
                dtype=pl.List(pl.Struct(fields)),
            ),
            RESOURCES: pl.Series([_pairs(node.resources) for node in NODES], dtype=amounts),
        }
    )
    frame = frame.with_columns(pl.col("labels", RESOURCES).list.to_map())
    asked = [polars.where(each, **COLUMNS).alias(str(at)) for at, each in enumerate(PLACEMENTS)]
    assert wrong(PLACEMENTS, frame.select(asked).rows()) == []
    texts = frame.with_columns(pl.lit("4Gi").alias("amount")).select(
        resources=pl.concat_list(pl.struct(key=pl.lit("cpu"), value="amount")).list.to_map()
    )
    with pytest.raises(pl.exceptions.PolarsError):
        texts.filter(polars.where(TOLERANT, resources="resources"))


def _pairs(values: Any) -> list[dict[str, Any]] | None:
    return None if values is None else [{"key": k, "value": v} for k, v in values.items()]


def _structs(taints: tuple[Taint, ...]) -> list[dict[str, str | None]]:
    return [{**taint._asdict(), "value": taint.value or None} for taint in taints]


def test_sqlalchemy(database: Database, request: pytest.FixtureRequest) -> None:
    if database.dialect == "duckdb":
        pytest.importorskip("duckdb_sqlalchemy")
    name, connect = f"{database.dialect}://", lambda: database.connection
    if database.dialect == "postgresql":
        server = request.getfixturevalue("postgresql_server")
        name, connect = "postgresql+psycopg://", lambda: psycopg.connect(server)
    elif database.dialect == "sqlite" and database.connection.in_transaction:
        database.run("COMMIT")
    engine = sa.create_engine(name, creator=connect, poolclass=sa.StaticPool)
    table = sa.table("placed", *map(sa.column, ["id", "labels", TAINTS, RESOURCES]))
    asked = [
        sqlalchemy.where(
            each, labels=table.c.labels, taints=table.c[TAINTS], resources=table.c[RESOURCES]
        )
        for each in PLACEMENTS[::2]
    ]
    with engine.connect() as connection:
        answers = connection.execute(sa.select(*asked).select_from(table).order_by(table.c.id))
        assert wrong(PLACEMENTS[::2], [tuple(row) for row in answers]) == []
        nodes = sqlalchemy.nodes(connection, "placed", **COLUMNS)
        assert nodes.match(PLACEMENTS[0]).ids() == Inventory(NODES).match(PLACEMENTS[0]).ids()
    engine.dispose()


TOLERANT = Placement(tolerations=[Toleration(operator="Exists")], requests={"cpu": 1})


@pytest.mark.parametrize(
    ("placement", "options", "missing"),
    [
        (Placement(), {}, "taints"),
        (Placement(), {"resources": "r"}, "taints"),
        (Placement(requests={"cpu": 1}), {"taints": "t"}, "resources"),
        (TOLERANT, {}, "resources"),
    ],
)
def test_a_fact_without_a_column_is_an_error(
    placement: Placement, options: dict[str, Any], missing: str
) -> None:
    """A taint or an amount that no column has is never left out of the answer."""
    columns: Any = {fact: sa.column(name) for fact, name in options.items()}
    nodes = SqlNodes(sqlite3.connect(":memory:").execute, "sqlite", **options)
    calls: list[Callable[[], object]] = [
        lambda: sql.where(placement, "spark", **options),
        lambda: polars.where(placement, **options),
        lambda: sqlalchemy.where(placement, labels=sa.column("labels"), **columns),
        lambda: nodes.match(placement),
        lambda: nodes.explain(placement),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=f"the placement asks for {missing}: say which"):
            call()


def test_only_an_inventory_explains_a_placement_on_one_node() -> None:
    wrong: Any = Placement()
    nodes = SqlNodes(sqlite3.connect(":memory:").execute, "sqlite", taints="t")
    with pytest.raises(TypeError, match="expected a Selector or an AnyOf, not Placement"):
        nodes.explain_node(wrong, Node("n-1"))


def test_a_placement_that_tolerates_everything_needs_no_taints() -> None:
    text = sql.where(TOLERANT.replace(requests={}), "duckdb")
    assert text == "TRUE"


@pytest.mark.parametrize("amount", ['"4Gi"', '"4"', '{"limit":4}', "[4]"])
def test_a_quantity_is_not_an_amount(start: Callable[[str], Database], amount: str) -> None:
    """In a table, amounts are integers: what Kubernetes writes would have another unit."""
    resources, shown = f'{{"cpu": {amount}}}', re.escape(amount.strip('"'))
    condition = sql.where(TOLERANT, "sqlite", resources="r")
    with pytest.raises(sqlite3.OperationalError, match=f"the amount {shown} is not an integer"):
        sqlite3.connect(":memory:").execute(
            f"SELECT {condition} FROM (SELECT '{resources}' AS r)"
        ).fetchall()
    condition = sql.where(TOLERANT, "postgresql", resources="r")
    with pytest.raises(psycopg.Error, match=r"cannot cast jsonb \w+ to type numeric"):
        start("postgresql").run(
            f"SELECT {condition} FROM (SELECT '{resources}'::jsonb AS r) AS nodes"
        )


@pytest.mark.parametrize("null", ["null", " null\n"])
def test_null_in_json_is_unknown(null: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE nodes (id TEXT, r TEXT, t TEXT)")
    connection.execute("INSERT INTO nodes VALUES ('n-1', ?, ?)", [null, null])
    nodes = SqlNodes(connection.execute, "sqlite", labels=None, taints="t", resources="r")
    found = nodes.match(Placement(requests={"cpu": 1}))
    assert found.ids() == ["n-1"]
    assert [words.split()[1] for words in found.not_considered] == ["taints", "resources"]
    only = SqlNodes(connection.execute, "sqlite", labels=None, resources="r")
    assert only.match(TOLERANT).not_considered == ("unknown resources of 1 of 1 node",)


def test_a_taint_that_is_not_one_excludes() -> None:
    """An element without a key or an effect is tolerated only by what tolerates everything."""
    database = duckdb.connect()
    database.execute("CREATE TABLE nodes (t STRUCT(key VARCHAR, value VARCHAR, effect VARCHAR)[])")
    database.execute("INSERT INTO nodes VALUES ([NULL]), ([{key: NULL, value: '', effect: NULL}])")
    tolerant = Placement(tolerations=[Toleration("gpu", "Exists"), Toleration("a", "Equal")])
    for placement, count in ((Placement(), 0), (tolerant, 0), (TOLERANT, 2)):
        condition = sql.where(placement.replace(requests={}), "duckdb", taints="t")
        (row,) = database.execute(f"SELECT count(*) FROM nodes WHERE {condition}").fetchall()
        assert row == (count,)


def test_a_label_is_not_a_taint_and_not_a_resource() -> None:
    """A selector with the names of facts reads labels; a placement reads only its columns."""
    condition = sql.where(Selector.parse("taints"), "duckdb", taints="t", resources="r")
    assert condition == sql.where(Selector.parse("taints"), "duckdb")
    placement = Placement(Selector.parse("cpu>1"), requests={"cpu": 1})
    text = sql.where(placement, "duckdb", taints="t", resources="r", columns={"cpu": "label"})
    assert text.count('"t"') == 1
    assert text.count('"label"') == text.partition("NOT EXISTS")[0].count('"label"')
