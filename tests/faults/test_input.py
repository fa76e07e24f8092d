"""No command takes a pause of its input, or an error while reading it, for the end."""

import fcntl
import io
import os
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.cli.running import COMMAND, PLAIN, Run
from tests.faults.commands import FORMS, JOB, JOB_READERS, NODE_READERS
from tests.streams import Hesitant, broken

every_reader = pytest.mark.parametrize("args", NODE_READERS.values(), ids=NODE_READERS)
every_job_reader = pytest.mark.parametrize("args", JOB_READERS.values(), ids=JOB_READERS)


@every_reader
@pytest.mark.parametrize("form", FORMS)
def test_nodes_in_pieces(run: Run, args: list[str], form: str) -> None:
    """The answer is that for all nodes, in whatever pieces they come."""
    check_pieces(run, args, FORMS[form].encode())


@every_job_reader
def test_job_in_pieces(run: Run, args: list[str]) -> None:
    """The answer is that for the whole job, in whatever pieces it comes."""
    check_pieces(run, args, JOB.encode())


def check_pieces(run: Run, args: list[str], data: bytes) -> None:
    """Check that the answer does not depend on the pieces in which standard input comes."""
    expected = run(*args, stdin=data)
    for size in (1, 50, 500, 100_000):
        assert run(*args, stdin=io.BufferedReader(Hesitant(data, size))) == expected


@every_reader
@pytest.mark.parametrize("form", FORMS)
def test_nodes_that_cannot_be_read(run: Run, args: list[str], form: str) -> None:
    """If reading fails after some nodes, there is an error and no answer."""
    for size in (0, 300, len(FORMS[form])):
        result = run(*args, stdin=broken(FORMS[form][:size].encode()))
        assert (result.status, result.out) == (2, "")
        assert "cannot read standard input: Input/output error" in result.err


@every_job_reader
def test_job_that_cannot_be_read(run: Run, args: list[str]) -> None:
    """If reading a job fails in the middle, there is an error and no answer."""
    for size in (0, 20, len(JOB)):
        result = run(*args, stdin=broken(JOB[:size].encode()))
        text = " ".join((result.out + result.err).split())  # a table may wrap it
        assert result.status == 2
        assert "cannot read standard input: Input/output error" in text


def is_waiting(process: "subprocess.Popen[bytes]", pipe: int) -> bool:
    """Return whether a process has read all that is in the pipe, and sleeps."""
    size = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]
    status = Path(f"/proc/{process.pid}/stat").read_text()
    return size == 0 and status.rpartition(")")[2].split()[0] == "S"


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize(
    ("args", "data", "out"),
    [
        pytest.param(["match", "-n", "-", "--all", "--count"], FORMS["lines"], "60\n", id="lines"),
        pytest.param(["match", "-n", "-", "--all", "--count"], FORMS["csv"], "60\n", id="csv"),
        pytest.param(["match", "-n", "nodes", "--job", "-", "--count"], JOB, "22\n", id="job"),
    ],
)
def test_a_real_pipe(args: list[str], data: str, out: str) -> None:
    """A process that reads a non-blocking pipe waits until the other end is closed."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    lines = data.encode().splitlines(keepends=True)
    with subprocess.Popen(
        [*COMMAND, *args], stdin=reading, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, **PLAIN},
    ) as process:  # fmt: skip
        for half in (lines[:4], lines[4:]):
            os.write(writing, b"".join(half))
            while process.poll() is None and not is_waiting(process, reading):
                time.sleep(0.001)
        os.close(writing)
        output, _ = process.communicate(timeout=60)
    assert (process.returncode, output.decode()) == (0, out)
    assert not os.get_blocking(reading)
    os.close(reading)
