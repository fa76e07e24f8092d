"""How thorough the tests are: ``CI`` in the environment asks for all cases, a desk for some."""

import os

from hypothesis import HealthCheck, settings

IS_CI = bool(os.environ.get("CI"))


def at_desk(desk: int, ci: int) -> int:
    """Return one of two numbers: that of a desk, or that of CI."""
    return ci if IS_CI else desk


def machine_settings(desk: int) -> settings:
    """Return the settings of a state machine of which so many runs are made at a desk."""
    return settings(
        max_examples=at_desk(desk, ci=60),
        stateful_step_count=40,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
