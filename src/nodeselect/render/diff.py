"""The difference between two answers as text, Markdown and JSON."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from nodeselect.explain import headline
from nodeselect.inventory.compare import Change, Difference, LabelChange, Side
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
from nodeselect.text import join_limited, pluralize, truncate

__all__ = ["diff_lines"]

# Limits for the ids of kept nodes, which are many and rarely interesting.
_KEPT_LINES = 3
_KEPT_CELLS = 20

_REQUIREMENT_LENGTH = 200

# How user text becomes part of a line.
_Format: TypeAlias = Callable[[str], str]

# Reasons, and the ids of the nodes that share each.
_Groups: TypeAlias = list[tuple[str, Sequence[str]]]


def diff_lines(difference: Difference, output: str, screen: Screen, shared: str) -> Iterable[str]:
    """Return the lines of a report about a difference.

    :param output: one of ``REPORT_FORMATS``.
    :param shared: what both sides have in common, the nodes or the selector; for Markdown.
    """
    if output == "json":
        return json_lines(difference.as_dict())
    if output == "markdown":
        return md_document(_markdown(difference, shared))
    return _text(difference, screen)


def _text(difference: Difference, screen: Screen) -> Iterator[str]:
    for name, side in (("OLD", difference.old), ("NEW", difference.new)):
        text = screen.truncate_middle(side.name, screen.columns - 6)
        yield from screen.wrap(f"{name}  {text}: {_match_count(side)}", hang=5)
    yield ""
    yield screen.heading(difference.headline)
    for title, groups in _sections(difference, _shorten, screen.word):
        yield ""
        yield screen.heading(title)
        for reason, ids in groups:
            count = pluralize(len(ids), "node")
            yield from screen.wrap(f"{count}: {reason}" if reason else count, indent=2, hang=2)
            ranges = compress_ids(ids, screen.columns - 4)
            lines = list(screen.wrap(ranges, indent=4))
            limit = _KEPT_LINES if title == "KEPT" else len(lines)
            yield from lines[:limit]
            if len(lines) > limit:
                yield f"    {screen.ellipsis}"


def _markdown(difference: Difference, shared: str) -> Iterator[str]:
    yield f"**{f'{md_code(shared)}: ' if shared else ''}{difference.headline}**"
    yield ""
    sides = (("old", difference.old), ("new", difference.new))
    rows = [(name, md_cell(side.name), _match_count(side)) for name, side in sides]
    yield from md_table(("", "of", "nodes"), rows)
    for title, groups in _sections(difference, md_cell, md_cell):
        yield ""
        yield f"{title.capitalize()}:"
        yield ""
        limit = _KEPT_CELLS if title == "KEPT" else None
        rows = [
            (f"{len(ids):,}", reason or "unchanged", _id_cells(ids, limit))
            for reason, ids in groups
        ]
        yield from md_table(("nodes", "why", "ids"), rows, right=(0,))


def _id_cells(ids: Sequence[str], limit: int | None) -> str:
    ranges = compress_ids(ids, MARKDOWN_CODE)
    text = " ".join(map(md_cell, ranges[:limit]))
    return text if limit is None or len(ranges) <= limit else f"{text} …"


def _match_count(side: Side) -> str:
    return headline(side.matched, side.total, side.connected)


def _shorten(requirement: str) -> str:
    return truncate(requirement, _REQUIREMENT_LENGTH)


def _sections(
    difference: Difference, format_requirement: _Format, format_label: _Format
) -> Iterator[tuple[str, _Groups]]:
    """Yield the title and the groups of each part that is not empty."""

    def group(changes: Sequence[Change], side: str = "") -> _Groups:
        groups: defaultdict[str, list[str]] = defaultdict(list)
        for change in changes:
            groups[_reason(change, side, format_requirement, format_label)].append(change.id)
        return sorted(groups.items(), key=lambda item: -len(item[1]))

    if difference.added:
        yield "ADDED", group(difference.added, "OLD")
    if difference.removed:
        yield "REMOVED", group(difference.removed, "NEW")
    if difference.kept:
        reason = "unchanged" if difference.changed else ""
        unchanged: _Groups = [(reason, difference.unchanged)] if difference.unchanged else []
        yield "KEPT", unchanged + group(difference.changed)


def _reason(change: Change, side: str, format_requirement: _Format, format_label: _Format) -> str:
    """Return why a node is added, removed or changed.

    :param side: the side that does not match the node.
    """
    match change.why:
        case "joined":
            return "not in the old list"
        case "left":
            return "not in the new list"
        case "selector":
            requirements = list(map(format_requirement, change.requirements))
            return f"{side} requires {join_limited(requirements)}"
    reasons = []
    if change.labels:
        reasons.append(join_limited([_label_change(each, format_label) for each in change.labels]))
    if change.state is not None:
        old, new = map(format_label, change.state)
        reasons.append(f"now {new}, was {old}")
    return "; ".join(reasons)


def _label_change(change: LabelChange, format_label: _Format) -> str:
    key = format_label(change.key)
    if change.old is None:
        return f"+{key}={format_label(change.new or '')}"
    if change.new is None:
        return f"-{key}={format_label(change.old)}"
    return f"{key}: {format_label(change.old)} -> {format_label(change.new)}"
