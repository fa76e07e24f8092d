"""``nodeselect rules``: what ``check`` looks for, with an example of each."""

import difflib

import click

from nodeselect.cli.streams import write_output
from nodeselect.text import quoted

__all__ = ["rules"]


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
    from nodeselect.jobs import all_rules

    known = all_rules()
    if code is None:
        most = max(map(len, known))
        write_output(
            f"{rule.code:{most}}  {rule.severity:7}  {rule.summary}" for rule in known.values()
        )
    elif code in known:
        write_output([known[code].show()])
    else:
        close = difflib.get_close_matches(code[:40], known, 1)
        meant = f"; did you mean {close[0]!r}?" if close else ""
        raise click.UsageError(f"there is no code {quoted(code)}{meant}", context)
    return 0
