"""The read methods of standing selectors, snapshots, and the sets of names that they return."""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Generic, NoReturn, TypeVar

from nodeselect.index import postings
from nodeselect.index.postings import Postings
from nodeselect.node import Node, copy_labels, require_node
from nodeselect.selectors import AnyOf, Selector
from nodeselect.standing.explanation import StandingExplanation, explain
from nodeselect.standing.selector_store import Name, StandingView, Values
from nodeselect.text import to_exact_str

_Other = TypeVar("_Other")


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

        >>> from nodeselect import Selector, StandingSelectors
        >>> standing = StandingSelectors({"train": Selector.parse("gpu")})
        >>> standing.matching(Node("n-1", {"gpu": "a100"})).names()
        ['train']
        >>> standing.matching({"gpu": "a100"}).names()
        ['train']

        Cost: tens of microseconds for 100,000 selectors (``docs/standing.md``).

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

    Create it with :meth:`StandingSelectors.snapshot`.
    """

    __slots__ = ()

    def __init__(self, view: StandingView[Name]) -> None:
        """Internal: only ``StandingSelectors.snapshot`` creates snapshots."""
        self._view = view

    def __reduce__(self) -> NoReturn:
        """Raise ``TypeError``: a snapshot cannot be copied or pickled."""
        raise TypeError("a StandingSnapshot cannot be copied or pickled: pickle its selectors")


def _values(node: Node | Mapping[str, str], node_id: str | None = None) -> Values:
    """Return a mapping of the labels of a node, with its id, if known, under the key None."""
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
