"""Selectors as conditions of SQLAlchemy."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql, registry
from sqlalchemy.sql.compiler import SQLCompiler

from nodeselect import AnyOf, Inventory, Node, Selector
from nodeselect.engines import sql, sqlalchemy
from tests.engines import cases
from tests.engines.cases import Row
from tests.engines.databases import LABELS, LAYOUTS, LONG, NODES, DuckDB, PostgreSQL, SQLite

NODE = sa.table(NODES, *map(sa.column, ["at", "id", LABELS, *cases.COLUMNS.values()]))
LABEL = sa.table(str(LONG.table), *map(sa.column, [LONG.node_id, LONG.key, LONG.value]))
LONG_TABLE = (LABEL.c[LONG.node_id], LABEL.c[LONG.key], LABEL.c[LONG.value])


NAME: Any = "value"


def asking(
    connection: sa.Connection, layout: str
) -> Callable[[Sequence[Selector | AnyOf]], Iterable[Sequence[object]]]:
    """Return what asks for the answers to selectors, for ``cases.check``."""
    columns = {key: NODE.c[name] for key, name in LAYOUTS[layout].columns.items()}
    labels = LONG_TABLE if layout == "a long table" else NODE.c[LABELS]

    def ask(selectors: Sequence[Selector | AnyOf]) -> Iterable[Sequence[object]]:
        conditions = (
            sqlalchemy.where(each, labels=labels, id=NODE.c.id, columns=columns)
            for each in selectors
        )
        return connection.execute(sa.select(*conditions).select_from(NODE).order_by(NODE.c.at))

    return ask


# SQLite ends a key in JSON at a NUL, which the key of a selector cannot have.
ROWS = [row for row in cases.fleet(50) if "\0" not in "".join(row.present)]


def sqlite_engine() -> sa.Engine:
    database = SQLite()
    database.load(ROWS)
    database.connection.commit()
    return sa.create_engine(
        "sqlite://", creator=lambda: database.connection, poolclass=sa.StaticPool
    )


def duckdb_engine() -> sa.Engine:
    pytest.importorskip("duckdb_sqlalchemy")
    database = DuckDB()
    database.load(ROWS)
    return sa.create_engine(
        "duckdb://", creator=database.connection.cursor, poolclass=sa.StaticPool
    )


@pytest.fixture(scope="module", params=["postgresql", "sqlite", "duckdb"])
def connection(request: pytest.FixtureRequest) -> Iterator[sa.Connection]:
    """Yield a connection to a database with the rows that it can store."""
    if request.param != "postgresql":
        engine = sqlite_engine() if request.param == "sqlite" else duckdb_engine()
        with engine.connect() as connected:
            yield connected
        return
    connect_to = request.getfixturevalue("postgresql_server")
    server = PostgreSQL(connect_to)
    server.load(cases.without_nul(ROWS))
    server.connection.close()
    engine = sa.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(connect_to))
    with engine.connect() as connected:
        yield connected
    engine.dispose()


def stored(connection: sa.Connection) -> list[Row]:
    """Return the rows that a database has."""
    return cases.without_nul(ROWS) if connection.dialect.name == "postgresql" else ROWS


@pytest.mark.parametrize("layout", LAYOUTS)
def test_verdicts(connection: sa.Connection, layout: str) -> None:
    """Every row gets the verdict of ``Selector.matches``, whatever the layout; none is NULL."""
    verdicts = cases.check(
        cases.sample(cases.selectors(100), 5), stored(connection), asking(connection, layout)
    )
    assert verdicts.wrong == []
    assert verdicts.compared > 10_000


def test_many_ids(connection: sa.Connection) -> None:
    """A selector of 100,000 ids is one parameter, and selects the nodes with exactly these."""
    ids = [row.id for row in stored(connection) if row.id and row.id.isprintable()][::2]
    many = Selector.of(match_ids=[*ids, *(f"other-{at}" for at in range(100_000 - len(ids)))])
    condition = sqlalchemy.where(many, labels=NODE.c[LABELS], id=NODE.c.id)
    answers = connection.execute(sa.select(condition, NODE.c.id).select_from(NODE)).all()
    assert {answer for answer, _ in answers} == {True, False}
    assert sorted(node_id for answer, node_id in answers if answer) == sorted(ids)
    assert len(condition.compile(connection).params) == 1


def condition(text: str, labels: Any = NODE.c[LABELS]) -> sa.ColumnElement[bool]:
    columns = {"region": NODE.c.at}
    return sqlalchemy.where(Selector.parse(text), labels=labels, id=NODE.c.id, columns=columns)


def cache_key(condition: sa.ColumnElement[bool]) -> tuple[Any, ...]:
    """Return what the cache of SQLAlchemy finds the text of a statement by."""
    key = condition._generate_cache_key()
    assert key is not None, "the condition cannot be cached"
    return key.key


@pytest.mark.parametrize(
    "texts",
    [
        ("a", "b"),
        ("a!=b,region=c", "x!=x,region=y"),
        ("a>1,region<2", "b>7,region<9"),
        ("a in (b,c),region notin (d,e)", "f in (g,h),region notin (i,j)"),
    ],
)
@pytest.mark.parametrize("labels", [NODE.c[LABELS], LONG_TABLE, None], ids=["one", "long", "none"])
def test_selectors_of_one_shape_are_one_statement(texts: tuple[str, str], labels: Any) -> None:
    """Selectors of the same shape have equal keys in the cache of SQLAlchemy."""
    first, second = (cache_key(condition(text, labels)) for text in texts)
    assert first == second


def test_selectors_of_different_shapes_are_different_statements() -> None:
    """Selectors of different shapes have different keys in the cache of SQLAlchemy."""
    texts = ["a", "!a", "a=b", "a!=b", "a in (b,c)", "a in (b,c,d)", "a>1", "a,b", "a=b,c=d"]
    texts += [text.replace("a", "region", 1) for text in texts]
    conditions = [condition(text) for text in texts] + [condition(texts[0], LONG_TABLE)]
    conditions.append(sqlalchemy.where(Selector.of(match_ids=["a"]), labels=None, id=NODE.c.id))
    assert len(set(map(cache_key, conditions))) == len(conditions)


def test_a_cached_statement_has_the_parameters_of_each_selector(connection: sa.Connection) -> None:
    """Values that are equal in one selector, and not in another of its shape, are not confused."""
    ask = asking(connection, "columns of their own")
    for texts in (["a=a,a-b=a", "a=a,a-b=b"], ["a=b,a-b=a", "a=a,a-b=a"]):
        for text in texts:
            assert cases.check([Selector.parse(text)], stored(connection), ask).wrong == []


@pytest.mark.parametrize("name", ["postgresql.psycopg", "postgresql.asyncpg", "sqlite"])
def test_only_parameters_of_the_statement_are_bound(name: str) -> None:
    """Nothing is bound that the text does not use: a database could not tell its type."""
    for text in ("a=b", "a in (b,c)", "a in (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18)"):
        compiled = condition(text).compile(dialect=registry.load(name)())
        assert isinstance(compiled, SQLCompiler)
        used = compiled.positiontup or re.findall(r"%\((\w+)\)s", str(compiled))
        assert {*compiled.bind_names.values()} == {*used}


def test_a_condition_is_part_of_a_larger_query(connection: sa.Connection) -> None:
    """A condition works in OR, in NOT, in an alias, and beside the table of labels itself."""
    other = NODE.alias()
    matches, everything = condition("a"), sa.select(sa.func.count()).select_from(NODE)
    count = connection.scalar(everything.where(matches))
    assert count
    total = connection.scalar(everything) or 0
    assert connection.scalar(everything.where(~matches)) == total - count
    assert connection.scalar(everything.where(sa.or_(matches, ~matches))) == total
    aliased = sqlalchemy.where(Selector.parse("a"), labels=other.c[LABELS])
    assert connection.scalar(sa.select(sa.func.count()).select_from(other).where(aliased)) == count
    joined = sa.select(sa.func.count(NODE.c.id.distinct())).join_from(
        NODE, LABEL, NODE.c.id == LONG_TABLE[0]
    )
    in_long = condition("a", LONG_TABLE)
    assert connection.scalar(joined.where(in_long)) == connection.scalar(everything.where(in_long))


def test_another_dialect_is_an_error() -> None:
    """A dialect that was never tried is refused, not guessed; ``str()`` works without any."""
    with pytest.raises(sa.exc.CompileError, match="not known in the dialect 'oracle'"):
        condition("a").compile(dialect=registry.load("oracle")())
    assert ":param_1" in str(condition("a"))


@pytest.mark.parametrize("columns", [{}, cases.COLUMNS], ids=["one column", "columns"])
def test_explanations(connection: sa.Connection, columns: dict[str, str]) -> None:
    """The nodes of a connection are explained as those of an inventory."""
    ids = [row.id for row in stored(connection) if row.id and row.id.isprintable()]
    chosen = Selector.of(match_ids=ids)
    rows = {row.id: row.present for row in stored(connection)}
    inventory = Inventory(Node(node_id, rows[node_id]) for node_id in sorted(ids, key=str.encode))
    where = sql.where(chosen, connection.dialect.name)
    fleet = sqlalchemy.nodes(connection, NODES, labels=LABELS, columns=columns, where=where)
    # One is of a column whose name has marks of parameters.
    for selector in (Selector.parse("a-b"), *cases.sample(cases.selectors(20), 40)):
        assert fleet.explain(selector) == inventory.explain(selector), selector


def test_what_needs_ids() -> None:
    """A selector by ids, and labels in a table of their own, need the column of the ids."""
    with pytest.raises(ValueError, match="the selector asks for ids"):
        sqlalchemy.where(Selector.of(match_ids=["n"]), labels=None)
    with pytest.raises(ValueError, match="and the column of the ids"):
        sqlalchemy.where(Selector.parse("a"), labels=LONG_TABLE)
    with pytest.raises(ValueError, match="need its columns"):
        sqlalchemy.where(Selector.parse("a"), labels=LONG_TABLE[:2], id=NODE.c.id)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "arguments",
    [
        {"labels": "labels"},
        {"labels": ("nodes", "labels")},
        {"labels": NODE},
        {"labels": sql.LongTable("labels"), "id": NODE.c.id},
        {"labels": (*LONG_TABLE[:2], NAME), "id": NODE.c.id},
        {"labels": None, "id": "id"},
        {"labels": None, "columns": {"region": "region"}},
    ],
)
def test_what_is_not_a_column(arguments: dict[str, Any]) -> None:
    """A name in place of a column, which would be compared as a text, is an error."""
    with pytest.raises(TypeError, match=r"is not a column of SQLAlchemy: pass one"):
        sqlalchemy.where(Selector.parse("a"), **arguments)


class Decorated(sa.TypeDecorator[int]):
    """A type of numbers that a program has defined."""

    impl = sa.Integer


@pytest.mark.parametrize(
    "type_",
    [
        sa.Integer(), sa.BigInteger(), sa.Numeric(), sa.Float(), sa.Boolean(), sa.Date(),
        sa.TIMESTAMP(), sa.Time(), sa.Interval(), sa.LargeBinary(), sa.Uuid(), postgresql.UUID(),
        Decorated(),
    ],
    ids=repr,
)  # fmt: skip
def test_columns_that_are_not_texts(type_: Any) -> None:
    """A column of numbers or of another type that is not a text is an error, unless it is cast."""
    node = sa.table("nodes", sa.column("id", sa.Text), sa.column("x", type_))
    long = (node.c.id, node.c.id, node.c.x)
    selector = Selector.parse("gpu")
    mistakes: list[dict[str, Any]] = [
        {"labels": node.c.x}, {"labels": long, "id": node.c.id}, {"labels": None, "id": node.c.x},
        {"labels": None, "columns": {"gpu": node.c.x}},
    ]  # fmt: skip
    for arguments in mistakes:
        message = r"nodes.x has the type \w+, not text: pass cast\(nodes.x, Text\)"
        with pytest.raises(TypeError, match=message):
            sqlalchemy.where(selector, **arguments)
    text = sa.cast(node.c.x, sa.Text)
    assert str(sqlalchemy.where(selector, labels=None, id=text, columns={"gpu": text}))


def test_columns_of_mapped_classes() -> None:
    """The attributes of a mapped class, and expressions of columns, are columns."""

    class Base(orm.DeclarativeBase):
        pass

    class Mapped(Base):
        __tablename__ = "nodes"
        id: orm.Mapped[str] = orm.mapped_column(primary_key=True)
        labels: orm.Mapped[dict[str, str]] = orm.mapped_column(sa.JSON)

    selector = Selector.of(match_expressions=["a,b=c"], match_ids=["n-1"])
    for mapped in (Mapped, orm.aliased(Mapped)):
        text = sa.cast(mapped.id, sa.Text)
        assert str(sqlalchemy.where(selector, labels=mapped.labels, id=text, columns={"b": text}))


def test_ids_of_a_long_table_that_differ_in_case() -> None:
    """They are different nodes, whatever the collation of the columns."""
    with sa.create_engine("sqlite://").connect() as connection:
        for statement in (
            "CREATE TABLE nodes (id TEXT COLLATE NOCASE)",
            "CREATE TABLE labels (node_id TEXT COLLATE NOCASE, key TEXT, value TEXT)",
            "INSERT INTO nodes VALUES ('n-1'), ('N-1')",
            "INSERT INTO labels VALUES ('n-1', 'gpu', 'a')",
        ):
            connection.exec_driver_sql(statement)
        node = sa.table("nodes", sa.column("id"))
        label = sa.table("labels", *map(sa.column, ("node_id", "key", "value")))
        table = (label.c.node_id, label.c.key, label.c.value)
        for text, ids in {"gpu": ["n-1"], "gpu=a": ["n-1"], "!gpu": ["N-1"]}.items():
            condition = sqlalchemy.where(Selector.parse(text), labels=table, id=node.c.id)
            found = connection.execute(sa.select(node.c.id).where(condition)).scalars()
            assert list(found) == ids, text


def test_a_negation_is_an_anti_join_whatever_the_names() -> None:
    """A table of labels may have a column with the name of the ids, which no subquery finds."""
    label = sa.table("labels", *map(sa.column, ("id", "node_id", "key", "value")))
    table = (label.c.node_id, label.c.key, label.c.value)
    for node_id in (sa.column("id"), NODE.c.id):
        condition = sqlalchemy.where(Selector.parse("!gpu"), labels=table, id=node_id)
        text = str(condition.compile(dialect=registry.load("postgresql")()))
        assert "NOT (EXISTS" in text
