"""A live inventory does what a plain dict of nodes does: with segments, without, with a log."""

from tests.property.inventory_machine import FewNodesMachine, InventoryMachine
from tests.property.log_machine import LogMachine
from tests.thoroughness import machine_settings

_SETTINGS = machine_settings(12)

TestSegments = InventoryMachine.TestCase
TestSegments.settings = _SETTINGS

TestFewNodes = FewNodesMachine.TestCase
TestFewNodes.settings = _SETTINGS

TestLog = LogMachine.TestCase
TestLog.settings = _SETTINGS
