"""A saved file is whole or rejected, whatever happens to it, or to the process that writes it."""

import errno
import os
import resource
import signal
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from random import Random
from struct import iter_unpack

import pytest

from nodeselect import Inventory, InventoryError, Node
from tests.faults.damaged_files import FILES, damage, read_damaged
from tests.inventory.faults import failing_call
from tests.short import short
from tests.thoroughness import at_desk

ROOT = Path(__file__).parents[2]


@pytest.fixture(name="folder")
def folder_fixture(tmp_path: Path) -> Path:
    """Return an empty folder."""
    folder = tmp_path / "folder of a saved file"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("number", range(len(FILES)))
def test_every_bit_of_the_header(number: int) -> None:
    """No file opens of whose header a bit is flipped."""
    data = bytearray(FILES[number])
    for bit in range(8 * int.from_bytes(data[16:20], "little")):
        data[bit // 8] ^= 1 << bit % 8
        [code] = read_damaged(number, bytes(data))
        assert code in ("not-saved", "cut-off", "damaged")
        data[bit // 8] ^= 1 << bit % 8


@pytest.mark.parametrize("number", range(len(FILES)))
def test_every_length(number: int) -> None:
    """No file opens that is shorter than it was."""
    for length in range(len(FILES[number])):
        [code] = read_damaged(number, FILES[number][:length])
        assert code == ("not-saved" if not length else "cut-off")


@pytest.mark.parametrize("seed", range(4))
def test_damage(seed: int) -> None:
    """Of a file with a flipped bit, all is read as it was, or with an error."""
    random = Random(seed)
    damaged = 0
    for _ in range(at_desk(100, ci=500)):
        number = random.randrange(len(FILES))
        damaged += bool(read_damaged(number, damage(FILES[number], random)))
    assert damaged > at_desk(50, ci=300)


@pytest.mark.parametrize("number", range(len(FILES)))
def test_a_check_of_all(number: int) -> None:
    """If all is checked, no flipped bit is accepted, except in bytes between two sections."""
    data = bytearray(FILES[number])
    header = int.from_bytes(data[16:20], "little")
    used = set(range(header))
    for *_, offset, size in iter_unpack("<24sIIQQ", data[40:header]):
        used |= set(range(offset, offset + size))
    for at in range(len(data)):
        data[at] ^= 1 << at % 8
        if at in used:
            with pytest.raises(InventoryError):
                Inventory.open(BytesIO(data), verify=True)
        else:
            Inventory.open(BytesIO(data), verify=True)
        data[at] ^= 1 << at % 8


def run_python(module: str, *args: str) -> str:
    """Run a module of this folder in a process without threads; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.faults.{module}", *args],
        capture_output=True, text=True, check=False, timeout=120, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_killed_processes(folder: Path) -> None:
    """Whenever a process is killed while it saves, the file is the old one or the new one."""
    assert int(run_python("killed_saves", "20", str(folder)))


def test_followers(folder: Path) -> None:
    """Processes that follow a file see each generation as a whole, and the last one at the end."""
    assert len(run_python("followers", str(folder / "fleet.nsx"), "2", "30").split()) == 2


FLEET = [Node(f"n-{at}", {"x": str(at)}) for at in range(50)]


# What a save calls.
CALLS = dict.fromkeys(("stat", "open", "link", "replace", "fsync", "chmod", "chown", "unlink"), os)


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_calls_that_fail(folder: Path, code: int) -> None:
    """Whichever call fails, the file is the old one or the new one, and the only one.

    If it is the new one, then only the folder could not be synchronised.
    """
    file = folder / "fleet.nsx"
    fails_at, calls = -1, [""]
    while fails_at < len(calls):
        fails_at += 1
        Inventory(FLEET[:1]).save(file)
        error, calls = None, []
        with failing_call(CALLS, fails_at, code, calls):
            try:
                Inventory(FLEET).save(file)
            except InventoryError as caught:
                error = short(caught)
        assert error in (None, f"cannot write '{file}': {os.strerror(code)}")
        is_replaced = error is None or calls[:fails_at].count("replace")
        assert list(Inventory.open(file, verify=True)) == (FLEET if is_replaced else FLEET[:1])
        assert error is None or not is_replaced or calls[fails_at:] == ["fsync"]
        assert list(folder.iterdir()) == [file]
    assert fails_at > 5


@pytest.mark.parametrize("size", [0, 1, 39, 500, 3_000])
def test_a_full_disk(folder: Path, size: int) -> None:
    """If the disk is full after so many bytes, the old file stays as it was."""
    file = folder / "fleet.nsx"
    Inventory(FLEET[:1]).save(file)
    inventory = Inventory(FLEET)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        with pytest.raises(InventoryError, match="File too large"):
            inventory.save(file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(Inventory.open(file)) == FLEET[:1]
    assert list(folder.iterdir()) == [file]


def test_without_unnamed_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system on which every file has a name, a file is replaced all the same."""
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    file = folder / "fleet.nsx"
    for nodes in (FLEET[:1], FLEET):
        Inventory(nodes).save(file)
        assert list(Inventory.open(file)) == nodes
        assert file.stat().st_mode & 0o777 == 0o444
    assert list(folder.iterdir()) == [file]


def test_a_copy_of_a_file_that_is_cut_off(folder: Path) -> None:
    """A copy in memory does not depend on the file."""
    file = folder / "fleet.nsx"
    Inventory(FLEET).save(file)
    opened = Inventory.open(file, copy=True)
    file.chmod(0o644)
    os.truncate(file, 100)
    assert list(opened) == FLEET
    with pytest.raises(InventoryError, match="cut off"):
        Inventory.open(file)
