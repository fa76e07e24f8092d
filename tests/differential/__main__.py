"""Compare any number of random texts with Kubernetes' own parser, by hand.

    python -m tests.differential --texts 5000000 --seed 1

prints its progress and each difference, and ends with status 1 if there is one. ``--gopath`` is for
a version of apimachinery other than that of Debian.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tests.differential.compare import Comparison
from tests.differential.kubernetes import GOPATH, Kubernetes, build, missing
from tests.differential.texts import random_cases

_STEP = 100_000


def main() -> int:
    """Compare texts; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential")
    parser.add_argument("--texts", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=Random().getrandbits(32))
    parser.add_argument("--gopath", type=Path, default=GOPATH)
    options = parser.parse_args()
    if (what := missing(options.gopath)) is not None:
        parser.error(what)
    print(f"seed {options.seed}")
    done, cases, begun = Comparison(), random_cases(options.seed), time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        Kubernetes(build(Path(folder), options.gopath)) as kubernetes,
    ):
        while done.texts < options.texts:
            shown = len(done.differences)
            done.compare(kubernetes, cases, min(_STEP, options.texts - done.texts))
            print(
                *(f"{each}\n" for each in done.differences[shown:]),
                f"{done.texts:,} texts, {done.accepted:,} of them accepted, {done.matches:,} "
                f"verdicts, {len(done.differences):,} differences, "
                f"{time.monotonic() - begun:,.0f} s",
                sep="",
                flush=True,
            )
    return 1 if done.differences else 0


if __name__ == "__main__":
    sys.exit(main())
