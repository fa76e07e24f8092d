"""A collection of named selectors, its snapshots, and the sets of names that it returns."""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Generic, Literal, NoReturn, TypeAlias, TypeVar

from nodeselect.files.thread_lock import ThreadLock
from nodeselect.index import postings
from nodeselect.index.postings import Postings
from nodeselect.node import Node, copy_labels, require_node
from nodeselect.selectors import AnyOf, Selector
from nodeselect.selectors.selector import require_condition
from nodeselect.standing.explanation import StandingExplanation, explain
from nodeselect.standing.selector_store import Name, SelectorStore, StandingView, Values
from nodeselect.text import to_exact_str

_Other = TypeVar("_Other")

_ChangeKind: TypeAlias = Literal["added", "changed", "unchanged", "removed"]

# A write compacts if there are more replaced and removed entries than this, and than selectors.
_MAX_DEAD = 1_024


class NameSet(Set[Name]):
    """Names of selectors, such as those that match a node. Later changes do not affect the set.

    Names are iterated in the order in which they were first added. The operators ``&``, ``|``,
    ``-`` and ``^`` return a ``frozenset``.
    """

    __slots__ = ("_entries", "_view")

    def __init__(self, view: StandingView[Name], entries: Postings) -> None:
        """Internal: only ``matching`` and ``changes`` create name sets."""
        self._view = view
        self._entries = entries

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Name]:
        return iter(self.names())

    def __contains__(self, name: object) -> bool:
        entry = self._view.find(name)  # type: ignore[arg-type]  # any name may be looked up
        return entry is not None and entry in self._entries

    def names(self) -> list[Name]:
        """Return the names in the order of iteration. Cost: about 15 to 50 ns a name."""
        return self._view.store.names_of(self._entries)

    @classmethod
    def _from_iterable(cls, names: Iterable[_Other]) -> frozenset[_Other]:
        return frozenset(names)

    def __reduce__(self) -> NoReturn:
        """Raise ``TypeError``: a copy would contain all selectors, even for a small set."""
        raise TypeError("a NameSet cannot be copied or pickled: use its names()")

    def __repr__(self) -> str:
        names = ", ".join(map(repr, self.names()[:3]))
        return f"<NameSet of {len(self)}: {names}{', …' if len(self) > 3 else ''}>"


class BaseStanding(Generic[Name]):
    """The read methods of :class:`StandingSelectors` and :class:`StandingSnapshot`.

    Each call sees one consistent state, even while other threads write. Reads never wait for
    writes.
    """

    __slots__ = ("_view",)

    # The visible selectors. A write replaces the whole view, so each method reads this field once.
    _view: StandingView[Name]

    @property
    def generation(self) -> int:
        """The number of writes so far, without those that changed nothing."""
        return self._view.generation

    def matching(self, node: Node | Mapping[str, str], node_id: str | None = None) -> NameSet[Name]:
        """Return the names of the selectors that match ``node``: a Node or a mapping of labels.

        Cost: tens of microseconds for 100,000 selectors (``docs/performance.md``).

        :param node_id: the id of the node, if ``node`` is a mapping of labels; if it is None, no
            selector with ids matches.
        :raises TypeError: if the labels do not map strings to strings.
        """
        view = self._view
        return NameSet(view, view.matching(_values(node, node_id)))

    def changes(self, old: Node | None, new: Node | None) -> tuple[NameSet[Name], NameSet[Name]]:
        """Return two sets: names of selectors that match only ``new``, and only ``old``.

        :param old: the node before the change; None if it did not exist.
        :param new: the node after the change; None if it no longer exists.
        :raises ValueError: if the nodes have different ids.
        """
        view, nothing = self._view, postings.from_ordinals(())
        if old is not None and new is not None:
            if require_node(old).id != require_node(new).id:
                raise ValueError(f"two different nodes: {old.id!r} and {new.id!r}")
            gained, lost = view.changes(_values(old), _values(new))
        else:
            gained = nothing if new is None else view.matching(_values(require_node(new)))
            lost = nothing if old is None else view.matching(_values(require_node(old)))
        return NameSet(view, gained), NameSet(view, lost)

    def explain(
        self, node: Node | Mapping[str, str], node_id: str | None = None
    ) -> StandingExplanation[Name]:
        """Return how many selectors match a node, and which requirements of the others fail.

        Cost: about 10 µs for each selector that does not match.

        :param node_id: as in :meth:`matching`.
        """
        return explain(self._view, _values(node, node_id))

    def get(self, name: Name) -> Selector | AnyOf | None:
        """Return the selector with this name; None if there is none."""
        view = self._view
        entry = view.find(name)
        return None if entry is None else view.store.selectors[entry]

    def __getitem__(self, name: Name) -> Selector | AnyOf:
        """Return the selector with this name.

        :raises KeyError: if there is no selector with this name.
        """
        selector = self.get(name)
        if selector is None:
            raise KeyError(name)
        return selector

    def __contains__(self, name: object) -> bool:
        return self._view.find(name) is not None  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self._view.entries)

    def __iter__(self) -> Iterator[Name]:
        """Iterate over the names, in the order in which they were first added."""
        return iter(self.names())

    def names(self) -> list[Name]:
        """Return all names, in the order in which they were first added. Cost: 15 to 50 ns each."""
        view = self._view
        return view.store.names_of(view.entries)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} selectors>"


class StandingSnapshot(BaseStanding[Name]):
    """The standing selectors at one moment. A snapshot never changes.

    Create it with :meth:`StandingSelectors.snapshot`. It has the same methods for reading.
    """

    __slots__ = ()

    def __init__(self, view: StandingView[Name]) -> None:
        """Internal: only ``StandingSelectors.snapshot`` creates snapshots."""
        self._view = view

    def __reduce__(self) -> NoReturn:
        """Raise ``TypeError``: a snapshot cannot be copied or pickled."""
        raise TypeError("a StandingSnapshot cannot be copied or pickled: pickle its selectors")


def _values(node: Node | Mapping[str, str], node_id: str | None = None) -> Values:
    """Return the labels of a node, with its id, if known, under the key None."""
    values: dict[str | None, str]
    if isinstance(node, Node):
        if node_id is not None:
            raise TypeError("node_id is only for labels: a Node has an id")
        values = dict(node.labels.items())
        node_id = node.id
    else:
        values = dict(copy_labels(node).items())
    if node_id is not None:
        values[None] = to_exact_str(node_id, "node_id")
    return values


class StandingSelectors(BaseStanding[Name]):
    """A collection of named selectors that finds the selectors which match a node.

    >>> from nodeselect import Node
    >>> standing = StandingSelectors({"train": Selector.parse("gpu")})
    >>> standing.upsert("web", Selector.parse("!gpu"))
    'added'
    >>> standing.upsert("batch", Selector.parse("gpu>2"))
    'added'
    >>> standing.matching(Node("n-1", {"gpu": "4"})).names()
    ['train', 'batch']

    Threads that read never wait. Threads that write wait for each other. Equal selectors are stored
    only once.

    :param selectors: the initial selectors, by name; names may be any hashable objects.
    """

    __slots__ = ("_lock", "_write_interrupted")

    def __init__(
        self,
        selectors: Mapping[Name, Selector | AnyOf] | Iterable[tuple[Name, Selector | AnyOf]] = (),
    ) -> None:
        self._lock = ThreadLock()
        self._write_interrupted: bool = False
        store: SelectorStore[Name] = SelectorStore()
        for name, selector in dict(selectors).items():
            store.add(name, require_condition(selector), None)
        self._view = _whole(store, generation=0)

    def upsert(self, name: Name, selector: Selector | AnyOf) -> _ChangeKind:
        """Replace the selector with this name; if there is none, append ``selector``.

        Return ``"added"``, ``"changed"`` or, if the old selector is equal, ``"unchanged"``. Cost:
        about 20 µs.

        :raises TypeError: if ``selector`` is another type, such as a text.
        """
        return self._lock.run(self._write, {name: require_condition(selector)})[0]

    def remove(self, name: Name, *, missing_ok: bool = False) -> _ChangeKind:
        """Remove the selector with this name; return ``"removed"``. Cost: a few microseconds.

        :param missing_ok: return ``"unchanged"`` instead of an error if no selector has this name.
        :raises KeyError: if no selector has this name and ``missing_ok`` is false.
        """
        return self._lock.run(self._write, {name: None}, missing_ok)[0]

    def apply(self, changes: Mapping[Name, Selector | AnyOf | None]) -> None:
        """Apply several changes as one: readers see all of them or none.

        :param changes: maps names to their new selectors; None removes the selector with the name.
        :raises KeyError: if there is no selector to remove. Then nothing changes.
        """
        if not isinstance(changes, Mapping):
            raise TypeError(f"changes must be a mapping, not {type(changes).__name__}")
        changes = dict(changes)
        for selector in changes.values():
            if selector is not None:
                require_condition(selector)
        self._lock.run(self._write, changes)

    def snapshot(self) -> StandingSnapshot[Name]:
        """Return the current state, for several queries that must see the same selectors.

        Later writes do not change the snapshot. Cost: less than a microsecond.
        """
        return StandingSnapshot(self._view)

    def __reduce__(self) -> NoReturn:
        """Raise ``TypeError``: standing selectors cannot be copied or pickled."""
        raise TypeError(
            "StandingSelectors cannot be copied or pickled: build others of its selectors"
        )

    def _write(
        self, changes: Mapping[Name, Selector | AnyOf | None], missing_ok: bool = False
    ) -> list[_ChangeKind]:
        """Apply all ``changes`` or none; return what each did, such as ``added``."""
        if self._write_interrupted:  # drop what the last write left unfinished
            self._view = _compacted(self._view)
            self._write_interrupted = False
        before = self._view
        for name, selector in changes.items():
            if selector is None and not missing_ok and before.find(name) is None:
                raise KeyError(name)
        self._write_interrupted = True
        store, entries, is_changed = before.store, before.entries.copy(), False
        kinds: list[_ChangeKind] = []
        for name, selector in changes.items():
            replaced = before.find(name)
            kind: _ChangeKind
            if selector is None:
                kind = "unchanged" if replaced is None else "removed"
            elif replaced is None:
                kind = "added"
            else:
                kind = "unchanged" if store.has(replaced, selector) else "changed"
            kinds.append(kind)
            if kind == "unchanged":
                continue
            is_changed = True
            if selector is not None:
                entries.add(store.add(name, selector, replaced))
            if replaced is not None:
                entries.remove(replaced)
                store.dead += len(store.entries_of(replaced))
        if is_changed:
            after = StandingView(store, entries, before.generation + 1)
            is_full = store.dead > max(_MAX_DEAD, len(entries))
            self._view = _compacted(after) if is_full else after
        self._write_interrupted = False
        return kinds


def _whole(store: SelectorStore[Name], generation: int) -> StandingView[Name]:
    """Return a view of ``store`` in which all entries are visible."""
    entries = postings.from_range(0, len(store.names))
    others = store.several - store.firsts(store.several)
    return StandingView(store, entries - others, generation)


def _compacted(view: StandingView[Name]) -> StandingView[Name]:
    return _whole(view.store.compacted(view.entries), view.generation)
