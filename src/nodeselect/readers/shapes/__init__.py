"""One module for each system whose nodes can be read.

A record with one of the ``FIELDS`` of a module is a node of its system. ``extract`` returns the
fields of the node, and ``KNOWN_STATES`` are the states that the system gives to nodes.
"""
