"""What a person sees on a terminal, and what a pipe does not get."""

import io
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nodeselect.cli.streams import Progress, highlight_severity
from tests.cli.running import COMMAND, FLEET, PLAIN, Run, run_process

RED = b"\x1b[31m\x1b[1merror\x1b[0m"


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


WRONG = [
    pytest.param(["match", "-n", "x", "-l", "a b"], b"[unexpected]: -l: ", id="selector"),
    pytest.param(["match", "-n", "no-such-file", "--all"], b"[cannot-read]: ", id="nodes"),
    pytest.param(["match", "-n", "x", "--all", "--bogus"], b": No such option", id="usage"),
]


@pytest.mark.parametrize(("question", "behind"), WRONG)
def test_errors_are_red(question: list[str], behind: bytes) -> None:
    """On a terminal the word error is red, and there is no other escape sequence."""
    output = run_on_terminal(*question)
    assert RED + behind in output
    assert b"\x1b" not in output.replace(RED, b"", 1)


def test_a_problem_of_a_job_is_red(tmp_path: Path) -> None:
    """The first problem of a job is coloured."""
    (tmp_path / "job").write_text("selector: all\n")
    output = run_on_terminal("match", "-n", "x", "--job", str(tmp_path / "job"))
    assert b"job:1:11: " + RED + b"[wrong-type] at selector" in output


def test_the_name_of_a_file_is_not_coloured(tmp_path: Path) -> None:
    """The word error is not coloured in the name of a file."""
    (tmp_path / "error.yaml").write_text("selector: all\n")
    output = run_on_terminal("match", "-n", "x", "--job", str(tmp_path / "error.yaml"))
    assert b"/error.yaml:1:11: " + RED + b"[wrong-type]" in output


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
@pytest.mark.parametrize(("question", "behind"), WRONG)
def test_no_colour(environment: dict[str, str], question: list[str], behind: bytes) -> None:
    """With NO_COLOR or TERM=dumb there is no escape sequence."""
    output = run_on_terminal(*question, **environment)
    assert b"error" + behind in output
    assert b"\x1b" not in output


@pytest.mark.parametrize(("question", "behind"), WRONG)
def test_no_colour_without_a_terminal(question: list[str], behind: bytes) -> None:
    """Without a terminal there is no escape sequence."""
    result = run_process(*question)
    assert "error" + behind.decode() in result.err
    assert "\x1b" not in result.err


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


@pytest.mark.parametrize(
    ("make", "term"),
    [
        pytest.param(io.StringIO, "xterm", id="no-terminal"),
        pytest.param(Terminal, "dumb", id="dumb-terminal"),
    ],
)
def test_progress_needs_a_terminal(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, make: Callable[[], io.StringIO], term: str
) -> None:
    """Without a terminal, or with TERM=dumb, no progress is drawn."""
    stderr = make()
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("TERM", term)
    progress = Progress()
    clock.now += 100
    progress.update("1 node")
    progress.clear()
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


def test_progress_of_a_check(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A check of many files shows how many are done."""
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text("name: x\n")
    terminal = Terminal()
    monkeypatch.setattr("nodeselect.cli.streams.time.monotonic", Clock(pace=2))
    monkeypatch.setattr(sys, "stderr", terminal)
    assert run("check", str(tmp_path)).status == 0
    assert terminal.getvalue().startswith(
        "\rchecking: 0 of 2 files\x1b[K\rchecking: 1 of 2 files\x1b[K\r\x1b[K2 files: "
    )


@pytest.mark.parametrize(
    ("text", "output"),
    [
        pytest.param("x:1:1: error[a-b]: c", "x:1:1: {red}[a-b]: c", id="error"),
        pytest.param("x:1:1: warning[a-b]: c", "x:1:1: {yellow}[a-b]: c", id="warning"),
        pytest.param("x: and 5 more", "x: and 5 more", id="neither"),
    ],
)
def test_severities_in_colour(text: str, output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, errors are red and warnings yellow."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    yellow = RED.decode().replace("31", "33").replace("error", "warning")
    assert highlight_severity(text, Terminal()) == output.format(red=RED.decode(), yellow=yellow)
    assert highlight_severity(text, io.StringIO()) == text
