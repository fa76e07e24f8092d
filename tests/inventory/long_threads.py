"""The race of ``test_threads`` for any number of seconds, by hand.

    python -m tests.inventory.long_threads 600

runs one race after the other, each with another seed, and prints the number of queries. A second
number is the seed of the first race.
"""

import sys
import time

from tests.inventory.racing import race


def main(seconds: int, seed: int = 0) -> None:
    """Race for a number of seconds."""
    begun, queries, stores, races = time.monotonic(), 0, 0, 0
    while time.monotonic() - begun < seconds:
        more, compacted = race(writes=5_000, readers=16, seed=seed + races)
        queries, stores, races = queries + more, stores + compacted, races + 1
        print(f"{races} races, {queries:,} queries, {stores:,} compactions", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
