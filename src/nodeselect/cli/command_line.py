"""Command lines in messages, which the user can paste."""

from collections.abc import Iterable

from nodeselect.cli.inputs.database_addresses import without_password
from nodeselect.errors import SelectorError
from nodeselect.selectors import Selector
from nodeselect.text import printable


def command_line(words: Iterable[str]) -> str:
    """Return the command line of nodeselect with these arguments, quoted for a shell."""
    import shlex  # loads slowly

    return printable(shlex.join(["nodeselect", *words]))


def shown(word: str) -> str:
    """Return an argument without a password. A selector has none, and is returned as it is."""
    masked = without_password(word)
    if masked == word:
        return word
    try:
        Selector.parse(word)
    except SelectorError:
        return masked
    return word
