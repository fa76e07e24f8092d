"""The difference between two answers as text, Markdown and JSON."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from nodeselect.explain import headline
from nodeselect.explain.wording import short
from nodeselect.inventory.compare import Change, Difference, LabelChange
from nodeselect.render.id_ranges import compress_ids
from nodeselect.render.layout import Screen, report_lines
from nodeselect.text import join_limited, pluralize

__all__ = ["diff_lines"]

# Characters of one range of ids.
_RANGE_LENGTH = 70


def diff_lines(difference: Difference, output: str, screen: Screen) -> Iterator[str]:
    """Yield the lines of a report about a difference.

    :param output: one of ``REPORT_FORMATS``.
    """

    def blocks(screen: Screen) -> Iterator[Iterable[str]]:
        yield screen.title(difference.headline)
        yield screen.bullets(
            f"{name} {screen.code(side.name)}: {headline(side.matched, side.total, side.connected)}"
            for name, side in (("OLD", difference.old), ("NEW", difference.new))
        )
        if difference.added:
            yield screen.section("ADDED", _groups(difference.added, screen, "OLD"))
        if difference.removed:
            yield screen.section("REMOVED", _groups(difference.removed, screen, "NEW"))
        if difference.changed:
            yield screen.section("CHANGED", _groups(difference.changed, screen))

    return report_lines(output, screen, difference.as_dict, blocks)


def _groups(changes: Sequence[Change], screen: Screen, side: str = "") -> Iterator[str]:
    """Yield the lines of a list of the reasons, each with the nodes that share it.

    :param side: the side that does not match the nodes.
    """
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for change in changes:
        groups[_reason(change, side, screen)].append(change.id)
    return screen.bullets(
        f"{pluralize(len(ids), 'node')}: {reason}: "
        + " ".join(map(screen.code, compress_ids(ids, _RANGE_LENGTH)))
        for reason, ids in sorted(groups.items(), key=lambda group: -len(group[1]))
    )


def _reason(change: Change, side: str, screen: Screen) -> str:
    match change.why:
        case "joined":
            return "not in the old list"
        case "left":
            return "not in the new list"
        case "selector":
            texts = [screen.code(short(text)) for text in change.requirements]
            return f"{side} requires {join_limited(texts)}"
    reasons = []
    if change.labels:
        reasons.append(join_limited([_label_change(label, screen) for label in change.labels]))
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
