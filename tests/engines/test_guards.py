"""No condition of a dialect is needless."""

from collections.abc import Callable

import pytest

from tests.engines.cases import check, fleet, selectors
from tests.engines.databases import LAYOUTS, SETUPS, Database
from tests.engines.guards import GUARDS


@pytest.mark.parametrize("name", GUARDS)
def test_without_a_guard_the_cases_show_it(name: str, start: Callable[[str], Database]) -> None:
    """Without a guard, verdicts are wrong or the query fails; with it, the same ones are right."""
    guard = GUARDS[name]
    database = start(guard.setup)
    rows = database.storable(fleet(0))
    rows = [*rows[:4], *rows[-250:]]
    database.load(rows, SETUPS[guard.setup].collate)
    asked = selectors(100)[-160:]
    layout = LAYOUTS[guard.layout]
    assert check(asked, rows, database.asking(layout)).wrong == []
    if guard.fails:
        with pytest.raises(Exception, match=guard.fails):
            check(asked, rows, database.asking(layout, guard.without))
    else:
        assert check(asked, rows, database.asking(layout, guard.without)).wrong
