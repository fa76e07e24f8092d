"""Whole screens, as files: what a person sees, to be looked at."""

from collections.abc import Sequence
from pathlib import Path

from tests import golden

__all__ = ["check_fit", "check_screen"]


def check_fit(out: str, columns: str, options: Sequence[str]) -> None:
    """Assert that no line is wider than the screen, and that ``--ascii`` means ASCII."""
    if "markdown" not in options:
        assert max(map(len, out.splitlines())) <= int(columns)
    if "--ascii" in options:
        assert out.isascii()


def check_screen(name: str, shown: str) -> None:
    """Check that this is the screen that is committed under ``name``."""
    golden.check(Path(__file__).parent / f"{name}.txt", shown)
