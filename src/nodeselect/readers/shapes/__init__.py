"""One module for each system: a record to the fields of a node."""

__all__: list[str] = []
