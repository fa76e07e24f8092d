"""A saved file has what was written, or is rejected."""

from io import BytesIO
from mmap import mmap
from pathlib import Path
from struct import pack_into, unpack_from
from zlib import crc32

import numpy as np
import pytest

from nodeselect import InventoryError
from nodeselect.durable.saved_file import SavedFile, Sections, read_saved
from nodeselect.text import printable
from tests.inventory.forging import to_file
from tests.short import refused, short


@pytest.fixture(name="file")
def file_fixture(tmp_path: Path) -> Path:
    """Return a file with two sections."""
    file = tmp_path / "fleet.nsx"
    numbers = np.array([1, 2, 300], np.uint16)
    Sections({"text": b"abc", "numbers": numbers}, 5).write(str(file), 1 << 40)
    return file


def test_sections(file: Path) -> None:
    """Sections are read as they were written, mapped or copied; numbers begin at cache lines."""
    for copy in (False, True):
        saved = read_saved(file, copy=copy)
        assert isinstance(saved._data.obj, bytes if copy else mmap)
        assert (saved.nodes, saved.generation) == (5, 1 << 40)
        assert bytes(saved.bytes_of("text")) == b"abc"
        assert saved.numbers("numbers").tolist() == [1, 2, 300]
        assert [saved.size(name) for name in ("text", "numbers", "other")] == [3, 6, 0]
        assert "text" in saved
        assert "other" not in saved
    assert isinstance(read_saved(file)._data.obj, mmap)
    assert file.read_bytes().index(b"\x01\0\x02\0\x2c\x01") % 64 == 0


def with_header(data: bytes, changes: dict[int, int]) -> bytes:
    """Return a file with other numbers at some offsets, and the checksum that fits."""
    changed = bytearray(data)
    for offset, number in changes.items():
        pack_into("<I", changed, offset, number)
    size = int.from_bytes(changed[16:20], "little")
    pack_into("<I", changed, 20, 0)
    pack_into("<I", changed, 20, crc32(changed[:size]))
    return bytes(changed)


RESTORE = "\n  save the inventory again, or restore the file from a backup"
NOT_SAVED = "not a saved inventory\n  to save one, run: nodeselect index -n NODES FILE"
WRONG_HEADER = f"damaged: the checksum of the header is wrong{RESTORE}"

IMPOSSIBLE_SIZE = f"damaged: a header cannot have {{}} bytes{RESTORE}"


def test_errors(file: Path) -> None:
    """A file of another kind, byte order, version or size is rejected, and the error says why."""
    data = file.read_bytes()
    version = (
        "the file has version {} of the format, which this program does not know"
        "\n  it knows versions up to 2: upgrade nodeselect, or save the nodes again"
    )
    other_order = "saved inventories are little-endian; the file, or this machine, is not"
    cases = {
        "not-saved": dict.fromkeys(
            (b"", b"{}", b"x" * 200, b"\x89NSX\n\x1a\n" + data[8:], b"\x89PNG" * 9), NOT_SAVED
        ),
        "cut-off": {
            data[:size]: f"cut off: it has {size} bytes of {whole} or more{RESTORE}"
            for size, whole in (
                *((1, 40), (8, 40), (30, 40), (40, 184), (100, 184), (184, len(data))),
                (len(data) - 1, len(data)),
            )
        },
        "byte-order": {with_header(data, {8: 0x04030201}): other_order},
        "unknown-version": {
            with_header(data, {12: number}): version.format(number) for number in (3, 0)
        },
        "damaged": {
            data + b"\0": f"damaged: it has 1 byte behind its end{RESTORE}",
            data[:60] + b"\xff" + data[61:]: WRONG_HEADER,
            with_header(data, {8: 1}): WRONG_HEADER,
            with_header(data, {40: 0xFF}): f"damaged: the name of a section is not ASCII{RESTORE}",
            with_header(data, {36: 1 << 31}): (
                f"damaged: the generation cannot be {1 << 63:,}{RESTORE}"
            ),
            **{
                with_header(data, {16: size}): IMPOSSIBLE_SIZE.format(size)
                for size in (40 + 2 * 48 - 1, 24, 41, 39)
            },
        },
    }
    for code, files in cases.items():
        for content, text in files.items():
            with refused(code) as caught:
                SavedFile(content, "fleet.nsx")
            assert short(caught.value) == f"fleet.nsx: {text}"
    assert SavedFile(with_header(data[:40], {16: 40}), "fleet.nsx").nodes == 5  # without sections


def test_the_other_byte_order(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that cannot read the numbers of the file does not try."""
    monkeypatch.setattr("sys.byteorder", "big")
    with pytest.raises(InventoryError, match="little-endian"):
        read_saved(file)


def test_unexpected_sections(file: Path) -> None:
    """A section that is missing, or has another type or length, is an error."""
    saved = read_saved(file)
    with pytest.raises(InventoryError, match="it has no section 'other'"):
        saved.bytes_of("other")
    with pytest.raises(InventoryError, match="the section 'numbers' has 3 numbers, not 4"):
        saved.numbers("numbers", 4)
    for size in (0, 3, 4, 16):
        with pytest.raises(InventoryError, match="'numbers' is not an array of numbers"):
            SavedFile(with_header(file.read_bytes(), {40 + 48 + 24: size}), "x").numbers("numbers")
    data = file.read_bytes()
    entry, [offset], [log] = 88, unpack_from("<Q", data, 88 + 32), unpack_from("<Q", data, 136 + 32)
    longer = data[:offset] + b"\0" + data[offset:] + bytes(3)
    moved = with_header(longer, {entry + 32: offset + 1, entry + 80: log + 4})
    with pytest.raises(InventoryError, match="'numbers' is not an array of numbers"):
        SavedFile(moved, "x").numbers("numbers")  # it is not aligned


@pytest.mark.parametrize("copy", [False, True])
def test_what_cannot_be_read(tmp_path: Path, copy: bool) -> None:
    """A file that does not exist, or is a folder, is an error that names it."""
    for path in (tmp_path, tmp_path / "none", "a\0b", ""):
        with refused("cannot-read", r": cannot read '"):
            read_saved(path, copy=copy)


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), OSError("no reason")])
def test_a_stream_that_fails(error: OSError) -> None:
    """A stream that fails is an error with the reason."""

    class Failing(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise error

    with pytest.raises(InventoryError) as caught:
        read_saved(Failing())
    assert caught.value.message == f"cannot read input: {error.strerror or 'no reason'}"


def test_what_cannot_be_written(tmp_path: Path) -> None:
    """A folder that does not exist, or a name of a folder, is an error that names it."""
    for path, reason in (
        (tmp_path, "not a regular file"),
        (tmp_path / "none" / "x", "No such file or directory"),
        ("a\0b", "not a valid path"),
    ):
        with refused("cannot-write") as caught:
            Sections({}, 0).write(str(path), 0)
        assert caught.value.message == f"cannot write '{printable(str(path))}': {reason}"


def test_place_in_a_log(file: Path) -> None:
    """A file has the checksum of the last write in a log, which does not change its contents."""
    data = file.read_bytes()
    saved = SavedFile(data, "x")
    without = SavedFile(with_header(data, {40 + 2 * 48: 0x7478656E}), "x")  # it is named "next"
    assert saved.chain is without.chain is None
    assert saved.contents != without.contents
    sections = Sections({"text": b"abc"}, 5)
    for chain in (None, 0, 2**32 - 1):
        sections.write(str(file), 7, chain)
        saved = read_saved(file)
        assert (saved.chain, saved.contents) == (chain, sections.contents)
    with pytest.raises(InventoryError, match=": the section 'log' has 8 bytes\n"):
        SavedFile(to_file({b"log": (8, bytes(8))}, 0, 0), "x")


def test_permissions(file: Path) -> None:
    """Nobody may write to a saved file; it can be saved again all the same."""
    assert file.stat().st_mode & 0o777 == 0o444
    Sections({}, 0).write(str(file), 7)
    assert read_saved(file).generation == 7
