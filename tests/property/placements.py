"""Random placements, and nodes whose taints and resources are known or unknown."""

from collections.abc import Iterable, Mapping

from hypothesis import strategies as st

from nodeselect import Node, Placement, Selector, Taint, Toleration, Usage
from tests.property.strategies import IDS, KEYS, LABEL_VALUES, selectors

_TAINT_KEYS = ("x", "a/b", "node.kubernetes.io/unschedulable")
_TAINT_VALUES = ("", "a", "A")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_RESOURCES = ("cpu", "memory", "pods", "nvidia.com/gpu")
_AMOUNTS = st.one_of(st.integers(0, 4), st.sampled_from((1000, 2**40, 2**63 - 1)))

TAINTS = st.builds(
    Taint, st.sampled_from(_TAINT_KEYS), st.sampled_from(_EFFECTS), st.sampled_from(_TAINT_VALUES)
)
"""A taint."""

TOLERATIONS = st.one_of(
    st.builds(
        Toleration,
        st.sampled_from(("", *_TAINT_KEYS)),
        st.just("Exists"),
        st.just(""),
        effect=st.sampled_from(("", *_EFFECTS)),
    ),
    st.builds(
        Toleration,
        st.sampled_from(_TAINT_KEYS),
        st.sampled_from(("", "Equal")),
        value=st.sampled_from(_TAINT_VALUES),
        effect=st.sampled_from(("", *_EFFECTS)),
    ),
)
"""A toleration."""

REQUESTS = st.dictionaries(st.sampled_from(_RESOURCES), _AMOUNTS, max_size=3)
"""Amounts of some resources."""

NODES = st.builds(
    Node,
    st.sampled_from(IDS),
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from(LABEL_VALUES), max_size=3),
    taints=st.none() | st.lists(TAINTS, max_size=3),
    resources=st.none() | REQUESTS,
)
"""A node."""

PLACEMENTS = st.builds(
    Placement,
    st.one_of(
        st.just(Selector.everything()), selectors(), st.builds(Selector.__or__, *[selectors()] * 2)
    ),
    st.lists(TOLERATIONS, max_size=3),
    REQUESTS,
    not_considered=st.lists(st.sampled_from(("volumes", "host ports")), max_size=2),
)
"""A placement."""


def used(pods: Iterable[tuple[str, Mapping[str, int]]]) -> Usage:
    """Return the usage of some pods, given as the ids of their nodes and their requests."""
    usage = Usage()
    for node_id, requests in pods:
        usage.add(node_id, requests)
    return usage


PODS = st.lists(st.tuples(st.sampled_from(IDS), REQUESTS), max_size=5)
"""The ids of nodes, and the requests of a pod on each."""

USAGES = PODS.map(used)
"""A usage."""
