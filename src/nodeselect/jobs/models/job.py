"""The job spec as Expanso documents it, in frozen values; the one home of its fields.

``_make_schema.py`` makes the JSON Schema of them, by which files are checked. Where a default is
not documented, the field is None.

A field that is missing and one that is null are the same. Models are made of files by
:func:`~nodeselect.jobs.read_job`, or by their constructors, which check fields, types, bounds and
the selector as strictly: no conversion, no unknown field. What does not fit raises
:class:`~nodeselect.errors.JobError`. What fields must keep between them (a rolling rollout needs a
health check) is told by :func:`~nodeselect.jobs.check_job`, also of ``spec.to_json()``.
"""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import ValidationInfo, model_validator

from nodeselect.frozen import FrozenMapping
from nodeselect.jobs.check.unknown_fields import is_like_selector
from nodeselect.jobs.models.field_types import (
    Count,
    Data,
    Integer,
    Keeping,
    Nanoseconds,
    Part,
    Percent,
    RestartPolicy,
    Share,
    SharePercent,
    Strategy,
    Text,
    TextMap,
    Texts,
    is_tolerant,
)
from nodeselect.selectors import Selector

__all__ = [
    "HealthCheck",
    "Job",
    "JobSpec",
    "JobStatus",
    "NodeSelector",
    "RolloutSpec",
    "RolloutStatus",
    "State",
    "Timeouts",
]


class NodeSelector(Keeping):
    """Which nodes a job runs on: all three fields must hold; an empty one is no condition.

    Source: ``types.NodeSelector`` of the API reference of Expanso.
    """

    match_ids: Texts = ()
    """Node ids to choose from, exact and case-sensitive; never names, never prefixes."""
    match_labels: TextMap = FrozenMapping({})
    """Labels that a node must have, each with just this value."""
    match_expressions: Texts = ()
    """Selector texts, all of which must hold, such as "tier in (premium,standard)" or "!debug"."""

    @classmethod
    def _is_kept(cls, name: str, value: Any) -> bool:
        items = value.values() if isinstance(value, Mapping) else value
        return name not in cls.model_fields or (
            isinstance(value, (Mapping, list, tuple)) and any(item is None for item in items)
        )

    @model_validator(mode="before")
    @classmethod
    def _without_nothing(cls, data: Any, info: ValidationInfo) -> Any:
        """Leave out of an answer what holds null among its items; it is kept."""
        if not (is_tolerant(info) and isinstance(data, Mapping)):
            return data
        return {name: item for name, item in data.items() if not cls._is_kept(name, item)}

    @model_validator(mode="after")
    def _means_something(self, info: ValidationInfo) -> Self:
        if not is_tolerant(info):
            self.to_selector()
        return self

    def to_selector(self) -> Selector:
        """Give the selector that it means.

        :raises SelectorError: when an answer of the server held one that is wrong, or that has a
            field which is not known: without it, the rest may take more nodes than are meant.
        """
        self._refuse_kept("the selector")
        return Selector.of(
            match_ids=self.match_ids,
            match_labels=self.match_labels,
            match_expressions=self.match_expressions,
        )

    @classmethod
    def of(cls, selector: Selector) -> Self:
        """Give the three fields for ``selector``; ``to_selector`` gives it back.

        :raises ValueError: for ``Selector.nothing()``, which a job spec cannot say.
        """
        if selector.ids == ():
            raise ValueError("a job spec cannot say that it takes no node")
        fields: dict[str, Any] = {}
        if selector.ids is not None:
            fields["match_ids"] = selector.ids
        if selector.requirements:
            fields["match_expressions"] = tuple(map(str, selector.canonical))
        return cls(**fields)


class HealthCheck(Part):
    """How a rollout decides that a node is well.

    Source: ``types.RolloutSpec`` of the API reference of Expanso.
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
    """Share of errors that is still healthy, 0 to 1. Default: 0.10; an explicit 0.0 is 0."""


class RolloutSpec(Part):
    """How a new version of a job comes to its nodes.

    Source: ``types.RolloutSpec`` of the API reference of Expanso.
    """

    strategy: Strategy = "immediate"
    """"immediate" (all nodes at once), "rolling" (wave by wave) or "canary" (a few nodes first).
    The server takes "immediate" where none is given, and warns."""
    max_parallel: Percent = 10
    """Nodes of a wave in percent of all nodes of the job, 0 to 100. Default: 10. Ignored by
    "immediate". It was a number of nodes in the old "deployment" block."""
    canary_count: Count | None = None
    """Number of canary nodes; not together with canary_percent."""
    canary_percent: Percent | None = None
    """Canary nodes in percent of all nodes of the job, 0 to 100."""
    auto_promote: bool = False
    """Whether a canary rollout goes on by itself once the canaries are healthy."""
    max_failed_nodes: Count = 10
    """Number of failed nodes that stops the rollout. Default: 10."""
    max_failed_nodes_percent: SharePercent = 10.0
    """Failed nodes, in percent of all nodes of the job, that stop the rollout. Default: 10."""
    no_auto_rollback: bool = False
    """Whether a rollout that failed stays as it is. Default: false, it is rolled back."""
    health_check: HealthCheck | None = None
    """How nodes are checked; required for rolling and canary, ignored for immediate."""


class Timeouts(Part):
    """How long a job may take, in whole seconds; 0 is no limit.

    Source: ``types.JobSpec`` of the API reference of Expanso.
    """

    execution_timeout: Count = 0
    """Seconds that one execution may run."""
    queue_timeout: Count = 0
    """Seconds that the job may wait for nodes."""
    total_timeout: Count = 0
    """Seconds for queueing, running and retrying together."""


class JobSpec(Keeping):
    """A job as its author writes it.

    Source: ``types.JobSpec`` of the API reference of Expanso.
    """

    name: Text | None = None
    """Logical name; a job with the name of an existing one updates it."""
    type: Text | None = None
    """"pipeline" (all matching nodes, those that join later too), "query", "update" or "config"."""
    namespace: Text | None = None
    """Namespace of the job. Nodes have none."""
    description: Text | None = None
    """What the job is for, for people."""
    priority: Integer | None = None
    """A higher number goes first."""
    labels: TextMap = FrozenMapping({})
    """Labels of the job itself, for listing jobs; they play no part in choosing nodes."""
    meta: TextMap = FrozenMapping({})
    """Notes of any kind; keys under "expanso.io/" belong to the server."""
    restart_policy: RestartPolicy = "on-failure"
    """When an execution that ended starts again: "on-failure" (default), "always", "never"."""
    selector: NodeSelector = NodeSelector()
    """Which nodes the job runs on; without it, on EVERY node."""
    rollout: RolloutSpec = RolloutSpec()
    """How a new version comes to the nodes."""
    timeouts: Timeouts = Timeouts()
    """How long the job may take."""
    config: Data = FrozenMapping({})
    """What the job does; its shape depends on the type, and is not checked here."""

    @classmethod
    def _is_kept(cls, name: str, value: Any) -> bool:
        return name not in cls.model_fields and is_like_selector(name)

    def to_selector(self) -> Selector:
        """Give the selector of the job's nodes; ``Selector.everything()`` where it has none.

        :raises SelectorError: when an answer of the server held one that is wrong, or a field that
            is not known and may be one.
        """
        self._refuse_kept("the job spec")
        return self.selector.to_selector()


class State(Part):
    """A state, as the server tells it. An unknown state is kept as its text.

    Source: ``types.State`` of the API reference of Expanso.
    """

    state_type: Text = ""
    """Its name."""
    message: Text = ""
    """What it means, for people."""
    details: Data = FrozenMapping({})
    """More about it, for programs."""

    @model_validator(mode="before")
    @classmethod
    def _only_its_name(cls, data: Any, info: ValidationInfo) -> Any:
        return {"state_type": data} if is_tolerant(info) and isinstance(data, str) else data


class RolloutStatus(Part):
    """How far a rollout is.

    Source: ``types.JobStatus`` of the API reference of Expanso.
    """

    type: Text | None = None
    """"create", "update", "restart" or "rollback"."""
    current_wave: Count = 0
    """Number of the wave that runs, from 1."""
    total_waves: Count = 0
    """How many waves there are."""
    total_nodes: Count = 0
    """How many nodes the job has."""
    updated_nodes: Count = 0
    """Nodes that have the new version."""
    failed_nodes: Count = 0
    """Nodes on which it failed."""
    canary_nodes: Texts = ()
    """Ids of the canary nodes."""
    canary_promoted: bool = False
    """Whether the canaries were found well."""
    rollback_to_version: Count | None = None
    """Version that the job goes back to."""
    started_at: Text | None = None
    """Time of its start, as the server writes it."""
    completed_at: Text | None = None
    """Time of its end, as the server writes it."""


class JobStatus(Part):
    """What the server knows of a job.

    Source: ``types.JobStatus`` of the API reference of Expanso.
    """

    created_at: Text | None = None
    """Time of its making, as the server writes it."""
    updated_at: Text | None = None
    """Time of its last change, as the server writes it."""
    version: Count | None = None
    """Number that grows with each change of the spec."""
    revision: Count | None = None
    """Number that grows with each change of any kind."""
    state: State | None = None
    """State of the job, such as "running" or "rollout_paused"."""
    rollout: RolloutStatus | None = None
    """How far its rollout is."""


class Job(Part):
    """A job as the server gives it.

    Source: ``types.Job`` of the API reference of Expanso.
    """

    id: Text | None = None
    """Made by the server; a file to be submitted has none."""
    spec: JobSpec = JobSpec()
    """What its author wrote."""
    status: JobStatus | None = None
    """What the server knows of it; a file to be submitted has none."""
