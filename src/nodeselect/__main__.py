"""``python -m nodeselect``: the command line."""

from nodeselect.cli import main

if __name__ == "__main__":
    main()
