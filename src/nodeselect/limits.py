"""Every bound of nodeselect, named, in one place.

A bound is a promise: input below it is taken, input above it is refused with an error that names
it. The bounds of the language itself (63 for a value or a key's name, 253 for a key's prefix)
come from Kubernetes and are no matter of taste.
"""

from typing import Final, NamedTuple

__all__ = ["LIMITS", "Limits"]


class Limits(NamedTuple):
    """The bounds, with their values. Lengths are in characters unless the name says bytes.

    :param selector_text: length of one selector text (Kubernetes has no bound).
    :param requirements: requirements of one selector.
    :param values_in_set: values between the parentheses of one ``in`` or ``notin``.
    :param values: values of one selector, all requirements together.
    :param match_ids: node ids of one selector.
    :param label_value: length of a label value in a selector (Kubernetes).
    :param key_name: length of a key's name, the part behind the slash (Kubernetes).
    :param key_prefix: length of a key's prefix, the part before the slash (Kubernetes).
    :param node_labels: labels of one node.
    :param node_labels_bytes: keys and values of one node's labels, together, in bytes of UTF-8.
    :param job_file_bytes: size of a job file.
    :param job_file_values: keys and values of a job file; a list or a mapping counts as two.
    :param depth: nesting of a job file or of a YAML inventory.
    :param reported_errors: errors printed for one file; the rest is counted.
    """

    selector_text: int = 16 * 1024
    requirements: int = 256
    values_in_set: int = 1_024
    values: int = 4_096
    match_ids: int = 100_000
    label_value: int = 63
    key_name: int = 63
    key_prefix: int = 253
    node_labels: int = 256
    node_labels_bytes: int = 64 * 1024
    job_file_bytes: int = 1024 * 1024
    job_file_values: int = 200_000
    depth: int = 32
    reported_errors: int = 20


LIMITS: Final = Limits()
"""The bounds in force."""
