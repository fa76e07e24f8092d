"""``nodeselect index``: save nodes in a file that opens in milliseconds."""

import os
from typing import TYPE_CHECKING

import click

from nodeselect.cli import options
from nodeselect.cli.completion import complete_files
from nodeselect.cli.inputs.nodes import NodeFiles, read_inventory
from nodeselect.cli.streams import ExitStatus, write_message, write_output
from nodeselect.durable.saved_file import check_replaceable
from nodeselect.text import pluralize, printable

if TYPE_CHECKING:
    from nodeselect.inventory import Inventory


@click.command(
    epilog="""\b
Examples:
  nodeselect index nodes.json -o fleet.nsx
  kubectl get nodes -o json | nodeselect index -o fleet.nsx
  nodeselect match -l region=eu -n fleet.nsx
  nodeselect index --info fleet.nsx

\b
Exit status: 0 if the file was written or is whole, 2 on errors.
""",
)
@click.argument("sources", metavar="[NODES]...", nargs=-1, shell_complete=complete_files)
@options.nodes_option(required=False)
@options.single_option(
    "-o", "--output", metavar="FILE", shell_complete=complete_files,
    help="The file to write. It is replaced as a whole: whoever has it open keeps the old one.",
)  # fmt: skip
@options.single_option(
    "--info", metavar="FILE", shell_complete=complete_files,
    help="Check a saved file, and print what it contains.",
)  # fmt: skip
def index(
    sources: tuple[str, ...],
    nodes_from: NodeFiles | None,
    output: str | None,
    info: str | None,
) -> int:
    """Save nodes in a file that opens in milliseconds.

    The other commands accept the file with -n. NODES is anything that -n accepts.
    """
    if info is None and not sources and nodes_from is None:
        nodes_from = options.default_nodes()
    elif sources and nodes_from is None:
        nodes_from = options.node_files(*sources)
        sources = ()
    mistakes = {
        "give NODES either as arguments or with -n": bool(sources),
        "give either NODES and -o FILE, or --info FILE, such as: nodeselect index nodes.json -o"
        " fleet.nsx":
            (nodes_from is None, output is None) != (info is not None,) * 2,
        "-o needs the name of a file, not '-'": output == "-",
        "-o does not write through a symbolic link":
            output is not None and os.path.islink(output),
        "--info needs the name of a file, not '-'": info == "-",
        "--info needs a file, not a pipe, a device or a folder":
            info is not None and os.path.exists(info) and not os.path.isfile(info),
    }  # fmt: skip
    options.check_usage(mistakes)
    if info is not None:
        from nodeselect.inventory import Inventory  # imports pyroaring

        write_output([_description(info, Inventory.open(info, verify=True))])
    elif nodes_from is not None and output is not None:
        check_replaceable(output)
        inventory = read_inventory(nodes_from)
        inventory.save(output)
        write_message(_description(output, inventory))
    return ExitStatus.OK


def _description(file: str, inventory: "Inventory") -> str:
    size = pluralize(os.path.getsize(file), "byte")
    nodes = pluralize(len(inventory), "node")
    generation = f"generation {inventory.generation:,} (it rises with each change)"
    return f"{printable(file)}: {nodes}, {generation}, {size}"
