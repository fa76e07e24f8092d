"""What was probably meant by a command line that is invalid."""

from collections.abc import Sequence

import click

from nodeselect.cli.command_line import command_line
from nodeselect.cli.corrected_command import corrected_command, similar_name
from nodeselect.text import join_limited

# What commands of other tools are called here.
_COMMANDS = {
    name: command
    for names, command in (
        ("filter find get list ls nodes query select", "match"),
        ("describe jobs why", "explain"),
        ("lint validate verify", "check"),
        ("deploy plan schedule waves", "rollout"),
        ("compare", "diff"),
        ("export translate", "convert"),
        ("save", "index"),
        ("version", "--version"),
    )
    for name in names.split()
}


def usage_hint(error: click.UsageError, words: Sequence[str]) -> str | None:
    """Return a hint with the command or command line that was probably meant, or None.

    If other commands have the unknown option, the hint names them instead.

    :param words: the arguments of the process.
    """
    context = error.ctx
    if context is None:
        return None
    group = (context.parent or context).command
    assert isinstance(group, click.Group)
    if group is not context.command and (command := corrected_command(context, words)):
        return f"did you mean: {command}"
    if isinstance(error, click.NoSuchOption):
        commands = {name: group.get_command(context, name) for name in group.list_commands(context)}
        others = [
            name
            for name, command in commands.items()
            if command and any(error.option_name in each.opts for each in command.params)
        ]
        return f"it is an option of {join_limited(others)}" if others else None
    for at, word in enumerate(words):
        if f"No such command '{word}'" in error.message:
            line = _with_command(word, words[at + 1 :], group.list_commands(context))
            if line:
                return f"did you mean: {command_line([*words[:at], *line])}"
    return None


def _with_command(word: str, rest: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the command that is meant by an unknown one, and its arguments; none if not clear."""
    other = _COMMANDS.get(word) or similar_name(word, [*names, "--version"], 0.75, equal_start=1)
    if not other:
        return []
    if word == "jobs":
        return [other, *("--job" if each == "--jobs" else each for each in rest)]
    if word not in _COMMANDS or rest[:1] not in (["node"], ["nodes"]):
        return [other, *rest]
    # As in kubectl: get nodes, describe node ID.
    rest = rest[1:]
    if rest and not rest[0].startswith("-"):
        return ["match", "--id", *rest]
    is_selecting = any(each.startswith(("-l", "--selector", "--id", "--job")) for each in rest)
    return [other, *([] if is_selecting or other != "match" else ["--all"]), *rest]
