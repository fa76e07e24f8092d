"""The options that several commands share, and functions that parse and check them."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nodeselect.cli.command_line import command_line
from nodeselect.cli.completion import (
    complete_files,
    complete_ids,
    complete_selector,
    complete_states,
)
from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.inputs.job_files import split_object
from nodeselect.cli.streams import QUIET, write_error_message
from nodeselect.errors import SelectorError
from nodeselect.node import count_in_states, split_state
from nodeselect.readers.detect import KNOWN_STATES
from nodeselect.render.layout import REPORT_FORMATS
from nodeselect.selectors import Selector
from nodeselect.text import join_limited, pluralize, quoted

if TYPE_CHECKING:
    from nodeselect.cli.inputs.node_files import NodeFiles
    from nodeselect.inventory import Inventory

_Command = TypeVar("_Command", bound=Callable[..., Any])


def once(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> str | None:
    """Return the value of an option; reject it if given twice: click would use the last one."""
    if len(values) > 1:
        raise click.BadParameter("given more than once", context, parameter)
    return values[0] if values else None


def single_option(*names: str, **settings: Any) -> Callable[[_Command], _Command]:
    """Add an option with a value that can be given only once; the value is None without it."""
    return click.option(*names, multiple=True, callback=once, **settings)


def split_commas(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the comma-separated values of an option, without duplicates."""
    values = [value.strip() for text in texts for value in text.split(",")]
    if not all(values):
        raise click.BadParameter("one of the values is empty", context, parameter)
    return tuple(dict.fromkeys(values))


def _parse_states(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> frozenset[str] | None:
    return frozenset(map(str.lower, split_commas(context, parameter, texts))) or None


def _set_colour(context: click.Context, parameter: click.Parameter, when: str | None) -> None:
    """Set the environment variables that decide on colours, which errors obey, too."""
    if when in ("always", "never"):
        os.environ["FORCE_COLOR"] = "1" if when == "always" else ""
        os.environ["NO_COLOR"] = "1" if when == "never" else ""


def _set_quiet(context: click.Context, parameter: click.Parameter, is_quiet: bool) -> None:
    context.meta[QUIET] = is_quiet


colour_option = click.Option(
    ["--color"], type=click.Choice(["auto", "always", "never"]), callback=_set_colour,
    expose_value=False, is_eager=True,
    help="When to use colours: by default, on a terminal, unless FORCE_COLOR or NO_COLOR is set.",
)  # fmt: skip
quiet_option = click.option(
    "-q", "--quiet", is_flag=True, callback=_set_quiet, expose_value=False, is_eager=True,
    help="Print nothing but errors; the exit status is the answer.",
)  # fmt: skip
id_option = click.option(
    "--id", "ids", metavar="ID", multiple=True, shell_complete=complete_ids,
    help="Select the node with this id. Repeatable. With --job or -l, a node must match all.",
)  # fmt: skip
# The value is the set of allowed states in lower case, or None without the option.
state_option = click.option(
    "--state", "states", metavar="STATE,…", multiple=True, callback=_parse_states,
    shell_complete=complete_states,
    help="Use only nodes in one of these states, such as connected, disconnected, lost, ready,"
    " not-ready or cordoned. Repeatable.",
)  # fmt: skip
report_option = click.option(
    "-o", "--output", type=click.Choice(REPORT_FORMATS), default="text", show_default=True,
    help="The output format.",
)  # fmt: skip


def selector_option(help: str) -> Callable[[_Command], _Command]:  # noqa: A002 - click's name for it
    """Add the option ``-l``, a selector; it can be repeated."""
    return click.option(
        "-l", "--selector", "expressions", metavar="EXPR", multiple=True, help=help,
        shell_complete=complete_selector,
    )  # fmt: skip


def job_option(
    help: str,  # noqa: A002
    *,
    required: bool = False,
    multiple: bool = False,
) -> Callable[[_Command], _Command]:
    """Add the option ``--job``, a job file; if ``multiple``, also a folder, and repeatable."""
    return click.option(
        "--job", metavar="FILE|FOLDER|-" if multiple else "FILE|-", help=help, required=required,
        multiple=True, callback=None if multiple else _one_file, shell_complete=complete_files,
    )  # fmt: skip


def _one_file(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> str | None:
    file = once(context, parameter, values)
    reject_folders(context, [file] if file is not None else [])
    return file


def reject_folders(context: click.Context, files: Sequence[str]) -> None:
    """Reject folders in place of job files."""
    for file in files:
        if os.path.isdir(file):
            raise click.UsageError(f"{quoted(file)} is a folder: give one job", context)


def check_usage(context: click.Context, mistakes: Mapping[str, bool]) -> None:
    """Reject a command line that has a mistake.

    :param mistakes: the message of each possible mistake, and whether the command line has it.
    """
    for message, is_present in mistakes.items():
        if is_present:
            raise click.UsageError(message, context)


def is_selector(word: str) -> bool:
    """Return whether an argument is a selector, and not the name of a file."""
    if os.path.lexists(word) or not {*"./#"}.isdisjoint(word) or word == "-":
        return False
    try:
        return bool(Selector.parse(word).requirements)
    except SelectorError:
        return False


def parse_selectors(expressions: Sequence[str], ids: Sequence[str] = ()) -> list[Selector]:
    """Return a selector for each expression; without expressions, one selector for the ids.

    :param ids: if there are any, each selector matches only nodes with one of these ids.
    :raises SelectorError: if an expression or an id is invalid; it names the option.
    """
    option = "--id"
    try:
        restriction = Selector.of(match_ids=ids)
        option = "-l"
        selectors = [Selector.of(match_expressions=[text]) & restriction for text in expressions]
    except SelectorError as error:
        raise error.at(option) from None
    return selectors or [restriction]


def state_messages(states: frozenset[str], counts: Counter[str | None]) -> Iterator[str]:
    """Yield how many nodes are left out by --state, and which of ``states`` may be misspelt.

    :param counts: how many nodes are in each state.
    """
    total = counts.total()
    if left_out := total - count_in_states(counts, states):
        reason = ": no node has a state" if counts[None] == total else ""
        yield f"--state leaves out {left_out:,} of {total:,} nodes{reason}"
    found = {part for state in counts if state for part in split_state(state.lower())}
    if unknown := sorted(states - KNOWN_STATES - found):
        import difflib  # loads slowly

        text = f"no node is in the state {join_limited(list(map(quoted, unknown)), 5, 'or')}"
        close = difflib.get_close_matches(unknown[0], sorted(KNOWN_STATES | found), 1)
        yield f"{text}; did you mean {quoted(close[0])}?" if close else text


def explain_hint(
    nodes_from: "NodeFiles",
    *,
    expressions: Sequence[str] = (),
    ids: Sequence[str] = (),
    job: str | None = None,
    states: frozenset[str] | None = None,
) -> str:
    """Return a message with the shell command that explains why no node matches."""

    options = {"-l": expressions, "--id": ids, "--job": [job] if job else []}
    options["-n"] = nodes_from.sources
    saved = ""
    for option, file in (("--job", "job.yaml"), ("-n", "nodes.json")):
        for source in options[option]:
            # A pipe cannot be read again: the command reads a file.
            path = split_object(source)[0]
            if not (os.path.isfile(path) or os.path.isdir(path)):
                options[option] = [file]
                saved = f"save the input as {file}, then "
    if nodes_from.id_column != "id":
        options["--id-column"] = [nodes_from.id_column]
    if states:
        options["--state"] = [",".join(sorted(states))]
    words = [word for name, values in options.items() for value in values for word in (name, value)]
    command = command_line(["explain", *words])
    return f"for details, {saved}run: {command}"


def similar_key(
    key: str, counts: Mapping[str, int], one: str = "node has", several: str = "nodes have"
) -> str:
    """Return the end of a message about an unknown key, such as ``; 3 nodes have 'region'``.

    It is empty if no key in ``counts`` is similar.

    :param counts: how many nodes have each label key.
    :param one: the words after the number 1; ``several`` those after any other number.
    """
    from nodeselect.explain.similarity import WordCounts, closest_key  # compiles patterns

    close = closest_key(key, WordCounts(counts))
    if close is None:
        return ""
    return f"; {pluralize(counts[close[1]], one, several)} {quoted(close[1])}"


def check_node(context: click.Context, inventory: "Inventory", node_id: str) -> None:
    """End the command with an error if no node has this id.

    The error names the node whose name this is, or the ids that begin with it.
    """
    if node_id not in inventory:
        write_error_message(f"error: no node has the id {quoted(node_id)}")
        if named := [node.id for node in inventory if node.name == node_id]:
            write_error_message(f"help: it is the name of the node with the id {quoted(named[0])}")
        elif begun := [each for each in inventory.ids() if each.startswith(node_id)]:
            ids = join_limited(list(map(quoted, sorted(begun))), conjunction="or")
            write_error_message(f"help: it is the beginning of {ids}")
        context.exit(ExitStatus.ERROR)
