"""From nodes to postings: an immutable index that a selector is evaluated on."""

__all__: list[str] = []
