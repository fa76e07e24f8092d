"""The options that several commands share, and what they are parsed into."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from nodeselect.cli.job_files import job_name, read_bytes
from nodeselect.cli.streams import Progress, write_message
from nodeselect.errors import SelectorError
from nodeselect.inventory import Inventory
from nodeselect.node import Node
from nodeselect.readers import open_input
from nodeselect.readers.reader import NodeReader
from nodeselect.render.layout import REPORT_FORMATS
from nodeselect.selectors import Selector
from nodeselect.text import printable

__all__ = [
    "check_usage",
    "explain_hint",
    "has_state",
    "id_option",
    "job_option",
    "job_selector",
    "nodes_option",
    "once",
    "open_nodes",
    "parse_selectors",
    "read_inventory",
    "report_option",
    "selector_option",
    "split_commas",
    "state_option",
    "warn_if_everything",
]

_Command = TypeVar("_Command", bound=Callable[..., Any])


def once(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> str | None:
    """Reject an option that is given twice, of which click would silently use the last."""
    if len(values) > 1:
        raise click.BadParameter("given more than once", context, parameter)
    return values[0] if values else None


def split_commas(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the comma-separated values of an option, without duplicates."""
    values = [value.strip() for text in texts for value in text.split(",")]
    if not all(values):
        raise click.BadParameter("empty value", context, parameter)
    return tuple(dict.fromkeys(values))


def _parse_states(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> frozenset[str] | None:
    values = split_commas(context, parameter, texts)
    return frozenset(map(str.lower, values)) if values else None


id_option = click.option(
    "--id", "ids", metavar="ID", multiple=True,
    help="Select the node with this id. Repeatable: any of them. With -l, both must match.",
)  # fmt: skip
# The allowed states in lower case; None if it is not given.
state_option = click.option(
    "--state", "states", metavar="STATE,…", multiple=True, callback=_parse_states,
    help="Use only nodes in one of these states: connected, disconnected, lost, ready,"
    " not-ready, cordoned, … Repeatable.",
)  # fmt: skip
report_option = click.option(
    "-o", "--output", type=click.Choice(REPORT_FORMATS), default="text", show_default=True,
    help="The output format.",
)  # fmt: skip


def nodes_option(*, required: bool = True) -> Callable[[_Command], _Command]:
    """Add ``-n``, the input with the nodes."""
    return click.option(
        "-n", "--nodes", "nodes_from", metavar="FILE|-",
        help="Read nodes from a file, or - for standard input: node lists of Expanso, Kubernetes,"
        " Bacalhau and Nomad, or {id, labels}, as JSON, YAML or JSON lines; or CSV with an id"
        " column.",
        required=required, multiple=True, callback=once,
    )  # fmt: skip


def selector_option(help: str) -> Callable[[_Command], _Command]:  # noqa: A002 - click's name for it
    """Add ``-l``, a selector; repeatable."""
    return click.option("-l", "--selector", "expressions", metavar="EXPR", multiple=True, help=help)


def job_option(
    help: str,  # noqa: A002
    *,
    required: bool = False,
    multiple: bool = False,
) -> Callable[[_Command], _Command]:
    """Add ``--job``, a job file; if ``multiple``, also a folder, and repeatable."""
    return click.option(
        "--job", metavar="FILE|FOLDER|-" if multiple else "FILE|-", help=help, required=required,
        multiple=True, callback=None if multiple else once,
    )  # fmt: skip


def has_state(node: Node, states: frozenset[str] | None) -> bool:
    """Return whether a node is in one of ``states``; None allows every node."""
    return states is None or (node.state or "").lower() in states


def check_usage(context: click.Context, mistakes: Mapping[str, bool]) -> None:
    """Reject a command line that makes one of ``mistakes``.

    :param mistakes: messages, and whether each of them is true.
    """
    for message, is_made in mistakes.items():
        if is_made:
            raise click.UsageError(message, context)


def parse_selectors(expressions: Sequence[str], ids: Sequence[str] = ()) -> list[Selector]:
    """Return the selector of each expression, restricted to ``ids``.

    :raises SelectorError: if any of them is invalid, with the option as its place.
    """
    option = "--id"
    try:
        restriction = Selector.of(match_ids=ids)
        option = "-l"
        selectors = [Selector.of(match_expressions=[text]) & restriction for text in expressions]
    except SelectorError as error:
        raise error.at(option) from None
    return selectors or [restriction]


def job_selector(job: str) -> Selector:
    """Return the selector of a job file; ``-`` is standard input.

    :raises JobError: if the job is invalid in any way.
    """
    from nodeselect.jobs import read_job_selector  # loads YAML

    return read_job_selector(read_bytes(job), job_name(job))


def warn_if_everything(job: str, selector: Selector) -> None:
    """Report a job that selects every node because its selector is empty."""
    if selector == Selector.everything():
        name = printable(job_name(job))
        write_message(f"{name}: the selector is empty: this job selects EVERY node")


@contextmanager
def open_nodes(
    source: str, selectors: Sequence[Selector] = (), *, parallel: bool = False
) -> Iterator[NodeReader]:
    """Open an input of nodes; on a terminal, show the progress of reading it.

    :param selectors: if there are any, only nodes that match one of them are read.
    :param parallel: whether a large file may be read by two processes.
    """

    def matches_any(labels: Mapping[str, str], node_id: str) -> bool:
        return any(selector.matches(labels, node_id) for selector in selectors)

    progress = Progress()
    with open_input(source) as (stream, name):
        try:
            yield NodeReader(
                stream,
                matches_any if len(selectors) > 1 else None,
                selector=selectors[0] if len(selectors) == 1 else None,
                ids={node_id for selector in selectors for node_id in selector.ids or ()},
                name=name,
                on_progress=lambda reader: progress.update(
                    f"reading {name}: {reader.count:,} nodes"
                ),
                parallel=parallel,
            )
        finally:
            progress.clear()


def read_inventory(
    source: str,
    states: frozenset[str] | None = None,
    excluded: dict[str, str | None] | None = None,
) -> Inventory:
    """Read the nodes that are in one of ``states``, or all nodes if that is None.

    :param excluded: receives the ids of the other nodes and their states.
    :raises InventoryError: if anything is wrong with the input.
    """
    excluded = {} if excluded is None else excluded

    def nodes_in_states(reader: NodeReader) -> Iterator[Node]:
        for node in reader:
            if has_state(node, states):
                yield node
            else:
                excluded[node.id] = node.state

    with open_nodes(source) as reader:
        if states is None:
            return Inventory.read(reader)
        inventory = Inventory(nodes_in_states(reader))
    if excluded:
        write_message(f"{len(excluded):,} of {reader.count:,} nodes are in other states (--state)")
    return inventory


def explain_hint(
    nodes_from: str,
    *,
    expressions: Sequence[str] = (),
    ids: Sequence[str] = (),
    job: str | None = None,
    states: frozenset[str] | None = None,
) -> str:
    """Return the command that explains a result, ready to be pasted into a shell."""
    import shlex  # loads slowly, and is only needed if no node matches

    options = {"-l": expressions, "--id": ids, "--job": [job] if job else [], "-n": [nodes_from]}
    saved = ""
    for option, file in (("--job", "job.yaml"), ("-n", "nodes.json")):
        # A pipe cannot be read a second time. (pathlib loads slowly.)
        if options[option] and not os.path.isfile(options[option][0]):  # noqa: PTH113
            options[option] = [file]
            saved = f"save the input as {file}, then "
    if states:
        options["--state"] = [",".join(sorted(states))]
    words = [word for name, values in options.items() for value in values for word in (name, value)]
    command = printable(shlex.join(["nodeselect", "explain", *words]))
    return f"for details, {saved}run: {command}"
