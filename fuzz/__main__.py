"""Run the harnesses: ``python -m fuzz [--seconds 60] [--jobs 2] [NAME ...]``.

The inputs that reach new code are kept in ``.fuzz/NAME``, so the next run goes on from there. An
input that breaks a law is written to ``.fuzz`` as well: fix the mistake, and add the input to
``fuzz/corpus/NAME``.
"""

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from fuzz import HARNESSES

HERE = Path(__file__).parent
FOUND = HERE.parent / ".fuzz"


def main() -> int:
    """Run the harnesses, a few at a time; return 1 if one of them found something."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all harnesses")
    parser.add_argument("--seconds", type=int, default=60, help="for each harness (default: 60)")
    parser.add_argument("--jobs", type=int, default=2, help="harnesses at a time (default: 2)")
    options = parser.parse_args()
    if find_spec("atheris") is None:
        print("fuzzing needs Atheris: pip install -r fuzz/requirements.txt", file=sys.stderr)
        return 2
    names = options.names or HARNESSES
    with ThreadPoolExecutor(options.jobs) as pool:
        found = list(pool.map(lambda name: _run(name, options.seconds), names))
    return int(any(found))


def _run(name: str, seconds: int) -> bool:
    """Run one harness and print its numbers; return whether it found something."""
    corpus = FOUND / name
    corpus.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "fuzz.runner", name, corpus, HERE / "corpus" / name),
            *(f"-dict={HERE / name}.dict", f"-artifact_prefix={FOUND / name}-", "-max_len=1024"),
            *(f"-max_total_time={seconds}", "-timeout=60", "-print_final_stats=1"),
            *(["-seed=1"] if os.environ.get("CI") else []),  # always the same, nearly
        ],
        cwd=HERE.parent,
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    numbers = re.search(r"number_of_executed_units: +(\d+)", done.stdout)
    executions = f"{int(numbers[1]):,}" if numbers else "unknown number of"
    result = f"FAILED with status {done.returncode}" if done.returncode else "nothing found"
    print(f"{name}: {executions} executions, {result}", flush=True)
    if done.returncode:
        print("\n".join(done.stdout.split("\n")[-60:]), flush=True)
    return done.returncode != 0


if __name__ == "__main__":
    sys.exit(main())
