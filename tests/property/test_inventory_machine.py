"""A live inventory does what a plain dict of nodes does: with segments, without, with a log."""

from hypothesis import HealthCheck, settings

from tests.property.inventory_machine import FewNodesMachine, InventoryMachine
from tests.property.log_machine import LogMachine
from tests.thoroughness import at_desk

_SETTINGS = settings(
    max_examples=at_desk(12, ci=60),
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

TestSegments = InventoryMachine.TestCase
TestSegments.settings = _SETTINGS

TestFewNodes = FewNodesMachine.TestCase
TestFewNodes.settings = _SETTINGS

TestLog = LogMachine.TestCase
TestLog.settings = _SETTINGS
