"""``nodeselect labels``: the labels that a fleet carries."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import BinaryIO

import click

from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.options import nodes_option, selector_option, selectors_of
from nodeselect.cli.progress import ReadProgress
from nodeselect.cli.streams import write_message, write_output
from nodeselect.readers import open_input
from nodeselect.readers.reader import NodeReader
from nodeselect.render.facets import Facets, KeyFacet, facet_lines
from nodeselect.render.layout import REPORT_FORMATS, detect_screen
from nodeselect.selectors import Selector

__all__ = ["counted", "labels"]


@click.command(
    epilog="""\b
Examples:
  nodeselect labels -n nodes.json
  nodeselect labels -n nodes.json region
  nodeselect labels -n nodes.json -l gpu -o markdown
  kubectl get nodes -o json | nodeselect labels -n - kubernetes.io/arch

\b
Exit status: 0 some node has such a label, 1 none has, 2 wrong question or
input.
"""
)
@nodes_option()
@selector_option("Look only at nodes that match the selector. Repeated: that match any of them.")
@click.option(
    "-o", "--output", type=click.Choice(REPORT_FORMATS), default="text", show_default=True,
    help="How it is printed.",
)  # fmt: skip
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII alone.")
@click.argument("key", required=False)
@click.pass_context
def labels(
    context: click.Context,
    nodes_from: str,
    expressions: tuple[str, ...],
    output: str,
    ascii_only: bool,
    key: str | None,
) -> int:
    """Print the labels of a fleet, counted.

    Without KEY, print how many nodes have each label key, and its most frequent values. With KEY,
    print all values of that label.
    """
    if ascii_only and output != "text":
        raise click.UsageError(f"--ascii goes with text, not {output}", context)
    selectors = selectors_of(expressions, ()) if expressions else []
    if selectors is None:
        return ExitStatus.ERROR
    facets = counted(nodes_from, selectors)
    screen = detect_screen(ascii_only=ascii_only)
    found = facets.of(key)
    write_output(facet_lines(facets, key, output, screen))
    if not found:
        write_message("\n".join(map(screen.escape, facets.missing(key).split("\n"))))
    return ExitStatus.OK if found else ExitStatus.NEGATIVE


def counted(source: str | BinaryIO, selectors: Sequence[Selector]) -> Facets:
    """Read all nodes, and count the labels of those that match any selector, or of all."""
    tests = [selector.matches for selector in selectors]

    def matches(labels: Mapping[str, str], node_id: str) -> bool:
        return any(test(labels, node_id) for test in tests)

    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    nodes = connected = stateless = 0
    with open_input(source) as (stream, name):
        progress = ReadProgress(stream, name)
        reader = NodeReader(stream, matches if tests else None, name=name, on_progress=progress)
        try:
            for node in reader:
                nodes += 1
                connected += node.connected
                stateless += node.state is None
                for key, value in node.labels.items():
                    counts[key][value] += 1
        finally:
            progress.clear()
    keys = [
        KeyFacet(key, values.total(), sorted(values.items(), key=lambda item: (-item[1], item[0])))
        for key, values in counts.items()
    ]
    keys.sort(key=lambda each: (-each.nodes, each.key))
    return Facets(reader.count, nodes, connected if nodes > stateless else None, bool(tests), keys)
