"""``nodeselect sql``: print a selector as a condition in SQL."""

import csv
import re

import click

from nodeselect.cli import options
from nodeselect.cli.command import Command
from nodeselect.cli.inputs.job_selectors import JobFile, leave_out, selected
from nodeselect.cli.streams import write_output
from nodeselect.engines.sql import text as engine
from nodeselect.engines.sql.dialects import DIALECTS, EXACT
from nodeselect.placement import Placement
from nodeselect.text import UNPRINTABLE, join_limited, quoted

_PIECE = r'(?:"(?:[^"]|"")+"|[^".]+)'


def _name(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Parse the name of a table or column with :func:`_parse_name`; None without the option.

    For --labels, --taints and --resources, '' means that the table has no such column: return ().
    """
    text = options.once(context, parameter, texts)
    if text == "" and parameter.name in ("labels", "taints", "resources"):
        return ()
    return None if text is None else _parse_name(text)


def _columns(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """Map each label key to the parts of its column's name; for ``KEY`` alone, to the key."""
    columns: dict[str, tuple[str, ...]] = {}
    for text in texts:
        key, equals, column = text.partition("=")
        if key in columns:
            raise click.BadParameter(f"the label {quoted(key)} has two columns: give one")
        if not key or UNPRINTABLE.search(key):
            mistake = f"{quoted(text)} has no label key before the '=': write KEY=COLUMN"
            raise click.BadParameter(mistake)
        columns[key] = _parse_name(column) if equals else (key,)
    return columns


def _parse_name(text: str) -> tuple[str, ...]:
    """Split the name of a table or column at the dots that are not in double quotes.

    ``fleet.nodes`` is the table ``nodes`` of the schema ``fleet``; ``"fleet.nodes"`` is one name.
    """
    if UNPRINTABLE.search(text) or not re.fullmatch(rf"{_PIECE}(?:\.{_PIECE})*", text):
        mistake = f"{quoted(text)} is not a name: write NAME, SCHEMA.NAME or '\"any.name\"'"
        raise click.BadParameter(mistake)
    return tuple(next(csv.reader([text], delimiter=".")))  # it has the same quotes


@click.command(
    cls=Command,
    examples=[
        "nodeselect sql -l 'region=eu,!debug' --dialect postgresql",
        "nodeselect sql --job job.yaml --dialect duckdb --column region --column gpu",
        "nodeselect sql -l gpu --dialect spark --labels n.labels",
    ],
)
@options.selector_option("The condition of any of these selectors.")
@options.job_option("The condition of this job or manifest.")
@options.id_option
@click.option(
    "--dialect", type=options.Choice(list(DIALECTS)), required=True,
    metavar="DIALECT", help=f"{join_limited(list(DIALECTS), len(DIALECTS), 'or')}.",
)  # fmt: skip
@click.option(
    "--labels", metavar="COLUMN", multiple=True, callback=_name,
    help="The column with all labels (default: labels): jsonb, JSON or a map; '' if there is none.",
)  # fmt: skip
@click.option(
    "--label-table", "label_table", metavar="TABLE", multiple=True, callback=_name,
    help="A table of labels: node_id, key and value.",
)  # fmt: skip
@click.option(
    "--column", "columns", metavar="KEY=COLUMN", multiple=True, callback=_columns,
    help="The column of one label; KEY alone if it has the name. Repeatable.",
)  # fmt: skip
@click.option(
    "--id-column", "id_column", metavar="COLUMN", multiple=True, callback=_name,
    help="The column with the ids (default: id).",
)  # fmt: skip
@click.option(
    "--taints", metavar="COLUMN", multiple=True, callback=_name,
    help="The column with taints, for a manifest; '' ignores them.",
)  # fmt: skip
@click.option(
    "--resources", metavar="COLUMN", multiple=True, callback=_name,
    help="The column with resources, for a manifest; '' ignores them.",
)  # fmt: skip
@click.option(
    "--exact", is_flag=True,
    help="Compare each text once: PostgreSQL's text columns have deterministic collations.",
)  # fmt: skip
def sql(
    expressions: tuple[str, ...],
    job: JobFile | None,
    ids: tuple[str, ...],
    dialect: str,
    labels: engine.Name | None,
    label_table: engine.Name | None,
    columns: dict[str, tuple[str, ...]],
    id_column: engine.Name | None,
    taints: engine.Name | None,
    resources: engine.Name | None,
    exact: bool,
) -> None:
    """Print a selector as a condition in SQL.

    The condition is true for the nodes that match, and never NULL: write it after WHERE. Names of
    columns and tables are exact paths, such as n.labels; '"n.labels"' is a name with a dot.
    """
    mistakes = {
        options.NOTHING_ASKED: job is None and not (expressions or ids),
        "--labels cannot be combined with --label-table":
            labels is not None and label_table is not None,
        "--labels '' needs --column": labels == () and not columns,
        "--exact is only for PostgreSQL": exact and dialect not in EXACT,
    }  # fmt: skip
    options.check_usage(mistakes)
    all_labels = "labels" if labels is None else labels or None
    asked = selected(job, expressions, ids)
    facts = {"taints": taints, "resources": resources}
    needed = asked.undecided_without if isinstance(asked, Placement) else ()
    if unnamed := [f"--{fact} COLUMN" for fact in needed if facts[fact] is None]:
        missing = f"give {' and '.join(unnamed)}, or '' for what has no column"
        raise click.UsageError(f"the job depends on more than labels: {missing}")
    try:
        condition = engine.where(
            leave_out(asked, job, [fact for fact in facts if facts[fact]]), dialect,
            labels=engine.LongTable(label_table) if label_table else all_labels,
            id=id_column or "id", columns=columns, exact=exact,
            taints=taints or None, resources=resources or None,
        )  # fmt: skip
    except ValueError as error:  # a name that cannot be written in the dialect
        raise click.UsageError(str(error)) from None
    write_output([condition])
