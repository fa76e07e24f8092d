"""``nodeselect rules`` and ``schema``: show the rules and the JSON Schema of job files."""

import click

from nodeselect.cli.command import Command
from nodeselect.cli.completion import complete_codes
from nodeselect.cli.streams import write_output
from nodeselect.render.screen import detect_screen


@click.command(
    cls=Command,
    examples=[
        "nodeselect rules",
        "nodeselect rules empty-selector",
    ],
)
@click.argument("code", required=False, shell_complete=complete_codes)
def rules(code: str | None) -> None:
    """List the rules of "nodeselect check", or explain one."""
    from nodeselect.jobs import all_rules, select_rules  # fronts yaml
    from nodeselect.render.problems import rule_lines, rule_list_lines

    if code is None:
        write_output(rule_list_lines(all_rules().values()))
        return
    try:
        select_rules([code])
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    write_output(rule_lines(all_rules()[code], detect_screen()))


@click.command(cls=Command, examples=["nodeselect schema > job.schema.json"])
def schema() -> None:
    """Print the JSON Schema of a job file."""
    from nodeselect.expanso.schema_fields import schema_text  # fronts yaml

    write_output([schema_text().rstrip("\n")])
