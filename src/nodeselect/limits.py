"""Every bound of nodeselect, named, in one place.

A bound is a promise: input below it is taken, input above it is refused with an error that names
it. The bounds of the language itself (63 for a value or a key's name, 253 for a key's prefix)
come from Kubernetes and are no matter of taste.
"""

from typing import Final, NamedTuple

__all__ = ["LIMITS", "Limits"]


class Limits(NamedTuple):
    """The bounds, with their values. Lengths are in characters unless the name says bytes."""

    selector_text: int = 16 * 1024
    """Length of one selector text (Kubernetes has no bound)."""

    requirements: int = 256
    """Requirements of one selector."""

    values_in_set: int = 1_024
    """Values between the parentheses of one ``in`` or ``notin``."""

    values: int = 4_096
    """Values of one selector, all requirements together."""

    match_ids: int = 100_000
    """Node ids of one selector."""

    label_value: int = 63
    """Length of a label value in a selector (Kubernetes)."""

    key_name: int = 63
    """Length of a key's name, the part behind the slash (Kubernetes)."""

    key_prefix: int = 253
    """Length of a key's prefix, the part before the slash (Kubernetes)."""

    node_labels: int = 256
    """Labels of one node."""

    node_labels_bytes: int = 64 * 1024
    """Keys and values of one node's labels, together, in bytes of UTF-8."""

    job_file_bytes: int = 1024 * 1024
    """Size of a job file."""
    job_file_values: int = 200_000
    """Keys and values of a job file; a list or a mapping counts as two."""

    depth: int = 32
    """Nesting of a job file or of a YAML inventory."""

    reported_errors: int = 20
    """Errors printed for one file; the rest is counted."""


LIMITS: Final = Limits()
"""The bounds in force."""
