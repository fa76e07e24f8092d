"""The nodes that rules between pods exclude at a moment.

Pods that are equal but for their ids are one kind, and each rule is asked once for each kind. How
many pods a rule counts in each domain is kept, and changed for the nodes that have changed.
"""

from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from nodeselect.index import postings
from nodeselect.index.label_index import LabelIndex
from nodeselect.index.postings import Postings
from nodeselect.index.segment import Segment
from nodeselect.inventory.delta import Delta
from nodeselect.node import Node
from nodeselect.placement.pod import PodKind
from nodeselect.placement.pod_rules import PodRule, PodTerm, SpreadConstraint
from nodeselect.placement.usage import UsageSnapshot
from nodeselect.selectors import AnyOf, Operator, Requirement, Selector

# So many counts are kept. Each has an entry for each node with a pod that is counted.
_MAX_COUNTS = 128

_Takes = Callable[[PodKind], bool]


class NodeStore(Protocol):
    """The nodes of a store, as rules between pods need them."""

    segment: Segment | None
    delta: Delta

    def indexes(self) -> Sequence[LabelIndex]: ...

    def node(self, ordinal: int, /) -> Node: ...

    def with_label(self, key: str, value: str | None = None, /) -> Postings: ...

    def value_counts(self, found: Postings, key: str, /) -> Mapping[str, int]: ...


class Nodes(Protocol):
    """The nodes of a view."""

    @property
    def store(self) -> NodeStore: ...

    node_count: int
    tombstone_count: int

    def live(self) -> Postings: ...

    def find(self, node_id: str) -> int | None: ...

    def evaluate(self, condition: Selector | AnyOf) -> Postings: ...


class PodIndex:
    """Counts the pods of a moment by the values of a label of their nodes."""

    def __init__(self, usage: UsageSnapshot) -> None:
        self._usage = usage
        # By namespace and kind: the ids of the nodes on which pods of the kind run.
        self._kinds: dict[str, dict[PodKind, set[str]]] = {}
        # The anti-affinity terms of pods that run, and the kinds that have them.
        self._owners: dict[PodTerm, set[PodKind]] = {}
        self._counts: dict[Hashable, _Counts] = {}
        self._seen = 0, 0  # how many nodes and tombstones of the store are considered
        self._columns: dict[str, tuple[array[int], list[str]]] = {}
        for node_id, on_node in usage._nodes.to_dict().items():
            self._add(node_id, {pod._kind for pod in on_node.pods})

    def change_to(self, usage: UsageSnapshot, changed: Iterable[str]) -> None:
        """Make it the index of another moment, with other pods on the nodes with these ids."""
        before, self._usage = self._usage, usage
        if usage.namespaces is not before.namespaces:
            self._counts.clear()
        for node_id in changed:
            old, new = ({pod._kind for pod in each.pods(node_id)} for each in (before, usage))
            self._add(node_id, new - old)
            for kind in old - new:
                self._remove(node_id, kind)
            for counts in self._counts.values():
                counts.stale.add(node_id)

    def excluded(self, rule: PodRule, view: Nodes, usage: UsageSnapshot) -> Postings:
        """Return the nodes of a view that a rule excludes."""
        if usage.namespaces is not self._usage.namespaces:
            self.change_to(usage, ())
        self._consider(view)
        rules, position = rule.rules, rule.position
        match rule.kind:
            case "affinity":
                return self._far(rule, view)
            case "anti-affinity":
                term = rules.anti_affinity[position]
                return self._near([term], term.topology_key, rule, view).nodes
            case "symmetry":
                return postings.union([*self._kept_away(rule, view)])
            case "spread":
                return self._crowded(rule, view)
        port = rules.ports[position]
        return self._count(
            port, None, lambda kind: any(map(port.meets, kind.ports)), view
        ).nodes  # fmt: skip

    def _far(self, rule: PodRule, view: Nodes) -> Postings:
        """Return the nodes without a pod near by that all terms of an affinity take."""
        rules = rule.rules
        terms, key = rules.affinity, rules.affinity[rule.position].topology_key
        with_key = view.store.with_label(key)
        if self._usage.namespaces is None and any(each.needs_namespaces for each in terms):
            return view.live() - with_key
        near = self._near(terms, key, rule, view).nodes
        if not near:
            keys = {each.topology_key for each in terms}
            is_first = not any(self._near(terms, each, rule, view).nodes for each in keys)
            if is_first and all(self._takes_own(each, rule) for each in terms):
                return view.live() - with_key
        return view.live() - near

    def _takes_own(self, term: PodTerm, rule: PodRule) -> bool:
        rules = rule.rules
        known = self._usage.namespaces or {}
        is_of = term.takes_namespace(rules.namespace, known.get(rules.namespace))
        return term.takes(rules.labels, rules.labels, namespace=is_of)

    def _near(self, terms: Iterable[PodTerm], key: str, rule: PodRule, view: Nodes) -> "_Counts":
        """Return the pods that all terms take, by the domains of a key."""
        terms, own = tuple(terms), rule.rules.labels
        known = self._usage.namespaces or {}
        merged = {each for term in terms for each in (*term[4], *term[5])}
        values = tuple((each, own.get(each)) for each in sorted(merged))

        def takes(kind: PodKind) -> bool:
            return all(
                term.takes(
                    kind.labels,
                    own,
                    namespace=term.takes_namespace(kind.namespace, known.get(kind.namespace)),
                )
                for term in terms
            )

        is_open = any(each.namespace_selector is not None for each in terms)
        names = None if is_open else {name for term in terms for name in term.namespaces}
        return self._count((terms, values, key), key, takes, view, names)

    def _kept_away(self, rule: PodRule, view: Nodes) -> Iterator[Postings]:
        """Yield the nodes from which an anti-affinity of pods that run keeps a pod away."""
        namespace, labels = rule.rules.namespace, rule.rules.labels
        known = self._usage.namespaces
        of_namespace = None if known is None else known.get(namespace, {})
        for term, owners in [*self._owners.items()]:
            is_of = term.takes_namespace(namespace, of_namespace)
            if term.takes(labels, None, namespace=is_of):
                key = term.topology_key
                yield self._count((term, "owners"), key, owners.__contains__, view, owners).nodes

    def _crowded(self, rule: PodRule, view: Nodes) -> Postings:
        """Return the nodes without the key of a spread, and those whose domain has no room."""
        rules, constraint = rule.rules, rule.rules.spread[rule.position]
        key, own = constraint.topology_key, rules.labels
        values = tuple((each, own.get(each)) for each in constraint.match_label_keys)
        keys = frozenset(each.topology_key for each in rules.spread)
        eligible = rules.eligible if constraint.honors_affinity else None
        tolerations = rule.tolerations if constraint.honors_taints else None
        namespace = rules.namespace

        def takes(kind: PodKind) -> bool:
            is_counted = not kind.is_ending and kind.namespace == namespace
            return is_counted and constraint.takes(kind.labels, own)

        name = (constraint, values, keys, eligible, tolerations, namespace)
        counts = self._counts.get(name)
        counted = _counted_nodes(rule, constraint, view) if counts is None else counts.counted
        counts = self._count(name, key, takes, view, {namespace}, counted)
        with_label = view.store.with_label
        without = view.live() - with_label(key)
        sizes = counts.domains
        if sizes is None:
            assert counted is not None, "a spread counts some nodes"
            sizes = counts.domains = {
                value for value, nodes in view.store.value_counts(counted, key).items() if nodes
            }
        totals = counts.totals
        least = min((totals.get(each, 0) for each in sizes), default=0)
        if len(sizes) < constraint.min_domains:
            least = 0
        most = constraint.max_skew + least - constraint.takes_own(own)
        full = [with_label(key, each) for each in sizes if totals.get(each, 0) > most]
        return postings.union([without, *full])

    def _count(
        self,
        name: Hashable,
        key: str | None,
        takes: _Takes,
        view: Nodes,
        among: Iterable[str] | set[PodKind] | None = None,
        counted: Postings | None = None,
    ) -> "_Counts":
        """Return the pods that a rule takes, by the values of a key (None: by their nodes).

        :param name: what the result depends on beside the moment.
        :param among: the namespaces of the pods, or their kinds; None for all.
        :param counted: the nodes that count; None for all.
        """
        counts = self._counts.get(name)
        if counts is None:
            if len(self._counts) >= _MAX_COUNTS:
                self._counts.clear()
            counts = self._counts[name] = _Counts(key, takes, counted)
            for kind, node_ids in self._kinds_of(among):
                if counts.takes_kind(kind):
                    counts.stale |= node_ids
        if counts.stale:
            for node_id in counts.stale:
                self._update(counts, node_id, view)
            counts.stale.clear()
        return counts

    def _kinds_of(
        self, among: Iterable[str] | set[PodKind] | None
    ) -> Iterator[tuple[PodKind, set[str]]]:
        for each in self._kinds if among is None else among:
            if isinstance(each, PodKind):
                yield each, self._kinds[each.namespace][each]
            else:
                yield from self._kinds.get(each, {}).items()

    def _update(self, counts: "_Counts", node_id: str, view: Nodes) -> None:
        """Count the pods on one node anew."""
        number = sum(counts.takes_kind(pod._kind) for pod in self._usage.pods(node_id))
        domain = None
        if number and (ordinal := view.find(node_id)) is not None:
            is_counted = counts.counted is None or ordinal in counts.counted
            if is_counted:
                domain = node_id if counts.key is None else self._value(counts.key, ordinal, view)
        old = counts.on.pop(node_id, None)
        if domain is not None:
            counts.on[node_id] = domain, number
        for each, added in ((old, -1), (counts.on.get(node_id), 1)):
            if each is not None:
                before = counts.totals.get(each[0], 0)
                after = counts.totals[each[0]] = before + added * each[1]
                if not after:
                    del counts.totals[each[0]]
                if counts.counted is None and bool(before) != bool(after):
                    self._toggle(counts, each[0], bool(after), view)

    def _toggle(self, counts: "_Counts", domain: str, is_occupied: bool, view: Nodes) -> None:
        """Add the nodes of a domain to those that are near a pod, or remove them."""
        if counts.key is None:
            segment, delta = view.store.segment, view.store.delta
            ordinals = delta.ordinals(domain)
            first = None if segment is None else segment.ids.find(domain)
            nodes = postings.from_ordinals(ordinals if first is None else [first, *ordinals])
        else:
            nodes = view.store.with_label(counts.key, domain)
        if is_occupied:
            counts.nodes |= nodes
        else:
            counts.nodes -= nodes

    def _value(self, key: str, ordinal: int, view: Nodes) -> str | None:
        """Return the value of a key of a node."""
        store = view.store
        if store.segment is None or ordinal >= store.delta.first:
            return store.delta.nodes[ordinal - store.delta.first].labels.get(key)
        column = self._columns.get(key)
        if column is None:
            numbers, values = array("I", [0]) * len(store.segment), [""]
            for value, stored in store.segment.index.items(key):
                of_value = [stored] if isinstance(stored, int) else postings.ordinals(stored)
                for each in of_value:
                    numbers[each] = len(values)
                values.append(value)
            column = self._columns[key] = numbers, values
        numbers, values = column
        return values[numbers[ordinal]] if numbers[ordinal] else None

    def _consider(self, view: Nodes) -> None:
        """Consider the nodes that are not in both a view and that of the last call."""
        now = view.node_count, view.tombstone_count
        if now == self._seen:
            return
        store = view.store
        (start, stop), (first, last) = (sorted(pair) for pair in zip(now, self._seen, strict=True))
        added = store.delta.nodes[start:stop]
        ids = {node.id for node in added}
        ids |= {store.node(at).id for at in store.delta.tombstones[first:last]}
        self._seen = now
        self._counts = {
            name: counts for name, counts in self._counts.items() if counts.counted is None
        }
        for counts in self._counts.values():
            counts.stale |= ids
            for ordinal, node in enumerate(added, store.delta.first + start):
                domain = node.id if counts.key is None else node.labels.get(counts.key)
                if domain in counts.totals:
                    counts.nodes.add(ordinal)

    def _add(self, node_id: str, kinds: Iterable[PodKind]) -> None:
        for kind in kinds:
            of_namespace = self._kinds.setdefault(kind.namespace, {})
            if (node_ids := of_namespace.get(kind)) is None:
                node_ids = of_namespace[kind] = set()
                for term in kind.anti_affinity:
                    self._owners.setdefault(term, set()).add(kind)
            node_ids.add(node_id)

    def _remove(self, node_id: str, kind: PodKind) -> None:
        node_ids = self._kinds[kind.namespace][kind]
        node_ids.discard(node_id)
        if not node_ids:
            del self._kinds[kind.namespace][kind]
            for term in {*kind.anti_affinity}:
                self._owners[term].discard(kind)
                if not self._owners[term]:
                    del self._owners[term]
                    self._counts.pop((term, "owners"), None)


class _Counts:
    """How many pods that a rule takes are in each domain.

    :ivar on: by the id of a node: its domain, and how many of the pods are on the node.
    :ivar totals: how many are in each domain, above 0.
    :ivar nodes: all nodes of these domains, if no node is left out of the counts.
    :ivar counted: the nodes that count; None for all.
    :ivar domains: the domains of these nodes, once they are known.
    :ivar stale: the ids of nodes whose pods are to be counted anew.
    """

    def __init__(self, key: str | None, takes: _Takes, counted: Postings | None) -> None:
        self.key, self._takes, self.counted = key, takes, counted
        self.on: dict[str, tuple[str, int]] = {}
        self.totals: dict[str, int] = {}
        self.nodes = postings.from_ordinals(())
        self.domains: set[str] | None = None
        self.stale: set[str] = set()
        self._taken: dict[PodKind, bool] = {}

    def takes_kind(self, kind: PodKind) -> bool:
        taken = self._taken.get(kind)
        if taken is None:
            taken = self._taken[kind] = self._takes(kind)
        return taken


def _counted_nodes(rule: PodRule, constraint: SpreadConstraint, view: Nodes) -> Postings:
    """Return the nodes that count for a constraint."""
    keys = dict.fromkeys(each.topology_key for each in rule.rules.spread)
    exist = [Requirement(key, Operator.EXISTS) for key in keys]
    nodes = view.evaluate(Selector.from_requirements(exist))
    if constraint.honors_affinity:
        nodes = nodes & view.evaluate(rule.rules.eligible)
    if constraint.honors_taints:
        exclude = rule.tolerations.exclude
        for index in view.store.indexes():
            for taints, tainted in dict(index.taints).items():  # a writer may add sets of taints
                if any(exclude(each) for each in taints):
                    nodes = nodes - tainted
    return nodes
