"""Explanations as text, Markdown and JSON."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from nodeselect.explain import (
    Explanation,
    NodeExplanation,
    RequirementResult,
    headline,
    notes,
)
from nodeselect.explain.wording import short
from nodeselect.render.layout import Screen, json_lines, md_code, md_table, md_text
from nodeselect.text import display_width, join_limited, quoted

__all__ = [
    "CombinedResult",
    "TitledExplanation",
    "explanation_lines",
    "render_text",
    "text_lines",
]

# Groups of nodes that are listed; the others are summed up.
_MAX_GROUPS = 8
_MAX_GROUPS_MARKDOWN = 10

# Requirements that are named of a group.
_MAX_NAMES = 12

_MAX_BAR = 20
_MIN_BAR = 5

# Columns that a requirement needs beside a bar.
_MIN_REQUIREMENT = 12

# Columns of an id shown as an example.
_MAX_ID = 32

# Columns below which nothing is fitted any more.
_MIN_COLUMNS = 40

# "pass", the longer verdict and the gaps around it.
_VERDICT = 10


class TitledExplanation(NamedTuple):
    """One of several explanations.

    :param title: the selector as it was given.
    :param explanation: its explanation.
    """

    title: str
    explanation: Explanation | NodeExplanation


class CombinedResult(NamedTuple):
    """What several selectors match together.

    :param matched: nodes that match any of them.
    :param total: all nodes.
    :param connected: how many of the matching nodes are connected; None if no state is known.
    """

    matched: int
    total: int
    connected: int | None

    @property
    def text(self) -> str:
        """The numbers in one line."""
        return f"together: {headline(self.matched, self.total, self.connected)}"


def explanation_lines(
    output: str,
    explanations: Sequence[TitledExplanation],
    combined: CombinedResult | None,
    screen: Screen,
    subject: str = "",
) -> Iterator[str]:
    """Yield the lines of a report of one or several explanations.

    :param output: a report format.
    :param combined: what the selectors match together; None for a single one, and for one node.
    :param subject: what was explained over what: the first line of Markdown.
    """
    if output == "json":
        yield from json_lines(_as_dict(explanations, combined))
        return
    is_markdown = output == "markdown"
    for number, (title, explanation) in enumerate(explanations, 1):
        if number > 1:
            yield ""
        if len(explanations) > 1:
            text = screen.truncate(f"{number}. {title}", screen.columns)
            yield f"## {md_code(title)}" if is_markdown else screen.heading(text)
            yield ""
        yield from (
            _markdown(explanation, subject) if is_markdown else text_lines(explanation, screen)
        )
    if combined is not None:
        yield ""
        yield f"**{combined.text}**" if is_markdown else screen.heading(combined.text)
    if is_markdown:
        yield ""


def render_text(explanation: Explanation | NodeExplanation, screen: Screen | None = None) -> str:
    """Return an explanation as text, by default for 100 columns."""
    return "\n".join(text_lines(explanation, screen or Screen(100)))


def text_lines(explanation: Explanation | NodeExplanation, screen: Screen) -> Iterator[str]:
    """Yield the lines of the text, none wider than the screen, or than 40 columns."""
    screen = screen._replace(columns=max(screen.columns, _MIN_COLUMNS))
    if isinstance(explanation, NodeExplanation):
        yield from _node_lines(explanation, screen)
        return
    for number, block in enumerate(_blocks(explanation, screen)):
        if number:
            yield ""
        yield from block


def _as_dict(
    explanations: Sequence[TitledExplanation], combined: CombinedResult | None
) -> dict[str, Any]:
    dicts = [{"selector": title} | each.as_dict() for title, each in explanations]
    value = {"version": 1, "explanations": dicts} if len(dicts) > 1 else dicts[0]
    if combined is not None:
        value["union"] = {"matched": combined.matched, "connected": combined.connected}
    return value


def _node_lines(explanation: NodeExplanation, screen: Screen) -> Iterator[str]:
    yield from map(screen.heading, screen.wrap(explanation.headline, hang=2))
    texts = [screen.escape(short(text)) for text, _, _ in explanation.requirements]
    values = [screen.escape(_label_text(value)) for _, value, _ in explanation.requirements]
    room = screen.columns - _VERDICT - max(map(display_width, values), default=0)
    column = min(max(map(display_width, texts), default=0), max(room, screen.columns // 2))
    for (*_, passes), text, value in zip(explanation.requirements, texts, values, strict=True):
        cell = screen.truncate(text, column)
        blanks = " " * (column - display_width(cell))
        start = f"{'pass' if passes else 'FAIL'}  {cell}{blanks} "
        for line in screen.wrap([start, value], indent=2, hang=_VERDICT - 2):
            yield line if passes else screen.style(line, "fail")


def _label_text(value: str | None) -> str:
    return "no such label" if value is None else quoted(value)


def _blocks(explanation: Explanation, screen: Screen) -> Iterator[Iterable[str]]:
    yield map(screen.heading, screen.wrap(explanation.headline, hang=2))
    if explanation.requirements:
        yield _requirement_table(explanation, screen)
    if explanation.reasons or explanation.other_reasons:
        yield [screen.heading("WHY NOT"), *_groups(explanation, screen)]
    shown = {reason.failed for reason in explanation.reasons[:_MAX_GROUPS]}
    if not explanation.matched and any(miss.failed not in shown for miss in explanation.nearest):
        yield [screen.heading("NEAREST"), *_nearest(explanation, screen)]
    if sentences := notes(explanation):
        lines = (line for text in sentences for line in screen.wrap(text, indent=2, hang=2))
        yield [screen.heading("NOTES"), *lines]
    recommendation = screen.wrap(explanation.recommendation, hang=2)
    yield (screen.style(line, "advice") for line in recommendation)


def _requirement_table(explanation: Explanation, screen: Screen) -> Iterator[str]:
    results = explanation.requirements
    heads = ("REQUIREMENT", "FAIL", "REMAIN", "ONLY THIS")
    rows = [(screen.escape(short(result.text)), *_counts(result)) for result in results]
    longest, *numbers = (
        max(map(display_width, column)) for column in zip(heads, *rows, strict=True)
    )
    room = screen.columns - sum(numbers) - 8
    bar = max(min(_MAX_BAR, room - longest), _MIN_BAR)
    bars = []
    if room - bar >= _MIN_REQUIREMENT:
        bars = [screen.bar(result.remaining, explanation.total, bar) for result in results]
    if not any(bars):
        return screen.table(heads, rows, right=(1, 2, 3))
    with_bars = [(*row[:3], bar, row[3]) for row, bar in zip(rows, bars, strict=True)]
    return screen.table((*heads[:3], "", heads[3]), with_bars, right=(1, 2, 4))


def _counts(result: RequirementResult) -> tuple[str, str, str]:
    return f"{result.failing:,}", f"{result.remaining:,}", f"{result.failing_only_this:,}"


def _groups(explanation: Explanation, screen: Screen) -> Iterator[str]:
    """Yield a line for each group of nodes; with the ids below if one line has no room."""
    shown = explanation.reasons[:_MAX_GROUPS]
    rows = [
        (reason.nodes, screen.escape(_names(explanation, reason.failed)), reason.ids)
        for reason in shown
    ]
    if rest := explanation.total - explanation.matched - sum(reason.nodes for reason in shown):
        rows.append((rest, "for other reasons", ()))
    counts = max(len(f"{nodes:,}") for nodes, *_ in rows)
    names = max(display_width(name) for _, name, _ in rows)
    free = screen.columns - counts - 4
    beside = free - names - 2
    is_stacked = any(
        display_width(_examples(ids[:2], nodes, screen, screen.columns)) > beside
        for nodes, _, ids in rows
    )
    for nodes, name, ids in rows:
        start = f"{nodes:{counts},} "
        if is_stacked:
            yield from screen.wrap([start, *name.split(" ")], indent=2, hang=counts + 2)
            if ids:
                yield " " * (counts + 4) + _examples(ids, nodes, screen, free)
        else:
            blanks = " " * (names - display_width(name))
            examples = _examples(ids, nodes, screen, beside)
            yield f"  {start} {name}{blanks}  {examples}".rstrip()


def _examples(ids: Sequence[str], nodes: int, screen: Screen, columns: int) -> str:
    words = [screen.truncate_middle(node_id, _MAX_ID) for node_id in ids]
    return screen.join_fitting(words, columns, more=nodes > len(ids))


def _nearest(explanation: Explanation, screen: Screen) -> Iterator[str]:
    for failed, misses in groupby(explanation.nearest, attrgetter("failed")):
        ids = ", ".join(screen.truncate_middle(miss.id, _MAX_ID) for miss in misses)
        text = f"{ids}: fails {_names(explanation, failed)}"
        yield from screen.wrap(text, indent=2, hang=2)


def _names(explanation: Explanation, positions: Sequence[int]) -> str:
    texts = [short(explanation.requirements[position].text) for position in positions]
    return join_limited(texts, _MAX_NAMES)


def _markdown(explanation: Explanation | NodeExplanation, subject: str) -> Iterator[str]:
    yield f"**{md_code(subject)}: {md_text(explanation.headline)}**"
    if isinstance(explanation, NodeExplanation):
        rows = [
            (
                "pass" if passes else "**fail**",
                md_code(text),
                "no such label" if value is None else md_code(value),
            )
            for text, value, passes in explanation.requirements
        ]
        yield ""
        yield from md_table(("", "Requirement", "The node has"), rows)
        return
    results = explanation.requirements
    if results:
        yield ""
        yield from md_table(
            ("Requirement", "Fail", "Remain", "Only this"),
            [(md_code(result.text), *_counts(result)) for result in results],
            (1, 2, 3),
        )
    if explanation.reasons:
        shown = explanation.reasons[:_MAX_GROUPS_MARKDOWN]
        groups = [
            (
                f"{reason.nodes:,}",
                ", ".join(md_code(results[position].text) for position in reason.failed),
                ", ".join(map(md_code, reason.ids)),
            )
            for reason in shown
        ]
        failing = explanation.total - explanation.matched
        if rest := failing - sum(reason.nodes for reason in shown):
            groups.append((f"{rest:,}", "for other reasons", ""))
        yield ""
        yield from md_table(("Nodes", "Fail", "Such as"), groups, (0,))
    if sentences := notes(explanation):
        yield ""
        yield from (f"- {md_text(sentence)}" for sentence in sentences)
    yield ""
    yield md_text(explanation.recommendation)
