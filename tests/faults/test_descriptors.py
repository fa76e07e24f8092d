"""Without file descriptors, a command has its whole answer, or says why not."""

import os
import resource

import pytest

from tests.cli.running import Run
from tests.faults.commands import COMMANDS


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
