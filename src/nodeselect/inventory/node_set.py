"""The answer to a selector: which nodes."""

from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from nodeselect.index import postings
from nodeselect.index.postings import Postings
from nodeselect.inventory.compaction import joined
from nodeselect.inventory.moment import Moment
from nodeselect.inventory.statistics import facet
from nodeselect.inventory.store import Store
from nodeselect.node import Node
from nodeselect.selectors import Selector

__all__ = ["NodeSet", "check_number"]


class _Answer(NamedTuple):
    """A node set, worked out."""

    store: Store
    found: Postings
    moments: tuple[tuple[int, int], tuple[int, int]]
    """The first and the last moment that it may be of, each as its numbers of nodes and deaths."""


class NodeSet:
    """Some nodes of one inventory, at the moment they were asked for. It never changes.

    In inventory order: the order in which the nodes first came in. It is worked out when
    something is first asked of it, which costs some microseconds however many nodes there are
    (see ``docs/inventory.md``); what happens to the inventory meanwhile does not matter.
    """

    __slots__ = ("_known", "_moment", "_selector")

    def __init__(self, moment: Moment, selector: Selector) -> None:
        """Made by ``match``; nobody else makes one."""
        self._moment = moment
        self._selector = selector
        self._known: _Answer | None = None

    def __len__(self) -> int:
        """Give the number of nodes. Cost: that of the set itself, or less."""
        if self._known is None and self._moment.is_settled:
            return self._moment.count(self._selector)
        return len(self._answer.found)

    def __iter__(self) -> Iterator[Node]:
        store, found, _ = self._answer
        return map(store.node, store.in_order(found))

    def __contains__(self, node: object) -> bool:
        """Say whether this very node is in the answer or, for a string, a node with this id.

        Cost: about a microsecond, and a step for each change of this node since.
        """
        answer = self._answer
        if isinstance(node, Node):
            ordinal = _version(answer, node.id)
            return ordinal is not None and answer.store.is_same(ordinal, node)
        return isinstance(node, str) and _version(answer, node) is not None

    def ids(self) -> list[str]:
        """Give the ids in inventory order. Cost: some 15 to 50 ns an id."""
        store, found, _ = self._answer
        return store.ids(found)

    def first(self, n: int) -> list[Node]:
        """Give the first ``n`` nodes in inventory order, or all where there are fewer.

        Cost: that of the nodes returned, where the answer is spread over the inventory; at most
        linear in the answer.

        :raises ValueError: when ``n`` is negative.
        """
        check_number("n", n)
        store, found, _ = self._answer
        return [store.node(ordinal) for ordinal in store.first(found, n)]

    def sample(self, n: int, seed: int) -> list[Node]:
        """Give ``n`` nodes drawn at random, in inventory order, or all where there are fewer.

        Each set of ``n`` is as likely as any other. The same nodes and the same seed give the same
        sample. Cost: linear in the answer, some 50 ns a node.

        :raises ValueError: when ``n`` is negative.
        :raises TypeError: when ``seed`` is no integer; None would draw anew each time.
        """
        check_number("n", n)
        if not isinstance(seed, int):
            raise TypeError(f"a seed is an int, not {type(seed).__name__}")
        from random import Random  # it loads a good deal, which few programs need

        store, found, _ = self._answer
        ordinals = store.in_order(found)
        drawn = Random(seed).sample(range(len(ordinals)), min(n, len(ordinals)))  # noqa: S311
        return [store.node(ordinals[at]) for at in sorted(drawn)]

    def facet(self, key: str) -> dict[str, int]:
        """Count the nodes by their value of ``key``, the most frequent first.

        Nodes without the key are not counted. Cost: an operation on sets for each value of the
        key, or a look at each node where these are fewer.
        """
        if not isinstance(key, str):
            raise TypeError(f"a key is a string, not {type(key).__name__}")
        store, found, _ = self._answer
        counts = facet(store, found, key)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def __and__(self, other: "NodeSet") -> "NodeSet":
        """Take the nodes that both have, as the left one has them."""
        shared = self._shared(other)
        return _made(self._answer.store, shared, self, other)

    def __sub__(self, other: "NodeSet") -> "NodeSet":
        """Take the nodes that only the left one has."""
        store, found, _ = self._answer
        return _made(store, found - self._shared(other), self, other)

    def __or__(self, other: "NodeSet") -> "NodeSet":
        """Take the nodes of both; where both have one, as the left one has it."""
        _check_kind(other)
        shared = other._shared(self)
        store, found, _ = self._answer
        other_store, other_found, _ = other._answer
        if store is other_store:
            return _made(store, found | (other_found - shared), self, other)
        both = joined(store, found, other_store, other_found - shared)
        count = len(both.delta.nodes)
        return _of(_Answer(both, postings.from_range(0, count), ((count, 0), (count, 0))))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NodeSet):
            return NotImplemented
        store, found, _ = self._answer
        other_store, other_found, _ = other._answer
        if store is other_store and found == other_found:
            return True
        if store.family is not other_store.family or len(found) != len(other_found):
            return False
        return {node.id: node for node in self} == {node.id: node for node in other}

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or pickled, however few nodes there are."""
        raise TypeError("a NodeSet is not copied: pass on its ids(), or a list of it")

    def __repr__(self) -> str:
        ids = ", ".join(repr(node.id) for node in self.first(3))
        return f"<NodeSet of {len(self)}: {ids}{', …' if len(self) > 3 else ''}>"

    @property
    def _answer(self) -> _Answer:
        known = self._known
        if known is None:  # two threads may both work it out, to the same end
            moment = self._moment
            now = (moment.nodes, moment.deaths)
            known = self._known = _Answer(moment.store, moment.match(self._selector), (now, now))
        return known

    def _shared(self, other: "NodeSet") -> Postings:
        """Give those ordinals of this set whose nodes are in the other one, in any version."""
        _check_kind(other)
        store, found, (start, stop) = self._answer
        other_store, other_found, (other_start, other_stop) = other._answer
        if store.family is not other_store.family:
            raise ValueError("the two node sets are of different inventories")
        if store is not other_store:
            return _held(self._answer, found, other._answer)
        same = found & other_found
        changed = found & store.delta.changed_ordinals(
            min(start, other_start), max(stop, other_stop)
        )
        return same | _held(self._answer, changed, other._answer) if changed else same


def _held(answer: _Answer, found: Postings, other: _Answer) -> Postings:
    """Give those of ``found``, which are of ``answer``, whose ids stand in the other one.

    Cost: a look-up for each node of the smaller side.
    """
    if len(found) <= len(other.found):
        ordinals = postings.ordinals(found)
        held = [at for at in ordinals if _version(other, answer.store.id(at)) is not None]
        return postings.from_ordinals(held)
    ids = map(other.store.id, postings.ordinals(other.found))
    versions = (_version(answer, node_id) for node_id in ids)
    return postings.from_ordinals(sorted(at for at in versions if at is not None)) & found


def _version(answer: _Answer, node_id: str) -> int | None:
    start, stop = answer.moments
    return answer.store.version(node_id, answer.found, start[0], stop[0])


def _made(store: Store, found: Postings, one: NodeSet, other: NodeSet) -> NodeSet:
    moments: tuple[tuple[int, int], ...] = one._answer.moments
    if other._answer.store is store:  # what another store counts means nothing here
        moments = (*moments, *other._answer.moments)
    return _of(_Answer(store, found, (min(moments), max(moments))))


def _of(answer: _Answer) -> NodeSet:
    made = NodeSet.__new__(NodeSet)
    made._known = answer
    return made


def _check_kind(other: object) -> None:
    if not isinstance(other, NodeSet):
        raise TypeError(f"a NodeSet goes with a NodeSet, not with {type(other).__name__}")


def check_number(name: str, number: int) -> None:
    """Refuse what is no number of nodes.

    :raises TypeError: when it is no integer.
    :raises ValueError: when it is negative.
    """
    if not isinstance(number, int):
        raise TypeError(f"{name} is an int, not {type(number).__name__}")
    if number < 0:
        raise ValueError(f"{name} must not be negative")
