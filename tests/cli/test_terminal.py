"""What a person sees on a terminal, and what a pipe does not get."""

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from nodeselect.cli.streams import Progress
from tests.cli.running import COMMAND, FLEET, PLAIN, Run

RED = b"\x1b[31m\x1b[1m"


def run_on_terminal(*args: str, stream: str = "stderr", **environment: str) -> bytes:
    """Run the command line with a terminal for a stream; return what is drawn there."""
    terminal, end = pty.openpty()
    try:
        process = subprocess.Popen(
            [*COMMAND, *args],
            stdin=subprocess.DEVNULL,
            stdout=end if stream == "stdout" else subprocess.DEVNULL,
            stderr=end if stream == "stderr" else subprocess.DEVNULL,
            env={**os.environ, **PLAIN, **environment},
        )
    finally:
        os.close(end)
    output = b""
    with os.fdopen(terminal, "rb", buffering=0) as screen:
        try:
            while some := screen.read(4_096):
                output += some
        except OSError:  # Linux says so when the last user of a terminal has closed it
            pass
    process.wait(60)
    return output


def test_the_drawing_of_a_problem_in_colour() -> None:
    """The label and the carets are red, the message is bold, the gutter blue, help is cyan."""
    output = run_on_terminal("match", "-n", "x", "-l", "a not in (b)").decode()
    assert output.replace("\x1b[0m", "}").replace("\x1b[1m", "").splitlines() == [
        "\x1b[31merror[not-in]}: 'not in' is written 'notin'}",
        "\x1b[34m --> }-l:1:3",
        "\x1b[34m  |}",
        "\x1b[34m1 |} a not in (b)",
        "\x1b[34m  |}   \x1b[31m^^^^^^}",
        "\x1b[36mhelp}: write: a notin (b)",
    ]


def test_errors_are_red_and_warnings_yellow(tmp_path: Path) -> None:
    """In a check the label of an error is red, and that of a warning yellow; so in one line."""
    (tmp_path / "error.yaml").write_text("nam: a\nselector: {match_expressions: ['!a']}\n")
    for output in ("text", "concise"):
        drawn = run_on_terminal("check", "-o", output, str(tmp_path), stream="stdout")
        assert drawn.count(RED + b"error[unknown-field]\x1b[0m") == 1
        assert drawn.count(b"\x1b[33m\x1b[1mwarning[no-name]\x1b[0m") == 1


class Terminal(io.StringIO):
    """A terminal that records what is written."""

    def isatty(self) -> bool:
        """Return True."""
        return True


class Clock:
    """A clock that is set by the test, or advances by ``pace`` seconds per call."""

    def __init__(self, pace: float = 0) -> None:
        self.now = 1_000.0
        self._pace = pace

    def __call__(self) -> float:
        self.now += self._pace
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock of the progress line."""
    clock = Clock()
    monkeypatch.setattr("nodeselect.cli.streams.time.monotonic", clock)
    monkeypatch.setenv("TERM", "xterm")
    return clock


def test_progress_is_delayed_and_erased(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line appears after a second, changes at most every tenth of a second, and is erased."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = Progress()
    progress.update("1,000 nodes")
    clock.now += 0.75
    progress.update("2,000 nodes")
    progress.clear()
    assert terminal.getvalue() == ""
    clock.now += 0.25
    progress.update("3,000 nodes")
    clock.now += 0.0625
    progress.update("4,000 nodes")
    clock.now += 0.0625
    progress.update("5,000 nodes")
    progress.clear()
    assert terminal.getvalue() == "\r3,000 nodes\x1b[K\r5,000 nodes\x1b[K\r\x1b[K"


@pytest.mark.parametrize(("stderr", "term"), [(io.StringIO(), "xterm"), (Terminal(), "dumb")])
def test_progress_needs_a_terminal(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO, term: str
) -> None:
    """Without a terminal, or with TERM=dumb, no progress is drawn."""
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("TERM", term)
    progress = Progress()
    clock.now += 100
    progress.update("1 node")
    assert stderr.getvalue() == ""


@pytest.mark.parametrize(
    ("lines", "status"), [pytest.param(FLEET, 0, id="good"), pytest.param("{}\n", 2, id="wrong")]
)
def test_progress_is_erased_before_messages(
    run: Run, monkeypatch: pytest.MonkeyPatch, lines: str, status: int
) -> None:
    """The line is erased before the summary or an error is printed."""
    terminal = Terminal()
    monkeypatch.setattr("nodeselect.cli.streams.time.monotonic", Clock(pace=2))
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    many = "".join(f'{{"id": "x-{number}", "labels": {{}}}}\n' for number in range(5_000))
    assert run("match", "-n", "-", "--all", "--count", stdin=many + lines).status == status
    output, wipe, message = terminal.getvalue().rpartition("\r\x1b[K")
    assert output.startswith("\rreading standard input: ")
    assert wipe
    assert "\x1b" not in message
    assert message.startswith("5,004 of 5,004 nodes match" if status == 0 else "error[")
