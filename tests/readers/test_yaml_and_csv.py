"""YAML that is more than plain data, and CSV that is no whole table, are refused as a whole."""

import pytest

from tests.readers.reading import LINE, assert_refused, nodes_of, refusal

TWO = "keep only one of the two"


@pytest.mark.parametrize(
    ("text", "code", "shown"),
    [
        pytest.param(
            "- &one\n  id: n-1\n",
            "anchor",
            "line 1, column 3: YAML anchors and aliases are not allowed: 'one'\n"
            "  write out the value",
            id="anchor",
        ),
        pytest.param(
            "- id: n-1\n  labels: *one\n",
            "anchor",
            "line 2, column 11: YAML anchors and aliases are not allowed: 'one'\n"
            "  write out the value",
            id="alias",
        ),
        pytest.param(
            "- id: !!str 5\n",
            "tag",
            "line 1, column 7: YAML tags are not allowed: 'tag:yaml.org,2002:str'\n"
            "  remove the tag",
            id="tag",
        ),
        pytest.param(
            "- !include nodes.yaml\n",
            "tag",
            "line 1, column 3: YAML tags are not allowed: '!include'\n"
            "  replace it with the content of the file",
            id="include",
        ),
        pytest.param(
            "- id: n-1\n  labels:\n    <<: {a: b}\n",
            "merge-key",
            "line 3, column 5: YAML merge keys are not allowed\n  write out the merged keys",
            id="merge-key",
        ),
        pytest.param(
            "- id: n-1\n---\n- id: n-2\n",
            "second-document",
            "line 2, column 1: a second document begins here\n  keep one document per file",
            id="second-document",
        ),
        pytest.param(
            "- id: n-1\n  labels:\n    a: b\n    'a': c\n",
            "duplicate-key",
            f"line 4, column 6: duplicate key 'a'; the first is on line 3\n  {TWO}",
            id="duplicate-label",
        ),
        pytest.param(
            "n-1: {a: b}\nn-1: {c: d}\n",
            "duplicate-key",
            f"line 2, column 1: duplicate key 'n-1'; the first is on line 1\n  {TWO}",
            id="duplicate-id-of-a-map",
        ),
        pytest.param(
            "items: []\nitems: [{id: n-1}]\n",
            "duplicate-key",
            f"line 2, column 1: duplicate key 'items'; the first is on line 1\n  {TWO}",
            id="duplicate-items",
        ),
        pytest.param(
            f"\nn-1:\n  a: {'[' * 40}{']' * 40}\n",
            "too-deep",
            "line 3, column 36: nested deeper than 32 levels (depth)",
            id="too-deep",
        ),
        pytest.param(
            '- id: n-1\n  labels: {a: "b\x1b"}\n',
            "control-character",
            "line 2, column 17: the control character \\x1b is not allowed\n  remove it",
            id="escape",
        ),
        pytest.param(
            "- id: n-1\n# \x00\n",
            "control-character",
            "line 2, column 3: the control character \\x00 is not allowed\n  remove it",
            id="nul-in-a-comment",
        ),
        pytest.param(
            "- id: n-1\n  labels: {~: b}\n",
            "key-not-text",
            "line 2, column 12: a key must be a string",
            id="null-key",
        ),
        pytest.param(
            "- id: n-1\n  labels: {[a]: b}\n",
            "key-not-text",
            "line 2, column 12: a key must be a string",
            id="list-key",
        ),
        pytest.param(
            "- id: n-1\n labels: {}\n",
            "not-yaml",
            "line 2, column 2: not YAML: did not find expected '-' indicator",
            id="indentation",
        ),
        pytest.param(
            '- id: "n-1\n',
            "not-yaml",
            "line 1, column 7: not YAML: found unexpected end of stream\n  it is never closed",
            id="quote-left-open",
        ),
        pytest.param(
            '- id: "n\\ud800"\n',
            "not-yaml",
            "line 1, column 11: not YAML: found invalid Unicode character escape code",
            id="surrogate",
        ),
    ],
)
def test_yaml(text: str, code: str, shown: str) -> None:
    """YAML beyond plain data, or broken, is refused where it goes wrong."""
    assert_refused(text, code, shown)


def test_yaml_far_too_deep() -> None:
    """Nesting that libyaml itself gives up on is refused by the name of our limit too."""
    assert refusal("- id: n-1\n  labels: {a: " + "[" * 100_000).code == "too-deep"


def test_yaml_in_latin_1() -> None:
    """YAML in another encoding is refused at the first byte that is no UTF-8, in characters."""
    assert_refused(
        "- id: n-1\n  labels: {é: K".encode() + b"\xf6ln}\n",
        "not-utf-8",
        "line 2, column 16: the file is not UTF-8\n  save the file as UTF-8",
    )


@pytest.mark.parametrize(
    ("text", "code", "shown"),
    [
        pytest.param(
            "id,region,zone\nn-1,eu,a\nn-2,eu\n",
            "wrong-number-of-cells",
            "line 3: the row has 2 cells, but the header has 3",
            id="cells-too-few",
        ),
        pytest.param(
            "id,region\nn-1,eu,a\n",
            "wrong-number-of-cells",
            "line 2: the row has 3 cells, but the header has 2",
            id="cells-too-many",
        ),
        pytest.param(
            "\n\nid,region\nn-1,eu,a\n",
            "wrong-number-of-cells",
            "line 4: the row has 3 cells, but the header has 2",
            id="blank-lines-first",
        ),
        pytest.param(
            "id,region,region\nn-1,a,b\n",
            "duplicate-key",
            "line 1: duplicate column 'region'",
            id="column-twice",
        ),
        pytest.param(
            "id,id\nn-1,n-2\n",
            "duplicate-key",
            "line 1: duplicate column 'id'",
            id="id-twice",
        ),
        pytest.param(
            "id,,region\nn-1,a,b\n", "no-column-name", "line 1: column 2 has no name", id="no-name"
        ),
        pytest.param(
            'id,region\nn-1,"eu\nn-2,us\n',
            "not-csv",
            "line 3: invalid CSV: unexpected end of data",
            id="quote-left-open",
        ),
        pytest.param(
            'id,region\nn-1,"e"u\n',
            "not-csv",
            "line 2: invalid CSV: ',' expected after '\"'",
            id="text-behind-a-quote",
        ),
        pytest.param(
            "id,a\nn-1," + "x" * 200_000 + "\n",
            "not-csv",
            "line 2: invalid CSV: field larger than field limit (131072)",
            id="cell-too-large",
        ),
        pytest.param(
            "id," + ",".join(f"k{at}" for at in range(257)) + "\nn-1" + ",v" * 257 + "\n",
            "too-many-labels",
            "line 2: a node can have at most 256 labels (node_labels), found 257",
            id="labels-257",
        ),
    ],
)
def test_csv(text: str, code: str, shown: str) -> None:
    """A table whose rows do not fit its header, or that is broken, is refused."""
    assert_refused(text, code, shown)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("id,ort\nn-1,Köln\n".encode("latin-1"), id="row"),
        pytest.param("id,größe\nn-1,1\n".encode("latin-1"), id="header"),
    ],
)
def test_csv_in_latin_1(data: bytes) -> None:
    """A table in another encoding is refused."""
    assert_refused(data, "not-utf-8", "the input is not UTF-8\n  save it as UTF-8")


def test_every_format_has_a_right_twin() -> None:
    """The documents that the tables above break are read where nothing is wrong with them."""
    for text in ("- id: n-1\n  labels: {a: b}\n", "id,region\nn-1,eu\n", LINE, "n-1: {a: b}\n"):
        assert [node.id for node in nodes_of(text)] == ["n-1"]


def test_the_message_stays_short() -> None:
    """However long the user's text is, a message shows only the beginning of it."""
    for text in (
        '{"%s": {"a": 1}}' % ("x" * 10_000),
        '[{"id": "n-1", "labels": {"%s": 1}}]' % ("x" * 10_000),
        '[{"id": "%s\\u0000"}]' % ("x" * 10_000),
        f"id,{'x' * 10_000},{'x' * 10_000}\n",
        f"- *{'x' * 10_000}\n",
        f"- id: {'1' * 10_000}\n",
    ):
        assert len(str(refusal(text))) < 400
