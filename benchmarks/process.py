"""Measures whole processes: time from start to end, time of the processor, peak memory."""

import ctypes
import gc
import os
import resource
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PYTHON = sys.executable
NODESELECT = str(Path(sysconfig.get_path("scripts"), "nodeselect"))
"""The command as it is installed beside the interpreter."""

_STARTED = str(Path(__file__).with_name("started.py"))
# Without PYTHONDONTWRITEBYTECODE and its like, which make a start slower than a user's.
_ENVIRONMENT = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}

# What the system counts memory in, to a MB: bytes there, KiB elsewhere.
_UNIT = 1e6 if sys.platform == "darwin" else 1e6 / 1024


class Run(NamedTuple):
    """What one process took, and what it printed."""

    wall: float
    """Seconds from start to end."""
    cpu: float
    """Seconds of the processor, all threads together."""
    peak: float
    """Largest resident memory of any one process, in MB."""
    output: str
    """What it wrote to standard output."""


def run(command: Sequence[str]) -> Run:
    """Run ``command`` to its end. Peaks below 10 MB all read as 10 MB.

    :raises RuntimeError: when it does not end well.
    """
    with tempfile.TemporaryFile() as messages, tempfile.TemporaryFile() as report:
        started = [PYTHON, "-I", "-S", _STARTED, str(report.fileno()), *command]
        done = subprocess.run(
            started,
            env=_ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=messages,
            pass_fds=[report.fileno()],
            check=True,
        )
        report.seek(0)
        wall, cpu, peak, status = map(float, report.read().split())
        if status:
            messages.seek(0)
            said = messages.read().decode("utf-8", "replace")
            raise RuntimeError(f"{command[0]} ended with status {status:.0f}: {said}")
    return Run(wall, cpu, peak / _UNIT, done.stdout.decode())


def own_peak() -> float:
    """Return the largest resident memory of this process so far, in MB.

    On Linux without what the process held that started it, which ``ru_maxrss`` counts.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return (
            int(status.read_text(encoding="ascii").partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
        )
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _UNIT


def own_resident() -> float:
    """Return the resident memory of this process now, in MB. Linux only."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def trim() -> None:
    """Let the allocator of the C library give back to the system what it can. Linux only."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
