"""``nodeselect schema``: the JSON Schema of a job file."""

import click

from nodeselect.cli.output import put

__all__ = ["schema"]


@click.command()
def schema() -> int:
    """Print the JSON Schema of a job file, for editors and other tools."""
    from nodeselect.jobs.shapes import schema_text

    put([schema_text().rstrip("\n")])
    return 0
