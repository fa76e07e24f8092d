"""A node has one id, a printable text, and no other node has it; what else comes is refused."""

import pytest

from tests.readers.reading import LINE, assert_refused


@pytest.mark.parametrize(
    ("text", "code", "shown"),
    [
        pytest.param('[{"labels": {}}]', "no-id", "[0].id: the node has no id", id="missing"),
        pytest.param(
            LINE + '{"id": null, "labels": {}}',
            "no-id",
            "line 2: id: the node has no id",
            id="null",
        ),
        pytest.param(
            '{"items": [{"spec": {"name": "edge-1"}}]}',
            "no-id",
            "items[0].id: the node has no id",
            id="expanso",
        ),
        pytest.param(
            '{"kind": "List", "items": [{"kind": "Node", "metadata": {}}]}',
            "no-id",
            "items[0].metadata.name: the node has no id",
            id="kubernetes",
        ),
        pytest.param(
            '[{"Info": {}}]', "no-id", "[0].Info.NodeID: the node has no id", id="bacalhau"
        ),
        pytest.param('[{"Meta": {}}]', "no-id", "[0].ID: the node has no id", id="nomad"),
        pytest.param("id,region\n,eu\n", "no-id", "line 2: id: the node has no id", id="csv"),
        pytest.param(
            '[{"id": 7}]',
            "id-not-text",
            '[0].id: the node\'s id must be a string, not the number 7\n  quote it: "7"',
            id="number",
        ),
        pytest.param(
            '[{"id": true}]',
            "id-not-text",
            '[0].id: the node\'s id must be a string, not true\n  quote it: "true"',
            id="true",
        ),
        pytest.param(
            "- id: 007\n",
            "id-not-text",
            "line 1: [0].id: the node's id must be a string, not '007', which YAML may read as"
            " a number\n"
            '  quote it: "007"',
            id="yaml-number",
        ),
        pytest.param('[{"id": ""}]', "empty-id", "[0].id: a node id must not be empty", id="empty"),
        pytest.param(
            LINE + '{"id": "", "labels": {}}',
            "empty-id",
            "line 2: id: a node id must not be empty",
            id="empty-line",
        ),
        pytest.param('{"": {}}', "empty-id", "a node id must not be empty", id="empty-map"),
        pytest.param(
            '[{"id": "n-\\u001b[31m"}]',
            "unprintable-id",
            "[0].id: the node id 'n-\\x1b[31m' contains the unprintable character \\x1b",
            id="escape",
        ),
        pytest.param(
            'id,region\n"n-1\nn-2",eu\n',
            "unprintable-id",
            "line 3: id: the node id 'n-1\\x0an-2' contains the unprintable character \\x0a",
            id="line-feed",
        ),
        pytest.param(
            LINE + '{"id": "n-\u200b2", "labels": {}}',
            "unprintable-id",
            "line 2: id: the node id 'n-\\u200b2' contains the unprintable character \\u200b",
            id="zero-width",
        ),
        pytest.param(
            '- id: "n-\u202e1"\n',
            "unprintable-id",
            "line 1: [0].id: the node id 'n-\\u202e1' contains the unprintable character \\u202e",
            id="bidirectional",
        ),
        pytest.param(
            '[{"id": "n\u3164"}]',
            "unprintable-id",
            "[0].id: the node id 'n\\u3164' contains the unprintable character \\u3164",
            id="filler",
        ),
        pytest.param(
            LINE + '{"id": "n\u034f", "labels": {}}',
            "unprintable-id",
            "line 2: id: the node id 'n\\u034f' contains the unprintable character \\u034f",
            id="joiner-line",
        ),
    ],
)
def test_id(text: str, code: str, shown: str) -> None:
    """A node without an id, or with one that is no printable text, is refused."""
    assert_refused(text, code, shown)


@pytest.mark.parametrize(
    ("text", "name", "records"),
    [
        pytest.param('[{"id": "n-1"}, {"id": "n-2"}, {"id": "n-1"}]', "n-1", "1 and 3", id="json"),
        pytest.param('[{"id": "n-\\u0031"}, {"id": "n-1"}]', "n-1", "1 and 2", id="escaped"),
        pytest.param(LINE + LINE, "n-1", "1 and 2", id="lines"),
        pytest.param(
            "".join(f'{{"id": "n-{at % 9000}", "labels": {{}}}}\n' for at in range(9001)),
            "n-0",
            "1 and 9,001",
            id="lines-pieces-apart",
        ),
        pytest.param("id,region\nn-1,eu\nn-1,us\n", "n-1", "1 and 2", id="csv"),
        pytest.param("- id: n-1\n- id: n-1\n", "n-1", "1 and 2", id="yaml"),
        pytest.param(
            '[{"id": "n-1"}, {"kind": "Node", "metadata": {"name": "n-1"}}]',
            "n-1",
            "1 and 2",
            id="two-shapes",
        ),
    ],
)
def test_duplicate_id(text: str, name: str, records: str) -> None:
    """Two records with one id are refused, however far apart they stand."""
    assert_refused(
        text,
        "duplicate-id",
        f"two nodes have the id '{name}': nodes {records}\n  keep one of the two",
    )
