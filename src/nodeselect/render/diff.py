"""Lay out the nodes that a change of selectors or nodes adds and removes; one by one, or all."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from nodeselect.explain.explanation import condition_text
from nodeselect.explain.wording import headline, short
from nodeselect.inventory.compare import Change, Difference, LabelChange
from nodeselect.render.id_ranges import ranges_text
from nodeselect.render.screen import Markdown, Screen, report_lines
from nodeselect.text import join_limited, pluralize


def diff_lines(difference: Difference, output: str, screen: Screen) -> Iterator[str]:
    """Yield the lines of a report on a difference; ``output`` is one of ``REPORT_FORMATS``."""

    def blocks(screen: Screen) -> Iterator[Iterable[str]]:
        yield screen.title(difference.headline)
        sides = {"OLD": difference.old, "NEW": difference.new}
        quote = "" if isinstance(screen, Markdown) else "'"
        yield screen.bullets(
            f"{side} {quote}{screen.code(name)}{quote}: {headline(matched, total, connected)}"
            for side, (name, total, matched, connected) in sides.items()
        )
        if difference.added:
            lines = _groups(difference.added, screen, "OLD")
            yield screen.section("ADDED", (screen.style(line, "good") for line in lines))
        if difference.removed:
            lines = _groups(difference.removed, screen, "NEW")
            yield screen.section("REMOVED", (screen.style(line, "bad") for line in lines))
        if difference.changed:
            yield screen.section("CHANGED", _groups(difference.changed, screen))

    return report_lines(output, screen, difference.as_dict, blocks, difference.not_considered)


def _groups(changes: Iterable[Change], screen: Screen, side: str = "") -> Iterator[str]:
    """Yield each reason of changes, and the ids of its nodes, the largest group first.

    :param side: the selector that the nodes do not match, ``OLD`` or ``NEW``; empty if none.
    """
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for change in changes:
        groups[_reason(change, screen, side)].append(change.id)
    for reason, ids in sorted(groups.items(), key=lambda group: -len(group[1])):
        yield from screen.bullets([f"{pluralize(len(ids), 'node')}: {reason}"])
        yield from screen.bullets([ranges_text(ids, screen)], depth=1)


def _reason(change: Change, screen: Screen, side: str = "") -> str:
    match change.why:
        case "joined":
            return "not in the old list"
        case "left":
            return "not in the new list"
        case "pods":
            return "other pods run"
        case "selector":
            texts = [screen.code(short(condition_text(each))) for each in change.conditions]
            return f"{side} requires {join_limited(texts)}"
    reasons = []
    for noun, changes in (("label", change.labels), ("fact", change.others)):
        if changes:
            texts = [_label_change(each, screen) for each in changes]
            reasons.append(join_limited(texts, noun=noun))
    if change.state is not None:
        old, new = map(screen.word, change.state)
        reasons.append(f"now {new}, was {old}")
    return "; ".join(reasons)


def _label_change(change: LabelChange, screen: Screen) -> str:
    key = screen.word(change.key)
    if change.old is None:
        return f"+{key}={screen.word(change.new or '')}"
    if change.new is None:
        return f"-{key}={screen.word(change.old)}"
    return f"{key}: {screen.word(change.old)} -> {screen.word(change.new)}"
