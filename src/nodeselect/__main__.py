"""Start the command line: ``nodeselect``, or ``python -m nodeselect``."""

import gc
import sys


def main() -> None:
    """Run the command line, then exit the process with the exit status of the command."""
    gc.disable()  # a run is short, and creates millions of objects without cycles
    try:
        from nodeselect.cli.app import main as run  # loads click

        run()
    except ModuleNotFoundError as error:
        sys.stderr.write(f"error: {error.name} is missing: run 'pip install nodeselect'\n")
        sys.exit(2)
    except KeyboardInterrupt:  # while modules are imported
        sys.exit(130)


if __name__ == "__main__":
    main()
