"""The race of ``test_threads`` for as many seconds as one likes, by hand.

    python -m tests.inventory.long_threads 600

runs one race after the other, each with another seed, and prints how many questions were answered.
A second number is the seed of the first race.
"""

import sys
import time

from tests.inventory.racing import race


def main(seconds: int, seed: int = 0) -> None:
    """Race for so many seconds."""
    begun, questions, stores, races = time.monotonic(), 0, 0, 0
    while time.monotonic() - begun < seconds:
        more, compacted = race(writes=5_000, readers=16, seed=seed + races)
        questions, stores, races = questions + more, stores + compacted, races + 1
        print(f"{races} races, {questions:,} questions, {stores:,} compactions", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
