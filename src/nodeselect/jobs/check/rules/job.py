"""Rules of a job's name, type and notes."""

import difflib

from nodeselect.documents import Object, Scalar, Value
from nodeselect.jobs.check.rule import Check, define
from nodeselect.jobs.check.rules.fields import DEMO, field, truncated_path
from nodeselect.jobs.check.schema_fields import is_wrapper
from nodeselect.jobs.check.suggestions import is_misspelt
from nodeselect.text import quoted

__all__ = ["check_name", "check_reserved_keys", "check_type"]

_NO_NAME = define(
    "no-name",
    "fields",
    "a job without a name",
    "A job is updated by submitting another one with its name.",
    severity="warning",
    before="selector: {match_labels: {region: eu}}\n",
    after=DEMO,
)
_UNKNOWN_TYPE = define(
    "unknown-type",
    "fields",
    "an unknown type of job",
    "The documented types are pipeline, query, update and config. The server may know others, so"
    " this is a warning.",
    severity="warning",
    before=f"{DEMO}type: daemon\n",
    after=f"{DEMO}type: pipeline\n",
)
_RESERVED_KEY = define(
    "reserved-key",
    "fields",
    "a key of meta with the prefix expanso.io/",
    "These keys belong to the server, which ignores changes of them. Only the whole prefix is"
    " reserved: my-expanso.io/x and a.expanso.io/x are not.",
    before=f"{DEMO}meta: {{expanso.io/owner: me}}\n",
    after=f"{DEMO}meta: {{owner: me}}\n",
)

_JOB_TYPES = ("pipeline", "query", "update", "config")
# The types of Bacalhau, and the most similar ones of Expanso.
_BACALHAU_TYPES = {"daemon": "pipeline", "service": "pipeline", "ops": "query", "batch": "query"}


def check_name(spec: Object, prefix: str) -> Check[None]:
    """Check that a job has a name.

    :param prefix: of the paths of the spec's fields: empty, or ``spec.``.
    """
    name = field(spec, "name")
    if name is not None and not (isinstance(name, Scalar) and not name.text.strip()):
        return
    if name is None and (
        is_misspelt("JobSpec", spec, "name") or any(map(is_wrapper, spec.entries))
    ):
        return  # which is reported
    place: Value = name or (spec.entries["name"][0] if "name" in spec.entries else spec)
    message = "the job has no name: it cannot be updated, or told from others"
    yield _NO_NAME.at_position(place.position, prefix.rstrip("."), message, "add: name: my-job")


def check_type(spec: Object, prefix: str) -> Check[None]:
    """Check that the type of a job is known."""
    value = field(spec, "type")
    if not isinstance(value, Scalar) or value.kind != "text" or value.text in _JOB_TYPES:
        return
    plain = value.text[:40].lower()
    close = difflib.get_close_matches(plain, _JOB_TYPES, 1, 0.7)
    suggestion = _BACALHAU_TYPES.get(plain, close[0] if close else None)
    message = f"{quoted(value.text)} is not a known type: {', '.join(_JOB_TYPES)}"
    hint = f"did you mean '{suggestion}'?" if suggestion else None
    yield _UNKNOWN_TYPE.at(value, f"{prefix}type", message, hint)


def check_reserved_keys(spec: Object, prefix: str) -> Check[None]:
    """Check that no key of ``meta`` belongs to the server."""
    meta = field(spec, "meta")
    for key, _ in meta.entries.values() if isinstance(meta, Object) else ():
        if key.text.startswith("expanso.io/"):
            message = "keys with the prefix expanso.io/ are reserved for the server"
            path = truncated_path(f"{prefix}meta", key.text)
            yield _RESERVED_KEY.at(key, path, message, "use another prefix, or none")
