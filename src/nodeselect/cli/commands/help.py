"""``nodeselect help``: show the help of a command."""

import click

from nodeselect.cli.streams import write_output


@click.command()
@click.argument("command", required=False)
@click.pass_context
def help(context: click.Context, command: str | None) -> None:  # noqa: A001 - it is its name
    """Show the help of a command.

    Without COMMAND, list all commands. "nodeselect COMMAND --help" prints the same.
    """
    parent = context.parent
    assert parent is not None
    assert isinstance(parent.command, click.Group)
    if command is None:
        write_output([parent.get_help()])
        return
    found = parent.command.get_command(parent, command)
    if found is None:
        raise click.UsageError(f"No such command {command!r}.", parent)
    with click.Context(found, info_name=command, parent=parent) as inner:
        write_output([found.get_help(inner)])
