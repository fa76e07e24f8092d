"""``nodeselect schema``: print the JSON Schema of a job file."""

import click

from nodeselect.cli.streams import ExitStatus, write_output


@click.command()
def schema() -> int:
    """Print the JSON Schema of a job file, for editors and other tools."""
    from nodeselect.jobs.check.schema_fields import schema_text  # fronts yaml

    write_output([schema_text().rstrip("\n")])
    return ExitStatus.OK
