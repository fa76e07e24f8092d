"""Start the command line: ``nodeselect``, or ``python -m nodeselect``."""

import gc
import sys

# A run is short, and creates millions of objects without cycles. Disabled before the imports,
# which create many objects too.
gc.disable()

from nodeselect import __version__  # noqa: E402

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit the process with its status."""
    if sys.argv[1:] == ["--version"]:  # without loading click
        sys.stdout.write(f"nodeselect {__version__}\n")
        return
    from nodeselect import cli  # loads click

    cli.main()


if __name__ == "__main__":
    main()
