"""``nodeselect diff``: compare the nodes that match before and after a change."""

from collections.abc import Sequence

import click

from nodeselect.cli import options
from nodeselect.cli.command import Command
from nodeselect.cli.completion import complete_files
from nodeselect.cli.inputs.considered import PodOptions
from nodeselect.cli.inputs.files import job_name, read_bytes, split_object, walk
from nodeselect.cli.inputs.job_selectors import JobFile, parse_selectors, selected
from nodeselect.cli.inputs.nodes import NodeFiles, read_inventory
from nodeselect.cli.streams import ExitStatus, write_message, write_output
from nodeselect.inventory.compare import compare_inventories, compare_selectors
from nodeselect.render.diff import diff_lines
from nodeselect.render.screen import detect_screen


@click.command(
    cls=Command,
    examples=[
        "nodeselect diff old.yaml new.yaml -n nodes.json",
        "nodeselect diff -l region=eu -l 'region=eu,tier!=free' -n nodes.json",
        "nodeselect diff yesterday.json today.json",
    ],
    epilog="Exit status: 0 if both sides match the same nodes, 1 if not, 2 on errors.",
)
@click.argument("files", metavar="[OLD NEW]", nargs=-1, shell_complete=complete_files)
@options.nodes_option(required=False)
@options.selector_option(
    "Compare the nodes that match this selector; with -n, give two: OLD and NEW."
)
@options.job_option("Compare the nodes that this job would run on.")
@click.option("--all", "everything", is_flag=True, help="Compare all nodes (default).")
@options.output_option()
@options.pod_options(has_file=False)
@options.quiet_option
def diff(
    files: tuple[str, ...],
    nodes_from: NodeFiles | None,
    expressions: tuple[str, ...],
    job: JobFile | None,
    everything: bool,
    output: str,
    pods: PodOptions,
) -> int:
    """Print which nodes a change adds, keeps and removes, and why.

    With -n, OLD and NEW are two jobs, or two selectors given with -l. Without -n, they are two node
    lists, of which -l or --job select the nodes to compare.
    """
    has_two_sides = {len(files), len(expressions)} == {0, 2} and job is None and not everything
    if nodes_from is None and has_two_sides and "-" not in files:
        if not files:
            nodes_from = options.default_nodes()
        elif _has_job(files):  # otherwise, the files are node lists
            nodes_from = options.required_nodes()
    expected = (
        "give two jobs (OLD NEW) or two selectors (-l OLD -l NEW) with -n; or two node lists"
        " (OLD NEW) with at most one of -l, --job and --all"
    )
    if nodes_from is None:
        has_two_sides = len(files) == 2 and bool(expressions) + (job is not None) + everything <= 1
    sources = nodes_from.sources if nodes_from is not None else ()
    options.check_usage({expected: not has_two_sides}, *files, job, *sources)
    first, second = tuple(map(job_name, files)) or expressions
    if nodes_from is None:
        after = pods.considered(selected(job, expressions))
        old, inventory = (read_inventory(options.node_files(file)) for file in files)
        after = pods.with_tolerations(after, old, inventory)
        difference = compare_inventories(old, inventory, after, names=(first, second))
    else:
        jobs = [pods.considered(selected(options.job_file(file))) for file in files]
        before, after = jobs or parse_selectors(expressions)
        inventory = read_inventory(nodes_from)
        before, after = (pods.with_tolerations(each, inventory) for each in (before, after))
        difference = compare_selectors(inventory, before, after, names=(first, second))
    advice = ""
    if not difference.old.matched and not difference.new.matched:
        advice = inventory.explain(after, examples=0).recommendation
    write_output(diff_lines(difference, output, detect_screen()))
    if advice:
        write_message(f"neither OLD nor NEW matches any node; for NEW: {advice}")
    pods.check_known(difference.not_considered)
    return ExitStatus.NEGATIVE if difference.added or difference.removed else ExitStatus.OK


def _has_job(sources: Sequence[str]) -> bool:
    """Return whether a file, or a file in a folder, is a job."""
    from nodeselect.jobs import check_job  # loads YAML

    files = (split_object(file)[0] for source in sources for file in walk(source))
    return any(check_job(read_bytes(file), file).is_job for file in files)
