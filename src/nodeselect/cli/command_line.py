"""Command lines in messages, which the user can paste."""

from collections.abc import Iterable

from nodeselect.text import printable


def command_line(words: Iterable[str]) -> str:
    """Return the command line of nodeselect with these arguments, quoted for a shell."""
    import shlex  # loads slowly

    return printable(shlex.join(["nodeselect", *words]))
