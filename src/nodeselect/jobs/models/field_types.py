"""What the models are made of: types of fields, and what all of them share."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainSerializer,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_serializer,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from nodeselect.errors import JobError, Problem, SelectorError
from nodeselect.frozen import FrozenMapping
from nodeselect.jobs.models.durations import DURATION, parse_duration
from nodeselect.limits import LIMITS
from nodeselect.text import FORBIDDEN, printable, quoted

__all__ = [
    "TOLERANT",
    "Count",
    "Data",
    "Integer",
    "Keeping",
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
]

TOLERANT = {"tolerant": True}
"""The context in which answers of the server are read: unknown fields and words, numbers out of
bounds and unprintable characters are no mistake."""

_INT64 = 2**63 - 1


def is_tolerant(info: ValidationInfo) -> bool:
    """Say whether it is an answer of the server that is read."""
    return info.context is TOLERANT


def _text(text: str, info: ValidationInfo) -> str:
    bad = FORBIDDEN.search(text)
    if bad and not is_tolerant(info):
        raise ValueError(f"an unprintable character ({printable(bad[0])}) is refused")
    return text


def _labels(labels: Mapping[str, str], info: ValidationInfo) -> FrozenMapping[str, str]:
    return FrozenMapping({_text(key, info): value for key, value in labels.items()})


def _in_order(texts: object) -> object:
    if not isinstance(texts, (list, tuple)):  # a set has another order in each process
        raise PydanticCustomError("tuple_type", "no list")
    return texts


def _without_null(labels: object, info: ValidationInfo) -> object:
    if is_tolerant(info) and isinstance(labels, Mapping):  # as Go writes them
        return {key: value for key, value in labels.items() if value is not None}
    return labels


def _from(least: int, most: int) -> AfterValidator:
    """Bound a number, but not in answers: what the server once took is what it is."""

    def check(number: float, info: ValidationInfo) -> float:
        if not is_tolerant(info):
            if number < least:
                raise PydanticCustomError("greater_than_equal", "too small", {"ge": least})
            if number > most:
                raise PydanticCustomError("less_than_equal", "too large", {"le": most})
        return number

    return AfterValidator(check)


def _bounds(least: int, most: int) -> Any:
    """Say the same in the schema."""
    return Field(json_schema_extra={"maximum": most, "minimum": least})


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
            return FrozenMapping(
                {_frozen(key): _frozen(item, depth + 1) for key, item in value.items()}
            )
        case list() | tuple():
            return tuple(_frozen(item, depth + 1) for item in value)
        case float() if value - value != 0:
            raise ValueError("a number is finite")
        case int() if not -(2**63) <= value < 2**64:
            raise ValueError("a whole number has at most 64 bits")
        case str() if re.search("[\ud800-\udfff]", value):
            raise ValueError("half of a surrogate pair is refused")
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
Texts = Annotated[tuple[Text, ...], Field(strict=False), BeforeValidator(_in_order)]
Count = Annotated[int, _from(0, _INT64), _bounds(0, _INT64)]
Integer = Annotated[int, _from(-_INT64 - 1, _INT64), _bounds(-_INT64 - 1, _INT64)]
Percent = Annotated[int, _from(0, 100), _bounds(0, 100)]
Share = Annotated[float, _from(0, 1), _bounds(0, 1)]
SharePercent = Annotated[float, _from(0, 100), _bounds(0, 100)]
TextMap = Annotated[
    Mapping[str, Text],
    BeforeValidator(_without_null),
    AfterValidator(_labels),
    PlainSerializer(dict),
]
Data = Annotated[Mapping[str, Any], AfterValidator(_frozen), PlainSerializer(_thawed)]
Nanoseconds = Annotated[
    int,
    _from(1, _INT64),
    BeforeValidator(_duration),
    WithJsonSchema(
        {
            "type": ["integer", "string"],
            "minimum": 1,
            "maximum": _INT64,
            "pattern": f"^{DURATION}$",
            "maxLength": 200,
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


@contextmanager
def _own_error(name: str) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        raise _told(error, name) from None


class _Checked(ModelMetaclass):
    """Constructors that raise our own error."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with _own_error(self.__name__):
            return super().__call__(*args, **kwargs)


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
        known = cls.model_fields
        strict = not is_tolerant(info)
        return {
            name: item
            for name, item in data.items()
            if (item is not None if name in known else strict)
        }

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Make one of a mapping, as pydantic does.

        :raises JobError: with all that is wrong.
        """
        with _own_error(cls.__name__):
            return super().model_validate(obj, **options)

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """Make one of JSON, as pydantic does.

        :raises JobError: with all that is wrong.
        """
        with _own_error(cls.__name__):
            return super().model_validate_json(json_data, **options)

    @classmethod
    def model_validate_strings(cls, obj: Any, **options: Any) -> Self:
        """Make one of a mapping of nothing but texts, as pydantic does.

        :raises JobError: with all that is wrong.
        """
        with _own_error(cls.__name__):
            return super().model_validate_strings(obj, **options)

    def to_json(self) -> str:
        """Give it as JSON: the fields that were set, in their order, durations in nanoseconds.

        Read again, it gives an equal value with the same fields set. Control characters are
        escaped.
        """
        text = self.model_dump_json(exclude_unset=True)
        return re.sub("[\\x7f-\\x9f]", lambda match: f"\\u{ord(match[0]):04x}", text)


class Keeping(Part):
    """A part of which an answer's unknown fields are kept where they may say which nodes are meant.

    They are no fields of the value, but part of its JSON and of what it is equal to.
    """

    _kept: FrozenMapping[str, Any] = PrivateAttr(FrozenMapping({}))

    @classmethod
    def _is_kept(cls, name: str, value: Any) -> bool:
        """Say whether a field may say which nodes are meant, and is not understood."""
        raise NotImplementedError

    @model_validator(mode="wrap")
    @classmethod
    def _keep(
        cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        part = handler(data)
        if is_tolerant(info) and isinstance(data, Mapping):
            part._kept = _frozen(
                {
                    name: value
                    for name, value in data.items()
                    if value is not None and cls._is_kept(name, value)
                }
            )
        return part

    @model_serializer(mode="wrap")
    def _with_kept(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {**handler(self), **_thawed(self._kept)}

    def _refuse_kept(self, where: str) -> None:
        """Refuse to go on as if what is not understood were not there.

        :raises SelectorError: with the code ``unknown-field``.
        """
        for name in self._kept:
            raise SelectorError(
                "unknown-field",
                f"{where} has a field {quoted(name)}, which is not understood: what it"
                " selects is not clear",
                name,
                (0, len(name)),
            )


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


def _told(error: ValidationError, file: str) -> JobError:
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
    if each["type"] == "json_invalid":
        code, message = "not-json", printable(each["msg"][:200])
    elif inner is not None:
        code, message = "wrong-value", str(inner)
    elif each["type"] == "extra_forbidden":
        code, message = "unknown-field", f"there is no field {quoted(str(each['loc'][-1]))}"
    elif each["type"] in _SAYS:
        code, message = _SAYS[each["type"]]
        message = message.format(**context)
    else:
        code, message = "wrong-type", printable(each["msg"][:200])
    return Problem(code, message, 0, 0, path, (), None)
