"""What is said to people on standard error: errors, notes, summaries."""

import os
import re
import sys
import traceback
from pathlib import Path

import click

from nodeselect.errors import InventoryError, JobError, NodeselectError, SelectorError
from nodeselect.printable import printable

__all__ = ["say", "say_bug", "say_error", "say_usage"]


def say(text: str) -> None:
    """Say one thing; ``text`` holds no unprintable character but line ends.

    Where nobody listens to standard error, nothing is said; the exit status tells.
    """
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def say_error(error: NodeselectError) -> None:
    """Say what is wrong with a selector, an inventory or a job."""
    if isinstance(error, JobError):
        say(_coloured(str(error)))
    elif isinstance(error, (SelectorError, InventoryError)):
        say(_coloured(f"error[{error.code}]: {error}"))
    else:
        say(_coloured(f"error: {error}"))


def say_usage(error: click.ClickException) -> None:
    """Say what is wrong with the command line, and where help is."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        say(error.format_message())
        return
    context = getattr(error, "ctx", None)
    if context is not None:
        say(context.get_usage())
        say(f"Try '{context.command_path} --help' for help.\n")
    lines = error.format_message().split("\n")
    say(_coloured("error: " + "\n".join(map(printable, lines))))


def say_bug(error: Exception) -> None:
    """Say that nodeselect itself is wrong, in one line that can be reported."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    what = printable(f"{type(error).__name__}: {error}"[:200])
    say(_coloured(f"error: a bug in nodeselect ({place}): {what}; please report it"))


def _coloured(text: str) -> str:
    """Draw the word "error" in red where a person looks at a terminal and has not declined."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not sys.stderr.isatty():
        return text
    red = click.style("error", fg="red", bold=True)
    return re.sub(r"\berror(?=\[[a-z-]+\])|^error(?=: )", red, text, count=1)
