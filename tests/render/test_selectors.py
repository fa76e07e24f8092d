"""A selector that is written in another notation is read from it again."""

from collections.abc import Sequence

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import Selector, SelectorError
from nodeselect.jobs import read_job_selector
from nodeselect.notations.selector_file import read_selector_file
from nodeselect.render.screen import SELECTOR_FORMATS
from nodeselect.render.selectors import selector_lines
from tests.property.strategies import labels, node_ids, selectors


def read(lines: list[str], output: str) -> Sequence[Selector]:
    text = "\n".join(lines)
    if output == "text":
        return [Selector.parse(line) for line in lines]
    if output == "job":
        return [read_job_selector(text)]
    if text in ("{}", "null"):
        return [Selector.everything()] if text == "{}" else []
    selector_file = read_selector_file(text.encode())
    assert selector_file is not None
    return selector_file.selectors


def matches(union: Sequence[Selector], node_labels: dict[str, str], node_id: str | None) -> bool:
    return any(selector.matches(node_labels, node_id) for selector in union)


@given(
    st.lists(selectors(), max_size=3),
    st.sampled_from(SELECTOR_FORMATS),
    st.lists(st.tuples(labels(), node_ids()), min_size=1),
)
def test_the_same_nodes_match(
    union: list[Selector], output: str, nodes: list[tuple[dict[str, str], str | None]]
) -> None:
    """Selectors in any notation match the same nodes as before, or are refused."""
    try:
        lines = list(selector_lines(union, output))
    except SelectorError:
        return
    if not all(selector.is_satisfiable for selector in union) and output == "job":
        return  # a job that cannot run is refused
    if lines == ["Constraints: []"]:
        return  # it is not clear whose they are
    again = read(lines, output)
    assert [matches(again, *node) for node in nodes] == [matches(union, *node) for node in nodes]


@given(st.lists(selectors(), max_size=3))
def test_json_has_everything(union: list[Selector]) -> None:
    """JSON refuses nothing; only alternatives that match nothing are left out."""
    again = read(list(selector_lines(union, "json")), "json")
    expected = [each for each in union if each.ids != ()]
    assert [(each.ids, each.excluded_ids) for each in again] == [
        (each.ids, each.excluded_ids) for each in expected
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("region in (eu,us)", "- region in (eu,us)"),
        ("!debug", '- "!debug"'),
        ("a/b=1.10", "- a/b=1.10"),
        ("yes", '- "yes"'),
        ("null=", "- null="),
        ("a=", "- a="),
        ("1", '- "1"'),
        ("a>5", "- a>5"),
    ],
)
def test_yaml(text: str, expected: str) -> None:
    """A string that YAML could read as anything else is quoted."""
    lines = list(selector_lines([Selector.parse(text)], "job"))
    assert lines == ["selector:", "  match_expressions:", f"    {expected}"]
    document = yaml.safe_load("\n".join(lines))
    assert document == {"selector": {"match_expressions": [str(Selector.parse(text))]}}


@pytest.mark.parametrize("node_id", ["n 1", "no", "é", "\U0001f600", '"', "\\", "a: b", "#", "- a"])
def test_ids_in_yaml(node_id: str) -> None:
    """An id of any characters is read again; the output is ASCII."""
    lines = list(selector_lines([Selector.of(match_ids=[node_id])], "job"))
    assert read_job_selector("\n".join(lines)) == Selector.of(match_ids=[node_id])
    assert "\n".join(lines).isascii()
