"""``nodeselect rules``: the rules of ``nodeselect check``, with an example of each."""

import difflib

import click

from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.streams import write_output
from nodeselect.text import quoted

__all__ = ["require_rule", "rules"]


@click.command(
    epilog="""\b
Examples:
  nodeselect rules
  nodeselect rules empty-selector
"""
)
@click.argument("code", required=False)
@click.pass_context
def rules(context: click.Context, code: str | None) -> int:
    """List the rules of "nodeselect check", or explain one."""
    from nodeselect.jobs import all_rules  # fronts yaml
    from nodeselect.render.problems import rule_lines

    if code is None:
        write_output(rule_lines(all_rules().values()))
    else:
        require_rule(context, code)
        write_output([all_rules()[code].show()])
    return ExitStatus.OK


def require_rule(context: click.Context, code: str, option: str | None = None) -> None:
    """Raise ``click.UsageError`` if there is no rule with this code.

    :param option: the option that has the code.
    """
    from nodeselect.jobs import all_rules  # fronts yaml

    if code in all_rules():
        return
    close = difflib.get_close_matches(code[:40], all_rules(), 1)
    hint = f"; did you mean {quoted(close[0])}?" if close else ""
    prefix = f"{option}: " if option else ""
    raise click.UsageError(f"{prefix}there is no rule {quoted(code)}{hint}", context)
