"""Screens without a character beyond ASCII, and screens with characters of every width."""

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
    """Stand in a folder with two fleets, and jobs with foreign names."""
    monkeypatch.chdir(tmp_path)
    Path("флот.json").write_text(json.dumps(FLEET))
    Path("other.json").write_text(json.dumps([*FLEET[2:], {"id": "新", "labels": {}}]))
    Path("заказы").mkdir()
    job = "name: 工作\nselector: {match_labels: {region: eu}}\n"
    for name in ("первый.yaml", "仕事" * 20 + ".yaml"):
        Path("заказы", name).write_text(job)


@pytest.mark.parametrize("columns", ["40", "64", "100"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_ascii_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch, question: list[str], columns: str
) -> None:
    """With --ascii nothing else is printed; what is escaped has room, and columns stay columns."""
    monkeypatch.setenv("COLUMNS", columns)
    ended = run(*question, *_nodes(question), "--ascii")
    assert ended.status in (0, 1)
    assert ended.out or "ключик" in question
    assert (ended.out + ended.err).isascii()
    assert all(len(line) <= int(columns) for line in ended.out.split("\n"))
    _check_columns(ended.out)


@pytest.mark.parametrize("columns", ["40", "64", "100"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_every_width(
    run: Run, monkeypatch: pytest.MonkeyPatch, question: list[str], columns: str
) -> None:
    """Wide characters take two columns and combining ones none; nothing reorders a line."""
    monkeypatch.setenv("COLUMNS", columns)
    ended = run(*question, *_nodes(question))
    assert ended.status in (0, 1)
    assert not unprintable(ended.out)
    assert all(display_width(line) <= int(columns) for line in ended.out.split("\n"))
    _check_columns(ended.out)


def _nodes(question: list[str]) -> list[str]:
    return [] if "other.json" in question else ["-n", "флот.json"]


def _check_columns(text: str) -> None:
    """In each table, numbers below a heading end where it ends."""
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
    """Where standard output has no other characters, a plan does without them, too."""
    Path("job.yaml").write_text("name: 工作\nselector: {match_expressions: [region]}\n")
    ended = run_process(
        "waves", "--job", "job.yaml", "-n", "флот.json", PYTHONIOENCODING=encoding, COLUMNS="60"
    )
    assert ended.status == 0
    assert ended.out.isascii()
    assert r"\u7bc0\u70b9-[0-7]" in ended.out
    assert all(len(line) <= 60 for line in ended.out.split("\n"))


@pytest.mark.parametrize(
    ("text", "ascii_text"),
    [("abc", "abc"), ("é日👩…", r"\xe9\u65e5\U0001f469..."), ("\\x", "\\x")],
)
def test_in_ascii(text: str, ascii_text: str) -> None:
    """What ASCII has not is written as Python writes it."""
    assert to_ascii(text) == ascii_text
    assert to_ascii(ascii_text) == ascii_text
