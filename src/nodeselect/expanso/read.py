"""Read jobs from files; a file with any error is refused as a whole."""

import json
import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from nodeselect.documents import (
    FRACTION,
    INTEGER,
    NUMBER,
    DocumentError,
    Scalar,
    check_characters,
    decode_utf8,
    to_python,
)
from nodeselect.errors import JobError
from nodeselect.expanso.checker import CheckedJob
from nodeselect.findings.reading import JobData, to_bytes
from nodeselect.limits import LIMITS
from nodeselect.selectors import Selector

if TYPE_CHECKING:
    from nodeselect.expanso.models import JobSpec


def read_job_selector(data: JobData, file: str = "job") -> Selector:
    """Read only the selector of a job spec, without pydantic; the parameters of :func:`read_job`.

    The whole job is checked, since an unknown field may be meant to select nodes.

    :raises JobError: if the file has errors.
    """
    return _read_valid(data, file).selector


def read_job(data: JobData, file: str = "job") -> "JobSpec":
    """Read a job spec: YAML or JSON, by itself or wrapped as ``{spec: ...}``.

    >>> read_job("name: a\\nselector: {match_labels: {gpu: t4}}").to_selector()
    Selector('gpu=t4')

    In ``config``, numbers and booleans become those of Python, in YAML only if all versions of it
    read them alike. All other scalars stay strings, as they are written.

    :param data: the bytes or the text of the file, at most ``LIMITS.job_file_bytes``; or a mapping.
    :param file: the name of the file, for messages.
    :raises JobError: if the file has errors; sorted by position.
    """
    from nodeselect.expanso.models import JobSpec  # pydantic costs more than all the rest

    checked = _read_valid(data, file)
    spec = checked.spec
    assert spec is not None, "a file without a spec is refused"
    if isinstance(checked.data, Mapping):
        fields = checked.data.get("spec", checked.data)
    else:
        fields = to_python(spec, _to_json_type)
        if "config" in spec.entries and not _is_json(checked.data):
            convert = partial(_to_json_type, fraction=FRACTION)
            fields["config"] = to_python(spec.entries["config"][1], convert)
    try:
        return JobSpec.model_validate(fields)
    except JobError as error:
        raise JobError(file, error.problems, error.unreported) from None


def _parse_plain_json(data: bytes) -> Mapping[str, Any] | None:
    """Parse a small JSON object; return None for other data, and if the JSON may be invalid."""
    # Without positions, a small job is read in 0.7 of the time (benchmarks/test_read.py).
    if len(data) > LIMITS.job_file_values:  # it could have more values
        return None
    try:
        text = decode_utf8(data)
        check_characters(text)
        document = json.loads(text, object_pairs_hook=_to_dict)
    except (DocumentError, ValueError, RecursionError):
        return None
    # Escapes may be of surrogates, which are reported by position.
    return document if isinstance(document, dict) and "\\u" not in text else None


def _to_dict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        raise ValueError("duplicate key")
    return entries


def _read_valid(data: JobData, file: str) -> CheckedJob:
    """Read and check a job; raise if there are errors.

    Small JSON files are first checked without positions, for speed; again if there are errors.
    """
    plain = data if isinstance(data, Mapping) else _parse_plain_json(to_bytes(data))
    checked = CheckedJob(data if plain is None else plain, file)
    if checked.errors and plain is not data:
        checked = CheckedJob(data, file)
    if checked.errors:
        report = checked.report
        errors = tuple(problem for problem in report.problems if problem.severity == "error")
        raise JobError(file, errors, report.errors - len(errors))
    return checked


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def _to_json_type(scalar: Scalar, fraction: re.Pattern[str] = NUMBER) -> Any:
    """Convert a scalar to None, a boolean, an int, a float if ``fraction`` matches, or a string."""
    match scalar:
        case Scalar(kind="null"):
            return None
        case Scalar("true" | "false", "boolean"):
            return scalar.text == "true"
        case Scalar(text, "number") if INTEGER.fullmatch(text):
            return int(text)
        case Scalar(text, "number") if fraction.fullmatch(text):
            return float(text)
    return scalar.text
