"""Facts about a requirement: why no node satisfies it, or why it excludes none."""

from heapq import nsmallest

from nodeselect.explain.countable import Countable
from nodeselect.explain.vocabulary import Vocabulary
from nodeselect.explain.wording import format_value_counts, nodes_have, short
from nodeselect.selectors import Operator, Requirement
from nodeselect.selectors.charset import parse_int64
from nodeselect.text import quoted

__all__ = ["common_values", "requirement_note"]

# Values of one key above which the most frequent ones say little.
_MAX_VALUES = 1_000

# One more than are shown, to know that there are more.
_COMMON = 4


def requirement_note(
    nodes: Countable, vocabulary: Vocabulary, requirement: Requirement, failing: int, total: int
) -> str | None:
    """Return why a requirement fails for every node or, if it matches absent keys, for none."""
    if failing == total and total:
        return _unsatisfied(nodes, vocabulary, requirement)
    if failing or not total or not requirement.operator.matches_absent:
        return None
    if not nodes.count_with_key(requirement.key):
        reason = f"no node has the label {quoted(requirement.key)}"
    elif len(requirement.values) == 1:
        reason = "no node has this value"
    else:
        reason = "no node has any of these values"
    return f"{short(str(requirement))} excludes nothing: {reason}"


def _unsatisfied(nodes: Countable, vocabulary: Vocabulary, requirement: Requirement) -> str:
    label, operator = quoted(requirement.key), requirement.operator
    count = nodes.count_with_key(requirement.key)
    if not count:
        return f"no node has the label {label}"
    if operator is Operator.DOES_NOT_EXIST:
        return f"every node has the label {label}"
    text = short(str(requirement))
    if operator.matches_absent:
        one_of = "this value" if len(requirement.values) == 1 else "one of these values"
        return f"no node satisfies {text}: every node has {one_of}"
    if operator.is_comparison:
        values = vocabulary.values(nodes, requirement.key)
        if values is not None:
            numbers = [n for value in values.counts if (n := parse_int64(value)) is not None]
            if not numbers:
                return f"no value of the label {label} is an integer"
            return f"the integers of the label {label} range from {min(numbers)} to {max(numbers)}"
    elif common := common_values(nodes, vocabulary, requirement.key):
        return f"no node has {text}; the values of {label}: {format_value_counts(common)}"
    return f"no node has {text}; {nodes_have(count)} other values of {label}"


def common_values(
    nodes: Countable, vocabulary: Vocabulary, key: str
) -> tuple[tuple[str, int], ...]:
    """Return the most frequent values of a key with their numbers of nodes; none if the key has too
    many values."""
    values = vocabulary.values(nodes, key)
    if values is None or len(values.counts) > _MAX_VALUES:
        return ()
    return tuple(nsmallest(_COMMON, values.counts.items(), key=lambda item: (-item[1], item[0])))
