"""Whole screens, as files: what a person sees, to be looked at."""

from pathlib import Path

__all__ = ["screen"]


def screen(name: str) -> str:
    """Give the screen that is committed under ``name``."""
    return (Path(__file__).parent / f"{name}.txt").read_text("utf-8")
