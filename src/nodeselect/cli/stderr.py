"""What is said to people on standard error: errors, notes, summaries."""

import os
import re
import sys
import traceback
from typing import TextIO

import click

from nodeselect.errors import InventoryError, JobError, NodeselectError, SelectorError
from nodeselect.text import printable

__all__ = ["coloured", "say", "say_bug", "say_error", "say_usage"]


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
        say(coloured(str(error), sys.stderr))
    elif isinstance(error, (SelectorError, InventoryError)):
        say(coloured(f"error[{error.code}]: {error}", sys.stderr))
    else:
        say(coloured(f"error: {error}", sys.stderr))


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
    say(coloured("error: " + "\n".join(map(printable, lines)), sys.stderr))


def say_bug(error: Exception) -> None:
    """Say that nodeselect itself is wrong, in one line that can be reported."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "?"  # noqa: PTH119
    what = printable(f"{type(error).__name__}: {error}"[:200])
    say(coloured(f"error: a bug in nodeselect ({place}): {what}; please report it", sys.stderr))


def coloured(text: str, stream: TextIO | None = None) -> str:
    """Draw the word "error" in red, and "warning" in yellow, where a person looks at a terminal.

    ``stream`` is where it goes to; standard output if none is told.
    """
    stream = stream or sys.stdout
    declined = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    if declined or stream is None or not stream.isatty():
        return text
    return _SEVERITY.sub(
        lambda match: click.style(match[0], fg=_COLOURS[match[0]], bold=True), text, count=1
    )


_COLOURS = {"error": "red", "warning": "yellow"}
_SEVERITY = re.compile(r"\b(?:error|warning)(?=\[[a-z-]+\])|^error(?=: )")
