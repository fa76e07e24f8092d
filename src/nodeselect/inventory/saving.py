"""Save the nodes of an inventory in a file, and open it."""

import os
from typing import NamedTuple

from nodeselect.index.numpy_import import load_numpy
from nodeselect.index.tuning import Tuning
from nodeselect.inventory.compaction import segment_of
from nodeselect.inventory.delta import Delta
from nodeselect.inventory.store import Store, View

__all__ = ["Origin", "open_saved", "save"]


class Origin(NamedTuple):
    """The saved file that an inventory is equal to, as long as it has this generation.

    :param checksum: the checksum of its header, and so of its contents.
    """

    generation: int
    checksum: int


def save(view: View, path: str | os.PathLike[str]) -> Origin:
    """Replace a file by one of the nodes of ``view``.

    :raises InventoryError: with the code ``cannot-write``.
    """
    load_numpy()
    from nodeselect.index.saved_segment import to_sections
    from nodeselect.index.storage import write_sections

    sections = to_sections(segment_of(view))
    generation = view.generation
    checksum = write_sections(os.fspath(path), sections, nodes=len(view), generation=generation)
    return Origin(generation, checksum)


def open_saved(
    path: str | os.PathLike[str], tuning: Tuning, *, verify: bool, copy: bool
) -> tuple[View, Origin]:
    """Return the nodes of a saved file, which are loaded when they are needed.

    :raises InventoryError: if the file cannot be read or is damaged.
    """
    load_numpy()
    from nodeselect.index.saved_segment import SavedParts
    from nodeselect.index.segment import Segment
    from nodeselect.index.storage import read_saved

    file = read_saved(path, copy=copy)
    if verify:
        file.check()
    segment = Segment(SavedParts(file), tuning)
    view = View(Store(segment, Delta(len(segment), tuning)), file.generation)
    return view, Origin(file.generation, file.checksum)
