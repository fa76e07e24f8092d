"""The job spec and executions as values; pydantic is used here only."""

__all__: list[str] = []
