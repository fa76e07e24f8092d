"""All benchmarks of the inventory but the soak and ten million nodes, one after the other.

Each runs in a process of its own. Prints everything, leaves the JSON in ``results/``, and draws the
pictures anew. Takes 9 minutes on a quiet machine, 15 on a busy one, and 3 GB of memory.

    python -m benchmarks.inventory_all
"""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.process import PYTHON
from benchmarks.record import machine, write

_ROOT = Path(__file__).parent.parent

_TESTS = (
    *("-m", "pytest", "benchmarks/test_match.py", "benchmarks/test_live.py", "-q"),
    *("-p", "no:cacheprovider", "--benchmark-max-time=0.4"),
    "--benchmark-columns=median,iqr,rounds",
)

_SCRIPTS = ("inventory_peers", "growth", "draw_growth", "latency", "memory")


def main() -> None:
    """Run all."""
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tests.json"
        _run(*_TESTS, f"--benchmark-json={file}")
        recorded = json.loads(file.read_text(encoding="utf-8"))
    tests = [_row(test) for test in recorded["benchmarks"]]
    write("inventory", {"machine": machine("pytest-benchmark"), "tests": tests})
    for script in _SCRIPTS:
        _run("-m", f"benchmarks.{script}")
    print(f"\nall of it took {(time.perf_counter() - begin) / 60:.1f} minutes")


def _run(*arguments: str) -> None:
    print(f"\n# python {' '.join(arguments)}", flush=True)
    environment = {name: text for name, text in os.environ.items() if name[:6] != "PYTHON"}
    subprocess.run([PYTHON, *arguments], cwd=_ROOT, env=environment, check=True)


def _row(test: dict[str, Any]) -> dict[str, object]:
    """Keep of a test what can be compared with another run."""
    stats = test["stats"]
    times = {
        f"{name}_us": float(f"{stats[name] * 1e6:.4g}") for name in ("median", "q1", "q3", "min")
    }
    return {
        "group": test["group"],
        "test": test["name"],
        **times,
        "rounds": stats["rounds"],
        **test["extra_info"],
    }


if __name__ == "__main__":
    main()
