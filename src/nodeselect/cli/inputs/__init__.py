"""Nodes and jobs from the arguments of a command."""
