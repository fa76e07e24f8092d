"""Read a file with a selector of Kubernetes or Bacalhau, recognised by its content."""

from collections.abc import Callable
from typing import Any, NamedTuple

from nodeselect.documents.values import DocumentError, List, Object, Value
from nodeselect.documents.yaml import read_document
from nodeselect.errors import JobError, SelectorError
from nodeselect.jobs.check.checker import draw_problems, read_text
from nodeselect.jobs.manifest import StructureError, read_structured
from nodeselect.limits import LIMITS
from nodeselect.notations.bacalhau import selector_from_bacalhau
from nodeselect.selectors import Selector, selectors_from_pod_spec
from nodeselect.selectors.label_selector import (
    read_fields,
    read_list,
    read_match_expressions,
    read_strings,
)

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_BACALHAU = "Bacalhau constraints"
_LABEL_SELECTOR = "a Kubernetes LabelSelector"
_POD = "conditions of a Kubernetes pod"

# A document with one of these fields is a job spec, whatever else it has.
_JOB_FIELDS = frozenset({"config", "selector", "spec"})

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

    It is one of these: a Kubernetes LabelSelector; ``nodeSelector`` or ``affinity`` of a pod
    spec; ``Constraints`` of Bacalhau, in a job or alone; or what ``nodeselect convert --to json``
    prints.

    :param data: the content of the file, at most ``LIMITS.job_file_bytes``.
    :param file: the name of the file, for messages.
    :return: None if it is none of these; it may be a job spec or a Kubernetes manifest.
    :raises JobError: if it is invalid.
    """
    try:
        text, is_json = read_text(data, "a selector"), file.lower().endswith(".json")
        document = read_document(text, LIMITS.job_file_values, strict_json=is_json)
    except DocumentError:
        return None  # as a job, it is refused for the same mistakes
    recognised = _recognise(document)
    if recognised is None:
        return None
    kind, value, path, read = recognised
    try:
        return SelectorFile(kind, read_structured(value, read, path))
    except StructureError as error:
        raise JobError(file, draw_problems([error.finding], data)) from None


def _recognise(document: Value) -> tuple[str, Value, str, _Read] | None:
    """Find out which system's selector a document has.

    Return what it is, in words; the value with the selector; the path of the value; and a function
    that reads it. Return None if it is not recognised.
    """
    if isinstance(document, List):
        items = [item.entries for item in document.items if isinstance(item, Object)]
        if not any(name.lower() == "key" for entries in items for name in entries):
            return None
        return _BACALHAU, document, "", _one(selector_from_bacalhau)
    if not isinstance(document, Object) or not _JOB_FIELDS.isdisjoint(document.entries):
        return None
    for fields, kind, read in _FIELDS:
        if not document.entries.keys().isdisjoint(fields):
            return kind, document, "", read
    entries, path = document.entries, ""
    if list(entries) == ["Job"] and isinstance(entries["Job"][1], Object):
        entries, path = entries["Job"][1].entries, "Job."
    names = set(map(str.lower, entries))
    if "taskgroups" in names or ("tasks" in names and "type" not in names):
        return None  # a job of Nomad: its groups and tasks have constraints, too
    for name, (_, value) in entries.items():
        if name.lower() == "constraints":
            return _BACALHAU, value, f"{path}{name}", _one(selector_from_bacalhau)
    return None


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
            raise error.at(error.path.removeprefix(prefix)) from None

    return read


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


# The fields by which each kind of document is recognised, and how it is read.
_FIELDS: tuple[tuple[tuple[str, ...], str, _Read], ...] = (
    (("selectors",), "selectors in JSON", _read_json),
    (("matchLabels", "matchExpressions"), _LABEL_SELECTOR, _one(Selector.from_kubernetes)),
    (("nodeSelectorTerms",), _POD, _pod("affinity", "nodeAffinity", _REQUIRED)),
    ((_REQUIRED,), _POD, _pod("affinity", "nodeAffinity")),
    (("nodeAffinity",), _POD, _pod("affinity")),
    (("affinity", "nodeSelector", "nodeName"), _POD, _pod()),
)
