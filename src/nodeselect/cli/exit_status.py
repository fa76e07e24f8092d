"""The exit statuses of all commands."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """How a command ended. 0, 1 and 2 mean what they mean for grep and diff."""

    OK = 0  # nodes match; the two sides are equal; the job files are valid
    # No node matches; the two sides differ; the job files have problems; a watch has ended.
    NEGATIVE = 1
    ERROR = 2  # the command line or an input is invalid
    BUG = 70  # EX_SOFTWARE of sysexits.h
    INTERRUPTED = 130  # 128 + SIGINT, as shells report it
    BROKEN_PIPE = 141  # 128 + SIGPIPE
