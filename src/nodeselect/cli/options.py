"""The options that several commands share, and functions that parse and check them."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from stat import S_ISFIFO, S_ISREG, S_ISSOCK
from typing import Any, Final, TypeVar, cast

import click

from nodeselect.cli.completion import (
    complete_files,
    complete_ids,
    complete_selector,
    complete_states,
)
from nodeselect.cli.inputs.considered import PodOptions
from nodeselect.cli.inputs.job_selectors import JobFile, is_selector, only_job
from nodeselect.cli.inputs.nodes import KUBECTL_OPTIONS, VARIABLE, NodeFiles
from nodeselect.cli.streams import begin
from nodeselect.render.screen import REPORT_FORMATS
from nodeselect.selectors.charset import is_key
from nodeselect.text import join_limited, printable, quoted

_Command = TypeVar("_Command", bound=Callable[..., Any])

ONLY_CHECK = "nodeselect.only_check"
"""The key in ``click.Context.meta`` with which a command ends when its options are checked."""


class UsageIsValid(Exception):  # noqa: N818 - not an error
    """The options of a command are valid together; raised only with :data:`ONLY_CHECK`."""


class WholeNumber(click.IntRange):
    """An integer in a range, with the name that messages have for it."""

    name = "whole number"


def once(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> str | None:
    """Return the value of an option; raise if the option is given twice (click uses the last)."""
    if len(values) > 1:
        raise click.BadParameter("given more than once")
    return values[0] if values else None


def single_option(*names: str, **settings: Any) -> Callable[[_Command], _Command]:
    """Return a decorator that adds an option; a second use of the option is an error."""
    return click.option(*names, multiple=True, callback=once, **settings)


def split_commas(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the comma-separated values of a repeatable option in order, without duplicates."""
    values = [value.strip() for text in texts for value in text.split(",")]
    if not all(values):
        raise click.BadParameter("one of the values is empty")
    return tuple(dict.fromkeys(values))


# What kubectl prints for a state.
_KUBECTL_STATES = {"notready": "not-ready", "schedulingdisabled": "cordoned"}


def _parse_states(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> frozenset[str] | None:
    words = map(str.lower, split_commas(context, parameter, texts))
    return frozenset(_KUBECTL_STATES.get(word, word) for word in words) or None


def _set_colour(context: click.Context, parameter: click.Parameter, when: str | None) -> None:
    """Set FORCE_COLOR and NO_COLOR from ``--color``, so that error messages obey ``--color``."""
    if when in ("always", "never"):
        os.environ["FORCE_COLOR"] = "1" if when == "always" else ""
        os.environ["NO_COLOR"] = "1" if when == "never" else ""


colour_option = click.Option(
    ["--color"], type=click.Choice(["auto", "always", "never"]), metavar="WHEN",
    callback=_set_colour, expose_value=False, is_eager=True,
    help="Use colours: auto (default), always or never.",
)  # fmt: skip
quiet_option = click.option(
    "-q", "--quiet", is_flag=True, expose_value=False, is_eager=True,
    callback=lambda context, _, is_quiet: begin(context, is_quiet),
    help="Print only errors; the exit status is the answer.",
)  # fmt: skip
id_option = click.option(
    "--id", "ids", metavar="ID", multiple=True, shell_complete=complete_ids,
    help="Select the node with this id. Repeatable.",
)  # fmt: skip
# The value is the set of allowed states in lower case, or None without the option.
state_option = click.option(
    "--state", "states", metavar="STATE", multiple=True, callback=_parse_states,
    shell_complete=complete_states,
    help="Use only nodes in these states, such as ready,lost.",
)  # fmt: skip


ONE_STDIN = "only one input (-n, --job, …) can be standard input: give a file"
"""The error message if two inputs of a command would be standard input."""

NOTHING_ASKED = "give --job, -l or --id, such as: -l region=eu"
"""The error message if a command needs one of these options."""

toleration_option = click.option(
    "--extended-resource-toleration", "adds_tolerations", is_flag=True,
    help="Pods tolerate taints of resources they request.",
)  # fmt: skip


pods_option = single_option(
    "--pods", metavar="FILE|-", shell_complete=complete_files,
    help="Running pods (kubectl get pods,ns -A -o json).",
)  # fmt: skip


def pod_options(*, has_file: bool = True) -> Callable[[_Command], _Command]:
    """Add the options on what is considered of pods; together they are a :class:`PodOptions`.

    :param has_file: whether to add ``--pods``.
    """
    only_labels = click.option(
        "--only-labels", "is_labels_only", is_flag=True,
        help="Of a Kubernetes manifest, consider only labels.",
    )  # fmt: skip
    unknown = click.option(
        "--fail-on-unknown", "is_strict", is_flag=True,
        help="Exit with 2 if anything is not considered.",
    )  # fmt: skip

    def decorate(command: _Command) -> _Command:
        @wraps(command)
        def with_pods(
            is_labels_only: bool,
            adds_tolerations: bool,
            is_strict: bool,
            pods: str | None = None,
            **others: Any,
        ) -> Any:
            asked = PodOptions(pods, is_labels_only, adds_tolerations, is_strict)
            return command(pods=asked, **others)

        added = only_labels(toleration_option(unknown(with_pods)))
        return cast("_Command", pods_option(added) if has_file else added)

    return decorate


class Choice(click.Choice[str]):
    """One of several words, or another usual name of one."""

    NAMES: Final = {
        "ids": "name",
        "jsonl": "ndjson",
        "k8s": "pod-spec",
        "kubernetes": "pod-spec",
        "md": "markdown",
        "postgres": "postgresql",
    }

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word that ``value`` means."""
        meant = self.NAMES.get(value, value)
        return super().convert(meant if meant in self.choices else value, param, ctx)


def output_option(formats: Sequence[str] = REPORT_FORMATS) -> Callable[[_Command], _Command]:
    """Add the option ``-o``; the first of the formats is the default."""
    return click.option(
        "-o", "--output", type=Choice(formats), default=formats[0], metavar="FORMAT",
        help=f"Output as {default_first(formats)}.",
    )  # fmt: skip


def default_first(values: Sequence[str]) -> str:
    """Return the values of an option in words; the first is the default."""
    return join_limited([f"{values[0]} (default)", *values[1:]], len(values), "or")


def nodes_option(
    *, required: bool = True, takes_files: bool = False
) -> Callable[[_Command], _Command]:
    """Add the options ``-n`` and ``--id-column``; together they are a :class:`NodeFiles`.

    The default of ``-n`` is :func:`required_nodes`; if it is not ``required``, None.

    :param takes_files: whether the files may also be arguments: then no other word may be one.
    """

    def parse(
        context: click.Context, parameter: click.Parameter, sources: tuple[str, ...]
    ) -> NodeFiles | None:
        files: tuple[str, ...] = context.meta.get("files", ())
        if (*sources, *files).count("-") > 1:
            raise click.BadParameter(ONE_STDIN)
        if sources and files:
            raise _unexpected(files[0])
        if sources or files:
            return node_files(*(sources or files))
        return required_nodes() if required else None

    nodes = click.option(
        "-n", "--nodes", "nodes_from", metavar="NODES",
        help="A file, a folder or -: see 'nodeselect help nodes'.",
        multiple=True, callback=parse, shell_complete=complete_files,
    )  # fmt: skip
    # Eager, so that its value is known when that of -n is parsed.
    id_column = click.option(
        "--id-column", metavar="COLUMN", multiple=True, callback=_keep, is_eager=True,
        expose_value=False,
        help="The column of ids in CSV or Parquet (default: id).",
    )  # fmt: skip
    if not takes_files:
        return lambda command: nodes(id_column(command))
    argument = click.argument(
        "files", metavar="[NODES]...", nargs=-1, callback=_keep_files, is_eager=True,
        expose_value=False, shell_complete=_complete_nodes,
    )  # fmt: skip
    return lambda command: nodes(id_column(argument(command)))


def _complete_nodes(context: click.Context, parameter: click.Parameter, word: str) -> Any:
    is_given = context.params.get("nodes_from")
    return [] if is_given else complete_files(context, parameter, word)


def _keep_files(context: click.Context, parameter: click.Parameter, words: tuple[str, ...]) -> None:
    """Store the files with nodes; a YAML file is probably a job, which is given with --job."""
    for word in words:
        if not (word == "-" or os.path.exists(word)) or is_yaml(word):
            raise _unexpected(word)
    context.meta["files"] = words


def is_yaml(word: str) -> bool:
    """Return whether a word is probably the name of a file with a job."""
    return word.endswith((".yaml", ".yml"))


def _unexpected(word: str) -> click.UsageError:
    return click.UsageError(f"Got unexpected extra argument ({word})")


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Store the value of an option in the context, where :func:`node_files` finds it."""
    context.meta[str(parameter.name)] = once(context, parameter, value)


def node_files(*sources: str) -> NodeFiles:
    """Return ``sources`` as inputs with the value of the option ``--id-column``."""
    return NodeFiles(sources, click.get_current_context().meta["id_column"])


def required_nodes() -> NodeFiles:
    """Return the input that is read without ``-n``; raise UsageError if there is none."""
    nodes = default_nodes()
    if nodes is None:
        message = "where are the nodes? Give -n FILE, pipe them into the command, or set "
        raise click.UsageError(f"{message}{VARIABLE} to FILE")
    return nodes


def default_nodes() -> NodeFiles | None:
    """Return the input in NODESELECT_NODES, or standard input if piped, or the cluster."""
    kubectl_options = click.get_current_context().meta.get(KUBECTL_OPTIONS)
    if kubectl_options is not None:
        words = tuple(f"--{name}={value}" for name, value in kubectl_options.items())
        return node_files()._replace(cluster=words)
    if source := os.environ.get(VARIABLE):
        nodes = node_files(source)
        if source != "-" and not os.path.exists(source):
            message = f"the file in the environment variable {VARIABLE} does not exist: "
            raise click.UsageError(message + printable(source))
        return nodes
    if _is_piped():
        return node_files("-")
    return None


def _is_piped() -> bool:
    """Return whether standard input is a pipe, a file or a socket, not a terminal or closed."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError):  # it is closed, or replaced by a program
        return False
    return S_ISFIFO(mode) or S_ISREG(mode) or S_ISSOCK(mode)


def selector_option(help: str) -> Callable[[_Command], _Command]:  # noqa: A002 - click's name for it
    """Add the repeatable option ``-l``, whose value is the text of a selector."""
    return click.option(
        "-l", "--selector", "expressions", metavar="SELECTOR", multiple=True, help=help,
        shell_complete=complete_selector,
    )  # fmt: skip


def job_option(
    help: str,  # noqa: A002
    *,
    multiple: bool = False,
) -> Callable[[_Command], _Command]:
    """Add the option ``--job``, also ``-f``: the only job in files and folders, a :class:`JobFile`.

    If ``multiple``, there may be several jobs: the value is the files and folders.
    """
    return click.option(
        "-f", "--job", metavar="FILE|FOLDER|-", help=help, multiple=True,
        callback=None if multiple else _one_job, shell_complete=complete_files,
    )  # fmt: skip


def _one_job(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> JobFile | None:
    return None if not values or context.resilient_parsing else job_file(*values)


def job_file(*sources: str) -> JobFile:
    """Return the only job in files and folders; raise for a selector."""
    for source in sources:
        if not (os.path.lexists(source) or is_key(source)) and is_selector(source):
            raise click.UsageError(f"{quoted(source)} is a selector: give it with -l")
    if len(sources) > 1 or os.path.isdir(sources[0]):
        return only_job(*sources)
    return JobFile(sources[0])


def check_usage(mistakes: Mapping[str, bool], *inputs: str | JobFile | None) -> None:
    """Raise UsageError with the first mistake that is present; if only checked, UsageIsValid.

    :param inputs: of which only one may be standard input.
    """
    sources = [each.source if isinstance(each, JobFile) else each for each in inputs]
    for message, is_present in {**mistakes, ONE_STDIN: sources.count("-") > 1}.items():
        if is_present:
            raise click.UsageError(message)
    if ONLY_CHECK in click.get_current_context().meta:
        raise UsageIsValid
