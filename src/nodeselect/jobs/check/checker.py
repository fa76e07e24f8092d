"""Check a job file: read the document, find the job spec in it, apply the rules."""

from typing import NamedTuple

from nodeselect.documents import DocumentError, Object, decode_utf8, read_document
from nodeselect.documents.values import check_characters, file_too_large_error
from nodeselect.jobs.check.report import ALL_CODES, CheckReport, Findings, RuleSelection
from nodeselect.jobs.check.rule import Check
from nodeselect.jobs.check.rules.document import check_document_error, locate_spec
from nodeselect.jobs.check.rules.fields import check_model, field
from nodeselect.jobs.check.rules.job import (
    check_empty_selector,
    check_misplaced_selector,
    check_name,
    check_reserved_keys,
    check_type,
    invalid_selector,
)
from nodeselect.jobs.check.rules.rollout import check_old_rollout, check_rollout, check_timeouts
from nodeselect.jobs.check.rules.selector import read_selector
from nodeselect.limits import LIMITS
from nodeselect.selectors import Selector

__all__ = ["CheckedDocument", "check_document", "check_job", "require_bytes"]


class CheckedDocument(NamedTuple):
    """A job file, read and checked.

    :param spec: the job spec; None if there is none.
    :param selector: the selector of the job; it matches nothing if the file has errors.
    """

    findings: Findings
    spec: Object | None
    selector: Selector


def check_job(
    data: bytes,
    file: str,
    *,
    selection: RuleSelection = ALL_CODES,
    require_selector: bool = False,
) -> CheckReport:
    """Check a job spec: YAML or JSON, by itself or wrapped as ``{spec: ...}``.

    >>> report = check_job(b"selector: {match_ids: [edge-1]}", "job.yaml")
    >>> for problem in report.problems:
    ...     print(problem.show(report.file))
    job.yaml:1:1: warning[no-name]: the job has no name: it cannot be updated or found by name
      selector: {match_ids: [edge-1]}
      ^
      add: name: my-job

    :param data: the bytes of the file; at most ``LIMITS.job_file_bytes``.
    :param file: the name of the file, for messages.
    :param selection: the rules that are reported.
    :param require_selector: whether a job that runs on every node is an error, not a warning.
    """
    if require_selector and not selection.reports("empty-selector"):
        raise ValueError("require_selector has no effect if empty-selector is not reported")
    findings = check_document(data, file, selection, require_selector=require_selector).findings
    return CheckReport(file, findings.problems(), findings.errors, findings.warnings)


def require_bytes(data: object) -> None:
    """Refuse anything but the content of a file, such as its name.

    :raises TypeError: if ``data`` is not bytes.
    """
    if not isinstance(data, bytes):
        raise TypeError(f"expected the bytes of a document, not {type(data).__name__}")


def check_document(
    data: bytes,
    file: str,
    selection: RuleSelection = ALL_CODES,
    *,
    require_selector: bool = False,
) -> CheckedDocument:
    """Read and check a job file. Everything that reads job files goes through this function."""
    require_bytes(data)
    findings = Findings(data.decode("utf-8", "replace").removeprefix("\ufeff"), selection)
    try:
        if len(data) > LIMITS.job_file_bytes:
            raise file_too_large_error("a job file")
        text = decode_utf8(data)
        check_characters(text)
        is_json = file.lower().endswith(".json")
        document = read_document(text, LIMITS.job_file_values, strict_json=is_json)
    except DocumentError as error:
        findings.collect(check_document_error(error))
        findings.errors += error.unreported
        return CheckedDocument(findings, None, Selector.nothing())
    located = findings.collect(locate_spec(document))
    if located is None:
        return CheckedDocument(findings, None, Selector.nothing())
    spec, prefix = located
    severity = "error" if require_selector else None
    if spec is not document:
        findings.collect(check_model("Job", document, ""))
    selector = findings.collect(_check_spec(spec, prefix, severity))
    if selector is None and not findings.errors:  # the selection leaves its mistakes out
        findings.collect(invalid_selector(spec, prefix, severity))
    if findings.errors:
        selector = None
    return CheckedDocument(findings, spec, selector or Selector.nothing())


def _check_spec(spec: Object, prefix: str, severity: str | None) -> Check[Selector | None]:
    """Apply all rules to a job spec; return its selector, or None if it is not valid.

    :param prefix: of the paths of its fields: empty, or ``spec.``.
    :param severity: of a job that runs on every node; None for the default.
    """
    yield from check_model("JobSpec", spec, prefix.rstrip("."))
    yield from check_name(spec, prefix)
    yield from check_type(spec, prefix)
    yield from check_reserved_keys(spec, prefix)
    selector = yield from read_selector(field(spec, "selector"), f"{prefix}selector")
    yield from check_empty_selector(spec, prefix, severity)
    yield from check_misplaced_selector(spec, prefix)
    yield from check_timeouts(field(spec, "timeouts"), f"{prefix}timeouts")
    rollout = field(spec, "rollout")
    if rollout is not None:
        yield from check_rollout(rollout, spec.entries["rollout"][0], f"{prefix}rollout")
    else:
        yield from check_old_rollout(spec, prefix)
    return selector
