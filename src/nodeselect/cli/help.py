"""Help: a command whose examples come before its options, and what is said of all commands once."""

from collections.abc import Iterable, Sequence
from typing import Any

import click

from nodeselect.cli.options import colour_option

HELP_OF_NODES = """\
Where commands find the nodes.

\b
  -n FILE      a file
  -n FOLDER    all files in a folder
  -n -         standard input
  without -n   the input in the variable NODESELECT_NODES; otherwise,
               standard input if it is piped

match, explain and audit also take files without -n, but no YAML.

Given several times, all inputs together are the nodes. The content shows what a file is:

\b
  JSON, JSON lines, YAML   nodes of Expanso, Kubernetes, Bacalhau, Nomad,
                           Docker Swarm and Consul, or {id, labels}
  CSV, Parquet             a row is a node, and a column a label; the ids are
                           in the column "id", or that of --id-column
  a saved inventory        what "nodeselect index" wrote; the only input

Each but the last may be compressed by gzip. As JSON objects, nodes of a database can be piped in.

"kubectl nodeselect" reads the nodes of the cluster for match, explain, labels and audit. There, -n
is a namespace, and --nodes gives a file.
"""
"""What ``nodeselect help nodes`` prints."""


class _Formatter(click.HelpFormatter):
    """Writes the help of an option beside its name; below it, if the name is long."""

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 23, col_spacing: int = 2
    ) -> None:
        """Write options and their help in two columns."""
        super().write_dl(rows, col_max, col_spacing)


class _Context(click.Context):
    formatter_class = _Formatter


class Command(click.Command):
    """A command whose help has examples before the options; ``epilog`` is the exit status."""

    context_class = _Context

    def __init__(self, *args: Any, examples: Sequence[str], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params.append(colour_option)
        self.examples = examples

    def make_parser(self, ctx: click.Context) -> Any:
        """Return click's parser; it reads ``-o=json`` as ``-o json``, as pflag of kubectl does.

        It finds ``-l`` at once. Else click fails to find a long option of this name first, and
        imports difflib to suggest one: 4 ms.
        """
        parser = super().make_parser(ctx)
        getattr(parser, "_long_opt", {}).update(getattr(parser, "_short_opt", {}))
        return parser

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the command does, and the examples."""
        super().format_help_text(ctx, formatter)
        with formatter.section("Examples"):
            formatter.write_text("\b\n" + "\n".join(self.examples))
