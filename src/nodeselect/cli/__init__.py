"""SCREEN. The command line; the only room that prints.

Data goes to standard output, all else to standard error. Exit status: 0 some node matches, 1 none
does, 2 the question or the input is wrong, 70 a bug of ours, 130 interrupted, 141 the reader of the
output went away.
"""

import errno
import gc
import io
import os
import sys
from importlib import import_module

import click

from nodeselect import __version__
from nodeselect.cli.stderr import say, say_bug, say_error, say_usage
from nodeselect.cli.stdout import OutputError
from nodeselect.errors import NodeselectError
from nodeselect.text import quoted

__all__ = ["commands", "main", "run"]

USAGE, BUG, INTERRUPTED, BROKEN_PIPE = 2, 70, 130, 141


_COMMANDS = ("check", "diff", "explain", "labels", "match", "rules", "schema", "waves")
"""The commands: each is what its module in this room calls by its own name."""


class _Commands(click.Group):
    """The commands, of which only the one that is named is loaded."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names of all."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load the command with this name, or give None where there is none."""
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(import_module(f"nodeselect.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is named first, or say which was probably meant."""
        if args[0] not in _COMMANDS and not ctx.resilient_parsing:
            import difflib  # with the first name that is unknown

            if close := difflib.get_close_matches(args[0][:60], _COMMANDS, 1):
                advice = f"did you mean {quoted(close[0])}?"
                raise click.UsageError(f"No such command {quoted(args[0])}.\n  {advice}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  nodeselect match -l 'region=eu,!debug' --nodes nodes.json
  nodeselect match --job job.yaml --nodes nodes.json -o name
  kubectl get nodes -o json | nodeselect match -l gpu -n -
  nodeselect explain --job job.yaml --nodes nodes.json
  nodeselect labels --nodes nodes.json region
  nodeselect diff --job old.yaml new.yaml --nodes nodes.json
  nodeselect check job.yaml
  nodeselect waves --job job.yaml --nodes nodes.json
""",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def commands() -> None:
    """Which nodes does a selector take, and why not the others?"""


def main() -> None:
    """Run the command line, and leave the process with its exit status."""
    if sys.stderr is None:  # closed by whoever started us
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - as long as the process lives
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what its encoding does not have is shown as \\u…
            stream.reconfigure(errors="backslashreplace")
    gc.disable()  # a run is short; a million nodes would be searched for cycles, and have none
    sys.exit(run())


def run() -> int:
    """Run the command line, and give its exit status."""
    try:
        status = commands.main(prog_name="nodeselect", standalone_mode=False)
    except click.ClickException as error:
        say_usage(error)
        return USAGE
    except NodeselectError as error:
        say_error(error)
        return USAGE
    except OutputError as error:
        if error.errno == errno.EPIPE:
            return BROKEN_PIPE
        say(f"error: cannot write to standard output: {error.strerror}")
        return USAGE
    except OSError as error:  # of click's own output: what we read and write is named above
        say(f"error: cannot write to standard output: {error.strerror}")
        return USAGE
    except SystemExit as end:  # click, after a completion or when the reader of its help went away
        return BROKEN_PIPE if end.code else 0
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except Exception as error:
        say_bug(error)
        return BUG
    return status if isinstance(status, int) else 0
