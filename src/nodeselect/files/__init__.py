"""Streams that wait, and files that are opened, locked, and replaced as a whole."""
