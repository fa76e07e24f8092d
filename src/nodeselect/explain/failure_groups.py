"""The nodes by what they fail: how many fail which requirements together.

Nodes are sets, and requirements the sets of the nodes that satisfy them. A group are the nodes that
fail the same requirements and no others. It is counted, and not made: whoever wants to see some of
its nodes asks which among a few are in it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from nodeselect.index import postings
from nodeselect.index.postings import Postings

__all__ = ["MOST_GROUPS", "Failed", "Failures"]

MOST_GROUPS = 256
"""Groups that are told apart; many requirements on many nodes have more."""

Failed: TypeAlias = tuple[int, ...]
"""The places of the requirements that some nodes fail: of just these."""


class Failures:
    """Nodes, counted by what they fail."""

    __slots__ = ("_everything", "_passing", "_sets", "groups", "left", "lumped", "matched")

    groups: dict[Failed, int]
    """How many nodes fail what; those that fail nothing are not among them."""
    left: list[int]
    """For each requirement how many nodes satisfy it and all before it."""
    lumped: int
    """How many nodes are in no group, because there were too many."""
    matched: int
    """How many nodes fail nothing."""

    def __init__(self, everything: Postings, passing: Sequence[Postings]) -> None:
        """Part the nodes, one requirement after the other.

        Where there come to be too many groups, the smallest are given up; never the nodes that
        match. Into how many the last requirement parts a group is counted, without parting it.

        :param passing: for each requirement the nodes that satisfy it.
        """
        self._everything = everything
        self._passing = passing
        self._sets: dict[Failed, Postings] = {(): everything}
        self.groups = {(): len(everything)}
        self.lumped, self.left = 0, []
        for place, passed in enumerate(passing[:-1]):
            self._sets = _parted(self._sets, place, passed)
            if len(self._sets) > MOST_GROUPS:
                sizes = {failed: len(nodes) for failed, nodes in self._sets.items()}
                self._sets = {failed: self._sets[failed] for failed in self._kept(sizes)}
            self.left.append(len(self._sets.get((), ())))
        if passing:
            self.groups = self._kept(_counted(self._sets, len(passing) - 1, passing[-1]))
            self.left.append(self.groups.get((), 0))
        self.matched = self.groups.pop((), 0)

    def _kept(self, sizes: dict[Failed, int]) -> dict[Failed, int]:
        """Give the groups up that are too many; give the others."""
        if len(sizes) <= MOST_GROUPS:
            return sizes
        ranked = sorted(sizes, key=lambda failed: (bool(failed), -sizes[failed], failed))
        self.lumped += sum(map(sizes.__getitem__, ranked[MOST_GROUPS:]))
        return {failed: sizes[failed] for failed in ranked[:MOST_GROUPS]}

    def only(self) -> list[int]:
        """Count, for each requirement, the nodes that fail it and nothing else."""
        if not self.lumped:
            return [self.groups.get((place,), 0) for place in range(len(self._passing))]
        behind = [self._everything]  # behind[-1 - i]: what satisfies the last i requirements
        for passed in reversed(self._passing):
            behind.append(behind[-1] & passed)
        before, only = self._everything, []
        for place, passed in enumerate(self._passing):
            without = before & behind[-2 - place]
            only.append(len(without) - postings.intersection_size(without, passed))
            before = before & passed
        return only

    def failed(self, ordinal: int) -> Failed:
        """Give what one node fails."""
        passing = enumerate(self._passing)
        return tuple(place for place, passed in passing if ordinal not in passed)

    def among(self, some: Postings, failed: Failed) -> Postings:
        """Give those of ``some`` nodes that are in a group; () is that of the nodes that match."""
        last = len(self._passing) - 1
        by_last = failed[-1:] == (last,)
        nodes = self._sets.get(failed[:-1] if by_last else failed)
        if nodes is None:  # there are none
            return postings.from_ordinals(())
        some = some & nodes
        if last < 0:
            return some
        return some - self._passing[last] if by_last else some & self._passing[last]

    def nearest(self) -> tuple[int, Callable[[Postings], Postings]]:
        """Give how many nodes fail the fewest requirements, and what finds them among some."""
        if self.lumped:  # they may be in groups that were given up
            nodes = self._failing_fewest()
            return len(nodes), nodes.__and__
        fewest = min(map(len, self.groups), default=0)
        groups = [failed for failed in self.groups if len(failed) == fewest]

        def among(some: Postings) -> Postings:
            return postings.union([self.among(some, failed) for failed in groups])

        return sum(map(self.groups.__getitem__, groups)), among

    def _failing_fewest(self) -> Postings:
        """Give the nodes that fail the fewest requirements, whatever these are.

        What each node fails is counted in binary digits, all nodes at once: a digit is the set of
        nodes whose number has it. Cost: about three operations on sets for each requirement.
        """
        nearest = self._everything - self.among(self._everything, ())
        digits: list[Postings] = []
        for passed in self._passing:
            carried = nearest - passed
            for at, digit in enumerate(digits):
                digits[at], carried = digit ^ carried, digit & carried
                if not carried:
                    break
            if carried:
                digits.append(carried)
        for digit in reversed(digits):
            nearest = nearest - digit or nearest
        return nearest


def _parted(
    sets: Mapping[Failed, Postings], place: int, passed: Postings
) -> dict[Failed, Postings]:
    parted = {}
    for failed, nodes in sets.items():
        if both := nodes & passed:
            parted[failed] = both
        if only := nodes - passed:
            parted[(*failed, place)] = only
    return parted


def _counted(sets: Mapping[Failed, Postings], place: int, passed: Postings) -> dict[Failed, int]:
    """Give the lengths of what :func:`_parted` gives."""
    counts = {}
    for failed, nodes in sets.items():
        if both := postings.intersection_size(nodes, passed):
            counts[failed] = both
        if only := len(nodes) - both:
            counts[(*failed, place)] = only
    return counts
