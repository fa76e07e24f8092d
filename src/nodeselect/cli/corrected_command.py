"""The command line that was probably meant by an invalid one.

It can be pasted without a thought, so it has every word that the user wrote, each with the same
meaning, and writes no file that is there already. If that is not possible, there is none.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import click

from nodeselect.cli.command_line import command_line
from nodeselect.errors import NodeselectError, SelectorError
from nodeselect.selectors import Selector
from nodeselect.selectors.charset import is_key
from nodeselect.text import printable


def _by_name(table: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return a table with an entry for each name; a key of ``table`` is several, with blanks."""
    return {name: meant for names, meant in table.items() for name in names.split()}


# What an option of another command or tool is called here; the first name that the command has is
# meant. _ARGUMENT is an argument, or the option that its value is for.
_ARGUMENT = ""
_NAMES = _by_name({
    "--job --jobs --job-file -j": ("--job", "--jobs", _ARGUMENT),
    "--expr --expression --filter --label --label-selector --labels --match --query --selector"
    " --selectors --where -l -s": ("-l",),
    "--fleet --inventory --node-file --nodes -n": ("-n",),
    "--id --ids --node": ("--id",),
    "--format --out -o --output --output-format -t --type": ("-o", "--to", "--dialect"),
    "-f --file --filename -i --input --path": ("-o", "--to", _ARGUMENT),
    "--code --only --rule --rules": ("--select", _ARGUMENT),
    "--disable --skip": ("--ignore",),
    "--key --shell": (_ARGUMENT,),
    "--column --columns --label-columns": ("-L",),
    "--order-by --sort": ("--sort-by",),
    "--state --states --status": ("--state",),
    "--colour --colors": ("--color",),
})  # fmt: skip

# Options without a value, and what has a value here instead.
_FLAGS = {
    "--csv": (("-o",), "csv"), "--json": (("-o",), "json"), "--yaml": (("-o",), "yaml"),
    "--no-color": (("--color",), "never"), "--no-colour": (("--color",), "never"),
}  # fmt: skip

# Other names of values that an option is limited to; the first that it allows is meant.
_VALUES = _by_name({
    "jsonl": ("ndjson",), "k8s kubernetes": ("pod-spec",),
    "md": ("markdown",), "names": ("name",), "pg postgres": ("postgresql",),
    "sqlite3": ("sqlite",), "yaml": ("job", "json"),
})  # fmt: skip

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


_Command: TypeAlias = tuple[str, list[_Part]]
"""The name of a command, and its options and arguments."""


def corrected_command(context: click.Context, words: Sequence[str]) -> str | None:
    """Return the command line that was probably meant, or None if that is not clear.

    Options get the name that this command has for them, and the option is added before each
    argument that lacks one; if nothing selects nodes, ``--all`` is added, too. If the command
    cannot filter nodes, the output of ``nodeselect match`` is piped into it.

    :param words: the arguments of the process.
    """
    name = context.info_name
    if name is None or name not in words or not _can_be_pasted(words):
        return None
    at = list(words).index(name)
    parts = _split(words[at + 1 :], _options(context.command))
    commands = [] if parts is None else _corrected(context, name, parts)
    if commands == [(name, parts)] or not all(_is_valid(context, each) for each in commands):
        return None
    lines = [[*words[:at], name, *_words(own)] for name, own in commands]
    return " | ".join(map(command_line, lines)) or None


def _can_be_pasted(words: Sequence[str]) -> bool:
    """Return whether no argument is empty, cannot be typed, or is too long to be shown."""
    return sum(map(len, words)) <= _MAX_LENGTH and all(
        word and printable(word) == word for word in words
    )


def _words(parts: Sequence[_Part]) -> list[str]:
    return [word for part in parts for word in part if word]


def _command(context: click.Context, name: str) -> click.Command:
    """Return another command, given the context of one."""
    group = context.parent and context.parent.command
    assert isinstance(group, click.Group)
    command = group.get_command(context, name)
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


def _split(words: Sequence[str], options: Mapping[str, click.Option]) -> list[_Part] | None:
    """Split the arguments of a command into options, each with its value, and other arguments.

    Return None if it is not clear whether an unknown option has a value.
    """
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


def _is_valid(context: click.Context, command: _Command) -> bool:
    """Return whether a command accepts its options and arguments."""
    name, parts = command
    try:
        _command(context, name).make_context(name, _words(parts), context.parent)
    except (click.UsageError, NodeselectError):
        return False
    return True


def _corrected(context: click.Context, name: str, parts: list[_Part]) -> list[_Command]:
    """Return the commands of the pipe that was probably meant; none if that is not clear."""
    options_given = {part.option for part in parts}
    if name == "check" and options_given - {_ARGUMENT} in ({"-n"}, {"--nodes"}):
        name, parts = "explain", [_Part(option or "--job", value) for option, value in parts]
    if name == "diff" and [part.option for part in parts].count("--job") == 2:
        parts = [_Part(_ARGUMENT, part.value) if part.option == "--job" else part for part in parts]
    if name == "index" and options_given == {_ARGUMENT}:
        parts = _with_output(parts)
    command = _command(context, name)
    options = _options(command)
    placed = _placed(command, [_renamed(part, options) for part in parts])
    if placed is None or (name == "index" and all(part.option != "-o" for part in placed)):
        return []
    jobs = [part.value or "" for part in placed if part.option == "--job"]
    has_many_jobs = len(jobs) > 1 or any(map(os.path.isdir, jobs))
    known = {_ARGUMENT, *options}
    if name == "explain" and has_many_jobs:
        known -= {"-l", "--id"}
    if filters := [part for part in placed if part.option not in known]:
        return _piped(name, placed, filters)
    if name == "match" and has_many_jobs:
        return [("explain", placed)]
    return [(name, _without_folders(name, options, placed))]


def _renamed(part: _Part, options: Mapping[str, click.Option]) -> _Part:
    """Replace an option that a command does not have by the one that is probably meant.

    If the command has none, return an option of match that filters nodes, such as ``-l``, if one is
    meant.
    """
    option, value = part
    if not option:
        return part
    if option in options:
        choices = _choices(options, option)
        similar = similar_name(value or "", choices, 0.6)
        return _Part(option, _allowed(value, choices) or similar or value)
    names, new_value = _FLAGS.get(option) or (_NAMES.get(option, ()), value)
    for name in names or (similar_name(option, options) or option,):
        choices = _choices(options, name)
        if allowed := _allowed(new_value, choices):
            return _Part(name, allowed)
        if name == _ARGUMENT:
            fits = not ("--job" in names and "-n" in options)  # beside nodes, it is not a job
        else:
            fits = name in options and name != "-o" and not choices
        if fits:
            return _Part(name, new_value)
    return _Part(next(filter(_FILTERS.__contains__, names), option), value)


def _choices(options: Mapping[str, click.Option], name: str) -> Sequence[str]:
    """Return the values that an option is limited to; none if it is not, or does not exist."""
    choice = options[name].type if name in options else None
    return choice.choices if isinstance(choice, click.Choice) else ()


def _allowed(value: str | None, choices: Collection[str]) -> str | None:
    """Return the one of ``choices`` that a value is, perhaps by another name, or None."""
    names = (value or "", *_VALUES.get(value or "", ()))
    return next(filter(choices.__contains__, names), None)


def _placed(command: click.Command, parts: list[_Part]) -> list[_Part] | None:
    """Add the option before each argument that lacks one; return None if that is not clear."""
    options = _options(command)
    given = {options[part.option] for part in parts if part.option in options}
    free = {name for name, option in options.items() if option not in given}
    selecting = _SELECTING.intersection(options)
    if "--all" in selecting - free:
        free -= selecting
    has_arguments = any(isinstance(each, click.Argument) for each in command.params)
    placed = []
    for option, value in parts:
        if not option and value and (not has_arguments or command.name in ("labels", "convert")):
            names = _options_for(value)
            if has_arguments and is_key(value) and not os.path.isfile(value):
                names = ()
            option = next(filter(free.__contains__, names), _ARGUMENT)
            if not option and (not has_arguments or names == _OF_OTHERS):
                return None
            free -= {option}
        placed.append(_Part(option, value))
    if command.name == "diff" and selecting <= free:
        kinds = [_options_for(part.value or "") for part in placed if not part.option]
        if kinds == [_OF_OTHERS] * 2 and "-n" not in free:
            placed = [part._replace(option=part.option or "-l") for part in placed]
        elif kinds == [_OF_NODES] * 2 and "-n" in free:
            placed.append(_Part("--all", None))
    if command.name in _NEED_SELECTING and selecting <= free and placed != parts:
        if "--all" not in selecting:
            return None
        placed.insert(0, _Part("--all", None))
    return placed


def _options_for(word: str) -> tuple[str, ...]:
    """Return which options an argument may be for, the most probable first."""
    if os.path.isdir(word):
        return _OF_JOBS if _first_job(word) else ()
    if word.endswith(_JOB_EXTENSIONS):
        return _OF_JOBS
    if word == "-" or os.path.exists(word):
        return _OF_NODES
    try:
        Selector.parse(word)
    except SelectorError:
        return ()
    return _OF_OTHERS


def _with_output(files: list[_Part]) -> list[_Part]:
    """Return the arguments of index with the option for a new file; it may be the last of them."""
    *others, last = [part.value or "" for part in files]
    if others and last.endswith(_SAVED_EXTENSION):
        files, saved = files[:-1], last
    elif os.path.isfile(last):
        saved = os.path.splitext(last)[0] + _SAVED_EXTENSION
    else:
        return files
    return files if os.path.lexists(saved) else [*files, _Part("-o", saved)]


def _piped(name: str, parts: Sequence[_Part], filters: Sequence[_Part]) -> list[_Command]:
    """Return the commands of a pipe in which match filters the nodes that a command reads.

    Return none if no nodes are given, or the command goes on reading them.

    :param parts: the options and arguments; ``filters`` are those of them for match.
    """
    has_nodes = name == "index" or any(part.option in ("-n", "--nodes") for part in parts)
    is_standard_input = any(part.value == "-" for part in parts)
    is_known = _FILTERS.issuperset(part.option for part in filters)
    if name == "watch" or is_standard_input or not has_nodes or not is_known:
        return []
    others = [part for part in parts if part not in filters]
    if name == "rollout" and all(part.option != "--job" for part in parts):
        return [
            ("convert", [*filters, _Part("--to", "job")]),
            (name, [_Part("--job", "-"), *others]),
        ]
    of_nodes = ("-n", "--nodes", "--id-column")
    moved = [part for part in parts if part.option in of_nodes or part in filters]
    others = [part for part in others if part.option not in of_nodes]
    if name == "index":
        moved += [_Part("-n", part.value) for part in others if not part.option]
        others = [part for part in others if part.option]
    if all(part.option == "--state" for part in filters):
        moved.insert(0, _Part("--all", None))
    return [("match", [*moved, _Part("-o", "ndjson")]), (name, [*others, _Part("-n", "-")])]


def _without_folders(name: str, options: Collection[str], parts: list[_Part]) -> list[_Part]:
    """Correct a command that was given a folder, but reads only a single job.

    It gets the option for all jobs, if it has one; otherwise it reads the first job of the folder.
    """
    of_jobs = {"--job"} if name != "explain" else set()
    if name == "convert" or (name == "diff" and any(part.option == "-n" for part in parts)):
        of_jobs.add(_ARGUMENT)
    common, result = "", []
    for option, value in parts:
        is_folder = option in of_jobs and value and os.path.isdir(value)
        if is_folder and "--jobs" in options:
            option = "--jobs"
        elif is_folder and (common := common or _first_job(value or "")):
            value = os.path.join(value or "", common)
        result.append(_Part(option, value))
    return result


def _first_job(folder: str) -> str:
    """Return the name of the first job file in a folder; empty if there is none."""
    try:
        names = os.listdir(folder)
    except (OSError, ValueError):
        return ""
    return min((name for name in names if name.endswith(_JOB_EXTENSIONS)), default="")
