"""Suggest a valid command line instead of an invalid one.

A suggestion can be pasted safely: it has every value that the user wrote and that matters here, it
is valid, and it replaces no file. If that is not possible, there is no suggestion.
"""

import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import pairwise, takewhile

import click

from nodeselect.cli.completion import MAX_BYTES
from nodeselect.cli.inputs.job_selectors import is_selector
from nodeselect.cli.inputs.nodes import NodeFiles, read_inventory
from nodeselect.cli.options import ONLY_CHECK, UsageIsValid, is_yaml
from nodeselect.errors import NodeselectError
from nodeselect.selectors.charset import is_key
from nodeselect.similarity import similar_name
from nodeselect.text import printable


def _by_word(*rows: tuple[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Map each word of a row, such as ``"a b"``, to what it may mean."""
    return {word: meant for words, meant in rows for word in words.split()}


# What commands of other tools are called here: the first of them that accepts the arguments.
_VERBS = _by_word(
    ("filter find get list ls nodes query search select show", ("match",)),
    ("count", ("match --count",)),
    ("describe inspect", ("explain", "match")),
    ("apply create debug jobs run submit why", ("explain",)),
    ("fmt format lint test validate verify", ("check",)),
    ("deploy plan schedule waves", ("rollout",)),
    ("facets stats tags top values", ("labels",)),
    ("compare", ("diff",)),
    ("save", ("index",)),
    ("export translate", ("convert",)),
    ("version", ("--version",)),
)

# The commands that have what match does not have.
_COMMANDS = {"--why": "explain", "-o html": "explain"}

# What an option of another command or tool is called here; the first name that the command has is
# meant, if there is a value for it. An empty name means an argument, or an option that fits it.
_OPTIONS = _by_word(
    ("--job --jobs --job-file -j", ("--job", "")),
    ("--expr --expression --filter --label --label-selector --match --query", ("-l",)),
    ("--selector --selectors --where -l -s", ("-l",)),
    ("--field-selector", ()),
    ("--labels", ("-l", "--show-labels")),
    ("--fleet --inventory --node-file --nodes -n", ("-n",)),
    ("--id --ids --name --node", ("--id",)),
    ("--out -o --output", ("-o", "--to", "--dialect", "")),
    ("--format --output-format -t --type", ("-o", "--to", "--dialect")),
    ("-f --file --filename -i --input --path --key --shell", ("",)),
    ("--code --only --rule --rules", ("--select", "")),
    ("--disable", ("--ignore",)),
    ("--skip", ("--exclude",)),
    ("--by --column --columns --group-by --label-columns", ("-L", "")),
    ("--order-by --sort", ("--sort-by",)),
    ("--states --status", ("--state",)),
    ("-a --everything", ("--all",)),
    ("-c --size --total", ("--count",)),
    ("--at-least", ("--min",)),
    ("-m --first --head --max-count --max-results --top", ("--limit",)),
    ("--no-color", ("--color never",)),
    *(
        (f"--{name}", (f"-o {name}",))
        for name in ("csv", "html", "json", "markdown", "ndjson", "yaml")
    ),
)

# Options of other tools that change nothing.
_NEEDLESS = (
    "-A", "--all-namespaces", "--dry-run", "--ignore-not-found", "--no-pager", "--no-trunc",
    "--verbose",
)  # fmt: skip

# What a value of an option is called here; the first that the option accepts is meant.
_VALUES = _by_word(
    ("expanso yaml yml", ("job", "json")),
    ("go-template jsonpath template", ("json",)),
    ("jsonlines", ("ndjson",)),
    ("tsv", ("csv",)),
    ("id names", ("name",)),
    ("custom-columns", ("wide",)),
    ("human plain pretty table", ("text", "table")),
    ("text", ("table",)),
    ("pg psql", ("postgresql",)),
)

# A command with one of these replaces files, or prints its help.
_NO_ANSWER = frozenset({"--write", "-h", "--help"})

# These commands select nodes. If they have --all, they need one of these options.
_NEED_SELECTING = ("match", "explain", "sql")
_SELECTING = ("-l", "--id", "--job", "--all")

# How many files may be arguments; those of other commands are behind options.
_FILES = {"check": 1_000, "convert": 1, "diff": 2, "rollout": 1}

# Other commands check their options before they read or write anything.
_NOT_CHECKING = ("audit", "completion", "help", "rules", "schema")

# What joins requirements in other languages, and what a selector cannot express.
_AND = ("and", "AND", "&&")
_NOT_OR = frozenset({"not", "or", "!", "||"})

_Options = Mapping[str, click.Option]
_Given = Collection[click.Option | None]
_Ids = Callable[[], Collection[str]]


def suggested_command(context: click.Context, words: Sequence[str]) -> str | None:
    """Return the command line that the arguments ``words`` probably mean; None if unclear."""
    root = context.find_root()
    group = root.command
    assert isinstance(group, click.Group)
    option, equals, _ = "".join(words[:1]).partition("=")
    at = 0 if option != "--color" else 1 if equals else 2
    name, *rest = words[at:] or [""]
    if name.startswith("-") or sum(map(len, words)) > 1_000:  # too long to be read
        return None
    if not all(word and printable(word) == word for word in (name, *words)):
        return None  # it cannot be typed
    commands = _command_names(name, [*group.list_commands(root), "--version"])
    if name == "match":
        texts = (*rest, *map(" ".join, pairwise(rest)))
        if other := next((text for text in texts if text in _COMMANDS), None):
            commands = (_COMMANDS[other],)
            rest = [word for word in rest if word != other]
    for meant in commands:
        arguments = _arguments(root, meant, rest, name)
        if arguments == words[at:]:
            return None
        if arguments is not None:
            import shlex  # loads slowly

            return f"nodeselect {shlex.join([*words[:at], *arguments])}"
    if name in commands or not commands or commands[0].startswith("-"):
        return None
    return f"nodeselect {commands[0].split()[0]} --help"


def _command_names(word: str, names: Sequence[str]) -> Sequence[str]:
    """Return the commands that a word may mean, the most probable first."""
    similar = similar_name(word, names)
    return (word,) if word in names else _VERBS.get(word, (similar,) if similar else ())


def _arguments(root: click.Context, meant: str, rest: list[str], typed: str) -> list[str] | None:
    """Return a command and what ``rest`` means for it; None if unclear, invalid or dangerous."""
    name, *options = meant.split()
    group = root.command
    assert isinstance(group, click.Group)
    command = group.get_command(root, name)
    if command is None:  # it is an option
        return None if rest else [name]
    if rest in ([option] for option in root.help_option_names):
        return [name, *rest]
    if name == "help":
        commands = group.list_commands(root)
        rest = [next(iter(_command_names(each, commands)), each) for each in rest]
    if typed in _VERBS and rest[:1] in (["node"], ["nodes"]):  # as in kubectl: get nodes
        has_id = rest[1:] and is_key(rest[1]) and not os.path.exists(rest[1])
        rest = ["--node", *rest[1:]] if has_id else rest[1:]
    if name == "rollout" and rest[:1] == ["status"]:  # as in kubectl
        rest = rest[1:]
    arguments = _corrected(command, [*options, *rest], is_renamed=name != typed)
    if arguments is None or not _NO_ANSWER.isdisjoint(arguments):
        return None
    if name == "explain" != typed and "--id" in arguments:  # about a node, not about a selector
        return None
    try:
        made = command.make_context(name, arguments.copy(), root)
        if command.name not in _NOT_CHECKING:
            made.meta[ONLY_CHECK] = True
            with suppress(UsageIsValid):
                command.invoke(made)
    except (click.ClickException, click.exceptions.Exit, NodeselectError):  # Exit: for --help
        return None
    return [name, *arguments]


def _corrected(command: click.Command, words: list[str], is_renamed: bool) -> list[str] | None:
    """Return the arguments that ``words`` probably mean for a command; None if unclear.

    Unknown options are replaced by options of the command. A missing option is added before the
    value, and ``--all`` if nothing selects nodes.
    """
    parameters = [each for each in command.params if isinstance(each, click.Option)]
    options = {name: option for option in parameters for name in option.opts}
    given = {options[word] for word in words if word in options}
    has_nodes = options.get("-n") in given
    has_yaml = any(map(is_yaml, words))
    # Files with nodes may be arguments, but are suggested with -n, as all commands accept them.
    has_arguments = any(each.expose_value for each in command.params if each not in parameters)
    files = _FILES.get(str(command.name), 0)
    ids = cache(lambda: _ids(words))
    if not _NOT_OR.isdisjoint(map(str.lower, words)):
        return None
    result: list[str] = []
    used: set[click.Option] = set()
    words = [word.removeprefix("node/") for word in words]  # as in kubectl
    rest = [word for word in words if word.partition("=")[0] not in _NEEDLESS or word in options]
    while rest:
        word = rest.pop(0)
        option, value = "", word
        if word.startswith("-") and word != "-":
            found = _option(word, rest, options)
            if found is None:
                return None
            option, value = found
            if option == "-f" and not has_nodes:  # any file, in other tools
                option = "-n" if _option_for(value, options, given, ids) == "-n" else option
        if option:
            if options[option] in used and not options[option].multiple:
                return None
            used.add(options[option])
            value = _choice(value, options[option])
            if option == "-l" and not word.startswith(("-l", "--selector")):
                value = re.sub(r"^label=|\bMeta\.|['\"]", "", value)  # as in docker, Nomad, SQL
                if not is_selector(value):
                    return None
                if "-l" in result:
                    result[result.index("-l") + 1] += f",{value}"  # in other tools, all must hold
                    continue
        elif command.name == "labels" and "," in value and all(map(is_key, value.split(","))):
            value, *others = value.split(",")
            rest = [*others, *rest]
        if option in ("-l", "--selector") or not (option or has_arguments):
            value = _joined(value, rest, ids, " " if has_arguments else " ,")
        is_argument = has_arguments and (is_key(value) or not is_selector(value))
        if value == "-" or os.path.exists(value):
            is_swapped = command.name == "rollout" and has_yaml and not is_yaml(value)
            is_argument = files > 0 and not is_swapped
        if command.name == "diff":
            given.discard(options["-l"])  # there may be two
        if not option and not is_argument:
            option = _option_for(value, options, given, ids)
            is_lost = option == "-n" and word.startswith(("--job", "-j"))
            if not option or is_lost:
                return None
        if option:
            given.add(options[option])
        else:
            files -= 1
        result += filter(None, (option, value))
    if command.name == "index" and result[:1] == ["-n"] and len(result) == 2:  # FILE is missing
        new = f"{os.path.splitext(result[1])[0]}.nsx"
        result += [] if os.path.exists(new) else [new]
    is_selecting = any(options.get(each) in given for each in _SELECTING)
    if command.name in _NEED_SELECTING and not is_selecting and (is_renamed or result != words):
        return ["--all", *result] if "--all" in options else None
    return result


def _ids(words: Sequence[str]) -> frozenset[str]:
    """Return the ids of the nodes in those of ``words`` that are small files."""
    ids: set[str] = set()
    for file in filter(os.path.isfile, words):
        with suppress(NodeselectError):
            if os.path.getsize(file) <= MAX_BYTES:
                ids.update(read_inventory(NodeFiles((file,))).ids())
    return frozenset(ids)


def _option(word: str, rest: list[str], options: _Options) -> tuple[str, str] | None:
    """Return the option that a word means, and its value, which may be the next word."""
    name, equals, value = word.partition("=")
    if not word.startswith("--"):
        name, equals, value = word[:2], word[2:], word[2:]
    similar = similar_name(name, options) or name
    for meant in (name,) if name in options else _OPTIONS.get(name, (similar,)):
        meant, _, fixed = meant.partition(" ")
        if meant in options and (fixed or options[meant].is_flag):
            if not equals:
                if name == "--json" and rest and "," in rest[0]:  # the fields of gh
                    del rest[0]
                return meant, fixed
        elif meant in options or meant == "":
            if equals:
                return meant, value
            if rest and rest[0] not in options:
                return meant, rest.pop(0)
    return None


def _choice(value: str, option: click.Option) -> str:
    """Return the choice of an option that a value means; the value itself if unclear."""
    choices = getattr(option.type, "choices", ())
    similar = similar_name(value, choices) or value
    name = "template" if "{{" in value else value.partition("=")[0]
    meant = (value, *_VALUES.get(name, ()), similar)
    return next((each for each in meant if each in choices), value)


def _joined(value: str, rest: list[str], ids: _Ids, separators: str) -> str:
    """Join ``value`` and the first words of ``rest``, which are removed, if they are a selector."""

    def is_other(word: str) -> bool:
        return word[:1] == "-" or os.path.exists(word) or (is_key(word) and word in ids())

    parts = list(takewhile(lambda word: not is_other(word), [value, *rest]))
    for count in range(len(parts), 1, -1):
        for separator in separators:
            text = separator.join(word for word in parts[:count] if word not in _AND)
            if is_selector(text):
                del rest[: count - 1]
                return text
    return value


def _option_for(word: str, options: _Options, given: _Given, ids: _Ids) -> str:
    """Return the option that is probably missing before a word, or an empty text."""
    is_folder_of_jobs = os.path.isdir(word) and options.get("-n") in given
    if "--job" in options and (is_yaml(word) or is_folder_of_jobs):
        meant = "--job"
    elif word == "-" or os.path.exists(word):
        return "-n" if "-n" in options and not word.endswith(".html") else ""
    elif not is_key(word):
        meant = "-l" if is_selector(word) else ""
    elif not any(options.get(each) in given for each in _SELECTING):
        meant = "--id" if word in ids() else "-l"
    elif "--node" in options or options.get("--all") in given or word not in ids():
        has_ending = bool(os.path.splitext(word)[1])  # as the name of a file has
        meant = "" if has_ending and word not in ids() else "--node"
    else:
        return "--id" if "--id" in options else ""
    return meant if meant in options and options[meant] not in given else ""
