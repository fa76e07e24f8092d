"""``nodeselect labels``: count the labels of a fleet."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import click

from nodeselect.cli import options
from nodeselect.cli.command import Command
from nodeselect.cli.completion import complete_keys
from nodeselect.cli.inputs.considered import Selection, ignoring_pods, with_added_tolerations
from nodeselect.cli.inputs.job_selectors import JobFile, selected
from nodeselect.cli.inputs.nodes import NodeFiles, explained_nodes, open_nodes
from nodeselect.cli.streams import ExitStatus, is_quiet, write_message, write_output
from nodeselect.explain.wording import key_with_prefix, similar_keys_text
from nodeselect.inventory.statistics import Facets, count_labels
from nodeselect.node import Node
from nodeselect.readers.reader import NodeReader
from nodeselect.render.labels import Values, facet_lines
from nodeselect.render.screen import TABLE_FORMATS, detect_screen
from nodeselect.selectors import Selector
from nodeselect.selectors.charset import is_key
from nodeselect.text import quoted


@click.command(
    cls=Command,
    examples=[
        "nodeselect labels -n nodes.json region",
        "nodeselect labels -n nodes.json zone pool -o csv",
        "kubectl get nodes -o json | nodeselect labels kubernetes.io/arch",
    ],
    epilog="Exit status: 0 if any label is printed, 1 if not, 2 on errors.",
)
@options.nodes_option()
@options.selector_option("Count nodes that match any of these selectors.")
@options.job_option("Count nodes that this job would run on.")
@options.output_option(TABLE_FORMATS)
@options.quiet_option
@click.argument("keys", metavar="[KEY [KEY]]", nargs=-1, shell_complete=complete_keys)
def labels(
    nodes_from: NodeFiles,
    expressions: tuple[str, ...],
    job: JobFile | None,
    output: str,
    keys: tuple[str, ...],
) -> int:
    """Count the label keys and values of a fleet.

    Without KEY, print all label keys with their most frequent values. With KEY, print all values of
    that key; with two, all pairs of their values. In CSV, a cell is empty without the label.
    """
    mistakes = {
        "give at most two keys": len(keys) > 2,
        "give two different keys": len(keys) == 2 and keys[0] == keys[1],
        "the column nodes of -o csv has the counts: for a label nodes, use -o json":
            output == "csv" and "nodes" in keys,
    }  # fmt: skip
    options.check_usage(mistakes, job, *nodes_from.sources)
    selector: Selection | None = None
    if expressions or job is not None:
        selector = ignoring_pods(selected(job, expressions))
    counted = _count(nodes_from, selector, keys)
    facets, pairs, total, unknown, recommendation = counted
    counts = {facet.key: facet.nodes for facet in facets.keys}
    missing = [key for key in keys if key not in counts]
    if wrong := next((key for key in missing if not is_key(key)), None):
        raise click.UsageError(f"{quoted(wrong)} is not the key of a label")
    nodes_text = "no node" if selector is None else "no matching node"
    absent = [
        f"{nodes_text} has the label {quoted(key)}{similar_keys_text(key, counts)}"
        for key in missing
    ]
    replaced: list[str] = []
    can_replace = len(keys) == len(missing) == 1 and output == "text" and not is_quiet()
    if can_replace and (meant := key_with_prefix(keys[0], counts)):
        keys, absent, replaced = (meant,), [], absent
    if not counts and (recommendation or not absent):
        absent.insert(0, recommendation or f"{nodes_text} has a label")
    lines, notes = facet_lines(facets, total, keys, pairs, output, detect_screen(), unknown)
    for message in replaced:
        write_message(message)
    write_output(lines)
    for message in (*notes, *absent):
        write_message(message)
    return ExitStatus.NEGATIVE if absent else ExitStatus.OK


class _Counted(NamedTuple):
    facets: Facets
    pairs: Counter[Values]  # of two keys
    total: int | None  # how many nodes there are, if only matching ones were counted
    unknown: Sequence[str]
    recommendation: str  # if no node matches


def _count(nodes_from: NodeFiles, selector: Selection | None, keys: tuple[str, ...]) -> _Counted:
    """Count the labels of the nodes that match ``selector``, if any is given."""
    pairs: Counter[Values] = Counter()

    def counting_pairs(found: Iterable[Node]) -> Iterator[Node]:
        for node in found:
            first, second = map(node.labels.get, keys)
            pairs[first, second] += 1
            yield node

    unknown: Sequence[str] = ()
    with open_nodes(nodes_from, selector, shown_keys=keys) as nodes:
        found: Iterable[Node] = nodes
        if not isinstance(nodes, NodeReader):
            if selector is not None:
                selector = with_added_tolerations(selector, nodes)
            found = answer = nodes.match(selector or Selector.everything())
            unknown = answer.not_considered
        facets = count_labels(counting_pairs(found) if len(keys) == 2 else found)
        total = nodes.count if isinstance(nodes, NodeReader) else len(nodes)
    recommendation = ""
    if selector is not None and total and not facets.nodes:
        explained = explained_nodes(nodes_from, nodes) if isinstance(nodes, NodeReader) else nodes
        if explained is not None:
            recommendation = explained.explain(selector, examples=0).recommendation
    return _Counted(facets, pairs, None if selector is None else total, unknown, recommendation)
