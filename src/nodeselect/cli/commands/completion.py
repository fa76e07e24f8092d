"""``nodeselect completion``: print a script that completes command lines in a shell."""

import click

from nodeselect.cli.completion import SHELLS
from nodeselect.cli.streams import write_output


@click.command(
    epilog="""\b
Examples:
  eval "$(nodeselect completion bash)"     in ~/.bashrc
  eval "$(nodeselect completion zsh)"      in ~/.zshrc, after compinit
  nodeselect completion fish > ~/.config/fish/completions/nodeselect.fish
"""
)
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script for completion in bash, zsh or fish.

    TAB completes commands, options, files, and what is in the node file of the command line, or
    in NODESELECT_NODES: label keys and values of a selector, states and ids.
    """
    script = SHELLS[shell](context.command, {}, "nodeselect", "_NODESELECT_COMPLETE").source()
    write_output([script.strip()])
