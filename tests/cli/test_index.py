"""``nodeselect index``, and the other commands over the file that it writes."""

import builtins
import gzip
import shlex
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from nodeselect import Inventory, InventoryError
from tests import golden
from tests.cli.running import COMMAND, FLEET, Run
from tests.cli.test_transcripts import HERE, write_inputs

ROWS = [
    row["command"].strip()
    for name in ("match", "explain", "explain_jobs", "labels", "diff", "rollout")
    for row in golden.rows(HERE / f"transcripts/{name}.txt", r"^\$ (?P<command>.*\n)")
]


@pytest.fixture(scope="module", name="folders")
def folders_fixture(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a folder with the inputs of the transcripts, and one with their saved inventories."""
    lists = tmp_path_factory.mktemp("lists") / "inputs"
    write_inputs(lists)
    saved = lists.parent / "saved"
    shutil.copytree(lists, saved)
    for file in saved.glob("*"):
        with suppress(InventoryError):
            Inventory.read(file).save(file)
    return lists, saved


@pytest.mark.parametrize("command", ROWS)
def test_commands(
    run: Run, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """A command prints the same of a saved inventory as of the list of nodes that was saved."""
    words = shlex.split(command)
    if "<" in words:
        pytest.skip("it reads standard input")
    environment = {"COLUMNS": words.pop(0).partition("=")[2]} if "=" in words[0] else {}
    results = []
    for folder in folders:
        monkeypatch.chdir(folder)
        results.append(run(*words[1:], **environment))
    assert results[0] == results[1]


@pytest.fixture(name="file")
def file_fixture(tmp_path: Path) -> Path:
    (tmp_path / "fleet.ndjson").write_text(FLEET)
    Inventory.read(tmp_path / "fleet.ndjson").save(tmp_path / "fleet.nsx")
    return tmp_path / "fleet.nsx"


def test_a_file_with_nodes_alone(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is saved beside itself."""
    monkeypatch.chdir(file.parent)
    saved = file.read_bytes()
    file.unlink()
    ended = run("index", "fleet.ndjson")
    assert (ended.status, file.read_bytes()) == (0, saved)


def test_a_named_pipe(file: Path) -> None:
    """A pipe with a name is opened and read once, also if it has a saved inventory."""
    with file.open("rb") as stream:
        done = subprocess.run(
            ["bash", "-c", 'exec "$@" <(cat)', "bash", *COMMAND, "match", "--all", "-n"],
            stdin=stream, capture_output=True, timeout=60
        )  # fmt: skip
    assert (done.returncode, done.stdout.count(b"\n")) == (0, 5)


def test_a_file_is_opened_once(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A saved inventory is opened once, and mapped into memory."""
    opened: list[object] = []
    true_open = builtins.open

    def record(name: object, *args: Any, **options: Any) -> Any:
        opened.append(name)
        return true_open(name, *args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(builtins, "open", record)
    assert run("match", "-n", str(file), "-l", "region=eu", "--count").out == "2\n"
    assert opened.count(str(file)) == 1


@pytest.mark.parametrize("at", range(8))
def test_a_damaged_beginning(run: Run, file: Path, at: int) -> None:
    """A file whose first bytes are damaged is not a saved inventory, not a text in another code."""
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.chmod(0o644)
    file.write_bytes(data)
    assert "error[not-saved]" in run("match", "-n", str(file), "--all").err


def test_compressed(run: Run, file: Path) -> None:
    file.with_suffix(".gz").write_bytes(gzip.compress(file.read_bytes()))
    result = run("match", "-n", str(file.with_suffix(".gz")), "--all")
    assert "error[saved]" in result.err
    assert "help: decompress it, and give that file as the only input: gunzip" in result.err


@pytest.mark.parametrize("command", ["match", "explain", "labels"])
def test_damage(run: Run, file: Path, command: str) -> None:
    data = bytearray(file.read_bytes())
    data[data.index(b"gold\n")] ^= 1
    file.chmod(0o644)
    file.write_bytes(data)
    options = [] if command == "labels" else ["-l", "tier=gold"]
    error = run(command, "-n", str(file), *options).error
    assert "damaged: the checksum of the section 'values' is wrong" in error
    assert f" --> {file}" in error
    file.write_bytes(data[:5])
    assert "error[cut-off]" in run(command, "-n", str(file), *options).err


def test_a_list_of_nodes_is_not_replaced(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "fleet.ndjson"
    path.write_text(FLEET)
    result = run("index", str(path), "-n", "-", stdin=FLEET)
    assert (result.status, path.read_text()) == (2, FLEET)
    assert result.err.endswith("\nhelp: give another name\n")
