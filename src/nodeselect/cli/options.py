"""The options that several commands share, and what they are parsed into."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, TypeVar

import click

from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.job_files import job_name, read_bytes
from nodeselect.cli.progress import ReadProgress
from nodeselect.cli.streams import write_error, write_message
from nodeselect.errors import SelectorError
from nodeselect.explain.wording import available_states
from nodeselect.inventory import Inventory
from nodeselect.node import Node
from nodeselect.readers import open_input
from nodeselect.readers.detect import KNOWN_STATES
from nodeselect.readers.reader import NodeReader
from nodeselect.render.layout import REPORT_FORMATS
from nodeselect.selectors import Selector
from nodeselect.text import printable, quoted

__all__ = [
    "all_option",
    "check_report_options",
    "check_states",
    "explain_hint",
    "has_state",
    "id_option",
    "job_option",
    "job_selector",
    "matches_any",
    "nodes_option",
    "once",
    "open_nodes",
    "parse_selectors",
    "read_inventory",
    "report_options",
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


def id_option() -> Callable[[_Command], _Command]:
    """Add ``--id``, a node id; repeatable."""
    return click.option(
        "--id", "ids", metavar="ID", multiple=True,
        help="Select the node with this id. Repeatable: any of them. With -l, both must match.",
    )  # fmt: skip


def all_option(help: str) -> Callable[[_Command], _Command]:  # noqa: A002
    """Add ``--all``: every node is selected only on request."""
    return click.option("--all", "everything", is_flag=True, help=help)


def state_option() -> Callable[[_Command], _Command]:
    """Add ``--state``, the allowed states of nodes in lower case; None if it is not given."""
    return click.option(
        "--state", "states", metavar="STATE,…", multiple=True, callback=_parse_states,
        help="Use only nodes in one of these states: connected, disconnected, lost, ready,"
        " not-ready, cordoned, … Repeatable.",
    )  # fmt: skip


def report_options(command: _Command) -> _Command:
    """Add ``-o`` and ``--ascii``, which all reports have."""
    command = click.option("--ascii", "ascii_only", is_flag=True, help="Print ASCII only.")(command)
    return click.option(
        "-o", "--output", type=click.Choice(REPORT_FORMATS), default="text", show_default=True,
        help="The output format.",
    )(command)  # fmt: skip


def check_report_options(context: click.Context, output: str, ascii_only: bool) -> None:
    """Reject ``--ascii`` for a format that is always, or never, ASCII."""
    if ascii_only and output != "text":
        raise click.UsageError(f"--ascii needs -o text, not {output}", context)


def has_state(node: Node, states: frozenset[str] | None) -> bool:
    """Return whether a node is in one of ``states``; None allows every node."""
    return states is None or (node.state or "").lower() in states


def check_states(states: frozenset[str] | None, counts: Mapping[str | None, int]) -> None:
    """Reject states that are neither well-known nor the state of any node: they are typos.

    :param counts: the number of nodes in each state; if there are no nodes, nothing is rejected.
    :raises click.UsageError: if there is such a state.
    """
    existing = {state.lower() for state in counts if state}
    unknown = sorted((states or frozenset()) - KNOWN_STATES - existing)
    if not unknown or not counts:
        return
    import difflib  # only needed for a typo

    close = difflib.get_close_matches(unknown[0][:60], sorted(existing | KNOWN_STATES), 1)
    hint = f"\n  did you mean {quoted(close[0])}?" if close else ""
    text = " or ".join(map(quoted, unknown))
    raise click.UsageError(f"no node is in the state {text}: {available_states(counts)}{hint}")


def parse_selectors(
    context: click.Context, expressions: Sequence[str], ids: Sequence[str] = ()
) -> list[Selector]:
    """Return the selector of each expression, restricted to ``ids``.

    If any of them is invalid, report all errors and exit.
    """
    restriction, selectors, is_valid = Selector.everything(), [], True
    try:
        restriction = Selector.of(match_ids=ids)
    except SelectorError as error:
        write_error(error.at("--id"))
        is_valid = False
    for expression in expressions:
        try:
            selectors.append(Selector.of(match_expressions=[expression]) & restriction)
        except SelectorError as error:
            write_error(error.at("-l"))
            is_valid = False
    if not is_valid:
        context.exit(ExitStatus.ERROR)
    return selectors or [restriction]


def matches_any(selectors: Sequence[Selector], labels: Mapping[str, str], node_id: str) -> bool:
    """Return whether any of the selectors matches a node."""
    return any(selector.matches(labels, node_id) for selector in selectors)


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
def open_nodes(source: str) -> Iterator[tuple[BinaryIO, str, ReadProgress | None]]:
    """Open an input of nodes; on a terminal, show the progress of reading it."""
    with open_input(source) as (stream, name):
        progress = ReadProgress(stream, name) if sys.stderr.isatty() else None
        try:
            yield stream, name, progress
        finally:
            if progress is not None:
                progress.clear()


def read_inventory(
    source: str,
    states: frozenset[str] | None = None,
    excluded: dict[str, str | None] | None = None,
) -> Inventory:
    """Read the nodes that are in one of ``states``, or all nodes if that is None.

    :param excluded: receives the ids of the other nodes and their states.
    :raises InventoryError: if anything is wrong with the input.
    :raises click.UsageError: if a state is neither well-known nor the state of any node.
    """
    excluded = {} if excluded is None else excluded
    with open_nodes(source) as (stream, name, progress):
        reader = NodeReader(stream, name=name, on_progress=progress)
        if states is None:
            return Inventory.read(reader)
        inventory = Inventory(_nodes_in_states(reader, states, excluded))
    check_states(states, Counter([*excluded.values(), *(node.state for node in inventory)]))
    if excluded:
        write_message(f"{len(excluded):,} of {reader.count:,} nodes are in other states (--state)")
    return inventory


def _nodes_in_states(
    reader: NodeReader, states: frozenset[str], excluded: dict[str, str | None]
) -> Iterator[Node]:
    for node in reader:
        if has_state(node, states):
            yield node
        else:
            excluded[node.id] = node.state


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

    saved = []  # a pipe cannot be read a second time
    if not os.path.isfile(nodes_from):  # noqa: PTH113 - pathlib loads slowly
        nodes_from = "nodes.json"
        saved.append("the nodes to nodes.json")
    if job is not None and not os.path.isfile(job):  # noqa: PTH113
        job = "job.yaml"
        saved.append("the job to job.yaml")
    command = ["nodeselect", "explain"]
    options = {"-l": expressions, "--id": ids, "--job": [job] if job else []}
    options["--state"] = [",".join(sorted(states))] if states else []
    command += [
        text for name, values in options.items() for value in values for text in (name, value)
    ]
    first = f"save {' and '.join(saved)}, then run" if saved else "run"
    return f"for details, {first}: {printable(shlex.join([*command, '-n', nodes_from]))}"
