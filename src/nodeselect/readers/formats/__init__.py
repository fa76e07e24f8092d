"""One module for each file format: bytes to records."""

__all__: list[str] = []
