"""The measuring tools of the benchmarks measure correctly, and every benchmark can be run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.process import PYTHON, run

_HERE = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
_PARENT = """\
held = bytearray(b"x" * 200_000_000)
from benchmarks.process import PYTHON, run
print(run([PYTHON, *{arguments}]).peak)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a peak is not inherited")
def test_peak_of_a_child() -> None:
    """Memory of the benchmark is not counted into the peak of the process that it measures."""
    for code, least, most in (("pass", 0, 100), ("held = b'x' * 100_000_000", 100, 200)):
        parent = _HERE + _PARENT.format(arguments=["-c", code])  # holds 200 MB
        assert least < float(run([PYTHON, "-c", parent]).output) < most


def test_collection() -> None:
    done = subprocess.run(
        [PYTHON, "-m", "pytest", "benchmarks", "-q", "--collect-only", "-p", "no:cacheprovider"],
        cwd=Path(__file__).parents[1],
        env={name: value for name, value in os.environ.items() if "PYTEST" not in name},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
