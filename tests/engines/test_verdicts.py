"""Databases give the verdicts of ``Selector.matches``."""

import os
from collections.abc import Callable

import pytest

from tests.engines.cases import check, fleet, selectors
from tests.engines.databases import LAYOUTS, SETUPS, Database
from tests.thoroughness import at_desk

# Of how many selectors one is asked; all of them only where they are fast.
_STEPS = {"one column": 1, "columns of their own": 3, "a long table": 12}

# So many rows and selectors are random.
_RANDOM = 1_000 if "ALL_CASES" in os.environ else at_desk(30, ci=100)


@pytest.mark.parametrize("name", SETUPS)
def test_every_verdict_is_right(name: str, start: Callable[[str], Database]) -> None:
    """No verdict is wrong or NULL, however the labels are stored and whatever texts compare by."""
    database = start(name)
    rows = database.storable(fleet(_RANDOM))
    database.load(rows, SETUPS[name].collate)
    for layout, step in _STEPS.items():
        every = step if name == database.dialect else 12
        asked = selectors(_RANDOM)[:: at_desk(3 * every, ci=every)]
        compared, wrong = check(asked, rows, database.asking(LAYOUTS[layout]))
        assert compared == len(asked) * len(rows)
        assert wrong == [], layout
