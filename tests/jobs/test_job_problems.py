"""The errors of job files: position, path, caret and hint; all are counted, the first reported."""

import pytest

from nodeselect import JobError, Selector
from nodeselect.limits import LIMITS
from nodeselect.text import UNPRINTABLE
from tests import golden
from tests.jobs.reading import in_short, problems_of, read_cases, refusal, selector_of

CASES = read_cases("problems.txt")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_problem(case: golden.Row) -> None:
    """A job file has exactly these errors."""
    case.check(problems=in_short(refusal(case["job"]).problems))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"name: caf\xe9\n", "1:10-11 error not-utf-8"),
        (b"\xef\xbb\xbfa\n\xe9\n", "2:1-2 error not-utf-8"),
        ("selector".encode("utf-16"), "1:1-2 error not-utf-8"),
        (b'{"apiVersion": "v1\xe9"}', "1:19-20 error not-utf-8"),
        (b"name: b\ntype: \x1b[31md\n", "2:7-8 error control-character"),
        (b"", "1:1-2 error not-a-job"),
        (b"name: x\r\nselector: all\r\n", "2:11-14 error wrong-type selector"),
        (b"\xef\xbb\xbfselector: all\n", "1:11-14 error wrong-type selector"),
        ("# a\u2028# b\nname: x\n".encode(), "1:4-5 error control-character"),
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


def test_size() -> None:
    """A file of 1 MiB is read; one byte more is refused by the name of the limit."""
    start = b"selector: {match_ids: [a]}\n#"
    fits = start.ljust(LIMITS.job_file_bytes, b"x")
    assert selector_of(fits) == Selector.of(match_ids=["a"])
    [problem] = refusal(b"kind: NodeList\n#".ljust(len(fits) + 1, b"x")).problems
    assert problem.code == "not-a-job"
    [problem] = refusal(fits + b"x").problems
    assert problem.code == "file-too-large"
    assert problem.message == (
        "a job file may have at most 1,048,576 bytes (limit: job_file_bytes)"
    )


@pytest.mark.parametrize(
    ("field", "item", "most", "what"),
    [
        ("match_expressions: [%s]", "a", LIMITS.requirements, "requirements"),
        ("match_ids: [%s]", "a", LIMITS.match_ids, "ids"),
        ("match_labels: {%s}", "a%d: b", LIMITS.requirements, "requirements"),
    ],
)
def test_number_of_entries(field: str, item: str, most: int, what: str) -> None:
    """As many entries as a selector holds are read; one more is refused by number."""
    items = [item % number if "%" in item else item for number in range(most + 1)]
    assert selector_of(f"selector: {{{field % ','.join(items[1:])}}}") != Selector.everything()
    [problem] = refusal(f"selector: {{{field % ','.join(items)}}}").problems
    assert (problem.code, problem.column) == (f"too-many-{what}", 11 + field.index("%"))
    assert f"at most {most:,} {what}, found {most + 1:,}" in problem.message


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
        "matchLabels: {a: b}",
        "matchExpressions: [a]",
        "node-selector: {a: b}",
        "spec: {name: x}\nselectors: {match_ids: [a]}",
        "spec: {name: x}\nnodeSelector: {a: b}",
    ],
)
def test_every_node_only_where_all_is_understood(job: str) -> None:
    """A job that would run on every node has no field that is not known: it may be its selector."""
    assert {each.code for each in refusal(job).problems} <= {"unknown-field", "not-a-job"}


def test_problems_come_by_position() -> None:
    """Problems are in the order of the file, whichever rule finds them."""
    job = (
        "match_labels: {}\n"
        "selector:\n"
        "  match_ids: [5, '', ok]\n"
        "  odd: 1\n"
        "  match_expressions: [a b, c]\n"
        "  match_labels: {-: b, c: d e, f: true}\n"
        "selectors: {}\n"
    )
    assert problems_of(job) == [
        ("unknown-field", 1, 1),
        ("wrong-type", 3, 15),
        ("empty-id", 3, 19),
        ("unknown-field", 4, 3),
        ("unexpected", 5, 25),
        ("invalid-key", 6, 18),
        ("invalid-value", 6, 28),
        ("wrong-type", 6, 35),
        ("unknown-field", 7, 1),
    ]


@pytest.mark.parametrize("more", [0, 5, 250])
def test_the_rest_is_counted(more: int) -> None:
    """The first twenty by position are reported, even if later ones are found first."""
    ids = "    - 5\n" * LIMITS.reported_errors
    labels = "".join(f"    a{number}: 5\n" for number in range(more))
    error = refusal(f"selector:\n  match_ids:\n{ids}  match_labels:\n{labels}")
    assert [each.line for each in error.problems] == list(range(3, 23))
    assert error.unreported == more
    *shown, last = str(error).split("\n\n")
    assert sum("--> job.yaml:" in block for block in (*shown, last)) == 20
    assert last == f"job.yaml: and {more} more" or not more


@pytest.mark.parametrize(
    "job",
    [
        "selector:\n  " + "k" * 900_000 + ": 1\n",
        "selector: " + "v" * 900_000,
        "selector: {match_labels: {" + "k" * 900_000 + ": b}}",
        "selector: {match_labels: {a: " + "v" * 900_000 + "}}",
        "selector: {match_ids: ['\x9f" + "v" * 900_000 + "']}",
        "selector: {match_expressions: [" + "v" * 900_000 + "]}",
        "selector:\n  '" + "\u202e" * 300_000 + "': 1\n",
        "k" * 900_000 + ": 1\n" + "k" * 100_000 + ": &a 1",
        "selector: &" + "a" * 900_000 + " 1",
        "selector: !" + "a" * 900_000 + " 1",
    ],
    ids=range(10),
)
def test_a_long_word_is_cut(job: str) -> None:
    """However long the words of a file are, what is said of it stays small."""
    assert len(str(refusal(job))) < 2_000
