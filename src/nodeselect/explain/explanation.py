"""The values of an explanation: why nodes match a selector, and why the others do not.

Any engine that can count nodes can build these values: this module imports no index and no
inventory. :func:`explain_node` explains a single node and needs no engine.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from nodeselect.node import Node
from nodeselect.placement import BaseUsage, Placement
from nodeselect.placement.requirements import AtLeast, Condition, Requirable
from nodeselect.selectors import AnyOf, Operator, Requirement, Selector
from nodeselect.selectors.requirement import ID_KEY
from nodeselect.selectors.selector import alternatives
from nodeselect.text import join_limited, pluralize, printable, quoted

# Up to this many ids are named in the text of a requirement; of more, only the number.
_MAX_IDS = 3

# Up to this many of the selectors of an ``AnyOf`` are named in its text.
_MAX_SELECTORS = 3


class RequirementResult(NamedTuple):
    """How many nodes one requirement excludes.

    :param text: the requirement in canonical form; of ids, ``<id in (n-1,n-2)>`` or
        ``<one of 9 ids>``; of what the selectors of an ``AnyOf`` do not share,
        ``(region=eu or gpu)``.
    :param failing: how many nodes fail it.
    :param remaining: how many nodes satisfy it and all requirements before it.
    :param failing_only_this: how many nodes fail only this requirement, and match without it.
    :param absent: for ``!=``, ``notin`` and ``!key``, how many nodes satisfy it because they do not
        have the label; None for other operators.
    :param note: why no node or every node satisfies it; which few nodes lack the label that all
        others have; of a resource, if no node matches, how much is left on the nodes that fail only
        this; that alternatives of a node affinity are not all required; otherwise None.
    :param kind: ``labels`` (or ids), ``taint``, ``resource``; ``given``: of another object;
        ``pods``: about other pods.
    :param condition: its value.
    :param matching_without: if no node matches, how many do without it.
    """

    text: str
    failing: int
    remaining: int
    failing_only_this: int
    absent: int | None
    note: str | None
    kind: str
    condition: Condition
    matching_without: int

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        fields = self._asdict()
        del fields["condition"], fields["matching_without"]
        return fields


class Reason(NamedTuple):
    """A group of nodes that fail exactly the same requirements.

    :param failed: the positions of these requirements, from 0.
    :param nodes: how many nodes are in the group.
    :param ids: the ids of the first few nodes, in inventory order; empty except in large groups.
    """

    failed: tuple[int, ...]
    nodes: int
    ids: tuple[str, ...]


class NearMiss(NamedTuple):
    """One of the nodes that do not match but fail the fewest requirements.

    :param id: the id of the node.
    :param failed: the positions of the requirements that it fails, from 0.
    """

    id: str
    failed: tuple[int, ...]


class Hint(NamedTuple):
    """A probable mistake in the selector.

    :param code: the kind of mistake, for programs; ``docs/explain.md`` lists all codes.
    :param requirement: the position of the requirement that is wrong, from 0.
    :param message: what is wrong, and what the nodes have instead.
    :param replacement: the requirement to write instead, or ids separated by commas; or None.
    :param replaced: the texts of the requirements, or the ids, to replace.
    :param would_match: how many nodes match after the replacement; None without ``replacement``.
    """

    code: str
    requirement: int
    message: str
    replacement: str | None
    replaced: tuple[str, ...]
    would_match: int | None


class Correction(NamedTuple):
    """All replacements that the hints propose, applied together.

    :param replacements: the texts of the new requirements, or new ids separated by commas.
    :param replaced: the texts of the requirements, or the ids, to replace.
    :param would_match: how many nodes would match after all replacements.
    """

    replacements: tuple[str, ...]
    replaced: tuple[str, ...]
    would_match: int


class Advice(NamedTuple):
    """What one phrase of a recommendation says; ``wording.py`` has the words.

    :param kind: which phrase it is.
    :param change: what it names, such as texts of requirements; of a ``note``, what it is about,
        and the text of the hint or of the requirement that it repeats.
    :param nodes: how many nodes would match; if ``several`` requirements must change, how many.
    """

    kind: str
    change: tuple[Any, ...] = ()
    nodes: int = 0


class NodeExplanation(NamedTuple):
    """Why one node matches a selector, or does not match.

    :param id: the id of the node.
    :param matches: whether the node matches the selector.
    :param requirements: a tuple for each requirement, ids first: its text, the node's id or label
        value (None if absent), and whether the node satisfies it. For ``(region=eu or gpu)``, the
        value is ``region=us,gpu=``.
    :param not_considered: see :class:`Explanation`.
    :param undecided_rules: see there, too.
    """

    id: str
    matches: bool
    requirements: tuple[tuple[str, str | None, bool], ...]
    not_considered: tuple[str, ...] = ()
    undecided_rules: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[tuple[str, str | None], ...]:
        """The requirements that the node fails: pairs of the text and the node's value or id."""
        return tuple((text, value) for text, value, passes in self.requirements if not passes)

    @property
    def headline(self) -> str:
        """Whether the node matches, in one line."""
        if self.matches:
            return f"{printable(self.id)} matches{before_text(self.undecided_rules)}"
        total = pluralize(len(self.requirements), "requirement")
        return f"{printable(self.id)} does not match: it fails {len(self.failed):,} of {total}"

    def __str__(self) -> str:
        texts = ((text, "no such label" if v is None else quoted(v)) for text, v in self.failed)
        return "\n".join([self.headline, *(f"  {text}: {found}" for text, found in texts)])

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        fields = self._asdict()
        del fields["undecided_rules"]
        return {
            "version": 1,
            **fields,
            "requirements": [
                {"text": text, "value": value, "passes": passes}
                for text, value, passes in self.requirements
            ],
        }


def before_text(undecided: Sequence[str]) -> str:
    """Return the end of a headline that says which rules could not be decided."""
    return f", before {join_limited(undecided)}" if undecided else ""


def requirement_text(condition: Condition) -> str:
    """Return the text of a row: ``region=eu``, ``<id in (n-1,n-2)>`` or ``(region=eu or gpu)``."""
    text = condition_text(condition)
    is_of_ids = isinstance(condition, Selector) and condition.ids is not None
    return f"<{text}>" if is_of_ids and label_requirement(condition) is None else text


def condition_text(condition: Condition) -> str:
    """Return a condition in a sentence: ``region=eu``, or ``id in (n-1,n-2)``."""
    requirement = label_requirement(condition)
    if requirement is not None:
        return str(requirement)
    if isinstance(condition, AnyOf):
        selectors = condition.selectors
        named = selectors[:_MAX_SELECTORS]
        texts = [",".join(map(requirement_text, selector.split())) for selector in named]
        if more := len(selectors) - len(named):
            texts.append(f"{more:,} more")
        return f"({' or '.join(texts)})"
    if not isinstance(condition, Selector) or condition.ids is None:
        return str(condition)
    if len(condition.ids) > _MAX_IDS:
        return f"one of {len(condition.ids):,} ids"
    return f"id in ({','.join(condition.ids)})"


def label_requirement(condition: Condition) -> Requirement | None:
    """Return the requirement on a label that ``condition`` consists of; None if it is different."""
    requirements = condition.requirements if isinstance(condition, Selector) else ()
    return requirements[0] if requirements and requirements[0].key != ID_KEY else None


def is_absence(condition: Condition) -> bool:
    """Return whether a condition is that a label is absent."""
    requirement = label_requirement(condition)
    return requirement is not None and requirement.operator is Operator.DOES_NOT_EXIST


def given_by(asked: Selector | AnyOf | Placement, parts: Sequence[Condition]) -> dict[int, str]:
    """Map the positions of the parts that other objects than the pod require to their names."""
    given = asked.given if isinstance(asked, Placement) else {}
    owners = {part: name for name, condition in given.items() for part in condition.split()}
    labels = {at: part for at, part in enumerate(parts) if isinstance(part, Selector | AnyOf)}
    found = {at: owners[part] for at, part in labels.items() if part in owners}
    for name in (owners[part] for part in owners if part not in labels.values()):
        # Its alternatives were combined with those of the pod, or its ids with others.
        found |= {at: name for at, part in labels.items() if label_requirement(part) is None}
    return found


def named_ids(conditions: Iterable[Condition]) -> Sequence[str]:
    """Return the ids that ``conditions`` allow, sorted."""
    lists = [each.ids for condition in conditions for each in alternatives(condition) if each.ids]
    return lists[0] if len(lists) == 1 else sorted({*chain.from_iterable(lists)})


def named_keys(conditions: Iterable[Condition]) -> list[str | None]:
    """Return the label keys that ``conditions`` are about, in their order; None for ids."""
    selectors = chain.from_iterable(map(alternatives, conditions))
    parts = chain.from_iterable(selector.split() for selector in selectors)
    requirements = map(label_requirement, parts)
    return list(dict.fromkeys(None if each is None else each.key for each in requirements))


def explain_node(
    selector: Selector | AnyOf | Placement, node: Node, usage: BaseUsage | None = None
) -> NodeExplanation:
    """Return which requirements of ``selector`` a node satisfies, and which it fails.

    >>> placement = Placement(Selector.parse("gpu"), requests={"cpu": "2"})
    >>> explain_node(placement, Node("n-1", {"gpu": "t4"}, resources={"cpu": "1"})).failed
    (('cpu >= 2', '1'),)

    It needs no inventory. Cost: about 10 µs.

    :param usage: what runs on the node.
    """
    labels, rows = node.labels, []
    for part in (selector.selector if isinstance(selector, Placement) else selector).split():
        requirement = label_requirement(part)
        if requirement is not None:
            value = labels.get(requirement.key)
        elif isinstance(part, AnyOf):
            keys = named_keys([part])
            found = [f"{key}={labels[key]}" for key in keys if key is not None and key in labels]
            value = ",".join(found) or (node.id if None in keys else None)
        else:
            value = node.id
        rows.append((requirement_text(part), value, part.matches(labels, node.id)))
    words: list[str] = []
    rules: tuple[str, ...] = ()
    if isinstance(selector, Placement):
        for each in selector.requirements(node.taints or ()):
            passes = each.is_met(node, usage)
            if not (passes and isinstance(each, AtLeast) and each.is_minor):
                rows.append((str(each), each.found(node, usage), passes))
        unknown = {"taints": node.taints is None, "resources": node.resources is None}
        undecided = [f"unknown {name}" for name in selector.undecided_without if unknown[name]]
        words = [*selector.undecided(), *undecided]
        if selector.pod_rules is not None:
            rules = selector.pod_rules.kinds
    matches = all(passes for _, _, passes in rows)
    return NodeExplanation(node.id, matches, tuple(rows), tuple(words), rules)


def is_met(condition: Requirable, node: Node, usage: BaseUsage | None = None) -> bool:
    """Return whether a node satisfies one of the conditions into which a selector is split."""
    if isinstance(condition, Selector | AnyOf):
        return condition.matches(node.labels, node.id)
    return condition.is_met(node, usage)


class Explanation(NamedTuple):
    """How many nodes match a selector, and which requirements the other nodes fail.

    ``total`` is the sum of ``matched``, of the nodes of all ``reasons``, and of ``other_reasons``.

    :param selector: the canonical text of the selector.
    :param headline: how many nodes match, in one line.
    :param recommendation: what to change in the selector, in one line; empty if nodes match and no
        mistake is probable.
    :param total: how many nodes there are.
    :param matched: how many nodes match.
    :param states: how many of the matching nodes are in each state (None: no state), the most
        frequent first.
    :param connected: how many of the matching nodes are connected; None if none has a state.
    :param requirements: the requirements, ids first, and how many nodes each excludes.
    :param reasons: the groups of nodes that fail the same requirements, the largest first.
    :param other_reasons: how many nodes are in groups that are not listed; 0 unless there are
        hundreds of groups. Then an unlisted group may be larger than the smallest listed ones.
    :param nearest: the first few of the non-matching nodes that fail the fewest requirements; may
        be empty if ``other_reasons`` is not 0.
    :param hints: probable mistakes, at most three.
    :param missing_ids: the ids in the selector that no node has.
    :param correction: the replacements of all hints together; None if no hint has one.
    :param excluded_ids: the ids in the selector whose nodes were left out because of their state,
        with the state.
    :param not_considered: what else decides about a node but is unknown, such as ``pod affinity``.
    :param advice: ``recommendation`` as values.
    :param undecided_rules: those of ``not_considered`` that are rules between pods, which may
        exclude any of the matching nodes.
    """

    selector: str
    headline: str
    recommendation: str
    total: int
    matched: int
    states: Mapping[str | None, int]
    connected: int | None
    requirements: tuple[RequirementResult, ...]
    reasons: tuple[Reason, ...]
    other_reasons: int
    nearest: tuple[NearMiss, ...]
    hints: tuple[Hint, ...]
    missing_ids: tuple[str, ...]
    correction: Correction | None
    excluded_ids: tuple[tuple[str, str | None], ...] = ()
    not_considered: tuple[str, ...] = ()
    advice: tuple[Advice, ...] = ()
    undecided_rules: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values, described by ``docs/explain.schema.json``."""
        fields = self._asdict()
        del fields["advice"], fields["undecided_rules"]
        return {
            "version": 1,
            **fields,
            "states": [{"state": state, "nodes": n} for state, n in self.states.items()],
            "requirements": [result.as_dict() for result in self.requirements],
            "reasons": [reason._asdict() for reason in self.reasons],
            "nearest": [miss._asdict() for miss in self.nearest],
            "hints": [hint._asdict() for hint in self.hints],
            "excluded_ids": [{"id": id_, "state": state} for id_, state in self.excluded_ids],
            "correction": self.correction and self.correction._asdict(),
        }

    def __str__(self) -> str:
        """Return the headline and, in a second line, the recommendation if there is one."""
        return f"{self.headline}\n{self.recommendation}".rstrip("\n")

    def __repr__(self) -> str:
        return f"<Explanation: {self.headline}>"
