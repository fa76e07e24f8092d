"""Exit statuses and errors of the command line."""

import importlib
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.cli.running import COMMAND, FLEET, PLAIN, Run, run_process

USAGE = "Usage: nodeselect match [OPTIONS]\nTry 'nodeselect match --help' for help.\n\nerror: "

LINES = "".join(f'{{"id": "n-{number}", "labels": {{}}}}\n' for number in range(20_000))


def test_hostile_argument(run: Run) -> None:
    """An argument that belongs to no option is escaped in the message."""
    result = run("waves", "--job", "a", "-n", "f", "\x1b")
    assert "error: Got unexpected extra argument (\\x1b)\n" in result.err


def test_option_without_its_value(run: Run, fleet: str) -> None:
    """A missing value of an option is an error."""
    message = "error: Option '-l' requires an argument.\n"
    assert run("match", "-n", fleet, "-l") == (2, "", message)


def test_no_nodes(run: Run) -> None:
    """-n is required: nothing is read from standard input by accident."""
    message = "Missing option '-n' / '--nodes'.\n"
    assert run("match", "--all", stdin=FLEET) == (2, "", USAGE + message)


def test_job_and_nodes_of_standard_input(run: Run) -> None:
    """--job and -n cannot both be standard input."""
    message = "--job and -n cannot both read standard input\n"
    assert run("match", "-n", "-", "--job", "-", stdin=FLEET) == (2, "", USAGE + message)


def test_unknown_command(run: Run) -> None:
    """An unknown command is an error, with the usage of the group."""
    assert run("bogus") == (
        2,
        "",
        (
            "Usage: nodeselect [OPTIONS] COMMAND [ARGS]...\nTry 'nodeselect --help' for help.\n\n"
            "error: No such command 'bogus'.\n"
        ),
    )


def test_blank_selector(run: Run, fleet: str) -> None:
    """A selector of white space is an error."""
    message = (
        "error[blank]: -l: an expression must not be blank\n"
        "  write a requirement, or remove the item\n"
    )
    assert run("match", "-n", fleet, "-l", " \t") == (2, "", message)


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        pytest.param(
            "nope.json",
            "error[cannot-read]: nope.json: cannot be read: No such file or directory\n",
            id="missing",
        ),
        pytest.param(".", "error[cannot-read]: .: cannot be read: Is a directory\n", id="folder"),
        pytest.param(
            "empty",
            "error[empty-input]: empty: the input is empty\n  check the command that wrote it\n",
            id="empty",
        ),
        pytest.param(
            "cut",
            "error[cut-off]: cut: line 1, column 12: the JSON is cut off here\n"
            "  get the complete output again\n",
            id="cut-off",
        ),
        pytest.param(
            "twice",
            "error[duplicate-id]: twice: two nodes have the id 'n': nodes 1 and 2\n"
            "  keep one of the two\n",
            id="one-id-twice",
        ),
        pytest.param(
            "number",
            "error[label-not-text]: number: [0].labels.a: the value of the label 'a' must be"
            ' a string, not the number 5\n  quote it: "5"\n',
            id="label-that-is-no-text",
        ),
    ],
)
@pytest.mark.usefixtures("fleet")
def test_wrong_nodes(run: Run, nodes: str, message: str) -> None:
    """Invalid nodes are reported with file and position, and no node is printed."""
    Path("empty").touch()
    Path("cut").write_text('[{"id": "n"')
    Path("twice").write_text('{"id": "n", "labels": {}}\n' * 2)
    Path("number").write_text('[{"id": "n", "labels": {"a": 5}}]')
    assert run("match", "-n", nodes, "--all") == (2, "", message)


def test_error_at_the_end(run: Run) -> None:
    """An error in the last line means that no node is printed."""
    result = run("match", "-n", "-", "--all", "-o", "name", stdin=LINES + '{"id": 5}\n')
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("error[id-not-text]: standard input: line 20001: id: ")


@pytest.mark.parametrize(
    ("job", "message"),
    [
        pytest.param(
            "nope", "nope: error[cannot-read]: cannot be read: No such file or directory\n",
            id="missing",
        ),
        pytest.param(
            ".", ".: error[cannot-read]: cannot be read: Is a directory\n", id="folder"
        ),
        pytest.param(
            "wrong",
            "wrong:1:11: error[wrong-type] at selector: expected a mapping, found the string "
            "'all'\n"
            "  selector: all\n"
            "            ^^^\n"
            "  write: {match_labels: {region: eu}}, or {} for EVERY node\n",
            id="wrong",
        ),
        pytest.param(
            "large",
            "large:1:1: error[file-too-large]: a job file may have at most 1,048,576 bytes"
            f" (job_file_bytes)\n  {'#' * 72}…\n  ^\n",
            id="large",
        ),
    ],
)  # fmt: skip
def test_wrong_job(run: Run, fleet: str, job: str, message: str) -> None:
    """An invalid job is reported with file and position, and matches no node."""
    Path("wrong").write_text("selector: all\n")
    Path("large").write_text("#" * 2_000_000)
    assert run("match", "-n", fleet, "--job", job) == (2, "", message)


def test_wrong_job_of_standard_input(run: Run, fleet: str) -> None:
    """Errors of a job from standard input say so."""
    result = run("match", "-n", fleet, "--job", "-", stdin="selector: {match_ids: x}")
    assert result.status == 2
    assert result.err.startswith("standard input:1:23: error[wrong-type] at selector.match_ids: ")


def test_a_bug(run: Run, fleet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception is status 70 and one line, without a traceback."""

    def broken(*_: Any, **__: Any) -> NoReturn:
        raise RuntimeError("boom\x1b[31m\nsecond line" + "x" * 1_000)

    monkeypatch.setattr(importlib.import_module("nodeselect.cli.match"), "node_lines", broken)
    result = run("match", "-n", fleet, "--all")
    assert (result.status, result.out) == (70, "")
    assert re.fullmatch(
        r"error: a bug in nodeselect \(test_exit_status\.py:\d+\): RuntimeError:"
        r" boom\\x1b\[31m\\x0asecond linex{100,200}; please report it\n",
        result.err,
    )


def started(*args: str, **streams: Any) -> "subprocess.Popen[bytes]":
    """Start the command line in a new process."""
    return subprocess.Popen([*COMMAND, *args], env={**os.environ, **PLAIN}, **streams)


@pytest.fixture
def large(tmp_path: Path) -> str:
    """Return a file with more nodes than fit in a pipe."""
    (tmp_path / "large").write_text(LINES)
    return str(tmp_path / "large")


@pytest.fixture
def closed() -> Any:
    """Return the write end of a pipe that has no reader."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


def test_broken_pipe(large: str) -> None:
    """If the reader of the output exits early, as ``head`` does, the status is 141."""
    with started(
        "match", "-n", large, "--all", "-o", "name", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == b"n-0\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


@pytest.mark.parametrize(
    "options", [["match", "-n", "-", "--all", "--count"], ["--help"], ["match", "--help"]]
)
def test_closed_pipe(closed: int, options: list[str]) -> None:
    """If the reader is gone from the start, the status is 141, however little is written."""
    with started(
        *options, stdin=subprocess.DEVNULL if len(options) < 3 else subprocess.PIPE,
        stdout=closed, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        _, message = process.communicate(b"[]" if len(options) > 2 else None, 60)
        assert (process.returncode, message) == (141, b"")


@pytest.mark.parametrize(
    ("options", "status"),
    [
        pytest.param(["--all", "--count"], 0, id="some"),
        pytest.param(["-l", "nope", "--count"], 1, id="none"),
        pytest.param(["-l", "a b"], 2, id="wrong-selector"),
        pytest.param(["--bogus"], 2, id="wrong-usage"),
    ],
)
def test_closed_standard_error(closed: int, large: str, options: list[str], status: int) -> None:
    """A closed standard error does not change the status."""
    with started(
        "match", "-n", large, *options, stdout=subprocess.DEVNULL, stderr=closed
    ) as process:
        assert process.wait(60) == status


@pytest.mark.parametrize("options", [["--all"], ["--all", "--count"]])
def test_full_disk(large: str, options: list[str]) -> None:
    """A full disk is reported as such, not as a bug or a result."""
    with (
        Path("/dev/full").open("wb") as full,
        started("match", "-n", large, *options, stdout=full, stderr=subprocess.PIPE) as process,
    ):
        _, message = process.communicate(timeout=60)
        assert process.returncode not in (0, 1, 70)
        assert b"bug" not in message
        assert b"No space left on device" in message


@pytest.mark.parametrize("style", ["table", "wide", "name", "csv", "json"])
def test_narrow_encoding(style: str) -> None:
    """Characters that the encoding does not have are escaped."""
    node = '[{"id": "日本", "labels": {"é": "東京"}}]'
    result = run_process(
        "match", "-n", "-", "--all", "-o", style, stdin=node, PYTHONIOENCODING="ascii"
    )
    assert result.status == 0
    assert result.out.isascii()


def test_ctrl_c() -> None:
    """An interrupt while nodes are read is status 130, without output."""
    command = [
        sys.executable,
        "-c",
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);" + COMMAND[-1],
        *("match", "-n", "-", "--all"),
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        # More than a pipe holds: it is written only once the process has begun to read it.
        process.stdin.write(LINES.encode())
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert (process.stdout.read(), process.stderr.read().strip()) == (b"", b"")


@pytest.mark.parametrize(
    ("command", "status", "out"),
    [
        pytest.param("match --all --count -n - <&-", 2, "", id="no-input"),
        pytest.param("match --all --count -n nodes.json >&-", 2, "", id="no-output"),
        pytest.param("match --all --count -n nodes.json 2>&-", 0, "1\n", id="no-errors"),
        pytest.param("match -l nope --count -n nodes.json 2>&-", 1, "0\n", id="none-and-no-errors"),
        pytest.param("match -l 'a b' -n nodes.json 2>&-", 2, "", id="wrong-and-no-errors"),
        pytest.param("--help >/dev/full", 2, "", id="help-on-a-full-disk"),
    ],
)
def test_closed_streams(command: str, status: int, out: str, tmp_path: Path) -> None:
    """Closed streams are no bug, and do not change the result."""
    (tmp_path / "nodes.json").write_text('[{"id": "n-1"}]')
    program = "from nodeselect.cli import main; main()"
    done = subprocess.run(
        ["bash", "-c", f"{shlex.quote(sys.executable)} -c {shlex.quote(program)} {command}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (status, out)
    assert "bug" not in done.stderr
