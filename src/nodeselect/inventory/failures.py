"""The nodes by what they fail: how many fail which requirements together.

Nodes are sets, and requirements the sets of the nodes that satisfy them. A group are the nodes that
fail the same requirements and no others. It is counted, and not made: whoever wants to see some of
its nodes asks which among a few are in it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from nodeselect.inventory import postings
from nodeselect.inventory.postings import Postings

__all__ = ["MOST_GROUPS", "Failed", "Failures"]

MOST_GROUPS = 256
"""Groups that are told apart; many requirements on many nodes have more."""

_COUNTED = 3
"""Requirements, the last ones, that part no set: the sets of what satisfies them are fewer than
those of what fails them (``benchmarks/test_explain.py``)."""

Failed: TypeAlias = tuple[int, ...]
"""The places of the requirements that some nodes fail: of just these."""


class Failures:
    """Nodes, counted by what they fail."""

    __slots__ = (
        "_early",
        "_everything",
        "_passing",
        "_sets",
        "groups",
        "left",
        "lumped",
        "matched",
    )

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
        match. The last few requirements part no set any more: how many nodes fail which of them is
        counted.

        :param passing: for each requirement the nodes that satisfy it.
        """
        self._everything = everything
        self._passing = passing
        self._early = max(0, len(passing) - _COUNTED)
        self._sets: dict[Failed, Postings] = {(): everything}
        self.groups = {}
        self.lumped, self.left = 0, []
        for place, passed in enumerate(passing[: self._early]):
            self._sets = _parted(self._sets, place, passed)
            self.groups = {failed: len(nodes) for failed, nodes in self._sets.items()}
            for failed in self._give_up():
                del self._sets[failed]
            self.left.append(self.groups.get((), 0))
        self._count(passing[self._early :])
        self._give_up()
        self.matched = self.groups.pop((), 0)

    def _count(self, late: Sequence[Postings]) -> None:
        """Count what the sets come to when they are parted by the last requirements too."""
        self.groups = {}
        fails = [
            tuple(self._early + at for at in range(len(late)) if not mask >> at & 1)
            for mask in range(1 << len(late))
        ]
        left = [0] * (1 << len(late))
        for failed, nodes in self._sets.items():
            counts = _satisfying(nodes, late)
            if not failed:
                left = counts.copy()
            _take_those_of_more(counts)
            for others, count in zip(fails, counts, strict=True):
                if count:
                    self.groups[failed + others] = count
        self.left += (left[(2 << at) - 1] for at in range(len(late)))

    def _give_up(self) -> list[Failed]:
        """Give the groups up that are too many."""
        groups = self.groups
        if len(groups) <= MOST_GROUPS:
            return []
        ranked = sorted(groups, key=lambda failed: (bool(failed), -groups[failed], failed))
        too_many = ranked[MOST_GROUPS:]
        self.lumped += sum(map(groups.pop, too_many))
        return too_many

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
            only.append(len(without) - postings.intersection(without, passed))
            before = before & passed
        return only

    def failed(self, ordinal: int) -> Failed:
        """Give what one node fails."""
        passing = enumerate(self._passing)
        return tuple(place for place, passed in passing if ordinal not in passed)

    def among(self, some: Postings, failed: Failed) -> Postings:
        """Give those of ``some`` nodes that are in a group; () is that of the nodes that match."""
        early = tuple(place for place in failed if place < self._early)
        if early not in self._sets:  # none is left of these
            return postings.of(())
        takes: list[Postings] = [some, self._sets[early]]
        drops: list[Postings] = []
        for place, passed in enumerate(self._passing[self._early :], self._early):
            (drops if place in failed else takes).append(passed)
        return postings.taken(some, takes, drops)

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


def _satisfying(nodes: Postings, late: Sequence[Postings]) -> list[int]:
    """Count the nodes that satisfy some of the requirements, whatever they do to the others.

    The number at ``mask`` is of those whose bits it has.
    """
    if not late:
        return [len(nodes)]
    satisfy = [nodes]
    for passed in late[:-1]:
        satisfy += [each & passed for each in satisfy]
    return [*map(len, satisfy), *(postings.intersection(each, late[-1]) for each in satisfy)]


def _take_those_of_more(counts: list[int]) -> None:
    """Make numbers of nodes that satisfy some requirements numbers of those that fail the others.

    From the number of each combination those of the combinations with one more are taken away, one
    requirement after the other.
    """
    bit = 1
    while bit < len(counts):
        for mask in range(len(counts)):
            if not mask & bit:
                counts[mask] -= counts[mask | bit]
        bit *= 2
