"""A comparison of two answers as text, Markdown and JSON."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from nodeselect.inventory.compare import Change, Difference, LabelChange, Side
from nodeselect.render.explanation import headline_of
from nodeselect.render.id_ranges import compress_ids
from nodeselect.render.layout import (
    MARKDOWN_CODE,
    Screen,
    json_lines,
    md_cell,
    md_code,
    md_document,
    md_table,
)
from nodeselect.text import display_width, pluralize

__all__ = ["diff_lines"]

_TOLD = 3
"""Requirements or labels that are told of a group of nodes; the rest is counted."""

_KEPT_LINES = 3
"""Lines of ids of nodes that are kept, on a screen."""

_KEPT_TEXTS = 20
"""Folded ids of nodes that are kept, in a cell of Markdown."""

_ROOM = 20
"""Columns that the name of a side needs to stand on one line with its numbers."""

_Thing = TypeVar("_Thing")


def diff_lines(difference: Difference, output: str, screen: Screen, shared: str) -> Iterable[str]:
    """Return the lines of a comparison.

    :param output: one of ``REPORT_FORMATS``.
    :param shared: what both sides have in common: the nodes or the selector.
    """
    match output:
        case "json":
            return json_lines(difference.as_dict())
        case "markdown":
            return md_document(_markdown(difference, shared))
    return _text(difference, screen)


def _text(difference: Difference, screen: Screen) -> Iterator[str]:
    yield from _heads(difference, screen)
    yield ""
    yield screen.heading(difference.headline)
    words = _Words(lambda text: screen.truncate(text[:1_000], screen.columns - 4), screen.word)
    for title, groups in _sections(difference, words):
        yield ""
        yield screen.heading(title)
        for reason, ids in groups:
            told = f"{pluralize(len(ids), 'node')}{f': {reason}' if reason else ''}"
            yield from screen.wrap(told, indent=2, hang=2)
            texts = compress_ids(ids, screen.columns - 4)
            lines = list(screen.wrap(texts, indent=4))
            most = _KEPT_LINES if title == "KEPT" else len(lines)
            yield from lines[:most]
            if len(lines) > most:
                yield f"    {screen.ellipsis}"


def _heads(difference: Difference, screen: Screen) -> Iterator[str]:
    """Give what the two sides are, each on one line, or on several where there is little room."""
    sides = (("OLD", difference.old), ("NEW", difference.new))
    room = screen.columns - len("OLD    ") - max(len(_matched(side)) for _, side in sides)
    behind = room >= _ROOM
    words = [
        screen.truncate(side.name[:1_000], room if behind else screen.columns - 5)
        for _, side in sides
    ]
    for (name, side), word in zip(sides, words, strict=True):
        if behind:
            blank = " " * (max(map(display_width, words)) - display_width(word))
            yield f"{name}  {word}{blank}  {_matched(side)}"
        else:
            yield f"{name}  {word}"
            yield from screen.wrap(_matched(side), indent=5)


def _markdown(difference: Difference, both: str) -> Iterator[str]:
    """Give it as Markdown.

    :param both: what OLD and NEW have in common: the nodes, or what is asked of them.
    """
    yield f"**{f'{md_code(both)}: ' if both else ''}{difference.headline}**"
    yield ""
    rows = [
        (name, md_cell(side.name), _matched(side))
        for name, side in (("old", difference.old), ("new", difference.new))
    ]
    yield from md_table(("", "of", "nodes"), rows)
    for title, groups in _sections(difference, _Words(md_cell, md_cell)):
        most = _KEPT_TEXTS if title == "KEPT" else None
        yield ""
        yield f"{title.capitalize()}:"
        yield ""
        yield from md_table(
            ("nodes", "why", "ids"),
            [
                (
                    f"{len(ids):,}",
                    reason or "as before",
                    _folded(compress_ids(ids, MARKDOWN_CODE), most),
                )
                for reason, ids in groups
            ],
            right=(0,),
        )


def _folded(texts: list[str], most: int | None) -> str:
    dots = " …" if most is not None and len(texts) > most else ""
    return " ".join(map(md_cell, texts[:most])) + dots


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
