"""Where the nodes are: the options that say it, and the inputs that are read without them."""

import os
import sys
from collections.abc import Callable
from stat import S_ISFIFO, S_ISREG, S_ISSOCK
from typing import Any, NamedTuple, NoReturn, TypeVar

import click

from nodeselect.cli.completion import complete_files
from nodeselect.cli.inputs.folders import walk
from nodeselect.cli.options import once
from nodeselect.files.inputs import cannot_read
from nodeselect.text import join_limited, printable

_Command = TypeVar("_Command", bound=Callable[..., Any])

_VARIABLE = "NODESELECT_NODES"

_EXTENSIONS = (
    ".json", ".yaml", ".yml", ".csv", ".tsv", ".ndjson", ".jsonl", ".parquet",
)  # fmt: skip


class NodeFiles(NamedTuple):
    """Inputs with nodes, and how to read them.

    :param sources: files, folders, and ``-`` for standard input.
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
    def stdin_conflict(self) -> str:
        """The error message if both the job and the nodes are to be read from standard input."""
        if self.is_default:
            give = f"give -n FILE, or set {_VARIABLE} to FILE"
            return f"where are the nodes? --job reads standard input: {give}"
        return "--job and -n cannot both read standard input"

    @property
    def name(self) -> str:
        """What messages call the inputs."""
        return join_limited(["standard input" if name == "-" else name for name in self.sources])

    def files(self, skipped: list[str] | None = None) -> list[str]:
        """Return the files to read: a folder is replaced by its files.

        :param skipped: a list to which the files in folders that are not read are added.
        :raises InventoryError: if a folder cannot be read, or has no file of nodes.
        """

        def fail(name: str, reason: str | None) -> NoReturn:
            raise cannot_read(printable(name), reason or "no reason is given")

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
        if sources:
            return node_files(context, *sources)
        return required_nodes(context) if required else None

    nodes = click.option(
        "-n", "--nodes", "nodes_from", metavar="FILE|FOLDER|-",
        help="Read nodes from a file, from all files in a folder, or from standard input:"
        " node lists of Expanso, Kubernetes, Bacalhau, Nomad, Docker Swarm and Consul, or {id,"
        " labels}, as JSON, JSON lines or YAML; or CSV, Parquet or Arrow; also compressed by gzip;"
        " or a file of nodeselect index. Repeatable. By default, the input in"
        f" {_VARIABLE}, or standard input if it is piped.",
        multiple=True, callback=parse, shell_complete=complete_files,
    )  # fmt: skip
    # Eager, so that their values are known when that of -n is parsed.
    id_column = click.option(
        "--id-column", metavar="COLUMN", multiple=True, callback=_keep, is_eager=True,
        expose_value=False,
        help="The column of CSV, Parquet or Arrow with the ids (default: id).",
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
    """Return these inputs with the values of ``--id-column`` and ``-v`` of the command."""
    return NodeFiles(sources, context.meta["id_column"] or "id", context.meta["verbose"])


def required_nodes(context: click.Context) -> NodeFiles:
    """Return the input that is read without ``-n``; if there is none, this is an error."""
    nodes = default_nodes(context)
    if nodes is None:
        message = "where are the nodes? Give -n FILE, pipe them into the command, or set "
        raise click.UsageError(f"{message}{_VARIABLE} to FILE", context)
    return nodes


def default_nodes(context: click.Context) -> NodeFiles | None:
    """Return the input that is read without ``-n``, or None.

    It is the one in the environment variable ``NODESELECT_NODES``, or standard input if piped.
    """
    if source := os.environ.get(_VARIABLE):
        nodes = node_files(context, source)
        if source != "-" and not os.path.exists(source):
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
