"""Which libraries the selectors load, in a new process."""

from tests.imports import HEAVY, loaded_after


def test_selectors_load_nothing_heavy() -> None:
    """Importing the selectors loads none of the libraries that nodeselect depends on."""
    loaded = loaded_after("import nodeselect.selectors")
    assert "nodeselect" in loaded
    assert not loaded & HEAVY


def test_structured_selectors_do_not_load_lark() -> None:
    """A selector of labels and ids alone is built and used without Lark."""
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


def test_an_invalid_text_loads_nothing_more() -> None:
    """The error of an invalid text needs no other library."""
    loaded = loaded_after(
        "from nodeselect.selectors import Selector\n"
        "try:\n    Selector.parse('a b')\nexcept ValueError as error:\n    str(error)"
    )
    assert loaded & HEAVY == {"lark"}
