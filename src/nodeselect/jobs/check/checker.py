"""Everything that is wrong with a job file, in one go."""

import re
from itertools import islice
from typing import NamedTuple

from nodeselect.documents import (
    DocumentError,
    List,
    Object,
    Position,
    Refusals,
    Scalar,
    Unknown,
    decode_utf8,
    read_document,
)
from nodeselect.documents.values import FILL_IN, Value, position_in, refused_character
from nodeselect.errors import Problem
from nodeselect.jobs.check.fields import check_part, field, has
from nodeselect.jobs.check.problems import ALL_CODES, Problems, RuleSelection, described
from nodeselect.jobs.check.rollout_rules import check_spec
from nodeselect.jobs.check.schema_fields import fields_of
from nodeselect.jobs.check.selector_fields import SelectorFields
from nodeselect.jobs.check.selector_rules import (
    check_absent_keys,
    check_empty,
    check_misplaced,
    check_selector,
)
from nodeselect.jobs.check.unknown_fields import is_like_selector, snake_case
from nodeselect.limits import LIMITS
from nodeselect.selectors import Selector

__all__ = ["CheckReport", "Checked", "bytes_only", "check_document", "check_job"]

_CONTROL = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\ufffe\uffff]")
"""Control characters, and the two noncharacters that YAML refuses as well."""
_ENDS = re.compile("[\\x00\\x85]")
"""Those behind which nothing is read: NUL, of which UTF-16 is full, and what may end a line."""
_STAND_IN = "\ufffd"
"""What stands for a control character where a document is read on."""
_MARKS = frozenset({"name", "type", "selector"})
"""Fields by which a job spec is known."""


class CheckReport(NamedTuple):
    """What is wrong with a job file; each problem has ``show``, its lines for people.

    :param file: what the file is called.
    :param problems: the first problems by position, at most ``LIMITS.reported_errors``.
    :param errors: how many errors there are.
    :param warnings: how many warnings there are.
    """

    file: str
    problems: tuple[Problem, ...]
    errors: int
    warnings: int

    @property
    def unreported(self) -> int:
        """How many problems there are beyond those in ``problems``."""
        return self.errors + self.warnings - len(self.problems)


class Checked(NamedTuple):
    """A job file, read and checked."""

    problems: Problems
    spec: Object | None
    """The spec; None where there is none."""
    selector: Selector
    """What its selector says; it says nothing where there are errors."""


def check_job(
    data: bytes,
    file: str,
    *,
    selection: RuleSelection = ALL_CODES,
    require_selector: bool = False,
) -> CheckReport:
    """Check a job spec: YAML or JSON, the spec itself or wrapped as ``{spec: ...}``.

    >>> checked = check_job(b"selector: {match_ids: [edge-1]}", "job.yaml")
    >>> for problem in checked.problems:
    ...     print(problem.show(checked.file))
    job.yaml:1:1: warning[no-name]: the job has no name: it cannot be updated, or told from others
      selector: {match_ids: [edge-1]}
      ^
      write: name: ...

    :param data: the bytes of the file; at most ``LIMITS.job_file_bytes``.
    :param file: what to call it.
    :param selection: which codes are told.
    :param require_selector: whether a job that takes every node is an error, not a warning.
    """
    if require_selector and not selection.reports("empty-selector"):
        raise ValueError("require_selector says nothing where empty-selector is left out")
    problems = check_document(data, file, selection, require_selector=require_selector).problems
    return CheckReport(file, problems.first(), problems.errors, problems.warnings)


def bytes_only(data: object) -> None:
    """Refuse what is no file's content, such as its name.

    :raises TypeError: for anything but bytes.
    """
    if not isinstance(data, bytes):
        raise TypeError(f"the bytes of a document are wanted, not {type(data).__name__}")


def check_document(
    data: bytes,
    file: str,
    selection: RuleSelection = ALL_CODES,
    *,
    require_selector: bool = False,
) -> Checked:
    """Read and check a job file; the way in of all that read jobs."""
    bytes_only(data)
    problems = Problems(data.decode("utf-8", "replace").removeprefix("\ufeff"), selection)
    document = _read(data, problems, called_json=file.lower().endswith(".json"))
    spec, path = (None, "") if document is None else _spec(document, problems)
    if not isinstance(document, Object) or spec is None:
        return Checked(problems, None, Selector.nothing())
    severity = "error" if require_selector else "warning"
    selector = _check(problems, document, spec, path, severity)
    return Checked(problems, spec, Selector.nothing() if problems.errors else selector)


def _read(data: bytes, problems: Problems, *, called_json: bool) -> Value | None:
    """Read what can be read of a file, and tell what is refused of it."""
    document, controls, refusals = None, Refusals(), Refusals()
    try:
        if len(data) > LIMITS.job_file_bytes:
            message = f"a job file has at most {LIMITS.job_file_bytes:,} bytes (job_file_bytes)"
            raise DocumentError("file-too-large", message, Position(0, 0))
        text = _without_controls(decode_utf8(data), controls)
        if controls.first:  # else the mark is what somebody wrote
            refusals = Refusals(_STAND_IN)
        document = read_document(text, LIMITS.job_file_values, refusals, called_json=called_json)
    except DocumentError as error:
        spoilt = controls.first or any(each.hint == FILL_IN for each in refusals.first)
        if not spoilt or error.code not in ("not-json", "not-yaml"):  # which they may cause
            refusals.add(error)
    for each in (*controls.first, *refusals.first):
        problems.add(each.code, each.message, each.position, length=each.length, hint=each.hint)
    problems.errors += controls.more + refusals.more
    return document


def _without_controls(text: str, refusals: Refusals) -> str:
    """Refuse control characters; give the text with a mark in the place of each.

    :raises DocumentError: for the first behind which nothing is read.
    """
    if not _CONTROL.search(text):
        return text
    last = _ENDS.search(text)
    found = _CONTROL.finditer(text, 0, last.start() if last else len(text))
    for bad in islice(found, LIMITS.reported_errors):
        refusals.add(refused_character(bad[0], position_in(text, bad.start())))
    refusals.more += sum(1 for _ in found)
    if last:
        raise refused_character(last[0], position_in(text, last.start()))
    return _CONTROL.sub(_STAND_IN, text)


def _spec(document: Value, problems: Problems) -> tuple[Object | None, str]:
    """Find the spec, and what stands before its fields in a path: the document, or in it."""
    if isinstance(document, Unknown):
        return None, ""
    if not isinstance(document, Object):
        problems.add(
            "not-a-job",
            "the file is empty"
            if isinstance(document, Scalar) and not document.text and document.kind == "null"
            else _no_mapping(document),
            document.position,
            hint=_instead(document),
        )
        return None, ""
    if "kind" in document.entries and "apiVersion" in document.entries:
        problems.add(
            "not-a-job",
            "this is an object of Kubernetes, not a job spec",
            document.entries["kind"][0].position,
            "kind",
            length=len("kind"),
        )
        return None, ""
    spec: Value = document
    if "spec" in document.entries:
        key, spec = document.entries["spec"]
        _check_wrapper(problems, document, key)
    if isinstance(spec, Unknown):
        spec = Object({}, spec.position, is_open=True)
    if not isinstance(spec, Object):
        problems.add_at("not-a-job", _no_mapping(spec), spec, "spec")
        return None, ""
    path = "" if spec is document else "spec."
    # What was refused may be a name, or the spec in the document.
    marks = fields_of("JobSpec") if spec.is_open else _MARKS
    is_spec = any(snake_case(name) in marks or is_like_selector(name) for name in spec.entries)
    if spec.is_open:
        return (spec, path) if path or is_spec else (None, "")
    if not is_spec:
        problems.add(
            "not-a-job",
            "this has neither a selector nor a name: it is no job spec",
            spec.position,
            path.rstrip("."),
            hint=_instead(document),
        )
        return None, ""
    return spec, path


def _instead(document: Value) -> str:
    """Say what to write instead of a document that is no job spec."""
    items = field(document, "items") if isinstance(document, Object) else document
    if isinstance(items, List) and items.items and isinstance(first := items.items[0], Object):
        spec = field(first, "spec")
        names = {*first.entries, *(spec.entries if isinstance(spec, Object) else ())}
        if names.isdisjoint(("type", "selector")):  # else it is a job
            return (
                "this looks like a list of nodes: give it as the nodes, and a job spec as the job"
            )
    return "write a job spec, with a name and a selector"


def _no_mapping(value: List | Scalar) -> str:
    return f"a job spec is a mapping, not {described(value)}"


def _check_wrapper(problems: Problems, document: Object, key: Scalar) -> None:
    if "selector" in document.entries:
        problems.add(
            "two-specs",
            "there is a 'spec' and a 'selector' beside it: which one counts is not clear",
            key.position,
            "spec",
            hint="move the selector into the spec",
        )
    for name in ("id", "status"):
        if has(document, name):
            problems.add_at(
                "server-field",
                f"{name!r} is made by the server, not submitted",
                document.entries[name][0],
                name,
                "take it away",
            )


def _check(
    problems: Problems, document: Object, spec: Object, path: str, severity: str
) -> Selector:
    value = field(spec, "selector")
    everywhere = value is None or (isinstance(value, Object) and not _says_something(value))
    if spec is not document:
        rest = {name: entry for name, entry in document.entries.items() if name != "selector"}
        check_part(problems, "Job", document._replace(entries=rest), "", everywhere=everywhere)
    check_part(problems, "JobSpec", spec, path.rstrip("."), everywhere=everywhere)
    fields = SelectorFields(problems)
    errors = problems.errors
    selector = fields.read(value, f"{path}selector")
    check_selector(problems, fields)
    if fields.is_known:  # what is not may ask for the label
        check_absent_keys(problems, fields)
    check_misplaced(problems, spec, path, everywhere=everywhere)
    told = problems.errors and (
        _is_meant(spec) or (spec is not document and "selector" in document.entries)
    )
    if selector == Selector.everything() and problems.errors == errors and not told:
        check_empty(problems, spec, path, is_understood=everywhere, severity=severity)
    check_spec(problems, spec, path)
    return selector


def _is_meant(spec: Object) -> bool:
    """Say whether a field that is no selector was meant as one, which is told already."""
    return any(name != "selector" and is_like_selector(name) for name in spec.entries)


def _says_something(selector: Object) -> bool:
    """Say whether there is, or may be, anything in a selector but null and what is empty."""
    if selector.is_open:
        return True
    for name in selector.entries:
        match field(selector, name):
            case Object(entries, is_open=False) if not entries:
                pass
            case List(items) if not items:
                pass
            case None:
                pass
            case _:
                return True
    return False
