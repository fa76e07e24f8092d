"""What was probably meant by a command line that is invalid."""

from collections.abc import Sequence

import click

from nodeselect.cli.corrected_command import corrected_command, shown
from nodeselect.text import join_limited, printable

__all__ = ["usage_hint"]

# What commands of other tools are called here.
_COMMANDS = {
    **dict.fromkeys(("filter", "find", "get", "list", "ls", "nodes", "query", "select"), "match"),
    **dict.fromkeys(("describe", "why"), "explain"),
    **dict.fromkeys(("lint", "validate", "verify"), "check"),
    **dict.fromkeys(("deploy", "plan", "schedule", "waves"), "rollout"),
    "compare": "diff", "export": "convert", "save": "index", "translate": "convert",
}  # fmt: skip


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
    if not isinstance(context.command, click.Group):  # of which a name may be misspelt
        return None
    names = [*context.command.list_commands(context), "--version"]
    for at, word in enumerate(words):
        if f"'{word}'" in error.message and word not in names:
            import difflib  # loads slowly
            import shlex

            other = _COMMANDS.get(word) or next(iter(difflib.get_close_matches(word, names, 1)), "")
            rest = words[at + 1 :]
            if word in _COMMANDS and rest[:1] in (["node"], ["nodes"]):  # kubectl get nodes
                rest = rest[1:]
            line = [context.info_name or "", *words[:at], other, *rest]
            return f"did you mean: {printable(shlex.join(map(shown, line)))}" if other else None
    return None


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
