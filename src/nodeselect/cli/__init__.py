"""The command line: parses options, calls the library and prints what ``render`` lays out."""

from nodeselect.cli.app import main

__all__ = ["main"]
