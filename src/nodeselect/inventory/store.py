"""The nodes of an inventory between two compactions: a segment, which is an index, and a delta.

A node is known by its *ordinal*, a number. As long as the store exists, an ordinal belongs to one
version of one node, in the segment or in the delta. So a set of ordinals always means the same
versions of the same nodes, whatever is written later.

A few nodes are stored without a segment, as a delta, so that small programs do not load numpy.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from functools import reduce
from itertools import chain
from operator import or_
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from nodeselect.explain.countable import rank_counts
from nodeselect.explain.hints import Vocabulary
from nodeselect.index import postings
from nodeselect.index.label_index import LabelIndex
from nodeselect.index.lazy import lazy
from nodeselect.index.postings import Postings
from nodeselect.index.segment import Segment
from nodeselect.index.tuning import Tuning
from nodeselect.inventory.delta import Delta
from nodeselect.inventory.usage_index import UsageIndex
from nodeselect.node import DuplicateIdError, Node, Taint
from nodeselect.placement import BaseUsage, Placement, UsageSnapshot
from nodeselect.placement.pod_rules import PodRule
from nodeselect.placement.requirements import AtLeast, Condition, Requirable
from nodeselect.placement.usage import Lineage, empty_moment
from nodeselect.readers.columnar import Block, to_blocks
from nodeselect.selectors import AnyOf, Operator, Requirement, Selector
from nodeselect.selectors.selector import alternatives

if TYPE_CHECKING:
    from nodeselect.index.node_table import NodeTable

_EMPTY = postings.from_ordinals(())
_NOTHING_RUNS = empty_moment()

# If more taints, by key and effect, are not tolerated, they are one requirement: to evaluate each
# takes a step for each different set of taints.
_MAX_TAINTS = 64

# Of the nodes in up to so many different states, a view caches the keys and values.
_MAX_VOCABULARIES = 8


class Store:
    """The nodes of an inventory since the last compaction, changes and deleted nodes included.

    One thread may write while others read, since nodes and deletions are only ever appended.

    The *ordinal* of a node is its number in the store, its *rank* its position in inventory order.
    A node that is changed gets a new ordinal, and keeps its rank.

    :param segment: the nodes at the last compaction, with an index; None if there were only a few
        nodes, which are then in ``delta``.
    :param delta: the nodes added since then, and which nodes have been deleted.
    """

    def __init__(self, segment: Segment | None, delta: Delta) -> None:
        self.segment = segment
        self.delta = delta
        self.indexed_count = self.next_rank = delta.first + len(delta.nodes)
        # A cache: the ordinals of the first tombstones, and how many these are.
        self._deleted: tuple[Postings, int] = _EMPTY, 0
        self._usages: WeakKeyDictionary[Lineage, UsageIndex] = WeakKeyDictionary()
        # The labels of columns that were not read, and the types of these columns.
        self.unread: Mapping[str, str] = {}

    def put(self, node: Node, previous: int | None) -> None:
        """Replace the node ``previous``, or append ``node`` if it is None."""
        if previous is None:
            self.delta.add(node, self.next_rank)
            self.next_rank += 1
            return
        if self.segment is None or previous >= self.delta.first:
            rank = self.delta.ranks[previous - self.delta.first]
        else:
            rank = self.segment.rank(previous)
        self.delta.add(node, rank)
        self.delta.delete(previous)

    def node(self, ordinal: int) -> Node:
        if self.segment is None or ordinal >= self.delta.first:
            return self.delta.nodes[ordinal - self.delta.first]
        return self.segment.node(ordinal)

    def equals(self, ordinal: int, node: Node) -> bool:
        """Return whether ``node`` equals the node with this ordinal. Their ids must be equal."""
        if self.segment is None or ordinal >= self.delta.first:
            return self.delta.nodes[ordinal - self.delta.first] == node
        return self.segment.equals(ordinal, node)

    def with_name(self, name: str, nodes: Postings) -> Postings:
        """Return those of ``nodes`` that have this name. See :meth:`Segment.with_name`."""
        ordinals = [] if self.segment is None else self.segment.with_name(name)
        return postings.from_ordinals([*ordinals, *self.delta.with_name(name)]) & nodes

    def with_label(self, key: str, value: str | None = None) -> Postings:
        """Return all nodes with ``key``, or with ``key=value``, deleted and later ones included."""
        if value is None:
            return postings.union([index.nodes_with_key(key) for index in self.indexes()])
        stored = [index.values(key).get(value) for index in self.indexes()]
        return postings.union([part for part in stored if part is not None])

    def value_counts(self, found: Postings, key: str) -> Counter[str]:
        """Return how many of the nodes ``found`` have each value of a label."""
        indexes = self.indexes()
        if sum(len(index.values(key)) for index in indexes) > len(found):
            nodes = map(self.node, postings.ordinals(found))
            return Counter(node.labels[key] for node in nodes if key in node.labels)
        counts: Counter[str] = Counter()
        for index in indexes:
            counts.update(index.value_counts(key, found))
        return counts

    def state_counts(self, nodes: Postings) -> dict[str | None, int]:
        """Return how many of ``nodes`` are in each state, the most frequent state first."""
        counts: Counter[str | None] = Counter()
        for index in self.indexes():
            for state, in_state in dict(index.states).items():  # a writer may add states
                counts[state] += postings.intersection_size(nodes, in_state)
        return rank_counts(counts)

    def find(
        self, node_id: str, node_count: int | None = None, tombstone_count: int | None = None
    ) -> int | None:
        """Return the ordinal of the node with this id; None without one. Cost: about 1 µs.

        :param node_count: how many of the added nodes the reader sees, and ``tombstone_count``: how
            many of the deletions; None for all.
        """
        delta = self.delta
        node_count = len(delta.nodes) if node_count is None else node_count
        tombstone_count = len(delta.tombstones) if tombstone_count is None else tombstone_count
        ordinal = delta.latest_ordinal(node_id, node_count) if node_count else None
        if ordinal is None and self.segment is not None:
            ordinal = self.segment.ids.find(node_id)
        if ordinal is None or (tombstone_count and delta.is_deleted(ordinal, tombstone_count)):
            return None
        return ordinal

    def usage_index(self, usage: UsageSnapshot) -> UsageIndex:
        """Return the index of a usage and of all its snapshots and copies."""
        return self._usage_index(usage._lineage)

    def _usage_index(self, lineage: Lineage) -> UsageIndex:
        found = self._usages.get(lineage)
        if found is None:
            found = self._usages[lineage] = UsageIndex(self.segment, self.delta)
        return found

    def load_usages(self, previous: "Store") -> None:
        """Compute the index of each usage that readers of ``previous`` have used."""
        for reference in previous._usages.keyrefs():
            if (lineage := reference()) is not None:
                self._usage_index(lineage).load(previous._usage_index(lineage))

    def deleted(self, tombstone_count: int) -> Postings:
        """Return the first ``tombstone_count`` deleted nodes, cached: do not modify them."""
        merged, count = self._deleted
        if count > tombstone_count:
            merged, count = _EMPTY, 0
        added = self.delta.tombstones[count:tombstone_count]
        if added:
            merged = merged | postings.from_ordinals(added)
        self._deleted = merged, tombstone_count
        return merged

    def ids(self, nodes: Postings, limit: int | None = None) -> list[str]:
        """Return the first ``limit`` ids of ``nodes`` in inventory order. Cost: 10 ns a node."""
        indexed, members = self.split(nodes)
        nodes_added, first = self.delta.nodes, self.delta.first
        if self.segment is None:
            return [nodes_added[ordinal].id for _, ordinal in members[:limit]]
        ids = [(rank, nodes_added[ordinal - first].id) for rank, ordinal in members[:limit]]
        return self.segment.ids_in_order(indexed, ids, limit)

    def in_order(self, nodes: Postings, limit: int | None = None) -> list[int]:
        """Return the first ``limit`` of ``nodes`` in inventory order. Cost: about 10 ns a node."""
        indexed, members = self.split(nodes)
        if self.segment is None:
            return [ordinal for _, ordinal in members[:limit]]
        return self.segment.in_order(indexed, members[:limit], limit)

    def split(self, nodes: Postings) -> "tuple[array[int], list[tuple[int, int]]]":
        """Split a set of ordinals: nodes of the segment, and nodes that were added later.

        Return the ordinals of the former; and, sorted, a pair (rank, ordinal) for each of the
        latter.
        """
        ordinals, first, ranks = postings.ordinals(nodes), self.delta.first, self.delta.ranks
        if not ranks:
            return ordinals, []
        end = bisect_left(ordinals, first)
        return ordinals[:end], sorted((ranks[at - first], at) for at in ordinals[end:])

    def first(self, nodes: Postings, n: int) -> list[int]:
        """Return the first ``n`` of ``nodes`` in inventory order; at most in linear time."""
        return self.in_order(self.candidates_for_first(nodes, n), n)

    def candidates_for_first(self, nodes: Postings, n: int) -> Postings:
        """Return part of ``nodes``: at least the first ``n`` in inventory order.

        The first nodes of the inventory are intersected with the set, and then more of them until
        ``n`` are found. If the set is small, return all of it.
        """
        tuning, end, size = self.delta.tuning, self.next_rank, len(nodes)
        window = tuning.first_window
        while window < end and window * size < 2 * n * end:
            window *= tuning.window_growth
        while window < min(tuning.ranks_per_sorted_node * size, end):
            candidates = nodes & self._ordinals_below_rank(window)
            if len(candidates) >= n:
                return candidates
            window *= tuning.window_growth
        return nodes

    def _ordinals_below_rank(self, rank: int) -> Postings:
        """Return the first ``rank`` nodes in inventory order, deleted nodes included."""
        if self.segment is None:
            return self.delta.ordinals_below_rank(rank)
        ordinals = self.segment.ordinals_below_rank(rank)
        return ordinals | self.delta.ordinals_below_rank(rank) if self.delta.nodes else ordinals

    def indexes(self) -> list[LabelIndex]:
        """Return one or two indexes, which together contain all nodes."""
        return [self.delta.index, *([] if self.segment is None else [self.segment.index])]


class View:
    """The nodes of an inventory that a reader sees; they never change.

    A view has the nodes and deletions that are in a store when the view is created, and none that
    are added later. Each write creates a view, in less than a microsecond. Results are cached for
    later queries; two threads that compute the same result get equal ones.

    :param store: the nodes, to which later writes are added.
    :param chain: the checksum of the last write in the change log; None if it is not known.
    :ivar moment: what runs on the nodes, as the inventory knows.
    """

    def __init__(self, store: Store, generation: int, chain: int | None = None) -> None:
        self.moment = _NOTHING_RUNS
        self.store = store
        self.generation = generation
        self.chain = chain
        self.node_count = len(store.delta.nodes)
        self.tombstone_count = len(store.delta.tombstones)

    def __len__(self) -> int:
        return self.store.delta.first + self.node_count - self.tombstone_count

    @property
    def pending_changes(self) -> int:
        """The larger of two numbers: nodes added and nodes deleted since the last compaction."""
        added = self.store.delta.first + self.node_count - self.store.indexed_count
        return max(added, self.tombstone_count)

    def with_moment(self, moment: UsageSnapshot) -> "View":
        """Return a view of the same nodes at another moment, which shares the caches."""
        view = View.__new__(View)
        view.__dict__.update(self.__dict__, moment=moment)
        return view

    def has_nodes_of(self, other: "View") -> bool:
        """Return whether both have the same versions of the same nodes."""
        return self is other or (
            self.store is other.store
            and (self.node_count, self.tombstone_count) == (other.node_count, other.tombstone_count)
        )

    def running(self, usage: BaseUsage | None) -> UsageSnapshot | None:
        """Return what runs on the nodes by ``usage``, by default as the inventory knows."""
        if usage is not None:
            return usage.snapshot()
        moment = self.moment
        return moment if len(moment._nodes) or moment._lineage.is_known else None

    @lazy
    def deleted(self) -> Postings:
        """The ordinals of the deleted nodes. Do not modify them."""
        return self.store.deleted(self.tombstone_count)

    @lazy
    def _vocabularies(self) -> dict[frozenset[str] | None, Vocabulary]:
        return {}

    def vocabulary(self, states: frozenset[str] | None) -> Vocabulary:
        """Return the cache of keys and values of the nodes in ``states`` (None: of all nodes)."""
        cached = self._vocabularies.get(states)
        if cached is None:
            if len(self._vocabularies) >= _MAX_VOCABULARIES:
                self._vocabularies.clear()
            cached = self._vocabularies.setdefault(states, Vocabulary())
        return cached

    def live(self) -> Postings:
        ordinals = postings.from_range(0, self.store.delta.first + self.node_count)
        return ordinals - self.deleted if self.tombstone_count else ordinals

    def evaluate(
        self, condition: Condition | Placement, usage: UsageSnapshot | None = None
    ) -> Postings:
        """Return the ordinals of the nodes that ``condition`` matches. Do not modify them."""
        if isinstance(condition, PodRule):
            live, store = self.live(), self.store
            if usage is None:
                return live
            return store.usage_index(usage).without_excluded(live, [condition], self, usage)
        segment, delta = self.store.segment, self.store.delta
        if segment is None:
            matches = delta.evaluate(condition, self.node_count)
        else:
            matches = segment.plan(condition).evaluate()
            if self.node_count:
                matches = matches | delta.evaluate(condition, self.node_count)
        if usage is not None:
            requests = condition.requests if isinstance(condition, Placement) else {}
            if isinstance(condition, AtLeast):
                requests = {condition.resource: condition.amount}
            if requests:
                matches = self.store.usage_index(usage).with_free(matches, requests, usage)
            if isinstance(condition, Placement) and condition.pod_rules is not None:
                index, rules = self.store.usage_index(usage), condition.pod_conditions()
                matches = index.without_excluded(matches, rules, self, usage)
        return matches - self.deleted if self.tombstone_count else matches

    def requirements(
        self, condition: Selector | AnyOf | Placement, usage: UsageSnapshot | None, nodes: Postings
    ) -> tuple[Condition, ...]:
        """Return the requirements that each of ``nodes`` must satisfy to match ``condition``.

        Those on labels come first. Of a placement, there is one more for each key and effect of
        taints that it does not tolerate, and one for each resource that it requests; but one for
        a single pod only if a node fails it.
        """
        if not isinstance(condition, Placement):
            return condition.split()
        untolerated = set[Taint]()
        for index in self.store.indexes():
            for taints, tainted in dict(index.taints).items():  # a writer may add sets of taints
                new = {taint for taint in taints if condition._tolerations.exclude(taint)}
                if new - untolerated and postings.intersection_size(nodes, tainted):
                    untolerated |= new
        rules = [] if usage is None else [*condition.pod_conditions()]
        found = [*_label_rows(condition, rules)]
        is_listed = len({taint[:2] for taint in untolerated}) <= _MAX_TAINTS
        for each in condition.requirements(untolerated if is_listed else None):
            is_minor = isinstance(each, AtLeast) and each.is_minor
            if not is_minor or nodes - self.evaluate(each, usage):
                found.append(each)
        found += [
            rule for rule in rules if rule.kind != "symmetry" or nodes - self.evaluate(rule, usage)
        ]
        return tuple(found)

    def pods_in_the_way(self, rule: PodRule, node_id: str, usage: UsageSnapshot) -> list[str]:
        """Return the ids of the pods by which a rule excludes a node; none for an affinity."""
        return self.store.usage_index(usage).pods_in_the_way(rule, node_id, self, usage)

    def undecided_rules(self, condition: Placement, usage: UsageSnapshot | None) -> tuple[str, ...]:
        """Return the rules between pods that ``usage`` does not decide, in words.

        Without a usage, these are all; some need the labels of namespaces.
        """
        if (rules := condition.pod_rules) is None:
            return ()
        if usage is None:
            return rules.kinds
        if usage.namespaces is not None:
            return ()
        unknown = [*rules.kinds_by_namespace]
        if self.store.usage_index(usage).depends_on_namespaces(rules, usage):
            unknown.append("anti-affinity of running pods")
        return tuple(f"{each} by labels of namespaces" for each in unknown)

    def unknown_of_usage(
        self,
        condition: Placement,
        usage: UsageSnapshot | None,
        nodes: Postings | None = None,
    ) -> tuple[str, ...]:
        """Return a sentence if a usage has only pods on other nodes, although a placement requests.

        :param nodes: the nodes that are considered; None for all.

        Cost: that of a set operation, and of considering the latest changes of the usage.
        """
        if usage is None or not condition.requests or not len(usage._nodes):
            return ()
        nodes = self.live() if nodes is None else nodes
        if self.store.usage_index(usage).has_pods(nodes, usage):
            return ()
        return ("what runs on the nodes: no pod runs on any of them",)

    def not_considered(
        self, placement: Placement, about_pods: Iterable[str], nodes: Postings | None = None
    ) -> tuple[str, ...]:
        """Return what may exclude nodes from a placement, and is not known.

        :param about_pods: what is unknown of pods at the moment of the answer.
        """
        live = self.live() if nodes is None else nodes
        lacking = (len(live - nodes_with) for nodes_with in self._with_facts().values())
        return placement.undecided(len(live), *lacking, about_pods=about_pods)

    def unknown_facts(self) -> list[str]:
        """Return which of ``taints`` and ``resources`` are unknown of all nodes."""
        live = self.live()
        return [fact for fact, nodes in self._with_facts().items() if not nodes & live]

    def _with_facts(self) -> dict[str, Postings]:
        """Return the nodes, also deleted ones, whose taints and whose resources are known."""
        indexes = self.store.indexes()
        taints = [n for index in indexes for n in dict(index.taints).values()]
        resources = [index.with_resources for index in indexes]
        return {"taints": postings.union(taints), "resources": postings.union(resources)}

    def in_states(self, nodes: Postings, accepts: Callable[[str | None], bool]) -> Postings:
        """Return the ordinals in ``nodes`` that belong to nodes whose state ``accepts`` allows."""
        segment, delta = self.store.segment, self.store.delta
        if segment is None:
            return nodes & delta.index.in_states(accepts)
        matches = nodes & segment.in_states(accepts)
        return matches | (nodes & delta.index.in_states(accepts)) if self.node_count else matches

    def indexed_size(self, condition: Requirable | Placement) -> int | None:
        """Count the nodes that ``condition`` matches without building the set, if possible.

        Return None if there were changes since the last compaction: then use :meth:`evaluate`.
        """
        segment = self.store.segment
        if segment is None or self.node_count or self.tombstone_count:
            return None
        return segment.plan(condition).evaluate_size()

    def find(self, node_id: str) -> int | None:
        """Return the ordinal of the node with this id; None without one. Cost: about 1 µs."""
        return self.store.find(node_id, self.node_count, self.tombstone_count)

    def ids_changed_since(self, other: "View") -> dict[str, None] | None:
        """Return, as dict keys, the ids of nodes that may differ between this view and ``other``.

        Return None if there was a compaction in between: then all may differ. Either view may be
        the older one.
        """
        store = self.store
        if store is not other.store:
            return None
        start, stop = sorted((self.node_count, other.node_count))
        ids = dict.fromkeys(node.id for node in store.delta.nodes[start:stop])
        start, stop = sorted((self.tombstone_count, other.tombstone_count))
        ids |= dict.fromkeys(store.node(at).id for at in store.delta.tombstones[start:stop])
        return ids


def _label_rows(placement: Placement, rules: Iterable[PodRule]) -> tuple[Condition, ...]:
    """Return what a placement requires of labels, without the topology keys of its ``rules``."""
    keys = {rule.topology_key for rule in rules if rule.kind in ("affinity", "spread")}
    added = {Requirement(key, Operator.EXISTS) for key in keys if key is not None}
    if placement.pod_rules is not None:
        for condition in (placement.pod_rules.eligible, *placement.given.values()):
            added.difference_update(*(each.requirements for each in alternatives(condition)))
    selector = placement.selector
    if added:
        selector = reduce(or_, (_without(each, added) for each in alternatives(selector)))
    return selector.split()


def _without(selector: Selector, left_out: Container[Requirement]) -> Selector:
    kept = [each for each in selector.requirements if each not in left_out]
    return Selector.from_requirements(kept, selector.ids)


def build(blocks: Iterable[Block], tuning: Tuning) -> Store:
    """Build the store of a new inventory; raise if an id occurs twice. Cost: about 2 µs a node."""
    first: list[Block] = []
    count = 0
    remaining = iter(blocks)
    for block in remaining:
        first.append(block)
        count += len(block)
        if count > tuning.max_unsegmented:
            from nodeselect.index.node_table import encode

            return segment_store(_new_segment(encode(chain(first, remaining)), tuning), tuning)
    nodes = (
        Node._trusted(node_id, dict(labels), name, state, facts)
        for node_id, labels, name, state, facts in chain.from_iterable(first)
    )
    return _delta_store(nodes, tuning)


def compact(view: View) -> Store:
    """Build a new store of the nodes of ``view`` that are not deleted. Cost: about 1 µs a node.

    And so much again for each usage: it is the writer that waits, not the next reader.
    """
    store, tuning = view.store, view.store.delta.tuning
    if len(view) <= tuning.max_unsegmented:
        compacted = _delta_store(map(store.node, store.in_order(view.live())), tuning)
    else:
        compacted = segment_store(segment_of(view), tuning)
    compacted.unread = store.unread
    compacted.load_usages(store)
    return compacted


def segment_store(segment: Segment, tuning: Tuning) -> Store:
    """Return a store that has the nodes of an index, ``segment``, and no later changes."""
    return Store(segment, Delta(len(segment), tuning))


def segment_of(view: View) -> Segment:
    """Return an index of all nodes of ``view``. After changes, it costs about 1 µs a node."""
    segment = _unchanged_segment(view)
    return _new_segment(_live_table(view), view.store.delta.tuning) if segment is None else segment


def to_table(view: View) -> "NodeTable":
    """Return a table of the nodes of ``view``, in inventory order. Cost: up to 1 µs a node."""
    segment = _unchanged_segment(view)
    if segment is None:
        return _live_table(view)
    from nodeselect.index.node_table import table_of

    return table_of(segment.rows)


def _unchanged_segment(view: View) -> Segment | None:
    """Return the index made by the last compaction; None if ``view`` shows later changes."""
    has_changes = view.node_count or view.tombstone_count
    return None if has_changes else view.store.segment


def _live_table(view: View) -> "NodeTable":
    from nodeselect.index.node_table import encode, merge, table_of

    store, segment = view.store, view.store.segment
    indexed, members = store.split(view.live())
    nodes = [store.node(ordinal) for _, ordinal in members]
    table = encode(
        to_blocks((node.id, node.labels, node.name, node.state, node._facts) for node in nodes)
    )
    if segment is None:
        return table
    ranks = segment.order.sorted_ranks(indexed)
    other_ranks = [rank for rank, _ in members]
    return merge(table_of(segment.rows), ranks, table, other_ranks, store.delta.tuning.chunk)


def _new_segment(table: "NodeTable", tuning: Tuning) -> Segment:
    from nodeselect.index.built_segment import BuiltSegment

    return BuiltSegment(table, tuning)


def _delta_store(nodes: Iterable[Node], tuning: Tuning) -> Store:
    delta = Delta(0, tuning)
    for rank, node in enumerate(nodes):
        first = delta.latest_ordinal(node.id, rank)
        if first is not None:
            raise DuplicateIdError(node.id, (first, rank))
        delta.add(node, rank)
    return Store(None, delta)
