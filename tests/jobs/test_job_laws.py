"""Laws of reading job files, on random ones."""

import json
import string
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nodeselect import JobError, Selector
from nodeselect.jobs import check_job
from tests.cli.running import unprintable
from tests.hints import check_job_hint
from tests.jobs.reading import selector_of
from tests.property.strategies import json_values

WORDS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["a", "a b", "region in (eu", "\x1b[31m", "\u202e", "\x85", "\u2028", "\ufeff", "'", "${X}"]
)
JSON = json_values(st.integers() | st.floats(allow_nan=False) | WORDS, WORDS, 6)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "match_labels": JSON | st.dictionaries(WORDS, JSON, max_size=3),
        "match_expressions": JSON | st.lists(JSON, max_size=3),
        "match_ids": JSON | st.lists(JSON, max_size=3),
        "match_label": JSON,
    },
)


def intended(fields: dict[str, Any]) -> Selector | None:
    """Return what the fields mean by the law alone; None if they are not valid."""
    if set(fields) - {"match_labels", "match_expressions", "match_ids"}:
        return None
    labels = fields.get("match_labels")
    if not (labels is None or isinstance(labels, dict)):
        return None
    for name in ("match_expressions", "match_ids"):
        texts = fields.get(name)
        if not (texts is None or (isinstance(texts, list) and all_text(texts))):
            return None
    if not all_text(list((labels or {}).values())):
        return None
    try:
        return Selector.of(**{**fields, "match_ids": fields.get("match_ids") or None})
    except ValueError:
        return None


def all_text(items: list[Any]) -> bool:
    return all(isinstance(item, str) for item in items)


@given(FIELDS, st.booleans(), st.booleans(), st.sampled_from([None, 1]))
@example({"match_expressions": [{"Key": "a", "key": "b"}]}, True, False, None)
def test_json_means_what_its_fields_say(
    fields: dict[str, Any], ascii_only: bool, wrapped: bool, indent: int | None
) -> None:
    """A selector in JSON is just what its fields say, or is refused: it never takes more."""
    spec: dict[str, Any] = {"name": "x", "selector": fields}
    text = json.dumps({"spec": spec} if wrapped else spec, ensure_ascii=ascii_only, indent=indent)
    meant = intended(fields)
    if meant is None:
        with pytest.raises(JobError) as caught:
            selector_of(text)
        assert not unprintable(str(caught.value))
    else:
        assert selector_of(text) == meant


PLAIN = st.text(string.ascii_letters + string.digits + "-_.:~+ !@=%<>", max_size=6).filter(
    str.strip
)


@given(st.sampled_from(["match_labels: {a: %s}", "match_ids: [%s]", "%s", "%s: {a: b}"]), PLAIN)
def test_a_selector_that_says_something_never_takes_everything(field: str, word: str) -> None:
    """Any plain word in a selector is read as a condition or refused."""
    try:
        selector = selector_of(f"selector: {{{field % word}}}")
    except JobError:
        return
    assert selector != Selector.everything()


@given(st.dictionaries(WORDS, st.text("ab", max_size=2), max_size=5), st.integers(0, 9))
def test_one_problem_more_never_takes_a_problem_away(labels: dict[str, str], odd: int) -> None:
    """A file with an unknown field besides is refused, and has one problem more."""

    def number(fields: dict[str, Any]) -> int:
        try:
            selector_of(json.dumps({"selector": fields}))
        except JobError as error:
            return len(error.problems) + error.unreported
        return 0

    fields: dict[str, Any] = {"match_labels": labels}
    assert number({**fields, f"odd{odd}": 1}) == number(fields) + 1


ODD_WORDS = st.lists(
    st.sampled_from(
        ["x", "5", "yes", "null", "~", "1.10", "2024-01-01", "-1", "a/b", "=", "!", "in", "not ",
         "(", ")", ",", "a", " ", ":", ": ", "exists", " #", "'", '"', "\\", "*", "\u202e", "{}"]
    ),
    max_size=5,
).map("".join)  # fmt: skip
ODD = ODD_WORDS | st.integers(-9, 9) | st.booleans() | st.none()
ODD_LABELS = st.dictionaries(ODD_WORDS, ODD | st.lists(ODD, max_size=2), max_size=2)
ODD_VALUE = ODD | ODD_LABELS | st.lists(ODD | ODD_LABELS, max_size=3)
ODD_FIELDS = st.dictionaries(
    st.sampled_from(["match_labels", "match_expressions", "match_ids", "labels", "region"]),
    ODD_VALUE,
)


def flow(value: Any) -> str:
    """Write a value in the flow style of YAML, words without quotes."""
    match value:
        case dict():
            return f"{{{', '.join(f'{flow(key)}: {flow(item)}' for key, item in value.items())}}}"
        case list():
            return f"[{', '.join(map(flow, value))}]"
    return value if isinstance(value, str) else json.dumps(value)


@given(
    st.sampled_from(["selector", "constraints", "labels", "match_labels", "nodeSelector"]),
    ODD_FIELDS | ODD_VALUE,
    st.sampled_from([flow, json.dumps]),
)
@example("selector", {"match_expressions": ["5 exists", "yes exists", "not x", "a, not x"]}, flow)
@example("selector", {"match_expressions": ["x in (a*,b)", -1, 5, [], ["x"]]}, flow)
@example("selector", {"match_labels": ["a=b", "c=d"]}, flow)
@example("selector", {"match_labels": {"a": None, "b": "~", "c": -1, "d": "yes"}}, flow)
@example("selector", {"match_expressions": ['x in (a"', "b)"]}, json.dumps)
def test_what_a_hint_says_to_write_is_valid(field: str, value: Any, write: Any) -> None:
    """What follows "write:" is YAML, and a valid selector or expression if it stands for one."""
    data = f"name: x\n{field}: {write(value)}\n".encode()
    for problem in check_job(data, "job.yaml").problems:
        check_job_hint(problem)
