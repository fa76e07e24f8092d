"""Reports fit screens of all widths, whatever the width of characters, also in ASCII."""

import json
import shlex
from pathlib import Path

import pytest

from nodeselect.text import display_width
from tests.cli.running import Run, run_process, unprintable

WORDS = ("日本語" * 20, "שלום", "e\u0301te\u0301", "ключ", "\u202eabc", "👩\u200d🚀", "ﷺ", "é…")
FLEET = [
    {
        "id": f"節点-{at}",
        "name": f"имя-{at}",
        "state": "connected",
        "labels": dict.fromkeys(WORDS[:at], WORDS[at - 1]) | {"region": WORDS[at % 3]},
    }
    for at in range(len(WORDS))
]

COMMANDS = [
    "labels -n флот.json",
    "labels -n флот.json region",
    "labels -n флот.json ключ",
    "diff --all other.json флот.json",
    "diff -l region -l !region -n флот.json",
    "explain -l region=eu -n флот.json",
    "explain --id имя-2 --id 節点-1 -n флот.json",
    "explain --id имя-2 --node 節点-1 -n флот.json",
    "explain --job jobs -n флот.json",
    "rollout jobs/a.yaml -n флот.json",
]


@pytest.fixture(autouse=True)
def _folder() -> None:
    Path("флот.json").write_text(json.dumps(FLEET))
    Path("other.json").write_text(json.dumps([*FLEET[2:], {"id": "新", "labels": {}}]))
    Path("jobs").mkdir()
    for name in ("a.yaml", "\x1b\u202e|.yaml", "仕事" * 20 + ".yaml"):
        Path("jobs", name).write_text("name: 工作\nselector: {match_expressions: [region]}\n")


@pytest.mark.parametrize("columns", ["40", "64", "100"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_width(run: Run, command: str, columns: str) -> None:
    """Lines fit, and no character of user text is interpreted by a terminal."""
    result = run(*shlex.split(command), COLUMNS=columns)
    assert result.status in (0, 1)
    assert result.out
    assert not unprintable(result.out)
    assert all(display_width(line) <= int(columns) for line in result.out.split("\n"))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("command", COMMANDS[1::4])
def test_other_encodings(command: str, encoding: str) -> None:
    """If the encoding has no blocks, reports are in ASCII, and still fit."""
    result = run_process(*shlex.split(command), PYTHONIOENCODING=encoding, COLUMNS="60")
    assert result.status in (0, 1)
    assert result.out.isascii()
    assert all(len(line) <= 60 for line in result.out.split("\n"))
