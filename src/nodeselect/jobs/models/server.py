"""Models of the executions in a server's answers.

The server may have another version, so answers are read tolerantly: unknown fields are left out,
and strings and numbers may have any value. Only types are checked.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, PlainSerializer, model_validator

from nodeselect.errors import SelectorError
from nodeselect.jobs.check.schema_fields import is_selector_name, is_wrapper
from nodeselect.jobs.models.base import EMPTY, Data, JobModel
from nodeselect.selectors import Selector
from nodeselect.selectors.frozen import FrozenMapping
from nodeselect.text import quoted

_Strings = Annotated[tuple[str | None, ...], Field(strict=False)]
_Labels = Annotated[Mapping[str, str | None], AfterValidator(FrozenMapping), PlainSerializer(dict)]


class ServerModel(JobModel, frozen=True):
    """Base class of the models of a server's answers: unknown fields are left out."""

    model_config = ConfigDict(extra="ignore")


class ServerNodeSelector(ServerModel, frozen=True):
    """The selector of a job in a server's answer; only :meth:`to_selector` checks the selector.

    Unknown fields are kept in ``model_extra``, since they may restrict which nodes match;
    :meth:`to_selector` rejects them.
    """

    model_config = ConfigDict(extra="allow")

    match_ids: _Strings = ()
    """Node ids to choose from."""
    match_labels: _Labels = Field(default_factory=lambda: EMPTY)
    """Labels that a node must have, each with exactly this value."""
    match_expressions: _Strings = ()
    """Selector texts, all of which must hold."""

    def to_selector(self) -> Selector:
        """Return the selector that these fields describe.

        :raises SelectorError: if a field is invalid, unknown or null.
        """
        for name in self.model_extra or ():
            raise _unknown_field("the selector", name)
        fields: dict[str, Any] = {
            "match_ids": self.match_ids,
            "match_labels": self.match_labels,
            "match_expressions": self.match_expressions,
        }
        for name, items in fields.items():
            if None in (items.values() if isinstance(items, Mapping) else items):
                raise _unknown_field("the selector", name, "that contains null")
        return Selector.of(**fields)


class ServerJobSpec(ServerModel, frozen=True):
    """The job spec in a server's answer; rollout, timeouts and config are plain mappings."""

    model_config = ConfigDict(extra="allow")

    name: str | None = None
    """Name of the job."""
    type: str | None = None
    """Type of the job."""
    namespace: str | None = None
    """Namespace of the job."""
    description: str | None = None
    """What the job is for, for people."""
    priority: int | None = None
    """Jobs with a higher number go first."""
    labels: _Labels = Field(default_factory=lambda: EMPTY)
    """Labels of the job itself."""
    meta: _Labels = Field(default_factory=lambda: EMPTY)
    """Notes of any kind."""
    restart_policy: str | None = None
    """When an execution that ended starts again."""
    selector: ServerNodeSelector = ServerNodeSelector()
    """Which nodes the job runs on."""
    rollout: Data = Field(default_factory=lambda: EMPTY)
    """How a new version reaches the nodes."""
    timeouts: Data = Field(default_factory=lambda: EMPTY)
    """How long the job may take."""
    config: Data = Field(default_factory=lambda: EMPTY)
    """What the job does."""

    def to_selector(self) -> Selector:
        """Return the selector of the job; ``Selector.everything()`` if it has none.

        :raises SelectorError: if the selector is invalid, or an unknown field may be a selector.
        """
        for name in self.model_extra or ():
            if is_selector_name(name) or is_wrapper(name):
                raise _unknown_field("the job spec", name)
        return self.selector.to_selector()


def _unknown_field(owner: str, name: str, problem: str = "that is not known") -> SelectorError:
    message = f"{owner} has a field {quoted(name)} {problem}: it is not clear what it selects"
    return SelectorError("unknown-field", message, name, (0, len(name)))


class State(ServerModel, frozen=True):
    """The state of an execution. Its name is any string, known or not.

    Source: ``types.State`` of Expanso's API.
    """

    state_type: str = ""
    """Its name."""
    message: str = ""
    """What it means, for people."""
    details: Data = Field(default_factory=lambda: EMPTY)
    """More about it, for programs."""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, data: Any) -> Any:
        return {"state_type": data} if isinstance(data, str) else data


class ExecutionStatus(ServerModel, frozen=True):
    """What the server knows about an execution.

    Source: ``types.ExecutionStatus`` of Expanso's API.
    """

    created_at: str | None = None
    """Time of its creation, as the server writes it."""
    updated_at: str | None = None
    """Time of its last change, as the server writes it."""
    revision: int | None = None
    """Number that grows with each change."""
    stable_at: str | None = None
    """Time at which it passed the checks of its rollout; if it has not, the zero time or None."""
    desired_state: State | None = None
    """What it should be: "pending", "running" or "stopped"."""
    observed_state: State | None = None
    """What it is on its node, such as "running", "degraded" or "lost". Older servers call it
    "compute_state" or "state"."""
    details: Data = Field(default_factory=lambda: EMPTY)
    """More about it, for programs."""
    next_execution_id: str | None = None
    """Id of the execution that replaces it."""
    previous_execution_id: str | None = None
    """Id of the execution that it replaced."""

    @model_validator(mode="before")
    @classmethod
    def _from_old_names(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or data.get("observed_state") is not None:
            return data
        states = (data.get(name) for name in ("compute_state", "state"))
        state = next((state for state in states if state is not None), None)
        return data if state is None else {**data, "observed_state": state}


class Execution(ServerModel, frozen=True):
    """One run of a job on one node. Ids are case-sensitive, and any string is valid.

    Source: ``types.Execution`` of Expanso's API.
    """

    id: str | None = None
    """Id of the execution."""
    job_id: str | None = None
    """Id of its job."""
    job_type: str | None = None
    """Type of its job."""
    job_version: int | None = None
    """Version of its job."""
    job_spec: ServerJobSpec | None = None
    """The job as it was when the execution was created."""
    namespace: str | None = None
    """Namespace of its job."""
    node_id: str | None = None
    """Id of the node that it runs on."""
    eval_id: str | None = None
    """Id of the evaluation that created it."""
    rollout_wave: int = 0
    """Number of its wave in the rollout, from 1; 0 if it belongs to none."""
    status: ExecutionStatus = ExecutionStatus()
    """What the server knows of it."""


class GetExecutionResponse(ServerModel, frozen=True):
    """The server's answer to a request for an execution.

    Source: ``api.GetExecutionResponse`` of Expanso's API.
    """

    execution: Execution = Execution()
    """The execution."""
