"""The inputs with the nodes of a command: read one by one, or into an inventory."""

import os
import re
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import chain, islice
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import click

from nodeselect.cli.inputs.files import similar_file_hint, walk
from nodeselect.cli.streams import is_quiet, progress, write_message
from nodeselect.errors import InventoryError
from nodeselect.explain.explanation import named_ids
from nodeselect.explain.wording import format_state_counts
from nodeselect.files.inputs import open_inputs
from nodeselect.node import Node, count_in_states, split_state
from nodeselect.placement import Placement
from nodeselect.problem import Fix
from nodeselect.readers.columnar import require_read
from nodeselect.readers.detect import KNOWN_STATES, is_saved
from nodeselect.readers.reader import NodeReader
from nodeselect.selectors import AnyOf, Selector
from nodeselect.text import join_limited, pluralize, printable, quoted, quoted_id

if TYPE_CHECKING:
    from nodeselect.inventory import Inventory, NodeSet

# The address of a database: its program, and its file unless it is PostgreSQL.
_ADDRESS = r"(postgres|duckdb|sqlite)(?:ql)?:(?:///?)?(.*)"

# The user in an address, and the password, which is not shown.
_HIDDEN = r"//([^:/@\s]*):(?:[^/@\s]|/(?!/))*@"

# What writes the nodes of a database as JSON objects: a program, and how it writes an object if the
# labels are in one column, and if each has a column.
_PROGRAMS = {
    "postgres": (
        "psql {} -AtqX -c",
        "json_build_object('id', id, 'labels', labels, 'state', state)",
        (
            "json_build_object('id', id, 'labels', (SELECT jsonb_object_agg(key, value)"
            " FROM jsonb_each_text(to_jsonb(nodes)) WHERE value IS NOT NULL)) FROM nodes"
        ),
    ),
    "duckdb": (
        "duckdb -readonly -noheader -list {}",
        "to_json({id: id, labels: labels, state: state})",
        (
            "to_json({id: id, labels: json_merge_patch('{}', to_json(texts))})"
            " FROM (SELECT COLUMNS(*)::VARCHAR FROM nodes) AS texts"
        ),
    ),
    "sqlite": (
        "sqlite3 -readonly {}",
        "json_object('id', id, 'labels', json(labels), 'state', state)",
        (
            "json_object('id', id, 'labels', json_patch('{}', json_object('region', region)))"
            " FROM nodes"
        ),
    ),
}

NO_TABLE = "--id-column is the name of a column: give CSV or Parquet with -n"
"""The message if ``--id-column`` would have no effect."""

VARIABLE = "NODESELECT_NODES"
"""The environment variable with the input that is read without ``-n``."""

KUBECTL_OPTIONS = "nodeselect.kubectl_options"
"""The key in ``click.Context.meta`` for the options of kubectl by name, if the cluster is read."""

_EXTENSIONS = (".json", ".yaml", ".yml", ".csv", ".tsv", ".ndjson", ".jsonl", ".parquet")


class NodeFiles(NamedTuple):
    """Inputs with nodes, and how to read them.

    :param sources: files, folders, and ``-`` for standard input.
    :param id_column: the name of the id column in CSV and Parquet; None for ``id``.
    :param cluster: if there are no sources but a cluster: options of kubectl, as ``--context=a``.
    """

    sources: tuple[str, ...]
    id_column: str | None = None
    cluster: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """The name of the inputs in messages, such as ``a.json and standard input``."""
        if self.cluster is not None:
            return " ".join(["the cluster", *self.cluster])
        return join_limited(["standard input" if name == "-" else name for name in self.sources])

    def files(self, skipped: list[str] | None = None) -> list[str]:
        """Return the files to read: ``sources``, with the files in a folder instead of the folder.

        :param skipped: a list to which files in folders with other extensions are added.
        :raises InventoryError: if a folder cannot be read, or has no file to read.
        """
        skipped = [] if skipped is None else skipped
        return [
            file
            for source in self.sources
            for file in walk(
                source, _EXTENSIONS,
                compression=".gz", follows_links=True, on_skipped=skipped.append,
            )
        ]  # fmt: skip


class _Reading:
    """Shows how far the inputs of a reader are read."""

    def each(
        self, inputs: Generator[tuple[BinaryIO, str], None, None]
    ) -> Generator[tuple[BinaryIO, str], None, None]:
        """Yield the inputs, and close them; what is shown is cleared after the last one."""
        with progress() as self._show, closing(inputs):
            for self._stream, name in inputs:
                yield self._stream, name

    def show(self, reader: NodeReader) -> None:
        """Show how many nodes are read, and of a file, how much of it."""
        share = ""
        with suppress(OSError, ValueError, ZeroDivisionError):  # not a regular file
            size = os.fstat(self._stream.fileno()).st_size
            share = f", {self._stream.tell() * 100 // size} % of the file"
        self._show(f"reading {reader.name}: {pluralize(reader.count, 'node')}{share}")


@contextmanager
def open_nodes(
    nodes_from: NodeFiles,
    asked: Selector | AnyOf | Placement | None = None,
    *,
    counts_states: bool = False,
    shown_keys: Iterable[str] = (),
) -> "Iterator[NodeReader | Inventory]":
    """Open inputs with nodes: as a reader; or as an inventory, if the only input is a saved one.

    :param asked: if this is a selector, the reader yields only nodes that match it; if it is a
        placement, the nodes are read into an inventory.
    :param counts_states: see :class:`NodeReader`.
    :param shown_keys: the keys of labels to print; an error if the column of one is not read.
    """
    selector = None if isinstance(asked, Placement) else asked
    skipped: list[str] = []
    files = nodes_from.files(skipped)
    opened = open_inputs(files)
    if nodes_from.cluster is not None:
        from nodeselect.cli.inputs.cluster import list_pages  # imports subprocess

        opened = list_pages("Node", nodes_from.cluster)
    reading = _Reading()
    inputs = reading.each(opened)
    try:
        pairs = list(islice(inputs, len(files) == 1))
        if pairs and is_saved(pairs[0][0]):
            from nodeselect.inventory import Inventory  # imports pyroaring

            if nodes_from.id_column:
                raise click.UsageError(NO_TABLE)
            yield Inventory.open(pairs[0][0], compact_at=None)
            return
        reader = NodeReader(
            chain(pairs, inputs),
            selector=selector,
            ids=named_ids(selector.split() if selector is not None else ()),
            counts_states=counts_states,
            id_column=nodes_from.id_column or "id",
            on_block=reading.show,
        )
        if isinstance(asked, Placement):
            from nodeselect.inventory import Inventory  # imports pyroaring

            yield Inventory.read(reader)
        else:
            yield reader
    except InventoryError as error:
        hint = _hint(nodes_from.sources, error)
        message = re.sub(_HIDDEN, r"//\1@", error.message)
        raise InventoryError(error.code, message, place=error.place, hint=hint) from None
    finally:
        inputs.close()
    if nodes_from.id_column and not any(each.is_table for each in reader.inputs):
        raise click.UsageError(NO_TABLE)
    if reader.unread and click.get_current_context(silent=True):  # there is none for TAB
        columns = [f"{quoted(key)} ({kind})" for key, kind in reader.unread.items()]
        count = pluralize(len(columns), "column without texts", "columns without texts")
        write_message(f"{count} not read: {join_limited(columns)}")
        require_read({key: reader.unread[key] for key in shown_keys if key in reader.unread})
    if skipped:
        names = join_limited([f"'{printable(path)}'" for path in skipped])
        write_message(f"{pluralize(len(skipped), 'file')} not read: {names}")


def _hint(sources: Iterable[str], error: InventoryError) -> Fix | str | None:
    """Return a hint for a missing file or a database; otherwise, the hint of ``error``."""
    import shlex  # loads slowly

    folders = [each for each in sources if os.path.isdir(each)]
    if error.code == "not-a-node" and (
        found := next(filter(error.place.file.startswith, folders), "")
    ):
        words = "-n is for nodes; if the folder has jobs, give it with"
        return Fix.write(f"--job {printable(shlex.quote(found))}", words)
    sources = sources if error.code == "cannot-read" else ()
    missing = next((each for each in sources if each != "-" and not os.path.lexists(each)), "")
    if missing and all(map(os.path.exists, files := missing.split(","))):
        each = " ".join(f"-n {printable(shlex.quote(file))}" for file in files)
        return Fix.write(each, "give each file with an option of its own")
    if missing.startswith(("http://", "https://")):
        url = printable(shlex.quote(missing))
        return Fix.write(f"curl -fsSL {url}", "pipe the nodes into '-n -', such as by")
    file = error.place.file
    if address := re.fullmatch(_ADDRESS, missing):
        program = address[1]
        database = address[0] if program == "postgres" else address[2]
    elif not missing and file.endswith((".duckdb", ".sqlite")):
        program, database = file.rpartition(".")[2], file
    else:
        return similar_file_hint(missing) if missing else error.fix
    command, node, row = _PROGRAMS[program]
    command = command.format(printable(shlex.quote(re.sub(_HIDDEN, r"//\1@", database))))
    words = f"pipe the nodes as JSON objects into '-n -': if each label has a column, by {command}"
    words += f' "SELECT {row}"; otherwise, such as'
    return Fix.write(f'{command} "SELECT {node} FROM nodes"', words)  # noqa: S608 - it is not executed here


def read_inventory(nodes_from: NodeFiles) -> "Inventory":
    """Read the nodes of all inputs into an inventory, or open a saved inventory."""
    from nodeselect.inventory import Inventory  # imports pyroaring

    with open_nodes(nodes_from) as nodes:
        return Inventory.read(nodes) if isinstance(nodes, NodeReader) else nodes


def explained_nodes(
    nodes_from: NodeFiles, reader: NodeReader, *, reads_again: bool = True
) -> "Inventory | None":
    """Return all nodes that a reader has read, to explain why none matches or has an id.

    Return None with --quiet, or if the reader has not kept them and they cannot be read again.
    """
    if is_quiet():
        return None
    from nodeselect.inventory import Inventory  # imports pyroaring

    nodes = reader.all_nodes()
    if nodes is not None:
        return Inventory(nodes)
    files = nodes_from.files() if reads_again else []
    if not files or not all(map(os.path.isfile, files)):
        return None
    return Inventory.read(NodeReader(open_inputs(files), id_column=nodes_from.id_column or "id"))


def nodes_in_states(inventory: "Inventory", states: frozenset[str] | None) -> "NodeSet":
    """Return the nodes in ``states``; raise an error as :func:`check_states` does."""
    everything = inventory.match(Selector.everything())
    if states is None:
        return everything
    check_states(states, Counter(everything.state_counts()))
    return everything.in_states(states)


def check_states(states: frozenset[str], counts: Counter[str | None]) -> None:
    """Raise an error for a state that no known system has, nor any node; or write a message.

    A message is enough if nodes have states of a user's own, unless it is a typo of another state.
    """
    unknown = sorted(each for each in states - KNOWN_STATES if not count_in_states(counts, [each]))
    if not unknown:
        return
    from nodeselect.similarity import similar_name  # compiles patterns

    found = {part for state in counts if state for part in split_state(state.lower())}
    close = [similar_name(state, sorted(found | KNOWN_STATES)) for state in unknown]
    text = f"no node is in the state {join_limited(list(map(quoted, unknown)), 5, 'or')}"
    if close[0] in found:
        text += f"; did you mean {quoted(close[0])}?"
    elif counts:
        text += f"; the states of the nodes: {format_state_counts(counts)}"
    are_own = bool(found - KNOWN_STATES) or not counts
    if not are_own or any(map(_is_typo, unknown, close)):
        raise click.UsageError(text)
    write_message(text)


def _is_typo(state: str, close: str | None) -> bool:
    """Return whether a state is not another form of a similar one, as ``idle~`` is of ``idle``."""
    return close is not None and not (state.startswith(close) or close.startswith(state))


def find_node(nodes: "Inventory", nodes_from: NodeFiles, node_id: str) -> Node:
    """Return the node with this id; if the id is ``-``, the only node of the inputs.

    If no node has the id, return the only node that has it as its name, or whose id begins with it,
    and write its id; with ``--quiet``, which would hide the id, this is an error.
    """
    if node_id != "-":
        if node_id in nodes:
            return nodes[node_id]
        counts = nodes._counts()
        found, number = (
            counts.find_names([node_id]).get(node_id)
            or counts.find_id_prefix(f"{node_id}.")  # a host before others
            or counts.find_id_prefix(node_id)
            or ("", 0)
        )
        message = f"no node has the id {quoted_id(node_id)}"
        if number == 1 and not is_quiet():
            write_message(f"{message}; this is the node {quoted_id(found)}")
            return nodes[found]
        hints = nodes.explain(Selector.of(match_ids=[node_id])).hints
        raise click.ClickException(hints[0].message if hints else message)
    if len(nodes) != 1:
        found = f"expected one node in {nodes_from.name}, found {pluralize(len(nodes), 'node')}"
        raise click.UsageError(f"{found}; to choose one by its id, use -n - --node ID")
    return next(iter(nodes))
