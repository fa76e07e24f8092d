"""Check a job file: read the document, find the job spec in it, apply the rules."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from heapq import nsmallest
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

import nodeselect.jobs.check.pods  # noqa: F401 - its rules are among all rules
from nodeselect.documents import (
    DocumentError,
    Object,
    Position,
    Scalar,
    Value,
    check_characters,
    decode_utf8,
    file_too_large_error,
    find,
    from_python,
    read_document,
    read_documents,
    scalar_spans,
)
from nodeselect.errors import JobError
from nodeselect.jobs.check.document import find_nomad_job, is_event, locate_spec
from nodeselect.jobs.check.fields import check_model
from nodeselect.jobs.check.job import (
    JOB_CHECKS,
    Job,
    Names,
    invalid_selector,
    is_like_job,
    misspelt_selectors,
)
from nodeselect.jobs.check.nodes import CountNodes, check_nodes
from nodeselect.jobs.check.rule import REGISTRY, Finding, Findings, Rule, document_finding
from nodeselect.jobs.check.selector import check_selector, read_selector
from nodeselect.limits import LIMITS
from nodeselect.problem import SEVERITIES, Fix, Problem, excerpt, suggest_word
from nodeselect.selectors import Selector
from nodeselect.text import quoted

JobData: TypeAlias = bytes | bytearray | memoryview | str | Mapping[str, Any]
"""A job: the content of a file, as bytes or text; or what a program has parsed from it."""

# A hint of more characters, such as a list of fields, is shown only once in a file.
_LONG_HINT = 80

# Lines of a job spec, or of a Bacalhau job.
_JOB_LINE = (
    r"^[ \t]*[\"']?(?:selector|match_(?:labels|expressions|ids))[\"']?[ \t]*:|^type: *pipeline"
    r"|^[ \t]*Tasks[ \t]*:|[\"']Tasks[\"'][ \t]*:|^constraints[ \t]*:"
)

# How nodes begin: a list in JSON, JSON lines, a list in YAML, the header of a table.
_NODES = (
    rb'\s*(?:\{\s*"(?:items|[nN]odes)":\s*)?\[\s*\{\s*"(?:id|ID|Info|Node|labels|metadata)":'
    rb'|\s*\{\s*"id":.*\}[ \t\r]*\n\s*\{\s*"id":|(?:items:\s+)?- id:\s'
    rb"|(?=[\w ./-]+(?:[,;\t][\w ./-]+)+\r?\n)(?:[^\n]*[,;\t])?id[,;\t\r\n]"
)

# How other files begin that people give in place of a job, and what they are.
_OTHER_FILES = (
    (b"\x89NSX", "is a saved inventory"),
    (b"\x1f\x8b", "is a compressed file"),
    (b"PAR1", "is a Parquet file"),
)

# The kind of the first object of Kubernetes in a file or in a list.
_FIRST_KIND = rb"\bkind\"?:\s*\"?(?!List\b)(\w+)"
_HEAD_BYTES = 4096

# A comment at the end of a line; what is in it are the codes to ignore.
_IGNORE_COMMENT = r"(?:^|(?<=[ \t]))#[ \t]*nodeselect:[ \t]*ignore\[([^\[\]]*)\]\s*$"

# The rules in the order of the documentation.
_GROUPS = ("document", "fields", "rollout", "selector", "kubernetes", "nodes", "language")
_RULES = dict(sorted(REGISTRY.items(), key=lambda item: _GROUPS.index(item[1].group)))

# Codes that cannot be ignored: the file is not text, not plain data or not a job, or has a selector
# that is not valid.
_ALWAYS_REPORTED = frozenset(code for code, rule in _RULES.items() if rule.always_reported)


class CheckReport(NamedTuple):
    """What is wrong with a job file, or a manifest.

    :param file: the name of the file.
    :param problems: by position, at most ``LIMITS.reported_errors``. Of more, notes are left out
        first, then warnings, then the last errors.
    :param errors: the number of errors.
    :param warnings: the number of warnings.
    :param is_job: whether the file probably has a job. If not, an error says what it is, unless it
        has only Kubernetes objects that are not read.
    :param notes: the number of notes.
    :param is_template: whether it is a template of a manifest.
    :param not_compared: node pools whose nodes may not exist yet.
    """

    file: str
    problems: tuple[Problem, ...]
    errors: int
    warnings: int
    is_job: bool = True
    notes: int = 0
    is_template: bool = False
    not_compared: tuple[str, ...] = ()

    @property
    def unreported(self) -> int:
        """The number of problems beyond those in ``problems``."""
        return self.errors + self.warnings + self.notes - len(self.problems)

    def __str__(self) -> str:
        return str(JobError(self.file, self.problems, self.unreported))


def all_rules() -> dict[str, Rule]:
    """Return a mapping from code to rule, in the order of the documentation."""
    return dict(_RULES)


def select_rules(select: Iterable[str] | None = None, ignore: Iterable[str] = ()) -> frozenset[str]:
    """Return the codes of rules to pass to :func:`check_job`.

    :param select: the codes to include; None for all. Rules that are always reported are added.
    :param ignore: the codes to leave out.
    :raises ValueError: if there is no rule with a code, or a rule to ignore is always reported.
    """
    known = _RULES.keys()
    selected = frozenset(known if select is None else select)
    ignored = frozenset(ignore)
    if unknown := (selected | ignored) - known:
        code = min(unknown)
        close = suggest_word(code.replace("_", "-"), known)
        raise ValueError(f"there is no rule {quoted(code)}{f'; {close.text}' if close else ''}")
    if always := ignored & _ALWAYS_REPORTED:
        raise ValueError(f"the rule '{min(always)}' cannot be ignored: it is always reported")
    return selected - ignored | _ALWAYS_REPORTED


def to_bytes(data: bytes | bytearray | memoryview | str) -> bytes:
    """Return the content of a file as bytes; raise TypeError if it is neither bytes nor text."""
    if isinstance(data, str):
        return data.encode("utf-8", "surrogatepass")
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"expected the content of a document, not {type(data).__name__}")
    return bytes(data)


class CheckedJob:
    """A job file, read and checked. All code that reads job files uses this class.

    :ivar data: the content of the file in bytes, or the mapping that was given.
    :ivar spec: the job spec; None if the file has none.
    :ivar selector: the selector of the job; if the file has errors, one that matches nothing.
    :ivar edits: the findings that ``--fix`` may be able to correct.
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
        findings: Findings | None = None,
    ) -> None:
        """Check a file; of a job of another system, report ``findings``."""
        self.data = data if isinstance(data, Mapping) else to_bytes(data)
        self.spec: Object | None = None
        self.selector = Selector.nothing()
        self.edits: list[Finding] = []
        self.has_unknown_fields = False
        self._counts: Counter[str] = Counter()
        self._errors_found = 0  # also those that are not reported
        self._unread: str | None = None
        self._file = file
        self._count_nodes = count_nodes
        self._is_foreign = findings is not None
        self._ignored: dict[int, set[str]] = {}
        if reads_comments and isinstance(self.data, bytes) and b"nodeselect:" in self.data:
            self._ignored = _read_ignore_comments(_shown_text(self.data))
        found = findings or self._check({} if names is None else names, empty_severity)
        # The first ones by position, errors before warnings.
        self._first = nsmallest(
            LIMITS.reported_errors,
            self._reported(found, rules),
            lambda finding: (SEVERITIES.index(finding.severity), finding.position),
        )

    @property
    def errors(self) -> int:
        """The number of errors."""
        return self._counts["error"]

    @property
    def report(self) -> CheckReport:
        """The problems of the file, with excerpts of it."""
        content = self.data if isinstance(self.data, bytes) else None
        problems = draw_problems(sorted(self._first, key=attrgetter("position")), content)
        errors, warnings, notes = (self._counts[severity] for severity in SEVERITIES)
        is_job = self._is_job(content)
        return CheckReport(self._file, problems, errors, warnings, is_job, notes)

    def _reported(
        self, findings: Iterable[Finding], rules: Collection[str] | None
    ) -> Iterator[Finding]:
        """Yield and count the findings of ``rules``, without those that a comment ignores."""
        for finding in findings:
            code, rule = finding.code, REGISTRY[finding.code]
            severity = finding.severity or rule.severity
            self._errors_found += severity == "error"
            self.has_unknown_fields |= code == "unknown-field" and finding.edit is None
            # A job of another system is not read if it has any mistake.
            is_mistake = self._is_foreign and rule.group != "nodes" and rule.severity == "error"
            is_always_reported = rule.always_reported or is_mistake
            if code in self._ignored.get(finding.position.line, ()) and not is_always_reported:
                continue
            if rules is None or code in rules or is_always_reported:
                self._counts[severity] += 1
                if finding.edit is not None or not isinstance(finding.hint, str | None):
                    self.edits.append(finding)
                yield finding._replace(severity=severity)

    def _is_job(self, content: bytes | None) -> bool:
        """Return whether the file is probably a job spec, even if it has mistakes."""
        if self.spec is not None:
            return is_like_job(self.spec)
        if self._unread in ("not-utf-8", "not-an-object"):
            return True
        if content is None or self._is_foreign or self._unread == "not-a-job":
            return False
        return re.search(_JOB_LINE, _shown_text(content), re.MULTILINE) is not None

    def _check(self, names: Names, empty_severity: str) -> Findings:
        data, file = self.data, self._file
        try:
            document = read_plain(data, file) if isinstance(data, bytes) else from_python(data)
            self.spec, prefix = locate_spec(document, file)
        except DocumentError as error:
            self._unread = error.code
            self._counts["error"] += error.unreported
            for mistake in (error, *error.others):
                yield document_finding(mistake)
            return
        if isinstance(document, Object) and document is not self.spec:
            yield from check_model("Job", document, "")
        yield from check_model("JobSpec", self.spec, prefix.rstrip("."))
        errors_before = self._errors_found
        parsed = yield from read_selector(find(self.spec, "selector"), f"{prefix}selector")
        has_invalid_selector = self._errors_found > errors_before
        count_nodes = None if has_invalid_selector else self._count_nodes
        yield from check_selector(parsed._replace(count_nodes=count_nodes))
        job = Job(self.spec, prefix, file, names, empty_severity)
        for check in JOB_CHECKS:
            yield from check(job)
        if self.errors:
            return
        if has_invalid_selector or misspelt_selectors(self.spec):
            yield invalid_selector(job)  # its mistakes are ignored
            return
        self.selector = parsed.selector
        if self._count_nodes is not None:
            place, _ = self.spec.entries.get("selector", (self.spec, None))
            counted = self._count_nodes(self.selector)
            yield from check_nodes("the job", place, f"{prefix}selector", counted)


def _read_ignore_comments(text: str) -> dict[int, set[str]]:
    """Map lines, numbered from 0, to the codes that ``# nodeselect: ignore[CODE, ...]`` ignores.

    A comment at the end of a line is for this line; on a line of its own, for the next line that is
    neither blank nor a comment. Strings that contain such a text are not comments.
    """
    pieces, done = [], 0
    for start, end in scalar_spans(text):  # a string is not a comment, whatever it contains
        pieces += [text[done:start], re.sub(r"[^\n]", "x", text[start:end])]
        done = end
    pieces.append(text[done:])
    ignored: dict[int, set[str]] = {}
    above: set[str] = set()
    for number, line in enumerate("".join(pieces).split("\n")):
        comment = re.search(_IGNORE_COMMENT, line)
        codes = set(re.split(r"[\s,]+", comment[1])) if comment else set()
        before = line[: comment.start()] if comment else line
        if not before.strip() or before.lstrip().startswith("#"):
            above |= codes
        elif codes or above:
            ignored[number] = codes | above
            above = set()
    return ignored


def read_text(data: bytes, what: str, limit: int = LIMITS.job_file_bytes) -> str:
    """Decode the content of a UTF-8 file.

    :param what: what errors call the file, such as ``a job file``.
    :raises DocumentError: if the content is not text, is too large, or looks like nodes.
    """
    head, is_large = data[:_HEAD_BYTES], len(data) > limit
    if found := _other_file(head, is_large):
        message, hint = f"this {found}, not a job", "if it has nodes, give it with -n FILE"
        raise DocumentError("not-a-job", message, Position(0, 0), hint)
    if is_large:
        raise file_too_large_error(what, limit)
    try:
        text = decode_utf8(data)
    except DocumentError:
        if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16
            message = "this is a binary file, not a job"
            raise DocumentError("not-a-job", message, Position(0, 0)) from None
        raise
    check_characters(text)
    if (nomad_job := find_nomad_job(text)) is not None:
        raise nomad_job
    return text


def _other_file(head: bytes, is_large: bool) -> str:
    """Return what a file is, in words, by its first bytes; an empty text if it may be a job."""
    for start, words in _OTHER_FILES:
        if head.startswith(start):
            return words
    may_be_list = is_large or b"selector" not in head  # for most jobs, no pattern is compiled
    kind = re.search(_FIRST_KIND, head) if is_large else None
    if (may_be_list and re.match(_NODES, head)) or (kind and kind[1] in (b"Node", b"NodeList")):
        return "looks like a list of nodes"
    return ""


def read_plain(data: bytes, file: str) -> Value:
    """Parse a job file as JSON if its name ends with ``.json``, otherwise as YAML or JSON."""
    text = read_text(data, "a job file")
    is_json = file.lower().endswith(".json")
    try:
        return read_document(text, LIMITS.job_file_values, strict_json=is_json)
    except DocumentError as error:
        if error.code == "second-document" and not error.others:
            for document in read_documents(text, LIMITS.job_file_values):
                if is_event(document):
                    return document  # it is refused for what it is, not for what follows it
        raise


def _shown_text(data: bytes) -> str:
    """Decode a file to show excerpts of it; bytes that are not UTF-8 are replaced."""
    return data[: LIMITS.manifest_bytes].decode("utf-8", "replace").removeprefix("\ufeff")


def draw_problems(findings: Iterable[Finding], data: bytes | None) -> tuple[Problem, ...]:
    """Convert findings to problems with excerpts of a file; without positions if it is None."""
    findings = list(findings)
    last = max((finding.position.line for finding in findings), default=0)
    lines = _shown_text(data or b"").split("\n", last + 1)
    long_fixes: set[Fix | None] = set()
    problems = []
    for finding in findings:
        fix = finding.fix
        if fix in long_fixes:
            fix = None
        elif fix and len(fix.text) > _LONG_HINT:
            long_fixes.add(fix)
        severity = finding.severity or "error"
        problem = Problem(
            finding.code, finding.message, path=finding.path, fix=fix, severity=severity
        )
        problems.append(problem if data is None else _with_excerpt(problem, finding, lines))
    return tuple(problems)


def _with_excerpt(problem: Problem, finding: Finding, lines: list[str]) -> Problem:
    """Return ``problem`` with its position and an excerpt of the line, or of an escaped value."""
    line, column = finding.position
    value = finding.value
    text = value.text if isinstance(value, Scalar) else ""
    is_verbatim = isinstance(value, Scalar) and value.verbatim
    start, end = finding.span or (0, len(text) if is_verbatim else 1)
    end_column = column + 1
    if shows_line := is_verbatim or finding.span is None:
        text = lines[line].rstrip("\r")
        start, end = column, column + end - start
        end_column = max(end_column, min(end, len(text)))
    return problem._replace(
        line=line + 1,
        column=column + 1,
        excerpt=excerpt(text, (start, end)),
        end_column=end_column + 1,
        is_verbatim=shows_line,
    )
