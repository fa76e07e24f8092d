"""Expected strings that are literals of a test; ``pytest --bless`` rewrites them too.

Where ``assert actual == expected`` fails and a string of ``expected`` is a literal of the test's
file, the literal gets the actual text. A test stops at its first failure: bless until it passes.
"""

import ast
import re
from collections.abc import Iterator

_WIDTH = 94


def edits(
    source: str, test: str, actual: object, expected: object
) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield the places of literals in a test's source, and what to write there instead."""
    tree = ast.parse(source)
    for new, old in _differences(actual, expected):
        literals = [
            node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value == old
        ]
        if len(literals) > 1:  # those of this test, not all that are equal
            home = next(node for node in tree.body if getattr(node, "name", "") == test)
            first = min(node.lineno for node in ast.walk(home) if isinstance(node, ast.expr))
            last = home.end_lineno or 0
            literals = [node for node in literals if first <= node.lineno <= last]
        for node in literals:
            span = _span(source, node)
            yield span, _literal(new, source[slice(*span)], node.col_offset)


def _differences(actual: object, expected: object) -> Iterator[tuple[str, str]]:
    match actual, expected:
        case str(), str():
            if actual != expected and expected:
                yield actual, expected
        case dict(), dict():
            for key in actual.keys() & expected.keys():
                yield from _differences(actual[key], expected[key])
        case ((list() | tuple()), (list() | tuple())):
            for one, other in zip(actual, expected, strict=False):
                yield from _differences(one, other)


def _span(text: str, node: ast.Constant) -> tuple[int, int]:
    lines = text.encode().splitlines(keepends=True)
    places = (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
    first, last = (
        len((b"".join(lines[: line - 1]) + lines[line - 1][:column]).decode())
        for line, column in places
    )
    return first, last


def _literal(text: str, old: str, column: int) -> str:
    """Write a literal in the way of the old one: between three quotes, or in several pieces."""
    if old.startswith('"""\\\n') and '"""' not in text and text.replace("\n", "").isprintable():
        return f'"""\\\n{text}"""'.replace("\\", "\\\\").replace("\\\\\n", "\\\n", 1)
    width = max(_WIDTH - column, 30)
    pieces = [
        _quoted(piece)
        for line in text.splitlines(keepends=True)
        for piece in re.findall(rf"(?s).{{1,{width}}}\Z|.{{1,{width}}}(?<= )|.{{1,{width}}}", line)
    ]
    if len(text) < width or len(pieces) < 2:
        return _quoted(text)
    joined = f"\n{' ' * column}".join(pieces)
    return joined if "\n" in old else f"({joined})"


def _quoted(text: str) -> str:
    if '"' in text and "'" not in text:
        return repr(text)
    return '"' + repr(text + '"')[1:-2].replace("\\'", "'").replace('"', '\\"') + '"'
