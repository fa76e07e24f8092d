"""Decompress an input while it is read."""

import io
import zlib
from typing import Any, BinaryIO

from nodeselect.errors import InventoryError
from nodeselect.limits import LIMITS

_BUFFER_BYTES = 64 * 1024

# As many bytes may be decompressed from any input.
_MIN_BYTES = 64 * 1024 * 1024


def gunzip(start: bytes, stream: BinaryIO) -> BinaryIO:
    """Return a stream that decompresses an input of gzip.

    Reading it raises an ``InventoryError`` if the input is damaged, is cut off, or is far larger
    decompressed than nodes would be.

    :param start: the beginning of the input, which was read from ``stream`` already.
    """
    return io.BufferedReader(_Decompressed(start, stream), _BUFFER_BYTES)


class _Decompressed(io.RawIOBase):
    def __init__(self, start: bytes, stream: BinaryIO) -> None:
        self._compressed = start
        self._stream = stream
        self._member = _new_member()
        self._in = len(start)
        self._out = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = b""
        while not data:
            if not self._compressed and not self._read_more():
                return 0
            if self._member.eof:  # padding or another member follows, as after: cat a.gz b.gz
                self._compressed = self._compressed.lstrip(b"\0")
                if not self._compressed:
                    continue
                self._member = _new_member()
            data = self._decompress(len(buffer))
        self._out += len(data)
        if self._out > max(_MIN_BYTES, LIMITS.gzip_ratio * self._in):
            raise InventoryError(
                "document-too-large",
                f"decompressed, the input is more than {LIMITS.gzip_ratio} times as large"
                " (limit: gzip_ratio)",
                hint="decompress it first if you trust it: gunzip",
            )
        buffer[: len(data)] = data
        return len(data)

    def _read_more(self) -> bool:
        """Read more compressed data; return False at the end, and raise if the input is cut off."""
        self._compressed = self._stream.read(_BUFFER_BYTES)
        self._in += len(self._compressed)
        if not self._compressed and not self._member.eof:
            hint = "get the complete file again"
            raise InventoryError("cut-off", "the compressed input is cut off", hint=hint)
        return bool(self._compressed)

    def _decompress(self, size: int) -> bytes:
        try:
            data: bytes = self._member.decompress(self._compressed, size)
        except zlib.error:
            message = "the compressed input is damaged"
            hint = "get the complete file again"
            raise InventoryError("compressed", message, hint=hint) from None
        self._compressed = self._member.unconsumed_tail or self._member.unused_data
        return data


def _new_member() -> Any:
    return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
