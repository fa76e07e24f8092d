"""Standing selectors that can be changed: the write methods of a collection of named selectors."""

from collections.abc import Iterable, Mapping
from typing import Literal, NoReturn, TypeAlias

from nodeselect.files.thread_lock import ThreadLock
from nodeselect.index import postings
from nodeselect.selectors import AnyOf, Selector
from nodeselect.selectors.selector import require_condition
from nodeselect.standing.selector_store import Name, SelectorStore, StandingView
from nodeselect.standing.snapshot import BaseStanding, StandingSnapshot

_ChangeKind: TypeAlias = Literal["added", "changed", "unchanged", "removed"]

# A write compacts if there are more replaced and removed entries than this, and than selectors.
_MAX_DEAD = 1_024


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
    only once, even if they have several names.

    :param selectors: the initial selectors, by name; names may be any hashable objects.
    :raises TypeError: if a value is neither a :class:`Selector` nor an ``AnyOf``.
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
        about 20 µs, which includes compactions: replaced selectors are dropped from time to time.

        :raises TypeError: if ``selector`` is neither a :class:`Selector` nor an ``AnyOf``; text
            is not parsed here.
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
        :raises KeyError: if there is no selector to remove. In this case, nothing is changed.
        :raises TypeError: if a change is neither a selector nor None. Again, nothing is changed.
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
