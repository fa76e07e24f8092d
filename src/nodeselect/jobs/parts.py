"""What the models are made of: types of fields, and what all of them share."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails

from nodeselect.errors import JobError, Problem, SelectorError
from nodeselect.frozen import FrozenMapping
from nodeselect.jobs.durations import DURATION, parse_duration
from nodeselect.limits import LIMITS
from nodeselect.printable import FORBIDDEN, printable, quoted

__all__ = [
    "TOLERANT",
    "Count",
    "Data",
    "Integer",
    "Nanoseconds",
    "Part",
    "Percent",
    "RestartPolicy",
    "Share",
    "SharePercent",
    "Strategy",
    "Text",
    "TextMap",
    "Texts",
    "is_tolerant",
    "told",
]

TOLERANT = {"tolerant": True}
"""The context in which answers of the server are read: unknown fields and words are no mistake."""

_INT64 = 2**63 - 1


def is_tolerant(info: ValidationInfo) -> bool:
    """Say whether it is an answer of the server that is read."""
    return info.context is TOLERANT


def _text(text: str) -> str:
    bad = FORBIDDEN.search(text)
    if bad:
        raise ValueError(f"an unprintable character ({printable(bad[0])}) is refused")
    return text


def _one_of(*words: str) -> AfterValidator:
    def check(word: str, info: ValidationInfo) -> str:
        if word not in words and not is_tolerant(info):
            raise ValueError(f"{quoted(word)} is none of {', '.join(words)}")
        return word

    return AfterValidator(check)


def _duration(value: object) -> object:
    if isinstance(value, str):
        nanoseconds = parse_duration(value)
        if nanoseconds is None:
            raise ValueError(f"{quoted(value)} is no duration such as 30s or 1m30s")
        return nanoseconds
    return value


def _frozen(value: Any, depth: int = 2) -> Any:
    """Give data that nobody can change; refuse what JSON does not have."""
    if isinstance(value, (Mapping, list, tuple)) and depth > LIMITS.depth:
        raise ValueError(f"nested deeper than {LIMITS.depth} levels (depth)")
    match value:
        case Mapping():
            if not all(isinstance(key, str) for key in value):
                raise ValueError("a key is no text")
            return FrozenMapping({key: _frozen(item, depth + 1) for key, item in value.items()})
        case list() | tuple():
            return tuple(_frozen(item, depth + 1) for item in value)
        case float() if value - value != 0:
            raise ValueError("a number is finite")
        case int() if abs(value) > 2**64:
            raise ValueError("a whole number has at most 64 bits")
        case str() | int() | float() | None:
            return value
    raise ValueError(f"{type(value).__name__} is not plain data")


def _thawed(value: Any) -> Any:
    match value:
        case Mapping():
            return {key: _thawed(item) for key, item in value.items()}
        case tuple():
            return [_thawed(item) for item in value]
    return value


Text = Annotated[str, AfterValidator(_text)]
Texts = Annotated[tuple[Text, ...], Field(strict=False)]
Count = Annotated[int, Field(ge=0, le=_INT64)]
Integer = Annotated[int, Field(ge=-_INT64 - 1, le=_INT64)]
Percent = Annotated[int, Field(ge=0, le=100)]
Share = Annotated[float, Field(ge=0, le=1)]
SharePercent = Annotated[float, Field(ge=0, le=100)]
TextMap = Annotated[
    Mapping[str, Text],
    AfterValidator(lambda labels: FrozenMapping({_text(k): v for k, v in labels.items()})),
    PlainSerializer(dict),
]
Data = Annotated[Mapping[str, Any], AfterValidator(_frozen), PlainSerializer(_thawed)]
Nanoseconds = Annotated[
    int,
    Field(ge=1, le=_INT64),
    BeforeValidator(_duration),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": _INT64},
                {"type": "string", "pattern": f"^{DURATION}$"},
            ],
            "format": "go-duration",
        }
    ),
]
Strategy = Annotated[
    str,
    _one_of("immediate", "rolling", "canary"),
    Field(json_schema_extra={"enum": ["immediate", "rolling", "canary"]}),
]
RestartPolicy = Annotated[
    str,
    _one_of("on-failure", "always", "never"),
    Field(json_schema_extra={"enum": ["on-failure", "always", "never"]}),
]


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)  # which has no public name


class _Checked(ModelMetaclass):
    """Constructors that raise our own error."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        except ValidationError as error:
            raise told(error, self.__name__) from None


class Part(BaseModel, metaclass=_Checked):
    """What all models share: strict, frozen, nothing unknown, null is absent."""

    model_config = ConfigDict(
        allow_inf_nan=False,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        strict=True,
        use_attribute_docstrings=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _present(cls, data: Any, info: ValidationInfo) -> Any:
        """Leave out what is null and, where that is no mistake, what is unknown."""
        if not isinstance(data, Mapping):
            return data
        known = cls.model_fields if is_tolerant(info) else data
        return {name: data[name] for name in data if data[name] is not None and name in known}

    def to_json(self) -> str:
        """Give it as JSON: the fields that were set, in their order, durations in nanoseconds.

        Read again, it gives an equal value with the same fields set.
        """
        return self.model_dump_json(exclude_unset=True)


_SAYS = {
    "bool_type": ("wrong-type", "true or false belongs here"),
    "float_type": ("wrong-type", "a number belongs here"),
    "finite_number": ("wrong-type", "a number is finite"),
    "int_type": ("wrong-type", "a whole number belongs here"),
    "mapping_type": ("wrong-type", "a mapping belongs here"),
    "dict_type": ("wrong-type", "a mapping belongs here"),
    "model_type": ("wrong-type", "a mapping belongs here"),
    "string_type": ("wrong-type", "a string belongs here"),
    "tuple_type": ("wrong-type", "a list of strings belongs here"),
    "greater_than_equal": ("out-of-range", "it is {ge:g} or more"),
    "less_than_equal": ("out-of-range", "it is at most {le:g}"),
}
"""What pydantic's errors mean, by their types."""


def told(error: ValidationError, file: str) -> JobError:
    """Give our own error for pydantic's, its text made harmless."""
    every = error.errors(include_url=False, include_context=True, include_input=False)
    problems = tuple(_problem(each) for each in every[: LIMITS.reported_errors])
    return JobError(file, problems, len(every) - len(problems))


def _problem(each: ErrorDetails) -> Problem:
    path = "".join(
        f"[{part}]" if isinstance(part, int) else f".{printable(part[:60])}" for part in each["loc"]
    ).removeprefix(".")
    context = each.get("ctx", {})
    inner = context.get("error")
    if isinstance(inner, SelectorError):
        place = f"{path}.{inner.place}" if inner.place and path else inner.place or path
        return Problem(inner.code, inner.message, 0, 0, place, (), inner.hint)
    if inner is not None:
        code, message = "wrong-value", str(inner)
    elif each["type"] == "extra_forbidden":
        code, message = "unknown-field", f"there is no field {quoted(str(each['loc'][-1]))}"
    elif each["type"] in _SAYS:
        code, message = _SAYS[each["type"]]
        message = message.format(**context)
    else:
        code, message = "wrong-type", printable(each["msg"][:200])
    return Problem(code, message, 0, 0, path, (), None)
