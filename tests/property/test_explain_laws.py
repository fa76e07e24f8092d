"""Laws of explanations: every number is what a look at every node gives.

The fleets are random and have changed since they were indexed; segments are made of a handful of
nodes, so that ordinals, the dead and the latest changes all have a part in it.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodeselect import AnyOf, Inventory, Node, Selector
from nodeselect.explain import Explanation, Hint
from nodeselect.explain.compute import explain
from nodeselect.explain.explanation import named_ids
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.inventory import statistics
from nodeselect.render.explanation import explanation_lines
from nodeselect.render.screen import Screen
from nodeselect.selectors.requirement import ID_KEY
from nodeselect.text import display_width
from tests.explain.node_list import NodeList
from tests.inventory.small import tuned
from tests.naive import matches_any
from tests.property.strategies import IDS, any_ofs, fleets, inventories, labels, selectors
from tests.thoroughness import at_desk

STATES = (None, "connected", "ready", "lost")
NAMES = (None, "web", "n-2", "db")
MORE_IDS = (*IDS, *(f"m-{number}" for number in range(8)))


# Three nodes and more have a segment.
SEGMENTS = Tuning(max_unsegmented=2)


nodes_of_any_kind = st.builds(
    Node,
    st.sampled_from(MORE_IDS),
    labels(),
    st.sampled_from(NAMES),
    st.sampled_from(STATES),
)


some_inventories = inventories(nodes_of_any_kind, (DEFAULT, SEGMENTS))
conditions = selectors() | any_ofs()


def failed_of(selector: Selector | AnyOf, node: Node) -> tuple[int, ...]:
    """Give the places of what a node fails, by the model of the language."""
    return tuple(
        place
        for place, part in enumerate(selector.split())
        if not matches_any(part, node.labels, node.id)
    )


def check_counts(explanation: Explanation, failed: Mapping[str, tuple[int, ...]]) -> None:
    """Compare the numbers and ids with the places of what each node fails."""
    assert explanation.total == len(failed)
    assert explanation.matched == sum(not places for places in failed.values())
    for place, outcome in enumerate(explanation.requirements):
        assert outcome.failing == sum(place in places for places in failed.values())
        assert outcome.remaining == sum(
            all(at > place for at in places) for places in failed.values()
        )
        assert outcome.failing_only_this == sum(places == (place,) for places in failed.values())

    groups = Counter(places for places in failed.values() if places)
    assert {reason.failed: reason.nodes for reason in explanation.reasons} == groups
    assert [reason.nodes for reason in explanation.reasons] == sorted(groups.values(), reverse=True)
    assert explanation.other_reasons == 0
    for at, reason in enumerate(explanation.reasons):
        ids = [node_id for node_id, places in failed.items() if places == reason.failed]
        assert list(reason.ids) == (ids[:3] if at < 10 else [])

    fewest = min((len(places) for places in groups), default=0)
    near = [(node_id, places) for node_id, places in failed.items() if len(places) == fewest > 0]
    assert [(miss.id, miss.failed) for miss in explanation.nearest] == near[:5]


def check(explanation: Explanation, nodes: list[Node], selector: Selector | AnyOf) -> None:
    """Compare every number with what a look at every node gives."""
    parts = selector.split()
    failed = {node.id: failed_of(selector, node) for node in nodes}
    check_counts(explanation, failed)
    matched = [node for node in nodes if not failed[node.id]]
    assert matched == [node for node in nodes if matches_any(selector, node.labels, node.id)]
    assert explanation.states == Counter(node.state for node in matched)
    assert list(explanation.states.values()) == sorted(explanation.states.values(), reverse=True)
    connected = sum(node.connected for node in matched)
    is_known = not matched or any(node.state is not None for node in matched)
    assert explanation.connected == (connected if is_known else None)

    for outcome, part in zip(explanation.requirements, parts, strict=True):
        requirements = part.requirements if isinstance(part, Selector) else ()
        if requirements and requirements[0].key == ID_KEY:
            assert outcome.absent is None
        elif requirements and requirements[0].operator.matches_absent:
            key = requirements[0].key
            assert outcome.absent == sum(key not in node.labels for node in nodes)
        else:
            assert outcome.absent is None

    there = {node.id for node in nodes}
    assert explanation.missing_ids == tuple(i for i in named_ids(parts) if i not in there)


@given(some_inventories, conditions)
def test_every_number(inventory: Inventory, selector: Selector | AnyOf) -> None:
    """All counts and groups are those of brute force, and the sums add up."""
    check(inventory.explain(selector), list(inventory), selector)


@given(some_inventories, selectors(), fleets(nodes_of_any_kind, max_size=5))
def test_a_snapshot_in_the_past(inventory: Inventory, selector: Selector, more: list[Node]) -> None:
    """An explanation of a snapshot is of its moment, whatever happened since."""
    snapshot = inventory.snapshot()
    nodes, before = list(snapshot), snapshot.explain(selector)
    inventory.apply(more)
    for node in nodes[:2]:
        inventory.remove(node.id)
    check(snapshot.explain(selector), nodes, selector)
    assert snapshot.explain(selector) == before
    check(inventory.explain(selector), list(inventory), selector)


@given(some_inventories, conditions)
def test_the_same_explanation(inventory: Inventory, selector: Selector | AnyOf) -> None:
    """With and without an index, before and after compaction, and node by node, it is the same."""
    explanation, nodes = inventory.explain(selector), list(inventory)
    assert Inventory(nodes).explain(selector) == explanation
    assert tuned(SEGMENTS)(nodes).explain(selector) == explanation
    assert explain(NodeList(nodes), selector) == explanation
    inventory.compact()
    assert inventory.explain(selector) == explanation


def taken(parts: Sequence[Selector | AnyOf], nodes: list[Node]) -> int:
    """Count the nodes that all of these take, by the model of the language."""
    return sum(all(matches_any(part, node.labels, node.id) for part in parts) for node in nodes)


def with_hints(selector: Selector, hints: Sequence[Hint]) -> list[Selector]:
    """Return the requirements of a selector after the replacements of hints."""
    ids = selector.ids
    replaced = {text for hint in hints for text in hint.replaced}
    parts = [part for part in selector.split() if part.ids is None and str(part) not in replaced]
    for hint in hints:
        assert hint.replacement is not None
        if hint.code in ("name-for-id", "other-id", "id-prefix"):
            ids = tuple({*(ids or ()), *hint.replacement.split(",")} - {*hint.replaced})
        else:
            parts.append(Selector.parse(hint.replacement))
    return parts if ids is None else [*parts, Selector.of(match_ids=ids)]


@given(some_inventories, selectors())
def test_corrections(inventory: Inventory, selector: Selector) -> None:
    """All replacements at once match as many nodes as the correction says."""
    explanation = inventory.explain(selector)
    if explanation.correction is None:
        return
    instead, wrong, matches = explanation.correction
    used, remaining = [], {*wrong}
    for hint in explanation.hints:
        # Of two hints for one requirement, the first counts.
        if hint.replacement is not None and {*hint.replaced} <= remaining:
            remaining -= {*hint.replaced}
            used.append(hint)
            assert hint.replacement in instead
    assert not remaining
    assert matches == taken(with_hints(selector, used), list(inventory))


@given(some_inventories, conditions)
def test_hints(inventory: Inventory, selector: Selector | AnyOf) -> None:
    """There are at most three; what a hint says would match is what does match."""
    explanation = inventory.explain(selector)
    assert len(explanation.hints) <= 3
    for hint in explanation.hints:
        assert 0 <= hint.requirement < len(explanation.requirements)
        assert (hint.replacement is None) == (hint.would_match is None)
        if hint.replacement is None:
            continue
        parts = selector.split()
        shared = [part for part in parts if isinstance(part, Selector)]
        rest = [part for part in parts if isinstance(part, AnyOf)]
        possible: list[list[Selector | AnyOf]]
        if hint.requirement < len(shared):
            selected = reduce(and_, shared)
            possible = [[*with_hints(selected, [hint]), *rest]]
        else:  # it is about one of the alternatives
            possible = [
                [*shared, AnyOf([reduce(and_, with_hints(each, [hint])), *others])]
                for each in rest[0].selectors
                if (others := [other for other in rest[0].selectors if other != each])
            ]
        assert hint.would_match in [taken(each, list(inventory)) for each in possible]


@given(some_inventories, conditions, st.integers(1, 4))
def test_nearest_nodes_where_groups_are_given_up(
    inventory: Inventory, selector: Selector | AnyOf, groups: int
) -> None:
    """However few groups are kept, all else is the same or absent, and the sums add up."""
    explanation = inventory.explain(selector)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(statistics, "MAX_GROUPS", groups)
        bounded = inventory.explain(selector)
    assert bounded.nearest == explanation.nearest or (
        bounded.nearest == () and all(len(miss.failed) > 1 for miss in explanation.nearest)
    )
    kept = sum(reason.nodes for reason in bounded.reasons)
    assert bounded.matched + kept + bounded.other_reasons == bounded.total
    kept_fields = ("reasons", "other_reasons", "nearest", "headline", "recommendation")
    fields = {name: getattr(explanation, name) for name in kept_fields}
    assert bounded._replace(**fields) == explanation


@given(some_inventories, conditions, st.integers(0, 12))
def test_examples(inventory: Inventory, selector: Selector | AnyOf, examples: int) -> None:
    """Whoever asks for more nodes of each reason, or for none, has the same numbers and texts."""
    explanation = inventory.explain(selector)
    more = inventory.explain(selector, examples=examples)
    failed = {node.id: failed_of(selector, node) for node in inventory}
    for at, reason in enumerate(more.reasons):
        ids = [node_id for node_id, places in failed.items() if places == reason.failed]
        assert list(reason.ids) == (ids[:examples] if at < 10 else [])
    assert more.nearest == (explanation.nearest if examples else ())
    assert more._replace(reasons=explanation.reasons, nearest=explanation.nearest) == explanation


@given(some_inventories, conditions)
def test_one_node(inventory: Inventory, selector: Selector | AnyOf) -> None:
    """The explanation of one node agrees with that of all nodes."""
    matched = 0
    for node in inventory:
        explanation = inventory.explain_node(selector, node.id)
        places = tuple(at for at, (*_, passes) in enumerate(explanation.requirements) if not passes)
        assert places == failed_of(selector, node)
        assert explanation.matches == (not places)
        matched += explanation.matches
        for part, (_, value, _) in zip(selector.split(), explanation.requirements, strict=True):
            if isinstance(part, Selector) and (part.ids is not None or part.excluded_ids):
                assert value == node.id
            elif isinstance(part, Selector):
                assert value == node.labels.get(part.requirements[0].key)
    assert matched == inventory.explain(selector).matched


@settings(max_examples=at_desk(10, ci=50))
@given(some_inventories, conditions, st.integers(1, 200), st.booleans())
def test_text(
    inventory: Inventory, selector: Selector | AnyOf, columns: int, ascii_only: bool
) -> None:
    """The text fits its screen; the numbers of the headline add up."""
    explanation = inventory.explain(selector)
    text = "\n".join(explanation_lines("text", "", explanation, Screen(columns, ascii_only)))
    assert max(display_width(line) for line in text.split("\n")) <= max(columns, 40)
    assert text.isascii() or not ascii_only
    numbers = [int(number) for number in re.findall(r"[:;] (\d+) fails? ", explanation.headline)]
    assert sum(numbers) in (0, explanation.total - explanation.matched)
