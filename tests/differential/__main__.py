"""Compare any number of random texts or objects with Kubernetes' own code, by hand.

    python -m tests.differential --texts 5000000 --seed 1
    python -m tests.differential --objects 1000000

prints its progress and each difference, and ends with status 1 if there is one. ``--gopath`` is for
versions of Kubernetes other than that of Debian.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from tests.differential.compare import Comparison, TextComparison
from tests.differential.kubernetes import GOPATH, Judge, Kubernetes, build, missing
from tests.differential.objects import ObjectCase, ObjectComparison, ObjectVerdict, random_objects
from tests.differential.texts import random_cases

_STEP = 100_000


def main() -> int:
    """Compare texts or objects; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential")
    number = parser.add_mutually_exclusive_group()
    number.add_argument("--texts", type=int, default=1_000_000)
    number.add_argument("--objects", type=int)
    parser.add_argument("--seed", type=int, default=Random().getrandbits(32))
    parser.add_argument("--gopath", type=Path, default=GOPATH)
    options = parser.parse_args()
    name = "texts" if options.objects is None else "objects"
    if (what := missing(name, options.gopath)) is not None:
        parser.error(what)
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory() as folder:
        program = build(Path(folder), name, options.gopath)
        if options.objects is None:
            done, texts = TextComparison(), random_cases(options.seed)
            with Kubernetes(program) as kubernetes:
                _run(done, partial(done.compare, kubernetes, texts), options.texts)
            return 1 if done.differences else 0
        compared, objects = ObjectComparison(), random_objects(options.seed)
        with Judge[ObjectCase, ObjectVerdict](program, ObjectVerdict) as judge:
            _run(compared, partial(compared.compare, judge, objects), options.objects)
        return 1 if compared.differences else 0


def _run(done: Comparison[Any], compare: Callable[[int], None], number: int) -> None:
    begun = time.monotonic()
    while done.cases < number:
        shown = len(done.differences)
        compare(min(_STEP, number - done.cases))
        print(
            *(f"{each}\n" for each in done.differences[shown:]),
            f"{done.cases:,} cases, {done.accepted:,} of them accepted, {done.matches:,} matches, "
            f"{len(done.differences):,} differences, {time.monotonic() - begun:,.0f} s",
            sep="",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
