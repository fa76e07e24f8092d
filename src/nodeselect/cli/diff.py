"""``nodeselect diff``: which nodes a change adds, keeps and removes."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import click

from nodeselect.cli.job_files import job_name
from nodeselect.cli.options import (
    all_option,
    job_option,
    job_selector,
    nodes_option,
    read_inventory,
    say_empty,
    selector_option,
    selectors_of,
)
from nodeselect.cli.stderr import say
from nodeselect.cli.stdout import put
from nodeselect.cli.stray_arguments import OptionsOnly, option_before
from nodeselect.inventory import Inventory
from nodeselect.inventory.compare import Change, Difference, LabelChange, Side, compare
from nodeselect.render.explanation import headline_of
from nodeselect.render.id_ranges import fold
from nodeselect.render.layout import (
    MARKDOWN_CODE,
    REPORTS,
    Screen,
    cell,
    code,
    json_lines,
    markdown,
    markdown_table,
    number_of,
    screen_here,
    wrapped,
)
from nodeselect.selectors import Selector
from nodeselect.text import quoted, width

__all__ = ["diff"]

SAME, DIFFERENT, WRONG = 0, 1, 2

_TOLD = 3
"""Requirements or labels that are told of a group of nodes; the rest is counted."""

_KEPT_LINES = 3
"""Lines of ids of nodes that are kept, on a screen."""

_KEPT_TEXTS = 20
"""Folded ids of nodes that are kept, in a cell of Markdown."""

_ROOM = 20
"""Columns that the name of a side needs to stand on one line with its numbers."""

_Thing = TypeVar("_Thing")


_FILES = ("--job", "-n", "--nodes")
"""Options that take a file, or the old one and the new one."""

_SELECTOR = ("-l", "--selector")


class _Diff(OptionsOnly):
    """Reads ``--job OLD NEW`` as ``--job OLD --job NEW``, and ``-n OLD NEW`` likewise: a file that
    stands alone belongs to the option before it, since the command has no arguments of its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments."""
        given: list[str] = []
        for argument in args:
            alone = argument == "-" or not argument.startswith("-")
            if alone and (option := option_before(given, _FILES)):
                given.append(option)
            elif alone and option_before(given, _SELECTOR):
                raise click.UsageError(f"repeat -l before {quoted(argument)}: -l OLD -l NEW", ctx)
            given.append(argument)
        return super().parse_args(ctx, given)


@click.command(
    cls=_Diff,
    epilog="""\b
Examples:
  nodeselect diff --job old.yaml new.yaml -n nodes.json
  nodeselect diff -l region=eu -l 'region=eu,tier!=free' -n nodes.json
  nodeselect diff --job job.yaml -n yesterday.json today.json
  nodeselect diff --all -n yesterday.json today.json -o markdown

\b
Exit status: 0 the same nodes match, 1 others do, 2 wrong question or input.
""",
)
@nodes_option(several=True)
@selector_option("The selector. Twice: the old one and the new one.")
@job_option("The job. Two files: the old one and the new one.", several=True)
@all_option("Compare all nodes of two inputs.")
@click.option(
    "-o", "--output", type=click.Choice(REPORTS), default="text", show_default=True,
    help="How it is printed.",
)  # fmt: skip
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII alone.")
@click.pass_context
def diff(
    context: click.Context,
    nodes_from: tuple[str, ...],
    expressions: tuple[str, ...],
    job: tuple[str, ...],
    everything: bool,
    output: str,
    ascii_only: bool,
) -> int:
    """Print which nodes a change adds, keeps and removes.

    What changes is the selector (--job OLD NEW, or -l OLD -l NEW), or what it is asked of (-n OLD
    NEW).
    """
    _check(context, nodes_from, expressions, job, everything)
    if ascii_only and output != "text":
        raise click.UsageError(f"--ascii goes with text, not {output}", context)
    selectors = [job_selector(each) for each in job] or selectors_of(expressions, ())
    if selectors is None:
        return WRONG
    inventories = [read_inventory(source, None) for source in nodes_from]
    asked, files = expressions or tuple(map(job_name, job)), tuple(map(job_name, nodes_from))
    names, others = (files, asked) if len(files) > 1 else (asked, files)
    difference = compare(
        (names[0], names[1]),
        (inventories[0], inventories[-1]),
        (selectors[0], selectors[-1]),
    )
    match output:
        case "json":
            put(json_lines(difference.as_dict()))
        case "markdown":
            put(markdown(_markdown(difference, "".join(others))))
        case _:
            put(_text(difference, screen_here(ascii_only=ascii_only)))
    for each, selector in zip(job, selectors, strict=False):
        say_empty(each, selector)
    if not everything:
        _say_none(difference, (inventories[0], inventories[-1]), (selectors[0], selectors[-1]))
    return DIFFERENT if difference.added or difference.removed else SAME


def _say_none(
    difference: Difference,
    inventories: tuple[Inventory, Inventory],
    selectors: tuple[Selector, Selector],
) -> None:
    """Say that a side takes no node, and of one alone what to look at first."""
    matched = (difference.old.matched, difference.new.matched)
    if not any(matched):
        say("neither OLD nor NEW takes a node: nodeselect explain says why")
        return
    for name, count, inventory, selector in zip(
        ("OLD", "NEW"), matched, inventories, selectors, strict=True
    ):
        if not count:
            trouble = inventory.explain(selector, examples=0).trouble.removeprefix("none: ")
            say(f"{name} takes no node: nodeselect explain says why\n  {trouble}")


def _check(
    context: click.Context,
    nodes_from: Sequence[str],
    expressions: Sequence[str],
    job: Sequence[str],
    everything: bool,
) -> None:
    """Refuse a question that does not have one old side and one new side."""
    if sum(map(bool, (expressions, job, everything))) != 1:
        raise click.UsageError("say which nodes, in one way: -l EXPR, --job FILE or --all", context)
    asked = 1 if everything else len(expressions or job)
    if len(nodes_from) == asked == 2:
        what = "the selector" if expressions else "the job"
        raise click.UsageError(f"one change at a time: {what}, or the nodes", context)
    if (len(nodes_from), asked) not in ((1, 2), (2, 1)):
        way = "-l OLD -l NEW" if expressions else "--job OLD NEW"
        ways = "-n OLD NEW" if everything else f"{way}, or -n OLD NEW"
        raise click.UsageError(f"say what changes, first the old and then the new: {ways}", context)
    if [*nodes_from, *job].count("-") > 1:
        raise click.UsageError("only one thing can come from standard input", context)


def _text(difference: Difference, screen: Screen) -> Iterator[str]:
    yield from _heads(difference, screen)
    yield ""
    yield screen.heading(difference.headline)
    words = _Words(lambda text: screen.cut(text[:1_000], screen.columns - 4), screen.shown)
    for title, groups in _sections(difference, words):
        yield ""
        yield screen.heading(title)
        for reason, ids in groups:
            told = f"{number_of(len(ids), 'node')}{f': {reason}' if reason else ''}"
            yield from wrapped(told.split(" "), screen.columns, indent=2, hang=2)
            texts = fold(ids, screen.columns - 4, ascii_only=screen.ascii_only)
            lines = list(wrapped(texts, screen.columns, indent=4))
            most = _KEPT_LINES if title == "KEPT" else len(lines)
            yield from lines[:most]
            if len(lines) > most:
                yield f"    {screen.dots}"


def _heads(difference: Difference, screen: Screen) -> Iterator[str]:
    """Give what the two sides are, each on one line, or on several where there is little room."""
    sides = (("OLD", difference.old), ("NEW", difference.new))
    room = screen.columns - len("OLD    ") - max(len(_matched(side)) for _, side in sides)
    behind = room >= _ROOM
    words = [
        screen.cut(side.name[:1_000], room if behind else screen.columns - 5) for _, side in sides
    ]
    for (name, side), word in zip(sides, words, strict=True):
        if behind:
            blank = " " * (max(map(width, words)) - width(word))
            yield f"{name}  {word}{blank}  {_matched(side)}"
        else:
            yield f"{name}  {word}"
            yield from wrapped(_matched(side).split(" "), screen.columns, indent=5)


def _markdown(difference: Difference, both: str) -> Iterator[str]:
    """Give it as Markdown.

    :param both: what OLD and NEW have in common: the nodes, or what is asked of them.
    """
    yield f"**{f'{code(both)}: ' if both else ''}{difference.headline}**"
    yield ""
    rows = [
        (name, cell(side.name), _matched(side))
        for name, side in (("old", difference.old), ("new", difference.new))
    ]
    yield from markdown_table(("", "of", "nodes"), rows)
    for title, groups in _sections(difference, _Words(cell, cell)):
        most = _KEPT_TEXTS if title == "KEPT" else None
        yield ""
        yield f"{title.capitalize()}:"
        yield ""
        yield from markdown_table(
            ("nodes", "why", "ids"),
            [
                (f"{len(ids):,}", reason or "as before", _folded(fold(ids, MARKDOWN_CODE), most))
                for reason, ids in groups
            ],
            right=(0,),
        )


def _folded(texts: list[str], most: int | None) -> str:
    dots = " …" if most is not None and len(texts) > most else ""
    return " ".join(map(cell, texts[:most])) + dots


def _matched(side: Side) -> str:
    return headline_of(side.matched, side.total, side.connected, ())


class _Words(NamedTuple):
    """How user text becomes a part of a line."""

    requirement: Callable[[str], str]
    label: Callable[[str], str]
    """For keys and values, which may hold anything."""


_Groups = list[tuple[str, list[str]]]
"""Reasons, and the ids of the nodes that have each; the most frequent first."""


def _sections(difference: Difference, words: _Words) -> Iterator[tuple[str, _Groups]]:
    """Give what is to be told of the nodes, but for what is empty."""
    if difference.added:
        yield "ADDED", _grouped(difference.added, "OLD", words)
    if difference.removed:
        yield "REMOVED", _grouped(difference.removed, "NEW", words)
    if difference.kept:
        reason = "as before" if difference.changed else ""
        same = [(reason, list(held))] if (held := difference.same) else []
        yield "KEPT", same + _grouped(difference.changed, "", words)


def _grouped(changes: Sequence[Change], refuses: str, words: _Words) -> _Groups:
    """Put nodes together whose reasons read the same.

    :param refuses: the side that does not take them.
    """
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for change in changes:
        groups[_reason(change, refuses, words)].append(change.id)
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def _reason(change: Change, refuses: str, words: _Words) -> str:
    match change.why:
        case "joined":
            return "not there before"
        case "left":
            return "not there any more"
        case "selector":
            return f"{refuses} asks for {_several(change.requirements, words.requirement)}"
    told = [_several(change.labels, lambda each: _label(each, words.label))] * bool(change.labels)
    if change.state is not None:
        old, new = map(words.label, change.state)
        told.append(f"{old} before, {new} now")
    return "; ".join(told)


def _label(change: LabelChange, word: Callable[[str], str]) -> str:
    if change.old is None:
        return f"+{word(change.key)}={word(change.new or '')}"
    if change.new is None:
        return f"-{word(change.key)}={word(change.old)}"
    return f"{word(change.key)}: {word(change.old)} -> {word(change.new)}"


def _several(things: Sequence[_Thing], told: Callable[[_Thing], str]) -> str:
    """Tell the first few things, and count the others."""
    text = ", ".join(map(told, things[:_TOLD]))
    more = len(things) - _TOLD
    return f"{text} and {more:,} more" if more > 0 else text
