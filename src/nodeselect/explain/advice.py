"""Decide what an explanation recommends: what to change in the selector, or what else to know."""

from nodeselect.explain.explanation import Advice, Explanation, Hint, RequirementResult
from nodeselect.placement.pod_rules import PodRule
from nodeselect.placement.requirements import Condition, Tolerates
from nodeselect.selectors import Selector
from nodeselect.text import quoted

# Hints that say with which change beside the labels how many nodes would match.
_REMEDIES = ("untolerated-taint", "reserved-taint", "scarce-resource")
_MAX_REMEDIES = 3
_RESERVED = 4


def advise(explanation: Explanation, *, needs_connected: bool) -> tuple[Advice, ...]:
    """Return what to change; nothing if nodes match and no mistake is probable.

    :param needs_connected: whether it matters that no matching node is connected.
    """
    if not explanation.total:
        return (Advice("no-nodes"),)
    if correction := _correction(explanation):
        return correction
    if not explanation.matched:
        return _for_no_node(explanation)
    if needs_connected and explanation.connected == 0:
        return (Advice("unconnected", tuple(explanation.states.items())),)
    if explanation.requirements or explanation.undecided_rules:
        return _about_ids(explanation)
    return (Advice("everything"),)


def _correction(explanation: Explanation) -> tuple[Advice, ...]:
    """Return the correction; nothing if there is none, or if it does not help."""
    if explanation.correction is None:
        return ()
    replacements, _, would_match = explanation.correction
    hints, matched = explanation.hints, explanation.matched
    changed = (hint.requirement for hint in hints if hint.replacement is not None)
    all_fail = all(explanation.requirements[position].failing for position in changed)
    if (would_match == matched and all_fail) or not (would_match or matched):
        return ()  # the hints are notes
    is_sure = all(hint.code != "rare-value" for hint in hints)
    ids = tuple(hint.replacement for hint in hints if hint.code == "label-for-id")
    contradictory = tuple(
        hint.replaced
        for hint in hints
        if hint.code == "contradiction" and hint.replacement in replacements and replacements[1:]
    )
    change = explanation.correction, is_sure, ids, contradictory
    return (Advice("correction", change, would_match),)


def _for_no_node(explanation: Explanation) -> tuple[Advice, ...]:
    first = explanation.requirements[0]
    for hint in explanation.hints:
        if hint.code == "contradiction":
            return (_contradiction(explanation, hint),)
    if first.condition == Selector.nothing():
        return (Advice("nothing"),)
    if first.failing == explanation.total:
        if explanation.excluded_ids:
            return (Advice("excluded-ids", explanation.excluded_ids),)
        if about_ids := _about_ids(explanation):
            return about_ids
    return (
        _first_hint(explanation, "label-for-state")
        or _remedies(explanation)
        or _about_requirements(explanation)
    )


def _contradiction(explanation: Explanation, hint: Hint) -> Advice:
    """Return what to remove; what another object requires stays."""
    given = {each.text: each.note for each in explanation.requirements if each.kind == "given"}
    own = tuple(text for text in hint.replaced if text not in given)
    if len(own) == len(hint.replaced):
        return Advice("contradiction", own)
    notes = tuple(filter(None, (given.get(text) for text in hint.replaced)))
    return Advice("given-contradiction", (hint.message, notes, own if len(own) == 1 else ()))


def _about_ids(explanation: Explanation) -> tuple[Advice, ...]:
    missing = unnamed_missing_ids(explanation)
    return (Advice("missing-ids", missing),) if missing else _first_hint(explanation, "id-prefix")


def unnamed_missing_ids(explanation: Explanation) -> tuple[str, ...]:
    """Return the ids of the selector that no node has, without those that a hint names."""
    named = {name for hint in explanation.hints for name in hint.replaced}
    return tuple(each for each in explanation.missing_ids if each not in named)


def _first_hint(explanation: Explanation, code: str) -> tuple[Advice, ...]:
    found = (hint for hint in explanation.hints if hint.code == code)
    return tuple(map(_hint_advice, found))[:1]


def _hint_advice(hint: Hint) -> Advice:
    return Advice("note", (hint_subject(hint), hint.message))


def hint_subject(hint: Hint) -> tuple[str, tuple[str, ...]]:
    """Return what a hint is about, wherever that is among the requirements."""
    return hint.code, hint.replaced


def _remedies(explanation: Explanation) -> tuple[Advice, ...]:
    """Return the changes of one requirement with which most nodes would match, if none does.

    First come tolerations and amounts, then cordons, which leave the labels; then the removal of a
    positive requirement, beside a toleration of nodes that are for other pods, and of a negative
    one. A request, or what another object requires, is never removed: it is explained.
    """
    changes: list[tuple[tuple[int, int, bool], Advice]] = []
    results = explanation.requirements
    remedies = [hint for hint in explanation.hints if hint.code in _REMEDIES]
    for hint in remedies:
        place = remedy_rank(hint, results[hint.requirement].condition)
        changes.append(((*place, False), _hint_advice(hint)))
    hinted = {hint.requirement for hint in remedies}
    for position, result in enumerate(results):
        is_changed = result.kind == "pods" or (result.kind != "taint" and len(results) > 1)
        if is_changed and result.matching_without and position not in hinted:
            rank = 2 if result.absent is None else 3
            is_request = result.kind not in ("labels", "pods") or _is_of_others(result)
            change = (_scarcity if is_request else _removal)(explanation, position)
            changes.append(((rank, -result.matching_without, is_request), change))
    best = min((rank for rank, _ in changes), default=None)
    chosen = [change for rank, change in changes if rank == best][:_MAX_REMEDIES]
    if best is not None and best[0] == 2 and not best[2]:  # the label may be that of these nodes
        chosen += [change for rank, change in changes if rank[0] == _RESERVED][:1]
    return tuple(chosen[:_MAX_REMEDIES])


def remedy_rank(hint: Hint, condition: Condition) -> tuple[int, int]:
    """Return the place among others of a remedy for the nodes that fail ``condition``.

    The lowest comes first.
    """
    rank = int(isinstance(condition, Tolerates) and condition.is_about_cordon)
    if hint.code == "reserved-taint":
        rank = _RESERVED if hint.would_match else _RESERVED + 1
    return rank, -(hint.would_match or 0)


def _scarcity(explanation: Explanation, position: int) -> Advice:
    """Return what nodes have instead of a resource; why a requirement cannot be removed."""
    result = explanation.requirements[position]
    if result.kind == "given":
        return Advice("given", (result.text, result.note), result.matching_without)
    for hint in explanation.hints:
        if hint.requirement == position:
            return _hint_advice(hint)
    return _note(result)


def _note(result: RequirementResult) -> Advice:
    """Return why no node satisfies a requirement, or only that none does."""
    if result.note:
        return Advice("note", (result.condition, result.note))
    return Advice("unsatisfied", (_name(result),))


def _removal(explanation: Explanation, position: int) -> Advice:
    result = explanation.requirements[position]
    is_replaced = any(result.text in hint.replaced for hint in explanation.hints)
    is_unsatisfied = result.failing == explanation.total and not is_replaced
    kind = "remove-unsatisfied" if is_unsatisfied else "remove"
    return Advice(kind, (_name(result),), result.matching_without)


def _name(result: RequirementResult) -> str:
    """Return the text of a requirement in a sentence."""
    is_rule = isinstance(result.condition, PodRule)
    return f"the rule {quoted(result.text)}" if is_rule else result.text


def _is_of_others(result: RequirementResult) -> bool:
    """Return whether pods that run require it, so that a job cannot leave it out."""
    return isinstance(result.condition, PodRule) and result.condition.kind == "symmetry"


def _about_requirements(explanation: Explanation) -> tuple[Advice, ...]:
    """Return which requirements no node satisfies; if none is so, how many a node fails."""
    results, total = explanation.requirements, explanation.total
    if len(results) == 1:
        return (_note(results[0]),)
    positions = [at for at, result in enumerate(results) if result.failing == total]
    kinds = {results[at].kind for at in positions}
    texts = tuple(results[at].text for at in positions)
    if "given" in kinds and positions[1:]:
        notes = (results[at].note for at in positions if results[at].kind == "given")
        return (Advice("given-unsatisfied", (texts, tuple(filter(None, notes)))),)
    if "given" in kinds:
        return (_note(results[positions[0]]),)
    if kinds == {"resource"} and not positions[1:]:
        return (_scarcity(explanation, positions[0]),)
    if positions:
        kind = "unsatisfied-resources" if "resource" in kinds else "unsatisfied-first"
        return (Advice(kind, texts),)
    kind = "given-several" if any(each.kind == "given" for each in results) else "several"
    groups = () if explanation.other_reasons else explanation.reasons
    return (Advice(kind, nodes=min((len(each.failed) for each in groups), default=0)),)
