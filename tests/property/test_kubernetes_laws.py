"""Selectors, and the objects of Kubernetes that they become, mean the same."""

import json

from hypothesis import given
from hypothesis import strategies as st

from nodeselect.errors import SelectorError
from nodeselect.selectors import (
    Operator,
    Requirement,
    Selector,
    equivalent,
    pod_spec_from_selectors,
    selectors_from_pod_spec,
)
from tests.property.strategies import labels, node_ids, selectors


def as_kubernetes_writes_it(selector: Selector) -> Selector:
    """Return the selector that has the one operator of Kubernetes where the language has several.

    The first ``=`` on a key remains, as one of ``matchLabels``.
    """
    requirements, equal = [], set()
    for requirement in selector.requirements:
        operator = Operator(requirement.operator.kubernetes_name)
        if requirement.operator is Operator.EQUALS and requirement.key not in equal:
            equal.add(requirement.key)
            operator = Operator.EQUALS
        requirements.append(Requirement._trusted(requirement.key, operator, requirement.values))
    return Selector.from_requirements(requirements, selector.ids)


@given(selectors())
def test_a_label_selector_becomes_the_selector_again(selector: Selector) -> None:
    """What Kubernetes can tell apart is equal; comparisons and ids are errors."""
    has_counterpart = not (selector.ids or selector.excluded_ids) and not any(
        requirement.operator.is_comparison for requirement in selector.requirements
    )
    try:
        label_selector = selector.to_kubernetes()
    except SelectorError:
        assert not has_counterpart
        return
    assert has_counterpart
    again = Selector.from_kubernetes(json.loads(json.dumps(label_selector)))
    assert again == as_kubernetes_writes_it(selector)
    assert equivalent(again, selector)
    assert again.to_kubernetes() == label_selector


@given(st.lists(selectors(), max_size=4), labels(), node_ids())
def test_a_pod_spec_becomes_the_selectors_again(
    union: list[Selector], node_labels: dict[str, str], node_id: str | None
) -> None:
    """The selectors match the same nodes; an id in upper case is an error."""
    has_counterpart = not any(
        "N-1" in (*(selector.ids or ()), *selector.excluded_ids) for selector in union
    )
    try:
        spec = pod_spec_from_selectors(union)
    except SelectorError:
        assert not has_counterpart
        return
    assert has_counterpart or spec == {}
    again = selectors_from_pod_spec(json.loads(json.dumps(spec)))
    assert pod_spec_from_selectors(again) == spec
    expected = [selector.matches(node_labels, node_id) for selector in union]
    assert any(selector.matches(node_labels, node_id) for selector in again) == any(expected)
