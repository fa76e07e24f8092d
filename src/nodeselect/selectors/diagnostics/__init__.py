"""What is wrong with a selector text, and what to write instead. Loaded with the first mistake."""

__all__: list[str] = []
