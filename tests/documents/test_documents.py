"""YAML and JSON are read as strings with positions, and refused if they are more than data."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.documents import (
    DocumentError,
    List,
    Object,
    Position,
    Scalar,
    Value,
    decode_utf8,
    read_document,
    read_documents,
)
from tests.property.strategies import json_values


def tree(value: Value, leaf: Callable[[Scalar], Any] = lambda scalar: scalar.text) -> Any:
    """Return a value as lists and dicts of what ``leaf`` returns of its scalars."""
    match value:
        case List(items):
            return [tree(item, leaf) for item in items]
        case Object(entries):
            assert all(key.text == name for name, (key, _) in entries.items())
            return {name: tree(item, leaf) for name, (_, item) in entries.items()}
        case Scalar():
            return leaf(value)
    return None


def converted(scalar: Scalar) -> Any:
    """Return a scalar as Python's json module does."""
    match scalar:
        case Scalar(text, "text"):
            return text
        case Scalar(text, "number"):
            return float(text) if any(mark in text for mark in ".eE") else int(text)
    return {"true": True, "false": False, "null": None}[scalar.text]


def scalars(value: Value) -> list[Scalar]:
    """Return all scalars of a value, keys too, in the order of the document."""
    match value:
        case List(items):
            return [each for item in items for each in scalars(item)]
        case Object(entries):
            return [each for key, item in entries.values() for each in (key, *scalars(item))]
        case Scalar():
            return [value]
    return []


def refusal(text: str) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read_document(text)
    return caught.value


TREES: list[Any] = [
    {"name": "edge", "selector": {"match_labels": {"region": "eu", "gpu": "true"}}},
    {"match_expressions": ["region in (us-east, us-west)", "!debug", "tier != free"]},
    [],
    {},
    [[], {}, [{}], {"a": []}],
    {"": "", " ": "  ", "é": "日本", "quote'\"": "back\\slash", "#": ": ", "- a": "? b"},
    {"many lines": "a\nb\n\nc\n", "tab": "a\tb", "trailing": "a "},
    ["1.10", "yes", "null", "2024-01-01", "~", "0x1F"],
]


@pytest.mark.parametrize("data", TREES)
def test_json_and_yaml_give_the_same_texts(data: Any) -> None:
    """However the same data is written, it is read as the same tree of texts."""
    documents = [
        json.dumps(data),
        json.dumps(data, indent=3, ensure_ascii=False),
        yaml.safe_dump(data, sort_keys=False),
        yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_style='"'),
        yaml.safe_dump(data, sort_keys=False, default_flow_style=True),
        yaml.safe_dump(data, sort_keys=False, default_style="|"),
    ]
    for text in documents:
        value = read_document(text)
        assert tree(value) == data
        assert {scalar.kind for scalar in scalars(value)} <= {"text"}


DOCUMENTS = [
    (
        '{"name": "edge",\n  "é": [1.10, true, null, "日本", "a\\u0062", -1e5],\r\n\t"k": {}}',
        {"a\\u0062"},
    ),
    pytest.param(
        "name: edge\nselector:\n  match_labels:\n    région: 'eu'\n    日本: \"b\"\n"
        "  list:\n  - a b\n  - 1.10\n  -   yes # no\n  - 'it''s'\n  - \"\\x41\"\n",
        {"it''s", "\\x41"},
        id="yaml",
    ),
    pytest.param("- a\n-\n  - b\r\n  - c: d\r\n    e: f\n- [g, {h: i}]\n", set(), id="yaml-nested"),
    ("# é\n---\nk: a\n  b\nl: |\n  text\nm: >-\n  text\n", {"a\n  b"}),
]


@pytest.mark.parametrize(("text", "otherwise"), DOCUMENTS)
def test_positions(text: str, otherwise: set[str]) -> None:
    """Every scalar is at its position, letter by letter if it is verbatim."""
    lines = text.split("\n")
    found = scalars(read_document(text))
    assert found
    for scalar in found:
        there = lines[scalar.position.line][scalar.position.column :]
        assert scalar.verbatim == there.startswith(scalar.text)
        if not scalar.verbatim:
            written = "\n".join([there, *lines[scalar.position.line + 1 :]])
            assert written.startswith((*otherwise, "|", ">-"))


def test_positions_in_order() -> None:
    """The positions of small documents, written out; a list or an object is where it begins."""
    at = [(each.text, each.position) for each in scalars(read_document("a: 'b'\nc:\n- 日 本: d\n"))]
    assert at == [("a", (0, 0)), ("b", (0, 4)), ("c", (1, 0)), ("日 本", (2, 2)), ("d", (2, 7))]
    value = read_document('{"a":\n  [{"b": 1}]}')
    assert isinstance(value, Object)
    _, inner = value.entries["a"]
    assert (value.position, inner.position) == (Position(0, 0), Position(1, 2))
    assert isinstance(inner, List)
    assert inner.items[0].position == Position(1, 3)


KINDS = {
    "text": "v1, 10.0.0.1, 1.2.3, eu, us-east-1, a=b, nope, yess, 1a, 0xZZ, 1e, 12:99, n-1, --, +",
    "null": "null, Null, NULL, ~, ",
    "boolean": "yes, Yes, YES, no, on, On, off, OFF, y, Y, n, N, true, True, TRUE, false, False",
    "number": "0, 1, -1, +1, 1.10, 1., .5, -.5, 1e3, 1E-3, 1.5e+3, 0x1F, 0o17, 0b101, 017, 08,"
    " 1_000, 22:22, 12:30:45, 190:20:30.15, .inf, -.inf, +.INF, .nan, .NaN",
    "date": "2024-01-01, 2024-1-1, 2024-01-01T10:20:30Z, 2024-01-01 10:20:30 +2",
}


@pytest.mark.parametrize(
    ("plain", "kind"), [(plain, kind) for kind, some in KINDS.items() for plain in some.split(", ")]
)
def test_kind_of_a_plain_scalar(plain: str, kind: str) -> None:
    """What YAML 1.1 or 1.2 could read as no text is marked; its text stays as it is written."""
    for scalar in scalars(read_document(f"- {plain}\n")):
        assert (scalar.text, scalar.kind) == (plain, kind)


@given(st.text("0123456789_.:-+eExob naYyTtrufls~", min_size=1, max_size=8))
def test_what_pyyaml_converts_is_marked(plain: str) -> None:
    """No plain scalar that PyYAML reads as something else is called a text."""
    try:
        read = yaml.safe_load(f"- {plain}\n")
        value = read_document(f"- {plain}\n")
    except (yaml.YAMLError, ValueError, DocumentError):
        return
    match value:
        case List([Scalar() as scalar]) if not isinstance(read[0], str):
            assert scalar.kind != "text"


NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = json_values(NUMBERS | st.text(), st.text(), 20)


@given(JSON.filter(lambda value: isinstance(value, (list, dict))), st.sampled_from([None, 0, 2]))
def test_json_reads_back(value: Any, indent: int | None) -> None:
    """What json writes is read as what json wrote, every scalar with its place."""
    for plain_ascii in (True, False):
        text = json.dumps(value, indent=indent, ensure_ascii=plain_ascii)
        document = read_document(text)
        assert tree(document, converted) == value
        lines = text.split("\n")
        for scalar in scalars(document):
            there = lines[scalar.position.line][scalar.position.column :]
            assert scalar.verbatim == there.startswith(scalar.text)


@given(
    st.text(st.characters(exclude_categories=())) | st.text("{}[]\"\\:, \n-&*!|>'#?a1\ud800\x00")
)
def test_any_text_is_a_document_or_a_document_error(text: str) -> None:
    """Any text, half surrogate pairs included, is read or raises a DocumentError within it."""
    try:
        value: Value | DocumentError = read_document(text)
    except DocumentError as error:
        value = error
    at = value.position
    assert 0 <= at.line <= len(text.splitlines())
    assert at.column >= 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: b\n---\n- c\n", [("a", (0, 0)), ("b", (0, 3)), ("c", (2, 2))]),
        ("---\n# nothing\n---\na: b\n---\n", [("a", (3, 0)), ("b", (3, 3))]),
        ("a: b\n...\n--- c\n", [("a", (0, 0)), ("b", (0, 3)), ("c", (2, 4))]),
        ('{"a":\n "b"}', [("a", (0, 2)), ("b", (1, 2))]),
        ('{"a": b}\n---\n[c]', [("a", (0, 2)), ("b", (0, 6)), ("c", (2, 1))]),
        ("~\n", [("~", (0, 0))]),
        ("", []),
        ("# nothing\n", []),
    ],
)
def test_several_documents(text: str, expected: list[tuple[str, tuple[int, int]]]) -> None:
    """Values of all documents have their position in the text; empty documents are left out."""
    found = [each for document in read_documents(text) for each in scalars(document)]
    assert [(each.text, each.position) for each in found] == expected


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("a: b\n---\na: b\na: c\n", "duplicate-key", (3, 0)),
        ("a: b\n---\na: *b\n", "anchor", (2, 3)),
        ("a: b\n---\n[\n", "not-yaml", (2, 0)),
        ("a: b\n---\n[c, d, e, f, g]\n", "too-many-values-in-file", (2, 13)),
        ('{"a": 1}{"b": 2, "b": 3}', "duplicate-key", (0, 18)),
    ],
)
def test_mistakes_in_several_documents(text: str, code: str, position: tuple[int, int]) -> None:
    """A mistake in any document is found, also in a stream of JSON; values of all are counted."""
    with pytest.raises(DocumentError) as caught:
        read_documents(text, 10)
    assert (caught.value.code, caught.value.position) == (code, position)


FIRST = "duplicate key '%s'; the first is on line 1"
HALF = "is half of a character (an unpaired surrogate)"


@pytest.mark.parametrize(
    ("text", "code", "at", "message"),
    [
        ("a: &x {b: c}", "anchor", (0, 3), "an anchor is only allowed on a scalar: 'x'"),
        ("a: *x\nb: &x c", "anchor", (0, 3), "the alias 'x' has no anchor before it"),
        ("a: &x\n*x : b", "key-not-text", (1, 0), "a key must be a string"),
        ("a: &x b\nb: *x\n*x : c", "duplicate-key", (2, 0), FIRST.replace("1", "2") % "b"),
        ("a: 1\nb: 2\n'a': 3", "duplicate-key", (2, 1), FIRST % "a"),
        ('{"a": 1, "\\u0061": 2}', "duplicate-key", (0, 10), FIRST % "a"),
        ("~: a", "key-not-text", (0, 0), "a key must be a string"),
        ("{ {a: b}: c}", "key-not-text", (0, 2), "a key must be a string"),
        ('é: "日\x00"', "control-character", (0, 5), "the character \\x00 is not allowed"),
        ('["\ud800"]', "surrogate", (0, 1), f"\\ud800 {HALF}"),
        ("a: \ud800", "surrogate", (0, 3), f"\\ud800 {HALF}"),
        ("a: b: c", "not-yaml", (0, 4), "not YAML: mapping values are not allowed in this context"),
    ],
)
def test_refused(text: str, code: str, at: tuple[int, int], message: str) -> None:
    """The document is refused by name, at the line and column of what is wrong with it."""
    error = refusal(text)
    assert (error.code, error.position, error.message) == (code, Position(*at), message)


INDENT = "indent this line like the other keys or items of its block"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a:\n  b:\n    c: 1\n   d: 2\n", INDENT),
        ("a: 1\n  b: 2\n", INDENT),
        ("- a: 1\n   b: 2\n", INDENT),
        ("a: b: c", "quote a string that contains ': ', and put each key on a line of its own"),
        ("a:\n  - b\n  c: d\n", INDENT),
        ("a: b\n- c\n", INDENT),
        ("a:\n    - b\n  - c\n", INDENT),
        ("a: 'it's'\n", "quote the whole value, and write nothing after it"),
        ("a: {b: c} d\n", "quote the whole value, and write nothing after it"),
    ],
)
def test_wrong_indentation(text: str, hint: str) -> None:
    """A line that cannot follow those before it has a hint with what to write."""
    fix = refusal(text).fix
    assert (fix and fix.text) == hint


BRACKETS = {"list": ("[", "]"), "json": ('{"a": ', "}"), "yaml": ("{a: ", "}")}


def nested(depth: int, form: str, inner: str) -> str:
    """Put ``inner`` into so many lists or objects."""
    begin, end = BRACKETS[form]
    return begin * depth + inner + end * depth


def test_no_break_space_after_json() -> None:
    """JSON that ends in a no-break space is not cut off: this character is refused."""
    with pytest.raises(DocumentError) as caught:
        read_document('{"a": 1}\xa0', strict_json=True)
    assert (caught.value.code, caught.value.position) == ("not-json", Position(0, 8))


@pytest.mark.parametrize("form", BRACKETS)
def test_depth(form: str) -> None:
    """A value in 32 lists or objects is read, and in 33 or 100,000 refused, in each notation."""
    for comment in ("", "# not JSON\n"):
        assert str(tree(read_document(comment + nested(32, form, '"x"')))).count("x") == 1
        for text in (nested(33, form, '"x"'), nested(100_000, form, "x"), "[" * 100_000):
            error = refusal(comment + text)
            assert error.code == "too-deep"
            assert error.message == "nested deeper than 32 levels (limit: depth)"
        at = Position(comment.count("\n"), 32 * len(BRACKETS[form][0]))
        assert refusal(comment + nested(33, form, '"x"')).position == at
    lines = [" " * at + "a:" for at in range(33)]  # indentation counts as brackets do
    assert tree(read_document("\n".join(lines[:32]) + " x"))
    assert refusal("\n".join(lines) + " x").code == "too-deep"


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('["\\ud83d\\ude00", "\\"\\\\\\/\\b\\f\\n\\r\\t"]', ["😀", '"\\/\b\f\n\r\t']),
        ("{a: b, c: [d, 'e']}", {"a": "b", "c": ["d", "e"]}),
        ("[a,\n b,]", ["a", "b"]),
        ("{'a': 1.10}", {"a": "1.10"}),
        ("\n\n {}\n", {}),
        ("%YAML 1.1\n---\na: b\n", {"a": "b"}),
        ("# nothing\n", ""),
        ("", ""),
        ("just text", "just text"),
    ],
)
def test_read(text: str, data: object) -> None:
    """JSON, flow style, and documents with marks around are read as what they say."""
    assert tree(read_document(text)) == data


def test_text_of() -> None:
    """Bytes are UTF-8, and a byte order mark is not part of the text."""
    assert decode_utf8("é日\n".encode()) == "é日\n"
    assert decode_utf8("\ufeffa".encode()) == "a"


@pytest.mark.parametrize(
    ("data", "at"),
    [
        (b"\xff\xfea\x00", (0, 0)),
        (b"a: b\nc: K\xf6ln", (1, 4)),
        pytest.param("a\n日本é".encode() + b"\xff", (1, 3), id="behind-wide-characters"),
        (b"\xed\xa0\x80", (0, 0)),
        (b"ab\xc3", (0, 2)),
    ],
)
def test_text_of_other_encodings(data: bytes, at: tuple[int, int]) -> None:
    """Bytes that are not UTF-8 are refused at their line and column, in characters."""
    with pytest.raises(DocumentError) as caught:
        decode_utf8(data)
    assert (caught.value.code, caught.value.position) == ("not-utf-8", Position(*at))
