"""Build ``options.md``, the help of all commands, when the site is built."""

from collections import Counter

import click

from nodeselect.cli.app import commands

_HEAD = """\
# All options

This is the help of each command, as `nodeselect help COMMAND` prints it. Options that several
commands have in the same words are described once, [at the end](#options-of-several-commands).
[Command line](command-line.md) explains what is behind it.
"""

# An option of at least this many commands is described once.
_SEVERAL = 2


def build_page() -> str:
    """Return the text of the page."""
    settings = {**commands.context_settings, "terminal_width": 80}
    context = click.Context(commands, info_name="nodeselect", **settings)
    found = {name: commands.get_command(context, name) for name in commands.list_commands(context)}
    contexts = [
        click.Context(command, info_name=name, parent=context, terminal_width=80)
        for name, command in found.items()
        if command
    ]
    counts = Counter(record for each in contexts for record in _options(each))
    shared = {record for record, count in counts.items() if count >= _SEVERAL}
    sections = [_HEAD, *(_section(each, shared) for each in contexts)]
    formatter = context.make_formatter()
    formatter.write_dl([record for record in counts if record in shared])
    sections.append(_titled("Options of several commands", formatter.getvalue()))
    return "\n".join(sections)


def _options(context: click.Context) -> list[tuple[str, str]]:
    """Return the names of each option of a command, and its help."""
    records = (parameter.get_help_record(context) for parameter in context.command.params)
    return [record for record in records if record and record[1]]  # arguments have no help


def _section(context: click.Context, shared: set[tuple[str, str]]) -> str:
    """Return the help of a command, with only the names of options that are described elsewhere."""
    formatter, options = context.make_formatter(), _options(context)
    context.command.format_usage(context, formatter)
    context.command.format_help_text(context, formatter)
    with formatter.section("Options"):
        if own := [record for record in options if record not in shared]:
            formatter.write_dl(own)
        others = (record[0].split()[0].rstrip(",") for record in options if record in shared)
        formatter.write_text(f"Also: {', '.join(others)}")
    context.command.format_epilog(context, formatter)
    return _titled(str(context.info_name), formatter.getvalue())


def _titled(title: str, text: str) -> str:
    return f"## {title}\n\n```text\n{text.rstrip()}\n```\n"
