"""``nodeselect convert``: write a selector in the notation of another system."""

from collections.abc import Sequence

import click

from nodeselect.cli import options
from nodeselect.cli.command import Command
from nodeselect.cli.completion import complete_files
from nodeselect.cli.inputs import job_selectors
from nodeselect.cli.inputs.files import read_bytes, split_object
from nodeselect.cli.streams import write_message, write_output
from nodeselect.explain.wording import not_considered_text
from nodeselect.placement import Placement
from nodeselect.placement.placement import label_part
from nodeselect.render.screen import SELECTOR_FORMATS
from nodeselect.selectors import Selector
from nodeselect.selectors.selector import alternatives
from nodeselect.text import printable


@click.command(
    cls=Command,
    examples=[
        "nodeselect convert deployment.yaml",
        "nodeselect convert bacalhau-job.yaml --to job",
        "nodeselect convert -l 'region in (eu,us),!debug' --to label-selector",
    ],
    epilog="Exit status: 0 if it was converted, 2 on errors, or if the notation cannot express it.",
)
@click.argument("file", metavar="[FILE|FOLDER|-]", required=False, shell_complete=complete_files)
@options.selector_option("Convert these selectors.")
@click.option(
    "--to", "output", type=options.Choice(SELECTOR_FORMATS), default="text", metavar="NOTATION",
    help=f"Write {options.default_first(SELECTOR_FORMATS)}.",
)  # fmt: skip
def convert(file: str | None, expressions: tuple[str, ...], output: str) -> None:
    """Write a selector in the notation of another system.

    FILE may be a job spec, a Kubernetes manifest, a Bacalhau job or its constraints, a
    LabelSelector, a pod's nodeSelector or node affinity; its content shows what it is. The result
    matches the same nodes; if that is not possible, this is an error.
    """
    from nodeselect.render.selectors import selector_lines  # compiles many patterns

    options.check_usage({"give either a FILE or -l": (file is None) != bool(expressions)})
    if file is None:
        selectors: Sequence[Selector] = job_selectors.parse_selectors(expressions)
    else:
        selectors = _read(options.job_file(file))
    write_output(selector_lines(selectors, output))
    if len(selectors) > 1:
        write_message(f"{len(selectors):,} selectors: a node must match one of them")


def _read(file: job_selectors.JobFile) -> Sequence[Selector]:
    from nodeselect.manifests.manifest import BACALHAU_JOB  # loads YAML
    from nodeselect.notations.selector_file import read_selector_file

    data, name = read_bytes(split_object(file.source)[0]), file.name
    selector_file = read_selector_file(data, name)
    if selector_file is not None:
        kind, selectors, words = selector_file
        write_message(f"{printable(name)}: read as {kind}")
        if words:
            write_message(f"{printable(name)}: {not_considered_text(words)}")
        if Selector.everything() in selectors:
            write_message(f"{printable(name)}: the selector is empty: it matches EVERY node")
        return selectors
    content = file.read(data)
    kind = "a job spec"
    if not isinstance(content, Selector | Placement):
        owners = [workload.owner[0] for workload in content.workloads]
        kind = f"a {BACALHAU_JOB}" if owners == [BACALHAU_JOB] else "a Kubernetes manifest"
    write_message(f"{printable(name)}: read as {kind}")
    asked = job_selectors.selected(file, content=content)
    return alternatives(label_part(job_selectors.leave_out(asked, file)))
