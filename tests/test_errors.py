"""The exceptions: their text is safe and complete, and they can be pickled."""

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from nodeselect import (
    InventoryError,
    JobError,
    Node,
    NodeselectError,
    Problem,
    Selector,
    SelectorError,
)
from nodeselect.jobs import read_job
from nodeselect.problem import Fix, Place


def test_tree() -> None:
    for kind in (SelectorError, InventoryError, JobError):
        assert issubclass(kind, NodeselectError)
        assert issubclass(kind, ValueError)


SELECTOR_ERROR = SelectorError(
    "not-in",
    "a message",
    "a not in (b)",
    (2, 8),
    expected=("in",),
    hint="write notin",
    path=("x", 1),
)
INVENTORY_ERROR = InventoryError("no-id", "the node has no id", place="[0].id", hint="give one")
FILE = Place(file="nodes.json")
PROBLEM = Problem(
    "bad", "it is bad", 3, 7, "selector.match_ids[0]", ("a b", "  ^"), Fix("write it better")
)
JOB_ERROR = JobError("job.yaml", (PROBLEM, PROBLEM._replace(line=4, path="", fix=None)), 5)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        pytest.param(
            SELECTOR_ERROR,
            "error[not-in]: a message\n --> x[1]:1:3\n  |\n1 | a not in (b)\n  |   ^^^^^^\n"
            "help: write notin",
            id="selector",
        ),
        pytest.param(
            SelectorError("not-in", "a message", "a b", (2, 3)),
            "error[not-in]: a message\n --> selector:1:3\n  |\n1 | a b\n  |   ^",
            id="selector-bare",
        ),
        pytest.param(
            INVENTORY_ERROR,
            ("error[no-id]: the node has no id\n --> [0].id\nhelp: give one"),
            id="inventory",
        ),
        pytest.param(
            InventoryError("no-id", "the node has no id", place="a\x1b\n"),
            "error[no-id]: the node has no id\n --> a\\x1b\\x0a",
            id="inventory-place",
        ),
        pytest.param(
            INVENTORY_ERROR.within(Place(path="items")).within(FILE),
            "error[no-id]: the node has no id\n --> nodes.json: items: [0].id\nhelp: give one",
            id="inventory-within",
        ),
        pytest.param(
            InventoryError("bad", "bad", place=Place(line=3, path="labels.gpu")).within(FILE),
            "error[bad]: bad\n --> nodes.json:3 at labels.gpu",
            id="inventory-path-in-a-line",
        ),
        pytest.param(
            InventoryError("bad", "bad", place=Place(line=3))
            .within(Place(path="event 2"))
            .within(Place(file="standard input")),
            "error[bad]: bad\n --> standard input: event 2: line 3",
            id="inventory-event",
        ),
        pytest.param(
            JOB_ERROR,
            "error[bad]: it is bad\n --> job.yaml:3:7 at selector.match_ids[0]\n"
            "  |\n3 | a b\n  |   ^\nhelp: write it better\n\n"
            "error[bad]: it is bad\n --> job.yaml:4:7\n  |\n4 | a b\n  |   ^\n\n"
            "job.yaml: and 5 more",
            id="job",
        ),
    ],
)
def test_str(error: NodeselectError, shown: str) -> None:
    """The text of an error has its position, message and hint, with user text escaped."""
    assert str(error) == shown


def test_pickle_and_copy() -> None:
    """A pickled or copied error has the same type, fields and text."""
    with pytest.raises(SelectorError) as caught:
        Selector.parse("region = a b")
    inventory_errors = INVENTORY_ERROR, INVENTORY_ERROR.within(FILE)
    for error in (SELECTOR_ERROR, caught.value, *inventory_errors, JOB_ERROR):
        for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
            assert type(again) is type(error)
            assert vars(again) == vars(error)
            assert again.args == error.args
            assert str(again) == str(error)


def test_as_dict() -> None:
    """An error is a value for JSON: code, message, path, span and fix."""
    cases: list[tuple[Callable[[], object], dict[str, Any]]] = [
        (
            lambda: Selector.of(match_expressions=["a", "tier not in (b)"]),
            {"code": "not-in", "path": "match_expressions[1]", "span": [5, 11]}
            | {"fix": "write: tier notin (b)"},
        ),
        (
            lambda: Node("n", resources={"cpu": "x"}),
            {"code": "invalid-quantity", "path": "resources.cpu", "span": None},
        ),
        (
            lambda: read_job({"name": "a", "selektor": {}}),
            {"code": "unknown-field", "path": "selektor", "span": None},
        ),
    ]
    for call, expected in cases:
        with pytest.raises(NodeselectError) as caught:
            call()
        found = caught.value.as_dict()
        assert {name: found[name] for name in expected} == expected
        assert {"code", "message", "path", "span", "fix"} <= found.keys()
        assert json.loads(json.dumps(found)) == found
