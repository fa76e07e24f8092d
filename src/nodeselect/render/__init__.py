"""Values as text, Markdown, JSON and HTML."""

__all__: list[str] = []
