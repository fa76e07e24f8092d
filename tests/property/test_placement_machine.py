"""Placements on a live inventory are answered as kube-scheduler would at each moment."""

from hypothesis import HealthCheck, settings

from tests.property.placement_machine import FewNodesMachine, PlacementMachine
from tests.thoroughness import at_desk

_SETTINGS = settings(
    max_examples=at_desk(10, ci=60),
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

TestSegments = PlacementMachine.TestCase
TestSegments.settings = _SETTINGS

TestFewNodes = FewNodesMachine.TestCase
TestFewNodes.settings = _SETTINGS
