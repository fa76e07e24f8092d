"""Streams that break, interrupts and bugs: exit statuses, and what is still printed."""

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

from tests.cli.running import COMMAND, INTERRUPTIBLE, PLAIN, Run, run_process

LINES = "".join(f'{{"id": "n-{number}", "labels": {{}}}}\n' for number in range(20_000))


def test_error_at_the_end(run: Run) -> None:
    """An error in the last line means that no node is printed."""
    error = run("match", "-n", "-", "--all", "-o", "name", stdin=LINES + '{"id": 5}\n').error
    assert error.startswith("error[id-not-text]: ")
    assert " --> standard input:20001 at id" in error


def test_a_bug(run: Run, fleet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception is status 70 and one line, without a traceback."""

    def broken(*_: Any, **__: Any) -> NoReturn:
        raise RuntimeError("boom\x1b[31m\nsecond line" + "x" * 1_000)

    monkeypatch.setattr(
        importlib.import_module("nodeselect.cli.commands.match"), "node_lines", broken
    )
    result = run("match", "-n", fleet, "--all")
    assert (result.status, result.out) == (70, "")
    assert re.fullmatch(
        r"error: a bug in nodeselect \(test_streams\.py:\d+\): RuntimeError:"
        r" boom\\x1b\[31m\\x0asecond linex{100,200}; please report it\n",
        result.err,
    )


def test_broken_pipe() -> None:
    """If the reader of the output exits early, as ``head`` does, the status is 141."""
    Path("large").write_text(LINES)  # more nodes than fit in a pipe
    command = [*COMMAND, "match", "-n", "large", "--all", "-o", "name"]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process: Any = subprocess.Popen(command, env={**os.environ, **PLAIN}, **pipes)
    with process:
        assert process.stdout.readline() == b"n-0\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


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
    command = [*INTERRUPTIBLE, "match", "-n", "-", "--all"]
    pipes: Any = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process: Any = subprocess.Popen(command, **pipes)
    with process:
        # More than a pipe holds: it is written only once the process has begun to read it.
        process.stdin.write(LINES.encode())
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert (process.stdout.read(), process.stderr.read().strip()) == (b"", b"")


@pytest.mark.parametrize("module", ["nodeselect.errors", "nodeselect.files.inputs", "click"])
def test_early_ctrl_c(module: str) -> None:
    """An interrupt while anything is imported is status 130, without a traceback."""
    code = f"""
import sys

class Interrupt:
    def find_spec(name, path=None, target=None):
        if name == "{module}":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt)
from nodeselect.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code, "rules"], capture_output=True)
    assert (done.returncode, done.stderr) == (130, b"")


@pytest.mark.parametrize(
    ("command", "status", "out"),
    [
        pytest.param("match --all --count -n - <&-", 2, "", id="no-input"),
        pytest.param("match --all --count -n nodes.json >&-", 2, "", id="no-output"),
        pytest.param("match --all --count -n nodes.json 2>&-", 0, "1\n", id="no-errors"),
        pytest.param("match -l nope --count -n nodes.json 2>&-", 1, "0\n", id="none-and-no-errors"),
        pytest.param("match -l 'a b' -n nodes.json 2>&-", 2, "", id="wrong-and-no-errors"),
        pytest.param("--help >/dev/full", 2, "", id="help-on-a-full-disk"),
        pytest.param("--version >/dev/full", 2, "", id="version-on-a-full-disk"),
        pytest.param("--version >&-", 2, "", id="version-without-output"),
    ],
)
def test_closed_streams(command: str, status: int, out: str) -> None:
    Path("nodes.json").write_text('[{"id": "n-1"}]')
    done = subprocess.run(
        ["bash", "-c", f"{shlex.join(COMMAND)} {command}"],
        capture_output=True, text=True, timeout=60
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (status, out)
    assert "bug" not in done.stderr
    assert "Traceback" not in done.stderr
