"""How long small commands take from start to end, beside a Python that does nothing.

Interleaved rounds. Prints a Markdown table and writes ``results/cold_start.json``.

    python -m benchmarks.cold_start [ROUNDS]
"""

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from statistics import quantiles

from benchmarks import record
from benchmarks.process import NODESELECT, PYTHON, run

_ROOT = Path(__file__).parent.parent
_ROUNDS = 30

_JOB = "docs/example/job.yaml"
_FLEET = "docs/example/fleet.json"
COMMANDS = {
    "python -c pass": [PYTHON, "-c", "pass"],
    "python -c 'import nodeselect'": [PYTHON, "-c", "import nodeselect"],
    "nodeselect --version": [NODESELECT, "--version"],
    f"nodeselect match -l gpu -n {_FLEET}": [NODESELECT, "match", "-l", "gpu", "-n", _FLEET],
    f"nodeselect check {_JOB}": [NODESELECT, "check", _JOB],
    f"nodeselect match --job {_JOB} -n {_FLEET}": [
        NODESELECT, "match", "--job", _JOB, "-n", _FLEET,
    ],
}  # fmt: skip
"""What is measured; the first is what the others are compared with."""


def main() -> None:
    """Measure, print and write the results."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS
    os.chdir(_ROOT)
    names = list(COMMANDS)
    walls: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(3):  # unmeasured: bytecode is written, files come into memory
        for command in COMMANDS.values():
            run(command)
    for number in range(rounds):
        first = number % len(names)
        for name in (*names[first:], *names[:first]):
            walls[name].append(run(COMMANDS[name]).wall * 1e3)
    rows = [_row(name, walls[name]) for name in names]
    bare = rows[0]["median_ms"]
    print("| | median ms | quartiles | over bare Python | ratio |\n|---|---:|---:|---:|---:|")
    for name, row in zip(names, rows, strict=True):
        print(
            f"| `{name}` | {row['median_ms']:.1f} | {row['q1_ms']:.1f}-{row['q3_ms']:.1f}"
            f" | {row['median_ms'] - bare:+.1f} | x{row['median_ms'] / bare:.1f} |"
        )
    result = {
        "python": platform.python_version(),
        "nodeselect": version("nodeselect"),
        "cores": os.cpu_count(),
        "rounds": rounds,
        "commands": dict(zip(names, rows, strict=True)),
    }
    record.write("cold_start", result)


def _row(name: str, walls: list[float]) -> dict[str, float]:
    q1, middle, q3 = quantiles(walls, n=4)
    return {"q1_ms": round(q1, 2), "median_ms": round(middle, 2), "q3_ms": round(q3, 2)}


if __name__ == "__main__":
    main()
