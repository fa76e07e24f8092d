"""Mappings that never change, of which a changed copy shares almost everything with the first."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Generic, TypeAlias, TypeVar

_V = TypeVar("_V")

# The entries are in dictionaries at the ends of a tree, which follow from the hash of the key. Of a
# million entries, each has 15: a change copies one of them, and the three lists on the way to it.
_ROOT, _BRANCH, _TWIG = 64, 32, 32

_Leaf: TypeAlias = dict[str, Any]
_NO_LEAVES: Final[list[_Leaf]] = [{}] * _TWIG
_NO_TWIGS: Final[list[list[_Leaf]]] = [_NO_LEAVES] * _BRANCH
_NO_BRANCHES: Final[list[list[list[_Leaf]]]] = [_NO_TWIGS] * _ROOT


class PersistentMap(Generic[_V]):
    """A mapping of strings to values other than None. Immutable, so that any thread may read it."""

    __slots__ = ("_root", "_size")

    def __init__(self) -> None:
        self._root = _NO_BRANCHES
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def get(self, key: str) -> _V | None:
        """Return the value of ``key``, or None. Cost: 0.2 µs."""
        at = hash(key)
        leaf = self._root[at % _ROOT][at // _ROOT % _BRANCH][at // (_ROOT * _BRANCH) % _TWIG]
        return leaf.get(key)

    def to_dict(self) -> dict[str, _V]:
        """Return the entries, in no particular order."""
        entries: dict[str, _V] = {}
        for leaf, _ in self._changed_leaves(PersistentMap()):
            entries.update(leaf)
        return entries

    def updated(self, changes: Mapping[str, _V | None]) -> "PersistentMap[_V]":
        """Return a map with these entries; where the value is None, without one.

        Cost: 2 µs for each entry.
        """
        result = PersistentMap[_V]()
        root = result._root = self._root.copy()
        if len(changes) > 1:
            own = set[int]()  # the lists and leaves that are copies
        size = self._size
        for key, value in changes.items():
            at = hash(key)
            number, of_branch = at % _ROOT, at // _ROOT % _BRANCH
            branch = root[number]
            if branch is self._root[number]:
                branch = root[number] = branch.copy()
            twig, of_twig = branch[of_branch], at // (_ROOT * _BRANCH) % _TWIG
            leaf = twig[of_twig]
            if len(changes) == 1:
                twig = branch[of_branch] = twig.copy()
                leaf = twig[of_twig] = leaf.copy()
            else:
                if id(twig) not in own:
                    twig = branch[of_branch] = twig.copy()
                    own.add(id(twig))
                if id(leaf) not in own:
                    leaf = twig[of_twig] = leaf.copy()
                    own.add(id(leaf))
            size -= len(leaf)
            if value is not None:
                leaf[key] = value
            elif leaf.pop(key, None) is not None and not leaf:
                twig[of_twig] = _NO_LEAVES[0]
            size += len(leaf)
        result._size = size
        return result if size else PersistentMap[_V]()

    def differences(self, other: "PersistentMap[_V]", limit: int) -> list[str] | None:
        """Return the keys whose values are not the same objects; None if they are over ``limit``.

        Cost: 5 µs for each of them, however many entries there are.
        """
        keys: list[str] = []
        for leaf, old in self._changed_leaves(other):
            keys += [key for key, value in leaf.items() if old.get(key) is not value]
            keys += [key for key in old if key not in leaf]
            if len(keys) > limit:
                return None
        return keys

    def _changed_leaves(self, other: "PersistentMap[_V]") -> Iterator[tuple[_Leaf, _Leaf]]:
        """Yield the leaves that are not those of another map, each with that of the other."""
        for branch, old in zip(self._root, other._root, strict=True):
            if branch is not old:
                for twig, old_twig in zip(branch, old, strict=True):
                    if twig is not old_twig:
                        for leaf, old_leaf in zip(twig, old_twig, strict=True):
                            if leaf is not old_leaf:
                                yield leaf, old_leaf
