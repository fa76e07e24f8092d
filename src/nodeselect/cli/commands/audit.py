"""``nodeselect audit``: find labels that are probably misspelt."""

import click

from nodeselect.cli import options
from nodeselect.cli.command import Command
from nodeselect.cli.inputs.nodes import NodeFiles, read_inventory
from nodeselect.cli.streams import ExitStatus, write_message, write_output
from nodeselect.inventory import audit_labels
from nodeselect.render.labels import audit_lines, audit_notes
from nodeselect.render.screen import detect_screen


@click.command(
    cls=Command,
    examples=[
        "nodeselect audit -n nodes.json",
        "nodeselect audit -n fleet.nsx -o json",
        "kubectl get nodes -o json | nodeselect audit",
    ],
    epilog="Exit status: 0 if nothing is found, 1 if anything is, 2 on errors.",
)
@options.nodes_option(takes_files=True)
@options.output_option()
@options.quiet_option
def audit(nodes_from: NodeFiles, output: str) -> int:
    """Find labels that are probably misspelt.

    This compares the labels of all nodes, and reports keys and values that are probably
    misspellings of more frequent ones. If nothing is found, nothing is printed.
    """
    result = audit_labels(read_inventory(nodes_from))
    write_output(audit_lines(result, output, detect_screen()))
    for note in audit_notes(result):
        write_message(note)
    return ExitStatus.NEGATIVE if result.findings else ExitStatus.OK
