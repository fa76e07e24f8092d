"""The correction of a selector: all replacements that its hints suggest, made together."""

from collections.abc import Sequence
from typing import NamedTuple

from nodeselect.explain.countable import Countable, Failures
from nodeselect.explain.explanation import Correction, Hint
from nodeselect.explain.wording import requirement_text
from nodeselect.selectors import Selector


class Suggestion(NamedTuple):
    """A hint, its replacement as a selector, and the positions of the requirements to replace."""

    hint: Hint
    replacement: Selector | None
    positions: tuple[int, ...]


def correct(
    nodes: Countable,
    parts: Sequence[Selector],
    failures: Failures,
    suggestions: Sequence[Suggestion],
) -> Correction | None:
    """Return a correction that makes all suggested replacements; None if there are none.

    If two suggestions replace the same requirement, the correction has only the first.

    :param parts: the requirements of the selector, and ``failures`` the nodes that fail them.
    """
    hints: list[Hint] = []
    selectors: list[Selector] = []
    replaced: set[int] = set()
    corrected = dict(enumerate(parts))
    for hint, replacement, positions in suggestions:
        if replacement is not None and replaced.isdisjoint(positions):
            hints.append(hint)
            selectors.append(replacement)
            replaced.update(positions)
            corrected[positions[0]] = replacement
            for position in positions[1:]:
                del corrected[position]
    if not hints:
        return None
    would_match = hints[0].would_match
    if len(hints) > 1 or would_match is None:
        would_match = failures.count_if_replaced(replaced, selectors)
    return Correction(
        tuple(dict.fromkeys(hint.replacement for hint in hints if hint.replacement is not None)),
        tuple(text for hint in hints for text in hint.replaced),
        would_match,
        *(() if would_match else _removal(nodes, list(dict.fromkeys(corrected.values())))),
    )


def _removal(nodes: Countable, parts: Sequence[Selector]) -> tuple[str, int] | tuple[()]:
    """Return the requirement without which the most nodes match, and how many; or ``()``.

    It is one with ``!=``, ``notin`` or ``!key`` only if removing any other one does not help.
    """
    if len(parts) == 1:
        return ()
    alone = nodes.failures(parts).counts.failing_only_this

    def rank(position: int) -> tuple[bool, int]:
        requirements = parts[position].requirements
        is_negative = bool(requirements) and requirements[0].operator.matches_absent
        return not is_negative, alone[position]

    helpful = (position for position, count in enumerate(alone) if count)
    best = max(helpful, key=rank, default=None)
    return () if best is None else (requirement_text(parts[best]), alone[best])
