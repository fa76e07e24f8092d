"""Immutable models of the job spec that Expanso documents. Its fields are defined only here.

``docs/build_schema.py`` builds the JSON Schema from these models; job files are checked by this
schema. If Expanso documents no default, the default is None. Null means an absent field.

The constructors check the names, types and bounds of fields, the selector, and that only one of
``canary_count`` and ``canary_percent`` is given. They convert no types, and raise
:class:`~nodeselect.errors.JobError`. Other rules between fields (a rolling rollout needs a health
check) are checked by :func:`~nodeselect.jobs.check_job`, for files and for ``spec.to_json()``.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from nodeselect.errors import JobError, SelectorError
from nodeselect.expanso.job_rules import CANARY_TWICE
from nodeselect.expanso.schema_fields import DURATION, parse_duration
from nodeselect.limits import LIMITS
from nodeselect.problem import Problem, path_text
from nodeselect.selectors import Selector
from nodeselect.selectors.charset import MAX_INT64, MIN_INT64
from nodeselect.selectors.frozen import FrozenMapping
from nodeselect.text import FORBIDDEN, printable, quoted

EMPTY: FrozenMapping[str, Any] = FrozenMapping({})

_SURROGATE = re.compile("[\ud800-\udfff]")


def _printable(text: str) -> str:
    bad = FORBIDDEN.search(text)
    if bad:
        raise ValueError(f"the character {printable(bad[0])} is not allowed")
    return text


def _require_sequence(texts: object) -> object:
    if not isinstance(texts, (list, tuple)):  # the order of a set differs between processes
        raise PydanticCustomError("tuple_type", "must be a list of strings")
    return texts


def _parse_duration(value: object) -> object:
    if isinstance(value, str):
        nanoseconds = parse_duration(value)
        if nanoseconds is None:
            raise ValueError(f"{quoted(value)} is not a duration such as 30s or 1m30s")
        return nanoseconds
    return value


def freeze(value: Any, depth: int = 2) -> Any:
    """Return an immutable copy of plain data.

    :param depth: how many mappings and lists contain the value.
    :raises ValueError: if JSON cannot represent the data.
    """
    if depth > LIMITS.depth and isinstance(value, (Mapping, list, tuple)):
        raise ValueError(f"nested deeper than {LIMITS.depth} levels (limit: depth)")
    match value:  # the first that matches is the most frequent; a test for Mapping is slow
        case str():
            if half := _SURROGATE.search(value):
                text = printable(half[0])
                raise ValueError(f"{text} is half of a character (an unpaired surrogate)")
            return value
        case list() | tuple():
            return tuple([freeze(item, depth + 1) for item in value])
        case float() if value - value != 0:
            raise ValueError("a number must be finite")
        case int() if not -(2**63) <= value < 2**64:
            raise ValueError("a whole number has at most 64 bits")
        case int() | float() | None:
            return value
        case dict() | Mapping():
            if not all(isinstance(key, str) for key in value):
                raise ValueError("a key must be a string")
            frozen = {freeze(key): freeze(item, depth + 1) for key, item in value.items()}
            return FrozenMapping(frozen)
    raise ValueError(f"{type(value).__name__} is not plain data")


def _to_plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {key: _to_plain(item) for key, item in value.items()}
        case tuple():
            return [_to_plain(item) for item in value]
    return value


Text = Annotated[str, AfterValidator(_printable)]
Strings = Annotated[tuple[Text, ...], Field(strict=False), BeforeValidator(_require_sequence)]
TextMap = Annotated[Mapping[Text, Text], AfterValidator(FrozenMapping), PlainSerializer(dict)]
Data = Annotated[Mapping[str, Any], AfterValidator(freeze), PlainSerializer(_to_plain)]
Integer = Annotated[int, Field(ge=MIN_INT64, le=MAX_INT64)]
Count = Annotated[int, Field(ge=0, le=MAX_INT64)]
Percent = Annotated[int, Field(ge=0, le=100)]
Share = Annotated[float, Field(ge=0, le=1)]
SharePercent = Annotated[float, Field(ge=0, le=100)]
Nanoseconds = Annotated[
    int,
    Field(ge=1, le=MAX_INT64),
    BeforeValidator(_parse_duration),
    WithJsonSchema(
        {
            "type": ["integer", "string"],
            "minimum": 1,
            "maximum": MAX_INT64,
            "pattern": f"^{DURATION}$",
            "maxLength": 200,
            "format": "go-duration",
        }
    ),
]


class JobModel(BaseModel, frozen=True):
    """Base class of the models: immutable, without type conversion; null means an absent field.

    If fields are invalid, :class:`~nodeselect.errors.JobError` is raised, and lists all of them.
    """

    model_config = ConfigDict(
        allow_inf_nan=False,
        extra="forbid",
        hide_input_in_errors=True,
        strict=True,
        use_attribute_docstrings=True,
    )

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise _job_error(type(self), error) from None

    # Pydantic calls a constructor of a model inside another only if it lacks this attribute, which
    # takes twice the time of validating it.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @model_validator(mode="before")
    @classmethod
    def _without_null(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        known = cls.__pydantic_fields__
        return {name: item for name, item in data.items() if item is not None or name not in known}

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Build a model from a mapping, as in pydantic, but raise ``JobError``."""
        try:
            return super().model_validate(obj, **options)
        except ValidationError as error:
            raise _job_error(cls, error) from None

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """Build a model from JSON, as in pydantic, but raise ``JobError``."""
        try:
            return super().model_validate_json(json_data, **options)
        except ValidationError as error:
            raise _job_error(cls, error) from None

    @classmethod
    def model_validate_strings(cls, obj: Any, **options: Any) -> Self:
        """Build a model from a mapping of strings, as in pydantic, but raise ``JobError``."""
        try:
            return super().model_validate_strings(obj, **options)
        except ValidationError as error:
            raise _job_error(cls, error) from None

    def to_json(self) -> str:
        """Return as JSON the fields that were set explicitly; durations are in nanoseconds.

        Reading this JSON gives an equal model with the same fields set. Control characters are
        escaped.
        """
        text = self.model_dump_json(exclude_unset=True)
        return re.sub("[\\x7f-\\x9f]", lambda match: f"\\u{ord(match[0]):04x}", text)


def _job_error(model: type, error: ValidationError) -> JobError:
    problems: list[Problem] = []
    unreported = 0
    for detail in error.errors(include_url=False, include_context=True, include_input=False):
        inner = detail.get("ctx", {}).get("error")
        path = path_text(detail["loc"])
        if isinstance(inner, JobError):  # raised by a model inside this one
            problems += [each._replace(path=_join(path, each.path)) for each in inner.problems]
            unreported += inner.unreported
        else:
            problems.append(_problem(detail, path, inner))
    unreported += len(problems[LIMITS.reported_errors :])
    return JobError(model.__name__, tuple(problems[: LIMITS.reported_errors]), unreported)


def _join(path: str, inner: str) -> str:
    return f"{path}.{inner}" if path and inner else path or inner


# Codes for the types of pydantic's errors; for the others, it is ``wrong-type``.
_CODES = {
    "literal_error": "not-one-of",
    "greater_than_equal": "out-of-range",
    "less_than_equal": "out-of-range",
    "json_invalid": "not-json",
}


def _problem(detail: ErrorDetails, path: str, inner: object) -> Problem:
    if isinstance(inner, SelectorError):
        path = _join(path, inner.path)
        return Problem(inner.code, inner.message, path=path, fix=inner.fix)
    if isinstance(inner, ValueError):
        return Problem("wrong-value", str(inner), path=path)
    if detail["type"] == "extra_forbidden":
        message = f"there is no field {quoted(str(detail['loc'][-1]))}"
        return Problem("unknown-field", message, path=path)
    message = printable(detail["msg"][:200]).replace("Input should be", "must be", 1)
    return Problem(_CODES.get(detail["type"], "wrong-type"), message, path=path)


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
            match_ids=self.match_ids or None,
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
