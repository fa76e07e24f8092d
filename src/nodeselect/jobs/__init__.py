"""Read and check the job specs of Expanso, and represent them as values.

Cost: about two milliseconds for each kilobyte of a file.
"""

from typing import TYPE_CHECKING, Any

from nodeselect.jobs.check.checker import CheckReport, all_rules, select_rules
from nodeselect.jobs.check.fix import fix_job
from nodeselect.jobs.check.nodes import NodeCount
from nodeselect.jobs.check.rule import Rule
from nodeselect.jobs.check_files import check_job, check_jobs
from nodeselect.jobs.read import read_job, read_job_selector

if TYPE_CHECKING:
    from nodeselect.jobs.models.job import HealthCheck, JobSpec, NodeSelector, RolloutSpec, Timeouts
    from nodeselect.jobs.rollout import RolloutPlan, Wave, plan_rollout

__all__ = [
    "CheckReport",
    "HealthCheck",
    "JobSpec",
    "NodeCount",
    "NodeSelector",
    "RolloutPlan",
    "RolloutSpec",
    "Rule",
    "Timeouts",
    "Wave",
    "all_rules",
    "check_job",
    "check_jobs",
    "fix_job",
    "plan_rollout",
    "read_job",
    "read_job_selector",
    "select_rules",
]


if not TYPE_CHECKING:  # a type checker must not think that there is every name

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from nodeselect.jobs import rollout
        from nodeselect.jobs.models import job

        return getattr(job if hasattr(job, name) else rollout, name)


def __dir__() -> list[str]:
    return __all__
