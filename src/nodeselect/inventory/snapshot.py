"""The read methods that an inventory and a snapshot of it share."""

import os
from collections.abc import Collection, Iterable, Iterator
from functools import reduce
from operator import and_
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, NoReturn, final

from nodeselect.durable.saved_file import check_replaceable
from nodeselect.explain import Explanation, NodeExplanation, explain_node
from nodeselect.explain.audit import Audit, audit
from nodeselect.explain.compute import exclude_by_state, explain
from nodeselect.explain.countable import Counted, FailureCounts
from nodeselect.explain.replicas import Replicas, Room
from nodeselect.index import postings
from nodeselect.inventory.node_set import NodeSet
from nodeselect.inventory.saving import next_generation, to_sections
from nodeselect.inventory.statistics import FailureGroups, ViewStatistics
from nodeselect.inventory.store import View, to_table
from nodeselect.node import Node, require_count, to_lower_states
from nodeselect.placement import BaseUsage, Placement, Pod, Usage
from nodeselect.placement.placement import ONE_REPLICA, label_part, require_asked
from nodeselect.placement.pod_rules import PodRule
from nodeselect.placement.requirements import Condition, Tolerates, free_amount
from nodeselect.readers.columnar import require_pyarrow, require_read
from nodeselect.selectors import AnyOf, Selector
from nodeselect.text import join_limited, to_exact_str

if TYPE_CHECKING:
    import pyarrow

ChangeKind = Literal["added", "changed", "unchanged", "removed"]


class NodeChange(NamedTuple):
    """The change of one node by a write.

    :param old: the node before the write; None if it was added.
    :param new: the node after the write; None if it was removed.
    :param generation: the generation of the inventory after the write.
    """

    old: Node | None
    new: Node | None
    generation: int

    @property
    def id(self) -> str:
        """The id of the node."""
        node = self.new or self.old
        assert node is not None, "a change has a node before or after it"
        return node.id

    @property
    def kind(self) -> ChangeKind:
        """Whether the node was added, changed or removed, or is unchanged."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        return "unchanged" if self.old == self.new else "changed"


class BaseInventory:
    """The read methods of an inventory and of a snapshot of it.

    Each call sees one consistent state, whatever other threads write meanwhile, and never waits
    for them.
    """

    __slots__ = ("_view",)

    # The visible nodes. A write replaces the whole view, so each method reads this field only once.
    _view: View

    @property
    def generation(self) -> int:
        """The number of writes that changed something.

        Snapshots of one inventory with the same generation have the same nodes.
        """
        return self._view.generation

    @property
    def usage(self) -> BaseUsage:
        """What runs on the nodes."""
        return self._view.moment

    def nodes(self, ids: Iterable[str]) -> NodeSet:
        """Return the nodes with these ids; an id that no node has is ignored. Cost: 1 µs an id.

        So ``answer - snapshot.nodes(ids)`` leaves nodes out.
        """
        if isinstance(ids, str):
            raise TypeError("ids must be a list of ids, not a str")
        view = self._view
        found = (view.find(to_exact_str(each, "an id")) for each in ids)
        return NodeSet.of(
            view, postings.from_ordinals(sorted({at for at in found if at is not None}))
        )

    def match(
        self,
        selector: Selector | AnyOf | Placement,
        *,
        states: Collection[str] | None = None,
        usage: BaseUsage | None = None,
    ) -> NodeSet:
        """Return the nodes that match ``selector`` at this moment.

        Cost: a few microseconds, if the selector was used before and its plan is cached
        (``docs/performance.md``).

        :param states: only nodes in these states, in any case; a typo raises ``ValueError``.
        :param usage: what runs on the nodes; by default, :attr:`usage`.
        :raises TypeError: if ``selector`` is of another type; text is not parsed here.
        """
        view = self._view
        answer = NodeSet(view, _require(view, selector, usage), view.running(usage))
        return answer if states is None else answer.in_states(states)

    def explain(
        self,
        selector: Selector | AnyOf | Placement,
        *,
        examples: int = 3,
        states: Collection[str] | None = None,
        usage: BaseUsage | None = None,
    ) -> Explanation:
        """Return how many nodes match ``selector``, and why the others do not.

        ``str()`` of the explanation is its headline and recommendation, ``as_dict()`` is for JSON.
        Cost: a few set operations for each requirement; for an unknown id or value, also a search
        for similar ones.

        :param examples: how many nodes to name for each of the ten most frequent reasons; with 0,
            not even the nearest ones are named.
        :param states: count only nodes in these states.
        :param usage: as for :meth:`match`, which raises the same errors.
        :raises ValueError: if ``examples`` is negative.
        """
        require_count("examples", examples)
        view, lowered = self._view, None if states is None else to_lower_states(states)
        nodes = _in_states(view, states)._postings()
        unknown: tuple[str, ...] = ()
        rules: tuple[str, ...] = ()
        _require(view, selector, usage)
        running = view.running(usage)
        parts = view.requirements(selector, running, nodes)
        if isinstance(selector, Placement):
            rules = view.undecided_rules(selector, running)
            about_pods = (*rules, *view.unknown_of_usage(selector, running, nodes))
            unknown = view.not_considered(selector, about_pods, nodes)
        explanation = explain(
            ViewStatistics(view, running, nodes), selector, examples, view.vocabulary(lowered),
            parts=parts, not_considered=unknown, undecided_rules=rules,
        )  # fmt: skip
        if lowered is None or not (left_out := view.live() - nodes):
            return explanation
        whole = Snapshot(view)
        found = filter(None, map(whole.get, explanation.missing_ids))
        excluded = {node.id: node.state for node in found}
        everywhere = whole.explain(selector, examples=0, usage=running)
        counts = view.store.state_counts(left_out)
        return exclude_by_state(explanation, excluded, counts, everywhere)

    def room(
        self,
        placement: Placement,
        *,
        states: Collection[str] | None = None,
        usage: BaseUsage | None = None,
    ) -> Room | None:
        """Return how many more pods of a placement fit on each node, and in all.

        Return None if the pods depend on those of other nodes, by an affinity, an anti-affinity or
        a spread, so that it matters where each is; or if they request nothing. See
        :meth:`place_replicas`. Cost: a few microseconds for each node that matches.

        :param states: count only nodes in these states.
        :param usage: as for :meth:`match`, which raises the same errors.
        """
        rules = placement.pod_rules
        amounts = {name: amount for name, amount in placement.requests.items() if amount}
        if not amounts or (rules and (rules.topology_keys or rules.anti_affinity)):
            return None
        running = self._view.running(usage)
        found, unknown = dict[str, int](), 0
        for node in Snapshot(self._view).match(placement, states=states, usage=running):
            if node.resources is None:
                unknown += 1
                continue
            fits = min(free_amount(node, name, running) // amounts[name] for name in amounts)
            found[node.id] = min(fits, 1) if rules and rules.ports else fits
        return Room(MappingProxyType(found), unknown)

    def place_replicas(
        self,
        placement: Placement,
        count: int,
        *,
        states: Collection[str] | None = None,
        usage: BaseUsage | None = None,
    ) -> Replicas:
        """Place pods of one placement one after the other, each on the first node that matches.

        Every rule counts the earlier ones. The order is that of the inventory; kube-scheduler ranks
        nodes and may choose others, so that more or fewer of the pods find one. Nothing is changed.
        Cost: that of :meth:`match` and of adding a pod, for each pod; and of :meth:`explain`.

        :param count: how many pods to place; after the first that finds no node, none does.
        :param states: consider only nodes in these states.
        :param usage: as for :meth:`match`, which raises the same errors.
        :raises ValueError: if ``count`` is negative.
        """
        require_count("count", count)
        words = (each for each in placement.not_considered if each != ONE_REPLICA)
        snapshot, running = Snapshot(self._view), self._view.running(usage)
        unknown = self._view.undecided_rules(placement, None) if running is None else ()
        placement = placement.replace(not_considered=(*words, *unknown))
        copied = Usage() if running is None else running.copy()
        namespace = "default" if placement.pod_rules is None else placement.pod_rules.namespace
        nodes: list[str] = []
        for number in range(count):
            first = snapshot.match(placement, states=states, usage=copied).first(1)
            if not first:
                break
            nodes.append(first[0].id)
            pod_id = f"{namespace}/({number})"  # no pod of Kubernetes has such a name
            copied.add(first[0].id, Pod(pod_id, placement=placement))
        after = snapshot.explain(placement, states=states, usage=copied)
        return Replicas(count, tuple(nodes), after)

    def _counts(self) -> ViewStatistics:
        return ViewStatistics(self._view)

    def failure_counts(
        self,
        selector: Selector | AnyOf | Placement,
        *,
        states: Collection[str] | None = None,
        usage: BaseUsage | None = None,
    ) -> FailureCounts:
        """Return only the numbers of :meth:`explain`: how many nodes fail which requirements.

        The parameters are those of :meth:`match`. Cost: a few set operations for each requirement.
        """
        view = self._view
        nodes = _in_states(view, states)._postings()
        running = view.running(usage)
        parts = view.requirements(_require(view, selector, usage), running, nodes)
        return FailureGroups(view, nodes, parts, running).counts

    def explain_node(
        self,
        selector: Selector | AnyOf | Placement,
        node: str | Node,
        *,
        usage: BaseUsage | None = None,
    ) -> NodeExplanation:
        """Return which requirements of ``selector`` a node satisfies or fails. Cost: about 10 µs.

        :param node: the id of a node in the inventory; or a node, whether in the inventory or not.
        :raises KeyError: if there is no node with this id.
        """
        view = self._view
        known = node if isinstance(node, Node) else Snapshot(view)[node]
        running = view.running(usage)
        explanation = explain_node(_require(view, selector, usage), known, running)
        ordinal = view.find(known.id)
        if running is None or ordinal is None or not isinstance(selector, Placement):
            return explanation
        rows = list[tuple[str, str | None, bool]]()
        for rule in selector.pod_conditions():
            passes = ordinal in view.evaluate(rule, running)
            if not passes or rule.kind != "symmetry":
                found = None if rule.topology_key is None else known.labels.get(rule.topology_key)
                if not passes and (pods := view.pods_in_the_way(rule, known.id, running)):
                    found = f"{f'{found}: ' if found else ''}{join_limited(pods, 3, noun='pod')}"
                rows.append((str(rule), found, passes))
        words = [
            each for each in explanation.not_considered if each not in explanation.undecided_rules
        ]
        rules = view.undecided_rules(selector, running)
        return explanation._replace(
            matches=explanation.matches and all(passes for _, _, passes in rows),
            requirements=(*explanation.requirements, *rows),
            not_considered=(*words, *rules, *view.unknown_of_usage(selector, running)),
            undecided_rules=rules,
        )

    def __len__(self) -> int:
        return len(self._view)

    def __iter__(self) -> Iterator[Node]:
        view = self._view
        return map(view.store.node, view.store.in_order(view.live()))

    def __contains__(self, node: object) -> bool:
        """Return whether any node equals ``node`` or, if that is a string, has this id."""
        view = self._view
        if isinstance(node, Node):
            ordinal = view.find(node.id)
            return ordinal is not None and view.store.equals(ordinal, node)
        return isinstance(node, str) and view.find(node) is not None

    def __getitem__(self, node_id: str) -> Node:
        """Return the node with this id. Cost: a few microseconds.

        :raises KeyError: if there is none.
        """
        node = self.get(node_id)
        if node is None:
            raise KeyError(node_id)
        return node

    def get(self, node_id: str) -> Node | None:
        """Return the node with this id; None if there is none. Cost: a few microseconds."""
        view = self._view
        ordinal = view.find(node_id)
        return None if ordinal is None else view.store.node(ordinal)

    def ids(self) -> list[str]:
        """Return all ids in inventory order. Cost: about 15 to 50 ns an id."""
        view = self._view
        return view.store.ids(view.live())

    def changes_since(self, older: "BaseInventory") -> list[NodeChange]:
        """Return the nodes that were added, changed or removed since an older snapshot.

        >>> from nodeselect import Inventory
        >>> inventory = Inventory([Node("n-1"), Node("n-2")])
        >>> before = inventory.snapshot()
        >>> inventory.remove("n-1")
        'removed'
        >>> [(change.kind, change.id) for change in inventory.changes_since(before)]
        [('removed', 'n-1')]

        Cost: a few microseconds for each change; after a compaction, for each node.

        :param older: a snapshot of the same inventory, or any other one.
        """
        if not isinstance(older, BaseInventory):
            raise TypeError(f"expected a Snapshot or an Inventory, not {type(older).__name__}")
        before, now = Snapshot(older._view), Snapshot(self._view)
        unread, others = now._view.store.unread, before._view.store.unread
        if unread is not others:
            require_read({**others, **unread})
        ids = now._view.ids_changed_since(before._view)
        if ids is None:  # there was a compaction
            ids = dict.fromkeys([*before.ids(), *now.ids()])
        pairs = ((before.get(node_id), now.get(node_id)) for node_id in ids)
        return [NodeChange(old, new, now.generation) for old, new in pairs if old != new]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the nodes in one file, which :meth:`Inventory.open` opens in milliseconds.

        An existing file is replaced when the new one is complete and on the disk. Processes that
        have the old one open are not disturbed. Cost: about 0.7 µs a node and the time to write 60
        bytes a node; after changes, also that of :meth:`Inventory.compact`.

        :raises InventoryError: with the code ``cannot-write``. Then an existing file is
            unchanged, unless only the sync of its folder failed: then the new file is complete.
        """
        check_replaceable(os.fspath(path))  # before the work
        view = self._view
        sections = to_sections(view)
        # The generation stays; this refuses to replace the file of another inventory's log.
        next_generation(path, sections, view, None, has_log=view.chain is not None)
        sections.write(os.fspath(path), view.generation, view.chain)

    def to_arrow(self) -> "pyarrow.Table":
        """Return the nodes as an Arrow table, in inventory order. Needs pyarrow.

        The columns are ``id``, ``name``, ``state``, which are strings; ``labels``, a map of
        strings; ``taints`` and ``resources``. :meth:`Inventory.from_arrow` reads them all. Cost:
        about a microsecond a node, five with resources.

        :raises InventoryError: if pyarrow is not installed, or a text has a surrogate.
        """
        require_pyarrow()
        from nodeselect.inventory.arrow_table import to_arrow

        require_read(self._view.store.unread)
        return to_arrow(to_table(self._view))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} nodes>"


@final
class Snapshot(BaseInventory):
    """The state of an inventory at one moment. It never changes.

    Create one with :meth:`Inventory.snapshot`. As long as it exists, its nodes stay in memory,
    even after a compaction that copied them.
    """

    __slots__ = ()

    def __init__(self, view: View) -> None:
        """Internal: a snapshot is created by ``Inventory.snapshot``."""
        self._view = view

    def __reduce__(self) -> NoReturn:
        """Raise ``TypeError``: a snapshot cannot be copied or pickled."""
        raise TypeError("a Snapshot cannot be copied or pickled: use list() for its nodes")


def _require(
    view: View, selector: Selector | AnyOf | Placement, usage: BaseUsage | None
) -> Selector | AnyOf | Placement:
    """Return ``selector``; raise if an argument has another type, or if a label was not read."""
    if usage is not None and not isinstance(usage, BaseUsage):
        raise TypeError(f"usage must be a Usage or None, not {type(usage).__name__}")
    asked = require_asked(selector)
    if view.store.unread:
        require_read(view.store.unread, label_part(asked))
    return asked


def _in_states(view: View, states: Collection[str] | None) -> NodeSet:
    """Return the nodes in ``states``; None stands for all nodes."""
    nodes = NodeSet(view, Selector.everything())
    return nodes if states is None else nodes.in_states(states)


def audit_labels(nodes: Counted) -> Audit:
    """Find the labels of nodes that are probably misspelt, by comparing the labels of all nodes.

    ``nodes`` are an inventory, or a table (:class:`~nodeselect.engines.sql.nodes.SqlNodes`), or an
    answer of one of these.

    >>> from nodeselect import Inventory, Node
    >>> nodes = [Node(f"n-{number}", {"region": "eu-west"}) for number in range(9)]
    >>> audit = audit_labels(Inventory([*nodes, Node("n-9", {"region": "eu_west"})]))
    >>> [(each.key, each.value, each.expected, each.examples) for each in audit.findings]
    [('region', 'eu_west', 'eu-west', ('n-9',))]

    Cost: about a microsecond for each value of a key; a rare value is also compared with at most
    500 frequent ones. A database groups all labels once, and sends at most 10,000 values of a key.
    """
    return audit(nodes._counts())


def requirements_of(
    nodes: NodeSet, selector: Selector | AnyOf | Placement, usage: BaseUsage | None = None
) -> tuple[Condition, ...]:
    """Return what :meth:`BaseInventory.explain` has a row for if these are all nodes, in order."""
    view = nodes._view
    return view.requirements(selector, view.running(usage), nodes._postings())


def passing_pod_rules(
    inventory: BaseInventory, parts: Iterable[Condition], usage: BaseUsage | None = None
) -> dict[Condition, frozenset[str]]:
    """Return the ids of the nodes that satisfy each of the rules between pods in ``parts``."""
    view = inventory._view
    running = view.running(usage)
    rules = (part for part in parts if isinstance(part, PodRule))
    return {rule: frozenset(view.store.ids(view.evaluate(rule, running))) for rule in rules}


def nodes_in_doubt(inventory: BaseInventory, placement: Placement) -> NodeSet:
    """Return the nodes with a taint that only a possible toleration of ``placement`` covers."""
    view, tolerations = inventory._view, placement._tolerations
    everything = NodeSet(view, Selector.everything())
    taints = ((each.key, each.effect) for each in placement.possible_tolerations)
    tolerant = (NodeSet(view, Tolerates(key, effect, tolerations)) for key, effect in taints)
    return everything - reduce(and_, tolerant, everything)
