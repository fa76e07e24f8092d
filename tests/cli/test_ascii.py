"""ASCII screens, and screens with characters of all widths."""

import json
from pathlib import Path

import pytest

from nodeselect.text import display_width, to_ascii
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

QUESTIONS = [
    pytest.param(["labels"], id="labels"),
    pytest.param(["labels", "region"], id="labels-key"),
    pytest.param(["labels", "ключ"], id="labels-foreign-key"),
    pytest.param(["labels", "ключик"], id="labels-unknown-key"),
    pytest.param(["diff", "--all", "other.json", "флот.json"], id="diff"),
    pytest.param(["diff", "-l", "region", "-l", "!region"], id="diff-selectors"),
    pytest.param(["explain", "-l", "region=eu"], id="explain"),
    pytest.param(["explain", "--id", "имя-2", "--id", "節点-1"], id="explain-ids"),
    pytest.param(["explain", "--id", "имя-2", "--node", "節点-1"], id="explain-node"),
    pytest.param(["explain", "--job", "заказы"], id="explain-jobs"),
]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to a folder with two fleets, and jobs with non-ASCII names."""
    monkeypatch.chdir(tmp_path)
    Path("флот.json").write_text(json.dumps(FLEET))
    Path("other.json").write_text(json.dumps([*FLEET[2:], {"id": "新", "labels": {}}]))
    Path("заказы").mkdir()
    job = "name: 工作\nselector: {match_labels: {region: eu}}\n"
    for name in ("первый.yaml", "仕事" * 20 + ".yaml"):
        Path("заказы", name).write_text(job)


@pytest.mark.parametrize("columns", ["40", "64", "100"])
@pytest.mark.parametrize("args", QUESTIONS)
def test_ascii_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch, args: list[str], columns: str
) -> None:
    """--ascii prints ASCII only; columns are aligned and lines fit."""
    monkeypatch.setenv("COLUMNS", columns)
    result = run(*args, *_nodes(args), "--ascii")
    assert result.status in (0, 1)
    assert result.out or "ключик" in args
    assert (result.out + result.err).isascii()
    assert all(len(line) <= int(columns) for line in result.out.split("\n"))
    _check_columns(result.out)


@pytest.mark.parametrize("columns", ["40", "64", "100"])
@pytest.mark.parametrize("args", QUESTIONS)
def test_every_width(
    run: Run, monkeypatch: pytest.MonkeyPatch, args: list[str], columns: str
) -> None:
    """Columns are aligned and lines fit, whatever the width of characters."""
    monkeypatch.setenv("COLUMNS", columns)
    result = run(*args, *_nodes(args))
    assert result.status in (0, 1)
    assert not unprintable(result.out)
    assert all(display_width(line) <= int(columns) for line in result.out.split("\n"))
    _check_columns(result.out)


def _nodes(args: list[str]) -> list[str]:
    return [] if "other.json" in args else ["-n", "флот.json"]


def _check_columns(text: str) -> None:
    """Check that the numbers below a heading are aligned with its end."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        for heading in ("NODES", "FAILS", "MATCHED"):
            if heading in line and line == line.upper():
                end = display_width(line[: line.index(heading)]) + len(heading)
                for row in lines[at + 1 :]:
                    if not row or row.startswith(" "):
                        break
                    cell = _first_columns(row, end).rpartition("  ")[2].strip()
                    assert cell.replace(",", "").isdecimal(), row


def _first_columns(row: str, columns: int) -> str:
    end = 0
    while end < len(row) and display_width(row[: end + 1]) <= columns:
        end += 1
    return row[:end]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_the_plan_of_a_rollout(encoding: str) -> None:
    """If the encoding is ASCII, a plan is ASCII."""
    Path("job.yaml").write_text("name: 工作\nselector: {match_expressions: [region]}\n")
    result = run_process(
        "waves", "--job", "job.yaml", "-n", "флот.json", PYTHONIOENCODING=encoding, COLUMNS="60"
    )
    assert result.status == 0
    assert result.out.isascii()
    assert r"\u7bc0\u70b9-[0-7]" in result.out
    assert all(len(line) <= 60 for line in result.out.split("\n"))


@pytest.mark.parametrize(
    ("text", "ascii_text"),
    [("abc", "abc"), ("é日👩…", r"\xe9\u65e5\U0001f469..."), ("\\x", "\\x")],
)
def test_in_ascii(text: str, ascii_text: str) -> None:
    """Other characters are written as Python escapes."""
    assert to_ascii(text) == ascii_text
    assert to_ascii(ascii_text) == ascii_text
