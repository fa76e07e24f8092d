"""Which libraries the selectors load, in a new process."""

import pytest

from tests.imports import HEAVY, loaded_after

FIRST = "from nodeselect.selectors import Selector\n"


@pytest.mark.parametrize(
    ("statements", "loaded"),
    [
        pytest.param("", set(), id="import"),
        pytest.param(
            "selector = Selector.of(match_labels={'a': 'b'}, match_ids=['n-1'])\n"
            "assert selector.matches({'a': 'b'}, 'n-1')",
            set(),
            id="labels-and-ids",
        ),
        pytest.param("assert Selector.parse('a=b').matches({'a': 'b'})", set(), id="text"),
        pytest.param(
            "try:\n    Selector.parse('a b')\nexcept ValueError as error:\n    str(error)",
            {"lark"},
            id="invalid-text",
        ),
    ],
)
def test_libraries(statements: str, loaded: set[str]) -> None:
    """Selectors load Lark for the first invalid text, and no other library."""
    assert loaded_after(FIRST + statements) & HEAVY == loaded
