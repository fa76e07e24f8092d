"""Too little memory, or too few file descriptors, are an error and never a smaller answer."""

import os
import resource
import sys
from pathlib import Path
from types import FrameType

import pytest

import nodeselect
from tests.cli.running import Result, Run
from tests.faults.commands import COMMANDS

HOME = str(Path(nodeselect.__file__).parent)

# At how many moments of a command the memory is exhausted. All of them take three minutes.
MOMENTS = 50

# A generator that is not needed any more is closed, which needs no memory in reality.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Allocations:
    """While it is active, counts the calls of functions of nodeselect, and lets one of them fail.

    :param failing: the number of the call that raises ``MemoryError``; 0 for none.
    """

    def __init__(self, failing: int = 0) -> None:
        self.calls = 0
        self._failing = failing

    def __enter__(self) -> "Allocations":
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _profile(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(HOME):
            self.calls += 1
            if self.calls == self._failing:
                raise MemoryError


@pytest.mark.parametrize("args", COMMANDS.values(), ids=COMMANDS)
def test_too_little_memory(run: Run, args: list[str]) -> None:
    """The status is 2, and the next run of the same process is right."""
    expected = run(*args)
    with Allocations() as allocations:
        assert run(*args) == expected
    step = max(1, allocations.calls // MOMENTS)
    for number in range(2, allocations.calls + 1, step):  # the first is run() itself
        with Allocations(number):
            result = run(*args)
        assert is_refusal(result) or result == expected
        assert run(*args) == expected


def is_refusal(result: Result) -> bool:
    """Return whether a command ended with the message for too little memory."""
    return result.status == 2 and result.err.endswith("error: there is not enough memory\n")


@pytest.mark.parametrize("args", COMMANDS.values(), ids=COMMANDS)
def test_no_file_descriptors(run: Run, args: list[str]) -> None:
    """With too few file descriptors, a command has its whole answer, or the reason why not."""
    expected = run(*args)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    first, second = (os.open(os.devnull, os.O_RDONLY) for _ in range(2))
    os.close(first)  # a free one below one in use, as other tests may leave it
    for more in range(5):
        free = [os.open(os.devnull, os.O_RDONLY) for _ in range(more + 1)]
        for descriptor in free:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free[-1], before[1]))
        try:
            result = run(*args)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        if result != expected:
            assert result.status == 2
            assert "Too many open files" in " ".join((result.out + result.err).split())
            assert more <= ("saved" in args)  # a file that is mapped has two
    os.close(second)
