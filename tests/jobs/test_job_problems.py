"""The whole text of errors in job files: position, path, caret and hint."""

import re

import pytest

from nodeselect import JobError, Selector
from nodeselect.jobs import check_job
from nodeselect.limits import LIMITS
from nodeselect.text import UNPRINTABLE
from tests import golden
from tests.jobs.reading import OF_EXCERPTS, in_short, problems_of, read_cases, refusal, selector_of

CASES = read_cases("problems.txt")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_problem(case: golden.Row) -> None:
    """A job file has exactly these errors."""
    case.check(problems=in_short(refusal(case["job"]).problems))


@pytest.mark.parametrize(
    "job",
    [
        "matchLabels: {a: b}",
        "matchExpressions: [a]",
        "matchIds: [a]",
        "labelSelector: {a: b}",
        "node-selector: {a: b}",
        "spec: {name: x}\nselectors: {match_ids: [a]}",
        "spec: {name: x}\nmatch_labels: {a: b}",
        "spec: {name: x}\nnodeSelector: {a: b}",
    ],
)
def test_what_looks_like_the_selector_is_never_passed_over(job: str) -> None:
    """A field that is meant to choose nodes is refused: without it the job would run everywhere."""
    assert {each.code for each in refusal(job).problems} <= {"unknown-field", "two-specs"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{match_ids: node-a}", "{match_ids: WRITE}"),
        ("{match_expressions: region=eu}", "{match_expressions: WRITE}"),
        ("{match_expressions: 'region in (eu,us)'}", "{match_expressions: WRITE}"),
        ("{match_expressions: '!debug'}", "{match_expressions: WRITE}"),
        ("{match_labels: {a: 1.10}}", "{match_labels: {a: WRITE}}"),
        ("{match_labels: {on: b}}", "{match_labels: {WRITE: b}}"),
        ("role=edge", "WRITE"),
        (
            "{match_expressions: {key: region, operator: In, values: [eu]}}",
            "{match_expressions: WRITE}",
        ),
    ],
)
def test_hints_can_be_followed(before: str, after: str) -> None:
    """A file in which the refused text gives way to what is advised is read."""
    job = f"name: x\nselector: {before}".encode()
    [problem] = check_job(job, "job.yaml", rules=OF_EXCERPTS).problems
    assert problem.hint is not None
    advice = problem.hint.removeprefix("write: ")
    read = selector_of(f"selector: {after.replace('WRITE', advice)}")
    meant = re.search(r"'(.*?)'", before)
    if meant:
        assert read == Selector.of(match_expressions=[meant[1]])
    else:
        assert len(read.requirements) + len(read.ids or ()) == 1


def test_a_bare_not_is_to_be_quoted() -> None:
    """``- !debug`` is a tag to YAML; without it the selector would ask for the opposite."""
    said = str(refusal("selector:\n  match_expressions:\n    - !debug\n"))
    assert '"!debug"' in said
    assert "without it" not in said


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"name: caf\xe9\n", "1:10-11 error not-utf-8", id="latin-1"),
        pytest.param(b"\xef\xbb\xbfa\n\xe9\n", "2:1-2 error not-utf-8", id="second-line"),
        pytest.param("selector".encode("utf-16"), "1:1-2 error not-utf-8", id="utf-16"),
        pytest.param(b"name: b\ntype: \x1b[31md\n", "2:7-8 error control-character", id="escape"),
        pytest.param(b"", "1:1-2 error not-a-job", id="empty"),
        pytest.param(b"name: x\r\nselector: all\r\n", "2:11-14 error wrong-type selector", id="cr"),
        pytest.param(b"\xef\xbb\xbfselector: all\n", "1:11-14 error wrong-type selector", id="bom"),
        pytest.param(
            "# a\u2028# b\nselector: all\nname: x\n".encode(),
            "1:4-5 error control-character",
            id="line-separator-in-a-comment",
        ),
    ],
)
def test_bytes_that_are_no_text(data: bytes, problem: str) -> None:
    """Invisible bytes are reported by the line and column that an editor shows."""
    error = refusal(data)
    assert in_short(error.problems) == f"! {problem}\n"
    assert UNPRINTABLE.search(str(error).replace("\n", "")) is None


def test_the_name_of_the_file_is_shown_and_not_sent() -> None:
    """Control characters in the name of the file are escaped."""
    error = JobError("a\x1b[31m\n.yaml", refusal("selector: all").problems, 3)
    assert "\n --> a\\x1b[31m\\x0a.yaml:1:11 at selector\n" in str(error)
    assert str(error).endswith("\na\\x1b[31m\\x0a.yaml: and 3 more")


@pytest.mark.parametrize(
    ("before", "behind"), [("name: a\nconfig: {a: ", "}"), ('{"name": "a", "config": {"a": ', "}}")]
)
def test_depth(before: str, behind: str) -> None:
    """A text inside 32 mappings and lists is read; inside 33 it is refused by the limit's name."""

    def job(depth: int) -> str:
        lists = depth - 2  # the job itself is a mapping, and so is its config
        return before + "[" * lists + '"a"' + "]" * lists + behind

    assert selector_of(job(LIMITS.depth)) == Selector.everything()
    [problem] = refusal(job(LIMITS.depth + 1)).problems
    assert (problem.code, problem.message) == (
        "too-deep",
        ("nested deeper than 32 levels (limit: depth)"),
    )
    last_list = job(LIMITS.depth + 1).rpartition("\n")[2].index('["a"]')
    assert problem.column == last_list + 1


def test_deepest_nesting() -> None:
    """A file of nothing but brackets is refused like any other that is too deep."""
    assert problems_of(b"[" * LIMITS.job_file_bytes) == [("too-deep", 1, 33)]


def test_size() -> None:
    """A file of 1 MiB is read; one byte more is refused by the name of the limit."""
    start = b"selector: {match_ids: [a]}\n#"
    fits = start.ljust(LIMITS.job_file_bytes, b"x")
    assert selector_of(fits) == Selector.of(match_ids=["a"])
    [problem] = refusal(fits + b"x").problems
    assert problem.code == "file-too-large"
    assert problem.message == (
        "a job file may have at most 1,048,576 bytes (limit: job_file_bytes)"
    )


@pytest.mark.parametrize(
    ("field", "item", "most"),
    [
        pytest.param("match_expressions", "a", LIMITS.requirements, id="expressions"),
        pytest.param("match_ids", "a", LIMITS.match_ids, id="ids"),
    ],
)
def test_number_of_items(field: str, item: str, most: int) -> None:
    """As many items as a selector holds are read; one more is refused by number."""
    start = f"selector: {{{field}: ["
    assert selector_of(start + ",".join([item] * most) + "]}") != Selector.everything()
    [problem] = refusal(start + ",".join([item] * (most + 1)) + "]}").problems
    assert (problem.code, problem.column) == ("too-many-entries", len(start))
    assert problem.message == f"at most {most:,} entries are allowed, found {most + 1:,}"


def test_number_of_labels() -> None:
    """As many labels as a selector holds are read; one more is refused by number."""
    labels = [f"a{number}: b" for number in range(LIMITS.requirements + 1)]
    read = selector_of("selector: {match_labels: {" + ",".join(labels[1:]) + "}}")
    assert len(read.requirements) == LIMITS.requirements
    [problem] = refusal("selector: {match_labels: {" + ",".join(labels) + "}}").problems
    assert problem.message == "at most 256 entries are allowed, found 257"


def test_too_many_requirements_in_all() -> None:
    """Labels and expressions that are too many only together are refused at the selector."""
    expressions = ", ".join(["a"] * LIMITS.requirements)
    said = problems_of(f"selector: {{match_labels: {{a: b}}, match_expressions: [{expressions}]}}")
    assert said == [("too-many-requirements", 1, 11)]


@pytest.mark.parametrize(
    "job",
    [
        "name: a\nmatch_lables: {region: eu}\n",
        "name: a\nselector:\nregion: eu\n",
        "name: a\nselector:\n  match_labels:\nregion: eu\n",
        "name: a\ntargets: {region: eu}\n",
        "job_spec: {name: a, selector: {match_ids: [a]}}\n",
        "spec: {spec: {selector: {match_ids: [a]}}}\n",
        "spec: {name: a}\nsepc: {selector: {match_ids: [a]}}\n",
        "name: a\n\u0455\u0435l\u0435ctor: {match_ids: [a]}\n",
        "services: {web: {image: nginx}}\n",
        '{"items": [{"id": "n-1"}]}',
    ],
)
def test_every_node_only_where_all_is_understood(job: str) -> None:
    """A job that would run on every node has no field that is not known: it may be its selector."""
    assert {each.code for each in refusal(job).problems} <= {"unknown-field", "not-a-job"}
