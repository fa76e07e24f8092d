"""Without file descriptors, or without a second process, a command reads alone or says why not."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import PLAIN, Run
from tests.faults.commands import COMMANDS

LINES = "".join(json.dumps({"id": f"n-{at:05}", "labels": {}}) + "\n" for at in range(5_000))

# Any file is large enough for two processes.
MAIN = """\
import os, resource, signal
import msgspec  # which needs file descriptors to be loaded
from nodeselect.readers import parallel_read
from nodeselect.__main__ import main
parallel_read._MIN_BYTES = 1
os.cpu_count = lambda: 2
{limit}
main()
"""
LIMIT_FILES = "resource.setrlimit(resource.RLIMIT_NOFILE, ({0}, {0}))"


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param("", id="none"),
        pytest.param("signal.signal(signal.SIGCHLD, signal.SIG_IGN)", id="ignored-children"),
        *(pytest.param(LIMIT_FILES.format(count), id=f"{count}-files") for count in range(5, 9)),
    ],
)
def test_a_large_file(limit: str) -> None:
    """All nodes are read, whether or not a second process can be started."""
    Path("nodes").write_text(LINES)
    main = MAIN.format(limit=limit)
    done = subprocess.run(
        [sys.executable, "-c", main, "match", "-n", "nodes", "--all", "-o", "name"],
        capture_output=True, text=True, check=False, timeout=60, env={**os.environ, **PLAIN},
    )  # fmt: skip
    assert (done.returncode, done.stdout.count("\n")) == (0, 5_000)
    assert done.stderr == "5,000 of 5,000 nodes match\n"


@pytest.mark.parametrize("args", COMMANDS.values(), ids=COMMANDS)
def test_no_file_descriptors(run: Run, args: list[str]) -> None:
    """With too few file descriptors, a command has its whole answer, or the reason why not."""
    expected = run(*args)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    for more in range(5):
        descriptor = os.open(os.devnull, os.O_RDONLY)
        os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptor + more, before[1]))
        try:
            result = run(*args)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        if result != expected:
            assert result.status == 2
            assert "Too many open files" in result.out + result.err
            assert more <= (args[0] == "index")  # a file that is mapped has two
