"""Interrupt writes at every point, and by signals for any number of seconds, by hand.

    python -m tests.inventory.long_interruptions 600

First each write is interrupted before each of its bytecode instructions, once. Then signals
interrupt writes at random moments. A second number is the seed of the first round.
"""

import sys
import time

from tests.inventory.interrupting import WRITES, bombard, interrupt_everywhere

# How often a round interrupts.
ROUND = 1_000


def main(seconds: int, seed: int = 0) -> None:
    """Interrupt writes at every point, and then for a number of seconds."""
    for count in (3, 12):
        for compact_at in (None, 0.01):
            for name, write in WRITES.items():
                points = interrupt_everywhere(write, count, compact_at)
                print(f"{name}, {count} nodes, compact_at={compact_at}: {points:,} points")
    begun, rounds, made = time.monotonic(), 0, 0
    while time.monotonic() - begun < seconds:
        made += bombard(ROUND, seed + rounds)
        rounds += 1
        print(f"{rounds * ROUND:,} interruptions, {made:,} of writes that were made", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
