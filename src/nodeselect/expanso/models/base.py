"""The base class of the job models, and the types of their fields."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

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
from nodeselect.expanso.schema_fields import DURATION, parse_duration
from nodeselect.limits import LIMITS
from nodeselect.problem import Problem, path_text
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
