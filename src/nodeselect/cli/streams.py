"""Standard output for results, standard error for messages."""

import errno
import os
import re
import sys
from collections.abc import Iterable
from itertools import islice
from typing import TextIO

import click

from nodeselect.errors import InventoryError, JobError, NodeselectError, SelectorError
from nodeselect.render.layout import is_colour_wanted
from nodeselect.text import printable

__all__ = [
    "OutputError",
    "highlight_severity",
    "write_bug",
    "write_error",
    "write_message",
    "write_output",
    "write_usage_error",
]

_SEVERITY = re.compile(r"\b(?:error|warning)(?=\[[a-z-]+\])|^error(?=: )")
_SEVERITY_COLOURS = {"error": "red", "warning": "yellow"}

# Lines that are written at once: one write per line would cost more than making the line.
_BATCH_LINES = 1_000


class OutputError(OSError):
    """Standard output cannot be written: its reader is gone, or the disk is full.

    Click would turn a plain ``OSError`` into exit status 1, which means that no node matches.
    """


def write_output(lines: Iterable[str]) -> None:
    """Write lines to standard output.

    :raises OutputError: if they cannot be written.
    """
    if sys.stdout is None:
        raise OutputError(errno.EBADF, "it is closed")
    lines = iter(lines)
    try:
        while batch := list(islice(lines, _BATCH_LINES)):
            sys.stdout.write("".join(f"{line}\n" for line in batch))
        sys.stdout.flush()
    except OSError as error:
        # Python flushes standard output again at exit, and would print a second error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputError(error.errno, error.strerror) from None


def write_message(text: str) -> None:
    """Write a line to standard error; ``text`` is printable except for line ends.

    If standard error is closed, the message is dropped: the exit status still reports the result.
    """
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def write_error(error: NodeselectError) -> None:
    """Write what is wrong with a selector, an inventory or a job."""
    if isinstance(error, JobError):
        text = str(error)
    elif isinstance(error, (SelectorError, InventoryError)):
        text = f"error[{error.code}]: {error}"
    else:
        text = f"error: {error}"
    write_message(highlight_severity(text, sys.stderr))


def write_usage_error(error: click.ClickException) -> None:
    """Write what is wrong with the command line, and how to get help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        write_message(error.format_message())
        return
    context = getattr(error, "ctx", None)
    if context is not None:
        write_message(context.get_usage())
        write_message(f"Try '{context.command_path} --help' for help.\n")
    text = f"error: {printable(error.format_message())}"
    write_message(highlight_severity(text, sys.stderr))


def write_bug(error: Exception) -> None:
    """Write one line about an unexpected exception, for a bug report."""
    import traceback  # loads slowly

    frames = traceback.extract_tb(error.__traceback__)
    place = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "?"  # noqa: PTH119
    what = printable(f"{type(error).__name__}: {error}"[:200])
    text = f"error: a bug in nodeselect ({place}): {what}; please report it"
    write_message(highlight_severity(text, sys.stderr))


def highlight_severity(text: str, stream: TextIO | None = None) -> str:
    """Colour the first "error" or "warning" of ``text`` if ``stream`` is a colour terminal.

    :param stream: where the text will be written; standard output by default.
    """
    stream = stream or sys.stdout
    if not is_colour_wanted(stream):
        return text
    return _SEVERITY.sub(
        lambda match: click.style(match[0], fg=_SEVERITY_COLOURS[match[0]], bold=True),
        text,
        count=1,
    )
