"""Runs a command as the child of a small process, and measures it.

Linux counts into the peak of a process what the one that started it held at that moment, and a
benchmark holds much. Nothing is imported here that is not needed, so that little is counted.

    python -I -S started.py DESCRIPTOR COMMAND...

To the descriptor goes a line: seconds, seconds of the processor, ``ru_maxrss``, status.
"""

import os
import sys
import time


def main() -> None:
    """Run the command and report the measurements."""
    report, *command = sys.argv[1:]
    begin = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.close(int(report))
        try:
            os.execvp(command[0], command)
        except OSError as error:
            os.write(2, f"{command[0]}: {error.strerror}".encode())
            os._exit(127)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - begin
    cpu = usage.ru_utime + usage.ru_stime
    code = os.waitstatus_to_exitcode(status)
    os.write(int(report), f"{wall} {cpu} {usage.ru_maxrss} {code}".encode())


if __name__ == "__main__":
    main()
