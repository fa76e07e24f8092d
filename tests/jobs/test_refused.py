"""Documents of which something is refused: the rest is checked, and nothing is told by guess."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nodeselect import Selector
from nodeselect.jobs import check_job
from nodeselect.jobs.check.checker import check_document

CLEAN: dict[str, Any] = {
    "name": "demo",
    "type": "pipeline",
    "priority": 5,
    "restart_policy": "always",
    "labels": {"a": "b"},
    "meta": {"a": "b"},
    "selector": {
        "match_labels": {"region": "eu"},
        "match_expressions": ["tier", "tier!=free", "zone in (a,b)"],
        "match_ids": ["node-1"],
    },
    "rollout": {
        "strategy": "canary",
        "canary_count": 1,
        "max_parallel": 10,
        "health_check": {"deadline": "5m", "interval": "10s"},
    },
    "timeouts": {"execution_timeout": 60, "total_timeout": 3600},
    "config": {"input": {"a": [1, 2]}},
}
"""A job without a problem; there is one as soon as most of its values are another, or missing."""

MISTAKES: dict[str, tuple[Any, str]] = {
    "name": (5, "wrong-type"),
    "type": ("daemon", "unknown-type"),
    "priority": ("high", "wrong-type"),
    "restart_policy": ("often", "not-one-of"),
    "labels": ({"a": True}, "wrong-type"),
    "meta": ({"expanso.io/a": "b"}, "reserved-key"),
    "selector": ({"match_labels": {"-": "eu"}}, "invalid-key"),
    "rollout": ({"strategy": "rolling"}, "missing-health-check"),
    "timeouts": ({"execution_timeout": 3, "total_timeout": 2}, "total-timeout-too-small"),
    "config": ({"selector": {}}, "misplaced-selector"),
    "colour": ("red", "unknown-field"),
}
"""Values of fields that are one mistake each, and its code."""

REFUSED = {
    "an anchor": ("namespace: &a b\n", ["anchor"]),
    "an alias": ("namespace: *a\n", ["anchor"]),
    "a tag": ("namespace: !t b\n", ["tag"]),
    "a tag on a mapping": ("namespace: !t {a: b}\n", ["tag"]),
    "a merge key": ("<<: {namespace: b}\n", ["merge-key"]),
    "a merged alias": ("<<: *a\n", ["anchor", "merge-key"]),
    "a key given twice": ("namespace: b\nnamespace: c\n", ["duplicate-key"]),
    "a key given three times": ("namespace: b\n" * 3, ["duplicate-key"] * 2),
    "an alias for a key": ("*a : b\n", ["anchor"]),
    "a tagged key": ("!t namespace: b\n", ["tag"]),
    "a list for a key": ("? [a]\n: b\n", ["key-not-text"]),
    "a template": ("namespace: {{x}}\n", ["key-not-text"]),
    "a template for a key": ("{{x}}: b\n", ["key-not-text"]),
    "a control character": ("namespace: a\x07b\n", ["control-character"]),
    "control characters": ("name\x1bspace: \x9b\n", ["control-character"] * 2),
    "one in a comment": ("# \x7f\n", ["control-character"]),
    "noncharacters": ("namespace: \ufffe\n# \uffff\n", ["control-character"] * 2),
}
"""Lines that are refused, and what is told of them."""

REFUSED_JSON = {
    "half of a surrogate pair": ('"namespace": "\\ud800"', ["surrogate"]),
    "one in a key": ('"\\ud800": "a"', ["surrogate"]),
    "no number": ('"namespace": NaN', ["not-finite"]),
    "a number without end": ('"namespace": 1e999', ["not-finite"]),
    "a key given twice": ('"namespace": "b", "namespace": "c"', ["duplicate-key"]),
    "a control character": ('"namespace": "a\x07b"', ["control-character"]),
    "noncharacters": ('"namespace": "\ufffe\uffff"', ["control-character"] * 2),
}
"""The same of JSON."""


def codes_of(text: str, file: str) -> list[str]:
    """Give the codes of all that is told of a job, sorted; no selector comes out of it."""
    checked = check_document(text.encode(), file)
    assert checked.selector == Selector.nothing()
    assert not check_job(text.encode(), file).unreported
    return sorted(problem.code for problem in checked.problems.first())


def lines_of(job: Mapping[str, Any]) -> list[str]:
    """Give a job as lines of YAML."""
    return [f"{name}: {json.dumps(value)}\n" for name, value in job.items()]


def test_the_job_is_clean() -> None:
    """Nothing is told of the job that all this is about."""
    assert check_job(json.dumps(CLEAN).encode(), "x").problems == ()
    for name, (value, code) in MISTAKES.items():
        [problem] = check_job("".join(lines_of({**CLEAN, name: value})).encode(), "x").problems
        assert problem.code == code


@given(st.sets(st.sampled_from(sorted(MISTAKES))), st.sampled_from(sorted(REFUSED)), st.data())
def test_mistakes_beside_what_is_refused(wrong: set[str], refused: str, data: Any) -> None:
    """Whatever is refused of YAML, each mistake in the fields beside it is told, and no other."""
    line, codes = REFUSED[refused]
    lines = lines_of({**CLEAN, **{name: MISTAKES[name][0] for name in wrong}})
    at = data.draw(st.integers(0, len(lines)))
    said = codes_of("".join([*lines[:at], line, *lines[at:]]), "job.yaml")
    assert said == sorted([*codes, *(MISTAKES[name][1] for name in wrong)])


@given(st.sets(st.sampled_from(sorted(MISTAKES))), st.sampled_from(sorted(REFUSED_JSON)))
def test_mistakes_beside_what_is_refused_of_json(wrong: set[str], refused: str) -> None:
    """Whatever is refused of JSON, each mistake in the fields beside it is told, and no other."""
    entry, codes = REFUSED_JSON[refused]
    job = {**CLEAN, **{name: MISTAKES[name][0] for name in wrong}}
    said = codes_of(f"{{{entry}, {json.dumps(job)[1:]}", "job.json")
    assert said == sorted([*codes, *(MISTAKES[name][1] for name in wrong)])


Path = tuple[str | int, ...]


def paths(value: Any, path: Path = ()) -> list[Path]:
    """Give the paths of all values in a value, its own first."""
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [path, *(each for name, item in items for each in paths(item, (*path, name)))]


def written(value: Any, refused: Mapping[Path, str], path: Path = ()) -> str:
    """Give a value as YAML in flow style, with something else in the place of some of it."""
    form = refused.get(path)
    if form is not None and form not in (MERGED, UNNAMED):
        return form.replace("VALUE", json.dumps(value))
    if isinstance(value, list):
        return f"[{', '.join(written(e, refused, (*path, n)) for n, e in enumerate(value))}]"
    if not isinstance(value, dict):
        return json.dumps(value)
    entries = []
    for name, item in value.items():
        below = (*path, name)
        if refused.get(below) in (MERGED, UNNAMED):
            entries.append(refused[below])
        else:
            entries.append(f"{name}: {written(item, refused, below)}")
    return f"{{{', '.join(entries)}}}"


MERGED, UNNAMED = "<<: *a", "*a : b"
"""What may stand for any field of a mapping."""
FORMS = ["*a", "!t VALUE", "!t x", "&a VALUE", "{{x}}", '"\x07"']
PLACES = [
    (path, form)
    for path in paths(CLEAN)
    for form in (*FORMS, *((MERGED, UNNAMED) if path and isinstance(path[-1], str) else ()))
]
CODES = {"anchor", "tag", "merge-key", "key-not-text", "control-character", "duplicate-key"}


@given(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3).map(dict))
@example({("selector", "match_expressions", 0): "*a"})
@example({("rollout", "health_check", "deadline"): MERGED})
@example({(): "!t VALUE"})
def test_nothing_is_told_of_what_was_refused(refused: dict[Path, str]) -> None:
    """In the place of any values of a clean job, what is refused brings no other problem."""
    said = codes_of(written(CLEAN, refused), "job.yaml")
    assert said
    assert set(said) <= CODES


@pytest.mark.parametrize("path", [path for path in paths(CLEAN) if path], ids=str)
@pytest.mark.parametrize("twice", [True, False])
def test_a_field_given_twice_has_no_value(path: Path, twice: bool) -> None:
    """Of a field that stands there twice, with values that are wrong, only that is told."""
    name = path[-1]
    if isinstance(name, int):
        return
    wrong = "[[]]" if twice else "null"
    refused = {path: f"{wrong}, {name}: {wrong}"}
    assert codes_of(written(CLEAN, refused), "job.yaml") == ["duplicate-key"]


@pytest.mark.parametrize(
    ("text", "file", "codes"),
    [
        pytest.param("name: x\n---\nselector: {}\n", "x", ["second-document"], id="yaml"),
        pytest.param("---\n---\nname: x\n", "x", ["second-document"], id="first-is-empty"),
        pytest.param(
            "name: 5\n---\nname: 6\n", "x", ["second-document", "wrong-type"], id="first-is-checked"
        ),
        pytest.param(
            '{"name": 5}{"name": 6}', "x.json", ["second-document", "wrong-type"], id="json"
        ),
    ],
)
def test_second_documents(text: str, file: str, codes: list[str]) -> None:
    """The first document of several is checked; what is missing in it may stand in the others."""
    assert codes_of(text, file) == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        pytest.param("name: 5\npriority: [\n", ["not-yaml"], id="broken"),
        pytest.param("name: 5\nmeta: " + "[" * 40 + "]" * 40, ["too-deep"], id="depth"),
        pytest.param("name: 5\ntype: a\x07b\nmeta: a\x00b", ["control-character"] * 2, id="nul"),
        pytest.param("name: 5\n# a\x85b", ["control-character"], id="next-line"),
        pytest.param("name: 5\n# a\u2028b", ["control-character"], id="line-separator"),
        pytest.param("name: &a 5\nmeta: [\x07", ["control-character"], id="broken-by-it"),
    ],
)
def test_what_ends_the_reading(text: str, codes: list[str]) -> None:
    """Behind what ends the reading nothing is guessed, nor what a control character has broken."""
    assert [code for code in codes_of(text, "x") if code != "anchor"] == codes


@pytest.mark.parametrize("file", ["job.yaml", "job.json"])
def test_a_character_that_stands_for_others_is_a_character(file: str) -> None:
    """U+FFFD is what other tools put for bytes they cannot read; here it is what is written."""
    labels = {"match_ids": ["caf\ufffd"]}
    text = json.dumps({**CLEAN, "selector": labels}, ensure_ascii=False)
    checked = check_document(text.encode(), file)
    assert checked.problems.errors == 0
    assert checked.selector == Selector.of(match_ids=["caf\ufffd"])
    wrong = json.dumps({**CLEAN, "selector": {"match_labels": {"env": "caf\ufffd"}}})
    assert codes_of(wrong, file) == ["invalid-value"]


@pytest.mark.parametrize(
    "selector",
    ["*a", "{<<: *a}", "{match_labels: *a}", "{match_labels: {<<: *a}}", "{match_ids: [*a]}"],
)
def test_a_selector_that_may_say_something(selector: str) -> None:
    """Where what was refused may be a condition, nothing says that the job runs on every node."""
    text = f"name: x\nselector: {selector}\nconfig: {{selector: {{a: b}}}}\nconstraints: [a]\n"
    problems = check_job(text.encode(), "x").problems
    assert {"misplaced-selector", "unknown-field"} <= {problem.code for problem in problems}
    assert not [problem for problem in problems if "every node" in problem.message.lower()]


@pytest.mark.parametrize(
    "selector",
    [
        pytest.param("match_labels: {zone: mars,us\x07,b}", id="labels"),
        pytest.param("match_labels: [{zone: mars, <<: *a}]", id="list-of-labels"),
        pytest.param("match_expressions: {zone: mars, <<: *a}", id="expressions"),
        pytest.param("match_expressions: mars,us\x07,b", id="parted-expressions"),
        pytest.param("match_expressions: [{key: zone, operator: exists, <<: *a}]", id="structured"),
        pytest.param(
            "match_expressions: [{key: zone, operator: in, values: [mars, *a]}]",
            id="structured-value",
        ),
        pytest.param("match_expressions: mars,us\x07", id="last-of-expressions"),
        pytest.param("zone: mars,us\x07,b", id="directly"),
        pytest.param("zone: mars,us\x07", id="last"),
    ],
)
def test_no_advice_of_a_part(selector: str) -> None:
    """What to write is never made of a value of which a part was refused."""
    problems = check_job(f"name: x\nselector: {{{selector}}}\n".encode(), "x").problems
    wrong = [problem for problem in problems if problem.code not in CODES]
    assert wrong
    assert not [problem.hint for problem in wrong if re.search("zone|mars", problem.hint or "")]


@pytest.mark.parametrize(
    ("selector", "codes"),
    [
        ("match_expressions: [region in (eu,u\x07s)]", ["control-character"]),
        ("match_expressions: [region in (eu,u\x07s,de), gpu]", ["control-character"]),
        (
            "match_expressions: [region in (u\x07s), a in (b), -]",
            ["control-character", "invalid-key"],
        ),
        ("match_expressions: [region in (eu,us,!de), gpu]", ["tag"]),
        ("match_expressions: [region in (eu,us,!de), -]", ["invalid-key", "tag"]),
        (
            "match_expressions: [region in (eu, *a , de), tier in (a,b)]",
            ["anchor", "split-expression"],
        ),
        ("match_expressions: region in (eu,us,us,de)", ["duplicate-key", "split-expression"]),
        ("match_expressions: region in (eu,u\x07s)", ["control-character"]),
        ("match_labels: {region: in (eu,us,us,de)}", ["duplicate-key", "split-expression"]),
        ("match_labels: {region: in (eu,u\x07s)}", ["control-character"]),
        ("match_labels: {region: in (eu,u\x07s,de)}", ["control-character", "split-expression"]),
    ],
)
def test_expressions_that_yaml_has_parted(selector: str, codes: list[str]) -> None:
    """Of an expression of which YAML has made pieces, one of them refused, no piece is told."""
    assert codes_of(f"name: x\nselector: {{{selector}}}\n", "job.yaml") == codes


@pytest.mark.parametrize("file", ["job.yaml", "job.json"])
@pytest.mark.parametrize("character", ["\ufffe", "\uffff"])
def test_noncharacters_are_shown(character: str, file: str) -> None:
    """What YAML refuses beside control characters is shown escaped, in JSON as well."""
    [problem] = check_job(
        f'{{"name": "a{character}", "selector": {{"match_ids": ["n"]}}}}'.encode(), file
    ).problems
    escaped = f"\\u{ord(character):04x}"
    assert problem.message == f"a noncharacter ({escaped}) is refused"
    assert not [line for line in problem.excerpt if character in line]


def test_the_first_are_the_first_by_position() -> None:
    """A key that is no text is told with the first, though what it holds is refused before it."""
    text = f"name: x\n? [{', '.join(['*a'] * 30)}]\n: b\n"
    checked = check_job(text.encode(), "x")
    assert [problem.code for problem in checked.problems] == ["key-not-text"] + ["anchor"] * 19
    assert checked.errors == 31


@pytest.mark.parametrize("file", ["job.yaml", "job.json"])
@pytest.mark.parametrize("end", ["\x00", "\x85"])
@pytest.mark.parametrize("before", [0, 1, 19, 20, 21, 500])
def test_what_ends_the_reading_behind_others(before: int, end: str, file: str) -> None:
    """However many control characters stand before it, behind a NUL nothing is read or counted."""
    controls = "\x07" * before
    text = f'{{"name": 5, "colour": "{controls}{end}\x07{end}"}}'
    checked = check_job(text.encode(), file)
    assert {problem.code for problem in checked.problems} == {"control-character"}
    assert checked.errors == before + 1


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("<<: *a\nselecter: {}\n", ["anchor", "merge-key", "unknown-field"]),
        ("<<: *a\nmatchLabels: {}\n", ["anchor", "merge-key", "unknown-field"]),
        ("<<: *a\nrestartPolicy: always\n", ["anchor", "merge-key", "unknown-field"]),
        ("<<: *a\ncolour: red\n", ["anchor", "merge-key"]),
    ],
)
def test_near_misses_of_fields(text: str, codes: list[str]) -> None:
    """A field that is nearly one of a job spec is told, also where most may have been refused."""
    assert codes_of(text, "job.yaml") == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("name: {{ .name }}-x\n", ["key-not-text"]),
        ("{{ if .x }}\ntype: y\n{{ end }}\n", ["key-not-text"]),
        ("name: 5\nmeta: {a: {{x}}-b}\n", ["key-not-text"]),
        ('{"name": {{x}}-b}\n', ["key-not-text"]),
        ("name: x\nmeta: {a: ${{ x }}}\n", ["not-yaml"]),
        ("name: x\n{{ if .x }}\ntype: y\n{{ end }}\n", ["not-yaml"]),
        ("selector:\n  match_ids:\n    - a\n    {{- if .x }}\n    - b\n", ["not-yaml"]),
        ("selector:\n  match_ids:\n    {{- if .x }}\n    - b\n", ["not-yaml"]),
        ("{{- if .x }}\nname: x\n", ["not-yaml"]),
        (
            'selector: {match_expressions: [{key: a, operator: In, values: ["{{.b}}"]}]}\n',
            ["structured-expression", "template"],
        ),
        (
            'selector: {match_expressions: [{key: "${a}", operator: Exists}]}\n',
            ["structured-expression", "template"],
        ),
    ],
)
def test_templates(text: str, codes: list[str]) -> None:
    """A template that was left in is told as one, and not what it makes of the text behind it."""
    problems = [each for each in check_job(text.encode(), "x").problems if each.severity == "error"]
    assert sorted(problem.code for problem in problems) == codes
    assert "fill the template in before the file is used" in [each.hint for each in problems]
