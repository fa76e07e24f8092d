"""What TAB offers for the values of options.

Words with characters that a shell interprets are not offered, so that no text from a node list can
run a command.
"""

import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from nodeselect.readers.detect import KNOWN_STATES
from nodeselect.selectors import Selector
from nodeselect.selectors.charset import is_key, is_value
from nodeselect.text import pluralize

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from nodeselect.inventory import Inventory

# A larger file is not read, unless it is a saved inventory.
MAX_BYTES = 32 << 20

# More keys than this, or more values of a key, are not counted.
_MAX_COUNTED = 100_000

# If there are more candidates, only their next letters are listed.
_MAX_SHOWN = 200

# What no shell interprets, wherever it is in a word without quotes; and no option starts like this.
_is_plain = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*").fullmatch

# The requirements before the last one, then its key and operator, then what is typed last. Spaces
# and parentheses are in one word of a shell only inside quotes.
_EXPRESSION = re.compile(
    r"((?:(?:[\w./=,! -]|\([\w., -]*\))*,)? *!?)"
    r"(?:([\w./-]+)( *(?:==?|!=) *| +(?:not)?in +\((?:[\w.-]*, *)*))?"
    r"([\w./-]*)",
    re.ASCII,
)

_Items: TypeAlias = "list[CompletionItem[str]]"


def complete_files(context: click.Context, parameter: click.Parameter, incomplete: str) -> _Items:
    """Return the item that makes the shell complete the name of a file by itself."""
    from click.shell_completion import CompletionItem  # only needed after TAB

    return [CompletionItem(incomplete, type="file")]


def complete_codes(context: click.Context, parameter: click.Parameter, incomplete: str) -> _Items:
    """Complete the code of a rule of ``check``; in a comma-separated list, the last code."""
    from nodeselect.jobs import all_rules  # imports yaml

    return _list_items(incomplete, {rule.code: rule.summary for rule in all_rules().values()})


def complete_keys(context: click.Context, parameter: click.Parameter, incomplete: str) -> _Items:
    """Complete a label key of the nodes; in a comma-separated list, the last key."""
    return _list_items(incomplete, _label_counts(_nodes(context)))


def complete_states(context: click.Context, parameter: click.Parameter, incomplete: str) -> _Items:
    """Complete a state; states of the nodes come first, then all other known states."""
    counts = _by_count(_nodes(context).match(Selector.everything()).state_counts(), bool)
    others = dict.fromkeys(sorted(KNOWN_STATES - counts.keys()), "")
    return _list_items(incomplete, counts | others)


def complete_ids(context: click.Context, parameter: click.Parameter, incomplete: str) -> _Items:
    """Complete the id of a node."""
    return _items("", incomplete, dict.fromkeys(_nodes(context).ids(), ""))


def complete_selector(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> _Items:
    """Complete the last key or value in a selector.

    If only one key is possible, return ``key=value`` for each value, so that TAB inserts ``key=``.
    A value of ``in`` or ``notin`` ends the list.
    """
    match = _EXPRESSION.fullmatch(incomplete)
    if match is None:
        return []
    inventory = _nodes(context)
    head, key, operator, word = match.groups(default="")
    if key:
        end = ")" if "(" in operator else ""
        return _items(f"{head}{key}{operator}", word, _label_counts(inventory, key), end)
    keys = _items(head, word, _label_counts(inventory))
    if len(keys) != 1 or head.endswith("!"):
        return keys
    key = keys[0].value.removeprefix(head)
    return _items(f"{head}{key}=", "", _label_counts(inventory, key)) or keys


def _nodes(context: click.Context) -> "Inventory":
    """Return the nodes of ``-n`` or NODESELECT_NODES; none if an input is a pipe or too large."""
    from nodeselect.cli.inputs.nodes import VARIABLE, NodeFiles, open_nodes
    from nodeselect.inventory import Inventory  # imports pyroaring

    nodes_from = context.params.get("nodes_from") or NodeFiles((os.environ.get(VARIABLE, ""),))
    sources = tuple(map(os.path.expanduser, nodes_from.sources))
    files = nodes_from._replace(sources=sources).files()
    if not all(map(os.path.isfile, files)):  # reading a pipe would take its nodes
        return Inventory()
    is_small = all(os.path.getsize(file) <= MAX_BYTES for file in files)
    with open_nodes(nodes_from._replace(sources=tuple(files))) as nodes:
        if isinstance(nodes, Inventory):
            return nodes
        return Inventory.read(nodes) if is_small else Inventory()


def _label_counts(inventory: "Inventory", key: str | None = None) -> dict[str, str]:
    """Map each valid label key, or if given each value of ``key``, to a text like ``3 nodes``."""
    counts = inventory._counts()
    if key is None:
        return _by_count(counts.key_counts(_MAX_COUNTED) or {}, is_key)
    return _by_count(counts.value_counts(key, _MAX_COUNTED) or {}, is_value)


def _by_count(counts: Mapping[Any, int], is_valid: Callable[[Any], bool]) -> dict[str, str]:
    """Map each valid key or value to a text such as ``3 nodes``; the most frequent come first."""
    ranked = sorted(filter(is_valid, counts), key=lambda text: (-counts[text], text))
    return {text: pluralize(counts[text], "node") for text in ranked}


def _list_items(incomplete: str, described: Mapping[str, str]) -> _Items:
    """Return the candidates (keys of ``described``) for the last item of a comma-separated list."""
    head, comma, word = incomplete.rpartition(",")
    return _items(head + comma, word, described)


def _items(head: str, word: str, described: Mapping[str, str], end: str = "") -> _Items:
    """Return ``head + candidate + end`` for each key of ``described`` that starts with ``word``.

    If there are too many candidates, return only their beginnings, one letter longer than their
    common prefix, so that TAB shows which letters may come next.
    """
    from click.shell_completion import CompletionItem  # only needed after TAB

    texts = [text for text in described if text.startswith(word) and _is_plain(text)]
    if len(texts) > _MAX_SHOWN:
        length = len(os.path.commonprefix(texts)) + 1  # noqa: RUF071 - of letters
        texts = sorted({text[:length] for text in texts})
        end = ""
    return [CompletionItem(head + text + end, help=described.get(text)) for text in texts]
