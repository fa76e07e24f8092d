"""What the scripts leave behind: JSON in ``results/``, and tables in Markdown."""

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.rounds import Timing

RESULTS = Path(__file__).parent / "results"


def machine(*packages: str) -> dict[str, object]:
    """Return what was measured, and with what."""
    return {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        **{name: version(name) for name in ("nodeselect", "numpy", "pyroaring", *packages)},
    }


def write(name: str, result: object) -> None:
    """Write a result to ``results/NAME.json``."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(result, indent=2) + "\n"
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; all columns but the first are of numbers."""
    print(f"\n| {' | '.join(header)} |")
    print(f"|---|{'---:|' * (len(header) - 1)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def print_times(title: str, times: Mapping[str, Timing]) -> None:
    """Print a table of times and their ratios to the first, by the clock and of the processor."""
    ours = next(iter(times.values()))
    print_table(
        (title, "time", "ratio", "CPU", "ratio"),
        [
            (
                name,
                duration(timing.median_us),
                f"x{timing.median_us / ours.median_us:,.1f}",
                duration(timing.cpu_us),
                f"x{timing.cpu_us / ours.cpu_us:,.1f}",
            )
            for name, timing in times.items()
        ],
    )


def duration(microseconds: float) -> str:
    """Show a time with three digits and the unit that suits it."""
    if microseconds < 1_000:
        return f"{microseconds:.3g} µs"
    if microseconds < 999_500:
        return f"{microseconds / 1e3:.3g} ms"
    return f"{microseconds / 1e6:.3g} s"
