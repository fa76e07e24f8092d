"""Pydantic models of the job spec and of executions; no other module uses pydantic."""
