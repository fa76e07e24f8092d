"""Suggest a valid command line instead of an invalid one.

A suggestion can be pasted safely: it has every value that the user wrote, it is valid, and it
writes no file. If that is not possible, there is no suggestion.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from itertools import takewhile

import click

from nodeselect.cli.hints import command_line
from nodeselect.cli.inputs.job_selectors import is_selector
from nodeselect.errors import NodeselectError
from nodeselect.selectors.charset import is_key
from nodeselect.similarity import similar_name
from nodeselect.text import printable

# What commands of other tools are called here.
_VERBS = {
    verb: command
    for verbs, command in (
        ("filter find get list ls nodes query select", "match"),
        ("describe jobs why", "explain"),
        ("fmt lint validate verify", "check"),
        ("deploy plan schedule waves", "rollout"),
        ("compare", "diff"),
        ("export translate", "convert"),
        ("version", "--version"),
    )
    for verb in verbs.split()
}

# What an option of another command or tool is called here; the first name that the command has is
# meant. An empty name means an argument, or an option that fits it.
_OPTIONS = {
    option: meant
    for options, meant in (
        ("--job --jobs --job-file -j", ("--job", "")),
        ("--expr --expression --field-selector --filter --label --label-selector", ("-l",)),
        ("--labels --match --query --selector --selectors --where -l -s", ("-l",)),
        ("--fleet --inventory --node-file --nodes -n", ("-n",)),
        ("--id --ids --name --node", ("--id",)),
        ("--format --out -o --output --output-format -t --type", ("-o", "--to", "--dialect")),
        ("-f --file --filename -i --input --path --key --shell", ("",)),
        ("--code --only --rule --rules", ("--select", "")),
        ("--disable", ("--ignore",)),
        ("--skip", ("--exclude",)),
        ("--column --columns --label-columns", ("-L",)),
        ("--order-by --sort", ("--sort-by",)),
        ("--states --status", ("--state",)),
        ("--colour --colors", ("--color",)),
    )
    for option in options.split()
}

# Options of other tools that are a value of ``-o`` here.
_FORMATS = ("--csv", "--json", "--markdown")

# A command with one of these writes a file, as index does, or prints its help.
_NO_ANSWER = frozenset({"--write", "-h", "--help"})

# These commands select nodes. If they have --all, they need one of these options.
_NEED_SELECTING = ("match", "explain", "watch", "sql")
_SELECTING = ("-l", "--id", "--job", "--all")

# These commands have arguments, but selectors and nodes are behind options.
_WITH_ARGUMENTS = ("labels", "convert")

_Options = Mapping[str, click.Option]


def suggested_command(context: click.Context, words: Sequence[str]) -> str | None:
    """Return the command line that the arguments ``words`` probably mean; None if unclear."""
    root = context.find_root()
    group = root.command
    assert isinstance(group, click.Group)
    others = (at for at, word in enumerate(words) if not word.startswith("-"))
    at = next((at for at in others if words[at - 1 : at] != ["--color"]), None)
    if at is None or sum(map(len, words)) > 1_000:  # too long to be read
        return None
    if not all(word and printable(word) == word for word in words):
        return None  # it cannot be typed
    known = {name for option in group.params for name in option.opts}
    if any(word[:1] == "-" and word.partition("=")[0] not in known for word in words[:at]):
        return None
    name, *rest = words[at:]
    names = [*group.list_commands(root), "--version"]
    meant = _command_name(name, names)
    if meant is None:
        return None
    if name in _VERBS and rest[:1] in (["node"], ["nodes"]):  # as in kubectl: get nodes
        rest[:1] = ["--node"] if meant == "explain" else []
    if meant == "help":
        rest = [_command_name(each, names) or each for each in rest]
    command = group.get_command(root, meant)
    if command is not None and rest not in ([option] for option in root.help_option_names):
        corrected = _corrected(command, rest, is_renamed=meant != name)
        if corrected is None or not _is_valid(root, command, corrected):
            return None
        rest = corrected
    elif command is None and rest:
        return None
    arguments = [meant, *rest]
    return command_line([*words[:at], *arguments]) if arguments != words[at:] else None


def _command_name(word: str, names: Sequence[str]) -> str | None:
    """Return the name of the command that a word probably means; None if unclear."""
    return word if word in names else _VERBS.get(word) or similar_name(word, names)


def _is_valid(root: click.Context, command: click.Command, arguments: list[str]) -> bool:
    """Return whether a command accepts its arguments, writes no file and prints no help."""
    if command.name == "index" or not _NO_ANSWER.isdisjoint(arguments):
        return False
    try:
        command.make_context(command.name, arguments.copy(), root)
    except (click.ClickException, click.exceptions.Exit, NodeselectError):  # Exit: for --help
        return False
    return True


def _corrected(command: click.Command, words: list[str], is_renamed: bool) -> list[str] | None:
    """Return the arguments that ``words`` probably mean for a command; None if unclear.

    Unknown options are replaced by options of the command. A missing option is added before the
    value, and ``--all`` if nothing selects nodes.
    """
    parameters = [each for each in command.params if isinstance(each, click.Option)]
    options = {name: option for option in parameters for name in option.opts}
    given = {options[word] for word in words if word in options}
    has_arguments = len(parameters) < len(command.params)
    result: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        option, value = "", word
        if word.startswith("-") and word != "-":
            found = _option(word, rest, options)
            if found is None:
                return None
            option, value = found
            if option == "-f" and options.get("-n") not in given:  # any file, in other tools
                option = "-n" if _option_for(value, options, given) == "-n" else option
        if option in ("-l", "--selector") or not (option or has_arguments):
            value = _joined(value, rest)
        is_argument = command.name not in _WITH_ARGUMENTS or (
            is_key(value) and not os.path.isfile(value)
        )
        if not option and not (has_arguments and is_argument):
            option = _option_for(value, options, given)
            if not option and not (has_arguments and os.path.exists(value)):
                return None
        if option:
            given.add(options[option])
        result += filter(None, (option, value))
    is_selecting = any(options.get(each) in given for each in _SELECTING)
    if command.name in _NEED_SELECTING and not is_selecting and (is_renamed or result != words):
        return ["--all", *result] if "--all" in options else None
    return result


def _option(word: str, rest: list[str], options: _Options) -> tuple[str, str] | None:
    """Return the option that a word means, and its value, which may be the next word."""
    name, equals, value = word.partition("=")
    if not word.startswith("--"):
        name, equals, value = word[:2], word[2:], word[2:]
    if name not in options:
        if name in _FORMATS and not equals and "-o" in options:
            return "-o", name.removeprefix("--")
        names = _OPTIONS.get(name, (similar_name(name, options),))
        meant = next((each for each in names if each in options or each == ""), None)
        if meant is None:
            return None
        name = meant
    if name and options[name].is_flag:
        return None if equals else (name, "")
    if not equals:
        if not rest or rest[0] in options:
            return None
        value = rest.pop(0)
    return name, value


def _joined(value: str, rest: list[str]) -> str:
    """Join ``value`` with the words after it to a selector, such as ``pool=gpu, env=prod``.

    Remove these words from ``rest``. If they are not a selector together, return only ``value``.
    """
    others = list(takewhile(lambda word: word[:1] != "-" and not os.path.exists(word), rest))
    for count in range(len(others), 0, -1):
        text = " ".join([value, *others[:count]])
        if is_selector(text):
            del rest[:count]
            return text
    return value


def _option_for(word: str, options: _Options, given: Collection[click.Option | None]) -> str:
    """Return the option that is probably missing before a word, or an empty text."""
    is_folder_of_jobs = os.path.isdir(word) and options.get("-n") in given
    if "--job" in options and (word.endswith((".yaml", ".yml")) or is_folder_of_jobs):
        meant = "--job"
    elif word == "-" or os.path.exists(word):
        return "-n" if "-n" in options else ""
    elif is_key(word) and any(options.get(each) in given for each in _SELECTING):
        meant = "--node"  # or one of several labels, if the command has no such option
    elif is_selector(word):
        meant = "-l"
    else:
        return ""
    return meant if meant in options and options[meant] not in given else ""
