"""Expected outputs in files; ``pytest --bless`` rewrites them to what is printed now."""

import doctest
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

Span = tuple[int, int]

# What is to be written, by file and place in it; None without --bless.
_edits: defaultdict[Path, dict[Span, str]] | None = None


def start() -> None:
    """Record differences from now on, instead of failing."""
    global _edits
    _edits = defaultdict(dict)


def write() -> list[Path]:
    """Write what was recorded; return the files that changed."""
    changed = []
    for path, edits in (_edits or {}).items():
        old = text = path.read_text("utf-8") if path.exists() else ""
        for (first, last), new in sorted(edits.items(), reverse=True):
            text = text[:first] + new + text[last:]
        if text != old:
            path.write_text(text, "utf-8")
            changed.append(path)
    return sorted(changed)


def record(path: Path, span: Span, actual: str) -> None:
    """Have this part of a file rewritten."""
    assert _edits is not None
    assert _edits[path].setdefault(span, actual) == actual, "two tests expect different outputs"


def check_span(path: Path, span: Span, actual: str) -> None:
    """Check that this part of a file is ``actual``."""
    text = path.read_text("utf-8") if path.exists() else ""
    expected = text[slice(*span)]
    if _edits is None:
        assert actual == expected
        return
    if actual and span[0] == span[1] and len(text) > span[1]:
        actual += "\n"  # what was empty is directly before the next line
    record(path, span, actual)


def check(path: Path, actual: str) -> None:
    """Check that a file holds ``actual``."""
    check_span(path, (0, len(path.read_text("utf-8")) if path.exists() else 0), actual)


class Row:
    """A row of a table: a match of the pattern of its rows. ``row["name"]`` is a group."""

    def __init__(self, path: Path, match: re.Match[str]) -> None:
        self.path = path
        self._match = match

    def __getitem__(self, name: str) -> str:
        return self._match[name]

    def check(self, **actual: str) -> None:
        """Check groups of the row by their names."""
        for name, text in actual.items():
            check_span(self.path, self._match.span(name), text)


def rows(path: Path, pattern: str) -> list[Row]:
    """Read the rows of a table, which are the matches of ``pattern``."""
    return [
        Row(path, match) for match in re.finditer(pattern, path.read_text("utf-8"), re.MULTILINE)
    ]


class _Runner(doctest.DocTestRunner):
    """Runs examples whose lines are numbered as in their file, and checks what they print."""

    def report_unexpected_exception(
        self, out: object, test: doctest.DocTest, example: doctest.Example, exc_info: Any
    ) -> None:
        """Fail with the place of the example."""
        raise AssertionError(f"{test.filename}:{example.lineno + 1}") from exc_info[1]

    def report_failure(
        self, out: object, test: doctest.DocTest, example: doctest.Example, got: str
    ) -> None:
        """Check the output below the example."""
        if example.exc_msg is not None:
            trace = got.rpartition("Traceback (most recent call last):\n")[2]
            error = re.sub(r"\A(?: .*\n)*", "", trace)
            got = example.want.removesuffix(example.exc_msg) + error
        path = Path(str(test.filename))
        lines = path.read_text("utf-8").splitlines(keepends=True)
        first = (example.lineno or 0) + example.source.count("\n")
        last = first + example.want.count("\n")
        span = (len("".join(lines[:first])), len("".join(lines[:last])))
        check_span(path, span, re.sub(r"(?m)^\n", "<BLANKLINE>\n", got))


def check_examples(path: Path, text: str) -> None:
    """Check the examples in ``text``, whose lines have the numbers that they have in the file."""
    test = doctest.DocTestParser().get_doctest(text, {}, str(path), str(path), 0)
    _Runner().run(test)
