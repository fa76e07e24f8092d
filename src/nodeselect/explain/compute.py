"""Explain which nodes match a selector, for any engine that can count its nodes.

Nodes that fail exactly the same requirements are one group. All numbers are computed from the sizes
of the groups; single nodes are read only to show their ids.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from heapq import nsmallest

from nodeselect.explain.advice import advise, hint_subject
from nodeselect.explain.countable import (
    MAX_GROUPS_WITH_IDS,
    MAX_NEAREST,
    Countable,
    Failures,
    count_without,
)
from nodeselect.explain.explanation import (
    Advice,
    Explanation,
    Hint,
    Reason,
    RequirementResult,
    given_by,
    label_requirement,
    named_ids,
    requirement_text,
)
from nodeselect.explain.hints import Vocabulary, find_hints, scarcity_text
from nodeselect.explain.wording import (
    advice_text,
    format_value_counts,
    headline,
    nodes_have,
    short,
)
from nodeselect.node import count_connected
from nodeselect.placement import Placement
from nodeselect.placement.placement import label_part, tolerates_cordon
from nodeselect.placement.pod_rules import PodRule
from nodeselect.placement.requirements import AtLeast, Condition, Tolerates
from nodeselect.quantity import quantity_text
from nodeselect.selectors import AnyOf, Operator, Requirement, Selector, implies
from nodeselect.selectors.algebra import only_negates, require_all
from nodeselect.selectors.charset import parse_int64
from nodeselect.selectors.frozen import FrozenMapping
from nodeselect.selectors.pod_spec import term_text
from nodeselect.similarity import closeness
from nodeselect.text import pluralize, printable, quoted

# If a key has more values than this, its most frequent values are not worth showing.
_MAX_VALUES = 1_000

# How many values are looked up: one more than are shown, for the ellipsis.
_COMMON = 4

_IN_THESE_STATES = "in the requested states: "


def explain(
    nodes: Countable,
    selector: Selector | AnyOf | Placement,
    examples: int = 3,
    vocabulary: Vocabulary | None = None,
    *,
    parts: Sequence[Condition] | None = None,
    not_considered: Sequence[str] = (),
    undecided_rules: Sequence[str] = (),
) -> Explanation:
    """Return why nodes match ``selector``, and why the others do not.

    :param examples: how many ids to return for each group; if 0, ``nearest`` is empty, too.
    :param vocabulary: a cache of label keys and values, to share by calls for the same nodes.
    :param parts: the conditions to explain, all of which must hold; None for those of ``selector``.
    :param not_considered: see :class:`Explanation`, as for ``undecided_rules``.
    """
    if parts is None:
        others = selector.requirements() if isinstance(selector, Placement) else ()
        parts = (*label_part(selector).split(), *others)
    vocabulary = Vocabulary() if vocabulary is None else vocabulary
    failures = nodes.failures(parts)
    counts = failures.counts
    states = failures.state_counts()
    connected = count_connected(states) if states else 0
    ids = named_ids(parts)
    missing_ids = tuple(nodes.missing_ids(ids)) if ids else ()
    given = given_by(selector, parts)
    hints, correction = find_hints(nodes, vocabulary, parts, failures, missing_ids, selector, given)
    explanation = Explanation(
        selector=str(selector),
        headline=headline(
            counts.matched,
            counts.total,
            connected if states else None,
            undecided=undecided_rules,
        ),
        recommendation="",
        total=counts.total,
        matched=counts.matched,
        states=FrozenMapping(states),
        connected=connected,
        requirements=_results(nodes, vocabulary, parts, failures, selector, given, hints),
        reasons=_reasons(failures, examples),
        other_reasons=counts.ungrouped,
        nearest=tuple(failures.nearest(MAX_NEAREST)) if examples else (),
        hints=hints,
        missing_ids=missing_ids,
        correction=correction,
        not_considered=tuple(not_considered),
        undecided_rules=tuple(undecided_rules),
    )
    advice = advise(explanation, needs_connected=not tolerates_cordon(selector, states))
    return explanation._replace(advice=advice, recommendation=advice_text(advice))


def exclude_by_state(
    explanation: Explanation,
    excluded: Mapping[str, str | None],
    counts: Mapping[str | None, int],
    everywhere: Explanation,
) -> Explanation:
    """Return a copy of an explanation that also reports nodes left out because of their states.

    The ids of these nodes are moved from ``missing_ids`` (ids of the selector that no node has) to
    ``excluded_ids``.

    :param excluded: maps those of ``missing_ids`` that nodes have to the states of these nodes.
    :param counts: how many nodes in each state were left out.
    :param everywhere: the explanation over the nodes in all states. Hints that it does not have are
        left out, and what differs from it is said of these states only.
    """
    known = {(hint_subject(hint), hint.replacement) for hint in everywhere.hints}
    hints = tuple(
        hint
        for hint in explanation.hints
        if excluded.keys().isdisjoint(hint.replaced)
        and (hint_subject(hint), hint.replacement) in known
    )
    explanation = explanation._replace(
        hints=hints,  # without those for ids and labels that nodes have
        correction=explanation.correction if hints == explanation.hints else None,
        missing_ids=everywhere.missing_ids,
        excluded_ids=tuple(excluded.items()),
    )
    # Whoever chose the states does not need to hear that no matching node is connected.
    advice = advise(explanation, needs_connected=False)
    others = Counter(everywhere.states) - Counter(explanation.states)
    is_about_ids = any(each.kind == "excluded-ids" for each in advice)
    where = ""
    if not explanation.total:
        advice = (Advice("no-state", tuple(counts.items())),)
    elif others and not (explanation.matched or is_about_ids):
        advice = (Advice("other-states", tuple(others.items())),)
    elif not is_about_ids and advice != advise(everywhere, needs_connected=False):
        where = _IN_THESE_STATES
    notes = {result.condition: result.note for result in everywhere.requirements}
    results = tuple(
        result._replace(note=f"{_IN_THESE_STATES}{result.note}")
        if result.note and result.note != notes.get(result.condition)
        else result
        for result in explanation.requirements
    )
    left_out, rules = sum(counts.values()), explanation.undecided_rules
    line = headline(explanation.matched, explanation.total, None, left_out, rules)
    return explanation._replace(
        headline=line, requirements=results, advice=advice,
        recommendation=advice_text(advice, where),
    )  # fmt: skip


def _results(
    nodes: Countable,
    vocabulary: Vocabulary,
    parts: Sequence[Condition],
    failures: Failures,
    asked: Selector | AnyOf | Placement,
    given: Mapping[int, str],
    hints: Sequence[Hint],
) -> tuple[RequirementResult, ...]:
    counts = failures.counts
    hinted = {hint.requirement for hint in hints}
    results = []
    # Counted once: each call reads the names of all resources.
    has_amounts = any(isinstance(part, AtLeast) for part in parts) and bool(nodes.resources())
    numbers = zip(counts.failing, counts.remaining, counts.failing_only_this, strict=True)
    for position, (part, (failing, remaining, only)) in enumerate(zip(parts, numbers, strict=True)):
        absent, note = None, None
        requirement = label_requirement(part)
        if requirement is not None:
            operator = requirement.operator
            if operator is Operator.DOES_NOT_EXIST:
                absent = counts.total - failing
            elif operator.matches_absent:
                absent = counts.total - nodes.count_with_key(requirement.key)
            if failing == counts.total and failing:
                note = _why_unsatisfied(nodes, vocabulary, requirement)
            elif not failing and counts.total and operator.matches_absent:
                note = _why_nothing_excluded(nodes, requirement)
            elif failing and not operator.matches_absent:
                note = vocabulary.missing_label(nodes, requirement.key)
        elif isinstance(part, AtLeast) and has_amounts:
            if failing == counts.total and failing:
                note = _largest_amount(nodes, part)
            elif only and not counts.matched and position not in hinted:
                note = scarcity_text(failures, position, part, nodes.has_usage)
        elif isinstance(part, AnyOf) and isinstance(asked, Placement) and failing < counts.total:
            note = None if position in given else _alternatives_note(failures, position, part)
        kind = "labels"
        if isinstance(part, Tolerates | AtLeast | PodRule):
            kind = {Tolerates: "taint", AtLeast: "resource", PodRule: "pods"}[type(part)]
        text = requirement_text(part)
        if position in given:
            kind = "given"
            if (owner := given[position]) and isinstance(asked, Placement):
                own = asked.given[owner]  # of which the part may be only a combination
                needed = text if part in own.split() else requirement_text(own)
                note = f"{owner} needs {short(needed)}{f'; {note}' if note else ''}"
        without = 0 if counts.matched else count_without(failures, parts, position)
        results.append(
            RequirementResult(text, failing, remaining, only, absent, note, kind, part, without)
        )
    return tuple(results)


def _largest_amount(nodes: Countable, part: AtLeast) -> str | None:
    """Return how much of a resource a node has, if no node has enough."""
    most, name = nodes.most_free(part.resource), printable(part.resource)
    if most is None:
        return None
    has = f"the largest allocatable {name} is {quantity_text(part.resource, most)}"
    if nodes.has_usage:
        has = f"the most {name} that is free on a node is {quantity_text(part.resource, most)}"
    elif not most:
        has = f"no node has any {name}"
    return f"no node satisfies {part}: {has}"


def _alternatives_note(failures: Failures, position: int, part: AnyOf) -> str | None:
    """Return that the terms of a node affinity are alternatives, if a node can match all."""
    together, negates = require_all(part), only_negates(part)
    if together is None:
        return None
    would_match = failures.count_if_replaced([position], [together])
    text = "the terms of a node affinity are alternatives: a node must match only one of them"
    if not (would_match or negates):
        return f"{text}; none matches all"
    if negates:
        is_everything = implies(Selector.everything(), part)
        excluded = "no node" if is_everything else "only nodes that all of them exclude"
        text = f"{text}, so they exclude {excluded}"
    term = term_text(together)
    instead = f", {term}" if term else ""
    match = f"{pluralize(would_match, 'node')} would match"
    return f"{text}; to require all, write one term{instead}: {match}"


def _why_nothing_excluded(nodes: Countable, requirement: Requirement) -> str:
    if not nodes.count_with_key(requirement.key):
        reason = f"no node has the label {quoted(requirement.key)}"
    elif len(requirement.values) == 1:
        reason = "no node has this value"
    else:
        reason = "no node has any of these values"
    return f"{short(str(requirement))} excludes nothing: {reason}"


def _why_unsatisfied(nodes: Countable, vocabulary: Vocabulary, requirement: Requirement) -> str:
    label, operator = quoted(requirement.key), requirement.operator
    count = nodes.count_with_key(requirement.key)
    if not count:
        return f"no node has the label {label}"
    if operator is Operator.DOES_NOT_EXIST:
        return f"no node satisfies {short(str(requirement))}: every node has the label {label}"
    text = short(str(requirement))
    if operator.matches_absent:
        one_of = "this value" if len(requirement.values) == 1 else "one of these values"
        return f"no node satisfies {text}: every node has {one_of}"
    words = vocabulary.values(nodes, requirement.key)
    if words is not None and operator.is_comparison:
        numbers = [number for value in words.counts if (number := parse_int64(value)) is not None]
        if not numbers:
            return f"no node satisfies {text}: no value of {label} is an integer"
        span = f"the integer values of {label} range from {min(numbers)} to {max(numbers)}"
        return f"no node satisfies {text}: {span}"
    if words is not None and len(words.counts) <= _MAX_VALUES:
        wanted = requirement.values
        shown = nsmallest(
            _COMMON,
            words.counts.items(),
            key=lambda item: (-closeness(item[0], wanted), -item[1], item[0]),
        )
        return f"no node has {text}; the values of {label}: {format_value_counts(shown)}"
    return f"no node has {text}; {nodes_have(count)} other values of {label}"


def _reasons(failures: Failures, examples: int) -> tuple[Reason, ...]:
    reasons = []
    for rank, (failed, nodes) in enumerate(failures.counts.groups.items()):
        has_ids = examples and rank < MAX_GROUPS_WITH_IDS
        ids = tuple(failures.example_ids(failed, examples)) if has_ids else ()
        reasons.append(Reason(failed, nodes, ids))
    return tuple(reasons)
