"""What is wrong with a job file."""

__all__: list[str] = []
