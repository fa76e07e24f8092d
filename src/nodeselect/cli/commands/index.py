"""``nodeselect index``: save nodes in a file that opens in milliseconds."""

import os

import click

from nodeselect.cli import options
from nodeselect.cli.command import Command
from nodeselect.cli.completion import complete_files
from nodeselect.cli.inputs.nodes import NodeFiles, read_inventory
from nodeselect.cli.streams import write_message
from nodeselect.durable.saved_file import check_replaceable
from nodeselect.text import pluralize, printable, quoted


@click.command(
    cls=Command,
    examples=[
        "nodeselect index nodes.json",
        "kubectl get nodes -o json | nodeselect index fleet.nsx",
        "nodeselect match -l region=eu -n fleet.nsx",
    ],
    epilog="Exit status: 0 if the file was written, 2 on errors.",
)
@click.argument("file", shell_complete=complete_files)
@options.nodes_option(required=False)
def index(file: str, nodes_from: NodeFiles | None) -> None:
    """Save nodes in a file that opens in milliseconds.

    The other commands accept FILE with -n. It is replaced as a whole: whoever has it open keeps the
    old one. A list alone, nodes.json, is saved as nodes.nsx.
    """
    nodes_from = nodes_from or options.default_nodes()
    name, extension = os.path.splitext(file)
    if nodes_from is None and extension != ".nsx" and os.path.isfile(file):
        nodes_from, file = options.node_files(file), f"{name}.nsx"
    nodes_from = nodes_from or options.required_nodes()
    mistakes = {
        "FILE must be the name of a file, not '-'": file == "-",
        f"cannot write {quoted(file)}: it is a symbolic link": os.path.islink(file),
    }
    options.check_usage(mistakes)
    check_replaceable(file)
    inventory = read_inventory(nodes_from)
    inventory.save(file)
    size = pluralize(os.path.getsize(file), "byte")
    write_message(f"{printable(file)}: {pluralize(len(inventory), 'node')}, {size}")
