"""Measures whole processes: time from start to end, time of the processor, peak memory."""

import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = ["NODESELECT", "PYTHON", "Run", "run"]

PYTHON = sys.executable
NODESELECT = str(Path(sysconfig.get_path("scripts"), "nodeselect"))
"""The command as it is installed beside the interpreter."""

_ENVIRONMENT = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
"""Without PYTHONDONTWRITEBYTECODE and its like, which make a start slower than a user's."""


class Run(NamedTuple):
    """What one process took, and what it printed."""

    wall: float
    """Seconds from start to end."""
    cpu: float
    """Seconds of the processor, all threads together."""
    peak: float
    """Largest resident memory, in MB."""
    output: str
    """What it wrote to standard output."""


def run(command: Sequence[str]) -> Run:
    """Run ``command`` to its end.

    Linux counts the memory of the process that starts another one into the peak of that other one,
    so a caller must stay small: make large data in a process of its own.

    :raises RuntimeError: when it does not end well.
    """
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, env=_ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    with process.stdout:
        output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with status {process.returncode}")
    unit = 1e6 if sys.platform == "darwin" else 1e6 / 1024  # bytes there, KiB elsewhere
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit, output.decode())
