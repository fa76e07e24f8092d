"""Nodes in a database: the same output as for a file with the same nodes, and clear errors."""

import json
import shlex
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nodeselect import Inventory
from tests.cli.running import Run
from tests.engines.postgresql import MISSING, postgresql

FLEET = Path(__file__).parents[2] / "docs/example/fleet.json"

NODES = sorted(Inventory.read(FLEET), key=lambda node: node.id)

ROWS = [(node.id, node.name, node.state, dict(node.labels)) for node in NODES]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the nodes in files: as JSON in the order of the ids, SQLite and DuckDB."""
    folder = tmp_path_factory.mktemp("databases")
    fields = ("id", "name", "state", "labels")
    (folder / "nodes.json").write_text(
        json.dumps([dict(zip(fields, row, strict=True)) for row in ROWS])
    )
    (folder / "job.yaml").write_text("name: job\nselector: {match_labels: {region: eu-west}}\n")
    (folder / "other.yaml").write_text("name: other\nselector: {match_labels: {region: eu_west}}\n")
    with sqlite3.connect(folder / "nodes.sqlite") as database:
        database.execute(
            "CREATE TABLE nodes (id TEXT PRIMARY KEY, name TEXT, state TEXT, labels TEXT)"
        )
        rows = [(*row[:3], json.dumps(row[3])) for row in ROWS]
        database.executemany("INSERT INTO nodes VALUES (?, ?, ?, ?)", rows)
        database.execute('CREATE TABLE "a.b" (host TEXT, region TEXT, gpu TEXT, lost TEXT)')
        columns = [
            (node.id, node.labels.get("region"), node.labels.get("gpu"), node.state)
            for node in NODES
        ]
        database.executemany('INSERT INTO "a.b" VALUES (?, ?, ?, ?)', columns)
        database.execute("CREATE TABLE ids (id TEXT)")
        database.executemany("INSERT INTO ids VALUES (?)", [row[:1] for row in ROWS])
        database.execute("CREATE VIEW bare AS SELECT id, name, state FROM nodes")
        database.execute("CREATE TABLE long (node_id TEXT, key TEXT, value TEXT)")
        labels = [(node.id, *pair) for node in NODES for pair in node.labels.items()]
        database.executemany("INSERT INTO long VALUES (?, ?, ?)", labels)
    database.close()
    return folder


def duckdb_file(folder: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    if (folder / "nodes.duckdb").exists():
        return
    with duckdb.connect(str(folder / "nodes.duckdb")) as database:
        database.execute(
            "CREATE TABLE nodes (id TEXT, name TEXT, state TEXT, labels MAP(TEXT, TEXT))"
        )
        database.executemany("INSERT INTO nodes VALUES (?, ?, ?, ?)", ROWS)
        database.execute(f"COPY nodes TO '{folder / 'nodes.parquet'}'")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a PostgreSQL that has the nodes."""
    psycopg = pytest.importorskip("psycopg")
    with postgresql() as connect_to:
        if connect_to is None:
            pytest.skip(MISSING)
        with psycopg.connect(connect_to) as connection:
            connection.execute("CREATE TABLE nodes (id text, name text, state text, labels jsonb)")
            rows = [(*row[:3], json.dumps(row[3])) for row in ROWS]
            connection.cursor().executemany("INSERT INTO nodes VALUES (%s, %s, %s, %s)", rows)
            connection.execute(
                "CREATE ROLE us PASSWORD 'hunter2' LOGIN; GRANT SELECT ON nodes TO us"
            )
        home = connect_to.split()[0].partition("=")[2]
        yield f"postgresql://us:hunter2@/postgres?host={home}"


@pytest.fixture(params=["sqlite", "long", "duckdb", "parquet", "postgresql"])
def source(request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address of the nodes."""
    monkeypatch.chdir(folder)
    if request.param == "postgresql":
        return f"{request.getfixturevalue('server')}&table=public.nodes"
    if request.param == "sqlite":
        return "sqlite:nodes.sqlite"
    if request.param == "long":
        return "sqlite:nodes.sqlite?table=bare&label-table=long"
    duckdb_file(folder)
    return "duckdb:nodes.duckdb" if request.param == "duckdb" else 'duckdb:?table="nodes.parquet"'


COMMANDS = {
    "table": ["match", "-l", "gpu", "-L", "region"],
    "wide": ["match", "-l", "gpu,region in (eu-west,eu-central)", "-o", "wide"],
    "json": ["match", "-l", "!gpu", "-o", "json"],
    "folded": ["match", "--all", "-o", "folded"],
    "limit": ["match", "-l", "gpu", "--limit", "3"],
    "count": ["match", "-l", "gpu", "-l", "region=eu-west", "--count"],
    "union": ["match", "-l", "gpu", "-l", "region=eu-west"],
    "state": ["match", "-l", "gpu", "--state", "Disconnected,gone"],
    "none": ["match", "-l", "region=eu_west"],
    "ids": ["match", "--id", NODES[3].id, "--id", "none", "--state", "connected"],
    "explain": ["explain", "-l", "region=eu-west,gpu,tier!=free"],
    "hint": ["explain", "-l", "region=eu_west,gpuu"],
    "several": ["explain", "-l", "region=eu-west", "-l", "gpu"],
    "report": ["explain", "-l", "region=eu-west,gpu,tier!=free", "-o", "json"],
    "name": ["explain", "--id", str(NODES[5].name), "--id", NODES[6].id[:-1]],
    "explain state": ["explain", "-l", "gpu", "--id", NODES[3].id, "--state", "disconnected"],
    "no state": ["explain", "-l", "gpu", "--id", NODES[3].id, "--state", "gone"],
    "node": ["explain", "-l", "region=eu-west,gpu", "--node", NODES[7].id],
    "jobs": ["explain", "--job", "job.yaml", "--job", "other.yaml"],
    "jobs of a node": [
        "explain",
        "--job",
        "job.yaml",
        "--job",
        "other.yaml",
        "--node",
        NODES[7].id,
    ],
    "labels": ["labels"],
    "labels of a key": ["labels", "region", "-l", "gpu", "-l", "tier=free"],
    "audit": ["audit"],
    "rollout": ["rollout", "--job", "job.yaml"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_output_is_that_of_a_file(run: Run, source: str, command: str) -> None:
    """A command prints what it prints for a file with the same nodes in the order of their ids."""
    expected = run(*COMMANDS[command], "-n", "nodes.json")
    found = run(*COMMANDS[command], "-n", source)
    messages = expected.err.replace("-n nodes.json", f"-n {shlex.quote(shown(source))}")
    assert (found.status, found.err) == (expected.status, messages)
    if command == "json":  # jsonb has an order of its own
        assert json.loads(found.out) == json.loads(expected.out)
    else:
        assert found.out == expected.out


def shown(source: str) -> str:
    """Return an address without its password."""
    return source.replace(":hunter2", "")


def test_reports_name_the_database_without_its_password(run: Run, server: str) -> None:
    """No output has the password: headlines, pages, hints, what was read."""
    source = f"{server}&table=nodes"
    outputs = [
        run("explain", "-l", "region=eu_west", "-n", source, "-v"),
        run("explain", "-l", "gpu", "-n", source, "-o", "markdown"),
        run("match", "-l", "region=eu_west", "-n", source, "-v"),
        run("diff", "-l", "gpu", "-l", "!gpu", "-n", source),
        run("diff", source, source, "--all"),
        run("match", "--job", source, "-n", source),
        run("match", "--all", "-n", source, "-n", source),
    ]
    assert all("hunter2" not in output for result in outputs for output in result[1:])
    assert f"{shown(source)}: 210 nodes (database)" in outputs[0].err


def test_page(run: Run, source: str, tmp_path: Path) -> None:
    """A page has all nodes of a database, and not its password."""
    assert (
        run("explain", "-l", "gpu", "-n", source, "--html", str(tmp_path / "page.html")).status == 0
    )
    page = (tmp_path / "page.html").read_text()
    assert all(node.id in page for node in NODES)
    assert "hunter2" not in page


LABELS = "labels=COLUMN, column=KEY=COLUMN or label-table=TABLE"
COLUMNS = "the columns are 'id', 'name', 'state' and 'labels'"
NAMES = "table, labels, label-table, id, name, state and column"


@pytest.mark.parametrize(
    ("source", "code", "message"),
    [
        ("none.sqlite", "cannot-read", "the file does not exist"),
        ("", "invalid-address", "the address has no file: write sqlite:FILE?table=TABLE"),
        ("nodes.json", "query-failed", "the query failed: file is not a database"),
        ("nodes.sqlite?table=fleet", "query-failed", "the query failed: no such table: fleet"),
        (
            "nodes.sqlite?id=host",
            "no-column",
            f"there is no column 'host'; {COLUMNS}",
        ),
        (
            "nodes.sqlite?labels=label",
            "no-column",
            f"there is no column 'label'; {COLUMNS}\nhelp: did you mean 'labels'?",
        ),
        (
            "nodes.sqlite?id=ID",
            "no-column",
            f"there is no column 'ID'; {COLUMNS}\nhelp: did you mean 'id'?",
        ),
        (
            "nodes.sqlite?table=bare&label-table=long&column=rack&column=state",
            "no-column",
            "there is no column 'rack'; the columns are 'id', 'name' and 'state'",
        ),
        (
            "nodes.sqlite?label-table=nodes",
            "no-column",
            f"there is no column 'node_id'; {COLUMNS}",
        ),
        (
            "nodes.sqlite?tabel=nodes",
            "invalid-address",
            f"there is no parameter 'tabel'\nhelp: those of nodes are {NAMES}",
        ),
        (
            "nodes.sqlite?table=nodes&table=ids",
            "invalid-address",
            "the parameter 'table' is given twice",
        ),
        ("nodes.sqlite?table=", "invalid-address", "the parameter 'table' has no value"),
        (
            "nodes.sqlite?table=a..b",
            "invalid-address",
            """'a..b' is not a name: write NAME, SCHEMA.NAME or '"any.name"'""",
        ),
        (
            "nodes.sqlite?column==x",
            "invalid-address",
            "'=x' has no label key before the '=': write KEY=COLUMN",
        ),
        (
            "nodes.sqlite?labels=labels&label-table=long",
            "invalid-address",
            "'labels' and 'label-table' exclude each other",
        ),
        (
            "nodes.sqlite?table=ids",
            "no-labels",
            f"the table has no column 'labels': 'id'\nhelp: say where the labels are: {LABELS}",
        ),
    ],
)
def test_mistakes(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, source: str, code: str, message: str
) -> None:
    """A wrong address is an error that says what is wrong."""
    monkeypatch.chdir(folder)
    what, _, hint = message.partition("\n")
    expected = f"error[{code}]: {what} --> sqlite:{source} {hint}".rstrip()
    result = run("match", "-l", "gpu", "-n", f"sqlite:{source}")
    assert (result.status, result.out) == (2, "")
    assert unwrapped(result.err).endswith(expected)


def unwrapped(text: str) -> str:
    return " ".join(text.split())


def test_columns(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are paths, a piece in double quotes is exact; labels may have columns of their own."""
    monkeypatch.chdir(folder)
    source = 'sqlite:nodes.sqlite?table="a.b"&id=host&column=region&column=gpu=%22gpu%22&state=lost'
    expected = run("match", "-l", "region=eu-west,gpu", "-o", "name", "-n", "nodes.json")
    assert run("match", "-l", "region=eu-west,gpu", "-o", "name", "-n", source) == expected


def test_fields_of_a_struct(run: Run, tmp_path: Path) -> None:
    """Labels may be the fields of a struct, even if its name is that of a column of all labels."""
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(str(tmp_path / "x.duckdb")) as database:
        database.execute("CREATE TABLE nodes AS SELECT 'n-1' AS id, {'gpu': 't4'} AS labels")
    source = f"duckdb:{tmp_path / 'x.duckdb'}?column=gpu=labels.gpu"
    result = run("match", "-l", "gpu=t4", "-n", source, "--count")
    assert (result.status, result.out) == (0, "1\n")


def test_columns_that_are_not_read(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message names the columns of a table that are neither labels nor anything else."""
    monkeypatch.chdir(folder)
    source = 'sqlite:nodes.sqlite?table="a.b"&id=host&column=region'
    result = run("match", "-l", "region=eu-west", "--count", "-n", source)
    assert (result.status, result.out) == (0, "43\n")
    assert (
        "2 columns are not read: 'gpu' and 'lost'; column=NAME makes a label of one" in result.err
    )


NO_LABELS = "not JSON object of texts"


@pytest.mark.parametrize("command", [["match", "-l", "ok"], ["labels"], ["explain", "-l", "gpu=2"]])
@pytest.mark.parametrize(
    ("columns", "rows", "message"),
    [
        ("id INTEGER PRIMARY KEY, labels", "(1, '{}')", "the ids … integer, not text"),
        ("id, labels, state", "('n-1', '{}', 8)", "the states … integer, not text"),
        ("id, labels", "('n-1', 8)", f"all labels … integer, {NO_LABELS}"),
        ("id, labels", "('n-1', '{')", f"all labels … text that is not JSON, {NO_LABELS}"),
        ("id, labels", """('n-1', '["gpu"]')""", f"all labels … JSON array, {NO_LABELS}"),
        (
            "id, labels",
            """('n-1', '{"ok": "", "gpu": 2}')""",
            f"all labels … JSON object with a label that is not a text, {NO_LABELS}",
        ),
        (
            "id, labels",
            """('n-1', '{"gpu": "1", "gpu": "2"}')""",
            f"all labels … JSON object with a key twice, {NO_LABELS}",
        ),
    ],
)
def test_columns_that_are_not_texts(
    run: Run, tmp_path: Path, command: list[str], columns: str, rows: str, message: str
) -> None:
    """A table whose ids, labels or states are not texts is an error, and never a wrong answer."""
    with sqlite3.connect(tmp_path / "x.sqlite") as database:
        database.execute(f"CREATE TABLE nodes ({columns})")
        database.execute(f"INSERT INTO nodes VALUES {rows}")
    database.close()
    result = run(*command, "-n", f"sqlite:{tmp_path / 'x.sqlite'}")
    assert (result.status, result.out) == (2, "")
    message = message.replace("…", "has a value of the type")
    assert f"the column with {message}" in unwrapped(result.err)
    assert "help: name another column, or a view that casts this one" in unwrapped(result.err)


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgresql"])
@pytest.mark.parametrize(
    ("node_id", "message"),
    [
        ("NULL", "error[no-id]: a node has no id: there is NULL in the column 'host'"),
        ("''", "error[empty-id]: a node has an empty id in the column 'host'"),
        ("'n-1'", "error[duplicate-id]: 2 nodes have the id 'n-1' in the column 'host'"),
    ],
)
def test_ids_that_are_not_distinct(
    run: Run,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    kind: str,
    node_id: str,
    message: str,
) -> None:
    """An id that is NULL, empty or there twice is an error, whatever is asked."""
    rows = f"CREATE TABLE fleet AS SELECT 'n-1' AS host, 't4' AS gpu UNION ALL SELECT {node_id}, ''"
    if kind == "postgresql":
        source = request.getfixturevalue("server").replace("us:hunter2", "postgres")
        psycopg = pytest.importorskip("psycopg")
        with psycopg.connect(source) as connection:
            connection.execute(f"DROP TABLE IF EXISTS fleet; {rows}")
    else:
        source = f"{kind}:{tmp_path / 'fleet'}?id=host"
        module = pytest.importorskip("sqlite3" if kind == "sqlite" else kind)
        connection = module.connect(str(tmp_path / "fleet"))
        connection.execute(rows)
        connection.close()
    source += "&table=fleet&column=gpu" + ("&id=host" if kind == "postgresql" else "")
    for command in (["match", "-l", "gpu=t4"], ["match", "-l", "gpu=l4"], ["explain", "-l", "gpu"]):
        result = run(*command, "-n", source)
        assert (result.status, result.out) == (2, "")
        assert unwrapped(result.err).startswith(f"{message} --> {source}")


def test_environment(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database may be where the nodes are by default; --id-column names the column of the ids."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NODESELECT_NODES", 'sqlite:nodes.sqlite?table="a.b"&column=gpu')
    result = run("match", "-l", "gpu", "--count", "--id-column", "host")
    assert (result.status, result.out) == (0, "86\n")


@pytest.mark.parametrize("scheme", ["sqlite", "duckdb"])
def test_the_file_of_a_database_needs_its_scheme(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """The file of a database without its scheme is an error with the address to write."""
    monkeypatch.chdir(tmp_path)
    connect = pytest.importorskip("duckdb" if scheme == "duckdb" else "sqlite3").connect
    connection = connect("fleet.db")
    connection.execute("CREATE TABLE nodes (id TEXT)")
    connection.close()
    result = run("match", "--all", "-n", "fleet.db")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("error[database]: the file is a database")
    assert result.err.endswith(f"help: write: {scheme}:fleet.db\n")


def test_one_database(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database is the only input."""
    monkeypatch.chdir(folder)
    result = run("match", "--all", "-n", "nodes.json", "-n", "sqlite:nodes.sqlite")
    assert result.status == 2
    assert "a database cannot be combined with another input" in unwrapped(result.err)


def test_a_database_is_not_watched(run: Run) -> None:
    """No change of a database would be noticed."""
    result = run("watch", "-l", "gpu", "-n", "postgresql:///nodes")
    assert result.status == 2
    assert "a database cannot be watched" in result.err


@pytest.mark.parametrize(
    ("source", "package", "extra"),
    [
        ("duckdb:nodes.duckdb", "duckdb", "duckdb"),
        ("postgresql:///nodes", "psycopg", "postgresql"),
    ],
)
def test_missing_package(
    run: Run, monkeypatch: pytest.MonkeyPatch, source: str, package: str, extra: str
) -> None:
    """An error names the extra to install."""
    monkeypatch.setitem(sys.modules, package, None)
    result = run("match", "--all", "-n", source)
    assert result.status == 2
    assert f"needs the package {package}, which cannot be imported" in unwrapped(result.err)
    assert f"pip install 'nodeselect[{extra}]'" in result.err


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("none:hunter2@/postgres?host={home}", "cannot connect: "),
        ("us:hunter2@localhost:1/postgres", "cannot connect: "),
        ("us:hunter2@/postgres?host={home}&table=none", 'relation "none" does not exist'),
        ("us:hunter2@/postgres?host={home}&tabel=nodes", "there is no parameter 'tabel'"),
        ("us:hunter2@/none?host={home}&password=hunter2", 'database "none" does not exist'),
        ("us:hunter2/hunter2@{home}/postgres", "this is not postgresql://"),
        ("us:12/hunter2@localhost/postgres", "this is not postgresql://"),
        ("us:?hunter2@localhost:1/postgres", "cannot connect"),
        ("us:hunter2%zz@localhost/postgres", "this is not postgresql://"),
        ("us:#hunter2@localhost:x/postgres", "this is not postgresql://"),
        ("us:hunter2@hunter2@localhost/postgres", "cannot connect"),
    ],
)
def test_mistakes_of_postgresql(run: Run, server: str, address: str, message: str) -> None:
    """An address that is wrong, or a server that does not answer, is an error without password."""
    home = server.rpartition("host=")[2]
    result = run("match", "--all", "-v", "-n", "postgresql://" + address.format(home=home))
    assert (result.status, result.out) == (2, "")
    assert message in unwrapped(result.err)
    assert "hunter2" not in result.err
    assert "Traceback" not in result.err


ADDRESSES = [
    "postgresql+psycopg://us:hunter2@h/postgres",
    "mysql://us:hunter2@h/db",
    "Postgresql://us:hunter2@h/db",
    " postgresql://us:hunter2@h/db",
    "postgresq://us:hunter2@h/db",
    "postgresql:/us:hunter2@h/db",
    "postgresql:us:hunter2@h/db",
    "us:hunter2@h/db",
    "postgresql://us:hunter2/db",
    "postgresql://us@corp:hunter2@h:x/db",
    "host=h password=hunter2",
    "host=h password = 'hunter2' dbname=x",
    "postgresql://h/db?PASSWORD=hunter2&table=x",
    "postgresql://h/db?pass%77ord=hunter2&tabel=x",
    "postgresql://h/db?password=hun&hunter2&table=x",
    "postgresql://h/db?host=/none;password=hunter2&table=x",
    "sqlite:none?pwd=hunter2",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_message_has_a_password(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Whatever is wrong with an address, and wherever it is given, its password is not printed."""
    monkeypatch.chdir(tmp_path)
    results = [
        run("match", "--all", "-v", "-n", address),
        run("match", "--all", "-n", address, "-n", address),
        run("match", "--all", address),
        run("match", "gpu", "-n", address),
        run("match", "--all", f"--nodes={address}"),
        run("match", "--job", address, "-n", "-"),
        run("index", address, "-o", "x.nsx"),
        run("index", "--info", address),
        run("diff", address, address, "--all"),
        run("check", address),
        run("watch", "-l", "gpu", "-n", address),
    ]
    monkeypatch.setenv("NODESELECT_NODES", address)
    results += [run("match", "--all"), run("index", "-o", "x.nsx"), run("labels")]
    assert [each.status for each in results] == [2] * len(results)
    assert [each for each in results if "hunter2" in each.out + each.err] == []


@pytest.mark.parametrize("address", [*ADDRESSES[1:3], "sqllite:nodes.sqlite"])
@pytest.mark.parametrize("is_variable", [False, True])
def test_an_unknown_scheme(
    run: Run, monkeypatch: pytest.MonkeyPatch, address: str, is_variable: bool
) -> None:
    """An input that is neither a file nor a database is an error that names the schemes."""
    monkeypatch.setenv("NODESELECT_NODES", address)
    result = run("match", "--all", *(() if is_variable else ("-n", address)))
    assert result.status == 2
    assert "neither a file nor the address of a database" in unwrapped(result.err)
    assert "help: write duckdb:FILE?table=TABLE, sqlite:" in unwrapped(result.err)
    assert "postgresql://HOST/DATABASE?table=TABLE" in result.err


def test_a_driver_in_the_scheme(run: Run) -> None:
    """An address of SQLAlchemy is an error with the one to write."""
    result = run("match", "--all", "-n", f"{ADDRESSES[0]}?table=fleet")
    assert result.status == 2
    assert "help: write postgresql://us@h/postgres?table=fleet\n" in result.err


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "duckdb:nodes.sqlite?table=nodes",
            "this is a SQLite database --> {} help: write sqlite:nodes.sqlite?table=nodes",
        ),
        (
            "sqlite:nodes.duckdb?table=nodes",
            "this is a DuckDB database --> {} help: write duckdb:nodes.duckdb?table=nodes",
        ),
        (
            "duckdb:nodes.parquet?table=nodes",
            'not a DuckDB database --> {} help: for Parquet, write duckdb:?table="nodes.parquet"',
        ),
        ("sqlite:.", "cannot read the file: Is a directory --> {}"),
        ("duckdb:.", "cannot read the file: Is a directory --> {}"),
        ("sqlite:///a.db?id=x", "the file does not exist --> {} help: write sqlite:a.db?id=x"),
        ("sqlite://us:hunter2@a.db", "the file does not exist --> {} help: write sqlite:us@a.db"),
        ("duckdb://a.duckdb", "the file does not exist --> {} help: write duckdb:a.duckdb"),
    ],
)
def test_another_file(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    """A file that is not one of the database is an error with the address to write."""
    duckdb_file(folder)
    monkeypatch.chdir(folder)
    result = run("match", "--all", "-n", source)
    assert (result.status, result.out) == (2, "")
    assert unwrapped(result.err).endswith(message.format(shown(source)))


@pytest.mark.parametrize("table", ['"https://127.0.0.1:9/x.parquet"', '"a.xlsx"', '"nodes.sqlite"'])
def test_duckdb_downloads_nothing(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    """What would need an extension of DuckDB is an error: none is downloaded or stored."""
    pytest.importorskip("duckdb")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path))
    result = run("match", "--all", "-n", f"duckdb:?table={table}")
    assert (result.status, result.out) == (2, "")
    assert "download" not in result.err.lower()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("table", ["text", "address"])
def test_a_variable_is_not_a_table(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    """DuckDB does not read the variables of nodeselect."""
    duckdb_file(folder)
    monkeypatch.chdir(folder)
    result = run("match", "--all", "-n", f"duckdb:nodes.duckdb?table={table}")
    assert f"Table with name {table} does not exist" in unwrapped(result.err)


def test_a_selector_has_no_password(run: Run, fleet: str) -> None:
    """A message shows a selector as it is, whatever its keys are."""
    result = run("match", "secret=a,!pass", "-n", fleet)
    assert "did you mean: nodeselect match -l 'secret=a,!pass' -n fleet.ndjson" in result.err


def test_an_address_as_a_selector(run: Run, fleet: str) -> None:
    """An address at the place of a selector is not printed."""
    result = run("match", "-l", ADDRESSES[0], "-n", fleet)
    assert result.status == 2
    assert "give the address of a database with -n" in result.err
    assert "hunter2" not in result.err


def test_a_file_may_have_the_name_of_an_address(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that exists is read, whatever its name is."""
    monkeypatch.chdir(tmp_path)
    Path("nodes:a@b.json").write_text('{"id": "n-1", "labels": {}}')
    result = run("match", "--all", "--count", "-n", "nodes:a@b.json", "-v")
    assert (result.status, result.out) == (0, "1\n")
    assert "nodes:a@b.json: 1 node" in result.err


def test_connections_only_read(run: Run, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queries of a command are one transaction, which sees one moment and cannot write."""
    import psycopg

    opened: list[Any] = []
    connect = psycopg.connect

    def connected(**options: Any) -> Any:
        opened.append(connect(**options))
        return opened[-1]

    monkeypatch.setattr(psycopg, "connect", connected)
    run("explain", "-l", "gpu", "-n", server)
    (connection,) = opened
    assert connection.read_only
    assert connection.isolation_level is psycopg.IsolationLevel.REPEATABLE_READ
    assert connection.closed
