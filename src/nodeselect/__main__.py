"""Start the command line: ``nodeselect``, or ``python -m nodeselect``."""

import gc
import sys

from nodeselect import __version__


def main() -> None:
    """Run the command line, then exit the process with the exit status of the command."""
    gc.disable()  # a run is short, and creates millions of objects without cycles
    try:
        _main()
    except KeyboardInterrupt:  # while modules are imported
        sys.exit(130)


def _main() -> None:
    from contextlib import suppress

    from nodeselect.files.blocking import use_blocking_output

    if sys.argv[1:] == ["--version"]:  # without loading click
        use_blocking_output()
        with suppress(OSError):  # the command line reports it
            sys.stdout.write(f"nodeselect {__version__}\n")
            sys.stdout.flush()
            return
    try:
        from nodeselect.cli.app import main as run  # loads click
    except ModuleNotFoundError as error:
        sys.stderr.write(f"error: {error.name} is missing: run 'pip install nodeselect'\n")
        sys.exit(2)
    run()


if __name__ == "__main__":
    main()
