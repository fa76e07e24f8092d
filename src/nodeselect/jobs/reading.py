"""Jobs and executions out of files: whole, or refused with all that is wrong."""

from typing import TYPE_CHECKING, Any

from nodeselect.documents import (
    DocumentError,
    List,
    Object,
    Position,
    Scalar,
    read_document,
    text_of,
)
from nodeselect.documents.values import Value
from nodeselect.errors import JobError
from nodeselect.jobs.check import Checked, check_document
from nodeselect.jobs.fields import INTEGER, NUMBER
from nodeselect.jobs.problems import Problems, described
from nodeselect.labels import Selector
from nodeselect.limits import LIMITS

if TYPE_CHECKING:
    from nodeselect.jobs.execution import Execution
    from nodeselect.jobs.models import JobSpec

__all__ = ["read_execution", "read_job", "read_job_selector"]


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

    Numbers and truth values in ``config`` become Python's where YAML 1.1, YAML 1.2 and JSON read
    them alike; whatever else stands there stays text, as it is written.

    :param data: the bytes of the file; at most ``LIMITS.job_file_bytes``.
    :param file: what messages call it.
    :raises JobError: with every error of the file, by position.
    """
    from pydantic import ValidationError  # it costs more than all the rest of reading a job

    from nodeselect.jobs.models import JobSpec
    from nodeselect.jobs.parts import told

    spec = _checked(data, file).spec
    try:
        return JobSpec.model_validate(_plain(spec))
    except ValidationError as error:
        raise told(error, file) from None


def read_execution(data: bytes, file: str) -> "Execution":
    """Read an execution as the server answers it: ``{execution: {...}}``, or what is in there.

    Unknown fields are left out, unknown states kept as they are: nobody here can mend an answer.

    :param data: the bytes of the answer; at most ``LIMITS.job_file_bytes``.
    :param file: what messages call it.
    :raises JobError: when it is no execution.
    """
    from pydantic import ValidationError

    from nodeselect.jobs.execution import Execution, GetExecutionResponse
    from nodeselect.jobs.parts import TOLERANT, told

    problems = Problems(data.decode("utf-8", "replace").removeprefix("\ufeff"))
    try:
        if len(data) > LIMITS.job_file_bytes:
            message = f"an answer has at most {LIMITS.job_file_bytes:,} bytes (job_file_bytes)"
            raise DocumentError("file-too-large", message, Position(0, 0))
        document = read_document(text_of(data), LIMITS.job_file_values)
    except DocumentError as error:
        problems.add(error.code, error.message, error.at, hint=error.hint)
        raise _error(problems, file) from None
    inner = document.entries if isinstance(document, Object) else {}
    whole = "execution" in inner
    if not whole and not Execution.model_fields.keys() & inner.keys():
        found = "fields that no execution has" if inner else described(document)
        problems.add("not-an-execution", f"an execution is a mapping, not {found}", document.at)
        raise _error(problems, file)
    answer = _plain(document) if whole else {"execution": _plain(document)}
    try:
        return GetExecutionResponse.model_validate(answer, context=TOLERANT).execution
    except ValidationError as error:
        raise told(error, file) from None


def _checked(data: bytes, file: str) -> Checked:
    checked = check_document(data)
    if checked.problems.errors:
        raise _error(checked.problems, file)
    return checked


def _error(problems: Problems, file: str) -> JobError:
    first = problems.first(errors_only=True)
    return JobError(file, first, problems.errors - len(first))


def _plain(value: Value | None) -> Any:
    """Give a value without positions, in the types that JSON has."""
    match value:
        case Object(entries):
            return {name: _plain(item) for name, (_, item) in entries.items()}
        case List(items):
            return [_plain(item) for item in items]
        case None | Scalar(kind="null"):
            return None
        case Scalar("true" | "false", "boolean"):
            return value.text == "true"
        case Scalar(text, "number") if INTEGER.fullmatch(text):
            return int(text)
        case Scalar(text, "number") if NUMBER.fullmatch(text):
            return float(text)
    return value.text
