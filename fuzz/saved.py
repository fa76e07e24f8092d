"""A saved inventory that somebody has changed, and whose checksums are right."""

import struct
from contextlib import suppress
from io import BytesIO
from itertools import pairwise
from zlib import crc32

from tests.faults.damaged_files import FILES, READINGS

from nodeselect import Inventory, InventoryError

# What sizes and offsets that make no sense may raise here, where the checksums are set.
_ERRORS = (ArithmeticError, LookupError, MemoryError, TypeError, ValueError, struct.error)


def check(data: bytes) -> None:
    """Change bytes of a saved inventory: nothing but an ``InventoryError`` may come of it.

    :param data: the number of the file; and for each change three bytes: two for its position, and
        the new byte.
    """
    file = bytearray(FILES[data[0] % len(FILES)] if data else b"")
    for position in range(1, len(data) - 2, 3):
        at = int.from_bytes(data[position : position + 2], "big")
        if at < len(file):
            file[at] = data[position + 2]
    with suppress(*_ERRORS):
        _set_checksums(file)
    try:
        inventory = Inventory.open(BytesIO(file))
    except InventoryError:
        return
    first = crc32(data) % len(READINGS)  # a section is checked by the reading that needs it first
    for read in (*READINGS[first:], *READINGS[:first]):
        with suppress(InventoryError):
            read(inventory)


def _set_checksums(file: bytearray) -> None:
    """Make all checksums right."""
    header = int.from_bytes(file[16:20], "little")
    sections = {
        name.rstrip(b"\0"): (40 + 48 * number, slice(offset, offset + size), number_size)
        for number, (name, number_size, _, offset, size) in enumerate(
            struct.iter_unpack("<24sIIQQ", file[40:header])
        )
    }
    _, postings, _ = sections[b"postings"]
    _, offsets, width = sections[b"postings.offsets"]
    _, checksums, _ = sections[b"postings.checksums"]
    data = file[offsets]
    ends = [int.from_bytes(data[at : at + width], "little") for at in range(0, len(data), width)]
    for number, (start, stop) in enumerate(pairwise(ends)):
        at = checksums.start + 4 * number
        struct.pack_into("<I", file, at, crc32(file[postings][start:stop]))
    for entry, section, _ in sections.values():
        struct.pack_into("<I", file, entry + 28, crc32(file[section]))
    struct.pack_into("<I", file, 20, 0)
    struct.pack_into("<I", file, 20, crc32(file[:header]))
