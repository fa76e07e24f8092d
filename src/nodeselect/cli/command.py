"""Commands: their help, with examples before the options, and their defaults in settings files."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

import click

from nodeselect.cli.options import colour_option
from nodeselect.text import quoted

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

# Settings may come with files of strangers, and must not change any file.
_ONLY_OPTIONS = ("fix", "write")


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


class CommandWithSettings(Command):
    """A command with defaults from a settings file in the working directory or a folder above."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line with defaults from the settings; raise if these are invalid."""
        folder, above = os.getcwd(), None
        while ctx.default_map is None and folder != above:
            for name in ("pyproject.toml", "nodeselect.toml"):  # of both, the second is used
                path = os.path.join(folder, name)
                table = _read_settings(path) if os.path.isfile(path) else None
                if table is not None:
                    ctx.meta["settings"] = os.path.relpath(path)
                    ctx.default_map = self._defaults(table, path)
            folder, above = os.path.dirname(folder), folder
        return super().parse_args(ctx, args)

    def _defaults(self, settings: dict[str, Any], path: str) -> dict[str, Any]:
        """Check the settings of the file ``path``; return them by the names of parameters."""
        known = {
            option.opts[-1].lstrip("-"): option
            for option in self.params
            if isinstance(option, click.Option)
        }
        for key, value in settings.items():
            if key not in known:
                from nodeselect.similarity import similar_name  # compiles patterns

                similar = similar_name(key, known)
                hint = f"; did you mean {quoted(similar)}?" if similar else ""
                raise _settings_error(path, f"there is no setting {quoted(key)}{hint}")
            if key in _ONLY_OPTIONS:
                message = f"{quoted(key)} cannot be a setting: give --{key} to the command"
                raise _settings_error(path, message)
            type_: type = list if known[key].multiple else bool if known[key].is_flag else str
            if isinstance(known[key].type, click.IntRange):
                type_ = int
            if type(value) is not type_:
                raise _settings_error(path, f"{key} must be of the type {type_.__name__}")
        for at, pattern in enumerate(map(str, settings.get("exclude", ()))):
            # A path begins at the settings; a name is for all folders.
            if "/" in pattern.rstrip("/"):
                import glob  # a hundredth of a run; for settings

                root = glob.escape(os.path.dirname(path))
                settings["exclude"][at] = os.path.join(root, os.path.normpath(pattern).lstrip("/"))
        return {str(known[key].name): value for key, value in settings.items()}


def _read_settings(path: str) -> Any:
    """Return the settings in a TOML file; None for a ``pyproject.toml`` that has none."""
    import tomllib  # 7 ms; for settings

    try:
        with open(path, "rb") as file:
            data = file.read()
        if not path.endswith("pyproject.toml"):
            return tomllib.loads(data.decode())
        table = tomllib.loads(data.decode()) if b"nodeselect" in data else {}
        settings = table.get("tool", {}).get("nodeselect")
        if not isinstance(settings, dict | None):
            raise ValueError("tool.nodeselect must be a table")
        return settings
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise _settings_error(path, str(error)) from None


def _settings_error(path: str, reason: str) -> click.ClickException:
    return click.ClickException(f"{os.path.relpath(path)}: {reason}")
