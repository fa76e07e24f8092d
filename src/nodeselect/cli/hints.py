"""Hints and error messages that several commands share."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from nodeselect.cli.inputs.files import split_object
from nodeselect.cli.inputs.nodes import NodeFiles
from nodeselect.cli.streams import ExitStatus, write_error_message
from nodeselect.selectors import Selector
from nodeselect.text import pluralize, printable, quoted, quoted_id

if TYPE_CHECKING:
    from nodeselect.inventory import Inventory


def command_line(words: Iterable[str]) -> str:
    """Return the shell command that runs nodeselect with the arguments ``words``."""
    import shlex  # loads slowly

    return printable(shlex.join(["nodeselect", *words]))


def explain_hint(
    nodes_from: NodeFiles,
    *,
    expressions: Sequence[str] = (),
    ids: Sequence[str] = (),
    job: str | None = None,
    states: frozenset[str] | None = None,
) -> str:
    """Return a message with the command ``nodeselect explain`` for these inputs and selectors."""
    on_one_line = [" ".join(text.split()) for text in expressions]
    options = {"-l": on_one_line, "--id": ids, "--job": [job] if job else []}
    options["-n"] = nodes_from.sources
    saved = ""
    for option, file in (("--job", "job.yaml"), ("-n", "nodes.json")):
        for source in options[option]:
            # A pipe cannot be read again: the command reads a file.
            path = split_object(source)[0]
            if not (os.path.isfile(path) or os.path.isdir(path)):
                options[option] = [file]
                saved = f"save the input as {file}, then "
    if nodes_from.id_column:
        options["--id-column"] = [nodes_from.id_column]
    if states:
        options["--state"] = [",".join(sorted(states))]
    words = [word for name, values in options.items() for value in values for word in (name, value)]
    return f"for details, {saved}run: {command_line(['explain', *words])}"


def similar_key(key: str, counts: Mapping[str, int]) -> str:
    """Return the end of a message about an unknown key, such as ``; 3 nodes have 'region'``.

    Return an empty text if no key in ``counts`` (how many nodes have each key) is similar.
    """
    from nodeselect.similarity import WordCounts, closest_key  # compiles patterns

    close = closest_key(key, WordCounts(counts))
    if close is None:
        return ""
    return f"; {pluralize(counts[close[1]], 'node has', 'nodes have')} {quoted(close[1])}"


def check_node(inventory: "Inventory", node_id: str) -> None:
    """End the command with an error if no node has this id; the message has a hint if any."""
    if node_id not in inventory:
        hints = inventory.explain(Selector.of(match_ids=[node_id])).hints
        message = hints[0].message if hints else f"no node has the id {quoted_id(node_id)}"
        write_error_message(f"error: {message}")
        raise click.exceptions.Exit(ExitStatus.ERROR)
