"""What is to be known of a requirement beside its numbers: facts, not guesses."""

from collections.abc import Sequence
from heapq import nsmallest

from nodeselect.index.postings import Postings
from nodeselect.inventory import statistics as counting
from nodeselect.inventory.view import View
from nodeselect.selectors import Operator, Requirement, Selector
from nodeselect.selectors.charset import parse_int64
from nodeselect.text import quoted

__all__ = ["common_values", "have_of", "listed", "note_of"]

_FEW = 1_000
"""Values of one key up to which the most frequent are told; more tell nodes apart."""

_TOLD = 3


def note_of(view: View, everything: Postings, part: Selector, passed: Postings) -> str | None:
    """Say why a requirement takes no node, or leaves none out."""
    if not part.requirements or not everything:
        return None
    (requirement,) = part.requirements
    if passed:
        if len(passed) < len(everything) or not requirement.operator.matches_absent:
            return None
        return _leaves_none_out(view, everything, requirement)
    return _takes_none(view, everything, requirement)


def _leaves_none_out(view: View, everything: Postings, requirement: Requirement) -> str:
    if not counting.carriers(view.store, everything, requirement.key):
        return "no node has this label, so it leaves none out"
    such = "such a value" if len(requirement.values) == 1 else "any of these values"
    return f"no node has {such}, so it leaves none out"


def _takes_none(view: View, everything: Postings, requirement: Requirement) -> str:
    key, operator = requirement.key, requirement.operator
    nodes = counting.carriers(view.store, everything, key)
    if not nodes:
        return "no node has this label"
    if operator is Operator.DOES_NOT_EXIST:
        return "every node has this label"
    if operator.matches_absent:
        return "every node has this label with such a value"
    have = f"{have_of(nodes)} the label"
    if not operator.is_comparison:
        only = "this value" if len(requirement.values) == 1 else "any of these values"
        values = common_values(view, key)
        return f"no node has {only} ({have}{f': {listed(values)}' if values else ''})"
    known = view.vocabulary.values(key)
    if known is None:
        return f"no node has such a number ({have})"
    numbers = [number for value in known.counts if (number := parse_int64(value)) is not None]
    if not numbers:
        return "no value of this label is a whole number"
    return f"the numbers of this label go from {min(numbers)} to {max(numbers)}"


def common_values(view: View, key: str) -> tuple[tuple[str, int], ...]:
    """Give the most frequent values of a key, and how many nodes have each.

    None where there are so many that none of them says much; one more than :func:`listed` tells,
    where there are more.
    """
    known = view.vocabulary.values(key, _FEW)
    if known is None:
        return ()
    return tuple(nsmallest(_TOLD + 1, known.counts.items(), key=lambda each: (-each[1], each[0])))


def listed(values: Sequence[tuple[str, int]]) -> str:
    """Tell values, each with its number of nodes."""
    some = ", ".join(f"{quoted(value, 30)} ({nodes:,})" for value, nodes in values[:_TOLD])
    return some + (", …" if len(values) > _TOLD else "")


def have_of(nodes: int) -> str:
    """Say how many nodes have something."""
    return f"{nodes:,} {'node has' if nodes == 1 else 'nodes have'}"
