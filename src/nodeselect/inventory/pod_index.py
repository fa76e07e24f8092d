"""The nodes that rules between pods exclude at a moment.

Pods that are equal but for their ids are one kind, and each rule is asked once for each kind. How
many pods a rule counts in each domain is kept, and changed for the nodes that have changed.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Protocol

from nodeselect.index import postings
from nodeselect.index.label_index import LabelIndex
from nodeselect.index.postings import Postings
from nodeselect.index.segment import Segment
from nodeselect.inventory.delta import Delta
from nodeselect.node import Node
from nodeselect.placement.pod import PodKind
from nodeselect.placement.pod_rules import PodRule, PodRules, PodTerm, SpreadConstraint
from nodeselect.placement.usage import UsageSnapshot
from nodeselect.selectors import AnyOf, Operator, Requirement, Selector

# So many counts are kept. Each has an entry for each node with a pod that is counted.
_MAX_COUNTS = 128

# After so many changes, counts that have not seen them are dropped.
_MAX_LOG = 10_000

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
        # By namespace and kind: how many pods of the kind run on each node, by its id.
        self._kinds: dict[str, dict[PodKind, dict[str, int]]] = {}
        # The anti-affinity terms of pods that run, and the kinds that have them.
        self._owners: dict[PodTerm, set[PodKind]] = {}
        # By a namespace and labels: those of the terms that take such a pod.
        self._keeping: dict[Hashable, list[PodTerm]] = {}
        self._counts: dict[Hashable, _Counts] = {}
        # The changes of pods that not all counts have seen.
        self._log: list[tuple[str, PodKind, int]] = []
        self._seen = 0, 0  # how many nodes and tombstones of the store are considered
        self._columns: dict[str, tuple[array[int], list[str]]] = {}
        kinds: dict[int, tuple[PodKind, dict[str, int]]] = {}  # as equal ones are one object
        for node_id, on_node in usage._nodes.to_dict().items():
            for pod in on_node.pods:
                kind = pod._kind
                if (found := kinds.get(id(kind))) is None:
                    found = kinds[id(kind)] = kind, self._on_nodes(kind)
                found[1][node_id] = found[1].get(node_id, 0) + 1

    def change_to(self, usage: UsageSnapshot, changed: Iterable[str]) -> None:
        """Make it the index of another moment, with other pods on the nodes with these ids."""
        before, self._usage = self._usage, usage
        if usage.namespaces is not before.namespaces:
            self._counts.clear()
            self._keeping.clear()
        if len(self._log) > _MAX_LOG:
            at = len(self._log)
            self._counts = {name: each for name, each in self._counts.items() if each.seen == at}
            for counts in self._counts.values():
                counts.seen = 0
            self._log.clear()
        for node_id in changed:
            old, new = before.pods(node_id), usage.pods(node_id)
            for pods, others, added in ((new, old, 1), (old, new, -1)):
                known = {*map(id, others)}
                for pod in pods:
                    if id(pod) not in known:
                        self._change(node_id, pod._kind, added)

    def _change(self, node_id: str, kind: PodKind, added: int) -> None:
        self._log.append((node_id, kind, added))
        on_nodes = self._on_nodes(kind)
        on_nodes[node_id] = on_nodes.get(node_id, 0) + added
        if on_nodes[node_id]:
            return
        del on_nodes[node_id]
        if not on_nodes:
            del self._kinds[kind.namespace][kind]
            for term in {*kind.anti_affinity}:
                self._owners[term].discard(kind)
                if not self._owners[term]:
                    del self._owners[term]
                    self._keeping.clear()

    def _on_nodes(self, kind: PodKind) -> dict[str, int]:
        """Return how many pods of a kind run on each node; add the kind."""
        of_namespace = self._kinds.setdefault(kind.namespace, {})
        on_nodes = of_namespace.get(kind)
        if on_nodes is None:
            on_nodes = of_namespace[kind] = {}
            for term in kind.anti_affinity:
                if term not in self._owners:
                    self._owners[term] = set()
                    self._keeping.clear()
                self._owners[term].add(kind)
        return on_nodes

    def excluded(self, rule: PodRule, view: Nodes, usage: UsageSnapshot) -> Postings:
        """Return the nodes of a view that a rule excludes."""
        if usage.namespaces is not self._usage.namespaces:
            self.change_to(usage, ())
        self._consider(view)
        if rule.kind == "affinity":
            return self._far(rule, view)
        excluded = postings.union([each.nodes for each in self._blocking(rule, view)])
        if rule.kind == "spread":
            key = rule.rules.spread[rule.position].topology_key
            return (view.live() - view.store.with_label(key)) | excluded
        return excluded

    def in_the_way(
        self, rule: PodRule, node_id: str, view: Nodes, usage: UsageSnapshot
    ) -> list[str]:
        """Return the ids of the pods by which a rule excludes a node, sorted.

        There are none for an affinity, which lacks a pod.
        """
        self.excluded(rule, view, usage)
        ordinal, found = view.find(node_id), set[str]()
        if ordinal is None or rule.kind == "affinity":
            return []
        for counts in self._blocking(rule, view):
            domain = node_id if counts.key is None else self._value(counts.key, ordinal, view)
            for each in counts.on_nodes(domain):
                found |= {pod.id for pod in usage.pods(each) if counts.takes(pod._kind)}
        return sorted(found)

    def _blocking(self, rule: PodRule, view: Nodes) -> "Iterator[_Counts]":
        """Yield the pods that are in the way of a pod; their ``nodes`` are those it cannot use."""
        rules, position = rule.rules, rule.position
        match rule.kind:
            case "anti-affinity":
                term = rules.anti_affinity[position]
                yield self._near([term], term.topology_key, rule, view)
            case "symmetry":
                yield from self._keeping_away(rule, view)
            case "spread":
                yield self._crowd(rule, view)
            case "port":
                port = rules.ports[position]

                def takes(kind: PodKind) -> bool:
                    return any(map(port.meets, kind.ports))

                yield self._count(port, None, takes, view)

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

    def depends_on_namespaces(self, rules: PodRules) -> bool:
        """Return whether an anti-affinity of running pods depends on labels of a namespace."""
        return any(
            term.takes(
                rules.labels, None, namespace=not term.takes_namespace(rules.namespace, None)
            )
            for term in self._owners
            if term.needs_namespaces
        )

    def _keeping_away(self, rule: PodRule, view: Nodes) -> "Iterator[_Counts]":
        """Yield the pods whose anti-affinity keeps a pod away, for each term."""
        namespace, labels = rule.rules.namespace, rule.rules.labels
        known = self._usage.namespaces
        of_namespace = None if known is None else known.get(namespace, {})
        terms = self._keeping.get((namespace, labels))
        if terms is None:
            if len(self._keeping) >= _MAX_COUNTS:
                self._keeping.clear()
            terms = self._keeping[namespace, labels] = [
                term
                for term in self._owners
                if term.takes(labels, None, namespace=term.takes_namespace(namespace, of_namespace))
            ]
        for term in terms:
            takes = partial(_has_term, term)
            name = term, "owners"
            yield self._count(name, term.topology_key, takes, view, self._owners[term])

    def _crowd(self, rule: PodRule, view: Nodes) -> "_Counts":
        """Return the pods that a spread counts; their ``nodes`` are in domains without room."""
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
        counts, counted = self._counts.get(name), None
        if counts is None:
            counted = _counted_nodes(rule, constraint, view)
        counts = self._count(name, key, takes, view, {namespace}, counted)
        if counted is not None:
            sizes = view.store.value_counts(counted, key)
            counts.domain_count = sum(map(bool, sizes.values()))
        least = counts.least()
        if counts.domain_count < constraint.min_domains:
            least = 0
        counts.set_limit(constraint.max_skew + least - constraint.takes_own(own), view.store)
        return counts

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
        numbers: dict[str, int] = {}
        if counts is None:
            if len(self._counts) >= _MAX_COUNTS:
                self._counts.clear()
            counts = self._counts[name] = _Counts(key, takes, counted)
            for kind, on_nodes in self._kinds_of(among):
                if takes(kind):
                    for node_id, number in on_nodes.items():
                        numbers[node_id] = numbers.get(node_id, 0) + number
        else:
            for node_id, kind, added in islice(self._log, counts.seen, None):
                if takes(kind):
                    numbers[node_id] = numbers.get(node_id, 0) + added
        counts.seen = len(self._log)
        for node_id, number in numbers.items():
            before = counts.numbers.get(node_id, 0)
            counts.put(node_id, before + number, self._domain(counts, node_id, view), view.store)
        return counts

    def _kinds_of(
        self, among: Iterable[str] | set[PodKind] | None
    ) -> Iterator[tuple[PodKind, dict[str, int]]]:
        for each in self._kinds if among is None else among:
            if isinstance(each, PodKind):
                yield each, self._kinds[each.namespace][each]
            else:
                yield from self._kinds.get(each, {}).items()

    def _domain(self, counts: "_Counts", node_id: str, view: Nodes) -> str | None:
        """Return the domain of a node; None if it is not there, or does not count."""
        ordinal = view.find(node_id)
        if ordinal is None or (counts.counted is not None and ordinal not in counts.counted):
            return None
        return node_id if counts.key is None else self._value(counts.key, ordinal, view)

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
            for node_id in ids & counts.numbers.keys():
                domain = self._domain(counts, node_id, view)
                counts.put(node_id, counts.numbers[node_id], domain, store)
            for ordinal, node in enumerate(added, store.delta.first + start):
                domain = node.id if counts.key is None else node.labels.get(counts.key)
                if domain in counts.totals:
                    counts.nodes.add(ordinal)


class _Counts:
    """How many pods that a rule takes are in each domain.

    :ivar key: nodes with one value of this label are a domain; None: each node is one.
    :ivar takes: whether a pod is counted.
    :ivar counted: the nodes that count; None for all.
    :ivar numbers: how many of the pods are on each node, by its id.
    :ivar totals: how many are in each domain, above 0.
    :ivar nodes: the nodes of the domains with more pods than a limit.
    :ivar domain_count: how many domains the ``counted`` nodes have.
    :ivar seen: how many of the logged changes are considered.
    """

    def __init__(self, key: str | None, takes: _Takes, counted: Postings | None) -> None:
        self.key, self.takes, self.counted = key, takes, counted
        self.numbers: dict[str, int] = {}
        self.totals: dict[str, int] = {}
        self.nodes = postings.from_ordinals(())
        self.domain_count = self.seen = 0
        self._domains: dict[str, str] = {}
        self._limit = 0
        self._with_total: Counter[int] = Counter()  # how many domains have each total

    def on_nodes(self, domain: str | None) -> list[str]:
        """Return the ids of the nodes of a domain on which pods are counted."""
        return [node_id for node_id, each in self._domains.items() if each == domain]

    def least(self) -> int:
        """Return how many pods are in the domain with the fewest ones."""
        return 0 if len(self.totals) < self.domain_count else min(self._with_total, default=0)

    def set_limit(self, limit: int, store: NodeStore) -> None:
        """Make ``nodes`` those of the domains with more pods than a limit."""
        if limit != self._limit:
            self._limit = limit
            full = (each for each, total in self.totals.items() if total > limit)
            self.nodes = postings.from_ordinals(())
            self.nodes |= postings.union([self._of_domain(each, store) for each in full])

    def put(self, node_id: str, number: int, domain: str | None, store: NodeStore) -> None:
        """Set how many pods are on a node, and its domain; None if it does not count."""
        before, old = self.numbers.pop(node_id, 0), self._domains.pop(node_id, None)
        if number:
            self.numbers[node_id] = number
        if old is not None:
            self._add(old, -before, store)
        if domain is not None and number:
            self._domains[node_id] = domain
            self._add(domain, number, store)

    def _add(self, domain: str, number: int, store: NodeStore) -> None:
        before = self.totals.pop(domain, 0)
        if total := before + number:
            self.totals[domain] = total
            self._with_total[total] += 1
        if before:
            self._with_total[before] -= 1
            if not self._with_total[before]:
                del self._with_total[before]
        if before <= self._limit < total:
            self.nodes |= self._of_domain(domain, store)
        elif total <= self._limit < before:
            self.nodes -= self._of_domain(domain, store)

    def _of_domain(self, domain: str, store: NodeStore) -> Postings:
        """Return the nodes of a domain."""
        if self.key is not None:
            return store.with_label(self.key, domain)
        ordinals = store.delta.ordinals(domain)
        first = None if store.segment is None else store.segment.ids.find(domain)
        return postings.from_ordinals(ordinals if first is None else [first, *ordinals])


def _has_term(term: PodTerm, kind: PodKind) -> bool:
    return term in kind.anti_affinity


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
