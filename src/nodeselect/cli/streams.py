"""Standard output for results, standard error for messages and progress, and exit statuses."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from itertools import islice
from time import monotonic

import click

from nodeselect.errors import NodeselectError
from nodeselect.render.screen import Style, detect_screen, is_terminal
from nodeselect.text import printable

# How many lines are written at once: a write for each line would cost more than making the line.
_BATCH_LINES = 1_000

# After how many seconds progress is shown, and how many pass before it is shown again.
_PATIENCE, _PACE = 2.0, 0.2


class ExitStatus(IntEnum):
    """The exit status of a command; 0, 1 and 2 have the same meaning as for grep and diff."""

    OK = 0  # nodes match; the two sides are equal; the job files are valid
    NEGATIVE = 1  # no node matches; the two sides differ; the job files have problems
    ERROR = 2  # the command line or an input is invalid
    BUG = 70  # EX_SOFTWARE of sysexits.h
    INTERRUPTED = 130  # 128 + SIGINT, as shells report it
    BROKEN_PIPE = 141  # 128 + SIGPIPE


QUIET = "nodeselect.quiet"
"""The key in ``click.Context.meta`` for whether only errors are printed."""

# The key for when the command began.
_STARTED = "nodeselect.started"


def begin(context: click.Context, is_quiet: bool) -> None:
    """Keep whether only errors are printed, and when the command began."""
    context.meta.update({QUIET: is_quiet, _STARTED: monotonic()})


def is_quiet() -> bool:
    """Return whether the command was called with ``--quiet``."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(QUIET))


def write_output(lines: Iterable[str]) -> None:
    """Write lines to standard output; at most 1,000 of them are in memory at a time."""
    if is_quiet():
        return
    lines = iter(lines)
    while batch := list(islice(lines, _BATCH_LINES)):
        sys.stdout.write("".join(f"{line}\n" for line in batch))
    sys.stdout.flush()


def write_message(text: str, style: Style | None = None) -> None:
    """Write a message in one line to standard error, unless ``--quiet``; ignore failures."""
    if not is_quiet():
        screen = detect_screen(sys.stderr)
        lines = screen.wrap(text, hang=2)
        write_error_message("\n".join(screen.style(line, style) for line in lines))


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Yield a function that shows how far the command is, in a line that is cleared at the end.

    Nothing is shown in the first two seconds of the command, with ``--quiet``, or unless standard
    error is a terminal. Call the function with an empty text to clear the line before anything is
    written.
    """
    context = click.get_current_context(silent=True)
    is_silent = context is None or context.resilient_parsing or is_quiet()
    is_silent = is_silent or not is_terminal(sys.stderr)
    started = None if context is None else context.meta.get(_STARTED)
    due = (monotonic() if started is None else started) + _PATIENCE
    is_shown = False

    def show(text: str) -> None:
        nonlocal due, is_shown
        if is_silent or not (text or is_shown) or (text and monotonic() < due):
            return
        due, is_shown = monotonic() + _PACE, bool(text)
        screen = detect_screen(sys.stderr)
        line = screen.truncate(text, screen.columns - 1)
        with suppress(OSError):
            print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        show("")


def write_error_message(text: str) -> None:
    """Write an error message, or a message that belongs to an error, even with ``--quiet``."""
    if text.startswith("error: "):
        text = detect_screen(sys.stderr).style("error", "error") + text.removeprefix("error")
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def write_error(error: NodeselectError) -> None:
    """Write the message and the excerpt of an error in a selector, an inventory or a job."""
    write_error_message("\n".join(error.draw(detect_screen(sys.stderr))))


def write_usage_error(error: click.ClickException) -> None:
    """Write what is wrong with the command line."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        write_error_message(error.format_message())
        return
    message = " ".join(error.format_message().split())  # click lists choices in lines
    lines = detect_screen(sys.stderr).wrap(f"error: {message}", hang=2)
    write_error_message("\n".join(lines))


def write_bug(error: Exception) -> None:
    """Write an unexpected exception as one line, for the user to report as a bug."""
    place, trace = "?", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        place, trace = f"{os.path.basename(file)}:{trace.tb_lineno}", trace.tb_next
    what = printable(f"{type(error).__name__}: {error}"[:200])
    write_error_message(f"error: a bug in nodeselect ({place}): {what}; please report it")
