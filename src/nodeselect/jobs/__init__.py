"""DOCUMENTS. The job spec as Expanso writes it: read, checked, as values.

The models and what reads into them load pydantic, and are loaded when they are first asked for.
"""

from typing import TYPE_CHECKING, Any

from nodeselect.jobs.check.checker import CheckReport, check_job
from nodeselect.jobs.check.problems import RuleSelection
from nodeselect.jobs.check.rules import Rule, all_rules
from nodeselect.jobs.read import (
    read_execution,
    read_job,
    read_job_selector,
    read_response,
    read_server_job,
)
from nodeselect.jobs.rollout import Wave, plan_waves, rollout_assumptions

if TYPE_CHECKING:
    from nodeselect.jobs.models.execution import Execution, ExecutionStatus, GetExecutionResponse
    from nodeselect.jobs.models.job import (
        HealthCheck,
        Job,
        JobSpec,
        JobStatus,
        NodeSelector,
        RolloutSpec,
        RolloutStatus,
        State,
        Timeouts,
    )

__all__ = [
    "CheckReport",
    "Execution",
    "ExecutionStatus",
    "GetExecutionResponse",
    "HealthCheck",
    "Job",
    "JobSpec",
    "JobStatus",
    "NodeSelector",
    "RolloutSpec",
    "RolloutStatus",
    "Rule",
    "RuleSelection",
    "State",
    "Timeouts",
    "Wave",
    "all_rules",
    "check_job",
    "plan_waves",
    "read_execution",
    "read_job",
    "read_job_selector",
    "read_response",
    "read_server_job",
    "rollout_assumptions",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from nodeselect.jobs.models import execution, job

    return getattr(execution if name in execution.__all__ else job, name)
