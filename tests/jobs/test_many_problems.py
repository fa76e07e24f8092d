"""A file with many problems: all are counted, the first by position are reported."""

import pytest

from nodeselect.limits import LIMITS
from tests.jobs.reading import problems_of, refusal


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
