"""``pytest --bless`` rewrites the literals that a test compares with."""

import pytest

from tests.literals import edits

TEST = '''\
LONG = """\\
first
"""

@pytest.mark.parametrize("out", ["one", "two\\n"])
def test_it(out):
    assert run("one") == (0, out, "")
    assert ("é", run()) == ("é", "line 1\\n" "line 2\\n")

def test_other():
    assert run() == "one"
'''


@pytest.mark.parametrize(
    ("actual", "expected", "before", "after"),
    [
        pytest.param((0, "2\n"), (0, "two\n"), '"two\\n"', '"2\\n"', id="tuple"),
        pytest.param(["line 1\nline 2\n"], ["line 1\nline 2\n"], "", "", id="nothing-to-rewrite"),
        pytest.param(
            "'a' \"b\"\n",
            "line 1\nline 2\n",
            '"line 1\\n" "line 2\\n"',
            '"\'a\' \\"b\\"\\n"',
            id="pieces-and-quotes",
        ),
        pytest.param({"a": "2\n"}, {"a": "first\n"}, "first\n", "2\n", id="three-quotes"),
        pytest.param("x", "not a literal", "", "", id="no-literal"),
    ],
)
def test_edits(actual: object, expected: object, before: str, after: str) -> None:
    """Only the literal whose text differs is rewritten."""
    source = TEST
    for (first, last), text in edits(TEST, "test_it", actual, expected):
        source = source[:first] + text + source[last:]
    assert source == TEST.replace(before, after)


def test_equal_literals() -> None:
    """Of equal literals, those of the test are rewritten."""
    [((first, last), text)] = edits(TEST, "test_other", "1", "one")
    assert (TEST[first:last], text) == ('"one"', '"1"')
    assert first == TEST.rindex('"one"')


def test_long_text_is_split() -> None:
    """A text that does not fit a line is split after line ends, and else at blanks."""
    [(_, text)] = edits("x = 'a'", "test_it", "word " * 30 + "\nlast\n", "a")
    assert text == (f'("{"word " * 18}"\n    "{"word " * 12}\\n"\n    "last\\n")')
