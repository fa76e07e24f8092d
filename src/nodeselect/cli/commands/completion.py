"""``nodeselect completion``: print a script that completes command lines in a shell."""

import click

from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.shells import SHELLS, read_script
from nodeselect.cli.streams import write_output


@click.command(
    epilog="""\b
Examples:
  eval "$(nodeselect completion bash)"     in ~/.bashrc
  eval "$(nodeselect completion zsh)"      in ~/.zshrc
  nodeselect completion fish | source      in ~/.config/fish/config.fish
"""
)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> int:
    """Print the script for completion in bash, zsh or fish.

    TAB completes commands, options, files, and what is in the node file of the command line, or
    in NODESELECT_NODES: label keys and values, also inside a selector, states and ids.
    """
    write_output([read_script(shell).rstrip("\n")])
    return ExitStatus.OK
