"""The rules of the checker, and the findings that a check yields if a file breaks a rule.

A rule stands beside the check that yields its findings. The rules at the end of this file are about
mistakes that other rooms find (``documents``, and ``selectors`` in the text of a selector), or that
job specs and manifests can both have.
"""

from collections.abc import Callable, Generator, Iterator
from functools import partial, wraps
from typing import Any, NamedTuple, TypeVar, cast

from nodeselect.documents import DocumentError, Position, Scalar, Value, describe
from nodeselect.problem import Fix, Path

# A fix, or only its words, or a function that returns one of these and is called only if needed.
Hint = Fix | str | Callable[[], Fix | str | None] | None


class Rule(NamedTuple):
    """A mistake that ``check`` finds in job files.

    :param code: the stable name of the rule, such as ``wrong-type``.
    :param group: what the rule is about, such as ``selector``.
    :param severity: ``error``, ``warning`` or ``note``.
    :param always_reported: whether ``--ignore`` and ``--select`` have no effect on the rule.
    :param summary: what is wrong, in one line.
    :param why: why the mistake matters; empty if that is clear.
    :param before: a job file with the mistake; empty if none can be shown.
    :param after: the same file without the mistake.
    """

    code: str
    group: str
    severity: str
    always_reported: bool
    summary: str
    why: str
    before: str
    after: str


class Finding(NamedTuple):
    """A value in a file that breaks a rule.

    :param hint: what to write instead, or a function that returns the hint.
    :param span: start and end of the mistake in the text of the value; None for the whole text.
    :param edit: the string that ``--fix`` writes in place of the value, in quotes if needed. If
        None, ``--fix`` writes the replacement of the hint if the hint is certain.
    :param last: if several neighbouring values are replaced together, the last of them; ``value``
        is the first.
    :param severity: ``error``, ``warning`` or ``note``; empty for the severity of the rule.
    :param code: the code of the rule; the decorator of :func:`rule` sets it.
    """

    value: Value
    path: Path
    message: str
    hint: Hint = None
    span: tuple[int, int] | None = None
    edit: str | None = None
    last: Value | None = None
    severity: str = ""
    code: str = ""

    @property
    def fix(self) -> Fix | None:
        """The hint as a fix, computed if ``hint`` is a function; certain if there is an edit."""
        fix = Fix.of(self.hint() if callable(self.hint) else self.hint)
        return fix._replace(is_certain=True) if fix and self.edit is not None else fix

    @property
    def position(self) -> Position:
        """Where the mistake begins; for a value with escapes, where the value begins."""
        line, column = self.value.position
        is_verbatim = isinstance(self.value, Scalar) and self.value.verbatim
        return Position(line, column + self.span[0] if self.span and is_verbatim else column)


def document_finding(error: DocumentError) -> Finding:
    """Return the finding for an error of the YAML or JSON reader.

    If the error is a YAML tag such as ``!debug``, the edit puts the tag in quotes. Apply this edit
    only if the tag is meant as an expression of a selector.
    """
    replacement = error.fix and error.fix.replacement
    tag = replacement[1:-1] if replacement and replacement.startswith('"!') else ""
    value = Scalar(tag, "tag", error.position, True)
    span = (0, error.length)
    return Finding(value, (), error.message, error.fix, span, edit=tag or None, code=error.code)


def is_error(finding: Finding) -> bool:
    """Return whether a finding is an error, by itself or by its rule.

    A rule that has not been imported is one of job specs about a mistake in the text of a selector.
    """
    rule_ = REGISTRY.get(finding.code)
    return (finding.severity or (rule_.severity if rule_ else "error")) == "error"


_T = TypeVar("_T")
_Function = TypeVar("_Function", bound=Callable[..., Any])

# What a check yields; and a check that also returns what it has read.
Findings = Iterator[Finding]
Check = Generator[Finding, None, _T]


def collect(check: Check[_T], findings: list[Finding]) -> _T:
    """Add what a check yields to ``findings``; return what it has read."""
    while True:
        try:
            findings.append(next(check))
        except StopIteration as end:
            read: _T = end.value
            return read


# All rules by code, in the order in which they are defined.
REGISTRY: dict[str, Rule] = {}


def rule(
    group: str,
    code: str,
    summary: str,
    why: str = "",
    *,
    before: str = "",
    after: str = "",
    head: str = "",
    severity: str = "error",
    always_reported: bool = False,
    checks: list[Any] | None = None,
) -> Callable[[_Function], _Function]:
    """Add a rule to ``REGISTRY``. Return the decorator for what returns a finding, or yields some.

    The decorator is not used if the mistakes are found while a document or a selector is read.
    Parameters that are not listed here are fields of :class:`Rule`.

    :param head: the lines with which both examples, ``before`` and ``after``, begin.
    :param checks: a list of functions to which the decorator adds the decorated function.
    """
    before, after = (f"{head}{text}\n" if text else "" for text in (before, after))
    REGISTRY[code] = Rule(code, group, severity, always_reported, summary, why, before, after)

    def decorate(function: _Function) -> _Function:
        @wraps(function)
        def run(*args: Any) -> Finding | Findings:
            found = function(*args)
            if isinstance(found, Finding):
                return found._replace(code=code)
            return (each._replace(code=code) for each in found)

        if checks is not None:
            checks.append(run)
        return cast(_Function, run)

    return decorate


# Rules about the document: it must be plain data, such as no YAML tags, and a job spec.
_refusal = partial(rule, "document", always_reported=True)

_refusal("not-utf-8", "the file is not UTF-8", "Save it as UTF-8.")
_refusal(
    "not-yaml",
    "the file is neither YAML nor JSON",
    before="name: demo\nselector: {match_labels: {region: eu}",
    after="name: demo\nselector: {match_labels: {region: eu}}",
)
_refusal(
    "not-json",
    "a file named .json looks like JSON but is not",
    "Trailing commas, single quotes and comments are valid in YAML, but not for programs that read"
    " files named .json as JSON.",
    before='{"name": "demo", "selector": {"match_labels": {"region": "eu"},}}',
    after='{"name": "demo", "selector": {"match_labels": {"region": "eu"}}}',
)
_refusal(
    "not-finite",
    "NaN, Infinity or a number that is too large, in JSON",
    "Some programs write them, but they are not JSON. YAML would read them as strings.",
    before='{"name": "demo", "selector": {"match_ids": ["n-1"]}, "config": {"rate": NaN}}',
    after='{"name": "demo", "selector": {"match_ids": ["n-1"]}, "config": {"rate": "NaN"}}',
)
_refusal(
    "anchor",
    "a YAML anchor on a list or a mapping, or an alias without an anchor",
    "A few of them can expand to gigabytes. Aliases of strings, numbers and booleans are resolved;"
    " in Kubernetes manifests, all aliases.",
    before="name: demo\nlabels: &same {region: eu}\nselector: {match_labels: *same}",
    after="name: demo\nlabels: {region: eu}\nselector: {match_labels: {region: eu}}",
)
_refusal(
    "tag",
    "a YAML tag, such as !include or !!str",
    "An expression that begins with ! needs quotes; without them, YAML reads a tag.",
    before="name: demo\nselector:\n  match_expressions:\n    - !debug",
    after='name: demo\nselector:\n  match_expressions:\n    - "!debug"',
)
_refusal(
    "merge-key",
    "a YAML merge key (<<)",
    "Kubernetes manifests may have one, first in its mapping.",
    before="name: demo\nselector:\n  match_labels:\n    <<: {region: eu}",
    after="name: demo\nselector:\n  match_labels:\n    region: eu",
)
_refusal(
    "second-document",
    "more than one document in a file",
    before="name: demo\nselector: {match_labels: {region: eu}}\n---\nname: other",
    after="name: demo\nselector: {match_labels: {region: eu}}",
)
_refusal(
    "duplicate-key",
    "a key occurs twice in one mapping",
    "Readers disagree on which of the two counts.",
    before="name: demo\nselector: {match_labels: {region: eu}}\nname: other",
    after="name: demo\nselector: {match_labels: {region: eu}}",
)
_refusal(
    "key-not-text",
    "a key is a list, a mapping or null",
    "YAML also reads an unquoted template, {{...}}, as a mapping inside a mapping.",
    before="name: demo\nselector: {match_labels: {region: eu}}\nconfig: {? [a] : b}",
    after="name: demo\nselector: {match_labels: {region: eu}}\nconfig: {a: b}",
)
_refusal("too-deep", "values are nested deeper than 32 levels", "The limit is named depth.")
_refusal(
    "too-many-values-in-file",
    "more than 200,000 keys and values",
    "The limit is named job_file_values. A list or a mapping counts as two.",
)
_refusal("file-too-large", "a file of more than 1 MiB", "The limit is named job_file_bytes.")


_refusal(
    "not-a-job",
    "the document is not a job spec",
    "A job spec is a mapping with a name, a type or a selector, by itself or as {spec: ...}.",
    before="on: push\njobs: {test: {steps: []}}",
    after="name: demo\nselector: {match_labels: {region: eu}}",
)

# Rules about the text of a selector; ``nodeselect.selectors`` finds the mistakes.
_language = partial(rule, "language")
_expression = partial(_language, head="name: demo\nselector:\n  match_expressions:\n    - ")

for _code, _summary, _before, _after in (
    ("not-in", "'not in' is written 'notin'", "x not in (a)", "x notin (a)"),
    ("operator-case", "operators are written in lower case", "x IN (a)", "x in (a)"),
    ("missing-parentheses", "the values after 'in' need parentheses", "x in a", "x in (a)"),
    ("square-brackets", "wrong brackets around the values after 'in'", "x in [a]", "x in (a)"),
    ("list-needs-in", "a list of values needs 'in' or 'notin'", "x=(a,b)", "x in (a,b)"),
    ("unclosed-list", "the list of values is not closed", "x in (a", "x in (a)"),
    ("parentheses", "requirements cannot be in parentheses", "(x=a)", "x=a"),
    ("missing-comma", "two values without a comma between them", "x in (a b)", "x in (a,b)"),
    ("colon", "a key and its value are joined by '=', not ':'", "x:a", "x=a"),
    ("triple-equals", "equality is written '=' or '=='", "x===a", "x==a"),
    ("quotes", "quotes, which keys and values never need", "x='a'", "x=a"),
    ("or", "there is no OR inside a selector", "x=a || x=b", "x in (a,b)"),
    ("and", "AND is written ','", "x=a && y=b", "x=a,y=b"),
    ("semicolon", "requirements are separated by ','", "x=a;y=b", "x=a,y=b"),
    ("word-operator", "a word instead of an operator, such as gt", "x gt 5", "x>5"),
    ("or-equal", "there is no '>=' and no '<='", "x>=5", "x>4"),
    ("unequal-sign", "'not equal' is written '!='", "x<>a", "x!=a"),
    ("not-an-integer", "'>' and '<' compare with a whole number", "x>5.5", "x>5"),
    ("word-exists", "a key alone means that the label exists", "x exists", "x"),
    ("word-not", "NOT is written '!'", "not x", "!x"),
    ("not-equality", "'!' before a key that has an operator", "!x=a", "x!=a"),
    ("trailing-comma", "a requirement is missing after the last ','", "x,", "x"),
    ("doubled-comma", "two commas in a row", "x,,y", "x,y"),
    ("wildcard", "there are no wildcards", "x=a*", "x in (a1,a2)"),
    ("brackets", "brackets other than '(' and ')'", "x=[a,b]", "x in (a,b)"),
    ("regex", "there are no regular expressions", "x=~a.b", "x in (a1b,a2b)"),
    ("empty-key", "a key is empty, or has nothing after the '/'", "a/", "a/x"),
    ("invalid-key", "a character that a key cannot have, or not at its ends", "-x", "x"),
    ("invalid-prefix", "the part of a key before the '/' is not a domain name", "a_b/x", "a-b/x"),
    ("invalid-value", "a character that a value cannot have, or not at its ends", "x=a/b", "x=a-b"),
    ("unexpected", "an unexpected word or sign; often, a comma is missing", "x y", "x,y"),
    ("unexpected-end", "the text ends too early", "!", "!x"),
    ("blank", "an empty expression", "", "x"),
):
    _expression(_code, _summary, before=f'"{_before}"', after=f'"{_after}"')

for _code, _summary in (
    ("key-too-long", "a key, or its part after the '/', of more than 63 characters"),
    ("prefix-too-long", "a part of a key before the '/' of more than 253 characters"),
    ("value-too-long", "a value of more than 63 characters"),
    ("text-too-long", "a selector text of more than 16,384 characters (limit: selector_text)"),
    ("too-many-requirements", "more than 256 requirements (limit: requirements)"),
    ("too-many-values", "more than 1,024 values in a list (limit: values_in_set) or 4,096 in all"),
    ("too-many-ids", "more than 100,000 ids (limit: match_ids)"),
    ("too-many-selectors", "more than 1,024 terms of a node affinity (limit: selectors)"),
):
    _language(_code, _summary)

_expression(
    "look-alike-blank",
    "a blank or invisible character that is not an ordinary space",
    "For example a no-break space copied from a web page. Write an ordinary space, or none.",
    before='"region\\u00a0in (eu)"',
    after='"region in (eu)"',
)
_language(
    "surrogate",
    "an unpaired surrogate",
    always_reported=True,
    before='{"name": "\\ud800", "selector": {"match_labels": {"region": "eu"}}}',
    after='{"name": "demo", "selector": {"match_labels": {"region": "eu"}}}',
)

_id = partial(_language, head="name: demo\nselector:\n  match_ids: ")
_id("empty-id", "an empty node id", before='[""]', after="[node-1]")
_id(
    "unprintable-id",
    "a node id with an unprintable character",
    before='["node\\u200b-1"]',
    after="[node-1]",
)

# Rules about the fields of job specs and of manifests.
_field = partial(rule, "fields")


@_field(
    "wrong-type",
    "a value of the wrong type",
    "Versions of YAML disagree on which words are booleans, numbers or dates. If a string is"
    " expected, such a word needs quotes.",
    before="name: demo\nselector:\n  match_labels:\n    version: 1.10",
    after='name: demo\nselector:\n  match_labels:\n    version: "1.10"',
)
def expected(what: str, value: Value, path: Path, hint: Hint = None) -> Finding:
    """Return the finding for a value that is not ``what`` it should be, such as ``a list``."""
    return Finding(value, path, f"expected {what}, found {describe(value)}", hint)


_field(
    "unknown-field",
    "a field that no job has",
    "The server ignores the field or rejects the job. If the field is meant to be the selector, the"
    " job runs on EVERY node.",
    before="name: demo\nselector:\n  matchLabels: {region: eu}",
    after="name: demo\nselector:\n  match_labels: {region: eu}",
)
