"""What to change in a selector so that more nodes match, or the right ones."""

from collections.abc import Collection, Sequence

from nodeselect.explain.explanation import Explanation
from nodeselect.explain.wording import (
    NOTHING,
    excluded_by_state,
    format_state_counts,
    missing_ids_text,
    short,
    unsatisfied_text,
)
from nodeselect.text import join_limited, pluralize


def recommend(explanation: Explanation) -> str:
    """Return in one line what to change: the corrections, or else which requirement to remove.

    It is empty if nodes match and nothing is doubtful. A requirement with ``!=``, ``notin`` or
    ``!key`` is only to be removed if removing any other one does not help.
    """
    total, results = explanation.total, explanation.requirements
    if not total:
        return "there are no nodes"
    if correction := _correction(explanation):
        return correction
    if explanation.matched and explanation.connected == 0:
        return f"no matching node is connected: {format_state_counts(explanation.states)}"
    if not results:
        return "the selector is empty: it matches EVERY node"
    if explanation.matched:
        return missing_ids_text(explanation) or _prefix_text(explanation) or ""
    for hint in explanation.hints:
        if hint.code == "contradiction":
            return f"remove one of {_join(hint.replaced)}: they contradict each other"
    if results[0].text == NOTHING:
        return "this selector can never match any node"
    if results[0].failing == total:
        if explanation.excluded_ids:
            return excluded_by_state(explanation.excluded_ids)
        if ids := missing_ids_text(explanation) or _prefix_text(explanation):
            return ids
    if len(results) == 1:
        return results[0].note or unsatisfied_text([results[0].text])
    if removal := _removal(explanation):
        return removal
    if unsatisfied := _unsatisfied(explanation):
        them = "it" if len(unsatisfied) == 1 else "them"
        return f"{unsatisfied_text(unsatisfied)}; change or remove {them} first"
    text = "to match any node, change more than one requirement"
    if explanation.other_reasons:
        return text
    fewest = min(len(reason.failed) for reason in explanation.reasons)
    return f"{text}: every node fails at least {fewest}"


def _correction(explanation: Explanation) -> str | None:
    """Return the text of the correction; None if there is none, or if it would change nothing."""
    if explanation.correction is None:
        return None
    replacements, replaced, would_match, without, would_match_without = explanation.correction
    if would_match == explanation.matched > 0 and all(
        explanation.requirements[hint.requirement].failing
        for hint in explanation.hints
        if hint.replacement is not None
    ):
        return None
    ids = {hint.replacement for hint in explanation.hints if hint.code == "label-for-id"}
    new = [
        f"the id {each} (--id, or match_ids in a job)" if each in ids else each
        for each in map(short, replacements)
    ]
    text = f"write {join_limited(new)} instead of {_join(replaced)}"
    if would_match:
        return f"{text}: {pluralize(would_match, 'node')} would match"
    if explanation.matched:
        return f"{text}: no node would match any more"
    text = f"{text}: still no node would match"
    if unsatisfied := _unsatisfied(explanation, replaced):
        return f"{text}; {unsatisfied_text(unsatisfied)}"
    if without is None or would_match_without is None:
        return text
    return f"{text}; {_without(without, would_match_without)}"


def _removal(explanation: Explanation) -> str | None:
    """Return the advice to remove the requirement without which the most nodes would match."""
    best = max(
        (result for result in explanation.requirements if result.failing_only_this),
        key=lambda result: (result.absent is None, result.failing_only_this),
        default=None,
    )
    if best is None:
        return None
    is_replaced = any(best.text in hint.replaced for hint in explanation.hints)
    if best.failing == explanation.total and not is_replaced:
        effect = _without("it", best.failing_only_this)
        return f"no node satisfies {short(best.text)}; change or remove it: {effect}"
    return _without(best.text, best.failing_only_this)


def _without(requirement: str, nodes: int) -> str:
    return f"without {short(requirement)}, {pluralize(nodes, 'node')} would match"


def _prefix_text(explanation: Explanation) -> str | None:
    """Return the sentence about an id that is the beginning of several others."""
    messages = (hint.message for hint in explanation.hints if hint.code == "id-prefix")
    return next(messages, None)


def _unsatisfied(explanation: Explanation, ignored: Collection[str] = ()) -> list[str]:
    return [
        result.text
        for result in explanation.requirements
        if result.failing == explanation.total and result.text not in ignored
    ]


def _join(texts: Sequence[str]) -> str:
    return join_limited([short(text) for text in texts])
