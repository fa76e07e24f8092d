"""The job spec and executions as values; pydantic is used here only."""
