"""An explanation as a page of HTML."""

__all__: list[str] = []
