"""The nodes of a database in a pipe, by the commands of the docs: no value is lost or made up."""

import json
import os
import re
import shlex
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from nodeselect.cli.inputs.nodes import _PROGRAMS
from tests.cli.running import Run
from tests.engines.postgresql import MISSING, postgresql, programs

PAGE = Path(__file__).parents[2] / "docs/engines.md"

PIPES = re.findall(r"^((?:psql|duckdb) [^|]*) \\\n  \| nodeselect ", PAGE.read_text("utf-8"), re.M)
"""The commands of the docs that write nodes, of each program for a column of labels and several."""

# Their labels: a value, the empty value, or none.
NODES = """CREATE TABLE nodes AS SELECT * FROM (VALUES
    ('n-1', 'connected', 'eu', 't4'), ('n-2', NULL, 'us', ''), ('n-3', '', 'eu', NULL),
    ('"n" \\ ü', 'lost', NULL, 'NULL')) AS rows(id, state, region, gpu)"""

ANSWERS = {
    "gpu": ["n-1", "n-2", '"n" \\ ü'],
    "gpu=": ["n-2"],
    "!gpu": ["n-3"],
    "gpu!=": ["n-1", "n-3", '"n" \\ ü'],
    "gpu=NULL": ['"n" \\ ü'],
    "region=eu": ["n-1", "n-3"],
    "!region": ['"n" \\ ü'],
    "region!=us": ["n-1", "n-3", '"n" \\ ü'],
}
"""The ids of the nodes that each selector matches."""

# For each program, SQL that makes one column of the labels: all, and those that are not NULL.
LABELS = {
    "psql": ("jsonb_build_object('region', region, 'gpu', gpu)", "jsonb_strip_nulls({})"),
    "duckdb": (
        "map {'region': region, 'gpu': gpu}",
        "map_from_entries(list_filter(map_entries({}), lambda entry: entry.value IS NOT NULL))",
    ),
}


class Program(NamedTuple):
    """A program that the docs show: what runs SQL, and what runs a command of the docs."""

    execute: Callable[[str], object]
    output: Callable[[str], str]


@pytest.fixture(scope="module")
def psql() -> Iterator[Program]:
    with postgresql() as connect_to:
        if connect_to is None:
            pytest.skip(MISSING)
        host = connect_to.split()[0].partition("=")[2]
        path = f"{programs()}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "PGHOST": host, "PGUSER": "postgres"}

        def run(command: str, text: str = "") -> str:
            done = subprocess.run(
                ["bash", "-c", command], env=environment, input=text, capture_output=True, text=True
            )
            assert not done.returncode, done.stderr
            return done.stdout

        yield Program(partial(run, "psql -qX -v ON_ERROR_STOP=1"), run)


@pytest.fixture(scope="module")
def duckdb() -> Program:
    """Run the SQL in a command of duckdb: the program need not be installed."""
    connection = pytest.importorskip("duckdb").connect()

    def run(command: str) -> str:
        rows = connection.execute(command[command.index('"') + 1 : -1]).fetchall()
        return "".join(f"{row[0]}\n" for row in rows)

    return Program(connection.execute, run)


@pytest.fixture(params=LABELS)
def nodes(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Return what writes the nodes by the command of the docs: ``map``, ``columns`` or ``null``."""
    program: Program = request.getfixturevalue(request.param)
    of_map, of_columns = (each for each in PIPES if each.startswith(request.param))
    labels, without_null = LABELS[request.param]
    program.execute(f"DROP TABLE IF EXISTS nodes; {NODES};")
    for table, column in {"mapped": without_null.format(labels), "nulls": labels}.items():
        rows = f"SELECT id, state, {column} AS labels FROM nodes"
        program.execute(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} AS {rows};")
    command, _, row = _PROGRAMS["postgres" if request.param == "psql" else request.param]
    commands = {
        "columns": of_columns,
        "all columns": f'{command.format("")} "SELECT {row}"',
        "map": of_map.replace("FROM nodes", "FROM mapped"),
        "null": of_map.replace("FROM nodes", "FROM nulls"),
    }
    return lambda layout: program.output(commands[layout])


@pytest.mark.parametrize("layout", ["map", "columns", "all columns"])
def test_every_value_arrives(run: Run, nodes: Callable[[str], str], layout: str) -> None:
    """An empty value is a value; NULL, and a key that is not there, are none."""
    written = nodes(layout)
    for selector, ids in ANSWERS.items():
        result = run("match", "-l", selector, "-o", "name", "-n", "-", stdin=written)
        assert result.out.splitlines() == ids, selector


def test_null_in_a_column_of_labels_is_an_error(run: Run, nodes: Callable[[str], str]) -> None:
    error = run("match", "-l", "!gpu", "-n", "-", stdin=nodes("null")).error
    assert error.startswith("error[label-not-text]: the value of the label ")


@pytest.mark.parametrize(
    ("source", "command"),
    [
        ("postgresql://us@db/fleet", "psql postgresql://us@db/fleet -AtqX -c"),
        ("postgresql://us:secret@db/fleet", "psql postgresql://us@db/fleet -AtqX -c"),
        ("duckdb:my fleet.db", "duckdb -readonly -noheader -list 'my fleet.db'"),
        ("sqlite:///x", "sqlite3 -readonly x"),
        ("fleet.sqlite", "sqlite3 -readonly fleet.sqlite"),
        ("fleet.duckdb", "duckdb -readonly -noheader -list fleet.duckdb"),
    ],
)
def test_a_database_is_piped(run: Run, source: str, command: str) -> None:
    """The error for the address or the file of a database has the command that writes its nodes."""
    Path("fleet.sqlite").write_bytes(b"SQLite format 3\0\x10\0")
    Path("fleet.duckdb").write_bytes(b"\xe5\xcd\xb8\xa1\xa8\x0a\xc5\xbaDUCK\xe7\3\0\0")
    result = run("match", "-l", "gpu", "-n", source)
    assert (result.status, result.out) == (2, "")
    assert "secret" not in result.err
    (line,) = [line for line in result.err.splitlines() if line.endswith(' FROM nodes"')]
    assert line.strip().startswith(f'{command} "SELECT ')


def test_a_database_of_sqlite(run: Run) -> None:
    """The query of the hint writes nodes, with labels from a column of JSON."""
    file = "fleet.sqlite"
    labels = json.dumps({"gpu": "", "region": 'e"u'})
    with closing(sqlite3.connect(file)) as database:
        database.execute(
            "CREATE TABLE nodes AS SELECT 'n-1' AS id, ? AS labels, 'ready' AS state", [labels]
        )
        database.commit()
        shown = run("match", "-l", "gpu", "-n", file).err
        ((written,),) = database.execute(shlex.split(shown.splitlines()[-1])[-1])
    expected = {"id": "n-1", "labels": json.loads(labels), "state": "ready"}
    assert json.loads(written) == expected


def test_a_file_may_have_the_name_of_an_address(run: Run) -> None:
    Path("duckdb:a@b.json").write_text('{"id": "n-1", "labels": {}}')
    assert run("match", "--all", "--count", "-n", "duckdb:a@b.json").out == "1\n"
