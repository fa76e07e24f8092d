"""Arguments that stand alone: of which option they were meant for."""

from collections.abc import Collection, Sequence

import click

from nodeselect.cli.job_files import ENDINGS
from nodeselect.cli.options import once

__all__ = ["OptionsOnly", "option_before"]


class OptionsOnly(click.Command):
    """A command without arguments of its own: one that stands alone is refused with the option
    before it, for which it was probably meant."""

    allow_extra_args = True

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments."""
        given = list(args)
        super().parse_args(ctx, args)
        if ctx.args and not ctx.resilient_parsing:
            advice = _advice(self.get_params(ctx), given, ctx.args[0])
            more = " and others" if len(ctx.args) > 1 else ""
            raise click.UsageError(
                f"Got unexpected extra argument ({ctx.args[0]}){more}{advice}", ctx
            )
        return ctx.args


def option_before(given: Sequence[str], options: Collection[str]) -> str | None:
    """Give the option whose value was read last: ``-n OLD``, ``-nOLD`` or ``--nodes=OLD``."""
    if len(given) > 1 and given[-2] in options:
        return given[-2]
    last = given[-1] if given else ""
    option, equals, _ = last.partition("=")
    if last.startswith("--"):
        return option if equals and option in options else None
    return last[:2] if len(last) > 2 and last[:2] in options else None


def _advice(parameters: Sequence[click.Parameter], given: Sequence[str], alone: str) -> str:
    """Say what to do with the argument that stands alone, if that is known."""
    options = {
        name: each
        for each in parameters
        if isinstance(each, click.Option) and not each.is_flag
        for name in each.opts
    }
    before = (option_before(given[:at], options) for at, each in enumerate(given) if each == alone)
    name = next(filter(None, before), None)
    if name is None:
        is_job = "--job" in options and alone.lower().endswith(ENDINGS)
        return ": write --job before a job" if is_job else ""
    option = options[name]
    if not option.multiple or option.callback is once:
        return f": {name} takes one value"
    folder = ", or give it the folder" if "FOLDER" in (option.metavar or "") else ""
    quotes = ", or put quotes around all of it" if option.metavar == "EXPR" else ""
    return f": repeat {name} before each{folder}{quotes}"
