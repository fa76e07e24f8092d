"""Change logs of version 1: a reader with the rules of the programs that know only that version."""

import json
from pathlib import Path
from struct import unpack_from
from zlib import crc32


def lower_version(path: Path) -> None:
    """Write version 1 into the header of a log, none of whose writes has facts."""
    data = path.read_bytes()
    fields = data[:8] + (1).to_bytes(4, "little") + data[12:32]
    path.write_bytes(fields + crc32(fields).to_bytes(4, "little") + data[36:])
    read_ids(path)


def read_ids(path: Path) -> list[str]:
    """Return the ids in the changes of a log; raise ``ValueError`` with what the program says."""
    data = path.read_bytes()
    version, _, _, chain, checksum = unpack_from("<IQQII", data, 8)
    if crc32(data[:32]) != checksum:
        raise ValueError("damaged")
    if version != 1:
        raise ValueError("unknown-version")
    ids, at = [], 36
    while at < len(data):
        size, *checksums = unpack_from("<III", data, at + 16)
        payload = data[at + 28 : at + 28 + size]
        fields = crc32(data[at : at + 20], chain)
        chain = crc32(payload, fields)
        if checksums != [fields, chain]:
            raise ValueError("damaged")
        for change in json.loads(payload):
            if not (isinstance(change, str) or (isinstance(change, list) and len(change) == 4)):
                raise ValueError("damaged")
            ids.append(change if isinstance(change, str) else change[0])
        at += 28 + size
    return ids
