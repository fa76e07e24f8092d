"""User text in messages: escaped, truncated, measured, counted and listed."""

import unicodedata
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeselect.text import (
    UNPRINTABLE,
    describe_json,
    display_width,
    join_limited,
    prefix,
    printable,
    quoted,
    truncate,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("region=eu", "region=eu", id="plain"),
        pytest.param("é日本😀e\u0301", "é日本😀e\u0301", id="letters"),
        pytest.param("a\x1b[31mb", "a\\x1b[31mb", id="escape"),
        pytest.param("a\tb\nc\rd\0", "a\\x09b\\x0ac\\x0dd\\x00", id="controls"),
        pytest.param("\x7f\x80\x9b\x9f", "\\x7f\\x80\\x9b\\x9f", id="c1"),
        pytest.param("a\u00adb", "a\\xadb", id="soft-hyphen"),
        pytest.param("\u200b\u200f\u2028\u2029", "\\u200b\\u200f\\u2028\\u2029", id="zero-width"),
        pytest.param("\u202a\u202e\u2066\u2069", "\\u202a\\u202e\\u2066\\u2069", id="bidi"),
        pytest.param("\u115f\u3164\uffa0", "\\u115f\\u3164\\uffa0", id="fillers"),
        pytest.param("\u034f\u17b4\u180b", "\\u034f\\u17b4\\u180b", id="invisible"),
        pytest.param("\ufff0\ufff8\ufffc", "\\ufff0\\ufff8\\ufffc", id="specials"),
        pytest.param("\u00a0\u2003\u2800", "\\xa0\\u2003\\u2800", id="spaces"),
        pytest.param("\U00013430", "\\U00013430", id="format-controls"),
        pytest.param("\ud800\udfff", "\\ud800\\udfff", id="surrogates"),
        pytest.param("\U000e0041\U000e0100", "\\U000e0041\\U000e0100", id="tags"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    """Only characters that a terminal interprets, hides or reorders text by are escaped."""
    assert printable(text) == shown


UNSEEN = {"Cc", "Cs", "Zl", "Zp", "Zs"}


@given(ANY_TEXT)
def test_printable_is_safe(text: str) -> None:
    """No control, surrogate, line end, other space or bidirectional character is left."""
    shown = printable(text)
    for character in shown:
        assert character == " " or unicodedata.category(character) not in UNSEEN
        assert unicodedata.bidirectional(character) not in ("LRO", "RLO", "LRE", "RLE", "PDF")
    assert printable(shown) == shown
    assert shown == "".join(map(printable, text))


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("", 3, ""), ("abcd", 1, "…")],
)
def test_truncate(text: str, limit: int, shown: str) -> None:
    assert truncate(text, limit) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("", "''", id="empty"),
        pytest.param("a'b", "'a'b'", id="quote"),
        pytest.param("x" * 60, f"'{'x' * 60}'", id="fits"),
        pytest.param("x" * 61, f"'{'x' * 59}…'", id="too-long"),
        pytest.param("\x1b" * 61, "'" + "\\x1b" * 14 + "\\x1…'", id="escapes-count"),
    ],
)
def test_quoted(text: str, shown: str) -> None:
    assert quoted(text) == shown


@given(ANY_TEXT, st.integers(1, 80))
def test_quoted_is_never_longer(text: str, limit: int) -> None:
    """However long or strange a text is, it fits the limit."""
    assert len(quoted(text, limit)) <= limit + 2
    assert printable(quoted(text, limit)) == quoted(text, limit)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        pytest.param("é", 1, id="letter"),
        pytest.param("日本", 4, id="wide"),
        pytest.param("ａ", 2, id="full-width"),
        pytest.param("e\u0301", 1, id="accent"),
        pytest.param("a\u20dd", 1, id="enclosing"),
        pytest.param("😀!", 3, id="emoji"),
    ],
)
def test_display_width(text: str, columns: int) -> None:
    assert display_width(text) == columns


@pytest.mark.parametrize(
    ("items", "joined"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a or b"),
        (["a", "b", "c"], "a, b or c"),
        (["a", "b", "c", "d"], "a, b, c or 1 more"),
        (["a"] * 1_003, "a, a, a or 1,000 more"),
    ],
)
def test_join_limited(items: list[str], joined: str) -> None:
    """A list in words shows at most so many items, and counts the others."""
    assert join_limited(items, 3, "or") == joined


@given(ANY_TEXT, st.integers(-1, 30))
def test_prefix(text: str, columns: int) -> None:
    """A prefix is the longest beginning that fits."""
    text = printable(text)
    beginning = prefix(text, columns)
    assert text.startswith(beginning)
    assert display_width(beginning) <= max(columns, 0)
    rest = text[len(beginning) :]
    assert not rest or len(beginning) == columns or display_width(beginning + rest[0]) > columns


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (False, "false"),
        ("x", "a string"),
        (-5, "the number -5"),
        (10**30, "the number 1000000000000000000…"),
        pytest.param(10**5_000, "a number", id="thousands-of-digits"),
        (1.10, "a number"),
        ({}, "an object"),
        (MappingProxyType({}), "an object"),
        ((), "a list"),
        (b"x", "bytes"),
    ],
)
def test_decoded_values_in_words(value: object, words: str) -> None:
    assert describe_json(value) == words


def test_no_invisible_character_is_printed() -> None:
    """Formats, separators, surrogates and noncharacters are escaped, as all that Unicode has."""
    for code in range(0x110000):
        category = unicodedata.category(chr(code))
        is_noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
        if category in ("Cc", "Cf", "Cs", "Zl", "Zp") or is_noncharacter:
            assert UNPRINTABLE.fullmatch(chr(code)), hex(code)
    for character in "\u2d7f\U00013440\U00013441\U00016fe4\U0001d159\u3164\u2800":
        assert UNPRINTABLE.fullmatch(character)
