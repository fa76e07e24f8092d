"""Build the manual page from the help of the commands, when the wheel is built."""

import re
from collections.abc import Iterator

import click

from nodeselect import __version__
from nodeselect.cli.app import commands

_NAME = "see which nodes a label selector matches, and why the others do not"

_VARIABLES = {
    "NODESELECT_NODES": "The input with the nodes if there is no -n: a file, a folder, or - for"
    " standard input.",
    "COLUMNS": "The width of reports, instead of that of the terminal.",
    "FORCE_COLOR": "If not empty, colours are used in pipes and files, too.",
    "CLICOLOR_FORCE": "The same, unless it is 0.",
    "NO_COLOR": "If not empty, no colours are used, whatever the others say.",
}

_STATUSES = {
    "0, 1, 2": "As each command says; 2 is an error of the command line or of an input.",
    "70": "A bug in nodeselect, with a line to report.",
    "130": "The command was interrupted.",
    "141": "The reader of the output is gone.",
}

# What roff would print as another character than that of the keyboard.
_CHARACTERS = {
    "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", "…": r"\[u2026]"
}  # fmt: skip


def build_man() -> str:
    """Return the text of the page, in the macros of man."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield r".\" Built by docs/build_man.py from the help of the commands."
    yield f'.TH NODESELECT 1 "" "nodeselect {__version__}" "User Commands"'
    yield from (".nh", ".ad l")  # no hyphens or blanks that are not there
    yield ".SH NAME"
    yield _escaped(f"nodeselect - {_NAME}")
    context = click.Context(commands, info_name="nodeselect", **commands.context_settings)
    common = [*_records(context)]
    yield ".SH SYNOPSIS"
    yield _usage(context)
    yield ".SH DESCRIPTION"
    yield from _paragraphs(commands.help or "")
    yield ".SH OPTIONS"
    yield ".PP"
    yield "Every command has these, but the version:"
    for record in common:
        yield from _item(*record)
    yield ".SH COMMANDS"
    for name in commands.list_commands(context):
        command = commands.get_command(context, name)
        assert command is not None
        with click.Context(command, info_name=name, parent=context) as inner:
            yield f".SS {name}"
            yield _usage(inner)
            yield from _paragraphs(command.help or "")
            for record in _records(inner):
                if record not in common:
                    yield from _item(*record)
            yield from _paragraphs(command.epilog or "")
    for title, items in {"ENVIRONMENT": _VARIABLES, "EXIT STATUS": _STATUSES}.items():
        yield f".SH {title}"
        for term, text in items.items():
            yield from _item(term, text)
    yield ".SH EXAMPLES"
    yield from _paragraphs(commands.epilog or "")


def _usage(context: click.Context) -> str:
    pieces = " ".join(context.command.collect_usage_pieces(context))
    return rf"\fB{_escaped(context.command_path)}\fR {_escaped(pieces)}"


def _records(context: click.Context) -> Iterator[tuple[str, str]]:
    """Yield the names of each option, and its help."""
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if record and record[1]:  # newer versions of click have one for each argument, without help
            yield record


def _item(term: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield rf"\fB{_escaped(term)}\fR"
    yield _escaped(text)


def _paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a help text; lines below one that ends with a colon stay lines."""
    for paragraph in re.split(r"\n\s*\n", text.replace("\b\n", "")):
        first, *others = paragraph.strip().splitlines() or [""]
        if first.endswith(":"):
            yield from (".PP", _escaped(first), ".RS 4", ".nf")
            yield from (_escaped(line.strip()) for line in others)
            yield from (".fi", ".RE")
        elif first:
            yield from (".PP", _escaped(" ".join([first, *map(str.strip, others)])))


def _escaped(text: str) -> str:
    """Return text for roff: what it would replace or obey is printed as it is."""
    for character, name in {"\\": r"\e", **_CHARACTERS}.items():
        text = text.replace(character, name)
    return rf"\&{text}" if text.startswith(".") else text
