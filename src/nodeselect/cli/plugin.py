"""The command line as a plugin: ``kubectl nodeselect`` runs the program ``kubectl-nodeselect``.

There, commands that need only the nodes of a moment read those of the cluster. They have options of
kubectl, with their meaning there: ``-n`` is a namespace. Other commands are the same.
"""

import re
from collections.abc import Iterable, Iterator
from copy import copy

import click

from nodeselect.cli.options import KUBECTL_OPTIONS, once
from nodeselect.text import quoted

PROGRAM = "kubectl nodeselect"
"""What a user types to run the plugin."""

_HELP = """Find out which nodes a label selector matches, and why the others do not.

match, explain, labels and audit read the nodes of the cluster, with "kubectl get"; other commands
read files. All commands are dry runs: nothing is submitted.
"""

_EXAMPLES = {
    "match": ("match -f deployment.yaml -L topology.kubernetes.io/zone", "match -l gpu -o name"),
    "explain": ("explain -f deployment.yaml", "explain -f deployment.yaml --context prod"),
    "labels": ("labels topology.kubernetes.io/zone", "labels -f deployment.yaml"),
    "audit": ("audit", "audit --nodes nodes.json"),
}


class PluginCommands(click.Group):
    """The group of all commands, with the options that they have in the plugin."""

    def __init__(self, commands: click.Group) -> None:
        """Create the group.

        :param commands: the commands of nodeselect.
        """
        super().__init__(
            params=commands.params,
            context_settings=commands.context_settings,
            help=_HELP,
            epilog=_examples(_EXAMPLES),
        )
        self._commands = commands

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return self._commands.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command with this name; if it can read the cluster, return such a copy."""
        command = self._commands.get_command(ctx, cmd_name)
        if command is None or cmd_name not in _EXAMPLES:
            return command
        command = copy(command)
        command.params = [each for parameter in command.params for each in _parameters(parameter)]
        statuses = (command.epilog or "").rpartition("\b\n")[2]
        command.epilog = f"{_examples([cmd_name])}\n\n\b\n{statuses}"
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of all commands."""
        self._commands.format_commands(ctx, formatter)


def _examples(names: Iterable[str]) -> str:
    """Return the examples of these commands, as a paragraph of a help text."""
    lines = [line for name in names for line in _EXAMPLES[name]]
    return "\n".join(["\b", "Examples:", *(f"  {PROGRAM} {line}" for line in lines)])


def _parameters(parameter: click.Parameter) -> Iterator[click.Parameter]:
    """Yield a parameter of a command; instead of ``-n``, ``--nodes`` and the options of kubectl."""
    if parameter.name != "nodes_from":
        yield parameter
        return
    nodes = copy(parameter)
    assert isinstance(nodes, click.Option)
    nodes.opts = ["--nodes"]
    nodes.help = "Read nodes from a file or a folder, or with - from standard input, instead of the"
    nodes.help += " cluster: any input that nodeselect reads. Repeatable."
    yield nodes
    for names, metavar, text in (
        (["-n", "--namespace"], "NAME", "The namespace of objects that name none."),
        (["--context"], "NAME", "The context of the kubeconfig file."),
        (["--kubeconfig"], "FILE", "The kubeconfig file."),
    ):
        yield click.Option(
            names, metavar=metavar, multiple=True, callback=_keep, is_eager=True,
            expose_value=False, help=f"{text} Passed on to kubectl.",
        )  # fmt: skip


def _keep(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> None:
    """Store an option of kubectl in the context, where the default of ``--nodes`` finds it."""
    options = context.meta.setdefault(KUBECTL_OPTIONS, [])
    value = once(context, parameter, values)
    if value is None:
        return
    if parameter.name == "namespace" and not re.fullmatch("[a-z0-9-]{1,63}", value):
        message = f"{quoted(value)} is not a namespace; to read nodes from a file, give --nodes"
        raise click.BadParameter(message)
    options.append(f"--{parameter.name}={value}")
