"""What to change in a selector to take more nodes, or the right ones: a sentence."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nodeselect.explain.requirement_notes import listed
from nodeselect.explain.wording import states_told
from nodeselect.render.explanation import of_left_out, short
from nodeselect.text import quoted

if TYPE_CHECKING:
    from nodeselect.explain.explanation import Explanation, Hint

__all__ = ["NOTHING", "advice_of", "blocker_of", "trouble_of"]

NOTHING = "<nothing>"
"""The text of what a selector that takes nothing asks for; no requirement reads like this."""


def advice_of(explanation: "Explanation") -> str:
    """Say what to change, in one line: a correction, else what to give up for the most nodes.

    A guard (``!=``, ``notin``, ``!key``) is not given up before other requirements, and the only
    requirement never: that would take every node.
    """
    total, outcomes = explanation.total, explanation.requirements
    if not total:
        return "there are no nodes"
    if text := _correction(explanation):
        return text
    if explanation.matched == total:
        return "every node matches" if outcomes else "the selector is empty: it takes EVERY node"
    for hint in explanation.hints:
        if hint.code == "contradiction":
            return f"take away one of {_all(hint.replaced)}: they contradict each other"
    if outcomes[0].text == NOTHING:
        return "the selector takes nothing, whatever there is"
    if explanation.excluded_ids and outcomes[0].failing == total:
        return of_left_out(explanation.excluded_ids)
    if len(outcomes) == 1:
        return _of_the_only(explanation)
    if text := _relaxation(explanation):
        return text
    if dead := _dead(explanation):
        return f"no node satisfies {dead}: change that first"
    if not explanation.nearest:
        return "no single change takes more nodes"
    fewest = len(explanation.nearest[0].failed)
    return f"the nearest nodes fail {fewest} requirements: no single change takes more nodes"


def _correction(explanation: "Explanation") -> str | None:
    """Say what to write instead: all that the hints say, at once."""
    hints = [hint for hint in explanation.hints if _helps(explanation, hint)]
    if not hints:
        return None
    if len(hints) > 1 and explanation.correction is not None:
        instead, wrong, matches = explanation.correction
    else:
        best = max(hints, key=lambda hint: hint.would_match or 0)
        instead, wrong, matches = best.replacements, best.replaced, best.would_match or 0
    text = f"write {' and '.join(map(short, instead))} instead of {_all(wrong)}"
    if matches:
        return f"{text}: {_more(matches)}"
    if explanation.matched:
        return f"{text}: no node would match any more"
    text = f"{text}: no node would match yet"
    if dead := _dead(explanation, wrong):
        return f"{text}, since none satisfies {dead}"
    other = _relaxation(explanation) if len(explanation.requirements) > 1 else None
    return f"{text}; or, as it is written, {other}" if other else text


def _dead(explanation: "Explanation", but: Sequence[str] = ()) -> str:
    """Name the first requirements that no node satisfies, other than ``but``; nothing where there
    are none."""
    texts = [
        outcome.text for outcome in explanation.requirements if outcome.failing == explanation.total
    ]
    return " or ".join([short(text) for text in texts if text not in but][:3])


def _relaxation(explanation: "Explanation") -> str | None:
    """Say without which requirement the most nodes more would match, if any would."""
    best = max(
        explanation.requirements,
        key=lambda outcome: (
            bool(outcome.failing_only_this) and not outcome.matches_absent,
            outcome.failing_only_this,
        ),
    )
    if not best.failing_only_this:
        return None
    name, more = (
        short(best.text),
        _more(best.failing_only_this, "more " * bool(explanation.matched)),
    )
    if best.failing == explanation.total and best.text not in _wrong(explanation):
        return f"no node satisfies {name}: change that; without it {more}"
    return f"without {name}: {more}"


def _wrong(explanation: "Explanation") -> set[str]:
    return {text for hint in explanation.hints for text in hint.replaced}


def _helps(explanation: "Explanation", hint: "Hint") -> bool:
    """Say whether to write what a hint says makes a difference, or a guard out of what is none."""
    if hint.replacement is None:
        return False
    guards_nothing = not explanation.requirements[hint.requirement].failing
    return not explanation.matched or guards_nothing or hint.would_match != explanation.matched


def _of_the_only(explanation: "Explanation") -> str:
    """Say of a requirement that stands alone what there is to choose from."""
    (outcome,) = explanation.requirements
    name = short(outcome.text)
    if outcome.values:
        return f"{name} is the only requirement; the values of its label: {listed(outcome.values)}"
    if outcome.failing == explanation.total:
        return f"no node satisfies {name}: change that"
    nodes = "node fails" if outcome.failing == 1 else "nodes fail"
    return f"{name} is the only requirement, and {outcome.failing:,} {nodes} it"


def blocker_of(explanation: "Explanation") -> int | None:
    """Give the place of the requirement to look at first; None where every node matches."""
    if explanation.matched == explanation.total:
        return None
    places = range(len(explanation.requirements))
    dead = [
        place for place in places if explanation.requirements[place].failing == explanation.total
    ]
    if dead:
        return dead[0]
    numbers = [(outcome.failing_only_this, outcome.failing) for outcome in explanation.requirements]
    return max(range(len(numbers)), key=numbers.__getitem__)


def trouble_of(explanation: "Explanation") -> str:
    """Say what to look at first, in a few words: what takes nodes by mistake, else the blocker."""
    place = blocker_of(explanation)
    if not explanation.total:
        return "none: there are no nodes"
    if not explanation.requirements:
        return "the selector is empty: it takes EVERY node"
    if explanation.matched and (slip := _slip(explanation)):
        return slip
    if place is None:
        return "none: every node matches"
    if explanation.has_states and not explanation.connected:
        return f"none of those that it takes is connected: {states_told(explanation.states)}"
    outcome = explanation.requirements[place]
    name = short(outcome.text)
    for hint in explanation.hints:
        if hint.requirement == place and hint.replacement is not None and not explanation.matched:
            return f"{name}: write {short(hint.replacement)}"
    if (
        outcome.failing_only_this
        and outcome.failing < explanation.total
        and len(explanation.requirements) > 1
    ):
        more = "more " if explanation.matched else ""
        return f"{name}: {_nodes(outcome.failing_only_this, more)} without it"
    if place == 0 and outcome.failing == explanation.total:  # ids stand first
        if explanation.excluded_ids:
            return of_left_out(explanation.excluded_ids)
        if explanation.missing_ids:
            return f"{name}: no node has such an id"
    if outcome.note:
        return f"{name}: {outcome.note}"
    return f"{name}: {outcome.failing:,} {'fails' if outcome.failing == 1 else 'fail'} it"


def _slip(explanation: "Explanation") -> str | None:
    """Say what is probably wrong with a selector although it takes nodes."""
    for hint in explanation.hints:
        if hint.replacement is not None:
            none_out = (
                "" if explanation.requirements[hint.requirement].failing else " leaves none out"
            )
            return f"{_all(hint.replaced)}{none_out}: write {short(hint.replacement)}"
    if missing := explanation.missing_ids:
        more = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        return f"no node has the id {quoted(missing[0])}{more}"
    return None


def _all(texts: Sequence[str]) -> str:
    return " and ".join(map(short, texts[:3])) + (" and the others" if len(texts) > 3 else "")


def _more(nodes: int, more: str = "") -> str:
    return f"{_nodes(nodes, more)} would match"


def _nodes(count: int, more: str) -> str:
    return f"{count:,} {more}{'node' if count == 1 else 'nodes'}"
