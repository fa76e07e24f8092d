"""Read Bacalhau jobs: what a job requires of a node."""

import re
from operator import attrgetter
from typing import Final

from nodeselect.documents.values import DocumentError, Scalar, Value
from nodeselect.documents.yaml import read_document
from nodeselect.jobs.check.checker import draw_problems, read_text
from nodeselect.jobs.check.document import find_bacalhau_job, lower_names
from nodeselect.jobs.manifest import Manifest, ManifestError, Workload
from nodeselect.jobs.structured import StructureError, python_value, read_structured
from nodeselect.limits import LIMITS
from nodeselect.notations.bacalhau import placement_from_bacalhau

KIND: Final = "Bacalhau job"
"""The kind of the owner of a :class:`Workload` that is a Bacalhau job."""


def read_bacalhau_job(data: bytes, file: str = "job") -> Manifest | None:
    """Read a Bacalhau job in YAML or JSON, as a manifest with one workload, ``Job/NAME``.

    :param data: the content of the file, at most ``LIMITS.job_file_bytes``.
    :param file: the name of the file, for messages.
    :return: None for any other file, and for one that is neither YAML nor JSON.
    :raises ManifestError: if the job is invalid.
    """
    if not re.search(rb"\btasks\b", data, re.IGNORECASE):
        return None
    try:
        text, is_json = read_text(data, "a job file"), file.lower().endswith(".json")
        found = find_bacalhau_job(read_document(text, LIMITS.job_file_values, strict_json=is_json))
    except DocumentError:
        return None  # as a job spec, it is refused for the same mistakes
    if found is None:
        return None
    try:
        return Manifest((read_workload(*found),), ())
    except StructureError as error:
        raise ManifestError(file, draw_problems(error.findings, data)) from None


def read_workload(job: Value, path: str) -> Workload:
    """Read a job that :func:`find_bacalhau_job` has found, and its path in the document.

    :raises StructureError: if the job is invalid.
    """
    placement = read_structured(
        job, placement_from_bacalhau, path, python_value, key_text=attrgetter("text")
    )
    _, name = lower_names(job).get("name", ("", None))
    text = name.text if isinstance(name, Scalar) else ""
    return Workload(f"Job/{text}" if text else "Job", placement, (KIND, text, ""))
