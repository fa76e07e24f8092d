"""What to change in a selector to match more nodes, or the right ones."""

from collections.abc import Collection, Sequence

from nodeselect.explain.explanation import Explanation, Hint
from nodeselect.explain.wording import (
    NOTHING,
    excluded_by_state,
    format_state_counts,
    format_value_counts,
    no_node_in_state,
    short,
)
from nodeselect.text import join_limited, pluralize, quoted

__all__ = ["main_problem", "recommend"]


def recommend(explanation: Explanation) -> str:
    """Return what to change, in one line: corrections, else the requirement best removed.

    A requirement that excludes nodes (``!=``, ``notin``, ``!key``) is removed only if removing no
    other one helps, and the only requirement never: every node would match.
    """
    total, results = explanation.total, explanation.requirements
    if explanation.excluded_states:
        return no_node_in_state(explanation.excluded_states)
    if not total:
        return "there are no nodes"
    if correction := _correction(explanation):
        return correction
    if explanation.matched == total:
        return "every node matches" if results else "the selector is empty: it matches EVERY node"
    for hint in explanation.hints:
        if hint.code == "contradiction":
            return f"remove one of {_join(hint.replaced)}: they contradict each other"
    if results[0].text == NOTHING:
        return "this selector can never match"
    if explanation.excluded_ids and results[0].failing == total:
        return excluded_by_state(explanation.excluded_ids)
    if len(results) == 1:
        return _only_requirement(explanation)
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


def main_problem(explanation: Explanation) -> str:
    """Return what to look at first, in a few words: a mistake, or the main blocker's effect."""
    total, results = explanation.total, explanation.requirements
    if explanation.excluded_states:
        return no_node_in_state(explanation.excluded_states)
    if not total:
        return "there are no nodes"
    if not results:
        return "the selector is empty: it matches EVERY node"
    if explanation.matched and (mistake := _probable_mistake(explanation)):
        return mistake
    position = explanation.main_blocker
    if position is None:
        return "every node matches"
    if explanation.has_states and not explanation.connected:
        return f"no matching node is connected: {format_state_counts(explanation.states)}"
    result = results[position]
    name = short(result.text)
    for hint in explanation.hints:
        if hint.requirement == position and hint.replacement and not explanation.matched:
            return f"{name}: write {short(hint.replacement)}"
    if result.failing_only_this and result.failing < total and len(results) > 1:
        return f"{name}: {_more_nodes(explanation, result.failing_only_this)} without it"
    if position == 0 and result.failing == total:  # ids come first
        if explanation.excluded_ids:
            return excluded_by_state(explanation.excluded_ids)
        if explanation.missing_ids:
            return f"{name}: no node has such an id"
    return result.note or f"{name}: {pluralize(result.failing, 'node fails', 'nodes fail')} it"


def _correction(explanation: Explanation) -> str | None:
    """Return what to write instead: the replacements of all hints at once."""
    hints = [hint for hint in explanation.hints if _changes_result(explanation, hint)]
    if not hints:
        return None
    if len(hints) > 1 and explanation.correction is not None:
        replacements, replaced, would_match = explanation.correction
    else:
        best = max(hints, key=lambda hint: hint.would_match or 0)
        replacements, replaced = best.replacements, best.replaced
        would_match = best.would_match or 0
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
        explanation.requirements,
        key=lambda result: (
            bool(result.failing_only_this) and result.absent is None,
            result.failing_only_this,
        ),
    )
    if not best.failing_only_this:
        return None
    name = short(best.text)
    effect = f"{_more_nodes(explanation, best.failing_only_this)} would match"
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


def _changes_result(explanation: Explanation, hint: Hint) -> bool:
    """Return whether a replacement changes what matches, or makes a requirement exclude nodes."""
    if hint.replacement is None:
        return False
    excludes_nothing = not explanation.requirements[hint.requirement].failing
    return not explanation.matched or excludes_nothing or hint.would_match != explanation.matched


def _only_requirement(explanation: Explanation) -> str:
    (result,) = explanation.requirements
    name = short(result.text)
    if result.values:
        values = format_value_counts(result.values)
        return f"{name} is the only requirement; the values of its label: {values}"
    if result.failing == explanation.total:
        problem = result.note or f"no node satisfies {name}"
        return f"{problem}; change or remove this requirement"
    nodes = pluralize(result.failing, "node fails", "nodes fail")
    return f"{name} is the only requirement, and {nodes} it"


def _probable_mistake(explanation: Explanation) -> str | None:
    """Return what is probably wrong with a selector although nodes match."""
    for hint in explanation.hints:
        if hint.replacement is not None:
            excludes = explanation.requirements[hint.requirement].failing
            effect = "" if excludes else " excludes nothing"
            return f"{_join(hint.replaced)}{effect}: write {short(hint.replacement)}"
    if missing := explanation.missing_ids:
        return f"no node has the id {join_limited(list(map(quoted, missing)), 1, 'or')}"
    return None


def _join(texts: Sequence[str], conjunction: str = "and") -> str:
    return join_limited([short(text) for text in texts], conjunction=conjunction)


def _more_nodes(explanation: Explanation, nodes: int) -> str:
    if explanation.matched:
        return pluralize(nodes, "more node")
    return pluralize(nodes, "node")
