"""Explain why selectors do not match a node: group them by the requirements that the node fails."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Generic, NamedTuple

from nodeselect.explain.explanation import requirement_text
from nodeselect.explain.wording import selectors_headline
from nodeselect.selectors import AnyOf, Selector, constraints_by_key
from nodeselect.selectors.requirement import ID_KEY
from nodeselect.selectors.selector import alternatives
from nodeselect.standing.selector_store import Name, StandingView, Values


class FailedRequirement(NamedTuple):
    """A requirement that a node fails, and how many selectors have it.

    :param text: the requirement, as in :class:`RequirementResult`; all lists of as many ids are
        counted as one requirement.
    :param failing: how many selectors have it, and so do not match the node.
    :param failing_only_this: how many of these would match the node without it.
    """

    text: str
    failing: int
    failing_only_this: int


class StandingReason(NamedTuple, Generic[Name]):
    """A group of selectors that do not match a node because it fails the same requirements.

    :param failed: the texts of all requirements of these selectors that the node fails, sorted.
    :param names: the names of the selectors, in the order in which they were first added.
    """

    failed: tuple[str, ...]
    names: tuple[Name, ...]


class StandingExplanation(NamedTuple, Generic[Name]):
    """How many selectors match a node, and why the others do not.

    ``total`` is ``matched`` plus the number of names in all ``reasons``.

    :param node_id: the id of the node; None if only labels are known.
    :param total: how many selectors there are.
    :param matched: how many selectors match the node.
    :param requirements: those that the node fails, sorted by how many selectors would match without
        the requirement, the most first.
    :param reasons: the selectors that do not match, grouped by the requirements that the node
        fails, the largest group first.
    """

    node_id: str | None
    total: int
    matched: int
    requirements: tuple[FailedRequirement, ...]
    reasons: tuple[StandingReason[Name], ...]

    @property
    def headline(self) -> str:
        """A line of text: how many selectors match the node, and why the others do not."""
        groups = [(reason.failed, len(reason.names)) for reason in self.reasons]
        return selectors_headline(self.node_id, self.total, self.matched, groups)

    def __str__(self) -> str:
        return self.headline

    def __repr__(self) -> str:
        return f"<StandingExplanation: {self.headline}>"


def explain(view: StandingView[Name], values: Values) -> StandingExplanation[Name]:
    """Return how many selectors of ``view`` match the node with ``values``; explain the others."""
    store, matching = view.store, view.matching(values)
    texts_by_id: dict[int, str | None] = {}
    groups: dict[tuple[str, ...], list[Name]] = {}
    for entry in store.in_order(view.entries - matching):
        failed = tuple(sorted(set(_failed(store.selectors[entry], values, texts_by_id))))
        groups.setdefault(failed, []).append(store.names[entry])
    failing: Counter[str] = Counter()
    for texts, names in groups.items():
        for text in texts:
            failing[text] += len(names)
    requirements = [
        FailedRequirement(text, count, len(groups.get((text,), ())))
        for text, count in failing.items()
    ]
    requirements.sort(key=lambda each: (-each.failing_only_this, -each.failing, each.text))
    reasons = [StandingReason(failed, tuple(names)) for failed, names in groups.items()]
    reasons.sort(key=lambda reason: (-len(reason.names), reason.failed))
    return StandingExplanation(
        values.get(None), len(view.entries), len(matching), tuple(requirements), tuple(reasons)
    )


def _failed(
    selector: Selector | AnyOf, values: Values, texts_by_id: dict[int, str | None]
) -> Iterator[str]:
    """Yield the texts of the requirements of ``selector`` that a node fails.

    :param texts_by_id: a cache: from the ``id()`` of a tested requirement to its text, or None if
        the node satisfies it.
    """
    if isinstance(selector, AnyOf):
        labels: Mapping[Any, str] = values  # the key None is not read
        for part in selector.split():
            if not any(each.predicate(labels, values.get(None)) for each in alternatives(part)):
                yield requirement_text(part)
        return
    if selector.ids is not None and values.get(None) not in selector.ids:
        yield requirement_text(selector.split()[0])
    for requirement in selector.requirements:
        number = id(requirement)  # it is not freed, since the store has its selector
        if number not in texts_by_id:
            (constraint,) = constraints_by_key([requirement]).values()
            key = None if requirement.key == ID_KEY else requirement.key
            passes = values.get(key) in constraint
            texts_by_id[number] = None if passes else str(requirement)
        text = texts_by_id[number]
        if text is not None:
            yield text
