"""Settings: defaults of the options of ``check``, in ``nodeselect.toml`` or ``pyproject.toml``."""

import glob
import os
from typing import Any

import click

from nodeselect.text import quoted


class CommandWithSettings(click.Command):
    """A command whose options have defaults in the nearest settings, from this folder upward."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line.

        :raises click.ClickException: if the settings are invalid.
        """
        folder, above = os.getcwd(), None
        while ctx.default_map is None and folder != above:
            for name in ("pyproject.toml", "nodeselect.toml"):  # of both, the second is used
                path = os.path.join(folder, name)
                table = _read(path) if os.path.isfile(path) else None
                if table is not None:
                    ctx.default_map = self._defaults(table, path)
            folder, above = os.path.dirname(folder), folder
        return super().parse_args(ctx, args)

    def _defaults(self, settings: dict[str, Any], path: str) -> dict[str, Any]:
        """Return the values of parameters, given those of their options in a file."""
        options = {
            str(option.name).replace("_", "-"): option
            for option in self.params
            if isinstance(option, click.Option)
        }
        for key, value in settings.items():
            if key not in options:
                from nodeselect.similarity import similar_name  # compiles patterns

                similar = similar_name(key, options)
                hint = f"; did you mean {quoted(similar)}?" if similar else ""
                raise _error(path, f"there is no setting {quoted(key)}{hint}")
            type_ = list if options[key].multiple else bool if options[key].is_flag else str
            if not isinstance(value, type_):
                raise _error(path, f"{key} must be a {type_.__name__}")
        root = glob.escape(os.path.dirname(path))
        for at, pattern in enumerate(settings.get("exclude", ())):
            if "/" in pattern.rstrip(
                "/"
            ):  # a path begins at the settings; a name is for all folders
                settings["exclude"][at] = os.path.join(root, os.path.normpath(pattern).lstrip("/"))
        return {str(options[key].name): value for key, value in settings.items()}


def _read(path: str) -> Any:
    """Return the settings in a TOML file; None if it is a ``pyproject.toml`` without settings."""
    import tomllib  # 7 ms; for settings

    try:
        with open(path, "rb") as file:
            data = file.read()
        if not path.endswith("pyproject.toml"):
            return tomllib.loads(data.decode())
        table = tomllib.loads(data.decode()) if b"nodeselect" in data else {}
        return table.get("tool", {}).get("nodeselect")
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise _error(path, str(error)) from None


def _error(path: str, reason: str) -> click.ClickException:
    return click.ClickException(f"{os.path.relpath(path)}: {reason}")
