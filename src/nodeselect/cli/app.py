"""The entry point of the command line, and the group of its commands.

Results go to standard output, messages to standard error.
"""

import os
import sys
from importlib import import_module

import click

from nodeselect import __version__
from nodeselect.blocking import use_blocking_output
from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.options import colour_option
from nodeselect.cli.streams import (
    write_bug,
    write_error,
    write_error_message,
    write_message,
    write_usage_error,
)
from nodeselect.cli.usage_hint import usage_hint
from nodeselect.errors import InventoryError, JobError, SelectorError
from nodeselect.text import quoted

__all__ = ["commands", "main", "run"]

# Each command is the function of this name in the module of this name.
_COMMANDS = (
    "match",
    "explain",
    "labels",
    "audit",
    "diff",
    "jobs",
    "watch",
    "rollout",
    "index",
    "convert",
    "sql",
    "check",
    "rules",
    "schema",
    "help",
)


class _Commands(click.Group):
    """The group of all commands, of which only the one that runs is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, the most frequently used first."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command with this name; return None if there is none."""
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(import_module(f"nodeselect.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        if colour_option not in command.params:
            command.params.append(colour_option)
        return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  nodeselect match -l 'region=eu,!debug' -n nodes.json
  kubectl get nodes -o json | nodeselect match -l gpu -n -
  nodeselect explain --job job.yaml -n nodes.json
  nodeselect labels -n nodes.json region
  nodeselect audit -n nodes.json
  nodeselect diff old.yaml new.yaml -n nodes.json
  nodeselect jobs --jobs jobs/ -n nodes.json --node n-1
  nodeselect watch --jobs jobs/ -n nodes.json
  nodeselect rollout --job job.yaml -n nodes.json
  nodeselect index nodes.json -o fleet.nsx
  nodeselect convert deployment.yaml --to job
  nodeselect sql -l 'region=eu,!debug' --dialect postgresql
  nodeselect check job.yaml
""",
)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def commands() -> None:
    """Find out which nodes a label selector matches, and why the others do not.

    Selectors are those of Kubernetes and of Expanso jobs. Nodes come from a file or a pipe. All
    commands are dry runs: nothing is submitted or changed.
    """


commands.params.append(colour_option)


def main() -> None:
    """Run the command line and exit the process with its status."""
    use_blocking_output()
    status = run()
    os._exit(status)  # all output is flushed; freeing all objects takes as long as starting Python


def run() -> int:
    """Run the command line and return its exit status."""
    try:
        status = commands.main(prog_name="nodeselect", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        write_usage_error(error)
        if isinstance(error, click.UsageError) and (hint := usage_hint(error, sys.argv[1:])):
            write_error_message(f"  {hint}")
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
