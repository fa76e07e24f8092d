"""``nodeselect rules``: list the rules of ``nodeselect check``, or explain one."""

import click

from nodeselect.cli.completion import complete_codes
from nodeselect.cli.streams import ExitStatus, write_output
from nodeselect.render.layout import detect_screen
from nodeselect.text import quoted


@click.command(
    epilog="""\b
Examples:
  nodeselect rules
  nodeselect rules empty-selector
"""
)
@click.argument("code", required=False, shell_complete=complete_codes)
@click.pass_context
def rules(context: click.Context, code: str | None) -> int:
    """List the rules of "nodeselect check", or explain one."""
    from nodeselect.jobs import all_rules  # fronts yaml
    from nodeselect.jobs.check.suggestions import suggest_word
    from nodeselect.render.problems import rule_lines, rule_list_lines

    if code is None:
        write_output(rule_list_lines(all_rules().values()))
    elif code in all_rules():
        write_output(rule_lines(all_rules()[code], detect_screen()))
    else:
        close = suggest_word(code.replace("_", "-"), all_rules().keys())
        hint = close.text if close else "to list the rules: nodeselect rules"
        raise click.UsageError(f"there is no rule {quoted(code)}; {hint}", context)
    return ExitStatus.OK
