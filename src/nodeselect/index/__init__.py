"""An immutable index: nodes to postings."""

__all__: list[str] = []
