"""The entry point of the command line, and the group of its commands.

Results go to standard output, messages to standard error.
"""

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from nodeselect import __version__
from nodeselect.cli.command import HELP_OF_NODES, Command
from nodeselect.cli.streams import (
    ExitStatus,
    write_bug,
    write_error,
    write_error_message,
    write_message,
    write_output,
    write_usage_error,
)
from nodeselect.errors import InventoryError, JobError, SelectorError
from nodeselect.files.inputs import use_blocking_output
from nodeselect.text import quoted

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# Each command is the function of this name in its module, see _Commands.get_command. The first
# sentence of its help is here too: a list of the commands imports none of them.
_COMMANDS = {
    "match": "Print the nodes that a selector matches.",
    "explain": "Explain why nodes match a selector, and why the others do not.",
    "labels": "Count the label keys and values of a fleet.",
    "audit": "Find labels that are probably misspelt.",
    "diff": "Print which nodes a change adds, keeps and removes, and why.",
    "drain": "Tell which pods find no other node if some nodes go, and what is in the way.",
    "rollout": "Plan a rollout: which nodes get the job in which wave.",
    "index": "Save nodes in a file that opens in milliseconds.",
    "convert": "Write a selector in the notation of another system.",
    "sql": "Print a selector as a condition in SQL.",
    "check": "Report all problems of jobs and manifests.",
    "rules": 'List the rules of "nodeselect check", or explain one.',
    "schema": "Print the JSON Schema of a job file.",
    "completion": "Print the script for completion in bash, zsh or fish.",
    "help": "Show the help of a command, or where commands find the nodes.",
}

# Other names of commands, which other tools have.
_ALIASES = {"lint": "check", "validate": "check"}

# What a user types to run the plugin of kubectl.
_PLUGIN = "kubectl nodeselect"


class _Commands(Command, click.Group):
    """The group of all commands; it imports the module of a command only to run the command."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order of ``--help``: the most useful first."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> Command | None:
        """Import the command with this name; return None if there is none."""
        cmd_name = _ALIASES.get(cmd_name, cmd_name)
        if cmd_name not in _COMMANDS:
            return None
        command: Command = show_help
        if cmd_name != "help":
            module = "rules" if cmd_name == "schema" else cmd_name
            command = getattr(import_module(f"nodeselect.cli.commands.{module}"), cmd_name)
        if ctx.find_root().info_name == _PLUGIN:
            from nodeselect.cli.plugin import for_cluster  # not needed otherwise

            return for_cluster(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of all commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem[str]]":
        """Return the commands and options that start with ``incomplete``."""
        from click.shell_completion import CompletionItem  # only needed after TAB

        commands = [
            CompletionItem(name, help=summary)
            for name, summary in _COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return commands + click.Command.shell_complete(self, ctx, incomplete)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    examples=[
        "nodeselect match -l 'region=eu,!debug' -n nodes.json",
        "nodeselect explain --job job.yaml -n nodes.json",
        "kubectl get nodes -o json | nodeselect labels kubernetes.io/arch",
    ],
)
@click.version_option(__version__, "-V", "--version", message="nodeselect %(version)s")
def commands() -> None:
    """Find out which nodes a label selector matches, and why the others do not.

    Selectors are those of Kubernetes and of Expanso jobs. Nodes come from a file or a
    pipe; as a plugin, "kubectl nodeselect", also from the cluster. All commands are dry
    runs: nothing is submitted.
    """


@click.command("help", cls=Command, examples=["nodeselect help match", "nodeselect help nodes"])
@click.argument("command", metavar="[COMMAND|nodes]", required=False)
@click.pass_context
def show_help(context: click.Context, command: str | None) -> None:
    """Show the help of a command, or where commands find the nodes.

    Without COMMAND, list all commands. "nodeselect COMMAND --help" prints the same.
    """
    if command == "nodes":
        formatter = context.make_formatter()
        formatter.write_text(HELP_OF_NODES)
        write_output([formatter.getvalue().rstrip()])
        return
    words = ["--help"] if command is None else [command, "--help"]
    commands.main(words, prog_name=context.find_root().info_name, standalone_mode=False)


def main() -> None:
    """Run the command line and exit the process with its status."""
    use_blocking_output()
    status = run()
    os._exit(status)  # all output is flushed; freeing all objects takes as long as starting Python


def run() -> int:
    """Run the command line and return its exit status."""
    is_plugin = os.path.basename(sys.argv[0]) == "kubectl-nodeselect"
    program = _PLUGIN if is_plugin else "nodeselect"
    try:
        if "_NODESELECT_COMPLETE" in os.environ:  # a shell asks what may follow
            from click.shell_completion import add_completion_class

            from nodeselect.cli.commands.completion import SHELLS

            for shell in SHELLS.values():
                add_completion_class(shell)
        status = commands.main(prog_name=program, standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        if isinstance(error, click.NoSuchOption):  # without what click suggests
            error = click.UsageError(f"No such option {error.option_name!r}.", error.ctx)
        write_usage_error(error)
        if isinstance(error, click.UsageError) and error.ctx is not None and not is_plugin:
            from nodeselect.cli.suggested_command import suggested_command  # compiles patterns

            if command := suggested_command(error.ctx, sys.argv[1:]):
                write_error_message(f"  did you mean: {command}")
        return ExitStatus.ERROR
    except (SelectorError, InventoryError, JobError) as error:
        write_error(error)
        return ExitStatus.ERROR
    except BrokenPipeError:
        return ExitStatus.BROKEN_PIPE
    except OSError as error:
        what = "write to standard output"
        if error.filename is not None:  # a module of Python that is only needed now
            what = f"read {quoted(str(error.filename))}"
        write_message(f"error: cannot {what}: {error.strerror}")
        return ExitStatus.ERROR
    except MemoryError:
        write_message("error: there is not enough memory")
        return ExitStatus.ERROR
    except SystemExit as end:  # raised by click after a shell completion, or if a pipe is broken
        return ExitStatus.BROKEN_PIPE if end.code else ExitStatus.OK
    except (KeyboardInterrupt, click.Abort):
        return ExitStatus.INTERRUPTED
    except Exception as error:
        write_bug(error)
        return ExitStatus.BUG
    return status if isinstance(status, int) else ExitStatus.OK
