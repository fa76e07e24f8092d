"""Suggest a valid command line instead of an invalid one.

A suggestion can be pasted safely: it has every value that the user wrote and that matters here, it
is valid, and it replaces no file. If that is not possible, nothing is suggested. It reads no file.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

import click

from nodeselect.cli.inputs.job_selectors import is_selector
from nodeselect.cli.options import ONLY_CHECK, UsageIsValid, is_yaml
from nodeselect.errors import NodeselectError
from nodeselect.selectors.charset import is_key
from nodeselect.similarity import similar_name
from nodeselect.text import printable


def _by_word(*rows: tuple[str, str]) -> dict[str, list[str]]:
    """Map each word of a row, such as ``"a b"``, to the words that it may mean."""
    return {word: meant.split(" | ") for words, meant in rows for word in words.split()}


# What commands of other tools are called here.
_VERBS = _by_word(
    ("filter find get list ls nodes query search select show", "match"),
    ("apply create debug describe inspect jobs run submit why", "explain"),
    ("fmt format lint test validate verify", "check"),
    ("deploy plan schedule waves", "rollout"),
    ("facets stats tags top values", "labels"),
    ("compare", "diff"),
    ("save", "index"),
    ("export translate", "convert"),
)

# What an option of another command or tool is called here: the first that the command has.
_OPTIONS = _by_word(
    ("--job --jobs --job-file -j", "--job | FILE"),
    ("--expr --expression --filter --label --label-selector --match --query --where", "-l"),
    ("--labels --selectors -s", "-l | --show-labels"),
    ("--fleet --inventory --node-file", "-n"),
    ("--ids --node", "--id"),
    ("--field-selector --name", "unclear"),
    ("--out -o --output --format --output-format -t --type", "-o | --to | --dialect"),
    ("-f --file --filename -i --input --path", "FILE"),
    ("--code --only --rule --rules", "--select"),
    ("--disable", "--ignore"),
    ("--skip", "--exclude"),
    ("--by --column --columns --group-by --label-columns --key", "-L | FILE"),
    ("--order-by --sort", "--sort-by"),
    ("--states --status", "--state"),
    ("-a --everything", "--all"),
    ("-c --size --total", "--count"),
    ("--at-least", "--min"),
    ("-m --first --head --max-count --max-results --top", "--limit"),
    ("--no-color", "--color never"),
    *(
        (f"--{name}", f"-o {name}")
        for name in ("csv", "html", "json", "markdown", "ndjson", "yaml")
    ),
)

# Options of other tools that change nothing.
_NEEDLESS = ("-A", "--all-namespaces", "--ignore-not-found", "--no-pager", "--verbose")

# What a value of an option is called here: the first that the option accepts.
_VALUES = _by_word(
    ("expanso yaml yml", "job | json"),
    ("go-template jsonpath template", "json"),
    ("jsonlines", "ndjson"),
    ("tsv", "csv"),
    ("custom-columns", "wide"),
    ("human plain pretty table text", "text | table"),
    ("pg psql", "postgresql"),
)

# These commands select nodes, and need one of these options if they have --all.
_NEED_SELECTING = ("match", "explain", "sql")
_SELECTING = ("-l", "--selector", "--id", "--job", "--all")

# How many files may be arguments; those of other commands are behind options.
_FILES = {"check": 1_000, "convert": 1, "diff": 2, "rollout": 1}

# Other commands check their options before they read or write anything.
_NOT_CHECKING = ("audit", "completion", "help", "rules", "schema")

_Options = Mapping[str, click.Option]


def suggested_command(context: click.Context, words: Sequence[str]) -> str | None:
    """Return the command line that the arguments ``words`` probably mean; None if unclear."""
    root = context.find_root()
    group = root.command
    assert isinstance(group, click.Group)
    name, *rest = words or [""]
    if words == ["version"]:
        return "nodeselect --version"
    names = group.list_commands(root)
    meant = _command(name, names)
    if meant == "help":
        rest = [_command(word, names) or word for word in rest]
    is_typed = all(word and printable(word) == word for word in words)
    if not meant or not is_typed or name.startswith("-") or sum(map(len, words)) > 500:
        return None
    command = group.get_command(root, meant)
    assert command is not None
    if name in _VERBS and rest[:1] in (["node"], ["nodes"]):  # as in kubectl: get nodes
        rest = rest[1:]
    arguments = _Line(command, rest).corrected()
    needs_all = meant in _NEED_SELECTING and arguments and set(_SELECTING).isdisjoint(arguments)
    if arguments is not None and [meant, *arguments] != list(words):
        arguments = ["--all", *arguments] if needs_all else arguments
        if not _is_refused(command, arguments, root):
            import shlex  # loads slowly

            return f"nodeselect {shlex.join([meant, *arguments])}"
    return None if meant == name else f"nodeselect {meant} --help"


def _command(word: str, names: Sequence[str]) -> str | None:
    """Return the command that a word means; None if unclear."""
    return word if word in names else _VERBS.get(word, [similar_name(word, names)])[0]


def _is_refused(command: click.Command, arguments: list[str], root: click.Context) -> bool:
    """Return whether a command line is invalid, or replaces a file."""
    if not {"--write", "-h", "--help"}.isdisjoint(arguments):
        return True
    try:
        made = command.make_context(command.name, arguments.copy(), root)
        if command.name not in _NOT_CHECKING:
            made.meta[ONLY_CHECK] = True
            with suppress(UsageIsValid):
                command.invoke(made)
    except (click.ClickException, click.exceptions.Exit, NodeselectError):  # Exit: for --help
        return True
    return False


class _Line:
    """The words of a command line as the arguments that they probably mean for a command."""

    def __init__(self, command: click.Command, words: Sequence[str]) -> None:
        parameters = [each for each in command.params if isinstance(each, click.Option)]
        self._name = str(command.name)
        self._options = {name: option for option in parameters for name in option.opts}
        others = (each for each in command.params if each not in parameters)
        self._has_arguments = any(each.expose_value for each in others)
        self._files = _FILES.get(self._name, 0)
        self._words = words
        self._result: list[str] = []

    def corrected(self) -> list[str] | None:
        """Return the arguments; None if a word is unclear."""
        rest = [word for word in self._words if word in self._options or word not in _NEEDLESS]
        while rest:
            option, value = "", rest.pop(0)
            if value.startswith("-") and value != "-":
                found = _option(value, rest, self._options)
                if found is None or not self._is_clear(value, *found):
                    return None
                option, value = found
                if option == "-f" and not is_yaml(value):  # any file, in other tools
                    option = ""
            if not option and self._is_argument(value):
                self._files -= 1
            elif not (option := option or self._missing_option(value)):
                return None
            if option in ("-l", "--selector") and self._name != "diff":
                value = _joined(value, rest)
            self._result += filter(None, (option, value))
        return self._result

    def _is_clear(self, word: str, option: str, value: str) -> bool:
        """Return whether ``word`` may mean an option: it may be given, and has a valid selector."""
        if option == "-l" and not word.startswith("-l") and not is_selector(value):
            return False
        # In other tools, all selectors must hold.
        is_repeatable = option not in self._options or self._options[option].multiple
        return option not in self._result or (is_repeatable and word.startswith(option))

    def _is_argument(self, word: str) -> bool:
        if word == "-" or os.path.exists(word):
            return self._files > 0 and (self._name != "rollout" or is_yaml(word))
        return self._has_arguments and all(map(is_key, word.split(",")))

    def _missing_option(self, word: str) -> str:
        """Return the option that is probably missing before a word, or an empty text."""
        if word == "-" or os.path.exists(word):
            is_job = is_yaml(word) or (os.path.isdir(word) and "-n" in self._words)
            meant = "--job" if is_job else "" if word.endswith(".html") else "-n"
        else:
            meant = "-l" if _is_condition(word) else ""
        is_twice = meant == "-l" in self._result and self._name != "diff"
        return meant if meant in self._options and not is_twice else ""


def _option(word: str, rest: list[str], options: _Options) -> tuple[str, str] | None:
    """Return the option that a word means, and its value, which may be the next word."""
    name, equals, value = word.partition("=")
    if not word.startswith("--"):
        name, equals, value = word[:2], word[2:], word[2:]
    similar = similar_name(name, options) or name
    for meant in [name] if name in options else _OPTIONS.get(name, [similar]):
        meant, _, fixed = meant.partition(" ")
        if meant not in options and meant != "FILE":
            continue
        if fixed or (meant in options and options[meant].is_flag):
            return None if equals else (meant, _choice(fixed, options[meant]))
        if not equals and (not rest or rest[0] in options):
            continue
        value = value if equals else rest.pop(0)
        return ("", value) if meant == "FILE" else (meant, _choice(value, options[meant]))
    return None


def _choice(value: str, option: click.Option) -> str:
    """Return the choice of an option that a value means; the value itself if unclear."""
    choices: Collection[str] = getattr(option.type, "choices", ())
    similar = similar_name(value, choices) or value
    meant = (value, *_VALUES.get(value.partition("=")[0], ()), similar)
    return next((each for each in meant if each in choices), value)


def _is_condition(word: str) -> bool:
    """Return whether a word is a selector; a name with a digit or a slash may be an object."""
    is_name = is_key(word) and any(each.isdigit() or each == "/" for each in word)
    return is_selector(word) and not is_name


def _joined(value: str, rest: list[str]) -> str:
    """Join a selector and the first words of ``rest``, which are removed, if all must hold."""
    while rest and not os.path.exists(rest[0]):
        text = f"{value.rstrip(',')},{rest[0].rstrip(',')}"
        if rest[0] not in ("and", "AND", "&&"):
            if not _is_condition(rest[0].rstrip(",")) or rest[0].lower() in ("or", "not"):
                break
            value = text
        del rest[0]
    return value
