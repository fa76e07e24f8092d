"""Why a selector takes the nodes that it takes, and why not the others: numbers, and their text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nodeselect.printable import cut, printable, quoted, width

__all__ = ["Explanation", "Hint", "NearMiss", "NodeExplanation", "Outcome", "Reason"]

_LINES = 8
"""Reasons shown; the rest is summed up in one line."""

_BAR = 20
"""Columns of the longest bar."""

_BLOCKS = " ▏▎▍▌▋▊▉█"
"""Eighths of a column."""


class Outcome(NamedTuple):
    """What one requirement does to the nodes."""

    text: str
    """The requirement as a selector says it; of ids, the id or how many are asked for."""
    fails: int
    """Nodes that do not satisfy it, whatever the others say."""
    left: int
    """Nodes that satisfy it and all before it, in the order in which they were written."""
    only: int
    """Nodes that fail nothing else: so many more would match without it."""
    absent: int | None
    """Of ``!=`` and ``notin``: nodes that satisfy it only because they lack the label; None of
    the others."""
    note: str | None
    """What is to be known of a requirement that no node satisfies."""


class Reason(NamedTuple):
    """The nodes that fail the same requirements."""

    failed: tuple[int, ...]
    """The places of these requirements among the outcomes."""
    nodes: int
    """How many they are."""
    ids: tuple[str, ...]
    """The first few of them, in inventory order; none for the smallest groups of many."""


class NearMiss(NamedTuple):
    """A node that does not match, and fails as few requirements as any."""

    id: str
    failed: tuple[int, ...]
    """The places of these requirements among the outcomes."""


class Hint(NamedTuple):
    """What was probably meant by a requirement that no node satisfies."""

    code: str
    """For programs, and stable: ``docs/explain.md`` has them all."""
    outcome: int
    """The place of the requirement among the outcomes."""
    message: str
    """What there is instead."""
    instead: str | None
    """What to write; None where that is not known."""


class NodeExplanation(NamedTuple):
    """Why one node matches, or why not."""

    id: str
    matches: bool
    requirements: tuple[tuple[str, str | None, bool], ...]
    """Each requirement in the order in which they were written, ids first: its text, the node's
    value (None where it has none), and whether the node satisfies it."""

    def as_dict(self) -> dict[str, Any]:
        """Give all of it as what JSON can hold."""
        return {
            "version": 1,
            "id": self.id,
            "matches": self.matches,
            "requirements": [
                {"text": text, "value": value, "passes": passes}
                for text, value, passes in self.requirements
            ],
        }

    def __str__(self) -> str:
        failed = sum(not passes for _, _, passes in self.requirements)
        of = f"{failed} of {len(self.requirements)} requirements"
        verdict = "matches" if self.matches else f"does not match: it fails {of}"
        rows = [
            (
                "pass" if passes else "FAIL",
                printable(cut(text, 60)),
                "no such label" if value is None else quoted(value),
            )
            for text, value, passes in self.requirements
        ]
        lines = [f"{printable(self.id)} {verdict}"]
        return "\n".join([*lines, *(f"  {line}" for line in _table(rows))])


class Explanation(NamedTuple):
    """The dry run of one selector over the nodes of one moment.

    The numbers add up: ``matched``, the counts of all reasons and ``other_reasons`` together are
    ``total``.
    """

    selector: str
    total: int
    """Nodes that there are."""
    matched: int
    """Nodes that match."""
    states: Mapping[str | None, int]
    """Nodes that match, by state; None is the state of those that have none."""
    connected: int
    """Nodes that match and are connected."""
    outcomes: tuple[Outcome, ...]
    """What each requirement does, in the order in which they were written; ids come first."""
    reasons: tuple[Reason, ...]
    """The nodes that do not match, by what they fail; the largest group first."""
    other_reasons: int
    """Nodes in groups that were too many to be told apart; 0 but for hundreds of groups."""
    near: tuple[NearMiss, ...]
    """The first few of the nodes that fail the fewest requirements."""
    hints: tuple[Hint, ...]
    """What was probably meant; at most three."""
    missing_ids: tuple[str, ...]
    """The ids asked for that no node has."""

    def as_dict(self) -> dict[str, Any]:
        """Give all of it as what JSON can hold; ``docs/explain.md`` describes it."""
        return {
            "version": 1,
            "selector": self.selector,
            "total": self.total,
            "matched": self.matched,
            "connected": self.connected,
            "states": [{"state": state, "nodes": n} for state, n in self.states.items()],
            "requirements": [outcome._asdict() for outcome in self.outcomes],
            "reasons": [
                {"failed": list(reason.failed), "nodes": reason.nodes, "ids": list(reason.ids)}
                for reason in self.reasons
            ],
            "other_reasons": self.other_reasons,
            "near": [{"id": miss.id, "failed": list(miss.failed)} for miss in self.near],
            "hints": [hint._asdict() for hint in self.hints],
            "missing_ids": list(self.missing_ids),
        }

    def __str__(self) -> str:
        """Give the text of :meth:`text` for a hundred columns."""
        return self.text()

    @property
    def headline(self) -> str:
        """How many match and what the others fail, in one line whose numbers add up."""
        text = f"{self.matched:,} of {self.total:,} nodes match"
        if self.matched > self.states.get(None, 0):
            text += f", {self.connected:,} of them connected"
        fail = self.total - self.matched
        if not fail:
            return text
        parts = [f"{reason.nodes:,} {self._names(reason.failed)}" for reason in self.reasons[:3]]
        rest = fail - sum(reason.nodes for reason in self.reasons[:3])
        if rest:
            parts.append(f"{rest:,} for other reasons")
        return f"{text}; {fail:,} {'fails' if fail == 1 else 'fail'}: {'; '.join(parts)}"

    @property
    def advice(self) -> str:
        """What to change to take more nodes, in one line."""
        if self.matched == self.total:
            return "every node matches" if self.total else "there are no nodes"
        if not self.matched:
            for hint in self.hints:
                if hint.instead is not None:
                    text = _short(self.outcomes[hint.outcome].text)
                    return f"write {printable(hint.instead)} instead of {text}"
        best = max(self.outcomes, key=lambda outcome: outcome.only, default=None)
        if best is not None and best.only:
            more = f"{best.only:,} {'more node' if best.only == 1 else 'more nodes'}"
            return f"without {_short(best.text)} {more} would match"
        dead = [_short(outcome.text) for outcome in self.outcomes if outcome.fails == self.total]
        if dead:
            return f"no node satisfies {' or '.join(dead[:3])}: change that first"
        fewest = len(self.near[0].failed) if self.near else 0
        return f"the nearest nodes fail {fewest} requirements: no single change takes more nodes"

    def text(self, columns: int = 100, *, ascii_only: bool = False) -> str:
        """Give all of it for people, in lines of at most ``columns`` where that is possible.

        :param ascii_only: draw bars of ``#``.
        """
        blocks: list[Iterable[str]] = [[self.headline]]
        if self.outcomes:
            blocks.append(self._funnel(ascii_only=ascii_only))
        if self.reasons:
            blocks.append(["WHY NOT", *self._why_not()])
        if self.near and not self.matched:
            blocks.append(["NEAREST", *self._nearest()])
        if told := list(self._told()):
            blocks.append(["NOTES", *told])
        blocks.append([self.advice])
        lines = [line for block in blocks for line in ("", *block)][1:]
        return "\n".join(fitted for line in lines for fitted in _fitted(line, columns))

    def _funnel(self, *, ascii_only: bool) -> Iterator[str]:
        rows = [("REQUIREMENT", "FAILS", "LEFT", "", "ONLY THIS")]
        rows += [
            (
                _short(outcome.text),
                f"{outcome.fails:,}",
                f"{outcome.left:,}",
                _bar(outcome.left, self.total, ascii_only=ascii_only),
                f"{outcome.only:,}",
            )
            for outcome in self.outcomes
        ]
        return _table(rows, right=(1, 2, 4))

    def _why_not(self) -> Iterator[str]:
        shown = self.reasons[:_LINES]
        rows = [
            (
                f"{reason.nodes:,}",
                self._names(reason.failed),
                ", ".join(map(printable, reason.ids))
                + ("…" if reason.nodes > len(reason.ids) else ""),
            )
            for reason in shown
        ]
        rest = self.total - self.matched - sum(reason.nodes for reason in shown)
        if rest:
            rows.append((f"{rest:,}", "for other reasons", ""))
        return (f"  {line}" for line in _table(rows, right=(0,)))

    def _nearest(self) -> Iterator[str]:
        rows = [(printable(miss.id), f"fails {self._names(miss.failed)}") for miss in self.near]
        return (f"  {line}" for line in _table(rows))

    def _told(self) -> Iterator[str]:
        for outcome in self.outcomes:
            if outcome.note:
                yield f"  {_short(outcome.text)}: {outcome.note}"
            if outcome.absent:
                nodes = "node has" if outcome.absent == 1 else "nodes have"
                yield f"  {_short(outcome.text)}: {outcome.absent:,} {nodes} no such label and pass"
        if self.missing_ids:
            some = ", ".join(quoted(node_id) for node_id in self.missing_ids[:3])
            more = f" and {len(self.missing_ids) - 3:,} more" if len(self.missing_ids) > 3 else ""
            yield f"  no node has the id {some}{more}"
        for hint in self.hints:
            yield f"  {hint.message} [{hint.code}]"

    def _names(self, places: Sequence[int]) -> str:
        names = [_short(self.outcomes[place].text) for place in places]
        if len(names) > 3:
            return f"{', '.join(names[:2])} and {len(names) - 2} more"
        return " and ".join(names)


def _short(text: str) -> str:
    return printable(cut(text, 40))


def _bar(part: int, whole: int, *, ascii_only: bool) -> str:
    """Draw a share; what is not nothing is at least a trace."""
    eighths = -(-part * _BAR * 8 // whole) if whole else 0
    if ascii_only:
        return "#" * -(-eighths // 8)
    return "█" * (eighths // 8) + _BLOCKS[eighths % 8].strip()


def _table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> Iterator[str]:
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = []
        for at, (cell, most) in enumerate(zip(row, widths, strict=True)):
            blank = " " * (most - width(cell))
            cells.append(blank + cell if at in right else cell + blank)
        yield "  ".join(cells).rstrip()


def _fitted(line: str, columns: int) -> Iterator[str]:
    """Break a line that is too wide for the screen at a blank, where it has one."""
    indent = "  " if line.startswith(" ") else ""
    while width(line) > columns:
        at = len(line)
        while at > len(indent) and (
            width(line[:at]) > columns or line[at : at + 1] not in ("", " ")
        ):
            at -= 1
        if at <= len(indent) + 1:
            break
        yield line[:at].rstrip()
        line = f"{indent}  {line[at:].lstrip()}"
    yield line
