"""Rules about the nodes that a job matches, for checks that know the nodes."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from nodeselect.documents import Value
from nodeselect.findings.rule import Finding, Findings, Hint, rule
from nodeselect.problem import Path
from nodeselect.selectors import AnyOf, Selector
from nodeselect.text import pluralize, printable

if TYPE_CHECKING:
    from nodeselect.placement import Placement


class NodeCount(NamedTuple):
    """How many nodes a job matches.

    :param matching: how many nodes match.
    :param total: the number of nodes.
    :param required: how many nodes must match.
    :param hint: why others do not match.
    :param suspect: a label that is probably misspelt, and how nodes spell it.
    :param replaced: texts of requirements that ``hint`` replaces.
    :param possible: how many match with tolerations that the API server may add.
    :param is_undecided: whether rules between pods may exclude some of them.
    """

    matching: int
    total: int
    required: int = 1
    hint: Hint = None
    suspect: str = ""
    replaced: tuple[str, ...] = ()
    possible: int = 0
    is_undecided: bool = False


CountNodes: TypeAlias = Callable[["Selector | AnyOf | Placement"], NodeCount]
"""Returns how many nodes match."""


_rule = partial(rule, "nodes")


def check_nodes(name: str, place: Value, path: Path, found: NodeCount) -> Findings:
    """Yield what is wrong with the number of nodes that the condition at ``place`` matches."""
    if found.matching < found.required:
        yield _no_node(printable(name), place, path, found)
    elif found.suspect:
        yield _suspect_label(place, path, found)
    elif found.matching == found.total > 1 and not found.is_undecided:
        yield _every_node(printable(name), place, path, found)


@_rule(
    "no-node",
    "no node matches, or fewer than --min",
    "The job would be accepted, and its pods or executions would stay pending. Only with -n."
    " A warning if the API server may add the tolerations that are missing.",
)
def _no_node(name: str, place: Value, path: Path, found: NodeCount) -> Finding:
    matching = f"{found.matching:,}" if found.matching else "none"
    message = f"{name} matches {matching} of {pluralize(found.total, 'node')}"
    if found.required > 1:
        message += f"; at least {found.required:,} are required"
    if found.possible < found.required:
        return Finding(place, path, message, found.hint)
    message += f"; {found.possible:,} with a toleration that the API server may add"
    return Finding(place, path, message, found.hint, severity="warning")


@_rule(
    "suspect-label",
    "a label that no node has, or hardly any, and that is probably misspelt",
    "Nodes match, but not as meant: an excluded label with a typo excludes no node. Only with -n.",
    severity="warning",
)
def _suspect_label(place: Value, path: Path, found: NodeCount) -> Finding:
    return Finding(place, path, found.suspect, found.hint)


@_rule(
    "every-node",
    "every node matches",
    "A note, since many jobs are meant for every node. Only with -n.",
    severity="note",
)
def _every_node(name: str, place: Value, path: Path, found: NodeCount) -> Finding:
    return Finding(place, path, f"{name} matches all {found.total:,} nodes")
