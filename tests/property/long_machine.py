"""The machine of ``test_inventory_machine`` for as many steps as one likes, by hand.

    python -m tests.property.long_machine 1000000

runs so many steps, half of them without a segment, and prints how many it has run every
so often. What fails is shrunk and printed as a program. A second number is a seed.
"""

import sys
import time
from random import Random

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.property.inventory_machine import FewNodesMachine, InventoryMachine

_SETTINGS = settings(
    max_examples=200,
    stateful_step_count=100,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def main(steps: int, number: int | None = None) -> None:
    """Run so many steps, from a seed where one is given."""
    random, begun = Random(number), time.monotonic()
    while InventoryMachine.steps < steps:
        for machine in (FewNodesMachine, InventoryMachine):
            run = seed(random.getrandbits(32))(machine)
            run_state_machine_as_test(run, settings=_SETTINGS)
        seconds = time.monotonic() - begun
        print(f"{InventoryMachine.steps:,} steps in {seconds:,.0f} s", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
