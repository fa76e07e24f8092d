"""What importing the labels loads, seen from a new process."""

import os
import subprocess
import sys
from pathlib import Path

import nodeselect

HEAVY = {"lark", "pydantic", "pydantic_core", "click", "msgspec", "yaml", "numpy"}


def loaded_after(statements: str) -> set[str]:
    """Run ``statements`` in a new process and give the names of the top modules it has loaded."""
    code = f"{statements}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    home = str(Path(nodeselect.__file__).resolve().parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": home},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_the_labels_load_nothing_heavy() -> None:
    """Importing the labels loads none of the libraries that nodeselect depends on."""
    loaded = loaded_after("import nodeselect.selectors")
    assert "nodeselect" in loaded
    assert not loaded & HEAVY


def test_structured_labels_are_no_reason_to_load_lark() -> None:
    """A selector of labels and ids alone is made and asked without Lark."""
    loaded = loaded_after(
        "from nodeselect.selectors import Selector\n"
        "selector = Selector.of(match_labels={'a': 'b'}, match_ids=['n-1'])\n"
        "assert selector.matches({'a': 'b'}, 'n-1')"
    )
    assert not loaded & HEAVY


def test_the_first_text_loads_lark_and_nothing_else() -> None:
    """Parsing a text loads Lark, and none of the other libraries."""
    loaded = loaded_after("from nodeselect.selectors import Selector\nSelector.parse('a=b')")
    assert loaded & HEAVY == {"lark"}


def test_a_wrong_text_loads_nothing_more() -> None:
    """Telling what is wrong with a text needs no other library either."""
    loaded = loaded_after(
        "from nodeselect.selectors import Selector\n"
        "try:\n    Selector.parse('a b')\nexcept ValueError as error:\n    str(error)"
    )
    assert loaded & HEAVY == {"lark"}
