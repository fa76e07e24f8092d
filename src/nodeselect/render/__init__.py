"""Values as text, Markdown, JSON and HTML."""
