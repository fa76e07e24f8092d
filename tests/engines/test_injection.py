"""No id and no name can change what a statement does."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Selector
from nodeselect.engines import sql
from nodeselect.engines.sql.dialects import DIALECTS
from nodeselect.engines.sql.text import Name
from tests.engines.databases import Database

DATABASES = ["postgresql", "postgresql, backslashes", "duckdb", "sqlite"]

HOSTILE = [
    "'", "''", '"', '""', "`", "``", "\\", "\\'", "\\\\'", "'\\", "a'b", 'a"b', "a`b", "--", "/*",
    "*/", ";", "'; DROP TABLE nodes; --", '"; DROP TABLE nodes; --', "`; DROP TABLE nodes; --",
    "\\'; DROP TABLE nodes; --", "' OR '1'='1", "') OR 1=1 --", "%", "%s", "%(id)s", "%%", ":id",
    "::text", "?", "??", "$1", "$$", "$tag$", "{0}", "${id}", "@id", "#", "E'", "X'6e'",
    "U&'\\0041'",
    "\n", "a\nb", "-- \n", "\r\n", "\t", "é", "日本", "\U0001f600", "\u2028", "\u202e", "\x1b[31m",
    ".", "a.b", "[a]", "(a)", "a b", " ", "NULL", "TRUE", "select", "*",
]  # fmt: skip

IDS = [text for text in HOSTILE if text.isprintable()]


def own_quotes(name: str) -> str:
    """Quote a name for PostgreSQL, DuckDB and SQLite, independently of the library."""
    return '"' + name.replace('"', '""') + '"'


@pytest.mark.parametrize("name", DATABASES)
def test_a_constant_is_its_text(name: str, start: Callable[[str], Database]) -> None:
    """Whatever a text has in it, as a constant it is itself."""
    database = start(name)
    literal = DIALECTS[database.dialect].literal
    [row] = database.run("SELECT " + ", ".join(map(literal, HOSTILE)))
    assert list(row) == HOSTILE

    @given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
    def of_any_text(text: str) -> None:
        assert database.run(f"SELECT {literal(text)}") == [(text,)]

    of_any_text()


@pytest.mark.parametrize("name", DATABASES)
def test_an_id_selects_its_node(name: str, start: Callable[[str], Database]) -> None:
    """A selector by ids selects the nodes with these ids, and its text has no mark of a driver."""
    database = start(name)
    database.run("DROP TABLE IF EXISTS nodes")
    database.run("CREATE TABLE nodes (id TEXT)")
    database.insert("nodes", ["id"], [(text,) for text in HOSTILE])
    for node_id in IDS:
        condition = sql.where(Selector.of(match_ids=[node_id]), database.dialect)
        assert database.run(f"SELECT id FROM nodes WHERE {condition}") == [(node_id,)]
        outside = re.sub("'[^']*'", "", condition)  # escaped quotes are doubled
        assert not re.search(r"[%:?$@#;'\\\n]|--|/\*", outside)
        assert not re.search(r"[%:?$#;]", condition)
    assert len(database.run("SELECT * FROM nodes")) == len(HOSTILE)


@pytest.mark.parametrize("name", DATABASES)
def test_a_name_is_exact(name: str, start: Callable[[str], Database]) -> None:
    """Whatever a name has in it, it is the name of this column or table and of no other."""
    database = start(name)
    region = Selector.parse("region=eu")
    for text in HOSTILE:
        table, column = own_quotes(f"t {text}"), own_quotes(text)
        database.run(f"DROP TABLE IF EXISTS {table}")
        database.run(f"CREATE TABLE {table} (number TEXT, {column} TEXT)")
        database.run(f"INSERT INTO {table} VALUES ('1', 'eu'), ('2', 'us'), ('3', NULL)")
        of_column = sql.where(region, database.dialect, labels=None, columns={"region": text})
        of_path = sql.where(
            region, database.dialect, labels=None, columns={"region": (f"t {text}", text)}
        )
        long = sql.LongTable(f"t {text}", node_id="number", key=text, value=text)
        of_long = sql.where(Selector.parse("eu=eu"), database.dialect, labels=long, id="number")
        for condition in (of_column, of_path, of_long):
            assert database.run(f"SELECT number FROM {table} WHERE {condition}") == [("1",)], text
        database.run(f"DROP TABLE {table}")


@pytest.mark.parametrize("name", DATABASES)
def test_a_missing_column_is_an_error(name: str, start: Callable[[str], Database]) -> None:
    """A column that does not exist is never a string with its name."""
    database = start(name)
    database.run("DROP TABLE IF EXISTS nodes")
    database.run("CREATE TABLE nodes (id TEXT)")
    for text in ("region", "eu", 'a"b', "'eu'"):
        condition = sql.where(
            Selector.parse("region"), database.dialect, labels=None, columns={"region": text}
        )
        with pytest.raises(Exception, match=r"column|Binder"):
            database.run(f"SELECT id FROM nodes WHERE {condition}")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", ["", "a\0b", ()])
def test_what_is_not_a_name_is_rejected(dialect: str, name: Name) -> None:
    with pytest.raises(ValueError, match="is not a name in SQL"):
        sql.where(Selector.parse("a"), dialect, labels=name)
