"""Executions as the server answers them: read tolerantly, since they cannot be mended here."""

from typing import Any

from pydantic import ValidationInfo, model_validator

from nodeselect.frozen import FrozenMapping
from nodeselect.jobs.models.field_types import Count, Data, Part, Text
from nodeselect.jobs.models.job import JobSpec, State

__all__ = ["Execution", "ExecutionStatus", "GetExecutionResponse"]


class ExecutionStatus(Part):
    """What the server knows of an execution.

    Source: ``types.ExecutionStatus`` of the API reference of Expanso.
    """

    created_at: Text | None = None
    """Time of its making, as the server writes it."""
    updated_at: Text | None = None
    """Time of its last change, as the server writes it."""
    revision: Count | None = None
    """Number that grows with each change."""
    stable_at: Text | None = None
    """When it passed the checks of its rollout; the zero time, or nothing, where it has not."""
    desired_state: State | None = None
    """What it should be: "pending", "running" or "stopped"."""
    observed_state: State | None = None
    """What it is on its node, such as "running", "degraded" or "lost". Older servers call it
    "compute_state" or "state"."""
    details: Data = FrozenMapping({})
    """More about it, for programs."""
    next_execution_id: Text | None = None
    """Id of the execution that takes its place."""
    previous_execution_id: Text | None = None
    """Id of the execution whose place it took."""

    @model_validator(mode="before")
    @classmethod
    def _old_names(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, dict) or data.get("observed_state") is not None:
            return data
        old = next((data[k] for k in ("compute_state", "state") if data.get(k) is not None), None)
        return data if old is None else {**data, "observed_state": old}


class Execution(Part):
    """One run of a job on one node. All ids are opaque and case-sensitive.

    Source: ``types.Execution`` of the API reference of Expanso.
    """

    id: Text | None = None
    """Id of the execution."""
    job_id: Text | None = None
    """Id of its job."""
    job_type: Text | None = None
    """Type of its job."""
    job_version: Count | None = None
    """Version of its job."""
    job_spec: JobSpec | None = None
    """The job as it was when the execution was made."""
    namespace: Text | None = None
    """Namespace of its job."""
    node_id: Text | None = None
    """Id of the node that it runs on."""
    eval_id: Text | None = None
    """Id of the evaluation that made it."""
    rollout_wave: Count = 0
    """The wave of the rollout that it belongs to, from 1; 0 is none."""
    status: ExecutionStatus = ExecutionStatus()
    """What the server knows of it."""


class GetExecutionResponse(Part):
    """The server's answer when it is asked for one execution.

    Source: ``api.GetExecutionResponse`` of the API reference of Expanso.
    """

    execution: Execution = Execution()
    """The execution."""
