"""The selector of a job file, read strictly: what is not understood is refused, with its place.

A job whose selector is missing, null or empty takes every node. So a field that only *looks* like
the selector must never be passed over: it would send the job everywhere.
"""

import difflib
from collections.abc import Iterator, Mapping, Sized

from nodeselect.documents import (
    DocumentError,
    List,
    Object,
    Position,
    Scalar,
    read_document,
    text_of,
)
from nodeselect.documents.values import Value
from nodeselect.errors import JobError, SelectorError
from nodeselect.jobs.problems import Problems
from nodeselect.labels import Selector
from nodeselect.limits import LIMITS
from nodeselect.printable import cut, printable, quoted

__all__ = ["read_job_selector"]

_MARKS = frozenset({"name", "type", "selector"})
"""Fields by which a job spec is known."""

_SPEC_FIELDS = _MARKS | {
    *("config", "deployment", "description", "labels", "meta", "namespace", "priority"),
    *("restart_policy", "rollout", "timeouts"),
}
_JOB_FIELDS = frozenset({"id", "spec", "status"})
"""What Expanso's job spec has, and the job around it."""

_OTHER_NAMES = ("constraints", "nodeselector", "labelselector")
"""What other systems call a selector, without marks between the words."""

_WRAPPERS = ("job", "Job", "Spec", "SPEC", "jobs")
"""What a whole job is wrapped in, but a spec is not."""

_FIELDS = ("match_ids", "match_labels", "match_expressions")


def read_job_selector(data: bytes, file: str) -> Selector:
    """Read the selector of a job spec: YAML or JSON, the spec itself or wrapped as ``{spec: …}``.

    :param data: the bytes of the file; at most ``LIMITS.job_file_bytes``.
    :param file: what messages call it.
    :raises JobError: with every problem of the selector, by position.
    """
    reading = _Reading(data.decode("utf-8", "replace").removeprefix("\ufeff"))
    selector = reading.selector(data)
    problems = reading.problems.first()
    if problems:
        raise JobError(file, problems, reading.problems.count - len(problems))
    return selector


_Text = tuple[str, Value, str]
"""A string of a list, its value in the document, and its path."""


class _Reading:
    """One file being read, and the problems found so far."""

    def __init__(self, text: str) -> None:
        self.problems = Problems(text)

    def selector(self, data: bytes) -> Selector:
        if len(data) > LIMITS.job_file_bytes:
            self.problems.add(
                "file-too-large",
                f"a job file has at most {LIMITS.job_file_bytes:,} bytes (job_file_bytes)",
                Position(0, 0),
            )
            return Selector.nothing()
        try:
            document = read_document(text_of(data))
        except DocumentError as error:
            self.problems.add(error.code, error.message, error.at, hint=error.hint)
            return Selector.nothing()
        spec, path = self._spec(document)
        if spec is None:
            return Selector.nothing()
        self._look_alikes(spec, path)
        self._misplaced(spec, path)
        if not self.problems.count and not _MARKS.intersection(spec.entries):
            self.problems.add(
                "not-a-job",
                "this has neither a selector nor a name: it is no job spec",
                spec.at,
                path.rstrip("."),
                hint="write a job spec, with a name and a selector",
            )
            return Selector.nothing()
        selector = self._selector(_field(spec.entries, "selector"), f"{path}selector")
        if not self.problems.count and selector == Selector.everything():
            self._unknown_fields(spec, _SPEC_FIELDS, path)
            if isinstance(document, Object) and document is not spec:
                self._unknown_fields(document, _JOB_FIELDS, "")
        return selector

    def _unknown_fields(self, parent: Object, known: frozenset[str], path: str) -> None:
        """Refuse what no job has, where a job takes every node: it may be a selector mistyped."""
        for name, (key, _) in parent.entries.items():
            if name not in known:
                self.problems.add(
                    "unknown-field",
                    f"a job has no field {quoted(name)}, and without a selector it would run on"
                    " every node",
                    key.at,
                    f"{path}{printable(name[:60])}",
                    length=len(name),
                    hint="take it away, or write a selector",
                )

    def _spec(self, document: Value) -> tuple[Object | None, str]:
        """Find the spec: the document, or what is wrapped in it."""
        if not isinstance(document, Object):
            self.problems.add(
                "not-a-job",
                f"a job spec is a mapping, not {_described(document)}",
                document.at,
                hint="write a job spec, with a name and a selector",
            )
            return None, ""
        if "kind" in document.entries and "apiVersion" in document.entries:
            self.problems.add(
                "not-a-job",
                "this is an object of Kubernetes, not a job spec",
                document.entries["kind"][0].at,
                "kind",
                length=len("kind"),
            )
            return None, ""
        if "spec" not in document.entries:
            return document, ""
        key, spec = document.entries["spec"]
        self._look_alikes(document, "")
        if "selector" in document.entries:
            self.problems.add(
                "two-specs",
                "there is a 'spec' and a 'selector' beside it: which one counts is not clear",
                key.at,
                "spec",
                hint="move the selector into the spec",
            )
        if not isinstance(spec, Object):
            self._wrong_type(spec, "spec", "a mapping")
            return None, ""
        return spec, "spec."

    def _look_alikes(self, spec: Object, path: str) -> None:
        """Refuse fields that are meant to choose nodes and would be passed over."""
        for name, (key, _) in spec.entries.items():
            if name == "selector":
                continue
            if name.lower().replace("-", "").replace("_", "") in _OTHER_NAMES:
                hint = "write: selector: {match_expressions: [...]}"
            elif difflib.get_close_matches(name[:40].lower(), ["selector"], 1, 0.8):
                hint = "did you mean 'selector'?"
            elif name in _WRAPPERS:
                hint = "write the spec itself, or spec: {...}"
            elif _snake_case(name) in _FIELDS:
                hint = f"write: selector: {{{_snake_case(name)}: ...}}"
            else:
                continue
            self.problems.add(
                "unknown-field",
                f"a job spec has no field {quoted(name)}; the job would run on every node",
                key.at,
                f"{path}{printable(name)}",
                length=len(name),
                hint=hint,
            )

    def _misplaced(self, spec: Object, path: str) -> None:
        """Refuse a selector inside ``config``, which chooses no nodes, where there is no other."""
        config = _field(spec.entries, "config")
        if "selector" in spec.entries or not isinstance(config, Object):
            return
        if "selector" in config.entries:
            self.problems.add(
                "misplaced-selector",
                "a selector inside 'config' chooses no nodes; the job would run on every node",
                config.entries["selector"][0].at,
                f"{path}config.selector",
                length=len("selector"),
                hint="move it out of 'config', to the level of 'name'",
            )

    def _selector(self, value: Value | None, path: str) -> Selector:
        fields = self._object(value, path)
        for name, (key, _) in fields.items():
            if name not in _FIELDS:
                self._unknown_field(key, path)
        labels = self._labels(_field(fields, "match_labels"), f"{path}.match_labels")
        expressions = self._texts(fields, "match_expressions", path, LIMITS.requirements)
        ids = self._texts(fields, "match_ids", path, LIMITS.match_ids)
        for text, item, place in self._whole(expressions):
            self._check(item, place, match_expressions=[text])
        for text, item, place in ids:
            self._check(item, place, match_ids=[text])
        whole = None
        if not self.problems.count:
            whole = self._check(
                value,
                path,
                match_labels=labels,
                match_expressions=[text for text, _, _ in expressions],
                match_ids=[text for text, _, _ in ids],
            )
        return Selector.nothing() if whole is None else whole

    def _unknown_field(self, key: Scalar, path: str) -> None:
        close = difflib.get_close_matches(_snake_case(key.text), _FIELDS, 1, 0.75)
        self.problems.add(
            "unknown-field",
            f"a selector has no field {quoted(key.text)}, only {', '.join(_FIELDS)}",
            key.at,
            f"{path}.{printable(key.text[:60])}",
            length=len(key.text),
            hint=f"did you mean '{close[0]}'?" if close else "a label goes under match_labels",
        )

    def _labels(self, value: Value | None, path: str) -> dict[str, str]:
        labels: dict[str, str] = {}
        entries = self._object(value, path)
        if self._too_many(entries, value, path, LIMITS.requirements):
            return {}
        for key, item in entries.values():
            place = f"{path}.{printable(key.text[:60])}"
            text = self._text(item, place)
            if text is None or self._text(key, place) is None:
                continue
            if self._check(key, place, match_labels={key.text: ""}):
                self._check(item, place, match_labels={key.text: text})
            labels[key.text] = text
        return labels

    def _texts(
        self, fields: dict[str, tuple[Scalar, Value]], name: str, path: str, most: int
    ) -> list[_Text]:
        """Give the strings of a list, each with its value and its path."""
        path = f"{path}.{name}"
        value = _field(fields, name)
        items = self._list(value, path)
        if self._too_many(items, value, path, most):
            return []
        texts = ((self._text(item, place), item, place) for item, place in items)
        return [(text, item, place) for text, item, place in texts if text is not None]

    def _whole(self, items: list[_Text]) -> Iterator[_Text]:
        """Give the expressions that are whole, and refuse those that YAML has parted.

        In ``[region in (eu,us)]`` the comma ends an item.
        """
        at = 0
        while at < len(items):
            text, item, place = items[at]
            end = at
            if "(" in text and ")" not in text:
                closing = (n for n in range(at + 1, len(items)) if ")" in items[n][0])
                end = next(closing, at)
            if end == at:
                yield items[at]
            else:
                whole = ",".join(part for part, _, _ in items[at : end + 1])
                self.problems.add(
                    "split-expression",
                    "YAML ends the item at the comma",
                    item.at,
                    place,
                    length=len(text),
                    hint=f'write it between quotes: "{cut(printable(whole), 100)}"',
                )
            at = end + 1

    def _too_many(self, items: Sized, value: Value | None, path: str, most: int) -> bool:
        if value is None or len(items) <= most:
            return False
        message = f"at most {most:,} entries belong here, not {len(items):,}"
        self.problems.add("too-many-entries", message, value.at, path)
        return True

    def _object(self, value: Value | None, path: str) -> dict[str, tuple[Scalar, Value]]:
        """Give the entries of a mapping; a missing one has none."""
        if value is None:
            return {}
        if isinstance(value, Object):
            return value.entries
        self._wrong_type(value, path, "a mapping")
        return {}

    def _list(self, value: Value | None, path: str) -> list[tuple[Value, str]]:
        """Give the items of a list with their paths; a missing one has none."""
        if value is None:
            return []
        if isinstance(value, List):
            return [(item, f"{path}[{number}]") for number, item in enumerate(value.items)]
        hint = f'write: ["{_one_line(value)}"]' if isinstance(value, Scalar) else None
        self._wrong_type(value, path, "a list of strings", hint)
        return []

    def _text(self, value: Value, path: str) -> str | None:
        if isinstance(value, Scalar) and value.kind == "text":
            return value.text
        hint = None
        if isinstance(value, Scalar) and value.kind != "null":
            hint = f'write: "{_one_line(value)}"'
        self._wrong_type(value, path, "a string", hint)
        return None

    def _wrong_type(self, value: Value, path: str, wanted: str, hint: str | None = None) -> None:
        length = len(value.text) if isinstance(value, Scalar) else 1
        self.problems.add(
            "wrong-type",
            f"{wanted} belongs here, not {_described(value)}",
            value.at,
            path,
            length=length,
            hint=hint,
        )

    def _check(
        self,
        value: Value | None,
        path: str,
        *,
        match_labels: Mapping[str, str] | None = None,
        match_expressions: list[str] | None = None,
        match_ids: list[str] | None = None,
    ) -> Selector | None:
        """Make a selector of ``value``; what is wrong with it becomes a problem at its place."""
        try:
            return Selector.of(
                match_labels=match_labels, match_expressions=match_expressions, match_ids=match_ids
            )
        except SelectorError as error:
            at = value.at if value is not None else Position(0, 0)
            start, end = error.span
            if isinstance(value, Scalar) and value.verbatim:
                at = Position(at.line, at.column + start)
                self.problems.add(
                    error.code, error.message, at, path, length=end - start, hint=error.hint
                )
            else:
                self.problems.add_of(
                    error.source, error.span, error.code, error.message, at, path, error.hint
                )
            return None


def _snake_case(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name[:40]).replace("-", "_")


def _field(fields: dict[str, tuple[Scalar, Value]], name: str) -> Value | None:
    """Give the value of a field; missing and null are the same, as they are to the server."""
    value = fields[name][1] if name in fields else None
    return None if isinstance(value, Scalar) and value.kind == "null" else value


def _described(value: Value) -> str:
    match value:
        case Object():
            return "a mapping"
        case List():
            return "a list"
        case Scalar(kind="null"):
            return "null"
        case Scalar(kind="text"):
            return f"the string {quoted(value.text)}"
    return f"{quoted(value.text)}, which reads as a {value.kind}"


def _one_line(value: Scalar) -> str:
    return quoted(value.text)[1:-1]
