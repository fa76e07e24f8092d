"""Jobs and executions out of files: whole, or refused with all that is wrong."""

import json
import re
from typing import TYPE_CHECKING, Any, TypeVar

from nodeselect.documents import (
    DocumentError,
    List,
    Object,
    Position,
    Scalar,
    decode_utf8,
    read_document,
)
from nodeselect.documents.values import Value
from nodeselect.errors import JobError
from nodeselect.jobs.check.checker import Checked, bytes_only, check_document
from nodeselect.jobs.check.fields import FRACTION, INTEGER, NUMBER, field
from nodeselect.jobs.check.problems import Problems
from nodeselect.limits import LIMITS
from nodeselect.selectors import Selector

if TYPE_CHECKING:
    from nodeselect.jobs.models.execution import Execution, GetExecutionResponse
    from nodeselect.jobs.models.field_types import Part
    from nodeselect.jobs.models.job import Job, JobSpec

__all__ = [
    "read_execution",
    "read_job",
    "read_job_selector",
    "read_response",
    "read_server_job",
]

_Part = TypeVar("_Part", bound="Part")


def read_job_selector(data: bytes, file: str) -> Selector:
    """Read the selector of a job spec: YAML or JSON, the spec itself or wrapped as ``{spec: ...}``.

    The whole job is checked: what is not understood may be what was meant to choose nodes.

    :param data: the bytes of the file; at most ``LIMITS.job_file_bytes``.
    :param file: what messages call it.
    :raises JobError: with every error of the file, by position.
    """
    return _checked(data, file).selector


def read_job(data: bytes, file: str) -> "JobSpec":
    """Read a job spec: YAML or JSON, the spec itself or wrapped as ``{spec: ...}``.

    Numbers and truth values in ``config`` become Python's: those of JSON all, those of YAML where
    all of its versions read them alike. Whatever else stands there stays text, as it is written.

    :param data: the bytes of the file; at most ``LIMITS.job_file_bytes``.
    :param file: what messages call it.
    :raises JobError: with every error of the file, by position.
    """
    from nodeselect.jobs.models.job import JobSpec  # pydantic costs more than the rest of reading

    spec = _checked(data, file).spec
    fields = _plain(spec)
    config = None if spec is None else field(spec, "config")
    if config is not None and not _is_json(data):
        fields["config"] = _plain(config, FRACTION)
    try:
        return JobSpec.model_validate(fields)
    except JobError as error:
        raise JobError(file, error.problems, error.unreported) from None


def read_response(data: bytes, file: str) -> "GetExecutionResponse":
    """Read what the server answers when it is asked for an execution: ``{execution: {...}}``.

    Nobody here can mend an answer. So unknown fields are left out; states and words that are not
    known, numbers out of their bounds and unprintable characters are kept as they are; a selector
    is looked at when it is asked for. Only a value of another type is refused.

    :param data: the bytes of the answer, or of the execution in it; at most
        ``LIMITS.job_file_bytes``.
    :param file: what messages call it.
    :raises JobError: when it is no execution.
    """
    from nodeselect.jobs.models.execution import Execution, GetExecutionResponse

    answer = _answered(data, file, "execution", frozenset(Execution.model_fields))
    return _tolerantly(GetExecutionResponse, answer, file)


def read_execution(data: bytes, file: str) -> "Execution":
    """Read an execution as the server answers it; as :func:`read_response`, without what is around.

    :raises JobError: when it is no execution.
    """
    return read_response(data, file).execution


def read_server_job(data: bytes, file: str) -> "Job":
    """Read a job as the server answers it: ``{job: {...}}``, or what is in there.

    As tolerantly as :func:`read_response`; a file that will be submitted is for :func:`read_job`.

    :param data: the bytes of the answer; at most ``LIMITS.job_file_bytes``.
    :param file: what messages call it.
    :raises JobError: when it is no job.
    """
    from nodeselect.jobs.models.job import Job

    return _tolerantly(Job, _answered(data, file, "job", frozenset(Job.model_fields))["job"], file)


def _tolerantly(model: type[_Part], answer: dict[str, Any], file: str) -> _Part:
    from nodeselect.jobs.models.field_types import TOLERANT

    try:
        return model.model_validate(answer, context=TOLERANT)
    except JobError as error:
        raise JobError(file, error.problems, error.unreported) from None


def _answered(data: bytes, file: str, what: str, fields: frozenset[str]) -> dict[str, Any]:
    """Read an answer: a mapping in which ``what`` is one, that has some of the ``fields``."""
    bytes_only(data)
    problems = Problems(data.decode("utf-8", "replace").removeprefix("\ufeff"))
    try:
        if len(data) > LIMITS.job_file_bytes:
            message = f"an answer has at most {LIMITS.job_file_bytes:,} bytes (job_file_bytes)"
            raise DocumentError("file-too-large", message, Position(0, 0))
        called_json = file.lower().endswith(".json")
        document = read_document(decode_utf8(data), LIMITS.job_file_values, called_json=called_json)
    except DocumentError as error:
        problems.add(error.code, error.message, error.position, hint=error.hint)
        raise _error(problems, file) from None
    around = document.entries if isinstance(document, Object) else {}
    whole = what in around
    inner = around[what][1] if whole else document
    if not isinstance(inner, Object):
        problems.wrong_type(inner, what if whole else "", "a mapping")
    elif not any(field(inner, name) is not None for name in fields):
        message = f"this has none of the fields of the {what} that was expected"
        problems.add(f"no-{what}", message, inner.position, what if whole else "")
    if problems.errors:
        raise _error(problems, file)
    plain: dict[str, Any] = _plain(document)
    return plain if whole else {what: plain}


def _checked(data: bytes, file: str) -> Checked:
    checked = check_document(data, file)
    if checked.problems.errors:
        raise _error(checked.problems, file)
    return checked


def _error(problems: Problems, file: str) -> JobError:
    first = problems.first(errors_only=True)
    return JobError(file, first, problems.errors - len(first))


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def _plain(value: Value | None, number: re.Pattern[str] = NUMBER) -> Any:
    """Give a value without positions, in the types that JSON has.

    :param number: what is a number, beside whole ones; the rest stays text.
    """
    match value:
        case Object(entries):
            return {name: _plain(item, number) for name, (_, item) in entries.items()}
        case List(items):
            return [_plain(item, number) for item in items]
        case None | Scalar(kind="null"):
            return None
        case Scalar("true" | "false", "boolean"):
            return value.text == "true"
        case Scalar(text, "number") if INTEGER.fullmatch(text):
            return int(text)
        case Scalar(text, "number") if number.fullmatch(text):
            return float(text)
    assert isinstance(value, Scalar), "a file with anything unknown is refused"
    return value.text
