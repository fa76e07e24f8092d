"""A live inventory does what a plain dict of nodes does, with segments and without."""

from hypothesis import HealthCheck, settings

from tests.property.inventory_machine import FewNodesMachine, InventoryMachine

_SETTINGS = settings(
    max_examples=60,
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

TestSegments = InventoryMachine.TestCase
TestSegments.settings = _SETTINGS

TestFewNodes = FewNodesMachine.TestCase
TestFewNodes.settings = _SETTINGS
