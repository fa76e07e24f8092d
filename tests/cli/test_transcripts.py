"""Transcripts: commands, each with what a terminal shows of it.

Lines of standard error begin with "! ", and the exit status is the last line if it is not 0. A
blank line ends each. ``--bless`` rewrites what is below a command.
"""

import shlex
import shutil
from pathlib import Path

import pytest

from nodeselect import Inventory
from nodeselect.text import display_width
from tests import golden
from tests.cli.running import FLEET, Run, unprintable

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "docs/example"

ROWS = [
    pytest.param(row, id=f"{path.stem}: {row['command'].strip()}")
    for path in sorted(HERE.glob("transcripts/*.txt"))
    for row in golden.rows(path, r"^\$ (?P<command>.*\n)(?P<shown>(?:(?![$#] ).*\n)*)")
]


def write_inputs(folder: Path) -> None:
    shutil.copytree(HERE / "inputs", folder)
    shutil.copy(EXAMPLE / "fleet.json", folder / "example.json")
    shutil.copy(EXAMPLE / "job.yaml", folder)
    shutil.copy(EXAMPLE / "first-try.yaml", folder)
    (folder / "fleet.ndjson").write_text(FLEET)
    (folder / "no-jobs").mkdir()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("transcripts") / "inputs"
    write_inputs(folder)
    Inventory.read(folder / "example.json").save(folder / "saved.nsx")
    return folder


@pytest.mark.parametrize("row", ROWS)
def test_transcript(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, row: golden.Row
) -> None:
    """A command prints this, in lines that fit and without control characters."""
    monkeypatch.chdir(folder)
    words = shlex.split(row["command"])
    columns = 80
    if words[0].startswith("COLUMNS="):
        columns = int(words.pop(0).partition("=")[2])
    stdin = ""
    if "<" in words:
        stdin = Path(words.pop()).read_text()
        words.pop()
    result = run(*words[1:], stdin=stdin, COLUMNS=str(columns))
    messages = "".join(f"! {line}\n" for line in result.err.splitlines())
    status = f"[{result.status}]\n" if result.status else ""
    row.check(shown=f"{result.out}{messages}{status}\n")
    assert not unprintable(result.out + result.err)
    if words[1:2] and words[1] not in ("match", "check", "sql") and "-o" not in words:
        assert max(map(display_width, result.out.splitlines()), default=0) <= columns


def test_all_commands_are_run() -> None:
    texts = [path.read_text("utf-8") for path in HERE.glob("transcripts/*.txt")]
    assert len(ROWS) == sum(text.count("\n$ ") + text.startswith("$ ") for text in texts)
