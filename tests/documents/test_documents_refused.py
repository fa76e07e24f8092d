"""Documents that are more than plain data, broken, or too deep are refused at their place."""

import pytest

from nodeselect.documents.values import DocumentError, Position, decode_utf8
from nodeselect.documents.yaml import read_document
from tests.documents.test_documents import refusal, tree

FIRST = "duplicate key '%s'; the first is on line 1"
HALF = "is half of a character (an unpaired surrogate)"


@pytest.mark.parametrize(
    ("text", "code", "at", "message"),
    [
        ("a: &x [b]", "anchor", (0, 3), "an anchor is only allowed on a scalar: 'x'"),
        ("a: &x {b: c}", "anchor", (0, 3), "an anchor is only allowed on a scalar: 'x'"),
        ("a: *x", "anchor", (0, 3), "there is no anchor 'x' before this alias"),
        ("a: *x\nb: &x c", "anchor", (0, 3), "there is no anchor 'x' before this alias"),
        ("*x : a", "anchor", (0, 0), "there is no anchor 'x' before this alias"),
        ("a: &x\n*x : b", "key-not-text", (1, 0), "a key must be a string"),
        ("a: &x b\nb: *x\n*x : c", "duplicate-key", (2, 0), FIRST.replace("1", "2") % "b"),
        ("a: !!int 5", "tag", (0, 3), "YAML tags are not allowed: 'tag:yaml.org,2002:int'"),
        ("a: !x [b]", "tag", (0, 3), "YAML tags are not allowed: '!x'"),
        ("a:\n  <<: {b: c}", "merge-key", (1, 2), "YAML merge keys are not allowed"),
        ("a: b\n---\nc: d", "second-document", (1, 0), "a second document begins here"),
        ("a: 1\nb: 2\n'a': 3", "duplicate-key", (2, 1), FIRST % "a"),
        ('{"a": {"b": 1,\n"b": 2}}', "duplicate-key", (1, 1), FIRST % "b"),
        ('{"a": 1, "\\u0061": 2}', "duplicate-key", (0, 10), FIRST % "a"),
        ("~: a", "key-not-text", (0, 0), "a key must be a string"),
        ("? [a]\n: b", "key-not-text", (0, 2), "a key must be a string"),
        ("{ {a: b}: c}", "key-not-text", (0, 2), "a key must be a string"),
        ("a: {{ .Values.a }}", "key-not-text", (0, 3), "unfilled template"),
        ("a: b\n# \x1b", "control-character", (1, 2), "the character \\x1b is not allowed"),
        ('é: "日\x00"', "control-character", (0, 5), "the character \\x00 is not allowed"),
        ('{"a":\n"\\ud800"}', "surrogate", (1, 0), f"\\ud800 {HALF}"),
        ('{"\\ud800": 1}', "surrogate", (0, 1), f"\\ud800 {HALF}"),
        ('["\ud800"]', "surrogate", (0, 1), f"\\ud800 {HALF}"),
        ("a: \ud800", "surrogate", (0, 3), f"\\ud800 {HALF}"),
        ("a: [b\n", "not-yaml", (0, 3), "not YAML: did not find expected ',' or ']'"),
        ("a: b: c", "not-yaml", (0, 4), "not YAML: mapping values are not allowed in this context"),
        ('a: "b', "not-yaml", (0, 3), "not YAML: found unexpected end of stream"),
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
