"""What a person sees on a terminal, and what a pipe does not get."""

import os
import pty
import subprocess
from pathlib import Path

from tests.cli.running import COMMAND, PLAIN

RED = b"\x1b[91m\x1b[1m"


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
        "\x1b[91merror[not-in]}: 'not in' is written 'notin'}",
        "\x1b[94m --> }-l:1:3",
        "\x1b[94m  |}",
        "\x1b[94m1 |} a not in (b)",
        "\x1b[94m  |}   \x1b[91m^^^^^^}",
        "\x1b[96mhelp}: write: a notin (b)",
    ]


def test_errors_are_red_and_warnings_yellow(tmp_path: Path) -> None:
    """In a check the label of an error is red, and that of a warning yellow; so in one line."""
    (tmp_path / "error.yaml").write_text("nam: a\nselector: {match_expressions: ['!a']}\n")
    for output in ("text", "concise"):
        drawn = run_on_terminal("check", "-o", output, str(tmp_path), stream="stdout")
        assert drawn.count(RED + b"error[unknown-field]\x1b[0m") == 1
        assert drawn.count(b"\x1b[93m\x1b[1mwarning[no-name]\x1b[0m") == 1
