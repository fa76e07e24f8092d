"""Comments in a job file that ignore problems."""

import pytest

from nodeselect import JobError
from nodeselect.jobs import check_job, fix_job, read_job
from tests.jobs.reading import OF_EXCERPTS


def codes_of(text: str, file: str = "job.yaml") -> list[tuple[str, int]]:
    """Return the code and the line of each problem."""
    problems = check_job(text, file, rules=OF_EXCERPTS).problems
    return [(problem.code, problem.line) for problem in problems]


@pytest.mark.parametrize(
    "text",
    [
        "name: x\nselector: {} # nodeselect: ignore[empty-selector]\n",
        "name: x\n# nodeselect: ignore[empty-selector]\nselector: {}\n",
        "name: x\n  #nodeselect:ignore[ no-name,empty-selector ]\nselector: {}\n",
        "# nodeselect: ignore[empty-selector]\n# nodeselect: ignore[unknown-type]\nname: x\n",
        "\ufeff# nodeselect: ignore[empty-selector]\nname: x\n",
        "# nodeselect: ignore[empty-selector]\n\nname: x\n",
        "# nodeselect: ignore[empty-selector]\n# all\n \n  # of them\r\nname: x\n",
        "# why # nodeselect: ignore[empty-selector]\nname: x\n",
        "name: x\nselector: # nodeselect: ignore[empty-selector]\n  {}\n",
        "name: 'x\n  y'\nselector: {} # nodeselect: ignore[empty-selector]\n",
        'name: " # nodeselect: ignore[nope]" # nodeselect: ignore[empty-selector]\n',
        "name: | # nodeselect: ignore[empty-selector]\n  x # y\n",
        "# nodeselect: ignore[empty-selector]\nname: >-\n  é # nodeselect: ignore[nope]\n",
    ],
)
def test_ignored(text: str) -> None:
    """A comment ignores problems of its line, or alone on a line, of the next one with content."""
    assert codes_of(text) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('name: " # nodeselect: ignore[empty-selector, xx]"\n', 1),
        ("name: 'é\n  # nodeselect: ignore[empty-selector]\n\n  x'\n", 1),
        ("name: x\nselector: {}\ndescription: |\n  a\n  # nodeselect: ignore[xx]\n", 2),
        ("description: |\n  a\n # nodeselect: ignore[no-name]\nselector: {}\nname: x", 4),
        ("name: x\ndescription: |\n  # nodeselect: ignore[empty-selector]\nselector: {}\n", 4),
        ('{"name": " # nodeselect: ignore[empty-selector]"}', 1),
        ("name: x # nodeselect: ignore[empty-selector]\nselector: {}\n", 2),
        ("name: x # nodeselect: ignore[no-name]\n", 1),
        ("name: x # nodeselect: ignore empty-selector\n", 1),
        ('name: "x#nodeselect: ignore[empty-selector]"\n', 1),
        ("name: x # nodeselect: ignore[]\n", 1),
        ("# nodeselect: ignore[empty-selector]\nname: x\nselector: {}\n", 3),
    ],
)
def test_not_ignored(text: str, line: int) -> None:
    """What is in another line, of another rule, or in a string, is reported."""
    assert codes_of(text) == [("empty-selector", line)]


@pytest.mark.parametrize(
    "job",
    [
        'selector: {match_expressions: ["tier,tier!=free", "region not in (eu)"]} # ignore[not-in]',
        "selector: {matchLabels: {a: b}} # ignore[unknown-field]",
        "selector: [a] # ignore[wrong-type, empty-selector]",
        "selectors: {match_ids: [a]} # ignore[unknown-field, empty-selector]",
        "spec: {name: x, nodeSelector: {a: b}} # ignore[unknown-field, empty-selector]",
        "selector: {match_labels: {a: 1}} # ignore[wrong-type, invalid-selector]",
    ],
)
def test_an_invalid_selector_is_never_ignored(job: str) -> None:
    """Whatever a comment ignores, a job with an invalid selector has an error."""
    name = "" if "name" in job else "name: x\n"
    report = check_job(name + job.replace("# ignore", "# nodeselect: ignore"), rules=OF_EXCERPTS)
    assert "invalid-selector" in [problem.code for problem in report.problems]
    assert report.errors == 1


def test_an_ignored_error_is_not_accepted() -> None:
    """A comment is for reports: a job with an error is not read, and an error remains."""
    text = "name: x\nselector: {match_labels: {a: 1}} # nodeselect: ignore[wrong-type]\n"
    assert codes_of(text) == [("invalid-selector", 2)]
    with pytest.raises(JobError, match="wrong-type"):
        read_job(text)
    assert fix_job(text.encode()) == text.encode()
