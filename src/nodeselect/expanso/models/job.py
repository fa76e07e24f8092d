"""Immutable models of the job spec that Expanso documents. Its fields are defined only here.

``docs/build_schema.py`` builds the JSON Schema from these models; job files are checked by this
schema. If Expanso documents no default, the default is None. Null means an absent field.

The constructors check the names, types and bounds of fields, the selector, and that only one of
``canary_count`` and ``canary_percent`` is given. They convert no types, and raise
:class:`~nodeselect.errors.JobError`. Other rules between fields (a rolling rollout needs a health
check) are checked by :func:`~nodeselect.jobs.check_job`, for files and for ``spec.to_json()``.
"""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from nodeselect.errors import JobError
from nodeselect.expanso.job_rules import CANARY_TWICE
from nodeselect.expanso.models.base import (
    EMPTY,
    Count,
    Data,
    Integer,
    JobModel,
    Nanoseconds,
    Percent,
    Share,
    SharePercent,
    Strings,
    Text,
    TextMap,
)
from nodeselect.selectors import Selector


class NodeSelector(JobModel, frozen=True):
    """Which nodes a job runs on: those that meet all three fields. An empty field is no condition.

    Source: ``types.NodeSelector`` of Expanso's API.
    """

    match_ids: Strings = ()
    """Node ids to choose from, exact and case-sensitive; never names, never prefixes."""
    match_labels: TextMap = Field(default_factory=lambda: EMPTY)
    """Labels that a node must have, each with exactly this value."""
    match_expressions: Strings = ()
    """Selector texts, all of which must hold, such as "tier in (premium,standard)" or "!debug"."""

    @model_validator(mode="after")
    def _is_valid(self) -> Self:
        self.to_selector()
        return self

    def to_selector(self) -> Selector:
        """Return the selector that these fields describe."""
        return Selector.of(
            match_ids=self.match_ids,
            match_labels=self.match_labels,
            match_expressions=self.match_expressions,
        )

    @classmethod
    def of(cls, selector: Selector) -> Self:
        """Return the fields that describe ``selector``; the inverse of :meth:`to_selector`.

        :raises ValueError: for ``Selector.nothing()`` and for excluded ids, which a job spec cannot
            express.
        """
        if selector.ids == ():
            raise ValueError("a job spec cannot express a selector that matches no node")
        if selector.excluded_ids:
            raise ValueError("a job spec cannot exclude ids")
        fields: dict[str, Any] = {}
        if selector.ids is not None:
            fields["match_ids"] = selector.ids
        if selector.requirements:
            fields["match_expressions"] = tuple(map(str, selector.canonical))
        return cls(**fields)


class HealthCheck(JobModel, frozen=True):
    """How a rollout decides that a node is healthy.

    Source: ``types.RolloutSpec`` of Expanso's API.
    """

    deadline: Nanoseconds | None = None
    """How long an execution may take to become healthy: nanoseconds, or a Go duration such as
    "5m". Required for rolling and canary rollouts."""
    interval: Nanoseconds = 10_000_000_000
    """Time between two checks: nanoseconds, or a Go duration. Default: 10 seconds."""
    failure_threshold: Count = 3
    """Failed checks in a row after which a node counts as unhealthy. Default: 3."""
    success_threshold: Count = 2
    """Good checks in a row after which a node counts as healthy. Default: 2."""
    max_error_rate: Share = 0.10
    """Largest share of errors of a healthy node, 0 to 1. Default: 0.10; 0.0 is not the default."""


class RolloutSpec(JobModel, frozen=True):
    """How a new version of a job reaches its nodes.

    Source: ``types.RolloutSpec`` of Expanso's API.
    """

    strategy: Literal["immediate", "rolling", "canary"] = "immediate"
    """"immediate" (all nodes at once), "rolling" (wave by wave) or "canary" (a few nodes first).
    Without a strategy, the server uses "immediate" and warns."""
    max_parallel: Percent = 10
    """Nodes of a wave in percent of all nodes of the job, 0 to 100. Default: 10. Ignored by
    "immediate". In the old "deployment" block it was a number of nodes."""
    canary_count: Count | None = None
    """Number of canary nodes; not together with canary_percent."""
    canary_percent: Percent | None = None
    """Canary nodes in percent of all nodes of the job, 0 to 100."""
    auto_promote: bool = False
    """Whether a canary rollout continues by itself once the canaries are healthy."""
    max_failed_nodes: Count = 10
    """Number of failed nodes that stops the rollout. Default: 10."""
    max_failed_nodes_percent: SharePercent = 10.0
    """Failed nodes, in percent of all nodes of the job, that stop the rollout. Default: 10."""
    no_auto_rollback: bool = False
    """Whether a failed rollout stays as it is. Default: false, it is rolled back."""
    health_check: HealthCheck | None = None
    """How nodes are checked; required for rolling and canary, ignored by immediate."""

    @model_validator(mode="after")
    def _has_one_number_of_canaries(self) -> Self:
        if self.canary_count is not None and self.canary_percent is not None:
            raise JobError(type(self).__name__, (CANARY_TWICE,))
        return self


class Timeouts(JobModel, frozen=True):
    """How long a job may take, in whole seconds; 0 is no limit.

    Source: ``types.JobSpec`` of Expanso's API.
    """

    execution_timeout: Count = 0
    """Seconds that one execution may run."""
    queue_timeout: Count = 0
    """Seconds that the job may wait for nodes."""
    total_timeout: Count = 0
    """Seconds for queueing, running and retrying together."""


class JobSpec(JobModel, frozen=True):
    """A job as its author writes it.

    Source: ``types.JobSpec`` of Expanso's API.
    """

    name: Text | None = None
    """Name of the job; submitting a job with the name of an existing one updates that job."""
    type: Text | None = None
    """"pipeline" (all matching nodes, those that join later too), "query", "update" or "config"."""
    namespace: Text | None = None
    """Namespace of the job. Nodes have none."""
    description: Text | None = None
    """What the job is for, for people."""
    priority: Integer | None = None
    """Jobs with a higher number go first."""
    labels: TextMap = Field(default_factory=lambda: EMPTY)
    """Labels of the job itself, for listing jobs; they play no part in selecting nodes."""
    meta: TextMap = Field(default_factory=lambda: EMPTY)
    """Notes of any kind; keys under "expanso.io/" belong to the server."""
    restart_policy: Literal["on-failure", "always", "never"] = "on-failure"
    """When an execution that ended starts again: "on-failure" (default), "always", "never"."""
    selector: NodeSelector = NodeSelector()
    """Which nodes the job runs on; without it, on EVERY node."""
    rollout: RolloutSpec = RolloutSpec()
    """How a new version reaches the nodes."""
    timeouts: Timeouts = Timeouts()
    """How long the job may take."""
    config: Data = Field(default_factory=lambda: EMPTY)
    """What the job does; its shape depends on the type, and is not checked here."""

    def to_selector(self) -> Selector:
        """Return the selector of the job; ``Selector.everything()`` if it has none."""
        return self.selector.to_selector()
