"""What was probably meant by a command line that is invalid."""

from collections.abc import Sequence

import click

from nodeselect.cli.corrected_command import corrected_command
from nodeselect.text import join_limited

__all__ = ["usage_hint"]


def usage_hint(error: click.UsageError, words: Sequence[str]) -> str | None:
    """Return a hint with the command or command line that was probably meant, or None.

    If other commands have the unknown option, the hint names them instead.

    :param words: the arguments of the process.
    """
    context = error.ctx
    if context is None:
        return None
    is_group = isinstance(context.command, click.Group)
    if not is_group and (command := corrected_command(context, words)):
        return f"did you mean: {command}"
    if isinstance(error, click.NoSuchOption):
        others = _commands_with(context, error.option_name)
        return f"it is an option of {join_limited(others)}" if others else None
    if not isinstance(context.command, click.Group):
        return None
    import difflib  # loads slowly

    names = [*context.command.list_commands(context), "--version"]
    unknown = [word for word in words if not word.startswith("-") and word not in names]
    close = [name for word in unknown[:1] for name in difflib.get_close_matches(word, names, 1)]
    return f"did you mean: {context.info_name} {close[0]}" if close else None


def _commands_with(context: click.Context, option: str) -> list[str]:
    """Return the names of the commands that have an option."""
    parent = context.parent or context
    group = parent.command
    assert isinstance(group, click.Group)
    return [
        name
        for name in group.list_commands(parent)
        if (command := group.get_command(parent, name))
        and any(option in parameter.opts for parameter in command.params)
    ]
