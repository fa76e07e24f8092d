"""A command whose output is not written as a whole never ends with status 0."""

import fcntl
import gc
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NoReturn

import pytest

from nodeselect.__main__ import main
from nodeselect.cli import app
from tests.cli.running import COMMAND, PLAIN, Run
from tests.faults.commands import COMMANDS

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux", reason="needs a full device, and pipes with a size"
    ),
    # A stream that could not be written cannot be closed either.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
every_command = pytest.mark.parametrize("args", COMMANDS.values(), ids=COMMANDS)


RunMain = Callable[[list[str], BinaryIO | None], tuple[int, str]]


@pytest.fixture
def run_main(monkeypatch: pytest.MonkeyPatch) -> RunMain:
    """Return a function that runs the entry point in this process, with a standard output or None.

    It returns the status, and what was written to standard error.
    """

    def exit_process(status: int) -> NoReturn:
        raise SystemExit(status)

    def run(args: list[str], stdout: BinaryIO | None) -> tuple[int, str]:
        status: object = 0
        with Path("errors").open("wb", buffering=0) as errors, monkeypatch.context() as patch:
            files = (stdout, errors)
            streams = [None if file is None else io.TextIOWrapper(file) for file in files]
            patch.setattr(sys, "argv", ["nodeselect", *args])
            patch.setattr(sys, "stdin", None)
            patch.setattr(sys, "stdout", streams[0])
            patch.setattr(sys, "stderr", streams[1])
            patch.setattr(os, "_exit", exit_process)
            try:
                main()
            except SystemExit as end:
                status = end.code
            finally:
                gc.enable()
            for stream in filter(None, streams):
                stream.detach()
        assert isinstance(status, int)
        return status, Path("errors").read_text()

    return run


def test_every_command_is_here() -> None:
    """The table has all but ``index``, which prints nothing."""
    assert {args[0] for args in COMMANDS.values()} >= set(app._COMMANDS) - {"index"}


@every_command
def test_closed(run_main: RunMain, args: list[str]) -> None:
    """Without a standard output, the status is 2."""
    status, message = run_main(args, None)
    assert (status, message) == (2, "error: cannot write to standard output: it is closed\n")


@every_command
@pytest.mark.parametrize("buffering", [0, -1])
def test_full(run_main: RunMain, args: list[str], buffering: int) -> None:
    """On a full disk, the status is 2."""
    with Path("/dev/full").open("wb", buffering=buffering) as full:
        status, message = run_main(args, full)
    assert status == 2
    assert message == "error: cannot write to standard output: No space left on device\n"


@every_command
def test_gone(run_main: RunMain, args: list[str]) -> None:
    """If the reader of the output is gone, the status is 141."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        assert run_main(args, pipe) == (141, "")


@every_command
@pytest.mark.parametrize("buffering", [0, -1])
def test_slow(
    run: Run, run_main: RunMain, monkeypatch: pytest.MonkeyPatch, args: list[str], buffering: int
) -> None:
    """A non-blocking pipe whose reader is slow gets all of the output."""
    expected = run(*args)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    capacity = fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4_096)
    os.write(writing, b"." * capacity)
    output = b""

    def read(*_: object) -> None:
        nonlocal output
        output += os.read(reading, capacity)

    monkeypatch.setattr("nodeselect.files.inputs._wait", read)
    with os.fdopen(writing, "wb", buffering=buffering) as pipe:
        status, message = run_main(args, pipe)
    while len(output) < capacity + len(expected.out.encode()):
        read()
    os.close(reading)
    assert (status, message) == (expected.status, expected.err)
    assert output[capacity:].decode() == expected.out


@every_command
def test_cut(tmp_path: Path, args: list[str]) -> None:
    """If a disk becomes full in the middle of an unbuffered output, the status is 2."""
    (tmp_path / "output").write_bytes(b"." * 1_014)
    with (tmp_path / "output").open("ab") as output:
        done = subprocess.run(
            ["bash", "-c", 'ulimit -f 1; exec "$@"', "bash", *COMMAND, *args],
            stdout=output, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
            env={**os.environ, **PLAIN, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
    assert (tmp_path / "output").stat().st_size == 1_024
    assert done.returncode == 2
    assert done.stderr == "error: cannot write to standard output: File too large\n"


def test_a_real_slow_reader(tmp_path: Path) -> None:
    """A process that writes to a non-blocking pipe waits until all of it is read."""
    lines = "".join(f'{{"id": "n-{number}", "labels": {{}}}}\n' for number in range(10_000))
    (tmp_path / "nodes").write_text(lines)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with subprocess.Popen(
        [*COMMAND, "match", "-n", "nodes", "--all", "-o", "name"],
        stdout=writing, stderr=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip
        os.close(writing)
        assert process.stderr
        size = 0
        while block := os.read(reading, 1_000):
            size += len(block)
        os.close(reading)
        assert size == sum(len(f"n-{number}\n") for number in range(10_000))
        assert process.wait(60) == 0
