"""The command line as a plugin: ``kubectl nodeselect`` runs the program ``kubectl-nodeselect``.

There, commands that need only the nodes of a moment read those of the cluster. They have options of
kubectl, with their meaning there: ``-n`` is a namespace. Other commands are the same.
"""

import re
from collections.abc import Iterator
from copy import copy

import click

from nodeselect.cli.command import Command
from nodeselect.cli.inputs.nodes import KUBECTL_OPTIONS
from nodeselect.cli.options import once
from nodeselect.text import quoted

# The commands that read the cluster, with an example of each.
_EXAMPLES = {
    "match": "match -f deployment.yaml -L topology.kubernetes.io/zone",
    "explain": "explain -f deployment.yaml --context prod",
    "labels": "labels topology.kubernetes.io/zone",
    "audit": "audit",
    "drain": "drain ip-10-0-3-7 ip-10-0-3-8",
}


def for_cluster(command: Command) -> Command:
    """Return a copy of a command that reads the cluster; other commands are returned unchanged."""
    if command.name not in _EXAMPLES:
        return command
    command = copy(command)
    command.params = [each for parameter in command.params for each in _parameters(parameter)]
    command.examples = [f"kubectl nodeselect {_EXAMPLES[str(command.name)]}"]
    return command


def _parameters(parameter: click.Parameter) -> Iterator[click.Parameter]:
    """Yield a parameter of a command; instead of ``-n``, ``--nodes`` and the options of kubectl."""
    if parameter.name != "nodes_from":
        yield parameter
        return
    nodes = copy(parameter)
    assert isinstance(nodes, click.Option)
    nodes.opts = ["--nodes"]
    nodes.help = (
        "A file, a folder or - instead of the cluster. See 'kubectl nodeselect help nodes'."
    )
    yield nodes
    for names in ("-n", "--namespace"), ("--context",), ("--kubeconfig",):
        yield click.Option(
            names, metavar="FILE" if names == ("--kubeconfig",) else "NAME", multiple=True,
            callback=_keep, is_eager=True, expose_value=False, help="As in kubectl.",
        )  # fmt: skip


def _keep(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> None:
    """Store an option of kubectl in the context, where the default of ``--nodes`` finds it."""
    options = context.meta.setdefault(KUBECTL_OPTIONS, {})
    if (value := once(context, parameter, values)) is None:
        return
    if parameter.name == "namespace" and not re.fullmatch("[a-z0-9-]{1,63}", value):
        message = f"{quoted(value)} is not a namespace; to read nodes from a file, give --nodes"
        raise click.BadParameter(message)
    options[parameter.name] = value
