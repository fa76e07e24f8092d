"""What the benchmarks measure with is right."""

import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.process import PYTHON, own_peak, run

_HERE = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
_PARENT = """\
held = bytearray(b"x" * 200_000_000)
from benchmarks.process import PYTHON, run
print(run([PYTHON, *{arguments}]).peak)
"""
_CHILD = "from benchmarks.process import own_peak; print(own_peak())"


def peak_of_a_child(arguments: list[str]) -> float:
    """Give the peak of a process that another one started, which holds 200 MB."""
    return float(run([PYTHON, "-c", _HERE + _PARENT.format(arguments=arguments)]).output)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a peak is not inherited")
def test_a_peak_is_that_of_the_process_itself() -> None:
    """What a benchmark holds itself is not counted into what it measures."""
    assert peak_of_a_child(["-c", "pass"]) < 100
    assert 100 < peak_of_a_child(["-c", "held = b'x' * 100_000_000"]) < 200


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc")
def test_the_peak_of_a_process_is_its_own() -> None:
    """A process that was started by a large one does not take its peak for its own."""
    held = bytearray(b"x" * 200_000_000)
    assert own_peak() > 200
    assert float(run([PYTHON, "-c", _HERE + _CHILD]).output) < 100
    assert len(held) == 200_000_000


def test_a_command_that_fails_is_no_run() -> None:
    """A command that is not there, or that ends badly, is an error that says why."""
    with pytest.raises(RuntimeError, match="nonesuch ended with status 127: nonesuch: No such"):
        run(["nonesuch"])
    with pytest.raises(RuntimeError, match="ended with status 3: no"):
        run([PYTHON, "-c", "import sys; sys.stderr.write('no'); sys.exit(3)"])


def test_the_suites_can_be_run() -> None:
    """pytest finds every benchmark, with the command line of their README."""
    command = [
        PYTHON,
        "-m",
        "pytest",
        "benchmarks",
        "-q",
        "--collect-only",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
