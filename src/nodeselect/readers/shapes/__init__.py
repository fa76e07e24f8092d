"""One module for each system whose nodes can be read.

A record with one of the ``FIELDS`` of a module is a node of its system, and ``extract`` returns the
raw node in that record. ``NAME`` is what messages call the shape. ``KNOWN_STATES`` are the states
that the system gives to nodes.
"""
