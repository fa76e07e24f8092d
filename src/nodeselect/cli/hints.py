"""Shell commands of nodeselect, for hints in messages."""

import os
from collections.abc import Iterable, Sequence

from nodeselect.cli.inputs.files import split_object
from nodeselect.cli.inputs.nodes import NodeFiles
from nodeselect.text import printable


def command_line(words: Iterable[str], program: str = "nodeselect") -> str:
    """Return the shell command that runs nodeselect with the arguments ``words``."""
    import shlex  # loads slowly

    return printable(f"{program} {shlex.join(words)}")


def explain_hint(
    nodes_from: NodeFiles,
    *,
    expressions: Sequence[str] = (),
    ids: Sequence[str] = (),
    job: str | None = None,
    states: frozenset[str] | None = None,
    pods: str | None = None,
    only_labels: bool = False,
) -> str:
    """Return a message with the command ``nodeselect explain`` for these inputs and selectors."""
    on_one_line = [" ".join(text.split()) for text in expressions]
    options = {"-l": on_one_line, "--id": ids, "--job": [job] if job else []}
    options["-n"] = nodes_from.sources
    options["--pods"] = [pods] if pods else []
    saved = ""
    for option, file in (("--job", "job.yaml"), ("-n", "nodes.json"), ("--pods", "pods.json")):
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
    words += ["--only-labels"] if only_labels else []
    program = "nodeselect" if nodes_from.cluster is None else "kubectl nodeselect"
    command = command_line(["explain", *words, *(nodes_from.cluster or ())], program)
    return f"for details, {saved}run: {command}"
