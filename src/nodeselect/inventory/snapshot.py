"""What can be asked of an inventory, whether it changes or not."""

from collections.abc import Iterator
from typing import NoReturn

from nodeselect.explain.compute import explain, explain_node
from nodeselect.explain.explanation import Explanation, NodeExplanation
from nodeselect.index.planner import Plan
from nodeselect.inventory.moment import Moment
from nodeselect.inventory.node_set import NodeSet, check_number
from nodeselect.node import Node
from nodeselect.selectors import Selector

__all__ = ["Reading", "Snapshot"]


class Reading:
    """The questions that both an inventory and a snapshot of it answer.

    Each question is answered for one moment, whatever other threads write meanwhile, and never
    waits for them.
    """

    __slots__ = ("_moment",)

    _moment: Moment
    """What is seen. Where it changes, it is replaced as a whole: read it once for a question."""

    @property
    def generation(self) -> int:
        """How many writes have changed something. Two moments of one inventory with the same
        generation hold the same nodes."""
        return self._moment.generation

    def match(self, selector: Selector) -> NodeSet:
        """Give the nodes that ``selector`` takes, as they are at this moment.

        Cost: some microseconds, with a plan that is kept for the selector (``docs/inventory.md``).

        :raises TypeError: when ``selector`` is no :class:`Selector`; a text is not parsed here.
        """
        return NodeSet(self._moment, _checked(selector))

    def plan(self, selector: Selector) -> Plan | None:
        """Give the steps by which ``selector`` is answered; ``explain()`` of them is a text.

        The plan is that over the indexed nodes; what has changed since they were indexed is asked
        besides. None where nothing is indexed yet: few nodes, or all came in as changes.
        """
        segment, selector = self._moment.store.segment, _checked(selector)
        return None if segment is None else segment.plan(selector)

    def explain(self, selector: Selector, *, examples: int = 3) -> Explanation:
        """Count why nodes match ``selector``, and why not the others.

        ``str()`` of it is a text for people, ``as_dict()`` is for JSON. Cost: a few operations on
        sets for each requirement; where an id or a value is unknown, a look at what there is.
        Half of it are the examples.

        :param examples: how many nodes are named of each of the ten largest reasons; 0 names none,
            nor the nearest nodes, for who wants the numbers and the headline alone.
        :raises TypeError: when ``selector`` is no :class:`Selector`, or ``examples`` no integer.
        :raises ValueError: when ``examples`` is negative.
        """
        check_number("examples", examples)
        return explain(self._moment, _checked(selector), examples)

    def explain_node(self, selector: Selector, node_id: str) -> NodeExplanation:
        """Say of one node which requirements of ``selector`` it satisfies. Cost: some 10 µs.

        :raises KeyError: when there is no node with this id.
        :raises TypeError: when ``selector`` is no :class:`Selector`.
        """
        return explain_node(self._moment, _checked(selector), node_id)

    def __len__(self) -> int:
        return self._moment.length

    def __iter__(self) -> Iterator[Node]:
        moment = self._moment
        return map(moment.store.node, moment.store.in_order(moment.everything()))

    def __contains__(self, node: object) -> bool:
        """Say whether this very node is there or, for a string, a node with this id."""
        moment = self._moment
        if isinstance(node, Node):
            ordinal = moment.find(node.id)
            return ordinal is not None and moment.store.is_same(ordinal, node)
        return isinstance(node, str) and moment.find(node) is not None

    def __getitem__(self, node_id: str) -> Node:
        """Give the node with this id. Cost: some microseconds.

        :raises KeyError: when there is none.
        """
        moment = self._moment
        ordinal = moment.find(node_id)
        if ordinal is None:
            raise KeyError(node_id)
        return moment.store.node(ordinal)

    def memory(self) -> dict[str, int]:
        """Give about the memory held, in bytes, by part.

        ``changes`` counts each node as if it shared no string with another one. Cost: a look at
        every id. Strings that the caller holds too are counted as well.
        """
        return self._moment.store.bytes()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} nodes>"


class Snapshot(Reading):
    """An inventory at one moment. It never changes, and costs nothing to keep for a while.

    Made by :meth:`Inventory.snapshot`. It keeps the store of its moment alive: after a compaction
    of the inventory, that is a second copy of the nodes.
    """

    __slots__ = ()

    def __init__(self, moment: Moment) -> None:
        """Made by ``Inventory.snapshot``; nobody else makes one."""
        self._moment = moment

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or pickled, however few nodes there are."""
        raise TypeError("a Snapshot is not copied: pass on a list of it")


def _checked(selector: Selector) -> Selector:
    if not isinstance(selector, Selector):
        hint = "; Selector.parse makes one of a text" if isinstance(selector, str) else ""
        raise TypeError(f"this takes a Selector, not {type(selector).__name__}{hint}")
    return selector
