"""Import numpy when it is first needed, whatever signals come between."""

from nodeselect.uninterrupted_import import import_uninterrupted

__all__ = ["load_numpy"]


def load_numpy() -> None:
    """Import numpy, and the segment that uses it, so that no signal handler can interrupt that."""
    import_uninterrupted("nodeselect.index.segment", "Segment")
