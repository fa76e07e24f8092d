"""The machine of ``test_inventory_machine`` for any number of steps, by hand.

    python -m tests.property.long_machine 1000000

runs the steps, a third of them without a segment and a third with a change log, and prints its
progress. A failure is shrunk and printed as a program. A second number is a seed.
"""

import sys
import time
from random import Random

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.property.inventory_machine import FewNodesMachine, InventoryMachine
from tests.property.log_machine import LogMachine

_SETTINGS = settings(
    max_examples=200,
    stateful_step_count=100,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def main(steps: int, number: int | None = None) -> None:
    """Run a number of steps, from a seed if there is one."""
    random, begun = Random(number), time.monotonic()
    while InventoryMachine.steps < steps:
        for machine in (FewNodesMachine, InventoryMachine, LogMachine):
            run = seed(random.getrandbits(32))(machine)
            run_state_machine_as_test(run, settings=_SETTINGS)
        seconds = time.monotonic() - begun
        print(f"{InventoryMachine.steps:,} steps in {seconds:,.0f} s", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
