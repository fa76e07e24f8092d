"""Read the content of a file in which jobs are expected, as a document with positions."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from nodeselect.documents import (
    DocumentError,
    Position,
    Value,
    check_characters,
    decode_utf8,
    file_too_large_error,
    read_document,
    read_documents,
)
from nodeselect.kinds import file_by_head, find_nomad_job, is_event
from nodeselect.limits import LIMITS

JobData: TypeAlias = bytes | bytearray | memoryview | str | Mapping[str, Any]
"""A job: the content of a file, as bytes or text; or what a program has parsed from it."""

_HEAD_BYTES = 4096


def to_bytes(data: bytes | bytearray | memoryview | str) -> bytes:
    """Return the content of a file as bytes; raise TypeError if it is neither bytes nor text."""
    if isinstance(data, str):
        return data.encode("utf-8", "surrogatepass")
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"expected the content of a document, not {type(data).__name__}")
    return bytes(data)


def shown_text(data: bytes) -> str:
    """Decode a file to show excerpts of it; bytes that are not UTF-8 are replaced."""
    return data[: LIMITS.manifest_bytes].decode("utf-8", "replace").removeprefix("\ufeff")


def read_text(data: bytes, what: str, limit: int = LIMITS.job_file_bytes) -> str:
    """Decode the content of a UTF-8 file.

    :param what: what errors call the file, such as ``a job file``.
    :raises DocumentError: if the content is not text, is too large, or looks like nodes.
    """
    head, is_large = data[:_HEAD_BYTES], len(data) > limit
    if found := file_by_head(head, is_large):
        message, hint = f"this {found}, not a job", "if it has nodes, give it with -n FILE"
        raise DocumentError("not-a-job", message, Position(0, 0), hint)
    if is_large:
        raise file_too_large_error(what, limit)
    try:
        text = decode_utf8(data)
    except DocumentError:
        if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16
            message = "this is a binary file, not a job"
            raise DocumentError("not-a-job", message, Position(0, 0)) from None
        raise
    check_characters(text)
    if (nomad_job := find_nomad_job(text)) is not None:
        raise nomad_job
    return text


def read_plain(data: bytes, file: str) -> Value:
    """Parse a job file as JSON if its name ends with ``.json``, otherwise as YAML or JSON."""
    text = read_text(data, "a job file")
    is_json = file.lower().endswith(".json")
    try:
        return read_document(text, LIMITS.job_file_values, strict_json=is_json)
    except DocumentError as error:
        if error.code == "second-document" and not error.others:
            for document in read_documents(text, LIMITS.job_file_values):
                if is_event(document):
                    return document  # it is refused for what it is, not for what follows it
        raise
