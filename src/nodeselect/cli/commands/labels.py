"""``nodeselect labels``: count the labels of a fleet."""

import click

from nodeselect.cli import options
from nodeselect.cli.completion import complete_keys
from nodeselect.cli.hints import explain_hint
from nodeselect.cli.inputs.job_selectors import label_selector
from nodeselect.cli.inputs.nodes import NodeFiles, open_nodes
from nodeselect.cli.streams import ExitStatus, write_message, write_output
from nodeselect.explain.wording import nodes_have
from nodeselect.inventory.statistics import count_labels
from nodeselect.readers.reader import NodeReader
from nodeselect.render.labels import facet_lines
from nodeselect.render.screen import detect_screen
from nodeselect.selectors import Selector
from nodeselect.selectors.charset import is_key
from nodeselect.text import quoted


@click.command(
    epilog="""\b
Examples:
  nodeselect labels -n nodes.json
  nodeselect labels -n nodes.json region
  nodeselect labels -n nodes.json -l gpu -o markdown
  nodeselect labels -n nodes.json --job job.yaml environment
  kubectl get nodes -o json | nodeselect labels -n - kubernetes.io/arch

\b
Exit status: 0 if any label is printed, 1 if not, 2 on errors.
"""
)
@options.nodes_option()
@options.selector_option("Count only nodes that match this selector; if repeated, any of them.")
@options.job_option("Count only nodes that this job would run on.")
@options.output_option()
@options.quiet_option
@click.argument("key", required=False, shell_complete=complete_keys)
def labels(
    nodes_from: NodeFiles,
    expressions: tuple[str, ...],
    job: str | None,
    output: str,
    key: str | None,
) -> int:
    """Count the label keys and values of a fleet.

    Without KEY, print all label keys with their most frequent values. With KEY, print all values of
    that key.
    """
    options.check_usage({nodes_from.stdin_conflict: job == "-" and "-" in nodes_from.sources})
    selector = label_selector(job, expressions) if expressions or job is not None else None
    with open_nodes(nodes_from, selector) as nodes:
        if isinstance(nodes, NodeReader):
            facets = count_labels(nodes)
            total = nodes.count
        else:
            facets = count_labels(nodes.match(selector or Selector.everything()))
            total = len(nodes)
    if key is not None and not is_key(key) and all(key != facet.key for facet in facets.keys):
        raise click.UsageError(f"{quoted(key)} is not the key of a label")
    write_output(facet_lines(facets, total if selector else None, key, output, detect_screen()))
    if any(key in (None, facet.key) for facet in facets.keys):
        return ExitStatus.OK
    if selector and total and not facets.nodes:
        write_message("no node matches, so there are no labels to count")
        write_message(explain_hint(nodes_from, expressions=expressions, job=job))
    elif key is None:
        write_message("no matching node has a label" if selector else "no node has a label")
    else:
        from nodeselect.similarity import WordCounts, closest_key  # compiles patterns

        counts = {facet.key: facet.nodes for facet in facets.keys}
        text = f"no node has the label {quoted(key)}"
        if close := closest_key(key, WordCounts(counts)):
            text += f"; {nodes_have(counts[close[1]])} {quoted(close[1])}"
        write_message(text)
    return ExitStatus.NEGATIVE
