"""Selectors as text of SQL and as expressions, and questions to the nodes of a table."""

import json
import sqlite3
from functools import partial

import polars as pl
from sqlalchemy import column, create_engine, select, table

from nodeselect import Node, Selector
from nodeselect.engines import polars, sql, sqlalchemy
from nodeselect.engines.sql.dialects import DIALECTS
from nodeselect.engines.sql.nodes import SqlNodes
from nodeselect.inventory.facets import count_labels
from nodeselect.limits import LIMITS
from tests.growth.cases import case, words
from tests.growth.inventory_cases import fleet
from tests.growth.selector_cases import TEMPLATES

_LAYOUTS = ("labels", None, sql.LongTable("labels"))


def _requirements(template: str, n: int) -> Selector:
    return Selector.parse(",".join(template.format(word) for word in words(n)))


def _values(n: int) -> Selector:
    return Selector.parse(f"region in ({','.join(words(n))})")


def _ids(n: int) -> Selector:
    return Selector.of(match_ids=[f"{word}'s" for word in words(n)], match_expressions=["!gpu"])


def _write(dialect: str, selector: Selector) -> object:
    """Write a selector in all layouts, and the queries for labels."""
    columns = {requirement.key: "c" for requirement in selector.requirements[::2]}
    texts: list[object] = []
    for labels in _LAYOUTS:
        texts.append(sql.where(selector, dialect, labels=labels, columns=columns))
        queries: list[str] = []

        def execute(query: str, queries: list[str] = queries) -> list[tuple[object, ...]]:
            queries.append(query)
            return []

        nodes = SqlNodes(execute, dialect, labels=labels, columns=columns, state="s")
        matching = nodes.match(selector)
        texts += [matching.first(9), matching.label_counts(), matching.sample(9)]
        texts += [nodes.explain(selector), queries]
    return texts


def _express(selector: Selector) -> object:
    """Express a selector with Polars, and with SQLAlchemy for each dialect."""
    nodes = table("nodes", *map(column, ("id", "labels", "node_id", "key", "value", "c")))
    columns = {requirement.key: nodes.c.c for requirement in selector.requirements[::2]}
    long_table = sqlalchemy.LongTable(nodes.c.node_id, nodes.c.key, nodes.c.value)
    texts: list[object] = [polars.where(selector)]
    for labels in (nodes.c.labels, None, long_table):
        condition = sqlalchemy.where(selector, labels=labels, id=nodes.c.id, columns=columns)
        texts.append(str(select(nodes.c.id).where(condition).compile(create_engine("sqlite://"))))
    return texts


def sqlite_table(nodes: list[Node]) -> sqlite3.Connection:
    """Return a new database that has nodes in two layouts."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE nodes (id TEXT, name TEXT, state TEXT, labels TEXT)")
    database.execute("CREATE TABLE labels (node_id TEXT, key TEXT, value TEXT)")
    rows = [(node.id, node.name, node.state, json.dumps(dict(node.labels))) for node in nodes]
    database.executemany("INSERT INTO nodes VALUES (?, ?, ?, ?)", rows)
    labels = [(node.id, *pair) for node in nodes for pair in node.labels.items()]
    database.executemany("INSERT INTO labels VALUES (?, ?, ?)", labels)
    return database


def _answer(nodes: list[Node]) -> object:
    """Ask for the nodes of a table in all ways."""
    database = sqlite_table(nodes)
    answers: list[object] = []
    for labels in ("labels", sql.LongTable("labels")):
        answering = SqlNodes(database.execute, "sqlite", labels=labels, name="name", state="state")
        one, other = Selector.parse("region=eu"), Selector.parse("gpu")
        matching = answering.match(one, states={"ready", "connected"})
        answers += [answering.ids(), list(answering), len(answering), len(matching)]
        answers += [matching.ids(), list(matching), matching.sample(9), matching.first(9)]
        answers += [count_labels(matching), matching.value_counts('"'), matching.state_counts()]
        answers += [(answering.match(one) | answering.match(other)).ids()]
        answers += [len(answering.match(one) & answering.match(other))]
        answers += [len(answering.match(one) - answering.match(other))]
        first = nodes[0].id
        answers += [first in answering, answering[first], answering.explain_node(one, first)]
        answers += [len(answering.in_states({"ready"})), answering.failure_counts(one)]
    database.close()
    return answers


def _explain(nodes: list[Node]) -> object:
    """Explain selectors that match nothing, exclude nothing, or have ids."""
    database = sqlite_table(nodes)
    answering = SqlNodes(database.execute, "sqlite", name="name", state="state")
    first = nodes[0].id
    selectors = [
        *map(Selector.parse, ("region=eu,gpu", "regoin=eu", "region=euu,gpu!=no", "k=eu", "x=eu")),
        *map(Selector.parse, ("region in (eu,uss)", "region=eu,region=us")),
        Selector.of(match_ids=[first[:-1], f"{first}-name", "none"]),
    ]
    explanations: list[object] = [answering.explain(selector) for selector in selectors]
    with create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE nodes (id TEXT, labels TEXT)")
        explanations.append(sqlalchemy.nodes(connection).explain(selectors[0]))
    database.close()
    labels = [list(node.labels.items()) for node in nodes]
    pairs = pl.List(pl.Struct({"key": pl.String, "value": pl.String}))
    frame = pl.DataFrame(
        {"id": [node.id for node in nodes], "labels": pl.Series(labels, dtype=pairs)}
    ).with_columns(pl.col("labels").list.to_map())
    of_frame = [polars.explain(frame, selector) for selector in selectors]
    return explanations, of_frame, polars.facets(frame)


for _dialect in DIALECTS:
    for _kind in ("absent", "unequal", "greater"):
        _build = partial(_requirements, TEMPLATES[_kind])
        case(f"sql/{_dialect}/{_kind}", partial(_write, _dialect), _build, limit=256)
    case(f"sql/{_dialect}/values", partial(_write, _dialect), _values, limit=LIMITS.values_in_set)
    case(f"sql/{_dialect}/ids", partial(_write, _dialect), _ids)
for _kind, _template in TEMPLATES.items():
    case(f"expressions/{_kind}", _express, partial(_requirements, _template), limit=256)
case("expressions/values", _express, _values, limit=LIMITS.values_in_set)
case("expressions/ids", _express, _ids)
case("engines/answers", _answer, fleet)
case("engines/explanations", _explain, fleet)
