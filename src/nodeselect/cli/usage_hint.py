"""What was probably meant by a command line that is invalid."""

import os
from collections.abc import Collection, Sequence

import click

from nodeselect.cli.database_addresses import without_password
from nodeselect.errors import SelectorError
from nodeselect.selectors import Selector
from nodeselect.text import join_limited, printable

__all__ = ["shown", "usage_hint"]

# What an argument may be for that is not behind its option; the first that is not given is meant.
_OF_JOBS = ("--jobs", "--job", "-n")
_OF_NODES = ("-n", "--jobs", "--job")
_OF_OTHERS = ("-l",)

# The options that select nodes: these commands need one of them, and --all is without the others.
_SELECTING = frozenset({"-l", "--id", "--job", "--jobs", "--all"})
_NEED_SELECTING = ("match", "explain", "watch", "sql")


def usage_hint(error: click.UsageError, words: Sequence[str]) -> str | None:
    """Return a hint with the command or command line that was probably meant, or None.

    If other commands have the unknown option, the hint names them instead.

    :param words: the arguments of the process.
    """
    context = error.ctx
    if context is None:
        return None
    if isinstance(error, click.NoSuchOption):
        others = _commands_with(context, error.option_name)
        return f"it is an option of {join_limited(others)}" if others else None
    if not isinstance(context.command, click.Group):
        command = _corrected(context, words)
        return f"did you mean: {command}" if command else None
    import difflib  # loads slowly

    names = [*context.command.list_commands(context), "--version"]
    unknown = [word for word in words if not word.startswith("-") and word not in names]
    close = [name for word in unknown[:1] for name in difflib.get_close_matches(word, names, 1)]
    return f"did you mean: {context.info_name} {close[0]}" if close else None


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


def _corrected(context: click.Context, words: Sequence[str]) -> str | None:
    """Return the command line with the option added before each argument that lacks one, or None.

    If nothing selects nodes, ``--all`` is added, too.
    """
    corrected = list(words)
    command = context.command
    has_arguments = any(parameter.param_type_name == "argument" for parameter in command.params)
    name = context.info_name
    if has_arguments or name is None or name not in words:
        return None
    own = corrected[corrected.index(name) + 1 :]
    try:
        given, arguments, _ = command.make_parser(context).parse_args(own)
    except click.UsageError:
        return None
    free = {
        option
        for parameter in command.params
        if parameter.name not in given
        for option in parameter.opts
    }
    selecting = {option for parameter in command.params for option in parameter.opts} & _SELECTING
    if "--all" in selecting - free:
        free -= selecting
    for word in arguments:
        option = _option_of(word, free)
        if option is None:
            return None
        free.remove(option)
        at = len(corrected) - 1 - corrected[::-1].index(word)
        corrected.insert(at, option)
    if not arguments:
        return None
    if name in _NEED_SELECTING and selecting <= free:
        if "--all" not in selecting:
            return None
        corrected.insert(corrected.index(name) + 1, "--all")
    import shlex  # loads slowly

    return printable(shlex.join(["nodeselect", *map(shown, corrected)]))


def _option_of(word: str, free: Collection[str]) -> str | None:
    """Return the option that an argument without one is probably meant for, or None.

    :param free: the options that the command line does not have yet.
    """
    options: tuple[str, ...]
    if os.path.isdir(word) or word.endswith((".yaml", ".yml")):  # noqa: PTH112 - pathlib is slow
        options = _OF_JOBS
    elif word == "-" or os.path.exists(word):  # noqa: PTH110
        options = _OF_NODES
    else:
        options = _OF_OTHERS
        try:
            Selector.parse(word)
        except SelectorError:
            return None
    return next((option for option in options if option in free), None)
