"""Group nodes by the exact set of requirements they fail, with set operations only.

The index finds the set of nodes that satisfy each requirement; groups are intersections and
differences of these sets. Most groups are only counted: to name a few of the nodes of a group, a
few candidates are tested.
"""

from collections.abc import Collection, Mapping, Sequence

from nodeselect.explain.countable import MAX_GROUPS, FailureCounts, Positions, largest_groups
from nodeselect.explain.explanation import NearMiss
from nodeselect.index import postings
from nodeselect.index.postings import Postings
from nodeselect.inventory.store import View
from nodeselect.selectors import Selector


class FailureGroups:
    """The nodes of an inventory, grouped by the exact set of requirements that they fail.

    It implements :class:`nodeselect.explain.Failures`.
    """

    __slots__ = ("_everything", "_passing", "_sets", "_view", "counts")

    def __init__(self, view: View, everything: Postings, requirements: Sequence[Selector]) -> None:
        """Split the nodes into groups, by one requirement after the other.

        If there are too many groups, the smallest of those that fail several requirements are
        dropped. For the last requirement, groups are only counted, not built as sets.

        :param view: the state of the inventory.
        :param everything: the ordinals (numbers in the index) of the nodes to group.
        """
        self._view = view
        self._everything = everything
        passing = self._passing = [view.evaluate(requirement) for requirement in requirements]
        total = len(everything)
        if total < len(view):
            passing[:] = [nodes & everything for nodes in passing]
        sets: dict[Positions, Postings] = {(): everything}
        groups: dict[Positions, int] = {(): total}
        remaining: list[int] = []
        for position, passed in enumerate(passing[:-1]):
            sets = _split(sets, position, passed)
            if len(sets) > MAX_GROUPS:
                sizes = {failed: len(nodes) for failed, nodes in sets.items()}
                sets = {failed: sets[failed] for failed in largest_groups(sizes)}
            remaining.append(len(sets.get((), ())))
        self._sets = sets
        if passing:
            groups = largest_groups(_split_sizes(sets, len(passing) - 1, passing[-1]))
            remaining.append(groups.get((), 0))
        ungrouped = total - sum(groups.values())
        matched = groups.pop((), 0)
        self.counts = FailureCounts(
            total,
            matched,
            dict(sorted(groups.items(), key=lambda group: (-group[1], group[0]))),
            ungrouped,
            failing=tuple(total - len(passed) for passed in passing),
            remaining=tuple(remaining),
            failing_only_this=tuple(groups.get((at,), 0) for at in range(len(passing))),
        )

    def state_counts(self) -> Mapping[str | None, int]:
        """Count the nodes that match, by their state; the most frequent state comes first."""
        return self._view.store.state_counts(self._members(self._everything, ()))

    def example_ids(self, failed: Positions, limit: int) -> Sequence[str]:
        """Return the first ids of the nodes that fail exactly the requirements at ``failed``."""
        store = self._view.store
        size = self.counts.groups[failed]
        found = store.candidates_for_first(size, lambda nodes: self._members(nodes, failed), limit)
        return store.ids(found, limit)

    def nearest(self, limit: int) -> Sequence[NearMiss]:
        """Return up to ``limit`` of the non-matching nodes that fail the fewest requirements."""
        nearest = self.counts.nearest_groups()

        def among(candidates: Postings) -> Postings:
            return postings.union([self._members(candidates, failed) for failed in nearest])

        store, size = self._view.store, sum(nearest.values())
        misses = []
        for ordinal in store.in_order(store.candidates_for_first(size, among, limit), limit):
            failed = (at for at, passed in enumerate(self._passing) if ordinal not in passed)
            misses.append(NearMiss(store.node(ordinal).id, tuple(failed)))
        return misses

    def count_if_replaced(
        self, positions: Collection[int], replacements: Sequence[Selector]
    ) -> int:
        """Count the nodes that would match if some requirements were replaced."""
        first, *others = map(self._view.evaluate, replacements)
        others += [
            passed for position, passed in enumerate(self._passing) if position not in positions
        ]
        return postings.evaluate_size(first, [first, *others], ())

    def _members(self, candidates: Postings, failed: Positions) -> Postings:
        """Return those of ``candidates`` that fail exactly the requirements at ``failed``.

        If ``failed`` is empty, these are the nodes that match.
        """
        last = len(self._passing) - 1
        fails_last = failed[-1:] == (last,)
        nodes = self._sets.get(failed[:-1] if fails_last else failed)
        if nodes is None:
            return postings.from_ordinals(())
        candidates = candidates & nodes
        if last < 0:
            return candidates
        passed = self._passing[last]
        return candidates - passed if fails_last else candidates & passed


def _split(
    sets: Mapping[Positions, Postings], position: int, passed: Postings
) -> dict[Positions, Postings]:
    groups = {}
    for failed, nodes in sets.items():
        if passing := nodes & passed:
            groups[failed] = passing
        if failing := nodes - passed:
            groups[*failed, position] = failing
    return groups


def _split_sizes(
    sets: Mapping[Positions, Postings], position: int, passed: Postings
) -> dict[Positions, int]:
    """Split each group by one more requirement; return only the sizes of the new groups.

    :param sets: the nodes of each group, by the positions of the requirements that they fail.
    :param position: that of the requirement.
    :param passed: the nodes that satisfy it.
    """
    sizes = {}
    for failed, nodes in sets.items():
        if passing := postings.intersection_size(nodes, passed):
            sizes[failed] = passing
        if failing := len(nodes) - passing:
            sizes[*failed, position] = failing
    return sizes
