"""The answer to a node: the names of selectors."""

from collections.abc import Iterable, Iterator, Set
from typing import NoReturn, TypeVar

from nodeselect.index.postings import Postings
from nodeselect.standing.selector_store import Name, StandingView

_Other = TypeVar("_Other")


class NameSet(Set[Name]):
    """The names of some selectors, such as those that match a node. Later changes do not affect it.

    Names are in the order in which they were first added. It can be used like a set; ``&``, ``|``,
    ``-`` and ``^`` return a ``frozenset``.
    """

    __slots__ = ("_entries", "_view")

    def __init__(self, view: StandingView[Name], entries: Postings) -> None:
        """Internal: ``matching`` and ``changes`` return sets."""
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
        """Return the names in order. Cost: about 15 to 50 ns a name."""
        return self._view.store.names_of(self._entries)

    @classmethod
    def _from_iterable(cls, names: Iterable[_Other]) -> frozenset[_Other]:
        return frozenset(names)

    def __reduce__(self) -> NoReturn:
        """Raise ``TypeError``: a copy would contain all selectors, however small the set."""
        raise TypeError("a NameSet cannot be copied or pickled: use its names()")

    def __repr__(self) -> str:
        names = ", ".join(map(repr, self.names()[:3]))
        return f"<NameSet of {len(self)}: {names}{', …' if len(self) > 3 else ''}>"
