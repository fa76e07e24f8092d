"""``nodeselect sql``: print a selector as a condition in SQL."""

import click

from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.inputs.job_selectors import selected
from nodeselect.cli.inputs.sql_names import parse_columns, parse_name
from nodeselect.cli.options import check_usage, id_option, job_option, once, selector_option
from nodeselect.cli.streams import write_output
from nodeselect.engines.sql import text as engine
from nodeselect.engines.sql.dialects import DIALECTS
from nodeselect.text import join_limited


def _name(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> tuple[str, ...] | None:
    text = once(context, parameter, texts)
    try:
        return None if text is None else parse_name(text)
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from None


def _columns(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    try:
        return parse_columns(texts)
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from None


@click.command(
    epilog="""\b
Examples:
  nodeselect sql -l 'region=eu,!debug' --dialect postgresql
  nodeselect sql --job job.yaml --dialect duckdb --column region --column gpu
  nodeselect sql -l gpu --dialect spark --labels n.labels
  nodeselect sql -l 'region=eu,gpu' --dialect duckdb --explain --table nodes
  duckdb -c "FROM nodes WHERE $(nodeselect sql -l gpu --dialect duckdb)"

\b
Names are exact. They are paths: n.labels; '"n.labels"' is a name with a dot.
""",
)
@selector_option("Print the condition of this selector. Repeatable: nodes that match any of them.")
@job_option("Print the condition of this job: a job file, or a manifest of Kubernetes.")
@id_option
@click.option(
    "--dialect", type=click.Choice(list(DIALECTS)),
    help="The dialect of SQL. MariaDB reads that of mysql.",
)  # fmt: skip
@click.option(
    "--labels", metavar="COLUMN", multiple=True, callback=_name,
    help="The column with all labels (default: labels): jsonb in PostgreSQL, JSON in SQLite and"
    " MySQL, a map elsewhere.",
)  # fmt: skip
@click.option(
    "--label-table", "label_table", metavar="TABLE", multiple=True, callback=_name,
    help="A table with the columns node_id, key and value, if the labels are not in a column.",
)  # fmt: skip
@click.option(
    "--column", "columns", metavar="KEY=COLUMN", multiple=True, callback=_columns,
    help="The column of a label that has one of its own; KEY alone if its name is the key."
    " Repeatable.",
)  # fmt: skip
@click.option("--only-columns", is_flag=True, help="All labels are in columns of their own.")
@click.option(
    "--id-column", "id_column", metavar="COLUMN", multiple=True, callback=_name,
    help="The column with the ids of the nodes (default: id).",
)  # fmt: skip
@click.option(
    "--explain", "with_counts", is_flag=True,
    help="Print a query that counts how many nodes fail which requirements.",
)  # fmt: skip
@click.option(
    "--table", metavar="TABLE", multiple=True, callback=_name,
    help="The table of the nodes, for --explain.",
)  # fmt: skip
@click.pass_context
def sql(
    context: click.Context,
    expressions: tuple[str, ...],
    job: str | None,
    ids: tuple[str, ...],
    dialect: str | None,
    labels: engine.Name | None,
    label_table: engine.Name | None,
    columns: dict[str, tuple[str, ...]],
    only_columns: bool,
    id_column: engine.Name | None,
    with_counts: bool,
    table: engine.Name | None,
) -> int:
    """Print a selector as a condition in SQL.

    The condition is true for the nodes that match, and never NULL: write it after WHERE. With
    --explain, print a query for each selector that returns a row for each group of nodes that fail
    the same requirements: in 'failed0', the lowest bit is the first requirement.
    """
    places = (labels is not None, label_table is not None, only_columns)
    mistakes = {
        f"give --dialect: {join_limited(list(DIALECTS), len(DIALECTS), 'or')}": dialect is None,
        "give --job, -l or --id, such as: -l region=eu": job is None and not (expressions or ids),
        "--labels, --label-table and --only-columns exclude each other": sum(places) > 1,
        "--only-columns needs --column": only_columns and not columns,
        "--explain needs --table": with_counts and table is None,
        "--table needs --explain": table is not None and not with_counts,
    }
    check_usage(context, mistakes)
    assert dialect is not None
    all_labels: engine.Name | engine.LongTable | None = labels or "labels"
    if label_table is not None:
        all_labels = engine.LongTable(label_table)
    elif only_columns:
        all_labels = None
    id_name = id_column or "id"
    selectors = selected(job, expressions, ids)
    try:
        if table is not None:
            lines = [
                engine.explain(
                    selector, dialect, table=table, labels=all_labels, id=id_name, columns=columns
                )
                for selector in selectors
            ]
        else:
            conditions = [
                engine.where(selector, dialect, labels=all_labels, id=id_name, columns=columns)
                for selector in selectors
            ]
            lines = [conditions[0] if len(conditions) == 1 else f"({' OR '.join(conditions)})"]
    except ValueError as error:  # a name that cannot be written in the dialect
        raise click.UsageError(str(error), context) from None
    write_output(lines)
    return ExitStatus.OK
