"""Read a file with a selector of Kubernetes, Bacalhau or Nomad, recognised by its content."""

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from nodeselect.documents.values import DocumentError, List, Object, Position, Scalar, Value
from nodeselect.documents.yaml import read_document
from nodeselect.errors import JobError, SelectorError
from nodeselect.jobs.check.checker import draw_problems, read_text
from nodeselect.jobs.check.rule import finding_at
from nodeselect.jobs.structured import StructureError, read_structured
from nodeselect.limits import LIMITS
from nodeselect.notations.bacalhau import selector_from_bacalhau, selector_from_nomad
from nodeselect.selectors import Selector, selectors_from_pod_spec
from nodeselect.selectors.label_selector import (
    read_fields,
    read_list,
    read_match_expressions,
    read_strings,
    structure_error,
)

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_BACALHAU = "constraints of Bacalhau"
_NOMAD = "constraints of Nomad"
_LABEL_SELECTOR = "a LabelSelector of Kubernetes"
_POD = "conditions of a pod of Kubernetes"

# A document with one of these fields is a job spec, whatever else it has.
_JOB_FIELDS = frozenset({"config", "selector", "spec"})

# The first line of a block of a job of Nomad.
_HCL_BLOCK = rb'^[ \t]*(?:job|group|task|constraint)[ \t]*(?:"[^"\n]*"[ \t]*)?\{[ \t\r]*$'

# Returns the selectors of decoded JSON, of which a node must match one.
_Read = Callable[[Any], tuple[Selector, ...]]


class SelectorFile(NamedTuple):
    """A file with a selector.

    :param kind: what it is, in words.
    :param selectors: a node must match one of them. If there are none, no node matches.
    """

    kind: str
    selectors: tuple[Selector, ...]


def read_selector_file(data: bytes, file: str = "selector") -> SelectorFile | None:
    """Read a selector of another system, in YAML or JSON.

    It is one of these: a LabelSelector of Kubernetes; ``nodeSelector`` or ``affinity`` of a pod
    spec; ``Constraints`` of Bacalhau, in a job or alone; constraints of Nomad; or what ``nodeselect
    convert --to json`` prints.

    :param data: the content of the file, at most ``LIMITS.job_file_bytes``.
    :param file: the name of the file, for messages.
    :return: None if it is none of these; it may be a job spec or a manifest of Kubernetes.
    :raises JobError: if it is invalid.
    """
    try:
        text, is_json = read_text(data, "a selector"), file.lower().endswith(".json")
        document = read_document(text, LIMITS.job_file_values, strict_json=is_json)
    except DocumentError:
        _refuse_hcl(data, file)
        return None  # as a job, it is refused for the same mistakes
    if isinstance(document, Scalar):
        _refuse_hcl(data, file)
    recognised = _recognise(document)
    if recognised is None:
        return None
    kind, value, path, read = recognised
    try:
        return SelectorFile(kind, read_structured(value, read, path))
    except StructureError as error:
        raise JobError(file, draw_problems([error.finding], data)) from None


def _refuse_hcl(data: bytes, file: str) -> None:
    """Raise if a text is a job of Nomad in HCL.

    :raises JobError: with the code ``hcl``.
    """
    start = re.search(_HCL_BLOCK, data, re.MULTILINE)
    if start is None:
        return
    position = Position(data.count(b"\n", 0, start.start()), 0)
    message = "this is HCL, which is not read"
    hint = (
        'write its constraints in JSON: {"constraint": [{"attribute": "${meta.rack}", "value": …}]}'
    )
    finding = finding_at("hcl", "error", Scalar("", "text", position, False), "", message, hint)
    raise JobError(file, draw_problems([finding], data))


def _recognise(document: Value) -> tuple[str, Value, str, _Read] | None:
    """Find out which system's selector a document has.

    Return what it is, in words; the value with the selector; the path of the value; and a function
    that reads it. Return None if it is not recognised.
    """
    if isinstance(document, List):
        kind = _constraint_kind(document)
        return (kind, document, "", _CONSTRAINTS[kind]) if kind else None
    if not isinstance(document, Object) or not _JOB_FIELDS.isdisjoint(document.entries):
        return None
    for fields, kind, read in _FIELDS:
        if not document.entries.keys().isdisjoint(fields):
            return kind, document, "", read
    entries, path = document.entries, ""
    if list(entries) == ["Job"] and isinstance(entries["Job"][1], Object):
        entries, path = entries["Job"][1].entries, "Job."
    for name, (_, value) in entries.items():
        if name.lower() == "constraints":
            kind = _constraint_kind(value) or (_NOMAD if _is_nomad_job(entries) else _BACALHAU)
            if kind == _NOMAD and len(entries) > 1:
                return kind, document, "", _refuse_nomad_job
            return kind, value, f"{path}{name}", _CONSTRAINTS[kind]
    return None


def _constraint_kind(value: Value) -> str | None:
    items = value.items if isinstance(value, List) else []
    names = {name.lower() for item in items if isinstance(item, Object) for name in item.entries}
    if names & {"attribute", "ltarget"}:
        return _NOMAD
    return _BACALHAU if "key" in names else None


def _is_nomad_job(entries: Iterable[str]) -> bool:
    """Return whether these are fields of a job of Nomad, or of a group of tasks in one."""
    names = set(map(str.lower, entries))
    return "taskgroups" in names or ("tasks" in names and "type" not in names)


def _one(read: Callable[[Any], Selector]) -> _Read:
    return lambda value: (read(value),)


def _pod(*fields: str) -> _Read:
    """Return a function that reads a part of a pod spec, such as its ``affinity``.

    :param fields: the path of this part in the pod spec.
    """

    def read(value: object) -> tuple[Selector, ...]:
        for name in reversed(fields):
            value = {name: value}
        assert isinstance(value, dict), "a document with a field is a mapping"
        try:
            return selectors_from_pod_spec(value)
        except SelectorError as error:
            prefix = "".join(f"{name}." for name in fields)
            raise error.at((error.place or "").removeprefix(prefix)) from None

    return read


def _read_nomad(value: object) -> Selector:
    """Read ``{"constraint": …}`` of Nomad: a list of constraints, or a single one."""
    constraints = read_fields(value, "", ("constraint",))["constraint"]
    if not isinstance(constraints, dict):
        return selector_from_nomad(constraints, "constraint")
    try:
        return selector_from_nomad([constraints])
    except SelectorError as error:
        raise error.at(f"constraint{(error.place or '').removeprefix('[0]')}") from None


def _refuse_nomad_job(value: object) -> tuple[Selector, ...]:
    message = "a whole job of Nomad cannot be converted: its groups and tasks have conditions too"
    hint = 'give only constraints: {"constraint": [...]}'
    raise structure_error("not-in-language", message, "", hint)


def _read_json(value: object) -> tuple[Selector, ...]:
    selectors = []
    fields = read_fields(value, "", ("version", "selectors"))
    for number, item in enumerate(read_list(fields["selectors"], "selectors")):
        path = f"selectors[{number}]"
        parts = read_fields(item, path, ("requirements", "ids"))
        requirements = read_match_expressions(parts.get("requirements"), f"{path}.requirements")
        ids = None if parts.get("ids") is None else read_strings(parts["ids"], f"{path}.ids")
        selectors.append(Selector.from_requirements(requirements, ids))
    return tuple(selectors)


_CONSTRAINTS = {_BACALHAU: _one(selector_from_bacalhau), _NOMAD: _one(selector_from_nomad)}

# The fields by which each kind of document is recognised, and how it is read.
_FIELDS: tuple[tuple[tuple[str, ...], str, _Read], ...] = (
    (("selectors",), "selectors in JSON", _read_json),
    (("matchLabels", "matchExpressions"), _LABEL_SELECTOR, _one(Selector.from_kubernetes)),
    (("nodeSelectorTerms",), _POD, _pod("affinity", "nodeAffinity", _REQUIRED)),
    ((_REQUIRED,), _POD, _pod("affinity", "nodeAffinity")),
    (("nodeAffinity",), _POD, _pod("affinity")),
    (("affinity", "nodeSelector", "nodeName"), _POD, _pod()),
    (("constraint",), _NOMAD, _one(_read_nomad)),
)
