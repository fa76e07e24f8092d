"""The law of hints: what follows "write:" can be pasted."""

import re

from nodeselect import Operator, Problem, Selector
from nodeselect.documents import List, Object, Scalar, read_document
from nodeselect.errors import SelectorError
from nodeselect.jobs import check_job

_WRITE = re.compile(r"write(?: under match_expressions)?: (?P<text>.*)", re.DOTALL)


def check_selector_hint(error: SelectorError) -> None:
    """Check that what an error says to write has requirements of words that the user wrote."""
    if error.fix is not None and error.fix.replacement is not None and error.fix.is_certain:
        requirements = Selector.parse(error.fix.replacement).requirements
        assert requirements, error.hint
        for requirement in requirements:
            assert requirement.key in error.source, error.hint
            if requirement.operator not in (Operator.GREATER_THAN, Operator.LESS_THAN):
                assert all(value in error.source for value in requirement.values), error.hint


def check_job_hint(problem: Problem) -> None:
    """Check that what a problem of a job file says to write is YAML, and valid in its place."""
    hint = problem.hint or ""
    match = _WRITE.search(hint)
    if match is None:
        return
    text = match["text"]
    if hint.startswith("put the expression in quotes"):
        assert Selector.parse(text).requirements, hint
        return
    value = read_document(text)
    if hint.startswith("write under match_expressions") or re.search(
        r"selector\.match_expressions(\[\d+\])?$", problem.path
    ):
        for item in value.items if isinstance(value, List) else [value]:
            assert isinstance(item, Scalar), hint
            assert item.kind == "text", hint
            assert Selector.parse(item.text).requirements, hint
    elif isinstance(value, Object) and problem.path.rpartition(".")[2] == "selector":
        assert not check_job(f"name: x\nselector: {text}\n".encode()).errors, hint
    elif text.startswith("selector:"):
        assert not check_job(f"name: x\n{text}\n".encode()).errors, hint
