"""Read selectors of other systems: of Kubernetes, of Bacalhau, or what ``convert`` has written.

A document is recognised by its content, not by the name of its file.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from nodeselect.decoded import read_fields, read_list, read_strings
from nodeselect.documents import DocumentError, List, Object, Scalar, Value
from nodeselect.errors import JobError, SelectorError
from nodeselect.findings.reading import read_plain
from nodeselect.findings.report import draw_problems
from nodeselect.findings.structured import StructureError, read_structured
from nodeselect.kinds import is_chart_values, lower_names
from nodeselect.notations.bacalhau import selector_from_bacalhau
from nodeselect.placement import Placement
from nodeselect.problem import Path
from nodeselect.selectors import Selector, selectors_from_pod_spec
from nodeselect.selectors.label_selector import read_match_expressions
from nodeselect.selectors.pod_spec import PREFERRED, REQUIRED
from nodeselect.selectors.requirement import exclude_ids
from nodeselect.selectors.selector import alternatives

POD_CONDITIONS: Final = "conditions of a Kubernetes pod"
"""The kind of a file with the affinity of a pod, or its node selector."""

_BACALHAU = "Bacalhau constraints"
_LABEL_SELECTOR = "a Kubernetes LabelSelector"


# A document with one of these fields is a job spec, whatever else it has.
_JOB_FIELDS = frozenset({"config", "selector", "spec"})

# The fields of a pod spec that can stand without its containers.
_OF_POD = ("affinity", "nodeName", "nodeSelector", "topologySpreadConstraints")

# Returns the selector of decoded JSON, or several, of which a node must match one.
_Read = Callable[[Any], Selector | tuple[Selector, ...] | Placement]


# The conditions of a pod that a document may consist of: one of the first fields, what else there
# may be, and the path in a pod spec at which they are.
_BARE: tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    (("nodeSelectorTerms",), (), ("affinity", "nodeAffinity", REQUIRED)),
    ((REQUIRED,), (PREFERRED,), ("affinity", "nodeAffinity")),
    (("nodeAffinity",), ("podAffinity", "podAntiAffinity"), ("affinity",)),
    (("affinity", "nodeSelector", "nodeName"), ("tolerations", "topologySpreadConstraints"), ()),
)


def bare_pod_spec(document: Value) -> tuple[Object, tuple[str, ...]] | None:
    """Return a pod spec with the conditions that are all of a document, and their path in it."""
    names = document.entries.keys() if isinstance(document, Object) else set[str]()
    for fields, others, path in _BARE:
        if not names.isdisjoint(fields) and names <= {*fields, *others}:
            for name in reversed(path):
                key = Scalar(name, "text", document.position, False)
                document = Object({name: (key, document)}, document.position)
            assert isinstance(document, Object), "only a mapping has names"
            return document, path
    return None


class SelectorFile(NamedTuple):
    """A file with a selector of another system.

    :param kind: what the file contains, in words.
    :param selectors: a node must match at least one of them; if there are none, no node matches.
    :param not_considered: what else the file says about nodes, in words.
    """

    kind: str
    selectors: tuple[Selector, ...]
    not_considered: tuple[str, ...] = ()


def read_selector_file(data: bytes, file: str = "selector") -> SelectorFile | None:
    """Read a selector of another system, in YAML or JSON.

    The file may contain a Kubernetes LabelSelector; ``nodeSelector`` or ``affinity`` of a pod spec;
    Bacalhau ``Constraints``; or the output of ``nodeselect convert --to json``.

    :return: None for any other file, such as a job or a Kubernetes manifest.
    :raises JobError: if the selector is invalid.
    """
    try:
        document = read_plain(data, file)
    except DocumentError:
        return None  # as a job, it is refused for the same mistakes
    recognised = _recognise(document)
    if recognised is None:
        return None
    kind, value, path, read = recognised
    try:
        found = read_structured(value, read, path)
        if isinstance(found, Placement):
            terms = [each for each in alternatives(found.selector) if each != Selector.nothing()]
            return SelectorFile(kind, tuple(terms), found.not_considered)
        return SelectorFile(kind, found if isinstance(found, tuple) else (found,))
    except StructureError as error:
        raise JobError(file, draw_problems(error.findings, data)) from None


def _recognise(document: Value) -> tuple[str, Value, Path, _Read] | None:
    """Return the kind, value and path of the selector in a document, and what reads the value."""
    if isinstance(document, List):
        items = [item.entries for item in document.items if isinstance(item, Object)]
        if not any(name.lower() == "key" for entries in items for name in entries):
            return None
        return _BACALHAU, document, (), selector_from_bacalhau
    if not isinstance(document, Object) or not _JOB_FIELDS.isdisjoint(document.entries):
        return None
    if is_chart_values(document):
        return None
    for fields, kind, read in _FIELDS:
        if not document.entries.keys().isdisjoint(fields):
            return kind, document, (), read
    names = lower_names(document)
    if "constraints" not in names or not {"tasks", "taskgroups"}.isdisjoint(names):
        return None  # a job has more conditions
    name, value = names["constraints"]
    return _BACALHAU, value, (name,), selector_from_bacalhau


def _pod(*fields: str) -> _Read:
    """Return what reads the value of a field, which is given by its path in a pod spec."""

    def read(value: object) -> Placement:
        for name in reversed(fields):
            value = {name: value}
        assert isinstance(value, dict), "a document with a field is a mapping"
        try:
            selectors_from_pod_spec(value)  # other fields may be labels that are not indented
            return Placement.from_pod_spec({each: value[each] for each in _OF_POD if each in value})
        except SelectorError as error:
            raise error.at(*error.steps[len(fields) :]) from None

    return read


def _read_json(value: object) -> tuple[Selector, ...]:
    selectors = []
    fields = read_fields(value, (), ("version", "selectors"))
    for number, item in enumerate(read_list(fields["selectors"], ("selectors",))):
        path = ("selectors", number)
        parts = read_fields(item, path, ("requirements", "ids", "excluded_ids"))
        requirements = read_match_expressions(parts.get("requirements"), (*path, "requirements"))
        ids = None if parts.get("ids") is None else read_strings(parts["ids"], (*path, "ids"))
        excluded = read_strings(parts.get("excluded_ids"), (*path, "excluded_ids"))
        requirements += exclude_ids(Selector.of(match_ids=excluded).ids or ())
        selectors.append(Selector.from_requirements(requirements, ids))
    return tuple(selectors)


# The fields by which each kind of document is recognised, and how it is read.
_FIELDS: tuple[tuple[tuple[str, ...], str, _Read], ...] = (
    (("selectors",), "selectors in JSON", _read_json),
    (("matchLabels", "matchExpressions"), _LABEL_SELECTOR, Selector.from_kubernetes),
    *((fields, POD_CONDITIONS, _pod(*path)) for fields, _, path in _BARE),
)
