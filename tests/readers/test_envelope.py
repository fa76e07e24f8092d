"""One page of a longer list is never a fleet, and neither is half of what an envelope holds."""

import io

import pytest

from nodeselect import Inventory
from tests.readers.reading import LINE, assert_refused, refusal

TOKEN = (
    "this is only one page of a longer list: it has a token for the next page\n"
    "  fetch all pages and combine their nodes"
)
LIST = '[{"id": "n-1"}, {"id": "n-2"}]\n'


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"items": [{"id": "n-1"}], "next_token": "bjE"}', id="expanso"),
        pytest.param('{"next_token": "bjE", "items": []}', id="token-first"),
        pytest.param('{"items": [{"id": "n-1"}], "nextToken": "bjE"}', id="camel-case"),
        pytest.param('{"Nodes": [], "NextToken": "bjE"}', id="bacalhau"),
        pytest.param('{"Nodes": null, "NextToken": "bjE"}', id="bacalhau-null"),
        pytest.param(
            '{"kind": "NodeList", "metadata": {"continue": "abc"}, "items": []}', id="kubernetes"
        ),
        pytest.param("items:\n- id: n-1\nnext_token: bjE\n", id="expanso-yaml"),
        pytest.param("next_token: 42\nitems: ~\n", id="number-yaml"),
        pytest.param("kind: List\nitems: []\nmetadata: {continue: abc}\n", id="kubernetes-yaml"),
    ],
)
def test_token(text: str) -> None:
    """A list that names its next page is refused."""
    assert_refused(text, "one-page", TOKEN)


@pytest.mark.parametrize(
    ("text", "footer"),
    [
        pytest.param(LIST + "Showing 2 of 5\n", "Showing 2 of 5", id="bare"),
        pytest.param(LIST + "\n  Showing 2 of 5 nodes.", "Showing 2 of 5 nodes.", id="indented"),
        pytest.param(LIST + "Showing 1-2 of 5 nodes\n", "Showing 1-2 of 5 nodes", id="range"),
        pytest.param(
            '[\r\n{"id": "n-1"}\r\n]\r\nShowing 1 of 5\r\n', "Showing 1 of 5", id="windows"
        ),
        pytest.param('{"items": []}\nShowing 0 of 5\n', "Showing 0 of 5", id="envelope"),
        pytest.param(LINE[:-1] + "\nShowing 1 of 5\n", "Showing 1 of 5", id="one-node"),
        pytest.param(LINE + '{"id": "n-2"}\nShowing 2 of 5\n', "Showing 2 of 5", id="lines"),
        pytest.param(LIST + "Showing 4-5 of 5\n", "Showing 4-5 of 5", id="last-page"),
        pytest.param(
            LIST + "Showing 1,000 of 2,000 nodes\n", "Showing 1,000 of 2,000 nodes", id="thousands"
        ),
    ],
)
def test_footer(text: str, footer: str) -> None:
    """A footer that counts more nodes than are shown is refused."""
    assert_refused(
        text,
        "one-page",
        f"this is only part of a longer list: '{footer}'\n  list all nodes, not one page of them",
    )


def test_footer_of_any_length_is_shown_cut() -> None:
    """A long footer with control characters in it is shown escaped and cut."""
    error = refusal(LIST + "Showing 2 of 5\x07" + "x" * 100)
    assert error.message == (
        "this is only part of a longer list: 'Showing 2 of 5\\x07" + "x" * 41 + "…'"
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"items": [], "nodes": [{"id": "n-1"}]}', id="two-lists"),
        pytest.param('{"items": null, "n-2": {"a": "b"}}', id="map-with-a-node-called-items"),
        pytest.param("nodes:\nn-2: {a: b}\n", id="yaml-map-with-a-node-called-nodes"),
        pytest.param('{"node": {"id": "x"}, "n-2": {"a": "b"}}', id="map-with-a-node-called-node"),
        pytest.param(
            '{"kind": "PodList", "apiVersion": "v1", "metadata": {},'
            ' "items": [{"metadata": {"name": "web", "labels": {"app": "web"}}}]}',
            id="pod-list-whose-items-carry-no-kind",
        ),
        pytest.param(
            '[{"id": "n-1", "labels": {"a": "b"}, "status": {"connection_state": "connected"}}]',
            id="expanso-labels-outside-of-spec",
        ),
        pytest.param('[{"ID": "a1", "Meta": []}]', id="nomad-meta-is-a-list"),
        pytest.param('[{"ID": "a1", "Meta": false}]', id="nomad-meta-is-false"),
        pytest.param('[{"ID": "a1", "Meta": {}, "Attributes": ["x"]}]', id="nomad-attributes"),
        pytest.param(
            '[{"ID": "a1", "Meta": {"attr.os": "x"}, "Attributes": {"os": "y"}}]',
            id="nomad-one-label-twice",
        ),
    ],
)
def test_nothing_is_left_out_in_silence(text: str) -> None:
    """What would make a smaller fleet, other nodes, or nodes with fewer labels is refused."""
    assert refusal(text)


@pytest.mark.parametrize(
    ("footer", "whole"),
    [
        ("Showing 2 nodes", True),
        ("Showing 2 of 2 nodes", True),
        ("Showing 1-2 of 2", True),
        ("Showing 1 to 2 of 2 nodes", True),
        ("Showing 2 nodes (limit 50)", True),
        ("Showing all nodes", True),
        ("Showing 1-2", True),
        ("Showing 1 to 2 of 3 nodes", False),
        ("Showing nodes 1-50", False),
        ("Showing 2 nodes (page 1 of 3)", False),
        ("Showing 2 nodes. More available", False),
        ("Showing 1,002 nodes", False),
    ],
)
def test_what_a_footer_says(footer: str, whole: bool) -> None:
    """A footer is passed over where it speaks of the nodes that are there, and of no others."""
    text = LIST + footer + "\n"
    if whole:
        assert len(Inventory.read(io.BytesIO(text.encode()))) == 2
    else:
        assert refusal(text).code == "one-page"
