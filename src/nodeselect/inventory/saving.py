"""Save the nodes of an inventory in a file, and open it."""

import os
from contextlib import suppress
from io import FileIO
from typing import BinaryIO, NamedTuple

from nodeselect.errors import InventoryError
from nodeselect.index.numpy_import import load_numpy
from nodeselect.index.saved_segment import SavedParts
from nodeselect.index.segment import Segment
from nodeselect.index.storage import Sections, check_replaceable, read_saved
from nodeselect.index.tuning import Tuning
from nodeselect.inventory.compaction import segment_of
from nodeselect.inventory.delta import Delta
from nodeselect.inventory.store import Store, View
from nodeselect.readers.detect import LOG_MAGIC
from nodeselect.text import printable

__all__ = ["Origin", "is_damaged", "next_generation", "open_saved", "refuse_log", "to_sections"]


class Origin(NamedTuple):
    """The saved file that an inventory is equal to, as long as it has this generation.

    :param checksum: the checksum of the file.
    """

    generation: int
    checksum: int


def to_sections(view: View) -> Sections:
    """Return what a file of the nodes of ``view`` consists of."""
    load_numpy()
    from nodeselect.index import segment_writer

    return segment_writer.to_sections(segment_of(view))


def is_damaged(view: View) -> bool:
    """Return whether a query has met damage in the saved file that ``view`` reads."""
    parts = None if view.store.segment is None else view.store.segment.parts
    return isinstance(parts, SavedParts) and parts.file.is_damaged


def refuse_log(path: str | os.PathLike[str]) -> None:
    """Raise if the file ``path`` is a change log, whose writes would be lost if it was replaced.

    :raises InventoryError: with the code ``cannot-write``.
    """
    if not os.path.isfile(path):  # noqa: PTH113 - pathlib loads slowly
        return
    with suppress(OSError), FileIO(path) as file:
        if file.read(len(LOG_MAGIC)) == LOG_MAGIC:
            raise InventoryError(
                "cannot-write",
                f"cannot write '{printable(os.fspath(path))}': it is a change log",
                hint="save the nodes in a file of another name",
            )


def next_generation(
    path: str | os.PathLike[str], contents: int, generation: int, origin: Origin | None
) -> int:
    """Return the generation at which nodes are saved over the file ``path``.

    If that is the file of another inventory, the generation is above that of the file, unless the
    nodes are the same.

    :param contents: the checksum of the sections to be saved.
    :param generation: that of the inventory.
    :raises InventoryError: with the code ``cannot-write``, if it is a pipe, a device or a folder.
    """
    check_replaceable(os.fspath(path))
    with suppress(InventoryError):  # there is no file yet, or it is damaged
        file = read_saved(path)
        if Origin(file.generation, file.checksum) != origin:
            return max(generation, file.generation + (file.contents != contents))
    return generation


def open_saved(
    source: str | os.PathLike[str] | BinaryIO, tuning: Tuning, *, verify: bool, copy: bool
) -> tuple[View, Origin]:
    """Return the nodes of a saved file, which are loaded when they are needed.

    :raises InventoryError: if the file cannot be read or is damaged.
    """
    file = read_saved(source, copy=copy)
    if verify:
        file.check()
    segment = Segment(SavedParts(file), tuning)
    view = View(Store(segment, Delta(len(segment), tuning)), file.generation, file.chain)
    return view, Origin(file.generation, file.checksum)
