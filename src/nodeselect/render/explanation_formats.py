"""Explanations as text, JSON and Markdown."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import click

from nodeselect.inventory import Explanation, NodeExplanation
from nodeselect.render.explanation import headline_of
from nodeselect.render.layout import Screen, json_lines, md_cell, md_code, md_table, md_text
from nodeselect.selectors import Selector

__all__ = ["CombinedResult", "Explained", "explained_lines", "named", "painted"]

_MOST = 10
"""Reasons in a table of Markdown; the others are summed up."""

_COLOURS: dict[str, dict[str, Any]] = {
    "headline": {"bold": True},
    "heading": {"bold": True},
    "recommendation": {"fg": "green", "bold": True},
    "fail": {"fg": "red"},
}
"""How the kinds of lines are drawn; the text alone says everything."""


class Explained(NamedTuple):
    """One selector, explained."""

    title: str
    """What it is called where there are several: its text as it was asked."""
    explanation: Explanation | NodeExplanation


class CombinedResult(NamedTuple):
    """What several selectors take together."""

    matched: int
    total: int
    connected: int | None
    """How many of them are connected; None where no state is known."""

    @property
    def text(self) -> str:
        return f"together: {headline_of(self.matched, self.total, self.connected, ())}"


def explained_lines(
    output: str,
    explained: Sequence[Explained],
    combined: CombinedResult | None,
    screen: Screen,
    subject: str = "",
) -> Iterator[str]:
    """Give the lines of one or several explanations.

    :param output: one of the forms of a report.
    :param combined: what the selectors take together; None of a single one, and of one node.
    :param subject: what was asked of what, for the first line of Markdown, which is read elsewhere.
    """
    several = len(explained) > 1
    if output == "json":
        parts = [{"selector": title} | each.as_dict() for title, each in explained]
        value: dict[str, Any] = {"version": 1, "explanations": parts} if several else parts[0]
        if combined is not None:
            value["union"] = {"matched": combined.matched, "connected": combined.connected}
        yield from json_lines(value)
        return
    for number, (title, each) in enumerate(explained):
        if number:
            yield ""
        if several and output == "markdown":
            yield f"## {md_code(title)}"
            yield ""
        elif several:
            yield screen.heading(screen.truncate(f"{number + 1}. {title}", screen.columns))
            yield ""
        yield from _markdown(each, subject) if output == "markdown" else painted(each, screen)
    if combined is not None:
        yield ""
        yield f"**{combined.text}**" if output == "markdown" else screen.heading(combined.text)
    if output == "markdown":
        yield ""


def named(expressions: Sequence[str], selectors: Sequence[Selector]) -> Sequence[str]:
    """Give what selectors are called: as they were asked, where that was in words."""
    return expressions or [str(selector) for selector in selectors]


def painted(explanation: Explanation | NodeExplanation, screen: Screen) -> Iterator[str]:
    """Give the lines of the text, in colour where the screen has it."""
    for line in explanation.lines(screen.columns, ascii_only=screen.ascii_only):
        how = _COLOURS.get(line.kind) if screen.colour else None
        yield line.text if how is None else click.style(line.text, **how)


def _markdown(explanation: Explanation | NodeExplanation, subject: str) -> Iterator[str]:
    yield f"**{md_code(subject)}: {md_text(explanation.headline)}**"
    if isinstance(explanation, NodeExplanation):
        yield ""
        yield from md_table(
            ("", "Requirement", "The node has"),
            [
                ("pass" if passes else "**fail**", md_cell(text), _held(value))
                for text, value, passes in explanation.requirements
            ],
        )
        return
    outcomes = explanation.requirements
    if outcomes:
        yield ""
        yield from md_table(
            ("Requirement", "Fails", "Left", "Only this"),
            [
                (
                    md_cell(each.text),
                    f"{each.failing:,}",
                    f"{each.remaining:,}",
                    f"{each.failing_only_this:,}",
                )
                for each in outcomes
            ],
            (1, 2, 3),
        )
    if explanation.reasons:
        shown = explanation.reasons[:_MOST]
        rows = [
            (
                f"{each.nodes:,}",
                ", ".join(md_cell(outcomes[place].text) for place in each.failed),
                ", ".join(map(md_cell, each.ids)),
            )
            for each in shown
        ]
        failing = explanation.total - explanation.matched
        if rest := failing - sum(each.nodes for each in shown):
            rows.append((f"{rest:,}", "for other reasons", ""))
        yield ""
        yield from md_table(("Nodes", "Fail", "Such as"), rows, (0,))
    if notes := explanation.notes:
        yield ""
        yield from (f"- {md_text(note)}" for note in notes)
    yield ""
    yield md_text(explanation.recommendation)


def _held(value: str | None) -> str:
    return "no such label" if value is None else md_cell(value)
