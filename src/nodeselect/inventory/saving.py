"""Save the nodes of an inventory in a file, and open it."""

import os
from typing import BinaryIO, NamedTuple

from nodeselect.durable.saved_file import Sections, cannot_write, read_saved
from nodeselect.durable.saved_segment import SavedSegment
from nodeselect.errors import InventoryError
from nodeselect.index.tuning import Tuning
from nodeselect.inventory.store import View, segment_of, segment_store
from nodeselect.readers.columnar import require_read


class Origin(NamedTuple):
    """The saved file that has the nodes of an inventory while that has this ``generation``."""

    generation: int
    checksum: int


def to_sections(view: View) -> Sections:
    from nodeselect.durable import segment_writer

    require_read(view.store.unread)
    return segment_writer.to_sections(segment_of(view))


def is_damaged(view: View) -> bool:
    """Return whether a query has found damage in the saved file that ``view`` reads."""
    segment = view.store.segment
    return isinstance(segment, SavedSegment) and segment.file.is_damaged


def next_generation(
    path: str | os.PathLike[str],
    sections: Sections,
    view: View,
    origin: Origin | None,
    *,
    has_log: bool,
) -> int:
    """Return the generation with which to save the nodes of ``view`` as the file ``path``.

    If another inventory has saved the file, the result is at least the generation in the file, and
    higher if the nodes differ.

    :param origin: the file that the inventory was opened from or saved in, if any.
    :param has_log: whether the inventory has a change log.
    :raises InventoryError: with the code ``cannot-write``, if other nodes would replace a file that
        belongs to a change log, whose writes would not fit the new nodes.
    """
    try:
        file = read_saved(path)
    except InventoryError:  # the file does not exist yet, or is damaged
        return view.generation
    is_origin = Origin(file.generation, file.checksum) == origin
    is_new = file.contents != sections.contents
    is_logged = has_log or (is_origin and view.chain is not None)
    if file.chain is not None and is_new and not is_logged:
        cause = "a process that has a change log has saved it"
        raise cannot_write(os.fspath(path), cause, "give another name, or remove the file first")
    return view.generation if is_origin else max(view.generation, file.generation + is_new)


def open_saved(
    source: str | os.PathLike[str] | BinaryIO, tuning: Tuning, *, verify: bool, copy: bool
) -> tuple[View, Origin]:
    """Open a saved file; return its nodes, which are loaded when needed, and its identity."""
    file = read_saved(source, copy=copy)
    if verify:
        file.check()
    view = View(segment_store(SavedSegment(file, tuning), tuning), file.generation, file.chain)
    return view, Origin(file.generation, file.checksum)
