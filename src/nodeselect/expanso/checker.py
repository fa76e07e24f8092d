"""Check a job file: read the document, find the job spec in it, apply the rules."""

import re
from collections.abc import Collection, Mapping
from functools import partial

from nodeselect.documents import (
    DocumentError,
    List,
    Object,
    Scalar,
    Value,
    describe,
    find,
    from_python,
)
from nodeselect.expanso.fields import check_model
from nodeselect.expanso.job_rules import (
    JOB_CHECKS,
    Job,
    Names,
    invalid_selector,
    is_like_job,
    misspelt_selectors,
)
from nodeselect.expanso.schema_fields import WRAPPERS, is_selector_name, snake_case
from nodeselect.expanso.selector_rules import check_selector, read_selector
from nodeselect.findings.node_count import CountNodes, check_nodes
from nodeselect.findings.reading import JobData, read_plain, shown_text, to_bytes
from nodeselect.findings.report import CheckReport, make_report, read_ignore_comments, reported
from nodeselect.findings.rule import Finding, collect, document_finding, is_error
from nodeselect.kinds import JOB_HINT, MATCH_HINT, NODES_HINT, refuse_other, refused
from nodeselect.problem import Path
from nodeselect.selectors import Selector
from nodeselect.selectors.pod_spec import REQUIRED

_PIPELINE_HINT = "put it under config: and add a name, type: pipeline, and a selector"

# The affinity of a pod, without the pod, has one of these.
_AFFINITY_FIELDS = ("affinity", "nodeAffinity", "nodeSelectorTerms", REQUIRED)

# Only documents with one of these fields are pipelines: others have "metrics" and "resources" too.
_BARE_FIELDS = ("input", "pipeline", "output", "cache_resources", "rate_limit_resources")

# Lines of a job spec, or of a Bacalhau job.
_JOB_LINE = (
    r"^[ \t]*[\"']?(?:selector|match_(?:labels|expressions|ids))[\"']?[ \t]*:|^type: *pipeline"
    r"|^[ \t]*Tasks[ \t]*:|[\"']Tasks[\"'][ \t]*:|^constraints[ \t]*:"
)


class CheckedJob:
    """A job file, read and checked. All code that reads job files uses this class.

    :ivar data: the content of the file in bytes, or the mapping that was given.
    :ivar spec: the job spec; None if the file has none.
    :ivar selector: the selector of the job; if the file has errors, one that matches nothing.
    :ivar findings: what is reported of the file.
    :ivar errors: the number of errors.
    :ivar has_unknown_fields: whether the file has unknown fields, not counting those that are only
        in another style (``matchLabels`` for ``match_labels``).
    """

    def __init__(
        self,
        data: JobData,
        file: str,
        rules: Collection[str] | None = None,
        names: Names | None = None,
        *,
        empty_severity: str = "",
        reads_comments: bool = False,
        count_nodes: CountNodes | None = None,
    ) -> None:
        self.data = data if isinstance(data, Mapping) else to_bytes(data)
        self.spec: Object | None = None
        self.selector = Selector.nothing()
        self.has_unknown_fields = False
        self._file = file
        self._unread: DocumentError | None = None
        choose = partial(reported, rules=rules)
        if reads_comments and isinstance(self.data, bytes):
            choose = partial(choose, ignored=read_ignore_comments(self.data))
        found: list[Finding] = []
        try:
            document = self._document()
            self.spec, path = _locate_spec(document, file)
        except DocumentError as error:
            self._unread = error
            self.findings = choose(map(document_finding, (error, *error.others)))
            self.errors = len(self.findings) + error.unreported
            return
        spec = self.spec
        if isinstance(document, Object) and document is not spec:
            found += check_model("Job", document, ())
        found += check_model("JobSpec", spec, path)
        of_selector: list[Finding] = []
        parsed = collect(read_selector(find(spec, "selector"), (*path, "selector")), of_selector)
        is_invalid = any(map(is_error, of_selector))
        counting = parsed._replace(count_nodes=None if is_invalid else count_nodes)
        found += [*of_selector, *check_selector(counting)]
        job = Job(spec, path, file, {} if names is None else names, empty_severity)
        for check in JOB_CHECKS:
            found += check(job)
        self.has_unknown_fields = any(
            each.code == "unknown-field" and each.edit is None for each in found
        )
        self.findings = choose(found)
        if not any(map(is_error, self.findings)):
            if is_invalid or misspelt_selectors(spec):
                self.findings += choose([invalid_selector(job)])  # its mistakes are ignored
            else:
                self.selector = parsed.selector
                if count_nodes is not None:
                    place, _ = spec.entries.get("selector", (spec, None))
                    counted = count_nodes(self.selector)
                    more = check_nodes("the job", place, (*path, "selector"), counted)
                    self.findings += choose(more)
        self.errors = sum(map(is_error, self.findings))

    @property
    def edits(self) -> list[Finding]:
        """The findings that ``--fix`` may be able to correct."""
        return [
            each
            for each in self.findings
            if each.edit is not None or not isinstance(each.hint, str | None)
        ]

    @property
    def report(self) -> CheckReport:
        """The problems of the file, with excerpts of it."""
        content = self.data if isinstance(self.data, bytes) else None
        unreported = self._unread.unreported if self._unread else 0
        report = make_report(self._file, self.findings, content, unreported)
        return report._replace(is_job=self._is_job(content))

    def _document(self) -> Value:
        data = self.data
        return read_plain(data, self._file) if isinstance(data, bytes) else from_python(data)

    def _is_job(self, content: bytes | None) -> bool:
        """Return whether the file is probably a job spec, even if it has mistakes."""
        if self.spec is not None:
            return is_like_job(self.spec)
        code = self._unread.code if self._unread else ""
        if code in ("not-utf-8", "not-an-object"):
            return True
        if content is None or code == "not-a-job":
            return False
        return re.search(_JOB_LINE, shown_text(content), re.MULTILINE) is not None


def _locate_spec(document: Value, file: str) -> tuple[Object, Path]:
    """Return the job spec, a document or its field ``spec``, and its path.

    :raises DocumentError: if the document is not a job.
    """
    if not isinstance(document, Object):
        message = f"a job spec is a mapping, not {describe(document)}"
        if isinstance(document, Scalar) and document.kind == "null" and not document.text:
            message = "the file is empty"
        raise refused(document, message, NODES_HINT if isinstance(document, List) else JOB_HINT)
    refuse_other(document, file)
    _, spec = document.entries.get("spec", (None, document))
    if not isinstance(spec, Object):
        raise refused(spec, f"'spec' must be a mapping, not {describe(spec)}", JOB_HINT)
    names = spec.entries.keys()
    own = ("name", "type", *WRAPPERS)
    if not any(snake_case(name) in own or is_selector_name(name) for name in names):
        if not names.isdisjoint(_BARE_FIELDS):
            raise refused(spec, "this is a bare pipeline, not a job spec", _PIPELINE_HINT)
        if not names.isdisjoint(_AFFINITY_FIELDS) and spec is document:
            message = "this is the affinity of a Kubernetes pod, not a job spec"
            raise refused(spec, message, MATCH_HINT)
        message = "this is not a job spec: it has no name, type or selector"
        raise refused(spec, message, NODES_HINT)
    return spec, () if spec is document else ("spec",)
