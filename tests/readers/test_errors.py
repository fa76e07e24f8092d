"""Input that is invalid, incomplete or ambiguous is rejected as a whole, with position and hint."""

import ast
import json
from pathlib import Path

import pytest

from nodeselect import Node
from nodeselect.text import printable
from tests import golden
from tests.readers.reading import LINE, nodes_of, refusal
from tests.short import short

TABLE = Path(__file__).with_name("errors.txt")
ROWS = golden.rows(
    TABLE,
    r"^(?P<code>[a-z0-9-]+) (?P<input>b?(?P<quote>['\"]).*(?P=quote))(?P<place>.*)\n"
    r"(?P<message>(?: {4}.*\n)*)",
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['code']} {row['input'][:40]}")
def test_error(row: golden.Row) -> None:
    """Each input of the table is rejected with its code at its place."""
    error = refusal(ast.literal_eval(row["input"]))
    place = printable(str(error.place)).removeprefix("input").removeprefix(": ")
    row.check(code=error.code, place=f" at {place}" if place else "")
    if row["message"]:
        message, hint = error.message, error.hint
        row.check(message=f"    {message}\n" + (f"      {hint}\n" if hint else ""))


def test_every_input_of_the_table_is_read() -> None:
    """The pattern of the rows matches every entry of the table."""
    lines = TABLE.read_text("utf-8").partition("\n\n")[2].splitlines()
    assert len(ROWS) == sum(bool(line) and line[0] not in "# " for line in lines)


@pytest.mark.parametrize("before", [pytest.param("", id="alone"), pytest.param(LINE, id="line")])
def test_duplicate_key_beside_deep_nesting(before: str) -> None:
    """A duplicate key beside a value of any depth is rejected, with an error of ours."""
    for depth in range(1, 1000, 7):
        deep = "[" * depth + "]" * depth
        error = refusal(f'{before}{{"id": "n-2", "id": "n-3", "labels": {deep}}}')
        assert error.code in ("duplicate-key", "too-deep")


LONG = "9" * 5_000  # more digits than Python converts
TOO_LONG = f"invalid JSON: '{'9' * 59}…' is not a number, or is too large"


NESTED = "the document is nested too deeply"


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        pytest.param(
            "id,a\nn-1," + "x" * 200_000 + "\n", "not-csv",
            "line 2: invalid CSV: field larger than field limit (131072)", id="cell",
        ),
        pytest.param(
            "".join(f'{{"id": "n-{at % 9000}", "labels": {{}}}}\n' for at in range(9001)),
            "duplicate-id", "two nodes have the id 'n-0': nodes 1 and 9,001", id="far-apart",
        ),
        pytest.param("[" * 100_000, "too-deep", f"line 1, column 2: {NESTED}", id="lists"),
        pytest.param('{"a":' * 100_000, "too-deep", f"line 1, column 6: {NESTED}", id="objects"),
        pytest.param(
            "[" * 100_000 + "]" * 100_000, "too-deep", f"line 1, column 2: {NESTED}", id="closed"
        ),
        pytest.param(
            '{"items": ' + "[" * 100_000, "too-deep", f"line 1, column 12: {NESTED}", id="items"
        ),
        pytest.param(
            LINE + '{"id": "n-2", "labels": ' + "[" * 100_000, "too-deep",
            f"line 2, column 25: {NESTED}", id="line",
        ),
        pytest.param(
            b'{"id": "n-1", "id": "n-2", "labels": {"a": "\xff"}}', "not-utf-8",
            "line 1, column 45: the input is not UTF-8", id="byte",
        ),
        pytest.param(
            f'{{"id": "n-1", "id": "n-2", "labels": {{"a": {LONG}}}}}', "duplicate-key",
            "line 1, column 15: duplicate key 'id' in one object", id="number",
        ),
        pytest.param(
            f'{{"items": [{LONG}], "items": []}}', "not-json",
            f"line 1, column 12: {TOO_LONG}", id="number-in-envelope",
        ),
        pytest.param(
            b'{"id": "n-1", "labels": {"a": "\xff"}}\n{"id": "n-2"}\n', "not-utf-8",
            "line 1, column 32: the input is not UTF-8", id="byte-in-first-line",
        ),
        pytest.param(
            f'{{"id": "n-1", "labels": {{"a": {LONG}}}}}\n{{"id": "n-2"}}\n', "not-json",
            f"line 1, column 31: {TOO_LONG}", id="number-in-first-line",
        ),
    ],
)  # fmt: skip
def test_large_input(data: bytes | str, code: str, message: str) -> None:
    """Long, deep and odd input is rejected, with an error of ours, and overflows no stack."""
    error = refusal(data)
    assert (error.code, short(error).split("\n")[0]) == (code, f"input: {message}")


@pytest.mark.parametrize(
    "footer",
    [
        pytest.param(f"Showing all nodes page 1 of 0000000000000002{LONG}", id="pages"),
        pytest.param(f"Showing all nodes of 0000000000000002{LONG}", id="total"),
        pytest.param("Showing 00000000000000020 nodes", id="shown"),
    ],
)
def test_a_number_in_a_footer_is_read_to_its_end(footer: str) -> None:
    """The numbers of a footer are compared whole, however many digits they have."""
    assert refusal(f'{{"id": "n-1"}}\n{{"id": "n-2"}}\n{footer}\n').code == "one-page"


def test_a_long_footer_is_read_once() -> None:
    """A footer is read in time linear in its length; in quadratic time, this would take minutes."""
    footer = "Showing " * 25_000
    assert len(nodes_of(f'{{"id": "n-1"}}\n{{"id": "n-2"}}\n{footer}\n')) == 2


@pytest.mark.parametrize("depth", [400, 900])
def test_nested_nodes(depth: int) -> None:
    """A node in many ``node`` objects is read or rejected, and overflows no stack."""
    text = '{"node": ' * depth + '{"id": "n-1"}' + "}" * depth
    assert nodes_of(text) == [Node("n-1")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps([{"id": "n-1", "labels": {"a": "\\"}}, {"id": "n-2"}]), id="list"),
        pytest.param(
            json.dumps({"items": [{"id": "n-1", "spec": {}}], "next_token": ""}, indent=1), id="api"
        ),
        pytest.param(json.dumps({"n-1": {"a": "b"}, "n-2": {}}), id="map"),
        pytest.param(json.dumps({"id": "n-1", "labels": {"é": "\u2028"}}), id="one"),
    ],
)
def test_no_beginning_of_a_document_is_accepted(text: str) -> None:
    """A JSON document that is cut off anywhere is rejected, and the whole is read."""
    assert nodes_of(text)
    for end in range(len(text)):
        assert refusal(text[:end])


def test_messages_stay_short() -> None:
    """However long the user's text is, a message shows only its beginning."""
    for text in (
        '{"%s": {"a": 1}}' % ("x" * 10_000),
        '[{"id": "n-1", "labels": {"%s": 1}}]' % ("x" * 10_000),
        '[{"id": "n-1", "labels": {"a": %s}}]' % ("1" * 5_000),
        '[{"id": "%s\\u0000"}]' % ("x" * 10_000),
        f"id,{'x' * 10_000},{'x' * 10_000}\n",
        f"- *{'x' * 10_000}\n",
        f"- id: {'1' * 10_000}\n",
        f"- ? {'1' * 10_000}\n",
    ):
        assert len(str(refusal(text))) < 400
