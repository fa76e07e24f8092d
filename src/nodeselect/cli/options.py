"""The options that several commands share, and the selectors that they say."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import click

from nodeselect.cli.job_files import job_name, read_bytes
from nodeselect.cli.progress import ReadProgress
from nodeselect.cli.streams import write_error, write_message
from nodeselect.errors import SelectorError
from nodeselect.explain.wording import states_there_are
from nodeselect.inventory import Inventory
from nodeselect.node import Node
from nodeselect.readers import open_input
from nodeselect.readers.reader import KNOWN_STATES, NodeReader
from nodeselect.selectors import Selector
from nodeselect.text import printable, quoted

__all__ = [
    "all_option",
    "id_option",
    "in_states",
    "is_in",
    "job_option",
    "job_selector",
    "nodes_option",
    "once",
    "other_states",
    "parted",
    "read_inventory",
    "refuse_states",
    "say_empty",
    "selector_option",
    "selectors_of",
    "state_option",
    "states_of",
    "unknown_states",
]

_Command = TypeVar("_Command", bound=Callable[..., Any])


def once(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> str | None:
    """Refuse an option that is given again: which of the two counts would not be seen."""
    if len(values) > 1:
        raise click.BadParameter("given more than once", context, parameter)
    return values[0] if values else None


def nodes_option(*, several: bool = False) -> Callable[[_Command], _Command]:
    """Add ``-n``, where nodes come from: always, and once if not ``several``."""
    return click.option(
        "-n", "--nodes", "nodes_from", metavar="FILE|-",
        help="Read nodes from a file, or - for standard input: node lists of Expanso, Kubernetes,"
        " Bacalhau and Nomad, {id, labels}, in JSON, YAML or JSON lines, or CSV with a column id.",
        required=True, multiple=True, callback=None if several else once,
    )  # fmt: skip


def selector_option(help: str) -> Callable[[_Command], _Command]:  # noqa: A002 - click's name for it
    """Add ``-l``, a selector, to be given several times."""
    return click.option("-l", "--selector", "expressions", metavar="EXPR", multiple=True, help=help)


def job_option(
    help: str,  # noqa: A002
    *,
    metavar: str = "FILE|-",
    several: bool = False,
) -> Callable[[_Command], _Command]:
    """Add ``--job``, a job file: once if not ``several``."""
    return click.option(
        "--job", metavar=metavar, help=help, multiple=True, callback=None if several else once
    )


def id_option(help: str) -> Callable[[_Command], _Command]:  # noqa: A002
    """Add ``--id``, the id of a node, to be given several times."""
    return click.option("--id", "ids", metavar="ID", multiple=True, help=help)


def all_option(help: str) -> Callable[[_Command], _Command]:  # noqa: A002
    """Add ``--all``, the only way to say every node."""
    return click.option("--all", "everything", is_flag=True, help=help)


def state_option(help: str) -> Callable[[_Command], _Command]:  # noqa: A002
    """Add ``--state``, states of nodes."""
    return click.option("--state", "states", metavar="STATE,…", multiple=True, help=help)


def states_of(context: click.Context, states: tuple[str, ...]) -> frozenset[str] | None:
    """Give the states that ``--state`` names, in lower case; None where it is not given."""
    named = parted(context, "--state", states)
    return frozenset(map(str.lower, named)) if states else None


def unknown_states(states: frozenset[str] | None) -> frozenset[str]:
    """Give those of ``states`` that are right only where some node is in them."""
    return (states or frozenset()) - KNOWN_STATES


def refuse_states(unknown: frozenset[str], states: Mapping[str | None, int]) -> None:
    """Refuse states that no node is in, as slips; where there is no node none is known to be one.

    :param states: how many nodes are in each state.
    :raises click.UsageError: when there is such a state.
    """
    there = {state.lower() for state in states if state}
    if not states or not (wrong := sorted(unknown - there)):
        return
    import difflib  # with the first slip

    close = difflib.get_close_matches(wrong[0][:60], sorted(there | KNOWN_STATES), 1)
    hint = f"\n  did you mean {quoted(close[0])}?" if close else ""
    asked = " or ".join(map(quoted, wrong))
    raise click.UsageError(f"no node is in the state {asked}: {states_there_are(states)}{hint}")


def parted(context: click.Context, option: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Give the pieces of texts that are parted by commas, each once."""
    pieces = [piece.strip() for text in texts for piece in text.split(",")]
    if not all(pieces):
        raise click.UsageError(f"{option} holds an empty piece", context)
    return tuple(dict.fromkeys(pieces))


def selectors_of(expressions: Sequence[str], ids: Sequence[str]) -> list[Selector] | None:
    """Make a selector of each expression and the ids, or say everything that is wrong."""
    chosen, selectors, wrong = Selector.everything(), [], False
    try:
        chosen = Selector.of(match_ids=ids)
    except SelectorError as error:
        write_error(error.at("--id"))
        wrong = True
    for expression in expressions:
        try:
            selectors.append(Selector.of(match_expressions=[expression]) & chosen)
        except SelectorError as error:
            write_error(error.at("-l"))
            wrong = True
    return None if wrong else selectors or [chosen]


def job_selector(job: str) -> Selector:
    """Read the selector of a job file; ``-`` is standard input.

    :raises JobError: with everything that is wrong with it.
    """
    from nodeselect.jobs import read_job_selector  # YAML: loaded where a job is read

    return read_job_selector(read_bytes(job), job_name(job))


def say_empty(job: str, selector: Selector) -> None:
    """Point out a job whose selector is empty."""
    if selector == Selector.everything():
        name = printable(job_name(job))
        write_message(f"{name}: the selector is empty: this job takes EVERY node")


def read_inventory(
    source: str, states: frozenset[str] | None, left_out: dict[str, str | None] | None = None
) -> Inventory:
    """Read all nodes; keep those in one of ``states``, or all where that is None.

    :param left_out: takes the ids of the others, and their states.
    :raises InventoryError: when anything is wrong with the input.
    :raises click.UsageError: when a state is neither known nor that of any node.
    """
    with open_input(source) as (stream, name):
        progress = ReadProgress(stream, name)
        reader = NodeReader(stream, name=name, on_progress=progress)
        others = {} if left_out is None else left_out
        try:
            inventory = (
                Inventory.read(reader)
                if states is None
                else Inventory(in_states(reader, states, others))
            )
        finally:
            progress.clear()
    if unknown := unknown_states(states):
        refuse_states(unknown, Counter([*others.values(), *(node.state for node in inventory)]))
    if others:
        write_message(other_states(len(others), reader.count))
    return inventory


def is_in(node: Node, states: frozenset[str] | None) -> bool:
    """Say whether a node is in one of ``states``; None are all, with none at all."""
    return states is None or (node.state or "").lower() in states


def in_states(
    nodes: Iterable[Node], states: frozenset[str] | None, left_out: dict[str, str | None]
) -> Iterator[Node]:
    """Give the nodes in one of ``states``, and put down the ids and states of the others."""
    for node in nodes:
        if is_in(node, states):
            yield node
        else:
            left_out[node.id] = node.state


def other_states(left_out: int, total: int) -> str:
    """Say how many nodes were not looked at for their state."""
    if total == 1:
        return "the only node is in another state: it is left out"
    return f"{left_out:,} of {total:,} nodes are in other states: they are left out"
