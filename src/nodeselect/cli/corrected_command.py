"""The command line that was probably meant by an invalid one.

It can be pasted without a thought, so it has every word that the user wrote, each with the same
meaning, and writes no file that is there already. If that is not possible, there is none.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import click

from nodeselect.cli.command_line import command_line, shown
from nodeselect.errors import SelectorError
from nodeselect.selectors import Selector
from nodeselect.selectors.charset import is_key
from nodeselect.text import printable

__all__ = ["corrected_command", "similar_name"]

# What an option of another command or tool is called here; the first name that the command has is
# meant. _ARGUMENT is an argument, or the option that its value is for.
_ARGUMENT = ""
_NAMES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("--job", "--jobs", "--job-file", "-j"), ("--job", "--jobs", _ARGUMENT)),
    **dict.fromkeys(
        ("--expr", "--expression", "--filter", "--label", "--label-selector", "--labels",
         "--match", "--query", "--selector", "--selectors", "--where", "-l", "-s"), ("-l",),
    ),
    **dict.fromkeys(("--fleet", "--inventory", "--node-file", "--nodes", "-n"), ("-n",)),
    **dict.fromkeys(("--id", "--ids", "--node"), ("--id",)),
    **dict.fromkeys(("--format", "--out", "-o", "--output", "--output-format", "-t", "--type"),
                    ("-o", "--to", "--dialect")),
    **dict.fromkeys(("-f", "--file", "--filename", "-i", "--input", "--path"),
                    ("-o", "--to", _ARGUMENT)),
    **dict.fromkeys(("--code", "--only", "--rule", "--rules"), ("--select", _ARGUMENT)),
    **dict.fromkeys(("--disable", "--skip"), ("--ignore",)),
    **dict.fromkeys(("--key", "--shell"), (_ARGUMENT,)),
    **dict.fromkeys(("--column", "--columns", "--label-columns"), ("-L",)),
    **dict.fromkeys(("--order-by", "--sort"), ("--sort-by",)),
    **dict.fromkeys(("--state", "--states", "--status"), ("--state",)),
    **dict.fromkeys(("--colour", "--colors"), ("--color",)),
}  # fmt: skip

# Options without a value that are written with one here.
_FLAGS = {
    "--csv": ("-o", "csv"), "--json": ("-o", "json"), "--yaml": ("-o", "yaml"),
    "--no-color": ("--color", "never"), "--no-colour": ("--color", "never"),
}  # fmt: skip

# Other names of values that an option is limited to; the first that it allows is meant.
_VALUES = {
    **dict.fromkeys(("k8s", "kubernetes"), ("pod-spec",)),
    **dict.fromkeys(("pg", "postgres"), ("postgresql",)),
    "jsonl": ("ndjson",), "mariadb": ("mysql",), "md": ("markdown",), "names": ("name",),
    "sqlite3": ("sqlite",), "yaml": ("job", "json"),
}  # fmt: skip

# What an argument may be for that is not behind its option; the first that is not given is meant.
_OF_JOBS = ("--jobs", "--job", "-n")
_OF_NODES = ("-n",)
_OF_OTHERS = ("-l",)

_JOB_EXTENSIONS = (".yaml", ".yml")
_SAVED_EXTENSION = ".nsx"

_MAX_LENGTH = 1_000

# The options that select nodes: these commands need one of them, and --all is without the others.
_SELECTING = frozenset({"-l", "--id", "--job", "--jobs", "--all"})
_NEED_SELECTING = ("match", "explain", "watch", "sql")

# The options of match by which another command gets fewer nodes, if match is piped into it.
_FILTERS = frozenset({"-l", "--id", "--job", "--state"})


class _Part(NamedTuple):
    """An option with its value, or an argument, whose option is empty."""

    option: str
    value: str | None

    def words(self) -> list[str]:
        return [word for word in self if word]


def corrected_command(context: click.Context, words: Sequence[str]) -> str | None:
    """Return the command line that was probably meant, or None if that is not clear.

    Options get the name that this command has for them, and the option is added before each
    argument that lacks one; if nothing selects nodes, ``--all`` is added, too. If the command
    cannot filter nodes, the output of ``nodeselect match`` is piped into it.

    :param words: the arguments of the process.
    """
    command, name = context.command, context.info_name
    if name is None or name not in words or not _can_be_pasted(words):
        return None
    at = list(words).index(name)
    parts = _split(words[at + 1 :], command)
    if parts is None:
        return None
    old = list(parts)
    if name == "check" and {part.option for part in parts} - {_ARGUMENT} in ({"-n"}, {"--nodes"}):
        name, command = "explain", _command(context, "explain")
        parts = [_Part("--job", part.value) if not part.option else part for part in parts]
    if name == "diff" and [part.option for part in parts].count("--job") == 2:
        parts = [_Part(_ARGUMENT, part.value) if part.option == "--job" else part for part in parts]
    if name == "index" and not any(part.option for part in parts):
        parts = list(_with_output(parts))
    placed = _placed(name, command, [_renamed(part, command) for part in parts])
    if placed is None or (name == "index" and all(part.option != "-o" for part in placed)):
        return None
    known = set(_options(command))
    if name == "explain" and _has_many_jobs(placed):
        known -= {"-l", "--id"}
    filters = [part for part in placed if part.option and part.option not in known]
    if not _FILTERS.issuperset(part.option for part in filters):
        return None
    if filters:
        commands = _piped(name, command, placed, filters)
    else:
        name, placed = _without_folders(context, name, placed)
        commands = [] if (name, placed) == (context.info_name, old) else [(name, placed)]
    if not all(_is_valid(context, *each) for each in commands):
        return None
    if any(shown(word) != word for part in placed if part.option != "-n" for word in part.words()):
        return None  # a word that may have a password, and would not be the same without it
    texts = []
    for name, parts in commands:
        own = [word for part in parts for word in part.words()]
        texts.append(command_line(map(shown, [*words[:at], name, *own])))
    return " | ".join(texts) if texts else None


def _can_be_pasted(words: Sequence[str]) -> bool:
    """Return whether no argument is empty, cannot be typed, or is too long to be shown."""
    return sum(map(len, words)) <= _MAX_LENGTH and all(
        word and printable(word) == word for word in words
    )


def _command(context: click.Context, name: str) -> click.Command:
    """Return another command."""
    parent = context.parent
    assert parent is not None
    assert isinstance(parent.command, click.Group)
    command = parent.command.get_command(parent, name)
    assert command is not None
    return command


def _options(command: click.Command) -> dict[str, click.Option]:
    """Return the options of a command, by each of their names."""
    return {
        name: parameter
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in parameter.opts
    }


def _has_arguments(command: click.Command) -> bool:
    return any(parameter.param_type_name == "argument" for parameter in command.params)


def _split(words: Sequence[str], command: click.Command) -> list[_Part] | None:
    """Split the arguments of a command into options, each with its value, and other arguments.

    Return None if it is not clear whether an unknown option has a value.
    """
    options = _options(command)
    parts: list[_Part] = []
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if word in ("-", "--") or not word.startswith("-"):
            parts.append(_Part(_ARGUMENT, word))
            continue
        if not word.startswith("--"):
            name, equals, value = word[:2], word[2:], word[2:]
        option = options.get(name) or options.get(similar_name(name, options))
        if option is None and name not in _NAMES and name not in _FLAGS:
            return None
        is_flag = name in _FLAGS if option is None else option.is_flag
        if is_flag and equals:
            return None
        if not is_flag and not equals:
            value = next(rest, "")
            if value in options:  # the value is missing
                return None
        parts.append(_Part(name, None if is_flag else value))
    return parts


def similar_name(
    name: str, names: Collection[str], cutoff: float = 0.8, equal_start: int = 3
) -> str:
    """Return the one of ``names`` that is probably meant; empty if none is.

    :param equal_start: how many of the first characters must be equal. ``--no-write`` and
        ``--deselect`` are similar to their opposites, but begin with other letters.
    """
    import difflib  # loads slowly

    names = [each for each in names if each[:equal_start] == name[:equal_start]]
    return next(iter(difflib.get_close_matches(name, names, 1, cutoff)), "")


def _renamed(part: _Part, command: click.Command) -> _Part:
    """Replace an option that ``command`` does not have by the one that is probably meant.

    If ``command`` has none, return an option of match that filters nodes, such as ``-l``, if one is
    meant.
    """
    options = _options(command)
    if part.option in options:
        choice = options[part.option].type
        if not isinstance(choice, click.Choice) or part.value in choice.choices:
            return part
        allowed = _allowed(part.value, choice) or similar_name(
            part.value or "", choice.choices, 0.6
        )
        return _Part(part.option, allowed or part.value)
    if not part.option:
        return part
    if part.option in _FLAGS:
        option, of_flag = _FLAGS[part.option]
        choices = options[option].type if option in options else None
        is_allowed = isinstance(choices, click.Choice) and of_flag in choices.choices
        return _Part(option, of_flag) if is_allowed else part
    names = _NAMES.get(part.option, ())
    for name in names:
        type_ = options[name].type if name in options else None
        value = part.value
        if isinstance(type_, click.Choice):
            value = _allowed(value, type_)
            fits = value is not None
        elif name == _ARGUMENT:  # beside nodes, it is not a job
            fits = not ("--job" in names and "-n" in options)
        else:
            fits = name in options and name != "-o"
        if fits:
            return _Part(name, value)
    if names:
        return _Part(next(filter(_FILTERS.__contains__, names), part.option), part.value)
    return _Part(similar_name(part.option, options) or part.option, part.value)


def _allowed(value: str | None, choice: click.Choice[str]) -> str | None:
    """Return the value of an option by the name that it has there; None if it has none."""
    names = (value or "", *_VALUES.get(value or "", ()))
    return next(filter(choice.choices.__contains__, names), None)


def _piped(
    name: str, command: click.Command, parts: Sequence[_Part], filters: Sequence[_Part]
) -> list[tuple[str, list[_Part]]]:
    """Return the commands of a pipe in which match filters the nodes that a command reads.

    Return none if the command does not read nodes, or goes on reading them.

    :param parts: the options and arguments; ``filters`` are those of them for match.
    """
    nodes = _options(command).get("-n")
    is_given = nodes and any(part.option in nodes.opts for part in parts)
    is_standard_input = any(part.value == "-" for part in parts)
    if name == "watch" or is_standard_input or not (is_given or name == "index"):
        return []
    if name == "rollout" and all(part.option not in ("--job", "--id", "--state") for part in parts):
        others = [part for part in parts if part not in filters]
        return [
            ("convert", [*filters, _Part("--to", "job")]),
            (name, [_Part("--job", "-"), *others]),
        ]
    of_nodes = ["-n", "--nodes", "--id-column"]
    moved = [part for part in parts if part.option in of_nodes or part in filters]
    others = [part for part in parts if part not in moved]
    if name == "index":
        moved += [_Part("-n", part.value) for part in others if not part.option]
        others = [part for part in others if part.option]
    if all(part.option == "--state" for part in filters):
        moved.insert(0, _Part("--all", None))
    return [("match", [*moved, _Part("-o", "ndjson")]), (name, [*others, _Part("-n", "-")])]


def _placed(name: str, command: click.Command, parts: Sequence[_Part]) -> list[_Part] | None:
    """Add the option before each argument that lacks one; return None if that is not clear."""
    options = _options(command)
    given = {id(options[part.option]) for part in parts if part.option in options}
    free = {option for option, parameter in options.items() if id(parameter) not in given}
    selecting = _SELECTING.intersection(options)
    if "--all" in selecting - free:
        free -= selecting
    placed = []
    for option, value in parts:
        if not option and value and not _has_arguments(command):
            option = next((each for each in _options_for(value) if each in free), "")
            if not option:
                return None
            free.remove(option)
        elif not option and value and name in ("labels", "convert"):
            option = _option_of_argument(value, free)
            free -= {option}
        placed.append(_Part(option, value))
    if name == "diff" and selecting <= free:
        placed = _placed_in_diff(placed, has_nodes="-n" not in free)
    if name in _NEED_SELECTING and selecting <= free and placed != parts:
        if "--all" not in selecting:
            return None
        placed.insert(0, _Part("--all", None))
    return placed


def _option_of_argument(value: str, free: Collection[str]) -> str:
    """Return the option that an argument of labels or convert is for; empty if there is none."""
    if "-n" in free and os.path.exists(value):  # noqa: PTH110
        return "-n"
    is_selector = _options_for(value) == _OF_OTHERS and not is_key(value)
    return "-l" if is_selector else _ARGUMENT


def _placed_in_diff(parts: list[_Part], *, has_nodes: bool) -> list[_Part]:
    """Return the parts with the options for two selectors, or to compare all of two node lists."""
    kinds = [_options_for(part.value or "") for part in parts if not part.option]
    if kinds == [_OF_OTHERS] * 2 and has_nodes:
        return [part if part.option else _Part("-l", part.value) for part in parts]
    if kinds == [_OF_NODES] * 2 and not has_nodes:
        return [*parts, _Part("--all", None)]
    return parts


def _with_output(files: Sequence[_Part]) -> Sequence[_Part]:
    """Return the arguments of index with the option for a new file; it may be the last of them."""
    paths = [part.value or "" for part in files]
    if len(files) > 1 and paths[-1].endswith(_SAVED_EXTENSION):
        files, saved = files[:-1], paths[-1]
    elif paths and os.path.isfile(paths[-1]):  # noqa: PTH113
        saved = os.path.splitext(paths[-1])[0] + _SAVED_EXTENSION  # noqa: PTH122
    else:
        return files
    return files if os.path.lexists(saved) else [*files, _Part("-o", saved)]


def _is_valid(context: click.Context, name: str, parts: Sequence[_Part]) -> bool:
    """Return whether a command accepts these options and arguments."""
    command = _command(context, name)
    options = _options(command)
    for option, value in parts:
        choice = options[option].type if option in options else None
        if isinstance(choice, click.Choice) and value not in choice.choices:
            return False
    own = [word for part in parts for word in part.words()]
    try:
        given, rest, _ = command.make_parser(context).parse_args(own)
    except click.UsageError:
        return False
    return not rest and all(
        given.get(parameter.name or "") for parameter in command.params if parameter.required
    )


def _options_for(word: str) -> tuple[str, ...]:
    """Return which options an argument may be for, the most probable first."""
    if os.path.isdir(word):  # noqa: PTH112 - pathlib is slow
        return _OF_JOBS if _first_job(word) else ()
    if word.endswith(_JOB_EXTENSIONS):
        return _OF_JOBS
    if word == "-" or os.path.exists(word):  # noqa: PTH110
        return _OF_NODES
    try:
        Selector.parse(word)
    except SelectorError:
        return ()
    return _OF_OTHERS


def _without_folders(
    context: click.Context, name: str, parts: Sequence[_Part]
) -> tuple[str, list[_Part]]:
    """Correct a command that was given several jobs, or a folder, but reads only a single job.

    Return the name and the parts of a command that reads all jobs, if there is one; otherwise let
    the command read the first job of the folder.
    """
    options = _options(_command(context, name))
    if name == "match" and _has_many_jobs(parts):
        return "explain", list(parts)
    arguments = [part.value or "" for part in parts if not part.option]
    has_jobs = name == "convert" or (name == "diff" and any(part.option == "-n" for part in parts))
    common = next(filter(None, map(_first_job, arguments)), "") if has_jobs else ""
    result = []
    for option, value in parts:
        is_folder = value is not None and os.path.isdir(value)  # noqa: PTH112
        if not is_folder:
            pass
        elif not option and common:
            value = os.path.join(value or "", common)  # noqa: PTH118
        elif option == "--job" and "FOLDER" not in (options[option].metavar or ""):
            if "--jobs" in options:
                option = "--jobs"
            elif job := _first_job(value or ""):
                value = os.path.join(value or "", job)  # noqa: PTH118
        result.append(_Part(option, value))
    return name, result


def _has_many_jobs(parts: Sequence[_Part]) -> bool:
    """Return whether there are several jobs, or a folder of them."""
    jobs = [part.value or "" for part in parts if part.option == "--job"]
    return len(jobs) > 1 or any(map(os.path.isdir, jobs))


@cache  # a folder may be a large one
def _first_job(folder: str) -> str:
    """Return the name of the first job file in a folder; empty if there is none."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - pathlib is slow
    except (OSError, ValueError):
        return ""
    return min((name for name in names if name.endswith(_JOB_EXTENSIONS)), default="")
