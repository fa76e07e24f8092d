"""Refused documents: all that is refused is reported, and nothing is guessed of the rest."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect import JobError
from nodeselect.jobs import check_job, read_job_selector

REFUSED = {
    "an anchor": ("namespace: &a [b]\n", ["anchor"]),
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
"""Lines that are refused, and their codes."""

REFUSED_JSON = {
    "an unpaired surrogate": ('"namespace": "\\ud800"', ["surrogate"]),
    "one in a key": ('"\\ud800": "a"', ["surrogate"]),
    "not a number": ('"namespace": NaN', ["not-finite"]),
    "a number that is too large": ('"namespace": 1e999', ["not-finite"]),
    "a key given twice": ('"namespace": "b", "namespace": "c"', ["duplicate-key"]),
    "a control character": ('"namespace": "a\x07b"', ["control-character"]),
}
"""The same of JSON."""

MISTAKES = [
    "name: 5\n",
    "selector: {match_labels: {-: eu}}\n",
    "rollout: {strategy: rolling}\n",
    "colour: red\n",
]


def codes_of(text: str, file: str) -> list[str]:
    """Return the sorted codes of a refused job file."""
    with pytest.raises(JobError):
        read_job_selector(text.encode(), file)
    report = check_job(text.encode(), file)
    assert not report.unreported
    return sorted(problem.code for problem in report.problems)


@given(st.sets(st.sampled_from(MISTAKES)), st.sampled_from(sorted(REFUSED)), st.data())
def test_refused_yaml(mistakes: set[str], refused: str, data: st.DataObject) -> None:
    """Wherever it is in a file, what is refused is reported, and no other rule is applied."""
    line, codes = REFUSED[refused]
    lines = sorted(mistakes) or ["name: demo\n"]
    at = data.draw(st.integers(0, len(lines)))
    assert codes_of("".join([*lines[:at], line, *lines[at:]]), "job.yaml") == codes


@pytest.mark.parametrize("refused", REFUSED_JSON)
def test_refused_json(refused: str) -> None:
    """The same of JSON."""
    entry, codes = REFUSED_JSON[refused]
    job = json.dumps({"name": 5, "colour": "red"})
    assert codes_of(f"{{{entry}, {job[1:]}", "job.json") == codes


@given(st.lists(st.sampled_from(sorted(REFUSED)), min_size=1, max_size=4, unique=True))
def test_all_that_is_refused_is_reported(names: list[str]) -> None:
    """Of several mistakes of a document all are reported; control characters come first."""
    lines = [
        "".join(REFUSED[name][0].replace("namespace", f"n{n}") for n, name in enumerate(names))
    ]
    codes = [code for name in names for code in REFUSED[name][1]]
    if "control-character" in codes:
        codes = [code for code in codes if code == "control-character"]
    reported = codes_of("".join(lines), "job.yaml")
    assert set(reported) - {"duplicate-key"} == set(codes) - {"duplicate-key"}


@pytest.mark.parametrize(
    ("text", "file", "codes"),
    [
        ("name: x\n---\nselector: {}\n", "x", ["second-document"]),
        ("---\n---\nname: x\n", "x", ["second-document"]),
        ('{"name": 5}{"name": 6}', "x.json", ["second-document"]),
        ('{"a": 1, "a": 2, x}', "x.json", ["duplicate-key", "not-json"]),
        ('{"a": 1e999, "a": {"b": NaN, ]', "x.json", ["not-finite", "not-finite", "not-json"]),
        ('{"a": 1, "a": 2, x', "x", ["duplicate-key", "not-yaml"]),
        ('{"a": 1, "a": 2, x', "X.JSON", ["duplicate-key", "not-json"]),
        ('{"a": NaN, x: y}', "x", ["not-a-job"]),
        pytest.param('{"a": NaN, "b": ' + "[" * 40, "x", ["not-finite", "too-deep"], id="json"),
        ("name: 5\npriority: [\n", "x", ["not-yaml"]),
        ("name: &a [5]\npriority: [\n", "x", ["anchor", "not-yaml"]),
        pytest.param("name: 5\nmeta: " + "[" * 40 + "]" * 40, "x", ["too-deep"], id="depth"),
        ("name: {{x}}-b\n", "x", ["key-not-text"]),
        ("name: x\n{{ if .x }}\ntype: y\n{{ end }}\n", "x", ["not-yaml"]),
        ("# a\u2028b", "x", ["control-character"]),
        ("# a\x85b", "x", ["control-character"]),
    ],
)
def test_what_ends_the_reading(text: str, file: str, codes: list[str]) -> None:
    """What is refused before broken syntax is reported too, but not what a template breaks."""
    assert codes_of(text, file) == codes


@pytest.mark.parametrize("before", [0, 1, 19, 20, 21])
def test_nothing_is_read_after_a_nul(before: int) -> None:
    """However many control characters are before it, nothing after a NUL is counted."""
    text = f'{{"name": 5, "colour": "{before * chr(7)}\0\x07\0"}}'
    for file in ("job.yaml", "job.json"):
        report = check_job(text.encode(), file)
        assert {problem.code for problem in report.problems} == {"control-character"}
        assert report.errors == before + 1


def test_many_refusals_are_counted() -> None:
    """The first twenty by position are reported, and all are counted."""
    report = check_job(f"name: x\n? [{', '.join(['*a'] * 30)}]\n: b\n".encode(), "x")
    assert [each.code for each in report.problems] == ["key-not-text"] + ["anchor"] * 19
    assert (report.errors, report.unreported) == (31, 11)
