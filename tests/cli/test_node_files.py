"""Where the nodes come from: folders, the environment, standard input."""

import gzip
import os
from pathlib import Path

import pytest

from nodeselect import Inventory
from tests.cli.running import FLEET, Run, run_process, write_files

MATCH = ["match", "--all", "-o", "name"]


def test_files_of_a_folder(run: Run) -> None:
    """All files of nodes in a folder are read, sorted, then those in its folders, and no others."""
    files = {
        "b.json": '[{"id": "b"}]',
        "a.YAML": "id: a",
        "c/d.csv": "id\nd\n",
        "c/c.jsonl": '{"id": "c"}\n',
        "e.ndjson": '{"id": "e"}\n{"id": "f"}\n',
    }
    others = (".x.json", ".git/x.json", "README.md", "x.json.bak", "x.gz", "c/.x/x.json")
    write_files(files | dict.fromkeys(others, "not a node"))
    Path("g.json.GZ").write_bytes(gzip.compress(b'[{"id": "g"}]'))
    os.mkfifo("pipe.json")
    assert run(*MATCH, "-n", ".").out == "a\nb\ne\nf\ng\nc\nd\n"
    Path("z.json").symlink_to("nowhere")
    error = run(*MATCH, "-n", ".").error
    assert error.endswith("z.json': No such file or directory")


def test_links_to_folders(run: Run) -> None:
    """A link to a folder is followed; a folder is read once, however many links lead to it."""
    folders = ("nodes", "nodes/b", "other")
    write_files({f"{name}/n.tsv": f"id\tx\n{name}\ty\n" for name in folders})
    links = {"a": "b", "b/up": "..", "c": "../other", "d": "../other", ".e": "..", "n-2.tsv": "b"}
    for link, target in links.items():
        Path("nodes", link).symlink_to(target)
    Path("other/back").symlink_to("../nodes")
    assert run(*MATCH, "-n", "nodes").out == "nodes\nnodes/b\nother\n"


def test_skipped_files_of_a_folder(run: Run) -> None:
    """The files of a folder that are not read are reported, unless they are hidden."""
    write_files({"a.json": '{"id": "a"}', ".x": "", "b.json.zst": "", "c.txt": "", "d.nsx": ""})
    os.mkfifo("pipe.json")
    ended = run(*MATCH, "-n", ".")
    assert ended.out == "a\n"
    assert ended.err.startswith(
        "4 files not read: './b.json.zst', './c.txt', './d.nsx' and 1 more\n"
    )


def test_columns_that_are_not_read(run: Run) -> None:
    """Columns of Parquet without texts are named; to ask for one is an error, or ``index``."""
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"id": ["n-1", "n-2"], "env": ["prod", "dev"], "cpu": [8, 4], "x": [[1]] * 2})
    pytest.importorskip("pyarrow.parquet").write_table(table, "nodes")
    unread = "2 columns without texts not read: 'cpu' (int64) and 'x' (list<element: int64>)\n"
    for command in ("match", "explain", "labels", "audit", "index"):
        done = run(
            command, "-n", "nodes", *{"audit": (), "index": ("a",)}.get(command, ("-l", "env"))
        )
        assert unread in done.err
        assert done.status == (2 if command == "index" else 0)
    job = "name: a\ntype: ops\nselector: {{match_labels: {{{}}}}}\n".format
    write_files({"jobs/a.yaml": job("cpu: '8'"), "jobs/b.yaml": job("env: prod")})
    either, node = ("-l", "env", "-l", "cpu>4"), ("--node", "n-1")
    for arguments in (
        ("match", *either), ("explain", *either), ("explain", *either, *node),
        ("explain", "--job", "jobs", *node),
        ("match", "--all", "-L", "env,cpu"), ("match", "--all", "--sort-by", "cpu"),
        ("labels", "cpu"), ("labels", "env", "cpu", "-l", "env"),
    ):  # fmt: skip
        done = run(*arguments, "-n", "nodes")
        message = "error[label-not-text]: the column 'cpu' must be of strings, not of int64"
        assert (done.status, done.out, message in done.err) == (2, "", True), arguments
    assert run("labels", "env", "-n", "nodes").status == 0


@pytest.mark.parametrize("nodes", ["nodes.json", "nodes.nsx", "-"])
def test_a_column_without_a_table(run: Run, fleet: str, nodes: str) -> None:
    """--id-column is an error if no input is CSV or Parquet."""
    Inventory.read(fleet).save("nodes.nsx")
    Path("nodes.json").write_text('[{"id": "a", "labels": {"host": "b"}}]')
    for command in ("match", "labels", "explain"):
        result = run(command, "-l", "x", "-n", nodes, "--id-column", "host", stdin='{"id": "a"}')
        message = "error: --id-column is the name of a column: give CSV or Parquet with -n"
        assert result.error == message


@pytest.mark.usefixtures("fleet")
def test_a_column_of_one_table(run: Run) -> None:
    Path("a.csv").write_text("host\na\n")
    options = ("-n", "a.csv", "-n", "fleet.ndjson", "--id-column", "host")
    assert run(*MATCH, *options).out == "a\nn-1\nn-2\nn-3\nn-4\n"


def test_the_nodes_in_the_environment(fleet: str) -> None:
    """Without -n, the nodes are those in NODESELECT_NODES, a file or a folder."""
    for source in (fleet, "."):
        result = run_process(*MATCH, NODESELECT_NODES=source)
        assert (result.status, result.out) == (0, "n-1\nn-2\nn-3\nn-4\n")
    message = "error: the file in the environment variable NODESELECT_NODES does not exist: missing"
    assert run_process(*MATCH, NODESELECT_NODES="missing").error.endswith(message)
    for command in ([*MATCH, "-n"], ["explain", "--job"]):
        error = run_process(*command, "missing", NODESELECT_NODES=fleet).error
        assert error.startswith("error[cannot-read]: cannot read 'missing'")
    result = run_process("diff", "-l", "region=eu", "-l", "region=us", NODESELECT_NODES=fleet)
    assert result.out.startswith("1 node added, 0 kept, 2 removed")
    result = run_process("diff", fleet, fleet, NODESELECT_NODES=fleet)  # not two jobs on it
    assert result.out.startswith("0 nodes added, 4 kept")


@pytest.mark.parametrize("environment", [{}, {"NODESELECT_NODES": ""}])
def test_piped_nodes(fleet: str, environment: dict[str, str]) -> None:
    """Without -n and NODESELECT_NODES, the nodes are read from a pipe or a file."""
    with Path(fleet).open("rb") as stream:
        assert run_process(*MATCH, stdin=stream, **environment).out == "n-1\nn-2\nn-3\nn-4\n"
    result = run_process("explain", "--id", "n-1", stdin=FLEET, **environment)
    assert result.out.startswith("1 of 4 nodes match")


def test_no_nodes(fleet: str) -> None:
    """If there are no nodes, the command asks for them; a job on standard input is no node."""
    question = "where are the nodes? Give -n FILE, pipe them into the command, or set"
    with Path(os.devnull).open("rb") as nothing:
        assert question in run_process(*MATCH, stdin=nothing).error
    with Path(fleet).open("rb") as stream:
        for options in ([], ["-n", "-"]):
            error = run_process("match", "--job", "-", *options, stdin=stream).error
            assert error.startswith("error: only one input (-n, --job")
        assert run_process("diff", "-", fleet, stdin=stream).out.startswith("0 nodes added")
