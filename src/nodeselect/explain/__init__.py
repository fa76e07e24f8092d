"""Why a selector matches the nodes it matches, and why not the others."""

__all__: list[str] = []
