"""The answer to a selector: a set of nodes."""

from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, NoReturn, final, overload

from nodeselect.explain.countable import rank_counts
from nodeselect.index.postings import Postings
from nodeselect.inventory.ranking import best_nodes, free_amounts, in_order, largest
from nodeselect.inventory.statistics import ViewStatistics, label_counts
from nodeselect.inventory.store import View
from nodeselect.node import Node, has_state, is_connected, require_count
from nodeselect.placement import Placement, UsageSnapshot
from nodeselect.placement.pod_rules import PodRule
from nodeselect.placement.requirements import Condition
from nodeselect.readers.columnar import not_text
from nodeselect.readers.detect import require_states
from nodeselect.selectors import Selector
from nodeselect.text import to_exact_str

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@final
class NodeSet:
    """A set of nodes of one snapshot of an inventory. Later changes do not affect it.

    For the ids, call :meth:`ids`: ``[node.id for node in answer]`` takes 80 times longer, because
    iteration builds each :class:`Node`. For one label of all nodes, call :meth:`value_counts`.

    Nodes are in inventory order: the order in which they were first added. ``&``, ``|`` and ``-``
    combine sets of one snapshot; of others, they raise ``ValueError``. The set is computed when it
    is first used, which costs a few microseconds whatever its size (``docs/performance.md``).
    """

    __slots__ = ("_cached", "_condition", "_ordinals", "_placements", "_usage", "_view")

    def __init__(
        self, view: View, condition: Condition | Placement, usage: UsageSnapshot | None = None
    ) -> None:
        """Internal: a set is created by ``Inventory.match``."""
        self._view = view
        self._condition = condition
        self._usage = usage
        self._cached: Postings | None = None
        # In inventory order, once a number is asked for.
        self._ordinals: NDArray[np.int64] | None = None
        # The placements of this set and of those combined in it, and what was unknown of pods: one
        # for each difference in words, since any number of sets may be combined.
        self._placements: dict[object, tuple[Placement, tuple[str, ...]]] = {}
        if isinstance(condition, Placement):
            rules = view.undecided_rules(condition, usage)
            about_pods = (*rules, *view.unknown_of_usage(condition, usage))
            words = condition.undecided(about_pods=about_pods), condition.undecided_without
            self._placements[words] = condition, about_pods

    @classmethod
    def of(cls, view: View, nodes: Postings, usage: UsageSnapshot | None = None) -> "NodeSet":
        """Internal: a set of known ordinals."""
        found = cls(view, Selector.everything(), usage)
        found._cached = nodes
        return found

    def __len__(self) -> int:
        """Return the number of nodes. Cost: at most that of computing the set."""
        condition, size = self._condition, None
        is_used = self._usage is not None and isinstance(condition, Placement)
        if self._cached is None and not (is_used or isinstance(condition, PodRule)):
            size = self._view.indexed_size(condition)
        return len(self._postings()) if size is None else size

    def __iter__(self) -> Iterator[Node]:
        """Iterate over the nodes in inventory order. Cost: 3 µs for a node with ten labels."""
        store = self._view.store
        return map(store.node, store.in_order(self._postings()))

    def __contains__(self, node: object) -> bool:
        """Return whether a node in the set equals ``node`` or, if that is a string, has this id.

        Cost: about a microsecond.
        """
        nodes, view = self._postings(), self._view
        node_id = node.id if isinstance(node, Node) else node
        if not isinstance(node_id, str):
            return False
        ordinal = view.find(node_id)
        if ordinal is None or ordinal not in nodes:
            return False
        return not isinstance(node, Node) or view.store.equals(ordinal, node)

    @overload
    def __getitem__(self, position: int) -> Node: ...

    @overload
    def __getitem__(self, position: slice) -> list[Node]: ...

    def __getitem__(self, position: int | slice) -> Node | list[Node]:
        """Return the node at a position in inventory order, or the list of nodes in a slice.

        Cost: that of :meth:`first` for all nodes up to the last position.

        :raises IndexError: if there is no node at ``position``.
        """
        nodes, store = self._postings(), self._view.store
        positions = range(len(nodes))[position]
        if isinstance(positions, int):
            return store.node(store.first(nodes, positions + 1)[positions])
        if not positions:
            return []
        ordinals = store.first(nodes, max(positions[0], positions[-1]) + 1)
        return [store.node(ordinals[position]) for position in positions]

    def ids(self) -> list[str]:
        """Return the ids in inventory order. Cost: about 15 to 50 ns an id."""
        return self._view.store.ids(self._postings())

    def first(self, n: int) -> list[Node]:
        """Return the first ``n`` nodes in inventory order, or all if there are fewer.

        Cost: about that of the nodes returned; at most linear in the size of the set.

        :raises ValueError: if ``n`` is negative.
        """
        require_count("n", n)
        store = self._view.store
        return [store.node(ordinal) for ordinal in store.first(self._postings(), n)]

    def sample(self, n: int, seed: int | None = None) -> list[Node]:
        """Return ``n`` random nodes in inventory order, or all if there are fewer.

        Each subset of ``n`` nodes is equally likely. Cost: linear in the size of the set, about
        50 ns a node.

        :param seed: with the same nodes, the same seed gives the same sample.
        :raises ValueError: if ``n`` is negative.
        """
        require_count("n", n)
        if not isinstance(seed, int | None):
            raise TypeError(f"a seed must be an int or None, not {type(seed).__name__}")
        from random import Random  # it loads a good deal, which few programs need

        store = self._view.store
        ordinals = store.in_order(self._postings())
        drawn = Random(seed).sample(range(len(ordinals)), min(n, len(ordinals)))  # noqa: S311
        return [store.node(ordinals[position]) for position in sorted(drawn)]

    def in_states(self, states: Collection[str]) -> "NodeSet":
        """Return the nodes that are in one of ``states``; upper and lower case are equal.

        Cost: a set operation for each of ``states``.

        :raises ValueError: for a typo of a state, also if ``self`` is empty.
        """
        view = self._view
        lowered = require_states(states, lambda: view.store.state_counts(view.live()))
        return self._in_states(_is_in(lowered))

    def connected(self) -> "NodeSet":
        """Return the nodes that accept work: those in the state ``connected`` or ``ready``."""
        return self._in_states(is_connected)

    def _in_states(self, accepts: Callable[[str | None], bool]) -> "NodeSet":
        return self._derived(self._view.in_states(self._postings(), accepts))

    def value_counts(self, key: str) -> dict[str, int]:
        """Return how many nodes have each value of ``key``, the most frequent value first.

        Cost: one set operation for each value of the key, or one step for each node if there are
        fewer nodes.
        """
        key, unread = to_exact_str(key, "a key"), self._view.store.unread
        if key in unread:
            raise not_text(key, unread[key])
        return rank_counts(self._view.store.value_counts(self._postings(), key))

    def state_counts(self) -> dict[str | None, int]:
        """Return how many nodes are in each state (None: unknown), the most frequent first.

        Cost: one set operation for each state.
        """
        return self._view.store.state_counts(self._postings())

    def label_counts(self) -> dict[str, dict[str, int]]:
        """Return the result of :meth:`value_counts` for each label key, sorted by key.

        Cost: that of :meth:`value_counts` for each key.
        """
        counts = label_counts(self._view.store, self._postings())
        return {key: rank_counts(values) for key, values in sorted(counts.items())}

    def group_by(self, key: str) -> "dict[str, NodeSet]":
        """Return the nodes with each value of ``key``, the most frequent value first.

        Nodes without the key are in none of the sets. Cost: as for :meth:`value_counts`, and a set
        operation for each value.
        """
        nodes, with_label = self._postings(), self._view.store.with_label
        return {
            value: self._derived(nodes & with_label(key, value)) for value in self.value_counts(key)
        }

    def free(self, resource: str) -> "NDArray[np.int64]":
        """Return how much of a resource is free on each node, in the order of the answer.

        It is what a node has, less what the pods of the moment request, and at least 0; -1 if it
        is unknown what the node has. Units: as of a :class:`Placement`. Cost: 50 ns a node.
        """
        return free_amounts(self._view, self._in_order(), resource, self._usage)

    def top(
        self, n: int, key: "str | Callable[[NodeSet], NDArray[Any]]", *, least: bool = False
    ) -> list[Node]:
        """Return the ``n`` nodes with the largest values, the largest first.

        Of equal values, the first nodes in inventory order. If it is unknown how much of a resource
        a node has, it comes last.

        :param key: a resource, by what is free of it; or a function that returns an array with a
            number for each node, such as ``lambda nodes: nodes.free("cpu") / 64``.
        :param least: whether the smallest values come first. Cost: 20 ns a node for a resource.
        :raises ValueError: if ``n`` is negative, or the array has another length.
        """
        require_count("n", n)
        if isinstance(key, str):
            ordinals = best_nodes(self._view, self._postings(), key, self._usage, n, least)
        else:
            every = self._in_order()
            ordinals = every[largest(key(self), len(every), n, least)].tolist()
        return [self._view.store.node(ordinal) for ordinal in ordinals]

    def _counts(self) -> ViewStatistics:
        return ViewStatistics(self._view, nodes=self._postings())

    @property
    def not_considered(self) -> tuple[str, ...]:
        """What may exclude nodes of the set and is not known, in words; empty for a selector.

        Such as ``volumes``, or how many nodes have unknown taints. See :class:`Placement`. A
        usage that is changed later does not change it. Cost: a few set operations.
        """
        found = [self._view.not_considered(*each) for each in self._placements.values()]
        return tuple(dict.fromkeys(chain.from_iterable(found)))

    def __and__(self, other: "NodeSet") -> "NodeSet":
        """Return the nodes of both sets.

        :raises ValueError: if the sets are of different snapshots; ``|``, ``-`` and ``==`` raise it
            as well.
        """
        return self._derived(self._postings() & self._require_same_snapshot(other), other)

    def __or__(self, other: "NodeSet") -> "NodeSet":
        """Return the nodes that are in at least one of the sets."""
        return self._derived(self._postings() | self._require_same_snapshot(other), other)

    def __sub__(self, other: "NodeSet") -> "NodeSet":
        """Return the nodes that are in this set but not in ``other``."""
        return self._derived(self._postings() - self._require_same_snapshot(other), other)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NodeSet):
            return NotImplemented
        return self._postings() == self._require_same_snapshot(other)

    __hash__ = None  # type: ignore[assignment]  # equality may raise

    def __reduce__(self) -> NoReturn:
        """Raise ``TypeError``: a copy would contain the whole inventory, however small the set."""
        raise TypeError("a NodeSet cannot be copied or pickled: use its ids(), or a list of it")

    def __repr__(self) -> str:
        ids = ", ".join(repr(node.id) for node in self.first(3))
        return f"<NodeSet of {len(self)}: {ids}{', …' if len(self) > 3 else ''}>"

    def _postings(self) -> Postings:
        nodes = self._cached
        if nodes is None:  # two threads may both compute it, with the same result
            nodes = self._cached = self._view.evaluate(self._condition, self._usage)
        return nodes

    def _in_order(self) -> "NDArray[np.int64]":
        ordinals = self._ordinals
        if ordinals is None:
            ordinals = self._ordinals = in_order(self._view, self._postings())
        return ordinals

    def _derived(self, nodes: Postings, *others: "NodeSet") -> "NodeSet":
        derived = NodeSet.of(self._view, nodes, self._usage)
        derived._placements = self._placements
        for other in others:
            derived._usage = derived._usage or other._usage
            derived._placements = derived._placements | other._placements
        return derived

    def _require_same_snapshot(self, other: object) -> Postings:
        if not isinstance(other, NodeSet):
            raise TypeError(f"expected another NodeSet, not {type(other).__name__}")
        if not self._view.has_nodes_of(other._view):
            raise ValueError(
                "the two answers are of different snapshots; take one snapshot and match both"
                " selectors on it"
            )
        return other._postings()


@lru_cache(64)
def _is_in(lowered: frozenset[str]) -> Callable[[str | None], bool]:
    """Return a function that tests whether a state is in ``lowered``.

    The same states give the same function object, which indexes use as the key of a cache.
    """
    return lambda state: has_state(state, lowered)
