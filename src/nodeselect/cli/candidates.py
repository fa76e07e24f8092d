"""What may be typed at the cursor: keys, values, states and ids of the nodes, codes, files."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain, islice
from os.path import commonprefix
from typing import TYPE_CHECKING, TypeAlias, cast

import click
from click.shell_completion import CompletionItem

from nodeselect.cli.completers import Words
from nodeselect.cli.inputs.node_files import NodeFiles
from nodeselect.cli.inputs.read_nodes import open_nodes, open_queryable
from nodeselect.node import NodeRow
from nodeselect.readers.detect import KNOWN_STATES
from nodeselect.selectors import Selector
from nodeselect.selectors.charset import is_key, is_value
from nodeselect.text import pluralize

if TYPE_CHECKING:
    from nodeselect.inventory import Inventory
    from nodeselect.inventory.statistics import ViewStatistics

# How many nodes are read at most, except from a saved inventory. A file of more than _MAX_BYTES is
# read only if its name says that it can be read in parts.
_MAX_NODES = 20_000
_MAX_BYTES = 32 << 20
_IN_PARTS = (".ndjson", ".jsonl", ".csv", ".tsv")

# Keys with more values, and saved inventories with more nodes, have no candidates.
_MAX_VALUES = 100_000
_MAX_IDS = 200_000

# Of more candidates, only the next letters are shown.
_MAX_SHOWN = 200

_Item: TypeAlias = "CompletionItem[str]"


class _Fleet:
    """The nodes of the files on the command line, or in the environment."""

    def __init__(self, context: click.Context) -> None:
        self.sources = tuple(_sources(context))
        self.inventory: Inventory | None = None
        self.rows: list[NodeRow] = []
        if not self.sources:
            return
        nodes_from = NodeFiles(self.sources, context.meta.get("id_column") or "id")
        # A source that exists is a file, not a database.
        self.inventory = cast("Inventory | None", open_queryable(nodes_from))
        if self.inventory is None and _is_readable(nodes_from.files()):
            with open_nodes(nodes_from) as reader:
                self.rows = list(islice(chain.from_iterable(reader.blocks()), _MAX_NODES))

    def keys(self) -> Mapping[str, int]:
        if self.inventory is not None:
            return _statistics(self.inventory).key_counts(sys.maxsize) or {}
        return Counter(key for _, labels, _, _ in self.rows for key in labels)

    def values(self, key: str) -> Mapping[str, int]:
        if self.inventory is not None:
            return _statistics(self.inventory).value_counts(key, _MAX_VALUES) or {}
        return Counter(labels[key] for _, labels, _, _ in self.rows if key in labels)

    def states(self) -> Mapping[str | None, int]:
        if self.inventory is not None:
            return self.inventory.match(Selector.everything()).state_counts()
        return Counter(state for _, _, _, state in self.rows)

    def ids(self) -> Iterator[tuple[str, str]]:
        """Yield the ids and names of the nodes."""
        if self.inventory is None:
            return ((node_id, name or "") for node_id, _, name, _ in self.rows)
        is_small = len(self.inventory) <= _MAX_IDS
        return ((node_id, "") for node_id in (self.inventory.ids() if is_small else ()))


def _statistics(inventory: "Inventory") -> "ViewStatistics":
    from nodeselect.inventory.snapshot import statistics_of  # imports pyroaring

    return statistics_of(inventory)


def _sources(context: click.Context) -> Iterator[str]:
    """Yield the files with nodes that the command line names, before the cursor or after it."""
    words: Words = context.find_root().obj
    line = iter([*words.before, "", *words.after])
    found = []
    for word in line:
        if word in ("-n", "--nodes"):
            found.append(next(line, ""))
        elif word.startswith("--nodes="):
            found.append(word.partition("=")[2])
    if not found and context.info_name == "diff":  # OLD and NEW are the lists of nodes
        found = [word for word in words.before[1:] if os.path.isfile(word)][-1:]
    for source in found or [os.environ.get("NODESELECT_NODES", "")]:
        path = os.path.expanduser(os.path.expandvars(source))
        if os.path.exists(path):
            yield path


def _is_readable(paths: Iterable[str]) -> bool:
    return all(path.endswith(_IN_PARTS) or os.path.getsize(path) <= _MAX_BYTES for path in paths)


_OPERATORS = ("!=", "==", "=")


def files(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[_Item]:
    """Return the item that asks the shell to complete file names by itself."""
    return [CompletionItem(incomplete, type="file")]


def commands(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[_Item]:
    """Return the commands."""
    group = context.find_root().command
    names = group.list_commands(context) if isinstance(group, click.Group) else []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def codes(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[_Item]:
    """Return the codes of the rules for job files."""
    from nodeselect.jobs import all_rules  # fronts yaml

    summaries = {rule.code: rule.summary for rule in all_rules().values()}
    return _listed(parameter, incomplete, summaries)


def keys(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[_Item]:
    """Return the label keys of the nodes."""
    return _listed(parameter, incomplete, _described(_Fleet(context).keys()))


def states(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[_Item]:
    """Return the states that the nodes are in, and then all other known states."""
    counts = {state: nodes for state, nodes in _Fleet(context).states().items() if state}
    others = dict.fromkeys(sorted(KNOWN_STATES - counts.keys()), "")
    return _listed(parameter, incomplete, _described(counts) | others)


def ids(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[_Item]:
    """Return the ids of the nodes, with their names."""
    fleet = _Fleet(context)
    if not fleet.sources and "FILE" in (parameter.metavar or ""):
        return files(context, parameter, incomplete)
    return _listed(parameter, incomplete, dict(fleet.ids()))


def selector(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[_Item]:
    """Complete a selector: the key, the value, or the item of a set that is being typed.

    If only one key is possible, each candidate is ``key=value``, so that TAB inserts ``key=``.
    """
    fleet = _Fleet(context)
    start, parenthesis = _last_requirement(incomplete)
    if parenthesis is not None:
        key = _set_key(incomplete[start:parenthesis])
        head, used, word = _split_list(incomplete[parenthesis:])
        head = incomplete[:parenthesis] + head
        values = _starting(fleet.values(key), word, is_value, used)
        if len(values) == 1:  # of two candidates, bash does not close the quotes after the first
            ((value, nodes),) = values.items()
            values = {f"{value},": nodes, f"{value})": nodes}
        return _parts(head, values)
    requirement = incomplete[start:]
    for operator in _OPERATORS:
        key, found, word = requirement.partition(operator)
        if found and key:
            head = incomplete.removesuffix(word.lstrip())
            values = _starting(fleet.values(key.strip()), word.lstrip(), is_value)
            return _parts(head, values)
    word = requirement.lstrip("! \t")
    head = incomplete.removesuffix(word)
    found_keys = _starting(fleet.keys(), word, is_key)
    if "!" in head[start:]:
        return _parts(head, found_keys)
    if len(found_keys) == 1:
        (key,) = found_keys
        values = _starting(fleet.values(key), "", is_value)
        if any(values):
            return _parts(head, {f"{key}={value}": nodes for value, nodes in values.items()})
        return _parts(head, found_keys)
    return _parts(head, {f"{key}=": nodes for key, nodes in found_keys.items()})


def _last_requirement(text: str) -> tuple[int, int | None]:
    """Return the position where the last requirement starts, and the one after its open ``(``.

    The second is None if no parenthesis is open.
    """
    start, parenthesis = 0, None
    for at, letter in enumerate(text, 1):
        if letter == "(":
            parenthesis = at
        elif letter == ")":
            parenthesis = None
        elif letter == "," and parenthesis is None:
            start = at
    return start, parenthesis


def _set_key(text: str) -> str:
    """Return the key of ``key in (`` or ``key notin (``; an empty text for anything else."""
    words = text.removesuffix("(").split()
    return words[0] if len(words) == 2 and words[1] in ("in", "notin") else ""


def _split_list(text: str) -> tuple[str, set[str], str]:
    """Split ``a, b, c`` into the text before the last item, the set of the others, and the last.

    For example, into ``("a, b, ", {"a", "b"}, "c")``.
    """
    *others, word = text.split(",")
    word = word.lstrip()
    return text.removesuffix(word), set(map(str.strip, others)), word


def _starting(
    counts: Mapping[str, int],
    word: str,
    is_valid: Callable[[str], bool],
    used: Collection[str] = (),
) -> dict[str, int]:
    """Return the candidates that start with ``word``, and their counts.

    :param counts: how many nodes have each key or value.
    :param is_valid: whether a selector may contain a text.
    :param used: what is already in the list, and not offered again.
    """
    found = [text for text in counts if text.startswith(word) and text not in used]
    return {text: counts.get(text, 0) for text in _shortened(list(filter(is_valid, found)))}


def _parts(head: str, counts: Mapping[str, int]) -> list[_Item]:
    return [
        CompletionItem(head + text, help=description, label=text, is_part=True)
        for text, description in _described(counts).items()
    ]


def _described(counts: Mapping[str, int]) -> dict[str, str]:
    ranked = sorted(counts, key=lambda text: (-counts[text], text))
    return {text: pluralize(counts[text], "node") if counts[text] else "" for text in ranked}


def _listed(
    parameter: click.Parameter, incomplete: str, described: Mapping[str, str]
) -> list[_Item]:
    """Return the candidates for a value, or for the last item if it is a list with commas.

    :param described: all candidates, with a description of each.
    """
    is_list = "…" in (parameter.metavar or "")
    head, used, word = _split_list(incomplete) if is_list else ("", set(), incomplete)
    found = [text for text in described if text.startswith(word) and text not in used]
    return [
        CompletionItem(
            head + text,
            help=described.get(text),
            label=text,
            is_part=is_list or text not in described,  # the beginning of several
        )
        for text in _shortened(found)
    ]


def _shortened(texts: Collection[str]) -> list[str]:
    """Return the texts; if there are too many to list, return their different beginnings.

    The beginnings are as long as possible, so that TAB shows which letters may come next.
    """
    length = len(commonprefix(list(texts)))  # noqa: RUF071 - of letters
    shown = list(texts)
    while len(shown) > _MAX_SHOWN:
        length += 1
        shorter = sorted({text[:length] for text in texts})
        if len(shorter) > _MAX_SHOWN:
            break
        shown = shorter
    return shown
