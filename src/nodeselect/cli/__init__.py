"""The command line. It parses options, calls the library and prints; layout is in ``render``."""

from nodeselect.cli.app import main

__all__ = ["main"]
