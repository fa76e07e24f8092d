"""One module for each system: a record to the fields of a node.

Each has the ``FIELDS`` that identify its records, ``extract``, which returns the raw node in a
record, and, if the system has such, the ``KNOWN_STATES`` of its nodes.
"""

__all__: list[str] = []
