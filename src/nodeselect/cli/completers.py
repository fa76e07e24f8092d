"""What completes the values of options and arguments; loaded when a shell asks."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Completer: TypeAlias = Callable[[click.Context, click.Parameter, str], "list[CompletionItem[str]]"]
"""Returns the candidates for the beginning of a value."""


class Words(NamedTuple):
    """A command line in words, without quotes.

    :param before: the words before the one at the cursor.
    :param current: the word at the cursor, up to the cursor.
    :param after: the words after it.
    """

    before: list[str]
    current: str
    after: list[str]


def _completer(name: str) -> Completer:
    """Return a completer that imports the module ``candidates`` and calls its function ``name``."""

    def complete(
        context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> "list[CompletionItem[str]]":
        from nodeselect.cli import candidates

        found: list[CompletionItem[str]] = getattr(candidates, name)(context, parameter, incomplete)
        return found

    return complete


complete_codes = _completer("codes")
complete_commands = _completer("commands")
complete_files = _completer("files")
complete_ids = _completer("ids")
complete_keys = _completer("keys")
complete_selector = _completer("selector")
complete_states = _completer("states")
