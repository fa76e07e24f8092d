"""Build the manual pages from the help of the commands, when the wheel is built.

Each command has a page of its own, as in git: ``man nodeselect match`` finds ``nodeselect-match``.
On the page of ``nodeselect``, no option begins a line, since fish would offer it to all commands.
"""

import re
from collections.abc import Iterator, Sequence
from inspect import cleandoc

import click

from nodeselect import __version__
from nodeselect.cli.app import commands
from nodeselect.cli.command import HELP_OF_NODES, Command

_NAME = "see which nodes a label selector matches, and why the others do not"

_COMMON = "nodeselect --version prints the version; nodeselect COMMAND --help, all options."

_VARIABLES = {
    "NODESELECT_NODES": "The input with the nodes if there is no -n: a file, a folder, or - for"
    " standard input.",
    "COLUMNS": "The width of reports, instead of that of the terminal.",
    "FORCE_COLOR": "If 0, no colours are used; else, if not empty, also in pipes and files.",
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


def build_pages() -> dict[str, str]:
    """Return the text of each page, in the macros of man, by the name of its file."""
    context = click.Context(commands, info_name="nodeselect", **commands.context_settings)
    pages = {"nodeselect.1": _main_page(context)}
    for name in commands.list_commands(context):
        command = commands.get_command(context, name)
        assert command is not None
        with click.Context(command, info_name=name, parent=context) as inner:
            pages[f"nodeselect-{name}.1"] = _command_page(inner, command)
    return {file: "\n".join(lines) + "\n" for file, lines in pages.items()}


def _main_page(context: click.Context) -> Iterator[str]:
    yield from _beginning("nodeselect", _NAME, context)
    yield from _paragraphs(f"{commands.help}\n\n{_COMMON}")
    yield from _examples(commands.examples)
    yield ".SH COMMANDS"
    for name in commands.list_commands(context):
        command = commands.get_command(context, name)
        assert command is not None
        yield from _item(f"nodeselect-{name}(1)", command.get_short_help_str(200))
    yield ".SH NODES"
    yield from _paragraphs(HELP_OF_NODES)
    for title, items in {"ENVIRONMENT": _VARIABLES, "EXIT STATUS": _STATUSES}.items():
        yield f".SH {title}"
        for term, text in items.items():
            yield from _item(term, text)


def _command_page(context: click.Context, command: Command) -> Iterator[str]:
    summary, _, description = cleandoc(str(command.help)).partition("\n\n")
    name = f"nodeselect-{context.info_name}"
    yield from _beginning(name, summary.replace("\n", " ").rstrip("."), context)
    yield from _paragraphs(description or summary)
    yield from _examples(command.examples)
    yield ".SH OPTIONS"
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record and record[1]:  # newer versions of click have one for each argument, without help
            yield from _item(*record)
    if command.epilog:
        yield ".SH EXIT STATUS"
        yield _escaped(command.epilog.removeprefix("Exit status: "))
    yield ".SH SEE ALSO"
    yield _escaped("nodeselect(1)")


def _beginning(name: str, summary: str, context: click.Context) -> Iterator[str]:
    """Yield the lines before the text of the section DESCRIPTION."""
    yield r".\" Built by docs/build_man.py from the help of the commands."
    yield f'.TH {_escaped(name.upper())} 1 "" "nodeselect {__version__}" "User Commands"'
    yield from (".nh", ".ad l")  # no hyphens or blanks that are not there
    yield ".SH NAME"
    yield f"{_escaped(name)} \\- {_escaped(summary)}"
    yield ".SH SYNOPSIS"
    pieces = " ".join(context.command.collect_usage_pieces(context))
    yield rf"\fB{_escaped(context.command_path)}\fR {_escaped(pieces)}"
    yield ".SH DESCRIPTION"


def _examples(examples: Sequence[str]) -> Iterator[str]:
    yield from (".SH EXAMPLES", ".nf", *map(_escaped, examples), ".fi")


def _item(term: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield rf"\fB{_escaped(term)}\fR"
    yield _escaped(text)


def _paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a help text; the lines of one that begins with a backspace stay."""
    for paragraph in re.split(r"\n\s*\n", cleandoc(text)):
        first, *others = paragraph.strip("\n").splitlines()
        yield ".PP"
        if first == "\b":
            yield from (".nf", *map(_escaped, others), ".fi")
        else:
            yield _escaped(" ".join([first, *map(str.strip, others)]))


def _escaped(text: str) -> str:
    """Return text for roff: what it would replace or obey is printed as it is."""
    for character, name in {"\\": r"\e", **_CHARACTERS}.items():
        text = text.replace(character, name)
    return rf"\&{text}" if text.startswith(".") else text
