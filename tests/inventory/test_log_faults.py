"""A few of the faults of ``log_faults``: whatever happens to a log, nothing is lost or invented."""

import errno
import os
from pathlib import Path

import pytest

from tests.inventory.log_faults import (
    damage_everywhere,
    damage_randomly,
    fail_everywhere,
    kill,
    write_log,
)
from tests.thoroughness import at_desk

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and locks on files"),
    # What fails does not close its files.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_kill() -> None:
    """What a killed process acknowledged is there; beside that, at most what it was writing."""
    assert kill(at_desk(8, ci=20), seed=5) > at_desk(8, ci=20)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO][: at_desk(1, ci=2)])
def test_failing_calls(code: int) -> None:
    """If any one system call fails, there is an error of ours, and the next writes are made."""
    names = {"pwrite", "pread", "replace", "link", "fsync", "_sync_file", "open", "dup", "stat"}
    assert fail_everywhere(code) >= names


def test_damage(tmp_path: Path) -> None:
    """Each flipped bit is noticed; after a cut, the whole records before it are read."""
    path = tmp_path / "fleet.log"
    assert damage_everywhere(path, write_log(path, 3)) > 3_000


def test_random_damage(tmp_path: Path) -> None:
    """The same for several bits of a longer log."""
    path = tmp_path / "fleet.log"
    damage_randomly(path, write_log(path, 50), at_desk(400, ci=2_000), seed=3)
