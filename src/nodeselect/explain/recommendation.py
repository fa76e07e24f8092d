"""What to change in a selector to match more nodes, or the right ones."""

from collections.abc import Collection, Sequence

from nodeselect.explain.explanation import Explanation
from nodeselect.explain.wording import (
    NOTHING,
    excluded_by_state,
    format_state_counts,
    missing_ids_text,
    short,
)
from nodeselect.text import join_limited, pluralize

__all__ = ["recommend"]


def recommend(explanation: Explanation) -> str:
    """Return what to change, in one line: corrections, else the requirement best removed.

    A requirement that excludes nodes (``!=``, ``notin``, ``!key``) is removed only if removing no
    other one helps, and the only requirement never: every node would match.
    """
    total, results = explanation.total, explanation.requirements
    if not total:
        return "there are no nodes"
    if correction := _correction(explanation):
        return correction
    if explanation.has_states and not explanation.connected:
        return f"no matching node is connected: {format_state_counts(explanation.states)}"
    if explanation.matched == total:
        return "every node matches" if results else "the selector is empty: it matches EVERY node"
    for hint in explanation.hints:
        if hint.code == "contradiction":
            return f"remove one of {_join(hint.replaced)}: they contradict each other"
    if results[0].text == NOTHING:
        return "this selector can never match"
    if explanation.matched or results[0].failing == total:
        if explanation.excluded_ids:
            return excluded_by_state(explanation.excluded_ids)
        if missing := missing_ids_text(explanation):
            return missing
    if len(results) == 1:
        (result,) = results
        failing = pluralize(result.failing, "node fails", "nodes fail")
        return result.note or f"{short(result.text)} is the only requirement, and {failing} it"
    if removal := _removal(explanation):
        return removal
    if unsatisfied := _unsatisfied(explanation):
        return f"no node satisfies {_join(unsatisfied, 'or')}; change that first"
    text = "no single change would match more nodes"
    if explanation.other_reasons:
        return text
    fewest = min(len(reason.failed) for reason in explanation.reasons)
    other = "other " if explanation.matched else ""
    return f"every {other}node fails at least {fewest} requirements: {text}"


def _correction(explanation: Explanation) -> str | None:
    """Return what to write instead, unless all requirements would match and exclude as before."""
    if explanation.correction is None:
        return None
    replacements, replaced, would_match = explanation.correction
    if would_match == explanation.matched > 0 and all(
        explanation.requirements[hint.requirement].failing
        for hint in explanation.hints
        if hint.replacement is not None
    ):
        return None
    text = f"write {_join(replacements)} instead of {_join(replaced)}"
    if would_match:
        return f"{text}: {pluralize(would_match, 'node')} would match"
    if explanation.matched:
        return f"{text}: no node would match any more"
    text = f"{text}: still no node would match"
    if unsatisfied := _unsatisfied(explanation, replaced):
        return f"{text}, because none satisfies {_join(unsatisfied, 'or')}"
    removal = _removal(explanation) if len(explanation.requirements) > 1 else None
    return f"{text}; {removal}" if removal else text


def _removal(explanation: Explanation) -> str | None:
    """Return without which requirement the most nodes would match, if any would."""
    best = max(
        (result for result in explanation.requirements if result.failing_only_this),
        key=lambda result: (result.absent is None, result.failing_only_this),
        default=None,
    )
    if best is None:
        return None
    name = short(best.text)
    more = "more node" if explanation.matched else "node"
    effect = f"{pluralize(best.failing_only_this, more)} would match"
    is_replaced = any(best.text in hint.replaced for hint in explanation.hints)
    if best.failing == explanation.total and not is_replaced:
        return f"no node satisfies {name}; change or remove it: without it, {effect}"
    return f"without {name}, {effect}"


def _unsatisfied(explanation: Explanation, ignored: Collection[str] = ()) -> list[str]:
    """Return the requirements that no node satisfies."""
    return [
        result.text
        for result in explanation.requirements
        if result.failing == explanation.total and result.text not in ignored
    ]


def _join(texts: Sequence[str], conjunction: str = "and") -> str:
    return join_limited([short(text) for text in texts], conjunction=conjunction)
