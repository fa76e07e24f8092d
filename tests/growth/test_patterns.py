"""No regular expression takes more than linear time, whatever the text; steps do not count them."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nodeselect
from nodeselect import documents
from nodeselect.selectors import diagnostics, other_syntax
from tests.growth.backtracking import pumped_word

HOME = Path(nodeselect.__file__).parent
SOURCES = {
    ".".join(path.relative_to(HOME.parent).with_suffix("").parts).removesuffix(".__init__"): text
    for path in sorted(HOME.rglob("*.py"))
    if "re." in (text := path.read_text("utf-8"))
}
METHODS = {"search", "match", "fullmatch", "findall", "finditer", "sub", "split"}

TABLES = {
    ("nodeselect.documents", "pattern"),
    ("nodeselect.render.page", "one_of_them"),
    ("nodeselect.selectors.diagnostics", "mistake.pattern"),
    ("nodeselect.selectors.diagnostics", "pattern"),
    ("nodeselect.selectors.other_syntax", "pattern"),
}
"""Expressions that are not constants: a list of words, and those of tables of mistakes."""

Use = tuple["re.Pattern[Any]", str]


def calls(module: str) -> Iterator[tuple[ast.Call, ast.AST]]:
    """Yield the calls of ``re`` in a module, and what surrounds each."""
    for parent in ast.walk(ast.parse(SOURCES[module])):
        for node in ast.iter_child_nodes(parent):
            match node:
                case ast.Call(ast.Attribute(ast.Name("re"), name)) if name in {*METHODS, "compile"}:
                    yield node, parent


def uses(module: str) -> Iterator[Use]:
    """Yield the expressions in a module, and the methods by which each is used."""
    namespace = vars(importlib.import_module(module))
    for call, parent in calls(module):
        assert isinstance(call.func, ast.Attribute)
        name = call.func.attr
        if (module, ast.unparse(call.args[0])) in TABLES:
            continue
        flags = call.args[{"compile": 1, "sub": 4}.get(name, 2) :]
        pattern = re.compile(
            *(eval(ast.unparse(each), namespace) for each in (call.args[0], *flags))
        )
        methods = {name}
        if name == "compile":
            match parent:
                case ast.Attribute(_, method):
                    methods = {method}
                case ast.Assign([ast.Name(variable)]):
                    every = "\n".join(SOURCES.values())
                    methods = METHODS & {*re.findall(rf"\b{variable}\.(\w+)\(", every)}
        for method in METHODS & methods or {"finditer"}:  # the worst, if it is not known
            yield pattern, method


def uses_of_tables() -> Iterator[Use]:
    for name, term in vars(other_syntax).items():
        if name.endswith("_TERM"):
            yield re.compile(term, re.ASCII), "match"
    for regexp, _ in documents._MISTAKES:
        yield re.compile(regexp), "match"
    for mistake in (*diagnostics._IN_WORD, diagnostics._TEMPLATE):
        yield re.compile(mistake.pattern), "search"
    for context, rows in diagnostics._IN_SYNTAX:
        yield re.compile(context, diagnostics._FLAGS), "fullmatch"
        for mistake in rows:
            yield re.compile(mistake.pattern, diagnostics._FLAGS), "match"


def words_of(uses: Iterator[Use]) -> dict[str, str]:
    """Return the expressions that may take more than linear time, and a word for each."""
    words = {pattern.pattern: pumped_word(pattern, method) for pattern, method in uses}
    return {pattern: word for pattern, word in words.items() if word}


@pytest.mark.parametrize("module", SOURCES)
def test_patterns_are_linear(module: str) -> None:
    """No text makes an expression take more than linear time."""
    assert words_of(uses(module)) == {}


def test_tables_are_linear() -> None:
    """Nor do the expressions in the tables of mistakes."""
    assert words_of(uses_of_tables()) == {}


@pytest.mark.parametrize(
    ("regexp", "method"),
    [
        ("a*b", "search"),
        ("a*a*b", "match"),
        ("a*a*", "fullmatch"),
        (".*[ab]*", "fullmatch"),
        ("a*a{0,9}b", "match"),
        ("(a*)*b", "match"),
        ("(?:a|a)*b", "match"),
        ("(?:ab|a|b)*c", "match"),
        ("(?:a(?![ab]*c))*d", "match"),
        ("(?:ab*?)*?b*c", "match"),
        ("x(?:.*y)?", "finditer"),
        ("[0-9]+x", "search"),
        (r"[0-9]+$", "search"),
        ("(?i:a*)A*b", "match"),
    ],
)
def test_more_than_linear(regexp: str, method: str) -> None:
    """A word is found for an expression that takes more than linear time."""
    assert pumped_word(re.compile(regexp), method)
