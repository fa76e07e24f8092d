"""Where the nodes are: the options that say it, and how they are read."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from itertools import islice
from operator import eq, or_
from stat import S_ISFIFO, S_ISREG, S_ISSOCK
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar, cast

import click

from nodeselect.cli.completers import complete_files
from nodeselect.cli.database_addresses import (
    SCHEMES,
    database_in,
    is_address,
    is_database,
    without_password,
)
from nodeselect.cli.folders import similar_file_hint, walk
from nodeselect.cli.options import once, state_messages
from nodeselect.cli.streams import Progress, write_message
from nodeselect.errors import InventoryError
from nodeselect.node import Node, has_state
from nodeselect.readers import cannot_read, open_inputs
from nodeselect.readers.detect import SAVED_MAGIC
from nodeselect.readers.reader import InputSummary, NodeReader
from nodeselect.selectors import Selector
from nodeselect.text import join_limited, pluralize, printable

if TYPE_CHECKING:
    from nodeselect.engines.sql_nodes import SqlNodes, SqlNodeSet
    from nodeselect.inventory import Inventory, NodeSet

__all__ = [
    "NodeFiles",
    "check_address",
    "default_nodes",
    "match_any",
    "node_files",
    "nodes_option",
    "open_nodes",
    "open_queryable",
    "read_explainable",
    "read_inventory",
]

_Command = TypeVar("_Command", bound=Callable[..., Any])

_VARIABLE = "NODESELECT_NODES"

_EXTENSIONS = (
    ".json", ".yaml", ".yml", ".csv", ".tsv", ".ndjson", ".jsonl", ".parquet", ".arrow", ".feather",
)  # fmt: skip

# Of a folder with a file that has no nodes, this many files are tried to find one that has.
_MAX_TRIED = 20


class NodeFiles(NamedTuple):
    """Inputs with nodes, and how to read them.

    :param sources: files, folders, and ``-`` for standard input; or the address of a database.
    :param id_column: in a table, the name of the column that has the ids.
    :param is_verbose: whether to report what was read.
    :param is_default: whether standard input is read only because no input was given.
    """

    sources: tuple[str, ...]
    id_column: str = "id"
    is_verbose: bool = False
    is_default: bool = False

    @property
    def has_stdin(self) -> bool:
        """Whether standard input is one of the inputs."""
        return "-" in self.sources

    @property
    def is_database(self) -> bool:
        """Whether the nodes are in a database."""
        return any(map(is_database, self.sources))

    @property
    def stdin_conflict(self) -> str:
        """The error message if both the job and the nodes are to be read from standard input."""
        if self.is_default:
            give = f"give -n FILE, or set {_VARIABLE} to FILE"
            return f"where are the nodes? --job reads standard input: {give}"
        return "--job and -n cannot both read standard input"

    @property
    def name(self) -> str:
        """What messages call the inputs."""
        return join_limited(["standard input" if name == "-" else name for name in self.shown])

    @property
    def shown(self) -> tuple[str, ...]:
        """The inputs, without the password of a database."""
        return tuple(map(without_password, self.sources)) if self.is_database else self.sources

    def files(self, skipped: list[str] | None = None) -> list[str]:
        """Return the files to read: a folder is replaced by its files, a database by its file.

        :param skipped: a list to which the files in folders that are not read are added.
        :raises InventoryError: if a folder cannot be read, or has no file of nodes.
        """

        def fail(name: str, reason: str | None) -> NoReturn:
            raise cannot_read(printable(name), reason or "no reason is given")

        if self.is_database:
            from nodeselect.cli.databases import database_file

            return [file for file in map(database_file, self.sources) if file is not None]
        skipped = [] if skipped is None else skipped
        return [
            file
            for source in self.sources
            for file in walk(
                source, _EXTENSIONS, (), fail,
                compression=".gz", follows_links=True, on_skipped=skipped.append,
            )
        ]  # fmt: skip


def nodes_option(*, required: bool = True) -> Callable[[_Command], _Command]:
    """Add the options ``-n``, ``--id-column`` and ``-v``, whose value is a :class:`NodeFiles`.

    :param required: whether the command needs nodes: without ``-n``, they are those of
        :func:`default_nodes`, and if there are none, this is an error.
    """

    def parse(
        context: click.Context, parameter: click.Parameter, sources: tuple[str, ...]
    ) -> NodeFiles | None:
        if sources.count("-") > 1:
            raise click.BadParameter("standard input can be read only once", context, parameter)
        if len(sources) > 1 and any(map(is_database, sources)):
            message = "a database cannot be combined with another input"
            raise click.BadParameter(message, context, parameter)
        if sources:
            return node_files(context, *sources)
        nodes = default_nodes(context) if required else None
        if required and nodes is None:
            message = "where are the nodes? Give -n FILE, pipe them into the command, or set "
            raise click.UsageError(f"{message}{_VARIABLE} to FILE", context)
        return nodes

    nodes = click.option(
        "-n", "--nodes", "nodes_from", metavar="FILE|FOLDER|-",
        help="Read nodes from a file, from all files in a folder, or from standard input:"
        " node lists of Expanso, Kubernetes, Bacalhau, Nomad, Docker Swarm and Consul, or {id,"
        " labels}, as JSON, JSON lines or YAML; or CSV, Parquet or Arrow; also compressed by gzip;"
        " or a file of nodeselect index. Repeatable. Or from a database:"
        " duckdb:FILE?table=TABLE, sqlite:FILE?table=TABLE or"
        " postgresql://HOST/DATABASE?table=TABLE, with &labels=COLUMN, &column=KEY=COLUMN or"
        " &label-table=TABLE for the labels, and &id=COLUMN. By default, the input in"
        f" {_VARIABLE}, or standard input if it is piped.",
        multiple=True, callback=parse, shell_complete=complete_files,
    )  # fmt: skip
    # Eager, so that their values are known when that of -n is parsed.
    id_column = click.option(
        "--id-column", metavar="COLUMN", multiple=True, callback=_keep, is_eager=True,
        expose_value=False,
        help="The column of CSV, Parquet, Arrow or a database with the ids (default: id).",
    )  # fmt: skip
    verbose = click.option(
        "-v", "--verbose", is_flag=True, callback=_keep, is_eager=True, expose_value=False,
        help="Report what was read: how many nodes, of which system, in which format.",
    )  # fmt: skip
    return lambda command: nodes(id_column(verbose(command)))


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Store the value of an option in the context, where :func:`node_files` finds it."""
    context.meta[str(parameter.name)] = (
        value if isinstance(value, bool) else once(context, parameter, value)
    )


def node_files(context: click.Context, *sources: str) -> NodeFiles:
    """Return these inputs with the values of ``--id-column`` and ``-v`` of the command.

    :raises InventoryError: see :func:`check_address`.
    """
    for source in sources:
        check_address(source)
    return NodeFiles(sources, context.meta["id_column"] or "id", context.meta["verbose"])


def check_address(source: str) -> None:
    """Raise if an input looks like the address of a database, but is neither valid nor a file.

    :raises InventoryError: with the code ``invalid-address``.
    """
    is_meant = is_address(source) and not is_database(source)
    if is_meant and not os.path.lexists(source):
        message = "this is neither a file nor the address of a database"
        place = without_password(source)
        forms = SCHEMES
        scheme, _, rest = place.partition(":")
        if scheme.startswith(("postgresql+", "postgres+")):
            forms = f"postgresql:{rest}"
        if source.startswith(("postgres:", "postgresql:")) and place == source:
            database, _, table = source.partition(":")[2].partition("?")
            forms = f"postgresql://localhost/{database}?{table or 'table=TABLE'}"
        raise InventoryError("invalid-address", message, place=place, hint=f"write {forms}")


def default_nodes(context: click.Context) -> NodeFiles | None:
    """Return the input that is read without ``-n``, or None.

    It is the one in the environment variable ``NODESELECT_NODES``, or standard input if piped.
    """
    if source := os.environ.get(_VARIABLE):
        nodes = node_files(context, source)
        is_file = source != "-" and not is_database(source)
        if is_file and not os.path.exists(source):  # noqa: PTH110 - pathlib loads slowly
            message = f"the file in the environment variable {_VARIABLE} does not exist: "
            raise click.UsageError(message + printable(source), context)
        return nodes
    if _is_piped():
        return node_files(context, "-")._replace(is_default=True)
    return None


def _is_piped() -> bool:
    """Return whether standard input is a pipe or a file, and not a terminal or closed."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError):  # it is closed, or replaced by a program
        return False
    return S_ISFIFO(mode) or S_ISREG(mode) or S_ISSOCK(mode)


@contextmanager
def open_nodes(
    nodes_from: NodeFiles,
    selectors: Sequence[Selector] = (),
    states: frozenset[str] | None = None,
    *,
    parallel: bool = False,
) -> Iterator[NodeReader]:
    """Open inputs with nodes; on a terminal, show how many have been read.

    :param selectors: if there are any, the reader yields only nodes that match one of them.
    :param states: see :class:`NodeReader`; nodes in other states are yielded, too.
    :param parallel: whether a large file may be read by two processes.
    """

    def matches_any(labels: Mapping[str, str], node_id: str) -> bool:
        return any(selector.predicate(labels, node_id) for selector in selectors)

    def show_progress(reader: NodeReader) -> None:
        progress.update(f"reading {reader.name}: {reader.count:,} nodes")

    progress = Progress()
    skipped: list[str] = []
    inputs = open_inputs(nodes_from.files(skipped))
    try:
        reader = NodeReader(
            inputs,
            matches_any if len(selectors) > 1 else None,
            selector=selectors[0] if len(selectors) == 1 else None,
            ids={node_id for selector in selectors for node_id in selector.ids or ()},
            states=states,
            id_column=nodes_from.id_column,
            on_progress=show_progress,
            parallel=parallel,
        )
        yield reader
    except InventoryError as error:
        raise _with_file_hint(nodes_from, error) from None
    finally:
        inputs.close()
        progress.clear()
    if nodes_from.is_verbose:
        for each in reader.inputs:
            write_message(str(each))
        if skipped:
            names = join_limited([f"'{printable(path)}'" for path in skipped])
            write_message(f"{pluralize(len(skipped), 'other file')} not read: {names}")


def _with_file_hint(nodes_from: NodeFiles, error: InventoryError) -> InventoryError:
    """Return the error with the file that is probably meant.

    That is one like a file that does not exist; in a folder, one that has nodes.
    """
    hint = None
    missing = [each for each in nodes_from.sources if each != "-" and not os.path.lexists(each)]
    if error.code == "cannot-read" and missing:
        hint = similar_file_hint(missing[0])
    is_folder = any(map(os.path.isdir, nodes_from.sources))
    if is_folder and error.code in ("not-a-node", "unknown-shape"):
        for file in islice(nodes_from.files(), _MAX_TRIED):
            if _has_nodes(file, nodes_from.id_column):
                import shlex  # loads slowly

                example = f"-n {printable(shlex.quote(file))}"
                hint = (
                    f"a folder must have only files of nodes; give those files, such as: {example}"
                )
                break
    if hint is None:
        return error
    return InventoryError(error.code, error.message, place=error.place, hint=hint)


def _has_nodes(file: str, id_column: str) -> bool:
    """Return whether the first record of a file is a node."""
    inputs = open_inputs([file])
    try:
        return next(iter(NodeReader(inputs, id_column=id_column)), None) is not None
    except InventoryError:
        return False
    finally:
        inputs.close()


def read_inventory(
    nodes_from: NodeFiles,
    states: frozenset[str] | None = None,
    excluded: dict[str, str | None] | None = None,
) -> "Inventory":
    """Read nodes into an inventory.

    :param states: the states that a node may be in; None allows all nodes.
    :param excluded: a dict to which the ids and states of all other nodes are added.
    :raises InventoryError: if an input is invalid.
    """
    from nodeselect.inventory import Inventory  # imports pyroaring

    excluded = {} if excluded is None else excluded
    queryable = open_queryable(nodes_from)
    if isinstance(queryable, Inventory):
        return _only_in_states(queryable, states, excluded)
    if queryable is not None:
        return _only_in_states(Inventory(queryable), states, excluded)

    def nodes_in_states(reader: NodeReader) -> Iterator[Node]:
        for node in reader:
            if has_state(node.state, states or ()):
                yield node
            else:
                excluded[node.id] = node.state

    with open_nodes(nodes_from, states=states) as reader:
        if states is None:
            return Inventory.read(reader)
        inventory = Inventory(nodes_in_states(reader))
    for line in state_messages(states, reader.states):
        write_message(line)
    return inventory


def read_explainable(
    nodes_from: NodeFiles, states: frozenset[str] | None, selectors: Iterable[Selector]
) -> "tuple[Inventory | SqlNodes, dict[str, str | None], Counter[str | None]]":
    """Return the nodes in ``states`` to explain selectors over, and what was left out.

    The first result has the nodes: an inventory, or a database, which is not read but queried. The
    second has the state of each node that is left out, by id; of a database, only of the ids that
    ``selectors`` name. The third has how many nodes are left out in each state.

    :raises InventoryError: if an input is invalid.
    """
    excluded: dict[str, str | None] = {}
    if not nodes_from.is_database:
        inventory = read_inventory(nodes_from, states, excluded)
        return inventory, excluded, Counter(excluded.values())
    nodes = cast("SqlNodes", open_queryable(nodes_from))
    if states is None:
        return nodes, excluded, Counter()
    counts = Counter(nodes.match(Selector.everything()).state_counts())
    for line in state_messages(states, counts):
        write_message(line)
    for selector in selectors:
        if selector.ids:
            named = nodes.match(Selector.of(match_ids=selector.ids))
            excluded |= {each.id: each.state for each in named if not has_state(each.state, states)}
    left_out = {state: n for state, n in counts.items() if not has_state(state, states)}
    return nodes.in_states(states), excluded, Counter(left_out)


def match_any(
    inventory: "Inventory | SqlNodes", selectors: Iterable[Selector]
) -> "NodeSet | SqlNodeSet":
    """Return the nodes that match any of one or more selectors."""
    sets: Any = map(inventory.match, selectors)
    return reduce(or_, sets)  # type: ignore[no-any-return]


def open_queryable(nodes_from: NodeFiles) -> "Inventory | SqlNodes | None":
    """Open a saved inventory or a database, if the input is one; otherwise return None.

    If the result is None, nothing of the input has been consumed.

    :raises InventoryError: if it is damaged, or cannot be reached.
    """
    if nodes_from.is_database:
        from nodeselect.cli.databases import open_database

        nodes = open_database(nodes_from.sources[0], nodes_from.id_column)
        if nodes_from.is_verbose:
            write_message(str(InputSummary(nodes_from.name, len(nodes), "", "database")))
        return nodes
    if len(nodes_from.sources) != 1 or not _is_saved(nodes_from.sources[0]):
        return None
    from nodeselect.inventory import Inventory  # imports pyroaring

    source = sys.stdin.buffer if nodes_from.has_stdin else nodes_from.sources[0]
    inventory = Inventory.open(source, compact_at=None)
    if nodes_from.is_verbose:
        summary = InputSummary(nodes_from.name, len(inventory), "", "saved inventory")
        write_message(str(summary))
    return inventory


def _is_saved(source: str) -> bool:
    try:
        if source == "-":
            peek = getattr(getattr(sys.stdin, "buffer", None), "peek", None)
            # No text begins with this byte; a pipe may not have more yet.
            return peek is not None and peek(1)[:1] == SAVED_MAGIC[:1]
        if not os.path.isfile(source):  # noqa: PTH113 - pathlib loads slowly
            return False  # what a pipe has can be read only once
        with open(source, "rb") as file:  # noqa: PTH123
            start = file.read(16)
    except OSError:  # the reader of nodes reports it
        return False
    if scheme := database_in(start):
        message = "the file is a database, and needs its scheme"
        hint = f"write: {scheme}:{printable(source)}"
        raise InventoryError("database", message, place=printable(source), hint=hint)
    start = start[: len(SAVED_MAGIC)]
    # If one byte is wrong, it is damaged: opening it says that it is not a saved inventory.
    is_damaged = sum(map(eq, start, SAVED_MAGIC)) == len(SAVED_MAGIC) - 1
    return is_damaged or (bool(start) and SAVED_MAGIC.startswith(start))


def _only_in_states(
    inventory: "Inventory", states: frozenset[str] | None, excluded: dict[str, str | None]
) -> "Inventory":
    """Remove the nodes that are in none of ``states``, and add them to ``excluded``."""
    if states is not None:
        everything = inventory.match(Selector.everything())
        excluded |= {node.id: node.state for node in everything - everything.in_states(states)}
        inventory.apply(list(excluded))
        for line in state_messages(states, Counter(everything.state_counts())):
            write_message(line)
    return inventory
