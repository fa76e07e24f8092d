"""Commands and everything that they print, as files; ``pytest --bless`` rewrites them."""

import shlex
from pathlib import Path

import pytest

from tests import golden
from tests.cli.running import Run, unprintable

PATTERN = (
    r"^# (?P<name>.+)\n\$ nodeselect (?P<arguments>.*)\n(?P<result>(?s:.*?)\[status \d+\]\n)"
    r"(?=\n|\Z)"
)

CASES = [
    pytest.param(row, id=f"{path.stem}-{row['name']}")
    for path in sorted(Path(__file__).parent.glob("transcripts/*.txt"))
    for row in golden.rows(path, PATTERN)
]


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("case", CASES)
def test_transcript(run: Run, case: golden.Row) -> None:
    """A command has this output, these messages and this status; a terminal obeys none of it."""
    result = run(*shlex.split(case["arguments"]))
    messages = f"[standard error]\n{result.err}" if result.err else ""
    case.check(result=f"{result.out}{messages}[status {result.status}]\n")
    assert not unprintable(result.out + result.err)


def test_all_cases_are_read() -> None:
    """Each command of the transcripts is a case."""
    texts = [path.read_text("utf-8") for path in Path(__file__).parent.glob("transcripts/*.txt")]
    assert len(CASES) == sum(text.count("\n$ ") for text in texts)
