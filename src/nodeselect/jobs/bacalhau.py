"""Read Bacalhau jobs: what a job requires of a node."""

from operator import attrgetter
from typing import Final

from nodeselect.documents.values import DocumentError, Object, Scalar, Value
from nodeselect.jobs.check.checker import read_plain
from nodeselect.jobs.check.document import find_bacalhau_job, lower_names
from nodeselect.jobs.manifest import FoundObjects, Manifest, Workload
from nodeselect.jobs.structured import StructureError, python_value, read_structured
from nodeselect.notations.bacalhau import placement_from_bacalhau

KIND: Final = "Bacalhau job"
"""The kind of the owner of a :class:`Workload` that is a Bacalhau job."""


def read_bacalhau_job(data: bytes, file: str = "job") -> Manifest | None:
    """Read a Bacalhau job as a manifest with one workload, ``Job/NAME``. See :func:`find_job`.

    :raises ManifestError: if the job is invalid.
    """
    found = find_job(data, file)
    return found and found.valid(data, file)


def find_job(data: bytes, file: str = "job") -> FoundObjects | None:
    """Find a Bacalhau job in YAML or JSON.

    :return: None for any other file, and for one that is neither YAML nor JSON.
    """
    if b"tasks" not in data.lower():
        return None
    try:
        found = find_bacalhau_job(read_plain(data, file))
    except DocumentError:
        return None  # as a job spec, it is refused for the same mistakes
    if found is None:
        return None
    try:
        return FoundObjects(Manifest((_read_workload(*found),), ()))
    except StructureError as error:
        return FoundObjects(Manifest((), ()), error.findings)


def _read_workload(job: Value, path: str) -> Workload:
    """Read a job that :func:`find_bacalhau_job` has found, and its path in the document.

    :raises StructureError: if the job is invalid.
    """
    placement = read_structured(
        job, placement_from_bacalhau, path, python_value, key_text=attrgetter("text")
    )
    fields = lower_names(job)
    _, name = fields.get("name", ("", None))
    text = name.text if isinstance(name, Scalar) else ""
    place: tuple[Value, str] = (job, path)
    if "constraints" in fields and isinstance(job, Object):
        at_constraints, _ = fields["constraints"]
        place = job.entries[at_constraints][0], f"{path}.{at_constraints}".lstrip(".")
    return Workload(f"Job/{text}" if text else "Job", placement, (KIND, text, ""), place)
