"""A live inventory does what a plain dict of nodes does, with its index and without."""

from hypothesis import HealthCheck, settings

from tests.property.inventory_machine import InventoryMachine, UnindexedMachine

_SETTINGS = settings(
    max_examples=60,
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

TestIndexed = InventoryMachine.TestCase
TestIndexed.settings = _SETTINGS

TestUnindexed = UnindexedMachine.TestCase
TestUnindexed.settings = _SETTINGS
