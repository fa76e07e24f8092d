"""Build ``options.md``, the help of all commands, when the site is built."""

import click

from nodeselect.cli.app import commands

_HEAD = """\
# All options

This is the help of each command, as `nodeselect help COMMAND` prints it.
[The command line](command-line.md) explains what is behind it.
"""


def build_page() -> str:
    """Return the text of the page."""
    sections = [_HEAD]
    context = click.Context(commands, info_name="nodeselect", terminal_width=80)
    for name in commands.list_commands(context):
        command = commands.get_command(context, name)
        assert command is not None
        with click.Context(command, info_name=name, parent=context, terminal_width=80) as inner:
            sections.append(f"## {name}\n\n```text\n{command.get_help(inner)}\n```\n")
    return "\n".join(sections)
