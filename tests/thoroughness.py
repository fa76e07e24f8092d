"""How thorough the tests are: ``CI`` in the environment asks for all cases, a desk for some."""

import os

IS_CI = bool(os.environ.get("CI"))


def at_desk(desk: int, ci: int) -> int:
    """Return one of two numbers: that of a desk, or that of CI."""
    return ci if IS_CI else desk
