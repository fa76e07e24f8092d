"""Selectors as columns of Spark. Needs pyspark and Java: see tests/engines/requirements.txt."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nodeselect import AnyOf, Inventory, InventoryError, Node, Placement, Selector, Toleration
from nodeselect.engines import spark
from nodeselect.engines.sql import LongTable
from nodeselect.engines.sql import nodes as sql_nodes
from nodeselect.inventory import audit_labels, count_labels
from tests.engines import cases, placements
from tests.engines.cases import COLUMNS, Row
from tests.engines.spark_session import MISSING
from tests.engines.spark_session import session as spark_session
from tests.explain.planted_faults import make_fleet, plant

pytest.importorskip("pyspark", reason=MISSING)

ROWS = cases.sample(cases.fleet(50), 5)

# Interpreted plans are ten times as fast for a few rows and thousands of conditions.
INTERPRETED = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def table(rows: Sequence[Row]) -> pa.Table:
    """Return rows with a map of all labels, and a column for each of ``COLUMNS``."""
    text = pa.string()
    labels = [None if row.labels is None else list(row.labels.items()) for row in rows]
    columns = {
        "at": pa.array(range(len(rows)), pa.int64()),
        "id": pa.array([row.id for row in rows], text),
        "labels": pa.array(labels, pa.map_(text, text)),
    }
    for key, column in COLUMNS.items():
        columns[column] = pa.array([row.present.get(key) for row in rows], text)
    return pa.table(columns)


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """Yield a session of Spark with two threads."""
    with spark_session() as started:
        yield started


@pytest.fixture(scope="module")
def nodes(session: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the rows, from a Parquet file."""
    path = tmp_path_factory.mktemp("nodes") / "nodes.parquet"
    pq.write_table(table(ROWS), path)
    return session.read.parquet(str(path))


def test_bring_home(session: Any) -> None:
    """What Spark selects becomes an inventory, by Arrow."""
    fleet = [("n-1", {"gpu": "t4"}, "ready"), ("n-2", {}, None), ("n-3", None, "lost")]
    frame = session.createDataFrame(fleet, "id STRING, labels MAP<STRING, STRING>, state STRING")
    everything = [Node("n-1", {"gpu": "t4"}, state="ready"), Node("n-2"), Node("n-3", state="lost")]
    assert list(Inventory.from_arrow(frame.toArrow())) == everything
    chosen = frame.filter(spark.where(Selector.parse("!gpu")))
    assert list(Inventory.from_arrow(chosen.toArrow())) == everything[1:]


@contextlib.contextmanager
def settings(session: Any, values: dict[str, str]) -> Iterator[None]:
    """Change settings of the session for a while."""
    before = {name: session.conf.get(name, None) for name in values}
    for name, value in values.items():
        session.conf.set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            session.conf.unset(name) if value is None else session.conf.set(name, value)


def asking(
    nodes: Any, **options: Any
) -> Callable[[Sequence[Selector | AnyOf]], Iterable[Sequence[object]]]:
    """Return what asks for the answers to selectors, for ``cases.check``."""

    def ask(selectors: Sequence[Selector | AnyOf]) -> Iterable[Sequence[object]]:
        answers = (spark.where(selector, **options) for selector in selectors)
        rows: Iterable[Sequence[object]] = nodes.orderBy("at").select(*answers).collect()
        return rows

    return ask


@pytest.mark.parametrize("columns", [{}, COLUMNS], ids=["map", "columns"])
@pytest.mark.parametrize(
    "setting",
    [
        {"spark.sql.ansi.enabled": "true"},
        {"spark.sql.ansi.enabled": "false"},
        {"spark.sql.parser.escapedStringLiterals": "true"},
    ],
    ids=str,
)
def test_verdicts(
    session: Any, nodes: Any, columns: dict[str, str], setting: dict[str, str]
) -> None:
    """Every row gets the verdict of ``Selector.matches``, whatever the settings; none is NULL."""
    with settings(session, INTERPRETED | setting):
        chosen = cases.sample(cases.selectors(100), 4)
        verdicts = cases.check(chosen, ROWS, asking(nodes, columns=columns))
    assert verdicts.wrong == []
    assert verdicts.compared > 5_000


def test_verdicts_of_compiled_plans(nodes: Any) -> None:
    """Plans that Spark compiles, as it does by default, give the same verdicts."""
    for columns in ({}, COLUMNS):
        chosen = cases.selectors(40)[::10]
        assert cases.check(chosen, ROWS, asking(nodes, columns=columns)).wrong == []


def test_collations(session: Any, nodes: Any) -> None:
    """Values compare byte for byte, whatever the collation of the columns and of the map."""
    from pyspark.sql import functions

    collated = "string collate UTF8_LCASE"
    typed = [
        functions.expr(f"CAST({name} AS {type_})").alias(alias)
        for name, type_, alias in [
            ("at", "long", "at"),
            ("id", collated, "id"),
            ("labels", f"map<string, {collated}>", "labels"),
            *((f"`{name.replace('`', '``')}`", collated, name) for name in COLUMNS.values()),
        ]
    ]
    rows = nodes.select(typed)
    with settings(session, INTERPRETED):
        for columns in ({}, COLUMNS):
            ask = asking(rows, columns=columns)
            assert cases.check(cases.sample(cases.selectors(40), 8), ROWS, ask).wrong == []


@pytest.mark.parametrize(
    "collation",
    ["UNICODE", "UNICODE_CI", "UNICODE_AI", "de_CI", "UTF8_LCASE_RTRIM", "UNICODE_RTRIM"],
)
def test_numbers_in_a_text_with_a_collation(session: Any, collation: str) -> None:
    """A comparison of integers works in each collation, also if it has no regular expressions."""
    values = "('n-1', '5'), ('n-2', 'x'), ('n-3', '5 '), ('n-4', ''), ('n-5', NULL)"
    rows = session.sql(
        f"SELECT id, v COLLATE {collation} AS k, map('k', v COLLATE {collation}) AS labels"
        f" FROM VALUES {values} AS nodes(id, v)"
    )
    for columns in ({}, {"k": "k"}):
        for text, ids in {"k>4": ["n-1"], "k<5": [], "k>4,k=5": ["n-1"]}.items():
            found = rows.filter(spark.where(Selector.parse(text), columns=columns)).collect()
            assert [row.id for row in found] == ids, text


def test_many_ids_are_joined(nodes: Any) -> None:
    """A selector of 100,000 ids is a broadcast join, and selects the nodes with exactly these."""
    ids = [row.id for row in ROWS if row.id and row.id.isprintable()][::2]
    many = Selector.of(match_ids=[*ids, *(f"other-{at}" for at in range(100_000 - len(ids)))])
    matching = nodes.filter(spark.where(many)).select("id")
    assert sorted(row.id for row in matching.collect()) == sorted(ids)
    assert "BroadcastHashJoin" in plan(matching)
    answers = nodes.select(spark.where(many).alias("answer")).collect()
    assert sum(row.answer for row in answers) == len(ids)
    assert {row.answer for row in answers} == {True, False}


def plan(frame: Any) -> str:
    """Return how Spark runs a query."""
    return str(frame._jdf.queryExecution().toString())


def test_what_is_pushed_down_to_files(nodes: Any) -> None:
    """Conditions on columns are pushed down to Parquet; of a map, that it is there."""
    columns = {"region": "a", "tier": "x", "gpu": "Rack"}
    matching = nodes.filter(
        spark.where(Selector.parse("region=us-east,tier in (a,b),gpu"), columns=columns)
    )
    pushed = "IsNotNull(a), EqualTo(a,us-east), IsNotNull(x), In(x, [a,b]), IsNotNull(Rack)"
    assert f"PushedFilters: [{pushed}]" in plan(matching.select("id"))
    assert "struct<id:string,a:string,x:string,Rack:string>" in plan(matching.select("id"))
    matching = nodes.filter(spark.where(Selector.parse("a=b")))
    assert "PushedFilters: [IsNotNull(labels)]" in plan(matching)


def test_a_table_of_labels(session: Any, nodes: Any) -> None:
    """Labels may be in a table of their own."""
    from pyspark.sql import functions

    long = nodes.select("id", functions.explode("labels").alias("key", "value"))
    long.createOrReplaceTempView("labels_of_nodes")
    rows = [row for row in ROWS if row.id]
    with settings(session, INTERPRETED):
        ask = asking(nodes.filter("id <> ''"), labels=LongTable("labels_of_nodes", "id"))
        chosen = [Selector.parse(text) for text in ("a=a", "!a", "a>1,b notin (a,b)", "gpu")]
        assert cases.check(chosen, rows, ask).wrong == []


def test_many_ids_are_explained(session: Any) -> None:
    """Many ids are joined in an explanation, and for the counts and samples of a set, too."""
    inventory = Inventory(Node(f"n-{at}", {"gpu": str(at % 2)}) for at in range(5))
    many = Selector.of(
        match_expressions=["gpu=1"], match_ids=["n-1", "n-2", *(f"x-{at}" for at in range(1_000))]
    )
    with spark.nodes(session.createDataFrame(inventory.to_arrow())) as nodes:
        assert nodes.explain(many) == inventory.explain(many)
        found = nodes.match(many)
        assert count_labels(found) == count_labels(inventory.match(many))
        assert [node.id for node in found.sample(9)] == ["n-1"]


@pytest.mark.parametrize("columns", [{}, COLUMNS], ids=["map", "columns"])
def test_explanations(session: Any, columns: dict[str, str]) -> None:
    """An explanation equals that of an inventory."""
    rows = sorted((row for row in ROWS if row.id and row.id.isprintable()), key=by_id)
    states = ["connected", "Ready", "lost", None]
    inventory = Inventory(
        Node(str(row.id), row.present, f"name-{at % 7}", states[at % 4])
        for at, row in enumerate(rows)
    )
    stored = table(rows).append_column(
        "state", pa.array([states[at % 4] for at in range(len(rows))], pa.string())
    )
    names = [f"name-{at % 7}" for at in range(len(rows))]
    frame = session.createDataFrame(stored.append_column("name", pa.array(names))).cache()
    with (
        settings(session, INTERPRETED),
        spark.nodes(frame, columns=columns, name="name", state="state") as counted,
    ):
        for selector in cases.sample(cases.selectors(60), 40):
            assert counted.explain(selector) == inventory.explain(selector), selector
    assert not [view for view in session.catalog.listTables() if "nodeselect" in view.name]


@pytest.mark.parametrize("collation", ["UTF8_BINARY", "UTF8_LCASE"])
def test_examples_are_found_in_one_query(
    session: Any, collation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The query that counts the groups finds the lowest ids of each, byte for byte.

    Another one reads all nodes only for groups that have too few of the first ids.
    """
    text = f"STRING COLLATE {collation}"
    nodes = [Node(each, {"gpu": "t4", "on": "x"}) for each in ("B", "C", "a", "Ä", "b", "A", "ä")]
    nodes += [Node("c", {"on": "x"}), Node("d", {"gpu": "t4"})]
    frame = session.createDataFrame(Inventory(nodes).to_arrow())
    frame = frame.selectExpr(f"CAST(id AS {text}) AS id", "labels")
    selector = Selector.parse("gpu,!on")
    by_bytes = Inventory(sorted(nodes, key=lambda node: node.id.encode()))
    for first, of, examples, expected in (
        (1_000, 1, 0, 1), (1_000, 1, 1, 1), (9, 1, 6, 1), (4, 1, 3, 2), (1_000, 16, 3, 2),
    ):  # fmt: skip
        monkeypatch.setattr(sql_nodes, "_FIRST_NODES", first)
        monkeypatch.setattr(sql_nodes, "_ID_SAMPLE", of)
        with spark.nodes(frame) as counted:
            run = counted._table.execute
            queries = list[str]()

            def execute(query: str, queries: list[str] = queries, run: Any = run) -> Any:
                queries.append(query)
                return run(query)

            counted._table = counted._table._replace(execute=execute)
            explained = counted.explain(selector, examples=examples)
        assert explained == by_bytes.explain(selector, examples=examples)
        assert len([each for each in queries if "failed0" in each]) == expected


def test_audits(session: Any) -> None:
    """An audit and the counts of labels equal those of an inventory."""
    random = Random(5)
    fleet = make_fleet(random, 300)
    plant(random, fleet)
    inventory = Inventory(Node(f"n-{at:03}", labels) for at, labels in enumerate(fleet))
    frame = session.createDataFrame(inventory.to_arrow())
    frame = frame.selectExpr("*", "try_element_at(labels, 'region') AS region").cache()
    selector = Selector.parse("region in (eu-west,eu-central)")
    for columns in ({}, {"region": "region"}):
        with spark.nodes(frame, columns=columns) as nodes:
            found, expected = nodes.match(selector), inventory.match(selector)
            assert audit_labels(nodes) == audit_labels(inventory)
            assert audit_labels(found) == audit_labels(expected)
            for values in (1, None):
                assert count_labels(found, values=values) == count_labels(expected, values=values)
    assert audit_labels(inventory).findings


def test_a_text_that_is_not_utf_8(session: Any) -> None:
    """It is an error, and not counted as another text."""
    frame = session.sql("SELECT 'n-1' AS id, map('k', CAST(X'FF' AS STRING)) AS labels")
    with spark.nodes(frame) as nodes, pytest.raises(InventoryError, match="not a text"):
        nodes.match(Selector.everything()).value_counts("k")


def by_id(row: Row) -> bytes:
    """Return what sorts rows as Spark sorts their ids."""
    return str(row.id).encode()


def test_placements(session: Any) -> None:
    """Placements are answered as by an inventory, and explained with the same numbers."""
    frame = session.sql(placements.query("spark")).cache()
    columns: Any = {"taints": placements.TAINTS, "resources": placements.RESOURCES}
    asked = cases.sample(placements.PLACEMENTS, 4)
    with settings(session, INTERPRETED):
        answers = frame.orderBy("id").select(*(spark.where(each, **columns) for each in asked))
        assert placements.wrong(list(asked), answers.collect()) == []
    inventory = Inventory(placements.NODES)
    with spark.nodes(frame, **columns) as nodes:
        explained, expected = nodes.explain(asked[1]), inventory.explain(asked[1])
    assert (explained.matched, explained.total) == (expected.matched, expected.total)
    assert explained.not_considered == expected.not_considered


def test_an_amount_that_is_a_text_is_an_error(session: Any) -> None:
    """A quantity, which has another unit, is never compared as a number."""
    from pyspark.errors import AnalysisException

    frame = session.sql("SELECT map('cpu', '4') AS resources")
    tolerant = Placement(tolerations=[Toleration(operator="Exists")], requests={"cpu": 1})
    for ansi in ("true", "false"):
        with settings(session, {"spark.sql.ansi.enabled": ansi}), pytest.raises(AnalysisException):
            frame.filter(spark.where(tolerant, resources="resources"))
