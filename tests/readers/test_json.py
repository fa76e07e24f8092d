"""JSON that is broken, cut off or ambiguous is refused as a whole."""

import json

import pytest

from nodeselect import InventoryError
from tests.readers.reading import LINE, assert_refused, nodes_of, refusal

AGAIN = "get the complete output again"


@pytest.mark.parametrize(
    ("text", "place", "key"),
    [
        pytest.param(
            '[{"id": "n-1", "labels": {"gpu": "a", "gpu": "b"}}]', "[0]: ", "gpu", id="label"
        ),
        pytest.param(
            '[{"id": "n-1", "labels": {"gpu": "a", "gpu": "a"}}]', "[0]: ", "gpu", id="same-value"
        ),
        pytest.param('[{"id": "n-1"}, {"id": "n-1", "id": "n-2"}]', "[1]: ", "id", id="id"),
        pytest.param(
            LINE + '{"id": "n-2", "labels": {"a": "b"}, "labels": {}}',
            "line 2: ",
            "labels",
            id="line",
        ),
        pytest.param(
            '{"id": "n-2", "labels": {"a": "b"}, "labels": {}}\n' + LINE,
            "line 1: ",
            "labels",
            id="first-line",
        ),
        pytest.param(
            LINE + '{"id": "n-2", "labels": {}, "state": null, "state": "connected"}',
            "line 2: ",
            "state",
            id="null-and-text",
        ),
        pytest.param('{"items": [], "items": [{"id": "n-1"}]}', "", "items", id="envelope"),
        pytest.param(
            '{"items": [], "next_token": "x", "next_token": ""}', "", "next_token", id="token"
        ),
        pytest.param(
            '{"kind": "List", "items": [], "metadata": {"continue": "x", "continue": ""}}',
            "",
            "continue",
            id="metadata",
        ),
        pytest.param('{"n-1": {"a": "b"}, "n-1": {"c": "d"}}', "", "n-1", id="map"),
        pytest.param(
            '[{"id": "n-1", "labels": {"a": "1", "\\u0061": "2"}}]',
            "[0]: ",
            "a",
            id="equal-decoded",
        ),
        pytest.param(
            LINE + '{"id": "n-2", "labels": {"a": "1", "\\u0061": "2"}}',
            "line 2: ",
            "a",
            id="equal-decoded-line",
        ),
        pytest.param(
            r'[{"id": "n-1", "labels": {"\"": "\\", "\"": "\\\""}}]', "[0]: ", '"', id="escapes"
        ),
        pytest.param(
            LINE + r'{"id": "n-2", "labels": {"q\\": "\"\\", "q\\": "\\\""}}',
            "line 2: ",
            "q\\",
            id="escapes-line",
        ),
        pytest.param(
            '[{"id": "n-1", "status": {"usage": {"cpu": 1, "cpu": 2}}}]', "[0]: ", "cpu", id="deep"
        ),
    ],
)
def test_duplicate_key(text: str, place: str, key: str) -> None:
    """A key that stands twice in one object is refused, wherever it stands and however written."""
    assert_refused(
        text,
        "duplicate-key",
        f"{place}duplicate key '{key}' in one object\n  keep only one of them",
    )


@pytest.mark.parametrize("before", [pytest.param("", id="alone"), pytest.param(LINE, id="line")])
def test_duplicate_key_beside_deep_nesting(before: str) -> None:
    """A key given twice beside a deep value is refused, and no error of a library comes out."""
    for depth in range(1, 1000):
        deep = "[" * depth + "]" * depth
        error = refusal(f'{before}{{"id": "n-2", "id": "n-3", "labels": {deep}}}')
        assert error.code in ("duplicate-key", "too-deep")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        pytest.param("[", 1, 2, id="list-begun"),
        pytest.param('[{"id": "n-1"},\n', 2, 1, id="after-comma"),
        pytest.param('[{"id": "n-1"}, {"id": "n-2"}', 1, 30, id="after-node"),
        pytest.param('[{"id": "n-', 1, 12, id="in-text"),
        pytest.param('[{"id": "n-1", "labels": nul', 1, 29, id="in-word"),
        pytest.param('{"items": [{"id": "n-1", "spec": {"labels": {"a"', 1, 49, id="in-labels"),
        pytest.param('{"items": [{"id": "n-1"}]', 1, 26, id="before-end"),
        pytest.param('{\n  "items": [\n', 3, 1, id="pretty"),
        pytest.param(LINE[:-3], 1, 26, id="only-line"),
        pytest.param(LINE + '\n{"id": "n-2", "labels": {', 3, 26, id="last-line"),
        pytest.param(LINE + '{"id": "n-2", "labels": {}\n', 2, 27, id="last-line-ended"),
    ],
)
def test_cut_off(text: str, line: int, column: int) -> None:
    """JSON that ends too early is refused where it ends."""
    assert_refused(
        text, "cut-off", f"line {line}, column {column}: the JSON is cut off here\n  {AGAIN}"
    )


WHOLE = [
    pytest.param(json.dumps([{"id": "n-1", "labels": {"a": "\\"}}, {"id": "n-2"}]), id="list"),
    pytest.param(
        json.dumps({"items": [{"id": "n-1", "spec": {}}], "next_token": ""}, indent=1), id="api"
    ),
    pytest.param(json.dumps({"n-1": {"a": "b"}, "n-2": {}}), id="map"),
    pytest.param(json.dumps({"id": "n-1", "labels": {"é": "\u2028"}}), id="one"),
]


@pytest.mark.parametrize("text", WHOLE)
def test_no_beginning_of_a_document_is_a_fleet(text: str) -> None:
    """A JSON document that is cut off anywhere is refused, and whole it is read."""
    assert nodes_of(text)
    for end in range(len(text)):
        assert refusal(text[:end])


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        pytest.param('[{"id": "n-1"}] and more', "1, column 17", "trailing characters", id="more"),
        pytest.param(
            '[{"id": "n-1"}]\n[{"id": "n-2"}]\n', "2, column 1", "trailing characters", id="second"
        ),
        pytest.param(LINE[:-1] + ",\n" + LINE, "1, column 28", "trailing characters", id="comma"),
        pytest.param("[ // nodes\n]", "1, column 3", "invalid character", id="comment"),
        pytest.param(
            '[{"id": "n-1"},]', "1, column 16", "trailing comma in array", id="last-comma"
        ),
        pytest.param("[{'id': 'n-1'}]", "1, column 3", "expected '\"'", id="single-quotes"),
        pytest.param(
            '[{"id": "n-1", "labels": {"a": NaN}}]', "1, column 32", "invalid character", id="nan"
        ),
        pytest.param('[{"id": "n\t1"}]', "1, column 11", "invalid character", id="tab-in-text"),
    ],
)
def test_broken(text: str, place: str, problem: str) -> None:
    """Text that begins as JSON and is none is refused where it goes wrong."""
    assert_refused(text, "not-json", f"line {place}: invalid JSON: {problem}")


TWO_IN_A_LINE = '{"id": "n-2", "labels": {}} {"id": "n-3", "labels": {}}\n'


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(LINE + TWO_IN_A_LINE, id="second"),
        pytest.param(TWO_IN_A_LINE + LINE, id="first"),
        pytest.param(
            '{"id": "n-4"}\n{"id": "n-5"}\n' + LINE + TWO_IN_A_LINE + '{"id": "n-6"}\n', id="slow"
        ),
    ],
)
def test_two_nodes_in_one_line(text: str) -> None:
    """A line with more than one text of JSON is refused, whatever the other lines hold."""
    assert refusal(text).code == "not-json"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('[{"id": "\\ud800", "labels": {}}]', id="id"),
        pytest.param('[{"id": "n-1", "labels": {"a": "\\udc00b"}}]', id="second-half"),
        pytest.param('[{"id": "n-1", "labels": {"\\ud83d\\u0041": ""}}]', id="wrong-second-half"),
        pytest.param(LINE + '{"id": "n-2", "labels": {"a": "\\ud800"}}', id="line"),
        pytest.param('{"items": [], "note": "\\ud800"}', id="envelope"),
    ],
)
def test_half_of_a_surrogate_pair(text: str) -> None:
    """Half of a surrogate pair is refused under its own name, as in YAML documents of jobs."""
    assert refusal(text).code == "surrogate"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("[" * 100_000, "", id="lists"),
        pytest.param('{"a":' * 100_000, "", id="objects"),
        pytest.param("[" * 100_000 + "]" * 100_000, "", id="closed"),
        pytest.param('{"items": ' + "[" * 100_000, "", id="items"),
        pytest.param(LINE + '{"id": "n-2", "labels": ' + "[" * 100_000, "line 2: ", id="line"),
    ],
)
def test_too_deep(text: str, place: str) -> None:
    """Nesting without end is refused, and overflows no stack."""
    assert_refused(text, "too-deep", f"{place}the document is nested too deeply")


@pytest.mark.parametrize(
    "value",
    [pytest.param("1e999", id="exponent"), pytest.param("1" * 5000, id="digits")],
)
def test_number_out_of_range(value: str) -> None:
    """A number beyond every range is refused as what it is, not as a wrong list."""
    error = refusal(f'[{{"id": "n-1", "labels": {{"a": {value}}}}}]')
    assert "list of objects" not in error.message


def test_number_of_many_digits() -> None:
    """An id that is a huge number is refused with words that can be read."""
    error = refusal(f'[{{"id": {"1" * 30}}}]')
    assert error.code == "id-not-text"
    assert "the number a number" not in error.message
    assert "a number of many digits" not in (error.hint or "")


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        pytest.param(
            '[{"id": "n-1"}]'.encode("utf-16"),
            "line 1, column 1: the file is not UTF-8\n  save the file as UTF-8",
            id="utf-16",
        ),
        pytest.param(
            '[{"id": "n-1", "labels": {"city": "Köln"}}]'.encode("latin-1"),
            "[0]: the text is not UTF-8\n  save it as UTF-8",
            id="latin-1",
        ),
        pytest.param(
            LINE.encode() + '{"id": "n-2", "labels": {"city": "Köln"}}'.encode("latin-1"),
            "line 2: the text is not UTF-8\n  save it as UTF-8",
            id="latin-1-line",
        ),
        pytest.param(
            b'[{"id": "\xed\xa0\x80"}]',
            "[0]: the text is not UTF-8\n  save it as UTF-8",
            id="surrogate-bytes",
        ),
    ],
)
def test_not_utf_8(data: bytes, shown: str) -> None:
    """Bytes that are no UTF-8 are refused, and never read in another encoding."""
    assert_refused(data, "not-utf-8", shown)


def test_utf_16_without_a_mark() -> None:
    """UTF-16 that does not say so is refused as broken JSON."""
    assert refusal('[{"id": "n-1"}]'.encode("utf-16-le")).code == "not-json"


def test_the_second_line_may_not_be_a_fleet() -> None:
    """A whole list behind a node is not taken for a second node."""
    with pytest.raises(InventoryError, match="not a list"):
        nodes_of(LINE + "[]\n")
