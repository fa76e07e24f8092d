"""An explanation as text: lines for people, fitted to a screen.

What is shown of a user's text is escaped and cut; sentences are wrapped, never cut off.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from nodeselect.text import display_width, printable, quoted, to_ascii, truncate

if TYPE_CHECKING:
    from nodeselect.explain.explanation import Explanation, NodeExplanation

__all__ = ["Line", "headline_of", "lines_of", "lines_of_node", "of_left_out", "short", "told"]

_LINES = 8
"""Reasons shown; the rest is summed up in one line."""

_NAMED = 12
"""Requirements that are named of a group; of more it is said how many."""

_NOTES = 20
"""Notes on single requirements that are shown; of more it is said how many."""

_BAR = 20
"""Columns of the longest bar."""

_SHORTEST_BAR = 5

_REQUIREMENT = 200
"""Characters of a requirement, whatever the room: one of a person is shorter."""

_SHORTEST = 12

_ID = 32
"""Characters of an id that is an example, whatever the room."""

_NARROW = 40
"""Columns below which nothing is fitted any more."""

_BLOCKS = " ▏▎▍▌▋▊▉█"
"""Eighths of a column."""


class Line(NamedTuple):
    """One line of an explanation."""

    kind: str
    """What it is: headline, heading, row, note, advice; or nothing, of a blank line."""
    text: str


def lines_of(explanation: "Explanation", columns: int, *, ascii_only: bool) -> Iterator[Line]:
    """Give the lines of an explanation, none wider than ``columns``."""
    page = _Page(explanation, _Screen(max(columns, _NARROW), ascii_only=ascii_only))
    for number, block in enumerate(page.blocks()):
        if number:
            yield Line("", "")
        yield from block


def lines_of_node(
    explanation: "NodeExplanation", columns: int, *, ascii_only: bool
) -> Iterator[Line]:
    """Give the lines of what is to be said of one node, none wider than ``columns``."""
    screen = _Screen(max(columns, _NARROW), ascii_only=ascii_only)
    yield from screen.wrapped("headline", explanation.headline, "")
    verdicts = {True: "pass", False: "FAIL"}
    texts = [screen.shown(short(text)) for text, _, _ in explanation.requirements]
    values = [value for _, value, _ in explanation.requirements]
    helds = ["no such label" if value is None else quoted(value) for value in values]
    hang = " " * len("  pass    ")
    room = (
        screen.columns
        - len(hang)
        - max((display_width(screen.shown(held)) for held in helds), default=0)
    )
    most = min(max(map(display_width, texts), default=0), max(room, screen.columns // 2))
    for text, held, (*_, passes) in zip(texts, helds, explanation.requirements, strict=True):
        start = f"  {verdicts[passes]}  {_left(screen.narrowed(text, most), most)}  "
        yield from screen.wrapped("pass" if passes else "fail", f"{start}{held}", "", hang=hang)


def short(text: str, limit: int = _REQUIREMENT) -> str:
    """Give the text of a requirement as it stands in a sentence."""
    return truncate(printable(text[: limit + 1]), limit)


def headline_of(
    matched: int, total: int, connected: int | None, reasons: Sequence[tuple[int, Sequence[str]]]
) -> str:
    """Give the headline: how many nodes match, and what the others fail.

    :param connected: how many of those that match are; None where no state is known.
    :param reasons: numbers of nodes, and the texts of what they fail; the largest first.
    """
    match = "node matches" if total == 1 else "nodes match"
    text = f"{matched:,} of {total:,} {match}"
    if connected is not None:
        text += f", {connected:,} of them connected"
    fail = total - matched
    if not fail or not reasons:
        return text
    text += f"; {fail:,} {'fails' if fail == 1 else 'fail'}"
    if reasons[0][0] == fail:  # all fail the same
        return f"{text} {_joined(reasons[0][1])}"
    parts = [f"{nodes:,} {_joined(texts)}" for nodes, texts in reasons[:3]]
    rest = fail - sum(nodes for nodes, _ in reasons[:3])
    if rest:
        parts.append(f"{rest:,} for other reasons")
    return f"{text}: {'; '.join(parts)}"


def _named(explanation: "Explanation", places: Sequence[int]) -> str:
    """Name requirements by their places."""
    return _joined([explanation.requirements[place].text for place in places], _NAMED)


def _joined(texts: Sequence[str], most: int = 3) -> str:
    """Name requirements: up to ``most`` all of them, of more all but as many as that leaves."""
    if len(texts) > most:
        return f"{', '.join(map(short, texts[: most - 1]))} and {len(texts) - most + 1} more"
    return " and ".join(map(short, texts))


def told(explanation: "Explanation") -> Iterator[str]:
    """Give what is to be known beside the numbers, a sentence each."""
    if explanation.connected < explanation.matched and explanation.has_states:
        states = [f"{nodes:,} {_state(state)}" for state, nodes in explanation.states.items()]
        yield f"of those that match: {', '.join(states)}"
    sentences = list(_of_outcomes(explanation))
    yield from sentences[:_NOTES]
    if len(sentences) > _NOTES:
        yield f"{len(sentences) - _NOTES:,} more of the kind"
    names = {name for hint in explanation.hints for name in hint.replaced}
    missing = [node_id for node_id in explanation.missing_ids if node_id not in names]
    if missing:
        some = ", ".join(quoted(node_id) for node_id in missing[:3])
        more = f" and {len(missing) - 3:,} more" if len(missing) > 3 else ""
        yield f"no node has the id {some}{more}"
    if explanation.excluded_ids:
        yield of_left_out(explanation.excluded_ids)
    for hint in explanation.hints:
        yield f"{hint.message} [{hint.code}]"


def _of_outcomes(explanation: "Explanation") -> Iterator[str]:
    """Give what is to be known of single requirements."""
    hinted = {hint.requirement for hint in explanation.hints if hint.code != "contradiction"}
    for place, outcome in enumerate(explanation.requirements):
        if outcome.note and place not in hinted:
            yield f"{short(outcome.text)}: {outcome.note}"
        if 0 < (outcome.absent or 0) < explanation.total and not outcome.text.startswith("!"):
            lack = f"{outcome.absent:,} {'node lacks' if outcome.absent == 1 else 'nodes lack'}"
            passes = "passes" if outcome.absent == 1 else "pass"
            yield f"{short(outcome.text)}: {lack} the label, and so {passes}"


def of_left_out(nodes: Sequence[tuple[str, str | None]]) -> str:
    """Say which nodes that are asked for by their ids were left out for their states."""
    if len(nodes) == 1:
        return f"the node {quoted(nodes[0][0])} is left out: it is {_state(nodes[0][1])}"
    some = ", ".join(f"{quoted(node_id)} ({_state(state)})" for node_id, state in nodes[:3])
    more = f" and {len(nodes) - 3:,} more" if len(nodes) > 3 else ""
    return f"the nodes {some}{more} are left out"


def _state(state: str | None) -> str:
    return "in no state" if state is None else short(state) or "''"


class _Screen:
    """So many columns, with or without characters beyond ASCII."""

    def __init__(self, columns: int, *, ascii_only: bool) -> None:
        self.columns = columns
        self._ascii_only = ascii_only

    def shown(self, text: str) -> str:
        """Give ``text`` in the characters that there are."""
        return to_ascii(text) if self._ascii_only else text

    def narrowed(self, text: str, columns: int) -> str:
        """Cut a text that is too wide, and show that it was cut."""
        text = self.shown(text)
        if display_width(text) <= columns:
            return text
        dots = self.shown("…")
        return _prefix(text, columns - len(dots)) + dots

    def wrapped(self, kind: str, text: str, indent: str, hang: str | None = None) -> Iterator[Line]:
        """Break a text into lines; all but the first are indented further, or by ``hang``."""
        hang = f"{indent}  " if hang is None else hang
        for line in _wrapped(self.shown(f"{indent}{text}"), self.columns, hang):
            yield Line(kind, line)

    def bar(self, part: int, whole: int, columns: int) -> str:
        """Draw a share; what is not nothing is at least a trace."""
        eighths = -(-part * columns * 8 // whole) if whole else 0
        if self._ascii_only:
            return "#" * -(-eighths // 8)
        return "█" * (eighths // 8) + _BLOCKS[eighths % 8].strip()


class _Page:
    """One explanation on a screen."""

    def __init__(self, explanation: "Explanation", screen: _Screen) -> None:
        self._explanation = explanation
        self._screen = screen

    def blocks(self) -> Iterator[Iterable[Line]]:
        explanation = self._explanation
        yield self._screen.wrapped("headline", explanation.headline, "")
        if explanation.requirements:
            yield self._funnel()
        if explanation.reasons or explanation.other_reasons:
            yield [Line("heading", "WHY NOT"), *self._why_not()]
        seen = {reason.failed for reason in explanation.reasons[:_LINES]}
        if not explanation.matched and any(miss.failed not in seen for miss in explanation.nearest):
            yield [Line("heading", "NEAREST"), *self._nearest()]
        if sentences := list(told(explanation)):
            notes = (
                line for text in sentences for line in self._screen.wrapped("note", text, "  ")
            )
            yield [Line("heading", "NOTES"), *notes]
        yield self._screen.wrapped("recommendation", explanation.recommendation, "")

    def _funnel(self) -> Iterator[Line]:
        total, outcomes = self._explanation.total, self._explanation.requirements
        names = ("FAILS", "LEFT", "ONLY THIS")
        counts = [
            [
                f"{number:,}"
                for number in (outcome.failing, outcome.remaining, outcome.failing_only_this)
            ]
            for outcome in outcomes
        ]
        fails, left, only = (max(map(len, column)) for column in zip(names, *counts, strict=True))
        rest = self._screen.columns - fails - left - only - 8  # four gaps of two
        texts = [
            self._screen.shown(printable(truncate(outcome.text, _REQUIREMENT)))
            for outcome in outcomes
        ]
        most = max(map(display_width, ("REQUIREMENT", *texts)))
        bar = max(min(_BAR, rest - most), _SHORTEST_BAR)
        if rest - bar < _SHORTEST:  # no room for a bar, nor for the gap before it
            bar, rest = 0, rest + 2
        most = min(most, rest - bar)
        bars = [self._screen.bar(outcome.remaining, total, bar) for outcome in outcomes]
        bar = max(map(len, bars))  # none at all where no node is left

        def row(text: str, numbers: Sequence[str], drawn: str) -> str:
            cells = (
                _left(self._screen.narrowed(text, most), most),
                _right(numbers[0], fails),
                _right(numbers[1], left),
                *([_left(drawn, bar)] if bar else []),
                _right(numbers[2], only),
            )
            return "  ".join(cells)

        yield Line("heading", row("REQUIREMENT", names, ""))
        for text, numbers, drawn in zip(texts, counts, bars, strict=True):
            yield Line("row", row(text, numbers, drawn))

    def _why_not(self) -> Iterator[Line]:
        explanation = self._explanation
        shown = explanation.reasons[:_LINES]
        rest = explanation.total - explanation.matched - sum(reason.nodes for reason in shown)
        rows = [
            (
                f"{reason.nodes:,}",
                self._screen.shown(_named(explanation, reason.failed)),
                reason.ids,
                reason.nodes,
            )
            for reason in shown
        ]
        if rest:
            rows.append((f"{rest:,}", "for other reasons", (), 0))
        counts = max(len(count) for count, *_ in rows)
        names = max(display_width(name) for _, name, *_ in rows)
        free = self._screen.columns - counts - 4
        beside = free - names - 2
        stacked = any(
            display_width(self._examples(ids[:2], nodes, None)) > beside for *_, ids, nodes in rows
        )
        for count, name, ids, nodes in rows:
            start = f"  {_right(count, counts)}  "
            if not stacked:
                examples = self._examples(ids, nodes, beside)
                yield Line("row", f"{start}{_left(name, names)}  {examples}".rstrip())
                continue
            indent = " " * len(start)
            yield from self._screen.wrapped("row", f"{start}{name}", "", hang=indent)
            if ids:
                yield Line("row", indent + self._examples(ids, nodes, free))

    def _nearest(self) -> Iterator[Line]:
        explanation = self._explanation
        for failed, misses in groupby(explanation.nearest, attrgetter("failed")):
            ids = ", ".join(short(miss.id, _ID) for miss in misses)
            yield from self._screen.wrapped(
                "row", f"{ids}: fails {_named(explanation, failed)}", "  "
            )

    def _examples(self, ids: Sequence[str], nodes: int, columns: int | None) -> str:
        """Give as many ids as there is room for, at least one, and a sign that there are more."""
        shown = [short(node_id, _ID) for node_id in ids]
        while True:
            text = ", ".join(shown) + (", …" if shown and nodes > len(shown) else "")
            text = self._screen.shown(text)
            if columns is None or display_width(text) <= columns:
                return text
            if len(shown) <= 1:
                return self._screen.narrowed(shown[0], columns)
            shown.pop()


def _left(text: str, columns: int) -> str:
    return text + " " * (columns - display_width(text))


def _right(text: str, columns: int) -> str:
    return " " * (columns - display_width(text)) + text


def _prefix(text: str, columns: int) -> str:
    """Give as much of the beginning as has room in ``columns``."""
    end = min(len(text), columns)
    while display_width(text[:end]) > columns:
        end -= 1
    return text[:end]


def _wrapped(text: str, columns: int, hang: str) -> Iterator[str]:
    """Break a text into lines, at blanks where it has them; all but the first begin with ``hang``.

    A word that is wider than a line is broken, since a terminal would break it anyway.
    """
    least = len(text) - len(text.lstrip())
    while display_width(text) > columns:
        part = _prefix(text, columns)
        if text[len(part)] != " " and (blank := part.rfind(" ", least + 1)) > 0:
            part = part[:blank]
        yield part.rstrip()
        text = hang + text[len(part) :].lstrip()
        least = len(hang)
    yield text
