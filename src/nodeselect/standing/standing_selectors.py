"""Live standing selectors: selectors by name, and the methods that change them."""

from collections.abc import Iterable, Mapping
from typing import Literal, NoReturn, TypeAlias

from nodeselect.files.thread_lock import ThreadLock
from nodeselect.index import postings
from nodeselect.selectors import Selector
from nodeselect.selectors.selector import require_selector
from nodeselect.standing.selector_store import Name, SelectorStore, StandingView
from nodeselect.standing.snapshot import BaseStanding, StandingSnapshot

_ChangeKind: TypeAlias = Literal["added", "changed", "unchanged", "removed"]

# A write compacts if there are more replaced and removed entries than this, and than selectors.
_MAX_DEAD = 1_024


class StandingSelectors(BaseStanding[Name]):
    """A collection of selectors, each with a name, that finds those which match a node.

    >>> from nodeselect import Node
    >>> standing = StandingSelectors({"train": Selector.parse("gpu")})
    >>> standing.upsert("web", Selector.parse("!gpu"))
    'added'
    >>> standing.upsert("batch", Selector.parse("gpu>2"))
    'added'
    >>> standing.matching(Node("n-1", {"gpu": "4"})).names()
    ['train', 'batch']

    Any thread may read at any time, and never waits. Threads that write wait for each other. Equal
    selectors are stored once, however many names they have.

    :param selectors: the first selectors, each under its name; names may be any hashable values.
    :raises TypeError: if a value is not a :class:`Selector`.
    """

    __slots__ = ("_lock", "_write_interrupted")

    def __init__(
        self, selectors: Mapping[Name, Selector] | Iterable[tuple[Name, Selector]] = ()
    ) -> None:
        self._lock = ThreadLock()
        self._write_interrupted: bool = False
        store: SelectorStore[Name] = SelectorStore()
        for name, selector in dict(selectors).items():
            store.add(name, require_selector(selector), None)
        self._view = _whole(store, generation=0)

    def upsert(self, name: Name, selector: Selector) -> _ChangeKind:
        """Replace the selector that has this name; if there is none, append ``selector``.

        Return ``"added"``, ``"changed"`` or, if the two are equal, ``"unchanged"``. Cost: about
        20 µs, including the compactions that become necessary after many writes.

        :raises TypeError: if ``selector`` is not a :class:`Selector`; text is not parsed here.
        """
        return self._lock.run(self._write, {name: require_selector(selector)})[0]

    def remove(self, name: Name, *, missing_ok: bool = False) -> _ChangeKind:
        """Remove the selector with this name; return ``"removed"``. Cost: a few microseconds.

        :param missing_ok: whether to return ``"unchanged"`` if no selector has this name.
        :raises KeyError: if no selector has this name, unless ``missing_ok`` is true.
        """
        return self._lock.run(self._write, {name: None}, missing_ok)[0]

    def apply(self, changes: Mapping[Name, Selector | None]) -> None:
        """Apply several changes as one: readers see all of them or none.

        :param changes: for each name the selector to add or replace, or None to remove the selector
            with this name.
        :raises KeyError: if a selector is to be removed that does not exist. Then nothing changes.
        :raises TypeError: if a change is neither a selector nor None. Then nothing changes.
        """
        if not isinstance(changes, Mapping):
            raise TypeError(f"changes must be a mapping, not {type(changes).__name__}")
        changes = dict(changes)
        for selector in changes.values():
            if selector is not None:
                require_selector(selector)
        self._lock.run(self._write, changes)

    def snapshot(self) -> StandingSnapshot[Name]:
        """Return the current state, for several queries that must see the same selectors.

        It never changes, whatever is written afterwards. Cost: less than a microsecond.
        """
        return StandingSnapshot(self._view)

    def __reduce__(self) -> NoReturn:
        """Raise ``TypeError``: standing selectors cannot be copied or pickled."""
        raise TypeError(
            "StandingSelectors cannot be copied or pickled: build others of its selectors"
        )

    def _write(
        self, changes: Mapping[Name, Selector | None], missing_ok: bool = False
    ) -> list[_ChangeKind]:
        """Apply all of ``changes`` or none; return what each did. Their types have been checked."""
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
        if is_changed:
            after = StandingView(store, entries, before.generation + 1)
            dead = len(store.names) - len(entries)
            self._view = _compacted(after) if dead > max(_MAX_DEAD, len(entries)) else after
        self._write_interrupted = False
        return kinds


def _whole(store: SelectorStore[Name], generation: int) -> StandingView[Name]:
    """Return the view of a store in which all its entries are visible."""
    return StandingView(store, postings.from_range(0, len(store.names)), generation)


def _compacted(view: StandingView[Name]) -> StandingView[Name]:
    return _whole(view.store.compacted(view.entries), view.generation)
