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

# Words of other commands and tools, and what they mean here: a command; the first option that the
# command has, or an argument (FILE); the first value that the option accepts; or nothing.
_TABLE = (
    ("filter find get list ls nodes query search select show", "match"),
    ("apply create debug describe inspect jobs run submit why", "explain"),
    ("fmt format lint test validate verify", "check"),
    ("deploy plan schedule waves", "rollout"),
    ("facets stats tags top values", "labels"),
    ("compare", "diff"),
    ("save", "index"),
    ("export translate", "convert"),
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
        for name in ["csv", "html", "json", "markdown", "ndjson", "yaml"]
    ),
    ("expanso yaml yml", "job | json"),
    ("go-template jsonpath template", "json"),
    ("jsonlines", "ndjson"),
    ("tsv", "csv"),
    ("custom-columns", "wide"),
    ("human plain pretty table text", "text | table"),
    ("pg psql", "postgresql"),
    ("-A --all-namespaces --ignore-not-found --no-pager --verbose and AND &&", ""),
)
_MEANT = {
    word: meant.format(word.strip("-")).split(" | ")
    for words, meant in _TABLE
    for word in words.split()
}

# How many files may be arguments; those of other commands are behind options.
_FILES = {"check": 1_000, "convert": 1, "diff": 2, "rollout": 1}

# Other commands check their options before they read or write anything.
_NOT_CHECKING = ("audit", "completion", "help", "rules", "schema")


def suggested_command(context: click.Context, words: Sequence[str]) -> str | None:
    """Return the command line that the arguments ``words`` probably mean; None if unclear."""
    root, (name, *rest) = context.find_root(), words or [""]
    group = root.command
    assert isinstance(group, click.Group)
    names = group.list_commands(root)
    if words == ["version"]:
        return "nodeselect --version"
    meant = _meant(name, names)
    command = group.get_command(root, meant)
    is_typed = all(word and printable(word) == word for word in words)
    if command is None or not is_typed or sum(map(len, words)) > 500:
        return None
    if meant == "help":
        rest = [_meant(word, names) for word in rest]
    elif name != meant and rest[:1] in (["node"], ["nodes"]):  # as in kubectl: get nodes
        rest = rest[1:]
    arguments = _corrected(command, rest)
    if arguments is not None and [meant, *arguments] != list(words):
        for line in (arguments, ["--all", *arguments]):
            if not _is_refused(command, line, root):
                import shlex  # loads slowly

                return f"nodeselect {shlex.join([meant, *line])}"
    return None if meant == name else f"nodeselect {meant} --help"


def _meant(word: str, known: Collection[str]) -> str:
    """Return the one of the known words that a word means; the word itself if unclear."""
    meant = (word, *_MEANT.get(word.partition("=")[0], ()), similar_name(word, known))
    return next((each for each in meant if each in known), word)


def _is_refused(command: click.Command, arguments: list[str], root: click.Context) -> bool:
    """Return whether a command line is invalid, or replaces a file."""
    try:
        made = command.make_context(command.name, arguments.copy(), root)
        if command.name not in _NOT_CHECKING:
            made.meta[ONLY_CHECK] = True
            with suppress(UsageIsValid):
                command.invoke(made)
    except (click.ClickException, click.exceptions.Exit, NodeselectError):  # Exit: for --help
        return True
    return not {"--write", "-h", "--help"}.isdisjoint(arguments)


def _corrected(command: click.Command, words: Sequence[str]) -> list[str] | None:
    """Return the arguments that words probably mean for a command; None if a word is unclear."""
    parsed = [each for each in command.params if isinstance(each, click.Option)]
    options = {name: option for option in parsed for name in option.opts}
    rest, result, files = list(words), list[str](), _FILES.get(str(command.name), 0)
    while word := _next(rest, options):
        option, value = "", word
        if word.startswith("-") and word != "-":
            option, value = _option(word, rest, options)
            is_repeated = option in result and not (option in word and options[option].multiple)
            if not option or is_repeated:
                return None
        if option == "FILE" or (option == "-f" and not is_yaml(value)):  # any file, in other tools
            option = ""
        meant = option or _place(value, command, words, files)
        is_second = meant == "-l" and meant in result and not option and command.name != "diff"
        if meant in ("FILE", "KEY"):
            files -= meant == "FILE"
            result.append(value)
        elif is_second and result[-2] == "-l":
            result[-1] = f"{result[-1].rstrip(',')},{value.rstrip(',')}"
        elif is_second or meant not in options:
            return None
        else:
            result += filter(None, (meant, value))
    return result


def _next(rest: list[str], options: Collection[str]) -> str:
    """Remove and return the first word, or what it is here; empty if no other word is left."""
    while rest:
        word = rest.pop(0)
        phrase = _MEANT[word][0].split() if word in _MEANT else [word]
        if len(phrase) == 1 or word in options:
            return word
        rest[:0] = phrase
    return ""


def _place(word: str, command: click.Command, words: Sequence[str], files: int) -> str:
    """Return the option that is missing before a word, or FILE, or KEY: it is an argument."""
    if word == "-" or os.path.exists(word):
        if files > 0 and (is_yaml(word) or command.name != "rollout"):
            return "FILE"
        is_job = is_yaml(word) or (os.path.isdir(word) and "-n" in words)
        return "--job" if is_job else "" if word.endswith(".html") else "-n"
    arguments = (each for each in command.params if isinstance(each, click.Argument))
    if any(each.expose_value for each in arguments) and all(map(is_key, word.split(","))):
        return "KEY"
    is_name = is_key(word) and any(each.isdigit() or each == "/" for each in word)
    return "-l" if is_selector(word) and not is_name and word not in ("OR", "or", "not") else ""


def _option(word: str, rest: list[str], options: Mapping[str, click.Option]) -> tuple[str, str]:
    """Return the option that a word means, and its value, which may be the next word."""
    name, equals, value = word.partition("=")
    if not word.startswith("--"):
        name, equals, value = word[:2], word[2:], word[2:]
    similar = similar_name(name, options) or name
    for meant in [name] if name in options else _MEANT.get(name, [similar]):
        if meant in options and options[meant].is_flag:
            return ("" if equals else meant), ""
        if (equals or (rest and rest[0] not in options)) and meant in (*options, "FILE"):
            value = value if equals else rest.pop(0)
            if meant == "-l" and name != meant and not is_selector(value):
                break
            choices = () if meant == "FILE" else getattr(options[meant].type, "choices", ())
            return meant, _meant(value, choices)
    return "", ""
